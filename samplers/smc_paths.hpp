#pragma once
// The two ways in which the particles of `smc` (samplers/smc.hpp) observe a hidden configuration, and how they move to
// more or less of it. Targets and weights are those of its table.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "models/core/any_denoiser.hpp"
#include "samplers/draw_symbols.hpp"
#include "samplers/gaussian_path.hpp"

namespace glass {

/// What R particles observe, the columns of everything here, and what the denoiser answers.
struct SmcObservations {
  Tilt tilt;              // (power, the observation)
  Batch answer;           // E x, or where sites are revealed ln of the marginals
  PerColumn z;            // ln Z of the tilt; not kept where no weight needs it
  Eigen::MatrixXi order;  // where sites are revealed: free sites x R, the revealed ones first
  static void visit(auto& s, auto&& f) { f(s.tilt, s.answer, s.z, s.order); }
  /// Column c becomes column j of `from`.
  void take(const SmcObservations& from, Index j, Index c) {
    tilt.field.col(c) = from.tilt.field.col(j);
    tilt.pinned.col(c) = from.tilt.pinned.col(j);
    answer.col(c) = from.answer.col(j);
    if (z.size()) z(c) = from.z(j);
    if (order.size()) order.col(c) = from.order.col(j);
  }
};
template <HasMarginals D>
struct SmcParticles : SmcObservations {
  Streams noise;
  typename D::State messages;
  PerColumn log_w;
  std::vector<int> family;  // of each particle: its first ancestor's number
  Index revealed = 0;       // sites, of each particle
  static void visit(auto& s, auto&& f) {
    SmcObservations::visit(s, f);
    f(s.noise, s.messages, s.log_w, s.family, s.revealed);
  }
};

/// What both paths do.
template <HasMarginals D>
class SmcPath {
 public:
  using Particles = SmcParticles<D>;

 protected:
  SmcPath(const D& denoiser, bool weighs) : denoiser_(denoiser), weighs_(weighs) {}
  void ask_log_partition(Particles& p) const {
    if (!weighs_) return;
    if constexpr (HasLogPartition<D>)
      p.z = denoiser_.log_partition(p.tilt, p.messages);
    else
      p.z = *denoiser_.log_partition(p.tilt, p.messages);
  }
  /// Metropolis: keeps p where a uniform allows it, by ln of the ratio; elsewhere (and where that is no number) puts
  /// the particle back as it was. The fraction kept.
  static double accept(Particles& p, const SmcObservations& before, const PerColumn& log_ratio) {
    Index accepted = 0;
    for (Index c = 0; c < log_ratio.size(); ++c) {
      if (std::log(p.noise[c].uniform()) < log_ratio(c))
        ++accepted;
      else
        p.take(before, c, c);
    }
    return double(accepted) / double(log_ratio.size());
  }
  const D& denoiser_;
  bool weighs_;  // whether ln Z is needed
};

/// Observations y = t x + W_t.
template <HasMarginals D>
class SmcGaussianPath : SmcPath<D> {
 public:
  using Particles = SmcParticles<D>;
  SmcGaussianPath(const D& denoiser, bool weighs) : SmcPath<D>(denoiser, weighs) {}

  void begin(Particles& p) const { p.answer.setZero(p.tilt.field.rows(), p.tilt.field.cols()); }
  /// Posterior mean, and ln Z where weights need it, at the tilt as it is.
  void ask(Particles& p, DenoiseInfo& sum) const {
    add(sum, this->denoiser_.posterior_mean(p.tilt, p.messages, p.answer));
    this->ask_log_partition(p);
  }
  /// From t to u > t. `weigh`: the weight of what the step got wrong; else nobody asks for the answer there where it is
  /// the `last`.
  void up(Particles& p, double t, double u, bool weigh, bool last, DenoiseInfo& sum) const {
    const Batch before = p.tilt.field, mean = p.answer;
    const PerColumn z = p.z;
    apply(exponential_step(t, u), mean, normals(p), p.tilt.field);
    p.tilt.precision.setConstant(u);
    if (last && !weigh) return;
    ask(p, sum);
    if (!weigh) return;
    for (Index c = 0; c < p.log_w.size(); ++c) {
      const Eigen::VectorXd m = mean.col(c).template cast<double>(),
                            step = p.tilt.field.col(c).template cast<double>() - before.col(c).template cast<double>();
      p.log_w(c) += p.z(c) - z(c) - m.dot(step) + 0.5 * (u - t) * m.squaredNorm();
    }
  }
  /// From t to u < t.
  void down(Particles& p, double t, double u, DenoiseInfo& sum) const {
    const Batch z = normals(p);
    p.tilt.field = float(u / t) * p.tilt.field + float(std::sqrt(u * (t - u) / t)) * z;
    p.tilt.precision.setConstant(u);
    ask(p, sum);
  }
  /// A Langevin step of y at fixed t, over the time `length` of it; the fraction that was accepted.
  double move(Particles& p, double t, double length, DenoiseInfo& sum) const {
    const PathStep by = langevin_step(t, length * t);
    const SmcObservations before = p;
    apply(by, before.answer, normals(p), p.tilt.field);
    ask(p, sum);
    PerColumn log_ratio(p.z.size());
    for (Index c = 0; c < log_ratio.size(); ++c) {
      // ln of pi(b) q(a | b), whose other side is pi(a) q(b | a); q's normalisation is the same on both
      const auto side = [&](const SmcObservations& b, const SmcObservations& a) {
        const Eigen::VectorXd from = b.tilt.field.col(c).template cast<double>(),
                              to = a.tilt.field.col(c).template cast<double>();
        const Eigen::VectorXd off = to - by.keep * from - by.pull * b.answer.col(c).template cast<double>();
        return b.z(c) - from.squaredNorm() / (2 * t) - off.squaredNorm() / (2 * by.noise * by.noise);
      };
      log_ratio(c) = side(p, before) - side(before, p);
    }
    return this->accept(p, before, log_ratio);
  }
  /// Configurations at the end: every site from its marginal.
  void draw(Particles& p, Batch& x, DenoiseInfo& sum) const {
    add(sum, draw_from_marginals(this->denoiser_, p.tilt, p.messages, p.noise, x));
  }

 private:
  static Batch normals(Particles& p) {
    Batch z(p.tilt.field.rows(), p.tilt.field.cols());
    for (Index c = 0; c < z.cols(); ++c) p.noise[c].normals({z.col(c).data(), std::size_t(z.rows())});
    return z;
  }
  static void apply(const PathStep& by, const Batch& mean, const Batch& z, Batch& y) {
    y = float(by.keep) * y + (float(by.pull) * mean + float(by.noise) * z);
  }
};

/// Sites revealed: round(theta n) of the n free ones, any set of them alike. Where sites are forgotten the denoiser
/// begins from nothing: its messages still know what they were.
template <HasMarginals D>
class SmcErasurePath : SmcPath<D> {
 public:
  using Particles = SmcParticles<D>;
  SmcErasurePath(const D& denoiser, bool weighs)
      : SmcPath<D>(denoiser, weighs), alphabet_(denoiser.alphabet()), q_(alphabet_.symbols()), w_(alphabet_.width()) {}

  void begin(Particles& p) const {
    const Tilt base = this->denoiser_.base(p.tilt.columns());
    p.tilt.pinned = base.pinned;
    std::vector<int> free;
    for (Index i = 0; i < base.pinned.rows(); i += w_)
      if (base.free(i, 0)) free.push_back(int(i / w_));
    p.order = Eigen::Map<const Eigen::VectorXi>(free.data(), Index(free.size())).replicate(1, base.columns());
    p.revealed = 0;
    p.answer.setZero(base.pinned.rows() / w_ * q_, base.columns());
  }
  /// Marginals, and ln Z where weights need it, at the tilt as it is.
  void ask(Particles& p, DenoiseInfo& sum) const {
    add(sum, this->denoiser_.log_marginals(p.tilt, p.messages, p.answer));
    this->ask_log_partition(p);
  }
  /// Reveals sites, from theta to upto > theta, each from its marginal as the answer has it. `weigh` as above.
  void up(Particles& p, double /*theta*/, double upto, bool weigh, bool last, DenoiseInfo& sum) const {
    const Index more = count(p, upto) - p.revealed;
    if (more == 0) return;
    const PerColumn z = p.z;
    PerColumn log_q = PerColumn::Zero(p.log_w.size());
    reveal(p, more, log_q);
    if (last && !weigh) return;
    ask(p, sum);
    if (weigh) p.log_w += p.z - z - log_q;
  }
  /// Forgets sites.
  void down(Particles& p, double /*theta*/, double downto, DenoiseInfo& sum) const {
    const Index fewer = p.revealed - count(p, downto);
    if (fewer == 0) return;
    for (Index c = 0; c < p.order.cols(); ++c) forget(p, fewer, c, [](Index) {});
    p.revealed -= fewer;
    this->denoiser_.restart(p.messages);
    ask(p, sum);
  }
  /// Forgets a share of the revealed sites (one at least) and reveals as many, chosen afresh, from their marginals
  /// given the rest: Metropolis, and a heat bath where it is one site and the marginals are exact.
  double move(Particles& p, double /*theta*/, double share, DenoiseInfo& sum) const {
    if (p.revealed == 0) return 1;
    const Index some = std::clamp<Index>(std::lround(share * double(p.revealed)), 1, p.revealed);
    const SmcObservations before = p;
    std::vector<std::vector<int>> forgotten(std::size_t(p.order.cols()));
    for (Index c = 0; c < p.order.cols(); ++c)
      forget(p, some, c, [&](Index site) { forgotten[std::size_t(c)].push_back(int(site)); });
    p.revealed -= some;
    this->denoiser_.restart(p.messages);
    ask(p, sum);
    PerColumn back = PerColumn::Zero(p.order.cols()), forth = back;
    for (Index c = 0; c < p.order.cols(); ++c)
      for (const int site : forgotten[std::size_t(c)])
        back(c) += double(p.answer(site * q_ + symbol_shown(alphabet_, before.tilt.pinned, site, c), c));
    reveal(p, some, forth);
    ask(p, sum);
    this->denoiser_.restart(p.messages);  // they belong to what was proposed
    return this->accept(p, before, p.z - before.z + back - forth);
  }
  /// Configurations at the end: what is not revealed from its marginal.
  void draw(Particles& p, Batch& x, DenoiseInfo& sum) const {
    if (p.revealed == p.order.rows())
      x = p.tilt.pinned;
    else
      add(sum, draw_from_marginals(this->denoiser_, p.tilt, p.messages, p.noise, x));
  }

 private:
  static Index count(const Particles& p, double theta) { return Index(std::lround(theta * double(p.order.rows()))); }
  /// Which of `of` things comes next, all alike.
  static Index any(Stream& rng, Index of) { return std::min(Index(rng.uniform() * double(of)), of - 1); }
  /// Adds to log_q ln of the probabilities that the answer gives what is revealed.
  void reveal(Particles& p, Index more, PerColumn& log_q) const {
    for (Index c = 0; c < p.order.cols(); ++c)
      for (Index k = p.revealed; k < p.revealed + more; ++k) {
        std::swap(p.order(k, c), p.order(k + any(p.noise[c], p.order.rows() - k), c));
        const Index site = p.order(k, c);
        reveal_site(p.tilt, log_q, p.answer, alphabet_, site, c,
                    draw_symbol(&p.answer(site * q_, c), q_, p.noise[c].uniform()));
      }
    p.revealed += more;
  }
  /// Of one particle; the count stays. look(site) at each.
  void forget(Particles& p, Index fewer, Index c, auto&& look) const {
    for (Index k = p.revealed - 1; k >= p.revealed - fewer; --k) {
      std::swap(p.order(k, c), p.order(any(p.noise[c], k + 1), c));
      const Index site = p.order(k, c);
      p.tilt.pinned.col(c).segment(site * w_, w_).setConstant(Tilt::kFree);
      look(site);
    }
  }
  Alphabet alphabet_;
  int q_, w_;
};

}  // namespace glass

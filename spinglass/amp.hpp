#pragma once
#include <cmath>
#include <string_view>
#include <vector>

#include "models/core/denoiser.hpp"
#include "models/core/options.hpp"
#include "models/core/target.hpp"
#include "spinglass/rademacher.hpp"

namespace glass {

struct AmpOptions {
  int max_iterations = 100;
  double tolerance = 1e-4;
  double damping = 0.0;
  static constexpr std::tuple fields{
      Field{"max_iterations",
            &AmpOptions::max_iterations,
            "",
            "per column and call; a column that reaches it is counted as not converged",
            {.least = 1}},
      Field{"tolerance",
            &AmpOptions::tolerance,
            "",
            "root mean square change of m at which a column stops",
            {.least = 1e-7}},
      Field{
          "damping", &AmpOptions::damping, "", "weight of the previous m in the new one", {.least = 0, .most = 0.99}}};
};

/// Approximate message passing for +-1 spins with Gaussian p-body couplings, p >= 2:
///
///     h = beta d(-H)/dx at m + b - beta^2 p(p-1)/2 (m.m_prev/N)^{p-2} (1 - |m|^2/N) m_prev,     m' = tanh h,
///
/// m_prev = 0 at the start, pinned sites held and counted. beta = power * the model's. Thouless, Anderson and Palmer,
/// Philos. Mag. 35, 593 (1977); Bolthausen, Commun. Math. Phys. 325, 333 (2014); tensors: Lesieur, Miolane, Lelarge,
/// Krzakala and Zdeborova, ISIT 2017 (arXiv:1701.08010); with q^{p-2} in place of (m.m_prev/N)^{p-2} the fixed points
/// are the same and the transient leaves state evolution at the second iteration. Accurate per spin as N -> oo (o(N) in
/// total), not more. Columns are independent and stop one by one. One iteration is one `fields` of the target: for p =
/// 2 one GEMM over the columns still running, 2 N^2 B flops. Messages (m, m_prev) stay in the State: a call starts
/// where the last one ended.
template <GaussianGlass T>
class Amp {
 public:
  using Options = AmpOptions;
  static constexpr std::string_view name = "amp";
  static constexpr std::string_view formula = "m' = tanh(beta J m^{p-1} + b - Onsager m_prev)";
  static constexpr std::string_view reference =
      "Thouless, Anderson and Palmer (1977); Bolthausen (2014); Lesieur et al., arXiv:1701.08010";
  struct State {
    Batch m, last;  // N x B: newest and previous iterate
    Batch h;        // fields that gave m
    static void visit(auto& s, auto&& f) { f(s.m, s.last, s.h); }
  };

  explicit Amp(T target, AmpOptions opt = {}) : target_(std::move(target)), opt_(opt) {}
  Alphabet alphabet() const { return Alphabet::spins(); }
  Tilt base(Index columns) const { return target_.base(columns); }
  State start(Streams rng) const {
    const Batch zero = Batch::Zero(target_.sites(), rng.columns());
    return {zero, zero, zero};
  }
  void restart(State& s) const {
    s.m.setZero();
    s.last.setZero();
    s.h.setZero();
  }
  DenoiseInfo posterior_mean(const Tilt& t, State& s, BatchOut mean) const {
    const DenoiseInfo info = solve(t, s);
    mean = s.m;
    return info;
  }
  DenoiseInfo log_marginals(const Tilt& t, State& s, BatchOut logp) const {
    const DenoiseInfo info = solve(t, s);
    for (Index c = 0; c < s.h.cols(); ++c)
      for (Index i = 0; i < s.h.rows(); ++i)
        for (const int up : {0, 1}) {
          const float x = up ? 1.0f : -1.0f;
          const bool held = !t.free(i, c);
          logp(2 * i + up, c) = held ? (t.pinned(i, c) == x ? 0.0f : -Tilt::kFree)
                                     : float(Rademacher::log_prob(double(x), double(s.h(i, c))));
        }
    return info;
  }
  /// TAP free energy at the last answer: sum [ln 2cosh h - h m + b m] + beta(-H)(m)
  /// + N beta^2/4 (1 - p q^{p-1} + (p-1) q^p).
  PerColumn log_partition(const Tilt& t, State& s) const {
    const double n = double(target_.sites()), p = target_.order();
    Batch g(s.m.rows(), s.m.cols());
    target_.fields(s.m, g);
    const Eigen::VectorXf bh = own_field();
    PerColumn out(s.m.cols());
    for (Index c = 0; c < out.size(); ++c) {
      const auto m = s.m.col(c).template cast<double>();
      const double q = m.squaredNorm() / n, beta = t.power(c) * target_.beta();
      const double own = m.dot(bh.template cast<double>()), all = m.dot(g.col(c).template cast<double>());
      double sum = t.power(c) * ((all - own) / p + own) - 0.5 * t.precision(c) * n;
      sum += n * beta * beta / 4 * (1 - p * std::pow(q, p - 1) + (p - 1) * std::pow(q, p));
      for (Index i = 0; i < s.m.rows(); ++i) {
        const double mi = double(s.m(i, c)), h = double(s.h(i, c));
        sum += double(t.field(i, c)) * mi;
        if (t.free(i, c)) sum += Rademacher::log_partition(0, h) - h * mi;
      }
      out(c) = sum;
    }
    return out;
  }
  /// One iteration of all columns, for whoever follows the transient. Returns the rms change per column.
  PerColumn iterate(const Tilt& t, State& s) const {
    std::vector<Index> all(static_cast<std::size_t>(s.m.cols()));
    for (std::size_t c = 0; c < all.size(); ++c) all[c] = Index(c);
    return advance(t, s, all, hold(t));
  }

 private:
  /// 1 where free, 0 where pinned; the pins' values beside it.
  struct Held {
    Eigen::ArrayXXf free, value;
  };
  static Held hold(const Tilt& t) {
    const Eigen::ArrayXXf free = (t.pinned.array() == Tilt::kFree).template cast<float>();
    return {free, (free > 0).select(0.0f, t.pinned.array())};
  }
  Eigen::VectorXf own_field() const {  // beta h
    Batch zero = Batch::Zero(target_.sites(), 1), g(target_.sites(), 1);
    target_.fields(zero, g);
    return g.col(0);
  }
  DenoiseInfo solve(const Tilt& t, State& s) const {
    DenoiseInfo info;
    const Held held = hold(t);
    std::vector<Index> running(static_cast<std::size_t>(s.m.cols()));
    for (std::size_t c = 0; c < running.size(); ++c) running[c] = Index(c);
    s.m = (held.free * s.m.array() + held.value)
              .matrix();  // a site pinned since the last call counts from the first iteration
    for (int k = 0; k < opt_.max_iterations && !running.empty(); ++k) {
      const PerColumn change = advance(t, s, running, held);
      info.work.iterations += Index(running.size());
      std::size_t kept = 0;
      for (std::size_t j = 0; j < running.size(); ++j)
        if (!(change(Index(j)) <= opt_.tolerance)) running[kept++] = running[j];
      running.resize(kept);
    }
    info.unconverged = int(running.size());
    info.work.denoiser_calls = s.m.cols();
    return info;
  }
  PerColumn advance(const Tilt& t, State& s, const std::vector<Index>& columns, const Held& held) const {
    const Index n = s.m.rows(), b = Index(columns.size());
    const double p = target_.order();
    Batch g(n, b);
    if (b == s.m.cols())
      target_.fields(s.m, g);
    else
      target_.fields(Batch(s.m(Eigen::all, columns)), g);
    PerColumn change(b);
    for (Index j = 0; j < b; ++j) {
      const Index c = columns[std::size_t(j)];
      auto m = s.m.col(c).array();
      auto last = s.last.col(c).array();
      const double beta = t.power(c) * target_.beta(), q = double(m.square().sum()) / double(n);
      const double overlap = p == 2 ? 1.0 : std::pow(double((m * last).sum()) / double(n), p - 2);
      const float onsager = float(beta * beta * p * (p - 1) / 2 * overlap * (1 - q));
      s.h.col(c) = (float(t.power(c)) * g.col(j).array() + t.field.col(c).array() - onsager * last).matrix();
      const float keep = float(opt_.damping);
      const Eigen::ArrayXf next =
          held.free.col(c) * (keep * m + (1.0f - keep) * s.h.col(c).array().tanh()) + held.value.col(c);
      // undamped, so that damping does not loosen the tolerance
      change(j) = std::sqrt(double((next - m).square().sum()) / double(n)) / (1.0 - opt_.damping);
      last = m;
      m = next;
    }
    return change;
  }
  T target_;
  AmpOptions opt_;
};

}  // namespace glass

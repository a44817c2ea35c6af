#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "models/core/any_denoiser.hpp"
#include "models/core/options.hpp"
#include "samplers/draw_symbols.hpp"
#include "samplers/gaussian_path.hpp"
#include "samplers/route.hpp"
#include "samplers/sampler.hpp"

namespace glass {

struct SmcOptions {
  std::string route = "0.8/0>0.8/1>1/1>1/16";
  int steps = 50;
  Index particles = 32;
  double ess = 0.5;
  int moves = 1;
  double move = 0.2;
  bool weigh_steps = true;
  static constexpr std::tuple fields{
      Field{"route", &SmcOptions::route, "power/gamma^2",
            "waypoints: the power of the likelihood (T/T' at temperature T') and side information; from side 0 to "
            "power 1"},
      Field{"steps", &SmcOptions::steps, "of each leg", "uniform in gamma, a denoiser call each", {.least = 1}},
      Field{"particles", &SmcOptions::particles, "observations y", "of each draw", {.least = 1}},
      Field{"ess",
            &SmcOptions::ess,
            "of particles",
            "effective size below which they are resampled",
            {.least = 0, .most = 1}},
      Field{"moves",
            &SmcOptions::moves,
            "denoiser calls",
            "Metropolis-adjusted Langevin steps of y after each change of power",
            {.least = 0}},
      Field{"move", &SmcOptions::move, "of gamma^2", "length of such a step", {.least = 0, .most = 10, .above = true}},
      Field{"weigh_steps", &SmcOptions::weigh_steps, "",
            "weights for what steps in time get wrong, by their length or by a wrong posterior mean"},
  };
};

/// Sequential Monte Carlo over observations along a route through the phase diagram, which need not be the straight
/// line of `diffusion`: it may go round a first-order transition. Del Moral, Doucet and Jasra, J. R. Stat. Soc. B 68,
/// 411 (2006), for the targets
///
///     pi(y; power, t) = e^{-|y|^2/2t} Z(power, t, y) / [Z(power) (2 pi t)^{n/2}],
///
/// the law of y = t x + sqrt(t) z for x from prior L^power; Z(power, t, y), which `log_partition` of the tilt (power,
/// precision t, field y) gives, is the sum over x of prior L^power e^{y.x - t|x|^2/2}. R particles y; from one station
/// of the route to the next, in this order:
///
///     power   w *= Z(power', t, y)/Z(power, t, y): its mean is Z(power')/Z(power), the factor of y's law that depends
///             on no y; then, where (sum w)^2/sum w^2 < ess R, systematic resampling; then `moves` Metropolis-adjusted
///             steps of dy = (m - y/t) ds + sqrt(2) dW, which leave pi alone and part what the resampling has doubled;
///     t up    y' = y + m dt + sqrt(dt) z, m the posterior mean at the new power: exact but for the mean that is held;
///     t down  y' = (t'/t) y + sqrt(t' (t - t')/t) z, the Brownian bridge from y_0 = 0: noisier observations need no
///             denoiser, exact.
///
/// `weigh_steps` multiplies w by Z(power, t', y')/Z(power, t, y) exp(-m.(y' - y) + |m|^2 dt/2) at a step up, the ratio
/// of pi(y'; t') bridge(y | y') to pi(y; t) times the step's law (Girsanov): steps need not be fine, and m need not be
/// the mean, it only proposes. A draw: one particle in proportion to w at the end, every site from its marginal there.
/// Every column has a population of its own. Straight up at power 1 without `weigh_steps` nothing has a weight, and
/// this is R times `diffusion` with scheme=exponential.
///
/// Off by O(1/R), by O(1/steps) without weigh_steps, and by what the sites still know of each other at the end.
/// Weighted with exp(log_weight) O(1/R) is gone: E[weight f(x)] = Z(1)/Z(first power) E_p f at any R (Andrieu, Doucet
/// and Holenstein, J. R. Stat. Soc. B 72, 269 (2010)). All of this where Z is exact; weights from AMP or BP are ratios
/// of their Bethe Z, whose exponent is right to o(N). When a population is resampled its denoiser begins from nothing
/// again, because messages cannot be copied from outside: between two spinodals it then finds the uninformed branch.
///
/// One step is R denoiser calls a column where t moves, (1 + moves) R where the power does, and as many ln Z.
template <HasMarginals D = AnyDenoiser>
class Smc {
 public:
  using Options = SmcOptions;
  static constexpr std::string_view name = "smc";
  static constexpr std::string_view formula =
      "particles y along (power, t): weights Z(power', t, y)/Z(power, t, y), resample; dy = E[x|y] dt + dW";
  static constexpr std::string_view reference =
      "Del Moral, Doucet and Jasra, J. R. Stat. Soc. B 68, 411 (2006); Ghio et al., arXiv:2308.14085 (the diagram)";
  /// R particles, the columns of everything here.
  struct Population {
    Streams noise;
    Tilt tilt;  // (power, t, y)
    typename D::State messages;
    Batch mean;   // E x under the tilt
    PerColumn z;  // ln Z of the tilt; not kept where no weight needs it
    PerColumn log_w;
    std::vector<int> family;  // of each particle: its first ancestor's number
    static void visit(auto& s, auto&& f) { f(s.noise, s.tilt, s.messages, s.mean, s.z, s.log_w, s.family); }
  };
  struct State {
    Streams rng;                         // of resampling and of the choice, one per column
    std::vector<Population> population;  // of each column
    PerColumn start;                     // ln Z at the first power
    PerColumn log_z;                     // ln Z/Z(first power) of the weights that resampling has used up
    Batch x;                             // the draw, once finished
    int k = 0;                           // stations reached
    static void visit(auto& s, auto&& f) { f(s.rng, s.population, s.start, s.log_z, s.x, s.k); }
  };

  /// Throws BadInput for a route that does not begin at side 0 and end above it at power 1, Refused where weights are
  /// needed and the denoiser knows no ln Z.
  explicit Smc(D denoiser, SmcOptions opt = {}) : denoiser_(std::move(denoiser)), opt_(std::move(opt)) {
    const std::string where = "smc: route=" + opt_.route;
    const Route route = route_of(where, opt_.route);
    if (route.front().side != 0) throw BadInput(where + ": must begin at side information 0, where y = 0");
    if (route.back().control != 1 || route.back().side == 0)
      throw BadInput(where + ": must end at power 1, the target, with side information above 0, as in 1/16");
    at_ = stations(route, opt_.steps);
    for (const Waypoint& w : route) weighs_ = weighs_ || w.control != route.front().control;
    weighs_ = weighs_ || opt_.weigh_steps;
    if constexpr (!HasLogPartition<D>) {
      auto probe = denoiser_.start(Streams({0, Purpose::denoiser}, 1));
      if (weighs_ && !denoiser_.log_partition(denoiser_.base(1), probe))
        throw Refused("smc: weights are ratios of ln Z, which this denoiser does not know; choose exact, amp or bp");
    }
  }
  Traits traits() const { return {name, Kind::generator, Promise::approximate}; }

  State init(Streams rng) const {
    const Index r = opt_.particles, b = rng.columns();
    State s;
    for (Index c = 0; c < b; ++c) {
      const Streams own = rng.block(c, 1);
      Population p{own.branch(Purpose::population, r),
                   denoiser_.base(r),
                   denoiser_.start(own.branch(Purpose::denoiser, r)),
                   {},
                   PerColumn::Zero(r),
                   PerColumn::Zero(r),
                   std::vector<int>(std::size_t(r))};
      p.mean = Batch::Zero(p.tilt.field.rows(), r);
      s.population.push_back(std::move(p));
    }
    s.rng = rng.branch(Purpose::swap);
    s.x = Batch::Zero(denoiser_.base(1).field.rows(), b);
    restart(s);
    return s;
  }
  void restart(State& s) const {
    for (Population& p : s.population) {
      p.tilt.field.setZero();
      p.tilt.precision.setZero();
      p.tilt.power.setConstant(at_.front().control);
      denoiser_.restart(p.messages);
      p.log_w.setZero();
      for (std::size_t j = 0; j < p.family.size(); ++j) p.family[j] = int(j);
    }
    s.start = s.log_z = PerColumn::Zero(s.rng.columns());
    s.k = 0;
  }
  StepInfo step(State& s) const {
    const int last = int(at_.size()) - 1;
    if (s.k == last) return {.finished = true};
    const Waypoint from = at_[std::size_t(s.k)], to = at_[std::size_t(s.k) + 1];
    const bool finished = s.k + 1 == last;
    DenoiseInfo sum;
    double accepted = 0;
    for (std::size_t j = 0; j < s.population.size(); ++j) {
      Population& p = s.population[j];
      const Index c = Index(j);
      if (s.k == 0) {  // no answer at y = 0 yet
        ask(p, sum);
        s.start(c) = p.z(0);
      }
      double taken = 1;
      if (to.control != from.control) {
        const PerColumn before = p.z;
        p.tilt.power.setConstant(to.control);
        ask(p, sum);
        p.log_w += p.z - before;
        resample(s, c);
        if (from.side > 0 && opt_.moves > 0) taken = moved(p, from.side, sum);
      }
      if (to.side > from.side) {
        localise(p, from.side, to.side, finished && !weighs_steps(), sum);
        if (weighs_steps()) resample(s, c);
      } else if (to.side < from.side) {
        blur(p, from.side, to.side, sum);
      }
      accepted += taken;
      if (finished) finish(s, c, sum);
    }
    ++s.k;
    return {.finished = finished,
            .acceptance = accepted / double(std::max<std::size_t>(s.population.size(), 1)),
            .unconverged = sum.unconverged,
            .work = sum.work};
  }
  void read(const State& s, BatchOut out) const { out = s.x; }

  /// ln Z/Z(first power) of each column's population; its exponential is unbiased, up to time steps without weights.
  PerColumn log_weight(const State& s) const {
    PerColumn out = s.log_z;
    for (Index c = 0; c < out.size(); ++c) out(c) += log_mean(s.population[std::size_t(c)].log_w);
    return out;
  }
  std::vector<Reported> report(const State& s) const {
    const double r = double(opt_.particles);
    PerColumn rho(s.rng.columns()), z = log_weight(s);
    for (Index c = 0; c < rho.size(); ++c) {
      Eigen::ArrayXd share = Eigen::ArrayXd::Zero(opt_.particles);
      for (const int f : s.population[std::size_t(c)].family) share(f) += 1 / r;
      rho(c) = r * share.square().sum();
    }
    std::vector<Reported> out{{"log_weight", "ln Z/Z(first power) of the population", z},
                              {"mean_square_family_size", "far below the particles where they are enough", rho}};
    if (weighs_) out.push_back({"log_partition", "ln Z: that and the denoiser's at the first power", s.start + z});
    return out;
  }
  /// The stations of the route, (power, gamma^2).
  const Route& route() const { return at_; }

 private:
  bool weighs_steps() const { return opt_.weigh_steps; }
  static double log_mean(const PerColumn& log_w) {
    const double top = log_w.maxCoeff();
    return std::isfinite(top) ? top + std::log((log_w.array() - top).exp().mean()) : top;
  }
  /// Posterior mean, and ln Z where weights need it, at the tilt as it is.
  void ask(Population& p, DenoiseInfo& sum) const {
    add(sum, denoiser_.posterior_mean(p.tilt, p.messages, p.mean));
    if (!weighs_) return;
    if constexpr (HasLogPartition<D>)
      p.z = denoiser_.log_partition(p.tilt, p.messages);
    else
      p.z = *denoiser_.log_partition(p.tilt, p.messages);
  }
  Batch normals(Population& p) const {
    Batch z(p.tilt.field.rows(), p.tilt.field.cols());
    for (Index c = 0; c < z.cols(); ++c) p.noise[c].normals({z.col(c).data(), std::size_t(z.rows())});
    return z;
  }
  static void apply(const PathStep& by, const Batch& mean, const Batch& z, Batch& y) {
    y = float(by.keep) * y + (float(by.pull) * mean + float(by.noise) * z);
  }
  /// t up. `last`: nobody asks for the mean there.
  void localise(Population& p, double t, double u, bool last, DenoiseInfo& sum) const {
    const Batch before = p.tilt.field, mean = p.mean;
    const PerColumn z = p.z;
    apply(exponential_step(t, u), mean, normals(p), p.tilt.field);
    p.tilt.precision.setConstant(u);
    if (last) return;
    ask(p, sum);
    if (!weighs_steps()) return;
    for (Index c = 0; c < p.log_w.size(); ++c) {
      const Eigen::VectorXd m = mean.col(c).template cast<double>(),
                            step = p.tilt.field.col(c).template cast<double>() - before.col(c).template cast<double>();
      p.log_w(c) += p.z(c) - z(c) - m.dot(step) + 0.5 * (u - t) * m.squaredNorm();
    }
  }
  /// t down, to u >= 0.
  void blur(Population& p, double t, double u, DenoiseInfo& sum) const {
    const Batch z = normals(p);
    p.tilt.field = float(u / t) * p.tilt.field + float(std::sqrt(u * (t - u) / t)) * z;
    p.tilt.precision.setConstant(u);
    ask(p, sum);
  }
  /// Langevin steps of y at fixed t, each accepted or not; the fraction that was.
  double moved(Population& p, double t, DenoiseInfo& sum) const {
    const PathStep by = langevin_step(t, opt_.move * t);
    Index accepted = 0;
    for (int k = 0; k < opt_.moves; ++k) {
      const Batch y = p.tilt.field, mean = p.mean;
      const PerColumn z = p.z;
      apply(by, mean, normals(p), p.tilt.field);
      ask(p, sum);
      for (Index c = 0; c < z.size(); ++c) {
        // ln of pi(b) q(a | b), whose other side is pi(a) q(b | a); q's normalisation is the same on both
        const auto side = [&](const auto& b, const auto& m, double log_z, const auto& a) {
          const Eigen::VectorXd from = b.template cast<double>(), to = a.template cast<double>();
          const Eigen::VectorXd off = to - by.keep * from - by.pull * m.template cast<double>();
          return log_z - from.squaredNorm() / (2 * t) - off.squaredNorm() / (2 * by.noise * by.noise);
        };
        const double ratio = side(p.tilt.field.col(c), p.mean.col(c), p.z(c), y.col(c)) -
                             side(y.col(c), mean.col(c), z(c), p.tilt.field.col(c));
        if (std::log(p.noise[c].uniform()) < ratio) {
          ++accepted;
        } else {  // so does NaN
          p.tilt.field.col(c) = y.col(c);
          p.mean.col(c) = mean.col(c);
          p.z(c) = z(c);
        }
      }
    }
    return double(accepted) / double(opt_.moves * opt_.particles);
  }
  /// Weights as numbers, the largest 1. A particle whose ln Z is not a number counts as lost; where all are, they
  /// weigh the same and ln Z is -inf.
  static Eigen::ArrayXd weights(PerColumn& log_w) {
    for (double& l : log_w)
      if (!(l < std::numeric_limits<double>::infinity())) l = -std::numeric_limits<double>::infinity();
    const double top = log_w.maxCoeff();
    if (!std::isfinite(top)) return Eigen::ArrayXd::Ones(log_w.size());
    return (log_w.transpose().array() - top).exp();
  }
  /// Where the weights ask for it. Systematic: child k descends from the particle at (k + u)/R of the cumulated ones.
  void resample(State& s, Index c) const {
    Population& p = s.population[std::size_t(c)];
    const Eigen::ArrayXd w = weights(p.log_w);
    const Index r = w.size();
    if (w.sum() * w.sum() >= opt_.ess * double(r) * w.square().sum()) return;
    s.log_z(c) += log_mean(p.log_w);
    p.log_w.setZero();
    std::vector<Index> parent(static_cast<std::size_t>(r));
    const double u = s.rng[c].uniform(), each = w.sum() / double(r);
    double cumulated = w(0);
    for (Index k = 0, j = 0; k < r; ++k) {
      while (cumulated < (double(k) + u) * each && j + 1 < r) cumulated += w(++j);
      parent[std::size_t(k)] = j;
    }
    const std::vector<int> family = p.family;
    p.tilt.field = Batch(p.tilt.field(Eigen::all, parent));
    p.mean = Batch(p.mean(Eigen::all, parent));
    p.z = PerColumn(p.z(parent));
    for (std::size_t k = 0; k < parent.size(); ++k) p.family[k] = family[std::size_t(parent[k])];
    denoiser_.restart(p.messages);
  }
  /// The draw: sites of one particle, chosen by weight.
  void finish(State& s, Index c, DenoiseInfo& sum) const {
    Population& p = s.population[std::size_t(c)];
    Batch all(s.x.rows(), opt_.particles);
    add(sum, draw_from_marginals(denoiser_, p.tilt, p.messages, p.noise, all));
    const Eigen::ArrayXd w = weights(p.log_w);
    double u = s.rng[c].uniform() * w.sum();
    Index shown = 0;
    while (shown + 1 < w.size() && (u -= w(shown)) >= 0) ++shown;
    s.x.col(c) = all.col(shown);
  }

  D denoiser_;
  SmcOptions opt_;
  Route at_;
  bool weighs_ = false;
};

}  // namespace glass

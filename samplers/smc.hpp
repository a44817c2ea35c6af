#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "models/core/any_denoiser.hpp"
#include "models/core/options.hpp"
#include "samplers/route.hpp"
#include "samplers/sampler.hpp"
#include "samplers/smc_paths.hpp"

namespace glass {

struct SmcOptions {
  std::string path = "gaussian";
  std::string route = "0.8/0>0.8/1>1/1>1/16";
  int steps = 50;
  Index particles = 32;
  double ess = 0.5;
  int moves = 1;
  double move = 0.2;
  bool weigh_steps = true;
  static constexpr std::tuple fields{
      Field{"path",
            &SmcOptions::path,
            "",
            "what a particle observes: y = gamma^2 x + noise, or the fraction theta of the sites (erasure)",
            {.choices = "gaussian|erasure"}},
      Field{"route", &SmcOptions::route, "power/gamma^2 (theta)",
            "waypoints: the power of the likelihood (T/T' at temperature T') and side information; from side 0 to "
            "power 1; with erasure up to 1, as in 0.8/0>0.8/0.5>1/0.5>1/1"},
      Field{"steps",
            &SmcOptions::steps,
            "of each leg",
            "uniform in gamma (theta), a denoiser call each; with erasure the sites of a step are revealed together",
            {.least = 1}},
      Field{"particles", &SmcOptions::particles, "observations", "of each draw", {.least = 1}},
      Field{"ess",
            &SmcOptions::ess,
            "of particles",
            "effective size below which they are resampled",
            {.least = 0, .most = 1}},
      Field{"moves",
            &SmcOptions::moves,
            "",
            "Metropolis steps of each particle after each change of power: Langevin's of y (a denoiser call), or sites "
            "forgotten and others revealed (2 calls)",
            {.least = 0}},
      Field{"move",
            &SmcOptions::move,
            "of gamma^2 (of the revealed sites)",
            "length of such a step; with erasure one site at least",
            {.least = 0, .most = 10, .above = true}},
      Field{"weigh_steps", &SmcOptions::weigh_steps, "",
            "weights for what steps of the side information get wrong: by their length or the number of sites, or by a "
            "wrong answer of the denoiser"},
  };
};

/// Sequential Monte Carlo over observations along a route through the phase diagram, which need not be the straight
/// line of `diffusion` or `autoregressive`: it may go round a first-order transition. Del Moral, Doucet and Jasra, J.
/// R. Stat. Soc. B 68, 411 (2006). A particle is an observation o of a configuration x from prior L^power; the targets
/// are its law, and Z(power, o), which `log_partition` of the tilt gives, is the sum over the x that o leaves of prior
/// L^power times what o makes of them:
///
///     gaussian  y = t x + sqrt(t) z:   pi(y) = e^{-|y|^2/2t} Z(power, t, y) / [Z(power) (2 pi t)^{n/2}];
///     erasure   x_S, S any round(theta n) of the n free sites:   pi(S, x_S) ~ Z(power, x_S) / Z(power).
///
/// R particles; from one station of the route to the next, in this order:
///
///     power  w *= Z(power', o)/Z(power, o): its mean is Z(power')/Z(power), the part of the law without o;
///            then, where (sum w)^2/sum w^2 < ess R, systematic resampling; then `moves` Metropolis steps that leave pi
///            alone and part what the resampling has doubled:
///              gaussian  dy = (m - y/t) ds + sqrt(2) dW;
///              erasure   a share of S is forgotten, as many sites are revealed from their marginals given the rest;
///     up     gaussian  y' = y + m dt + sqrt(dt) z, m the posterior mean: exact but for the mean that is held. Weight:
///                      Z(power, t', y')/Z(power, t, y) exp(-m.(y' - y) + |m|^2 dt/2), the ratio of pi(y'; t')
///                      bridge(y | y') to pi(y; t) times the step's law (Girsanov);
///            erasure   sites are revealed, each from its marginal m_i, all of a step from one answer: exact but for
///                      what they know of each other. Weight: Z(power, x_S')/(Z(power, x_S) prod m_i);
///     down   gaussian  y' = (t'/t) y + sqrt(t' (t - t')/t) z, the Brownian bridge from y_0 = 0;
///            erasure   sites are forgotten, any of S alike. Both are exact: noisier observations need no denoiser.
///
/// With `weigh_steps` the weights of steps up are taken into w: steps need not be fine, and the denoiser's answer need
/// not be right, it only proposes. A draw: one particle in proportion to w at the end, every site that is not revealed
/// from its marginal there. Every column has a population of its own. Straight up at power 1 without `weigh_steps`
/// nothing has a weight, and this is R times `diffusion` with scheme=exponential, or R times `autoregressive` in random
/// order and blocks.
///
/// Off by O(1/R), by O(1/steps) without weigh_steps, and by what the sites still know of each other at the end.
/// Weighted with exp(log_weight) O(1/R) is gone: E[weight f(x)] = Z(1)/Z(first power) E_p f at any R (Andrieu, Doucet
/// and Holenstein, J. R. Stat. Soc. B 72, 269 (2010)). All of this where Z is exact; weights from AMP or BP are ratios
/// of their Bethe Z, whose exponent is right to o(N); a contradiction has Z = 0, and its particle is lost. When a
/// population is resampled its denoiser begins from nothing again, because messages cannot be copied from outside:
/// between two spinodals it then finds the uninformed branch.
///
/// One step is R denoiser calls a column where the side information moves, (1 + moves) R where the power does (erasure:
/// (1 + 2 moves) R), and as many ln Z.
template <HasMarginals D = AnyDenoiser>
class Smc {
 public:
  using Options = SmcOptions;
  static constexpr std::string_view name = "smc";
  static constexpr std::string_view formula =
      "observations o along (power, side): weights Z(power', o)/Z(power, o), resample; dy = E[x|y] dt + dW, or x_i ~ "
      "m_i";
  static constexpr std::string_view reference =
      "Del Moral, Doucet and Jasra, J. R. Stat. Soc. B 68, 411 (2006); Ghio et al., arXiv:2308.14085 (the diagram)";
  using Particles = SmcParticles<D>;
  struct State {
    Streams rng;                        // of resampling and of the choice, one per column
    std::vector<Particles> population;  // of each column
    PerColumn start;                    // ln Z at the first power
    PerColumn log_z;                    // ln Z/Z(first power) of the weights that resampling has used up
    Batch x;                            // the draw, once finished
    int k = 0;                          // stations reached
    static void visit(auto& s, auto&& f) { f(s.rng, s.population, s.start, s.log_z, s.x, s.k); }
  };

  /// Throws BadInput for a route that does not begin at side 0 and end above it at power 1, or reveals more than all
  /// sites; Refused where weights are needed and the denoiser knows no ln Z, and where reals are to be revealed.
  explicit Smc(D denoiser, SmcOptions opt = {}) : denoiser_(std::move(denoiser)), opt_(std::move(opt)) {
    const std::string where = "smc: route=" + opt_.route;
    const Route route = route_of(where, opt_.route);
    if (route.front().side != 0) throw BadInput(where + ": must begin at side information 0, where y = 0");
    if (route.back().control != 1 || route.back().side == 0)
      throw BadInput(where + ": must end at power 1, the target, with side information above 0, as in 1/16");
    if (erases()) {
      require_symbols("smc: path=erasure", denoiser_.alphabet());
      for (const Waypoint& w : route)
        if (w.side > 1)
          throw BadInput(where + ": waypoint " + to_text(w) +
                         ": on path=erasure side information is the fraction of sites revealed, at most 1, as in "
                         "0.8/0>0.8/0.5>1/0.5>1/1");
    }
    at_ = stations(route, opt_.steps, erases() ? "snr" : "gamma");
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
      s.population.push_back({{denoiser_.base(r), {}, {}, {}},
                              own.branch(Purpose::population, r),
                              denoiser_.start(own.branch(Purpose::denoiser, r)),
                              PerColumn::Zero(r),
                              std::vector<int>(std::size_t(r)),
                              0});
    }
    s.rng = rng.branch(Purpose::swap);
    s.x = Batch::Zero(denoiser_.base(1).field.rows(), b);
    restart(s);
    return s;
  }
  void restart(State& s) const {
    for (Particles& p : s.population) {
      on_path([&](const auto& path) { path.begin(p); });
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
    on_path([&](const auto& path) {
      for (std::size_t j = 0; j < s.population.size(); ++j) {
        Particles& p = s.population[j];
        const Index c = Index(j);
        if (s.k == 0) {  // no answer yet, and nothing is observed
          path.ask(p, sum);
          s.start(c) = weighs_ ? p.z(0) : 0;
        }
        double taken = 1;
        if (to.control != from.control) {
          const PerColumn before = p.z;
          p.tilt.power.setConstant(to.control);
          path.ask(p, sum);
          p.log_w += p.z - before;
          resample(s, c);
          if (from.side > 0 && opt_.moves > 0) taken = 0;
          for (int k = 0; from.side > 0 && k < opt_.moves; ++k)
            taken += path.move(p, from.side, opt_.move, sum) / opt_.moves;
        }
        if (to.side > from.side) {
          path.up(p, from.side, to.side, opt_.weigh_steps, finished, sum);
          if (opt_.weigh_steps) resample(s, c);
        } else if (to.side < from.side) {
          path.down(p, from.side, to.side, sum);
        }
        accepted += taken;
        if (finished) finish(s, c, path, sum);
      }
    });
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
  bool erases() const { return opt_.path == "erasure"; }
  void on_path(auto&& act) const {
    if (erases())
      act(SmcErasurePath<D>(denoiser_, weighs_));
    else
      act(SmcGaussianPath<D>(denoiser_, weighs_));
  }
  static double log_mean(const PerColumn& log_w) {
    const double top = log_w.maxCoeff();
    return std::isfinite(top) ? top + std::log((log_w.array() - top).exp().mean()) : top;
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
    Particles& p = s.population[std::size_t(c)];
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
    const SmcObservations before = p;
    const std::vector<int> family = p.family;
    for (Index k = 0; k < r; ++k) {
      p.take(before, parent[std::size_t(k)], k);
      p.family[std::size_t(k)] = family[std::size_t(parent[std::size_t(k)])];
    }
    denoiser_.restart(p.messages);
  }
  /// The draw: sites of one particle, chosen by weight.
  void finish(State& s, Index c, const auto& path, DenoiseInfo& sum) const {
    Particles& p = s.population[std::size_t(c)];
    Batch all(s.x.rows(), opt_.particles);
    path.draw(p, all, sum);
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

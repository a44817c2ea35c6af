#pragma once
#include <cmath>

#include "models/core/options.hpp"
#include "samplers/dual_averaging.hpp"
#include "samplers/sampler.hpp"
#include "samplers/smooth.hpp"

namespace glass {

struct HmcOptions {
  double step = 0.1;
  int leaps = 10;
  double jitter = 0.3;
  bool adapt = true;
  double goal = 0.8;
  static constexpr std::tuple fields{
      Field{"step",
            &HmcOptions::step,
            "",
            "epsilon, where adaptation starts or, without it, stays",
            {.least = 0, .above = true}},
      Field{"leaps", &HmcOptions::leaps, "", "leapfrog steps in a trajectory", {.least = 1, .most = 1e6}},
      Field{"jitter",
            &HmcOptions::jitter,
            "of its length",
            "half-width of the trajectory's random length",
            {.least = 0, .most = 1}},
      Field{"adapt", &HmcOptions::adapt, "", "find epsilon in warm-up by dual averaging; it is frozen afterwards"},
      Field{"goal", &HmcOptions::goal, "", "acceptance to adapt to", {.least = 0.01, .most = 0.99}},
  };
};

/// Hybrid Monte Carlo with unit mass: p ~ N(0, 1) in the tangent space, `leaps` times half a kick, free flight and half
/// a kick, accepted with min(1, e^{-Delta(|p|^2/2 - ln p(x))}). On the sphere flight follows great circles. A
/// trajectory's length is jittered, its step scaled by 1 + jitter u, u ~ U(-1, 1), so that no oscillation meets its own
/// period. Duane, Kennedy, Pendleton and Roweth, Phys. Lett. B 195, 216 (1987); Byrne and Girolami, Scand. J. Stat. 40,
/// 825 (2013). One step is one trajectory: `leaps` gradients a column.
template <SmoothTarget T>
class Hmc {
 public:
  using Options = HmcOptions;
  static constexpr std::string_view name = "hmc";
  static constexpr std::string_view formula =
      "p ~ N(0, 1); leaps x (p += eps F/2, fly, p += eps F/2), accept exp(-change of |p|^2/2 - ln p(x))";
  static constexpr std::string_view reference =
      "Duane et al., Phys. Lett. B 195, 216 (1987); Byrne and Girolami, Scand. J. Stat. 40, 825 (2013)";
  struct State {
    Streams rng;
    Tilt at;
    SmoothPoint point;
    DualAveraging epsilon;
    PerColumn acceptance;  // of the last step
    static void visit(auto& s, auto&& f) { f(s.rng, s.at, s.point, s.epsilon, s.acceptance); }
  };

  explicit Hmc(T target, HmcOptions opt = {}) : density_(std::move(target), name), opt_(opt) {}
  Traits traits() const { return {name, Kind::chain, Promise::exact_in_the_limit}; }

  State init(Streams rng) const {
    const Index b = rng.columns();
    State s{std::move(rng), density_.base(b), {}, DualAveraging::of(opt_.step, b), PerColumn::Ones(b)};
    restart(s);
    return s;
  }
  void restart(State& s) const { place(s, density_.start(s.at, s.rng)); }
  void place(State& s, BatchIn x) const {
    s.point = density_.at(density_.allowed(s.at, x));
    s.epsilon.trying = false;
  }

  StepInfo step(State& s) const {
    const Index b = s.point.x.cols();
    Batch p(s.point.x.rows(), b);
    Eigen::VectorXf eps(b), force(p.rows());
    PerColumn energy(b);
    for (Index c = 0; c < b; ++c) {
      density_.noise(s.point, s.at, c, s.rng[c], p.col(c));
      eps(c) = float(s.epsilon(c) * (1 + opt_.jitter * (2 * s.rng[c].uniform() - 1)));
      energy(c) = kinetic(p.col(c)) - density_.log_density(s.point, s.at, c);
    }
    s.epsilon.trying = false;
    SmoothPoint next = s.point;
    for (int k = 0; k < opt_.leaps; ++k) {
      for (Index c = 0; c < b; ++c) {
        density_.force(next, s.at, c, force);
        p.col(c) += 0.5f * eps(c) * force;
        density_.fly(next.x.col(c), p.col(c), eps(c));
      }
      next = density_.at(std::move(next.x));
      for (Index c = 0; c < b; ++c) {
        density_.force(next, s.at, c, force);
        p.col(c) += 0.5f * eps(c) * force;
      }
    }
    for (Index c = 0; c < b; ++c) {
      const double log_ratio = energy(c) - kinetic(p.col(c)) + density_.log_density(next, s.at, c);
      s.acceptance(c) = log_ratio > -1e300 ? std::exp(std::min(0.0, log_ratio)) : 0.0;  // 0 where it blew up
      if (std::log(s.rng[c].uniform()) < log_ratio) s.point.take(next, c);
    }
    StepInfo info;
    info.acceptance = s.acceptance.mean();
    info.work.gradients = std::int64_t{opt_.leaps} * b;
    info.work.energies = b;
    return info;
  }
  void adapt(State& s) const {
    if (opt_.adapt) s.epsilon.adapt(s.acceptance, s.at.power, opt_.goal);
  }
  void read(const State& s, BatchOut out) const { out = s.point.x; }
  PerColumn log_likelihood(const State& s) const { return s.point.log_likelihood; }
  void exchange(State& s, Index a, Index b) const {
    s.epsilon.exchange(a, b);
    std::swap(s.acceptance(a), s.acceptance(b));
  }
  void set_power(State& s, const PerColumn& p) const { s.at.power = p; }
  void retilt(State& s, const Tilt& t) const {
    s.at = t;
    place(s, Batch(s.point.x));
  }

 private:
  static double kinetic(const Eigen::Ref<const Eigen::VectorXf>& p) { return 0.5 * p.cast<double>().squaredNorm(); }
  SmoothDensity<T> density_;
  HmcOptions opt_;
};

}  // namespace glass

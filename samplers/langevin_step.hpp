#pragma once
#include <cmath>

#include "models/core/options.hpp"
#include "samplers/sampler.hpp"
#include "samplers/smooth.hpp"
#include "samplers/step_size.hpp"

namespace glass {

/// A Rule says whether the step drifts with the force and whether it is accepted or rejected; the rest is the same:
///     v = eta F(x) + sqrt(2 eta) z, z standard normal in the tangent space;   x' = x + v
/// (on the sphere sqrt(N) (x + v)/|x + v|), accepted with probability min(1, p(x') q(x', x)/p(x) q(x, x')),
/// ln q(x, x') = -|v(x, x') - eta F(x)|^2/4 eta. On the sphere q has the Jacobian of v -> x' as a factor, which depends
/// on |v| alone; |v(x, x')| = |v(x', x)|, so that it cancels. Without acceptance this is the Euler scheme of
///     dx = F dt + sqrt(2) dW,   on the sphere dx = F dt - ((N-1)/N) x dt + sqrt(2) P dW.
/// One step is one proposal: one gradient a column.
template <SmoothTarget T, class Rule>
class LangevinStep {
 public:
  using Options = typename Rule::Options;
  static constexpr std::string_view name = Rule::name, formula = Rule::formula, reference = Rule::reference;
  struct State {
    Streams rng;
    Tilt at;
    SmoothPoint point;
    StepSize eta;
    PerColumn acceptance;  // of the last step
    static void visit(auto& s, auto&& f) { f(s.rng, s.at, s.point, s.eta, s.acceptance); }
  };

  explicit LangevinStep(T target, Options opt = {}) : density_(std::move(target), Rule::name), opt_(opt) {}
  Traits traits() const {
    if constexpr (Rule::accepts)
      return {name, Kind::chain, Promise::exact_in_the_limit};
    else
      return {name, Kind::chain, Promise::approximate, Rule::order};
  }

  State init(Streams rng) const {
    const Index b = rng.columns();
    State s{std::move(rng), density_.base(b), {}, StepSize::of(opt_.step, b), PerColumn::Ones(b)};
    restart(s);
    return s;
  }
  void restart(State& s) const { s.point = density_.at(density_.start(s.at, s.rng)); }
  void place(State& s, BatchIn x) const { s.point = density_.at(density_.allowed(s.at, x)); }

  StepInfo step(State& s) const {
    const Index b = s.point.x.cols();
    Batch x(s.point.x.rows(), b);
    Eigen::VectorXf force(s.point.x.rows());
    for (Index c = 0; c < b; ++c) {
      const float eta = float(s.eta(c));
      auto v = x.col(c);
      density_.noise(s.point, s.at, c, s.rng[c], v);
      v *= std::sqrt(2 * eta);
      if constexpr (Rule::drifts) {
        density_.force(s.point, s.at, c, force);
        v += eta * force;
      }
      density_.move(s.point.x.col(c), v);
    }
    SmoothPoint next = density_.at(std::move(x));
    StepInfo info;
    info.work.gradients = b;
    if constexpr (!Rule::accepts) {
      s.point = std::move(next);
      return info;
    }
    for (Index c = 0; c < b; ++c) {
      double log_ratio = density_.log_density(next, s.at, c) - density_.log_density(s.point, s.at, c);
      if constexpr (Rule::drifts) log_ratio += log_proposal(s, next, s.point, c) - log_proposal(s, s.point, next, c);
      s.acceptance(c) = log_ratio > -1e300 ? std::exp(std::min(0.0, log_ratio)) : 0.0;  // 0 where it is not a number
      if (std::log(s.rng[c].uniform()) < log_ratio) s.point.take(next, c);
    }
    info.acceptance = s.acceptance.mean();
    info.work.energies = b;
    return info;
  }
  void adapt(State& s) const requires Rule::accepts {
    if (opt_.adapt) s.eta.adapt(s.acceptance, s.at.power, opt_.goal);
  }
  void read(const State& s, BatchOut out) const { out = s.point.x; }
  PerColumn log_likelihood(const State& s) const { return s.point.log_likelihood; }
  void set_power(State& s, const PerColumn& p) const { s.at.power = p; }
  void retilt(State& s, const Tilt& t) const {
    s.at = t;
    place(s, s.point.x);
  }

 private:
  /// ln q, without what is the same both ways.
  double log_proposal(const State& s, const SmoothPoint& from, const SmoothPoint& to, Index c) const {
    const double eta = s.eta(c);
    Eigen::VectorXf v(from.x.rows()), force(from.x.rows());
    density_.displacement(from.x.col(c), to.x.col(c), v);
    density_.force(from, s.at, c, force);
    v -= float(eta) * force;
    return -v.template cast<double>().squaredNorm() / (4 * eta);
  }
  SmoothDensity<T> density_;
  Options opt_;
};

}  // namespace glass

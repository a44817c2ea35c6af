#pragma once
// What the twin tests share: small peaked targets, their law and the kernels' transition matrices written naively in
// double from the list of couplings, by other code than the samplers use.
#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "bench/conformance.hpp"
#include "models/core/state.hpp"
#include "models/curie_weiss.hpp"
#include "models/ising_p_spin.hpp"
#include "models/pair_graph.hpp"
#include "models/sk.hpp"
#include "samplers/sampler.hpp"

namespace glass::reference {

/// Fewer than 400 p-values are looked at in the tests of samplers and of conformance together, so correct code is
/// refused with probability below 1e-3 for a new set of seeds. Seeds are fixed: a run is right or wrong for good.
inline constexpr double kLevel = 1e-3 / 400;

inline void expect_plausible(const Check& c, const std::string& what) {
  EXPECT_GE(c.p_value, kLevel) << what << ": " << c.name << ": G = " << c.statistic << " of " << c.dof;
}
inline void expect_conforms(const Conformance& c) {
  for (const Check& one : c.checks) expect_plausible(one, c.name);
  for (const std::string& v : c.violations) ADD_FAILURE() << c.name << ": " << v;
}

/// Sk, IsingPSpin or CurieWeiss from options, with fields that differ between sites.
template <class T>
T small(Index n, double temperature, Index pins = 0, std::uint32_t seed = 3) {
  typename T::Options o;
  o.n = n;
  o.temperature = temperature;
  o.field = 0.2;
  o.field_spread = 0.5;
  o.pins = pins;
  return T::make(o, seed);
}

/// The couplings of a small Sk, of both signs and all sizes, as a graph.
inline PairGraph small_graph(Index n, double temperature, Index pins = 0, std::uint32_t seed = 3) {
  const Sk sk = small<Sk>(n, temperature, pins, seed);
  return PairGraph(terms_of(sk, 2), sk.environment());
}

/// The base tilt moved off the target: another power, fields that differ between sites.
template <class T>
Tilt tilted(const T& target, Index columns, double power, float field) {
  Tilt t = target.base(columns);
  t.power.setConstant(power);
  for (Index i = 0; i < t.field.rows(); ++i) t.field.row(i).setConstant(field * float(i % 2 ? 1 : -2));
  return t;
}

/// ln of the unnormalised weight of every configuration, -inf where a pin forbids it.
template <class T>
Eigen::VectorXd log_weights(const T& target, const Tilt& t) {
  const Index n = target.sites();
  Eigen::VectorXd w = Eigen::VectorXd::Zero(Index{1} << n);
  for (Index k = 0; k < w.size(); ++k) {
    const auto x = [&](Index i) { return k >> i & 1 ? 1.0 : -1.0; };
    double h = 0;
    target.for_each_term([&](const auto& sites, double j) {
      for (const Index i : sites) j *= x(i);
      h += j;
    });
    for (Index i = 0; i < n; ++i) h += double(target.environment().h(i)) * x(i);
    w(k) = t.power(0) * target.environment().beta * h;
    for (Index i = 0; i < n; ++i) {
      w(k) += double(t.field(i, 0)) * x(i);
      if (!t.free(i, 0) && double(t.pinned(i, 0)) != x(i)) w(k) = -std::numeric_limits<double>::infinity();
    }
  }
  return w;
}

inline Eigen::VectorXd normalised(const Eigen::VectorXd& log_weight) {
  const double top = log_weight.maxCoeff();
  const Eigen::VectorXd w = log_weight.unaryExpr([&](double l) { return std::exp(l - top); });  // exp(-inf) = 0
  return w / w.sum();
}

/// Rows sum to 1: P(x, y) = probability of y after x.
using Kernel = Eigen::MatrixXd;

/// The ordered product of single-site moves; flip(ln w(x') - ln w(x)) is the probability of each.
Kernel sweep_kernel(const Eigen::VectorXd& log_weight, auto&& flip) {
  Kernel all = Kernel::Identity(log_weight.size(), log_weight.size());
  for (Index site = 1; site < log_weight.size(); site <<= 1) {
    Kernel one = Kernel::Identity(log_weight.size(), log_weight.size());
    for (Index x = 0; x < log_weight.size(); ++x) {
      if (std::isinf(log_weight(x)) || std::isinf(log_weight(x ^ site))) continue;  // pinned
      one(x, x ^ site) = flip(log_weight(x ^ site) - log_weight(x));
      one(x, x) = 1 - one(x, x ^ site);
    }
    all = all * one;
  }
  return all;
}

inline double largest_change(const Eigen::VectorXd& p, const Kernel& kernel) {
  return (p.transpose() * kernel - p.transpose()).cwiseAbs().maxCoeff();
}

inline Index number(const Eigen::Ref<const Eigen::VectorXf>& x) {
  Index k = 0;
  for (Index i = 0; i < x.size(); ++i) k |= Index{x(i) > 0} << i;
  return k;
}

/// A sampler of the tilted target, for the conformance check: its one tilt in every column.
template <class S>
struct AtTilt {
  using State = typename S::State;
  S s;
  Tilt tilt;  // one column
  Traits traits() const { return s.traits(); }
  State init(Streams rng) const {
    const Index b = rng.columns();
    State state = s.init(std::move(rng));
    s.retilt(state, {tilt.power.replicate(1, b), tilt.precision.replicate(1, b), tilt.field.replicate(1, b),
                     tilt.pinned.replicate(1, b)});
    return state;
  }
  void restart(State& state) const { s.restart(state); }
  void place(State& state, BatchIn x) const { s.place(state, x); }
  StepInfo step(State& state) const { return s.step(state); }
  void adapt(State& state) const requires Adaptable<S> { s.adapt(state); }
  void read(const State& state, BatchOut x) const { s.read(state, x); }
};

/// A state of the sampler at the tilt, columns at exact draws of p; what they are goes to `start`.
template <class S>
typename S::State placed(const S& sampler, const std::optional<Tilt>& tilt, const Eigen::VectorXd& p, Index columns,
                         std::uint32_t seed, Batch& start) {
  auto state = sampler.init(Streams({seed, Purpose::sampler}, columns));
  if (tilt) sampler.retilt(state, *tilt);
  Stream rng({seed, Purpose::test, 9, 0}, 0);
  Index n = 0;
  while (Index{1} << n < p.size()) ++n;
  start = LawDraws(p).batch(n, columns, rng);
  sampler.place(state, start);
  return state;
}

/// One step of the sampler from exact draws, against p(x) P(x, y).
template <class S>
Check one_step_check(const S& sampler, const std::optional<Tilt>& tilt, const Eigen::VectorXd& p, const Kernel& kernel,
                     std::uint32_t seed, Index columns = 60000) {
  Batch start;
  auto state = placed(sampler, tilt, p, columns, seed, start);
  sampler.step(state);
  Batch end(start.rows(), start.cols());
  sampler.read(state, end);
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(p.size() * p.size());
  for (Index c = 0; c < columns; ++c) counts(number(start.col(c)) + p.size() * number(end.col(c))) += 1;
  const Eigen::MatrixXd law = p.asDiagonal() * kernel;
  return law_check("(x_0, x_1) against p(x) P(x, y)", counts, law.reshaped());
}

/// One step of the sampler from one configuration, against its row of P: for sizes whose pairs are too many to count.
template <class S>
Check row_check(const S& sampler, const std::optional<Tilt>& tilt, const Kernel& kernel, Index from, std::uint32_t seed,
                Index columns = 60000) {
  Index n = 0;
  while (Index{1} << n < kernel.rows()) ++n;
  auto state = sampler.init(Streams({seed, Purpose::sampler}, columns));
  if (tilt) sampler.retilt(state, *tilt);
  Batch x(n, columns);
  for (Index i = 0; i < n; ++i) x.row(i).setConstant(from >> i & 1 ? 1.0f : -1.0f);
  sampler.place(state, x);
  sampler.step(state);
  sampler.read(state, x);
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(kernel.cols());
  for (Index c = 0; c < columns; ++c) counts(number(x.col(c))) += 1;
  return law_check("x_1 given x_0 = " + std::to_string(from), counts, kernel.row(from).transpose());
}

}  // namespace glass::reference

#pragma once
// Weighted draws against enumeration: what smc promises at any number of particles and steps.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "models/core/configurations.hpp"
#include "samplers/smc.hpp"
#include "spinglass/exact.hpp"
#include "tests/samplers/reference.hpp"

namespace glass::reference {

inline double log_sum_exp(const Eigen::VectorXd& l) {
  return l.maxCoeff() + std::log((l.array() - l.maxCoeff()).exp().sum());
}

template <class T>
Tilt at_power(const T& target, double power) {
  Tilt t = target.base(1);
  t.power.setConstant(power);
  return t;
}

/// Weights over their expected mean, and the numbers of the configurations they weigh, against their law p: the
/// weights' mean, and each configuration's weighted frequency, in errors of 5 standard ones. At most 64 of the latter a
/// call (above 50 expected), each missed with 6e-7, if the weights have no heavy tails: their variance is looked at.
inline void expect_proper(const Eigen::ArrayXd& w, const std::vector<Index>& drawn, const Eigen::VectorXd& p,
                          double least_variance) {
  require_peaked(p);
  const double draws = double(w.size()), variance_of_w = (w - 1).square().mean();
  EXPECT_NEAR(w.mean(), 1, 5 * std::sqrt(variance_of_w / draws));
  EXPECT_GT(variance_of_w, least_variance);  // the weights matter
  EXPECT_LT(variance_of_w, 1);               // and the errors are what they say
  Eigen::ArrayXd sum = Eigen::ArrayXd::Zero(p.size()), squares = sum;
  for (Index c = 0; c < w.size(); ++c) {
    const Index k = drawn[std::size_t(c)];
    sum(k) += w(c);
    squares(k) += w(c) * w(c);
  }
  for (Index k = 0; k < p.size(); ++k) {
    if (p(k) * draws < 50) continue;
    const double mean = sum(k) / draws, variance = squares(k) / draws - mean * mean;
    EXPECT_NEAR(mean, p(k), 5 * std::sqrt(variance / draws)) << "configuration " << k;
  }
}

inline std::vector<Index> numbers(const Batch& x, const Alphabet& a = Alphabet::spins()) {
  const Configurations all(x.rows() / a.width(), a);
  std::vector<Index> out;
  for (Index c = 0; c < x.cols(); ++c) out.push_back(all.number(x.col(c)));
  return out;
}

/// Of smc's draws, by small populations. `log_w` of every configuration at a tilt of one column.
template <class D, class T>
void expect_proper_weights(const T& target, const D& denoiser, auto&& log_w, const SmcOptions& options,
                           std::uint32_t seed, double least_variance) {
  SCOPED_TRACE("path=" + options.path + ",route=" + options.route);
  constexpr Index kColumns = 6000;
  const Smc<D> sampler(denoiser, options);
  auto s = sampler.init(Streams({seed, Purpose::sampler}, kColumns));
  EXPECT_TRUE(next_draw(sampler, s).finished);
  Batch x(target.base(1).field.rows(), kColumns);
  sampler.read(s, x);
  const Eigen::VectorXd at_target = log_w(target, target.base(1));
  const double first = log_sum_exp(log_w(target, at_power(target, sampler.route().front().control)));
  expect_proper((sampler.log_weight(s).array() - (log_sum_exp(at_target) - first)).exp(),
                numbers(x, denoiser.alphabet()), normalised(at_target), least_variance);
  const auto reported = sampler.report(s);
  ASSERT_EQ(reported.size(), 3u);
  EXPECT_NEAR((reported[2].values - reported[0].values).array().mean(), first, 1e-4);
}
/// +-1 spins.
template <class D = Exact, class T>
void expect_proper_weights(const T& target, const SmcOptions& options, std::uint32_t seed, double least_variance) {
  expect_proper_weights(
      target, D(target), [](const T& t, const Tilt& at) { return log_weights(t, at); }, options, seed, least_variance);
}

/// Columns 4 and 5 of six draw and weigh the same alone. The State of all six after a draw.
template <class D>
typename Smc<D>::State expect_columns_alone(const Smc<D>& sampler, Index rows, std::uint32_t seed) {
  const Streams rng({seed, Purpose::sampler}, 6);
  auto whole = sampler.init(rng), part = sampler.init(rng.block(4, 2));
  next_draw(sampler, whole);
  next_draw(sampler, part);
  Batch x(rows, 6), y(rows, 2);
  sampler.read(whole, x);
  sampler.read(part, y);
  EXPECT_EQ(x.rightCols(2), y);
  EXPECT_EQ(sampler.log_weight(whole).tail(2), sampler.log_weight(part));
  EXPECT_FALSE(sampler.log_weight(whole).isZero(0));
  return whole;
}

}  // namespace glass::reference

#include "samplers/discrete_langevin.hpp"

#include <gtest/gtest.h>

#include "tests/samplers/reference.hpp"

namespace glass {
namespace {

using namespace reference;

/// Zhang, Liu and Liu (2022), by enumeration: q(x'|x) = prod_i sigma(+-l_i), l_i = -x_i dU/dx_i - 2/alpha, and
/// dU/dx_i = (U(x_i = +1) - U(x_i = -1))/2; accepted with min(1, p(x') q(x|x') / p(x) q(x'|x)).
Kernel dmala_kernel(const Eigen::VectorXd& w, double alpha) {
  const Index size = w.size();
  Kernel q = Kernel::Zero(size, size), kernel = Kernel::Zero(size, size);
  for (Index x = 0; x < size; ++x) {
    if (std::isinf(w(x))) continue;
    for (Index y = 0; y < size; ++y) {
      if (std::isinf(w(y))) continue;
      double product = 1;
      for (Index site = 1; site < size; site <<= 1) {
        if (std::isinf(w(x ^ site))) continue;  // pinned
        const double flip = 1 / (1 + std::exp(-(0.5 * (w(x ^ site) - w(x)) - 2 / alpha)));
        product *= (x ^ y) & site ? flip : 1 - flip;
      }
      q(x, y) = product;
    }
  }
  for (Index x = 0; x < size; ++x) {
    double stay = 1;
    for (Index y = 0; y < size; ++y) {
      if (y == x || q(x, y) == 0) continue;
      kernel(x, y) = q(x, y) * std::min(1.0, std::exp(w(y) - w(x)) * q(y, x) / q(x, y));
      stay -= kernel(x, y);
    }
    kernel(x, x) = stay;
  }
  return kernel;
}

template <class T>
struct DiscreteLangevinTwin : testing::Test {};
using Targets = testing::Types<Sk, IsingPSpin, CurieWeiss>;
TYPED_TEST_SUITE(DiscreteLangevinTwin, Targets);

TYPED_TEST(DiscreteLangevinTwin, OneStepIsProposalTimesAcceptance) {
  std::uint32_t seed = 700;
  for (const Index pins : {0, 1}) {
    const TypeParam target = small<TypeParam>(4, 0.8, pins);
    for (const double power : {1.0, 0.5, 1.6})
      for (const double alpha : {0.7, 4.0}) {
        const float field = power == 1 ? 0.0f : 0.4f;
        const DiscreteLangevin<TypeParam> sampler(target, {.step = alpha, .adapt = false});
        const Tilt tilt = tilted(target, 60000, power, field);
        const Eigen::VectorXd w = log_weights(target, tilt), p = normalised(w);
        const Kernel kernel = dmala_kernel(w, alpha);
        EXPECT_LT(largest_change(p, kernel), 1e-12);
        expect_plausible(one_step_check(sampler, power == 1 ? std::nullopt : std::optional(tilt), p, kernel, ++seed),
                         std::string(TypeParam::name) + " pins " + std::to_string(pins) + " power " +
                             std::to_string(power) + " alpha " + std::to_string(alpha));
      }
  }
}

TYPED_TEST(DiscreteLangevinTwin, NineSites) {
  const TypeParam target = small<TypeParam>(9, 1.0, 1);
  const Tilt tilt = tilted(target, 60000, 1.2, 0.2f);
  const Eigen::VectorXd w = log_weights(target, tilt);
  const Kernel kernel = dmala_kernel(w, 1.5);
  const DiscreteLangevin<TypeParam> sampler(target, {.step = 1.5, .adapt = false});
  Index from = 0;
  while (std::isinf(w(from))) ++from;
  expect_plausible(row_check(sampler, tilt, kernel, from, 800), std::string(TypeParam::name));
  w.maxCoeff(&from);
  expect_plausible(row_check(sampler, tilt, kernel, from, 801), std::string(TypeParam::name));
}

/// ln p that is carried along stays that of the configuration.
TYPED_TEST(DiscreteLangevinTwin, CarriesItsLogDensity) {
  const TypeParam target = small<TypeParam>(6, 0.8, 1);
  const DiscreteLangevin<TypeParam> sampler(target);
  auto state = sampler.init(Streams({3, Purpose::sampler}, 9));
  const Tilt tilt = tilted(target, 9, 0.7, 0.3f);
  sampler.retilt(state, tilt);
  sampler.set_power(state, PerColumn::Constant(9, 1.4));
  const Eigen::VectorXd w = log_weights(target, state.at);
  for (int k = 0; k < 50; ++k) {
    sampler.step(state);
    sampler.adapt(state);
    for (Index c = 0; c < 9; ++c) EXPECT_NEAR(state.logp(c), w(number(state.spins.x.col(c))), 1e-4);
  }
}

TEST(DiscreteLangevin, AdaptsToItsGoalAndOnlyWhenAsked) {
  const Sk target = small<Sk>(60, 1.0);
  const DiscreteLangevin<Sk> sampler(target, {.step = 0.2, .goal = 0.4}), fixed(target, {.step = 0.2, .adapt = false});
  auto state = sampler.init(Streams({4, Purpose::sampler}, 64));
  for (int k = 0; k < 1500; ++k) {
    sampler.step(state);
    sampler.adapt(state);
  }
  double mean = 0;
  for (int k = 0; k < 500; ++k) mean += sampler.step(state).acceptance / 500;
  EXPECT_NEAR(mean, 0.4, 0.05);  // step sizes still wander by the last gains, 0.02 in their logarithm
  auto other = fixed.init(Streams({4, Purpose::sampler}, 3));
  fixed.step(other);
  fixed.adapt(other);
  EXPECT_NEAR(other.alpha(1), 0.2, 1e-12);
}

}  // namespace
}  // namespace glass

// The rejection-free chain against the exponential of its generator.
#include "samplers/n_fold_way.hpp"

#include <gtest/gtest.h>

#include "tests/samplers/reference.hpp"

namespace glass {
namespace {

using namespace reference;

/// exp(Q time), Q the heat bath's rates: (exp(Q time/2^20))^(2^20), the first by its series.
Kernel continuous_time_kernel(const Eigen::VectorXd& w, double time) {
  Kernel q = Kernel::Zero(w.size(), w.size());
  for (Index x = 0; x < w.size(); ++x)
    for (Index site = 1; site < w.size(); site <<= 1) {
      if (std::isinf(w(x)) || std::isinf(w(x ^ site))) continue;
      q(x, x ^ site) = 1 / (1 + std::exp(w(x) - w(x ^ site)));
      q(x, x) -= q(x, x ^ site);
    }
  q *= time / double(1 << 20);
  Kernel p = Kernel::Identity(w.size(), w.size()) + q + 0.5 * q * q;
  for (int k = 0; k < 20; ++k) p = (p * p).eval();
  return p;
}

template <class T>
void expect_kernel(const T& target, std::uint32_t seed) {
  for (const double time : {0.3, 1.0})
    for (const double power : {1.0, 1.7})
      for (const float field : {0.0f, 0.4f}) {
        const Tilt tilt = tilted(target, 30000, power, field);
        const Eigen::VectorXd w = log_weights(target, tilt), p = normalised(w);
        const Kernel kernel = continuous_time_kernel(w, time);
        EXPECT_LT(largest_change(p, kernel), 1e-9);
        expect_plausible(one_step_check(NFoldWay<T>(target, {.time = time}), tilt, p, kernel, ++seed, 30000),
                         std::string("time ") + std::to_string(time) + " power " + std::to_string(power));
      }
}

TEST(NFoldWay, OneStepIsTheExponentialOfTheGenerator) {
  for (const Index pins : {0, 1}) {
    expect_kernel(small<Sk>(4, 0.6, pins), 500 + 100 * std::uint32_t(pins));
    expect_kernel(small_graph(4, 0.6, pins), 520 + 100 * std::uint32_t(pins));
    expect_kernel(small<IsingPSpin>(4, 0.6, pins), 540 + 100 * std::uint32_t(pins));
  }
}

/// As many flips as a heat bath accepts, and none that it rejects. 100 sites: two blocks of weights.
TEST(NFoldWay, FlipsAsOftenAsTheHeatBath) {
  const Sk sk = small<Sk>(100, 0.4);
  const PairGraph target(terms_of(sk, 2), sk.environment());
  const NFoldWay<PairGraph> sampler(target);
  auto s = sampler.init(Streams({1, Purpose::sampler}, 4));
  for (int k = 0; k < 200; ++k) sampler.step(s);
  double flips = 0, expected = 0;
  for (int k = 0; k < 1000; ++k) {
    for (const SiteWeights& w : s.weights) expected += w.total();  // mean number in a time of 1, in equilibrium
    flips += double(sampler.step(s).work.flips);
  }
  EXPECT_NEAR(flips / expected, 1, 5 / std::sqrt(flips));  // flips of a stationary chain: about Poisson
  EXPECT_GT(flips, 3000);
}

}  // namespace
}  // namespace glass

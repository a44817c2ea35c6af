#include "models/sk_binary.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/checks.hpp"
#include "tests/models/glass_checks.hpp"

namespace glass {
namespace {

SkBinaryOptions options(Index n, double temperature, bool planted, std::uint32_t instance = 0) {
  SkBinaryOptions o;
  o.n = n;
  o.temperature = temperature;
  o.planted = planted;
  o.instance = instance;
  return o;
}

TEST(SkBinary, FieldsFlipsAndLikelihoodAgreeWithTheTerms) {
  for (const Index n : {1, 2, 7, 33, 70}) {
    SkBinaryOptions o = options(n, 0.6, n > 2);
    o.field = 0.3;
    o.field_spread = 0.5;
    o.pins = n / 3;
    checks::expect_spin_target(SkBinary::make(o, 5), false, "sk-binary n=" + std::to_string(n));
  }
}

TEST(SkBinary, BlocksOfFlipsLeaveTheBytesOfOneAfterAnother) {
  for (const Index n : {1, 7, 64, 65, 203, 600}) {
    SkBinaryOptions o = options(n, 0.6, n > 2);
    o.field = 0.3;
    checks::expect_block_target(SkBinary::make(o, 5), "sk-binary n=" + std::to_string(n));
  }
}

/// Sums are whole numbers, so that flips in any number leave what a fresh start has.
TEST(SkBinary, FieldsNeverDrift) {
  SkBinaryOptions o = options(300, 1.0, true);
  o.field_spread = 0.7;
  const SkBinary sk = SkBinary::make(o, 5);
  Stream rng({7, Purpose::test}, 0);
  auto cache = sk.open(checks::random_spins(300, 3, rng));
  for (int k = 0; k < 2000; ++k) sk.flip(cache, Index(rng.uniform() * 3), Index(rng.uniform() * 300));
  const auto fresh = sk.open(cache.x);
  EXPECT_EQ(cache.sum, fresh.sum);
  EXPECT_EQ(cache.g, fresh.g);
}

TEST(SkBinary, CouplingsHaveTheStatedLaw) {
  for (const bool planted : {false, true}) {
    const SkBinary sk = SkBinary::make(options(600, 0.05, planted), 7);
    const double size = 1 / std::sqrt(600.0);
    double along = 0, plain = 0, count = 0;
    sk.for_each_term([&](const auto& sites, double j) {
      EXPECT_DOUBLE_EQ(std::abs(j), size);
      plain += j / size;
      if (planted) along += j / size * double(sk.truth()(sites[0]) * sk.truth()(sites[1]));
      count += 1;
    });
    const double error = std::sqrt(count), mean = planted ? std::tanh(20 * size) : 0;
    EXPECT_LE(std::abs(along - mean * count), checks::allowed_sigmas(1e6) * error) << planted;
    EXPECT_LE(std::abs(plain), checks::allowed_sigmas(1e6) * error * 2) << planted;  // planted: signs of the signal
  }
}

/// E[J x*_i x*_j] = tanh(beta/sqrt(N))/sqrt(N), so the signal has -(N-1)/2 tanh(beta/sqrt(N))/sqrt(N) on average, at
/// any size.
TEST(SkBinary, PlantedEnergyIsExactAtAnySize) {
  for (const Index n : {5, 16, 100}) {
    checks::Mean energy;
    SkBinaryOptions o = options(n, 0.8, true);
    for (o.instance = 0; o.instance < 1500; ++o.instance) {
      const SkBinary t = SkBinary::make(o, 11);
      energy.add(-t.log_likelihood(t.truth())(0) / t.beta() / double(n));
    }
    const double size = 1 / std::sqrt(double(n));
    checks::expect_mean(energy, -0.5 * double(n - 1) * size * std::tanh(size / 0.8), "n=" + std::to_string(n));
  }
}

TEST(SkBinary, PlantedSignalIsAPosteriorSample) {
  SkBinaryOptions o = options(8, 0.5, true);
  o.field = 0.2;
  o.field_spread = 0.4;
  o.pins = 2;
  checks::expect_signal_from_posterior<SkBinary>(o, 1500, "sk-binary with fields and pins");
}

TEST(SkBinary, InstancesHaveNames) { checks::expect_named_instances<SkBinary>(options(20, 0.9, true), "sk-binary"); }

TEST(SkBinary, SumsMustFit) { EXPECT_THROW(SkBinary::make(options(32769, 1, false), 1), BadInput); }

}  // namespace
}  // namespace glass

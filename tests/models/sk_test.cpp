#include "models/sk.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "spinglass/exact.hpp"
#include "tests/models/checks.hpp"
#include "tests/models/glass_checks.hpp"

namespace glass {
namespace {

SkOptions options(Index n, double temperature, bool planted, std::uint32_t instance = 0) {
  SkOptions o;
  o.n = n;
  o.temperature = temperature;
  o.planted = planted;
  o.instance = instance;
  return o;
}

#ifdef GLASSMARK_V3
constexpr bool kSameBits = true;
#else
constexpr bool kSameBits = false;  // Eigen's product
#endif

TEST(Sk, FieldsFlipsAndLikelihoodAgreeWithTheTerms) {
  for (const Index n : {1, 2, 7, 33}) {
    SkOptions o = options(n, 0.6, n > 2);
    o.field = 0.3;
    o.field_spread = 0.5;
    o.pins = n / 3;
    checks::expect_spin_target(Sk::make(o, 5), kSameBits, "sk n=" + std::to_string(n));
  }
}

TEST(Sk, BlocksOfFlipsLeaveTheBytesOfOneAfterAnother) {
  for (const Index n :
       {1, 7, 64, 65, 203, 600, 1500}) {  // one block and several, tails, tiles, J beyond the near cache
    SkOptions o = options(n, 0.6, n > 2);
    o.field = 0.3;
    checks::expect_block_target(Sk::make(o, 5), "sk n=" + std::to_string(n));
  }
}

TEST(Sk, MultiplyIsTheFieldWithoutTheExternalOne) {
  SkOptions o = options(12, 0.8, false);
  o.field_spread = 1;
  const Sk sk = Sk::make(o, 6);
  Stream rng({6, Purpose::test}, 0);
  const Batch x = checks::random_spins(12, 3, rng);
  Batch out(12, 3), g(12, 3);
  sk.multiply(x, out);
  sk.fields(x, g);
  const Eigen::VectorXf bh = float(sk.beta()) * sk.environment().h;
  EXPECT_LE(((g - out).colwise() - bh).cwiseAbs().maxCoeff(), 1e-5);
  for (Index i = 0; i < 12; ++i) {
    EXPECT_EQ(sk.couplings()(i, i), 0);
    for (Index j = 0; j < i; ++j) EXPECT_EQ(sk.couplings()(i, j), sk.couplings()(j, i));
  }
}

TEST(Sk, CouplingsHaveTheStatedLaw) {
  // one big instance each: null, planted
  for (const bool planted : {false, true})
    checks::expect_coupling_law(Sk::make(options(600, 0.7, planted), 7), 2, planted, "sk");
}

TEST(Sk, PlantedEnergyIsExactAtAnySize) {
  for (const Index n : {5, 16, 60})
    checks::expect_planted_energy<Sk>(options(n, 0.8, true), 2, 2000, "sk n=" + std::to_string(n));
}

TEST(Sk, PlantedSignalIsAPosteriorSample) {
  SkOptions o = options(8, 0.5, true);
  checks::expect_signal_from_posterior<Sk>(o, 1500, "sk");
  o.field = 0.2;
  o.field_spread = 0.4;
  o.pins = 2;
  checks::expect_signal_from_posterior<Sk>(o, 1500, "sk with fields and pins");
}

TEST(Sk, InstancesHaveNames) { checks::expect_named_instances<Sk>(options(20, 0.9, true), "sk"); }

TEST(Sk, AnnealedPartitionFunctionIsExact) {
  checks::expect_annealed<Sk>(options(9, 2.0, false), 2, 1500, "sk null");
  checks::expect_annealed<Sk>(options(9, 2.0, true), 2, 1500, "sk planted");
}

TEST(Sk, LogPartitionIsTheMeanOverInstancesUpToOneOverN) {
  for (const bool planted : {false, true}) {
    double gap[2], error[2];
    int at = 0;
    for (const Index n : {7, 14}) {
      const double annealed = double(n) * std::log(2.0) + double(n - 1) / (4 * 1.6 * 1.6);
      checks::Mean lnz;
      for (std::uint32_t k = 0; k < 1200; ++k) {
        const Exact exact(Sk::make(options(n, 1.6, planted, k), 9));
        Exact::State s{1};
        const double excess = exact.log_partition(exact.base(1), s)(0) - annealed;
        // E Z is exactly annealed (planted: E 1/Z), so this takes away most of the variance and none of the mean
        lnz.add(annealed + excess + (planted ? std::expm1(-excess) : -std::expm1(excess)));
      }
      gap[at] = lnz.mean - Sk::log_partition(options(n, 1.6, planted))->value;
      error[at++] = lnz.error();
    }
    // an error c/N goes away in 2 gap(2N) - gap(N); beyond it O(1/N^2) of the loop term of 0.026, stated as 0.01
    const double left = 2 * gap[1] - gap[0], bound = checks::allowed_sigmas(1200) * std::hypot(2 * error[1], error[0]);
    EXPECT_LT(bound, 0.02);  // the loop term has one sign for null and the other for planted: 0.05 apart
    EXPECT_LE(std::abs(left), bound + 0.01) << planted << ": " << gap[0] << " " << gap[1] << " +- " << error[1];
  }
  EXPECT_FALSE(Sk::log_partition(options(10, 1.0, false)));  // no formula at and below T_c, nor in a field
  SkOptions field = options(10, 2, false);
  field.field = 0.1;
  EXPECT_FALSE(Sk::log_partition(field));
  field.field = 0;
  field.pins = 1;
  EXPECT_FALSE(Sk::log_partition(field));
}

/// At high temperature E ln Z = N ln 2 + N(N-1)/2 E ln cosh(beta J) but for loops of three bonds and more, which are of
/// order beta^6; E ln cosh(a z) = a^2/2 - a^4/4 + a^6/3 - ... for Gaussian z. Planting turns the sign of what is beyond
/// the annealed value.
TEST(Sk, LogPartitionHasItsHighTemperatureSeries) {
  const Index n = 1000;
  const double beta = 0.2, a2 = beta * beta / double(n), pairs = 0.5 * double(n) * double(n - 1);
  const double annealed = double(n) * std::log(2.0) + pairs * a2 / 2;
  const double series = double(n) * std::log(2.0) + pairs * (a2 / 2 - a2 * a2 / 4 + a2 * a2 * a2 / 3);
  const double null = Sk::log_partition(options(n, 1 / beta, false))->value;
  const double planted = Sk::log_partition(options(n, 1 / beta, true))->value;
  EXPECT_NEAR(series - annealed, -2.0e-4, 1e-6);  // what is looked for
  EXPECT_NEAR(null, series, 1e-5);                // beta^6 is 6.4e-5, its coefficient 1/12
  EXPECT_NEAR(planted - annealed, annealed - null, 1e-9);
}

TEST(Sk, BytesAreThoseOfTheCouplings) { EXPECT_EQ(Sk::bytes(options(1000, 1, false)), 4e6); }

}  // namespace
}  // namespace glass

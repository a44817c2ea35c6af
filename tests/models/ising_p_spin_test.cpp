#include "models/ising_p_spin.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "models/sk.hpp"
#include "tests/models/checks.hpp"
#include "tests/models/glass_checks.hpp"

namespace glass {
namespace {

IsingPSpinOptions options(int p, Index n, double temperature, bool planted) {
  IsingPSpinOptions o;
  o.p = p;
  o.n = n;
  o.temperature = temperature;
  o.planted = planted;
  return o;
}
std::string named(int p, Index n) { return "p=" + std::to_string(p) + " n=" + std::to_string(n); }

TEST(IsingPSpin, SubsetsComeInOrderLargestIndexOutermost) {
  std::vector<std::vector<Index>> seen;
  IsingPSpin::for_each_subset(4, 2, [&](const std::vector<Index>& s) { seen.push_back(s); });
  EXPECT_EQ(seen, (std::vector<std::vector<Index>>{{0, 1}, {0, 2}, {1, 2}, {0, 3}, {1, 3}, {2, 3}}));
  for (const int k : {1, 3, 5}) {
    Index at = 0;
    std::set<std::vector<Index>> all;
    IsingPSpin::for_each_subset(9, k, [&](const std::vector<Index>& s) {
      Index rank = 0;  // combinatorial number system: the place of a subset is sum_k C(s_k, k + 1)
      for (int a = 0; a < k; ++a) {
        rank += IsingPSpin::binomial(s[std::size_t(a)], a + 1);
        EXPECT_TRUE(a == 0 || s[std::size_t(a) - 1] < s[std::size_t(a)]);
      }
      EXPECT_EQ(rank, at++);
      all.insert(s);
    });
    EXPECT_EQ(at, IsingPSpin::binomial(9, k));
    EXPECT_EQ(Index(all.size()), at);
  }
  IsingPSpin::for_each_subset(2, 3, [](const auto&) { FAIL() << "no 3 of 2"; });
}

TEST(IsingPSpin, BinomialsFollowPascal) {
  EXPECT_EQ(IsingPSpin::binomial(0, 0), 1);
  EXPECT_EQ(IsingPSpin::binomial(3, 5), 0);
  for (Index n = 1; n <= 40; ++n)
    for (int k = 1; k <= 6; ++k)
      EXPECT_EQ(IsingPSpin::binomial(n, k), IsingPSpin::binomial(n - 1, k) + IsingPSpin::binomial(n - 1, k - 1));
  EXPECT_EQ(IsingPSpin::binomial(1000, 5), Index{8250291250200});
}

TEST(IsingPSpin, FieldsFlipsAndLikelihoodAgreeWithTheTerms) {
  for (const auto& [p, n] :
       std::vector<std::pair<int, Index>>{{3, 3}, {3, 4}, {3, 21}, {4, 4}, {4, 13}, {5, 5}, {5, 12}, {6, 6}, {6, 11}}) {
    IsingPSpinOptions o = options(p, n, 0.6, n % 2);
    o.field = 0.3;
    o.field_spread = 0.5;
    o.pins = n / 3;
    checks::expect_spin_target(IsingPSpin::make(o, 5), true, named(p, n));
  }
}

TEST(IsingPSpin, TwoBodyTermsAreAPairwiseModel) {
  SkOptions o;
  o.n = 19;
  o.field_spread = 0.4;
  const Sk sk = Sk::make(o, 8);
  std::vector<float> j;
  sk.for_each_term([&](const auto&, double v) { j.push_back(float(v)); });  // the same order of pairs
  const IsingPSpin two(2, j, sk.environment());
  checks::expect_spin_target(two, true, "p=2");
  Stream rng({8, Purpose::test}, 0);
  const Batch x = checks::random_spins(19, 4, rng);
  EXPECT_LE((two.open(x).g - sk.open(x).g).cwiseAbs().maxCoeff(), 1e-5);
  EXPECT_LE((two.log_likelihood(x) - sk.log_likelihood(x)).cwiseAbs().maxCoeff(), 1e-4);
}

TEST(IsingPSpin, TermsAreTheCouplingsGiven) {
  for (const int p : {3, 4}) {
    const Index n = 9;
    std::vector<float> j;
    std::vector<std::vector<Index>> at;
    IsingPSpin::for_each_subset(n, p, [&](const std::vector<Index>& s) {
      at.push_back(s);
      j.push_back(float(j.size()) + 1);
    });
    Environment env = Environment::draw("x", options(p, n, 0.5, false), 0);
    std::size_t k = 0;
    IsingPSpin(p, j, env).for_each_term([&](const auto& s, double v) {
      EXPECT_EQ(s, at[k]);
      EXPECT_EQ(v, double(j[k++]));
    });
    EXPECT_EQ(k, j.size());
  }
}

TEST(IsingPSpin, CouplingsHaveTheStatedLaw) {
  for (const auto& [p, n] : std::vector<std::pair<int, Index>>{{3, 110}, {4, 52}, {5, 33}})
    for (const bool planted : {false, true})
      checks::expect_coupling_law(IsingPSpin::make(options(p, n, 0.25, planted), 7), p, planted, named(p, n));
}

TEST(IsingPSpin, PlantedEnergyIsExactAtAnySize) {
  for (const auto& [p, n] : std::vector<std::pair<int, Index>>{{3, 6}, {3, 20}, {4, 12}, {5, 10}})
    checks::expect_planted_energy<IsingPSpin>(options(p, n, 0.7, true), p, 1500, named(p, n));
  // the number DESIGN.md quotes for p = 3, N = 128, T = 0.7
  EXPECT_NEAR(-checks::without_diagonal(128, 3) / (2 * 0.7), -0.6976, 5e-5);
}

TEST(IsingPSpin, PlantedSignalIsAPosteriorSample) {
  for (const int p : {3, 4}) {
    IsingPSpinOptions o = options(p, 8, 0.5, true);
    checks::expect_signal_from_posterior<IsingPSpin>(o, 1500, named(p, 8));
    o.field = 0.2;
    o.field_spread = 0.4;
    o.pins = 2;
    checks::expect_signal_from_posterior<IsingPSpin>(o, 1500, named(p, 8) + " with fields and pins");
  }
}

TEST(IsingPSpin, InstancesHaveNames) { checks::expect_named_instances<IsingPSpin>(options(3, 12, 0.9, true), "p=3"); }

TEST(IsingPSpin, AnnealedPartitionFunctionIsExact) {
  for (const int p : {3, 4})
    for (const bool planted : {false, true})
      checks::expect_annealed<IsingPSpin>(options(p, 9, 1.5, planted), p, 1500, named(p, 9));
  const double beta2 = 1 / 2.25;
  const auto z = IsingPSpin::log_partition(options(3, 9, 1.5, false));
  ASSERT_TRUE(z);
  EXPECT_NEAR(z->value, 9 * (std::log(2.0) + beta2 / 4 * 8 / 9 * 7 / 9), 1e-12);
  IsingPSpinOptions pinned = options(3, 9, 1.5, false);
  pinned.pins = 1;
  EXPECT_FALSE(IsingPSpin::log_partition(pinned));
}

TEST(IsingPSpin, FewerSpinsThanOneTermIsBadInput) {
  try {
    IsingPSpin::make(options(4, 3, 1, false), 0);
    FAIL() << "3 spins were taken";
  } catch (const BadInput& e) {
    EXPECT_STREQ(e.what(), "ising-p-spin: n=3: must be at least p=4");
  }
}

TEST(IsingPSpin, BytesCoverWhatBuildingTakes) {
  // N C(N, p-1) floats in slices, and C(N, p) couplings while they are filled
  const double slices = 4.0 * 100 * 4950, couplings = 4.0 * 161700;
  EXPECT_GE(IsingPSpin::bytes(options(3, 100, 1, false)), slices + couplings);
  EXPECT_LE(IsingPSpin::bytes(options(3, 100, 1, false)), 1.1 * (slices + couplings));
}

TEST(IsingPSpin, CopiesShareTheirCouplings) {
  const IsingPSpin one = IsingPSpin::make(options(3, 10, 1, false), 0);
  const IsingPSpin copy = one;  // NOLINT: the copy is what is tested
  Stream rng({9, Purpose::test}, 0);
  const Batch x = checks::random_spins(10, 2, rng);
  EXPECT_EQ(one.open(x).g, copy.open(x).g);
}

}  // namespace
}  // namespace glass

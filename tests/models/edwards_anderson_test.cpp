#include "models/edwards_anderson.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "models/core/error.hpp"
#include "tests/models/checks.hpp"
#include "tests/models/glass_checks.hpp"

namespace glass {
namespace {

EdwardsAndersonOptions options(int d, Index l, double temperature, const char* boundary = "periodic") {
  EdwardsAndersonOptions o;
  o.d = d;
  o.l = l;
  o.temperature = temperature;
  o.boundary = boundary;
  return o;
}

TEST(EdwardsAnderson, BondsAreThoseOfTheLattice) {
  for (const char* boundary : {"periodic", "open", "cylinder"})
    for (const int d : {2, 3}) {
      const Index l = 4, n = d == 2 ? 16 : 64;
      const PairGraph t = EdwardsAnderson::make(options(d, l, 1, boundary), 1);
      // written down otherwise: sites at distance one, distances folded where the direction is periodic
      const auto apart = [&](Index a, Index b, bool folded) {
        const Index far = std::abs(a - b);
        return folded ? std::min(far, l - far) : far;
      };
      std::set<std::pair<Index, Index>> expected, found;
      for (Index i = 0; i < n; ++i)
        for (Index j = i + 1; j < n; ++j) {
          const bool all = boundary == std::string("periodic"), some = boundary != std::string("open");
          Index distance = apart(i % l, j % l, some) + apart(i / l % l, j / l % l, d == 3 ? some : all);
          if (d == 3) distance += apart(i / (l * l), j / (l * l), all);
          if (distance == 1) expected.insert({i, j});
        }
      t.for_each_term([&](const auto& s, double j) {
        EXPECT_TRUE(found.insert({s[0], s[1]}).second);
        EXPECT_EQ(std::abs(j), 1.0);
      });
      EXPECT_EQ(found, expected) << boundary << " " << d;
      EXPECT_EQ(t.bonds(), Index(expected.size()));
      Index ends = 0;
      for (Index i = 0; i < n; ++i)
        t.for_each_neighbour(i, [&](Index j, float) {
          EXPECT_TRUE(expected.contains({std::min(i, j), std::max(i, j)}));
          ++ends;
        });
      EXPECT_EQ(ends, 2 * t.bonds());
    }
}

TEST(EdwardsAnderson, FieldsFlipsAndLikelihoodAgreeWithTheTerms) {
  for (const char* boundary : {"periodic", "open", "cylinder"})
    for (const char* couplings : {"binary", "gaussian"}) {
      EdwardsAndersonOptions o = options(2, 4, 0.7, boundary);
      o.couplings = couplings;
      o.planted = true;
      o.field = 0.2;
      o.field_spread = 0.5;
      o.pins = 3;
      checks::expect_spin_target(EdwardsAnderson::make(o, 5), true, std::string("edwards-anderson ") + boundary);
    }
  checks::expect_spin_target(EdwardsAnderson::make(options(3, 3, 0.8), 5), true, "edwards-anderson 3d");
}

TEST(EdwardsAnderson, MultiplyIsTheFieldWithoutTheExternalOne) {
  EdwardsAndersonOptions o = options(2, 4, 0.8);
  o.field_spread = 1;
  const PairGraph t = EdwardsAnderson::make(o, 6);
  Stream rng({6, Purpose::test}, 0);
  const Batch x = checks::random_spins(16, 3, rng);
  Batch out(16, 3), g(16, 3);
  t.multiply(x, out);
  t.fields(x, g);
  const Eigen::VectorXf bh = float(t.beta()) * t.environment().h;
  EXPECT_LE(((g - out).colwise() - bh).cwiseAbs().maxCoeff(), 1e-5);
}

TEST(EdwardsAnderson, CouplingsHaveTheStatedLaw) {
  for (const double p : {0.0, 0.3, 1.0}) {
    EdwardsAndersonOptions o = options(3, 24, 1);
    o.p = p;
    double plus = 0, count = 0;
    EdwardsAnderson::make(o, 7).for_each_term([&](const auto&, double j) {
      plus += j > 0;
      ++count;
    });
    EXPECT_EQ(count, 3.0 * 24 * 24 * 24);
    EXPECT_LE(std::abs(plus - p * count), checks::allowed_sigmas(1e6) * std::sqrt(count * p * (1 - p))) << p;
  }
  EdwardsAndersonOptions o = options(3, 24, 1);
  o.couplings = "gaussian";
  double sum = 0, squares = 0, count = 0;
  EdwardsAnderson::make(o, 7).for_each_term([&](const auto&, double j) {
    sum += j;
    squares += j * j;
    ++count;
  });
  const double sigmas = checks::allowed_sigmas(1e6);
  EXPECT_LE(std::abs(sum), sigmas * std::sqrt(count));
  EXPECT_LE(std::abs(squares - count), sigmas * std::sqrt(2 * count));
}

/// On the Nishimori line the signal's energy is a sum of independent bonds, one large instance is many of them:
/// mean -tanh(1/T) a bond and variance 1 - tanh^2 for +-1 (Nishimori 1981), -1/T and 1 for Gaussian couplings.
TEST(EdwardsAnderson, PlantedEnergyPerBondIsExactAtAnySize) {
  for (const int d : {2, 3})
    for (const double temperature : {0.5, 1.0, 1.6})
      for (const bool gaussian : {false, true}) {
        EdwardsAndersonOptions o = options(d, d == 2 ? 120 : 24, temperature);
        o.planted = true;
        o.couplings = gaussian ? "gaussian" : "binary";
        const PairGraph t = EdwardsAnderson::make(o, 8);
        const double bonds = double(t.bonds()), e = -t.log_likelihood(t.truth())(0) * temperature / bonds;
        const double mean = gaussian ? 1 / temperature : std::tanh(1 / temperature);
        const double width = std::sqrt((gaussian ? 1 : 1 - mean * mean) / bonds);
        EXPECT_LE(std::abs(e + mean), checks::allowed_sigmas(1e6) * width)
            << d << " " << temperature << " " << gaussian;
      }
}

TEST(EdwardsAnderson, PlantedSignalIsAPosteriorSample) {
  for (const char* couplings : {"binary", "gaussian"}) {
    EdwardsAndersonOptions o = options(2, 3, 1.1);
    o.couplings = couplings;
    checks::expect_signal_from_posterior<EdwardsAnderson>(o, 1200, std::string("edwards-anderson ") + couplings);
    o.field = 0.2;
    o.field_spread = 0.4;
    o.pins = 2;
    o.boundary = "open";
    checks::expect_signal_from_posterior<EdwardsAnderson>(o, 1200, std::string("the same with fields ") + couplings);
  }
}

/// Gaussian couplings, null, no field: [u] per bond = -beta (1 - [<x_i x_j>^2]), by parts; exact at any size.
TEST(EdwardsAnderson, EnergyAndLinkOverlapOfGaussianCouplingsAreOne) {
  EdwardsAndersonOptions o = options(2, 3, 0.9);
  o.couplings = "gaussian";
  checks::Mean gap;
  double energy = 0;
  for (o.instance = 0; o.instance < 6000; ++o.instance) {
    const PairGraph t = EdwardsAnderson::make(o, 9);
    const Eigen::VectorXd p = Exact(t).probabilities(t.base(1));
    double sum = 0, u = 0;
    t.for_each_term([&](const auto& s, double j) {
      double link = 0;
      for (Index k = 0; k < p.size(); ++k) link += (((k >> s[0]) ^ (k >> s[1])) & 1 ? -1 : 1) * p(k);
      u -= j * link;
      sum += -j * link + t.beta() * (1 - link * link);
    });
    gap.add(sum / double(t.bonds()));
    energy += u / double(t.bonds()) / 6000;
  }
  EXPECT_LT(gap.error() * checks::allowed_sigmas(gap.count), 0.05 * std::abs(energy));  // it can tell
  checks::expect_mean(gap, 0, "u + beta (1 - q_link)");
}

TEST(EdwardsAnderson, InstancesHaveNames) {
  EdwardsAndersonOptions o = options(2, 5, 0.9);
  o.planted = true;
  checks::expect_named_instances<EdwardsAnderson>(o, "edwards-anderson");
}

TEST(EdwardsAnderson, WhatCannotBeIsRefused) {
  EXPECT_THROW(EdwardsAnderson::make(options(2, 2, 1), 1), BadInput);
  EXPECT_THROW(EdwardsAnderson::make(options(2, 2, 1, "cylinder"), 1), BadInput);
  EXPECT_NO_THROW(EdwardsAnderson::make(options(2, 2, 1, "open"), 1));
  EXPECT_EQ(EdwardsAnderson::make(options(3, 1, 1, "open"), 1).bonds(), 0);
  EdwardsAndersonOptions o = options(2, 4, 1);
  o.planted = true;
  o.p = 0.7;
  EXPECT_THROW(EdwardsAnderson::make(o, 1), BadInput);
  o = options(3, 2000, 1);
  EXPECT_THROW(EdwardsAnderson::make(o, 1), BadInput);
  o = options(2, 3, 1);
  o.pins = 10;
  EXPECT_THROW(EdwardsAnderson::make(o, 1), BadInput);
}

}  // namespace
}  // namespace glass

#include "models/diluted_p_spin.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/core/error.hpp"
#include "tests/models/checks.hpp"
#include "tests/models/glass_checks.hpp"

namespace glass {
namespace {

DilutedPSpinOptions options(Index n, int p, double alpha, double temperature, bool regular = false) {
  DilutedPSpinOptions o;
  o.n = n;
  o.p = p;
  o.alpha = alpha;
  o.temperature = temperature;
  o.graph = regular ? "regular" : "erdos-renyi";
  return o;
}

TEST(DilutedPSpin, FieldsFlipsAndLikelihoodAgreeWithTheTerms) {
  for (const bool regular : {false, true})
    for (const int p : {2, 3, 4}) {
      DilutedPSpinOptions o = options(12, p, p == 3 ? 1 : 1.5, 0.7, regular);
      o.planted = true;
      o.field = 0.2;
      o.field_spread = 0.5;
      o.pins = 3;
      const SparsePSpin t = DilutedPSpin::make(o, 5);
      EXPECT_EQ(t.terms(), Index(o.clauses()));
      checks::expect_spin_target(t, true, "diluted-p-spin");
    }
}

/// One large instance is 1e5 independent clauses: mean -alpha tanh beta, variance alpha (1 - tanh^2)/N. Exact at any
/// size.
TEST(DilutedPSpin, PlantedEnergyIsExactAtAnySize) {
  for (const int p : {2, 3, 5})
    for (const bool regular : {false, true}) {
      DilutedPSpinOptions o = options(60000, p, 2, 0.8, regular);
      o.planted = true;
      const SparsePSpin t = DilutedPSpin::make(o, 6);
      const double e = -t.log_likelihood(t.truth())(0) * o.temperature / double(o.n), m = std::tanh(1 / o.temperature);
      EXPECT_LE(std::abs(e + o.alpha * m),
                checks::allowed_sigmas(1e6) * std::sqrt(o.alpha * (1 - m * m) / double(o.n)));
      o.planted = false;
      double sum = 0;
      DilutedPSpin::make(o, 6).for_each_term([&](const auto&, double j) {
        EXPECT_NEAR(std::abs(j), 1, 1e-6);
        sum += j;
      });
      EXPECT_LE(std::abs(sum), checks::allowed_sigmas(1e6) * std::sqrt(o.clauses()));
    }
}

TEST(DilutedPSpin, PlantedSignalIsAPosteriorSample) {
  for (const bool regular : {false, true}) {
    DilutedPSpinOptions o = options(8, 2, 1.5, 0.9, regular);
    checks::expect_signal_from_posterior<DilutedPSpin>(o, 1200, "diluted-p-spin p=2");
    o = options(9, 3, 1, 0.8, regular);
    o.field = 0.2;
    o.field_spread = 0.4;
    o.pins = 2;
    checks::expect_signal_from_posterior<DilutedPSpin>(o, 1200, "diluted-p-spin with fields and pins");
  }
}

TEST(DilutedPSpin, InstancesHaveNames) {
  DilutedPSpinOptions o = options(20, 3, 1, 0.9);
  o.planted = true;
  checks::expect_named_instances<DilutedPSpin>(o, "diluted-p-spin");
}

TEST(DilutedPSpin, WhatCannotBeIsRefused) {
  EXPECT_THROW(DilutedPSpin::make(options(5, 3, 100, 1), 1), BadInput);          // more clauses than there are
  EXPECT_THROW(DilutedPSpin::make(options(10, 3, 1.1, 1, true), 1), BadInput);   // p alpha not whole
  EXPECT_THROW(DilutedPSpin::make(options(10, 4, 0.75, 1, true), 1), BadInput);  // 30 stubs, 4 a clause
}

}  // namespace
}  // namespace glass

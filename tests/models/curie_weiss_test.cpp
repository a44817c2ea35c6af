#include "models/curie_weiss.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <vector>

#include "tests/models/checks.hpp"
#include "tests/models/glass_checks.hpp"

namespace glass {
namespace {

CurieWeissOptions options(Index n, double temperature, double coupling, double field = 0) {
  CurieWeissOptions o;
  o.n = n;
  o.temperature = temperature;
  o.coupling = coupling;
  o.field = field;
  return o;
}

TEST(CurieWeiss, FieldsFlipsAndLikelihoodAgreeWithTheTerms) {
  for (const Index n : {1, 2, 7, 33})
    for (const double coupling : {1.0, -0.7, 0.0}) {
      CurieWeissOptions o = options(n, 0.6, coupling, 0.3);
      o.field_spread = 0.5;
      o.pins = n / 3;
      checks::expect_spin_target(CurieWeiss::make(o, 5), true, "curie-weiss n=" + std::to_string(n));
    }
}

TEST(CurieWeiss, LogPartitionIsTheSumOverConfigurations) {
  for (const double coupling : {1.0, -1.5, 0.0})
    for (const Index pins : {0, 1, 4, 11})
      for (const double spread : {0.0, 0.8}) {
        CurieWeissOptions o = options(11, 0.4, coupling, -0.2);
        o.field_spread = spread;
        o.pins = pins;
        const CurieWeiss t = CurieWeiss::make(o, 6);
        // h is a float times beta: both sides round it, differently
        EXPECT_NEAR(t.log_partition(), checks::naive_log_partition(t), 1e-5)
            << coupling << " " << pins << " " << spread;
      }
}

TEST(CurieWeiss, LogPartitionOfTheOptionsIsThatOfTheInstance) {
  const CurieWeissOptions o = options(30, 0.9, 1.2, 0.1);
  const auto z = CurieWeiss::log_partition(o);
  ASSERT_TRUE(z);
  EXPECT_EQ(z->value, CurieWeiss::make(o, 99).log_partition());
  CurieWeissOptions differs = o;
  differs.pins = 1;
  EXPECT_FALSE(CurieWeiss::log_partition(differs));
  differs.pins = 0;
  differs.field_spread = 0.1;
  EXPECT_FALSE(CurieWeiss::log_partition(differs));
}

TEST(CurieWeiss, LargeAndColdSystemsStayFinite) {
  // the sum over magnetisations with binomial weights from lgamma: another way to the same number
  const auto by_magnetisation = [](const CurieWeissOptions& o) {
    const double n = double(o.n), beta = 1 / o.temperature;
    std::vector<double> l;
    for (Index k = 0; k <= o.n; ++k) {
      const double up = double(k), m = 2 * up - n;
      l.push_back(std::lgamma(n + 1) - std::lgamma(up + 1) - std::lgamma(n - up + 1) +
                  beta * (o.coupling * (m * m - n) / (2 * n) + double(float(o.field)) * m));
    }
    const double top = *std::max_element(l.begin(), l.end());
    double sum = 0;
    for (const double v : l) sum += std::exp(v - top);
    return top + std::log(sum);
  };
  for (const double temperature : {0.05, 0.9, 1.0, 3.0})
    for (const double coupling : {1.0, -1.0})
      for (const double field : {0.0, 0.25}) {
        const CurieWeissOptions o = options(2000, temperature, coupling, field);
        const double z = CurieWeiss::make(o, 0).log_partition(), expected = by_magnetisation(o);
        ASSERT_TRUE(std::isfinite(z));
        EXPECT_NEAR(z / expected, 1, 1e-8) << temperature << " " << coupling << " " << field;
      }
  // T = 0.05, no field: two ground states, the next level e^{-2 beta (N-1)/N} lower
  EXPECT_NEAR(CurieWeiss::make(options(2000, 0.05, 1), 0).log_partition(), 0.5 * 20 * 1999 + std::log(2.0), 1e-6);
}

TEST(CurieWeiss, PlantedSignalFollowsTheTarget) {  // G-test over all 256 configurations, an instance each
  for (const auto& [coupling, field] : {std::pair{1.3, 0.15}, std::pair{-1.0, 0.4}}) {
    constexpr Index n = 8;
    constexpr std::uint32_t draws = 60000;
    CurieWeissOptions o = options(n, 0.8, coupling, field);
    const Exact exact(CurieWeiss::make(o, 15));
    const Eigen::VectorXd p = exact.probabilities(exact.base(1));
    EXPECT_GT(p.maxCoeff() / p.minCoeff(), 40);
    std::vector<double> count(256, 0.0);
    o.planted = true;
    for (o.instance = 0; o.instance < draws; ++o.instance)
      count[std::size_t(Exact::number_of(CurieWeiss::make(o, 15).truth()))] += 1;
    double g = 0, pooled = 0, pooled_expected = 0, cells = 0;
    for (Index k = 0; k < 256; ++k) {
      const double expected = p(k) * draws, seen = count[std::size_t(k)];
      if (expected < 5) {
        pooled += seen;
        pooled_expected += expected;
      } else {
        g += seen > 0 ? 2 * seen * std::log(seen / expected) : 0;
        ++cells;
      }
    }
    if (pooled_expected > 0) {
      g += pooled > 0 ? 2 * pooled * std::log(pooled / pooled_expected) : 0;
      ++cells;
    }
    const double tail = boost::math::cdf(boost::math::complement(boost::math::chi_squared(cells - 1), g));
    EXPECT_GE(tail, checks::kLevel) << "G = " << g << " of " << cells - 1;
  }
}

TEST(CurieWeiss, PlantedSignalIsAPosteriorSample) {
  for (const double coupling : {1.4, -1.0}) {
    CurieWeissOptions o = options(8, 0.7, coupling, 0.2);
    o.field_spread = 0.4;
    o.pins = 2;
    checks::expect_signal_from_posterior<CurieWeiss>(o, 1500, "curie-weiss J=" + std::to_string(coupling));
  }
}

TEST(CurieWeiss, LargePlantedSignalHasTheMagnetisationOfItsPhase) {
  // T = 0.5: |m| solves m = tanh(2 m), 0.95750; either sign
  checks::Mean size, sign;
  CurieWeissOptions o = options(400, 0.5, 1);
  o.planted = true;
  for (o.instance = 0; o.instance < 60; ++o.instance) {
    const double m = double(CurieWeiss::make(o, 16).truth().mean());
    size.add(std::abs(m));
    sign.add(m > 0 ? 1 : -1);
  }
  checks::expect_mean(size, 0.957504, "|m|", 1.0 / 400);
  checks::expect_mean(sign, 0, "sign of m");
}

TEST(CurieWeiss, InstancesHaveNames) {  // the couplings are the same for all
  CurieWeissOptions o = options(20, 1, 1);
  o.planted = true;
  o.field_spread = 0.5;
  o.pins = 3;
  const CurieWeiss one = CurieWeiss::make(o, 1), again = CurieWeiss::make(o, 1), other = CurieWeiss::make(o, 2);
  ++o.instance;
  const CurieWeiss next = CurieWeiss::make(o, 1);
  EXPECT_EQ(one.truth(), again.truth());
  EXPECT_EQ(one.environment().h, again.environment().h);
  EXPECT_EQ(one.environment().pins, again.environment().pins);
  for (const CurieWeiss* t : {&other, &next}) {
    EXPECT_NE(one.truth(), t->truth());
    EXPECT_NE(one.environment().h, t->environment().h);
    EXPECT_NE(one.environment().pins, t->environment().pins);
  }
}

TEST(CurieWeiss, PlantingKeepsTheEnvironment) {  // a signal is added; fields and pins stay
  CurieWeissOptions o = options(20, 1, 1);
  o.field_spread = 0.5;
  o.pins = 3;
  const CurieWeiss null = CurieWeiss::make(o, 1);
  o.planted = true;
  const CurieWeiss planted = CurieWeiss::make(o, 1);
  EXPECT_EQ(null.environment().h, planted.environment().h);
  EXPECT_EQ(null.environment().pins, planted.environment().pins);
  EXPECT_EQ(null.truth().size(), 0);
  EXPECT_EQ(planted.truth().size(), 20);
}

}  // namespace
}  // namespace glass

#include "models/xorsat.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/core/error.hpp"
#include "spinglass/exact.hpp"
#include "tests/models/checks.hpp"
#include "tests/models/glass_checks.hpp"

namespace glass {
namespace {

XorsatOptions options(Index n, double alpha, double temperature, bool planted) {
  XorsatOptions o;
  o.n = n;
  o.alpha = alpha;
  o.temperature = temperature;
  o.planted = planted;
  return o;
}

Index violated(const SparsePSpin& t, const Eigen::VectorXf& x) {
  Index count = 0;
  t.for_each_term([&](const auto& s, double j) {
    for (const Index i : s) j *= double(x(i));
    count += j < 0;
  });
  return count;
}

TEST(Xorsat, AtTemperatureZeroTheSignalSolvesAllAndSolutionsAreUniform) {
  for (const Index n : {Index{9}, Index{14}}) {
    XorsatOptions o = options(n, 0.7, 0, true);
    o.pins = 1;
    const SparsePSpin t = Xorsat::make(o, 3);
    EXPECT_EQ(violated(t, t.truth()), 0);
    const Eigen::VectorXd p = Exact(t).probabilities(t.base(1));
    Index solutions = 0;
    Eigen::VectorXf x(n);
    for (Index k = 0; k < p.size(); ++k) {
      Exact::configuration(k, x);
      bool allowed = violated(t, x) == 0;
      for (Index i = 0; i < n; ++i)
        allowed = allowed && (t.environment().pins(i) == Tilt::kFree || t.environment().pins(i) == x(i));
      solutions += allowed;
    }
    ASSERT_GT(solutions, 1);
    for (Index k = 0; k < p.size(); ++k)
      EXPECT_TRUE(p(k) == 0 || std::abs(p(k) * double(solutions) - 1) < 1e-12) << k << " " << p(k);
    EXPECT_EQ((p.array() > 0).count(), solutions);
  }
}

TEST(Xorsat, WithoutASolutionGroundStatesAreUniform) {
  const SparsePSpin t = Xorsat::make(options(9, 3, 0, false), 1);
  const Eigen::VectorXd p = Exact(t).probabilities(t.base(1));
  Index least = t.terms();
  Eigen::VectorXf x(9);
  for (Index k = 0; k < p.size(); ++k) {
    Exact::configuration(k, x);
    least = std::min(least, violated(t, x));
  }
  ASSERT_GT(least, 0);  // of 27 equations in 9 unknowns
  for (Index k = 0; k < p.size(); ++k) {
    Exact::configuration(k, x);
    EXPECT_EQ(p(k) > 0, violated(t, x) == least);
  }
}

TEST(Xorsat, CachedFieldsStayFiniteAndExactAtTemperatureZero) {
  for (const Index n : {Index{50}, Index{100000}}) {
    const SparsePSpin t = Xorsat::make(options(n, 2, 0, true), 4);
    const double beta = t.environment().beta;
    EXPECT_GE(2 * beta, double(n) * std::log(2.0) + 691);
    EXPECT_EQ(std::exp2(std::round(std::log2(beta))), beta);
    auto cache = t.open(t.truth());
    EXPECT_EQ(t.log_likelihood(cache)(0), beta * double(t.terms()));
    Stream rng({5, Purpose::test}, 0);
    for (int k = 0; k < 3000; ++k) t.flip(cache, 0, Index(rng.uniform() * double(n)));
    EXPECT_TRUE(cache.g == t.open(cache.x).g);
    EXPECT_TRUE(cache.g.allFinite());
  }
}

TEST(Xorsat, PlantedSignalIsAPosteriorSample) {
  checks::expect_signal_from_posterior<Xorsat>(options(9, 0.8, 0.7, true), 1200, "xorsat");
  XorsatOptions o = options(9, 0.8, 0, true);
  o.pins = 2;
  checks::expect_signal_from_posterior<Xorsat>(o, 1200, "xorsat at temperature 0");
}

TEST(Xorsat, FieldsAtTemperatureZeroAreRefused) {
  XorsatOptions o = options(9, 0.8, 0, true);
  o.field = 0.1;
  EXPECT_THROW(Xorsat::make(o, 1), BadInput);
  o.field = 0;
  o.field_spread = 1;
  EXPECT_THROW(Xorsat::make(o, 1), BadInput);
  o.temperature = 0.5;
  EXPECT_NO_THROW(Xorsat::make(o, 1));
}

}  // namespace
}  // namespace glass

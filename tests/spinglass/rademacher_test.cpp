#include "spinglass/rademacher.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/spinglass/channel_checks.hpp"

namespace glass {
namespace {

constexpr double kFields[] = {-30, -12, -3.1, -1, -0.2, -1e-3, 0, 1e-3, 0.2, 1, 3.1, 12, 30};

// Central differences with step s of a function with bounded third derivative: error below s^2 + 1e-16/s.
constexpr double kStep = 1e-5, kDifference = 1e-9;

TEST(Rademacher, MeanIsTheSlopeOfTheLogPartition) {
  for (const double a : {0.0, 0.7, 40.0})
    for (const double b : kFields) {
      const auto f = [&](double at) { return Rademacher::log_partition(a, at); };
      EXPECT_NEAR((f(b + kStep) - f(b - kStep)) / (2 * kStep), Rademacher::mean(a, b), kDifference) << a << " " << b;
    }
}

TEST(Rademacher, VarianceIsTheSlopeOfTheMean) {
  for (const double b : kFields) {
    const double slope = (Rademacher::mean(0, b + kStep) - Rademacher::mean(0, b - kStep)) / (2 * kStep);
    EXPECT_NEAR(slope, Rademacher::variance(0, b), kDifference) << b;
  }
}

TEST(Rademacher, AverageIdentities) { expect_average_identities(Rademacher{}); }

TEST(Rademacher, PrecisionOnlyShiftsTheLogPartition) {
  for (const double a : {0.0, 0.3, 5.0})
    for (const double b : {-4.0, 0.1, 2.0}) {
      // the definition: ln sum_x exp(b x - a x^2/2)
      EXPECT_NEAR(Rademacher::log_partition(a, b), std::log(std::exp(b - a / 2) + std::exp(-b - a / 2)), 1e-13);
      EXPECT_EQ(Rademacher::mean(a, b), Rademacher::mean(0, b));
    }
}

TEST(Rademacher, ProbabilitiesAddUpAndGiveTheMean) {
  for (const double b : kFields) {
    const double up = std::exp(Rademacher::log_prob(1, b)), down = std::exp(Rademacher::log_prob(-1, b));
    EXPECT_NEAR(up + down, 1, 1e-14);
    EXPECT_NEAR(up - down, Rademacher::mean(0, b), 1e-14);
    EXPECT_NEAR(Rademacher::log_prob(1, b), b - Rademacher::log_partition(0, b), 1e-13 * (1 + std::abs(b)));
  }
}

TEST(Rademacher, NothingOverflowsAndNoDigitIsLostInTheTails) {
  for (const double s : {-1.0, 1.0}) {
    const double b = s * 1e3;
    EXPECT_EQ(Rademacher::log_partition(0, b), 1e3);
    EXPECT_EQ(Rademacher::mean(0, b), s);
    EXPECT_EQ(Rademacher::variance(0, b), 0);
    EXPECT_EQ(Rademacher::log_prob(s, b), 0);
    EXPECT_EQ(Rademacher::log_prob(-s, b), -2e3);
  }
  const double small = std::exp(-50.0);  // below the resolution of 1 - tanh 25
  EXPECT_NEAR(Rademacher::variance(0, 25) / (4 * small), 1, 1e-12);
  EXPECT_NEAR(Rademacher::log_prob(1, 25) / -small, 1, 1e-12);
  EXPECT_NEAR(Rademacher::log_prob(-1, -25) / -small, 1, 1e-12);
}

}  // namespace
}  // namespace glass

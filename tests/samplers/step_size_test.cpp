#include "samplers/step_size.hpp"

#include <gtest/gtest.h>

#include "models/core/state.hpp"

namespace glass {
namespace {

/// Acceptance e^{-size k_c}: the goal is met at size = -ln(goal)/k_c, whatever the start.
TEST(StepSize, FindsTheGoalInEachColumn) {
  for (const double start : {1e-3, 0.5, 30.0}) {
    StepSize s = StepSize::of(start, 4);
    for (int k = 0; k < 3000; ++k) {
      PerColumn acceptance(4);
      for (Index c = 0; c < 4; ++c) acceptance(c) = std::exp(-s(c) * double(c + 1));
      s.adapt(acceptance, PerColumn::LinSpaced(4, 0.4, 1.0), 0.57);
    }
    for (Index c = 0; c < 4; ++c) EXPECT_NEAR(s(c) * double(c + 1), -std::log(0.57), 1e-3) << start;
  }
}

/// The gain k^-0.6 dies out, its sum does not: a stream of refusals goes on shrinking the step, ever more slowly.
TEST(StepSize, GainFallsLikeAPowerOfTheCount) {
  StepSize s = StepSize::of(1.0, 1);
  double last = 0, sum = 0;
  for (int k = 1; k <= 1000; ++k) {
    s.adapt(PerColumn::Zero(1), PerColumn::Ones(1), 0.5);
    const double moved = last - s.log_size(0);
    EXPECT_NEAR(moved, std::pow(k, -0.6), 1e-9);
    last = s.log_size(0);
    sum += moved;
  }
  EXPECT_NEAR(s.log_size(0), -sum, 1e-9);
  EXPECT_EQ(s.adapted, 1000);
}

TEST(StepSize, ColumnsShareTheirAcceptanceAtTheSamePowerOnly) {
  StepSize a = StepSize::of(0.3, 3), b = StepSize::of(0.3, 3);
  PerColumn x(3), y(3), power(3);
  power << 1.0, 1.0, 0.5;
  x << 0.2, 0.6, 0.9;
  y << 0.3, 0.5, 0.1;
  a.adapt(x, power, 0.5);
  b.adapt(y, power, 0.5);
  EXPECT_EQ(a(0), a(1));  // mean 0.4 in both
  EXPECT_NEAR(a(0), b(0), 1e-15);
  EXPECT_LT(a(0), 0.3);
  EXPECT_GT(a(2), 0.3);
  EXPECT_LT(b(2), 0.3);
}

}  // namespace
}  // namespace glass

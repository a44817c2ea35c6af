#include "spinglass/trapezoid.hpp"

#include <gtest/gtest.h>

namespace glass {
namespace {

TEST(Trapezoid, StepKeepsTheErrorBelowItsPromise) {
  // E 1/(1 + z^2/d^2) has its poles at distance d: sqrt(pi/2) d e^{d^2/2} erfc(d/sqrt 2)
  for (const double d : {0.05, 0.3, 1.0, 3.0}) {
    const HalfLine z(1, trapezoid_step(d), 0, 9.4);
    const double sum = (z.weight / (1 + (z.at / d).square())).sum();
    EXPECT_NEAR(sum / (std::sqrt(M_PI / 2) * d * std::exp(d * d / 2) * std::erfc(d / std::sqrt(2))), 1, 1e-14) << d;
    const HalfLine coarse(1, 3 * trapezoid_step(d), 0, 9.4);  // the promise is not met for free
    EXPECT_GT(std::abs((coarse.weight / (1 + (coarse.at / d).square())).sum() - sum), 1e-7) << d;
  }
}

TEST(Trapezoid, HalfLineHasItsNodesAndWeights) {
  const HalfLine all(4, 0.5, 0, 20), upper(4, 0.5, 1.2, 20);
  EXPECT_NEAR(all.weight.sum(), 1, 1e-14);
  EXPECT_NEAR((all.weight * all.at.square()).sum(), 4, 1e-13);
  EXPECT_EQ(all.at(0), 0);
  EXPECT_EQ(upper.at(0), 1.5);
  EXPECT_EQ(upper.weight(0), all.weight(3));
}

TEST(Trapezoid, EntropyExcessIsSmoothAcrossItsSeries) {
  Nodes y(5);
  y << -0.5, -0.0100001, -0.0099999, 1e-9, 3;
  const Nodes e = entropy_excess(y);
  EXPECT_NEAR(e(0), 0.5 * std::log(0.5) + 0.5, 1e-16);
  for (const int k : {1, 2}) {
    const long double v = y(k);
    EXPECT_NEAR(e(k) / double((1 + v) * log1pl(v) - v), 1, 1e-13);
  }
  EXPECT_NEAR(e(3) / 0.5e-18, 1, 1e-9);
  EXPECT_NEAR(e(4), 4 * std::log(4) - 3, 1e-15);
}

}  // namespace
}  // namespace glass

#include "models/core/fast_exp.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace glass {
namespace {

TEST(FastExp, IsWithinTwoUnitsOfTheLastPlace) {
  for (double x = -86.99; x <= 88; x += 0.00137) {
    const float f = float(x);
    const double exact = std::exp(double(f));
    ASSERT_LT(std::abs(double(fast_exp(f)) / exact - 1), 2.0 * 0x1p-23) << x;
  }
  EXPECT_EQ(fast_exp(0.0f), 1.0f);
  EXPECT_EQ(fast_exp(-1e30f), 0.0f);
}

/// A loop that the compiler turns into vectors gives the bits of one call.
TEST(FastExp, HasTheSameBitsInVectors) {
  std::vector<float> x(1003), y(x.size());
  for (std::size_t k = 0; k < x.size(); ++k) x[k] = -90.0f + 0.17f * float(k);
  for (std::size_t k = 0; k < x.size(); ++k) y[k] = fast_exp(x[k]);
  for (std::size_t k = 0; k < x.size(); ++k) {
    volatile float one = x[k];
    ASSERT_EQ(y[k], fast_exp(one));
  }
}

}  // namespace
}  // namespace glass

#include "spinglass/gaussian_channel.hpp"

#include "tests/spinglass/channel_checks.hpp"

namespace glass {
namespace {

TEST(GaussianChannel, Identities) {
  expect_channel_identities(GaussianChannel{});
  expect_average_identities(GaussianChannel{});
}

TEST(GaussianChannel, FreeEntropyKeepsItsDigitsAtSmallSnr) {
  for (const double x : {1e-12, 1e-6, 9.9e-3, 1.01e-2, 0.5}) {
    const long double lx = x;
    long double series = 0;  // x^2/4 - x^3/6 + x^4/8 - ...
    for (int k = 60; k >= 2; --k) series = 1.0L / k - lx * series;
    EXPECT_NEAR(GaussianChannel::free_entropy(x) / double(lx * lx * series / 2), 1, 1e-13) << x;
  }
}

}  // namespace
}  // namespace glass

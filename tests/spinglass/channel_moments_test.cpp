#include "spinglass/channel_moments.hpp"

#include <gtest/gtest.h>

namespace glass {
namespace {

/// In bulk and float as one by one and in double; places in the array do not matter.
void expect_moments(const auto& channel, double least_a) {
  for (const double a : {least_a, 0.0, 0.3, 4.0, 60.0, 2000.0}) {
    const Index n = 403;  // no multiple of a vector
    Eigen::ArrayXf b(n), mean(n), variance(n), tail_mean(n - 5), tail_variance(n - 5);
    for (Index i = 0; i < n; ++i) b(i) = float((i % 2 ? -1 : 1) * std::pow(double(i) / double(n), 4) * 3 * (20 + a));
    moments(channel, float(a), b, mean, variance);
    moments(channel, float(a), b.tail(n - 5), tail_mean, tail_variance);
    EXPECT_TRUE((tail_mean == mean.tail(n - 5)).all() && (tail_variance == variance.tail(n - 5)).all());
    for (Index i = 0; i < n; ++i) {
      const double bi = double(b(i)), m = channel.mean(a, bi), v = channel.variance(a, bi);
      // a and b are floats: the exponents a/2 - |b| and b^2/2(1+a) keep 7 digits, and shift the slab's weight
      const double exponent = 6e-8 * (2 + std::abs(a) + std::abs(bi) + bi * bi / (1 + a));
      EXPECT_NEAR(double(mean(i)), m, (1e-6 + exponent) * (1 + std::abs(m))) << "a " << a << ", b " << bi;
      EXPECT_NEAR(double(variance(i)), v, (1e-6 + exponent) * (1 + m * m + std::pow(bi / (1 + a), 2)))
          << "a " << a << ", b " << bi;
    }
  }
}

TEST(ChannelMoments, AreTheChannelsOwn) {
  expect_moments(Rademacher{}, 0);
  expect_moments(GaussianChannel{}, -0.5);
  for (const double rho : {0.01, 0.08, 0.5, 0.99}) {
    expect_moments(SparseRademacher{rho}, 0);
    expect_moments(GaussBernoulli{rho}, -0.5);
  }
  expect_moments(GaussBernoulli{1.0}, -0.5);
}

}  // namespace
}  // namespace glass

#pragma once
// What every scalar channel is held against: its identities, and averages in long double from the definition.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "spinglass/scalar_channel.hpp"

namespace glass {

/// Central differences of f, step s: their error is below s^2 f''' + 1e-16 |f|/s.
inline double slope_of(const std::function<double(double)>& f, double at, double s = 1e-5) {
  return (f(at + s) - f(at - s)) / (2 * s);
}

void expect_channel_identities(const ScalarChannel auto& c) {
  for (const double a : {0.0, 0.7, 3.0, 40.0})
    for (const double b : {-30.0, -3.1, -0.2, 0.0, 1e-3, 1.0, 3.1, 12.0, 45.0}) {
      const auto where = [&] { return ::testing::Message() << "a = " << a << ", b = " << b; };
      const double mean = c.mean(a, b), variance = c.variance(a, b);
      EXPECT_NEAR(slope_of([&](double y) { return c.log_partition(a, y); }, b), mean, 2e-8 * (1 + std::abs(b)))
          << where();
      EXPECT_NEAR(slope_of([&](double y) { return c.mean(a, y); }, b), variance, 2e-8 * (1 + std::abs(b))) << where();
      EXPECT_GE(variance, 0) << where();
      if (a == 0) continue;  // a < 0 is outside
      EXPECT_NEAR(slope_of([&](double y) { return c.log_partition(y, b); }, a), -0.5 * (variance + mean * mean),
                  2e-8 * (1 + b * b))
          << where();
    }
}

/// d free_entropy/dsnr = overlap/2, d overlap/dsnr = slope, d slope/dsnr = curvature, overlap + error = E x*^2.
void expect_average_identities(const ScalarChannel auto& c) {
  for (const double x : {1e-3, 0.1, 0.9999, 1.0001, 2.0, 3.9999, 4.0001, 9.0, 30.0, 200.0}) {
    const ChannelAverages at = c.averages(x);
    const double s = std::min(1e-4 * x, 1e-3), rho = c.second_moment();
    EXPECT_NEAR(slope_of([&](double y) { return c.free_entropy(y); }, x, s), 0.5 * at.overlap, 3e-8 * rho) << x;
    EXPECT_NEAR(slope_of([&](double y) { return c.averages(y).overlap; }, x, s), at.slope, 1e-7 * rho) << x;
    EXPECT_NEAR(slope_of([&](double y) { return -c.averages(y).error; }, x, s) / at.slope, 1,
                1e-6 + 4e-16 * at.error / (s * at.slope))
        << x;
    EXPECT_NEAR(slope_of([&](double y) { return c.averages(y).slope; }, x, s), at.curvature, 1e-6 * at.slope) << x;
    EXPECT_NEAR(at.overlap + at.error, rho, 1e-14) << x;
  }
  const ChannelAverages zero = c.averages(0), near = c.averages(1e-9);
  const double rho = c.second_moment();
  EXPECT_EQ(zero.overlap, 0);
  EXPECT_EQ(zero.error, rho);
  EXPECT_NEAR(near.overlap / 1e-9 / zero.slope, 1, 1e-5);
  EXPECT_NEAR(near.curvature / zero.curvature, 1, 1e-4);
  EXPECT_EQ(c.free_entropy(0), 0);
  EXPECT_NEAR(c.free_entropy(1e-7) / (0.25e-14 * zero.slope), 1,
              1e-5);  // x^2 rho^2/4: the digits of ln Z alone are gone
}

/// The posterior of a site given b in long double: moments from normalised weights.
struct PosteriorReference {
  long double density;  // of b
  long double mean, variance, third, log_z;
};

struct AverageReference {
  long double overlap = 0, error = 0, slope = 0, curvature = 0, curvature_scale = 0, free_entropy = 0;
};

/// Averages over the law of b itself, by a rectangle rule with no symmetry, window or step of the code under test.
inline AverageReference average_reference(const std::function<PosteriorReference(long double)>& at, long double reach,
                                          long double step) {
  AverageReference out;
  for (long double b = -reach; b <= reach; b += step) {
    const PosteriorReference p = at(b);
    const long double w = p.density * step, k2 = p.third * p.third, v3 = 2 * p.variance * p.variance * p.variance;
    out.overlap += w * p.mean * p.mean;
    out.error += w * p.variance;
    out.slope += w * p.variance * p.variance;
    out.curvature += w * (k2 - v3);
    out.curvature_scale += w * (k2 + v3);
    out.free_entropy += w * p.log_z;
  }
  return out;
}

/// What kChannelAccuracy promises.
inline void expect_accurate(const ChannelAverages& a, double free_entropy, const AverageReference& r, double rho,
                            double snr) {
  const auto relative = [](double v, long double reference) { return double((v - reference) / reference); };
  const auto where = [&] { return ::testing::Message() << "rho = " << rho << ", snr = " << snr; };
  EXPECT_LT(std::abs(relative(a.error, r.error)), kChannelAccuracy) << where();
  EXPECT_LT(std::abs(relative(a.slope, r.slope)), kChannelAccuracy) << where();
  EXPECT_LT(std::abs(double(a.overlap - r.overlap)), kChannelAccuracy * (snr < 1 ? double(r.overlap) : rho)) << where();
  EXPECT_LT(std::abs(double(a.curvature - r.curvature)), 1e-11 * double(r.curvature_scale)) << where();
  // the reference sums ln Z, which loses digits where it is small
  EXPECT_LT(std::abs(double(free_entropy - r.free_entropy)), 2e-13 * rho * (1 + snr) + 1e-17) << where();
}

}  // namespace glass

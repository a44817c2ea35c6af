#pragma once
#include <cmath>

#include "spinglass/scalar_channel.hpp"

namespace glass {

/// Scalar channel of an N(0, 1) site; to leading order also of a site of a configuration on the sphere |x|^2 = N.
struct GaussianChannel {
  static double log_partition(double a, double b) { return 0.5 * (b * b / (1 + a) - std::log1p(a)); }
  static double mean(double a, double b) { return b / (1 + a); }
  static double variance(double a, double /*b*/) { return 1 / (1 + a); }
  static double second_moment() { return 1; }
  static ChannelAverages averages(double snr) {
    const double v = 1 / (1 + snr);
    return {snr * v, v, v * v, -2 * v * v * v};
  }
  /// x/2 - ln(1+x)/2; its series where that has no digits left.
  static double free_entropy(double snr) {
    if (snr > 1e-2) return 0.5 * (snr - std::log1p(snr));
    double sum = 0;  // x^2/2 - x^3/3 + ...; nine terms leave x^9/11
    for (int k = 10; k >= 2; --k) sum = 1.0 / k - snr * sum;
    return 0.5 * snr * snr * sum;
  }
};
static_assert(ScalarChannel<GaussianChannel>);

}  // namespace glass

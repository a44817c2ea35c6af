#pragma once
#include <cmath>

#include "spinglass/signed_channel.hpp"

namespace glass {

/// Scalar channel of a +-1 site: weight 1 (counting measure, so that ln Z counts configurations) times exp(b x - a
/// x^2/2). x^2 = 1, so a only shifts the log-partition. Averages are those of the uniform law, weight 1/2 each.
struct Rademacher {
  /// ln [e^{b - a/2} + e^{-b - a/2}]; |b| + log1p form, since 2 cosh overflows near 700.
  static double log_partition(double a, double b) {
    return std::abs(b) + std::log1p(std::exp(-2.0 * std::abs(b))) - 0.5 * a;
  }
  static double mean(double /*a*/, double b) { return std::tanh(b); }
  static double variance(double /*a*/, double b) {
    const double e = std::exp(-2.0 * std::abs(b));  // 1 - tanh^2 has no digits left at |b| > 18
    return 4.0 * e / ((1.0 + e) * (1.0 + e));
  }
  /// ln P(x), x = +-1.
  static double log_prob(double x, double b) {
    const double l = 2.0 * x * b;  // ln sigma(l)
    return l < 0 ? l - std::log1p(std::exp(l)) : -std::log1p(std::exp(-l));
  }
  static double second_moment() { return 1; }
  static ChannelAverages averages(double snr) { return signed_averages(1, snr); }
  static double free_entropy(double snr) { return signed_free_entropy(1, snr); }
};
static_assert(ScalarChannel<Rademacher>);

}  // namespace glass

#pragma once
#include <cmath>

#include "spinglass/signed_channel.hpp"

namespace glass {

/// Scalar channel of a Bernoulli-Rademacher site: prior (1-rho) delta_0 + (rho/2)(delta_1 + delta_-1), 0 < rho <= 1.
/// Overflow-free for every a >= 0 and b.
struct SparseRademacher {
  double rho = 1;

  double log_partition(double a, double b) const {  // ln [1-rho + rho e^{-a/2} cosh b]
    const double l = log_slab(a, b), z = std::log1p(-rho);
    return l > z ? l + std::log1p(std::exp(z - l)) : z + std::log1p(std::exp(l - z));
  }
  double mean(double a, double b) const { return occupied(a, b) * std::tanh(b); }
  double variance(double a, double b) const {
    // s - s^2 tanh^2 = s [(1-s) + s sech^2], s the weight of x != 0
    const double s = occupied(a, b), e = std::exp(-2 * std::abs(b));
    return s * (empty(a, b) + s * 4 * e / ((1 + e) * (1 + e)));
  }
  double second_moment() const { return rho; }
  ChannelAverages averages(double snr) const { return signed_averages(rho, snr); }
  double free_entropy(double snr) const { return signed_free_entropy(rho, snr); }

 private:
  double log_slab(double a, double b) const {  // ln [rho e^{-a/2} cosh b]
    return std::log(0.5 * rho) + std::abs(b) + std::log1p(std::exp(-2 * std::abs(b))) - 0.5 * a;
  }
  double occupied(double a, double b) const { return 1 / (1 + std::exp(std::log1p(-rho) - log_slab(a, b))); }
  double empty(double a, double b) const { return 1 / (1 + std::exp(log_slab(a, b) - std::log1p(-rho))); }
};
static_assert(ScalarChannel<SparseRademacher>);

}  // namespace glass

#pragma once
#include <cmath>

#include "spinglass/scalar_channel.hpp"

namespace glass {

/// Scalar channel of a Gauss-Bernoulli site: prior (1-rho) delta_0 + rho N(0, 1), 0 < rho <= 1.
struct GaussBernoulli {
  double rho = 1;

  double log_partition(double a, double b) const {
    const double l = log_slab(a, b), z = std::log1p(-rho);
    return l > z ? l + std::log1p(std::exp(z - l)) : z + std::log1p(std::exp(l - z));
  }
  double mean(double a, double b) const { return occupied(a, b) * b / (1 + a); }
  double variance(double a, double b) const {
    const double s = occupied(a, b), m = b / (1 + a);
    return s / (1 + a) + s / (1 + std::exp(log_slab(a, b) - std::log1p(-rho))) * m * m;
  }
  double second_moment() const { return rho; }
  ChannelAverages averages(double snr) const;
  double free_entropy(double snr) const;

 private:
  double log_slab(double a, double b) const { return std::log(rho) + 0.5 * (b * b / (1 + a) - std::log1p(a)); }
  double occupied(double a, double b) const { return 1 / (1 + std::exp(std::log1p(-rho) - log_slab(a, b))); }
};
static_assert(ScalarChannel<GaussBernoulli>);

}  // namespace glass

#include "spinglass/kaufman.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "models/core/options.hpp"

namespace glass {

// Z = (2 sinh 2K)^{mn/2} (P1 + P2 + P3 + P4)/2, with P1, P2 = prod_r 2 cosh, 2 sinh(m gamma_{2r+1}/2) and P3, P4 the
// same of gamma_{2r}, r = 0..n-1; cosh gamma_l = cosh 2K coth 2K - cos(l pi/n) with gamma_l > 0, but gamma_0 = 2K + ln
// tanh K, which is negative above T_c.
TorusIsing kaufman(Index rows, Index columns, double k) {
  if (!(k > 0)) throw BadInput("kaufman: K=" + to_text(k) + ": must be greater than 0");
  if (rows < 3 || columns < 3)
    throw BadInput("kaufman: " + to_text(rows) + " x " + to_text(columns) + ": must be at least 3 x 3");
  const double m = double(rows), n = double(columns), s = std::sinh(2 * k), c = std::cosh(2 * k);
  const double slope = 2 * c * (1 - 1 / (s * s));  // d/dK of cosh 2K coth 2K
  struct Product {
    double log = 0, d_log = 0;  // ln of it and its derivative by K
  };
  std::array<Product, 4> p;
  const auto take = [](Product& q, double log, double d_log) {
    q.log += log;
    q.d_log += d_log;
  };
  for (Index l = 1; l < 2 * columns; ++l) {
    // cosh gamma - 1 without cancellation at T_c
    const double half = std::sin(std::numbers::pi * double(l) / (2 * n));
    const double y = (s - 1) * (s - 1) / s + 2 * half * half, root = std::sqrt(y * (y + 2));
    const double gamma = std::log1p(y + root), d_gamma = slope / root, a = m * gamma / 2, small = std::exp(-2 * a);
    const std::size_t even = l % 2 ? 0 : 2;
    take(p[even], a + std::log1p(small), m / 2 * d_gamma * (1 - small) / (1 + small));
    take(p[even + 1], a + std::log1p(-small), m / 2 * d_gamma * (1 + small) / (1 - small));
  }
  // gamma_0: its sinh changes sign at T_c, so it stays outside the logarithm
  const double a = m / 2 * (2 * k + std::log(std::tanh(k))), d_a = m * (1 + 1 / s), small = std::exp(-2 * std::abs(a));
  const double cosh0 = 1 + small, sinh0 = std::copysign(1 - small, a);  // times e^|a|
  p[2].log += std::abs(a);
  p[3].log += std::abs(a);
  const double top = std::max({p[0].log, p[1].log, p[2].log, p[3].log});
  double sum = 0, d_sum = 0;
  const std::array<double, 4> factor{1, 1, cosh0, sinh0}, d_factor{0, 0, sinh0 * d_a, cosh0 * d_a};
  for (std::size_t q = 0; q < 4; ++q) {
    const double w = std::exp(p[q].log - top);
    sum += w * factor[q];
    d_sum += w * (factor[q] * p[q].d_log + d_factor[q]);
  }
  return {m * n / 2 * std::log(2 * s) - std::log(2.0) + top + std::log(sum), k * (m * n * c / s + d_sum / sum)};
}

}  // namespace glass

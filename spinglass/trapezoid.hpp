#pragma once
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>

namespace glass {

/// Room for the nodes of one average, on the stack.
inline constexpr int kMostNodes = 2048;
using Nodes = Eigen::Array<double, Eigen::Dynamic, 1, 0, kMostNodes, 1>;

/// Step, in units of the Gaussian's standard deviation, at which the trapezoid rule for E f(z), z ~ N(0, 1), with f
/// analytic in |Im z| < d errs by about e^-40: the strip of width a = min(d, 2 pi/h) gives exp(-2 pi a/h + a^2/2)
/// (Trefethen and Weideman, SIAM Review 56, 385 (2014)).
inline double trapezoid_step(double d) {
  constexpr double digits = 40, widest = 8.9;  // beyond, the Gaussian alone decides: 2 pi^2/h^2 = 40
  d = std::min(d, widest);
  return 2 * std::numbers::pi * d / (digits + 0.5 * d * d);
}

/// Nodes k h of the even half line in [first, last], and the weights N(k h; 0, variance) h, doubled except at 0.
struct HalfLine {
  Nodes at, weight;
  HalfLine(double variance, double h, double first, double last) {
    const double from = std::ceil(first / h);
    const int count = std::clamp(int(std::floor(last / h) - from) + 1, 1, kMostNodes);
    at = Nodes::LinSpaced(count, from * h, (from + count - 1) * h);
    weight = (at.square() * (-0.5 / variance)).exp() * (2 * h / std::sqrt(2 * std::numbers::pi * variance));
    if (from == 0) weight(0) *= 0.5;
  }
};

/// (1+y) ln(1+y) - y >= 0: E Z ln Z for Z = 1 + y of mean 1, without the digits that ln Z would lose at small y.
inline Nodes entropy_excess(const Nodes& y) {
  return y.unaryExpr([](double v) {
    if (std::abs(v) < 1e-2) {  // sum_{k>=2} (-v)^k / (k (k-1)): seven terms leave v^7/42
      double sum = 0;
      for (int k = 9; k >= 2; --k) sum = 1.0 / (k * (k - 1)) - v * sum;
      return v * v * sum;
    }
    return (1 + v) * std::log1p(v) - v;
  });
}

}  // namespace glass

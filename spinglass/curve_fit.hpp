#pragma once
// Weighted least squares for noisy curves, and the errors of what is read off them.
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "spinglass/phase.hpp"

namespace glass {

/// The variable of fits, 2 t - 1 with t = 1 - sqrt(1 - m): what happens near overlap m = 1, where few sites are left
/// uncertain, is slow in it. Polynomials in m are polynomials in it.
inline double fit_variable(double m) { return 1 - 2 * std::sqrt(1 - m); }

/// sum_j c_j T_j, Chebyshev polynomials of fit_variable(m).
inline double chebyshev_sum(const Eigen::VectorXd& c, double m) {
  const double x = fit_variable(m);
  double next = 0, after = 0;  // Clenshaw
  for (Eigen::Index j = c.size() - 1; j > 0; --j) {
    const double now = c(j) + 2 * x * next - after;
    after = next;
    next = now;
  }
  return c.size() == 0 ? 0 : c(0) + x * next - after;
}

/// Coefficients with their uncertainty: `roots` columns r with covariance sum r r'.
struct Fitted {
  Eigen::VectorXd c;
  Eigen::MatrixXd roots;
  double chi2 = 0;
  int freedom = 1;
  /// Akaike's criterion: the terms a fit keeps are those that pay for themselves.
  double criterion() const { return chi2 + 2.0 * double(c.size()); }
};

/// min sum ((design c - y) / error)^2. Errors are scaled up where chi2 exceeds its expectation.
inline Fitted least_squares(const Eigen::MatrixXd& design, const Eigen::VectorXd& y, const Eigen::VectorXd& error) {
  const Eigen::MatrixXd a = error.cwiseInverse().asDiagonal() * design;
  const Eigen::VectorXd b = y.cwiseQuotient(error);
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(a, Eigen::ComputeThinU | Eigen::ComputeThinV);
  Fitted f;
  f.c = svd.solve(b);
  f.chi2 = (a * f.c - b).squaredNorm();
  f.freedom = std::max(1, int(y.size() - f.c.size()));
  const Eigen::VectorXd s = svd.singularValues().cwiseMax(1e-12 * svd.singularValues()(0));
  f.roots = std::sqrt(std::max(1.0, f.chi2 / f.freedom)) * svd.matrixV() * s.cwiseInverse().asDiagonal();
  return f;
}

/// One standard error of f(c), by moving c along each root both ways: exact for linear f, and to second order around
/// extrema. Directions in which f is absent (NaN) on one side count with the other.
inline double spread_of(const Fitted& fit, const std::function<double(const Eigen::VectorXd&)>& f) {
  const double middle = f(fit.c);
  double variance = 0;
  for (Eigen::Index j = 0; j < fit.roots.cols(); ++j) {
    const double up = f(fit.c + fit.roots.col(j)) - middle, down = middle - f(fit.c - fit.roots.col(j));
    const double half = std::isnan(up) ? down : std::isnan(down) ? up : 0.5 * (up + down);
    if (!std::isnan(half)) variance += half * half;
  }
  return std::sqrt(variance);
}

}  // namespace glass

#include "bench/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

namespace glass {

double MeanAndError::sigma() const {
  if (error > 0) return mean / error;
  return mean == 0 ? 0.0 : std::copysign(std::numeric_limits<double>::infinity(), mean);
}

double MeanAndError::p_value() const {
  if (units < 2) return 1.0;
  const double t = std::abs(sigma());
  if (!std::isfinite(t)) return 0.0;
  return 2.0 * boost::math::cdf(boost::math::complement(boost::math::students_t(double(units - 1)), t));
}

MeanAndError estimate(const std::vector<double>& units) {
  MeanAndError e;
  e.units = units.size();
  if (units.empty()) return e;
  for (const double v : units) e.mean += v / double(units.size());
  double sum = 0;
  for (const double v : units) sum += (v - e.mean) * (v - e.mean);
  if (units.size() > 1) e.error = std::sqrt(sum / double(units.size() - 1) / double(units.size()));
  return e;
}

MeanAndError estimate(const std::vector<double>& units, const Eigen::MatrixXd& controls) {
  const Eigen::Index n = Eigen::Index(units.size()), q = controls.cols();
  if (q == 0 || n < 4 * q) return estimate(units);
  Eigen::MatrixXd design(n, q + 1);
  design << Eigen::VectorXd::Ones(n), controls;
  const Eigen::Map<const Eigen::VectorXd> y(units.data(), n);
  const Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> fit(design);  // two controls may be the same
  const Eigen::VectorXd c = fit.solve(y);
  const double variance = (y - design * c).squaredNorm() / double(n - fit.rank());
  const Eigen::MatrixXd inverse = fit.pseudoInverse();
  return {c(0), std::sqrt(variance) * inverse.row(0).norm(), units.size()};
}

std::optional<double> autocorrelation_time(const Eigen::MatrixXd& series) {
  const Eigen::Index n = series.cols();
  if (n < 4) return std::nullopt;
  const Eigen::MatrixXd x = series.array() - series.mean();
  const double variance = x.squaredNorm() / double(x.size());
  if (!(variance > 0)) return double(n) / 2;
  double tau = 0.5;
  for (Eigen::Index t = 1; t < n; ++t) {
    const double covariance = x.leftCols(n - t).cwiseProduct(x.rightCols(n - t)).sum() / double(x.rows() * (n - t));
    tau += covariance / variance;
    if (double(t) >= 5 * tau) break;
  }
  return std::clamp(tau, 0.5, double(n) / 2);
}

Eigen::MatrixXd with_ties(const Eigen::MatrixXd& energies) {
  const double largest = energies.cwiseAbs().maxCoeff();
  if (largest == 0) return energies;
  const double step = 1e-5 * largest;
  return (energies / step).array().round() * step;
}

}  // namespace glass

#pragma once
#include <Eigen/Dense>
#include <optional>
#include <vector>

namespace glass {

/// A mean over independent units (instances) with its standard error.
struct MeanAndError {
  double mean = 0, error = 0;
  std::size_t units = 0;
  /// mean/error; 0 where both vanish, infinite where only the error does.
  double sigma() const;
  /// Two-sided p-value of "the mean is 0", Student's t with units - 1 degrees of freedom. 1 for fewer than two units.
  double p_value() const;
};
MeanAndError estimate(const std::vector<double>& units);
/// The mean once what the controls explain is regressed away (control variates: a row for each unit, columns whose mean
/// is exactly 0), with the error of the intercept. Its bias is O(1/units); with fewer than four units a control the
/// plain mean.
MeanAndError estimate(const std::vector<double>& units, const Eigen::MatrixXd& controls);

/// Integrated autocorrelation time tau = 1/2 + sum_{t>=1} rho(t), in draws, of series in the rows (chains x draws), rho
/// averaged over chains about their common mean; the sum is cut at the first t >= 5 tau (Sokal, Cargese lectures,
/// 1996). The effective number of draws is chains * draws/(2 tau). Chains that never move have tau = draws/2 (one
/// effective draw each); series too short to tell (< 4 draws) give nothing.
std::optional<double> autocorrelation_time(const Eigen::MatrixXd& series);

/// Energies rounded to 1e-5 of the largest: differences that single precision makes up become ties, so that ranks do
/// not tell apart what is equal.
Eigen::MatrixXd with_ties(const Eigen::MatrixXd& energies);

}  // namespace glass

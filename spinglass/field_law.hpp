#pragma once
// Laws of log-ratios on a grid, as density evolution needs them: sums of a Poisson number of messages by FFT, Gaussian
// side information, and Gauss quadrature with respect to the law.
#include <unsupported/Eigen/FFT>

#include "models/core/types.hpp"

namespace glass {

/// Law of a half log-ratio h: masses on a FieldGrid, and an atom at +infinity (sites that are certain).
struct FieldLaw {
  Eigen::ArrayXd mass;  ///< one a grid point; its sum is 1 - certain
  double certain = 0;
};

/// A uniform grid of half log-ratios, periodic for the FFT, on which a point x is spread over four neighbours by cubic
/// Lagrange weights. These keep the mass and the first three moments, so that the mean of a smooth f changes by
/// f''''(x) step^4 / 40 at most, and the error of a sum of many messages does not grow faster than their number.
/// In the planted gauge mass at -h is e^{-2h} of the mass at +h: kLowest is where that is 1e-14. Not to be shared
/// between threads (the FFT keeps its tables).
class FieldGrid {
 public:
  static constexpr double kLowest = -16;

  /// Points kLowest .. kLowest + span of that step, span >= `reach` - kLowest such that their number is a power of 2.
  FieldGrid(double step, double reach);

  Index size() const { return size_; }
  double step() const { return step_; }
  const Eigen::ArrayXd& points() const { return points_; }      ///< h at index i; the negative ones come last
  const Eigen::ArrayXd& tanh() const { return tanh_; }          ///< tanh of the points
  const Eigen::ArrayXd& surprise() const { return surprise_; }  ///< ln(1 + e^{-2h}), minus ln of the belief in +1

  /// Adds mass w at x, which must lie at least two steps inside the grid.
  void deposit(Eigen::ArrayXd& law, double x, double w) const;
  /// The masses of N(snr, snr), the law of Gaussian side information in the planted gauge.
  Eigen::ArrayXd gaussian(double snr) const;

  /// Fourier coefficients (the non-negative frequencies) of masses, and back.
  Eigen::ArrayXcd transform(const Eigen::ArrayXd& mass);
  Eigen::ArrayXd inverse(const Eigen::ArrayXcd& spectrum);
  /// E tanh(h + s): at index j, for a shift s = points()(j), from the spectrum of the law of h. One FFT.
  Eigen::ArrayXd shifted_tanh(const Eigen::ArrayXcd& spectrum);
  /// sum_i mass_i tanh_i from the spectrum of the masses, without a transform.
  double mean_tanh(const Eigen::ArrayXcd& spectrum) const;

 private:
  Index size_ = 0;
  double step_ = 0;
  Eigen::ArrayXd points_, tanh_, surprise_;
  Eigen::ArrayXcd tanh_spectrum_;
  Eigen::FFT<double> fft_;
};

/// Characteristic function of a sum of Poisson(mean) independent terms: exp(mean (phi - 1)).
Eigen::ArrayXcd poisson_sum(double mean, const Eigen::ArrayXcd& phi);

/// A discrete law of the magnitude |tanh h|: the sign is + with probability (1 + |t|)/2 in the planted gauge.
struct Magnitudes {
  Eigen::ArrayXd t, weight;
};
/// Gauss quadrature for the law of tanh^2 h with at most n nodes: means of polynomials in tanh^2 h up to degree 2n - 1
/// are exact (Golub & Welsch 1969; coefficients by Stieltjes' procedure). With the two signs these are Gauss nodes for
/// the law of a literal whose planted value is unknown. Fewer nodes where the law has fewer points.
Magnitudes gauss_nodes(const FieldGrid& grid, const FieldLaw& law, Index n);

}  // namespace glass

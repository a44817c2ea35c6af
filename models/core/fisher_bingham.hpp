#pragma once
#include <Eigen/Dense>
#include <cstdint>

#include "models/core/random.hpp"
#include "models/core/real_sites.hpp"

namespace glass {

/// log L = x'Mx/2 + f.x on the sphere: M by `matrix`, f the gradient at x = 0.
template <class T>
concept QuadraticSphere = SmoothTarget<T> && T::space == Space::sphere&& requires(const T& t) {
  { t.matrix() } -> std::same_as<Eigen::MatrixXd>;  // symmetric N x N
};

/// Fisher and Bingham's law in the axes of its matrix: y on |y|^2 = N with density
///
///     exp(sum_k lambda_k y_k^2/2 + c_k y_k)
///
/// against the uniform measure. Writing the sphere's delta function as an integral leaves Gaussian sites (Kume and
/// Wood, Biometrika 92, 465 (2005), take its saddle point; Kosterlitz, Thouless and Jones, Phys. Rev. Lett. 36, 1217
/// (1976)):
///
///     Z = Gamma(N/2) N^{1-N/2} (1/2 pi i) int ds e^{sN} prod_k z_k^{-1/2} e^{c_k^2/4z_k},    z_k = s - lambda_k/2,
///
/// and <y_k> = d ln Z/d c_k is the average of c_k/(2 z_k) under the same integrand. It is taken along a parabola
/// through the saddle, bent as the path of steepest descent is, on which it falls exponentially even at N = 2, where it
/// would not on a line; there the trapezoid rule converges geometrically, and steps are halved until nothing moves.
/// Near machine precision; O(N) a node, 40 to 100 nodes.
class FisherBingham {
 public:
  /// `lambda` and `c`: N each, N >= 1, finite.
  FisherBingham(Eigen::ArrayXd lambda, Eigen::ArrayXd c);

  Eigen::Index sites() const { return gap_.size(); }
  double log_partition() const { return log_z_; }       ///< ln of the mean of the density over the sphere
  const Eigen::ArrayXd& mean() const { return mean_; }  ///< <y_k>
  /// An exact draw, by rejection from the Gaussian of the saddle, c_k/(2 z_k) + z/sqrt(2 z_k), projected on the sphere.
  /// For c = 0 that is the envelope of Kent, Ganeiber and Mardia (arXiv:1310.8110). O(N) a trial; of the order of
  /// (sum_k (2 z_k)^{-2}/N)^{-1/2} of them are taken, which does not fall with N unless one y_k holds O(N) of |y|^2 by
  /// itself (condensation, and no field along it): then as N^{-1/2}. `trials` counts them.
  Eigen::ArrayXd draw(Stream& rng, std::int64_t& trials) const;

 private:
  double radial(double q, double pull, double* square = nullptr) const;
  Eigen::ArrayXd gap_;  // (largest lambda - lambda_k)/2 + the saddle's distance: z_k there
  Eigen::ArrayXd c_, mean_;
  double log_z_ = 0;
};

/// The zero of a decreasing function between lo and hi, to the last bit.
double bisect(double lo, double hi, auto&& f) {
  for (int k = 0; k < 200; ++k) {
    const double mid = 0.5 * (lo + hi);
    if (mid == lo || mid == hi) break;
    (f(mid) > 0 ? lo : hi) = mid;
  }
  return 0.5 * (lo + hi);
}

}  // namespace glass

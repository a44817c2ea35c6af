#pragma once
#include <memory>
#include <string_view>
#include <utility>

#include "models/core/denoiser.hpp"
#include "models/core/fisher_bingham.hpp"

namespace glass {

/// Posterior where log L is a quadratic form on the sphere |x|^2 = N (spherical p = 2), at any tilt without pins, in
/// closed form: in the eigenvectors of M the tilted law
///
///     exp(power (x'Mx/2 + f.x) + b.x)      (the precision acts on a constant)
///
/// is Fisher and Bingham's (models/core/fisher_bingham.hpp), with lambda the eigenvalues of power M and c = V'(power f
/// + b). Exact at every N: what amp is held against. draw_sites draws the sites together, from the tilted law itself.
/// ln Z is relative to the uniform measure, as amp's is.
///
/// One eigendecomposition, about 9 N^3 flops, and 8 N^2 bytes that all copies share. Then a column costs two rotations,
/// 4 N^2 flops in double, and O(N) for each of 40 to 100 nodes; a draw O(N) a trial besides.
/// Kosterlitz, Thouless and Jones, Phys. Rev. Lett. 36, 1217 (1976).
class Eigenvectors {
 public:
  static constexpr std::string_view name = "eigenvectors";
  static constexpr std::string_view formula = "<x> and ln Z of exp(x'Mx/2 + b.x) on |x|^2 = N by one contour integral";
  static constexpr std::string_view reference =
      "Kosterlitz, Thouless and Jones, Phys. Rev. Lett. 36, 1217 (1976); Kume and Wood, Biometrika 92, 465 (2005)";
  struct State {
    Index columns = 0;
    static void visit(auto& s, auto&& f) { f(s.columns); }
  };

  template <QuadraticSphere T>
  explicit Eigenvectors(const T& target) : Eigenvectors(target.matrix(), field_of(target)) {}

  Alphabet alphabet() const { return Alphabet::reals(); }
  Tilt base(Index columns) const { return Tilt::none(value_.size(), columns); }
  State start(Streams rng) const { return {rng.columns()}; }
  void restart(State&) const {}
  // all throw Refused for pins
  DenoiseInfo posterior_mean(const Tilt& t, State&, BatchOut mean) const;
  DenoiseInfo draw_sites(const Tilt& t, State&, Streams& rng, BatchOut x) const;
  PerColumn log_partition(const Tilt& t, State&) const;
  /// Against the uniform measure; |x|^2 = N.
  PerColumn log_density(const Tilt& t, State&, BatchIn x) const;

 private:
  Eigenvectors(const Eigen::MatrixXd& m, Eigen::VectorXd field);
  static Eigen::VectorXd field_of(const auto& target) {
    Batch f(target.sites(), 1);
    target.gradient(Batch::Zero(target.sites(), 1), f);
    return f.col(0).template cast<double>();
  }
  /// take(column, its law in the axes of M)
  void each(const Tilt& t, auto&& take) const;
  std::shared_ptr<const Eigen::MatrixXd> vector_;
  Eigen::VectorXd value_, field_;
};
static_assert(HasSiteDensity<Eigenvectors> && HasLogPartition<Eigenvectors>);

}  // namespace glass

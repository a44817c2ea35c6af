#pragma once
#include <cmath>

#include "models/spherical_p_spin.hpp"
#include "spinglass/amp.hpp"

namespace glass {

/// The sphere |x|^2 = N as N(0, 1) sites with a Lagrange multiplier: m = B/(1+A), v = 1/(1+A), where q + v = 1 fixes
/// 1 + A = [1 + sqrt(1 + 4|B|^2/N)]/2; the tilt's precision acts on a constant. Couplings react as among spins.
/// Crisanti and Sommers, J. Phys. I (France) 5, 805 (1995).
template <class Glass>
struct AmpRule<Spherical<Glass>> {
  explicit AmpRule(const Spherical<Glass>& t) : glass{t.order(), t.beta()}, noise(t.order() == 2 ? 1e-3f : 0.0f) {}
  GaussianChannel channel;
  PSpinReaction glass;
  float noise;
  bool remembers() const { return false; }
  bool field(const AmpColumn& c, const Eigen::ArrayXf& g, const Eigen::ArrayXf&, const Eigen::ArrayXf& last, BatchOut,
             Eigen::ArrayXf& b) const {
    b = float(c.power) * g - glass.onsager(c, c.v) * last;
    return true;
  }
  double precision(const AmpColumn& c, double /*a*/, const Eigen::ArrayXf& b) const {
    return 0.5 * (std::sqrt(1 + 4 * double(b.square().sum()) / c.n) - 1);
  }
  double reaction(const AmpColumn& c) const { return glass.log_partition(c); }
};
static_assert(AmpTarget<Spherical<Sk>> && AmpTarget<Spherical<IsingPSpin>>);

}  // namespace glass

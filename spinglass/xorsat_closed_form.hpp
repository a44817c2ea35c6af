#pragma once
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <numbers>

#include "models/core/options.hpp"
#include "spinglass/phase.hpp"

namespace glass {

/// Random k-XORSAT with alpha equations a site, a fraction theta of the sites revealed (autoregressive path), N -> oo.
/// A site is known or free, nothing between, so everything follows from the fraction phi of known sites:
///     theta(phi) = 1 - (1 - phi) exp(k alpha phi^{k-1}),
///     entropy/N  = ln 2 [1 - alpha - G(phi)],   G = phi - k alpha phi^{k-1} + (k - 1) alpha phi^k.
/// theta rises, falls between two spinodals and rises again where alpha > tricritical; the phase with the larger
/// entropy is the true one. Dubois & Mandler, C. R. Acad. Sci. 335 (2002); Cocco et al., Phys. Rev. Lett. 90, 047205
/// (2003); Mezard & Montanari (2009), ch. 18. Roots are to the last bits; errors are given as 1e-12. Microseconds.
class XorsatErasure {
 public:
  /// k from 3 to 100 sites an equation (at k = 2 nothing is of first order), else BadInput.
  explicit XorsatErasure(int k) : k_(k) {
    if (k < 3 || k > 100) throw BadInput("xorsat: k=" + to_text(k) + ": must be from 3 to 100");
  }

  /// theta at which a fraction phi in [0, 1) of the sites is known; negative where none is small enough.
  double revealed(double alpha, double phi) const { return -std::expm1(std::log1p(-phi) + force(alpha, phi)); }
  /// Nats a site that are left at a fixed point.
  double entropy(double alpha, double phi) const { return std::numbers::ln2 * (1 - alpha - gap(alpha, phi)); }

  /// First-order lines as values of theta. BadInput unless alpha > 0.
  PhaseLines lines(double alpha) const {
    if (!(alpha > 0)) throw BadInput("xorsat: alpha=" + to_text(alpha) + ": must be above 0");
    PhaseLines out;
    out.kl_per_spin = exactly(0);
    if (alpha <= tricritical()) return out;
    // k (k - 1) alpha (1 - phi) phi^{k-2} = 1 at the extrema of theta; its left side has its maximum at `middle`
    const double middle = (k_ - 2.0) / (k_ - 1.0);
    const auto bend = [&](double phi) { return k_ * (k_ - 1) * alpha * (1 - phi) * std::pow(phi, k_ - 2) - 1; };
    const double first = root(bend, 0, middle), second = root(bend, middle, 1), most = revealed(alpha, first),
                 least = revealed(alpha, second);
    // The branches at a given theta
    const auto known = [&](double theta, double low, double high) {
      return root([&](double phi) { return std::log1p(-theta) - std::log1p(-phi) - force(alpha, phi); }, low, high);
    };
    const auto informed = [&](double theta) { return known(theta, second, 1 - 1e-16); };
    const auto uninformed = [&](double theta) { return theta > 0 ? known(theta, 0, first) : 0; };
    const auto gain = [&](double theta) {
      return std::numbers::ln2 * (gap(alpha, uninformed(theta)) - gap(alpha, informed(theta)));
    };
    out.uninformed = exactly(most);
    double at_zero = -1;
    if (least > 0) {
      out.informed = exactly(least);
    } else {
      at_zero = gain(0);
      out.phase_at_zero = at_zero >= 0 ? PhaseAtZero::informed_favoured : PhaseAtZero::uninformed_favoured;
    }
    const double at_end = std::numbers::ln2 * (gap(alpha, first) - gap(alpha, informed(most)));
    out.kl_per_spin = exactly(at_end - std::max(0.0, at_zero));
    if (at_zero < 0) out.transition = exactly(root(gain, std::max(0.0, least), most));
    return out;
  }

  PhaseThresholds thresholds() const {
    PhaseThresholds out;
    // Without revealed sites alpha = L/(k phi^{k-1}) with L = -ln(1 - phi), which resolves phi close to 1
    const auto phi = [](double l) { return -std::expm1(-l); };
    const auto alpha = [&](double l) { return l / (k_ * std::pow(phi(l), k_ - 1)); };
    const auto slope = [&](double l) { return phi(l) - (k_ - 1) * std::exp(-l) * l; };
    const auto entropy_gap = [&](double l) { return phi(l) * (1 + (k_ - 1) * l / k_) - l; };
    const double dynamical = root(slope, 0.1, 3 * k_), statics = root(entropy_gap, dynamical, 3 * k_);
    out.dynamical = exactly(alpha(dynamical));
    out.statics = exactly(alpha(statics));
    const double middle = (k_ - 2.0) / (k_ - 1.0);
    out.tricritical = Tricritical{exactly(tricritical()), exactly(1 - std::exp(middle) / (k_ - 1)), exactly(middle)};
    return out;
  }

 private:
  static Estimate exactly(double v) { return {v, 1e-12}; }
  double tricritical() const { return std::pow((k_ - 1.0) / (k_ - 2.0), k_ - 2) / k_; }
  double force(double alpha, double phi) const { return k_ * alpha * std::pow(phi, k_ - 1); }
  double gap(double alpha, double phi) const { return phi - force(alpha, phi) + (k_ - 1) * alpha * std::pow(phi, k_); }
  static double root(auto&& f, double low, double high) {
    const double at_low = f(low), at_high = f(high);
    if (at_low == 0 || (at_low > 0) == (at_high > 0)) return std::abs(at_low) < std::abs(at_high) ? low : high;
    std::uintmax_t most = 200;
    const auto [a, b] = boost::math::tools::toms748_solve(f, low, high, at_low, at_high,
                                                          boost::math::tools::eps_tolerance<double>(52), most);
    return 0.5 * (a + b);
  }
  int k_;
};

}  // namespace glass

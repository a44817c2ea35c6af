#pragma once
#include <span>
#include <string>
#include <vector>

#include "spinglass/phase.hpp"
#include "spinglass/prior.hpp"

namespace glass {

/// The parameter that a phase diagram runs over. Delta is the noise of rank-one estimation of order p; a p-spin model
/// on the Nishimori line at temperature T is Delta = 2 T^2/p.
enum class Control { temperature, delta_over_rho2 };
const char* to_text(Control c);  ///< as in a SPEC

/// Phase boundaries of denoising for a fully connected model of order p >= 2 with a separable prior, planted on the
/// Nishimori line (Ghio, Dandi, Krzakala and Zdeborova, PNAS 121 (2024), arXiv:2308.14085, section "State evolution").
/// State evolution and free entropy, with M, F and rho = E x*^2 of the prior, c = (p-1)/2p and x = m^{p-1}/Delta +
/// gamma^2:
///
///     Gaussian path:  m = M(x),                            Phi = F(x) - c m^p/Delta
///     erasure path:   m = theta rho + (1-theta) M(x),      Phi = (1-theta) F(x) + theta rho x/2 - c m^p/Delta + const
///
/// Nothing is iterated and no grid is laid. The signal-to-noise ratio x parametrises the fixed points: the side
/// information `side(x)` at which x is one is explicit, gamma^2(x) = x - M(x)^{p-1}/Delta, theta(x) = 1 - (rho -
/// m)/(rho
/// - M(x)) with m = (Delta x)^{1/(p-1)}. So is the Delta at which x is an extremum of it,
///
///     Gaussian path:  D(x) = (p-1) M^{p-2} M',   erasure:  D(x) = m^{p-1}/x,  m = rho x M' / (x M' + (rho-M)/(p-1)),
///
/// and the spinodals at Delta are the two roots of D(x) = Delta beside the maximum of D, which is the tricritical
/// point. Side information and Delta grow together along them (envelope theorem), so each threshold is one root.
///
/// Costs, one core: construction 0.5 ms, `lines` 0.1 ms, `thresholds` 0.3 ms, `branches` 1 us per point and branch.
/// Estimates carry bounds: the accuracy of the averages (kChannelAccuracy) and of double arithmetic, propagated to
/// first order. Where several humps of D reached positive side information the highest would be taken; none such is
/// known.
class DensePhase {
 public:
  /// Throws BadInput for p outside 2..100.
  DensePhase(int p, Prior prior, Path path, Control control);

  PhaseThresholds thresholds() const;
  /// Throws BadInput for a control value that is not above 0.
  PhaseLines lines(double control) const;

  /// Overlaps of both branches; equal where there is only one.
  struct Branches {
    double uninformed = 0, informed = 0;
  };
  /// At ascending values of the side information, >= 0 (below 1 on the erasure path).
  std::vector<Branches> branches(double control, std::span<const double> side) const;

  // What the above is made of, for whoever wants a curve of their own.
  double delta(double control) const;
  double side(double x, double delta) const;                       ///< may be negative
  double overlap(double x, double delta) const;                    ///< m of the fixed point
  double free_entropy(double x, double side, double delta) const;  ///< Phi of the fixed point at that side information
  double spinodal_delta(double x) const;                           ///< D(x)

 private:
  struct Fixed;    // one point of the curve at some Delta
  class Follower;  // one branch
  struct Hump {
    double left = 0, top = 0;  // x where D starts to rise, and its maximum; top = 0: no first-order line at all
  };
  Fixed at(double x, double delta) const;
  double spinodal_side(double x) const;
  double slope_sign(double x) const;
  Hump find_hump() const;
  double uninformed_spinodal(double delta) const;
  double informed_spinodal(double delta) const;
  double uninformed_start(double delta) const;
  double solve(double side, double delta, double low, double high, double guess) const;
  double solve_uninformed(double side, double delta, double top, double guess) const;
  double solve_informed(double side, double delta, double bottom) const;
  double gap(double side, double delta, double uninformed_top, double informed_bottom, double* slope) const;
  double side_error(double x, double delta) const;
  double free_entropy_error(double x, double delta) const;
  double side_per_delta(double x, double delta) const;
  Estimate threshold(double x) const;
  Estimate control_of(Estimate delta) const;

  int p_;
  Prior prior_;
  Path path_;
  Control control_;
  double rho_, r_;  // E x*^2, and 1/(p-1)
  Hump hump_;
};

}  // namespace glass

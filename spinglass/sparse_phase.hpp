#pragma once
// Phase boundaries of planted sparse problems along a denoising path, from population dynamics.
#include "spinglass/phase.hpp"
#include "spinglass/population_curve.hpp"

namespace glass {

/// What a curve says, and how far its checks are off.
struct SparseLines {
  PhaseLines lines;
  PopulationCurve curve;
  /// Without side information and overlap the entropy is known, with all of it it is 0 (erasure; Gaussian: gamma^2/2),
  /// so the integral of the derivative along the whole curve is too: integral minus closed form, in nats per site, 0
  /// within its error. Absent where part of the curve lies below zero side information.
  std::optional<Estimate> sum_rule;
  double chi2_per_freedom = 1;  ///< of the fit of the curve
};

/// The first-order lines at one value of the control parameter.
///
/// Method. Population dynamics gives the side information s at which each overlap m is a fixed point
/// (population_curve). With x(m) the side information of a site without constraints, x - s (for erasure,
/// ln[(1-s)/(1-m)]) is what the constraints tell: a smooth function of m, fitted by m control/KS + m^2 polynomial (the
/// first term is exact), its degree by Akaike's criterion. Spinodals are the local maximum and minimum of s(m). Free
/// entropies follow by integrating dPhi/dgamma^2 = m/2 or dPhi/dtheta = -entropy from the ends of the curve, where they
/// are known in closed form, so that the part of the curve below zero side information is never needed; the transition
/// is where those of the two stable branches agree (Maxwell). Errors: one standard error, from batches of sweeps
/// through the fit.
///
/// A line whose spinodals differ by less than two standard errors is reported as absent. Cost: that of the curve.
/// Throws BadInput for a problem, options or a control parameter out of range.
PhaseLines sparse_lines(const SparseProblem& problem, Path path, double control, const PopulationOptions& options);
/// The same with the curve and the checks.
SparseLines sparse_lines_with_curve(const SparseProblem& problem, Path path, double control,
                                    const PopulationOptions& options);

/// Values of the control parameter where lines start and end, for either path.
///
/// `dynamical` is the minimum over overlaps of the control parameter without side information, `amp` its maximum at
/// smaller overlaps (Kesten-Stigum if there is no other; absent for XORSAT), `statics` where the free entropy,
/// integrated from certainty along dPhi/dcontrol = E ln P(constraint), meets the uninformed one: the same on both
/// paths. `tricritical` is where the curve s(m) stops having a falling part, from a joint fit of curves around it. A
/// transition that is continuous has neither dynamical, static nor tricritical points. Cost: about 10 curves.
PhaseThresholds sparse_thresholds(const SparseProblem& problem, Path path, const PopulationOptions& options);

}  // namespace glass

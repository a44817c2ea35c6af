#pragma once
// What theory says about denoising paths: the vocabulary that dense and sparse models share.
#include <optional>

namespace glass {

/// The way a signal is revealed. `gaussian` (diffusion, flow): y = gamma^2 x* + gamma z at every site, the side
/// information is gamma^2. `erasure` (autoregressive, masked diffusion): a fraction theta of the sites is pinned at x*.
enum class Path { gaussian, erasure };

/// A number and how far it may be off: a bound where it is computed, one standard error where it is sampled.
struct Estimate {
  double value = 0, error = 0;
  bool operator==(const Estimate&) const = default;
};

/// Fixed points of state evolution without side information, and which of them has the larger free entropy.
enum class PhaseAtZero { uninformed_only, uninformed_favoured, informed_favoured, informed_only };

/// The first-order lines along a path, at one value of the control parameter, as values of the side information.
/// A line that does not exist, or lies below zero side information, is absent.
struct PhaseLines {
  std::optional<Estimate> informed;    ///< spinodal of the informed branch: it exists above
  std::optional<Estimate> transition;  ///< where both branches have the same free entropy
  std::optional<Estimate> uninformed;  ///< spinodal of the uninformed branch: it exists below
  /// KL(target || law of a sampler that follows the uninformed branch to its spinodal), per site, in nats:
  /// G(spinodal) - max(0, G(0)), G the free entropy of the informed branch minus that of the uninformed one.
  Estimate kl_per_spin;
  PhaseAtZero phase_at_zero = PhaseAtZero::uninformed_only;
};

struct Tricritical {
  Estimate control, side_information, overlap;
};

/// Values of the control parameter where a line reaches zero side information, and where lines end. Absent: no such
/// point (p = 2 with +-1 spins has only the continuous one).
struct PhaseThresholds {
  std::optional<Estimate> dynamical;       ///< the informed spinodal reaches zero
  std::optional<Estimate> statics;         ///< the transition reaches zero (information-theoretic threshold)
  std::optional<Estimate> amp;             ///< the uninformed spinodal reaches zero: below it message passing finds all
  std::optional<Estimate> continuous;      ///< zero overlap turns unstable (Kesten-Stigum in sparse problems)
  std::optional<Tricritical> tricritical;  ///< where the spinodals of the path merge: no first-order line beyond
};

}  // namespace glass

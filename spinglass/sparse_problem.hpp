#pragma once
// Which planted constraint satisfaction problem, and what is known of it in closed form.
#include <cmath>
#include <numbers>
#include <optional>
#include <string>

#include "models/core/error.hpp"

namespace glass {

/// A planted problem with a Poisson number of constraints on every site. The control parameter is alpha = M/N,
/// constraints per site, for problems of k sites a constraint; for colouring it is the mean degree c = 2M/N.
///
/// `nae_sat`: random literals, not all equal. `bicolouring`: the same without literals. Their populations coincide:
/// seen from the planted signal (gauge x_i -> x_i x*_i) a clause of either is a pattern of planted literal values,
/// uniform over the 2^k - 2 that are not constant; in the unsigned problem because typical planted signals are balanced
/// up to O(sqrt N). Only loops and the global flip, which population dynamics does not see, tell them apart. `xorsat`:
/// k-XORSAT. `colouring`: k colours on a Poisson graph.
struct SparseProblem {
  enum class Kind { nae_sat, bicolouring, xorsat, colouring };
  Kind kind = Kind::bicolouring;
  int k = 5;  ///< sites of a constraint; number of colours for colouring
  bool operator==(const SparseProblem&) const = default;

  bool spins() const { return kind != Kind::colouring; }
  bool not_all_equal() const { return kind == Kind::nae_sat || kind == Kind::bicolouring; }

  /// Throws BadInput unless 3 <= k (and k <= 12, where the lists of clause patterns end).
  void check() const {
    if (k < 3 || k > 12)
      throw BadInput("k=" + std::to_string(k) + ": " +
                     (spins() ? "constraints of 3 to 12 sites have a first-order line; choose k in [3, 12]"
                              : "choose between 3 and 12 colours"));
  }
  /// Zero overlap turns unstable here (Kesten-Stigum): (2^{k-1} - 1)^2 / (k (k-1)) constraints per site, mean degree
  /// (k-1)^2 for colouring; absent for XORSAT, where zero overlap is always stable.
  std::optional<double> kesten_stigum() const {
    if (kind == Kind::xorsat) return std::nullopt;
    if (kind == Kind::colouring) return double(k - 1) * (k - 1);
    const double patterns = std::exp2(k - 1) - 1;
    return patterns * patterns / (double(k) * (k - 1));
  }
  /// ln of the probability that a random constraint accepts a random configuration.
  double log_acceptance() const {
    if (kind == Kind::xorsat) return -std::numbers::ln2;
    if (kind == Kind::colouring) return std::log1p(-1.0 / k);
    return std::log1p(-std::exp2(1 - k));
  }
  /// Constraints per site, M/N.
  double constraints(double control) const { return spins() ? control : 0.5 * control; }
  /// Free entropy (1/N) ln Z at zero overlap and without side information.
  double uninformed_free_entropy(double control) const {
    return std::log(spins() ? 2.0 : double(k)) + constraints(control) * log_acceptance();
  }
};

}  // namespace glass

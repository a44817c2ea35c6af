#pragma once
// Curves of fixed points of density evolution, their extrema and inflections. Internal to density_evolution.cpp.
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "spinglass/density_iteration.hpp"

namespace glass {

/// Which density evolution, and how fine.
struct DensitySetting {
  DensityEvolution::Problem problem;
  int k;
  Path path;
  DensityEvolutionOptions options;
  double window = 0.2;  ///< half the width of the polynomial that looks for an inflection

  /// ln Z / N of the phase without overlap and side information, in the convention of DensityEvolution.
  double paramagnetic(double alpha) const;
  /// alpha where zero overlap turns unstable, k (k - 1) alpha (du/dt)^2 = 1 with u = -t/(2^{k-1} - 1) + ... for NAE.
  std::optional<double> kesten_stigum() const;
  bool zero_is_stable(double alpha) const { return !kesten_stigum() || alpha < *kesten_stigum(); }
  /// Beyond it overlaps are very small or very close to 1.
  double largest_of_interest() const;
  /// The same with 3/4 of the nodes, or 3/2 of the step and the window: errors are differences to these.
  DensitySetting fewer_nodes() const;
  DensitySetting wider_step() const;
};

/// A curve of fixed points: side information against overlap at one alpha, or alpha against overlap without side
/// information. Overlaps are 1 - e^{-y}, so that both ends are resolved. Every point starts from the nearest one known.
class DensityCurve {
 public:
  explicit DensityCurve(const DensitySetting& setting, std::optional<double> alpha = std::nullopt);

  const EvolutionPoint& at(double y);
  /// Side information, or alpha; NaN where side information would be negative.
  double value(double y);
  /// Positions for a scan, denser towards small overlap, from the smallest that the grid resolves.
  const std::vector<double>& positions() const { return positions_; }
  double window() const { return setting_.window; }
  /// Position of a minimum (sign = 1) or maximum (-1) in a bracket; NaN counts as 0.
  double extremum(double sign, double low, double high);
  /// Where a rising part [low, high] reaches v, to 1e-7; an end where it does not. At y = 0, and for NaN, the value
  /// counts as 0.
  double position(double v, double low, double high);

 private:
  DensitySetting setting_;
  std::optional<double> alpha_;
  DensityIteration iteration_;
  std::vector<double> positions_;
  std::map<double, DensityIteration::Solution> known_;
  Index patience_ = kUsual;  // iterations at zero side information before a point counts as below zero
  static constexpr Index kUsual = 25, kNearZero = 900;
};

/// The smallest slope of a curve near `centre`, from a polynomial through 9 Chebyshev nodes.
struct Inflection {
  double position = 0, slope = 0;
  std::optional<std::pair<double, double>>
      extrema;  ///< the maximum and the minimum around it, if the slope is negative
};
Inflection inflection(DensityCurve& curve, double centre);
/// Where a scan falls most steeply, or rises least.
double least_slope(DensityCurve& curve);

}  // namespace glass

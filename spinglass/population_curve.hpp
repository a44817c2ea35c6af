#pragma once
// Side information as a function of the overlap: the whole curve of fixed points, unstable ones too, by population
// dynamics that holds the overlap.
#include <cstdint>
#include <tuple>
#include <vector>

#include "models/core/options.hpp"
#include "spinglass/population_dynamics.hpp"

namespace glass {

/// How much work population dynamics does. Noise of a boundary falls as 1/sqrt(population * sweeps * seeds). Bias falls
/// as 1/population and is taken out to that order with populations of an eighth, which run twice the sweeps. Time:
/// about points * seeds * population * 1.25 (sweeps + discard) updates for each value of the control parameter.
struct PopulationOptions {
  int population = 65536;
  int sweeps = 60;
  int discard = 30;
  int points = 32;
  int seeds = 4;
  int seed = 1;
  static constexpr std::tuple fields{
      Field{"population", &PopulationOptions::population, "sites", "sites of a population, and as many messages",
            Bounds{.least = 8.0 * Population::kLeast, .most = 1 << 28}},
      Field{"sweeps", &PopulationOptions::sweeps, "sweeps", "measured at each point by each population",
            Bounds{.least = 20, .most = 1e8}},
      Field{"discard", &PopulationOptions::discard, "sweeps", "before them, while the population relaxes",
            Bounds{.least = 10, .most = 1e8}},
      Field{"points", &PopulationOptions::points, "overlaps", "on the curve between zero and one",
            Bounds{.least = 16, .most = 1000}},
      Field{"seeds", &PopulationOptions::seeds, "populations",
            "independent ones at each point, by turns from certain and from even starts",
            Bounds{.least = 2, .most = 10000}},
      Field{"seed", &PopulationOptions::seed, "", "names the random streams", Bounds{.least = 0}}};
};

/// One overlap on the curve, extrapolated to the infinite population; errors are one standard error, from batches of
/// ten sweeps of independent populations of both sizes.
struct CurvePoint {
  double overlap = 0;  ///< held
  /// gamma^2 or theta; for the curve without side information, the control parameter.
  Estimate side;
  Estimate nishimori;  ///< overlap with the planted signal minus overlap of two posterior samples: 0
  Estimate entropy, constraint, free_entropy;  ///< as in PopulationAverages
  bool on_path = true;  ///< false: it would take negative side information; nothing else is meaningful
};

/// Was the population stationary? Mean squares of differences in units of their standard errors: 1 on average if so,
/// with a standard deviation sqrt(2/count).
struct Equilibration {
  double halves = 1;     ///< first against second half of every run
  double starts = 1;     ///< certain against even starts, which approach the fixed point from opposite sides
  double seeds = 1;      ///< scatter of independent populations against the errors given
  double nishimori = 1;  ///< m = q, over all points
  int count = 0;         ///< points on the path
};

struct PopulationCurve {
  SparseProblem problem;
  Path path = Path::gaussian;
  double control = 0;  ///< 0 for the curve without side information, along which it varies
  std::vector<CurvePoint> points;
  Equilibration equilibration;
};

/// The curve at one value of the control parameter, for plots and for fits. Parallel over points and seeds (OpenMP),
/// the same bits at any number of threads. Throws BadInput for a problem or options out of range or control <= 0.
PopulationCurve population_curve(const SparseProblem& problem, Path path, double control,
                                 const PopulationOptions& options);

/// The fixed points without side information: the control parameter as a function of the overlap. Its minimum is the
/// dynamical threshold; it tends to Kesten-Stigum at zero overlap. Both paths start from it.
PopulationCurve population_curve_without_side(const SparseProblem& problem, const PopulationOptions& options);

}  // namespace glass

#pragma once
// One iteration of density evolution and its fixed points; the curves and boundaries are in density_evolution.hpp.
#include <optional>

#include "spinglass/density_evolution.hpp"
#include "spinglass/field_law.hpp"

namespace glass {

/// Law of the message of a clause to one of its sites, given the law of the other k - 1 literals.
struct ClauseLaw {
  FieldLaw message;        ///< of u; certain: forced sites
  double log_allowed = 0;  ///< E ln(1 - A), or E ln((1 + T)/2)
};

/// Messages above this are certain: e^{-2u} = 2e-9.
inline constexpr double kCertain = 10;

/// The clause update of DensityEvolution at the nodes: C(2n + k - 2, k - 1)/2 points (XORSAT: C(n + k - 2, k - 1)).
ClauseLaw clause_law(DensityEvolution::Problem problem, int k, const FieldGrid& grid, const Magnitudes& nodes);
/// Nodes such that a clause update stays below 60000 points, `wanted` at most.
Index affordable_nodes(DensityEvolution::Problem problem, int k, Index wanted);

/// Fixed points by iteration. Keeps nothing between calls but tables; not to be shared between threads.
class DensityIteration {
 public:
  DensityIteration(DensityEvolution::Problem problem, int k, Path path, DensityEvolutionOptions options,
                   double largest_alpha);
  struct Solution {
    EvolutionPoint point;
    Magnitudes nodes;         ///< of the law of h: where the next solution starts
    bool below_zero = false;  ///< the overlap needs negative side information
  };
  /// The side information (alpha given) at which the overlap is m.
  Solution side_information(double alpha, double overlap, const Magnitudes& start, Index patience = 25);
  /// The alpha at which the overlap is m without side information.
  Solution control(double overlap, const Magnitudes& start);
  /// Somewhere to start from: all sites at that overlap; for XORSAT without Gaussian side information, where a field is
  /// zero or infinite and softer ones only appear if put in, that fraction of the sites certain.
  Magnitudes start(double overlap, bool gaussian) const;

 private:
  /// alpha at which a site with messages of characteristic function phi, and nothing else, has overlap m.
  double alpha_for(double m, double guess, const Eigen::ArrayXcd& phi) const;
  Solution solve(std::optional<double> alpha, double overlap, Magnitudes nodes, Index patience);
  DensityEvolution::Problem problem_;
  int k_;
  Path path_;
  DensityEvolutionOptions options_;
  FieldGrid grid_;
};

}  // namespace glass

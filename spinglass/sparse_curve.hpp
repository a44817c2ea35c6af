#pragma once
// A fitted curve on a grid of overlaps: side information, free entropies, and where the lines are. Internal to
// sparse_phase.cpp and sparse_thresholds.cpp.
#include <array>
#include <vector>

#include "spinglass/curve_fit.hpp"
#include "spinglass/population_curve.hpp"

namespace glass::detail {

/// Overlaps 0, 1/kGrid, ..., 1. Interpolation and quadrature on them are off by less than 1e-6, noise by more.
constexpr int kGrid = 2000;
using OnGrid = std::vector<double>;
inline double grid_overlap(int i) { return double(i) / kGrid; }

/// x(m) on the grid: the side information of overlap m at a site without constraints (colours, Gaussian: a function of
/// the same kind). And its integral from m to one, which converges though x does not.
struct FreeSite {
  OnGrid x, beyond;
};
const FreeSite& free_site(const SparseProblem& problem, Path path);
double free_side(const SparseProblem& problem, Path path, double m);

/// What constraints tell of a site at overlap m, from the side information that was needed besides: J = x - s, and
/// back.
double told(const SparseProblem& problem, Path path, double m, double side);
double told_error(Path path, double side, double side_error);
double side_from(Path path, double m, double x, double j);
/// dJ/dm at m = 0, exactly.
double told_slope(const SparseProblem& problem, Path path, double control);

/// J(m) = slope m + m^2 sum c_j T_j on the grid, turned into side information.
OnGrid side_on_grid(const SparseProblem& problem, Path path, double slope, const Eigen::VectorXd& c);

/// Lines as numbers; NaN is absent.
struct RawLines {
  double informed, transition, uninformed, kl, drop, at_zero, sum_rule;
  bool informed_at_zero, uninformed_at_zero;
};
/// `entropy` of unrevealed sites on the grid (used for erasure).
RawLines read_lines(const SparseProblem& problem, Path path, double control, const OnGrid& side, const OnGrid& entropy);

/// Chebyshev fit of y = head(m) + m^power sum c_j T_j, one term more than Akaike's criterion asks for.
Fitted fit_polynomial(const std::vector<double>& m, const std::vector<double>& y, const std::vector<double>& error,
                      const std::function<double(double)>& head, int power, int most_terms = 14);

}  // namespace glass::detail

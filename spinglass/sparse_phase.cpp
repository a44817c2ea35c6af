#include "spinglass/sparse_phase.hpp"

#include <cmath>

#include "spinglass/sparse_curve.hpp"

namespace glass {

using namespace detail;

SparseLines sparse_lines_with_curve(const SparseProblem& problem, Path path, double control,
                                    const PopulationOptions& options) {
  SparseLines out;
  out.curve = population_curve(problem, path, control, options);

  std::vector<double> m, j, j_error, h, h_error;
  for (const CurvePoint& p : out.curve.points) {
    if (!p.on_path) continue;
    m.push_back(p.overlap);
    j.push_back(told(problem, path, p.overlap, p.side.value));
    j_error.push_back(std::max(1e-9, told_error(path, p.side.value, p.side.error)));
    h.push_back(p.entropy.value);
    h_error.push_back(std::max(1e-9, p.entropy.error));
  }
  if (m.size() < 8) {  // side information is never positive: overlap without it, and nothing to cross
    out.lines.phase_at_zero = PhaseAtZero::informed_only;
    return out;
  }
  const double slope = told_slope(problem, path, control);
  const Fitted fit = fit_polynomial(
      m, j, j_error, [&](double x) { return slope * x; }, 2);
  out.chi2_per_freedom = fit.chi2 / fit.freedom;
  const double all = std::log(problem.spins() ? 2.0 : double(problem.k));
  Fitted entropy;
  if (path == Path::erasure)
    entropy = fit_polynomial(
        m, h, h_error, [&](double) { return all; }, 1);

  const auto entropy_on_grid = [&](const Eigen::VectorXd& c) {
    OnGrid e(kGrid + 1);
    for (int i = 0; i <= kGrid; ++i) e[std::size_t(i)] = all + grid_overlap(i) * chebyshev_sum(c, grid_overlap(i));
    return e;
  };
  const OnGrid side = side_on_grid(problem, path, slope, fit.c), unrevealed = entropy_on_grid(entropy.c);
  const RawLines middle = read_lines(problem, path, control, side, unrevealed);
  const auto estimate = [&](double RawLines::*what) {
    const double by_curve = spread_of(fit, [&](const Eigen::VectorXd& c) {
      return read_lines(problem, path, control, side_on_grid(problem, path, slope, c), unrevealed).*what;
    });
    const double by_entropy = path == Path::gaussian ? 0 : spread_of(entropy, [&](const Eigen::VectorXd& c) {
      return read_lines(problem, path, control, side, entropy_on_grid(c)).*what;
    });
    return Estimate{middle.*what, std::hypot(by_curve, by_entropy)};
  };
  const auto maybe = [&](double RawLines::*what) -> std::optional<Estimate> {
    if (std::isnan(middle.*what)) return std::nullopt;
    return estimate(what);
  };
  out.sum_rule = maybe(&RawLines::sum_rule);
  const auto ks = problem.kesten_stigum();
  const bool unstable = ks && control > *ks;  // zero overlap is no fixed point to stay at
  const Estimate drop = estimate(&RawLines::drop);
  if (!(drop.value > 2 * drop.error)) {
    out.lines.phase_at_zero = unstable ? PhaseAtZero::informed_only : PhaseAtZero::uninformed_only;
    return out;
  }
  out.lines.informed = maybe(&RawLines::informed);
  out.lines.transition = maybe(&RawLines::transition);
  out.lines.uninformed = maybe(&RawLines::uninformed);
  out.lines.kl_per_spin = estimate(&RawLines::kl);
  out.lines.phase_at_zero = !middle.uninformed_at_zero ? PhaseAtZero::informed_only
                            : !middle.informed_at_zero ? PhaseAtZero::uninformed_only
                            : middle.at_zero < 0       ? PhaseAtZero::uninformed_favoured
                                                       : PhaseAtZero::informed_favoured;
  return out;
}

PhaseLines sparse_lines(const SparseProblem& problem, Path path, double control, const PopulationOptions& options) {
  return sparse_lines_with_curve(problem, path, control, options).lines;
}

}  // namespace glass

#pragma once
// Asymptotics of belief propagation on random constraint satisfaction, without populations: the law of a message is a
// function on a grid, so there is no noise, and every boundary of the phase diagram is a root or an extremum.
#include <tuple>
#include <vector>

#include "models/core/options.hpp"
#include "models/core/types.hpp"
#include "spinglass/phase.hpp"

namespace glass {

struct DensityEvolutionOptions {
  Index nodes = 10;
  double step = 1.0 / 32;
  Index curve_points = 40;
  double tolerance = 1e-10;
  static constexpr std::tuple fields{
      Field{"nodes",
            &DensityEvolutionOptions::nodes,
            "",
            "Gauss nodes for the field of a literal; fewer where a clause would cost more than 60000 points",
            {.least = 4, .most = 64}},
      Field{"step",
            &DensityEvolutionOptions::step,
            "half log-ratio",
            "spacing of the grid of fields",
            {.least = 1.0 / 512, .most = 0.25}},
      Field{"curve_points",
            &DensityEvolutionOptions::curve_points,
            "",
            "overlaps at which a curve is scanned for its extrema",
            {.least = 16, .most = 1000}},
      Field{"tolerance",
            &DensityEvolutionOptions::tolerance,
            "",
            "change of side information and overlaps in one iteration at which a point counts as converged",
            {.least = 1e-14, .most = 1e-4, .above = true}}};
};

/// A fixed point of density evolution: one point of the curve side information against overlap.
struct EvolutionPoint {
  double overlap = 0;           ///< m = E tanh h over all sites, revealed ones counted at 1
  double side_information = 0;  ///< gamma^2, or theta; NaN where the overlap needs less than none
  double control = 0;           ///< alpha, clauses a site
  double norm = 0;          ///< q = E tanh^2 h, equal to m on the Nishimori line: the difference is the grid's error
  double entropy = 0;       ///< E ln(1/belief in the planted value), nats a site (erasure: a site not revealed)
  double free_entropy = 0;  ///< (ln Z)/N of Bethe, nats; see DensityEvolution
  double residual = 0;      ///< change of the above in the last iteration
  Index iterations = 0;
};

/// Density evolution of BP on the planted ensembles of random NAE-SAT and XORSAT with N sites and alpha N clauses of k
/// sites, N -> oo, on a denoising path. Gauge: the planted value is +1 everywhere; h is half a log-ratio.
///
///  - Site: h = side information + sum of Poisson(alpha k) messages u. The sum is exp(alpha k (phi_u - 1)) in Fourier
///    space. Gaussian side information adds N(gamma^2, gamma^2); on the erasure path a fraction theta has h = oo.
///  - Clause: with x_i = 1/2 (1 + tanh h_i) for literals whose planted value is unknown, A = prod x_i, B = prod (1 -
///  x_i)
///    over k - 1 of them, u = 1/2 ln[(1 - A)/(1 - B)] with weight (1 - A)/(1 - 2^{1-k}) (NAE: violated by k equal
///    literals); u = atanh T with weight 1 + T, T = prod tanh h_i (XORSAT). The weights sum over the planted patterns
///    that satisfy the clause. u is smooth in the fields where the weight counts, so Gauss quadrature whose weight is
///    the law of the fields itself (field_law.hpp) converges geometrically; points are multisets of nodes.
///  - Free entropy of the posterior a site, minus gamma^2/2 on the Gaussian path (so that d Phi/d gamma^2 = m/2; on the
///    erasure path d Phi/d theta = -E[entropy of an unrevealed site]):
///    Phi = alpha E ln(1 - A) + gamma^2/2 + E l(h) - (k - 1) alpha [E l(h + u) - E l(h)] - ln 2 [gaussian],
///    l(h) = ln(1 + e^{-2h}); with ln((1 + T)/2) for ln(1 - A) in XORSAT. Mezard & Montanari, Information, Physics, and
///    Computation (2009), ch. 14; stationary at fixed points.
///
/// The overlap is held and the side information adjusted in every iteration, so that a curve runs through the unstable
/// branch; spinodals are its extrema, the transition is where Phi is equal on the two rising branches.
///
/// Bicolouring (NAE without literals) has the same laws: a balanced planted colouring becomes all +1 by flipping the
/// sites of one colour, and then the signs of the literals of a clause are independent and fair, given that they are
/// not all equal, as in NAE-SAT. Only O(1/N) tells the two apart.
///
/// Accuracy: the grid costs O(step^4), 1e-6 in side information by default; the nodes converge geometrically. Overlaps
/// below 16 step^2 are not resolved. Cost with the default options, k = 5: 0.2 to 0.3 ms an iteration, 5 to 40
/// iterations a point, 0.7 s for lines() with its errors and 3 s for thresholds(); nodes=7, step=1/16, curve_points=24
/// takes 0.2 s for lines() and is off by 1e-5. Objects are immutable; calls from several threads are independent and
/// give the same numbers.
class DensityEvolution {
 public:
  enum class Problem { nae_sat, xorsat };

  /// k from 3 to 12 sites a clause. Throws BadInput naming the field.
  DensityEvolution(Problem problem, int k, Path path, DensityEvolutionOptions options = {});

  /// Fixed points at this alpha in (0, 10000], by increasing overlap; overlaps that need negative side information are
  /// left out. BadInput for another alpha.
  std::vector<EvolutionPoint> curve(double alpha) const;
  /// The fixed point at one overlap in (0, 0.99999], else BadInput.
  EvolutionPoint at_overlap(double alpha, double overlap) const;
  /// First-order lines as values of gamma^2 or theta. Errors: the differences to the same with 3/4 of the nodes and
  /// with 3/2 of the step, added, and ten times the residual; 4 times the true error and more by default,
  /// 1.5 times where step = 1/16 is just fine enough.
  /// `phase_at_zero` is informed_only where zero overlap is unstable and nothing is of first order.
  PhaseLines lines(double alpha) const;
  /// Thresholds. Without side information alpha is a function of the overlap, the same for both paths: `continuous` is
  /// its limit at zero overlap, (2^{k-1} - 1)^2/(k (k - 1)) for NAE; `amp` its maximum where it first falls (above
  /// `continuous` if a weak overlap sets in before), `dynamical` the minimum after, `statics` where Phi on the branch
  /// beyond is that of the other phase. XORSAT has neither `continuous` nor `amp`. Errors as in lines().
  PhaseThresholds thresholds() const;

 private:
  Problem problem_;
  int k_;
  Path path_;
  DensityEvolutionOptions options_;
};

}  // namespace glass

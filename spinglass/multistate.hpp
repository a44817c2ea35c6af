#pragma once
// ln Z from chains at a ladder of powers: what thermodynamic integration and multistate reweighting make of the series
// of ln L that parallel tempering leaves behind.
#include <vector>

#include "models/core/types.hpp"

namespace glass {

/// ln L at power 1 of what was sampled at each rung of a ladder, equilibrated. Chains are independent of each other;
/// draws of one chain, and its rungs at one time, need not be.
struct LadderSeries {
  PerColumn powers;                    ///< R, falling; the law at rung k is prior * L^powers(k)
  std::vector<Eigen::MatrixXd> log_l;  ///< R matrices, draws x chains, all of one shape
};

struct LogRatio {
  double value = 0;
  double error = 0;           ///< one standard error
  double discretisation = 0;  ///< size of what a rule of integration leaves beside it; 0 where nothing is discretised
};

/// ln Z(powers(0)) - ln Z(powers(R-1)) by Bennett's acceptance ratio for many states: z_k = ln sum_n e^{p_k l_n} /
/// sum_m N_m e^{p_m l_n - z_m}, over all draws of all rungs, solved by Newton's method on its convex potential. Shirts
/// and Chodera, J. Chem. Phys. 129, 124105 (2008); Ferrenberg and Swendsen, Phys. Rev. Lett. 63, 1195 (1989). Per
/// iteration O(R^2) a draw.
///
/// The error is a jackknife over independent units: chains where there are 8 or more, else equal pieces of each chain,
/// 16 or more in all, which must be far longer than the autocorrelation time. It takes correlations in time and between
/// rungs into account. Throws BadInput for a ladder that does not fall, shapes that differ, or fewer than 2 units.
LogRatio multistate_log_ratio(const LadderSeries& series);

/// The same as the integral of <ln L>_p over p between the ends of the ladder, by the trapezoidal rule with its
/// end-point correction on every interval, h^2/12 (u'_a - u'_b), u' = Var_p(ln L): fourth order. `discretisation` is a
/// fifteenth of the change on leaving out every second rung, for an odd number of rungs; else it is the whole
/// correction. Kirkwood, J. Chem. Phys. 3, 300 (1935). The same jackknife.
LogRatio thermodynamic_integral(const LadderSeries& series);

}  // namespace glass

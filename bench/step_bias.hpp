#pragma once
// What a generator that promises an approximate law (diffusion, flow) gets wrong, as a function of its number of steps,
// and whether that falls at the order it claims.
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "models/core/alphabet.hpp"
#include "models/core/random.hpp"
#include "samplers/any_sampler.hpp"

namespace glass {

/// What a time-discretised generator gets wrong at one number of steps.
struct StepBias {
  int steps = 0;
  /// Total variation along a fixed direction: q(A) - p(A), A the configurations that the coarsest number of steps draws
  /// too often, found from draws of their own. Linear in q, so without the upward bias of |frequency - p|; equal to the
  /// total variation at the coarsest.
  double variation = 0, variation_error = 0;
  double log_p = 0, log_p_error = 0;  ///< E_q[ln p] - E_p[ln p]
  Index impossible = 0;  ///< draws of probability zero (a pin moved) or without a symbol: the order is not clear
};
/// `make` builds the generator with a given number of steps. At least `draws` draws for each.
std::vector<StepBias> bias_by_steps(const std::function<std::unique_ptr<AnySampler>(int, Streams)>& make,
                                    const std::vector<int>& steps, const Eigen::VectorXd& p, Index draws,
                                    std::uint32_t seed, const Alphabet& alphabet = Alphabet::spins());

/// How the bias falls: bias = B h^order e^{-c h/h_coarsest} in h = 1/steps, c a small bend (0 +- 0.3): a pure power law
/// would take the approach to the asymptote for another order.
struct BiasOrder {
  double order = 0;
  double error = 0;  ///< statistical, the change on leaving out the coarsest step, and 0.05, in quadrature
  double chi_squared = 0;
  int points = 0;     ///< step counts fitted: the coarsest are left out until the curve fits (p > 1e-3)
  bool fits = false;  ///< the curve does describe the points, and no draw was impossible
  /// Not below the claimed order by more than three errors, and the order below the claimed one is excluded by three.
  bool falls_with(double claimed) const {
    return fits && order + 3 * error >= claimed && order - 3 * error > claimed - 1;
  }
};
/// Weighted least squares on the bias itself, not on its logarithm: the finest may be lost in noise. Needs 5 or more.
BiasOrder fit_order(std::span<const int> steps, std::span<const double> bias, std::span<const double> error);
BiasOrder fit_order(std::span<const StepBias> points);  ///< of `variation`

}  // namespace glass

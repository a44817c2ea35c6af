#pragma once
#include <cmath>

#include "spinglass/rademacher.hpp"

namespace glass {

/// Noise of the rank-one tensor estimation that planted p-spin is at temperature T: Delta = 2 T^2 / p.
inline double p_spin_noise(int p, double temperature) { return 2 * temperature * temperature / p; }

/// State evolution of p-spin AMP on the Nishimori line, one iteration: the overlap m.x*/N = |m|^2/N goes to
///     (1 - revealed) M(m^{p-1}/Delta + gamma2) + revealed,    M(x) = E tanh(x + sqrt(x) z),
/// as N -> oo, with Gaussian side information of signal-to-noise ratio gamma2 and a fraction `revealed` of the sites
/// pinned to the signal. Bolthausen (2014) for p = 2; Lesieur et al., arXiv:1701.08010, for p >= 3.
inline double state_evolution_step(int p, double delta, double gamma2, double m, double revealed = 0) {
  return (1 - revealed) * Rademacher::averages(std::pow(m, p - 1) / delta + gamma2).overlap + revealed;
}

}  // namespace glass

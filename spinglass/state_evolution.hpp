#pragma once
#include <cmath>
#include <numbers>

namespace glass {

/// M(x) = E tanh(x + sqrt(x) z), z ~ N(0,1): overlap of a +-1 signal with its posterior mean, seen through a Gaussian
/// channel of signal-to-noise ratio x >= 0. M = x - x^2 + 5/3 x^3 - ..., M -> 1. Relative error below 1e-12.
/// Equal to E tanh^2 by the Nishimori identity; that form is used because nothing cancels in it at small x.
inline double rademacher_overlap(double x) {
  // Trapezoid rule against the Gaussian weight. The nearest pole of the integrand, at z = -sqrt(x) + i pi/(2 sqrt(x)),
  // costs about exp(-pi^2/(h sqrt(x)) - x/2) < 1e-18 whatever x; the Gaussian itself exp(-2 pi^2/h^2); the cut 1e-18.
  constexpr double h = 1.0 / 16, end = 9;
  const double root = std::sqrt(x);
  double sum = 0;
  for (int k = -int(end / h); k <= int(end / h); ++k) {
    const double z = k * h, t = std::tanh(x + root * z);
    sum += t * t * std::exp(-0.5 * z * z);
  }
  return sum * h / std::sqrt(2 * std::numbers::pi);
}

/// Noise of the rank-one tensor estimation that planted p-spin is at temperature T: Delta = 2 T^2 / p.
inline double p_spin_noise(int p, double temperature) { return 2 * temperature * temperature / p; }

/// State evolution of p-spin AMP on the Nishimori line, one iteration: the overlap m.x*/N = |m|^2/N goes to
///     (1 - revealed) M(m^{p-1}/Delta + gamma2) + revealed
/// as N -> oo, with Gaussian side information of signal-to-noise ratio gamma2 and a fraction `revealed` of the sites
/// pinned to the signal. Bolthausen (2014) for p = 2; Lesieur et al., arXiv:1701.08010, for p >= 3.
inline double state_evolution_step(int p, double delta, double gamma2, double m, double revealed = 0) {
  return (1 - revealed) * rademacher_overlap(std::pow(m, p - 1) / delta + gamma2) + revealed;
}

}  // namespace glass

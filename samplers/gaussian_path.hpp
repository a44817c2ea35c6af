#pragma once
// The Gaussian path of a generator as values: where it stops, and what one step does to the observation.
//
// Three processes with one law. Localisation: y_t = t x + W_t. Variance exploding: Y = x + sigma e, variance
// preserving: Y = alpha x + sqrt(1 - alpha^2) e, both run backwards. With t the signal-to-noise ratio, 1/sigma^2 or
// alpha^2/(1 - alpha^2), and y = t Y (exploding) or sqrt(t (1+t)) Y (preserving), each is the other two: y is the field
// and t the precision of the same tilt, and dy = E[x|y] dt + dW. What differs is the variable in which Euler's rule
// takes a straight line, and where the path begins. Song et al., ICLR 2021 (arXiv:2011.13456); Montanari,
// arXiv:2305.10690.
#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

namespace glass {

/// steps + 1 times from `first` to `last`: uniform in gamma = sqrt(t), in t ("snr"), or in ln t ("log-snr"; first > 0).
inline std::vector<double> time_grid(std::string_view spacing, double first, double last, int steps) {
  std::vector<double> t{first};
  const double ratio = first / last;
  for (int k = 1; k <= steps; ++k) {
    const double u = double(k) / steps;
    const double gamma = std::sqrt(ratio) * (1 - u) + u;
    t.push_back(spacing == "gamma" ? last * gamma * gamma
                : spacing == "snr" ? first * (1 - u) + last * u
                                   : last * std::pow(ratio, 1 - u));
  }
  t.back() = last;
  return t;
}

/// steps + 1 of the times from at.front() to at.back() at which a curve, given by its values at the ascending times
/// `at` and straight between them, has risen by equal parts. Where it falls, it is taken to stay: so may a pilot's
/// noise.
inline std::vector<double> equal_rises(const std::vector<double>& at, std::vector<double> curve, int steps) {
  for (std::size_t j = 1; j < curve.size(); ++j) curve[j] = std::max(curve[j], curve[j - 1]);
  std::vector<double> out{at.front()};
  for (std::size_t j = 1; int(out.size()) < steps;) {
    const double level = curve.front() + (curve.back() - curve.front()) * double(out.size()) / steps;
    while (j + 1 < at.size() && curve[j] < level) ++j;
    const double rise = curve[j] - curve[j - 1], part = rise > 0 ? (level - curve[j - 1]) / rise : 1;
    out.push_back(at[j - 1] + std::clamp(part, 0.0, 1.0) * (at[j] - at[j - 1]));
  }
  out.push_back(at.back());
  return out;
}

/// y <- keep y + pull m + noise z, m the posterior mean and z standard normal.
struct PathStep {
  double keep = 1, pull = 0, noise = 0;
};

/// From t to u > t with the mean held, all else exact: the same in the three processes.
inline PathStep exponential_step(double t, double u) { return {1, u - t, std::sqrt(u - t)}; }

/// Euler-Maruyama in the process's own variable, from t to u > t; for the reversed ones t > 0.
///   ve, v = 1/t:  Y' = Y + (m - Y)/v (v - v') + sqrt(v - v') z
///   vp, d = half the fall of ln alpha^2, c = sqrt(t (1+t)):
///                 Y' = Y + [Y + 2 (alpha m - Y)/(1 - alpha^2)] d + sqrt(2 d) z
inline PathStep euler_step(std::string_view process, double t, double u) {
  if (process == "ve") return {1, u - t, std::sqrt((u - t) * u / t)};
  if (process == "vp") {
    const double d = 0.5 * std::log(u * (1 + t) / (t * (1 + u))), c = std::sqrt(t * (1 + t)),
                 next = std::sqrt(u * (1 + u));
    return {next / c * (1 - (1 + 2 * t) * d), 2 * c * next * d, next * std::sqrt(2 * d)};
  }
  return exponential_step(t, u);
}

/// Langevin dynamics of the observation at a fixed t for a time eta, whose law is that of y_t: dy = (m - y/t) ds +
/// sqrt(2) dW, exact where m is held.
inline PathStep langevin_step(double t, double eta) {
  const double keep = std::exp(-eta / t);
  return {keep, t * (1 - keep), std::sqrt(t * (1 - keep * keep))};
}

/// y_s = a z + b x at a time s of a flow, gamma = b/a: dy/ds = (a'/a) y + a gamma' E[x|y], under the tilt (gamma^2,
/// gamma y/a). In u = y/a all of them are du/dgamma = E[x | gamma^2, gamma u], u = z at gamma = 0: one path, walked at
/// another pace in another variable.
struct Interpolant {
  double a, a_slope, gamma, gamma_slope;  ///< slopes: d/ds
};
/// "exploding": z + s x; "linear": (1-s) z + s x (Lipman et al., ICLR 2023); "trigonometric": cos(s) z + sin(s) x, the
/// flow of the variance-preserving process (Albergo and Vanden-Eijnden, ICLR 2023).
inline Interpolant interpolant(std::string_view name, double s) {
  if (name == "linear") return {1 - s, -1, s / (1 - s), 1 / ((1 - s) * (1 - s))};
  if (name == "trigonometric") return {std::cos(s), -std::sin(s), std::tan(s), 1 / (std::cos(s) * std::cos(s))};
  return {1, 0, s, 1};
}
/// The s at which gamma is reached.
inline double interpolant_end(std::string_view name, double gamma) {
  return name == "linear" ? gamma / (1 + gamma) : name == "trigonometric" ? std::atan(gamma) : gamma;
}

}  // namespace glass

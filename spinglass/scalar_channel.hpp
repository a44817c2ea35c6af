#pragma once
#include <concepts>

namespace glass {

/// What theory needs of a prior: averages over the signal x* ~ P0 and a Gaussian channel of signal-to-noise ratio
/// `snr`, whose posterior is P0(x) exp(b x - a x^2/2) / Z(a, b) with a = snr, b = snr x* + sqrt(snr) z, z ~ N(0, 1).
/// With V and K the variance and third central moment of the posterior:
///
///     overlap = E <x>^2 = E x* <x>,   error = E V,   slope = E V^2,   curvature = E [K^2 - 2 V^3],
///
/// the minimum mean square error and two derivatives of the overlap in snr (Guo, Wu, Shamai and Verdu, IEEE Trans. Inf.
/// Theory 57, 2371 (2011)). For snr in [0, 1e4] error and slope have relative accuracy kChannelAccuracy however small
/// they are (below 1e-307 they are 0), the overlap too where snr < 1, and above that relative to E x*^2; the curvature,
/// which serves to find extrema, has 1e-11 relative to E K^2 + 2 E V^3.
struct ChannelAverages {
  double overlap = 0, error = 0, slope = 0, curvature = 0;
};
inline constexpr double kChannelAccuracy = 1e-13;

/// A separable prior P0 of one site. Identities: d log_partition/db = mean, d mean/db = variance, d log_partition/da =
/// -<x^2>/2; d free_entropy/dsnr = overlap/2.
template <class C>
concept ScalarChannel = requires(const C& c, double a, double b, double snr) {
  { c.log_partition(a, b) } -> std::same_as<double>;  ///< ln of int P0(dx) exp(b x - a x^2/2)
  { c.mean(a, b) } -> std::same_as<double>;
  { c.variance(a, b) } -> std::same_as<double>;
  { c.second_moment() } -> std::same_as<double>;  ///< E x*^2: the overlap of a perfectly known signal
  { c.averages(snr) } -> std::same_as<ChannelAverages>;
  { c.free_entropy(snr) } -> std::same_as<double>;  ///< E ln Z(snr, b) for the normalised P0, accurate like the overlap
};

}  // namespace glass

#include "spinglass/signed_channel.hpp"

#include <limits>

#include "spinglass/trapezoid.hpp"

namespace glass {

namespace {

double step(double snr) {  // zeros of Z lie at |Im b| >= pi/2
  const double deviation = std::sqrt(snr);
  return deviation * trapezoid_step(std::numbers::pi / 2 / deviation);
}

/// Where the error's integrand is above 1e-19 of its largest value. It is below both N(b; snr, snr), whose b > 0 half
/// knows x* = 1, and (1-rho) N(b; 0, snr); they cross at `turn`.
HalfLine bump(double rho, double snr) {
  constexpr double fall = 44;  // ln 1e-19
  const double ratio = (1 - rho) / rho * std::exp(std::min(0.5 * snr, 690.0));
  double turn = ratio <= 1 ? 0 : std::acosh(ratio);
  if (0.5 * snr > 690) turn = rho < 1 ? 0.5 * snr + std::log(2 * (1 - rho) / rho) : 0;
  const double peak = std::min(turn, snr);
  // up to turn = 30 the other hump, at b = 0 where +1 and -1 are equally likely, may count
  const double first = turn < 30 ? 0 : std::max(0.0, snr - std::sqrt((snr - peak) * (snr - peak) + 2 * fall * snr));
  // without zeros nothing is left but the fall of sech b e^{-b^2 / 2 snr}
  const double last = rho < 1 ? std::sqrt(peak * peak + 2 * fall * snr) : snr * (std::sqrt(1 + 2 * fall / snr) - 1);
  return {snr, step(snr), first, last};
}

/// All that is above 1e-19 of the law of b.
HalfLine whole(double snr) { return {snr, step(snr), 0, snr + 9.4 * std::sqrt(snr)}; }

}  // namespace

ChannelAverages signed_averages(double rho, double snr) {
  if (!(snr > 0)) return {0, rho, rho * rho, -2 * rho * rho * rho};
  if (rho == 1 && snr > 1400) return {1, 0, 0, 0};  // the error is below 1e-305
  const HalfLine b = snr < 1 ? whole(snr) : bump(rho, snr);
  const Nodes up = (b.at - 0.5 * snr).exp() * (0.5 * rho), down = (-b.at - 0.5 * snr).exp() * (0.5 * rho);
  const Nodes z = up + down + (1 - rho), inverse = 1 / z;
  const Nodes zero = (1 - rho) * inverse;                              // posterior weight of x = 0
  const Nodes joint = zero * (up + down) + 4 * up * (down * inverse);  // Z V; no difference is taken
  const Nodes v = joint * inverse;
  // the difference has no digits left at small b
  const Nodes odd = snr < 1e-2 ? Nodes(rho * std::exp(-0.5 * snr) * b.at.sinh()) : Nodes(up - down);
  const Nodes mean = odd * inverse;
  const Nodes third = mean * (zero - 2 * v);  // <x> (1 - 3 <x^2> + 2 <x>^2)
  ChannelAverages out;
  out.error = (b.weight * joint).sum();
  out.slope = (b.weight * joint * v).sum();
  out.curvature = (b.weight * z * (third.square() - 2 * v * v * v)).sum();
  out.overlap = snr < 1 ? (b.weight * z * mean.square()).sum() : rho - out.error;
  return out;
}

double signed_free_entropy(double rho, double snr) {
  if (!(snr > 0)) return 0;
  if (snr < 4) {  // E (Z ln Z - Z + 1)
    const HalfLine b = whole(snr);
    const Nodes y = rho * (2 * std::exp(-0.5 * snr) * (0.5 * b.at).sinh().square() + std::expm1(-0.5 * snr));  // Z - 1
    return (b.weight * entropy_excess(y)).sum();
  }
  // snr rho/2 - entropy of x* + its entropy given b: the last is small here
  const HalfLine b = bump(rho, snr);
  const double log_zero = rho < 1 ? std::log1p(-rho) : -std::numeric_limits<double>::infinity();
  double left = 0;
  for (Eigen::Index k = 0; k < b.at.size(); ++k) {
    const double up = std::log(0.5 * rho) + b.at(k) - 0.5 * snr;
    const double gap_zero = std::max(up, log_zero) - log_zero, gap_up = std::max(up, log_zero) - up;
    const double gap_down = gap_up + 2 * b.at(k);
    const auto part = [](double gap) { return std::isinf(gap) ? 0.0 : std::exp(-gap) * gap; };
    const double others =
        up > log_zero ? std::exp(-gap_zero) + std::exp(-gap_down) : std::exp(-gap_up) + std::exp(-gap_down);
    // Z H = Z ln(Z/largest) + sum w ln(largest/w)
    left += b.weight(k) * std::exp(std::max(up, log_zero)) *
            ((1 + others) * std::log1p(others) + part(gap_zero) + part(gap_up) + part(gap_down));
  }
  const double entropy = -rho * std::log(0.5 * rho) - (rho < 1 ? (1 - rho) * std::log1p(-rho) : 0.0);
  return 0.5 * rho * snr - entropy + left;
}

}  // namespace glass

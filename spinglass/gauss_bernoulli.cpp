#include "spinglass/gauss_bernoulli.hpp"

#include <complex>

#include "spinglass/gaussian_channel.hpp"
#include "spinglass/trapezoid.hpp"

namespace glass {

namespace {

/// Every average is taken over t ~ N(0, 1), b = sqrt(snr) t: the law of b is N(b; 0, snr) Z, and the weights of the two
/// parts of the posterior, pi and 1 - pi, are R/(1+R) and 1/(1+R), with R(t) = rho/(1-rho) (1+snr)^{-1/2} e^{g t^2}.
struct Slab {
  double log_ratio, g;  // ln R(0), and snr / 2(1+snr)
  Slab(double rho, double snr)
      : log_ratio(std::log(rho) - std::log1p(-rho) - 0.5 * std::log1p(snr)), g(0.5 * snr / (1 + snr)) {}
  double step() const {  // 1 + R has its zeros at g t^2 = -ln R(0) + i pi
    return trapezoid_step(std::sqrt(std::complex(-log_ratio, std::numbers::pi) / g).imag());
  }
  /// R e^{-t^2/2} = N(t; 0, 1+snr) counts: all of the law of b.
  static double far(double snr) { return 9.4 * std::sqrt(1 + snr); }
  /// Only pi e^{-t^2/2} counts, which is below both e^{-t^2/2} and R e^{-t^2/2}.
  double near(double snr) const { return std::min(far(snr), std::sqrt(2 * std::max(-log_ratio, 0.0) + 100)); }
};

}  // namespace

ChannelAverages GaussBernoulli::averages(double snr) const {
  if (rho == 1) return GaussianChannel::averages(snr);
  if (!(snr > 0)) return {0, rho, rho * rho, -2 * rho * rho * rho};
  const Slab slab(rho, snr);
  const bool small = snr < 1;
  const HalfLine t(1, slab.step(), 0, small ? Slab::far(snr) : slab.near(snr));
  const double v = 1 / (1 + snr);  // variance within the slab
  const Nodes b2 = snr * t.at.square();
  const Nodes odds = (slab.log_ratio + slab.g * t.at.square()).exp(), spike = 1 / (1 + odds), pi = odds * spike;
  const Nodes weight = (1 - rho) * t.weight;  // of the law of b, times the spike's posterior weight
  // E pi^k: the complement E pi (1 - pi^{k-1}) has the spike's weight in it, and no tail
  const double pi2 = small ? (weight * odds * pi).sum() : rho - (weight * pi).sum();
  const double pi3 = small ? (weight * odds * pi * pi).sum() : rho - (weight * pi * (1 + pi)).sum();
  const Nodes q = pi * b2 * v * v;  // V = pi v + (1-pi) q
  const Nodes skew = pi * (b2 * b2 * b2).sqrt() * v * v * v * (spike - pi) + 3 * pi * b2.sqrt() * v * v;  // K/(1-pi)
  ChannelAverages out;
  out.error = rho * v + (weight * q).sum();
  out.slope = v * v * pi2 + (weight * (2 * pi * v * q + spike * q * q)).sum();
  out.curvature = (weight * (spike * skew * skew -
                             2 * (3 * pi * pi * v * v * q + 3 * pi * spike * v * q * q + spike * spike * q * q * q)))
                      .sum() -
                  2 * v * v * v * pi3;
  out.overlap = small ? (weight * odds * q).sum() : rho - out.error;  // E pi^2 <x>_slab^2
  return out;
}

double GaussBernoulli::free_entropy(double snr) const {
  if (rho == 1) return GaussianChannel::free_entropy(snr);
  if (!(snr > 0)) return 0;
  const Slab slab(rho, snr);
  if (snr < 4) {  // E (Z ln Z - Z + 1)
    const HalfLine t(1, slab.step(), 0, Slab::far(snr));
    const Nodes y =
        rho * (slab.g * t.at.square() - 0.5 * std::log1p(snr)).unaryExpr([](double e) { return std::expm1(e); });
    return (t.weight * entropy_excess(y)).sum();
  }
  // ln Z = ln slab - ln pi under the slab, ln(1-rho) - ln(1-pi) under the spike
  const HalfLine t(1, slab.step(), 0, slab.near(snr));
  double sum = 0;
  for (Eigen::Index k = 0; k < t.at.size(); ++k) {
    const double l = slab.log_ratio + slab.g * t.at(k) * t.at(k);  // ln R
    const double r = std::exp(-std::abs(l)), log1 = std::log1p(r);
    sum += t.weight(k) * (l < 0 ? std::exp(l) * (log1 - l) + log1 : (r > 0 ? log1 / r : 1.0) + l + log1);
  }
  return rho * (std::log(rho) - 0.5 * std::log1p(snr) + 0.5 * snr) + (1 - rho) * (std::log1p(-rho) + sum);
}

}  // namespace glass

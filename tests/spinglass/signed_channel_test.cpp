#include "spinglass/signed_channel.hpp"

#include "tests/spinglass/channel_checks.hpp"

namespace glass {
namespace {

PosteriorReference posterior(long double rho, long double snr, long double b) {
  const long double zero = 1 - rho, up = rho / 2 * expl(b - snr / 2), down = rho / 2 * expl(-b - snr / 2);
  const long double z = zero + up + down, p = up / z, n = down / z, o = zero / z;
  const long double mean = p - n, variance = o * (p + n) + 4 * p * n;
  const long double third = o * -mean * mean * mean + p * powl(1 - mean, 3) - n * powl(1 + mean, 3);
  return {z * expl(-b * b / (2 * snr)) / sqrtl(2 * acosl(-1.0L) * snr), mean, variance, third, logl(z)};
}

TEST(SignedChannel, AveragesAgreeWithTheDefinitionInLongDouble) {
  for (const double rho : {1.0, 1 - 1e-9, 0.999, 0.5, 0.08, 1e-3})
    for (const double snr : {1e-8, 1e-3, 0.3, 0.99, 1.01, 3.9, 4.1, 17.0, 60.0, 300.0, 1000.0}) {
      const long double deviation = sqrtl(snr), reach = snr + 14 * deviation;
      const auto r = average_reference([&](long double b) { return posterior(rho, snr, b); }, reach,
                                       std::min(0.16L, 0.4L * deviation));
      expect_accurate(signed_averages(rho, snr), signed_free_entropy(rho, snr), r, rho, snr);
    }
}

TEST(SignedChannel, ErrorOfSpinsFallsAsItsAsymptoticFormSays) {
  // e^{-x/2} E sech h -> e^{-x/2} sqrt(pi/2x) (1 - pi^2/8x + ...): far below the last digit of 1 - M
  for (const double x : {200.0, 800.0, 1300.0}) {
    const double form = std::exp(-x / 2) * std::sqrt(M_PI / (2 * x)) * (1 - M_PI * M_PI / (8 * x));
    EXPECT_NEAR(signed_averages(1, x).error / form, 1, 4 / (x * x)) << x;
  }
  EXPECT_EQ(signed_averages(1, 1e4).error, 0);  // 1e-2173
  EXPECT_EQ(signed_averages(1, 1e4).overlap, 1);
}

TEST(SignedChannel, ManyZerosCostTheirEntropy) {
  // at infinite snr the signal is known: F = snr rho/2 - entropy of the prior
  const double rho = 0.2, entropy = -rho * std::log(rho / 2) - (1 - rho) * std::log(1 - rho);
  EXPECT_NEAR(signed_free_entropy(rho, 1e4), 0.5 * rho * 1e4 - entropy, 1e-11);
}

}  // namespace
}  // namespace glass

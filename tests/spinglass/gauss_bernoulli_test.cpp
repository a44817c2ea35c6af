#include "spinglass/gauss_bernoulli.hpp"

#include "spinglass/gaussian_channel.hpp"
#include "tests/spinglass/channel_checks.hpp"

namespace glass {
namespace {

PosteriorReference posterior(long double rho, long double snr, long double b) {
  const long double v = 1 / (1 + snr), mu = b * v, spike = logl(1 - rho), slab = logl(rho * sqrtl(v)) + b * mu / 2;
  const long double most = std::max(spike, slab), log_z = most + logl(expl(spike - most) + expl(slab - most));
  const long double s = expl(slab - log_z), o = expl(spike - log_z), mean = s * mu;
  const long double third = o * -powl(mean, 3) + s * (powl(mu - mean, 3) + 3 * (mu - mean) * v);
  const long double density = expl(log_z - b * b / (2 * snr)) / sqrtl(2 * acosl(-1.0L) * snr);
  return {density, mean, s * v + s * o * mu * mu, third, log_z};
}

TEST(GaussBernoulli, AveragesAgreeWithTheDefinitionInLongDouble) {
  for (const double rho : {1 - 1e-9, 0.9, 0.3, 0.05, 1e-3})
    for (const double snr : {1e-8, 1e-3, 0.3, 0.99, 1.01, 3.9, 4.1, 17.0, 60.0, 300.0, 1000.0, 9999.0}) {
      const long double deviation = sqrtl(snr), reach = 14 * deviation * sqrtl(1 + snr);
      const auto r = average_reference([&](long double b) { return posterior(rho, snr, b); }, reach, 0.03L * deviation);
      const GaussBernoulli c{rho};
      expect_accurate(c.averages(snr), c.free_entropy(snr), r, rho, snr);
    }
}

TEST(GaussBernoulli, Identities) {
  for (const double rho : {0.9, 0.3, 0.05, 1e-3}) {
    expect_channel_identities(GaussBernoulli{rho});
    expect_average_identities(GaussBernoulli{rho});
  }
}

TEST(GaussBernoulli, WithoutZerosIsGaussian) {
  for (const double x : {0.0, 0.4, 2.0, 50.0}) {
    const ChannelAverages near = GaussBernoulli{1 - 1e-13}.averages(x), limit = GaussianChannel::averages(x);
    EXPECT_NEAR(near.overlap, limit.overlap, 1e-11);
    EXPECT_NEAR(near.slope, limit.slope, 1e-11);
    EXPECT_NEAR(GaussBernoulli{1}.averages(x).error, limit.error, 1e-15);
    EXPECT_NEAR(GaussBernoulli{1 - 1e-13}.free_entropy(x), GaussianChannel::free_entropy(x), 1e-10);
  }
}

}  // namespace
}  // namespace glass

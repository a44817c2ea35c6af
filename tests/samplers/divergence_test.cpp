#include "samplers/divergence.hpp"

#include <gtest/gtest.h>

#include "models/sk.hpp"
#include "spinglass/amp.hpp"
#include "spinglass/exact.hpp"
#include "tests/samplers/reference.hpp"

namespace glass {
namespace {

using namespace reference;

constexpr Index kSites = 6;

Tilt asked_at(const Sk& target, Index columns) {
  Tilt t = tilted(target, columns, 1, 0.3f);
  for (Index c = 0; c < columns; ++c) t.field.col(c) *= 1 + 0.1f * float(c);
  t.precision.setConstant(0.8);
  return t;
}

/// Of an exact denoiser: the sum of the posterior variances, none from a pinned site.
TEST(Divergence, SumOfThePosteriorVariances) {
  const Sk target = small<Sk>(kSites, 0.7, 1);
  const Exact exact(target);
  Tilt t = asked_at(target, 3);
  Exact::State s{3};
  Batch m(kSites, 3);
  exact.posterior_mean(t, s, m);
  const Tilt before = t;
  DenoiseInfo sum;
  const PerColumn found = exact_divergence(exact, t, s, sum);
  for (Index c = 0; c < 3; ++c)
    EXPECT_NEAR(found(c), (1 - m.col(c).cast<double>().array().square()).sum(), 1e-3 * found(c));
  EXPECT_GT(found(0), 1);  // not all sites are sure
  EXPECT_EQ(sum.work.denoiser_calls, 3 * 2 * kSites);
  EXPECT_EQ(t.field, before.field);
}

/// Probes: v'Jv for every v of signs averages to the trace; the mean over many is within 5 of its errors of it, and
/// the spread is Hutchinson's, from the covariances off the diagonal.
TEST(Divergence, ProbesAreUnbiasedWithTheVarianceOfTheCovariances) {
  constexpr Index kColumns = 4000;
  const Sk target = small<Sk>(kSites, 0.7, 1);
  const Exact exact(target);
  Tilt t = asked_at(target, 1);
  const Eigen::VectorXd p = exact.probabilities(t);
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(kSites);
  Eigen::MatrixXd square = Eigen::MatrixXd::Zero(kSites, kSites);
  for (Index k = 0; k < p.size(); ++k) {
    Eigen::VectorXf xf(kSites);
    Exact::configuration(k, xf);
    const Eigen::VectorXd x = xf.cast<double>();
    mean += p(k) * x;
    square += p(k) * x * x.transpose();
  }
  const Eigen::MatrixXd covariance = square - mean * mean.transpose();
  const double trace = covariance.trace(),
               variance = 2 * (covariance.squaredNorm() - covariance.diagonal().squaredNorm());
  for (const int probes : {1, 3}) {
    Tilt all{t.power.replicate(1, kColumns), t.precision.replicate(1, kColumns), t.field.replicate(1, kColumns),
             t.pinned.replicate(1, kColumns)};
    Exact::State s{kColumns};
    Streams signs({11, Purpose::probe}, kColumns);
    DenoiseInfo sum;
    const PerColumn found = probed_divergence(exact, all, s, probes, signs, sum);
    EXPECT_EQ(sum.work.denoiser_calls, 2 * probes * kColumns);
    EXPECT_NEAR(found.mean(), trace, 5 * std::sqrt(variance / probes / double(kColumns)) + 1e-3 * trace);
    EXPECT_NEAR((found.array() - found.mean()).square().mean() / (variance / probes), 1, 0.15) << probes;
  }
}

/// Warm messages of the answer stay what they were, and are where both sides begin: a converged denoiser needs few
/// iterations there.
TEST(Divergence, LeavesTheMessages) {
  const Sk target = small<Sk>(40, 1.2);
  const Amp<Sk> amp(target, {.tolerance = 1e-6});
  Tilt t = target.base(2);
  t.field.setConstant(0.5f);
  auto s = amp.start(Streams({12, Purpose::denoiser}, 2));
  Batch m(40, 2);
  const DenoiseInfo cold = amp.posterior_mean(t, s, m);
  const Batch before = s.h;
  DenoiseInfo sum;
  Batch v = Batch::Zero(40, 2);
  v(7, 0) = v(8, 1) = 1;
  const PerColumn found = response_along(amp, t, s, v, sum);
  EXPECT_EQ(s.h, before);
  EXPECT_LT(sum.work.iterations, 2 * cold.work.iterations);
  EXPECT_GT(found(0), 0.2);
  EXPECT_LT(found(0), 1.2);
}

}  // namespace
}  // namespace glass

#include "spinglass/eigenvectors.hpp"

#include <gtest/gtest.h>

#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <functional>
#include <numbers>

#include "models/spherical_p_spin.hpp"
#include "samplers/bingham.hpp"
#include "spinglass/spherical_amp.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

Spherical<Sk> target(Index n, double temperature, bool planted = true, double field = 0, double spread = 0,
                     std::uint32_t instance = 0) {
  SphericalPSpinOptions o;
  o.p = 2, o.n = n, o.temperature = temperature, o.planted = planted, o.instance = instance;
  o.field = field, o.field_spread = spread;
  return std::get<Spherical<Sk>>(SphericalPSpin::make(o, 95));
}

/// At N = 3, in angles and in the model's own axes, log L by its terms: nothing of the eigenvectors is known here.
TEST(Eigenvectors, IsQuadratureAtAnyTilt) {
  using Gauss = boost::math::quadrature::gauss<double, 30>;
  for (const double temperature : {2.0, 0.5}) {
    const auto model = target(3, temperature, true, 0.3, 0.6);
    const Eigenvectors denoiser(model);
    Tilt t = denoiser.base(4);
    Stream rng({96, Purpose::test}, 0);
    t.power << 1, 0.5, 0, 1.7;
    t.precision << 0, 0.3, 2, 1;
    for (Index c = 1; c < 4; ++c) t.field.col(c) = float(c) * checks::normal_vector(3, rng);
    auto s = denoiser.start(Streams({96, Purpose::test}, 4));
    Batch mean(3, 4);
    EXPECT_EQ(denoiser.posterior_mean(t, s, mean).unconverged, 0);
    const PerColumn log_z = denoiser.log_partition(t, s);
    for (Index c = 0; c < 4; ++c) {
      Eigen::Vector4d sums = Eigen::Vector4d::Zero();  // of the weight, and of x times it
      for (int row = 0; row < 4; ++row) {
        const auto f = [&](double z, double a) {
          const double r = std::sqrt(3 * (1 - z * z));
          const Eigen::Vector3d x(r * std::cos(a), r * std::sin(a), std::sqrt(3.0) * z);
          const double weight = std::exp(t.power(c) * checks::naive_log_likelihood(model, x) +
                                         t.field.col(c).cast<double>().dot(x) - 1.5 * t.precision(c));
          return row == 3 ? weight : weight * x(row);
        };
        constexpr int kPanels = 6;
        for (int j = 0; j < kPanels; ++j)
          for (int k = 0; k < kPanels; ++k)
            sums(row) +=
                Gauss::integrate(
                    [&](double z) {
                      return Gauss::integrate([&](double a) { return f(z, a); }, 2 * std::numbers::pi * k / kPanels,
                                              2 * std::numbers::pi * (k + 1) / kPanels);
                    },
                    -1 + 2.0 * j / kPanels, -1 + 2.0 * (j + 1) / kPanels) /
                (4 * std::numbers::pi);
      }
      EXPECT_NEAR(log_z(c), std::log(sums(3)), 5e-6) << "column " << c;  // the couplings are floats
      for (Index i = 0; i < 3; ++i) EXPECT_NEAR(double(mean(i, c)), sums(i) / sums(3), 5e-6) << "column " << c;
    }
  }
}

/// Bingham's exact draws, thinned to the field with probability e^{b.x - |b| sqrt N}, are draws of the tilted law.
TEST(Eigenvectors, IsTheMeanOfExactDraws) {
  constexpr Index n = 8;
  const auto model = target(n, 0.6, false);
  const BinghamLaw bare(model.matrix());
  const Eigenvectors denoiser(model);
  Tilt t = denoiser.base(1);
  auto s = denoiser.start(Streams({97, Purpose::test}, 1));
  EXPECT_NEAR(denoiser.log_partition(t, s)(0), bare.log_partition(), 1e-11);
  Stream direction({97, Purpose::test}, 0);
  t.field.col(0) = 0.25f * checks::normal_vector(n, direction);
  Batch mean(n, 1);
  denoiser.posterior_mean(t, s, mean);
  EXPECT_GT(double(mean.norm()), 0.3);
  Streams rng({98, Purpose::test}, 100000);
  Batch x(n, rng.columns());
  std::int64_t trials = 0;
  bare.draw(rng, x, trials);
  std::vector<checks::Mean> each(n);
  const double most = double(t.field.norm()) * std::sqrt(double(n));
  for (Index c = 0; c < x.cols(); ++c)
    if (std::log(rng[c].uniform()) < double(t.field.col(0).dot(x.col(c))) - most)
      for (Index i = 0; i < n; ++i) each[std::size_t(i)].add(double(x(i, c)));
  ASSERT_GT(each[0].count, 5000);
  for (Index i = 0; i < n; ++i)
    checks::expect_mean(each[std::size_t(i)], double(mean(i, 0)), "site " + std::to_string(i));
}

TEST(Eigenvectors, DrawsHaveTheMeanAndLieOnTheSphere) {
  constexpr Index n = 24, kDraws = 4000;
  const auto model = target(n, 0.7, true, 0.1);
  const Eigenvectors denoiser(model);
  Stream direction({99, Purpose::test}, 0);
  Tilt t = denoiser.base(kDraws);
  t.field.colwise() = Eigen::VectorXf(0.5f * checks::normal_vector(n, direction));
  t.precision.setConstant(0.5);
  auto s = denoiser.start(Streams({99, Purpose::test}, kDraws));
  Streams rng({100, Purpose::test}, kDraws);
  Batch x(n, kDraws), mean(n, kDraws);
  EXPECT_EQ(denoiser.draw_sites(t, s, rng, x).unconverged, 0);
  denoiser.posterior_mean(t, s, mean);
  for (Index c = 0; c < kDraws; ++c) ASSERT_NEAR(double(x.col(c).squaredNorm()) / double(n), 1, 1e-5);
  for (Index i = 0; i < n; ++i) {
    checks::Mean site;
    for (Index c = 0; c < kDraws; ++c) site.add(double(x(i, c)));
    checks::expect_mean(site, double(mean(i, 0)), "site " + std::to_string(i));
  }
}

/// On the Nishimori line x* is a draw of the posterior: x*.m and |m|^2 have one mean at any N. At N = 400 and T > 1 it
/// is state evolution's, x = m/T^2 + snr, m = x/(1+x), up to O(1/N) (allowed: 4/N), and amp's m is the same up to
/// O(N^{-1/2}) a site.
TEST(Eigenvectors, MeetsStateEvolutionAndAmpAboveTheTransition) {
  constexpr Index n = 400;
  constexpr double temperature = 1.25, snr = 0.5;
  double theory = 0;
  for (int k = 0; k < 2000; ++k) {
    const double x = theory / (temperature * temperature) + snr;
    theory = x / (1 + x);
  }
  checks::Mean overlap, nishimori;
  for (std::uint32_t k = 0; k < 12; ++k) {
    const auto model = target(n, temperature, true, 0, 0, k);
    const Eigenvectors denoiser(model);
    const Amp<Spherical<Sk>> amp(model, {.max_iterations = 1000, .tolerance = 1e-6});
    Tilt t = denoiser.base(4);
    t.precision.setConstant(snr);
    Stream rng({101, Purpose::test, 0, k}, 0);
    for (Index c = 0; c < 4; ++c)
      t.field.col(c) = float(snr) * model.truth() + float(std::sqrt(snr)) * checks::normal_vector(n, rng);
    auto s = denoiser.start(Streams({101, Purpose::test}, 4));
    auto messages = amp.start(Streams({101, Purpose::test}, 4));
    Batch mean(n, 4), passed(n, 4);
    denoiser.posterior_mean(t, s, mean);
    EXPECT_EQ(amp.posterior_mean(t, messages, passed).unconverged, 0);
    EXPECT_LE((mean - passed).squaredNorm() / mean.squaredNorm(), 4.0 / double(n));
    const double q = double(mean.squaredNorm()) / double(4 * n),
                 m = double((model.truth().transpose() * mean).sum()) / double(4 * n);
    overlap.add(m);
    nishimori.add(m - q);
  }
  checks::expect_mean(overlap, theory, "overlap", 4.0 / double(n));
  checks::expect_mean(nishimori, 0, "x*.m - |m|^2");
}

TEST(Eigenvectors, RefusesPins) {
  const auto model = target(5, 1.0);
  const Eigenvectors denoiser(model);
  Tilt t = denoiser.base(2);
  t.pinned(3, 1) = 1;
  auto s = denoiser.start(Streams({102, Purpose::test}, 2));
  Batch x(5, 2);
  Streams rng({102, Purpose::test}, 2);
  EXPECT_THROW(denoiser.posterior_mean(t, s, x), Refused);
  EXPECT_THROW(denoiser.draw_sites(t, s, rng, x), Refused);
  EXPECT_THROW(denoiser.log_partition(t, s), Refused);
}

}  // namespace
}  // namespace glass

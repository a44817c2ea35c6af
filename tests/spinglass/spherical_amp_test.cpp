// AMP on the sphere where the answer is known; its state evolution is in amp_state_evolution_test.cpp.
#include "spinglass/spherical_amp.hpp"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <boost/math/special_functions/bessel.hpp>
#include <cmath>
#include <variant>

#include "samplers/bingham.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

constexpr AmpOptions kTight{.max_iterations = 3000, .tolerance = 1e-6};

template <class T>
T target(int p, Index n, double temperature, bool planted = true, double spread = 0, std::uint32_t instance = 0) {
  SphericalPSpinOptions o;
  o.p = p, o.n = n, o.temperature = temperature, o.planted = planted, o.field_spread = spread, o.instance = instance;
  return std::get<T>(SphericalPSpin::make(o, 71));
}

/// Without couplings it is von Mises and Fisher's law, kappa = |b| sqrt N: ln Z = ln [Gamma(N/2) (2/kappa)^{N/2-1}
/// I_{N/2-1}(kappa)] and <x>.b = kappa I_{N/2}/I_{N/2-1}, to O(1) of N.
TEST(SphericalAmp, WithoutCouplingsIsVonMisesAndFisher) {
  for (const double size : {0.5, 1.0, 3.0}) {
    constexpr double n = 200, order = n / 2 - 1;
    const Amp<Spherical<Sk>> amp(target<Spherical<Sk>>(2, 200, 1e6, false), kTight);
    Tilt t = amp.base(1);
    Stream rng({72, Purpose::test}, 0);
    t.field.col(0) = float(size) * checks::normal_vector(200, rng);
    t.precision(0) = 0.4;  // acts on a constant
    auto s = amp.start(Streams({72, Purpose::test}, 1));
    Batch m(200, 1);
    ASSERT_EQ(amp.posterior_mean(t, s, m).unconverged, 0);
    const double kappa = double(t.field.norm()) * std::sqrt(n), i0 = boost::math::cyl_bessel_i(order, kappa),
                 i1 = boost::math::cyl_bessel_i(order + 1, kappa);
    const double z = std::lgamma(n / 2) + order * std::log(2 / kappa) + std::log(i0);
    EXPECT_NEAR(amp.log_partition(t, s)(0), z - 0.2 * n, 1);
    EXPECT_NEAR(double(m.col(0).dot(t.field.col(0))), kappa * i1 / i0, 1);
    EXPECT_LE((m.col(0) / m.norm() - t.field.col(0) / t.field.norm()).norm(), 1e-4);
  }
}

TEST(SphericalAmp, MeanIsTheSlopeOfTheLogPartition) {
  const auto check = [](const auto& model) {
    const Index n = model.sites();
    const Amp amp(model, kTight);
    Stream rng({73, Purpose::test}, 0);
    Tilt t = amp.base(3);
    t.field.colwise() = Eigen::VectorXf(0.6f * model.truth() + 0.77f * checks::normal_vector(n, rng));
    t.power.setConstant(0.8);
    const Eigen::VectorXf v = 0.5f * model.truth() + checks::normal_vector(n, rng);
    constexpr float step = 0.02f;
    t.field.col(0) += step * v;
    t.field.col(1) -= step * v;
    auto s = amp.start(Streams({73, Purpose::test}, 3));
    Batch m(n, 3);
    ASSERT_EQ(amp.posterior_mean(t, s, m).unconverged, 0);
    const PerColumn z = amp.log_partition(t, s);
    EXPECT_NEAR((z(0) - z(1)) / (2 * double(step)), double(v.dot(m.col(2))), 2e-3 * std::sqrt(double(n)));
    EXPECT_GT(double(v.dot(m.col(2))), 1);
    EXPECT_NEAR(s.v(2) + double(m.col(2).squaredNorm()) / double(n), 1, 1e-5);  // |x|^2 = N
  };
  check(target<Spherical<Sk>>(2, 120, 0.9, true, 0.3));
  check(target<Spherical<IsingPSpin>>(3, 60, 0.9, true, 0.3));
}

/// p = 2 without a field, where Bingham's law is exact: ln Z to o(N), and below T = 1 the mean is the top eigenvector's
/// direction, with the overlap 1 - T of condensation (Kosterlitz, Thouless and Jones 1976) up to the spectrum's edge.
TEST(SphericalAmp, PairwiseAgreesWithBingham) {
  for (const double temperature : {1.6, 0.6}) {
    constexpr Index n = 400;
    const auto model = target<Spherical<Sk>>(2, n, temperature);
    const Amp<Spherical<Sk>> amp(model, kTight);
    const Tilt t = amp.base(1);
    auto s = amp.start(Streams({74, Purpose::test}, 1));
    Batch m(n, 1);
    EXPECT_EQ(amp.posterior_mean(t, s, m).unconverged, 0);
    const BinghamLaw exact(model.matrix());
    EXPECT_NEAR(amp.log_partition(t, s)(0) / double(n), exact.log_partition() / double(n), 0.01) << temperature;
    if (temperature > 1) {
      EXPECT_LE(double(m.norm()), 1e-2);
      continue;
    }
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(model.matrix());
    const double along = std::abs(double(solver.eigenvectors().col(n - 1).dot(m.col(0).cast<double>())));
    EXPECT_GE(along / double(m.norm()), 0.9999);
    Streams rng({75, Purpose::test}, 2000);
    Batch x(n, 2000);
    std::int64_t trials = 0;
    exact.draw(rng, x, trials);
    const double condensed =
        (solver.eigenvectors().col(n - 1).cast<float>().transpose() * x).array().square().mean() / double(n);
    EXPECT_NEAR(along * along / double(n), condensed, 0.02);
  }
}

TEST(SphericalAmp, DrawsLieOnTheSphereAndPinsAreRefused) {
  const auto model = target<Spherical<IsingPSpin>>(3, 40, 0.9);
  const Amp<Spherical<IsingPSpin>> amp(model, kTight);
  constexpr Index kDraws = 2000;
  Tilt t = amp.base(kDraws);
  t.field.colwise() = 2.0f * model.truth();
  auto s = amp.start(Streams({76, Purpose::test}, kDraws));
  Streams rng({77, Purpose::test}, kDraws);
  Batch x(40, kDraws);
  EXPECT_EQ(amp.draw_sites(t, s, rng, x).unconverged, 0);
  for (Index c = 0; c < kDraws; ++c) ASSERT_NEAR(x.col(c).squaredNorm() / 40, 1, 1e-5);
  EXPECT_LE((x.rowwise().mean() - s.m.col(0)).cwiseAbs().maxCoeff(), 0.1);
  EXPECT_GT(s.m.col(0).norm(), 4);
  t.pinned(0, 0) = 1;
  EXPECT_THROW(amp.posterior_mean(t, s, x), Refused);
}

}  // namespace
}  // namespace glass

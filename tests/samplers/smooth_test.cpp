// Samplers of reals at sizes where no cell can be counted: kept equilibrium on the sphere against the eigenvectors'
// exact draws, and the biases of unadjusted schemes in closed form.
#include "samplers/smooth.hpp"

#include <gtest/gtest.h>

#include "models/spherical_p_spin.hpp"
#include "models/spiked_matrix.hpp"
#include "samplers/baoab.hpp"
#include "samplers/bingham.hpp"
#include "samplers/hmc.hpp"
#include "samplers/mala.hpp"
#include "samplers/random_walk.hpp"
#include "samplers/real_sweep.hpp"
#include "samplers/ula.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

Spherical<Sk> spherical(Index n, double temperature) {
  SphericalPSpinOptions o;
  o.p = 2;
  o.n = n;
  o.temperature = temperature;
  return std::get<Spherical<Sk>>(SphericalPSpin::make(o, 3));
}

/// Mean of -beta H over columns that start at exact draws and take `steps`, less its exact mean.
template <class S>
checks::Mean energy_after(const Spherical<Sk>& t, const S& s, Index columns, int steps) {
  const double h = 1e-4, exact = (BinghamLaw((1 + h) * t.matrix()).log_partition() -
                                  BinghamLaw((1 - h) * t.matrix()).log_partition()) /
                                 (2 * h);
  auto draws = Bingham<Spherical<Sk>>(t).init(Streams({7, Purpose::start}, columns));
  auto state = s.init(Streams({7, Purpose::sampler}, columns));
  s.place(state, draws.x);
  for (int k = 0; k < steps; ++k) s.step(state);
  checks::Mean m;
  const PerColumn l = s.log_likelihood(state);
  for (const double v : l) m.add(v - exact);
  return m;
}

/// 16 sites, in the condensed phase: a factor (N-1)/N left out would show. Steps with acceptance well below 1.
TEST(Smooth, ExactKernelsKeepTheLawOnTheSphere) {
  const Spherical<Sk> t = spherical(16, 0.5);
  const auto keeps = [&](const std::string& name, const auto& s, int steps) {
    checks::expect_mean(energy_after(t, s, 6000, steps), 0, name, 1e-4);
  };
  keeps("mala", Mala<Spherical<Sk>>(t, {.step = 0.15}), 15);
  keeps("random-walk", RandomWalk<Spherical<Sk>>(t, {.step = 0.05}), 20);
  keeps("hmc", Hmc<Spherical<Sk>>(t, {.step = 0.45, .leaps = 3}), 8);
  keeps("glauber", real_heat_bath(t, {}), 3);
  keeps("metropolis", real_metropolis(t, {}), 4);
}

/// The same chains from the prior reach the same mean.
TEST(Smooth, ExactKernelsReachTheLawOnTheSphere) {
  const Spherical<Sk> t = spherical(16, 1.0);
  const auto start = [&](const std::string& name, const auto& s, int steps) {
    auto state = s.init(Streams({8, Purpose::sampler}, 4000));
    for (int k = 0; k < steps; ++k) s.step(state);
    const double h = 1e-4, exact = (BinghamLaw((1 + h) * t.matrix()).log_partition() -
                                    BinghamLaw((1 - h) * t.matrix()).log_partition()) /
                                   (2 * h);
    checks::Mean m;
    const PerColumn l = s.log_likelihood(state);
    for (const double v : l) m.add(v - exact);
    checks::expect_mean(m, 0, name, 1e-4);
  };
  start("mala", Mala<Spherical<Sk>>(t, {.step = 0.3}), 100);
  start("hmc", Hmc<Spherical<Sk>>(t, {.step = 0.4, .leaps = 4}), 20);
  start("glauber", real_heat_bath(t, {}), 25);
}

/// Without couplings to speak of the law is N(0, 1): the Euler scheme x' = (1-eta)x + sqrt(2 eta) z has the stationary
/// variance 1/(1 - eta/2), BAOAB has 1 at any step, and the momentum's is 1/(1 - eps^2/4) there.
TEST(Smooth, UnadjustedSchemesHaveTheirKnownBiasOnAGaussian) {
  SpikedMatrixOptions o;
  o.prior = "gaussian";
  o.n = 2;
  o.delta = 1e8;
  const RankOne t = std::get<RankOne>(SpikedMatrix::make(o, 1));
  const auto second = [&](const auto& s, int steps) {
    auto state = s.init(Streams({9, Purpose::sampler}, 20000));
    for (int k = 0; k < steps; ++k) s.step(state);
    checks::Mean m;
    for (Index c = 0; c < state.point.x.cols(); ++c)
      for (Index i = 0; i < 2; ++i) m.add(std::pow(double(state.point.x(i, c)), 2));
    return m;
  };
  for (const double eta : {0.1, 0.5}) {
    const auto m = second(Ula<RankOne>(t, {.step = eta}), int(8 / eta));
    checks::expect_mean(m, 1 / (1 - eta / 2), "ula, eta=" + std::to_string(eta), 1e-3);
  }
  for (const double eps : {0.5, 1.5}) {
    const Baoab<RankOne> s(t, {.step = eps, .friction = 1});
    checks::expect_mean(second(s, int(20 / eps)), 1, "baoab, eps=" + std::to_string(eps), 1e-3);
  }
}

TEST(Smooth, TemperatureAndFieldMoveTheLawAndPinsOnTheSphereAreRefused) {
  const Spherical<Sk> t = spherical(8, 0.7);
  const Mala<Spherical<Sk>> s(t, {.step = 0.2});
  auto state = s.init(Streams({10, Purpose::sampler}, 3000));
  Tilt tilt = t.base(3000);  // power 0 with a field along site 0: von Mises and Fisher's law, E x_0 from its own draws
  tilt.power.setZero();
  tilt.field.row(0).setConstant(1.5f);
  s.retilt(state, tilt);
  for (int k = 0; k < 80; ++k) s.step(state);
  checks::Mean chain, direct;
  Stream rng({10, Purpose::test}, 0);
  Eigen::VectorXd b = Eigen::VectorXd::Zero(8);
  b(0) = 1.5;
  for (Index c = 0; c < 3000; ++c) {
    chain.add(double(state.point.x(0, c)));
    direct.add(double(draw_on_sphere(b, rng)(0)));
  }
  checks::expect_mean(chain, direct.mean, "E x_0", checks::allowed_sigmas(3000) * direct.error());
  EXPECT_GT(direct.mean, 1);
  tilt.pinned(0, 0) = 1;
  EXPECT_THROW(s.retilt(state, tilt), Refused);
}

TEST(Smooth, AnAtomIsRefusedByWhatNeedsADensity) {
  SpikedMatrixOptions o;
  o.prior = "gauss-bernoulli";
  o.n = 4;
  const RankOne t = std::get<RankOne>(SpikedMatrix::make(o, 1));
  EXPECT_THROW(Mala<RankOne>{t}, Refused);
  EXPECT_THROW(Hmc<RankOne>{t}, Refused);
  EXPECT_NO_THROW(real_heat_bath(t, {}));
}

/// A trajectory run backwards with the momentum reversed comes back: flights and kicks are reversible to rounding.
TEST(Smooth, FlightsOnTheSphereAreReversibleAndStayThere) {
  Stream rng({11, Purpose::test}, 0);
  const Index n = 10;
  Eigen::VectorXf x = to_sphere(checks::normal_vector(n, rng)).col(0), p = checks::normal_vector(n, rng);
  p -= (x.dot(p) / float(n)) * x;
  const Eigen::VectorXf was = x;
  const float speed = p.norm();
  SmoothDensity<Spherical<Sk>>::fly(x, p, 0.7f);
  EXPECT_NEAR(x.squaredNorm(), float(n), 1e-4);
  EXPECT_NEAR(p.norm(), speed, 1e-5);
  EXPECT_NEAR(x.dot(p), 0, 1e-4);
  p = -p;
  SmoothDensity<Spherical<Sk>>::fly(x, p, 0.7f);
  EXPECT_LT((x - was).cwiseAbs().maxCoeff(), 1e-5);
}

/// Dual averaging meets its goal where the acceptance is exp(-step).
TEST(DualAveraging, FindsTheStep) {
  DualAveraging d = DualAveraging::of(3.0, 2);
  PerColumn power = PerColumn::Ones(2);
  for (int k = 0; k < 600; ++k) {
    PerColumn a(2);
    for (Index c = 0; c < 2; ++c) a(c) = std::exp(-d(c));
    d.adapt(a, power, 0.8);
  }
  d.trying = false;
  EXPECT_NEAR(d(0), -std::log(0.8), 0.02);
}

}  // namespace
}  // namespace glass

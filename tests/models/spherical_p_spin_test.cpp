#include "models/spherical_p_spin.hpp"

#include <gtest/gtest.h>

#include "models/core/error.hpp"
#include "tests/models/checks.hpp"
#include "tests/models/glass_checks.hpp"

namespace glass {
namespace {

SphericalPSpinOptions options(int p, Index n, double temperature, bool planted, std::uint32_t instance = 0) {
  SphericalPSpinOptions o;
  o.p = p;
  o.n = n;
  o.temperature = temperature;
  o.planted = planted;
  o.instance = instance;
  return o;
}

void with_target(const SphericalPSpinOptions& o, std::uint32_t seed, auto&& f) {
  std::visit(f, SphericalPSpin::make(o, seed));
}

TEST(SphericalPSpin, GradientAndFormsAgreeWithTheTerms) {
  for (const int p : {2, 3, 4}) {
    SphericalPSpinOptions o = options(p, 9, 0.6, true);
    o.field = 0.3;
    o.field_spread = 0.5;
    with_target(o, 5, [&](const auto& t) {
      Stream rng({77, Purpose::test}, 0);
      Batch x(9, 3), g(9, 3);
      for (Index c = 0; c < 3; ++c) x.col(c) = checks::normal_vector(9, rng);
      x = to_sphere(x);
      const PerColumn l = t.gradient(x, g);
      auto cache = t.open(x);
      for (Index c = 0; c < 3; ++c) {
        const Eigen::VectorXd at = x.col(c).template cast<double>();
        EXPECT_NEAR(l(c), checks::naive_log_likelihood(t, at), 1e-4);
        for (Index i = 0; i < 9; ++i) EXPECT_NEAR(double(g(i, c)), checks::naive_field(t, at, i), 1e-4);
        const Index i = 2 + c, j = 7 - c;
        const PairForm form = t.pair(cache, c, i, j);
        for (const auto& [a, b] : {std::pair{0.3, -1.2}, {2.0, 0.7}}) {
          Eigen::VectorXd to = at;
          to(i) = a;
          to(j) = b;
          const auto value = [&](double u, double v) {
            return form.slope_i * u + form.slope_j * v + form.bond * u * v;
          };
          EXPECT_NEAR(checks::naive_log_likelihood(t, to) - checks::naive_log_likelihood(t, at),
                      value(a, b) - value(at(i), at(j)), 2e-4)
              << "p=" << p;
        }
      }
      for (int k = 0; k < 200; ++k)
        t.set(cache, Index(rng.uniform() * 3), Index(rng.uniform() * 9), float(2 * rng.uniform() - 1));
      EXPECT_LE((t.open(cache.x).g - cache.g).cwiseAbs().maxCoeff(), 1e-4) << "set loses track of the fields";
    });
  }
}

TEST(SphericalPSpin, DisorderHasTheStatedLaw) {
  with_target(options(2, 600, 0.7, false), 7, [](const auto& t) { checks::expect_coupling_law(t, 2, false, "p=2"); });
  with_target(options(3, 100, 0.7, false), 7, [](const auto& t) { checks::expect_coupling_law(t, 3, false, "p=3"); });
}

/// J x*...x* has the mean beta p!/(2N^{p-1}) sum prod (x*)^2, here averaged over the signal's law by weighting uniform
/// points; it tends to -(beta/2) prod (N-k)/(N+2k), that of a uniform signal.
TEST(SphericalPSpin, PlantedEnergyIsThatOfItsSignals) {
  for (const auto& [p, n] : {std::pair{2, Index{4}}, {2, Index{80}}, {3, Index{5}}, {3, Index{40}}, {4, Index{12}}}) {
    const std::string what = "p=" + std::to_string(p) + ", n=" + std::to_string(n);
    const double beta = 1 / 0.8, variance = checks::coupling_variance(n, p);
    double uniform = -0.5 * beta;
    for (int k = 1; k < p; ++k) uniform *= double(n - k) / double(n + 2 * k);
    checks::Mean plain, weight, weighted;
    Stream rng({78, Purpose::test}, 0);
    for (int k = 0; k < 100000; ++k) {
      const double e = sum_of_squared_products(draw_on_sphere(Eigen::VectorXd::Zero(n), rng), p);
      const double energy = -beta * variance * e / double(n),
                   w = std::exp(-0.5 * beta * double(n) * (energy - uniform));
      plain.add(energy);
      weight.add(w);
      weighted.add(w * (energy - uniform));
    }
    checks::expect_mean(plain, uniform, what + ": uniform signal");
    const double expected = uniform + weighted.mean / weight.mean;
    EXPECT_LT(std::abs(expected - uniform), 4.0 * p * p / double(n * n)) << what;
    checks::Mean energy;
    for (std::uint32_t k = 0; k < 1500; ++k)
      with_target(options(p, n, 0.8, true, k), 11, [&](const auto& t) {
        EXPECT_NEAR(double(t.truth().squaredNorm()), double(n), 1e-4 * double(n));
        energy.add(-t.log_likelihood(t.truth())(0) / t.beta() / double(n));
      });
    checks::expect_mean(energy, expected, what, 4 * weighted.error() / weight.mean);
  }
}

TEST(SphericalPSpin, SumOfSquaredProductsIsTheSum) {
  const Eigen::VectorXf x = Eigen::Vector4f(0.5f, -1, 2, 3);
  EXPECT_DOUBLE_EQ(sum_of_squared_products(x, 2), 0.25 * (1 + 4 + 9) + 4 + 9 + 36);
  EXPECT_DOUBLE_EQ(sum_of_squared_products(x, 3), 0.25 * (4 + 9 + 36) + 36);
  EXPECT_DOUBLE_EQ(sum_of_squared_products(Eigen::VectorXf::Ones(9), 4), 126);
}

TEST(SphericalPSpin, TooColdToPlantIsRefused) {
  EXPECT_THROW(SphericalPSpin::make(options(3, 60, 0.1, true), 1), BadInput);
  EXPECT_NO_THROW(SphericalPSpin::make(options(3, 60, 0.1, false), 1));
}

/// E w = coth(kappa) - 1/kappa in three dimensions, and in any dimension w = 1 - O(1/kappa); the rest has no direction.
TEST(SphericalPSpin, SignalsInAFieldHaveTheLawOfVonMisesAndFisher) {
  Stream rng({3, Purpose::test}, 0);
  for (const double kappa : {0.3, 2.0, 40.0}) {
    const Eigen::VectorXd axis = Eigen::Vector3d(0.48, -0.6, 0.64);
    checks::Mean w, square, side;
    for (int k = 0; k < 20000; ++k) {
      const Eigen::VectorXd x = draw_on_sphere(kappa / std::sqrt(3.0) * axis, rng).cast<double>() / std::sqrt(3.0);
      ASSERT_NEAR(x.squaredNorm(), 1, 1e-5);
      w.add(x.dot(axis));
      square.add(std::pow(x.dot(axis), 2));
      side.add(x.dot(Eigen::Vector3d(0.8, 0, -0.6)));
    }
    const double mean = 1 / std::tanh(kappa) - 1 / kappa;
    checks::expect_mean(w, mean, "cosine");
    checks::expect_mean(square, 1 - 2 * mean / kappa, "its square");
    checks::expect_mean(side, 0, "beside the axis");
  }
  // a field on 200 sites: E exp(-t.x) under the law for t = 2b is Z(-b)/Z(b) = 1
  checks::Mean ratio;
  const Eigen::VectorXd b = Eigen::VectorXd::Constant(200, 0.03);
  for (int k = 0; k < 20000; ++k) ratio.add(std::exp(-2 * b.dot(draw_on_sphere(b, rng).cast<double>())));
  checks::expect_mean(ratio, 1, "reversed field");
}

TEST(SphericalPSpin, RefusesPinsAndNamesInstances) {
  SphericalPSpinOptions o = options(3, 8, 1, true);
  o.pins = 2;
  EXPECT_THROW(SphericalPSpin::make(o, 1), BadInput);
  o.pins = 0;
  o.n = 2;
  EXPECT_THROW(SphericalPSpin::make(o, 1), BadInput);
  o.n = 8;
  const auto truth = [](const auto& t) { return t.truth(); };
  const Eigen::VectorXf one = std::visit(truth, SphericalPSpin::make(o, 1));
  EXPECT_EQ(one, std::visit(truth, SphericalPSpin::make(o, 1)));
  EXPECT_NE(one, std::visit(truth, SphericalPSpin::make(o, 2)));
}

}  // namespace
}  // namespace glass

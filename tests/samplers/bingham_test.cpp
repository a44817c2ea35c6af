#include "samplers/bingham.hpp"

#include <gtest/gtest.h>

#include <boost/math/special_functions/bessel.hpp>
#include <boost/math/special_functions/hypergeometric_1F1.hpp>

#include "models/spherical_p_spin.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

Eigen::MatrixXd diagonal(std::initializer_list<double> v) {
  return Eigen::Map<const Eigen::VectorXd>(v.begin(), Index(v.size())).asDiagonal();
}

TEST(Bingham, LogPartitionHasItsClosedForms) {
  EXPECT_NEAR(BinghamLaw(diagonal({1, 1, 1, 1, 1})).log_partition(), 2.5, 1e-12);  // x'x = N
  // two dimensions: exp((a+b)/2) I_0((a-b)/2)
  EXPECT_NEAR(BinghamLaw(diagonal({0.4, 3.0})).log_partition(), 1.7 + std::log(boost::math::cyl_bessel_i(0, 1.3)),
              1e-12);
  // one eigenvalue apart: 1F1(1/2, N/2, N lambda/2), of either sign
  for (const Index n : {3, 8, 60})
    for (const double lambda : {-2.5, -0.3, 0.7, 2.0}) {
      Eigen::MatrixXd m = Eigen::MatrixXd::Zero(n, n);
      m(1, 1) = lambda;
      const double expected = std::log(boost::math::hypergeometric_1F1(0.5, 0.5 * double(n), 0.5 * double(n) * lambda));
      EXPECT_NEAR(BinghamLaw(m).log_partition(), expected, 1e-11 * (1 + std::abs(expected))) << n << " " << lambda;
    }
  // a general one in other axes is the same
  Eigen::MatrixXd m = Eigen::MatrixXd::Random(12, 12);
  m = m + m.transpose().eval();
  Eigen::MatrixXd shifted = m + 0.7 * Eigen::MatrixXd::Identity(12, 12);
  EXPECT_NEAR(BinghamLaw(shifted).log_partition(), BinghamLaw(m).log_partition() + 0.5 * 12 * 0.7, 1e-11);
}

Spherical<Sk> spherical(Index n, double temperature, bool planted, std::uint32_t instance) {
  SphericalPSpinOptions o;
  o.p = 2;
  o.n = n;
  o.temperature = temperature;
  o.planted = planted;
  o.instance = instance;
  return std::get<Spherical<Sk>>(SphericalPSpin::make(o, 3));
}

/// E <v_i, x>^2 = 2 d ln Z/d lambda_i, by central differences of the closed form.
TEST(Bingham, DrawsHaveTheMomentsOfTheirPartitionFunction) {
  for (const double temperature : {0.4, 1.0, 3.0}) {
    const Spherical<Sk> t = spherical(24, temperature, false, 1);
    const Bingham<Spherical<Sk>> sampler(t);
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> axes(t.matrix());
    auto state = sampler.init(Streams({5, Purpose::sampler}, 20000));
    const StepInfo info = sampler.step(state);
    EXPECT_GT(info.acceptance, 0.1);
    EXPECT_LT((state.x.colwise().squaredNorm().array() / 24 - 1).abs().maxCoeff(), 1e-5);
    for (const Index i : {0, 5, 22, 23}) {
      const Eigen::MatrixXd bump = axes.eigenvectors().col(i) * axes.eigenvectors().col(i).transpose();
      const double h = 1e-4, expected = (BinghamLaw(t.matrix() + h * bump).log_partition() -
                                         BinghamLaw(t.matrix() - h * bump).log_partition()) /
                                        h;
      checks::Mean square;
      const Eigen::VectorXd along = (axes.eigenvectors().col(i).transpose() * state.x.cast<double>()).transpose();
      for (const double v : along) square.add(v * v);
      checks::expect_mean(square, expected, "T=" + std::to_string(temperature) + " axis " + std::to_string(i), 1e-5);
    }
  }
}

/// What planting promises of an exact sampler, per spin at N = 64: E(x) - E(x*) and q^2 with x* against q^2 of pairs.
TEST(Bingham, MeetsThePlantedSignalOnTheNishimoriLine) {
  checks::Mean paired, overlap, size;
  for (std::uint32_t k = 0; k < 400; ++k) {
    const Spherical<Sk> t = spherical(64, 0.7, true, k);
    const Bingham<Spherical<Sk>> sampler(t);
    const auto state = sampler.init(Streams({6, Purpose::sampler, 0, k}, 8));
    const double own = t.log_likelihood(t.truth())(0);
    paired.add((own - t.log_likelihood(state.x).mean()) / t.beta() / 64);
    double with_truth = 0, pairs = 0;
    for (Index c = 0; c < 8; ++c) with_truth += std::pow(double(state.x.col(c).dot(t.truth())) / 64, 2) / 8;
    for (Index c = 0; c < 8; c += 2) pairs += std::pow(double(state.x.col(c).dot(state.x.col(c + 1))) / 64, 2) / 4;
    overlap.add(with_truth - pairs);
    size.add(pairs);
  }
  checks::expect_mean(paired, 0, "paired energy");
  checks::expect_mean(overlap, 0, "q(x, x*)^2 - q(x, x')^2");
  EXPECT_GT(size.mean, 0.1);  // informative: 3/N is 0.05
}

TEST(Bingham, RefusesAField) {
  SphericalPSpinOptions o;
  o.p = 2;
  o.n = 5;
  o.field = 0.1;
  EXPECT_THROW(Bingham<Spherical<Sk>>(std::get<Spherical<Sk>>(SphericalPSpin::make(o, 1))), Refused);
}

}  // namespace
}  // namespace glass

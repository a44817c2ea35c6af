// Laws on a grid: deposits, Poisson sums, Gaussian side information and Gauss nodes against direct computation.
#include "spinglass/field_law.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace glass {
namespace {

double moment(const FieldGrid& g, const Eigen::ArrayXd& law, int power) {
  return (law * g.points().pow(double(power))).sum();
}

TEST(FieldGrid, DepositsKeepThreeMoments) {
  const FieldGrid g(0.125, 40);
  for (double x : {-9.3, -0.01, 0.0, 0.0312, 0.77, 12.0, 25.06}) {
    Eigen::ArrayXd law = Eigen::ArrayXd::Zero(g.size());
    g.deposit(law, x, 0.25);
    for (int p = 0; p <= 3; ++p)
      EXPECT_NEAR(moment(g, law, p), 0.25 * std::pow(x, p), 1e-12 * std::pow(30, p)) << x << " " << p;
    EXPECT_GT(std::abs(moment(g, law, 4) - 0.25 * std::pow(x, 4)), x == 0 || x == 12 ? -1 : 1e-9) << "no test";
  }
}

// A Poisson number of terms, one convolution after the other.
TEST(FieldGrid, PoissonSumIsThatOfConvolutions) {
  FieldGrid g(0.25, 16);
  const Index n = g.size();
  ASSERT_EQ(n, 128);
  FieldLaw u;
  u.mass.setZero(n);
  g.deposit(u.mass, 0.9, 0.4);
  g.deposit(u.mass, 0.03, 0.35);
  g.deposit(u.mass, -0.6, 0.15);  // the rest, 0.1, is certain
  constexpr double mean = 4.5;
  Eigen::ArrayXd power = Eigen::ArrayXd::Zero(n), sum = Eigen::ArrayXd::Zero(n);
  power(0) = 1;
  double weight = std::exp(-mean);
  for (int terms = 0; terms < 60; ++terms) {
    sum += weight * power;
    weight *= mean / (terms + 1);
    Eigen::ArrayXd next = Eigen::ArrayXd::Zero(n);
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < n; ++j) next((i + j) % n) += power(i) * u.mass(j);
    power = next;
  }
  const Eigen::ArrayXcd spectrum = poisson_sum(mean, g.transform(u.mass));
  EXPECT_LT((g.inverse(spectrum) - sum).abs().maxCoeff(), 1e-15);
  EXPECT_NEAR(sum.sum(), std::exp(-mean * 0.1), 1e-14) << "the rest has met a certain message";
  EXPECT_NEAR(g.mean_tanh(spectrum), (sum * g.tanh()).sum(), 1e-14);
  const Eigen::ArrayXd shifted = g.shifted_tanh(spectrum);
  for (Index j : {Index(0), Index(3), n - 2}) {
    double direct = 0;
    for (Index i = 0; i < n; ++i) direct += sum(i) * std::tanh(g.points()(i) + g.points()(j));
    EXPECT_NEAR(shifted(j), direct, 1e-9) << j;  // 1e-9 of the mass is within two steps of the end of the grid
  }
}

/// E tanh of N(snr, snr) by a fine trapezoid rule.
double overlap(double snr) {
  double sum = 0;
  for (double z = -9; z <= 9; z += 1.0 / 512) sum += std::tanh(snr + std::sqrt(snr) * z) * std::exp(-z * z / 2);
  return sum / 512 / std::sqrt(2 * std::numbers::pi);
}

// Deposits cost less than step^4/40 max|tanh''''| = step^4/10.
TEST(FieldGrid, GaussianSideInformation) {
  constexpr double step = 1.0 / 32;
  const FieldGrid g(step, 112);
  for (double snr : {0.0, 1e-4, 0.01, 0.3, 1.0, 5.0, 20.0}) {
    const Eigen::ArrayXd law = g.gaussian(snr);
    EXPECT_NEAR(law.sum(), 1, 1e-14);
    EXPECT_NEAR(moment(g, law, 1), snr, 1e-12);
    EXPECT_NEAR(moment(g, law, 2), snr + snr * snr, 1e-11);
    EXPECT_NEAR((law * g.tanh()).sum(), overlap(snr), 1e-7) << snr;
    EXPECT_NEAR((law * (1 - g.tanh().square())).sum(), 1 - overlap(snr), 4e-7) << snr;
  }
}

TEST(GaussNodes, MeansOfPolynomialsAreExact) {
  const FieldGrid g(1.0 / 16, 60);
  const FieldLaw law{g.gaussian(0.5), 0};
  for (Index n : {1, 2, 3, 5}) {
    const Magnitudes nodes = gauss_nodes(g, law, n);
    ASSERT_EQ(nodes.t.size(), n);
    const Eigen::ArrayXd squares = (nodes.t.atanh() / 3).tanh().square(), all = (g.points() / 3).tanh().square();
    for (Index degree = 0; degree <= 2 * n; ++degree) {  // in v^2, v = tanh(|h|/3)
      const double direct = (law.mass * all.pow(double(degree))).sum(),
                   quadrature = (nodes.weight * squares.pow(double(degree))).sum();
      if (degree < 2 * n)
        EXPECT_NEAR(quadrature, direct, 1e-11) << n << " " << degree;
      else
        EXPECT_GT(std::abs(quadrature - direct), 1e-9) << n;
    }
  }
}

TEST(GaussNodes, LawsOfFewPointsAreKept) {
  const FieldGrid g(1.0 / 16, 60);
  FieldLaw law{Eigen::ArrayXd::Zero(g.size()), 0.25};
  law.mass(0) = 0.75;
  const Magnitudes nodes = gauss_nodes(g, law, 8);
  ASSERT_EQ(nodes.t.size(), 2);
  EXPECT_EQ(nodes.t(0), 0);
  EXPECT_EQ(nodes.t(1), 1);
  EXPECT_NEAR(nodes.weight(1), 0.25, 1e-15);
}

}  // namespace
}  // namespace glass

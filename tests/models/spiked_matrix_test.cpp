#include "models/spiked_matrix.hpp"

#include <gtest/gtest.h>

#include <boost/math/quadrature/gauss.hpp>

#include "tests/models/checks.hpp"

namespace glass {
namespace {

SpikedMatrixOptions options(const std::string& prior, Index n, double delta, double rho, bool planted,
                            std::uint32_t instance = 0) {
  SpikedMatrixOptions o;
  o.prior = prior;
  o.n = n;
  o.delta = delta;
  o.rho = rho;
  o.planted = planted;
  o.instance = instance;
  return o;
}
RankOne real(const SpikedMatrixOptions& o, std::uint32_t seed) {
  return std::get<RankOne>(SpikedMatrix::make(o, seed));
}

/// sum_{i<j} [Y_ij x_i x_j/(delta sqrt N) - x_i^2 x_j^2/(2 delta N)] + sum_i h_i x_i/sqrt(delta); beta J is the first.
double naive(const RankOne& t, double delta, const Eigen::VectorXd& x) {
  double sum = checks::naive_log_likelihood(t, x);
  for (Index j = 1; j < x.size(); ++j)
    for (Index i = 0; i < j; ++i) sum -= x(i) * x(i) * x(j) * x(j) / (2 * delta * double(x.size()));
  return sum;
}

TEST(SpikedMatrix, LikelihoodGradientAndSitesAgreeWithTheTerms) {
  SpikedMatrixOptions o = options("gauss-bernoulli", 9, 0.4, 0.7, true);
  o.field = 0.2;
  o.field_spread = 0.4;
  const RankOne t = real(o, 5);
  Stream rng({77, Purpose::test}, 0);
  Batch x(9, 3), g(9, 3);
  for (Index c = 0; c < 3; ++c) x.col(c) = checks::normal_vector(9, rng);
  const PerColumn l = t.gradient(x, g);
  auto cache = t.open(x);
  for (Index c = 0; c < 3; ++c) {
    const Eigen::VectorXd at = x.col(c).cast<double>();
    EXPECT_NEAR(l(c), naive(t, 0.4, at), 1e-4);
    for (Index i = 0; i < 9; ++i) {
      Eigen::VectorXd up = at, down = at;
      up(i) += 1;
      down(i) -= 1;
      const double slope = (naive(t, 0.4, up) - naive(t, 0.4, down)) / 2;
      EXPECT_NEAR(double(g(i, c)), slope, 1e-4);  // exact: quadratic in x_i
      const SiteForm form = t.site(cache, c, i);
      EXPECT_NEAR(form.slope - form.curvature * at(i), slope, 1e-4);
      EXPECT_NEAR(-form.curvature, naive(t, 0.4, up) + naive(t, 0.4, down) - 2 * naive(t, 0.4, at), 1e-4);
    }
  }
  for (int k = 0; k < 300; ++k)
    t.set(cache, Index(rng.uniform() * 3), Index(rng.uniform() * 9), float(4 * rng.uniform() - 2));
  const auto fresh = t.open(cache.x);
  EXPECT_LE((fresh.g - cache.g).cwiseAbs().maxCoeff(), 1e-4);
  EXPECT_LE((fresh.squares - cache.squares).cwiseAbs().maxCoeff(), 1e-9);
}

TEST(SpikedMatrix, RademacherIsSkAtRootDelta) {
  SpikedMatrixOptions o = options("rademacher", 20, 0.49, 1, true, 3);
  o.field_spread = 0.3;
  SkOptions sk;
  static_cast<SpinOptions&>(sk) = o;
  sk.temperature = std::sqrt(0.49);
  const Sk one = std::get<Sk>(SpikedMatrix::make(o, 4)), other = Sk::make(sk, 4);
  EXPECT_EQ(one.couplings().matrix(), other.couplings().matrix());
  EXPECT_EQ(one.truth(), other.truth());
}

/// Y_ij - x*_i x*_j/sqrt N has variance delta and no direction; the signal has the prior's moments.
TEST(SpikedMatrix, DisorderAndSignalHaveTheStatedLaw) {
  for (const auto& [prior, rho] : {std::pair{"gaussian", 1.0}, {"gauss-bernoulli", 0.3}}) {
    const double delta = 0.3;
    const RankOne t = real(options(prior, 500, delta, rho, true), 7);
    const Eigen::VectorXd x = t.truth().cast<double>();
    checks::Mean noise, along, variance, second;
    t.for_each_term([&](const auto& s, double j) {
      const double signal = x(s[0]) * x(s[1]) / std::sqrt(500.0);
      const double z = (j * std::sqrt(delta * 500.0) - signal) / std::sqrt(delta);  // J = Y/sqrt(delta N)
      noise.add(z);
      along.add(z * signal);
      variance.add(z * z);
    });
    for (const double v : x) second.add(v * v);
    checks::expect_mean(noise, 0, "noise");
    checks::expect_mean(along, 0, "noise along the signal");
    checks::expect_mean(variance, 1, "variance");
    checks::expect_mean(second, rho, "second moment of the signal");
    EXPECT_NEAR(double((t.truth().array() == 0).count()) / 500, 1 - rho, 0.1);
  }
}

/// <x_1 x_2> for N = 2, by integrating one site in closed form and the other by quadrature: no code of the model's.
double pair_mean(double y, double delta, double rho, double b1, double b2) {
  double z = 0, sum = 0;
  const auto add = [&](double x, double weight) {
    const double a = x * x / (2 * delta), b = y * x / (delta * std::sqrt(2.0)) + b2, v = 1 / (1 + a);
    const double slab = rho * std::sqrt(v) * std::exp(b * b * v / 2);
    z += weight * (1 - rho + slab);
    sum += weight * slab * x * b * v;
  };
  const auto density = [&](double x) { return rho * std::exp(-x * x / 2 + b1 * x) / std::sqrt(2 * std::numbers::pi); };
  if (rho < 1) add(0, 1 - rho);
  for (double x = -8; x <= 8; x += 0.01) add(x, 0.01 * density(x));  // smooth and decayed: exact to rounding
  return sum / z;
}

/// On the Nishimori line E x*_1 x*_2 f(Y) = E <x_1 x_2> f(Y), here with f the mean itself.
TEST(SpikedMatrix, SignalIsADrawOfThePosterior) {
  for (const double rho : {1.0, 0.4}) {
    checks::Mean gap, size;
    const double delta = 0.25;
    for (std::uint32_t k = 0; k < 1500; ++k) {
      SpikedMatrixOptions o = options(rho < 1 ? "gauss-bernoulli" : "gaussian", 2, delta, rho, true, k);
      o.field = 0.2;
      const RankOne t = real(o, 9);
      double y = 0;
      t.for_each_term([&](const auto&, double j) { y = j * std::sqrt(2 * delta); });
      const double b = 0.2 / std::sqrt(delta), m = pair_mean(y, delta, rho, b, b);
      gap.add(m * (double(t.truth()(0)) * double(t.truth()(1)) - m));
      size.add(m * m);
    }
    checks::expect_mean(gap, 0, "x*_1 x*_2 against <x_1 x_2>, rho=" + std::to_string(rho));
    EXPECT_GT(size.mean, 20 * gap.error());  // the statement has power
  }
}

}  // namespace
}  // namespace glass

#include "samplers/hubbard_langevin.hpp"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>

#include "samplers/any_sampler.hpp"
#include "samplers/blocks.hpp"
#include "tests/samplers/reference.hpp"

namespace glass {
namespace {

using namespace reference;

/// beta J from the list of couplings.
template <class T>
Eigen::MatrixXd couplings(const T& target) {
  Eigen::MatrixXd j = Eigen::MatrixXd::Zero(target.sites(), target.sites());
  target.for_each_term([&](const auto& s, double v) { j(s[0], s[1]) = j(s[1], s[0]) = target.beta() * v; });
  return j;
}

template <class T>
struct Hubbard : testing::Test {};
using Targets = testing::Types<Sk, CurieWeiss>;
TYPED_TEST_SUITE(Hubbard, Targets);

TYPED_TEST(Hubbard, ShiftMakesThePositiveDefiniteMatrixItClaims) {
  for (const Index n : {2, 5, 40, 200})
    for (const double temperature : {0.2, 1.0, 5.0}) {
      const TypeParam target = small<TypeParam>(n, temperature);
      const double c = HubbardLangevin<TypeParam>(target).shift();
      const double lowest = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(couplings(target)).eigenvalues()(0);
      EXPECT_GT(c, -lowest) << n;
      EXPECT_LT(c, 1.2 * std::max(-lowest, 0.0) + 0.01) << n << ": larger than needed, so slower than needed";
    }
}

/// u = L'(y - x) with A = L L' on the free sites: standard normals, independent of each other and of x.
TYPED_TEST(Hubbard, PlacedFieldHasItsExactLaw) {
  constexpr Index n = 5, columns = 40000;
  const TypeParam target = small<TypeParam>(n, 0.7, 1);
  const HubbardLangevin<TypeParam> sampler(target);
  for (const double power : {1.0, 0.5, 2.0}) {
    const Tilt tilt = tilted(target, columns, power, 0.3f);
    Batch x;
    const auto state =
        placed(sampler, tilt, normalised(log_weights(target, tilt)), columns, std::uint32_t(20 * power), x);
    std::vector<Index> free;
    for (Index i = 0; i < n; ++i)
      if (tilt.free(i, 0)) free.push_back(i);
    Eigen::MatrixXd a = couplings(target);
    a.diagonal().array() += sampler.shift();
    const Eigen::MatrixXd some = power * a(free, free);
    const Eigen::LLT<Eigen::MatrixXd> factor(some);
    const Eigen::MatrixXd gap = (state.y - x)(free, Eigen::all).template cast<double>();
    const Eigen::MatrixXd u = factor.matrixL().transpose() * gap;
    const Eigen::MatrixXd spins = x(free, Eigen::all).template cast<double>();
    const double root = std::sqrt(double(columns));
    const auto expect_z = [&](double z, const std::string& what) {
      EXPECT_LT(std::abs(z), 4.8) << what << " " << power;
    };
    for (Index i = 0; i < u.rows(); ++i) {  // 4.8 sigma: 1.6e-6 two-sided, below kLevel
      expect_z(u.row(i).mean() * root, "mean");
      expect_z((u.row(i).squaredNorm() / double(columns) - 1) * root / std::sqrt(2.0), "variance");
      for (Index k = 0; k < i; ++k) expect_z(u.row(i).dot(u.row(k)) / root, "covariance");
      for (Index k = 0; k < u.rows(); ++k) expect_z(u.row(i).dot(spins.row(k)) / root, "with the spins");
    }
    for (Index i = 0; i < n; ++i)
      if (!tilt.free(i, 0)) {
        EXPECT_EQ(state.y.row(i).cwiseAbs().maxCoeff(), 0.0f);
      }
  }
}

TYPED_TEST(Hubbard, KeepsItsTargetAtEveryTilt) {
  std::uint32_t seed = 40;
  for (const Index pins : {0, 1}) {
    const TypeParam target = small<TypeParam>(4, 0.9, pins);
    const Tilt tilt = tilted(target, 1, pins ? 1.5 : 1.0, pins ? 0.3f : 0.0f);
    const auto make = [&](Streams rng) {
      return erase(Blocks(AtTilt<HubbardLangevin<TypeParam>>{HubbardLangevin<TypeParam>(target), tilt}, 64),
                   std::move(rng));
    };
    expect_conforms(check_conformance(std::string(TypeParam::name) + " pins " + std::to_string(pins), make,
                                      normalised(log_weights(target, tilt)), {.seed = ++seed, .columns = 4000}));
  }
}

/// In equilibrium the refused fraction of Langevin proposals with the right drift falls like eta^{3/2} (Roberts and
/// Rosenthal, J. R. Stat. Soc. B 60, 255 (1998)); a wrong drift is refused more and more like a plain random walk,
/// eta^{1/2}. The law cannot tell: Metropolis mends any drift.
TYPED_TEST(Hubbard, RefusalsFallAsTheyDoForTheTrueGradient) {
  constexpr Index columns = 40000;
  for (const Index pins : {0, 1})
    for (const double power : {1.0, 1.6}) {
      const TypeParam target = small<TypeParam>(5, 0.8, pins);
      const Tilt tilt = tilted(target, columns, power, 0.3f);
      const Eigen::VectorXd p = normalised(log_weights(target, tilt));
      double refused[2], error[2];
      const double eta[2] = {0.16, 0.02};
      for (const int k : {0, 1}) {
        const HubbardLangevin<TypeParam> sampler(target, {.step = eta[k], .adapt = false});
        Batch x;
        auto state = placed(sampler, tilt, p, columns, std::uint32_t(60 + k), x);
        sampler.step(state);
        const Eigen::ArrayXd lost = 1 - state.acceptance.array();
        refused[k] = lost.mean();
        error[k] = std::sqrt((lost - lost.mean()).square().mean() / double(columns)) / lost.mean();
      }
      const double order = std::log(refused[0] / refused[1]) / std::log(eta[0] / eta[1]);
      const double sigma = std::hypot(error[0], error[1]) / std::log(eta[0] / eta[1]);
      EXPECT_GT(order - 4.8 * sigma, 1.1) << refused[0] << " " << refused[1];
      EXPECT_LT(order + 4.8 * sigma, 1.9) << refused[0] << " " << refused[1];
    }
}

/// Spins are redrawn from their law given y at every step, also after a refusal.
TYPED_TEST(Hubbard, SpinsAreDrawnFromTheirLawGivenTheField) {
  constexpr Index n = 4, columns = 60000;
  const TypeParam target = small<TypeParam>(n, 0.8, 1);
  const HubbardLangevin<TypeParam> sampler(target, {.step = 1e-12, .adapt = false});  // y stays where it is
  const Tilt tilt = tilted(target, columns, 1.3, 0.3f);
  auto state = sampler.init(Streams({71, Purpose::sampler}, columns));
  sampler.retilt(state, tilt);
  for (Index c = 1; c < columns; ++c) {  // the same y in every column
    state.y.col(c) = state.y.col(0);
    state.ay.col(c) = state.ay.col(0);
    state.grad.col(c) = state.grad.col(0);
    state.log_pi(c) = state.log_pi(0);
  }
  sampler.step(state);
  // ln p(x | y) = sum_i x_i ((Ay)_i + b_i), b = power (beta h + beta J x_pinned) + the tilt's field, in double
  Eigen::MatrixXd a = couplings(target);
  Eigen::VectorXd b = target.beta() * target.environment().h.template cast<double>();
  for (Index j = 0; j < n; ++j)
    if (!tilt.free(j, 0)) b += a.col(j) * double(tilt.pinned(j, 0));
  a.diagonal().array() += sampler.shift();
  const Eigen::VectorXd y = state.y.col(0).template cast<double>();
  const Eigen::VectorXd h = tilt.power(0) * (a * y + b) + tilt.field.col(0).template cast<double>();
  Eigen::VectorXd w = Eigen::VectorXd::Zero(16), counts = Eigen::VectorXd::Zero(16);
  for (Index k = 0; k < 16; ++k)
    for (Index i = 0; i < n; ++i) {
      const double x = k >> i & 1 ? 1 : -1;
      if (tilt.free(i, 0))
        w(k) += x * h(i);
      else if (x != double(tilt.pinned(i, 0)))
        w(k) = -std::numeric_limits<double>::infinity();
    }
  for (Index c = 0; c < columns; ++c) counts(number(state.x.col(c))) += 1;
  expect_plausible(law_check("x given y", counts, normalised(w)), std::string(TypeParam::name));
}

}  // namespace
}  // namespace glass

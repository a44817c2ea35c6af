#include "spinglass/transfer_matrix.hpp"

#include <gtest/gtest.h>

#include "bench/conformance.hpp"
#include "models/core/error.hpp"
#include "models/diluted_p_spin.hpp"
#include "models/edwards_anderson.hpp"
#include "models/sk.hpp"
#include "spinglass/exact.hpp"
#include "spinglass/gray_code.hpp"
#include "spinglass/kaufman.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

EdwardsAndersonOptions options(Index l, double temperature, const char* boundary) {
  EdwardsAndersonOptions o;
  o.d = 2;
  o.l = l;
  o.temperature = temperature;
  o.boundary = boundary;
  return o;
}

void expect_exact(const auto& t, int order, const std::string& what) {
  const TermList terms = terms_of(t, order);
  const TransferMatrix m(terms, t.environment());
  const Enumeration e = enumerate_by_gray_code(terms, t.environment());
  const double digits = 1e-12 * (1 + std::abs(e.log_partition));
  EXPECT_NEAR(m.log_partition(), e.log_partition, digits) << what;
  const TransferMatrix::Means means = m.means();
  EXPECT_LE((means.spin - e.spin).cwiseAbs().maxCoeff(), 1e-11) << what;
  EXPECT_NEAR(means.log_likelihood, e.log_likelihood, 10 * digits) << what;
}

TEST(TransferMatrix, IsTheSumOverConfigurations) {
  for (const char* boundary : {"open", "cylinder", "periodic"})
    for (const double temperature : {3.0, 0.5, 0.02}) {  // weights over 1e-308 apart at the last
      EdwardsAndersonOptions o = options(4, temperature, boundary);
      expect_exact(EdwardsAnderson::make(o, 3), 2, std::string("+-J ") + boundary);
      o.couplings = "gaussian";
      o.field = 0.1;
      o.field_spread = 0.5;
      o.pins = 3;
      expect_exact(EdwardsAnderson::make(o, 4), 2, std::string("gaussian ") + boundary);
    }
  EdwardsAndersonOptions cube = options(2, 0.7, "open");
  cube.d = 3;
  expect_exact(EdwardsAnderson::make(cube, 5), 2, "cube");
  SkOptions sk;
  sk.temperature = 0.3;
  sk.field_spread = 0.3;
  for (sk.n = 1; sk.n < 12; sk.n += 5) expect_exact(Sk::make(sk, 6), 2, "sk");
  for (const int p : {2, 3, 5}) {  // terms of any order, sites without any
    DilutedPSpinOptions o;
    o.p = p;
    o.n = 13;
    o.temperature = 0.6;
    o.field_spread = 0.2;
    o.pins = 2;
    expect_exact(DilutedPSpin::make(o, 7), p, "diluted");
  }
}

/// Where enumeration cannot go: an open ferromagnet of width 2 is a ladder of known transfer matrix, and a torus has
/// Kaufman's formula.
TEST(TransferMatrix, AgreesWithKaufmanOnTheTorus) {
  for (const Index l : {5, 8}) {
    EdwardsAndersonOptions o = options(l, 1 / 0.44, "periodic");
    o.p = 1;
    const PairGraph t = EdwardsAnderson::make(o, 1);
    double k = 0;
    t.for_each_neighbour(0, [&](Index, float bj) { k = double(bj); });
    const TransferMatrix m(terms_of(t, 2), t.environment());
    const TorusIsing z = kaufman(l, l, k);
    EXPECT_NEAR(m.log_partition(), z.log_partition, 1e-9);
    EXPECT_NEAR(m.means().log_likelihood, z.log_likelihood, 1e-8);
    EXPECT_LE(m.means().spin.cwiseAbs().maxCoeff(), 1e-10);
    EXPECT_EQ(m.frontier(), 2 * l + 1);
  }
}

TEST(TransferMatrix, DrawsHaveTheLawAndKnowIt) {
  EdwardsAndersonOptions o = options(3, 0.9, "cylinder");
  o.field_spread = 0.4;
  o.pins = 1;
  const PairGraph t = EdwardsAnderson::make(o, 8);
  const TransferMatrix m(terms_of(t, 2), t.environment());
  const Eigen::VectorXd p = Exact(t).probabilities(t.base(1));
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(p.size());
  Stream rng({9, Purpose::test}, 0);
  Eigen::VectorXf x(9);
  for (int k = 0; k < 40000; ++k) {
    const double log_p = m.draw(rng, x);
    const Index number = Exact::number_of(x);
    ++counts(number);
    ASSERT_NEAR(log_p, std::log(p(number)), 1e-5);
    ASSERT_EQ(log_p, m.log_prob(x));
  }
  EXPECT_GT(law_check("draws", counts, p).p_value, checks::kLevel);
  x = -t.environment().pins.unaryExpr([](float v) { return v == Tilt::kFree ? 1.0f : v; });
  EXPECT_EQ(m.log_prob(x), -std::numeric_limits<double>::infinity());  // against the pin
}

/// Nishimori: in a planted instance of width 12 the signal and an exact draw have the same mean energy, -tanh(1/T) a
/// bond, and E q(x, x*) = E q(x, x').
TEST(TransferMatrix, DrawsAndSignalAreAlikeOnTheNishimoriLine) {
  EdwardsAndersonOptions o = options(12, 1.0, "open");
  o.planted = true;
  o.field = 0.1;
  o.field_spread = 0.3;
  checks::Mean energy, overlap, mean_energy;
  Stream rng({10, Purpose::test}, 0);
  Batch x(144, 2);
  for (o.instance = 0; o.instance < 60; ++o.instance) {
    const PairGraph t = EdwardsAnderson::make(o, 11);
    const TransferMatrix m(terms_of(t, 2), t.environment());
    m.draw(rng, x.col(0));
    m.draw(rng, x.col(1));
    const double signal = t.log_likelihood(t.truth())(0);
    energy.add((t.log_likelihood(x)(0) - signal) / 144);
    mean_energy.add((m.means().log_likelihood - signal) / 144);
    overlap.add(double(x.col(0).dot(t.truth()) - x.col(0).dot(x.col(1))) / 144);
  }
  checks::expect_mean(energy, 0, "energy of a draw less the signal's");
  checks::expect_mean(mean_energy, 0, "mean energy less the signal's");
  checks::expect_mean(overlap, 0, "q(x, x*) - q(x, x')");
}

TEST(TransferMatrix, WideFrontiersAreRefused) {
  const PairGraph wide = EdwardsAnderson::make(options(16, 1, "periodic"), 1);
  EXPECT_THROW(TransferMatrix(terms_of(wide, 2), wide.environment()), Refused);
  SkOptions sk;
  sk.n = 30;
  const Sk dense = Sk::make(sk, 1);
  EXPECT_THROW(TransferMatrix(terms_of(dense, 2), dense.environment()), Refused);
}

}  // namespace
}  // namespace glass

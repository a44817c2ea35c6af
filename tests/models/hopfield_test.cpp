#include "models/hopfield.hpp"

#include <gtest/gtest.h>

#include "bench/conformance.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

Couplings hebb(const Batch& xi) {
  const Index n = xi.rows();
  Couplings j(n, n);
  for (Index a = 0; a < n; ++a)
    for (Index b = 0; b < n; ++b)
      if (a != b) j(a, b) = xi.row(a).dot(xi.row(b)) / float(n);
  return j;
}
Eigen::VectorXf signs(Index k, Index n) {
  Eigen::VectorXf x(n);
  for (Index i = 0; i < n; ++i) x(i) = k >> i & 1 ? 1.f : -1.f;
  return x;
}
Index number(const Eigen::VectorXf& x) {
  Index k = 0;
  for (Index i = 0; i < x.size(); ++i) k |= Index{x(i) > 0} << i;
  return k;
}

/// Every pattern on 5 sites, null and round a signal: P(xi | x*) ~ exp((beta/2N)(xi.x*)^2).
TEST(Hopfield, PatternsHaveTheStatedLaw) {
  const Index n = 5, draws = 40000;
  const double beta = 1.7;
  Stream rng({4, Purpose::test}, 0);
  for (const bool planted : {false, true}) {
    const Eigen::VectorXf signal = planted ? signs(11, n) : Eigen::VectorXf();
    Eigen::VectorXd p(32), counts = Eigen::VectorXd::Zero(32);
    for (Index k = 0; k < 32; ++k)
      p(k) = planted ? std::exp(beta / (2.0 * n) * std::pow(double(signs(k, n).dot(signal)), 2)) : 1;
    const Batch xi = draw_patterns(n, draws, beta, signal, rng);
    for (Index m = 0; m < draws; ++m) counts(number(xi.col(m))) += 1;
    EXPECT_GT(law_check("patterns", counts, p / p.sum()).p_value, 1e-4);
  }
}

/// All signals and all pairs of patterns on 4 sites: the joint frequency of (x*, J) against the enumerated one, which
/// is prior(J) times the model's own exp(-beta H(x*; J)). That is what makes x* a draw of the posterior.
TEST(Hopfield, SignalIsADrawOfThePosteriorByEnumeration) {
  HopfieldOptions o;
  o.n = 4;
  o.alpha = 0.5;  // two patterns
  o.temperature = 0.6;
  o.field = 0.25;
  o.planted = true;
  ASSERT_EQ(Hopfield::patterns(o), 2);
  // instances are told apart by their couplings, a few of the 16 sign classes of J
  std::vector<Eigen::MatrixXf> kinds;
  const auto kind = [&](const Eigen::MatrixXf& j) {
    for (std::size_t k = 0; k < kinds.size(); ++k)
      if ((kinds[k] - j).cwiseAbs().maxCoeff() < 1e-4f) return Index(k);
    kinds.push_back(j);
    return Index(kinds.size() - 1);
  };
  Eigen::MatrixXd weight = Eigen::MatrixXd::Zero(16, 64);
  Environment env = Hopfield::make(o, 1).environment();
  for (Index a = 0; a < 16; ++a)
    for (Index b = 0; b < 16; ++b) {
      Batch xi(4, 2);
      xi << signs(a, 4), signs(b, 4);
      const Sk model(hebb(xi), env);
      const Index k = kind(hebb(xi).matrix());
      for (Index x = 0; x < 16; ++x) weight(x, k) += std::exp(model.log_likelihood(signs(x, 4))(0));
    }
  Eigen::MatrixXd counts = Eigen::MatrixXd::Zero(16, 64);
  for (o.instance = 0; o.instance < 30000; ++o.instance) {
    const Sk t = Hopfield::make(o, 21);
    counts(number(t.truth()), kind(Eigen::MatrixXf(t.couplings().matrix()) / float(t.beta()))) += 1;
  }
  ASSERT_LE(kinds.size(), 64u);
  const Index used = Index(kinds.size());
  const Eigen::VectorXd p = weight.leftCols(used).reshaped() / weight.sum(), c = counts.leftCols(used).reshaped();
  EXPECT_GT(law_check("(x*, J)", c, p).p_value, 1e-4);
  // with x* drawn independently of J the same test fails: it has power
  const Eigen::VectorXd apart =
      (counts.rowwise().sum() * counts.colwise().sum() / counts.sum()).leftCols(used).reshaped();
  EXPECT_LT(law_check("apart", apart, p).p_value, 1e-9);
}

TEST(Hopfield, FieldsAndPinsAreThoseOfSpins) {
  HopfieldOptions o;
  o.n = 33;
  o.alpha = 0.3;
  o.temperature = 0.5;
  o.field_spread = 0.4;
  o.pins = 4;
  o.planted = true;
  const Sk t = Hopfield::make(o, 5);
  checks::expect_spin_target(t, false, "hopfield");
  for (Index i = 0; i < 33; ++i) {
    EXPECT_TRUE(t.environment().pins(i) == Tilt::kFree || t.environment().pins(i) == t.truth()(i));
  }
}

}  // namespace
}  // namespace glass

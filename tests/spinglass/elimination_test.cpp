#include "spinglass/elimination.hpp"

#include <gtest/gtest.h>

#include "bench/conformance.hpp"
#include "bench/registry.hpp"
#include "models/core/error.hpp"
#include "models/xorsat.hpp"
#include "spinglass/exact.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

XorsatOptions options(Index n, double alpha, bool planted, Index pins = 0) {
  XorsatOptions o;
  o.n = n;
  o.alpha = alpha;
  o.planted = planted;
  o.pins = pins;
  return o;
}
Elimination of(const SparsePSpin& t) { return {terms_of(t, t.order()), t.environment()}; }

bool solves(const SparsePSpin& t, const Eigen::VectorXf& x) {
  bool all = true;
  t.for_each_term([&](const auto& s, double j) {
    for (const Index i : s) j *= double(x(i));
    all = all && j > 0;
  });
  for (Index i = 0; i < t.sites(); ++i)
    all = all && (t.environment().pins(i) == Tilt::kFree || t.environment().pins(i) == x(i));
  return all;
}

/// Solutions by looking at all configurations: their number, means, and the uniform law of the draws.
TEST(Elimination, SolutionsAreThoseOfEnumeration) {
  for (const int p : {2, 3, 4})
    for (const double alpha : {0.3, 0.7, 1.2})
      for (const Index pins : {0, 2}) {
        XorsatOptions o = options(11, alpha, true, pins);
        o.p = p;
        o.instance = std::uint32_t(10 * alpha);
        const SparsePSpin t = Xorsat::make(o, 3);
        const Elimination e = of(t);
        Eigen::VectorXd mean = Eigen::VectorXd::Zero(11);
        Eigen::VectorXf x(11);
        double count = 0;
        for (Index k = 0; k < 2048; ++k) {
          Exact::configuration(k, x);
          const bool good = solves(t, x);
          EXPECT_EQ(e.log_prob(x), good ? -e.entropy() : -std::numeric_limits<double>::infinity());
          if (!good) continue;
          ++count;
          mean += x.cast<double>();
        }
        EXPECT_NEAR(e.entropy(), std::log(count), 1e-12);
        EXPECT_EQ(e.means(), mean / count);
        const double all = t.environment().beta * double(t.terms());
        EXPECT_EQ(e.log_likelihood(), all);
        EXPECT_NEAR(e.log_partition(), all + std::log(count), 1e-9 * all);
      }
}

TEST(Elimination, DrawsAreUniformOverSolutions) {
  const SparsePSpin t = Xorsat::make(options(10, 0.5, true, 1), 4);
  const Elimination e = of(t);
  const Eigen::VectorXd p = Exact(t).probabilities(t.base(1));
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(p.size());
  Stream rng({5, Purpose::test}, 0);
  Eigen::VectorXf x(10);
  for (int k = 0; k < 20000; ++k) {
    EXPECT_EQ(e.draw(rng, x), -e.entropy());
    ++counts(Exact::number_of(x));
  }
  ASSERT_GT((p.array() > 0).count(), 8);
  EXPECT_GT(law_check("draws", counts, p).p_value, checks::kLevel);
}

/// As a sampler, by its name: what every generator owes.
TEST(Elimination, TheSamplerConformsAndIsRefusedElsewhere) {
  const auto model = make_model("xorsat:p=3,n=9,alpha=0.5,planted=true,pins=1", 2);
  Batch all(9, 512);
  for (Index k = 0; k < 512; ++k) Exact::configuration(k, all.col(k));
  Eigen::VectorXd p = model->log_likelihood(all).transpose();
  for (Index k = 0; k < 512; ++k)
    for (Index i = 0; i < 9; ++i)
      if (model->environment().pins(i) == -all(i, k)) p(k) = -1e300;
  p = (p.array() - p.maxCoeff()).exp();
  p /= p.sum();
  const Conformance c = check_conformance(
      "elimination", [&](Streams rng) { return make_sampler(*model, "elimination", std::move(rng), 64); }, p,
      {.seed = 3, .columns = 10000});
  EXPECT_TRUE(c.passed(checks::kLevel)) << c.smallest_p() << (c.violations.empty() ? "" : c.violations[0]);
  for (const char* other : {"xorsat:n=9,temperature=0.5", "sk:n=6", "xorsat:n=9,alpha=3"})  // the last has no solution
    EXPECT_THROW(make_sampler(*make_model(other, 1), "elimination", Streams({1, Purpose::sampler}, 1)), Refused)
        << other;
}

TEST(Elimination, SolvesLargeSystems) {
  const SparsePSpin t = Xorsat::make(options(2100, 0.95, true, 5), 6);
  const Elimination e = of(t);
  Stream rng({7, Purpose::test}, 0);
  Eigen::VectorXf x(2100);
  e.draw(rng, x);
  EXPECT_TRUE(solves(t, x));
  EXPECT_NE(x, t.truth());
  EXPECT_EQ(e.log_prob(t.truth()), -e.entropy());
  const Eigen::VectorXd m = e.means();
  for (Index i = 0; i < 2100; ++i) {
    if (m(i) != 0) {
      EXPECT_EQ(m(i), double(t.truth()(i)));
    }
  }
  EXPECT_GT((m.array() != 0).count(), 1000);  // alpha above alpha_d = 0.818 of the frozen core, by far
  EXPECT_LT((m.array() != 0).count(), 2100);
}

/// Below alpha_s the number of solutions is 2^{N - M} up to few dependent equations (Dubois and Mandler 2002).
TEST(Elimination, EntropyIsThatOfIndependentEquations) {
  const SparsePSpin t = Xorsat::make(options(3000, 0.85, false), 8);
  const Elimination e = of(t);
  EXPECT_GE(e.rank(), t.terms() - 3);
  EXPECT_LE(e.rank(), t.terms());
}

}  // namespace
}  // namespace glass

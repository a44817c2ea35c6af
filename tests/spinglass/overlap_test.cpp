#include "spinglass/overlap.hpp"

#include <gtest/gtest.h>

#include "models/core/random.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

TEST(Overlap, AgreesWithSumsSpinBySpin) {
  Stream rng({3, Purpose::test}, 0);
  const Batch x = checks::random_spins(13, 7, rng);
  const Eigen::VectorXf y = checks::normal_vector(13, rng);  // a posterior mean may stand in for one side
  const PerColumn m = magnetisation(x), q = overlap(x, y);
  ASSERT_EQ(m.size(), 7);
  ASSERT_EQ(q.size(), 7);
  PairOverlap pairs;
  for (Index a = 0; a < 7; ++a) {
    double sum = 0, dot = 0;
    for (Index i = 0; i < 13; ++i) {
      sum += double(x(i, a));
      dot += double(x(i, a)) * double(y(i));
    }
    EXPECT_NEAR(m(a), sum / 13, 1e-12);
    EXPECT_NEAR(q(a), dot / 13, 1e-12);
    for (Index b = 0; b < a; ++b) {
      double gram = 0;
      for (Index i = 0; i < 13; ++i) gram += double(x(i, a)) * double(x(i, b));
      pairs.q += gram / 13 / 21;
      pairs.q2 += gram * gram / (13 * 13) / 21;
    }
  }
  const PairOverlap found = pair_overlap(x);
  EXPECT_EQ(found.pairs, 21);
  EXPECT_NEAR(found.q, pairs.q, 1e-12);
  EXPECT_NEAR(found.q2, pairs.q2, 1e-12);
}

TEST(Overlap, KnownValues) {
  Batch x(4, 3);
  x << 1, 1, -1,  //
      1, 1, -1,   //
      1, -1, -1,  //
      1, -1, -1;
  EXPECT_EQ(magnetisation(x), PerColumn({{1.0, 0.0, -1.0}}));
  EXPECT_EQ(overlap(x, x.col(0)), PerColumn({{1.0, 0.0, -1.0}}));
  const PairOverlap p = pair_overlap(x);  // pairs 0, -1, 0
  EXPECT_EQ(p.pairs, 3);
  EXPECT_DOUBLE_EQ(p.q, -1.0 / 3);
  EXPECT_DOUBLE_EQ(p.q2, 1.0 / 3);
}

TEST(Overlap, OneColumnHasNoPairs) {
  const PairOverlap p = pair_overlap(Batch::Ones(5, 1));
  EXPECT_EQ(p.pairs, 0);
  EXPECT_EQ(p.q, 0);
  EXPECT_EQ(p.q2, 0);
}

TEST(Overlap, IndependentSpinsOverlapByChanceOnly) {
  // E q = 0, E q^2 = 1/N over pairs; pairs of one batch are uncorrelated for i.i.d. columns
  Stream rng({4, Purpose::test}, 0);
  checks::Mean q, q2;
  for (int k = 0; k < 200; ++k) {
    const PairOverlap p = pair_overlap(checks::random_spins(40, 6, rng));
    q.add(p.q);
    q2.add(p.q2);
  }
  checks::expect_mean(q, 0, "q");
  checks::expect_mean(q2, 1.0 / 40, "q^2");
}

}  // namespace
}  // namespace glass

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

/// Potts: the sum over pairs of sites of [x_i = x_j][y_i = y_j], so no relabelling of either changes it.
TEST(Overlap, OfPottsSitesCountsPairsThatAgreeInBoth) {
  const Alphabet a = Alphabet::potts(3);
  constexpr Index kSites = 14;
  Stream rng({4, Purpose::test}, 0);
  Eigen::MatrixXi s(kSites, 4);
  Batch x(3 * kSites, 4);
  for (Index c = 0; c < 4; ++c)
    for (Index i = 0; i < kSites; ++i) {
      s(i, c) = int(rng.uniform() * 3);
      a.show(c == 3 ? (s(i, 0) + 1) % 3 : s(i, c), &x(3 * i, c));  // the last is the first, relabelled
    }
  s.col(3) = (s.col(0).array() + 1).unaryExpr([](int v) { return v % 3; });
  const auto naive = [&](Index c, Index d) {
    double sum = 0;
    for (Index i = 0; i < kSites; ++i)
      for (Index j = 0; j < kSites; ++j) sum += s(i, c) == s(j, c) && s(i, d) == s(j, d);
    return sum / (kSites * kSites);
  };
  const PerColumn q = overlap(x, x.col(0), a);
  double mean = 0, square = 0;
  for (Index c = 0; c < 4; ++c) {
    EXPECT_NEAR(q(c), naive(c, 0), 1e-12);
    for (Index d = 0; d < c; ++d) {
      mean += naive(c, d) / 6;
      square += naive(c, d) * naive(c, d) / 6;
    }
  }
  EXPECT_EQ(q(3), q(0));
  const PairOverlap pairs = pair_overlap(x, a);
  EXPECT_EQ(pairs.pairs, 6);
  EXPECT_NEAR(pairs.q, mean, 1e-12);
  EXPECT_NEAR(pairs.q2, square, 1e-12);
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

TEST(OverlapHistogram, BinsHoldWholeNumbersOfGridValues) {
  for (const Index n : {1, 2, 50, 51, 100, 101, 1000}) {
    OverlapHistogram h(n);
    const Eigen::VectorXd e = h.edges();
    ASSERT_LE(e.size() - 1, 51) << n;
    EXPECT_NEAR(e(0), -1 - 1.0 / double(n), 1e-12);
    EXPECT_NEAR(e(e.size() - 1), 1 + 1.0 / double(n), 1e-12);
    EXPECT_TRUE(h.density().isZero(0));
    for (Index k = 0; k <= n; ++k) h.add((2.0 * double(k) - double(n)) / double(n));  // each grid value once: flat
    const double flat = 1 / (2 + 2.0 / double(n));
    EXPECT_TRUE(h.density().isApproxToConstant(flat, 1e-9)) << n << ": " << h.density().transpose();
  }
}

TEST(OverlapHistogram, CountsLieBetweenTheirEdges) {
  OverlapHistogram h(100);  // bins of two values
  h.add(1.0);
  h.add(0.02);
  h.add(0.02);
  h.add(-1.0);
  const Eigen::VectorXd e = h.edges(), d = h.density();
  for (Index k = 0; k < d.size(); ++k) {
    const auto in = [&](double q) { return e(k) < q && q < e(k + 1); };
    EXPECT_NEAR(d(k) * (e(k + 1) - e(k)), 0.25 * in(1.0) + 0.5 * in(0.02) + 0.25 * in(-1.0), 1e-12) << k;
  }
}

}  // namespace
}  // namespace glass

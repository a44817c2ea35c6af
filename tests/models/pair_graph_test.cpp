#include "models/pair_graph.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "tests/models/checks.hpp"

namespace glass {
namespace {

Environment environment(Index n, double beta) {
  Environment e;
  e.beta = beta;
  e.h = Eigen::VectorXf::LinSpaced(n, -0.5f, 0.7f);
  e.pins = Eigen::VectorXf::Constant(n, Tilt::kFree);
  return e;
}
TermList bonds(std::vector<std::int32_t> sites, std::vector<double> j) { return {2, std::move(sites), std::move(j)}; }

TEST(PairGraph, FieldsFlipsAndLikelihoodAgreeWithTheTerms) {
  // degrees from 0 to 5, terms in no order
  const TermList terms = bonds({3, 5, 0, 5, 1, 2, 5, 6, 2, 5, 0, 1, 4, 5}, {0.5, -1, 2, 0.3, -0.7, 1.5, 0});
  const PairGraph t(terms, environment(9, 0.8));
  EXPECT_EQ(t.bonds(), 7);
  EXPECT_EQ(t.degree(5), 5);
  EXPECT_EQ(t.degree(8), 0);
  checks::expect_spin_target(t, true, "pair graph");
  TermList back = terms_of(t, 2);
  EXPECT_EQ(back.sites, (std::vector<std::int32_t>{0, 1, 0, 5, 1, 2, 2, 5, 3, 5, 4, 5, 5, 6}));
  EXPECT_EQ(back.size(), 7);
  EXPECT_NEAR(back.couplings[3], -0.7, 1e-7);
  const PairGraph again(back, t.environment());
  EXPECT_EQ(again.open(Batch::Ones(9, 1)).g, t.open(Batch::Ones(9, 1)).g);
}

TEST(PairGraph, NeighboursCarryBetaJ) {
  const PairGraph t(bonds({0, 1, 1, 2}, {0.5, -2}), environment(3, 0.5));
  std::vector<std::pair<Index, float>> seen;
  t.for_each_neighbour(1, [&](Index j, float bj) { seen.emplace_back(j, bj); });
  EXPECT_EQ(seen, (std::vector<std::pair<Index, float>>{{0, 0.25f}, {2, -1.0f}}));
}

TEST(PairGraph, WhatIsNotAGraphIsRefused) {
  const auto make = [](TermList t) { PairGraph(std::move(t), environment(3, 1)); };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(make(bonds({1, 1}, {1})), std::invalid_argument);
  EXPECT_THROW(make(bonds({0, 3}, {1})), std::invalid_argument);
  EXPECT_THROW(make(bonds({-1, 2}, {1})), std::invalid_argument);
  EXPECT_THROW(make(bonds({0, 1, 0, 1}, {1, 1})), std::invalid_argument);
  EXPECT_THROW(make(bonds({0, 1}, {nan})), std::invalid_argument);
  EXPECT_THROW(make(bonds({0, 1}, {1e60})), std::invalid_argument);
  EXPECT_THROW(make({3, {0, 1, 2}, {1}}), std::invalid_argument);
  EXPECT_NO_THROW(make(bonds({}, {})));
}

}  // namespace
}  // namespace glass

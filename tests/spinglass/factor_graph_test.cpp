#include "spinglass/factor_graph.hpp"

#include <gtest/gtest.h>

#include "models/pair_graph.hpp"
#include "models/sk.hpp"
#include "models/sparse_p_spin.hpp"

namespace glass {
namespace {

static_assert(FactorTarget<PairGraph> && FactorTarget<SparsePSpin> && FactorTarget<NotAllEqual> && !FactorTarget<Sk>);

Environment plain(Index n, double beta) {
  Environment env;
  env.beta = beta;
  env.h = Eigen::VectorXf::Zero(n);
  env.pins = Eigen::VectorXf::Constant(n, Tilt::kFree);
  return env;
}

/// Every term once, with beta J, and from each site back to its factors.
TEST(FactorGraph, HoldsTheTermsOfSpins) {
  TermList terms{3, {}, {}};
  terms.add(std::vector<Index>{4, 0, 2}, 0.5);
  terms.add(std::vector<Index>{1, 2, 3}, -2);
  const FactorGraph g = factor_graph(SparsePSpin(terms, plain(6, 0.5)));
  EXPECT_EQ(g.kind, FactorGraph::Kind::parity);
  EXPECT_EQ(g.order, 3);
  EXPECT_EQ(g.sites(), 6);
  EXPECT_EQ(g.factors(), 2);
  EXPECT_EQ(g.literals, (std::vector<std::uint32_t>{0, 4, 8, 2, 4, 6}));
  EXPECT_EQ(g.strength, (std::vector<float>{0.25f, -1.0f}));
  const auto of = [&](Index i) { return std::vector<std::uint32_t>(g.of_site(i).begin(), g.of_site(i).end()); };
  EXPECT_EQ(of(2), (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(of(4), std::vector<std::uint32_t>{0});
  EXPECT_TRUE(of(5).empty());
  TermList bonds{2, {}, {}};
  bonds.add(std::vector<Index>{1, 0}, 3);
  EXPECT_EQ(factor_graph(PairGraph(bonds, plain(2, 2))).strength, std::vector<float>{6.0f});
}

TEST(FactorGraph, HoldsClausesWithTheirSigns) {
  const FactorGraph g = factor_graph(NotAllEqual({3, {0, 3, 4, 5, 0, 2}}, plain(3, 7)));
  EXPECT_EQ(g.kind, FactorGraph::Kind::not_all_equal);
  EXPECT_EQ(g.literals, (std::vector<std::uint32_t>{0, 3, 4, 5, 0, 2}));
  EXPECT_EQ(g.strength, (std::vector<float>{7, 7}));
  EXPECT_EQ(g.of_site(1).size(), 2u);
}

}  // namespace
}  // namespace glass

#include "models/random_hypergraph.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "bench/conformance.hpp"
#include "models/core/error.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

using Sites = std::vector<std::int32_t>;
Sites of(const TermList& t, Index k) { return {t.of(k).begin(), t.of(k).end()}; }

void expect_simple(const TermList& t, Index n, const std::string& what) {
  std::set<Sites> seen;
  for (Index k = 0; k < t.size(); ++k) {
    const Sites s = of(t, k);
    EXPECT_TRUE(seen.insert(s).second) << what;
    for (std::size_t a = 0; a < s.size(); ++a) {
      EXPECT_TRUE(s[a] >= 0 && s[a] < n && (a == 0 || s[a - 1] < s[a])) << what;
    }
  }
}

TEST(RandomHypergraph, ClausesAreDifferentAndTheirSitesToo) {
  Stream rng({1, Purpose::test}, 0);
  for (const auto& [n, p, count] : {std::array<Index, 3>{8, 3, 56}, {8, 3, 20}, {8, 3, 10}, {50, 2, 300}, {7, 6, 7}}) {
    const TermList t = uniform_hypergraph("test", n, int(p), count, rng);
    EXPECT_EQ(t.size(), count);
    expect_simple(t, n, "uniform");
  }
  EXPECT_THROW(uniform_hypergraph("test", 8, 3, 57, rng), BadInput);
  EXPECT_THROW(uniform_hypergraph("test", 2, 3, 1, rng), BadInput);
  EXPECT_EQ(uniform_hypergraph("test", 2, 3, 0, rng).size(), 0);
}

TEST(RandomHypergraph, RegularOnesAreRegular) {
  Stream rng({2, Purpose::test}, 0);
  for (const auto& [n, p, degree] :
       {std::array<Index, 3>{9, 3, 2}, {8, 2, 3}, {6, 3, 10}, {8, 2, 7}, {4, 2, 3}, {300, 3, 6}, {200, 6, 3}}) {
    const TermList t = regular_hypergraph("test", n, int(p), degree, rng);
    expect_simple(t, n, "regular");
    std::vector<Index> seen(static_cast<std::size_t>(n));
    for (const auto i : t.sites) ++seen[std::size_t(i)];
    EXPECT_EQ(seen, std::vector<Index>(std::size_t(n), degree));
  }
  EXPECT_THROW(regular_hypergraph("test", 10, 3, 2, rng), BadInput);
  EXPECT_THROW(regular_hypergraph("test", 5, 2, 6, rng), BadInput);
}

/// All sets of 3 of the 10 pairs of 5 sites, by both ways of drawing (few left out, few taken).
TEST(RandomHypergraph, EverySetOfClausesIsEquallyLikely) {
  Stream rng({3, Purpose::test}, 0);
  for (const Index count : {Index{3}, Index{2}}) {
    std::map<std::set<Sites>, double> seen;
    for (int k = 0; k < 12000; ++k) {
      const TermList t = uniform_hypergraph("test", 5, 2, count, rng);
      std::set<Sites> all;
      for (Index a = 0; a < count; ++a) all.insert(of(t, a));
      ++seen[all];
    }
    const Index sets = count == 3 ? 120 : 45;
    ASSERT_EQ(Index(seen.size()), sets);
    Eigen::VectorXd counts(sets);
    Index at = 0;
    for (const auto& [set, times] : seen) counts(at++) = times;
    EXPECT_GT(law_check("sets", counts, Eigen::VectorXd::Constant(sets, 1.0 / double(sets))).p_value, checks::kLevel);
  }
}

/// 2-regular graphs on 6 sites: 60 hexagons and 10 pairs of triangles. The exchanges leave them near uniform, which is
/// all that is promised: one in seven is a pair of triangles, within a third.
TEST(RandomHypergraph, RegularOnesAreNearlyUniform) {
  Stream rng({4, Purpose::test}, 0);
  double triangles = 0;
  for (int k = 0; k < 4000; ++k) {
    const TermList t = regular_hypergraph("test", 6, 2, 2, rng);
    std::vector<std::int32_t> part(6);
    for (std::size_t i = 0; i < 6; ++i) part[i] = std::int32_t(i);
    for (int round = 0; round < 6; ++round)
      for (Index a = 0; a < t.size(); ++a) {
        const auto s = t.of(a);
        const auto least = std::min(part[std::size_t(s[0])], part[std::size_t(s[1])]);
        part[std::size_t(s[0])] = part[std::size_t(s[1])] = least;
      }
    triangles += part != std::vector<std::int32_t>(6, 0);
  }
  EXPECT_NEAR(triangles / 4000, 1.0 / 7, 1.0 / 21);
}

}  // namespace
}  // namespace glass

#include "models/sparse_p_spin.hpp"

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

TEST(SparsePSpin, FieldsFlipsAndLikelihoodAgreeWithTheTerms) {
  const std::vector<std::vector<Index>> clauses{
      {7, 2, 5, 3, 1, 0}, {0, 1, 2, 3, 4, 5}, {8, 6, 4, 2, 0, 1}, {5, 6, 7, 8, 4, 3}, {0, 2, 4, 6, 7, 8}};
  for (int p = 2; p <= 6; ++p) {
    TermList terms{p, {}, {}};
    double j = 0.5;
    for (const auto& c : clauses) terms.add(std::span(c).first(std::size_t(p)), j *= -1.3);
    const SparsePSpin t(terms, environment(10, 0.8));
    EXPECT_EQ(t.terms(), 5);
    EXPECT_EQ(t.order(), p);
    checks::expect_spin_target(t, true, "sparse p-spin p=" + std::to_string(p));
    const TermList back = terms_of(t, p);
    EXPECT_EQ(back.size(), 5);
    for (Index k = 0; k + 1 < back.size(); ++k)
      EXPECT_TRUE(std::ranges::lexicographical_compare(back.of(k), back.of(k + 1)));
    const SparsePSpin again(back, t.environment());
    EXPECT_EQ(again.open(Batch::Ones(10, 1)).g, t.open(Batch::Ones(10, 1)).g);
  }
}

TEST(SparsePSpin, WhatIsNotAListOfTermsIsRefused) {
  const auto make = [](TermList t) { SparsePSpin(std::move(t), environment(4, 1)); };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(make({3, {0, 1, 1}, {1}}), std::invalid_argument);
  EXPECT_THROW(make({3, {0, 1, 4}, {1}}), std::invalid_argument);
  EXPECT_THROW(make({3, {-1, 1, 2}, {1}}), std::invalid_argument);
  EXPECT_THROW(make({3, {0, 1, 2, 1, 2, 3, 0, 1, 2}, {1, 1, 1}}), std::invalid_argument);
  EXPECT_THROW(make({3, {0, 1, 2}, {nan}}), std::invalid_argument);
  EXPECT_THROW(make({7, {0, 1, 2, 3, 4, 5, 6}, {1}}), std::invalid_argument);
  EXPECT_NO_THROW(make({3, {}, {}}));
}

}  // namespace
}  // namespace glass

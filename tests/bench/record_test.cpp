#include "bench/record.hpp"

#include <gtest/gtest.h>

namespace glass {
namespace {

/// After step t, site i of column c is +1 where i < t + c, and column c has made c t journeys.
struct Staircase {
  struct State {
    Streams rng;
    int steps = 0;
    static void visit(auto& s, auto&& f) { f(s.rng, s.steps); }
  };
  Traits traits() const { return {"staircase", Kind::chain, Promise::exact_in_the_limit}; }
  State init(Streams rng) const { return {std::move(rng), 0}; }
  void restart(State& s) const { s.steps = 0; }
  StepInfo step(State& s) const {
    ++s.steps;
    return {};
  }
  void read(const State& s, BatchOut x) const {
    for (Index c = 0; c < x.cols(); ++c)
      for (Index i = 0; i < x.rows(); ++i) x(i, c) = i < s.steps + c ? 1.f : -1.f;
  }
  PerColumn round_trips(const State& s) const {
    return PerColumn::LinSpaced(s.rng.columns(), 0, double(s.rng.columns() - 1)) * s.steps;
  }
};

TEST(Record, HoldsWhatWasSeenAndNothingOfTheWarmUp) {
  const auto model = make_model("sk:n=10,planted=true", 3);
  const auto sampler = erase(Staircase{}, Streams({1, Purpose::sampler}, 4));
  const Schedule schedule{.warmup = 1, .draws = 3, .thin = 2};  // seen at steps 3, 5, 7
  const Record r = record(
      *model, *sampler, 4, schedule, [](int, const Batch&, const PerColumn&, const StepInfo&, const auto&) {}, [] {});
  const auto ups = [](Index chain, int draw) { return double(std::min<Index>(3 + 2 * draw + chain, 10)); };
  ASSERT_EQ(r.m.rows(), 4);
  ASSERT_EQ(r.q_replica.rows(), 2);
  for (int d = 0; d < 3; ++d) {
    Batch x(10, 4);
    for (Index c = 0; c < 4; ++c) {
      for (Index i = 0; i < 10; ++i) x(i, c) = double(i) < ups(c, d) ? 1.f : -1.f;
      EXPECT_DOUBLE_EQ(r.m(c, d), (2 * ups(c, d) - 10) / 10);
      EXPECT_DOUBLE_EQ(r.q_planted(c, d), overlap(x.col(c), model->environment().truth)(0));
    }
    EXPECT_DOUBLE_EQ(r.q_replica(0, d), 1 - 2 * (ups(1, d) - ups(0, d)) / 10);  // chains 0 and 1, then 2 and 3
    EXPECT_DOUBLE_EQ(r.q_replica(1, d), 1 - 2 * (ups(3, d) - ups(2, d)) / 10);
    EXPECT_EQ(r.lp.col(d), model->log_likelihood(x).transpose());
  }
  EXPECT_EQ(r.round_trips, (0 + 1 + 2 + 3) * (7 - 3));  // from the first draw to the last
  // neighbouring chains differ in one spin, q = 0.8: three of the six pairs, at each draw
  const Eigen::VectorXd e = r.pair_overlaps.edges(), density = r.pair_overlaps.density();
  for (Index k = 0; k < density.size(); ++k)
    if (e(k) < 0.8 && 0.8 < e(k + 1)) {
      EXPECT_NEAR(density(k) * (e(k + 1) - e(k)), 9.0 / 18, 1e-12);
    }
  EXPECT_NEAR(r.pair_overlaps.density().sum() * 0.2, 1, 1e-12);
  EXPECT_NEAR(r.planted_overlaps.density().sum() * 0.2, 1, 1e-12);
}

}  // namespace
}  // namespace glass

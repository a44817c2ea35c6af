#include "samplers/blocks.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <sstream>
#include <stdexcept>

#include "samplers/any_sampler.hpp"
#include "tests/samplers/every_sampler.hpp"
#include "tests/samplers/watched_denoiser.hpp"

namespace glass {
namespace {

using namespace reference;

/// Draws, likelihoods, work and the whole state after a few draws, as bytes.
template <class S>
std::string history(const S& s, Index width, Index columns = 37) {
  const auto any = erase(Blocks(s, width), Streams({11, Purpose::sampler}, columns));
  std::ostringstream out;
  Batch x(10, columns);
  for (int k = 0; k < 4; ++k) {
    const StepInfo i = any->next_draw(2);
    if (k < 2) any->adapt();
    any->read(x);
    Saver save{out};
    save(x, i.acceptance, i.unconverged);
    for (const auto& e : Work::ledger()) save.one(i.work.*e.count);
    if (const auto l = any->log_likelihood()) save.one(*l);
    if (const auto q = any->log_prob()) save.one(*q);
  }
  any->save(out);
  return out.str();
}

TEST(Blocks, SameBytesAtAnyNumberOfThreads) {
  const int before = omp_get_max_threads();
  for_each_sampler([&](const std::string& name, const auto& s) {
    omp_set_num_threads(1);
    const std::string one = history(s, 8);
    for (const int threads : {2, 4}) {
      omp_set_num_threads(threads);
      EXPECT_EQ(history(s, 8), one) << name << " at " << threads << " threads";
    }
  });
  omp_set_num_threads(before);
}

/// Kernels and exact denoisers treat each column alone, so for them the width is free as well. (A GEMM may sum in
/// another order at another width: for Sk the width is part of the result, which is why it is fixed.)
TEST(Blocks, WidthDoesNotMatterWhereColumnsAreComputedAlone) {
  const auto draws = [](const auto& s, Index width) {
    const auto any = erase(Blocks(s, width), Streams({12, Purpose::sampler}, 37));
    Batch x(10, 37);
    any->next_draw(30);  // without adapting: the columns of a block share that
    any->read(x);
    return x;
  };
  const auto check = [&](const std::string& name, const auto& s) {
    const Batch one = draws(s, 37);
    for (const Index width : {1, 8, 16}) EXPECT_EQ(draws(s, width), one) << name << " width " << width;
  };
  for_each_sampler_on(small<IsingPSpin>(10, 1.0, 1), check);
  for_each_sampler_on(small<CurieWeiss>(10, 1.2, 1), [&](const std::string& name, const auto& s) {
    if (name.find("hubbard") == name.npos) check(name, s);  // its factorisation solves are Eigen's
  });
}

/// Acceptance is the mean over columns, not over blocks; the rest adds up.
TEST(Blocks, SumsAreOverColumns) {
  const IsingPSpin target = small<IsingPSpin>(10, 1.0);
  const Glauber<IsingPSpin> s(target);
  const Blocks<Glauber<IsingPSpin>> blocks(s, 16);
  auto whole = s.init(Streams({13, Purpose::sampler}, 37));
  auto split = blocks.init(Streams({13, Purpose::sampler}, 37));
  for (int k = 0; k < 5; ++k) {
    const StepInfo a = s.step(whole), b = blocks.step(split);
    EXPECT_NEAR(a.acceptance, b.acceptance, 1e-12);
    EXPECT_EQ(a.work, b.work);
    EXPECT_FALSE(b.finished);
  }
  EXPECT_EQ(s.log_likelihood(whole), blocks.log_likelihood(split));
}

/// ln q of given configurations is each column's own, in whatever block; and what the blocks say adds up.
TEST(Blocks, LogProbOfIsEachColumnsOwn) {
  const IsingPSpin target = small<IsingPSpin>(6, 1.0);
  const Autoregressive<> s(AnyDenoiser(Exact(target), true));
  const Blocks blocks(s, 4);
  auto whole = s.init(Streams({17, Purpose::sampler}, 10));
  auto split = blocks.init(Streams({17, Purpose::sampler}, 10));
  Batch x(6, 10);
  for (Index c = 0; c < 10; ++c) Exact::configuration(5 * c + 3, x.col(c));
  const auto [a, one] = s.log_prob_of(whole, x);
  const auto [b, all] = blocks.log_prob_of(split, x);
  EXPECT_EQ(a, b);
  EXPECT_EQ(blocks.log_prob(split), b);
  EXPECT_EQ(one.work, all.work);
  EXPECT_TRUE(all.finished);
  for (Index c = 1; c < 10; ++c) EXPECT_NE(b(c), b(0));
}

TEST(Blocks, UnconvergedColumnsOfAllBlocksAreSummed) {
  const Blocks blocks(Autoregressive<WatchedDenoiser>(WatchedDenoiser{5, 0.5f}, false), 4);
  auto state = blocks.init(Streams({18, Purpose::sampler}, 10));
  EXPECT_EQ(next_draw(blocks, state).unconverged, 3 * 5 * WatchedDenoiser::kUnconverged);  // blocks, calls
  EXPECT_EQ(blocks.log_prob_of(state, Batch::Ones(5, 10)).second.unconverged, 3 * 5 * WatchedDenoiser::kUnconverged);
}

TEST(Blocks, AdaptReachesEveryBlock) {
  const Blocks blocks(DiscreteLangevin<Sk>(small<Sk>(10, 1.0), {.step = 3.0}), 4);
  auto state = blocks.init(Streams({19, Purpose::sampler}, 10));
  blocks.step(state);
  blocks.adapt(state);
  ASSERT_EQ(state.block.size(), 3u);
  for (const auto& b : state.block) EXPECT_FALSE((b.alpha.log_size.array() == std::log(3.0)).any());
}

TEST(Blocks, PlaceReachesEveryColumn) {
  const Sk target = small<Sk>(10, 1.0);
  const Blocks blocks(Glauber<Sk>(target), 4);
  auto state = blocks.init(Streams({14, Purpose::sampler}, 10));
  Streams rng({15, Purpose::test}, 10);
  const Batch x = random_spins(target.base(10), rng);
  blocks.place(state, x);
  Batch y(10, 10);
  blocks.read(state, y);
  EXPECT_EQ(x, y);
}

/// Fails in the columns whose global number is 20 or more, each with its own message.
struct Fragile {
  struct State {
    Streams rng;
    static void visit(auto& s, auto&& f) { f(s.rng); }
  };
  Traits traits() const { return {"fragile", Kind::chain, Promise::approximate}; }
  State init(Streams rng) const { return {std::move(rng)}; }
  void restart(State&) const {}
  StepInfo step(State& s) const {
    if (s.rng.first() >= 20) throw std::runtime_error("block at " + std::to_string(s.rng.first()));
    return {};
  }
  void read(const State&, BatchOut out) const { out.setOnes(); }
};

TEST(Blocks, TheFirstExceptionPropagates) {
  const Blocks blocks(Fragile{}, 10);
  const int before = omp_get_max_threads();
  for (const int threads : {1, 4}) {
    omp_set_num_threads(threads);
    auto fine = blocks.init(Streams({16, Purpose::sampler}, 20));
    EXPECT_NO_THROW(blocks.step(fine));
    auto state = blocks.init(Streams({16, Purpose::sampler}, 60));
    try {
      blocks.step(state);
      ADD_FAILURE() << "swallowed";
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "block at 20");
    }
  }
  omp_set_num_threads(before);
}

/// Column c of step t has made c * t journeys: a sampler that is nothing but the counter.
struct Journeys {
  struct State {
    Streams rng;
    int steps = 0;
    static void visit(auto& s, auto&& f) { f(s.rng, s.steps); }
  };
  Traits traits() const { return {"journeys", Kind::chain, Promise::exact_in_the_limit}; }
  State init(Streams rng) const { return {std::move(rng), 0}; }
  void restart(State&) const {}
  StepInfo step(State& s) const {
    ++s.steps;
    return {};
  }
  void read(const State&, BatchOut x) const { x.setOnes(); }
  PerColumn round_trips(const State& s) const {
    PerColumn out(s.rng.columns());
    for (Index c = 0; c < out.size(); ++c) out(c) = double(s.rng.first() + c) * s.steps;
    return out;
  }
};

TEST(Blocks, RoundTripsComeBackPerColumn) {
  static_assert(CountsRoundTrips<Journeys> && CountsRoundTrips<Blocks<Journeys>>);
  const auto any = erase(Blocks(Journeys{}, 4), Streams({13, Purpose::sampler}, 11));
  any->next_draw(3);
  const auto trips = any->round_trips();
  ASSERT_TRUE(trips);
  EXPECT_EQ(*trips, PerColumn::LinSpaced(11, 0, 30));
  for_each_sampler([&](const std::string& name, const auto& s) {
    EXPECT_EQ(erase(s, Streams({13, Purpose::sampler}, 2))->round_trips().has_value(),
              CountsRoundTrips<std::decay_t<decltype(s)>>)
        << name;
  });
}

}  // namespace
}  // namespace glass

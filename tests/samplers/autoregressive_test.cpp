#include "samplers/autoregressive.hpp"

#include <gtest/gtest.h>

#include "samplers/any_sampler.hpp"
#include "samplers/blocks.hpp"
#include "spinglass/amp.hpp"
#include "spinglass/exact.hpp"
#include "tests/samplers/reference.hpp"
#include "tests/samplers/watched_denoiser.hpp"

namespace glass {
namespace {

using namespace reference;

template <class T>
struct AutoregressiveTwin : testing::Test {};
using Targets = testing::Types<Sk, IsingPSpin, CurieWeiss>;
TYPED_TEST_SUITE(AutoregressiveTwin, Targets);

template <class T>
AnyDenoiser exact(const T& target) {
  return AnyDenoiser(Exact(target), true);
}

TYPED_TEST(AutoregressiveTwin, ExactMarginalsGiveExactDraws) {
  std::uint32_t seed = 900;
  for (const Index pins : {0, 2})
    for (const char* order : {"random", "fixed", "most-certain-first"}) {
      const TypeParam target = small<TypeParam>(5, 0.6, pins);
      const Autoregressive<> sampler(exact(target), {.order = order});
      EXPECT_EQ(sampler.traits().promise, Promise::exact);
      expect_conforms(check_conformance(std::string(TypeParam::name) + " " + order,
                                        [&](Streams rng) { return erase(Blocks(sampler, 64), std::move(rng)); },
                                        normalised(log_weights(target, target.base(1))), {.seed = ++seed}));
    }
}

/// ln q = ln p, to the rounding of 6 float log-marginals.
TYPED_TEST(AutoregressiveTwin, LogQIsLogP) {
  const TypeParam target = small<TypeParam>(6, 0.5, 1);
  const Eigen::VectorXd p = normalised(log_weights(target, target.base(1)));
  const Autoregressive<> sampler(exact(target));
  auto state = sampler.init(Streams({21, Purpose::sampler}, 500));
  next_draw(sampler, state);
  Batch x(6, 500);
  sampler.read(state, x);
  const auto expect_log_p = [&](const PerColumn& logq) {
    for (Index c = 0; c < 500; ++c) {
      const double logp = std::log(p(number(x.col(c))));
      EXPECT_NEAR(logq(c), logp, 2e-6 * (1 + std::abs(logp)));
    }
  };
  expect_log_p(sampler.log_prob(state));
  expect_log_p(sampler.log_prob_of(state, x).first);
  // the least likely ones, which no draw shows
  for (Index c = 0; c < 64; ++c) Exact::configuration(c, x.col(c));
  const PerColumn logq = sampler.log_prob_of(state, x).first;
  for (Index c = 0; c < 64; ++c)
    if (p(c) > 0) {
      EXPECT_NEAR(logq(c), std::log(p(c)), 2e-6 * (1 - std::log(p(c)))) << c;
    }
}

/// All sites at once: ln q is that of independent marginals, the promise is gone, and the law is another.
TYPED_TEST(AutoregressiveTwin, BlocksAreIndependentMarginals) {
  const TypeParam target = small<TypeParam>(4, 0.5);
  const Eigen::VectorXd p = normalised(log_weights(target, target.base(1)));
  const Autoregressive<> sampler(exact(target), {.block = 4});
  EXPECT_EQ(sampler.traits().promise, Promise::approximate);
  Eigen::VectorXd product = Eigen::VectorXd::Ones(16), counts = Eigen::VectorXd::Zero(16);
  for (Index i = 0; i < 4; ++i) {
    double up = 0;
    for (Index k = 0; k < 16; ++k) up += k >> i & 1 ? p(k) : 0;
    for (Index k = 0; k < 16; ++k) product(k) *= k >> i & 1 ? up : 1 - up;
  }
  auto state = sampler.init(Streams({22, Purpose::sampler}, 30000));
  EXPECT_EQ(next_draw(sampler, state).work.denoiser_calls, 30000);
  Batch x(4, 30000);
  sampler.read(state, x);
  const PerColumn logq = sampler.log_prob(state);
  for (Index c = 0; c < 30000; ++c) {
    const Index k = number(x.col(c));
    counts(k) += 1;
    ASSERT_NEAR(logq(c), std::log(product(k)), 1e-5);
  }
  expect_plausible(law_check("product of marginals", counts, product), std::string(TypeParam::name));
  EXPECT_LT(law_check("the target", counts, p).p_value, 1e-9);
}

TYPED_TEST(AutoregressiveTwin, PinsAreHeldAndCostNoCalls) {
  const TypeParam target = small<TypeParam>(6, 0.7, 4);
  const Autoregressive<> sampler(exact(target));
  auto state = sampler.init(Streams({23, Purpose::sampler}, 10));
  EXPECT_EQ(next_draw(sampler, state).work.denoiser_calls, 20);  // two free sites
  Batch x(6, 10);
  sampler.read(state, x);
  const Tilt base = target.base(10);
  for (Index i = 0; i < 6; ++i)
    if (!base.free(i, 0)) {
      EXPECT_TRUE((x.row(i) - base.pinned.row(i)).isZero(0));
    }
  const TypeParam all = small<TypeParam>(6, 0.7, 6);
  const Autoregressive<> certain(exact(all));
  auto done = certain.init(Streams({23, Purpose::sampler}, 10));
  EXPECT_TRUE(next_draw(certain, done).finished);
  certain.read(done, x);
  EXPECT_TRUE((x - all.base(10).pinned).isZero(0));
  EXPECT_TRUE(certain.log_prob(done).isZero(0));
}

TEST(Autoregressive, FreshOrderForEachColumnAndDraw) {
  const Sk target = small<Sk>(6, 1.0);
  const Autoregressive<> sampler(exact(target)), fixed(exact(target), {.order = "fixed"});
  // first and last place of each column over many draws: 36 cells, 30 possible, all alike
  auto state = sampler.init(Streams({24, Purpose::sampler}, 3000));
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(36), law = Eigen::VectorXd::Constant(36, 1.0 / 30);
  for (Index i = 0; i < 6; ++i) law(7 * i) = 0;
  for (int draw = 0; draw < 4; ++draw) {
    sampler.restart(state);
    for (Index c = 0; c < 3000; ++c) counts(state.order(0, c) + 6 * state.order(5, c)) += 1;
  }
  expect_plausible(law_check("first and last site", counts, law), "order");
  auto other = fixed.init(Streams({24, Purpose::sampler}, 5));
  for (Index c = 0; c < 5; ++c)
    for (Index i = 0; i < 6; ++i) EXPECT_EQ(other.order(i, c), i);
}

/// The order is part of the name of the column, not of the block it is in.
TEST(Autoregressive, DrawsDoNotDependOnTheBlockWidth) {
  const IsingPSpin target = small<IsingPSpin>(8, 0.7);
  const auto draw = [&](Index width) {
    const Blocks sampler(Autoregressive<>(exact(target)), width);
    auto state = sampler.init(Streams({25, Purpose::sampler}, 40));
    next_draw(sampler, state);
    next_draw(sampler, state);
    Batch x(8, 40);
    sampler.read(state, x);
    return std::pair(x, sampler.log_prob(state));
  };
  const auto narrow = draw(8), wide = draw(16);
  EXPECT_EQ(narrow.first, wide.first);
  EXPECT_EQ(narrow.second, wide.second);
}

/// ln q of its own draws is what log_prob_of says along the same order and warm start.
TEST(Autoregressive, LogProbOfAgreesWithAmp) {
  SkOptions o;
  o.n = 30;
  o.temperature = 1.5;
  const Sk target = Sk::make(o, 6);
  const Autoregressive<> sampler(AnyDenoiser(Amp<Sk>(target), false), {.order = "fixed"});
  EXPECT_EQ(sampler.traits().promise, Promise::approximate);
  auto state = sampler.init(Streams({26, Purpose::sampler}, 12));
  next_draw(sampler, state);
  Batch x(30, 12);
  sampler.read(state, x);
  const PerColumn drawn = sampler.log_prob(state);
  const auto [again, info] = sampler.log_prob_of(state, x);
  EXPECT_LT((drawn - again).cwiseAbs().maxCoeff(), 1e-6);
  EXPECT_TRUE(info.finished);
  EXPECT_EQ(info.work.denoiser_calls, 30 * 12);
}

/// The order follows from what is revealed: the same configuration comes about in the same way.
TEST(Autoregressive, MostCertainFirst) {
  SkOptions o;
  o.n = 24;
  o.temperature = 1.2;
  o.field_spread = 0.5;
  const Sk target = Sk::make(o, 6);
  const Autoregressive<> sampler(AnyDenoiser(Amp<Sk>(target), false), {.order = "most-certain-first"});
  auto state = sampler.init(Streams({30, Purpose::sampler}, 12));
  for (int draw = 0; draw < 2; ++draw) {
    sampler.restart(state);
    for (bool finished = false; !finished;) {
      const Batch before = state.tilt.pinned;
      finished = sampler.step(state).finished;
      for (Index c = 0; c < 12; ++c) {
        Index revealed = -1;
        float best = -Tilt::kFree, its = 0;
        for (Index i = 0; i < 24; ++i) {
          if (before(i, c) != Tilt::kFree) continue;
          const float certain = std::max(state.logp(2 * i, c), state.logp(2 * i + 1, c));
          best = std::max(best, certain);
          if (state.tilt.pinned(i, c) == Tilt::kFree) continue;
          EXPECT_EQ(revealed, -1);
          revealed = i;
          its = certain;
        }
        ASSERT_GE(revealed, 0);
        EXPECT_EQ(its, best);
      }
    }
  }
  Batch x(24, 12);
  sampler.read(state, x);
  const PerColumn drawn = sampler.log_prob(state);
  const Eigen::MatrixXi order = state.order;
  EXPECT_EQ(sampler.log_prob_of(state, x).first, drawn);
  EXPECT_EQ(state.order, order);
}

TEST(Autoregressive, SumsWhatItsDenoiserSays) {
  const WatchedDenoiser watched{5, 0.5f};
  const Autoregressive<WatchedDenoiser> sampler(watched, false);
  auto state = sampler.init(Streams({27, Purpose::sampler}, 6));
  const auto check = [&](const StepInfo& info) {
    EXPECT_EQ(info.unconverged, 5 * WatchedDenoiser::kUnconverged);
    EXPECT_EQ(info.work.denoiser_calls, 5 * 6);
    EXPECT_EQ(state.messages.calls, 5) << "messages are not forgotten";
  };
  for (int draw = 0; draw < 2; ++draw) {
    watched.asked->clear();
    check(next_draw(sampler, state));
    for (int k = 0; k < 5; ++k)  // k sites of each column are pinned at call k
      for (Index c = 0; c < 6; ++c)
        EXPECT_EQ(((*watched.asked)[std::size_t(k)].pinned.col(c).array() != Tilt::kFree).count(), k);
  }
  const Batch up = Batch::Ones(5, 6);
  int ticks = 0;
  const auto [logq, info] = sampler.log_prob_of(state, up, [&] { ++ticks; });
  check(info);
  EXPECT_EQ(ticks, 5);
  for (Index c = 0; c < 6; ++c) EXPECT_NEAR(logq(c), 5 * std::log(0.75), 1e-5);
  struct Stop {};
  EXPECT_THROW(sampler.log_prob_of(state, up, [] { throw Stop(); }), Stop);
  const Blocks blocks(sampler, 4);
  auto in_blocks = blocks.init(Streams({28, Purpose::sampler}, 6));
  EXPECT_THROW(blocks.log_prob_of(in_blocks, up, [] { throw Stop(); }), Stop);
}

TEST(Autoregressive, LogProbOfWhatCannotBe) {
  const Sk target = small<Sk>(5, 0.8, 1);
  const Autoregressive<> sampler(exact(target));
  auto state = sampler.init(Streams({29, Purpose::sampler}, 3));
  Batch x = target.base(3).pinned;
  Index pinned = 0;
  while (target.base(1).free(pinned, 0)) ++pinned;
  for (Index i = 0; i < 5; ++i)
    if (i != pinned) x.row(i).setOnes();
  x(pinned, 1) = -x(pinned, 1);  // against the pin
  const PerColumn logq = sampler.log_prob_of(state, x).first;
  EXPECT_TRUE(std::isfinite(logq(0)) && std::isfinite(logq(2)));
  EXPECT_EQ(logq(1), -std::numeric_limits<double>::infinity());
  x((pinned + 1) % 5, 0) = 0;  // no symbol
  EXPECT_THROW(sampler.log_prob_of(state, x), BadInput);
}

}  // namespace
}  // namespace glass

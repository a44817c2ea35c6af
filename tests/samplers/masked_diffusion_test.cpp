#include "samplers/masked_diffusion.hpp"

#include <gtest/gtest.h>

#include "bench/step_bias.hpp"
#include "samplers/any_sampler.hpp"
#include "samplers/blocks.hpp"
#include "spinglass/exact.hpp"
#include "tests/samplers/reference.hpp"
#include "tests/samplers/watched_denoiser.hpp"

namespace glass {
namespace {

using namespace reference;

TEST(MaskedDiffusion, BiasFallsAtOrderOne) {
  const IsingPSpin target = small<IsingPSpin>(4, 0.6);
  const Eigen::VectorXd p = normalised(log_weights(target, target.base(1)));
  require_peaked(p);
  const AnyDenoiser exact(Exact(target), true);
  const auto make = [&](int steps, Streams rng) {
    return erase(Blocks(MaskedDiffusion<>(exact, {.steps = steps}), 1000), std::move(rng));
  };
  const BiasOrder fall = fit_order(bias_by_steps(make, {2, 3, 4, 6, 8, 12}, p, 80000, 71));
  EXPECT_TRUE(fall.falls_with(1)) << fall.order << " +- " << fall.error;
  EXPECT_FALSE(fall.falls_with(2)) << fall.order << " +- " << fall.error;
}

/// Given its times a draw is a product of marginals; with one step, of those of the target.
TEST(MaskedDiffusion, OneStepDrawsIndependentSites) {
  const CurieWeiss target = small<CurieWeiss>(4, 0.7, 1);
  const Eigen::VectorXd p = normalised(log_weights(target, target.base(1)));
  Eigen::VectorXd product = Eigen::VectorXd::Ones(16), counts = Eigen::VectorXd::Zero(16);
  for (Index i = 0; i < 4; ++i) {
    double up = 0;
    for (Index k = 0; k < 16; ++k) up += k >> i & 1 ? p(k) : 0;
    for (Index k = 0; k < 16; ++k) product(k) *= k >> i & 1 ? up : 1 - up;
  }
  const MaskedDiffusion<> sampler(AnyDenoiser(Exact(target), true), {.steps = 1});
  EXPECT_EQ(sampler.traits().promise, Promise::approximate);
  auto state = sampler.init(Streams({72, Purpose::sampler}, 30000));
  next_draw(sampler, state);
  Batch x(4, 30000);
  sampler.read(state, x);
  const PerColumn logq = sampler.log_prob(state);
  for (Index c = 0; c < x.cols(); ++c) {
    const Index k = number(x.col(c));
    counts(k) += 1;
    ASSERT_NEAR(logq(c), std::log(product(k)), 1e-5);
  }
  expect_plausible(law_check("product of marginals", counts, product), "one step");
}

/// Where no two sites share a step it is the autoregressive sampler: ln q = ln p.
TEST(MaskedDiffusion, ManyStepsAreAutoregressive) {
  const Sk target = small<Sk>(4, 0.6, 1);
  const Eigen::VectorXd p = normalised(log_weights(target, target.base(1)));
  const MaskedDiffusion<> sampler(AnyDenoiser(Exact(target), true), {.steps = 30});
  auto state = sampler.init(Streams({73, Purpose::sampler}, 300));
  next_draw(sampler, state);
  Batch x(4, 300);
  sampler.read(state, x);
  const auto expect_log_p = [&](const PerColumn& logq) {
    int alone = 0;
    for (Index c = 0; c < 300; ++c) {
      bool shared = false;
      for (Index i = 0; i < 4; ++i)
        for (Index j = 0; j < i; ++j)
          shared = shared || (state.when(i, c) >= 0 && state.when(i, c) == state.when(j, c));
      if (shared) continue;
      ++alone;
      const double logp = std::log(p(number(x.col(c))));
      EXPECT_NEAR(logq(c), logp, 2e-6 * (1 + std::abs(logp)));
    }
    EXPECT_GT(alone, 200);
  };
  expect_log_p(sampler.log_prob(state));
  expect_log_p(sampler.log_prob_of(state, x).first);
  Index pinned = 0;
  while (target.base(1).free(pinned, 0)) ++pinned;
  x(pinned, 1) = -x(pinned, 1);
  EXPECT_EQ(sampler.log_prob_of(state, x).first(1), -std::numeric_limits<double>::infinity());
  x((pinned + 1) % 4, 0) = 0;
  EXPECT_THROW(sampler.log_prob_of(state, x), BadInput);
}

TEST(MaskedDiffusion, RefusesReals) {
  struct Reals : WatchedDenoiser {
    Alphabet alphabet() const { return Alphabet::reals(); }
  };
  EXPECT_THROW(MaskedDiffusion<Reals>(Reals{{3, 0.0f}}, true), Refused);
}

/// Every site once, at a step uniform over all, in each draw and column; the marginals asked for are those given what
/// was there before.
TEST(MaskedDiffusion, UnmasksAtUniformTimes) {
  constexpr Index n = 6, columns = 500;
  const WatchedDenoiser watched{n, 0.5f};
  const MaskedDiffusion<WatchedDenoiser> sampler(watched, true, {.steps = 4});
  EXPECT_EQ(sampler.traits().order, 1);
  EXPECT_EQ(MaskedDiffusion<WatchedDenoiser>(watched, false).traits().order, 0);
  auto state = sampler.init(Streams({74, Purpose::sampler}, columns));
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(4), pairs = Eigen::VectorXd::Zero(16);
  for (int draw = 0; draw < 3; ++draw) {
    watched.asked->clear();
    const StepInfo info = next_draw(sampler, state);
    EXPECT_TRUE(info.finished);
    EXPECT_EQ(info.work.denoiser_calls, 4 * columns);
    EXPECT_EQ(info.unconverged, 4 * WatchedDenoiser::kUnconverged);
    EXPECT_EQ(state.messages.calls, 4) << "messages are not forgotten";
    ASSERT_EQ(watched.asked->size(), 4u);
    EXPECT_TRUE((state.tilt.pinned.array() != Tilt::kFree).all());
    for (Index c = 0; c < columns; ++c) {
      const double up = double((state.tilt.pinned.col(c).array() > 0).count());
      EXPECT_NEAR(sampler.log_prob(state)(c), up * std::log(0.75) + (n - up) * std::log(0.25), 1e-5);  // each site once
      for (Index i = 0; i < n; ++i) {
        const int when = state.when(i, c);
        counts(when) += 1;
        for (int k = 0; k < 4; ++k) EXPECT_EQ((*watched.asked)[std::size_t(k)].free(i, c), k <= when);
      }
      pairs(state.when(0, c) + 4 * state.when(1, c)) += 1;
    }
  }
  expect_plausible(law_check("times", counts, Eigen::VectorXd::Constant(4, 0.25)), "masked diffusion");
  expect_plausible(law_check("pairs of times", pairs, Eigen::VectorXd::Constant(16, 1.0 / 16)), "masked diffusion");
}

}  // namespace
}  // namespace glass

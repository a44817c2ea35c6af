#include "samplers/flow.hpp"

#include <gtest/gtest.h>

#include "bench/step_bias.hpp"
#include "samplers/any_sampler.hpp"
#include "samplers/blocks.hpp"
#include "spinglass/exact.hpp"
#include "tests/samplers/reference.hpp"

namespace glass {
namespace {

using namespace reference;

BiasOrder order_of(const char* scheme, const std::vector<int>& steps, Index draws) {
  const Sk target = small<Sk>(3, 0.9);
  const Eigen::VectorXd p = normalised(log_weights(target, target.base(1)));
  require_peaked(p);
  const AnyDenoiser exact(Exact(target), true);
  const auto make = [&](int k, Streams rng) {
    return erase(Blocks(Flow<>(exact, {.steps = k, .scheme = scheme}), 1000), std::move(rng));
  };
  return fit_order(bias_by_steps(make, steps, p, draws, 41));
}

TEST(Flow, EulerFallsAtOrderOne) {
  const BiasOrder fall = order_of("euler", {4, 5, 6, 8, 12, 16}, 240000);
  EXPECT_TRUE(fall.falls_with(1)) << fall.order << " +- " << fall.error;
  EXPECT_FALSE(fall.falls_with(2)) << fall.order << " +- " << fall.error;
  RecordProperty("order", std::to_string(fall.order) + " +- " + std::to_string(fall.error));
}

TEST(Flow, HeunFallsAtOrderTwo) {
  const BiasOrder fall = order_of("heun", {3, 4, 5, 6, 7, 8, 10}, 400000);
  EXPECT_TRUE(fall.falls_with(2)) << fall.order << " +- " << fall.error;
  RecordProperty("order", std::to_string(fall.order) + " +- " + std::to_string(fall.error));
}

/// With fine steps what is left is the end at a finite time, which the marginals mend: the law itself.
TEST(Flow, FineStepsGiveTheLaw) {
  const CurieWeiss target = small<CurieWeiss>(3, 0.7, 1);
  const Flow<> sampler(AnyDenoiser(Exact(target), true), {.steps = 200});
  auto state = sampler.init(Streams({42, Purpose::sampler}, 20000));
  next_draw(sampler, state);
  Batch x(3, 20000);
  sampler.read(state, x);
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(8);
  for (Index c = 0; c < x.cols(); ++c) counts(number(x.col(c))) += 1;
  expect_plausible(law_check("law of the draws", counts, normalised(log_weights(target, target.base(1)))), "flow");
}

TEST(Flow, WorkIsCounted) {
  const Sk target = small<Sk>(5, 0.8, 2);
  for (const auto& [scheme, calls] : {std::pair{"euler", 7 + 1}, std::pair{"heun", 2 * 7 + 1}}) {
    const Flow<> sampler(AnyDenoiser(Exact(target), true), {.steps = 7, .scheme = scheme});
    EXPECT_EQ(sampler.traits().promise, Promise::approximate);
    auto state = sampler.init(Streams({43, Purpose::sampler}, 50));
    EXPECT_EQ(next_draw(sampler, state).work.denoiser_calls, 50 * calls);
    Batch x(5, 50);
    sampler.read(state, x);
    const Tilt base = target.base(50);
    for (Index i = 0; i < 5; ++i)
      if (!base.free(i, 0)) {
        EXPECT_TRUE((x.row(i) - base.pinned.row(i)).isZero(0));
      }
  }
}

}  // namespace
}  // namespace glass

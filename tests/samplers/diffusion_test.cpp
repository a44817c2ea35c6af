#include "samplers/diffusion.hpp"

#include <gtest/gtest.h>

#include "bench/step_bias.hpp"
#include "samplers/any_sampler.hpp"
#include "samplers/blocks.hpp"
#include "spinglass/exact.hpp"
#include "tests/samplers/reference.hpp"

namespace glass {
namespace {

using namespace reference;

TEST(Diffusion, BiasFallsAtOrderOne) {
  const IsingPSpin target = small<IsingPSpin>(4, 0.6);
  const Eigen::VectorXd p = normalised(log_weights(target, target.base(1)));
  require_peaked(p);
  const AnyDenoiser exact(Exact(target), true);
  const auto make = [&](int steps, Streams rng) {
    return erase(Blocks(Diffusion<>(exact, {.steps = steps}), 1000), std::move(rng));
  };
  const BiasOrder fall = fit_order(bias_by_steps(make, {5, 6, 8, 12, 16, 24}, p, 240000, 31));
  EXPECT_TRUE(fall.falls_with(1)) << fall.order << " +- " << fall.error;
  EXPECT_FALSE(fall.falls_with(2)) << fall.order << " +- " << fall.error;
  RecordProperty("order", std::to_string(fall.order) + " +- " + std::to_string(fall.error));
}

/// One step is one draw from the marginals in the Gaussian field of independent spins: with no couplings the law is
/// exact.
TEST(Diffusion, WithoutInteractionTheStepDoesNotMatterMuch) {
  Environment free;
  free.h = Eigen::VectorXf{{0.8f, -0.4f, 0.2f}};
  free.pins = Eigen::VectorXf::Constant(3, Tilt::kFree);
  const CurieWeiss target(0.0, free);
  const Eigen::VectorXd p = normalised(log_weights(target, target.base(1)));
  const AnyDenoiser exact(Exact(target), true);
  // one spin: the last posterior is exact given y, so what is off is the law of y alone; 400 steps leave below 1e-3
  const Diffusion<> sampler(exact, {.steps = 400});
  auto state = sampler.init(Streams({33, Purpose::sampler}, 20000));
  next_draw(sampler, state);
  Batch x(3, 20000);
  sampler.read(state, x);
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(8);
  for (Index c = 0; c < x.cols(); ++c) counts(number(x.col(c))) += 1;
  expect_plausible(law_check("law of the draws", counts, p), "diffusion, 400 steps");
}

TEST(Diffusion, PinsAreHeldAndWorkIsCounted) {
  const Sk target = small<Sk>(5, 0.8, 2);
  const Diffusion<> sampler(AnyDenoiser(Exact(target), true), {.steps = 7});
  EXPECT_EQ(sampler.traits().promise, Promise::approximate);
  auto state = sampler.init(Streams({34, Purpose::sampler}, 50));
  const StepInfo info = next_draw(sampler, state);
  EXPECT_TRUE(info.finished);
  EXPECT_EQ(info.work.denoiser_calls, 50 * (7 + 1));
  Batch x(5, 50), again(5, 50);
  sampler.read(state, x);
  const Tilt base = target.base(50);
  EXPECT_TRUE((x.array().abs() == 1.0f).all());
  for (Index i = 0; i < 5; ++i)
    if (!base.free(i, 0)) {
      EXPECT_TRUE((x.row(i) - base.pinned.row(i)).isZero(0));
    }
  next_draw(sampler, state);
  sampler.read(state, again);
  EXPECT_NE(x, again);  // a fresh draw
}

}  // namespace
}  // namespace glass

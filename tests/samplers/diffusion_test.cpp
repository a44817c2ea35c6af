#include "samplers/diffusion.hpp"

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

/// Where every posterior mean is 0.25, y_t = 0.25 t + W_t; and the tilt is (t, y_t) at t = T (k/K)^2.
TEST(Diffusion, AsksAlongItsPath) {
  constexpr Index n = 3, columns = 4000;
  const WatchedDenoiser watched{n, 0.25f};
  const Diffusion<WatchedDenoiser> sampler(watched, true, {.final_time = 8, .steps = 4});
  EXPECT_EQ(sampler.traits().order, 1);
  EXPECT_EQ(Diffusion<WatchedDenoiser>(watched, false).traits().order, 0);
  auto state = sampler.init(Streams({35, Purpose::sampler}, columns));
  for (int draw = 0; draw < 2; ++draw) {  // the second forgets the first
    watched.asked->clear();
    const StepInfo info = next_draw(sampler, state);
    EXPECT_EQ(info.unconverged, 5 * WatchedDenoiser::kUnconverged);
    EXPECT_EQ(info.work.denoiser_calls, 5 * columns);
    EXPECT_EQ(info.work.iterations, 3 * 5 * columns);
    EXPECT_EQ(state.messages.calls, 5) << "messages are not forgotten";
    const std::vector<Tilt>& asked = *watched.asked;
    ASSERT_EQ(asked.size(), 5u);
    EXPECT_TRUE(asked[0].field.isZero(0));
    for (int k = 0; k <= 4; ++k) {
      const double t = 0.5 * k * k;
      const Tilt& at = asked[std::size_t(k)];
      EXPECT_TRUE((at.precision.array() == t).all()) << k;
      EXPECT_TRUE((at.power.array() == 1).all()) << k;
      if (k == 0) continue;
      const double before = 0.5 * (k - 1) * (k - 1);
      const Eigen::MatrixXd moved = (at.field - asked[std::size_t(k - 1)].field).cast<double>();
      const auto [mean, variance] = standard_scores(moved, 0.25 * (t - before), t - before);
      EXPECT_LT(std::abs(mean), 4.8) << k;  // 1.6e-6 two-sided, below kLevel
      EXPECT_LT(std::abs(variance), 4.8) << k;
    }
  }
}

}  // namespace
}  // namespace glass

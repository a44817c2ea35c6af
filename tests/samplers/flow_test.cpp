#include "samplers/flow.hpp"

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

/// Where every posterior mean is 0.25, u = z + 0.25 gamma in both schemes; and the tilt is (gamma^2, gamma u), at the
/// end of a step a second time in Heun's.
TEST(Flow, AsksAlongItsPath) {
  constexpr Index n = 3, columns = 4000;
  for (const char* scheme : {"euler", "heun"}) {
    const WatchedDenoiser watched{n, 0.25f};
    const Flow<WatchedDenoiser> sampler(watched, true, {.final_time = 4, .steps = 4, .scheme = scheme});
    const bool heun = std::string(scheme) == "heun";
    EXPECT_EQ(sampler.traits().order, heun ? 2 : 1);
    EXPECT_EQ(Flow<WatchedDenoiser>(watched, false, {.scheme = scheme}).traits().order, 0);
    std::vector<double> gammas{0.0};
    for (int k = 1; k <= 4; ++k) gammas.insert(gammas.end(), heun ? 2 : 1, 0.5 * k);
    auto state = sampler.init(Streams({44, Purpose::sampler}, columns));
    Eigen::MatrixXd last = Eigen::MatrixXd::Zero(n, columns);
    for (int draw = 0; draw < 2; ++draw) {
      watched.asked->clear();
      const StepInfo info = next_draw(sampler, state);
      const int calls = int(gammas.size());
      EXPECT_EQ(info.unconverged, calls * WatchedDenoiser::kUnconverged) << scheme;
      EXPECT_EQ(info.work.denoiser_calls, calls * columns) << scheme;
      EXPECT_EQ(state.messages.calls, calls) << scheme << ": messages are not forgotten";
      ASSERT_EQ(int(watched.asked->size()), calls) << scheme;
      EXPECT_TRUE(watched.asked->front().field.isZero(0));
      const auto start = [&](int k) {  // z as call k shows it
        const double g = gammas[std::size_t(k)];
        return Eigen::MatrixXd((*watched.asked)[std::size_t(k)].field.cast<double>().array() / g - 0.25 * g);
      };
      const Eigen::MatrixXd z = start(calls - 1);
      for (int k = 0; k < calls; ++k) {
        const double g = gammas[std::size_t(k)];
        EXPECT_TRUE(((*watched.asked)[std::size_t(k)].precision.array() == g * g).all()) << scheme << " " << k;
        if (k > 0) {
          EXPECT_LT((start(k) - z).cwiseAbs().maxCoeff(), 1e-5) << scheme << " " << k;
        }
      }
      const auto [mean, variance] = standard_scores(z, 0, 1);
      EXPECT_LT(std::abs(mean), 4.8) << scheme;
      EXPECT_LT(std::abs(variance), 4.8) << scheme;
      EXPECT_GT((z - last).cwiseAbs().maxCoeff(), 0.1) << scheme << ": the old z again";
      last = z;
    }
  }
}

}  // namespace
}  // namespace glass

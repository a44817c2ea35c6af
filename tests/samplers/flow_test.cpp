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

/// du/dgamma = tanh(h + gamma u) from z to gamma, finely.
double transported(double h, double z, double gamma) {
  constexpr int kSteps = 4000;
  const double d = gamma / kSteps;
  const auto slope = [&](double g, double u) { return std::tanh(h + g * u); };
  double u = z;
  for (int k = 0; k < kSteps; ++k) {
    const double g = k * d, a = slope(g, u), b = slope(g + d / 2, u + d / 2 * a), c = slope(g + d / 2, u + d / 2 * b),
                 e = slope(g + d, u + d * c);
    u += d / 6 * (a + 2 * b + 2 * c + e);
  }
  return u;
}

AnyDenoiser one_spin(double h) {
  Environment field;
  field.h = Eigen::VectorXf::Constant(1, float(h));
  field.pins = Eigen::VectorXf::Constant(1, Tilt::kFree);
  return AnyDenoiser(Exact(CurieWeiss(0.0, field)), true);
}

/// Root mean square over columns of the error of u = y/a at the end, and the number of steps.
std::pair<double, int> path_error(const FlowOptions& o) {
  constexpr double h = 0.4;
  constexpr Index columns = 64;
  const Flow<> sampler(one_spin(h), o);
  auto state = sampler.init(Streams({45, Purpose::sampler}, columns));
  sampler.restart(state);
  const Batch z = state.y;
  int steps = 0;
  for (bool finished = false; !finished; ++steps) finished = sampler.step(state).finished;
  const double gamma = std::sqrt(o.final_time), a = interpolant(o.interpolant, state.times.back()).a;
  EXPECT_NEAR(state.tilt.precision(0), o.final_time, 1e-9);
  double sum = 0;
  for (Index c = 0; c < columns; ++c)
    sum += std::pow(double(state.y(0, c)) / a - transported(h, double(z(0, c)), gamma), 2);
  return {std::sqrt(sum / columns), steps};
}

/// Column by column against the ODE itself: no statistics.
TEST(Flow, PathsConvergeAtTheirOrders) {
  for (const char* interpolant : {"exploding", "linear", "trigonometric"})
    for (const auto& [scheme, order, steps] :
         {std::tuple{"euler", 1, 64}, std::tuple{"heun", 2, 32}, std::tuple{"rk4", 4, 8}}) {
      const auto error = [&, scheme = scheme](int k) {
        return path_error({.final_time = 4, .steps = k, .scheme = scheme, .interpolant = interpolant}).first;
      };
      const int some = order == 4 && *interpolant != 'e' ? 2 * steps : steps;  // where the asymptote begins
      const double coarse = error(some), fine = error(2 * some);
      EXPECT_NEAR(std::log2(coarse / fine), order, 0.35) << interpolant << " " << scheme << ": " << coarse;
      EXPECT_LT(fine, 0.05) << interpolant << " " << scheme;
      EXPECT_EQ(Flow<>(one_spin(0), {.scheme = scheme}).traits().order, order);
    }
}

TEST(Flow, AdaptiveStepsKeepTheErrorBelowTheTolerance) {
  EXPECT_EQ(Flow<>(one_spin(0), {.scheme = "adaptive"}).traits().order, 0);
  for (const char* interpolant : {"exploding", "linear", "trigonometric"}) {
    int before = 0;
    for (const double tolerance : {1e-2, 1e-3, 1e-4}) {
      const auto [error, steps] =
          path_error({.final_time = 9, .scheme = "adaptive", .interpolant = interpolant, .tolerance = tolerance});
      EXPECT_LT(error, 20 * tolerance) << interpolant;  // of all steps together, and u = y/a is 10 times y at the end
      EXPECT_GT(steps, before) << interpolant;
      EXPECT_LT(steps, 100) << interpolant;
      before = steps;
    }
  }
}

/// The pilot has its own columns: the steps are the same in every block.
TEST(Flow, AdaptiveStepsDoNotDependOnTheColumns) {
  const Flow<> sampler(AnyDenoiser(Exact(small<Sk>(4, 0.8)), true), {.scheme = "adaptive"});
  const Streams rng({46, Purpose::sampler}, 12);
  EXPECT_EQ(sampler.init(rng).times, sampler.init(rng.block(8, 4)).times);
}

/// With fine steps what is left is the end at a finite time, which the marginals mend: the law itself.
TEST(Flow, FineStepsGiveTheLaw) {
  const CurieWeiss target = small<CurieWeiss>(3, 0.7, 1);
  for (const FlowOptions& o :
       {FlowOptions{.steps = 200}, FlowOptions{.steps = 40, .scheme = "rk4", .interpolant = "linear"},
        FlowOptions{.scheme = "adaptive", .interpolant = "trigonometric"}}) {
    const Flow<> sampler(AnyDenoiser(Exact(target), true), o);
    auto state = sampler.init(Streams({42, Purpose::sampler}, 20000));
    next_draw(sampler, state);
    Batch x(3, 20000);
    sampler.read(state, x);
    Eigen::VectorXd counts = Eigen::VectorXd::Zero(8);
    for (Index c = 0; c < x.cols(); ++c) counts(number(x.col(c))) += 1;
    expect_plausible(law_check("law of the draws", counts, normalised(log_weights(target, target.base(1)))),
                     "flow, " + o.scheme);
  }
}

TEST(Flow, WorkIsCounted) {
  const Sk target = small<Sk>(5, 0.8, 2);
  for (const auto& [scheme, calls] :
       {std::pair{"euler", 7 + 1}, std::pair{"heun", 2 * 7 + 1}, std::pair{"rk4", 4 * 7 + 1}}) {
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

TEST(Flow, WalksTheTimesThatWerePredicted) {
  const std::vector<double> times{0, 0.1, 0.4, 2.5};
  for (const char* interpolant : {"exploding", "linear", "trigonometric"}) {
    const WatchedDenoiser denoiser{3, 0.2f};
    const Flow<WatchedDenoiser> sampler(
        denoiser, true,
        {.final_time = 2.5, .steps = 3, .scheme = "euler", .interpolant = interpolant, .grid = "predicted-overlap"},
        times);
    EXPECT_EQ(sampler.traits().order, 0);
    auto s = sampler.init(Streams({37, Purpose::sampler}, 2));
    next_draw(sampler, s);
    ASSERT_EQ(denoiser.asked->size(), 4u);  // the last one for the draw
    for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR((*denoiser.asked)[k].precision(1), times[k], 1e-12) << interpolant;
    EXPECT_THROW(Flow<WatchedDenoiser>(denoiser, true, {.grid = "predicted-overlap"}), Refused);
    EXPECT_THROW(
        Flow<WatchedDenoiser>(denoiser, true, {.steps = 3, .scheme = "adaptive", .grid = "predicted-overlap"}, times),
        BadInput);
  }
}

}  // namespace
}  // namespace glass

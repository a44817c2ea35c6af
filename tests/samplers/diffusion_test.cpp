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

template <class T>
BiasOrder order_of(const T& target, DiffusionOptions options, const std::vector<int>& steps, Index draws) {
  const Eigen::VectorXd p = normalised(log_weights(target, target.base(1)));
  require_peaked(p);
  const AnyDenoiser exact(Exact(target), true);
  const auto make = [&](int k, Streams rng) {
    options.steps = k;
    return erase(Blocks(Diffusion<>(exact, options), 1000), std::move(rng));
  };
  const BiasOrder fall = fit_order(bias_by_steps(make, steps, p, draws, 31));
  testing::Test::RecordProperty("order", std::to_string(fall.order) + " +- " + std::to_string(fall.error));
  return fall;
}

TEST(Diffusion, BiasFallsAtOrderOne) {
  const BiasOrder fall = order_of(small<IsingPSpin>(4, 0.6), {}, {5, 6, 8, 12, 16, 24}, 240000);
  EXPECT_TRUE(fall.falls_with(1)) << fall.order << " +- " << fall.error;
  EXPECT_FALSE(fall.falls_with(2)) << fall.order << " +- " << fall.error;
}

/// One spin in a field h, where every posterior mean is tanh(h + y): P(+1) of the scheme's law without a draw, from
/// V_K = P(+1 | y_K), V_k(y) = E_z V_{k+1}(y_{k+1}(y, z)) on a grid of y, integrals over z by the trapezoidal rule.
double probability_up(double h, double last, int steps, bool heun) {
  constexpr double kLow = -20, kStep = 0.04;
  constexpr Index kPoints = 1201;
  const auto mean = [&](double y) { return std::tanh(h + y); };
  Eigen::VectorXd v(kPoints), next(kPoints);
  for (Index j = 0; j < kPoints; ++j) v(j) = 0.5 * (1 + mean(kLow + kStep * double(j)));
  const auto value = [&](double y) {  // cubic through four points
    const double at = std::clamp((y - kLow) / kStep, 1.0, double(kPoints) - 3.001), u = at - std::floor(at);
    const double* f = v.data() + Index(at);
    return f[0] + u * (0.5 * (f[1] - f[-1]) +
                       u * (f[-1] - 2.5 * f[0] + 2 * f[1] - 0.5 * f[2] + u * 0.5 * (3 * (f[0] - f[1]) + f[2] - f[-1])));
  };
  const double dt = last / steps;
  for (int k = 0; k < steps; ++k) {
    for (Index j = 0; j < kPoints; ++j) {
      const double y = kLow + kStep * double(j), m = mean(y);
      double sum = 0, all = 0;
      for (double z = -7; z <= 7; z += 0.2) {
        const double weight = std::exp(-0.5 * z * z), w = std::sqrt(dt) * z;
        const double slope = heun ? 0.5 * (m + mean(y + m * dt + w)) : m;
        sum += weight * value(y + slope * dt + w);
        all += weight;
      }
      next(j) = sum / all;
    }
    v = next;
  }
  return value(0);
}

TEST(Diffusion, HeunFallsAtOrderTwo) {
  constexpr double h = 0.8, last = 3;
  const auto bias = [&](int steps, bool heun) {
    return probability_up(h, last, steps, heun) - 0.5 * (1 + std::tanh(h));
  };
  EXPECT_NEAR(std::log2(bias(16, true) / bias(32, true)), 2, 0.12);  // 1.873 at 12, 1.929 at 24, 1.961 at 48 steps
  EXPECT_NEAR(std::log2(bias(16, false) / bias(32, false)), 1, 0.1);
  // and the sampler's law is the one integrated above
  constexpr Index columns = 400000;
  Environment field;
  field.h = Eigen::VectorXf::Constant(1, float(h));
  field.pins = Eigen::VectorXf::Constant(1, Tilt::kFree);
  const AnyDenoiser exact(Exact(CurieWeiss(0.0, field)), true);
  for (const char* scheme : {"heun", "euler"})
    for (const int steps : {2, 4}) {
      const Diffusion<> sampler(exact, {.final_time = last, .steps = steps, .scheme = scheme, .grid = "snr"});
      auto state = sampler.init(Streams({38, Purpose::sampler}, columns));
      next_draw(sampler, state);
      Batch x(1, columns);
      sampler.read(state, x);
      const double up = 0.5 * (1 + double(x.mean())), p = probability_up(h, last, steps, *scheme == 'h');
      EXPECT_NEAR(up, p, 5 * std::sqrt(p * (1 - p) / double(columns))) << scheme << " " << steps;
      EXPECT_GT(std::abs(bias(steps, *scheme == 'h')), 0.01);  // far more than that can tell
    }
}

TEST(Diffusion, CorrectorKeepsOrderOne) {
  const BiasOrder fall = order_of(small<Sk>(3, 0.9), {.scheme = "heun", .corrector = 1}, {4, 5, 6, 8, 12, 16}, 60000);
  EXPECT_TRUE(fall.falls_with(1)) << fall.order << " +- " << fall.error;
}

/// With a posterior mean that does not move, y_t ~ N(m t, t): what a grid of steps makes of it, in mean and variance.
std::pair<double, double> after(const char* process, double m, const std::vector<double>& times) {
  double mean = m * times.front(), variance = times.front();
  for (std::size_t k = 1; k < times.size(); ++k) {
    const PathStep by = euler_step(process, times[k - 1], times[k]);
    mean = by.keep * mean + by.pull * m;
    variance = by.keep * by.keep * variance + by.noise * by.noise;
  }
  return {mean, variance};
}

TEST(GaussianPath, EulerStepsOfEveryProcessMeetInTheLimit) {
  constexpr double m = 0.7, first = 0.01, last = 6;
  for (const char* process : {"localisation", "vp", "ve"}) {
    std::vector<double> off;
    for (const int steps : {400, 800, 1600}) {
      const auto [mean, variance] = after(process, m, time_grid("log-snr", first, last, steps));
      off.push_back(std::abs(mean - m * last) + std::abs(variance - last));
    }
    if (process == std::string("localisation")) {
      EXPECT_LT(off[0], 1e-12);  // exact where the mean is held
      continue;
    }
    EXPECT_LT(off[0], 0.1) << process;
    EXPECT_NEAR(off[1] / off[0], 0.5, 0.02) << process;  // order 1, to 0
    EXPECT_NEAR(off[2] / off[1], 0.5, 0.01) << process;
  }
}

/// One step by Euler's rule as Song et al. write it, and y of its end.
TEST(GaussianPath, EulerStepsAreStraightInTheirOwnVariable) {
  const double t = 0.7, u = 1.1, y = 0.4, m = -0.6, z = 1.3;
  const auto end = [&](const char* process) {
    const PathStep by = euler_step(process, t, u);
    return by.keep * y + by.pull * m + by.noise * z;
  };
  EXPECT_NEAR(end("localisation"), y + m * (u - t) + std::sqrt(u - t) * z, 1e-12);
  // ve: sigma^2 from 1/t to 1/u, score (m - Y)/sigma^2
  const double fall = 1 / t - 1 / u, exploded = y / t + (m - y / t) * t * fall + std::sqrt(fall) * z;
  EXPECT_NEAR(end("ve"), u * exploded, 1e-12);
  // vp: dx = -x ds + sqrt(2) dW with alpha = e^-s, t = 1/(e^2s - 1); score (alpha m - Y)/(1 - alpha^2)
  const auto time = [](double snr) { return 0.5 * std::log1p(1 / snr); };
  const double alpha = std::exp(-time(t)), own = 1 - alpha * alpha, h = time(t) - time(u), from = y * own / alpha;
  const double preserved = from + (from + 2 * (alpha * m - from) / own) * h + std::sqrt(2 * h) * z;
  const double last = std::exp(-time(u));
  EXPECT_NEAR(end("vp"), preserved * last / (1 - last * last), 1e-12);
}

/// x ~ N(0, 1): m = y/(1 + t), and y_t has variance t (1 + t), which Langevin steps keep up to O(eta).
TEST(GaussianPath, LangevinStepsKeepTheLaw) {
  for (const double t : {0.3, 4.0}) {
    std::vector<double> off;
    for (const double eta : {0.02, 0.01}) {
      const PathStep by = langevin_step(t, eta);
      const double keep = by.keep + by.pull / (1 + t);
      off.push_back(by.noise * by.noise / (1 - keep * keep) - t * (1 + t));
    }
    EXPECT_LT(std::abs(off[0]), 0.1 * t * (1 + t));
    EXPECT_NEAR(off[1] / off[0], 0.5, 0.02) << t;
  }
}

TEST(GaussianPath, Grids) {
  EXPECT_EQ(time_grid("gamma", 0, 8, 4), (std::vector<double>{0, 0.5, 2, 4.5, 8}));
  EXPECT_EQ(time_grid("snr", 1, 5, 2), (std::vector<double>{1, 3, 5}));
  const auto log = time_grid("log-snr", 0.01, 100, 4);
  ASSERT_EQ(log.size(), 5u);
  for (int k = 0; k < 5; ++k) EXPECT_NEAR(log[std::size_t(k)], std::pow(10.0, k - 2), 1e-12) << k;
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

/// Reverse diffusions with fine steps: the law itself.
TEST(Diffusion, ReverseProcessesGiveTheLaw) {
  constexpr Index columns = 4000;
  const CurieWeiss target = small<CurieWeiss>(3, 0.7, 1);
  const Eigen::VectorXd p = normalised(log_weights(target, target.base(1)));
  const AnyDenoiser exact(Exact(target), true);
  for (const DiffusionOptions& o :
       {DiffusionOptions{.steps = 400, .process = "vp", .grid = "log-snr"},
        DiffusionOptions{.steps = 600, .process = "ve", .grid = "log-snr"},
        DiffusionOptions{.steps = 60, .process = "vp", .scheme = "heun", .grid = "snr", .corrector = 1},
        DiffusionOptions{.steps = 200, .scheme = "exponential", .grid = "log-snr"},
        DiffusionOptions{.steps = 100, .scheme = "heun", .grid = "overlap"}}) {
    const Diffusion<> sampler(exact, o);
    EXPECT_EQ(sampler.traits().order, 0);  // a first time leaves a bias that steps do not take away
    auto state = sampler.init(Streams({36, Purpose::sampler}, columns));
    Batch x(3, columns);
    next_draw(sampler, state);
    sampler.read(state, x);
    Eigen::VectorXd counts = Eigen::VectorXd::Zero(8);
    for (Index c = 0; c < columns; ++c) counts(number(x.col(c))) += 1;
    expect_plausible(law_check("law of the draws", counts, p), o.process + " " + o.scheme);
  }
}

/// y at the first time: noise alone, or with a signal of variance 1, as sigma or alpha say.
TEST(Diffusion, ReverseProcessesBeginInNoise) {
  for (const char* process : {"ve", "vp"}) {
    const WatchedDenoiser watched{3, 0.25f};
    const Diffusion<WatchedDenoiser> sampler(watched, true, {.steps = 1, .process = process, .first_time = 2});
    auto state = sampler.init(Streams({39, Purpose::sampler}, 4000));
    sampler.step(state);
    const Tilt& at = watched.asked->front();
    EXPECT_TRUE((at.precision.array() == 2).all());
    const auto [mean, variance] = standard_scores(at.field.cast<double>(), 0, process[1] == 'p' ? 6 : 2);
    EXPECT_LT(std::abs(mean), 4.8) << process;
    EXPECT_LT(std::abs(variance), 4.8) << process;
  }
}

/// One spin without a field: E m^2 as a function of t is that of E tanh(t + sqrt(t) z), at equal parts of which the
/// times must lie; and they are the same in every block.
TEST(Diffusion, OverlapGridHasEqualRises) {
  constexpr int steps = 20;  // 80 of the pilot
  constexpr Index n = 400;   // independent: the pilot's 8 columns are 3200 spins
  struct Free : WatchedDenoiser {
    DenoiseInfo posterior_mean(const Tilt& t, State& s, BatchOut out) const {
      out = t.field.array().tanh().matrix();
      return {0, {.denoiser_calls = s.columns}};
    }
  };
  const Free denoiser{{n, 0.0f}};
  const Diffusion<Free> sampler(denoiser, true, {.final_time = 9, .steps = steps, .grid = "overlap"});
  EXPECT_EQ(sampler.traits().order, 0);
  const Streams rng({40, Purpose::sampler}, 12);
  const std::vector<double> times = sampler.init(rng).times;
  EXPECT_EQ(times, sampler.init(rng.block(8, 4)).times);
  ASSERT_EQ(times.size(), std::size_t(steps) + 1);
  EXPECT_EQ(times.front(), 0);
  EXPECT_EQ(times.back(), 9);
  const auto overlap = [](double t) {
    double sum = 0, all = 0;
    for (double z = -7; z <= 7; z += 0.05) {
      const double weight = std::exp(-0.5 * z * z);
      sum += weight * std::tanh(t + std::sqrt(t) * z);
      all += weight;
    }
    return sum / all;
  };
  for (int k = 1; k < steps; ++k)
    EXPECT_NEAR(overlap(times[std::size_t(k)]), overlap(9) * k / steps, 0.03) << k;  // 3200 spins: 0.006
}

TEST(Diffusion, FirstTimeComesBeforeTheLast) {
  const AnyDenoiser exact(Exact(small<Sk>(3, 0.9)), true);
  EXPECT_THROW(Diffusion<>(exact, {.process = "vp", .first_time = 16}), BadInput);
  EXPECT_NO_THROW(Diffusion<>(exact, {.final_time = 1e-4}));  // not used
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

/// Where every posterior mean is 0.25 heun steps are exact, and ask at both ends; the corrector asks at the end again.
TEST(Diffusion, AsksAtBothEndsAndCorrects) {
  const WatchedDenoiser watched{3, 0.25f};
  const Diffusion<WatchedDenoiser> sampler(watched, true,
                                           {.final_time = 8, .steps = 2, .scheme = "heun", .corrector = 1});
  EXPECT_EQ(sampler.traits().order, 1);
  EXPECT_EQ(Diffusion<WatchedDenoiser>(watched, true, {.scheme = "heun"}).traits().order, 2);
  auto state = sampler.init(Streams({37, Purpose::sampler}, 4000));
  const StepInfo info = next_draw(sampler, state);
  EXPECT_EQ(info.work.denoiser_calls, 7 * 4000);
  EXPECT_EQ(info.unconverged, 7 * WatchedDenoiser::kUnconverged);
  const std::vector<Tilt>& asked = *watched.asked;
  ASSERT_EQ(asked.size(), 7u);
  const double at[] = {0, 2, 2, 2, 8, 8, 8};
  for (std::size_t k = 0; k < 7; ++k) {
    EXPECT_TRUE((asked[k].precision.array() == at[k]).all()) << k;
    if (k == 0) continue;
    // N(0.25 t, t) throughout: the law that both leave alone where the mean is held
    const auto [mean, variance] = standard_scores(asked[k].field.cast<double>(), 0.25 * at[k], at[k]);
    EXPECT_LT(std::abs(mean), 4.8) << k;
    EXPECT_LT(std::abs(variance), 4.8) << k;
  }
  EXPECT_EQ(asked[1].field, asked[2].field);  // heun's two means agree here
  EXPECT_GT((asked[3].field - asked[2].field).cwiseAbs().maxCoeff(), 0.1);
  EXPECT_TRUE(sampler.step(state).finished);  // and stays where it is
  EXPECT_EQ(asked.size(), 7u);
}

/// m = t/(1+t) up to t = 4: m(t_k) = 0.8 k/K is t_k = 0.8 k/(K - 0.8 k). On a grid of step h, straight lines miss it by
/// h^2 |m''|/8 < h^2/4 in m. A dip is taken for a plateau; a jump gets all steps that fall into it.
TEST(Diffusion, EqualRisesInvertACurve) {
  std::vector<double> at, curve, stepped;
  for (int k = 0; k <= 400; ++k) {
    const double t = 0.01 * k;
    at.push_back(t);
    curve.push_back(t / (1 + t) - (k == 200 ? 0.3 : 0));
    stepped.push_back(k < 100 ? 0 : 1);
  }
  const auto times = equal_rises(at, curve, 8), jump = equal_rises(at, stepped, 4);
  ASSERT_EQ(times.size(), 9u);
  for (int k = 0; k <= 8; ++k) EXPECT_NEAR(times[std::size_t(k)] / (1 + times[std::size_t(k)]), 0.1 * k, 1e-4) << k;
  EXPECT_EQ(times.back(), 4.0);
  const auto dip = equal_rises({0, 1, 2, 3}, {0, 0.6, 0.3, 1}, 4);  // as 0, 0.6, 0.6, 1
  for (std::size_t k = 0; k < 5; ++k)
    EXPECT_NEAR(dip[k], (std::vector<double>{0, 0.25 / 0.6, 0.5 / 0.6, 2.375, 3}[k]), 1e-12);
  ASSERT_EQ(jump.size(), 5u);
  for (int k = 1; k < 4; ++k) EXPECT_NEAR(jump[std::size_t(k)], 0.99 + 0.01 * k / 4, 1e-12);
}

TEST(Diffusion, WalksTheTimesThatWerePredicted) {
  const WatchedDenoiser denoiser{3, 0.2f};
  const std::vector<double> times{0, 0.1, 0.4, 2.5};
  const Diffusion<WatchedDenoiser> sampler(denoiser, true, {.final_time = 2.5, .steps = 3, .grid = "predicted-overlap"},
                                           times);
  EXPECT_EQ(sampler.traits().order, 0);
  auto s = sampler.init(Streams({37, Purpose::sampler}, 2));
  next_draw(sampler, s);
  ASSERT_EQ(denoiser.asked->size(), 4u);  // the last one for the draw
  for (std::size_t k = 0; k < 4; ++k) EXPECT_EQ((*denoiser.asked)[k].precision(1), times[k]);
  EXPECT_THROW(Diffusion<WatchedDenoiser>(denoiser, true, {.grid = "predicted-overlap"}), Refused);
  EXPECT_THROW(Diffusion<WatchedDenoiser>(denoiser, true, {.steps = 4, .grid = "predicted-overlap"}, times), Refused);
}

}  // namespace
}  // namespace glass

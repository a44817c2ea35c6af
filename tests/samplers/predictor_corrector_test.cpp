#include "samplers/predictor_corrector.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "samplers/blocks.hpp"
#include "samplers/diffusion.hpp"
#include "samplers/glauber.hpp"
#include "samplers/houdayer.hpp"
#include "samplers/metropolis.hpp"
#include "spinglass/amp.hpp"
#include "spinglass/exact.hpp"
#include "tests/models/checks.hpp"
#include "tests/samplers/reference.hpp"
#include "tests/samplers/watched_denoiser.hpp"

namespace glass {
namespace {

using namespace reference;

/// E tanh(a + sqrt(v) z), z standard normal.
double mean_tanh(double a, double v) {
  double sum = 0, all = 0;
  for (double z = -9; z <= 9; z += 0.05) {
    sum += std::exp(-0.5 * z * z) * std::tanh(a + std::sqrt(v) * z);
    all += std::exp(-0.5 * z * z);
  }
  return sum / all;
}

/// One free spin, a heat bath, and a denoiser that always says m: what x and y do can be followed by hand. A sweep
/// draws x from tanh(y), and then y = t x + sqrt(t) z; between t and u, y goes to y + m (u - t) + sqrt(u - t) z.
TEST(PredictorCorrector, StepsAreThePredictorThenGibbsSamplingOfXAndY) {
  constexpr Index n = 4, columns = 20000;
  constexpr double m = 0.9, first = 0.5, last = 2;
  Environment free;
  free.h = Eigen::VectorXf::Zero(n);
  free.pins = Eigen::VectorXf::Constant(n, Tilt::kFree);
  const CurieWeiss flat(0.0, free);
  for (const int sweeps : {1, 2, 3}) {
    const WatchedDenoiser denoiser{n, float(m)};
    const PredictorCorrector<WatchedDenoiser, Glauber<CurieWeiss>> sampler(
        denoiser, Glauber<CurieWeiss>(flat), {.final_time = last, .steps = 2, .sweeps = sweeps});
    auto s = sampler.init(Streams({41, Purpose::sampler}, columns));
    const auto expect_state = [&](double time, double mean, const char* when) {
      Batch x(n, columns);
      sampler.read(s, x);
      const double count = double(n * columns);
      // 4.5 sigma twice, and of noise thrice: 7e-6 each
      EXPECT_NEAR(x.cast<double>().mean(), mean, 4.5 * std::sqrt((1 - mean * mean) / count)) << when << ", " << sweeps;
      EXPECT_EQ(s.tilt.precision(columns - 1), time);
      const Eigen::MatrixXd noise = s.tilt.field.cast<double>() - time * x.cast<double>();
      const auto [about, variance] = standard_scores(noise, 0, time);
      EXPECT_LE(std::abs(about), 4.5) << when << ", " << sweeps;
      EXPECT_LE(std::abs(variance), 4.5) << when << ", " << sweeps;
      EXPECT_LE(std::abs((noise.array() * x.cast<double>().array()).mean()), 4.5 * std::sqrt(time / count)) << when;
    };
    StepInfo info = sampler.step(s);
    EXPECT_FALSE(info.finished);
    EXPECT_EQ(info.work.denoiser_calls, 2 * columns);  // the start of x is one
    EXPECT_EQ(info.work.attempts, sweeps * n * columns);
    EXPECT_EQ(info.unconverged, 2 * WatchedDenoiser::kUnconverged);
    double mean = mean_tanh(m * first, first);
    for (int j = 1; j < sweeps; ++j) mean *= mean_tanh(first, first);
    const double after_first = mean;
    expect_state(first, mean, "first time");
    info = sampler.step(s);
    EXPECT_TRUE(info.finished);
    EXPECT_EQ(info.work.denoiser_calls, columns);
    const double more = m * (last - first);
    mean = 0.5 * (1 + mean) * mean_tanh(first + more, last) + 0.5 * (1 - mean) * mean_tanh(more - first, last);
    for (int j = 1; j < sweeps; ++j) mean *= mean_tanh(last, last);
    expect_state(last, mean, "last time");
    EXPECT_EQ(sampler.step(s).work, Work{});
    sampler.restart(s);
    EXPECT_TRUE(s.tilt.field.isZero(0) && s.tilt.precision.isZero(0));
    sampler.step(s);
    expect_state(first, after_first, "first time of the next draw");
  }
}

/// The counts of `draws` draws over the configurations.
template <class S>
Eigen::VectorXd counts_of(const S& sampler, Index n, Index draws, std::uint32_t seed) {
  const Blocks<S> blocks(sampler, 500);
  auto s = blocks.init(Streams({seed, Purpose::sampler}, draws));
  next_draw(blocks, s);
  Batch x(n, draws);
  blocks.read(s, x);
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(Index{1} << n);
  for (Index c = 0; c < draws; ++c) ++counts(number(x.col(c)));
  return counts;
}

/// Peaked laws of 6 spins, fields and a pin, on 5 coarse steps, with a denoiser of another temperature and with amp:
/// the error of diffusion falls with the sweeps, and many sweeps leave none that 20000 draws could show. 4 G-tests.
TEST(PredictorCorrector, MendsAWrongDenoiserAndCoarseSteps) {
  constexpr Index n = 6, draws = 20000;
  const Sk target = small<Sk>(n, 0.7, 1);
  const Eigen::VectorXd p = normalised(log_weights(target, target.base(1)));
  require_peaked(p);
  const Sk other = small<Sk>(n, 2.5, 1);
  const std::map<std::string, AnyDenoiser> denoisers{
      {"exact, of another temperature", AnyDenoiser(Exact(other), false)},
      {"amp", AnyDenoiser(Amp<Sk>(target), false)},
      {"exact", AnyDenoiser(Exact(target), true)}};
  const auto variation = [&](const Eigen::VectorXd& counts) {
    return 0.5 * (counts / double(draws) - p).cwiseAbs().sum();
  };
  for (const auto& [what, denoiser] : denoisers) {
    const Eigen::VectorXd alone =
        counts_of(Diffusion<>(denoiser, {.steps = 5}), n, draws, 42);  // y_T far enough for one spin each
    double before = variation(alone);
    EXPECT_LT(law_check("diffusion", alone, p).p_value, 1e-9) << what;
    std::string seen = to_text(before);
    for (const int sweeps : {1, 8, 64}) {
      const PredictorCorrector<> sampler(denoiser, AnyKernel(Glauber<Sk>(target)),
                                         {.final_time = 3, .steps = 5, .sweeps = sweeps});
      const Eigen::VectorXd counts = counts_of(sampler, n, draws, 43);
      const double now = variation(counts);
      seen += ", " + std::to_string(now);
      if (sweeps < 64) {
        EXPECT_LT(now, before) << what << ", " << sweeps << " sweeps";
      } else {
        expect_plausible(law_check("law", counts, p), what);
      }
      before = now;
    }
    RecordProperty(what.substr(0, 3) + std::to_string(what.size()), seen);
  }
}

/// What a generator owes: a restart forgets the draw before.
TEST(PredictorCorrector, DrawsAreIndependent) {
  constexpr Index n = 3, columns = 20000;
  const Sk target = small<Sk>(n, 0.7);
  const PredictorCorrector<> sampler(AnyDenoiser(Exact(target), true), AnyKernel(Metropolis<Sk>(target)),
                                     {.final_time = 1, .steps = 3, .sweeps = 30});
  const Eigen::VectorXd p = normalised(log_weights(target, target.base(1)));
  auto s = sampler.init(Streams({44, Purpose::sampler}, columns));
  Batch x(n, columns), y(n, columns);
  next_draw(sampler, s);
  sampler.read(s, x);
  next_draw(sampler, s);
  sampler.read(s, y);
  Eigen::VectorXd pairs = Eigen::VectorXd::Zero(64);
  for (Index c = 0; c < columns; ++c) ++pairs(number(x.col(c)) + 8 * number(y.col(c)));
  expect_plausible(law_check("pairs of draws", pairs, (p * p.transpose()).reshaped()), "predictor-corrector");
}

TEST(PredictorCorrector, RefusesKernelsThatKeepMoreThanTheyShow) {
  const PairGraph target = small_graph(5, 0.7);
  const AnyDenoiser exact(Exact(target), true);
  EXPECT_NO_THROW(PredictorCorrector<>(exact, AnyKernel(Glauber<PairGraph>(target))));
  EXPECT_THROW(PredictorCorrector<>(exact, AnyKernel(Houdayer<PairGraph>(target))), Refused);
}

}  // namespace
}  // namespace glass

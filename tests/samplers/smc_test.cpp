// With an exact denoiser and weights for the steps every part of the algorithm has an exact law, at any number of
// particles and steps: weighted draws of small populations against enumeration.
#include "samplers/smc.hpp"

#include <gtest/gtest.h>

#include "samplers/diffusion.hpp"
#include "spinglass/amp.hpp"
#include "spinglass/exact.hpp"
#include "tests/samplers/proper_weights.hpp"
#include "tests/samplers/reference.hpp"
#include "tests/samplers/watched_denoiser.hpp"

namespace glass {
namespace {

using namespace reference;

/// Round a corner; down in side information on the way; a mixed leg; down in power.
TEST(Smc, WeightedDrawsAreExactAtAnySize) {
  const Sk target = small<Sk>(6, 0.6, 1);
  const SmcOptions few{.steps = 10, .particles = 6, .ess = 0.7, .weigh_steps = true};
  const auto with = [&](const char* route, int moves) {
    SmcOptions o = few;
    o.route = route;
    o.moves = moves;
    return o;
  };
  expect_proper_weights(target, with("0.5/0>0.5/1>1/1>1/9", 1), 41, 0.01);
  expect_proper_weights(target, with("0.5/0>0.5/1>1/1>1/9", 0), 42, 0.01);
  expect_proper_weights(target, with("1/0>1/2>1/0.4>1/9", 1), 43, 0.01);
  expect_proper_weights(target, with("0.4/0>1/1.5>1/9", 2), 44, 0.01);
  expect_proper_weights(target, with("1/0>1.4/0.5>1.4/1>1/0.5>1/9", 1), 45, 0.01);
  SmcOptions more = with("0.5/0>0.5/1>1/1>1/9", 1);  // three particles' weights have tails too heavy for error bars
  more.steps = 10;
  more.particles = 12;
  expect_proper_weights(small<IsingPSpin>(6, 0.35), more, 46, 0.01);
}

/// The mean that carries the observations may be wrong, that of another branch say: it only proposes.
TEST(Smc, WeightsMendAWrongMean) {
  struct Hesitant : Exact {
    using Exact::Exact;
    DenoiseInfo posterior_mean(const Tilt& t, State& s, BatchOut mean) const {
      const DenoiseInfo info = Exact::posterior_mean(t, s, mean);
      mean *= 0.8f;
      return info;
    }
  };
  expect_proper_weights<Hesitant>(small<Sk>(6, 0.6, 1), {.route = "0.5/0>0.5/1>1/1>1/6", .steps = 12, .particles = 12},
                                  48, 0.01);
}

/// No resampling at all: importance sampling, exact too.
TEST(Smc, WeightsAreKeptWhereNothingIsResampled) {
  expect_proper_weights(small<Sk>(6, 0.5),
                        {.route = "0.6/0>0.6/1>1/1>1/9", .steps = 8, .particles = 6, .ess = 0, .weigh_steps = true}, 47,
                        0.01);
}

/// Many particles and fine steps without weights for them: the law of the draws themselves, marginals and pairs with
/// it.
TEST(Smc, DrawsOfALargePopulationHaveTheLaw) {
  constexpr Index kColumns = 2000;
  const Sk target = small<Sk>(6, 0.5, 1);
  const Eigen::VectorXd p = normalised(log_weights(target, target.base(1)));
  require_peaked(p);
  const Smc<Exact> sampler(Exact(target),
                           {.route = "0.5/0>0.5/1>1/1>1/9", .steps = 25, .particles = 32, .weigh_steps = false});
  auto s = sampler.init(Streams({51, Purpose::sampler}, kColumns));
  next_draw(sampler, s);
  Batch x(6, kColumns);
  sampler.read(s, x);
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(p.size());
  Eigen::MatrixXd pairs = Eigen::MatrixXd::Zero(6, 6), exact = pairs;
  for (Index c = 0; c < kColumns; ++c) {
    counts(number(x.col(c))) += 1;
    pairs += x.col(c).cast<double>() * x.col(c).transpose().cast<double>() / double(kColumns);
  }
  for (Index k = 0; k < p.size(); ++k) {
    Eigen::VectorXd spins(6);
    for (Index i = 0; i < 6; ++i) spins(i) = k >> i & 1 ? 1 : -1;
    exact += p(k) * spins * spins.transpose();
  }
  expect_plausible(law_check("law of the draws", counts, p), "smc, 32 particles");
  EXPECT_LT((pairs - exact).cwiseAbs().maxCoeff(), 5 / std::sqrt(double(kColumns)));
  // ln Z of one population each, of which errors over populations are known
  const double truth = log_sum_exp(log_weights(target, target.base(1)));
  const Eigen::ArrayXd z = sampler.report(s)[2].values.transpose().array();
  const double spread = std::sqrt((z - z.mean()).square().mean());
  EXPECT_LT(spread, 0.2);
  EXPECT_NEAR(z.mean(), truth, 0.5 * spread * spread + 5 * spread / std::sqrt(double(kColumns)) + 0.01);  // steps: 0.01
}

/// Straight up at power 1 without weights: particle by particle the draw of `diffusion`, to the last bit.
TEST(Smc, StraightUpIsDiffusion) {
  constexpr Index r = 9;
  const Sk target = small<Sk>(6, 0.5, 1);
  const Smc<Exact> smc(Exact(target), {.route = "1/0>1/12", .steps = 11, .particles = r, .weigh_steps = false});
  const Streams rng({61, Purpose::sampler}, 1);
  auto s = smc.init(rng);
  const StepInfo walked = next_draw(smc, s);
  const Diffusion<Exact> diffusion(Exact(target), true, {.final_time = 12, .steps = 11, .scheme = "exponential"});
  auto d = diffusion.init(rng.branch(Purpose::population, r));
  const StepInfo same = next_draw(diffusion, d);
  EXPECT_EQ(s.population[0].tilt.field, d.tilt.field);
  EXPECT_EQ(walked.work.denoiser_calls, same.work.denoiser_calls);
  EXPECT_EQ(smc.log_weight(s)(0), 0);
  Batch x(6, 1), all(6, r);
  smc.read(s, x);
  diffusion.read(d, all);
  bool among = false;
  for (Index j = 0; j < r; ++j) among = among || all.col(j) == x.col(0);
  EXPECT_TRUE(among);
}

/// Where every posterior mean is 0.25, y_t = 0.25 t + W_t on the way up, down and up again.
TEST(Smc, ObservationsHaveTheirLawOnEveryLeg) {
  struct Watched : WatchedDenoiser {
    PerColumn log_partition(const Tilt& t, State&) const { return PerColumn::Zero(t.columns()); }
  };
  const Watched watched{{3, 0.25f}};
  const Smc<Watched> sampler(watched,
                             {.route = "1/0>1/9>1/1>1/4", .steps = 3, .particles = 4000, .weigh_steps = false});
  auto s = sampler.init(Streams({63, Purpose::sampler}, 1));
  next_draw(sampler, s);
  ASSERT_EQ(watched.asked->size(), 10u);
  const Route at = sampler.route();
  for (std::size_t k = 1; k < at.size(); ++k) {
    const Tilt& tilt = (*watched.asked)[k];
    EXPECT_EQ(tilt.precision(0), at[k].side);
    const auto [mean, variance] = standard_scores(tilt.field.cast<double>(), 0.25 * at[k].side, at[k].side);
    EXPECT_LT(std::abs(mean), 4.8) << k;  // 1.6e-6 two-sided, below kLevel
    EXPECT_LT(std::abs(variance), 4.8) << k;
  }
}

/// One population is one column's own: the same in every block.
TEST(Smc, ColumnsDoNotKnowEachOther) {
  const IsingPSpin target = small<IsingPSpin>(12, 0.7);
  const Smc<Amp<IsingPSpin>> sampler(Amp<IsingPSpin>(target), {.steps = 6, .particles = 5, .ess = 0.9});
  auto whole = expect_columns_alone(sampler, 12, 71);
  sampler.restart(whole);
  EXPECT_TRUE(sampler.log_weight(whole).isZero(0));
  EXPECT_NEAR(sampler.report(whole)[1].values.maxCoeff(), 1, 1e-9);  // everybody its own family
}

/// Messages belong to a particle, and are not copied with it: where particles were resampled they are forgotten.
TEST(Smc, MessagesAreForgottenWhereParticlesWereResampled) {
  struct Counting : Exact {
    using Exact::Exact;
    struct State : Exact::State {
      int restarts = 0;
    };
    State start(Streams rng) const { return {Exact::start(std::move(rng)), 0}; }
    void restart(State& s) const { ++s.restarts; }
  };
  const Sk target = small<Sk>(5, 0.6);
  for (const double ess : {0.0, 1.0}) {
    const Smc<Counting> sampler(Counting(target), {.steps = 4, .particles = 6, .ess = ess, .weigh_steps = false});
    auto s = sampler.init(Streams({83, Purpose::sampler}, 2));
    const int before = s.population[0].messages.restarts;
    while (!sampler.step(s).finished) {
    }
    EXPECT_EQ(s.population[0].messages.restarts - before, ess == 0 ? 0 : 4);  // the four changes of power
  }
}

/// A denoiser whose ln Z is no number for some particles: they are lost, the others go on.
TEST(Smc, ParticlesWithoutLogPartitionAreLost) {
  struct Broken : Exact {
    using Exact::Exact;
    PerColumn log_partition(const Tilt& t, State& s) const {
      PerColumn z = Exact::log_partition(t, s);
      if (t.precision(0) > 0) z(0) = std::numeric_limits<double>::quiet_NaN();
      return z;
    }
  };
  const Sk target = small<Sk>(5, 0.6);
  const Smc<Broken> sampler(Broken(target), {.steps = 4, .particles = 6});
  auto s = sampler.init(Streams({81, Purpose::sampler}, 20));
  next_draw(sampler, s);
  EXPECT_TRUE(sampler.log_weight(s).allFinite());
  const Smc<Broken> alone(Broken(target), {.steps = 4, .particles = 1});
  auto one = alone.init(Streams({82, Purpose::sampler}, 3));
  next_draw(alone, one);
  EXPECT_EQ(alone.log_weight(one)(0), -std::numeric_limits<double>::infinity());
  Batch x(5, 3);
  alone.read(one, x);
  EXPECT_TRUE((x.array().abs() == 1).all());
}

TEST(Smc, RoutesEndAtTheTarget) {
  const Sk target = small<Sk>(4, 0.6);
  const auto make = [&](const char* route) { Smc<Exact>(Exact(target), {.route = route}); };
  EXPECT_THROW(make("1/0.1>1/4"), BadInput);
  EXPECT_THROW(make("1/0>0.9/4"), BadInput);
  EXPECT_THROW(make("1/0>1/4>1/0"), BadInput);
  EXPECT_THROW(make("1/0"), BadInput);
  EXPECT_NO_THROW(make("0.3/0>1/0>1/4"));
}

}  // namespace
}  // namespace glass

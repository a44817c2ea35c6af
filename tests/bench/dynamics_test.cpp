#include "bench/dynamics.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>

#include "models/core/error.hpp"

namespace glass {
namespace {

const auto kNothing = [] {};

void expect_within(const MeanAndError& e, double exact, const std::string& what) {
  EXPECT_NEAR(e.mean, exact, 5 * e.error) << what << ": " << e.mean << " +- " << e.error;
}

TEST(Dynamics, TimesAreTenADecade) {
  EXPECT_EQ(dynamics_times(1), (std::vector<int>{0, 1}));
  EXPECT_EQ(dynamics_times(10), (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 8, 10}));
  const auto t = dynamics_times(100000);
  EXPECT_EQ(t.back(), 100000);
  EXPECT_LT(t.size(), 52u);
  EXPECT_TRUE(std::is_sorted(t.begin(), t.end()));
}

/// An exact kernel keeps a start at the signal exact at every time: the paired energy stays 0 (twelve times looked at,
/// 5 sigma each: a false alarm in 10^3 seeds, with 24 instances).
TEST(Dynamics, PlantedStartsKeepTheEnergyOfTheSignal) {
  const Dynamics d = dynamics("ising-p-spin:n=16,temperature=0.8,planted=true", "glauber",
                              {.steps = 30, .chains = 4, .instances = 24, .random = false}, kNothing);
  ASSERT_EQ(d.curves.size(), 1u);
  const DynamicsCurve& c = d.curves[0];
  EXPECT_EQ(c.energy[0].mean, d.planted_energy->mean);
  EXPECT_NEAR(c.q_start[0].mean, 1, 1e-12);
  // the energy of the ensemble of signals, exact at any N: -(beta/2)(1 - 1/N)(1 - 2/N)
  expect_within(*d.planted_energy, -(1 / 1.6) * (1 - 1.0 / 16) * (1 - 2.0 / 16), "signals");
  for (std::size_t t = 0; t < d.times.size(); ++t) {
    expect_within(c.energy[t], -(1 / 1.6) * (1 - 1.0 / 16) * (1 - 2.0 / 16), "t = " + std::to_string(d.times[t]));
    EXPECT_EQ(c.q_start[t].mean, c.q_planted[t].mean);  // the signal is where they started
  }
  EXPECT_LT(c.q_start.back().mean, 0.95);
}

TEST(Dynamics, HotSpinsForgetTheirStartInOneSweep) {
  const Dynamics d = dynamics("sk:n=64,temperature=1e6", "glauber",
                              {.steps = 2, .chains = 8, .instances = 16, .planted = false}, kNothing);
  EXPECT_NEAR(d.curves[0].q_start[0].mean, 1, 1e-12);
  expect_within(d.curves[0].q_start[1], 0, "one sweep");
  EXPECT_LT(d.curves[0].q_start[1].error, 3 / std::sqrt(64.0 * 8 * 16));
  EXPECT_TRUE(d.curves[0].q_planted.empty());
  EXPECT_TRUE(d.crossings.empty());
  EXPECT_FALSE(d.planted_energy);
}

TEST(Dynamics, CountsFirstPassagesAndCensorsTheOthers) {
  DynamicsOptions o{.steps = 20, .chains = 3, .instances = 4};
  o.low = o.high = 1;  // planted starts are there at once; from random ones full overlap is not reached
  const Dynamics now = dynamics("ising-p-spin:n=40,temperature=2,planted=true", "glauber", o, kNothing);
  ASSERT_EQ(now.crossings.size(), 2u);
  EXPECT_EQ(now.crossings[0].start, "random");
  EXPECT_EQ(now.crossings[0].crossed(), 0);
  EXPECT_FALSE(now.crossings[0].median);
  EXPECT_FALSE(now.crossings[0].low);
  for (const Lifetime& l : now.crossings[0].passages) EXPECT_EQ(l.time, 20);
  EXPECT_EQ(now.crossings[1].crossed(), 12);
  EXPECT_EQ(now.crossings[1].median, 0);
  o.low = 0.5;  // frozen
  const Dynamics never = dynamics("ising-p-spin:n=40,temperature=0.05,planted=true", "glauber", o, kNothing);
  EXPECT_EQ(never.crossings[1].crossed(), 0);
  EXPECT_FALSE(never.crossings[1].high);
  EXPECT_GT(never.curves[1].q_planted.back().mean, 0.99);
}

/// Between T_K = 0.651 and T_d = 0.682 small systems leave the signal's state, larger ones later: the barrier grows.
TEST(Dynamics, TheBarrierGrowsWithN) {
  double last = 0;
  for (const int n : {12, 48}) {
    const Dynamics d = dynamics("ising-p-spin:n=" + std::to_string(n) + ",temperature=0.66,planted=true", "glauber",
                                {.steps = 3000, .chains = 6, .instances = 12, .random = false}, kNothing);
    const Crossing& c = d.crossings.at(0);
    ASSERT_TRUE(c.median) << n;
    EXPECT_GT(*c.low, last) << n << ": the 95% intervals do not touch";
    last = c.high.value_or(3000);
  }
}

/// x and -x are the same state where nothing tells them apart.
TEST(Dynamics, AGlobalFlipIsNoCrossing) {
  const DynamicsOptions o{.steps = 400, .chains = 8, .instances = 4, .random = false};
  const Dynamics d = dynamics("curie-weiss:n=8,temperature=0.5,planted=true", "glauber", o, kNothing);
  const Dynamics f = dynamics("curie-weiss:n=8,temperature=0.5,planted=true,field=1e-6", "glauber", o, kNothing);
  EXPECT_LE(d.crossings[0].crossed(), f.crossings[0].crossed());
}

TEST(Dynamics, DoesNotDependOnThreads) {
  const auto run = [](int threads) {
    omp_set_num_threads(threads);
    return dynamics("sk:n=20,planted=true,instance=3", "metropolis", {.steps = 20, .chains = 20, .instances = 3},
                    kNothing);
  };
  const int before = omp_get_max_threads();
  const Dynamics one = run(1), two = run(2);
  omp_set_num_threads(before);
  ASSERT_EQ(one.curves.size(), two.curves.size());
  for (std::size_t c = 0; c < one.curves.size(); ++c)
    for (std::size_t t = 0; t < one.times.size(); ++t) {
      EXPECT_EQ(one.curves[c].energy[t].mean, two.curves[c].energy[t].mean);
      EXPECT_EQ(one.curves[c].q_planted[t].mean, two.curves[c].q_planted[t].mean);
    }
  EXPECT_EQ(one.crossings[1].median, two.crossings[1].median);
}

TEST(Dynamics, RefusesWhatDoesNotMoveAndSignalsThatAreNotThere) {
  EXPECT_THROW(dynamics("sk:n=6,planted=true", "autoregressive:denoiser=exact", {}, kNothing), BadInput);
  EXPECT_THROW(dynamics("sk:n=6", "glauber", {}, kNothing), BadInput);
  EXPECT_THROW(dynamics("sk:n=6,planted=true", "glauber", {.low = 0.5, .high = 0.4}, kNothing), BadInput);
  EXPECT_NO_THROW(dynamics("sk:n=6", "glauber", {.steps = 2, .planted = false}, kNothing));
}

}  // namespace
}  // namespace glass

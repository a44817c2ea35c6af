// Weighted draws of small populations against the exact law and ln Z: exact at any size of the population.
#include "samplers/population_annealing.hpp"

#include <gtest/gtest.h>

#include "samplers/glauber.hpp"
#include "tests/samplers/reference.hpp"

namespace glass {
namespace {

using namespace reference;

double log_sum_exp(const Eigen::VectorXd& l) { return l.maxCoeff() + std::log((l.array() - l.maxCoeff()).exp().sum()); }

/// z of each configuration's weighted frequency, and of the weights' mean, against the exact ones.
template <class T>
void expect_proper_weights(const T& target, PopulationAnnealingOptions options, std::uint32_t seed) {
  constexpr Index kColumns = 20000;
  const Index n = target.sites();
  const PopulationAnnealing<Glauber<T>> sampler(Glauber<T>(target), n, options);
  auto s = sampler.init(Streams({seed, Purpose::sampler}, kColumns));
  EXPECT_GE(sampler.powers(s).size(), 3u);  // two reweightings or more
  EXPECT_EQ(sampler.powers(s).back(), 1);
  next_draw(sampler, s);
  Batch x(n, kColumns);
  sampler.read(s, x);
  const Eigen::VectorXd log_w = log_weights(target, target.base(1)), p = normalised(log_w);
  const double truth =
      log_sum_exp(log_w) - double((target.environment().pins.array() == Tilt::kFree).count()) * std::log(2.0);
  const Eigen::ArrayXd w = (sampler.log_weight(s).array() - truth).exp();
  EXPECT_NEAR(w.mean(), 1, 5 * std::sqrt((w - 1).square().mean() / double(kColumns)));
  EXPECT_GT((w - 1).square().mean(), 0.01);  // a population so small that the weights matter
  Eigen::ArrayXd sum = Eigen::ArrayXd::Zero(p.size()), squares = sum;
  for (Index c = 0; c < kColumns; ++c) {
    const Index k = number(x.col(c));
    sum(k) += w(c);
    squares(k) += w(c) * w(c);
  }
  for (Index k = 0; k < p.size(); ++k) {
    if (p(k) * double(kColumns) < 50) continue;
    const double mean = sum(k) / double(kColumns), variance = squares(k) / double(kColumns) - mean * mean;
    EXPECT_NEAR(mean, p(k), 5 * std::sqrt(variance / double(kColumns))) << k;
  }
}

TEST(PopulationAnnealing, WeightedDrawsAreExactAtAnySize) {
  expect_proper_weights(small<Sk>(5, 0.4, 1), {.population = 3, .ess = 0.95}, 31);
  expect_proper_weights(small<IsingPSpin>(5, 0.35), {.population = 6, .ess = 0.9, .sweeps = 2}, 32);
}

TEST(PopulationAnnealing, LogPartitionOfALargePopulation) {
  const auto target = small<Sk>(12, 0.4, 2);
  const PopulationAnnealing<> sampler(AnyKernel(Glauber<Sk>(target)), 12, {.population = 1000});
  auto s = sampler.init(Streams({1, Purpose::sampler}, 8));
  next_draw(sampler, s);
  const double truth = log_sum_exp(log_weights(target, target.base(1))) - 10 * std::log(2.0);
  const Eigen::ArrayXd off = sampler.log_weight(s).array() - truth;
  const double error = std::sqrt((off - off.mean()).square().sum() / (8 * 7));
  EXPECT_NEAR(off.mean(), 0, 7 * error + 1e-3);  // Student's t with 7 degrees of freedom beyond 7: 2e-4; bias O(1/R)
  EXPECT_LT(error, 0.05);
  const Eigen::MatrixXd rho = sampler.report(s)[1].values;
  EXPECT_GT(rho.minCoeff(), 1.5);
  EXPECT_LT(rho.maxCoeff(), 100);
  sampler.restart(s);
  EXPECT_NEAR(sampler.report(s)[1].values.maxCoeff(), 1, 1e-9);  // everybody its own family
}

/// The powers come from the pilot alone: the same in every block of columns.
TEST(PopulationAnnealing, PowersDoNotDependOnTheColumns) {
  const auto target = small<Sk>(6, 0.4);
  const PopulationAnnealing<> sampler(AnyKernel(Glauber<Sk>(target)), 6, {.population = 20});
  const Streams rng({1, Purpose::sampler}, 12);
  EXPECT_EQ(sampler.init(rng).powers, sampler.init(rng.block(8, 4)).powers);
}

}  // namespace
}  // namespace glass

// Tempering against the product law of its rungs, exact swap probabilities and targets that a sweep alone cannot cross.
#include "samplers/parallel_tempering.hpp"

#include <gtest/gtest.h>

#include "samplers/blocks.hpp"
#include "samplers/discrete_langevin.hpp"
#include "samplers/glauber.hpp"
#include "tests/samplers/reference.hpp"

namespace glass {
namespace {

using namespace reference;

constexpr Index kSites = 3, kRungs = 3;
const char* const kLadder = "1/0.6/0.2";

/// Law of each rung of the ladder at a tilt of one column.
template <class T>
std::vector<Eigen::VectorXd> rung_laws(const T& target, const Tilt& tilt, const PerColumn& ladder) {
  std::vector<Eigen::VectorXd> out;
  for (Index k = 0; k < ladder.size(); ++k) {
    Tilt t = tilt;
    t.power *= ladder(k);
    out.push_back(normalised(log_weights(target, t)));
  }
  return out;
}

/// Configurations of all walkers of a chain, by rung, as one number.
template <class K>
Eigen::VectorXd joint_counts(const K& kernel, const typename ParallelTempering<K>::State& s) {
  Batch x(kSites, Index(s.at.size()));
  kernel.read(s.walkers, x);
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(Index{1} << (kSites * kRungs));
  for (Index c = 0; c < s.rng.columns(); ++c) {
    Index cell = 0;
    for (Index k = kRungs; k-- > 0;) cell = cell << kSites | number(x.col(s.at[std::size_t(c * kRungs + k)]));
    counts(cell) += 1;
  }
  return counts;
}

/// From exact draws at every rung, the law stays the product of the rungs' laws after each of a few steps (even and odd
/// swaps), and the probabilities of swaps are those of the product law.
template <class K, class T>
void expect_product_law(const K& kernel, const T& target, const std::optional<Tilt>& given, std::uint32_t seed) {
  constexpr Index kChains = 40000;
  const ParallelTempering<K> sampler(kernel, {.ladder = kLadder, .adapt = false});
  auto s = sampler.init(Streams({seed, Purpose::sampler}, kChains));
  const Tilt tilt = given.value_or(target.base(1));
  if (given)
    sampler.retilt(s, {tilt.power.replicate(1, kChains), tilt.precision.replicate(1, kChains),
                       tilt.field.replicate(1, kChains), tilt.pinned.replicate(1, kChains)});
  const auto laws = rung_laws(target, tilt, s.ladder);
  Stream starts({seed, Purpose::test, 1, 0}, 0);
  Batch x(kSites, kChains * kRungs);
  for (Index k = 0; k < kRungs; ++k) {
    const Batch draws = LawDraws(laws[std::size_t(k)]).batch(kSites, kChains, starts);
    for (Index c = 0; c < kChains; ++c) x.col(s.at[std::size_t(c * kRungs + k)]) = draws.col(c);
  }
  kernel.place(s.walkers, x);
  Eigen::VectorXd joint = laws[0];
  for (Index k = 1; k < kRungs; ++k) joint = (joint * laws[std::size_t(k)].transpose()).reshaped().eval();
  for (int step = 1; step <= 4; ++step) {
    sampler.step(s);
    expect_plausible(law_check("joint law after " + std::to_string(step) + " steps", joint_counts(kernel, s), joint),
                     std::string(T::name));
  }
  // E min(1, ratio) over pi_k x pi_{k+1}; each pair was tried twice by every chain
  const Eigen::VectorXd log_l = log_weights(target, Tilt::none(kSites, 1));
  for (Index k = 0; k + 1 < kRungs; ++k) {
    double mean = 0, square = 0;
    for (Index a = 0; a < log_l.size(); ++a)
      for (Index b = 0; b < log_l.size(); ++b) {
        const double p = laws[std::size_t(k)](a) * laws[std::size_t(k + 1)](b);
        const double swap =
            std::min(1.0, std::exp(tilt.power(0) * (s.ladder(k) - s.ladder(k + 1)) * (log_l(b) - log_l(a))));
        mean += p * swap;
        square += p * swap * swap;
      }
    const double seen = s.swaps.row(k).sum() / (kChains * s.tried(k));
    // the two tries of a chain may be correlated: the error of one try bounds it. 5 sigma: 6e-7
    EXPECT_NEAR(seen, mean, 5 * std::sqrt((square - mean * mean) / kChains)) << T::name << ", pair " << k;
    EXPECT_EQ(s.tried(k), 2);
  }
}

TEST(ParallelTempering, KeepsTheProductLawOfItsRungs) {
  std::uint32_t seed = 200;
  for (const Index pins : {0, 1}) {
    const auto sk = small<Sk>(kSites, 0.4, pins);
    expect_product_law(Glauber<Sk>(sk), sk, std::nullopt, ++seed);
    expect_product_law(Glauber<Sk>(sk), sk, tilted(sk, 1, 1.6, 0.3f), ++seed);
    const auto cubic = small<IsingPSpin>(kSites, 0.3, pins);
    expect_product_law(Glauber<IsingPSpin>(cubic), cubic, tilted(cubic, 1, 0.7, -0.4f), ++seed);
    const auto cw = small<CurieWeiss>(kSites, 0.5, pins);
    expect_product_law(DiscreteLangevin<CurieWeiss>(cw), cw, std::nullopt, ++seed);
  }
}

/// A ferromagnet in two valleys that a sweep does not leave: tempering crosses, the heat bath does not.
TEST(ParallelTempering, CrossesWhereTheKernelAloneIsSlow) {
  const auto target = [] {
    CurieWeissOptions o;
    o.n = 7;
    o.temperature = 0.17;
    o.field = 0.02;
    return CurieWeiss::make(o, 1);
  }();
  const Eigen::VectorXd p = normalised(log_weights(target, target.base(1)));
  require_peaked(p);
  const auto make = [](const auto& sampler) {
    return [=](Streams rng) { return erase(Blocks(sampler, 512), std::move(rng)); };
  };
  const ConformanceOptions few{.columns = 1500, .warmup = 64, .burn = 150, .longest = 250};
  const auto tempered = check_conformance(
      "tempered", make(ParallelTempering<Glauber<CurieWeiss>>(Glauber<CurieWeiss>(target), {.rungs = 5})), p, few);
  expect_conforms(tempered);
  EXPECT_LT(tempered.tau, 60);
  const auto bare = check_conformance("bare", make(Glauber<CurieWeiss>(target)), p, few);
  EXPECT_TRUE(bare.slow);
}

/// Everything is accepted where there is no interaction, and then even-odd swaps carry each walker straight through: R
/// round trips in 2 R steps.
TEST(ParallelTempering, RoundTripsAreBallistic) {
  const auto target = small<CurieWeiss>(4, 1e9);
  for (const int rungs : {2, 5, 8}) {
    const ParallelTempering<AnyKernel> sampler(AnyKernel(Glauber<CurieWeiss>(target)),
                                               {.rungs = rungs, .adapt = false});
    auto s = sampler.init(Streams({1, Purpose::sampler}, 3));
    for (int k = 0; k < 4 * rungs; ++k) sampler.step(s);  // each walker has met rung 0 by then
    const PerColumn before = s.trips;
    for (int k = 0; k < 20 * rungs; ++k) sampler.step(s);
    for (Index c = 0; c < 3; ++c) EXPECT_EQ(s.trips(c) - before(c), 10 * rungs) << rungs << " rungs";
  }
}

TEST(ParallelTempering, TheLadderMovesToEqualAcceptance) {
  const auto target = small<Sk>(64, 0.5);
  const ParallelTempering<> sampler(AnyKernel(Glauber<Sk>(target)), {.ladder = "1/0.95/0.9/0.3/0.2/0.1/0.05"});
  auto s = sampler.init(Streams({1, Purpose::sampler}, 16));
  const auto spread = [&] {
    for (int k = 0; k < 400; ++k) sampler.step(s);
    const Eigen::VectorXd a = s.swaps.rowwise().mean().cwiseQuotient(s.tried);
    return a.maxCoeff() - a.minCoeff();
  };
  EXPECT_GT(spread(), 0.5);
  for (int k = 0; k < 512; ++k) {
    sampler.step(s);
    sampler.adapt(s);
  }
  EXPECT_LT(spread(), 0.12);
  EXPECT_EQ(s.ladder(0), 1);
  EXPECT_EQ(s.ladder(6), 0.05);
  for (Index k = 0; k < 6; ++k) EXPECT_GT(s.ladder(k), s.ladder(k + 1));
}

/// Walkers change rungs, step sizes do not: chains that adapt together have the same one at each rung.
TEST(ParallelTempering, StepSizesBelongToRungs) {
  const ParallelTempering<DiscreteLangevin<Sk>> sampler(DiscreteLangevin<Sk>(small<Sk>(24, 1)),
                                                        {.ladder = "1/0.7/0.1", .adapt = false});
  auto s = sampler.init(Streams({1, Purpose::sampler}, 4));
  for (int k = 0; k < 100; ++k) {
    sampler.step(s);
    sampler.adapt(s);
  }
  EXPECT_NE(s.at, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  std::vector<double> size(3);
  for (std::size_t w = 0; w < 12; ++w) {
    const double here = s.walkers.alpha(s.at[w]);
    if (w < 3) size[w] = here;
    EXPECT_EQ(here, size[w % 3]) << w;
  }
  EXPECT_NE(size[0], size[2]);
}

TEST(ParallelTempering, RefusesWhatCannotBeTempered) {
  struct Fixed {
    Glauber<Sk> inner;
    using State = Glauber<Sk>::State;
    Traits traits() const { return {"fixed", Kind::chain, Promise::exact_in_the_limit}; }
    State init(Streams rng) const { return inner.init(std::move(rng)); }
    void restart(State& s) const { inner.restart(s); }
    StepInfo step(State& s) const { return inner.step(s); }
    void read(const State& s, BatchOut x) const { inner.read(s, x); }
  };
  const Glauber<Sk> glauber(small<Sk>(4, 1));
  EXPECT_THROW(ParallelTempering<>(AnyKernel(Fixed{glauber})), Refused);
  for (const char* ladder : {"0.9/0.5", "1/0.5/0.5", "1/0.5/0.6", "1/x", "1//0.5", "1/-0.1", "1/0.5/"})
    EXPECT_THROW(ParallelTempering<>(AnyKernel(glauber), {.ladder = ladder}), BadInput) << ladder;
  EXPECT_THROW(ParallelTempering<>(AnyKernel(glauber), {.rungs = 3, .hottest = 1}), BadInput);
}

}  // namespace
}  // namespace glass

// Pairs of replicas against the product of their laws, alone and tempered.
#include "samplers/houdayer.hpp"

#include <gtest/gtest.h>

#include "samplers/parallel_tempering.hpp"
#include "tests/samplers/reference.hpp"

namespace glass {
namespace {

using namespace reference;

Eigen::VectorXd pair_counts(const Batch& both, Index cells) {
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(cells * cells);
  for (Index c = 0; c < both.cols(); c += 2) counts(number(both.col(c)) + cells * number(both.col(c + 1))) += 1;
  return counts;
}

/// Pairs of independent exact draws stay pairs of independent exact draws, and x remembers y.
TEST(Houdayer, KeepsTheLawOfPairs) {
  std::uint32_t seed = 900;
  constexpr Index kColumns = 40000;
  for (const Index pins : {0, 1})
    for (const double power : {1.0, 0.5}) {
      // a chain of sites: parts of it with q = -1 need not hang together
      const Sk sk = small<Sk>(4, 0.5, pins);
      const PairGraph target({2, {0, 1, 1, 2, 2, 3}, {0.8, -0.5, 0.6}}, sk.environment());
      const Tilt tilt = tilted(target, kColumns, power, 0.3f);
      const Eigen::VectorXd p = normalised(log_weights(target, tilt));
      const Houdayer<PairGraph> sampler(target);
      auto s = sampler.init(Streams({++seed, Purpose::sampler}, kColumns));
      sampler.retilt(s, tilt);
      Stream starts({seed, Purpose::test, 1, 0}, 0);
      const Glauber<PairGraph> sweep(target);
      sweep.place(s.both, LawDraws(p).batch(4, 2 * kColumns, starts));
      for (int k = 1; k <= 3; ++k) {
        sampler.step(s);
        Batch both(4, 2 * kColumns);
        sweep.read(s.both, both);
        expect_plausible(law_check("pairs after " + std::to_string(k) + " steps", pair_counts(both, p.size()),
                                   (p * p.transpose()).reshaped()),
                         "pins " + std::to_string(pins));
      }
    }
}

/// What it does to one pair: the sum of energies stays, the overlap stays, and only a connected part moves.
TEST(Houdayer, ExchangesOneConnectedPart) {
  const Sk sk = small<Sk>(60, 1e6);  // so hot that the sweep between is as good as a fresh pair
  TermList ring{2, {}, {}};
  for (Index i = 0; i < 60; ++i) {
    const std::array<Index, 2> ends{i, (i + 1) % 60};
    ring.add(ends, i % 3 ? 1.0 : -1.0);
  }
  const PairGraph target(ring, sk.environment());
  const Houdayer<PairGraph> sampler(target);
  const Glauber<PairGraph> sweep(target);
  auto s = sampler.init(Streams({1, Purpose::sampler}, 200));
  auto swept = s.both;
  sweep.step(swept);
  sampler.step(s);
  Batch before(60, 400), after(60, 400);
  sweep.read(swept, before);
  sweep.read(s.both, after);
  const PerColumn e = target.log_likelihood(before), f = target.log_likelihood(after);
  Index moved = 0;
  for (Index c = 0; c < 400; c += 2) {
    EXPECT_NEAR(e(c) + e(c + 1), f(c) + f(c + 1), 1e-7);
    int ends = 0;
    for (Index i = 0; i < 60; ++i) {
      EXPECT_EQ(before(i, c) * before(i, c + 1), after(i, c) * after(i, c + 1));
      const bool here = before(i, c) != after(i, c), next = before((i + 1) % 60, c) != after((i + 1) % 60, c);
      EXPECT_EQ(here, before(i, c + 1) != after(i, c + 1));
      EXPECT_TRUE(!here || before(i, c) != before(i, c + 1));
      // at the edge of the part the replicas agree
      EXPECT_TRUE(here == next || before(here ? (i + 1) % 60 : i, c) == before(here ? (i + 1) % 60 : i, c + 1));
      ends += here != next;
      moved += here;
    }
    EXPECT_EQ(ends, 2);
  }
  EXPECT_GT(moved, 200);
}

TEST(Houdayer, HasTheLawOfAPeakedGlassWhereItIsTempered) {
  const PairGraph target = small_graph(6, 0.5, 1);
  const Eigen::VectorXd p = normalised(log_weights(target, target.base(1)));
  require_peaked(p);
  const ParallelTempering<> sampler(AnyKernel(Houdayer<PairGraph>(target)),
                                    {.rungs = 3, .hottest = 0.2, .adapt = false});
  expect_conforms(check_conformance("tempered pairs", [&](Streams rng) { return erase(sampler, std::move(rng)); }, p,
                                    {.columns = 1500, .burn = 60, .longest = 200}));
}

}  // namespace
}  // namespace glass

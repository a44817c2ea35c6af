#include "samplers/independence_metropolis.hpp"

#include <gtest/gtest.h>

#include "samplers/any_sampler.hpp"
#include "samplers/autoregressive.hpp"
#include "samplers/blocks.hpp"
#include "samplers/glauber.hpp"
#include "samplers/masked_diffusion.hpp"
#include "samplers/mcmc_denoiser.hpp"
#include "samplers/symbol_sweep.hpp"
#include "spinglass/exact.hpp"
#include "tests/samplers/reference.hpp"
#include "tests/samplers/symbol_targets.hpp"

namespace glass {
namespace {

using namespace reference;

/// Independent sites, up with probability 0.7 where `mean` = 0.4: nothing like the target.
struct Wrong {
  struct State {
    Index columns = 0;
    static void visit(auto& s, auto&& f) { f(s.columns); }
  };
  Tilt bare;
  float mean = 0.4f;
  Tilt base(Index columns) const {
    return {bare.power.replicate(1, columns), bare.precision.replicate(1, columns), bare.field.replicate(1, columns),
            bare.pinned.replicate(1, columns)};
  }
  Alphabet alphabet() const { return Alphabet::spins(); }
  State start(Streams rng) const { return {rng.columns()}; }
  void restart(State&) const {}
  DenoiseInfo posterior_mean(const Tilt&, State& s, BatchOut out) const {
    out.setConstant(mean);
    return {0, {.denoiser_calls = s.columns}};
  }
  DenoiseInfo log_marginals(const Tilt&, State& s, BatchOut out) const {
    for (Index i = 0; i < out.rows(); ++i) out.row(i).setConstant(std::log(0.5f * (1 + (i % 2 ? mean : -mean))));
    return {0, {.denoiser_calls = s.columns}};
  }
};

template <class T>
typename IndependenceMetropolis<>::LogTarget log_target(const T& t) {
  return [t](BatchIn x) { return PerColumn(t.log_likelihood(Batch(x))); };
}

void expect_exact(const char* what, const AnyKernel& generator, const IndependenceMetropolis<>::LogTarget& target,
                  Index rows, const Eigen::VectorXd& p, std::uint32_t seed, const Alphabet& a = Alphabet::spins()) {
  const IndependenceMetropolis<> chain(generator, target, rows);
  expect_conforms(check_conformance(what, [&](Streams rng) { return erase(Blocks(chain, 256), std::move(rng)); }, p,
                                    {.seed = seed, .columns = 5000, .alphabet = a}));
}

TEST(IndependenceMetropolis, AnyProposalGivesTheTarget) {
  const Sk target = small<Sk>(4, 0.8, 1);
  const Eigen::VectorXd p = normalised(log_weights(target, target.base(1)));
  const AnyDenoiser wrong(Wrong{target.base(1)}, false), exact(Exact(target), true);
  expect_exact("independent sites", AnyKernel(Autoregressive<>(wrong)), log_target(target), 4, p, 81);
  expect_exact("all sites at once", AnyKernel(Autoregressive<>(exact, {.block = 4})), log_target(target), 4, p, 82);
  expect_exact("masked diffusion", AnyKernel(MaskedDiffusion<>(exact, {.steps = 2})), log_target(target), 4, p, 83);
}

/// A denoiser that is itself a short chain: what it drew is part of the proposal and cancels.
TEST(IndependenceMetropolis, ProposalsOfARandomDenoiser) {
  const IsingPSpin target = small<IsingPSpin>(3, 0.7);
  const Eigen::VectorXd p = normalised(log_weights(target, target.base(1)));
  const AnyDenoiser chain(McmcDenoiser<>(AnyKernel(Glauber<IsingPSpin>(target)), target.base(1), target.alphabet(),
                                         {.steps = 8, .warmup = 1}),
                          false);
  expect_exact("autoregressive, mcmc", AnyKernel(Autoregressive<>(chain, {.order = "most-certain-first"})),
               log_target(target), 3, p, 84);
}

/// The prior counts: three symbols of unequal weight.
TEST(IndependenceMetropolis, PriorIsPartOfTheTarget) {
  const SymbolTable target(3, Alphabet::ternary(), {-1.5f, 0.0f, -0.7f}, 5);
  const AnyDenoiser exact(Exact(target), true);
  const Eigen::VectorXd p = Exact(target).probabilities(target.base(1));
  const auto log_p = [target](BatchIn x) {
    PerColumn out = target.log_likelihood(x);
    for (Index c = 0; c < x.cols(); ++c)
      for (Index i = 0; i < x.rows(); ++i) out(c) += double(target.log_prior()[std::size_t(x(i, c) + 1)]);
    return out;
  };
  expect_exact("ternary", AnyKernel(Autoregressive<>(exact, {.block = 3})), log_p, 3, p, 85, Alphabet::ternary());
}

/// With q = p everything is accepted. Work of the first draw is counted with the first step.
TEST(IndependenceMetropolis, ExactProposalsAreAccepted) {
  const Sk target = small<Sk>(5, 0.8, 2);
  const AnyKernel generator(Autoregressive<>(AnyDenoiser(Exact(target), true)));
  const IndependenceMetropolis<> chain(generator, log_target(target), 5);
  auto s = chain.init(Streams({86, Purpose::sampler}, 50));
  Exact::State none;
  const double log_z = Exact(target).log_partition(target.base(1), none)(0);
  const auto expect_log_z = [&](const char* after) {  // w = Z for every configuration
    EXPECT_LT((s.log_weight.array() - log_z).abs().maxCoeff(), 1e-4) << after;
  };
  expect_log_z("start");
  const StepInfo first = chain.step(s), second = chain.step(s);
  expect_log_z("steps");
  chain.place(s, Batch(s.x));
  expect_log_z("place");
  EXPECT_GT(second.acceptance, 0.999);  // rounding of float log-marginals
  EXPECT_EQ(first.work.denoiser_calls, 2 * 3 * 50);
  EXPECT_EQ(second.work.denoiser_calls, 3 * 50);
  EXPECT_EQ(second.work.energies, 50);
  EXPECT_FALSE(second.finished);
  EXPECT_TRUE(abilities_of(chain).place);
}

TEST(IndependenceMetropolis, RefusesWhoeverDoesNotKnowQ) {
  const Sk target = small<Sk>(5, 0.8);
  EXPECT_THROW(IndependenceMetropolis<>(AnyKernel(Glauber<Sk>(target)), log_target(target), 5), Refused);
}

}  // namespace
}  // namespace glass

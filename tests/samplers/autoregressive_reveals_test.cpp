// Autoregressive on a denoiser that takes reveals one by one: the draws of one that is asked in full each time, at a
// cost that does not grow with N a reveal.
#include <gtest/gtest.h>

#include <cmath>

#include "models/xorsat.hpp"
#include "samplers/autoregressive.hpp"
#include "spinglass/bp.hpp"
#include "spinglass/xorsat_closed_form.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

/// The same denoiser without the ability.
struct Dense {
  Bp bp;
  using State = Bp::State;
  Alphabet alphabet() const { return bp.alphabet(); }
  Tilt base(Index columns) const { return bp.base(columns); }
  State start(Streams rng) const { return bp.start(std::move(rng)); }
  void restart(State& s) const { bp.restart(s); }
  DenoiseInfo posterior_mean(const Tilt& t, State& s, BatchOut m) const { return bp.posterior_mean(t, s, m); }
  DenoiseInfo log_marginals(const Tilt& t, State& s, BatchOut m) const { return bp.log_marginals(t, s, m); }
};
static_assert(HasMarginals<Dense> && !HasLocalReveals<Dense>);

XorsatOptions planted(Index n, double alpha, double temperature, std::uint32_t instance = 0) {
  XorsatOptions o;
  o.n = n, o.alpha = alpha, o.temperature = temperature, o.planted = true, o.instance = instance;
  return o;
}

TEST(AutoregressiveReveals, SameDrawsAndSameLogQ) {
  for (const double temperature : {0.0, 0.9}) {
    // at T = 0 few equations: after a contradiction, never far on 80 sites, one answer is as good as another
    XorsatOptions o = planted(80, temperature == 0 ? 0.3 : 0.6, temperature);
    o.pins = 3;
    const Bp bp(Xorsat::make(o, 81));
    const auto draw = [&](const auto& sampler) {
      auto s = sampler.init(Streams({81, Purpose::sampler}, 6));
      const StepInfo info = next_draw(sampler, s);
      EXPECT_EQ(info.work.denoiser_calls, 77 * 6);
      EXPECT_TRUE(info.finished);
      Batch x(80, 6);
      sampler.read(s, x);
      return std::pair(x, sampler.log_prob(s));
    };
    for (const char* order : {"fixed", "random"}) {
      const auto local = draw(Autoregressive<Bp>(bp, false, {.order = order})),
                 any = draw(Autoregressive<>(AnyDenoiser(bp, false), {.order = order})),
                 dense = draw(Autoregressive<Dense>(Dense{bp}, false, {.order = order}));
      EXPECT_EQ(local.first, any.first);
      EXPECT_EQ(local.second, any.second);
      EXPECT_EQ(local.first, dense.first);  // to the tolerance of BP, and these uniforms
      EXPECT_LE((local.second - dense.second).cwiseAbs().maxCoeff(), 2e-3);
    }
    const Autoregressive<Bp> sampler(bp, false, {.order = "fixed"});
    auto s = sampler.init(Streams({82, Purpose::sampler}, 4));
    next_draw(sampler, s);
    Batch x(80, 4);
    sampler.read(s, x);
    const PerColumn drawn = sampler.log_prob(s);
    EXPECT_LE((sampler.log_prob_of(s, x).first - drawn).cwiseAbs().maxCoeff(), 1e-9);
  }
}

/// What is counted are calls that did not converge, out of those made: after a contradiction, which the first two
/// reveals force, all of them, whether the denoiser is told of single reveals or asked in full.
TEST(AutoregressiveReveals, UnconvergedCallsAreCountedAlike) {
  constexpr Index n = 10, b = 3;
  TermList terms{3, {}, {}};
  for (const auto& sites : {std::vector<Index>{0, 1, 2}, {0, 1, 3}, {2, 3, 4}, {2, 3, 5}, {4, 5, 6}, {2, 3, 7}})
    terms.add(sites, 1);
  terms.add(std::vector<Index>{4, 6, 7}, -1);  // 4 = 5 = 7 = 1, so 6 = 1 and 6 = -1
  Environment env;
  env.beta = 1024;
  env.h = Eigen::VectorXf::Zero(n);
  env.pins = Eigen::VectorXf::Constant(n, Tilt::kFree);
  const Bp bp(SparsePSpin(terms, env));
  const auto count = [&](const auto& sampler) {
    auto s = sampler.init(Streams({84, Purpose::sampler}, b));
    return next_draw(sampler, s);
  };
  const StepInfo local = count(Autoregressive<Bp>(bp, false, {.order = "fixed"})),
                 dense = count(Autoregressive<Dense>(Dense{bp}, false, {.order = "fixed"}));
  EXPECT_EQ(local.work.denoiser_calls, n * b);
  EXPECT_EQ(local.unconverged, (n - 2) * b);
  EXPECT_EQ(dense.unconverged, (n - 2) * b);
  // of a block each reveal is a call: one in full, then all but the last block's; the second completes the pair
  const StepInfo blocks = count(Autoregressive<Bp>(bp, false, {.block = 3, .order = "fixed"}));
  EXPECT_EQ(blocks.work.denoiser_calls, n * b);
  EXPECT_EQ(blocks.unconverged, (n - 2) * b);
}

/// -ln q of the planted signal, less the entropy (N - M) ln 2, is the forward KL; a site, as N -> oo, the closed form
/// of the cost of the uninformed branch.
TEST(AutoregressiveReveals, ForwardKlOnXorsatIsTheClosedForm) {
  constexpr Index n = 20000;
  for (const double alpha : {0.7, 0.8, 0.9}) {
    checks::Mean kl, work;
    for (std::uint32_t instance = 0; instance < 6; ++instance) {
      const SparsePSpin target = Xorsat::make(planted(n, alpha, 0, instance), 83);
      const Autoregressive<Bp> sampler(Bp(target), false);
      auto s = sampler.init(Streams({83, Purpose::sampler, 0, instance}, 1));
      const auto [logq, info] = sampler.log_prob_of(s, target.truth());
      EXPECT_EQ(info.unconverged, 0);
      kl.add((-logq(0) - std::log(2.0) * double(n - target.terms())) / double(n));
      work.add(double(info.work.iterations));
    }
    const double expected = alpha > 2.0 / 3 ? XorsatErasure(3).lines(alpha).kl_per_spin.value : 0;
    RecordProperty("alpha_" + std::to_string(alpha), std::to_string(kl.mean) + " +- " + std::to_string(kl.error()) +
                                                         ", predicted " + std::to_string(expected));
    checks::expect_mean(kl, expected, "alpha=" + std::to_string(alpha), 3e-4);  // finite N
    EXPECT_LE(kl.error(), 1e-3);
    EXPECT_LE(work.mean, 40);  // sweeps' worth of updates for the whole draw, not a sweep a reveal
  }
}

}  // namespace
}  // namespace glass

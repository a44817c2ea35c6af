// Autoregressive on a denoiser that takes reveals one by one: the draws of one that is asked in full each time, at a
// cost that does not grow with N a reveal.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "models/core/state.hpp"
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

/// Sites of a block are drawn from their marginals before any of it is pinned, and heard of together.
TEST(AutoregressiveReveals, SameDrawsInBlocks) {
  const Bp bp(Xorsat::make(planted(80, 0.6, 0.9), 81));
  for (const int block : {3, 7}) {
    const auto draw = [&](const auto& sampler) {
      auto s = sampler.init(Streams({85, Purpose::sampler}, 6));
      const StepInfo info = next_draw(sampler, s);
      EXPECT_EQ(info.work.denoiser_calls, (80 + block - 1) / block * 6);
      Batch x(80, 6);
      sampler.read(s, x);
      return std::pair(x, sampler.log_prob(s));
    };
    const auto local = draw(Autoregressive<Bp>(bp, false, {.block = block})),
               dense = draw(Autoregressive<Dense>(Dense{bp}, false, {.block = block}));
    EXPECT_EQ(local.first, dense.first);
    EXPECT_LE((local.second - dense.second).cwiseAbs().maxCoeff(), 2e-3);
  }
}

/// The order that follows from the marginals is the same whether all of them are looked at before each block or only
/// those that the last block changed; random fields, so that no two are equally certain. Saved half way, it goes on.
TEST(AutoregressiveReveals, MostCertainFirstLooksAtWhatChanged) {
  constexpr Index n = 60, b = 3;
  TermList terms{3, {}, {}};
  Stream rng({86, Purpose::test}, 0);
  for (int k = 0; k < 40; ++k) {
    Index i = Index(rng.uniform() * n), j = (i + 1 + Index(rng.uniform() * 20)) % n,
          l = (j + 1 + Index(rng.uniform() * 20)) % n;
    terms.add(std::vector<Index>{i, j, l}, rng.uniform() < 0.5 ? 1 : -1);
  }
  Environment env;
  env.beta = 1.2;
  env.h.resize(n);
  for (Index i = 0; i < n; ++i) env.h(i) = float(rng.uniform() - 0.5);
  env.pins = Eigen::VectorXf::Constant(n, Tilt::kFree);
  env.pins(7) = 1;
  const Bp bp(SparsePSpin(terms, env), {.tolerance = 1e-6});
  for (const int block : {1, 4}) {
    const AutoregressiveOptions how{.block = block, .order = "most-certain-first"};
    const Autoregressive<Bp> sampler(bp, false, how);
    const Autoregressive<Dense> asks_all(Dense{bp}, false, how);
    auto local = sampler.init(Streams({86, Purpose::sampler}, b));
    auto dense = asks_all.init(Streams({86, Purpose::sampler}, b));
    for (int k = 0; k < 6; ++k) sampler.step(local);
    std::stringstream file;
    Saver{file}.one(local);
    auto copy = sampler.init(Streams({87, Purpose::sampler}, b));
    Loader{file}.one(copy);
    for (int k = 6; k < (n - 1 + block - 1) / block; ++k) {
      sampler.step(local);
      sampler.step(copy);
    }
    next_draw(asks_all, dense);
    EXPECT_TRUE(bytes_of(local) == bytes_of(copy));
    EXPECT_EQ(local.order, dense.order) << block;
    EXPECT_LE((sampler.log_prob(local) - asks_all.log_prob(dense)).cwiseAbs().maxCoeff(), 2e-4);
    // it is an order of all free sites, and another in each column
    for (Index c = 0; c < b; ++c) {
      std::vector<int> sites(local.order.col(c).data(), local.order.col(c).data() + n - 1);
      std::sort(sites.begin(), sites.end());
      EXPECT_EQ(std::unique(sites.begin(), sites.end()), sites.end());
      EXPECT_FALSE(std::binary_search(sites.begin(), sites.end(), 7));
    }
    EXPECT_NE(local.order.col(0), local.order.col(1));
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
  // a block is one call: of four the first is in full, and the pair is complete after it
  for (const StepInfo& blocks : {count(Autoregressive<Bp>(bp, false, {.block = 3, .order = "fixed"})),
                                 count(Autoregressive<Dense>(Dense{bp}, false, {.block = 3, .order = "fixed"}))}) {
    EXPECT_EQ(blocks.work.denoiser_calls, 4 * b);
    EXPECT_EQ(blocks.unconverged, 3 * b);
  }
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

// smc along the erasure path: as in smc_test.cpp, where the Gaussian path is, weighted draws of small populations have
// the target's law exactly, at any number of particles, of sites revealed together and of moves.
#include "samplers/smc_paths.hpp"

#include <gtest/gtest.h>

#include "models/sparse_p_spin.hpp"
#include "samplers/smc.hpp"
#include "spinglass/bp.hpp"
#include "spinglass/exact.hpp"
#include "tests/samplers/proper_weights.hpp"
#include "tests/samplers/reference.hpp"
#include "tests/samplers/symbol_targets.hpp"
#include "tests/samplers/watched_denoiser.hpp"

namespace glass {
namespace {

using namespace reference;

SmcOptions erasure(const char* route, int steps = 3, int moves = 1) {
  SmcOptions o;
  o.path = "erasure";
  o.route = route;
  o.steps = steps;
  o.particles = 6;
  o.ess = 0.7;
  o.moves = moves;
  return o;
}

/// Round a corner, without and with moves, of one site and of many; forgetting on the way; a mixed leg; powers above 1.
TEST(SmcErasure, WeightedDrawsAreExactAtAnySize) {
  const Sk target = small<Sk>(7, 0.8, 1);
  expect_proper_weights(target, erasure("0.6/0>0.6/0.5>1/0.5>1/1", 3, 0), 41, 0.01);
  expect_proper_weights(target, erasure("0.6/0>0.6/0.5>1/0.5>1/1", 3, 2), 42, 0.01);
  SmcOptions large = erasure("0.6/0>0.6/0.7>1/0.7>1/1", 3, 3);
  large.move = 0.8;
  expect_proper_weights(target, large, 43, 0.01);
  expect_proper_weights(target, erasure("1/0>1/0.8>1/0.2>1/1", 2), 44, 0.01);
  expect_proper_weights(target, erasure("0.5/0>1/0.6>1/1", 3, 2), 45, 0.01);
  expect_proper_weights(target, erasure("1/0>1.4/0.3>1.4/0.7>1/0.3>1/1", 3), 46, 0.01);
}

/// All sites at once, from the marginals: weights do the rest.
TEST(SmcErasure, WeightsMendBlocks) {
  SmcOptions o = erasure("1/0>1/1", 1);
  o.particles = 8;
  expect_proper_weights(small<Sk>(5, 0.9), o, 47, 0.01);
}

/// The marginals may be wrong: they only propose, in moves as well.
struct Hesitant : Exact {
  using Exact::Exact;
  DenoiseInfo log_marginals(const Tilt& t, State& s, BatchOut logp) const {
    const DenoiseInfo info = Exact::log_marginals(t, s, logp);
    for (Index c = 0; c < logp.cols(); ++c)
      for (Index i = 0; i < t.field.rows(); ++i)
        if (t.free(i, c)) {
          const float up = 0.25f + 0.5f * std::exp(logp(2 * i + 1, c));
          logp(2 * i, c) = std::log(1 - up);
          logp(2 * i + 1, c) = std::log(up);
        }
    return info;
  }
};
TEST(SmcErasure, WeightsMendWrongMarginals) {
  SmcOptions o = erasure("0.7/0>0.7/0.6>1/0.6>1/1", 4, 3);
  o.particles = 20;
  o.move = 0.5;
  expect_proper_weights<Hesitant>(small<Sk>(5, 0.9, 1), o, 48, 0.01);
}

/// Moves alone must leave the law of what is revealed: many of them at one power, of which the last decides.
TEST(SmcErasure, ManyMovesChangeNothing) {
  SmcOptions o = erasure("0.9/0>0.9/0.6>1/0.6>1/1", 1, 25);
  o.move = 0.4;
  o.particles = 12;
  expect_proper_weights<Hesitant>(small<Sk>(5, 1.0, 1), o, 49, 0.01);
}

/// A site of many rows, a prior.
TEST(SmcErasure, AnyFiniteAlphabet) {
  const auto check = [](const SymbolTable& target, std::uint32_t seed) {
    SmcOptions o = erasure("0.5/0>0.5/0.5>1/0.5>1/1", 2, 2);
    o.particles = 10;
    expect_proper_weights(
        target, Exact(target), [](const SymbolTable& t, const Tilt& at) { return log_weights_of(t, at); }, o, seed,
        0.003);
  };
  check(SymbolTable(4, Alphabet::ternary(), {-1.5f, 0.0f, -0.7f}, 5), 51);
  check(SymbolTable(4, Alphabet::potts(3), {0.0f, 0.0f, 0.0f}, 6), 52);
}

/// On a tree BP's ln Z and marginals are exact, along a route that makes its messages forget.
TEST(SmcErasure, WithBpOnATree) {
  TermList terms{3, {}, {}};
  for (const auto& [sites, j] :
       {std::pair<std::vector<Index>, double>{{0, 1, 2}, 1.0}, {{2, 3, 4}, -0.8}, {{1, 5, 6}, 0.7}})
    terms.add(sites, j);
  Environment env;
  env.beta = 0.9;
  env.h = Eigen::VectorXf::LinSpaced(7, -0.3f, 0.6f);
  env.pins = Eigen::VectorXf::Constant(7, Tilt::kFree);
  env.pins(5) = -1;
  const SparsePSpin target(terms, env);
  expect_proper_weights(
      target, Bp(target, {.tolerance = 1e-6}), [](const SparsePSpin& t, const Tilt& at) { return log_weights(t, at); },
      erasure("0.5/0>0.5/0.7>1/0.3>1/1", 3, 2), 53, 0.01);
}

/// One site a step is the autoregressive sampler: exact without any weight.
TEST(SmcErasure, StraightUpSiteBySiteIsExact) {
  constexpr Index kColumns = 6000;
  const Sk target = small<Sk>(6, 0.7, 1);
  SmcOptions o = erasure("1/0>1/1", 5);
  o.particles = 2;
  o.weigh_steps = false;
  const Smc<Exact> sampler(Exact(target), o);
  auto s = sampler.init(Streams({54, Purpose::sampler}, kColumns));
  const StepInfo info = next_draw(sampler, s);
  EXPECT_EQ(info.work.denoiser_calls, 2 * kColumns * 5);  // none after the last site
  EXPECT_TRUE(sampler.log_weight(s).isZero(0));
  Batch x(6, kColumns);
  sampler.read(s, x);
  const Eigen::VectorXd p = normalised(log_weights(target, target.base(1)));
  require_peaked(p);
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(p.size());
  for (const Index k : numbers(x)) counts(k) += 1;
  expect_plausible(law_check("law of the draws", counts, p), "smc, erasure, site by site");
}

/// As many sites are pinned as the route says; any of them, at every station; the values stay.
TEST(SmcErasure, RevealsWhatTheRouteSays) {
  constexpr Index kParticles = 500;
  struct Watched : WatchedDenoiser {
    PerColumn log_partition(const Tilt& t, State&) const { return PerColumn::Zero(t.columns()); }
  };
  const Watched watched{{10, 0.25f}};
  SmcOptions o = erasure("1/0>1/0.8>1/0.4>1/1", 2);
  o.particles = kParticles;
  o.weigh_steps = false;
  const Smc<Watched> sampler(watched, o);
  auto s = sampler.init(Streams({55, Purpose::sampler}, 1));
  next_draw(sampler, s);
  const std::vector<int> pinned{0, 4, 8, 6, 4, 7};  // 10 after the last step, of which nobody asks
  ASSERT_EQ(watched.asked->size(), pinned.size());
  for (std::size_t k = 0; k < pinned.size(); ++k) {
    const Batch& now = (*watched.asked)[k].pinned;
    EXPECT_TRUE(((now.array() != Tilt::kFree).colwise().count().array() == pinned[k]).all()) << k;
    const Eigen::VectorXd often = (now.array() != Tilt::kFree).cast<double>().rowwise().mean();
    const double share = pinned[k] / 10.0;
    EXPECT_LT((often.array() - share).abs().maxCoeff(), 5 * std::sqrt(share * (1 - share) / kParticles) + 1e-12) << k;
    if (k > 0) {
      const Batch& before = (*watched.asked)[k - 1].pinned;
      EXPECT_TRUE((now.array() == Tilt::kFree || before.array() == Tilt::kFree || now.array() == before.array()).all())
          << k;
    }
    if (pinned[k] > 0) {  // up with probability 0.625
      const double up = double((now.array() == 1).count()) / double(kParticles * pinned[k]);
      EXPECT_NEAR(up, 0.625, 5 * 0.49 / std::sqrt(double(kParticles * pinned[k]))) << k;
    }
  }
  Batch x(10, 1);
  sampler.read(s, x);
  EXPECT_TRUE((x.array().abs() == 1).all());
  sampler.restart(s);
  EXPECT_TRUE((s.population[0].tilt.pinned.array() == Tilt::kFree).all());
}

TEST(SmcErasure, ColumnsDoNotKnowEachOther) {
  const Smc<Exact> sampler(Exact(small<Sk>(8, 0.6, 1)), erasure("0.5/0>0.5/0.6>1/0.6>1/1"));
  expect_columns_alone(sampler, 8, 56);
}

/// Messages that knew a forgotten site, or one that was proposed and not taken, are forgotten with it.
TEST(SmcErasure, MessagesForgetWhatIsForgotten) {
  struct Counting : Exact {
    using Exact::Exact;
    struct State : Exact::State {
      int restarts = 0;
    };
    State start(Streams rng) const { return {Exact::start(std::move(rng)), 0}; }
    void restart(State& s) const { ++s.restarts; }
  };
  const Sk target = small<Sk>(6, 0.8);
  const auto restarts = [&](const char* route, int moves) {
    SmcOptions o = erasure(route, 2, moves);
    o.ess = 0;  // no resampling, which has its own
    const Smc<Counting> sampler(Counting(target), o);
    auto s = sampler.init(Streams({59, Purpose::sampler}, 1));
    const int before = s.population[0].messages.restarts;
    while (!sampler.step(s).finished) {
    }
    return s.population[0].messages.restarts - before;
  };
  EXPECT_EQ(restarts("1/0>1/1", 1), 0);
  EXPECT_EQ(restarts("1/0>1/0.7>1/0.3>1/1", 1), 2);
  EXPECT_EQ(restarts("0.8/0>0.8/0.5>1/0.5>1/1", 3), 2 * 3 * 2);  // steps, moves, before and after
}

/// A station that is too near the last one to reveal a site, and a move where nothing is revealed.
TEST(SmcErasure, StepsSmallerThanASite) {
  const Smc<Exact> sampler(Exact(small<Sk>(3, 0.9)), erasure("0.7/0>0.7/0.1>1/0.1>1/1", 8, 2));
  auto s = sampler.init(Streams({57, Purpose::sampler}, 20));
  EXPECT_TRUE(next_draw(sampler, s).finished);
  EXPECT_TRUE(sampler.log_weight(s).allFinite());
  Batch x(3, 20);
  sampler.read(s, x);
  EXPECT_TRUE((x.array().abs() == 1).all());
}

/// A denoiser for which nothing is left once sites 0 and 1 are known: no configuration has a weight, all particles are
/// lost, and the weight says so.
TEST(SmcErasure, ContradictionsHaveNoWeight) {
  struct Impossible : Exact {
    using Exact::Exact;
    PerColumn log_partition(const Tilt& t, State& s) const {
      PerColumn z = Exact::log_partition(t, s);
      for (Index c = 0; c < z.size(); ++c)
        if (!t.free(0, c) && !t.free(1, c)) z(c) = -std::numeric_limits<double>::infinity();
      return z;
    }
  };
  const Smc<Impossible> sampler(Impossible(small<Sk>(4, 0.9)), erasure("1/0>1/1", 2));
  auto s = sampler.init(Streams({58, Purpose::sampler}, 5));
  next_draw(sampler, s);
  EXPECT_TRUE((sampler.log_weight(s).array() == -std::numeric_limits<double>::infinity()).all());
}

TEST(SmcErasure, SaysWhatDoesNotFit) {
  const Sk target = small<Sk>(4, 0.6);
  const auto complaint = [&](const SmcOptions& o) -> std::string {
    try {
      Smc<Exact>(Exact(target), o);
    } catch (const BadInput& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_NE(complaint(erasure("0.8/0>0.8/1>1/1>1/16")).find("at most 1"), std::string::npos);
  EXPECT_NE(complaint(erasure("1/0.1>1/1")).find("begin"), std::string::npos);
  EXPECT_EQ(complaint(erasure("0.3/0>1/0>1/1")), "");
}

}  // namespace
}  // namespace glass

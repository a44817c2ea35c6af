// ln q of flow's draws by the divergence: against the density of observations, which is known in closed form where the
// denoiser is exact, and by what any correct q must do whatever the denoiser: weigh draws properly.
#include <gtest/gtest.h>

#include <variant>

#include "models/spherical_p_spin.hpp"
#include "models/spiked_matrix.hpp"
#include "samplers/flow.hpp"
#include "samplers/independence_metropolis.hpp"
#include "spinglass/eigenvectors.hpp"
#include "spinglass/exact.hpp"
#include "spinglass/rank_one_amp.hpp"
#include "spinglass/spherical_amp.hpp"
#include "tests/samplers/proper_weights.hpp"
#include "tests/samplers/reference.hpp"
#include "tests/samplers/watched_denoiser.hpp"

namespace glass {
namespace {

using namespace reference;

Spherical<Sk> on_sphere(Index n, double temperature, double field, std::uint32_t seed) {
  SphericalPSpinOptions o;
  o.p = 2;
  o.n = n;
  o.temperature = temperature;
  o.field = field;
  return std::get<Spherical<Sk>>(SphericalPSpin::make(o, seed));
}

/// ln of the density of u = gamma x + z against (2 pi)^{-n/2}: Z(gamma^2, gamma u)/Z e^{-|u|^2/2}.
template <class D>
PerColumn log_density_of_observations(const D& exact, const Tilt& at, double gamma) {
  auto s = exact.start(Streams({1, Purpose::denoiser}, at.columns()));
  const PerColumn z = exact.log_partition(at, s), bare = exact.log_partition(exact.base(at.columns()), s);
  return z - bare - 0.5 / (gamma * gamma) * at.field.cast<double>().colwise().squaredNorm();
}

/// Largest error over columns of ln q(u) where `stop` of the steps are done; no statistics. u from the state itself, so
/// that the path's own error does not hide the density's.
template <class D>
double density_error(const D& exact, const FlowOptions& o, int stop) {
  const Flow<> sampler(AnyDenoiser(exact, true), o);
  auto s = sampler.init(Streams({21, Purpose::sampler}, 16));
  for (int k = 0; k < stop; ++k) sampler.step(s);
  const Interpolant at = interpolant(o.interpolant, s.times[std::size_t(stop)]);
  Tilt t = exact.base(16);
  t.precision.setConstant(at.gamma * at.gamma);
  t.field = float(at.gamma / at.a) * s.y;
  return (s.log_q - log_density_of_observations(exact, t, at.gamma)).cwiseAbs().maxCoeff();
}

/// ... down to what finite differences of the mean leave, 2e-4 here.
TEST(FlowLogProb, DensitiesConvergeAtTheOrdersOfTheirSchemes) {
  const Exact exact(small<Sk>(4, 0.7, 1));
  for (const char* interpolant : {"exploding", "linear", "trigonometric"}) {
    const auto error = [&](const char* scheme, int k) {
      return density_error(
          exact, {.final_time = 4, .steps = k, .scheme = scheme, .interpolant = interpolant, .divergence = "exact"},
          k - k / 6);
    };
    for (const auto& [scheme, order, steps] : {std::tuple{"euler", 1, 80}, std::tuple{"heun", 2, 24}}) {
      const double coarse = error(scheme, steps), fine = error(scheme, 2 * steps);
      EXPECT_NEAR(std::log2(coarse / fine), order, 0.35) << interpolant << " " << scheme << ": " << coarse;
      EXPECT_LT(fine, 0.1) << interpolant << " " << scheme;
    }
    EXPECT_LT(error("rk4", 12), 4e-4) << interpolant;
  }
  for (const auto& [scheme, order] : {std::pair{"euler", 1}, {"heun", 2}, {"rk4", 4}, {"adaptive", 3}})
    EXPECT_EQ(Flow<>(AnyDenoiser(exact, true), {.scheme = scheme}).traits().log_prob_order, order);
}

/// Real sites: the sphere, where the posterior is known in closed form.
TEST(FlowLogProb, DensitiesOnTheSphere) {
  const Spherical<Sk> target = on_sphere(8, 0.8, 0.4, 22);
  const FlowOptions fine{.final_time = 4, .steps = 16, .scheme = "rk4", .divergence = "exact"};
  EXPECT_LT(density_error(Eigenvectors(target), fine, 15), 5e-3);
}

/// Any map, that of a wrong denoiser too: draws weigh what its own divergence says. Far from the end of the path, so
/// that the marginals and the observation's density are part of it.
struct Hesitant : Exact {
  using Exact::Exact;
  DenoiseInfo posterior_mean(const Tilt& t, State& s, BatchOut mean) const {
    const DenoiseInfo info = Exact::posterior_mean(t, s, mean);
    mean *= 0.7f;
    return info;
  }
};
template <class D>
void expect_weighs(const D& denoiser, const Sk& target, const FlowOptions& o, std::uint32_t seed) {
  constexpr Index kColumns = 8000;
  const Flow<D> sampler(denoiser, true, o);
  auto s = sampler.init(Streams({seed, Purpose::sampler}, kColumns));
  next_draw(sampler, s);
  Batch x(target.sites(), kColumns);
  sampler.read(s, x);
  const Eigen::VectorXd log_w = log_weights(target, target.base(1));
  const Eigen::ArrayXd w = ((target.log_likelihood(x) - sampler.log_prob(s)).array() - log_sum_exp(log_w)).exp();
  expect_proper(w, numbers(x), normalised(log_w), 0.02);
}
TEST(FlowLogProb, DrawsAreProperlyWeighted) {
  const Sk target = small<Sk>(4, 0.5, 1);
  const FlowOptions early{.final_time = 1, .steps = 8, .scheme = "rk4", .divergence = "exact"};
  expect_weighs(Exact(target), target, early, 31);
  expect_weighs(Hesitant(target), target, early, 32);
  FlowOptions other = early;
  other.interpolant = "linear";
  other.scheme = "heun";
  other.steps = 60;
  expect_weighs(Exact(target), target, other, 33);
}

/// Given x, the mean of q over the observations of it that log_prob_of draws is the probability that x is drawn.
TEST(FlowLogProb, OfGivenConfigurationsIsTheFrequencyOfTheirDraws) {
  constexpr Index kColumns = 8000;
  const Sk target = small<Sk>(3, 0.9);
  const Flow<Hesitant> sampler(Hesitant(target), false,
                               {.final_time = 1, .steps = 12, .scheme = "rk4", .divergence = "exact"});
  auto s = sampler.init(Streams({41, Purpose::sampler}, kColumns));
  next_draw(sampler, s);
  Batch x(3, kColumns);
  sampler.read(s, x);
  Eigen::VectorXd drawn = Eigen::VectorXd::Zero(8);
  for (Index c = 0; c < kColumns; ++c) drawn(number(x.col(c))) += 1 / double(kColumns);
  double all = 0, error = 0;
  for (Index k = 0; k < 8; ++k) {
    Eigen::VectorXf one(3);
    Exact::configuration(k, one);
    const auto [log_q, info] = sampler.log_prob_of(s, one.replicate(1, kColumns));
    EXPECT_EQ(sampler.log_prob(s), log_q);
    EXPECT_TRUE(info.finished);
    const Eigen::ArrayXd q = log_q.array().exp();
    const double variance = (q - q.mean()).square().mean() / double(kColumns);
    EXPECT_NEAR(q.mean(), drawn(k), 5 * std::sqrt(variance + drawn(k) * (1 - drawn(k)) / double(kColumns))) << k;
    all += q.mean();
    error += variance;
  }
  EXPECT_NEAR(all, 1, 5 * std::sqrt(error));
  EXPECT_LT(std::sqrt(error), 0.01);  // or nothing was tested
}

/// The same z, exactly and by probes: their difference is noise without bias, of half the variance with twice the
/// probes.
TEST(FlowLogProb, HutchinsonIsNoisyAndUnbiased) {
  constexpr Index kColumns = 4000;
  const Exact exact(small<Sk>(5, 0.8));
  const auto log_q = [&](const char* divergence, int probes) {
    const Flow<Exact> sampler(exact, true, {.final_time = 4, .steps = 8, .divergence = divergence, .probes = probes});
    auto s = sampler.init(Streams({51, Purpose::sampler}, kColumns));
    next_draw(sampler, s);
    return Eigen::ArrayXd(sampler.log_prob(s));
  };
  const Eigen::ArrayXd right = log_q("exact", 1);
  double before = 0;
  for (const int probes : {2, 4}) {
    const Eigen::ArrayXd off = log_q("hutchinson", probes) - right;
    const double variance = off.square().mean();
    EXPECT_NEAR(off.mean(), 0, 5 * std::sqrt(variance / double(kColumns)) + 1e-3) << probes;
    EXPECT_GT(variance, 1e-3);
    if (before > 0) {
      EXPECT_NEAR(before / variance, 2, 0.3);
    }
    before = variance;
  }
}

/// Real sites with atoms and message passing, two of them: ln Z by quadrature.
TEST(FlowLogProb, RealSitesWithAmp) {
  constexpr Index kColumns = 4000;
  for (const double rho : {1.0, 0.6}) {
    SpikedMatrixOptions o;
    o.prior = rho == 1 ? "gaussian" : "gauss-bernoulli";
    o.n = 2;
    o.delta = 3;
    o.rho = rho;
    o.planted = true;
    const RankOne target = std::get<RankOne>(SpikedMatrix::make(o, 61));
    // sum over atoms and integrals over the slabs of prior L
    constexpr int kNodes = 400;
    constexpr double kReach = 8;
    std::vector<std::pair<float, double>> nodes;  // x, weight
    if (rho < 1) nodes.emplace_back(0.0f, 1.0);
    for (int k = 0; k < kNodes; ++k)
      nodes.emplace_back(float(kReach * (2 * (k + 0.5) / kNodes - 1)), 2 * kReach / kNodes);
    double z = 0;
    for (const auto& [a, wa] : nodes)
      for (const auto& [b, wb] : nodes) {
        const Batch x{{a}, {b}};
        const RealSites sites = target.real_sites();
        z += wa * wb * std::exp(target.log_likelihood(x)(0) + sites.log_prior(double(a)) + sites.log_prior(double(b)));
      }
    const Flow<> sampler(AnyDenoiser(Amp<RankOne>(target, {.max_iterations = 1000, .tolerance = 1e-6}), false),
                         {.final_time = 4, .steps = 10, .scheme = "rk4", .divergence = "exact"});
    auto s = sampler.init(Streams({52, Purpose::sampler}, kColumns));
    EXPECT_EQ(next_draw(sampler, s).unconverged, 0);
    Batch x(2, kColumns);
    sampler.read(s, x);
    PerColumn log_p = target.log_likelihood(x);
    for (Index c = 0; c < kColumns; ++c)
      for (Index i = 0; i < 2; ++i) log_p(c) += target.real_sites().log_prior(double(x(i, c)));
    const Eigen::ArrayXd w = (log_p - sampler.log_prob(s)).array().exp() / z;
    const double variance = (w - 1).square().mean();
    EXPECT_NEAR(w.mean(), 1, 5 * std::sqrt(variance / double(kColumns))) << rho;
    EXPECT_LT(variance, 1);
    EXPECT_GT(variance, 1e-4);
    if (rho < 1) {
      EXPECT_GT((x.array() == 0).count(), kColumns / 10);
    }
  }
}

/// ... and on the sphere with the denoiser that knows its law: all weights are Z, up to the steps.
TEST(FlowLogProb, WeightsOnTheSphereAreAllAlike) {
  const Spherical<Sk> target = on_sphere(6, 0.7, 0.3, 23);
  const Eigenvectors exact(target);
  const Flow<> sampler(AnyDenoiser(exact, true),
                       {.final_time = 4, .steps = 24, .scheme = "rk4", .divergence = "exact"});
  auto s = sampler.init(Streams({53, Purpose::sampler}, 50));
  next_draw(sampler, s);
  Batch x(6, 50);
  sampler.read(s, x);
  auto none = exact.start(Streams({1, Purpose::denoiser}, 1));
  const double log_z = exact.log_partition(exact.base(1), none)(0);
  EXPECT_LT(((target.log_likelihood(x) - sampler.log_prob(s)).array() - log_z).abs().maxCoeff(), 5e-3);
  const auto [log_q, info] = sampler.log_prob_of(s, x);
  EXPECT_LT(((target.log_likelihood(x) - log_q).array() - log_z).abs().maxCoeff(), 5e-3);
}

/// Backwards no call knows of the one before: messages that have seen the end would bring its branch along.
TEST(FlowLogProb, WalksBackFromNothing) {
  for (const char* scheme : {"heun", "rk4"}) {
    const WatchedDenoiser watched{3, 0.25f};
    const Flow<WatchedDenoiser> sampler(watched, true, {.steps = 4, .scheme = scheme, .divergence = "hutchinson"});
    auto s = sampler.init(Streams({56, Purpose::sampler}, 2));
    next_draw(sampler, s);
    EXPECT_GT(s.messages.calls, 8);  // warm on the way up
    sampler.log_prob_of(s, Batch::Ones(3, 2));
    EXPECT_EQ(s.messages.calls, 0);
    const auto& asked = *watched.asked;
    EXPECT_EQ(asked.back().precision(0), 0);
  }
}

/// A chain of its proposals has the target's law, as far as steps are fine; it does not promise more.
TEST(FlowLogProb, ProposalsOfIndependenceMetropolis) {
  constexpr Index kColumns = 4000;
  const Sk target = small<Sk>(4, 0.5, 1);
  const AnyKernel flow(Flow<>(AnyDenoiser(Hesitant(target), false),
                              {.final_time = 2, .steps = 8, .scheme = "rk4", .divergence = "exact"}));
  const IndependenceMetropolis<> chain(
      flow, [&](BatchIn x) { return PerColumn(target.log_likelihood(Batch(x))); }, 4);
  EXPECT_EQ(chain.traits().promise, Promise::approximate);
  auto s = chain.init(Streams({54, Purpose::sampler}, kColumns));
  for (int k = 0; k < 15; ++k) chain.step(s);
  const Eigen::VectorXd p = normalised(log_weights(target, target.base(1)));
  require_peaked(p);
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(p.size());
  for (Index c = 0; c < kColumns; ++c) counts(number(s.x.col(c))) += 1;
  expect_plausible(law_check("law of the chain", counts, p), "independence-metropolis of flow");
}

TEST(FlowLogProb, IsThereWhereItIsAskedFor) {
  const Sk target = small<Sk>(5, 0.8, 2);
  const AnyDenoiser exact(Exact(target), true);
  EXPECT_FALSE(abilities_of(Flow<>(exact)).log_prob);
  EXPECT_TRUE(abilities_of(Flow<>(exact, {.divergence = "hutchinson"})).log_prob);
  EXPECT_THROW(IndependenceMetropolis<>(AnyKernel(Flow<>(exact)), {}, 5), Refused);
  const Spherical<Sk> sphere = on_sphere(8, 1, 0, 24);
  const AnyDenoiser amp(Amp<Spherical<Sk>>(sphere), false);
  EXPECT_NO_THROW(Flow<>{amp});
  EXPECT_THROW(Flow<>(amp, {.divergence = "exact"}), Refused);
  // heun: the first slope, at gamma = 0, needs none
  const Flow<> sampler(exact, {.steps = 3, .divergence = "exact"});
  auto s = sampler.init(Streams({55, Purpose::sampler}, 4));
  EXPECT_EQ(next_draw(sampler, s).work.denoiser_calls, 4 * (6 + 5 * 2 * 5 + 1));
  const Batch against = -s.tilt.pinned.unaryExpr([](float v) { return v == Tilt::kFree ? 1.0f : v; });
  EXPECT_EQ(sampler.log_prob_of(s, against).first(0), -std::numeric_limits<double>::infinity());
  EXPECT_THROW(sampler.log_prob_of(s, Batch::Constant(5, 4, 0.5f)), BadInput);
}

}  // namespace
}  // namespace glass

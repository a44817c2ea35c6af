// AMP for matrices of any prior where the answer is known; its state evolution is in amp_state_evolution_test.cpp.
#include "spinglass/rank_one_amp.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <variant>
#include <vector>

#include "models/spiked_matrix.hpp"
#include "spinglass/exact.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

constexpr AmpOptions kTight{.max_iterations = 1000, .tolerance = 2e-6};

SpikedMatrixOptions options(const std::string& prior, Index n, double delta, double rho, std::uint32_t instance = 0) {
  SpikedMatrixOptions o;
  o.prior = prior;
  o.n = n;
  o.delta = delta;
  o.rho = rho;
  o.planted = true;
  o.instance = instance;
  return o;
}
SparseRankOne sparse(const SpikedMatrixOptions& o) { return std::get<SparseRankOne>(SpikedMatrix::make(o, 61)); }
RankOne real(const SpikedMatrixOptions& o) { return std::get<RankOne>(SpikedMatrix::make(o, 61)); }
void inform(Tilt& t, double snr, const Eigen::VectorXf& truth, Stream& rng) {
  t.precision.setConstant(snr);
  for (Index c = 0; c < t.columns(); ++c)
    t.field.col(c) += float(snr) * truth + float(std::sqrt(snr)) * checks::normal_vector(truth.size(), rng);
}

struct Errors {
  checks::Mean square, ln_z;
};
Errors against_exact(Index n, std::uint32_t instances, double power, Index pins) {
  Errors out;
  for (std::uint32_t k = 0; k < instances; ++k) {
    SpikedMatrixOptions o = options("sparse-rademacher", n, 0.9, 0.6, k);
    o.pins = pins;
    o.field_spread = 0.3;
    const SparseRankOne target = sparse(o);
    const Exact exact(target);
    const Amp<SparseRankOne> amp(target, kTight);
    Stream rng({62, Purpose::test, 0, k}, 0);
    Tilt t = amp.base(2);
    t.power.setConstant(power);
    inform(t, 0.5, target.truth(), rng);
    auto s = amp.start(Streams({62, Purpose::test, 0, k}, 2));
    Exact::State e{2};
    Batch m(n, 2), right(n, 2);
    EXPECT_EQ(amp.posterior_mean(t, s, m).unconverged, 0);
    exact.posterior_mean(t, e, right);
    out.square.add(double((m - right).squaredNorm()) / (2 * double(n)));
    out.ln_z.add((amp.log_partition(t, s) - exact.log_partition(t, e)).cwiseAbs().mean() / double(n));
  }
  return out;
}

/// At its own power and at another, at which the likelihood's second derivative is no longer that of its noise.
TEST(RankOneAmp, SymbolsApproachEnumeration) {
  const double sigmas = checks::allowed_sigmas(60);
  for (const double power : {1.0, 0.6})
    for (const Index every : {0, 3}) {
      const Errors small = against_exact(3, 600, power, every ? 1 : 0),
                   large = against_exact(9, 60, power, every ? 3 : 0);
      const std::string what = "power " + std::to_string(power) + (every ? ", a third pinned" : "");
      // mean square error N^{-1} or faster; of ln Z o(N) in total
      EXPECT_LE(large.square.mean + sigmas * large.square.error(), 0.5 * small.square.mean) << what;
      EXPECT_LE(large.ln_z.mean + sigmas * large.ln_z.error(), small.ln_z.mean) << what;
      EXPECT_LE(large.square.mean, 2e-3) << what;
      EXPECT_LE(large.ln_z.mean, 1.2e-2) << what;  // twice that of +-1 spins at twice the size
    }
}

/// d ln Z/db = m and d ln Z/da = -(|m|^2 + N v)/2 hold for the approximation itself at any N.
template <class T>
void expect_slopes(const T& target, const std::string& what) {
  const Index n = target.sites();
  const Amp<T> amp(target, kTight);
  Stream rng({63, Purpose::test}, 0);
  Tilt t = amp.base(5);
  inform(t, 0.6, target.truth(), rng);
  t.field.colwise() = Eigen::VectorXf(t.field.col(4));
  t.power.setConstant(0.8);
  const Eigen::VectorXf v = target.truth() + 0.5f * checks::normal_vector(n, rng);
  constexpr double step = 0.02;
  t.field.col(0) += float(step) * v;
  t.field.col(1) -= float(step) * v;
  t.precision(2) += step;
  t.precision(3) -= step;
  auto s = amp.start(Streams({63, Purpose::test}, 5));
  Batch m(n, 5);
  ASSERT_EQ(amp.posterior_mean(t, s, m).unconverged, 0) << what;
  const PerColumn z = amp.log_partition(t, s);
  const double by_field = double(v.dot(m.col(4))),
               by_precision = -0.5 * (double(m.col(4).squaredNorm()) + double(n) * s.v(4));
  const double digits = 2e-3 * std::sqrt(double(n));  // third derivatives, and 1e-7 N/step
  EXPECT_NEAR((z(0) - z(1)) / (2 * step), by_field, digits) << what;
  EXPECT_NEAR((z(2) - z(3)) / (2 * step), by_precision, digits) << what;
  EXPECT_GT(std::abs(by_field), 5) << what << ": no slope to speak of";
}
TEST(RankOneAmp, MeansAreSlopesOfTheLogPartition) {
  const auto with_fields = [](SpikedMatrixOptions o) {
    o.field = 0.1, o.field_spread = 0.3, o.pins = 15;
    return o;
  };
  expect_slopes(sparse(with_fields(options("sparse-rademacher", 120, 0.4, 0.4))), "sparse-rademacher");
  expect_slopes(real(with_fields(options("gauss-bernoulli", 120, 0.4, 0.4))), "gauss-bernoulli");
  expect_slopes(real(with_fields(options("gaussian", 120, 0.7, 1))), "gaussian");
}

/// A weak signal that AMP finds by itself it finds damped as well: the way is longer, its direction the same.
TEST(RankOneAmp, DampingLosesNoSignal) {
  for (const double damping : {0.0, 0.3, 0.6})
    for (std::uint32_t instance = 0; instance < 3; ++instance) {
      const SparseRankOne target = sparse(options("sparse-rademacher", 1000, 0.6 * 0.08 * 0.08, 0.08, instance));
      const Amp<SparseRankOne> amp(target, {.max_iterations = 500, .damping = damping});
      auto s = amp.start(Streams({65, Purpose::test, 0, instance}, 2));
      Batch m(1000, 2);
      EXPECT_EQ(amp.posterior_mean(amp.base(2), s, m).unconverged, 0) << damping;
      for (Index c = 0; c < 2; ++c)
        EXPECT_GT(double(std::abs(m.col(c).dot(target.truth())) / (m.col(c).norm() * target.truth().norm())), 0.7)
            << damping;
    }
}

/// The fixed-point equations in double from the model's terms, at a power and with a pin.
template <class T>
void expect_fixed_point(const T& target, const std::string& what) {
  constexpr double power = 0.7;
  const Index n = target.sites();
  const Amp<T> amp(target, kTight), damped(target, {.max_iterations = 4000, .tolerance = 2e-6, .damping = 0.4});
  Stream rng({64, Purpose::test}, 0);
  Tilt t = amp.base(1);
  inform(t, 0.5, target.truth(), rng);
  t.power.setConstant(power);
  t.pinned(3, 0) = 1;
  auto s = amp.start(Streams({64, Purpose::test}, 1)), d = damped.start(Streams({64, Purpose::test}, 1));
  Batch m(n, 1), again(n, 1);
  ASSERT_EQ(amp.posterior_mean(t, s, m).unconverged, 0);
  ASSERT_EQ(damped.posterior_mean(t, d, again).unconverged, 0);
  EXPECT_LE((m - again).cwiseAbs().maxCoeff(), 2e-4) << what;  // damping changes the way, not the end
  const auto channel = channel_of(target);
  const double b2 = target.beta() * target.beta(), q = double(m.squaredNorm()) / double(n);
  double v = 0;
  for (Index i = 0; i < n; ++i)
    if (i != 3) v += channel.variance(s.a(0), double(s.h(i, 0))) / double(n);
  EXPECT_NEAR(s.a(0), t.precision(0) + b2 * power * (q + (1 - power) * v), 1e-4) << what;
  for (Index i = 0; i < n; i += 7) {
    const double b = power * checks::naive_field(target, m.col(0).template cast<double>(), i) + double(t.field(i, 0)) -
                     power * power * b2 * v * double(m(i, 0));
    EXPECT_NEAR(double(m(i, 0)), channel.mean(s.a(0), b), 1e-4) << what << " site " << i;
  }
  EXPECT_EQ(m(3, 0), 1);
}
TEST(RankOneAmp, ConvergedMeansAFixedPoint) {
  expect_fixed_point(sparse(options("sparse-rademacher", 80, 0.5, 0.5)), "sparse-rademacher");
  expect_fixed_point(real(options("gauss-bernoulli", 80, 0.5, 0.5)), "gauss-bernoulli");
}

TEST(RankOneAmp, WithoutDataThePriorIsLeft) {
  SpikedMatrixOptions o = options("sparse-rademacher", 20, 1e12, 0.3);
  const Amp<SparseRankOne> symbols(sparse(o), kTight);
  o.prior = "gauss-bernoulli";
  const Amp<RankOne> reals(real(o), kTight);
  const auto check = [](const auto& amp, const auto& channel, double pin_weight) {
    Tilt t = amp.base(1);
    Stream rng({65, Purpose::test}, 0);
    t.field.col(0) = checks::normal_vector(20, rng);
    t.precision(0) = 0.7;
    t.pinned(3, 0) = -1;
    t.pinned(4, 0) = 0;
    auto s = amp.start(Streams({65, Purpose::test}, 1));
    Batch m(20, 1);
    EXPECT_EQ(amp.posterior_mean(t, s, m).unconverged, 0);
    double z = 0;
    for (Index i = 0; i < 20; ++i) {
      const double b = double(t.field(i, 0));
      z += i == 3 ? pin_weight - b - 0.35 : i == 4 ? std::log(0.7) : channel.log_partition(0.7, b);
      EXPECT_NEAR(double(m(i, 0)), i == 3 ? -1 : i == 4 ? 0 : channel.mean(0.7, b), 1e-5);
    }
    EXPECT_NEAR(amp.log_partition(t, s)(0), z, 1e-3);
  };
  check(symbols, SparseRademacher{0.3}, std::log(0.15));
  check(reals, GaussBernoulli{0.3}, std::log(0.3) - 0.5 * (1 + std::log(2 * std::numbers::pi)));
}

/// Pinned sites are fields B = beta J x and a precision A = beta^2 |x|^2/N on the others; what is left is the same map
/// at N' sites with beta' = beta sqrt(N'/N), one iteration later.
TEST(RankOneAmp, PinnedSitesActAsFieldsOnTheRest) {
  constexpr Index n = 40, held = 14, rest = n - held;
  const SpikedMatrixOptions o = options("sparse-rademacher", n, 0.3, 0.5);
  const SparseRankOne full = sparse(o);
  const double beta = full.beta(), reduced = beta * std::sqrt(double(rest) / n);
  Tilt t = Tilt::none(n, 1), r = Tilt::none(rest, 1);
  for (Index i = rest; i < n; ++i) t.pinned(i, 0) = float(i % 3) - 1;
  Couplings j(rest, rest);
  full.for_each_term([&](const auto& sites, double value) {
    if (sites[1] < rest) j(sites[0], sites[1]) = j(sites[1], sites[0]) = float(value * beta / reduced);
    if (sites[0] < rest && sites[1] >= rest) r.field(sites[0], 0) += float(beta * value) * t.pinned(sites[1], 0);
  });
  r.precision(0) = beta * beta * double(t.pinned.col(0).tail(held).squaredNorm()) / n;
  Environment env;
  env.beta = reduced;
  env.h = Eigen::VectorXf::Zero(rest);
  env.pins = Eigen::VectorXf::Constant(rest, Tilt::kFree);
  const Amp<SparseRankOne> amp(full, kTight), few(SparseRankOne(Sk(j, env), 0.5), kTight);
  Batch m(n, 1), free(rest, 1);
  auto s = amp.start(Streams({66, Purpose::test}, 1)), u = few.start(Streams({66, Purpose::test}, 1));
  ASSERT_EQ(amp.posterior_mean(t, s, m).unconverged, 0);
  ASSERT_EQ(few.posterior_mean(r, u, free).unconverged, 0);
  EXPECT_LE((m.col(0).head(rest) - free.col(0)).cwiseAbs().maxCoeff(), 1e-4);
  EXPECT_EQ(m.col(0).tail(held), t.pinned.col(0).tail(held));
  EXPECT_NEAR(s.a(0), u.a(0), 1e-4);
  EXPECT_GT(free.norm(), 0.5);
}

TEST(RankOneAmp, LogMarginalsAreThoseOfTheMean) {
  const SpikedMatrixOptions o = options("sparse-rademacher", 60, 0.3, 0.4);
  const SparseRankOne target = sparse(o);
  const Amp<SparseRankOne> amp(target, kTight);
  Tilt t = amp.base(1);
  Stream rng({67, Purpose::test}, 0);
  inform(t, 1.5, target.truth(), rng);
  t.field(7, 0) = 40;  // as sure as floats cannot say
  t.pinned(4, 0) = 0;
  auto s = amp.start(Streams({67, Purpose::test}, 1)), again = amp.start(Streams({67, Purpose::test}, 1));
  Batch m(60, 1), logp(180, 1);
  amp.posterior_mean(t, s, m);
  EXPECT_EQ(amp.log_marginals(t, again, logp).unconverged, 0);
  for (Index i = 0; i < 60; ++i) {
    const double down = std::exp(double(logp(3 * i, 0))), none = std::exp(double(logp(3 * i + 1, 0))),
                 up = std::exp(double(logp(3 * i + 2, 0)));
    EXPECT_NEAR(down + none + up, 1, 1e-6);
    EXPECT_NEAR(up - down, double(m(i, 0)), 1e-5);
  }
  EXPECT_EQ(logp(13, 0), 0);
  EXPECT_EQ(logp(12, 0), -Tilt::kFree);
  const double b = double(again.h(7, 0)), a = again.a(0);
  EXPECT_NEAR(double(logp(22, 0)), std::log(0.6) - std::log(0.2) - b + 0.5 * a, 1e-3);
  EXPECT_NEAR(double(logp(23, 0)) / -(3 * std::exp(-b + 0.5 * a) + std::exp(-2 * b)), 1, 1e-3);
}

/// Real sites drawn one by one have the mean and variance that AMP says, and pins stay.
TEST(RankOneAmp, DrawsSitesFromTheirMarginals) {
  const SpikedMatrixOptions o = options("gauss-bernoulli", 50, 0.3, 0.5);
  const RankOne target = real(o);
  const Amp<RankOne> amp(target, kTight);
  constexpr Index kDraws = 4000;
  Tilt one = amp.base(1);
  Stream rng({68, Purpose::test}, 0);
  inform(one, 1, target.truth(), rng);
  one.pinned(3, 0) = 0.25f;
  auto s = amp.start(Streams({68, Purpose::test}, 1));
  Streams draws({69, Purpose::test}, 1);
  Batch x(50, 1), sum = Batch::Zero(50, 1), squares = Batch::Zero(50, 1);
  for (Index k = 0; k < kDraws; ++k) {
    amp.draw_sites(one, s, draws, x);
    sum += x;
    squares += x.array().square().matrix();
  }
  const double sigmas = checks::allowed_sigmas(1e6);
  for (Index i = 0; i < 50; ++i) {
    const double mean = double(sum(i, 0)) / kDraws, v = channel_of(target).variance(s.a(0), double(s.h(i, 0)));
    if (i == 3) {
      EXPECT_EQ(x(i, 0), 0.25f);
      EXPECT_NEAR(mean, 0.25, 1e-6);
      continue;
    }
    EXPECT_NEAR(mean, double(s.m(i, 0)), sigmas * std::sqrt(v / kDraws) + 1e-4);
    // x has four moments of a width <= 1: variance of the squares below 20
    EXPECT_NEAR(double(squares(i, 0)) / kDraws - mean * mean, v, sigmas * std::sqrt(20.0 / kDraws));
  }
}

/// Between the linear threshold, Delta/rho^2 = 1, and the informed spinodal, 1.041 at rho = 0.08 (arXiv:2308.14085),
/// both branches are there: AMP from noise stays at no overlap, from the signal it stays at the signal's side. At N =
/// 2000 most instances have lost one of them; this one has not.
TEST(RankOneAmp, StartsDecideWhereTwoBranchesAre) {
  const double rho = 0.08;
  const SpikedMatrixOptions o = options("sparse-rademacher", 2000, 1.01 * rho * rho, rho, 2);
  const SparseRankOne target = sparse(o);
  const Amp<SparseRankOne> amp(target, {.max_iterations = 200});
  const Tilt t = amp.base(1);
  auto s = amp.start(Streams({70, Purpose::test}, 1));
  EXPECT_NEAR(std::sqrt(double(s.m.squaredNorm()) / 2000), 1e-3, 1e-4);
  Batch m(2000, 1);
  const double truth = double(target.truth().squaredNorm());
  amp.posterior_mean(t, s, m);
  EXPECT_LE(std::abs(double(target.truth().dot(m.col(0)))) / truth, 0.2);
  amp.start_at(s, target.truth());
  const DenoiseInfo info = amp.posterior_mean(t, s, m);
  EXPECT_EQ(info.unconverged, 0);
  EXPECT_GE(double(target.truth().dot(m.col(0))) / truth, 0.5);
  // the start is noise anew, from the same streams
  const Batch before = s.m;
  amp.restart(s);
  const Batch first = s.m;
  amp.restart(s);
  EXPECT_NE(first, s.m);
}

}  // namespace
}  // namespace glass

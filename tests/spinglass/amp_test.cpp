// AMP where the answer is known: enumeration, a reduced model, itself by another way. Its transient against state
// evolution is in amp_state_evolution_test.cpp.
#include "spinglass/amp.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "models/hopfield.hpp"
#include "models/ising_p_spin.hpp"
#include "models/sk.hpp"
#include "spinglass/exact.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

constexpr AmpOptions kTight{.max_iterations = 500, .tolerance = 1e-6};

template <class O>
O options(Index n, double temperature, std::uint32_t instance = 0, bool planted = true) {
  O o;
  o.n = n;
  o.temperature = temperature;
  o.instance = instance;
  o.planted = planted;
  return o;
}
/// Side information of signal-to-noise ratio snr about `truth`: precision snr, field snr x* + sqrt(snr) z.
void inform(Tilt& t, double snr, const Eigen::VectorXf& truth, Stream& rng) {
  t.precision.setConstant(snr);
  for (Index c = 0; c < t.columns(); ++c)
    t.field.col(c) = float(snr) * truth + float(std::sqrt(snr)) * checks::normal_vector(truth.size(), rng);
}

struct AgainstExact {
  checks::Mean square_error, ln_z_error;  // per site, over instances
};
/// AMP against enumeration over instances of an ensemble: mean square error of the posterior mean, error of ln Z per
/// site.
template <class Ensemble>
AgainstExact against_exact(typename Ensemble::Options o, std::uint32_t instances, double snr, Index pins) {
  AgainstExact out;
  o.pins = pins;
  for (o.instance = 0; o.instance < instances; ++o.instance) {
    const auto target = Ensemble::make(o, 31);
    const Exact exact(target);
    const Amp amp(target, kTight);
    Stream rng({31, Purpose::test, 0, o.instance}, 0);
    Tilt t = amp.base(2);
    inform(t, snr, target.truth(), rng);
    Exact::State e{2};
    auto s = amp.start(Streams({31, Purpose::test}, 2));
    Batch m(o.n, 2), right(o.n, 2);
    EXPECT_EQ(amp.posterior_mean(t, s, m).unconverged, 0);
    exact.posterior_mean(t, e, right);
    out.square_error.add(double((m - right).squaredNorm()) / (2 * double(o.n)));
    out.ln_z_error.add((amp.log_partition(t, s) - exact.log_partition(t, e)).cwiseAbs().mean() / double(o.n));
  }
  return out;
}
/// Slope of ln y against ln n by weighted least squares, and its standard error.
struct Slope {
  double slope = 0, error = 0;
};
Slope fit_slope(const std::vector<double>& n, const std::vector<checks::Mean>& y) {
  double w = 0, wx = 0, wy = 0, wxx = 0, wxy = 0;
  for (std::size_t k = 0; k < n.size(); ++k) {
    const double x = std::log(n[k]), v = std::log(y[k].mean), weight = std::pow(y[k].mean / y[k].error(), 2);
    w += weight, wx += weight * x, wy += weight * v, wxx += weight * x * x, wxy += weight * x * v;
  }
  const double d = w * wxx - wx * wx;
  return {(w * wxy - wx * wy) / d, std::sqrt(w / d)};
}

TEST(Amp, PairwiseApproachesEnumeration) {
  const std::vector<double> sizes{6, 9, 12, 18};
  for (const Index every : {0, 3}) {  // no pins, or one site in three
    const std::string what = every ? ", a third pinned" : "";
    std::vector<checks::Mean> square, ln_z;
    for (const double n : sizes) {
      const AgainstExact r =
          against_exact<Sk>(options<SkOptions>(Index(n), 1.6), n > 15 ? 80 : 400, 0.5, every ? Index(n) / every : 0);
      square.push_back(r.square_error);
      ln_z.push_back(r.ln_z_error);
    }
    // rms error N^{-1/2} or faster: mean square error N^{-1} or faster, and falling beyond doubt
    const Slope s = fit_slope(sizes, square), z = fit_slope(sizes, ln_z);
    const double sigmas = checks::allowed_sigmas(80);
    RecordProperty("mean_square_error_slope" + std::string(every ? "_pinned" : ""),
                   std::to_string(s.slope) + " +- " + std::to_string(s.error));
    EXPECT_LE(s.slope, -1 + sigmas * s.error) << what;
    EXPECT_LE(s.slope, -sigmas * s.error) << what;
    EXPECT_LE(z.slope, -sigmas * z.error) << "ln Z" << what;  // error o(N) in total
    EXPECT_LE(ln_z.back().mean, 6e-3) << what;
    EXPECT_LE(square.back().mean, 1e-3) << what;
  }
}

TEST(Amp, LogPartitionErrorPerSiteShrinks) {  // p = 3: o(N) in total
  checks::Mean small = against_exact<IsingPSpin>(options<IsingPSpinOptions>(7, 1.3), 400, 0.5, 0).ln_z_error;
  checks::Mean large = against_exact<IsingPSpin>(options<IsingPSpinOptions>(16, 1.3), 120, 0.5, 0).ln_z_error;
  const double sigmas = checks::allowed_sigmas(120);
  EXPECT_LE(large.mean + sigmas * large.error(), small.mean - sigmas * small.error());
}

TEST(Amp, HopfieldApproachesEnumeration) {
  HopfieldOptions small = options<HopfieldOptions>(6, 1.9), large = options<HopfieldOptions>(16, 1.9);
  small.alpha = large.alpha = 0.5;
  const double sigmas = checks::allowed_sigmas(60);
  for (const bool pinned : {false, true}) {
    const AgainstExact a = against_exact<Hopfield>(small, 400, 0.5, pinned ? 2 : 0),
                       b = against_exact<Hopfield>(large, 60, 0.5, pinned ? 5 : 0);
    EXPECT_LE(b.square_error.mean + sigmas * b.square_error.error(), a.square_error.mean) << pinned;
    EXPECT_LE(b.ln_z_error.mean + sigmas * b.ln_z_error.error(), a.ln_z_error.mean) << pinned;
    EXPECT_LE(b.square_error.mean, 1e-3) << pinned;
    EXPECT_LE(b.ln_z_error.mean, 4e-3) << pinned;
  }
}

/// Column 0: field in random direction v up, column 1: down, column 2: as it is.
template <class T>
void expect_mean_is_slope_of_log_partition(const T& target) {
  const Index n = target.sites();
  const Amp<T> amp(target, kTight);
  Stream rng({32, Purpose::test}, 0);
  Tilt t = amp.base(3);
  inform(t, 0.6, target.truth(), rng);
  t.power.setConstant(0.8);
  const Eigen::VectorXf v = checks::normal_vector(n, rng);
  constexpr float step = 0.02f;
  t.field.col(0) = t.field.col(2) + step * v;
  t.field.col(1) = t.field.col(2) - step * v;
  auto s = amp.start(Streams({32, Purpose::test}, 3));
  Batch m(n, 3);
  ASSERT_EQ(amp.posterior_mean(t, s, m).unconverged, 0);
  const PerColumn z = amp.log_partition(t, s);
  // third derivatives: step^2/6 |v|_3^3; floats: 1e-7 N/step
  EXPECT_NEAR((z(0) - z(1)) / (2 * double(step)), double(v.dot(m.col(2))), 2e-3 * std::sqrt(double(n))) << target.name;
  EXPECT_GT(std::abs(double(v.dot(m.col(2)))), 1) << "no slope to speak of";
}

TEST(Amp, MeanIsTheSlopeOfTheLogPartition) {
  SkOptions sk = options<SkOptions>(120, 0.9);
  sk.field = 0.1, sk.field_spread = 0.3, sk.pins = 15;
  expect_mean_is_slope_of_log_partition(Sk::make(sk, 33));
  IsingPSpinOptions three = options<IsingPSpinOptions>(60, 0.9);
  three.field = 0.1, three.field_spread = 0.3, three.pins = 7;
  expect_mean_is_slope_of_log_partition(IsingPSpin::make(three, 33));
  HopfieldOptions patterns = options<HopfieldOptions>(120, 1.4);
  patterns.field = 0.1, patterns.field_spread = 0.3, patterns.pins = 15, patterns.alpha = 0.6;
  expect_mean_is_slope_of_log_partition(Hopfield::make(patterns, 33));
}

TEST(Amp, LogPartitionWithoutInteractionIsThatOfFreeSpins) {
  SkOptions o = options<SkOptions>(20, 1e6);
  const Amp<Sk> amp(Sk::make(o, 34), kTight);
  Tilt t = amp.base(1);
  Stream rng({34, Purpose::test}, 0);
  t.field.col(0) = checks::normal_vector(20, rng);
  t.precision(0) = 0.7;
  t.pinned(3, 0) = -1;
  auto s = amp.start(Streams({34, Purpose::test}, 1));
  Batch m(20, 1), logp(40, 1);
  amp.posterior_mean(t, s, m);
  double z = -0.5 * 0.7 * 20;
  for (Index i = 0; i < 20; ++i) {
    const double b = double(t.field(i, 0));
    z += i == 3 ? -b : std::log(2 * std::cosh(b));
    EXPECT_NEAR(double(m(i, 0)), i == 3 ? -1 : std::tanh(b), 1e-5);
  }
  EXPECT_NEAR(amp.log_partition(t, s)(0), z, 1e-4);
}

TEST(Amp, LogMarginalsKeepDigitsAndPins) {
  SkOptions o = options<SkOptions>(30, 1.2);
  const Amp<Sk> amp(Sk::make(o, 35), kTight);
  Tilt t = amp.base(1);
  t.field.setConstant(14);
  t.pinned(4, 0) = -1;
  t.pinned(5, 0) = 1;
  auto s = amp.start(Streams({35, Purpose::test}, 1));
  Batch m(30, 1), logp(60, 1);
  amp.posterior_mean(t, s, m);
  auto again = amp.start(Streams({35, Purpose::test}, 1));
  EXPECT_EQ(amp.log_marginals(t, again, logp).unconverged, 0);
  EXPECT_EQ(logp(8, 0), 0);
  EXPECT_EQ(logp(9, 0), -Tilt::kFree);
  EXPECT_EQ(logp(10, 0), -Tilt::kFree);
  EXPECT_EQ(logp(11, 0), 0);
  for (Index i = 0; i < 30; ++i) {
    if (i == 4 || i == 5) continue;
    EXPECT_NEAR(std::exp(double(logp(2 * i + 1, 0))) - std::exp(double(logp(2 * i, 0))), double(m(i, 0)), 1e-6);
    const double odds = double(logp(2 * i, 0)) - double(logp(2 * i + 1, 0));  // -2h: where 1 - m has no digits
    EXPECT_NEAR(odds, -2 * double(again.h(i, 0)), 1e-4);
    EXPECT_NEAR(double(logp(2 * i + 1, 0)) / -std::exp(odds), 1, 1e-3);
  }
}

/// With chi = beta (1 - q) out of range on the way there and at the end, a column says so.
TEST(Amp, HopfieldOutOfRangeIsNotConverged) {
  HopfieldOptions o = options<HopfieldOptions>(60, 0.5, 0, false);
  o.alpha = 0.3;
  const Amp<Sk> amp(Hopfield::make(o, 42));
  const Tilt t = amp.base(2);  // m = 0 stays, chi = beta = 2
  auto s = amp.start(Streams({42, Purpose::test}, 2));
  Batch m(60, 2);
  EXPECT_EQ(amp.posterior_mean(t, s, m).unconverged, 2);
}

TEST(Amp, StartsAtAConfiguration) {  // and leaves it: the fixed point near it is found with fewer steps, or another one
  const Sk sk = Sk::make(options<SkOptions>(400, 0.6), 43);
  const Amp<Sk> amp(sk);
  const Tilt t = amp.base(2);
  auto s = amp.start(Streams({43, Purpose::test}, 2));
  Batch m(400, 2);
  amp.posterior_mean(t, s, m);
  EXPECT_EQ(m.norm(), 0);  // nothing breaks the symmetry
  Batch x(400, 2);
  x.col(0) = sk.truth();
  x.col(1) = -sk.truth();
  amp.start_at(s, x);
  EXPECT_EQ(amp.posterior_mean(t, s, m).unconverged, 0);
  EXPECT_GT(double(m.col(0).dot(sk.truth())) / 400, 0.5);
  EXPECT_LE((m.col(0) + m.col(1)).cwiseAbs().maxCoeff(), 1e-3);
}

/// Pinned sites of a pairwise model are fields on the others. The model left over has N' = N - k sites, the same
/// couplings and the same Onsager term when beta' = beta sqrt(N'/N), since beta^2 (1 - |m|^2/N) counts pinned sites as
/// |m_i| = 1. So AMP on both is the same map, one iteration apart: the full model learns its pins in the first.
TEST(Amp, PinnedSitesActAsFieldsOnTheRest) {
  constexpr Index n = 40, held = 14;
  const Sk full = Sk::make(options<SkOptions>(n, 0.8), 36);
  const double beta = full.beta(), reduced_beta = beta * std::sqrt(double(n - held) / n);
  Stream rng({36, Purpose::test}, 0);
  Tilt t = Tilt::none(n, 1), r = Tilt::none(n - held, 1);
  t.pinned.col(0).tail(held) = checks::random_spins(held, 1, rng);
  Couplings j(n - held, n - held);
  Environment env;
  env.beta = reduced_beta;
  env.h = Eigen::VectorXf::Zero(n - held);
  env.pins = Eigen::VectorXf::Constant(n - held, Tilt::kFree);
  for (Index a = 0; a < n - held; ++a) {
    for (Index b = 0; b < n - held; ++b) j(a, b) = float(double(full.couplings()(a, b)) / reduced_beta);
    for (Index b = n - held; b < n; ++b) r.field(a, 0) += full.couplings()(a, b) * t.pinned(b, 0);
  }
  const Amp<Sk> amp(full, kTight), rest(Sk(j, env), kTight);
  auto s = amp.start(Streams({36, Purpose::test}, 1));
  auto u = rest.start(Streams({36, Purpose::test}, 1));
  amp.iterate(t, s);
  for (int k = 0; k < 10; ++k) {
    amp.iterate(t, s);
    rest.iterate(r, u);
    EXPECT_LE((s.m.col(0).head(n - held) - u.m.col(0)).cwiseAbs().maxCoeff(), 1e-5) << "iteration " << k;
    EXPECT_EQ(s.m.col(0).tail(held), t.pinned.col(0).tail(held));
  }
  EXPECT_GT(u.m.norm(), 1);  // something was learnt from the pins
  // with side information on the free sites the fixed points agree (the starts differ)
  t.field.col(0).head(n - held) = checks::normal_vector(n - held, rng);
  r.field += t.field.topRows(n - held);
  Batch m(n, 1), free(n - held, 1);
  EXPECT_EQ(amp.posterior_mean(t, s, m).unconverged, 0);
  EXPECT_EQ(rest.posterior_mean(r, u, free).unconverged, 0);
  EXPECT_LE((m.col(0).head(n - held) - free.col(0)).cwiseAbs().maxCoeff(), 1e-4);
}

TEST(Amp, PowerIsTheTemperature) {  // power 1/2 at beta is power 1 at beta/2, for couplings and fields of the model
  SkOptions o = options<SkOptions>(50, 0.7);
  o.field_spread = 0.5;
  const Sk cold = Sk::make(o, 37);
  Couplings j(50, 50);
  for (Index a = 0; a < 50; ++a)
    for (Index b = 0; b < 50; ++b) j(a, b) = float(double(cold.couplings()(a, b)) / cold.beta());
  Environment env = cold.environment();
  env.beta /= 2;
  const Amp<Sk> halved(cold, kTight), hot(Sk(j, env), kTight);
  Stream rng({37, Purpose::test}, 0);
  Tilt t = halved.base(2);
  inform(t, 0.4, cold.truth(), rng);
  Tilt u = t;
  t.power.setConstant(0.5);
  auto s = halved.start(Streams({37, Purpose::test}, 2)), v = hot.start(Streams({37, Purpose::test}, 2));
  for (int k = 0; k < 6; ++k) {
    halved.iterate(t, s);
    hot.iterate(u, v);
    EXPECT_LE((s.m - v.m).cwiseAbs().maxCoeff(), 1e-5) << k;
  }
  EXPECT_LE((halved.log_partition(t, s) - hot.log_partition(u, v)).cwiseAbs().maxCoeff(), 1e-3);
}

TEST(Amp, TooFewIterationsAreReported) {
  const Sk sk = Sk::make(options<SkOptions>(60, 0.8), 38);
  Stream rng({38, Purpose::test}, 0);
  const Amp<Sk> amp(sk, {.max_iterations = 1});
  Tilt t = amp.base(3);
  inform(t, 0.5, sk.truth(), rng);
  t.pinned.col(1) =
      sk.truth();  // nothing left to find: pins are in place from the start, so one iteration sees no change
  auto s = amp.start(Streams({38, Purpose::test}, 3));
  Batch m(60, 3);
  DenoiseInfo info = amp.posterior_mean(t, s, m);
  EXPECT_EQ(info.unconverged, 2);
  EXPECT_EQ(info.work.iterations, 3);
  EXPECT_EQ(info.work.denoiser_calls, 3);
  EXPECT_GT(m.norm(), 1);  // the answer is written all the same
  info = amp.posterior_mean(t, s, m);
  EXPECT_EQ(info.unconverged, 2);
  EXPECT_EQ(m.col(1), sk.truth());
  const Amp<Sk> patient(sk, {.max_iterations = 200});
  info = patient.posterior_mean(t, s, m);
  EXPECT_EQ(info.unconverged, 0);
  EXPECT_GT(info.work.iterations, 3);
  EXPECT_LT(info.work.iterations, 3 * 100);
}

/// On the way, damped: B = beta J m less the reaction is beta^2 m.x*/N x* + Gaussian noise of variance beta^2 |m|^2/N,
/// as without damping, because the noise of one iteration does not know that of those before it. The share of m that
/// was made by fields of the past comes back through J in full where the reaction is to the last one only.
TEST(Amp, DampedFieldsAreThoseOfStateEvolution) {
  const Sk sk = Sk::make(options<SkOptions>(3000, 0.7), 44);
  const Amp<Sk> amp(sk, {.damping = 0.6});
  const double beta = sk.beta(), n = 3000;
  Stream rng({44, Purpose::test}, 0);
  Tilt t = amp.base(4);
  inform(t, 1, sk.truth(), rng);
  auto s = amp.start(Streams({44, Purpose::test}, 4));
  const Eigen::VectorXd truth = sk.truth().cast<double>();
  double first = 0;
  for (int k = 0; k < 9; ++k) {
    const Eigen::MatrixXd m = s.m.cast<double>();
    amp.iterate(t, s);
    if (k == 0) continue;  // m = 0
    double off = 0;
    for (Index c = 0; c < 4; ++c) {
      const Eigen::VectorXd noise =
          s.h.col(c).cast<double>() - t.field.col(c).cast<double>() - beta * beta * m.col(c).dot(truth) / n * truth;
      off += noise.squaredNorm() / (beta * beta * m.col(c).squaredNorm()) / 4 - 0.25;
    }
    EXPECT_LT(std::abs(off), 0.1) << k;  // one J of N = 3000: errors of some 1/sqrt(N)
    if (k == 1) first = off;
    EXPECT_LT(std::abs(off - first), 0.006) << k;  // which all iterations share; 1 - q for v makes 0.013
  }
}

TEST(Amp, ConvergedMeansAFixedPoint) {
  const Sk sk = Sk::make(options<SkOptions>(80, 0.8), 39);
  Stream rng({39, Purpose::test}, 0);
  const Amp<Sk> amp(sk, kTight), damped(sk, {.max_iterations = 2000, .tolerance = 1e-6, .damping = 0.5});
  Tilt t = amp.base(4);
  inform(t, 0.5, sk.truth(), rng);
  auto s = amp.start(Streams({39, Purpose::test}, 4)), d = damped.start(Streams({39, Purpose::test}, 4));
  Batch m(80, 4), n(80, 4);
  ASSERT_EQ(amp.posterior_mean(t, s, m).unconverged, 0);
  ASSERT_EQ(damped.posterior_mean(t, d, n).unconverged, 0);
  EXPECT_LE((m - n).cwiseAbs().maxCoeff(), 1e-4);  // damping changes the way, not the end
  // the TAP equations in double, from the terms of the model
  for (Index c = 0; c < 4; ++c) {
    const Eigen::VectorXd mc = m.col(c).cast<double>();
    const double beta = sk.beta(), q = mc.squaredNorm() / 80;
    for (Index i = 0; i < 80; i += 13) {
      const double h = checks::naive_field(sk, mc, i) + double(t.field(i, c)) - beta * beta * (1 - q) * mc(i);
      EXPECT_NEAR(mc(i), std::tanh(h), 2e-5);
    }
  }
  EXPECT_LE(amp.iterate(t, s).maxCoeff(), 1e-5);
}

TEST(Amp, ColumnsAreIndependentAndStopOneByOne) {
  const IsingPSpin three = IsingPSpin::make(options<IsingPSpinOptions>(40, 0.9), 40);
  const Sk sk = Sk::make(options<SkOptions>(64, 0.9), 40);
  const auto check = [](const auto& target) {
    using A = Amp<std::decay_t<decltype(target)>>;
    const A amp(target, AmpOptions{});
    const Index n = target.sites(), b = 11;
    Stream rng({40, Purpose::test}, 0);
    Tilt t = amp.base(b);
    inform(t, 0.5, target.truth(), rng);
    for (Index c = 0; c < b; ++c) {  // of every kind, so that they stop at different times
      t.field.col(c) *= float(c) / 4;
      t.power(c) = 1 - 0.05 * double(c);
      if (c % 3 == 0) t.pinned.col(c).head(5) = target.truth().head(5);
    }
    auto s = amp.start(Streams({40, Purpose::test}, b));
    Batch m(n, b);
    const DenoiseInfo all = amp.posterior_mean(t, s, m);
    std::int64_t iterations = 0, fewest = 1000, most = 0;
    for (Index c = 0; c < b; ++c) {
      const Tilt one{t.power.segment(c, 1), t.precision.segment(c, 1), t.field.col(c), t.pinned.col(c)};
      auto alone = amp.start(Streams({40, Purpose::test}, 1, c));
      Batch mc(n, 1);
      const DenoiseInfo info = amp.posterior_mean(one, alone, mc);
      EXPECT_LE((mc.col(0) - m.col(c)).cwiseAbs().maxCoeff(), 1e-4) << target.name << " column " << c;
      iterations += info.work.iterations;
      fewest = std::min(fewest, info.work.iterations);
      most = std::max(most, info.work.iterations);
    }
    EXPECT_LT(fewest, most);
    EXPECT_NEAR(double(all.work.iterations), double(iterations), double(b));  // a rounding may cost one more
    EXPECT_LT(all.work.iterations, b * most);
  };
  check(three);
  check(sk);
}

TEST(Amp, RestartForgetsTheMessages) {
  const Sk sk = Sk::make(options<SkOptions>(40, 0.9), 41);
  const Amp<Sk> amp(sk);
  Stream rng({41, Purpose::test}, 0);
  Tilt t = amp.base(2);
  inform(t, 0.5, sk.truth(), rng);
  auto s = amp.start(Streams({41, Purpose::test}, 2));
  Batch m(40, 2), again(40, 2);
  const DenoiseInfo first = amp.posterior_mean(t, s, m), warm = amp.posterior_mean(t, s, again);
  EXPECT_LT(warm.work.iterations, first.work.iterations);  // from where the last call ended
  amp.restart(s);
  const DenoiseInfo cold = amp.posterior_mean(t, s, again);
  EXPECT_EQ(cold.work, first.work);
  EXPECT_EQ(again, m);
}

}  // namespace
}  // namespace glass

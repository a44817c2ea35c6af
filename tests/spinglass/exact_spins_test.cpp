#include "spinglass/exact_spins.hpp"

#include <gtest/gtest.h>

#include "models/diluted_p_spin.hpp"
#include "models/edwards_anderson.hpp"
#include "models/xorsat.hpp"
#include "samplers/autoregressive.hpp"
#include "spinglass/exact.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

constexpr Index kColumns = 4;

void expect_as_enumerated(const auto& denoiser, const Exact& exact, const Tilt& t, const std::string& what) {
  const Index n = exact.sites();
  auto s = denoiser.start(Streams({81, Purpose::test}, t.columns()));
  Exact::State e{t.columns()};
  Batch m(n, t.columns()), right(n, t.columns()), logp(2 * n, t.columns()), logs(2 * n, t.columns());
  EXPECT_EQ(denoiser.posterior_mean(t, s, m).unconverged, 0) << what;
  exact.posterior_mean(t, e, right);
  EXPECT_LE((m - right).cwiseAbs().maxCoeff(), 1e-5) << what;
  denoiser.log_marginals(t, s, logp);
  exact.log_marginals(t, e, logs);
  for (Index k = 0; k < logp.size(); ++k) {
    const double a = double(logp.data()[k]), b = double(logs.data()[k]);
    if (b < -60)
      EXPECT_LT(a, -59) << what;  // beyond what enumeration can tell
    else
      EXPECT_NEAR(a, b, 1e-4 * (1 + std::abs(b))) << what;
  }
  EXPECT_LE((denoiser.log_partition(t, s) - exact.log_partition(t, e)).cwiseAbs().maxCoeff(), 1e-3) << what;
}

/// Fields, pins, powers (0 and above 1 too) and precision, on peaked targets with fields and pins of their own.
TEST(ExactSpins, TransferMatrixIsEnumerationAtAnyTilt) {
  EdwardsAndersonOptions o;
  o.d = 2, o.l = 3, o.boundary = "cylinder", o.field_spread = 0.4, o.pins = 1, o.planted = true;
  DilutedPSpinOptions three;
  three.p = 3, three.n = 10, three.alpha = 1.2, three.field = 0.3, three.pins = 2, three.planted = true;
  for (const double temperature : {1.5, 0.4}) {
    const auto check = [&](const auto& target, int order) {
      const Exact exact(target);
      const ExactSpins<TransferMatrix> denoiser(terms_of(target, order), target.environment());
      Tilt t = denoiser.base(kColumns);
      EXPECT_EQ(t.pinned, exact.base(kColumns).pinned);
      Stream rng({82, Purpose::test}, 0);
      t.power << 1, 0.5, 0, 1.7;
      t.precision << 0, 0.3, 2, 1;
      for (Index c = 1; c < kColumns; ++c) t.field.col(c) = float(c) * checks::normal_vector(exact.sites(), rng);
      for (Index i = 0; i < exact.sites(); ++i)
        if (t.free(i, 3) && i % 3 == 0) t.pinned(i, 3) = i % 2 ? 1.0f : -1.0f;
      expect_as_enumerated(denoiser, exact, t, "order " + std::to_string(order) + ", T " + std::to_string(temperature));
    };
    o.temperature = three.temperature = temperature;
    check(EdwardsAnderson::make(o, 6), 2);
    check(DilutedPSpin::make(three, 6), 3);
  }
}

XorsatOptions checks_of(Index n, double alpha) {
  XorsatOptions o;
  o.p = 3, o.n = n, o.alpha = alpha, o.planted = true, o.pins = 1;
  return o;
}

TEST(ExactSpins, EliminationIsEnumerationUnderPins) {
  for (std::uint32_t instance = 0; instance < 6; ++instance) {
    XorsatOptions o = checks_of(11, 0.7);
    o.instance = instance;
    const auto target = Xorsat::make(o, 7);
    const Exact exact(target);
    const ExactSpins<Elimination> denoiser(terms_of(target, 3), target.environment());
    Tilt t = denoiser.base(kColumns);
    t.power << 1, 0.5, 2, 1;
    t.precision << 0, 1, 2, 0.5;          // acts on a constant
    for (Index c = 0; c < kColumns; ++c)  // more and more of a solution
      for (Index k = 0; k < 2 * c; ++k) t.pinned((5 * k + c) % 11, c) = target.truth()((5 * k + c) % 11);
    expect_as_enumerated(denoiser, exact, t, "instance " + std::to_string(instance));
  }
}

TEST(ExactSpins, EliminationSaysWhatItCannot) {
  const auto target = Xorsat::make(checks_of(30, 0.8), 8);
  const TermList terms = terms_of(target, 3);
  const ExactSpins<Elimination> denoiser(terms, target.environment());
  Tilt t = denoiser.base(2);
  auto s = denoiser.start(Streams({83, Purpose::test}, 2));
  Batch m(30, 2);
  t.pinned.col(1) = target.truth();
  t.pinned(terms.sites[0], 1) *= -1;  // one check is broken
  EXPECT_EQ(denoiser.posterior_mean(t, s, m).unconverged, 1);
  EXPECT_EQ(m.col(1), t.pinned.col(1));
  EXPECT_EQ(denoiser.log_partition(t, s)(1), -std::numeric_limits<double>::infinity());
  t.field(3, 0) = 0.1f;
  EXPECT_THROW(denoiser.posterior_mean(t, s, m), Refused);
  XorsatOptions soft = checks_of(30, 0.8);
  soft.temperature = 0.5;
  const auto warm = Xorsat::make(soft, 8);
  EXPECT_THROW(ExactSpins<Elimination>(terms_of(warm, 3), warm.environment()), Refused);
}

/// Decimation with it draws solutions, each with ln q = -entropy, at a size that no enumeration reaches.
TEST(ExactSpins, DecimationWithEliminationIsUniform) {
  const auto target = Xorsat::make(checks_of(60, 0.8), 9);
  const TermList terms = terms_of(target, 3);
  const Elimination law(terms, target.environment());
  const Autoregressive<ExactSpins<Elimination>> sampler({terms, target.environment()}, true);
  auto s = sampler.init(Streams({84, Purpose::test}, 5));
  const StepInfo info = next_draw(sampler, s);
  EXPECT_EQ(info.unconverged, 0);
  Batch x(60, 5);
  sampler.read(s, x);
  for (Index c = 0; c < 5; ++c) {
    EXPECT_EQ(law.log_prob(x.col(c)), -law.entropy());
    EXPECT_NEAR(sampler.log_prob(s)(c), -law.entropy(), 1e-4);
  }
  Batch wrong = x;
  wrong(terms.sites[0], 0) *= -1;
  const auto [log_q, work] = sampler.log_prob_of(s, wrong);
  EXPECT_EQ(log_q(0), -std::numeric_limits<double>::infinity());
  EXPECT_NEAR(log_q(1), -law.entropy(), 1e-4);
}

}  // namespace
}  // namespace glass

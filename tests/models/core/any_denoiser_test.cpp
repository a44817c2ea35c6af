#include "models/core/any_denoiser.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "models/sk.hpp"
#include "samplers/draw_symbols.hpp"
#include "spinglass/amp.hpp"
#include "spinglass/exact.hpp"
#include "spinglass/spherical_amp.hpp"

namespace glass {
namespace {

Sk model() {
  SkOptions o;
  o.n = 10;
  o.temperature = 1.2;
  o.pins = 2;
  o.field_spread = 0.3;
  return Sk::make(o, 1);
}
Tilt tilted(const AnyDenoiser& d, float strength) {
  Tilt t = d.base(3);
  t.field.setConstant(strength);
  t.field(0, 1) = -1;
  t.precision.setConstant(0.2);
  t.power(2) = 0.5;
  return t;
}
/// Answers that show what messages a state holds: AMP stopped after two iterations.
Amp<Sk> two_iterations() { return Amp<Sk>(model(), {.max_iterations = 2}); }

void expect_same_answers(const auto& plain, const AnyDenoiser& any) {
  EXPECT_TRUE(any.alphabet() == plain.alphabet());
  EXPECT_EQ(any.base(3).pinned, plain.base(3).pinned);
  auto s = plain.start(Streams({1, Purpose::test}, 3));
  auto t = any.start(Streams({1, Purpose::test}, 3));
  for (const float strength : {0.4f, -0.2f}) {  // the second call starts from the first one's messages
    const Tilt tilt = tilted(any, strength);
    Batch m(10, 3), n(10, 3), p(20, 3), q(20, 3);
    const DenoiseInfo a = plain.posterior_mean(tilt, s, m), b = any.posterior_mean(tilt, t, n);
    EXPECT_EQ(m, n);
    EXPECT_EQ(a.unconverged, b.unconverged);
    EXPECT_EQ(a.work, b.work);
    plain.log_marginals(tilt, s, p);
    any.log_marginals(tilt, t, q);
    EXPECT_EQ(p, q);
  }
  EXPECT_EQ(bytes_of(s), bytes_of(t));
}

TEST(AnyDenoiser, AnswersAsWhatItHolds) {
  expect_same_answers(two_iterations(), AnyDenoiser(two_iterations(), false));
  expect_same_answers(Exact(model()), AnyDenoiser(Exact(model()), true));
}

TEST(AnyDenoiser, SaysWhetherItIsExact) {
  EXPECT_TRUE(AnyDenoiser(Exact(model()), true).exact());
  EXPECT_FALSE(AnyDenoiser(two_iterations(), false).exact());
}

TEST(AnyDenoiser, StatesAreValues) {
  const AnyDenoiser any(two_iterations(), false);
  AnyDenoiser::State s = any.start(Streams({1, Purpose::test}, 3));
  Batch m(10, 3), again(10, 3), restarted(10, 3);
  any.posterior_mean(tilted(any, 0.4f), s, m);
  AnyDenoiser::State copy = s;
  const std::string before = bytes_of(copy);
  any.posterior_mean(tilted(any, 0.4f), s, m);  // moves s only
  EXPECT_EQ(bytes_of(copy), before);
  EXPECT_NE(bytes_of(s), before);
  any.posterior_mean(tilted(any, 0.4f), copy, again);
  EXPECT_EQ(m, again);
  EXPECT_EQ(bytes_of(s), bytes_of(copy));

  AnyDenoiser::State assigned = any.start(Streams({1, Purpose::test}, 3));
  assigned = copy;
  EXPECT_EQ(bytes_of(assigned), bytes_of(copy));
  any.posterior_mean(tilted(any, 0.4f), assigned, again);  // moves that one only
  EXPECT_NE(bytes_of(assigned), bytes_of(copy));

  any.restart(copy);
  any.posterior_mean(tilted(any, 0.4f), copy, restarted);
  EXPECT_NE(restarted, again);  // the messages were forgotten
  AnyDenoiser::State fresh = any.start(Streams({1, Purpose::test}, 3));
  any.posterior_mean(tilted(any, 0.4f), fresh, again);
  EXPECT_EQ(restarted, again);
  const AnyDenoiser::State empty;  // a default state copies
  const AnyDenoiser::State also = empty;
  (void)also;
}

TEST(AnyDenoiser, StatesSaveAndLoad) {
  const AnyDenoiser any(two_iterations(), false);
  AnyDenoiser::State s = any.start(Streams({1, Purpose::test}, 3)), back = any.start(Streams({2, Purpose::test}, 3));
  Batch m(10, 3), n(10, 3);
  any.posterior_mean(tilted(any, 0.4f), s, m);
  std::istringstream in(bytes_of(s));
  Loader{in}.one(back);
  any.posterior_mean(tilted(any, 0.1f), s, m);
  any.posterior_mean(tilted(any, 0.1f), back, n);
  EXPECT_EQ(m, n);
  std::istringstream cut(bytes_of(s).substr(0, 40));
  EXPECT_THROW(Loader{cut}.one(back), BadInput);
}

/// Reals are drawn by what it holds, symbols have probabilities; either refuses the other's question.
TEST(AnyDenoiser, DrawsRealsWhereSitesAreReals) {
  SphericalPSpinOptions o;
  o.p = 2, o.n = 10, o.planted = true;
  const Amp amp(std::get<Spherical<Sk>>(SphericalPSpin::make(o, 1)));
  const AnyDenoiser reals(amp, false), symbols(two_iterations(), false);
  Tilt t = reals.base(3);
  t.field.setConstant(0.5f);
  auto s = amp.start(Streams({1, Purpose::test}, 3));
  auto any = reals.start(Streams({1, Purpose::test}, 3));
  Streams one({2, Purpose::test}, 3), two({2, Purpose::test}, 3);
  Batch x(10, 3), y(10, 3), logp(20, 3);
  amp.draw_sites(t, s, one, x);
  EXPECT_EQ(draw_from_marginals(reals, t, any, two, y).unconverged, 0);
  EXPECT_EQ(x, y);
  EXPECT_EQ(bytes_of(s), bytes_of(any));
  EXPECT_THROW(reals.log_marginals(t, any, logp), Refused);
  auto spins = symbols.start(Streams({1, Purpose::test}, 3));
  EXPECT_THROW(symbols.draw_sites(t, spins, one, x), Refused);
  EXPECT_EQ(draw_from_marginals(symbols, tilted(symbols, 0.4f), spins, two, y).work.denoiser_calls, 3);
  EXPECT_TRUE((y.array().abs() == 1).all());
}

TEST(AnyDenoiser, SharesOwnershipOfWhatItHolds) {
  AnyDenoiser::State s;
  Batch m(10, 3), n(10, 3);
  Tilt t = Tilt::none(10, 3);
  std::unique_ptr<AnyDenoiser> copy;
  {
    const AnyDenoiser any(Exact(model()), true);
    s = any.start(Streams({1, Purpose::test}, 3));
    t = tilted(any, 0.3f);
    any.posterior_mean(t, s, m);
    copy = std::make_unique<AnyDenoiser>(any);
  }
  copy->posterior_mean(t, s, n);
  EXPECT_EQ(m, n);
}

}  // namespace
}  // namespace glass

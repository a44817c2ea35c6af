// Heat bath and Metropolis on sites of q symbols against their transition matrices, and in the conformance check.
#include "samplers/symbol_sweep.hpp"

#include <gtest/gtest.h>

#include "samplers/autoregressive.hpp"
#include "samplers/blocks.hpp"
#include "spinglass/exact.hpp"
#include "tests/samplers/reference.hpp"
#include "tests/samplers/symbol_targets.hpp"

namespace glass {
namespace {

using namespace reference;

/// {0, +-1} with a prior that is far from flat, and Potts with q = 3.
SymbolTable ternary(Index pins = 0) { return {4, Alphabet::ternary(), {-1.6f, -0.5f, -1.2f}, 21, pins}; }
SymbolTable potts(Index pins = 0) { return {4, Alphabet::potts(3), {0.0f, 0.0f, 0.0f}, 22, pins}; }

Tilt tilted(const SymbolTable& target, Index columns, double power) {
  Tilt t = target.base(columns);
  t.power.setConstant(power);
  t.precision.setConstant(0.7);
  for (Index r = 0; r < t.field.rows(); ++r) t.field.row(r).setConstant(0.3f * float(r % 3) - 0.2f);
  return t;
}

/// The ordered product of single-site matrices over configurations numbered in base q.
template <class Rule>
Kernel kernel_of(const Eigen::VectorXd& w, Index sites, Index q) {
  Kernel all = Kernel::Identity(w.size(), w.size());
  Index stride = 1;
  for (Index i = 0; i < sites; ++i, stride *= q) {
    Kernel one = Kernel::Zero(w.size(), w.size());
    for (Index x = 0; x < w.size(); ++x) {
      if (std::isinf(w(x))) {
        one(x, x) = 1;
        continue;
      }
      const Index now = x / stride % q, rest = x - now * stride;
      double sum = 0;
      for (Index k = 0; k < q; ++k) sum += std::exp(w(rest + k * stride) - w(x));
      for (Index k = 0; k < q; ++k) {
        const Index y = rest + k * stride;
        const double ratio = std::exp(w(y) - w(x));
        if (Rule::name == "glauber")
          one(x, y) = ratio / sum;
        else if (k != now)
          one(x, y) = 63.0 / 64.0 / double(q - 1) * std::min(1.0, ratio);
      }
      one(x, x) += 1 - one.row(x).sum();
    }
    all = all * one;
  }
  return all;
}

template <class Rule>
void expect_kernel(const SymbolTable& target, const std::optional<Tilt>& tilt, std::uint32_t seed) {
  constexpr Index kColumns = 60000;
  const SymbolSweep<SymbolTable, Rule> sampler(target);
  const Index q = target.alphabet().symbols();
  const Configurations all(target.sites(), target.alphabet());
  const Eigen::VectorXd w = log_weights_of(target, tilt ? *tilt : target.base(1)), p = normalised(w);
  const Kernel kernel = kernel_of<Rule>(w, target.sites(), q);
  EXPECT_LT(largest_change(p, kernel), 1e-12);
  auto state = sampler.init(Streams({seed, Purpose::sampler}, kColumns));
  if (tilt)
    sampler.retilt(state, {tilt->power.replicate(1, kColumns), tilt->precision.replicate(1, kColumns),
                           tilt->field.replicate(1, kColumns), tilt->pinned.replicate(1, kColumns)});
  Stream rng({seed, Purpose::test, 9, 0}, 0);
  const Batch start = LawDraws(p).batch(target.sites(), kColumns, rng, target.alphabet());
  sampler.place(state, start);
  sampler.step(state);
  Batch end(start.rows(), kColumns);
  sampler.read(state, end);
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(p.size() * p.size());
  for (Index c = 0; c < kColumns; ++c) counts(all.number(start.col(c)) + p.size() * all.number(end.col(c))) += 1;
  const Eigen::MatrixXd law = p.asDiagonal() * kernel;
  expect_plausible(law_check("(x_0, x_1) against p(x) P(x, y)", counts, law.reshaped()),
                   std::string(Rule::name) + " q=" + std::to_string(q) + " seed " + std::to_string(seed));
}

TEST(SymbolSweep, OneSweepIsTheProductOfSingleSiteMatrices) {
  std::uint32_t seed = 700;
  for (const auto& make : {ternary, potts})
    for (const Index pins : {0, 1}) {
      const SymbolTable target = make(pins);
      for (const double power : {1.0, 0.4, 1.7}) {
        const std::optional<Tilt> tilt = power == 1.0 ? std::nullopt : std::optional(tilted(target, 1, power));
        expect_kernel<SymbolHeatBathRule>(target, tilt, ++seed);
        expect_kernel<SymbolMetropolisRule>(target, tilt, ++seed);
      }
    }
}

/// The power acts on L alone: at power 0 a site has the law of its prior and its side information.
TEST(SymbolSweep, PowerZeroLeavesThePrior) {
  expect_kernel<SymbolHeatBathRule>(ternary(), tilted(ternary(), 1, 0.0), 760);
  expect_kernel<SymbolMetropolisRule>(ternary(), tilted(ternary(), 1, 0.0), 761);
}

TEST(SymbolSweep, Conforms) {
  const auto law = [](const SymbolTable& t) { return normalised(log_weights_of(t, t.base(1))); };
  const auto check = [&](const std::string& name, auto sampler, const SymbolTable& t) {
    const Eigen::VectorXd p = law(t);
    require_peaked(p);
    expect_conforms(check_conformance(name, [&](Streams rng) { return erase(Blocks(sampler, 64), std::move(rng)); }, p,
                                      {.columns = 10000, .alphabet = t.alphabet()}));
  };
  check("glauber, ternary", SymbolGlauber<SymbolTable>(ternary(1)), ternary(1));
  check("metropolis, potts", SymbolMetropolis<SymbolTable>(potts(1)), potts(1));
  for (const SymbolTable& t : {ternary(1), potts(1)})
    check("autoregressive", Autoregressive<>(AnyDenoiser(Exact(t), true)), t);
}

TEST(SymbolSweep, RetiltSetsPinsAndKeepsTheRest) {
  const SymbolTable target = potts();
  const SymbolGlauber<SymbolTable> sampler(target);
  auto s = sampler.init(Streams({3, Purpose::sampler}, 5));
  sampler.step(s);
  Tilt t = target.base(5);
  const Batch before = s.sites.x;
  for (Index c = 0; c < 5; ++c) target.alphabet().show(int(c % 3), t.pinned.col(c).data() + 3);
  sampler.retilt(s, t);
  EXPECT_EQ(s.sites.x.topRows(3), before.topRows(3));
  EXPECT_EQ(s.sites.x.bottomRows(6), before.bottomRows(6));
  for (int k = 0; k < 10; ++k) {
    sampler.step(s);
    EXPECT_EQ(s.sites.x.middleRows(3, 3), t.pinned.middleRows(3, 3));
  }
}

TEST(FastExp, AgreesWithTheLibrary) {
  double worst = 0;
  for (float x = 0; x > -86.9f; x -= 0.00713f)
    worst = std::max(worst, std::abs(double(fast_exp(x)) / std::exp(double(x)) - 1));
  EXPECT_LT(worst, 2.5e-7);
  EXPECT_EQ(fast_exp(0.0f), 1.0f);
  EXPECT_EQ(fast_exp(-88.0f), 0.0f);
  EXPECT_EQ(fast_exp(-std::numeric_limits<float>::infinity()), 0.0f);
}

}  // namespace
}  // namespace glass

#include "bench/conformance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <map>

#include "bench/step_bias.hpp"
#include "models/core/error.hpp"
#include "samplers/blocks.hpp"
#include "samplers/metropolis.hpp"
#include "tests/samplers/broken_glauber.hpp"
#include "tests/samplers/reference.hpp"

namespace glass {
namespace {

using reference::expect_conforms;
using reference::kLevel;
using reference::small;

/// Perfect draws of a law, or with one fault.
struct Urn {
  enum Fault { none, repeats, tilted, moves_pin, half_spin, wrong_log_q };
  struct State {
    Streams rng;
    Batch x;
    std::vector<Index> k;
    std::int64_t draws = 0;
    static void visit(auto& s, auto&& f) { f(s.rng, s.x, s.k, s.draws); }
  };
  Eigen::VectorXd p;
  Index n;
  Fault fault = none;
  Promise promise = Promise::exact;

  Traits traits() const { return {"urn", Kind::generator, promise}; }
  State init(Streams rng) const {
    const Index b = rng.columns();
    return {std::move(rng), Batch::Ones(n, b), std::vector<Index>(std::size_t(b))};
  }
  void restart(State&) const {}
  StepInfo step(State& s) const {
    if (fault == repeats && s.draws++ % 2 == 1) return {.finished = true};
    Eigen::VectorXd law = p;
    if (fault == tilted) *std::max_element(law.begin(), law.end()) *= 1.25;
    const LawDraws draws(law);
    for (Index c = 0; c < s.x.cols(); ++c) {
      const Index k = s.k[std::size_t(c)] = draws.number(s.rng[c]);
      for (Index i = 0; i < n; ++i) s.x(i, c) = k >> i & 1 ? 1.0f : -1.0f;
    }
    if (fault == moves_pin) s.x(0, 7) = -s.x(0, 7);
    if (fault == half_spin) s.x(1, 7) = 0.5f;
    return {.finished = true};
  }
  void read(const State& s, BatchOut out) const { out = s.x; }
  PerColumn log_prob(const State& s) const {
    PerColumn out(s.x.cols());
    for (Index c = 0; c < out.size(); ++c)
      out(c) = std::log(p(s.k[std::size_t(c)])) + (fault == wrong_log_q ? 0.01 : 0);
    return out;
  }
  std::pair<PerColumn, StepInfo> log_prob_of(State& s, BatchIn, const Tick&) const { return {log_prob(s), {}}; }
};
static_assert(HasLogProb<Urn>);

template <class S>
SamplerFactory factory(const S& s) {
  return [s](Streams rng) { return erase(s, std::move(rng)); };
}
template <class T>
Eigen::VectorXd law_of(const T& target) {
  return reference::normalised(reference::log_weights(target, target.base(1)));
}
bool has(const Conformance& c, const std::string& word) {
  return std::any_of(c.violations.begin(), c.violations.end(), [&](const auto& v) { return v.find(word) != v.npos; });
}
double p_of(const Conformance& c, const std::string& word) {
  for (const Check& one : c.checks)
    if (one.name.find(word) != one.name.npos) return one.p_value;
  ADD_FAILURE() << c.name << " has no check of " << word;
  return -1;
}

const IsingPSpin kGlass = small<IsingPSpin>(5, 0.6, 1);
const Sk kEven = [] {  // no field, no pins: p(x) = p(-x)
  SkOptions o;
  o.n = 4;
  o.temperature = 1.3;
  return Sk::make(o, 5);
}();

TEST(Conformance, PerfectDrawsPass) {
  const Eigen::VectorXd p = law_of(kGlass);
  require_peaked(p);
  const Conformance c = check_conformance("urn", factory(Urn{p, 5}), p);
  expect_conforms(c);
  EXPECT_EQ(c.checks.size(), 3u);
  EXPECT_EQ(c.draws, 20000 + 20000 + 10000);
  EXPECT_LT(c.variation.value, c.variation.null_999);
  EXPECT_TRUE(c.passed(kLevel));
}

TEST(Conformance, HeatBathAndMetropolisPass) {
  expect_conforms(check_conformance("glauber", factory(Blocks(Glauber<IsingPSpin>(kGlass), 16)), law_of(kGlass)));
  expect_conforms(
      check_conformance("metropolis", factory(Blocks(Metropolis<Sk>(kEven), 16)), law_of(kEven), {.columns = 8000}));
}

TEST(Conformance, WrongAcceptanceFails) {
  const Eigen::VectorXd p = law_of(kGlass);
  const Conformance half = check_conformance("half", factory(broken::BrokenGlauber<IsingPSpin>(kGlass)), p);
  EXPECT_FALSE(half.passed(kLevel));
  EXPECT_LT(p_of(half, "law 1 step"), 1e-9);
  EXPECT_LT(p_of(half, "law 3 steps"), 1e-9);
  EXPECT_LT(p_of(half, "least likely"), 1e-9);
  EXPECT_GT(half.variation.value, half.variation.null_999);
  // a tenth of the factor is seen as well
  const Conformance tenth = check_conformance("tenth", factory(Sweep<IsingPSpin, broken::ScaledRule<90>>(kGlass)), p);
  EXPECT_FALSE(tenth.passed(kLevel));
}

TEST(Conformance, MovedPinsFail) {
  const Conformance c =
      check_conformance("pins", factory(broken::PinBlind<IsingPSpin>(kGlass)), law_of(kGlass), {.longest = 50});
  EXPECT_FALSE(c.passed(0));
  EXPECT_TRUE(has(c, "probability zero"));
}

TEST(Conformance, FrozenKernelFails) {
  const Conformance c = check_conformance("frozen", factory(broken::Frozen<IsingPSpin>(kGlass)), law_of(kGlass),
                                          {.burn = 100, .longest = 100});
  for (const Check& one : c.checks) EXPECT_GT(one.p_value, kLevel) << one.name;  // what exact starts hide
  EXPECT_TRUE(c.slow);
  EXPECT_TRUE(has(c, "stuck"));
  EXPECT_FALSE(c.passed(0));
}

TEST(Conformance, PeriodTwoFails) {
  const Eigen::VectorXd p = law_of(kEven);
  const Conformance c = check_conformance("period two", factory(broken::PeriodTwo<Sk>(kEven)), p, {.longest = 101});
  for (const Check& one : c.checks) EXPECT_GT(one.p_value, kLevel) << one.name;
  EXPECT_TRUE(has(c, "stuck"));  // two configurations are all it sees
  // the same by a kernel that somebody could write: Metropolis, where one spin is free and turns over at every sweep;
  // fields on the others take it everywhere, but to half of the configurations in even and to half in odd sweeps
  Environment free;
  free.h = Eigen::VectorXf{{0.0f, 0.5f, 1.0f}};
  free.pins = Eigen::VectorXf::Constant(3, Tilt::kFree);
  const CurieWeiss target(0.0, free);
  const Conformance r = check_conformance("restless", factory(Sweep<CurieWeiss, broken::RestlessRule>(target)),
                                          law_of(target), {.longest = 100});
  for (const Check& one : r.checks) EXPECT_GT(one.p_value, kLevel) << one.name;
  EXPECT_TRUE(has(r, "periodic"));
  EXPECT_FALSE(r.passed(0));
  expect_conforms(
      check_conformance("metropolis", factory(Metropolis<CurieWeiss>(target)), law_of(target), {.columns = 4000}));
}

/// A right chain that `longest` steps are too few for: not wrong. The same chain with a wrong rule is, and so is one
/// that does not get everywhere.
TEST(Conformance, SlowIsNotWrong) {
  SkOptions cooled;
  cooled.n = 4;
  cooled.temperature = 0.7;
  const Sk cold = Sk::make(cooled, 5);  // tau is 105 sweeps
  const Eigen::VectorXd p = law_of(cold);
  const ConformanceOptions o{.longest = 12};
  const Conformance c = check_conformance("slow", factory(Glauber<Sk>(cold)), p, o);
  EXPECT_TRUE(c.slow);
  EXPECT_GT(c.tau, 12.0 / 5);
  expect_conforms(c);
  EXPECT_GE(p_of(c, "law 12 steps after exact draws"), kLevel);
  EXPECT_EQ(c.checks.size(), 4u);
  const Conformance wrong = check_conformance("wrong", factory(broken::BrokenGlauber<Sk>(cold)), p, o);
  EXPECT_TRUE(wrong.slow);
  EXPECT_LT(p_of(wrong, "law 12 steps after exact draws"), 1e-9);

  cooled.temperature = 0.02;  // nothing leaves a ground state, of which there are two: right and wrong look the same
  const Sk ice = Sk::make(cooled, 5);
  for (const auto& make : {factory(Glauber<Sk>(ice)), factory(broken::BrokenGlauber<Sk>(ice))}) {
    const Conformance stuck = check_conformance("stuck", make, law_of(ice), o);
    EXPECT_TRUE(has(stuck, "stuck"));
    EXPECT_FALSE(stuck.passed(0));
  }
}

TEST(Conformance, SharedStreamsFail) {
  const Conformance c = check_conformance("one stream", factory(broken::OneStream<IsingPSpin>(kGlass)), law_of(kGlass));
  EXPECT_LT(p_of(c, "neighbouring"), 1e-9);
}

TEST(Conformance, GeneratorsThatCheatFail) {
  const Eigen::VectorXd p = law_of(kGlass);
  const auto of = [&](Urn::Fault f) { return check_conformance("urn", factory(Urn{p, 5, f}), p); };
  const Conformance repeats = of(Urn::repeats);
  EXPECT_GT(p_of(repeats, "law of the draws"), kLevel);
  EXPECT_LT(p_of(repeats, "consecutive"), 1e-9);
  EXPECT_LT(p_of(of(Urn::tilted), "law of the draws"), kLevel);
  EXPECT_TRUE(has(of(Urn::wrong_log_q), "ln q"));
  EXPECT_TRUE(has(of(Urn::half_spin), "other values than"));
  Eigen::VectorXd pinned = p;  // site 0 held up
  for (Index k = 0; k < p.size(); k += 2) pinned(k) = 0;
  pinned /= pinned.sum();
  EXPECT_TRUE(has(check_conformance("urn", factory(Urn{pinned, 5, Urn::moves_pin}), pinned), "probability zero"));
}

TEST(Conformance, ChainsThatCannotBePlacedAreRunFromARestart) {
  struct Unplaced {  // a heat bath without `place`
    using State = Glauber<IsingPSpin>::State;
    Glauber<IsingPSpin> g;
    Traits traits() const { return g.traits(); }
    State init(Streams rng) const { return g.init(std::move(rng)); }
    void restart(State& s) const { g.restart(s); }
    StepInfo step(State& s) const { return g.step(s); }
    void read(const State& s, BatchOut x) const { g.read(s, x); }
  };
  static_assert(!Placeable<Unplaced>);
  const Conformance c = check_conformance("unplaced", factory(Unplaced{Glauber<IsingPSpin>(kGlass)}), law_of(kGlass),
                                          {.burn = 100, .longest = 100});
  expect_conforms(c);
  EXPECT_EQ(c.checks.size(), 3u);
  const Conformance slow = check_conformance("slow", factory(Unplaced{Glauber<IsingPSpin>(kGlass)}), law_of(kGlass),
                                             {.burn = 2, .longest = 2});
  EXPECT_TRUE(has(slow, "cannot be placed"));
}

/// Integrated autocorrelation time of the slowest observable from the transition matrix.
TEST(Conformance, TauAgreesWithTheTransitionMatrix) {
  const Sk target = small<Sk>(4, 0.5);
  const Eigen::VectorXd w = reference::log_weights(target, target.base(1)), p = reference::normalised(w);
  const auto kernel = reference::sweep_kernel(w, [](double d) { return 1 / (1 + std::exp(-d)); });
  double slowest = 0;
  for (int j = 0; j < 6; ++j) {
    Eigen::VectorXd f(16);
    for (Index k = 0; k < 16; ++k) {
      double m = 0;
      for (int i = 0; i < 4; ++i) m += k >> i & 1 ? 1 : -1;
      f(k) = j < 4 ? (k >> j & 1 ? 1 : -1) : j == 4 ? m : std::log(p(k));
    }
    f.array() -= p.dot(f);
    const double variance = p.dot(f.cwiseAbs2());
    double tau = 1;
    Eigen::VectorXd later = f;
    for (int s = 1; s < 2000; ++s) {
      later = kernel * later;
      tau += 2 * (p.array() * f.array() * later.array()).sum() / variance;
    }
    slowest = std::max(slowest, tau);
  }
  const Conformance c = check_conformance("glauber", factory(Glauber<Sk>(target)), p);
  // 20000 columns know each rho(s) to 0.7%, and the window of 5 tau cuts e^-10 of an exponential
  EXPECT_NEAR(c.tau, slowest, 0.1 * slowest);
  EXPECT_GE(c.lag, 20 * c.tau);
}

/// p-values of correct samplers over many seeds: uniform by Kolmogorov and Smirnov's test (level kLevel each) and as
/// often below 0.01 as they should.
void expect_uniform(std::vector<double> p, const std::string& what) {
  std::sort(p.begin(), p.end());
  const double n = double(p.size());
  double d = 0, below = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    d = std::max({d, double(i + 1) / n - p[i], p[i] - double(i) / n});
    below += p[i] < 0.01;
  }
  const double x = d * (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n));  // Stephens, JRSS B 32, 115 (1970)
  EXPECT_GE(2 * std::exp(-2 * x * x), kLevel) << what << ": largest gap " << d << " of " << n;
  const double tail = below == 0 ? 1 : boost::math::cdf(complement(boost::math::binomial(n, 0.01), below - 1));
  EXPECT_GE(tail, kLevel) << what << ": " << below << " of " << n << " below 0.01";
}

TEST(Conformance, FalseAlarmsComeAtTheStatedRate) {
  std::map<std::string, std::vector<double>> p_values;
  const Eigen::VectorXd glass = law_of(kGlass);
  const Sk target = small<Sk>(4, 0.9);
  const Eigen::VectorXd p = law_of(target);
  int beyond_999 = 0, runs = 0;
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    const ConformanceOptions o{.seed = seed, .columns = 3000, .warmup = 0, .replicates = 1000};
    const Conformance urn = check_conformance("urn", factory(Urn{glass, 5}), glass, o);
    for (const Check& c : urn.checks) p_values["urn, " + c.name].push_back(c.p_value);
    beyond_999 += urn.variation.value > urn.variation.null_999;
    ++runs;
    if (seed % 2) continue;
    const Conformance chain = check_conformance("glauber", factory(Glauber<Sk>(target)), p, o);
    for (const Check& c : chain.checks) p_values["glauber, " + c.name].push_back(c.p_value);
  }
  EXPECT_EQ(p_values.size(), 8u);
  for (const auto& [name, values] : p_values) expect_uniform(values, name);
  EXPECT_LE(beyond_999, 4) << "of " << runs;  // 0.4 expected; 5 or more have probability 6e-5
}

TEST(Conformance, LawCheckPoolsByTheLawAlone) {
  const Eigen::VectorXd p{{0.0, 0.001, 0.002, 0.003, 0.004, 0.19, 0.8}}, seen{{0, 1, 2, 3, 4, 190, 800}};
  const Check c = law_check("pooled", seen, p);  // the small ones: 0+1+2+3 = 6, then 4+190, then 800
  EXPECT_EQ(c.dof, 2);
  EXPECT_NEAR(c.statistic, 0, 1e-9);
  EXPECT_NEAR(c.p_value, 1, 1e-9);
  Eigen::VectorXd moved = seen;
  moved(0) = 1;
  EXPECT_EQ(law_check("impossible", moved, p).p_value, 0);
  // by hand: counts 60, 40 against halves, G = 2 (60 ln 1.2 + 40 ln 0.8) = 4.0271, Williams 1 + 3/600
  const Check half = law_check("half", Eigen::VectorXd{{60, 40}}, Eigen::VectorXd{{0.5, 0.5}});
  EXPECT_NEAR(half.statistic, 4.02710 / 1.005, 1e-4);
  EXPECT_NEAR(half.p_value, 0.04532, 1e-4);
}

TEST(Conformance, BadInputSaysWhatToDo) {
  const auto message = [](auto&& act) -> std::string {
    try {
      act();
    } catch (const BadInput& e) {
      return e.what();
    }
    return "nothing thrown";
  };
  const Eigen::VectorXd p = law_of(kGlass), flat = Eigen::VectorXd::Constant(8, 0.125);
  const Eigen::VectorXd certain{{1 - 1e-9, 1e-9}};
  const auto find = [&](auto&& act, const std::string& word) {
    const std::string m = message(act);
    EXPECT_NE(m.find(word), m.npos) << m;
    EXPECT_EQ(m.find('\n'), m.npos);
  };
  find([&] { require_peaked(flat); }, "above 40");
  find([&] { check_conformance("x", factory(Urn{certain, 1}), certain); }, "one cell");
  find([&] { check_conformance("x", factory(Urn{p, 5, Urn::none, Promise::approximate}), p); }, "approximate");
  find([&] { check_conformance("x", factory(Urn{p, 5}), p, {.columns = 1}); }, "columns=1");
  find([&] { check_conformance("x", factory(Urn{p, 5}), p.head(31)); }, "2^n");
  find([&] { check_conformance("x", factory(Urn{p, 5}), 2 * p); }, "sum");
  find([&] { check_conformance("x", factory(Urn{p, 11}), Eigen::VectorXd::Constant(2048, 1.0 / 2048)); }, "at most 10");
}

TEST(Conformance, BonferroniCountsEveryCheck) {
  Conformance a, b;
  a.checks.resize(3);
  b.checks.resize(5);
  a.checks[1].p_value = 1e-4;
  EXPECT_DOUBLE_EQ(bonferroni(std::vector{a, b}, 1e-3), 1e-3 / 8);
  EXPECT_FALSE(a.passed(bonferroni(std::vector{a, b}, 1e-3)));
  EXPECT_TRUE(a.passed(1e-5));
}

TEST(StepBias, OrderOfMadeUpBiases) {
  const std::vector<int> steps{2, 3, 4, 6, 8, 12, 16};
  const std::vector<double> error(7, 5e-4);
  const auto fit = [&](auto&& bias) {
    std::vector<double> b;
    for (const int k : steps) b.push_back(bias(1.0 / k));
    return fit_order(steps, b, error);
  };
  const BiasOrder one = fit([](double h) { return 0.4 * h; });
  EXPECT_NEAR(one.order, 1, 1e-3);
  EXPECT_EQ(one.points, 7);
  EXPECT_TRUE(one.falls_with(1));
  EXPECT_FALSE(one.falls_with(2));
  const BiasOrder two = fit([](double h) { return 1.6 * h * h; });
  EXPECT_NEAR(two.order, 2, 1e-3);
  EXPECT_TRUE(two.falls_with(2));
  EXPECT_TRUE(two.falls_with(1));                                              // at least
  const BiasOrder bent = fit([](double h) { return 0.4 * h + 0.4 * h * h; });  // the coarsest is not asymptotic
  EXPECT_NEAR(bent.order, 1, 3 * bent.error);
  EXPECT_TRUE(bent.falls_with(1));
  EXPECT_TRUE(fit([](double h) { return 0.4 * h / (1 + 2 * h); }).falls_with(1));
  EXPECT_FALSE(fit([](double h) { return 0.4 * h / (1 + 2 * h); }).falls_with(2));
  EXPECT_FALSE(fit([](double) { return 0.05; }).falls_with(1));              // does not fall
  EXPECT_FALSE(fit([](double h) { return 0.2 * h + 0.05; }).falls_with(1));  // falls to something else
  EXPECT_FALSE(fit([](double h) { return 1e-4 * h; }).falls_with(1));        // lost in noise
  EXPECT_THROW(fit_order(std::vector{1, 2}, std::vector{1.0, 1.0}, std::vector{1.0, 1.0}), BadInput);
}

/// sqrt(1 + 1/steps) powers of the law: a bias of order 1 whose size is known.
TEST(StepBias, MeasuresAKnownBias) {
  const Eigen::VectorXd p = law_of(kGlass);
  const auto law = [&](int steps) {
    Eigen::VectorXd q = p;
    for (double& v : q)
      if (v > 0) v = std::pow(v, 1.0 / (1.0 + 1.0 / steps));
    return Eigen::VectorXd(q / q.sum());
  };
  const auto make = [&](int steps, Streams rng) {
    return erase(Urn{law(steps), 5, Urn::none, Promise::approximate}, std::move(rng));
  };
  const auto points = bias_by_steps(make, {2, 4, 8}, p, 100000, 1);
  for (const StepBias& b : points) {
    const double truth = 0.5 * (law(b.steps) - p).cwiseAbs().sum();
    EXPECT_LT(b.variation, truth + 4.5 * b.variation_error) << b.steps;  // 4.5 sigma: 7e-6 two-sided
    if (b.steps == 2) {
      EXPECT_NEAR(b.variation, truth, 4.5 * b.variation_error);
    }
    double log_p = 0;
    for (Index k = 0; k < p.size(); ++k)
      if (p(k) > 0) log_p += (law(b.steps)(k) - p(k)) * std::log(p(k));
    EXPECT_NEAR(b.log_p, log_p, 4.5 * b.log_p_error) << b.steps;
    EXPECT_EQ(b.impossible, 0);
  }
}

}  // namespace
}  // namespace glass

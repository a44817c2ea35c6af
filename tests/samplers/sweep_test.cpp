// Heat bath and Metropolis sweeps against their transition matrices.
#include "samplers/sweep.hpp"

#include <gtest/gtest.h>

#include "models/sk_binary.hpp"
#include "samplers/glauber.hpp"
#include "samplers/metropolis.hpp"
#include "tests/samplers/reference.hpp"

namespace glass {
namespace {

using namespace reference;

template <class Rule>
Kernel kernel_of(const Eigen::VectorXd& w) {
  if constexpr (Rule::name == "glauber")
    return sweep_kernel(w, [](double d) { return 1 / (1 + std::exp(-d)); });
  else
    return sweep_kernel(w, [](double d) { return 63.0 / 64.0 * std::min(1.0, std::exp(d)); });
}

template <class P>
struct SweepTwin : testing::Test {};
template <class T, class R>
struct Pair {
  using Target = T;
  using Rule = R;
};
using Pairs =
    testing::Types<Pair<Sk, HeatBathRule>, Pair<IsingPSpin, HeatBathRule>, Pair<CurieWeiss, HeatBathRule>,
                   Pair<Sk, MetropolisRule>, Pair<IsingPSpin, MetropolisRule>, Pair<CurieWeiss, MetropolisRule>>;
TYPED_TEST_SUITE(SweepTwin, Pairs);

TYPED_TEST(SweepTwin, OneSweepIsTheProductOfSingleSiteMatrices) {
  using T = typename TypeParam::Target;
  using R = typename TypeParam::Rule;
  std::uint32_t seed = 100;
  for (const Index pins : {0, 1}) {
    const T target = small<T>(4, 0.7, pins);
    const Sweep<T, R> sampler(target);
    for (const double power : {1.0, 0.6, 1.7})
      for (const float field : {0.0f, 0.4f}) {
        const Tilt tilt = tilted(target, 60000, power, field);
        const Eigen::VectorXd w = log_weights(target, tilt), p = normalised(w);
        const Kernel kernel = kernel_of<R>(w);
        EXPECT_LT(largest_change(p, kernel), 1e-12);
        const bool bare = power == 1 && field == 0;
        expect_plausible(one_step_check(sampler, bare ? std::nullopt : std::optional(tilt), p, kernel, ++seed),
                         std::string(R::name) + " " + std::string(T::name) + " pins " + std::to_string(pins) +
                             " power " + std::to_string(power) + " field " + std::to_string(field));
      }
  }
}

/// 11 sites: the scan that looks at eight at a time, and its tail.
TYPED_TEST(SweepTwin, EightAtATime) {
  using T = typename TypeParam::Target;
  using R = typename TypeParam::Rule;
  const T target = small<T>(11, 0.9, 1);
  const Tilt tilt = tilted(target, 60000, 1.3, 0.2f);
  const Eigen::VectorXd w = log_weights(target, tilt);
  // one row of P at a time: the row vector e_x walks through the sites
  const auto row = [&](Index from) {
    Eigen::VectorXd now = Eigen::VectorXd::Zero(w.size());
    now(from) = 1;
    for (Index site = 1; site < w.size(); site <<= 1) {
      Eigen::VectorXd next = now;
      for (Index x = 0; x < w.size(); ++x) {
        if (std::isinf(w(x)) || std::isinf(w(x ^ site))) continue;
        const double d = w(x ^ site) - w(x);
        const double f = R::name == "glauber" ? 1 / (1 + std::exp(-d)) : 63.0 / 64.0 * std::min(1.0, std::exp(d));
        next(x) -= f * now(x);
        next(x ^ site) += f * now(x);
      }
      now = next;
    }
    return now;
  };
  std::uint32_t seed = 300;
  for (Index from : {0, 2047, 1365, 682}) {
    while (std::isinf(w(from))) from ^= std::isinf(w(from ^ 1)) ? from & -from : 1;  // to a state the pins allow
    Batch x(11, 60000);
    for (Index i = 0; i < 11; ++i) x.row(i).setConstant(from >> i & 1 ? 1.0f : -1.0f);
    const Sweep<T, R> sampler(target);
    auto state = sampler.init(Streams({++seed, Purpose::sampler}, x.cols()));
    sampler.retilt(state, tilt);
    sampler.place(state, x);
    sampler.step(state);
    sampler.read(state, x);
    Eigen::VectorXd counts = Eigen::VectorXd::Zero(w.size());
    for (Index c = 0; c < x.cols(); ++c) counts(number(x.col(c))) += 1;
    expect_plausible(law_check("x_1 given x_0 = " + std::to_string(from), counts, row(from)),
                     std::string(R::name) + " " + std::string(T::name));
  }
}

/// A target that hides that its flips can wait.
template <class T>
struct OneAfterAnother {
  using Cache = typename T::Cache;
  T t;
  Index sites() const { return t.sites(); }
  Alphabet alphabet() const { return t.alphabet(); }
  Tilt base(Index columns) const { return t.base(columns); }
  PerColumn log_likelihood(BatchIn x) const { return t.log_likelihood(x); }
  PerColumn log_likelihood(const Cache& s) const { return t.log_likelihood(s); }
  Cache open(Batch x) const { return t.open(std::move(x)); }
  void flip(Cache& s, Index c, Index i) const { t.flip(s, c, i); }
  void fields(BatchIn m, BatchOut g) const { t.fields(m, g); }
};

template <class Rule, BlockTarget T>
void expect_bytes_of_one_after_another(const T& target) {
  static_assert(!BlockTarget<OneAfterAnother<T>>);
  const Sweep<T, Rule> blocks(target, {.refresh = 5});
  const Sweep<OneAfterAnother<T>, Rule> plain({target}, {.refresh = 5});
  auto a = blocks.init(Streams({4, Purpose::sampler}, 6));
  auto b = plain.init(Streams({4, Purpose::sampler}, 6));
  const Tilt tilt = tilted(target, 6, 0.8, 0.2f);
  blocks.retilt(a, tilt);
  plain.retilt(b, tilt);
  for (int k = 0; k < 23; ++k) {
    const StepInfo one = blocks.step(a), other = plain.step(b);
    ASSERT_EQ(one.work, other.work);
    ASSERT_TRUE(bytes_of(a) == bytes_of(b)) << Rule::name << ", " << T::name << ", step " << k;
  }
}
TEST(Sweep, BlocksOfSitesLeaveTheBytesOfOneFlipAfterAnother) {
  for (const Index n : {5, 64, 150, 601}) {
    expect_bytes_of_one_after_another<HeatBathRule>(small<Sk>(n, 0.7, 2));
    expect_bytes_of_one_after_another<MetropolisRule>(small<Sk>(n, 0.7, 2));
    expect_bytes_of_one_after_another<HeatBathRule>(small<SkBinary>(n, 0.7, 2));
  }
}

/// Another tilt under way: caches survive, pins are set, and the next sweep is the new tilt's.
TYPED_TEST(SweepTwin, RetiltUnderWay) {
  using T = typename TypeParam::Target;
  using R = typename TypeParam::Rule;
  const T target = small<T>(5, 0.8, 1);
  const Sweep<T, R> sampler(target);
  auto state = sampler.init(Streams({9, Purpose::sampler}, 7));
  for (int k = 0; k < 5; ++k) sampler.step(state);
  Tilt t = tilted(target, 7, 0.5, 0.3f);
  t.pinned.row(0).setConstant(1.0f);
  t.pinned.row(3).setConstant(-1.0f);
  sampler.retilt(state, t);
  const auto held = [&] {
    Batch x(5, 7);
    sampler.read(state, x);
    return (x.row(0).array() == 1.0f).all() && (x.row(3).array() == -1.0f).all();
  };
  EXPECT_TRUE(held());
  const auto fresh = target.open(Batch(state.spins.x));
  EXPECT_LT((fresh.g - state.spins.g).cwiseAbs().maxCoeff(), 1e-5f);
  EXPECT_LT((sampler.log_likelihood(state) - target.log_likelihood(Batch(state.spins.x))).cwiseAbs().maxCoeff(), 1e-4);
  for (int k = 0; k < 20; ++k) sampler.step(state);
  EXPECT_TRUE(held());
}

/// Power 0 leaves the field of the tilt alone: independent spins.
TEST(Sweep, PowerZeroIsTheFieldAlone) {
  const Sk target = small<Sk>(4, 0.5);
  const Tilt tilt = tilted(target, 60000, 0.0, 0.3f);
  const Eigen::VectorXd w = log_weights(target, tilt), p = normalised(w);
  expect_plausible(one_step_check(Glauber<Sk>(target), tilt, p, kernel_of<HeatBathRule>(w), 500), "power 0");
}

/// Columns at different powers do not see each other.
TEST(Sweep, EachColumnHasItsPower) {
  const Sk target = small<Sk>(4, 0.7);
  const Glauber<Sk> sampler(target);
  constexpr Index kColumns = 60000;
  auto state = sampler.init(Streams({17, Purpose::sampler}, kColumns));
  PerColumn power(kColumns);
  for (Index c = 0; c < kColumns; ++c) power(c) = c % 2 ? 0.4 : 1.2;
  sampler.set_power(state, power);
  sampler.place(state, Batch::Ones(4, kColumns));
  sampler.step(state);
  Batch x(4, kColumns);
  sampler.read(state, x);
  for (const int odd : {0, 1}) {
    const Kernel kernel = kernel_of<HeatBathRule>(log_weights(target, tilted(target, 1, odd ? 0.4 : 1.2, 0.0f)));
    Eigen::VectorXd counts = Eigen::VectorXd::Zero(16);
    for (Index c = odd; c < kColumns; c += 2) counts(number(x.col(c))) += 1;
    expect_plausible(law_check("power", counts, kernel.row(15).transpose()), odd ? "0.4" : "1.2");
  }
}

/// Float fields rebuilt at each sweep or never: the same chain, up to rounding that flips no spin in so few steps.
TEST(Sweep, RefreshChangesNothingButRounding) {
  const Sk target = small<Sk>(40, 1.0);
  const Glauber<Sk> often(target, {.refresh = 1}), never(target, {.refresh = 1 << 30});
  auto a = often.init(Streams({5, Purpose::sampler}, 8)), b = never.init(Streams({5, Purpose::sampler}, 8));
  for (int k = 0; k < 100; ++k) {
    often.step(a);
    never.step(b);
  }
  EXPECT_EQ(a.spins.x, b.spins.x);
  EXPECT_LT((a.spins.g - b.spins.g).cwiseAbs().maxCoeff(), 1e-4f);
}

TEST(Sweep, CountsItsWork) {
  const Sk target = small<Sk>(6, 1.0);
  const Glauber<Sk> sampler(target);
  auto state = sampler.init(Streams({5, Purpose::sampler}, 10));
  Batch before(6, 10), after(6, 10);
  sampler.read(state, before);
  const StepInfo info = sampler.step(state);
  sampler.read(state, after);
  EXPECT_EQ(info.work.attempts, 60);
  EXPECT_EQ(info.work.flips, (before.array() != after.array()).count());
  EXPECT_DOUBLE_EQ(info.acceptance, double(info.work.flips) / 60);
}

}  // namespace
}  // namespace glass

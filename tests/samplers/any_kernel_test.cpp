#include "samplers/any_kernel.hpp"

#include <gtest/gtest.h>

#include "samplers/autoregressive.hpp"
#include "samplers/blocks.hpp"
#include "samplers/discrete_langevin.hpp"
#include "samplers/glauber.hpp"
#include "spinglass/exact.hpp"
#include "tests/samplers/reference.hpp"

namespace glass {
namespace {

using namespace reference;

constexpr Index kSites = 10, kColumns = 7;

/// A chain that can nothing but walk.
struct Bare {
  Glauber<Sk> inner;
  using State = Glauber<Sk>::State;
  Traits traits() const { return {"bare", Kind::chain, Promise::exact_in_the_limit}; }
  State init(Streams rng) const { return inner.init(std::move(rng)); }
  void restart(State& s) const { inner.restart(s); }
  StepInfo step(State& s) const { return inner.step(s); }
  void read(const State& s, BatchOut x) const { inner.read(s, x); }
};

/// The same calls on the kernel and on its erased twin leave the same bytes.
template <class K>
void expect_same(const K& kernel) {
  const AnyKernel any(kernel);
  auto a = kernel.init(Streams({1, Purpose::sampler}, kColumns));
  auto b = any.init(Streams({1, Purpose::sampler}, kColumns));
  const auto same = [&](const char* after) {
    EXPECT_EQ(bytes_of(a), bytes_of(b)) << after;
    Batch x(kSites, kColumns), y(kSites, kColumns);
    kernel.read(a, x);
    any.read(b, y);
    EXPECT_EQ(x, y) << after;
    EXPECT_EQ(kernel.log_likelihood(a), any.log_likelihood(b)) << after;
  };
  const auto both = [&](const char* what, auto&& act) {
    act(kernel, a);
    act(any, b);
    same(what);
  };
  same("init");
  both("step", [](const auto& k, auto& s) { k.step(s); });
  both("set_power", [](const auto& k, auto& s) { k.set_power(s, PerColumn::LinSpaced(kColumns, 0.1, 1)); });
  both("place", [](const auto& k, auto& s) { k.place(s, Batch::Ones(kSites, kColumns)); });
  both("step", [](const auto& k, auto& s) { k.step(s); });
  both("retilt", [](const auto& k, auto& s) { k.retilt(s, Tilt::none(kSites, kColumns)); });
  both("restart", [](const auto& k, auto& s) { k.restart(s); });
  if constexpr (Adaptable<K>) both("adapt", [](const auto& k, auto& s) { k.adapt(s); });
  both("step", [](const auto& k, auto& s) { k.step(s); });
  EXPECT_EQ(any.abilities(), abilities_of(kernel));
}

TEST(AnyKernel, DoesWhatTheKernelDoes) {
  expect_same(Glauber<Sk>(small<Sk>(kSites, 1.2, 1)));
  expect_same(DiscreteLangevin<IsingPSpin>(small<IsingPSpin>(kSites, 1.0, 1)));
}

TEST(AnyKernel, StatesAreEqualWhereTheirFuturesAre) {
  const AnyKernel any(Glauber<Sk>(small<Sk>(kSites, 1.2, 1)));
  auto a = any.init(Streams({1, Purpose::sampler}, kColumns));
  auto b = a;
  EXPECT_TRUE(a == b);
  any.step(b);
  EXPECT_FALSE(a == b);
  any.step(a);
  EXPECT_TRUE(a == b);
  EXPECT_FALSE(a == AnyKernel::State{});
  EXPECT_TRUE(AnyKernel::State{} == AnyKernel::State{});
}

TEST(AnyKernel, RefusesWhatTheKernelCannot) {
  const AnyKernel any(Bare{Glauber<Sk>(small<Sk>(kSites, 1.2, 1))});
  EXPECT_EQ(any.abilities(), Abilities{});
  auto s = any.init(Streams({1, Purpose::sampler}, kColumns));
  EXPECT_THROW(any.set_power(s, PerColumn::Ones(kColumns)), Refused);
  EXPECT_THROW(any.retilt(s, Tilt::none(kSites, kColumns)), Refused);
  EXPECT_THROW(any.place(s, Batch::Ones(kSites, kColumns)), Refused);
  EXPECT_THROW(any.log_likelihood(s), Refused);
  EXPECT_THROW(any.log_prob(s), Refused);
  EXPECT_THROW(any.log_prob_of(s, Batch::Ones(kSites, kColumns)), Refused);
  any.adapt(s);  // there is nothing to adapt, which is no fault

  const auto erased = erase(Blocks(any, 4), Streams({1, Purpose::sampler}, kColumns));
  EXPECT_FALSE(erased->place(Batch::Ones(kSites, kColumns)));
  EXPECT_FALSE(erased->adapt());
  EXPECT_FALSE(erased->log_likelihood());
  EXPECT_FALSE(erased->log_prob());
  EXPECT_FALSE(erased->log_prob_of(Batch::Ones(kSites, kColumns)));
}

TEST(AnyKernel, PassesOnWhatAGeneratorKnows) {
  const Autoregressive<> generator(AnyDenoiser(Exact(small<Sk>(6, 0.8, 1)), true));
  const AnyKernel any(generator);
  EXPECT_TRUE(any.abilities().log_prob);
  EXPECT_FALSE(any.abilities().tilt);
  auto a = generator.init(Streams({2, Purpose::sampler}, kColumns));
  auto b = any.init(Streams({2, Purpose::sampler}, kColumns));
  EXPECT_EQ(next_draw(generator, a).work, next_draw(any, b).work);
  EXPECT_EQ(generator.log_prob(a), any.log_prob(b));
  Batch x(6, kColumns);
  any.read(b, x);
  EXPECT_EQ(generator.log_prob_of(a, x).first, any.log_prob_of(b, x).first);
  const auto erased = erase(Blocks(any, 4), Streams({2, Purpose::sampler}, kColumns));
  erased->next_draw(1);
  EXPECT_TRUE(erased->log_prob());
}

}  // namespace
}  // namespace glass

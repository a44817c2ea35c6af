// What every sampler must be: a value whose future is its state, whoever holds it and however it got there.
#include "samplers/any_sampler.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "tests/samplers/every_sampler.hpp"

namespace glass {
namespace {

using namespace reference;

constexpr Index kSites = 10, kColumns = 11;

/// Steps with adaptation where there is any: a chain's warm-up, and across the end of a generator's trajectory.
template <class S>
void advance(const S& s, typename S::State& state, int steps) {
  for (int k = 0; k < steps; ++k) {
    const bool finished = s.step(state).finished;
    if constexpr (Adaptable<S>) s.adapt(state);
    if (finished) s.restart(state);
  }
}

TEST(AnySampler, StatesCopySaveAndLoadMidway) {
  int samplers = 0;
  for_each_sampler([&]<class S>(const std::string& name, const S& s) {
    ++samplers;
    auto state = s.init(Streams({1, Purpose::sampler}, kColumns));
    if constexpr (Temperable<S>) s.set_power(state, PerColumn::Constant(kColumns, 0.7));  // not where init leaves it
    advance(s, state, 3);
    const std::string before = bytes_of(state);
    auto copy = state;
    EXPECT_EQ(bytes_of(copy), before) << name;
    advance(s, copy, 8);
    EXPECT_EQ(bytes_of(state), before) << name << ": the copy moved the original";
    auto loaded = s.init(Streams({2, Purpose::sampler, 0, 5}, kColumns));  // another seed, another past
    advance(s, loaded, 5);
    std::istringstream in(before);
    Loader{in}.one(loaded);
    EXPECT_EQ(bytes_of(loaded), before) << name;
    Batch seen(kSites, kColumns), again(kSites, kColumns);
    s.read(state, seen);
    s.read(loaded, again);
    EXPECT_EQ(seen, again) << name << ": right after loading";
    for (int k = 0; k < 8; ++k) {  // at every step, because a new draw forgets what the last one was missing
      advance(s, loaded, 1);
      advance(s, state, 1);
      EXPECT_EQ(bytes_of(state), bytes_of(loaded)) << name << ": save and load, step " << k;
      Batch a(kSites, kColumns), b(kSites, kColumns);
      s.read(state, a);
      s.read(loaded, b);
      EXPECT_EQ(a, b) << name << ": step " << k;
      if constexpr (HasLogProb<S>) {
        if (abilities_of(s).log_prob) {
          EXPECT_EQ(s.log_prob(state), s.log_prob(loaded)) << name << ": step " << k;
        }
      }
    }
    EXPECT_EQ(bytes_of(state), bytes_of(copy)) << name << ": copy";
    EXPECT_NE(bytes_of(state), before) << name << ": stands still";
  });
  EXPECT_EQ(samplers, 2 * 4 + 1 + 2 * 5 + 2 * 5);
}

TEST(AnySampler, SaveLoadContinueEqualsUninterrupted) {
  for_each_sampler([&](const std::string& name, const auto& s) {
    const auto draws = [&](AnySampler& any, int times) {
      std::string out;
      Batch x(kSites, kColumns);
      for (int k = 0; k < times; ++k) {
        any.next_draw(3);
        any.adapt();
        any.read(x);
        out.append(reinterpret_cast<const char*>(x.data()), sizeof(float) * std::size_t(x.size()));
      }
      return out;
    };
    const auto whole = erase(Blocks(s, 4), Streams({3, Purpose::sampler}, kColumns));
    const auto resumed = erase(Blocks(s, 4), Streams({4, Purpose::sampler}, kColumns));
    draws(*whole, 3);
    draws(*resumed, 2);
    std::stringstream file;
    whole->save(file);
    const std::string saved = file.str();
    resumed->load(file);
    EXPECT_EQ(draws(*whole, 4), draws(*resumed, 4)) << name;
    EXPECT_EQ(whole->log_likelihood(), resumed->log_likelihood()) << name;
    EXPECT_EQ(whole->log_prob(), resumed->log_prob()) << name;
    std::istringstream cut(saved.substr(0, saved.size() - 3));
    EXPECT_THROW(resumed->load(cut), BadInput) << name;
  });
}

/// restart goes on with its streams: new chains and new draws, not the old ones again.
TEST(AnySampler, RestartIsFresh) {
  for_each_sampler([&](const std::string& name, const auto& s) {
    const auto any = erase(s, Streams({5, Purpose::sampler}, 40));
    Batch a(kSites, 40), b(kSites, 40);
    any->restart();
    any->next_draw(1);
    any->read(a);
    any->restart();
    any->next_draw(1);
    any->read(b);
    EXPECT_NE(a, b) << name;
    for (Index c = 1; c < 40; ++c)
      if (a.col(c) != a.col(0)) return;
    ADD_FAILURE() << name << ": all columns alike";
  });
}

/// Columns are numbered globally: a block alone draws what it draws within the batch.
TEST(AnySampler, ColumnsDoNotSeeEachOther) {
  for_each_sampler([&](const std::string& name, const auto& s) {
    const Streams all({6, Purpose::sampler}, 24);
    const auto whole = erase(Blocks(s, 8), all), part = erase(Blocks(s, 8), all.block(8, 8));
    Batch x(kSites, 24), y(kSites, 8);
    for (int k = 0; k < 3; ++k) {
      whole->next_draw(2);
      part->next_draw(2);
    }
    whole->read(x);
    part->read(y);
    EXPECT_EQ(Batch(x.middleCols(8, 8)), y) << name;
  });
}

TEST(AnySampler, WhatASamplerCannotDoComesBackEmpty) {
  for_each_sampler([&](const std::string& name, const auto& s) {
    const auto any = erase(s, Streams({7, Purpose::sampler}, 5));
    const bool chain = any->traits().kind == Kind::chain, langevin = name.find("langevin") != name.npos;
    const bool decimation = name.find("autoregressive") == 0;
    Batch x = Batch::Ones(kSites, 5);
    EXPECT_EQ(any->place(x), chain) << name;
    EXPECT_EQ(any->adapt(), langevin) << name;
    any->next_draw(1);
    any->read(x);
    EXPECT_EQ(any->log_likelihood().has_value(), chain) << name;
    EXPECT_EQ(any->log_prob().has_value(), decimation) << name;
    EXPECT_EQ(any->log_prob_of(x).has_value(), decimation) << name;
  });
}

/// Warm-up is the loop's business: without `adapt`, nothing adapts.
TEST(AnySampler, NothingAdaptsByItself) {
  const DiscreteLangevin<Sk> s(small<Sk>(10, 1.0), {.step = 3.0});
  auto state = s.init(Streams({8, Purpose::sampler}, 5));
  for (int k = 0; k < 50; ++k) s.step(state);
  EXPECT_TRUE((state.alpha.log_size.array() == std::log(3.0)).all());
  s.adapt(state);
  EXPECT_FALSE((state.alpha.log_size.array() == std::log(3.0)).any());
}

}  // namespace
}  // namespace glass

// The sampler of CONTRIBUTING.md, line by line (tests/contributing_test.py compares): what it tells people to write
// compiles, and does what it says.
#include <gtest/gtest.h>

#include <cmath>
#include <string_view>

#include "bench/entries.hpp"
#include "models/core/options.hpp"
#include "models/core/target.hpp"
#include "samplers/blocks.hpp"
#include "samplers/sampler.hpp"
#include "samplers/spin_start.hpp"
#include "tests/samplers/reference.hpp"

namespace glass {

struct LazyHeatBathOptions {
  static constexpr std::tuple<> fields{};
};

// samplers/lazy_heat_bath.hpp: one random site per step and column
template <SpinTarget T>
class LazyHeatBath {
 public:
  using Options = LazyHeatBathOptions;  // a plain struct; its `fields` tuple names, bounds and explains each member
  static constexpr std::string_view name = "lazy-heat-bath", formula = "x_i ~ p(x_i | others), i uniform",
                                    reference = "Glauber, J. Math. Phys. 4, 294 (1963)";
  struct State {
    Streams rng;
    Tilt at;                  // temperature, side information and pins: of the target's family, per column
    typename T::Cache spins;  // configurations x and their local fields g
    static void visit(auto& s, auto&& f) { f(s.rng, s.at, s.spins); }
  };
  explicit LazyHeatBath(T target, Options = {}) : target_(std::move(target)) {}
  Traits traits() const { return {name, Kind::chain, Promise::exact_in_the_limit}; }
  State init(Streams rng) const {
    const Index columns = rng.columns();
    State s{std::move(rng), target_.base(columns), {}};
    restart(s);
    return s;
  }
  void restart(State& s) const { s.spins = target_.open(random_spins(s.at, s.rng)); }
  void place(State& s, BatchIn x) const { s.spins = target_.open(with_pins(s.at, x)); }  // optional: planted starts
  StepInfo step(State& s) const {
    StepInfo info;
    for (Index c = 0; c < s.spins.x.cols(); ++c) {
      const Index i = Index(s.rng[c].uniform() * double(s.spins.x.rows()));
      const float g = float(s.at.power(c)) * s.spins.g(i, c) + s.at.field(i, c);
      const bool up = s.rng[c].uniform() < 1.0 / (1.0 + std::exp(-2.0 * double(g)));
      if (s.at.free(i, c) && up != (s.spins.x(i, c) > 0)) target_.flip(s.spins, c, i), ++info.work.flips;
    }
    info.work.attempts = s.spins.x.cols();
    return info;
  }
  void read(const State& s, BatchOut x) const { x = s.spins.x; }

 private:
  T target_;
};

namespace {

constexpr std::tuple kLine{
    entry<LazyHeatBath<Sk>, LazyHeatBathOptions>(
        "MCMC", "needs +-1 spins with local fields",
        []<SpinTarget T>(const T& t, LazyHeatBathOptions o) { return LazyHeatBath<T>(t, o); }),
};

TEST(Contributing, TheSamplerIsASampler) {
  using S = LazyHeatBath<Sk>;
  static_assert(Sampler<S> && Placeable<S>);
  const Sk target = reference::small<Sk>(4, 0.9, 1);
  const S sampler = std::get<0>(kLine).make(target, {});
  EXPECT_EQ(std::get<0>(kLine).name, "lazy-heat-bath");
  reference::expect_conforms(
      check_conformance("lazy-heat-bath", [&](Streams rng) { return erase(Blocks(sampler, 64), std::move(rng)); },
                        reference::normalised(reference::log_weights(target, target.base(1))), {.columns = 8000}));
}

}  // namespace
}  // namespace glass

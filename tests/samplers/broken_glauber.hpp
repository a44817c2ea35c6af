#pragma once
// Samplers that are wrong on purpose: each breaks one thing that the conformance check must see.
#include <string_view>
#include <utility>

#include "samplers/glauber.hpp"

namespace glass::broken {

/// Wrong acceptance: P(x_i = +1) = sigma(Scale g) where sigma(2 g) is right. Percent is 100 Scale / 2.
template <int Percent>
struct ScaledRule {
  static constexpr std::string_view name = "broken-glauber";
  static constexpr Promise promise = Promise::exact_in_the_limit;
  struct Pair {
    float below, above;
  };
  static Pair thresholds(std::uint32_t word) {
    const float theta = half_logit(word) * (100.0f / float(Percent));
    return {theta, theta};
  }
};
/// P(x_i = +1) = sigma(g): the factor 2 forgotten.
template <SpinTarget T>
using BrokenGlauber = Sweep<T, ScaledRule<50>>;

/// Metropolis without the rare passes: period 2 where no field acts.
struct RestlessRule {
  static constexpr std::string_view name = "restless-metropolis";
  static constexpr Promise promise = Promise::exact_in_the_limit;
  struct Pair {
    float below, above;
  };
  static Pair thresholds(std::uint32_t word) {
    const float e = half_log(word);
    return {e, -e};
  }
};

/// A correct heat bath with one thing changed by its descendants; they hide what they change.
template <SpinTarget T>
class Around {
 public:
  using State = typename Glauber<T>::State;
  explicit Around(T target) : inner_(target), target_(std::move(target)) {}
  Traits traits() const { return inner_.traits(); }
  State init(Streams rng) const { return inner_.init(std::move(rng)); }
  void restart(State& s) const { inner_.restart(s); }
  void place(State& s, BatchIn x) const { inner_.place(s, x); }
  StepInfo step(State& s) const { return inner_.step(s); }
  void read(const State& s, BatchOut out) const { inner_.read(s, out); }

 protected:
  Glauber<T> inner_;
  T target_;
};

/// Moves pinned sites like any other.
template <SpinTarget T>
struct PinBlind : Around<T> {
  using Around<T>::Around;
  typename Around<T>::State init(Streams rng) const {
    auto s = this->inner_.init(std::move(rng));
    s.at.pinned.setConstant(Tilt::kFree);
    return s;
  }
};

/// Never moves: every one-time law from exact draws is right.
template <SpinTarget T>
struct Frozen : Around<T> {
  using Around<T>::Around;
  StepInfo step(typename Around<T>::State&) const { return {}; }
};

/// Turns all spins over at each step: keeps the law of a target without fields, p even, and never mixes.
template <SpinTarget T>
struct PeriodTwo : Around<T> {
  using Around<T>::Around;
  StepInfo step(typename Around<T>::State& s) const {
    this->inner_.place(s, Batch(-s.spins.x));
    return {};
  }
};

/// All columns draw the numbers of the first.
template <SpinTarget T>
struct OneStream : Around<T> {
  using Around<T>::Around;
  StepInfo step(typename Around<T>::State& s) const {
    for (Index c = 1; c < s.rng.columns(); c += 2) s.rng[c] = s.rng[c - 1];
    return this->inner_.step(s);
  }
};

}  // namespace glass::broken

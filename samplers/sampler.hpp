#pragma once
#include <concepts>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "models/core/random.hpp"
#include "models/core/tilt.hpp"
#include "models/core/types.hpp"

namespace glass {

/// A chain never ends; a generator ends after finitely many steps and restarts for a fresh, independent draw.
enum class Kind { chain, generator };
/// exact: each draw has the target's law. exact_in_the_limit: the stationary law is the target.
/// approximate: neither (time steps, a denoiser that is not exact).
enum class Promise { exact, exact_in_the_limit, approximate };

struct Traits {
  std::string_view name;
  Kind kind;
  Promise promise;
  double order = 0;           ///< approximate with exact parts: the bias falls as steps^-order; 0: no such claim
  Index together = 1;         ///< columns that cost as much as one: blocks are not made narrower
  double log_prob_order = 0;  ///< of a generator that knows ln q: it is off by steps^-order; 0: by nothing
};

struct StepInfo {
  bool finished = false;    ///< a generator reached its end; a chain never does
  double acceptance = 1.0;  ///< batch mean: accepted proposals, or flips per attempt where single spins are tried
  int unconverged = 0;      ///< denoiser calls of this step, one column each, that did not converge
  Work work{};
};

/// A Markov process on a State that holds B configurations and their streams. The sampler is immutable;
/// State is a regular value with `visit`, so copy, compare, save and load come once for all (models/core/state.hpp).
template <class S>
concept Sampler = requires(const S& s, typename S::State& state, const typename S::State& seen, Streams rng,
                           BatchOut x) {
  { s.traits() } -> std::convertible_to<Traits>;
  { s.init(std::move(rng)) } -> std::same_as<typename S::State>;
  { s.restart(state) } -> std::same_as<void>;  // new draw or new chain; streams go on
  { s.step(state) } -> std::same_as<StepInfo>;
  { s.read(seen, x) } -> std::same_as<void>;  // writes dim x B, into a block of a larger batch
};

/// Knows log L (power 1) of what it holds, from its caches.
template <class S>
concept KnowsLikelihood = Sampler<S> && requires(const S& s, const typename S::State& state) {
  { s.log_likelihood(state) } -> std::same_as<PerColumn>;
};
/// A chain that can be put at given configurations (dim x B), with whatever it keeps beside them drawn from its exact
/// law given them: a start at an exact draw stays exact.
template <class S>
concept Placeable = Sampler<S> && requires(const S& s, typename S::State& state, BatchIn x) {
  { s.place(state, x) } -> std::same_as<void>;
};
/// A chain that can begin at given configurations (dim x B), where Placeable asks too much: what it keeps beside them
/// begins there too, so that the first steps from an exact draw are not exact.
template <class S>
concept Startable = Sampler<S> && requires(const S& s, typename S::State& state, BatchIn x) {
  { s.start_at(state, x) } -> std::same_as<void>;
};
/// A chain with a step size to be found. The loop calls `adapt` after each warm-up step and never afterwards.
template <class S>
concept Adaptable = Sampler<S> && requires(const S& s, typename S::State& state) {
  { s.adapt(state) } -> std::same_as<void>;
};
/// A chain whose power (inverse temperature, per column) can change under way. Tempering needs this and nothing else.
template <class S>
concept Temperable = KnowsLikelihood<S> && requires(const S& s, typename S::State& state, const PerColumn& power) {
  { s.set_power(state, power) } -> std::same_as<void>;
};
/// A chain made of replicas that wander between temperatures (parallel tempering): journeys completed since `init`, per
/// column and summed over its replicas. A journey is from the target's temperature to the hottest one and back
/// (Katzgraber, Trebst, Huse & Troyer, J. Stat. Mech. P03018, 2006). Only differences of the count are used.
template <class S>
concept CountsRoundTrips = Sampler<S> && requires(const S& s, const typename S::State& state) {
  { s.round_trips(state) } -> std::same_as<PerColumn>;
};
/// A chain that can move to any member of the family round its target; caches survive, pinned sites are set.
/// The tilt is complete: build it from the target's `base`, which carries the model's own pins.
template <class S>
concept Tiltable = Temperable<S> && requires(const S& s, typename S::State& state, const Tilt& t) {
  { s.retilt(state, t) } -> std::same_as<void>;
};
/// A chain that keeps something for each column that fits its power, not its configuration: a step size, and the
/// acceptance it is adapted by. Tempering hands it over when two columns change powers.
template <class S>
concept Exchangeable = Temperable<S> && requires(const S& s, typename S::State& state, Index a, Index b) {
  { s.exchange(state, a, b) } -> std::same_as<void>;  // columns
};
/// What tempering's swaps need: ln L (power 1) of all that a column holds, where it holds more than it shows.
template <Temperable S>
PerColumn exchange_likelihood(const S& s, const typename S::State& state) {
  if constexpr (requires { s.exchange_likelihood(state); })
    return s.exchange_likelihood(state);
  else
    return s.log_likelihood(state);
}
/// A number, or one for each of a few things (rungs of a ladder), that a sampler reports of itself beside its draws.
struct Reported {
  std::string_view name, meaning;
  Eigen::MatrixXd values;  ///< things x columns
};
template <class S>
concept Reports = Sampler<S> && requires(const S& s, const typename S::State& state) {
  { s.report(state) } -> std::same_as<std::vector<Reported>>;
};
/// Called after every step of what takes many; may throw to end it. Empty: nothing to call.
using Tick = std::function<void()>;
/// log q of the draw in the State, and of given configurations by the same path (restarts the State).
template <class S>
concept HasLogProb = Sampler<S> &&
    requires(const S& s, typename S::State& state, const typename S::State& seen, BatchIn x, const Tick& tick) {
  { s.log_prob(seen) } -> std::same_as<PerColumn>;
  { s.log_prob_of(state, x, tick) } -> std::same_as<std::pair<PerColumn, StepInfo>>;
};

/// Which of the concepts above a sampler satisfies. Where the type cannot say, behind virtual calls, the sampler does:
/// it has `abilities()`, and its other members exist whether or not they work.
struct Abilities {
  bool likelihood = false, place = false, start = false, adapt = false, temper = false, tilt = false, log_prob = false;
  bool operator==(const Abilities&) const = default;
};
template <Sampler S>
Abilities abilities_of(const S& s) {
  if constexpr (requires { s.abilities(); })
    return s.abilities();
  else
    return {KnowsLikelihood<S>, Placeable<S>, Placeable<S> || Startable<S>, Adaptable<S>, Temperable<S>,
            Tiltable<S>,        HasLogProb<S>};
}

/// `steps` of a chain, or one whole trajectory of a generator.
template <Sampler S>
StepInfo next_draw(const S& s, typename S::State& state, int steps = 1) {
  StepInfo sum;
  double accepted = 0;
  int done = 0;
  const auto add = [&](const StepInfo& i) {
    accepted += i.acceptance;
    sum.unconverged += i.unconverged;
    sum.work += i.work;
    ++done;
  };
  if (s.traits().kind == Kind::chain) {
    for (int k = 0; k < steps; ++k) add(s.step(state));
  } else {
    s.restart(state);
    do {
      const StepInfo i = s.step(state);
      add(i);
      sum.finished = i.finished;
    } while (!sum.finished);
  }
  sum.acceptance = done ? accepted / done : 1.0;
  return sum;
}

}  // namespace glass

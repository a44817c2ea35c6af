#pragma once
#include <memory>
#include <optional>
#include <utility>

#include "models/core/state.hpp"
#include "samplers/sampler.hpp"

namespace glass {

/// A sampler with its state behind one virtual call per draw. What a sampler cannot do comes back empty or false: the
/// capability concepts of sampler.hpp, asked at run time.
class AnySampler {
 public:
  virtual ~AnySampler() = default;
  virtual Traits traits() const = 0;
  virtual Abilities abilities() const = 0;
  virtual void restart() = 0;
  virtual bool place(BatchIn x) = 0;     ///< false: cannot be put anywhere
  virtual bool start_at(BatchIn x) = 0;  ///< as `place`, where it can; else at least begins there
  virtual StepInfo step() = 0;
  virtual StepInfo next_draw(int steps) = 0;
  virtual bool adapt() = 0;  ///< after a warm-up step; false: nothing to adapt
  virtual void read(BatchOut x) const = 0;
  virtual std::optional<PerColumn> log_likelihood() const = 0;
  virtual std::optional<PerColumn> log_prob() const = 0;
  virtual std::optional<PerColumn> round_trips() const = 0;
  virtual std::optional<std::pair<PerColumn, StepInfo>> log_prob_of(BatchIn x, const Tick& tick = {}) = 0;
  virtual std::vector<Reported> report() const = 0;  ///< empty: nothing
  virtual void save(std::ostream&) const = 0;
  virtual void load(std::istream&) = 0;
};

template <Sampler S>
std::unique_ptr<AnySampler> erase(S sampler, Streams rng) {
  struct Model final : AnySampler {
    S s;
    Abilities can;
    typename S::State state;
    Model(S in, Streams r) : s(std::move(in)), can(abilities_of(s)), state(s.init(std::move(r))) {}
    Traits traits() const override { return s.traits(); }
    Abilities abilities() const override { return can; }
    void restart() override { s.restart(state); }
    bool place(BatchIn x) override {
      if (!can.place) return false;
      if constexpr (Placeable<S>) s.place(state, x);
      return true;
    }
    bool start_at(BatchIn x) override {
      if (place(x)) return true;
      if constexpr (Startable<S>)
        if (can.start) return s.start_at(state, x), true;
      return false;
    }
    StepInfo step() override { return s.step(state); }
    StepInfo next_draw(int steps) override { return glass::next_draw(s, state, steps); }
    bool adapt() override {
      if (!can.adapt) return false;
      if constexpr (Adaptable<S>) s.adapt(state);
      return true;
    }
    void read(BatchOut x) const override { s.read(state, x); }
    std::optional<PerColumn> log_likelihood() const override {
      if constexpr (KnowsLikelihood<S>)
        if (can.likelihood) return s.log_likelihood(state);
      return std::nullopt;
    }
    std::optional<PerColumn> log_prob() const override {
      if constexpr (HasLogProb<S>)
        if (can.log_prob) return s.log_prob(state);
      return std::nullopt;
    }
    std::optional<PerColumn> round_trips() const override {
      if constexpr (CountsRoundTrips<S>)
        return s.round_trips(state);
      else
        return std::nullopt;
    }
    std::optional<std::pair<PerColumn, StepInfo>> log_prob_of(BatchIn x, const Tick& tick) override {
      if constexpr (HasLogProb<S>)
        if (can.log_prob) return s.log_prob_of(state, x, tick);
      return std::nullopt;
    }
    std::vector<Reported> report() const override {
      if constexpr (Reports<S>)
        return s.report(state);
      else
        return {};
    }
    void save(std::ostream& out) const override { Saver{out}.one(state); }
    void load(std::istream& in) override { Loader{in}.one(state); }
  };
  return std::make_unique<Model>(std::move(sampler), std::move(rng));
}

}  // namespace glass

#pragma once
#include <concepts>
#include <memory>
#include <string>
#include <utility>

#include "models/core/error.hpp"
#include "models/core/state.hpp"
#include "samplers/sampler.hpp"

namespace glass {

/// Any kernel behind one virtual call per step, a chain or a generator; itself a Sampler, so that wrappers (tempering,
/// populations, corrections) compile once and wrap any kernel of any model. It shares ownership of the kernel. Its
/// State is a value: it copies, compares, saves and loads like any other (load into a State that the same kernel has
/// made).
///
/// It satisfies every concept, and `abilities()` says which of them the kernel does; asking for another
/// throws Refused with the reason.
class AnyKernel {
  struct Chain {
    virtual ~Chain() = default;
    virtual std::unique_ptr<Chain> clone() const = 0;
    virtual void restart() = 0;
    virtual StepInfo step() = 0;
    virtual void read(BatchOut) const = 0;
    virtual PerColumn log_likelihood() const = 0;
    virtual PerColumn exchange_likelihood() const = 0;
    virtual void place(BatchIn) = 0;
    virtual void start_at(BatchIn) = 0;
    virtual void adapt() = 0;
    virtual void exchange(Index a, Index b) = 0;
    virtual std::vector<Reported> report() const = 0;
    virtual void set_power(const PerColumn&) = 0;
    virtual void retilt(const Tilt&) = 0;
    virtual PerColumn log_prob() const = 0;
    virtual std::pair<PerColumn, StepInfo> log_prob_of(BatchIn, const Tick&) = 0;
    virtual void save(Saver&) const = 0;
    virtual void load(Loader&) = 0;
  };
  struct Base {
    virtual ~Base() = default;
    virtual Traits traits() const = 0;
    virtual Abilities abilities() const = 0;
    virtual std::unique_ptr<Chain> init(Streams) const = 0;
  };
  [[noreturn]] static void cannot(const Traits& t, const char* what) {
    throw Refused(std::string(t.name) + ": " + what);
  }
  template <Sampler K>
  struct Model final : Base {
    struct Run final : Chain {
      std::shared_ptr<const K> k;
      typename K::State s;
      Run(std::shared_ptr<const K> in, Streams rng) : k(std::move(in)), s(k->init(std::move(rng))) {}
      std::unique_ptr<Chain> clone() const override { return std::make_unique<Run>(*this); }
      void restart() override { k->restart(s); }
      StepInfo step() override { return k->step(s); }
      void read(BatchOut x) const override { k->read(s, x); }
      PerColumn log_likelihood() const override {
        if constexpr (KnowsLikelihood<K>)
          return k->log_likelihood(s);
        else
          cannot(k->traits(), "does not know the likelihood of its configurations");
      }
      PerColumn exchange_likelihood() const override {
        if constexpr (Temperable<K>)
          return glass::exchange_likelihood(*k, s);
        else
          cannot(k->traits(), "its temperature cannot change under way");
      }
      void place(BatchIn x) override {
        if constexpr (Placeable<K>)
          k->place(s, x);
        else
          cannot(k->traits(), "cannot be put at a given configuration");
      }
      void start_at(BatchIn x) override {
        if constexpr (Placeable<K>)
          k->place(s, x);
        else if constexpr (Startable<K>)
          k->start_at(s, x);
        else
          cannot(k->traits(), "cannot begin at a given configuration");
      }
      void adapt() override {
        if constexpr (Adaptable<K>) k->adapt(s);
      }
      void exchange(Index a, Index b) override {
        if constexpr (Exchangeable<K>) k->exchange(s, a, b);
      }
      std::vector<Reported> report() const override {
        if constexpr (Reports<K>)
          return k->report(s);
        else
          return {};
      }
      void set_power(const PerColumn& power) override {
        if constexpr (Temperable<K>)
          k->set_power(s, power);
        else
          cannot(k->traits(), "its temperature cannot change under way");
      }
      void retilt(const Tilt& t) override {
        if constexpr (Tiltable<K>)
          k->retilt(s, t);
        else
          cannot(k->traits(), "its fields and pins cannot change under way");
      }
      PerColumn log_prob() const override {
        if constexpr (HasLogProb<K>)
          return k->log_prob(s);
        else
          cannot(k->traits(), "does not know the probability of its draws");
      }
      std::pair<PerColumn, StepInfo> log_prob_of(BatchIn x, const Tick& tick) override {
        if constexpr (HasLogProb<K>)
          return k->log_prob_of(s, x, tick);
        else
          cannot(k->traits(), "does not know the probability of its draws");
      }
      void save(Saver& f) const override { f.one(s); }
      void load(Loader& f) override { f.one(s); }
    };
    std::shared_ptr<const K> k;
    explicit Model(K in) : k(std::make_shared<const K>(std::move(in))) {}
    Traits traits() const override { return k->traits(); }
    Abilities abilities() const override { return abilities_of(*k); }
    std::unique_ptr<Chain> init(Streams rng) const override { return std::make_unique<Run>(k, std::move(rng)); }
  };

 public:
  class State {
   public:
    State() = default;
    State(State&&) = default;
    State& operator=(State&&) = default;
    State(const State& o) : chain_(o.chain_ ? o.chain_->clone() : nullptr) {}
    State& operator=(const State& o) { return *this = State(o); }
    bool operator==(const State& o) const {
      return !chain_ || !o.chain_ ? !chain_ && !o.chain_ : bytes_of(*this) == bytes_of(o);
    }
    void save(Saver& f) const { chain_->save(f); }
    void load(Loader& f) { chain_->load(f); }

   private:
    friend class AnyKernel;
    explicit State(std::unique_ptr<Chain> c) : chain_(std::move(c)) {}
    std::unique_ptr<Chain> chain_;
  };

  template <Sampler K>
  requires(!std::same_as<K, AnyKernel>) explicit AnyKernel(K kernel)
      : base_(std::make_shared<Model<K>>(std::move(kernel))) {}

  Traits traits() const { return base_->traits(); }
  Abilities abilities() const { return base_->abilities(); }
  State init(Streams rng) const { return State(base_->init(std::move(rng))); }
  void restart(State& s) const { s.chain_->restart(); }
  StepInfo step(State& s) const { return s.chain_->step(); }
  void read(const State& s, BatchOut x) const { s.chain_->read(x); }
  PerColumn log_likelihood(const State& s) const { return s.chain_->log_likelihood(); }
  PerColumn exchange_likelihood(const State& s) const { return s.chain_->exchange_likelihood(); }
  void place(State& s, BatchIn x) const { s.chain_->place(x); }
  void start_at(State& s, BatchIn x) const { s.chain_->start_at(x); }
  // nothing where there is nothing to adapt, to hand over or to report
  void adapt(State& s) const { s.chain_->adapt(); }
  void exchange(State& s, Index a, Index b) const { s.chain_->exchange(a, b); }
  std::vector<Reported> report(const State& s) const { return s.chain_->report(); }
  void set_power(State& s, const PerColumn& power) const { s.chain_->set_power(power); }
  void retilt(State& s, const Tilt& t) const { s.chain_->retilt(t); }
  PerColumn log_prob(const State& s) const { return s.chain_->log_prob(); }
  std::pair<PerColumn, StepInfo> log_prob_of(State& s, BatchIn x, const Tick& tick = {}) const {
    return s.chain_->log_prob_of(x, tick);
  }

 private:
  std::shared_ptr<const Base> base_;
};

}  // namespace glass

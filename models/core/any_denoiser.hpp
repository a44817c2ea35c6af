#pragma once
#include <memory>
#include <string>
#include <utility>

#include "models/core/denoiser.hpp"
#include "models/core/error.hpp"
#include "models/core/state.hpp"

namespace glass {

/// Any denoiser behind one virtual call per step; itself a Denoiser with marginals, so generators compile once. It
/// shares ownership of the denoiser. Its State is a value: it copies, saves and loads like any other (load into a State
/// that the same denoiser has started).
class AnyDenoiser {
  struct Session {
    virtual ~Session() = default;
    virtual std::unique_ptr<Session> clone() const = 0;
    virtual void restart() = 0;
    virtual DenoiseInfo mean(const Tilt&, BatchOut) = 0;
    virtual DenoiseInfo marginals(const Tilt&, BatchOut) = 0;
    virtual void save(Saver&) const = 0;
    virtual void load(Loader&) = 0;
  };
  struct Base {
    virtual ~Base() = default;
    virtual Tilt base(Index columns) const = 0;
    virtual Alphabet alphabet() const = 0;
    virtual std::unique_ptr<Session> start(Streams) const = 0;
  };
  template <HasMarginals D>
  struct Model final : Base {
    struct Run final : Session {
      std::shared_ptr<const D> d;
      typename D::State s;
      Run(std::shared_ptr<const D> in, Streams rng) : d(std::move(in)), s(d->start(std::move(rng))) {}
      std::unique_ptr<Session> clone() const override { return std::make_unique<Run>(*this); }
      void restart() override { d->restart(s); }
      DenoiseInfo mean(const Tilt& t, BatchOut m) override { return d->posterior_mean(t, s, m); }
      DenoiseInfo marginals(const Tilt& t, BatchOut m) override { return d->log_marginals(t, s, m); }
      void save(Saver& f) const override { f.one(s); }
      void load(Loader& f) override { f.one(s); }
    };
    std::shared_ptr<const D> d;
    explicit Model(D in) : d(std::make_shared<const D>(std::move(in))) {}
    Tilt base(Index columns) const override { return d->base(columns); }
    Alphabet alphabet() const override { return d->alphabet(); }
    std::unique_ptr<Session> start(Streams rng) const override { return std::make_unique<Run>(d, std::move(rng)); }
  };

 public:
  class State {
   public:
    State() = default;
    explicit State(std::unique_ptr<Session> s) : session_(std::move(s)) {}
    State(State&&) = default;
    State& operator=(State&&) = default;
    State(const State& o) : session_(o.session_ ? o.session_->clone() : nullptr) {}
    State& operator=(const State& o) { return *this = State(o); }
    void save(Saver& f) const { session_->save(f); }
    void load(Loader& f) { session_->load(f); }

   private:
    friend class AnyDenoiser;
    std::unique_ptr<Session> session_;
  };

  /// `exact`: its answers are the posterior's, not an approximation of it.
  template <class D>
  requires(!std::same_as<D, AnyDenoiser> && HasMarginals<D>) AnyDenoiser(D d, bool exact)
      : base_(std::make_shared<Model<D>>(std::move(d))), exact_(exact) {}

  bool exact() const { return exact_; }
  Tilt base(Index columns) const { return base_->base(columns); }
  Alphabet alphabet() const { return base_->alphabet(); }
  State start(Streams rng) const { return State(base_->start(std::move(rng))); }
  void restart(State& s) const { s.session_->restart(); }
  DenoiseInfo posterior_mean(const Tilt& t, State& s, BatchOut m) const { return s.session_->mean(t, m); }
  DenoiseInfo log_marginals(const Tilt& t, State& s, BatchOut m) const { return s.session_->marginals(t, m); }

 private:
  std::shared_ptr<const Base> base_;
  bool exact_;
};
static_assert(HasMarginals<AnyDenoiser>);

}  // namespace glass

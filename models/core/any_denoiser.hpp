#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "models/core/denoiser.hpp"
#include "models/core/error.hpp"
#include "models/core/state.hpp"

namespace glass {

/// Any denoiser behind one virtual call per step; itself a Denoiser with marginals, so generators compile once. What it
/// holds has marginals or draws sites; either throws Refused where it is asked for what that denoiser has not. It
/// shares ownership of the denoiser. Its State is a value: it copies, saves and loads like any other (load into a State
/// that the same denoiser has started).
class AnyDenoiser {
  struct Session {
    virtual ~Session() = default;
    virtual std::unique_ptr<Session> clone() const = 0;
    virtual void restart() = 0;
    virtual DenoiseInfo mean(const Tilt&, BatchOut) = 0;
    virtual DenoiseInfo marginals(const Tilt&, BatchOut) = 0;
    virtual DenoiseInfo draw(const Tilt&, Streams&, BatchOut) = 0;
    virtual PerColumn density(const Tilt&, BatchIn) = 0;
    virtual bool local_reveals() const = 0;
    virtual DenoiseInfo condition(const Tilt&) = 0;
    virtual void pin(Index column, Index site, int symbol) = 0;
    virtual DenoiseInfo settle(Index column) = 0;
    virtual std::optional<std::span<const std::uint32_t>> changed(Index column) const = 0;
    virtual void log_marginal(Index column, Index site, float* logp) const = 0;
    virtual void start_at(BatchIn) = 0;
    virtual std::optional<PerColumn> partition(const Tilt&) = 0;
    virtual void save(Saver&) const = 0;
    virtual void load(Loader&) = 0;
  };
  struct Base {
    virtual ~Base() = default;
    virtual Tilt base(Index columns) const = 0;
    virtual Alphabet alphabet() const = 0;
    virtual std::unique_ptr<Session> start(Streams) const = 0;
  };
  template <Denoiser D>
  struct Model final : Base {
    struct Run final : Session {
      std::shared_ptr<const D> d;
      typename D::State s;
      Run(std::shared_ptr<const D> in, Streams rng) : d(std::move(in)), s(d->start(std::move(rng))) {}
      std::unique_ptr<Session> clone() const override { return std::make_unique<Run>(*this); }
      void restart() override { d->restart(s); }
      DenoiseInfo mean(const Tilt& t, BatchOut m) override { return d->posterior_mean(t, s, m); }
      DenoiseInfo marginals(const Tilt& t, BatchOut m) override {
        if constexpr (HasMarginals<D>) return d->log_marginals(t, s, m);
        throw Refused("denoiser: real sites have no probabilities of symbols");
      }
      DenoiseInfo draw(const Tilt& t, Streams& rng, BatchOut x) override {
        if constexpr (DrawsSites<D>) return d->draw_sites(t, s, rng, x);
        throw Refused("denoiser: draws no sites by itself; draw symbols from its marginals");
      }
      PerColumn density(const Tilt& t, BatchIn x) override {
        if constexpr (HasSiteDensity<D>)
          return d->log_density(t, s, x);
        else
          throw Refused("denoiser: it does not know the density of the sites it draws");
      }
      bool local_reveals() const override { return HasLocalReveals<D>; }
      DenoiseInfo condition(const Tilt& t) override {
        if constexpr (HasLocalReveals<D>)
          return d->condition(t, s);
        else
          throw Refused("denoiser: it takes no reveals one by one");
      }
      void pin(Index c, Index site, int symbol) override {
        if constexpr (HasLocalReveals<D>) d->pin(s, c, site, symbol);
      }
      DenoiseInfo settle(Index c) override {
        if constexpr (HasLocalReveals<D>)
          return d->settle(s, c);
        else
          throw Refused("denoiser: it takes no reveals one by one");
      }
      std::optional<std::span<const std::uint32_t>> changed(Index c) const override {
        if constexpr (HasLocalReveals<D>)
          return d->changed(s, c);
        else
          return std::nullopt;
      }
      void log_marginal(Index c, Index site, float* logp) const override {
        if constexpr (HasLocalReveals<D>) d->log_marginal(s, c, site, logp);
      }
      void start_at(BatchIn x) override {
        if constexpr (HasInformedStart<D>)
          d->start_at(s, x);
        else
          throw Refused("denoiser: its messages cannot begin at a configuration");
      }
      std::optional<PerColumn> partition(const Tilt& t) override {
        if constexpr (HasLogPartition<D>)
          return d->log_partition(t, s);
        else
          return std::nullopt;
      }
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
  requires(!std::same_as<D, AnyDenoiser> && (HasMarginals<D> || DrawsSites<D>)) AnyDenoiser(D d, bool exact)
      : base_(std::make_shared<Model<D>>(std::move(d))),
        exact_(exact),
        informed_(HasInformedStart<D>),
        density_(HasSiteDensity<D>) {}

  bool exact() const { return exact_; }
  bool informed_start() const { return informed_; }  ///< whether start_at can be used
  bool site_density() const { return density_; }     ///< whether log_density can
  Tilt base(Index columns) const { return base_->base(columns); }
  Alphabet alphabet() const { return base_->alphabet(); }
  State start(Streams rng) const { return State(base_->start(std::move(rng))); }
  void restart(State& s) const { s.session_->restart(); }
  DenoiseInfo posterior_mean(const Tilt& t, State& s, BatchOut m) const { return s.session_->mean(t, m); }
  DenoiseInfo log_marginals(const Tilt& t, State& s, BatchOut m) const { return s.session_->marginals(t, m); }
  DenoiseInfo draw_sites(const Tilt& t, State& s, Streams& rng, BatchOut x) const {
    return s.session_->draw(t, rng, x);
  }
  PerColumn log_density(const Tilt& t, State& s, BatchIn x) const { return s.session_->density(t, x); }
  /// Whether the denoiser inside does; where not, the members throw Refused.
  bool local_reveals(const State& s) const { return s.session_->local_reveals(); }
  DenoiseInfo condition(const Tilt& t, State& s) const { return s.session_->condition(t); }
  void pin(State& s, Index c, Index site, int symbol) const { s.session_->pin(c, site, symbol); }
  DenoiseInfo settle(State& s, Index c) const { return s.session_->settle(c); }
  std::optional<std::span<const std::uint32_t>> changed(const State& s, Index c) const {
    return s.session_->changed(c);
  }
  void log_marginal(const State& s, Index c, Index site, float* logp) const { s.session_->log_marginal(c, site, logp); }
  void start_at(State& s, BatchIn x) const { s.session_->start_at(x); }
  /// ln Z at the last answer to the same tilt, where the denoiser knows it.
  std::optional<PerColumn> log_partition(const Tilt& t, State& s) const { return s.session_->partition(t); }

 private:
  std::shared_ptr<const Base> base_;
  bool exact_, informed_, density_;
};
static_assert(HasMarginals<AnyDenoiser> && DrawsSites<AnyDenoiser> && HasInformedStart<AnyDenoiser>);

}  // namespace glass

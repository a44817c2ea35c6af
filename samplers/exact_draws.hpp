#pragma once
#include "models/core/exact_law.hpp"
#include "samplers/sampler.hpp"

namespace glass {

/// Independent draws of a law that draws itself: one step is one draw of every column. ln q = ln p.
template <ExactLaw L>
class ExactDraws {
 public:
  struct State {
    Streams rng;
    Batch x;  // 0 before the first draw
    PerColumn log_q;
    static void visit(auto& s, auto&& f) { f(s.rng, s.x, s.log_q); }
  };
  explicit ExactDraws(L law) : law_(std::move(law)) {}
  Traits traits() const { return {L::name, Kind::generator, Promise::exact}; }

  State init(Streams rng) const {
    const Index columns = rng.columns();
    return {std::move(rng), Batch::Zero(law_.sites(), columns), PerColumn::Zero(columns)};
  }
  void restart(State&) const {}
  StepInfo step(State& s) const {
    for (Index c = 0; c < s.x.cols(); ++c) s.log_q(c) = law_.draw(s.rng[c], s.x.col(c));
    return {.finished = true};
  }
  void read(const State& s, BatchOut x) const { x = s.x; }
  PerColumn log_prob(const State& s) const { return s.log_q; }
  std::pair<PerColumn, StepInfo> log_prob_of(State& s, BatchIn x, const Tick& tick = {}) const {
    for (Index c = 0; c < x.cols(); ++c) {
      s.x.col(c) = x.col(c);
      s.log_q(c) = law_.log_prob(s.x.col(c));
      if (tick) tick();
    }
    return {s.log_q, {.finished = true}};
  }

 private:
  L law_;
};

}  // namespace glass

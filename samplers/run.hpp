#pragma once
#include "samplers/any_sampler.hpp"

namespace glass {

/// How a chain is watched: `warmup` steps are thrown away (step sizes adapt in them and nowhere else), then every
/// `thin`-th configuration of draws * thin steps is shown. A generator ignores warmup and thin.
struct Schedule {
  int warmup = 0, draws = 1, thin = 1;
};

/// The one loop. observe(draw, info) after each draw, info summed since the last one; tick() after every step, for
/// progress and interruption (it may throw). Returns the work of the warm-up.
Work run(AnySampler& sampler, const Schedule& schedule, auto&& observe, auto&& tick) {
  Work warmup;
  const bool chain = sampler.traits().kind == Kind::chain;
  for (int k = 0; chain && k < schedule.warmup; ++k) {
    warmup += sampler.step().work;
    sampler.adapt();
    tick();
  }
  for (int draw = 0; draw < schedule.draws; ++draw) {
    StepInfo sum;
    double accepted = 0;
    int steps = 0;
    if (!chain) sampler.restart();
    for (bool done = false; !done; ++steps) {
      const StepInfo i = sampler.step();
      accepted += i.acceptance;
      sum.unconverged += i.unconverged;
      sum.work += i.work;
      sum.finished = i.finished;
      done = chain ? steps + 1 >= schedule.thin : i.finished;
      tick();
    }
    sum.acceptance = accepted / steps;
    observe(draw, sum);
  }
  return warmup;
}

}  // namespace glass

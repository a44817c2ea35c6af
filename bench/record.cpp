#include "bench/record.hpp"

#include <chrono>

namespace glass {

Record record(const AnyModel& model, AnySampler& sampler, Index chains, const Schedule& schedule, const Put& put,
              const std::function<void()>& tick) {
  using Clock = std::chrono::steady_clock;
  const Eigen::VectorXf& truth = model.environment().truth;
  Record r;
  r.lp.resize(chains, schedule.draws);
  if (truth.size()) r.q_planted.resize(chains, schedule.draws);
  if (sampler.log_prob()) r.log_q.resize(chains, schedule.draws);
  const Alphabet alphabet = model.alphabet();
  Batch x(model.dim(), chains);
  auto started = Clock::now();
  const auto observe = [&](int draw, const StepInfo& info) {
    r.seconds += std::chrono::duration<double>(Clock::now() - started).count();
    sampler.read(x);
    const auto cached = sampler.log_likelihood(), log_q = sampler.log_prob();
    const PerColumn lp = cached ? *cached : model.log_likelihood(x);
    r.lp.col(draw) = lp.transpose();
    if (truth.size()) r.q_planted.col(draw) = overlap(x, truth, alphabet).transpose();
    if (log_q) {
      r.log_q.col(draw) = log_q->transpose();
      r.log_prior += model.log_prior(x).mean() / schedule.draws;
    }
    const PairOverlap pair = pair_overlap(x, alphabet);  // different chains are independent given the instance
    r.pair.q += pair.q / schedule.draws;
    r.pair.q2 += pair.q2 / schedule.draws;
    r.pair.pairs += pair.pairs;
    r.unconverged += info.unconverged;
    r.work += info.work;
    put(draw, x, lp, info, log_q);
    started = Clock::now();
  };
  r.work += run(sampler, schedule, observe, tick);
  return r;
}

}  // namespace glass

#include "bench/record.hpp"

#include <ctime>

namespace glass {

namespace {

/// Processor time of the calling thread: what other programs take of the machine is not in it.
double core_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

}  // namespace

Record record(const AnyModel& model, AnySampler& sampler, Index chains, const Schedule& schedule, const Put& put,
              const std::function<void()>& tick) {
  const Eigen::VectorXf& truth = model.environment().truth;
  Record r;
  r.lp.resize(chains, schedule.draws);
  if (!model.alphabet().onehot) r.m.resize(chains, schedule.draws);
  r.q_replica.resize(chains / 2, schedule.draws);
  r.pair_overlaps = r.planted_overlaps = OverlapHistogram(model.sites());
  if (truth.size()) r.q_planted.resize(chains, schedule.draws);
  if (sampler.log_prob()) {
    r.log_q.resize(chains, schedule.draws);
    r.log_prior.resize(chains, schedule.draws);
  }
  const Alphabet alphabet = model.alphabet();
  Batch x(model.dim(), chains);
  double before = 0;  // round trips of the warm-up
  double started = core_seconds();
  const auto observe = [&](int draw, const StepInfo& info) {
    r.seconds += core_seconds() - started;
    sampler.read(x);
    const auto cached = sampler.log_likelihood(), log_q = sampler.log_prob();
    const PerColumn lp = cached ? *cached : model.log_likelihood(x);
    r.lp.col(draw) = lp.transpose();
    if (r.m.size()) r.m.col(draw) = magnetisation(x).transpose();
    if (truth.size()) {
      r.q_planted.col(draw) = overlap(x, truth, alphabet).transpose();
      for (const double q : r.q_planted.col(draw)) r.planted_overlaps.add(q);
    }
    if (log_q) {
      r.log_q.col(draw) = log_q->transpose();
      r.log_prior.col(draw) = model.log_prior(x).transpose();
    }
    // different chains are independent given the instance
    const PairOverlap pair = pair_overlap(x, alphabet, [&](Index a, Index b, double q) {
      r.pair_overlaps.add(q);
      if (a == b + 1 && b % 2 == 0) r.q_replica(b / 2, draw) = q;
    });
    if (const auto trips = sampler.round_trips()) {
      if (draw == 0) before = trips->sum();
      r.round_trips = trips->sum() - before;
    }
    r.pair.q += pair.q / schedule.draws;
    r.pair.q2 += pair.q2 / schedule.draws;
    r.pair.pairs += pair.pairs;
    r.unconverged += info.unconverged;
    r.work += info.work;
    put(draw, x, lp, info, log_q);
    started = core_seconds();
  };
  r.work += run(sampler, schedule, observe, tick);
  return r;
}

}  // namespace glass

#pragma once
#include <algorithm>
#include <exception>
#include <vector>

#include "models/core/error.hpp"
#include "samplers/sampler.hpp"

namespace glass {

/// Any sampler on column blocks of fixed width, over threads: bit-identical at any number of threads, because a block
/// knows only its global column numbers and sums are taken in block order. Itself a Sampler.
template <Sampler S>
class Blocks {
 public:
  struct State {
    std::vector<typename S::State> block;
    Index columns = 0;
    static void visit(auto& s, auto&& f) { f(s.block, s.columns); }
  };
  Blocks(S sampler, Index width) : sampler_(std::move(sampler)), width_(width) {
    if (width < 1) throw BadInput("blocks: width must be at least 1");
  }
  Traits traits() const { return sampler_.traits(); }
  Abilities abilities() const {  // those of what is split, as far as they are passed on
    Abilities a = abilities_of(sampler_);
    a.temper = a.tilt = false;
    return a;
  }
  const S& inner() const { return sampler_; }

  State init(Streams rng) const {
    State s{{}, rng.columns()};
    for (Index c = 0; c < s.columns; c += width_)
      s.block.push_back(sampler_.init(rng.block(c, std::min(width_, s.columns - c))));
    return s;
  }
  void restart(State& s) const {
    for_each(s, [&](auto& b, Index, Index) { sampler_.restart(b); });
  }
  StepInfo step(State& s) const {
    std::vector<StepInfo> each(s.block.size());
    for_each(s, [&](auto& b, Index k, Index) { each[std::size_t(k)] = sampler_.step(b); });
    return sum(s, each);
  }
  void read(const State& s, BatchOut out) const {
    for (Index k = 0; k < Index(s.block.size()); ++k)
      sampler_.read(s.block[std::size_t(k)], out.middleCols(k * width_, size(s, k)));
  }
  void adapt(State& s) const requires Adaptable<S> {
    for_each(s, [&](auto& b, Index, Index) { sampler_.adapt(b); });
  }
  void place(State& s, BatchIn x) const requires Placeable<S> {
    for_each(s, [&](auto& b, Index k, Index some) { sampler_.place(b, x.middleCols(k * width_, some)); });
  }
  void start_at(State& s, BatchIn x) const requires Startable<S> {
    for_each(s, [&](auto& b, Index k, Index some) { sampler_.start_at(b, x.middleCols(k * width_, some)); });
  }
  std::vector<Reported> report(const State& s) const requires Reports<S> {
    std::vector<Reported> all;
    for (Index k = 0; k < Index(s.block.size()); ++k) {
      const std::vector<Reported> part = sampler_.report(s.block[std::size_t(k)]);
      for (std::size_t j = 0; j < part.size(); ++j) {
        if (k == 0) all.push_back({part[j].name, part[j].meaning, Eigen::MatrixXd(part[j].values.rows(), s.columns)});
        all[j].values.middleCols(k * width_, size(s, k)) = part[j].values;
      }
    }
    return all;
  }
  PerColumn log_likelihood(const State& s) const requires KnowsLikelihood<S> {
    return joined(s, [&](const auto& b) { return sampler_.log_likelihood(b); });
  }
  PerColumn log_prob(const State& s) const requires HasLogProb<S> {
    return joined(s, [&](const auto& b) { return sampler_.log_prob(b); });
  }
  PerColumn round_trips(const State& s) const requires CountsRoundTrips<S> {
    return joined(s, [&](const auto& b) { return sampler_.round_trips(b); });
  }
  /// tick is called from any thread.
  std::pair<PerColumn, StepInfo> log_prob_of(State& s, BatchIn x, const Tick& tick = {}) const requires HasLogProb<S> {
    PerColumn logq(s.columns);
    std::vector<StepInfo> each(s.block.size());
    for_each(s, [&](auto& b, Index k, Index some) {
      const auto [part, info] = sampler_.log_prob_of(b, x.middleCols(k * width_, some), tick);
      logq.segment(k * width_, some) = part;
      each[std::size_t(k)] = info;
    });
    return {logq, sum(s, each)};
  }

 private:
  Index size(const State& s, Index k) const { return std::min(width_, s.columns - k * width_); }
  /// act(block, number, width) on all blocks; the first exception in block order is passed on.
  void for_each(State& s, auto&& act) const {
    const Index n = Index(s.block.size());
    std::vector<std::exception_ptr> failed(s.block.size());
#pragma omp parallel for schedule(dynamic) if (n > 1)  // a region costs more than a step of a small system
    for (Index k = 0; k < n; ++k) {
      try {
        act(s.block[std::size_t(k)], k, size(s, k));
      } catch (...) {
        failed[std::size_t(k)] = std::current_exception();
      }
    }
    for (const auto& e : failed)
      if (e) std::rethrow_exception(e);
  }
  StepInfo sum(const State& s, const std::vector<StepInfo>& each) const {
    StepInfo out{.finished = true, .acceptance = 0};
    for (std::size_t k = 0; k < each.size(); ++k) {
      out.finished = out.finished && each[k].finished;  // all columns of a generator end at the same step
      out.acceptance += each[k].acceptance * double(size(s, Index(k))) / double(s.columns);
      out.unconverged += each[k].unconverged;
      out.work += each[k].work;
    }
    return out;
  }
  PerColumn joined(const State& s, auto&& part) const {
    PerColumn out(s.columns);
    for (Index k = 0; k < Index(s.block.size()); ++k)
      out.segment(k * width_, size(s, k)) = part(s.block[std::size_t(k)]);
    return out;
  }
  S sampler_;
  Index width_;
};

}  // namespace glass

#pragma once
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "models/core/options.hpp"
#include "samplers/any_kernel.hpp"
#include "samplers/sampler.hpp"

namespace glass {

/// Proposals are whole draws of a generator that knows their probability q: accept x' after x with
///
///     min(1, w(x')/w(x)),   w = prior(x) L(x)/q(x),
///
/// so that an approximate generator becomes a chain that is exact in the limit. Tierney, Ann. Stat. 22, 1701 (1994);
/// with generative models: Nicoli et al., Phys. Rev. E 101, 023304 (2020). q may depend on what is drawn beside x and
/// fresh each time, an order or a denoiser's own chain: the ratio is then that of the joint laws, in which it cancels.
/// Where w is bounded by its mean times M the chain forgets at least the part 1/M of its past in each step; a
/// configuration that q all but never draws, and p does, is missed for as long.
///
/// Exact in the limit where q is; the q of `flow` is off by its time steps, and so is the chain.
///
/// One step is one draw of the generator and one log-likelihood, in every column.
template <Sampler G = AnyKernel>
class IndependenceMetropolis {
 public:
  struct Options {
    static constexpr std::tuple<> fields{};
  };
  static constexpr std::string_view name = "independence-metropolis";
  static constexpr std::string_view formula = "accept a generator's draw with min(1, w'/w), w = prior L/q";
  static constexpr std::string_view reference =
      "Tierney, Ann. Stat. 22, 1701 (1994); Nicoli et al., Phys. Rev. E 101, 023304 (2020)";
  struct State {
    typename G::State proposals;
    Streams rng;
    Batch x;
    PerColumn log_weight;
    Work owed;  // of the draw at the start, counted with the first step
    static void visit(auto& s, auto&& f) {
      f(s.proposals, s.rng, s.x, s.log_weight);
      for (const Work::Entry& e : Work::ledger()) f(s.owed.*e.count);
    }
  };
  /// ln of prior(x) L(x), up to a constant, per column.
  using LogTarget = std::function<PerColumn(BatchIn)>;

  /// `rows`: of a configuration. Throws Refused where the generator does not know ln q.
  IndependenceMetropolis(G generator, LogTarget log_target, Index rows)
      : generator_(std::move(generator)), log_target_(std::move(log_target)), rows_(rows) {
    if (!abilities_of(generator_).log_prob)
      throw Refused("independence-metropolis: " + std::string(generator_.traits().name) +
                    " does not know the probability of its draws; choose another generator");
  }
  Traits traits() const {
    return {name, Kind::chain,
            generator_.traits().log_prob_order == 0 ? Promise::exact_in_the_limit : Promise::approximate};
  }

  State init(Streams rng) const {
    const Index b = rng.columns();
    auto proposals = generator_.init(rng.branch(Purpose::sampler));
    State s{std::move(proposals), std::move(rng), Batch::Zero(rows_, b), PerColumn::Zero(b), {}};
    restart(s);
    return s;
  }
  /// At a draw of the generator.
  void restart(State& s) const {
    s.owed = next_draw(generator_, s.proposals).work;
    generator_.read(s.proposals, s.x);
    s.log_weight = log_target_(s.x) - generator_.log_prob(s.proposals);
  }
  /// At x, with what its q depends on drawn afresh: x from the target makes an exact start.
  void place(State& s, BatchIn x) const {
    const auto [log_q, info] = generator_.log_prob_of(s.proposals, x);
    s.owed = info.work;
    s.x = x;
    s.log_weight = log_target_(x) - log_q;
  }
  StepInfo step(State& s) const {
    StepInfo info = next_draw(generator_, s.proposals);
    info.finished = false;
    info.work += s.owed;
    s.owed = {};
    Batch x(s.x.rows(), s.x.cols());
    generator_.read(s.proposals, x);
    const PerColumn log_weight = log_target_(x) - generator_.log_prob(s.proposals);
    info.work.energies += x.cols();
    info.acceptance = 0;
    for (Index c = 0; c < x.cols(); ++c) {
      // not a number where neither can be: stays
      if (!(std::log(s.rng[c].uniform()) < log_weight(c) - s.log_weight(c))) continue;
      s.x.col(c) = x.col(c);
      s.log_weight(c) = log_weight(c);
      info.acceptance += 1 / double(x.cols());
    }
    return info;
  }
  void read(const State& s, BatchOut x) const { x = s.x; }

 private:
  G generator_;
  LogTarget log_target_;
  Index rows_;
};

}  // namespace glass

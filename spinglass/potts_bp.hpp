#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "models/colouring.hpp"
#include "models/core/denoiser.hpp"
#include "spinglass/bp.hpp"
#include "spinglass/residual_queue.hpp"

namespace glass {

/// Belief propagation for q colours on a graph whose edges weigh e^-beta where both ends have one colour, under any
/// tilt (`bp` of colouring; options and promises are those of Bp). A message is the logarithm of what an edge thinks of
/// each colour of its end i,
///
///     L_{j->i}(a) = ln [1 - c p_j(a)],  c = 1 - e^-beta,  p_j(a) ~ exp [power beta h_j(a) + b_j(a) + sum_{k != i}
///     L_{k->j}(a)],
///
/// with 1 - p of the likeliest colour summed from the others, so that a hard constraint keeps its digits. Zdeborova and
/// Krzakala, Phys. Rev. E 76, 031131 (2007). Uninformed messages are 10^-3 times normals: to know nothing is a fixed
/// point by symmetry. A contradiction is a site whose neighbours exclude each of its colours with half of beta at least
/// and a weight below 1e-300; its column counts as not converged in every call from then on.
///
/// Cost: 2 q exponentials and q logarithms a message, two messages an edge. Memory: 8 q M + 16 q N bytes a column.
class PottsBp {
 public:
  using Options = BpOptions;
  struct State {
    Streams rng;            // of uninformed starts
    Batch messages;         // 2 q M x B: to the first end of edge e at 2 q e, to the second at 2 q e + q
    PerColumn power;        // of columns held by `condition`
    Eigen::MatrixXd total;  // q N x B: ln p_i(a), not normalised
    Eigen::MatrixXd sent;   // what it was when the neighbours last heard of it
    std::vector<std::int64_t> updates;
    std::vector<std::uint8_t> excluded;  // per column: 1 after a contradiction, which no further pin can undo
    std::vector<ResidualQueue> waiting;  // not empty from `pin` to `settle` only
    ChangedSites changed;                // by the last `settle`
    static void visit(auto& s, auto&& f) { f(s.rng, s.messages, s.power, s.total, s.sent, s.updates, s.excluded); }
  };

  explicit PottsBp(const Colouring& target, BpOptions opt = {});

  Alphabet alphabet() const { return graph_->env.alphabet; }
  Tilt base(Index columns) const { return graph_->env.base(columns); }
  State start(Streams rng) const;
  void restart(State& s) const;
  void start_at(State& s, BatchIn x) const;  ///< every neighbour excludes its colour in x with weight e^-20
  DenoiseInfo posterior_mean(const Tilt& t, State& s, BatchOut mean) const;
  DenoiseInfo log_marginals(const Tilt& t, State& s, BatchOut logp) const;
  /// Bethe: sum_i ln Z_i - sum_ij ln sum_ab psi(a, b) p_i(a) p_j(b), in double.
  PerColumn log_partition(const Tilt& t, const State& s) const;

  DenoiseInfo condition(const Tilt& t, State& s) const;
  void pin(State& s, Index c, Index site, int symbol) const;
  DenoiseInfo settle(State& s, Index c) const;
  std::optional<std::span<const std::uint32_t>> changed(const State& s, Index c) const {
    return s.changed.of(std::size_t(c));
  }
  void log_marginal(const State& s, Index c, Index site, float* logp) const;

 private:
  struct Graph {
    Environment env;
    std::vector<std::uint32_t> ends;       // two for each edge
    std::vector<std::uint32_t> first, at;  // of site i: 2 e + which end it is
  };
  Eigen::MatrixXd totals(const Tilt& t, const Batch& messages) const;
  float update(State& s, Index c, std::uint32_t to, double beta, float weight, const double* from, double* out) const;
  void sweeps(State& s, Index c, DenoiseInfo& info) const;
  bool propagate(State& s, Index c, int most_sweeps, DenoiseInfo& info, std::vector<std::uint32_t>& moved) const;
  bool contradicts(const State& s, Index c, std::size_t site) const;
  bool contradicts(const State& s, Index c) const;
  void push(State& s, Index c, Index i) const;
  DenoiseInfo solve(const Tilt& t, State& s) const;
  int q_;
  std::shared_ptr<const Graph> graph_;
  BpOptions opt_;
};
static_assert(HasMarginals<PottsBp> && HasLogPartition<PottsBp> && HasInformedStart<PottsBp> &&
              HasLocalReveals<PottsBp>);

}  // namespace glass

#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/core/denoiser.hpp"
#include "models/core/options.hpp"
#include "spinglass/changed_sites.hpp"
#include "spinglass/factor_graph.hpp"
#include "spinglass/residual_queue.hpp"

namespace glass {

struct BpOptions {
  int max_iterations = 200;
  double tolerance = 1e-5;
  double damping = 0.0;
  std::string schedule = "sequential";
  static constexpr std::tuple fields{
      Field{"max_iterations",
            &BpOptions::max_iterations,
            "",
            "per column and call; a column that reaches it is counted as not converged",
            {.least = 1}},
      Field{"tolerance",
            &BpOptions::tolerance,
            "",
            "largest change of a message u at which a column stops, over 1 + |u| and less where |u| > 16",
            {.least = 1e-6}},
      Field{"damping",
            &BpOptions::damping,
            "",
            "weight of the previous message in the new one; of sweeps, not of the residual queue",
            {.least = 0, .most = 0.99}},
      Field{"schedule",
            &BpOptions::schedule,
            "",
            "all messages from the last iteration's; or from the newest, in order; or where most has changed first",
            {.choices = "parallel|sequential|residual"}}};
};

/// Belief propagation for +-1 spins on a factor graph: p-spin terms and not-all-equal clauses under any tilt. Messages
/// are halves of log-odds. With h_i = power beta h_i + b_i + sum_a u_{a->i} and v_{j->a} = h_j - u_{a->j}:
///
///     exp(K prod x):      tanh u_{a->i} = tanh K prod_{j != i} tanh v_j
///     not all k equal:    u_{a->i} = 1/2 ln [(1 - c P+) / (1 - c P-)],  c = 1 - e^-beta,  P+- = prod_{j != i}
///     sigma(+-2 l_j),
///
/// l_j = +-v_j of the literal. Marginals are tanh h_i; ln Z is Bethe's. Pearl (1988); Mezard and Montanari,
/// Information, Physics, and Computation (2009), ch. 14; residual schedule: Elidan, McGraw and Koller, UAI 2006.
/// Exact on trees (hard constraints included), accurate per site on locally tree-like graphs as N -> oo while replica
/// symmetry holds; on short loops (a lattice) it is a heuristic.
///
/// Nothing is multiplied: tanh a tanh b and sigma(2a) sigma(2b) are taken in log-odds, so a message may be as large as
/// a hard constraint's beta without overflow and 1 - |m| keeps its digits. Sums of messages are double, since the weak
/// ones must survive the subtraction of a hard one. A pin is a field of 1e12. A site has no symbol left, a
/// contradiction, where a factor and all else push it to opposite values with at least a quarter of the factor's
/// strength each, and weights below 1e-300 (e^{-2 * 345}) on both; its column is counted as not converged in every call
/// from then on, and its marginals, finite, are those of the balance of the two: of which balance, since there may be
/// several, depends on the way there, so that local reveals and full solutions may differ after a contradiction.
///
/// Uninformed messages are 0; where that is a fixed point by symmetry which a weak signal can leave (pair terms,
/// clauses), they are 10^-3 times normals. Columns are independent, stop one by one, and give the same bytes in any
/// block. An iteration of a column is 3 (k - 1) combinations per factor, each two exponentials and a logarithm (twice
/// that for clauses), in vectors over columns and 8 factors. Memory: 4 k M + 8 N bytes a column, 8 k M + 4 N + 4 M of
/// graph.
class Bp {
 public:
  using Options = BpOptions;
  static constexpr std::string_view name = "bp";
  static constexpr std::string_view formula =
      "messages between sites and factors, log-odds: u = atanh(tanh K prod tanh v) or that of a clause, v = h - u";
  static constexpr std::string_view reference =
      "Pearl (1988); Mezard and Montanari (2009), ch. 14; Elidan, McGraw and Koller, UAI 2006";
  struct State {
    Streams rng;     // of uninformed starts
    Batch messages;  // B x k M: u of place k a + j
    // Of columns held by `condition`:
    PerColumn power;
    Eigen::MatrixXd total, sent;         // B x N: h, and what it was when the factors last heard of it
    std::vector<std::int64_t> updates;   // of factors, per column: what is not a whole iteration yet
    std::vector<std::uint8_t> excluded;  // per column: 1 after a contradiction, which no further pin can undo
    std::vector<ResidualQueue> waiting;  // not empty from `pin` to `settle` only
    ChangedSites changed;                // by the last `settle`
    static void visit(auto& s, auto&& f) { f(s.rng, s.messages, s.power, s.total, s.sent, s.updates, s.excluded); }
  };

  template <FactorTarget T>
  explicit Bp(const T& target, BpOptions opt = {}) : Bp(factor_graph(target), target.environment(), std::move(opt)) {}
  Bp(FactorGraph graph, Environment env, BpOptions opt);

  Alphabet alphabet() const { return Alphabet::spins(); }
  Tilt base(Index columns) const { return env_->base(columns); }
  State start(Streams rng) const;
  void restart(State& s) const;
  void start_at(State& s, BatchIn x) const;  ///< messages say x, with log-odds of 40
  DenoiseInfo posterior_mean(const Tilt& t, State& s, BatchOut mean) const;
  DenoiseInfo log_marginals(const Tilt& t, State& s, BatchOut logp) const;
  /// Bethe: sum_i (1 - d_i) ln 2cosh h_i + sum_a [ln z_a + sum_j ln 2cosh v_j], in double; O(k M) logarithms a column.
  PerColumn log_partition(const Tilt& t, const State& s) const;
  /// `times` sweeps of every column, converged or not, for whoever follows the transient; largest change of a message.
  PerColumn iterate(const Tilt& t, State& s, int times = 1) const;

  DenoiseInfo condition(const Tilt& t, State& s) const;
  void pin(State& s, Index c, Index site, int symbol) const;
  /// Through the residual queue; by sweeps of the column where that is still busy after two sweeps' worth of updates.
  DenoiseInfo settle(State& s, Index c) const;
  std::optional<std::span<const std::uint32_t>> changed(const State& s, Index c) const {
    return s.changed.of(std::size_t(c));
  }
  void log_marginal(const State& s, Index c, Index site, float* logp) const;

  const FactorGraph& graph() const { return *graph_; }

 private:
  struct Columns;
  struct Lanes;
  Eigen::MatrixXd totals(const Tilt& t, const Batch& messages) const;
  void sweep(Columns& on, Lanes& lanes, bool parallel) const;
  void sweep_of(Columns& on, Lanes& lanes, bool parallel, auto width, auto order) const;
  void push(State& s, Index c, Index i) const;
  DenoiseInfo solve(const Tilt& t, State& s, Eigen::MatrixXd& total, int least, int most, PerColumn* change) const;
  void sweeps(Columns& on, Lanes& lanes, int least, int most, PerColumn* change, DenoiseInfo& info) const;
  bool propagate(State& s, Index c, int most_sweeps, Lanes& lanes, DenoiseInfo& info,
                 std::vector<std::uint32_t>* changed = nullptr) const;
  bool contradicts(const State& s, Index c, Lanes& lanes) const;
  void gather(const State& s, Index c, std::span<const std::uint32_t> group, Lanes& lanes) const;
  std::shared_ptr<const FactorGraph> graph_;
  std::shared_ptr<const Environment> env_;
  BpOptions opt_;
};
static_assert(HasMarginals<Bp> && HasLogPartition<Bp> && HasInformedStart<Bp> && HasLocalReveals<Bp>);

}  // namespace glass

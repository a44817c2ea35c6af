#pragma once
#include <functional>

#include "bench/draws_file.hpp"
#include "bench/registry.hpp"
#include "samplers/run.hpp"
#include "spinglass/overlap.hpp"

namespace glass {

/// What one run of one sampler on one instance amounts to. Matrices are chains x draws.
struct Record {
  Eigen::MatrixXd lp;         ///< -beta H
  Eigen::MatrixXd log_prior;  ///< the prior's part of ln p; as log_q, empty where that is
  Eigen::MatrixXd m;          ///< magnetisation per site; empty for Potts sites
  Eigen::MatrixXd q_planted;  ///< overlap with the planted signal; empty where there is none
  Eigen::MatrixXd q_replica;  ///< overlap of chains 0 and 1, 2 and 3, ... at the same draw: chains/2 rows
  Eigen::MatrixXd log_q;      ///< where the sampler knows it, else empty
  PairOverlap pair;           ///< mean over draws and pairs of different chains at the same draw
  OverlapHistogram pair_overlaps, planted_overlaps;  ///< P(q) between different chains, and with the planted signal
  std::optional<double> round_trips;  ///< of all chains, from the first draw to the last; where the sampler counts them
  bool exact_start = false;           ///< the chains, with all they keep, were put at exact draws: exact at every time
  std::int64_t unconverged = 0;       ///< denoiser calls (one column each) that did not converge
  Work work;                          ///< warm-up included
  double seconds = 0;  ///< core time of the steps alone (the caller's thread): recording, and energies of generators,
                       ///< are not in it
};

/// Runs `sampler`, which has `chains` columns, on `model`, and hands every draw to put(draw, x, lp, info, log_q).
/// tick() after every step may throw.
using Put = std::function<void(int draw, const Batch& x, const PerColumn& lp, const StepInfo& info,
                               const std::optional<PerColumn>& log_q)>;
Record record(const AnyModel& model, AnySampler& sampler, Index chains, const Schedule& schedule, const Put& put,
              const std::function<void()>& tick);

}  // namespace glass

#pragma once
// ln Z by Markov chains: parallel tempering from the target to power 0, where it is known, and two estimators.
#include "bench/registry.hpp"
#include "spinglass/multistate.hpp"

namespace glass {

struct McmcTruthOptions {
  std::string kernel = "glauber";  ///< SPEC
  int rungs = 17;
  Index chains = 16;
  int warmup = 1024, draws = 2048;  ///< steps of tempering; the warm-up lays out the ladder
};

struct McmcTruth {
  LogRatio multistate, integral;        ///< ln Z, sum over configurations included
  double energy = 0, energy_error = 0;  ///< <E> = -<ln L>/beta at the target, error over chains
  double round_trips = 0;  ///< per chain, after the warm-up; none: the chains may not have met all of the target
  /// What contradicts the result: no round trips, estimators that differ by more than 4 of their errors. Empty:
  /// nothing.
  std::string doubt;
};

/// ln Z = ln Z at power 0 (free sites of q symbols: their number times ln q) + ln(Z/Z_0) from the chains; spins and
/// colours. Costs rungs * chains * (warmup + draws) steps of the kernel. Throws Refused for other sites, and where the
/// kernel's temperature is fixed.
McmcTruth mcmc_truth(const AnyModel& model, std::uint32_t seed, const McmcTruthOptions& options = {},
                     const Tick& tick = {});

}  // namespace glass

#pragma once
// What can be measured because the planted signal is known, and is an exact draw: bounds and controls of ln Z, and who
// finds the signal.
#include <Eigen/Dense>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/registry.hpp"
#include "bench/statistics.hpp"

namespace glass {

/// ln Z per site as theory has it, with the words that say how; nothing where it does not: the annealed value and, for
/// dense models, the replica-symmetric one beyond it.
std::optional<LogPartition> predicted_log_partition(const AnyModel& model);
/// What moves an instance's ln Z where the signal's state is all there is, and has mean 0 exactly, per site: a row for
/// each of `instances`. ln L(x*) less its mean over the noise; for the sparse matrix also |x*|^2 less its. No columns
/// for models whose ln L(x*) does not vary.
Eigen::MatrixXd control_variates(const std::string& model, int instances, std::uint32_t seed);
/// The overlap above which a configuration belongs to the signal: half of the informed branch's without side
/// information; nothing where there is no such branch (or a denoiser cannot miss it: it is below 0.05 |x*|^2/N).
std::optional<double> signal_overlap(const AnyModel& model);

/// How often the posterior mean that a denoiser finds from its own start has at least the overlap `level` with the
/// signal.
struct Found {
  MeanAndError fraction;  ///< over instances
  double unconverged = 0;
};
Found found_by_denoiser(const std::string& model, const std::string& denoiser, double level, int instances, int columns,
                        std::uint32_t seed);

/// -ln q(x*), the upper bound on ln Z per site, of each instance; +inf where the sampler gives the signal no chance.
/// The order of the reveals is part of the sampler: q is the mean over `orders` of them, which is a bound for any
/// number, and a closer one for more. Where x -> -x is a symmetry one order is not enough: message passing that has
/// been shown one site takes the state with that sign there, and where x* has the rarer one the rest of that order
/// costs O(N). Throws BadInput for a sampler that does not know ln q.
struct SignalBound {
  std::vector<double> per_instance;
  double unconverged = 0;  ///< fraction of the denoiser's calls
};
SignalBound bound_at_signal(const std::string& model, const std::string& sampler, int instances, int orders,
                            std::uint32_t seed, const Tick& tick = {});

}  // namespace glass

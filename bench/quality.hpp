#pragma once
// How a sampler is judged on an ensemble of instances (docs/method.md): paired energy, Nishimori gap, likelihood
// bounds, autocorrelation, and the verdict that follows from them. The independent unit is the instance.
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bench/record.hpp"
#include "bench/statistics.hpp"

namespace glass {

/// One instance, reduced to numbers. Energies per spin.
struct InstanceQuality {
  double paired_energy = 0;                     ///< mean [E(x) - E(x*)]/N, random starts
  std::optional<double> paired_energy_planted;  ///< the same from chains started at x*
  double q_planted = 0, q2_planted = 0;         ///< mean q(x, x*), q^2
  double q_pair = 0, q2_pair = 0;               ///< mean q(x, x'), q^2, x and x' independent
  bool has_pairs = false;
  double energy = 0;                 ///< mean E/N
  std::optional<double> elbo, eubo;  ///< per spin
  std::optional<double> tau, ess;    ///< steps; draws
  Work work;                         ///< of the random-start run
  std::int64_t draws = 0, unconverged = 0;
  double seconds = 0;  ///< not part of the JSON below: times are kept apart from reproducible data
};
nlohmann::json to_json(const InstanceQuality& q);
InstanceQuality instance_quality_from(const nlohmann::json& j);

/// `random`: chains that never saw x*. `planted`: chains started there, or null. `log_q_truth`: ln q(x*) over one or
/// more orders, or empty.
InstanceQuality judge_instance(const AnyModel& model, const Schedule& schedule, Kind kind, const Record& random,
                               const Record* planted, const PerColumn& log_q_truth);

struct NishimoriGap {
  Estimate q2, q;               ///< mean over instances of q(x,x*) - q(x,x'), squared and plain
  bool signed_overlap = false;  ///< q counts too: no global flip symmetry
  bool informative = false;  ///< E q(x,x')^2 > 3/N (Potts: of the excess over 1/q^2); else independent sites would pass
};

/// A cell of the comparison: one sampler on one ensemble.
struct CellQuality {
  bool planted = false;
  Kind kind = Kind::chain;
  Estimate energy;  ///< E/N
  std::optional<Estimate> paired_energy, paired_energy_planted, start_gap;
  std::optional<NishimoriGap> nishimori;
  std::optional<Estimate> elbo, eubo, tau;
  std::optional<double> ess;  ///< over all instances
  Work work;
  double seconds = 0;
  std::int64_t draws = 0, unconverged = 0;
  std::vector<double> paired_per_instance;
  std::optional<double> unconverged_fraction() const;
};

CellQuality judge_cell(const AnyModel& model, Kind kind, const std::vector<InstanceQuality>& instances);

/// The verdict in words. Each statement is tested at two-sided level `alpha` (Student's t over instances; Bonferroni is
/// the caller's, who knows how many cells there are).
std::string verdict(const CellQuality& q, double alpha);

}  // namespace glass

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

/// Two digits, of whole hundreds three.
std::string percent(double fraction);

/// x -> -x leaves the law alone: even interactions or not-all-equal clauses, no field, no pins.
bool flip_symmetric(const AnyModel& model);

/// How well the chains of one instance agree on one scalar (bench/convergence.hpp).
struct ScalarMixing {
  std::string name;                  ///< E, m, q_planted, or q_replica; |m|, |q| where a global flip changes nothing
  std::optional<double> rhat;        ///< random starts
  std::optional<double> rhat_mixed;  ///< random and planted starts together
  std::optional<double> bulk_ess, tail_ess;  ///< random starts
};

/// One instance, reduced to numbers. Energies per spin.
struct InstanceQuality {
  double paired_energy = 0;                     ///< mean [E(x) - E(x*)]/N, random starts
  std::optional<double> paired_energy_planted;  ///< the same from chains started at x*
  bool exact_start = false;                     ///< those are exact at every time, if the kernel is right
  double q_planted = 0, q2_planted = 0;         ///< mean q(x, x*), q^2
  double q_pair = 0, q2_pair = 0;               ///< mean q(x, x'), q^2, x and x' independent
  bool has_pairs = false;
  double energy = 0;                 ///< mean E/N
  std::optional<double> elbo, eubo;  ///< per spin
  /// ln Z per spin from the mean of the importance weights w = prior L/q over the draws, and the effective draws
  /// (sum w)^2/sum w^2 as a fraction of all. Where that is small, ln Z is too low by an unknown amount.
  std::optional<double> weighted_log_z, weight_ess;
  std::optional<double> tau, ess;    ///< steps; draws
  std::vector<ScalarMixing> mixing;  ///< of chains; empty for generators
  int chains = 0;                    ///< from random starts
  std::optional<double> round_trips;
  std::vector<double> pair_overlaps, planted_overlaps;  ///< densities over OverlapHistogram's bins; empty: none
  Work work;                                            ///< of the random-start run
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
  MeanAndError q2, q;           ///< mean over instances of q(x,x*) - q(x,x'), squared and plain
  bool signed_overlap = false;  ///< q counts too: no global flip symmetry
  bool informative = false;  ///< E q(x,x')^2 > 3/N (Potts: of the excess over 1/q^2); else independent sites would pass
};

/// R-hat of the worst scalar, instance by instance, from random starts or from random and planted starts together.
struct RHats {
  int chains = 0;                            ///< that each is of
  std::vector<std::optional<double>> worst;  ///< per instance; nothing where nothing moved
  std::optional<double> largest() const;
  std::optional<double> median() const;
};

/// Do the chains of a cell agree?
struct CellMixing {
  int draws = 0, scalars = 0;  ///< per chain; looked at
  RHats random;
  std::optional<RHats> mixed;                      ///< where planted starts were run
  std::optional<double> bulk_ess, tail_ess;        ///< smallest over the scalars, mean over instances
  std::optional<std::vector<double>> round_trips;  ///< per instance, where the sampler counts them
  /// Instances of `r` above rhat_limit, at which a cell of independent draws has one with probability `alpha`.
  int above(const RHats& r, double alpha) const;
  double limit(const RHats& r, double alpha) const;
};

/// A cell of the comparison: one sampler on one ensemble.
struct CellQuality {
  bool planted = false;
  bool exact_start = true;  ///< of planted starts: Record::exact_start
  Kind kind = Kind::chain;
  MeanAndError energy;  ///< E/N
  std::optional<MeanAndError> paired_energy, paired_energy_planted, start_gap;
  std::optional<NishimoriGap> nishimori;
  std::optional<MeanAndError> elbo, eubo, weighted_log_z, weight_ess, tau;
  std::optional<MeanAndError> above_bound;  ///< weighted_log_z - eubo: its mean is not above 0
  std::optional<double> ess;                ///< over all instances
  std::optional<CellMixing> mixing;         ///< chains only
  /// P(q) averaged over instances, per bin of OverlapHistogram; empty where there are no pairs, or no signal.
  std::vector<MeanAndError> pair_overlaps, planted_overlaps;
  Work work;
  double seconds = 0;
  std::int64_t draws = 0, unconverged = 0;
  std::vector<double> paired_per_instance;
  std::vector<double> eubo_per_instance;  ///< where there is one
  std::optional<double> unconverged_fraction() const;
};

CellQuality judge_cell(const AnyModel& model, Kind kind, const std::vector<InstanceQuality>& instances);

/// Statements of a verdict that are tested: planted starts, start gap, random starts, q^2, q, R-hat, ln Z by weights
/// above EUBO.
inline constexpr int kTestedStatements = 7;
/// The verdict in words. Each statement is tested at level `alpha` (Student's t over instances, two-sided; R-hat of
/// independent draws); Bonferroni is the caller's, who knows how many cells there are. What says nothing of the law
/// (chains that have not mixed, calls that did not converge, no round trip) is stated beside "agrees".
std::string verdict(const CellQuality& q, double alpha);

}  // namespace glass

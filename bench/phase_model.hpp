#pragma once
// What theory can draw a phase diagram of, by SPEC: the ensembles, not their instances.
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/registry.hpp"
#include "spinglass/dense_phase.hpp"
#include "spinglass/phase.hpp"

namespace glass {

/// An ensemble and one value of its control parameter.
class AnyPhase {
 public:
  virtual ~AnyPhase() = default;
  virtual PhaseThresholds thresholds(Path path) const = 0;
  virtual PhaseLines lines(Path path) const = 0;
  /// Overlaps of both branches at ascending side information. Throws Refused where `no_branches` says why.
  /// Of density evolution they are read off a curve of points: to some 0.01, worse where a branch bends between two.
  virtual std::vector<DensePhase::Branches> branches(Path path, std::span<const double> sides) const = 0;
  /// ln Z per site beyond the annealed value (where knowing nothing is all there is to know), without side information:
  /// the larger free entropy of the two branches, of dense models. Nothing of others: those are annealed up to their
  /// static threshold, and beyond it nothing is said here.
  virtual std::optional<double> free_entropy() const { return std::nullopt; }

  std::string name;
  std::vector<KeyValue> parameters;  ///< the ensemble's keys, the control parameter left out
  std::string control_name;
  double control = 0;
  std::string no_branches;                       ///< why `branches` refuses, where it does: ask first, it costs nothing
  bool sampled = false;                          ///< the numbers have noise
  bool costly = false;                           ///< `lines` takes a second, not a fraction of a millisecond
  std::string error_is = "a first-order bound";  ///< what their errors are

  /// "name:key=value,..." with the control parameter.
  std::string spec() const;
};

/// Throws BadInput for unknown names and keys, with the nearest one.
std::unique_ptr<AnyPhase> make_phase(std::string_view spec);
/// The ensemble that an instance was drawn from, at its control parameter. Null where theory here says nothing of it:
/// fields, sparse models at a temperature, regular graphs, models that are not in the list.
std::unique_ptr<AnyPhase> phase_of(const AnyModel& model);
/// The grid of a sampler that diffuses: steps + 1 values of the side information gamma^2, `first` to `last`, at which
/// the overlap of the uninformed branch, which such a sampler follows, has risen by equal parts; read off a grid of
/// gamma 16 times as fine, so that a jump gets its part of the steps. It starts at the branch's value at `first`: an
/// overlap that is there without side information (a symmetry to break) takes no steps. Throws Refused, in the name of
/// `who`, where theory here does not know the ensemble, or not as a function of gamma.
std::vector<double> predicted_times(const AnyModel& model, const std::string& who, double first, double last,
                                    int steps);
/// "a:b:step" or "a|b|c": side information, ascending, from 0 or above, below 1 on the erasure path. Throws BadInput.
std::vector<double> side_values(const std::string& text, Path path);
/// What `list phases` and `describe` show.
std::vector<EntryInfo> phase_infos();

/// diffusion or autoregressive; BadInput for another word.
Path path_named(const std::string& name);
const char* to_text(Path path);
const char* to_text(PhaseAtZero phase);

/// What every answer about a model says of it: its keys, the path, the control parameter.
nlohmann::json head(const AnyPhase& model, Path path);
/// The keys that scripts rely on, numbers or null, and the errors beside them.
nlohmann::json to_json(const AnyPhase& model, Path path, const PhaseThresholds& t);
nlohmann::json to_json(const AnyPhase& model, Path path, const PhaseLines& l);
/// One line of the table of lines, and its header. Absent lines are empty cells.
std::string lines_csv_header();
std::string to_csv(double control, const PhaseLines& l);

}  // namespace glass

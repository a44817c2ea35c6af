#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bench/plan.hpp"
#include "bench/quality.hpp"

namespace glass {

/// A finished (model, sampler) cell.
struct Cell {
  std::string model, sampler;  ///< resolved SPECs; the model's instance number is the first of `instances`
  std::string family, file;
  Index n = 0;
  double beta = 1;
  RunLength run;
  int instances = 0;
  std::optional<LogPartition> log_partition;  ///< per spin
  CellQuality quality;
  bool timed = true;  ///< false where a skipped cell has no times beside it
  std::string verdict;
};
struct RefusedCell {
  std::string model, sampler, reason;
};
struct Comparison {
  std::vector<Cell> cells;
  std::vector<RefusedCell> refused;
};

/// Runs what is not there yet: each cell is one file under out/cells, written whole, and a cell whose file is there is
/// skipped. Instances run in parallel; the data do not depend on how many threads there are. `out` belongs to one plan:
/// another one's folder is refused. Writes plan.json, cells/*.nc (samples), cells/*.time.json, summary.json, table.md.
/// All SPECs are checked before anything runs or is written.
Comparison compare(const Plan& plan, const std::filesystem::path& out, bool quiet);

}  // namespace glass

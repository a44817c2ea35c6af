#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "samplers/run.hpp"

namespace glass {

/// What to run a sampler for. chains: columns per instance from random starts (and as many from the planted signal).
struct RunLength {
  int chains = 16, warmup = 500, draws = 100, thin = 10;
  Schedule schedule() const { return {warmup, draws, thin}; }
};

/// A comparison: every model with every sampler, on the same `instances` instances.
struct Plan {
  struct Sampler {
    std::string spec;
    RunLength run;
    std::vector<std::string> models;  ///< names of the models it runs on; empty: all
  };
  std::uint32_t seed = 1;
  int instances = 16;
  std::vector<std::string> models;  ///< plain SPECs: sweeps are expanded
  std::vector<Sampler> samplers;

  /// Reads a TOML plan (docs/file-formats.md). Throws BadInput: one line with path, key or line, and remedy.
  static Plan read(const std::string& path);
};

/// The plan as it will be run. Equal plans give equal text.
nlohmann::json to_json(const Plan& plan);

}  // namespace glass

#pragma once
// What theory says of samplers at N -> infinity, held against samplers at finite N: `glassmark reproduce finite-size`.
#include <Eigen/Dense>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bench/compare.hpp"
#include "bench/phase_model.hpp"

namespace glass {

/// One ensemble, over its control parameter and over sizes. All of it is planted.
struct FiniteSizePanel {
  std::string name;
  std::string model;          ///< SPEC of the ensemble as `phase` knows it, without the control parameter
  std::string control;        ///< the name of that parameter
  std::vector<double> lines;  ///< control values of the predicted curves

  /// A comparison: samplers at these control values, all on the same instances.
  struct Sweep {
    std::string what;  ///< "sweep": over the control parameter; "effort": samplers made longer and longer at one value
    Index n;
    int instances;
    std::vector<double> controls;
    std::vector<Plan::Sampler> samplers;
  };
  std::vector<Sweep> sweeps;

  /// The path KL of diffusion that follows the denoiser from no side information, 1/2 int MSE dgamma^2 - S/N.
  struct PathKl {
    Index n;
    int instances;
    std::vector<double> controls;
    std::string denoiser;
  };
  std::vector<PathKl> path_kl;

  /// EUBO - ln Z of a sampler that knows ln q, from -ln q(x*) alone: no draw is made. Once reveals have gone wrong
  /// message passing converges badly and a draw is dear; along the signal, which is an exact draw, it is cheap at any
  /// N.
  struct ForwardKl {
    Index n;
    int instances;
    std::vector<double> controls;
    std::string sampler;
    int orders = 1;  ///< see bound_at_signal
  };
  std::vector<ForwardKl> forward_kl;

  /// How many sweeps a chain needs from a random start until it meets the signal, and how often message passing does.
  struct Passage {
    Index n;
    int instances, chains, steps;  ///< 0 steps: message passing only, which goes to larger sizes
    std::vector<double> controls;
    std::string sampler, denoiser;
  };
  std::vector<Passage> passages;
};

/// `quick`: small sizes and few instances, a minute or two on two cores; otherwise hours.
std::vector<FiniteSizePanel> finite_size_panels(bool quick);

/// A panel's model SPEC at a size and a value of the control parameter.
std::string finite_size_model(const FiniteSizePanel& panel, Index n, double control);
/// The plan of a sweep.
Plan finite_size_plan(const FiniteSizePanel& panel, const FiniteSizePanel::Sweep& sweep);

/// Runs what is not there yet under out/runs/PANEL and writes out/PANEL.csv (a row per sampler, size and control
/// value), PANEL-lines.csv (predicted), PANEL-path-kl.csv, PANEL-forward-kl.csv, PANEL-passage.csv and PANEL.json
/// (thresholds, plans, version).
void run_finite_size(const FiniteSizePanel& panel, const std::filesystem::path& out, bool quick, bool quiet);

}  // namespace glass

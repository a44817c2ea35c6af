#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/calibration.hpp"
#include "bench/conformance.hpp"
#include "bench/registry.hpp"
#include "bench/step_bias.hpp"

namespace glass {

/// Probabilities of all q^n configurations of a model (numbered as in Configurations), by enumeration. At most 1024.
Eigen::VectorXd enumerated_law(const AnyModel& model);

/// One (model, sampler) pair held to what its Traits promise.
struct Verified {
  std::string model, sampler;
  std::optional<Conformance> conformance;  ///< exact, or exact in the limit
  std::optional<BiasOrder> order;          ///< approximate, with a claimed order in the step
  double claimed = 0;
  std::string refused;              ///< why nothing could be checked
  bool passed(double level) const;  ///< nothing contradicts the promise
  bool shown() const;               ///< and the draws were enough to show it; always so for laws
};

/// Every sampler on every model; generators use the exact denoiser unless they name another. A failed check is a
/// result, not an exception. `draws`: exact starts per check. after(result) is called one at a time and in the order of
/// the results, as soon as all before it are there; from any thread.
std::vector<Verified> verify(const std::vector<std::string>& models, const std::vector<std::string>& samplers,
                             int draws, std::uint32_t seed, const std::function<void(const Verified&)>& after = {});

/// The peaked targets of all registered models.
std::vector<std::string> verify_models();
/// One SPEC per promise of every registered sampler: flow in both schemes.
std::vector<std::string> verify_samplers();

/// An exact sampler on the planted version of a model, or why there is no such pair.
struct Calibrated {
  std::string model, sampler;
  std::vector<Check> checks;
  std::string refused;
};
/// Simulation-based calibration (bench/calibration.hpp) of every pair in which the model can plant a signal and the
/// sampler promises exact draws; generators use the exact denoiser unless they name another. after(result) is called
/// as they come.
std::vector<Calibrated> calibrations(const std::vector<std::string>& models, const std::vector<std::string>& samplers,
                                     int instances, std::uint32_t seed,
                                     const std::function<void(const Calibrated&)>& after = {});

/// Level of a single check at which all of `results` pass together with probability 1 - overall, were all right.
double verify_level(const std::vector<Verified>& results, double overall);

}  // namespace glass

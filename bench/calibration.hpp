#pragma once
// Simulation-based calibration (Cook, Gelman & Rubin 2006; Talts, Betancourt, Simpson, Vehtari & Gelman 2018), which in
// physics is the Nishimori identity: given the disorder, the planted signal is one more draw of the posterior. So among
// L exact draws its rank in any scalar is uniform on 0..L, whatever the disorder.
#include <functional>
#include <memory>
#include <vector>

#include "bench/conformance.hpp"
#include "bench/registry.hpp"

namespace glass {

/// One instance: a planted model, and a sampler of its posterior with as many columns as were asked for.
struct CalibrationCase {
  std::unique_ptr<AnyModel> model;
  std::unique_ptr<AnySampler> sampler;
};
using CalibrationMaker = std::function<CalibrationCase(std::uint32_t instance, Index columns)>;

struct CalibrationOptions {
  std::uint32_t seed = 1;
  int instances = 400;
  int draws = 7;  ///< L; one draw of each column. instances/(L + 1) must be at least 5
};

/// Chi-squared tests of uniform ranks, L degrees of freedom, one for each scalar: energy, magnetisation, correlation of
/// neighbours in number, and a random linear form. None looks at the planted signal but to take its rank. Ties are
/// broken at random by the stream (seed, Purpose::null_model, instance); energies within 1e-5 are ties. Instances run
/// in parallel; the result does not depend on how many threads there are. Throws BadInput where nothing is planted.
std::vector<Check> calibrate(const CalibrationMaker& make, const CalibrationOptions& options,
                             const std::function<void()>& tick = {});

}  // namespace glass

#pragma once
// What is known exactly, or with an error bar, of one instance: `glassmark truth`.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/mcmc_truth.hpp"

namespace glass {

/// An answer with its error: standard error where it was sampled, a bound on rounding where it was computed.
struct Known {
  double value = 0, error = 0;
};
/// What one method found. What it cannot say is left out.
struct Truth {
  std::string method, how;  ///< its name; how it was used on this instance
  std::optional<Known> log_partition;
  std::optional<Known> energy;  ///< <H>, not per spin
  Eigen::VectorXd mean;         ///< <x_i>, empty where unknown
  double mean_error = 0;        ///< of each
};
/// A way to know. `run` throws Refused, with the reason, where the method does not apply.
struct TruthMethod {
  std::string name;
  std::function<Truth(const AnyModel& model, std::uint32_t seed)> run;
};
/// All there are; a new one is a line in truth.cpp.
const std::vector<TruthMethod>& truth_methods();

/// A method that did not apply, and why.
struct NotApplied {
  std::string method, why;
};
struct Truths {
  std::vector<Truth> found;
  std::vector<NotApplied> refused;
  std::vector<std::string> contradictions;  ///< one line each: two answers further apart than their errors allow
};
/// Every method that applies to the model. Two values contradict each other where they differ by more than 5 combined
/// errors.
Truths truths_of(const AnyModel& model, std::uint32_t seed);

/// By tempering, held against what was found before; what casts doubt on it is a contradiction too.
void add_tempering(Truths& all, const AnyModel& model, std::uint32_t seed, const McmcTruthOptions& options,
                   const Tick& tick = {});

}  // namespace glass

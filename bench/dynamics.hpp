#pragma once
// How a chain moves away from its start: overlaps and energy against time from random and from planted starts, and the
// times at which the barrier between the two is crossed.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/statistics.hpp"
#include "bench/survival.hpp"
#include "models/core/types.hpp"

namespace glass {

struct DynamicsOptions {
  std::uint32_t seed = 1;
  int steps = 1000, chains = 8, instances = 16;
  bool random = true, planted = true;
  double low = 0.2, high = 0.6;  ///< overlaps with the signal at the two ends of the barrier
};

/// Averages over chains, then over instances, at the times of the Dynamics they are in.
struct DynamicsCurve {
  std::string start;                          ///< "random" or "planted"
  std::vector<MeanAndError> energy, q_start;  ///< per spin; with the configuration at time 0
  std::vector<MeanAndError> q_planted;        ///< with the signal; empty where there is none
};

/// First passages to the other end of the barrier: of planted starts to an overlap of at most `low` with the signal, of
/// random starts to at least `high`. |q| where a global flip changes nothing. Looked at after every step; who has not
/// passed at the end is censored.
struct Crossing {
  std::string start;
  std::vector<Lifetime> passages;   ///< all chains of instance 0, then of instance 1, ...
  std::optional<double> median;     ///< Kaplan-Meier
  std::optional<double> low, high;  ///< of the median, 95%, resampling instances; nothing: beyond the end
  int crossed() const;
};

/// One model with one sampler.
struct Dynamics {
  std::string model, sampler;  ///< resolved; the model's instance number is the first of `instances`
  Index n = 0;
  double beta = 1;
  int instances = 0, chains = 0;
  std::vector<int> times;  ///< steps: 0, and about ten a decade up to the last
  std::vector<DynamicsCurve> curves;
  std::vector<Crossing> crossings;             ///< of planted models
  std::optional<MeanAndError> planted_energy;  ///< of the signals, per spin
};

/// 0, then the distinct round(10^{k/10}), the last one being `steps`.
std::vector<int> dynamics_times(int steps);

/// Instances run in parallel; the result does not depend on how many threads there are. Step sizes stay as the SPEC
/// gives them: nothing adapts. tick() after every step of an instance, from any thread; it may throw. Throws BadInput
/// for samplers that draw afresh, and for planted starts without a signal or of a chain that cannot be placed.
Dynamics dynamics(const std::string& model, const std::string& sampler, const DynamicsOptions& options,
                  const std::function<void()>& tick);

}  // namespace glass

#pragma once
#include <string_view>

#include "samplers/sweep.hpp"

namespace glass {

/// Metropolis: flip with probability min(1, exp(-2 x_i g_i)). With u uniform that is x_i g_i < -(1/2) ln u.
/// Metropolis et al., J. Chem. Phys. 21, 1087 (1953).
///
/// In a fixed order a spin without a field would flip at every sweep: period 2, and no equilibrium. So one attempt in
/// 64 is a pass: the word's six low bits, which the threshold does not use, are all zero.
struct MetropolisRule {
  static constexpr std::string_view name = "metropolis";
  static constexpr std::string_view formula =
      "flip x_i with min(1, exp(-2 x_i g_i)), sites in order, 1 attempt in 64 passed";
  static constexpr std::string_view reference =
      "Metropolis, Rosenbluth, Rosenbluth, Teller and Teller, J. Chem. Phys. 21, 1087 (1953)";
  struct Pair {
    float below, above;
  };
  static Pair thresholds(std::uint32_t word) {
    const float e = (word & 63u) ? half_log(word | 63u) : -Tilt::kFree;
    return {e, -e};
  }
};

template <SpinTarget T>
using Metropolis = Sweep<T, MetropolisRule>;

}  // namespace glass

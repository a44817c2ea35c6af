#pragma once
#include <string_view>

#include "samplers/sweep.hpp"

namespace glass {

/// Heat bath: the spin is drawn from its law given the others, P(x_i = +1) = 1/(1 + exp(-2 g)), g its local field.
/// With u uniform that is: up where g > (1/2) ln(u/(1-u)), whatever it was. Glauber, J. Math. Phys. 4, 294 (1963).
/// Tails below 2^-32 are cut (half_logit).
struct HeatBathRule {
  static constexpr std::string_view name = "glauber";
  static constexpr std::string_view formula = "x_i ~ 1/(1 + exp(-2 x_i g_i)), sites in order";
  static constexpr std::string_view reference = "Glauber, J. Math. Phys. 4, 294 (1963)";
  struct Pair {
    float below, above;
  };
  static Pair thresholds(std::uint32_t word) {
    const float theta = half_logit(word);
    return {theta, theta};
  }
};

template <SpinTarget T>
using Glauber = Sweep<T, HeatBathRule>;

}  // namespace glass

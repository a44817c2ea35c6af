#pragma once
#include "samplers/langevin_step.hpp"

namespace glass {

struct UlaOptions {
  double step = 0.02;
  static constexpr std::tuple fields{
      Field{"step",
            &UlaOptions::step,
            "",
            "eta, the time step: the law is off by its first power",
            {.least = 0, .above = true}},
  };
};

/// Unadjusted Langevin: LangevinStep with drift and no acceptance, the Euler scheme of overdamped Langevin dynamics.
/// Its stationary law is off by O(eta): Talay and Tubaro, Stoch. Anal. Appl. 8, 483 (1990).
struct UlaRule {
  using Options = UlaOptions;
  static constexpr std::string_view name = "ula";
  static constexpr std::string_view formula =
      "x' = x + eta grad ln p + sqrt(2 eta) z (sphere: tangent, then back to |x|^2 = N)";
  static constexpr std::string_view reference =
      "Parisi, Nucl. Phys. B 180, 378 (1981); Talay and Tubaro, Stoch. Anal. Appl. 8, 483 (1990)";
  static constexpr bool drifts = true, accepts = false;
  static constexpr double order = 1;
};
template <SmoothTarget T>
using Ula = LangevinStep<T, UlaRule>;

}  // namespace glass

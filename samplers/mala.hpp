#pragma once
#include "samplers/langevin_step.hpp"

namespace glass {

struct MalaOptions {
  double step = 0.1;
  bool adapt = true;
  double goal = 0.57;
  static constexpr std::tuple fields{
      Field{"step",
            &MalaOptions::step,
            "",
            "eta, where adaptation starts or, without it, stays",
            {.least = 0, .above = true}},
      Field{"adapt", &MalaOptions::adapt, "", "find eta in warm-up; it is frozen afterwards"},
      Field{"goal", &MalaOptions::goal, "", "acceptance to adapt to", {.least = 0.01, .most = 0.99}},
  };
};

/// Metropolis-adjusted Langevin: LangevinStep with drift, accepted or rejected. Roberts and Tweedie, Bernoulli 2, 341
/// (1996); goal 0.57, the optimum for many independent sites: Roberts and Rosenthal, J. R. Stat. Soc. B 60, 255 (1998).
struct MalaRule {
  using Options = MalaOptions;
  static constexpr std::string_view name = "mala";
  static constexpr std::string_view formula =
      "x' = x + eta grad ln p + sqrt(2 eta) z (sphere: tangent, then back to |x|^2 = N), accept or reject";
  static constexpr std::string_view reference = "Roberts and Tweedie, Bernoulli 2, 341 (1996)";
  static constexpr bool drifts = true, accepts = true;
};
template <SmoothTarget T>
using Mala = LangevinStep<T, MalaRule>;

}  // namespace glass

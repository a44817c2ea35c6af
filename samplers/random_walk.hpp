#pragma once
#include "samplers/langevin_step.hpp"

namespace glass {

struct RandomWalkOptions {
  double step = 0.1;
  bool adapt = true;
  double goal = 0.234;
  static constexpr std::tuple fields{
      Field{"step",
            &RandomWalkOptions::step,
            "",
            "half the variance of a site's move, where adaptation starts",
            {.least = 0, .above = true}},
      Field{"adapt", &RandomWalkOptions::adapt, "", "find the step in warm-up; it is frozen afterwards"},
      Field{"goal", &RandomWalkOptions::goal, "", "acceptance to adapt to", {.least = 0.01, .most = 0.99}},
  };
};

/// Random-walk Metropolis, all sites at once: LangevinStep without drift. Goal 0.234: Roberts, Gelman and Gilks, Ann.
/// Appl. Probab. 7, 110 (1997).
struct RandomWalkRule {
  using Options = RandomWalkOptions;
  static constexpr std::string_view name = "random-walk";
  static constexpr std::string_view formula = "x' = x + sqrt(2 eta) z (sphere: along a great circle), accept or reject";
  static constexpr std::string_view reference =
      "Metropolis et al., J. Chem. Phys. 21, 1087 (1953); Roberts, Gelman and Gilks, Ann. Appl. Probab. 7, 110 (1997)";
  static constexpr bool drifts = false, accepts = true;
};
template <SmoothTarget T>
using RandomWalk = LangevinStep<T, RandomWalkRule>;

}  // namespace glass

#pragma once
#include <cmath>

#include "models/environment.hpp"

namespace glass {

/// Keys of models whose H counts violated constraints: temperature may be 0.
struct ConstraintOptions : SpinOptions {
  ConstraintOptions() {
    n = 1000;
    temperature = 0;
  }
  static constexpr std::tuple hard_temperature_field{
      Field{"temperature",
            &SpinOptions::temperature,
            "per violated constraint",
            "T = 1/beta; 0: uniform over solutions (over what violates fewest, where there is none)",
            {.least = 0}}};

  /// Throws BadInput: at temperature 0 a field in H outweighs everything.
  void check(std::string_view model) const {
    if (temperature == 0 && (field != 0 || field_spread != 0))
      throw BadInput(std::string(model) +
                     ": temperature=0: field and field_spread belong to H and would freeze every site; set them to 0 "
                     "or choose temperature > 0");
  }
};

}  // namespace glass

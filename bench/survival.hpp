#pragma once
#include <optional>
#include <vector>

namespace glass {

/// How long something lasted: until it ended, or until nobody looked any more (censored).
struct Lifetime {
  double time = 0;
  bool ended = false;
};

/// A step of the survival function: it has this value from `time` on.
struct SurvivalStep {
  double time = 0, surviving = 1;
};
/// Kaplan & Meier's estimate (J. Am. Stat. Assoc. 53, 457, 1958), one step per time at which something ended: prod over
/// those times of 1 - ended/at risk. What is censored at a time was at risk at it.
std::vector<SurvivalStep> survival(std::vector<Lifetime> all);
/// First time at which no more than half survive; nothing where more than half do to the end.
std::optional<double> median_lifetime(const std::vector<Lifetime>& all);

}  // namespace glass

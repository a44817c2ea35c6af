#include "bench/survival.hpp"

#include <algorithm>

namespace glass {

std::vector<SurvivalStep> survival(std::vector<Lifetime> all) {
  std::sort(all.begin(), all.end(), [](const Lifetime& a, const Lifetime& b) { return a.time < b.time; });
  std::vector<SurvivalStep> out;
  double surviving = 1;
  for (std::size_t k = 0; k < all.size();) {
    const std::size_t at_risk = all.size() - k;
    const double time = all[k].time;
    std::size_t ended = 0;
    for (; k < all.size() && all[k].time == time; ++k) ended += all[k].ended;
    if (ended == 0) continue;
    surviving *= double(at_risk - ended) / double(at_risk);
    out.push_back({time, surviving});
  }
  return out;
}

std::optional<double> median_lifetime(const std::vector<Lifetime>& all) {
  for (const SurvivalStep& s : survival(all))
    if (s.surviving <= 0.5 + 1e-12) return s.time;  // products of fractions round
  return std::nullopt;
}

}  // namespace glass

#pragma once
#include <cmath>
#include <cstdint>
#include <utility>

#include "models/core/types.hpp"

namespace glass {

/// A step size per column by dual averaging (Hoffman and Gelman, J. Mach. Learn. Res. 15, 1593 (2014), their eq. 6 with
/// gamma 0.05, t0 10, kappa 0.75, mu = ln 10 start): the steps tried in warm-up hunt round the answer, their weighted
/// mean is kept. Columns at the same power share one acceptance, as in StepSize.
struct DualAveraging {
  PerColumn log_tried, log_mean, error, mu;
  std::int64_t adapted = 0;
  bool trying = false;  ///< the next step is one of warm-up
  static void visit(auto& s, auto&& f) { f(s.log_tried, s.log_mean, s.error, s.mu, s.adapted, s.trying); }

  static DualAveraging of(double size, Index columns) {
    const PerColumn start = PerColumn::Constant(columns, std::log(size));
    return {start, start, PerColumn::Zero(columns), start.array() + std::log(10.0), 0, false};
  }
  double operator()(Index c) const { return std::exp(trying ? log_tried(c) : log_mean(c)); }
  void exchange(Index a, Index b) {
    for (PerColumn* each : {&log_tried, &log_mean, &error, &mu}) std::swap((*each)(a), (*each)(b));
  }
  void adapt(const PerColumn& acceptance, const PerColumn& power, double goal) {
    const double m = double(++adapted), weight = std::pow(m, -0.75);
    for (Index c = 0; c < acceptance.size(); ++c) {
      double sum = 0;
      Index alike = 0;
      for (Index d = 0; d < acceptance.size(); ++d)
        if (power(d) == power(c)) {
          sum += acceptance(d);
          ++alike;
        }
      error(c) += (goal - sum / double(alike) - error(c)) / (m + 10);
      log_tried(c) = mu(c) - std::sqrt(m) / 0.05 * error(c);
      log_mean(c) += weight * (log_tried(c) - log_mean(c));
    }
    trying = true;
  }
};

}  // namespace glass

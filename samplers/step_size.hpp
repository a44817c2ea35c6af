#pragma once
#include <cmath>
#include <cstdint>
#include <utility>

#include "models/core/types.hpp"

namespace glass {

/// A step size per column, moved in warm-up so that the acceptance meets a goal: Robbins-Monro on ln(size), gain
/// 2 k^-0.6 (Andrieu and Thoms, Stat. Comput. 18, 343 (2008)). Columns of a block at the same power share one
/// acceptance, their mean: alone, a column that warms up in one valley can freeze at a step that never leaves it.
struct StepSize {
  PerColumn log_size;
  std::int64_t adapted = 0;
  static void visit(auto& s, auto&& f) { f(s.log_size, s.adapted); }

  static StepSize of(double size, Index columns) { return {PerColumn::Constant(columns, std::log(size)), 0}; }
  double operator()(Index c) const { return std::exp(log_size(c)); }
  void exchange(Index a, Index b) { std::swap(log_size(a), log_size(b)); }
  void adapt(const PerColumn& acceptance, const PerColumn& power, double goal) {
    const double gain = 2.0 * std::pow(double(++adapted), -0.6);
    for (Index c = 0; c < acceptance.size(); ++c) {
      double sum = 0;
      Index alike = 0;
      for (Index d = 0; d < acceptance.size(); ++d)
        if (power(d) == power(c)) {
          sum += acceptance(d);
          ++alike;
        }
      log_size(c) += gain * (sum / double(alike) - goal);
    }
  }
};

}  // namespace glass

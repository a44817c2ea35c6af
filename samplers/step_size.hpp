#pragma once
#include <cmath>
#include <cstdint>

#include "models/core/types.hpp"

namespace glass {

/// A step size per column, moved in warm-up so that the acceptance meets a goal: Robbins-Monro on ln(size),
/// gain k^-0.75 (Andrieu and Thoms, Stat. Comput. 18, 343 (2008)). Columns do not see each other.
struct StepSize {
  PerColumn log_size;
  std::int64_t adapted = 0;
  static void visit(auto& s, auto&& f) { f(s.log_size, s.adapted); }

  static StepSize of(double size, Index columns) { return {PerColumn::Constant(columns, std::log(size)), 0}; }
  double operator()(Index c) const { return std::exp(log_size(c)); }
  void adapt(const PerColumn& acceptance, double goal) {
    const double gain = std::pow(double(++adapted), -0.75);
    log_size.array() += gain * (acceptance.array() - goal);
  }
};

}  // namespace glass

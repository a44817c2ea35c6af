#pragma once
#include <limits>

#include "models/core/types.hpp"

namespace glass {

/// A family of distributions round a target p(x) = prior(x) L(x), one member per column:
///
///     prior(x) L(x)^power exp(field . x - precision |x|^2 / 2)   on the sites that are not pinned.
///
/// Temperature is power, Gaussian side information is (precision, field), erasure is pins; mixed paths set all of them.
/// `none` of a bare target is what its `base(columns)` returns: the model's own pins are pins of its base tilt.
struct Tilt {
  PerColumn power;      ///< 1 x B
  PerColumn precision;  ///< 1 x B
  Batch field;          ///< dim x B
  Batch pinned;         ///< dim x B, kFree where free, else the value as `read` shows it

  /// +inf, not NaN: -ffast-math may fold isnan, and 0 is a symbol of {0, +-1}.
  static constexpr float kFree = std::numeric_limits<float>::infinity();

  static Tilt none(Index dim, Index columns) {
    return {PerColumn::Ones(columns), PerColumn::Zero(columns), Batch::Zero(dim, columns),
            Batch::Constant(dim, columns, kFree)};
  }
  Index columns() const { return power.size(); }
  bool free(Index i, Index c) const { return pinned(i, c) == kFree; }
  static void visit(auto& s, auto&& f) { f(s.power, s.precision, s.field, s.pinned); }
};

}  // namespace glass

#pragma once
#include <vector>

#include "models/core/types.hpp"

namespace glass {

/// What one site can be. Rows of a Batch = sites * width.
struct Alphabet {
  std::vector<float> values;  ///< scalar symbols: {-1,1}, {-1,0,1}; empty for the reals
  int onehot = 0;             ///< q > 0: a site is q rows, one of them 1 (Potts)

  int symbols() const { return onehot ? onehot : int(values.size()); }
  int width() const { return onehot ? onehot : 1; }
  /// What `symbol` shows in `row` of its site.
  float entry(int symbol, int row) const { return onehot ? float(symbol == row) : values[std::size_t(symbol)]; }

  static Alphabet spins() { return {{-1.f, 1.f}, 0}; }
  static Alphabet potts(int q) { return {{}, q}; }
  bool operator==(const Alphabet&) const = default;
};

}  // namespace glass

#pragma once
#include <vector>

#include "models/core/types.hpp"

namespace glass {

/// What one site can be. Rows of a Batch = sites * width.
struct Alphabet {
  std::vector<float> values;  ///< scalar symbols: {-1,1}, {-1,0,1}; empty for the reals
  int onehot = 0;             ///< q > 0: a site is q rows, one of them 1 (Potts)

  /// Most symbols of a site: kernels keep their weights in registers or on the stack.
  static constexpr int kMostSymbols = 16;

  int symbols() const { return onehot ? onehot : int(values.size()); }
  int width() const { return onehot ? onehot : 1; }
  /// What `symbol` shows in `row` of its site.
  float entry(int symbol, int row) const { return onehot ? float(symbol == row) : values[std::size_t(symbol)]; }
  /// The symbol that the width() rows of a site show; -1 where they show none.
  int symbol_of(const float* site) const {
    for (int s = 0; s < symbols(); ++s) {
      bool shown = true;
      for (int r = 0; r < width(); ++r) shown = shown && site[r] == entry(s, r);
      if (shown) return s;
    }
    return -1;
  }
  /// Writes `symbol` into the width() rows of a site.
  void show(int symbol, float* site) const {
    for (int r = 0; r < width(); ++r) site[r] = entry(symbol, r);
  }

  static Alphabet spins() { return {{-1.f, 1.f}, 0}; }
  static Alphabet ternary() { return {{-1.f, 0.f, 1.f}, 0}; }
  static Alphabet reals() { return {{}, 0}; }  ///< of what law, real_sites.hpp says
  static Alphabet potts(int q) { return {{}, q}; }
  bool operator==(const Alphabet&) const = default;
};

}  // namespace glass

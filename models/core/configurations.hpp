#pragma once
#include <algorithm>
#include <utility>

#include "models/core/alphabet.hpp"

namespace glass {

/// All q^sites configurations over a finite alphabet, numbered in base q: digit i, site 0 fastest, is the symbol at
/// site i. For +-1 spins: x_i = +1 where bit i of the number is set.
class Configurations {
 public:
  Configurations(Index sites, Alphabet alphabet) : sites_(sites), alphabet_(std::move(alphabet)) {}

  Index sites() const { return sites_; }
  const Alphabet& alphabet() const { return alphabet_; }
  Index dim() const { return sites_ * alphabet_.width(); }
  /// How many there are; `limit` + 1 where they are more than `limit`, and 0 for the reals.
  Index count(Index limit = Index{1} << 40) const {
    Index all = 1;
    for (Index i = 0; i < sites_ && all <= limit; ++i) all *= alphabet_.symbols();
    return std::min(all, limit + 1);
  }
  /// Writes configuration k into a column of dim() rows.
  void write(Index k, Eigen::Ref<Eigen::VectorXf> x) const {
    for (Index i = 0; i < sites_; ++i, k /= alphabet_.symbols())
      alphabet_.show(int(k % alphabet_.symbols()), x.data() + i * alphabet_.width());
  }
  /// The number of a configuration; -1 where a site shows no symbol.
  Index number(const Eigen::Ref<const Eigen::VectorXf>& x) const {
    Index k = 0;
    for (Index i = sites_; i-- > 0;) {
      const int s = alphabet_.symbol_of(x.data() + i * alphabet_.width());
      if (s < 0) return -1;
      k = k * alphabet_.symbols() + s;
    }
    return k;
  }

 private:
  Index sites_;
  Alphabet alphabet_;
};

}  // namespace glass

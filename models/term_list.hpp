#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "models/core/types.hpp"

namespace glass {

/// The interactions of a spin model, -H = sum J x..x, one after the other: how sparse models are made, files are
/// written and exact methods read any of them. `order` sites each, ascending; 4 order + 8 bytes a term.
struct TermList {
  int order = 2;
  std::vector<std::int32_t> sites;
  std::vector<double> couplings;

  Index size() const { return Index(couplings.size()); }
  std::span<const std::int32_t> of(Index t) const {
    return {sites.data() + std::ptrdiff_t(t) * order, std::size_t(order)};
  }
  /// Appends a term, its sites in any order.
  void add(std::span<const Index> s, double j) {
    const auto begin = sites.insert(sites.end(), s.begin(), s.end());
    std::sort(begin, sites.end());
    couplings.push_back(j);
  }
};

/// Every term of anything with `for_each_term`.
TermList terms_of(const auto& target, int order) {
  TermList list{order, {}, {}};
  target.for_each_term([&](const auto& sites, double j) { list.add(std::span<const Index>(sites), j); });
  return list;
}

}  // namespace glass

#pragma once
#include <cmath>

namespace glass {

/// How much a message, a (half) log-odds, changed: relative to 1 + |h|, and beyond |h| = 16 (probabilities below 1e-14)
/// less and less, since a loop of hard constraints lets h grow for ever by a constant an iteration. From the smaller of
/// the two, so that a jump from a large field to a hard constraint still counts.
template <class F>
inline F movement(F from, F to) {
  const F x = std::fabs(from), y = std::fabs(to), scale = 1 / (1 + (x < y ? x : y));
  const F small = 16 * scale < 1 ? 16 * scale : F(1), two = small * small, four = two * two;
  return std::fabs(to - from) * scale * (four * four);
}

}  // namespace glass

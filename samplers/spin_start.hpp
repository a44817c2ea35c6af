#pragma once
#include <vector>

#include "models/core/random.hpp"
#include "models/core/tilt.hpp"

namespace glass {

/// Uniform random spins on the free sites, the pins' values on the others. N x B.
inline Batch random_spins(const Tilt& t, Streams& rng) {
  Batch x(t.pinned.rows(), t.columns());
  std::vector<std::uint32_t> w(static_cast<std::size_t>(x.rows()));
  for (Index c = 0; c < x.cols(); ++c) {
    rng[c].words(w);
    for (Index i = 0; i < x.rows(); ++i)
      x(i, c) = !t.free(i, c) ? t.pinned(i, c) : w[std::size_t(i)] >> 31 ? 1.f : -1.f;
  }
  return x;
}

/// x with the pins of t put in.
inline Batch with_pins(const Tilt& t, Batch x) {
  for (Index c = 0; c < x.cols(); ++c)
    for (Index i = 0; i < x.rows(); ++i)
      if (!t.free(i, c)) x(i, c) = t.pinned(i, c);
  return x;
}

}  // namespace glass

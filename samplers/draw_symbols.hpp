#pragma once
#include <cmath>

#include "models/core/denoiser.hpp"

namespace glass {

/// A symbol from log-probabilities logp[0..q): the last one takes what rounding leaves.
inline int draw_symbol(const float* logp, int q, double u) {
  int symbol = 0;
  while (symbol + 1 < q && (u -= std::exp(double(logp[symbol]))) >= 0) ++symbol;
  return symbol;
}

/// Several calls of a denoiser as one.
inline void add(DenoiseInfo& sum, const DenoiseInfo& d) {
  sum.unconverged += d.unconverged;
  sum.work += d.work;
}

/// Draws every site on its own from its marginal under the tilt, into x (dim x B). One denoiser call.
template <HasMarginals D>
DenoiseInfo draw_from_marginals(const D& denoiser, const Tilt& tilt, typename D::State& messages, Streams& rng,
                                Batch& x) {
  const Alphabet a = denoiser.alphabet();
  const int q = a.symbols(), w = a.width();
  const Index sites = x.rows() / w;
  Batch logp(sites * q, x.cols());
  const DenoiseInfo info = denoiser.log_marginals(tilt, messages, logp);
  for (Index c = 0; c < x.cols(); ++c)
    for (Index i = 0; i < sites; ++i) {
      const int symbol = draw_symbol(&logp(i * q, c), q, rng[c].uniform());
      for (int r = 0; r < w; ++r) x(i * w + r, c) = a.entry(symbol, r);
    }
  return info;
}

}  // namespace glass

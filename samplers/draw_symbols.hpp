#pragma once
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include "models/core/denoiser.hpp"
#include "models/core/error.hpp"
#include "models/core/options.hpp"
#include "samplers/sampler.hpp"

namespace glass {

/// A symbol from log-probabilities logp[0..q): the last one takes what rounding leaves.
inline int draw_symbol(const float* logp, int q, double u) {
  int symbol = 0;
  while (symbol + 1 < q && (u -= std::exp(double(logp[symbol]))) >= 0) ++symbol;
  return symbol;
}

/// Throws Refused, in the sampler's name, where sites are reals: whoever reveals site by site needs symbols.
inline void require_symbols(std::string_view sampler, const Alphabet& a) {
  if (a.symbols() == 0)
    throw Refused(std::string(sampler) +
                  ": reveals symbols by their probabilities, and the sites are real numbers; use diffusion or flow");
}

/// Several calls of a denoiser as one.
inline void add(DenoiseInfo& sum, const DenoiseInfo& d) {
  sum.unconverged += d.unconverged;
  sum.work += d.work;
}

template <Denoiser D>
PerColumn log_density_of_sites(const D& denoiser, const Tilt& tilt, typename D::State& messages, BatchIn x) {
  if constexpr (HasSiteDensity<D>)
    return denoiser.log_density(tilt, messages, x);
  else
    throw Refused("denoiser: it does not know the density of the sites it draws");
}
/// Draws every site on its own from its marginal under the tilt, into x (dim x B): symbols by their probabilities,
/// reals as the denoiser does. One denoiser call. Adds ln of the probability (of reals, the density) to `log_q` where
/// there is one; Refused where reals have none.
template <HasMarginals D>
DenoiseInfo draw_from_marginals(const D& denoiser, const Tilt& tilt, typename D::State& messages, Streams& rng,
                                Batch& x, PerColumn* log_q = nullptr) {
  const Alphabet a = denoiser.alphabet();
  if constexpr (DrawsSites<D>)
    if (a.symbols() == 0) {
      const DenoiseInfo info = denoiser.draw_sites(tilt, messages, rng, x);
      if (log_q) *log_q += log_density_of_sites(denoiser, tilt, messages, x);
      return info;
    }
  const int q = a.symbols(), w = a.width();
  const Index sites = x.rows() / w;
  Batch logp(sites * q, x.cols());
  const DenoiseInfo info = denoiser.log_marginals(tilt, messages, logp);
  for (Index c = 0; c < x.cols(); ++c)
    for (Index i = 0; i < sites; ++i) {
      const int symbol = draw_symbol(&logp(i * q, c), q, rng[c].uniform());
      for (int r = 0; r < w; ++r) x(i * w + r, c) = a.entry(symbol, r);
      if (log_q) (*log_q)(c) += double(logp(i * q + symbol, c));
    }
  return info;
}

/// What sites revealed one after the other write down: the pins of a site that shows `symbol`, and its part of ln q.
inline void reveal_site(Tilt& tilt, PerColumn& logq, const Batch& logp, const Alphabet& a, Index site, Index c,
                        int symbol) {
  a.show(symbol, tilt.pinned.col(c).data() + site * a.width());
  logq(c) += double(logp(site * a.symbols() + symbol, c));
}
/// The symbol of a site of a given configuration. Throws BadInput where it shows none.
inline int symbol_shown(const Alphabet& a, BatchIn x, Index site, Index c) {
  const int symbol = a.symbol_of(x.col(c).data() + site * a.width());
  if (symbol < 0) throw BadInput("log_prob_of: site " + to_text(site) + " shows no symbol of the alphabet");
  return symbol;
}
/// Adds to `log_q` ln of the probability (of reals, the density) with which draw_from_marginals would draw x (dim x B).
/// One denoiser call. Throws BadInput where a site shows no symbol, Refused where reals have no density.
template <HasMarginals D>
DenoiseInfo weigh_by_marginals(const D& denoiser, const Tilt& tilt, typename D::State& messages, BatchIn x,
                               PerColumn& log_q) {
  const Alphabet a = denoiser.alphabet();
  if constexpr (DrawsSites<D>)
    if (a.symbols() == 0) {
      Batch mean(x.rows(), x.cols());
      const DenoiseInfo info = denoiser.posterior_mean(tilt, messages, mean);
      log_q += log_density_of_sites(denoiser, tilt, messages, x);
      return info;
    }
  const int q = a.symbols();
  Batch logp(x.rows() / a.width() * q, x.cols());
  const DenoiseInfo info = denoiser.log_marginals(tilt, messages, logp);
  for (Index c = 0; c < x.cols(); ++c)
    for (Index i = 0; i < logp.rows() / q; ++i) log_q(c) += double(logp(i * q + symbol_shown(a, x, i, c), c));
  return info;
}
/// ln q of configurations that contradict a pin: -inf.
inline void forbid_contradictions(PerColumn& logq, const Tilt& base, BatchIn x) {
  for (Index c = 0; c < x.cols(); ++c)
    for (Index i = 0; i < x.rows(); ++i)
      if (!base.free(i, c) && base.pinned(i, c) != x(i, c)) logq(c) = -std::numeric_limits<double>::infinity();
}
/// Steps until one is the last, as one; tick after each.
StepInfo all_steps(auto&& step, const Tick& tick) {
  StepInfo sum;
  do {
    const StepInfo i = step();
    sum.unconverged += i.unconverged;
    sum.work += i.work;
    sum.finished = i.finished;
    if (tick) tick();
  } while (!sum.finished);
  return sum;
}

}  // namespace glass

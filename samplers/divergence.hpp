#pragma once
#include <cstdint>
#include <vector>

#include "models/core/denoiser.hpp"
#include "samplers/draw_symbols.hpp"

namespace glass {

/// Fields are moved this far to each side. A power of two, so that the two sides are off by the same in float; large
/// enough for the digits of float means, small enough for m''' h^2/6 (1e-4 of the whole).
inline constexpr float kProbe = 0x1p-6f;

/// How fast the posterior mean moves with the field along given directions: v.dm/db v per column, v (dim x B) of +-1
/// and 0, by central differences. `messages` must have answered the tilt; they stay as they are, and both sides begin
/// at a copy. Two denoiser calls.
template <Denoiser D>
PerColumn response_along(const D& denoiser, Tilt& tilt, const typename D::State& messages, const Batch& v,
                         DenoiseInfo& sum) {
  const Batch field = tilt.field;
  const auto mean_at = [&](float h) {
    auto side = messages;
    tilt.field = field + h * v;
    Batch mean(field.rows(), field.cols());
    add(sum, denoiser.posterior_mean(tilt, side, mean));
    return mean;
  };
  const Batch up = mean_at(kProbe), down = mean_at(-kProbe);
  tilt.field = field;
  PerColumn out(field.cols());
  for (Index c = 0; c < out.size(); ++c)
    out(c) = v.col(c).cast<double>().dot(up.col(c).cast<double>() - down.col(c).cast<double>()) / (2 * double(kProbe));
  return out;
}

/// The divergence of the posterior mean in the field, sum over sites of dm_i/db_i: site by site, 2 dim denoiser calls.
/// Of an exact denoiser it is the sum of the posterior variances.
template <Denoiser D>
PerColumn exact_divergence(const D& denoiser, Tilt& tilt, const typename D::State& messages, DenoiseInfo& sum) {
  PerColumn out = PerColumn::Zero(tilt.columns());
  Batch v = Batch::Zero(tilt.field.rows(), tilt.field.cols());
  for (Index i = 0; i < v.rows(); ++i) {
    v.row(i).setOnes();
    out += response_along(denoiser, tilt, messages, v, sum);
    v.row(i).setZero();
  }
  return out;
}

/// Hutchinson's estimate of it from directions of random signs: unbiased, with variance 2/probes times the sum of the
/// squares of dm_i/db_j off the diagonal. 2 denoiser calls a probe. Hutchinson, Commun. Stat. Simul. Comput. 19, 433
/// (1990).
template <Denoiser D>
PerColumn probed_divergence(const D& denoiser, Tilt& tilt, const typename D::State& messages, int probes, Streams& rng,
                            DenoiseInfo& sum) {
  PerColumn out = PerColumn::Zero(tilt.columns());
  Batch v(tilt.field.rows(), tilt.field.cols());
  std::vector<std::uint32_t> words(static_cast<std::size_t>(v.rows() + 31) / 32);
  for (int k = 0; k < probes; ++k) {
    for (Index c = 0; c < v.cols(); ++c) {
      rng[c].words(words);
      for (Index i = 0; i < v.rows(); ++i) v(i, c) = words[std::size_t(i / 32)] >> (i % 32) & 1 ? 1.0f : -1.0f;
    }
    out += response_along(denoiser, tilt, messages, v, sum) / probes;
  }
  return out;
}

}  // namespace glass

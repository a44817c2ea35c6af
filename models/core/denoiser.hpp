#pragma once
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>

#include "models/core/alphabet.hpp"
#include "models/core/random.hpp"
#include "models/core/tilt.hpp"

namespace glass {

struct DenoiseInfo {
  int unconverged = 0;  ///< columns that did not converge; their answer is still written: failure is data
  Work work{};
};

/// Posterior mean of a tilted target. State carries warm-started messages and, where it draws, streams.
template <class D>
concept Denoiser = requires(const D& d, typename D::State& s, Streams rng, const Tilt& t, BatchOut mean) {
  { d.base(Index{}) } -> std::same_as<Tilt>;  // the bare target's tilt: where every path starts; its rows are dim
  { d.alphabet() } -> std::same_as<Alphabet>;
  { d.start(std::move(rng)) } -> std::same_as<typename D::State>;  // as many columns as rng
  { d.restart(s) } -> std::same_as<void>;                          // forget messages; streams go on
  { d.posterior_mean(t, s, mean) } -> std::same_as<DenoiseInfo>;
};

/// Log-probability of every symbol at every site: (sites * symbols) x B. Logs, because 1 - |mean| has no digits left
/// where a confident denoiser is wrong, and forward KL lives there.
template <class D>
concept HasMarginals = Denoiser<D> && requires(const D& d, typename D::State& s, const Tilt& t, BatchOut logp) {
  { d.log_marginals(t, s, logp) } -> std::same_as<DenoiseInfo>;
};

/// Of real sites, which have no log-marginals to hand out: writes every free site from its own marginal under the tilt
/// and every pinned one, into x (N x B).
template <class D>
concept DrawsSites = Denoiser<D> &&
    requires(const D& d, typename D::State& s, const Tilt& t, Streams& rng, BatchOut x) {
  { d.draw_sites(t, s, rng, x) } -> std::same_as<DenoiseInfo>;
};

/// ln of the density with which draw_sites would draw each of given configurations (dim x B), at the State's last
/// answer to the same tilt and against the measure that the target's own prior is a density of.
template <class D>
concept HasSiteDensity = DrawsSites<D> && requires(const D& d, typename D::State& s, const Tilt& t, BatchIn x) {
  { d.log_density(t, s, x) } -> std::same_as<PerColumn>;
};

/// ln Z of the tilted target, sum over configurations included, at the State's last answer to the same tilt: importance
/// weights, ln Z bounds.
template <class D>
concept HasLogPartition = Denoiser<D> && requires(const D& d, typename D::State& s, const Tilt& t) {
  { d.log_partition(t, s) } -> std::same_as<PerColumn>;
};

/// Messages that can begin at given configurations (dim x B) instead of knowing nothing: the informed branch of a
/// denoising curve.
template <class D>
concept HasInformedStart = Denoiser<D> && requires(const D& d, typename D::State& s, BatchIn x) {
  { d.start_at(s, x) } -> std::same_as<void>;
};

/// Sites of a column can be pinned as one goes, at the cost of what it changes: messages travel from the sites until
/// they stop changing, and no pass over all sites is made. `condition` answers the tilt in full and holds every column
/// at it; `pin` adds a pin to one column, and `settle` lets the messages travel from all that were pinned since;
/// `changed` says which marginals that moved by more than the denoiser's tolerance (in no order, a site perhaps twice,
/// pinned ones among them), nothing where any may have; `log_marginal` writes the log-probability of each symbol of a
/// site as the column now stands.
template <class D>
concept HasLocalReveals = HasMarginals<D> && requires(const D& d, typename D::State& s, const typename D::State& seen,
                                                      const Tilt& t, Index i, int symbol, float* logp) {
  { d.condition(t, s) } -> std::same_as<DenoiseInfo>;
  { d.pin(s, i, i, symbol) } -> std::same_as<void>;  // column, site, symbol
  { d.settle(s, i) } -> std::same_as<DenoiseInfo>;   // column
  { d.changed(seen, i) } -> std::same_as<std::optional<std::span<const std::uint32_t>>>;
  { d.log_marginal(seen, i, i, logp) } -> std::same_as<void>;  // column, site: logp[0 .. symbols)
};

}  // namespace glass

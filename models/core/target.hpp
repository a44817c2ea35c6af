#pragma once
#include <concepts>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "models/core/alphabet.hpp"
#include "models/core/tilt.hpp"

namespace glass {

/// A distribution known up to a constant, evaluated on whole batches, in double.
template <class T>
concept Target = requires(const T& t, BatchIn x, Index columns) {
  { t.sites() } -> std::convertible_to<Index>;
  { t.alphabet() } -> std::same_as<Alphabet>;
  { t.log_likelihood(x) } -> std::same_as<PerColumn>;  // -beta H; the prior belongs to the scalar channel
  { t.base(columns) } -> std::same_as<Tilt>;           // the bare target: power 1, its own pins, no side information
};

/// Spins with cached local fields. Cache is a configuration with what it costs to know its fields: matrices of B
/// columns each, and its `visit` names them all. It holds at least
///   x (N x B, +-1) and g (N x B), g_i = half the log-odds of x_i = +1 given the others, at power 1 and without tilt.
template <class T>
concept SpinTarget = Target<T> &&
    requires(const T& t, typename T::Cache& cache, Batch x, Index i, BatchIn m, BatchOut g) {
  { t.open(std::move(x)) } -> std::same_as<typename T::Cache>;  // fields from scratch
  { t.flip(cache, i, i) } -> std::same_as<void>;                // column, site: at its true cost
  { t.log_likelihood(cache) } -> std::same_as<PerColumn>;       // from the fields, O(N B)
  { t.fields(m, g) } -> std::same_as<void>;  // gradient of the multilinear extension of log L at |m_i| <= 1: N x B
  { cache.x } -> std::convertible_to<Batch&>;
  { cache.g } -> std::convertible_to<Batch&>;
};

/// Sites in a block of BlockTarget: one bit of a word each.
inline constexpr Index kBlockSites = 64;
/// A target whose flips can wait: `flip_within` flips a site of the block first, first + 1, ... first + kBlockSites - 1
/// (cut at N) and moves the fields of that block alone; `flip_beyond` makes up for all flips of a block at once, one
/// word per column with bit k set where site first + k was flipped, once each and in ascending order. Together they
/// leave the bytes that `flip` would have left. `expect_flips` is a hint, in the same bits, of what may be flipped
/// soon.
template <class T>
concept BlockTarget = SpinTarget<T> && requires(const T& t, typename T::Cache& cache, Index i, std::uint64_t sites,
                                                std::span<const std::uint64_t> flipped) {
  { t.flip_within(cache, i, i, i) } -> std::same_as<void>;  // column, site, first
  { t.flip_beyond(cache, i, flipped) } -> std::same_as<void>;
  { t.expect_flips(i, sites) } -> std::same_as<void>;
};

/// Sites that show one of q symbols (Potts, {0, +-1}), with cached weights. Cache is a configuration with what it costs
/// to know the weights of every site; it holds at least x (dim x B, in Alphabet's layout).
///
/// log_weights are those of log L alone, at power 1, up to a constant of the site; the prior's, the same at every site,
/// are apart, because a Tilt's power acts on L and leaves the prior as it is: a symbol's weight in the family is
/// prior(s) L(s)^power exp(field . s - precision |s|^2 / 2).
template <class T>
concept SymbolTarget = Target<T> && requires(const T& t, typename T::Cache& cache, const typename T::Cache& seen,
                                             Batch x, Index i, int symbol, float* out) {
  { t.open(std::move(x)) } -> std::same_as<typename T::Cache>;          // weights from scratch
  { t.symbol(seen, i, i) } -> std::same_as<int>;                        // column, site
  { t.set(cache, i, i, symbol) } -> std::same_as<void>;                 // column, site, symbol: at its true cost
  { t.log_weights(seen, i, i, out) } -> std::same_as<void>;             // column, site: out[0 .. symbols)
  { t.log_prior() } -> std::convertible_to<const std::vector<float>&>;  // of each symbol
  { t.log_likelihood(seen) } -> std::same_as<PerColumn>;                // from the cache, O(N B)
  { cache.x } -> std::convertible_to<Batch&>;
};

/// Column c of `from` over the same column of `to`: every member of a Cache is a matrix of B columns.
template <class Cache>
void copy_column(Cache& to, const Cache& from, Index c) {
  Cache::visit(to, [&](auto&... a) { Cache::visit(from, [&](const auto&... b) { ((a.col(c) = b.col(c)), ...); }); });
}

struct FieldCache {
  Batch x, g;
  static void visit(auto& s, auto&& f) { f(s.x, s.g); }
};

/// log L quadratic: fields(m) = matrix() m + const. What Hubbard-Stratonovich needs.
template <class T>
concept PairwiseTarget = SpinTarget<T> && requires(const T& t, BatchIn x, BatchOut out) {
  { t.multiply(x, out) } -> std::same_as<void>;  // out = (beta J) x, zero diagonal
};

/// Pairwise with few bonds: what acts on one site can be walked through, as cluster moves need it. On a `GraphTarget`
/// log L = sum over bonds of beta_J x_i x_j + the external fields, which are `fields(0)`.
template <class T>
concept GraphTarget = PairwiseTarget<T> && requires(const T& t, Index i, void (*f)(Index, float)) {
  { t.for_each_neighbour(i, f) } -> std::same_as<void>;  // f(j, beta J_ij), each j != i once; O(degree)
};

/// Gaussian couplings of mean-field scaling, so that AMP's Onsager term is known from (order, beta) alone.
template <class T>
concept GaussianGlass = SpinTarget<T> && requires(const T& t) {
  { t.order() } -> std::convertible_to<int>;    // p
  { t.beta() } -> std::convertible_to<double>;  // the couplings' scale: log L has variance N beta^2/2
};

/// A target drawn with a hidden signal, itself an exact sample of it (Nishimori line).
template <class T>
concept PlantedTarget = Target<T> && requires(const T& t) {
  { t.truth() } -> std::convertible_to<const Eigen::VectorXf&>;  // empty where nothing was planted
};

}  // namespace glass

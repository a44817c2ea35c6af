#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "models/core/options.hpp"
#include "models/core/target.hpp"
#include "samplers/sampler.hpp"
#include "samplers/spin_start.hpp"
#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace glass {

struct SweepOptions {
  int refresh = 256;
  static constexpr std::tuple fields{
      Field{"refresh", &SweepOptions::refresh, "sweeps", "between rebuilds of the float local fields", {.least = 1}}};
};

/// Single-spin updates in order over cached local fields. A Rule turns one random word per site into two thresholds on
/// the field: a spin that is up flips where g < below, one that is down where g > above. Temperature, tilt and pins
/// only move the thresholds, which are drawn for many sites in one vector pass; the scan compares and pays for a flip
/// only where there is one. Cost per sweep: N random words, 2 N compares, one flip of the target per accepted spin.
///
/// Where the target's fields can wait (BlockTarget), all columns go through one block of sites after another: flips
/// reach the fields of their own block at once and all others together, so couplings are read once for a whole batch
/// and fields once for several flips. The bytes are the same as one flip after another.
///
/// One step is one sweep of N attempts.
template <SpinTarget T, class Rule>
class Sweep {
 public:
  using Options = SweepOptions;
  static constexpr std::string_view name = Rule::name, formula = Rule::formula, reference = Rule::reference;
  struct State {
    Streams rng;
    Tilt at;
    typename T::Cache spins;
    std::int64_t sweeps = 0;
    static void visit(auto& s, auto&& f) { f(s.rng, s.at, s.spins, s.sweeps); }
  };

  explicit Sweep(T target, SweepOptions opt = {}) : target_(std::move(target)), opt_(opt) {}
  Traits traits() const { return {name, Kind::chain, Promise::exact_in_the_limit}; }

  State init(Streams rng) const {
    const Index columns = rng.columns();
    State s{std::move(rng), target_.base(columns), {}, 0};
    restart(s);
    return s;
  }
  void restart(State& s) const { open(s, random_spins(s.at, s.rng)); }
  void place(State& s, BatchIn x) const { open(s, with_pins(s.at, x)); }

  StepInfo step(State& s) const {
    const Index n = s.spins.x.rows(), b = s.spins.x.cols();
    // float fields drift by rounding; a fixed schedule keeps a resumed run identical to an uninterrupted one
    if (++s.sweeps % opt_.refresh == 0) s.spins = target_.open(std::move(s.spins.x));
    StepInfo info;
    if constexpr (BlockTarget<T>)
      info.work.flips = block_by_block(s);
    else
      info.work.flips = column_by_column(s);
    info.work.attempts = n * b;
    info.acceptance = double(info.work.flips) / double(n * b);
    return info;
  }
  void read(const State& s, BatchOut out) const { out = s.spins.x; }
  void set_power(State& s, const PerColumn& p) const { s.at.power = p; }
  void retilt(State& s, const Tilt& t) const {
    s.at = t;
    for (Index c = 0; c < t.columns(); ++c)
      for (Index i = 0; i < t.pinned.rows(); ++i)
        if (!t.free(i, c) && t.pinned(i, c) != s.spins.x(i, c)) target_.flip(s.spins, c, i);
  }
  PerColumn log_likelihood(const State& s) const { return target_.log_likelihood(s.spins); }

 private:
  void open(State& s, Batch x) const {
    s.spins = target_.open(std::move(x));
    s.sweeps = 0;
  }
  /// Of `count` sites in a row, for several columns.
  struct Thresholds {
    Index count;
    Batch below, above;
    std::vector<std::uint32_t> words;
    Thresholds(Index sites, Index columns)
        : count(sites), below(sites, columns), above(sites, columns), words(static_cast<std::size_t>(sites)) {}
    /// For sites first .. first + count - 1 of column c, into column `to`.
    void draw(State& s, Index c, Index first, Index to) {
      s.rng[c].words({words.data(), std::size_t(count)});
      const float* field = s.at.field.col(c).data() + first;
      const float* pin = s.at.pinned.col(c).data() + first;
      float *down = below.col(to).data(), *up = above.col(to).data();
      const float inverse = 1.0f / std::max(float(s.at.power(c)), 1e-20f);  // power 0: the field of the tilt alone
      for (Index i = 0; i < count; ++i) {
        const auto [lo, hi] = Rule::thresholds(words[std::size_t(i)]);
        down[i] = pin[i] == Tilt::kFree ? (lo - field[i]) * inverse : -Tilt::kFree;
        up[i] = pin[i] == Tilt::kFree ? (hi - field[i]) * inverse : Tilt::kFree;
      }
    }
  };
  std::int64_t column_by_column(State& s) const {
    std::int64_t flips = 0;
    Thresholds t(s.spins.x.rows(), 1);
    for (Index c = 0; c < s.spins.x.cols(); ++c) {
      t.draw(s, c, 0, 0);
      scan(s.spins, c, 0, t, 0, [&](Index i) {
        target_.flip(s.spins, c, i);
        ++flips;
      });
    }
    return flips;
  }
  std::int64_t block_by_block(State& s) const {
    const Index n = s.spins.x.rows(), b = s.spins.x.cols();
    std::int64_t flips = 0;
    Thresholds t(std::min(kBlockSites, n), b);
    std::vector<std::uint64_t> flipped(static_cast<std::size_t>(b));
    // the next block's thresholds come before this block's flips have reached its fields: the old fields already tell
    // most of its flips, whose couplings can be on their way from memory meanwhile
    const auto draw = [&](Index first) {
      t.count = std::min(kBlockSites, n - first);
      for (Index c = 0; c < b; ++c) {
        t.draw(s, c, first, c);
        std::uint64_t likely = 0;
        for (Index i = 0; i < t.count; i += 8) likely |= std::uint64_t{flips_in_eight(s.spins, c, first, t, c, i)} << i;
        target_.expect_flips(first, likely);
      }
    };
    draw(0);
    for (Index first = 0; first < n; first += kBlockSites) {
      for (Index c = 0; c < b; ++c) {
        std::uint64_t& mine = flipped[std::size_t(c)] = 0;
        scan(s.spins, c, first, t, c, [&](Index i) {
          target_.flip_within(s.spins, c, i, first);
          mine |= std::uint64_t{1} << (i - first);
        });
        flips += std::popcount(mine);
      }
      if (first + kBlockSites < n) draw(first + kBlockSites);
      target_.flip_beyond(s.spins, first, flipped);
    }
    return flips;
  }
  /// flip(i) for the sites of column c that flip, each before the next is compared; thresholds in their column `at`.
  static void scan(const typename T::Cache& cache, Index c, Index first, const Thresholds& t, Index at, auto&& flip) {
    for (Index i = 0; i < t.count; i += 8)
      for (unsigned later = 0xffu;;) {  // fields of later sites change with each flip: compare again
        const unsigned flips = flips_in_eight(cache, c, first, t, at, i) & later;
        if (!flips) break;
        const int k = std::countr_zero(flips);
        later = 0xfeu << k & 0xffu;
        flip(first + i + k);
      }
  }
  /// Which of the sites first + i, ... + 7 (cut at the thresholds' end) would flip now.
  static unsigned flips_in_eight(const typename T::Cache& cache, Index c, Index first, const Thresholds& t, Index at,
                                 Index i) {
    const float *g = cache.g.col(c).data() + first + i, *x = cache.x.col(c).data() + first + i;
    const float *below = t.below.col(at).data() + i, *above = t.above.col(at).data() + i;
    const Index some = std::min(Index{8}, t.count - i);
#if defined(__AVX2__)
    if (some == 8) {
      const __m256 field = _mm256_loadu_ps(g);
      const __m256 if_up = _mm256_cmp_ps(field, _mm256_loadu_ps(below), _CMP_LT_OQ);
      const __m256 if_down = _mm256_cmp_ps(field, _mm256_loadu_ps(above), _CMP_GT_OQ);
      return unsigned(_mm256_movemask_ps(_mm256_blendv_ps(if_up, if_down, _mm256_loadu_ps(x))));
    }
#endif
    unsigned flips = 0;
    for (Index k = 0; k < some; ++k) flips |= unsigned{x[k] > 0 ? g[k] < below[k] : g[k] > above[k]} << k;
    return flips;
  }
  T target_;
  SweepOptions opt_;
};

}  // namespace glass

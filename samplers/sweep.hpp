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
/// only move the thresholds, which are drawn for a whole sweep in one vector pass; the scan compares and pays for a
/// flip only where there is one. Cost per sweep: N random words, 2 N compares, one flip of the target per accepted
/// spin.
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
    std::vector<std::uint32_t> words(static_cast<std::size_t>(n));
    std::vector<float> below(words.size()), above(words.size());
    StepInfo info;
    for (Index c = 0; c < b; ++c) {
      s.rng[c].words(words);
      const float* field = s.at.field.col(c).data();
      const float* pin = s.at.pinned.col(c).data();
      const float inverse = 1.0f / std::max(float(s.at.power(c)), 1e-20f);  // power 0: the field of the tilt alone
      for (std::size_t i = 0; i < words.size(); ++i) {
        const auto [lo, hi] = Rule::thresholds(words[i]);
        below[i] = pin[i] == Tilt::kFree ? (lo - field[i]) * inverse : -Tilt::kFree;
        above[i] = pin[i] == Tilt::kFree ? (hi - field[i]) * inverse : Tilt::kFree;
      }
      info.work.flips += scan(s.spins, c, below.data(), above.data());
    }
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
  std::int64_t scan(typename T::Cache& cache, Index c, const float* below, const float* above) const {
    const Index n = cache.x.rows();
    const float *g = cache.g.col(c).data(), *x = cache.x.col(c).data();
    std::int64_t flips = 0;
    Index i = 0;
#if defined(__AVX2__)
    for (; i + 8 <= n; i += 8) {
      for (unsigned later = 0xffu;;) {  // fields of later sites change with each flip: compare again
        const __m256 field = _mm256_loadu_ps(g + i);
        const __m256 if_up = _mm256_cmp_ps(field, _mm256_loadu_ps(below + i), _CMP_LT_OQ);
        const __m256 if_down = _mm256_cmp_ps(field, _mm256_loadu_ps(above + i), _CMP_GT_OQ);
        const unsigned flip =
            unsigned(_mm256_movemask_ps(_mm256_blendv_ps(if_up, if_down, _mm256_loadu_ps(x + i)))) & later;
        if (!flip) break;
        const int k = std::countr_zero(flip);
        later = 0xfeu << k & 0xffu;
        target_.flip(cache, c, i + k);
        ++flips;
      }
    }
#endif
    for (; i < n; ++i)
      if (x[i] > 0 ? g[i] < below[i] : g[i] > above[i]) {
        target_.flip(cache, c, i);
        ++flips;
      }
    return flips;
  }
  T target_;
  SweepOptions opt_;
};

}  // namespace glass

#pragma once
// Loops that bound the dense kernels, written out so that their bits do not depend on the compiler's choices.
#include <cmath>
#include <span>

#include "models/core/types.hpp"
#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#endif

namespace glass {

/// y += a x over n floats. 2 n flops; the one loop that bounds dense MCMC.
inline void axpy(Index n, float a, const float* __restrict x, float* __restrict y) {
  Index k = 0;
#if defined(__AVX2__) && defined(__FMA__)
  const __m256 va = _mm256_set1_ps(a);
  for (; k + 32 <= n; k += 32)
    for (int u = 0; u < 32; u += 8)
      _mm256_storeu_ps(y + k + u, _mm256_fmadd_ps(va, _mm256_loadu_ps(x + k + u), _mm256_loadu_ps(y + k + u)));
  for (; k + 8 <= n; k += 8)
    _mm256_storeu_ps(y + k, _mm256_fmadd_ps(va, _mm256_loadu_ps(x + k), _mm256_loadu_ps(y + k)));
#endif
  for (; k < n; ++k) y[k] = std::fma(a, x[k], y[k]);
}

/// y[r] += a[0] x[0][r], then a[1] x[1][r], ... for r in [from, to): the bits of as many axpy, y read and written once.
/// `far`: the x are not expected in a near cache. Many short pieces of many columns: no machine guesses what comes
/// next.
template <bool far>
void axpys(std::span<const float* const> x, const float* a, float* __restrict y, Index from, Index to) {
  Index r = from;
#if defined(__AVX2__) && defined(__FMA__)
  const auto registers = [&]<int kVectors>() {
    for (; r + 8 * kVectors <= to; r += 8 * kVectors) {
      __m256 sum[kVectors];
      for (int v = 0; v < kVectors; ++v) sum[v] = _mm256_loadu_ps(y + r + 8 * v);
      for (std::size_t k = 0; k < x.size(); ++k) {
        const __m256 factor = _mm256_set1_ps(a[k]);
        const float* column = x[k] + r;
        if (far && kVectors > 1)
          for (int v = 0; v < kVectors; v += 2) __builtin_prefetch(column + 128 + 8 * v);
        for (int v = 0; v < kVectors; ++v) sum[v] = _mm256_fmadd_ps(factor, _mm256_loadu_ps(column + 8 * v), sum[v]);
      }
      for (int v = 0; v < kVectors; ++v) _mm256_storeu_ps(y + r + 8 * v, sum[v]);
    }
  };
  registers.template operator()<8>();
  registers.template operator()<1>();
#endif
  for (; r < to; ++r)
    for (std::size_t k = 0; k < x.size(); ++k) y[r] = std::fma(a[k], x[k][r], y[r]);
}

/// Eight columns side by side. Plain arrays of lanes: every compiler turns them into its own vectors.
struct alignas(32) Lanes8 {
  static constexpr int kWidth = 8;
  float v[kWidth];
  static Lanes8 all(float a) {
    Lanes8 r;
    for (float& e : r.v) e = a;
    return r;
  }
};
/// c + a b, rounded once.
inline Lanes8 fma(const Lanes8& a, const Lanes8& b, const Lanes8& c) {
  Lanes8 r;
#if defined(__AVX2__) && defined(__FMA__)
  _mm256_store_ps(r.v, _mm256_fmadd_ps(_mm256_load_ps(a.v), _mm256_load_ps(b.v), _mm256_load_ps(c.v)));
#else
  for (int k = 0; k < Lanes8::kWidth; ++k) r.v[k] = std::fma(a.v[k], b.v[k], c.v[k]);
#endif
  return r;
}
inline Lanes8 operator*(const Lanes8& a, const Lanes8& b) {
  Lanes8 r;
  for (int k = 0; k < Lanes8::kWidth; ++k) r.v[k] = a.v[k] * b.v[k];
  return r;
}
inline Lanes8 operator+(const Lanes8& a, const Lanes8& b) {
  Lanes8 r;
  for (int k = 0; k < Lanes8::kWidth; ++k) r.v[k] = a.v[k] + b.v[k];
  return r;
}

}  // namespace glass

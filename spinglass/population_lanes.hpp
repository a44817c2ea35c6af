#pragma once
// Eight floats side by side for population dynamics: the compiler's vector types, and sums in a fixed order, so that
// bits do not depend on the machine.
#include <bit>
#include <cstdint>
#include <cstring>

#include "models/core/random.hpp"
#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#endif

namespace glass::detail {

struct PopulationLanes {
  typedef float Float __attribute__((vector_size(32)));
  typedef std::uint32_t Bits __attribute__((vector_size(32)));
  typedef std::int32_t Int __attribute__((vector_size(32)));
  static constexpr int kWidth = 8;

  [[gnu::always_inline]] static Float fma(Float a, Float b, Float c) {
#if defined(__AVX2__) && defined(__FMA__)
    return Float(_mm256_fmadd_ps(a, b, c));
#else
    Float r{};
    for (int i = 0; i < kWidth; ++i) r[i] = std::fma(a[i], b[i], c[i]);
    return r;
#endif
  }
  [[gnu::always_inline]] static Float to_float(Int i) { return __builtin_convertvector(i, Float); }
  [[gnu::always_inline]] static Float all(float c) { return Float{c, c, c, c, c, c, c, c}; }
  [[gnu::always_inline]] static Int all_int(std::int32_t c) { return Int{c, c, c, c, c, c, c, c}; }
  [[gnu::always_inline]] static Float load(const float* p) {
    Float r;
    std::memcpy(&r, p, sizeof r);
    return r;
  }
  [[gnu::always_inline]] static void store(float* p, Float x) { std::memcpy(p, &x, sizeof x); }
  [[gnu::always_inline]] static Float abs(Float x) { return std::bit_cast<Float>(std::bit_cast<Int>(x) & 0x7fffffff); }
  [[gnu::always_inline]] static Float with_sign_of(Float magnitude, Float x) {
    return std::bit_cast<Float>(std::bit_cast<Int>(magnitude) | (std::bit_cast<Int>(x) & std::int32_t(0x80000000)));
  }
  [[gnu::always_inline]] static Float negative(Float x) {
    return std::bit_cast<Float>(std::bit_cast<Int>(x) ^ std::int32_t(0x80000000));
  }
  [[gnu::always_inline]] static Float clamp(Float x, float limit) {
    x = x < all(limit) ? x : all(limit);
    return x > all(-limit) ? x : all(-limit);
  }
  [[gnu::always_inline]] static float sum(Float x) {
    const float a = x[0] + x[4], b = x[1] + x[5], c = x[2] + x[6], d = x[3] + x[7];
    return (a + c) + (b + d);
  }
  /// e^x for -80 < x < 80, within 2 units in the last place: reduction and coefficients of Cephes' expf.
  [[gnu::always_inline]] static Float exp(Float x) {
    constexpr float round = 12582912.0f;  // 1.5 2^23: adding it leaves the nearest whole number in the low bits
    const Float shifted = fma(x, all(1.44269504088896341f), all(round)), n = shifted - round;
    Float r = fma(n, all(-0.693359375f), x);
    r = fma(n, all(2.12194440e-4f), r);
    const Float p = polynomial<PopulationLanes>(r, 1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                                                4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f);
    const Float y = fma(p, r * r, r) + 1.0f;
    const Int e = (std::bit_cast<Int>(shifted) - std::bit_cast<std::int32_t>(round)) << 23;
    return std::bit_cast<Float>(Int(std::bit_cast<Int>(y) + e));
  }
};

}  // namespace glass::detail

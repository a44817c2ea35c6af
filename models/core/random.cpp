#include "models/core/random.hpp"

#include <Random123/philox.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "models/core/error.hpp"
#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#define GLASS_RANDOM_AVX2 1
#endif

namespace glass {
namespace {

using detail::Position;
using Words = std::array<std::uint32_t, 4>;

// What a bulk method makes of words. `map` is elementwise; normals pair the words of a block instead: first of the pair
// (w0, w1), second of it (w2, w3), giving two numbers for each.

struct RawWords {
  using Number = std::uint32_t;
  template <class L>
  [[gnu::always_inline]] static typename L::Bits map(typename L::Bits w) {
    return w;
  }
};

struct Uniforms {
  using Number = float;
  template <class L>
  [[gnu::always_inline]] static typename L::Float map(typename L::Bits w) {
    // 23 bits as a fraction of [1, 2), shifted by 1 - 2^-24: exact, hence odd multiples of 2^-24.
    using Bits = typename L::Bits;
    return std::bit_cast<typename L::Float>(Bits((w >> 9) | 0x3f800000u)) - (1.0f - 0x1p-24f);
  }
};

struct HalfLogits {
  using Number = float;
  template <class L>
  [[gnu::always_inline]] static typename L::Float map(typename L::Bits w) {
    return detail::half_logit<L>(w);
  }
};

struct Normals {
  using Number = float;
  // Box & Muller, Ann. Math. Stat. 29, 610 (1958). The angle is x in (-pi/4, pi/4), odd multiples of 2^-24 pi/4 from 24
  // bits of v, then a sign for its cosine (the bit of w that the radius leaves over) and an exchange of sine and cosine
  // (top bit of v): together each of the four quadrants once. Polynomials of Cephes' sinf and cosf (S. Moshier,
  // netlib).
  template <class L>
  [[gnu::always_inline]] static void pair(typename L::Bits w, typename L::Bits v, typename L::Float& first,
                                          typename L::Float& second) {
    using Float = typename L::Float;
    using Bits = typename L::Bits;
    using Int = typename L::Int;
    const Float r = L::sqrt(-2.0f * detail::log<L>(detail::open_below<L>(w)));
    const Int odd = (std::bit_cast<Int>(Bits(v << 1)) >> 7) | 1;
    const Float x = L::to_float(odd) * float(0.785398163397448 * 0x1p-24), z = x * x;
    const Float s = L::fma(detail::polynomial<L>(z, -1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f), z * x, x);
    const Float c =
        detail::polynomial<L>(z, 2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f, -0.5f, 1.0f);
    const Bits sine = std::bit_cast<Bits>(s), cosine = std::bit_cast<Bits>(c) ^ (w << 31);
    const Bits exchange = (sine ^ cosine) & std::bit_cast<Bits>(Int(std::bit_cast<Int>(v) >> 31));
    first = r * std::bit_cast<Float>(Bits(cosine ^ exchange));
    second = r * std::bit_cast<Float>(Bits(sine ^ exchange));
  }
};

template <class Map>
std::array<typename Map::Number, 4> of_block(const Words& w) {
  using L = detail::OneLane;
  std::array<typename Map::Number, 4> y;
  if constexpr (std::is_same_v<Map, Normals>) {
    Map::template pair<L>(w[0], w[2], y[0], y[2]);
    Map::template pair<L>(w[1], w[3], y[1], y[3]);
  } else {
    for (std::size_t j = 0; j < 4; ++j) y[j] = Map::template map<L>(w[j]);
  }
  return y;
}

template <class Map>
void portable(Position at, std::span<typename Map::Number> out) {
  for (std::size_t k = 0; k < out.size(); k += 4, ++at.block) {
    const auto y = of_block<Map>(detail::philox(at));
    for (std::size_t j = 0; j < std::min<std::size_t>(4, out.size() - k); ++j) out[k + j] = y[j];
  }
}

#if defined(GLASS_RANDOM_AVX2)

struct EightLanes {
  typedef float Float __attribute__((vector_size(32)));
  typedef std::uint32_t Bits __attribute__((vector_size(32)));
  typedef std::int32_t Int __attribute__((vector_size(32)));
  static Float fma(Float a, Float b, Float c) { return Float(_mm256_fmadd_ps(a, b, c)); }
  static Float sqrt(Float x) { return Float(_mm256_sqrt_ps(x)); }
  static Float to_float(Int i) { return __builtin_convertvector(i, Float); }
  static Float all(float c) { return Float(_mm256_set1_ps(c)); }
};

// Philox on four counters a vector, each word in the lower half of a 64-bit lane with rubbish above it: vpmuludq reads
// lower halves only, so a product is both the new low word (as it stands) and the new high word (shifted down), and no
// lane is ever blended before the last round. Four vectors side by side hide the multiplier's latency.
constexpr std::uint32_t kM0 = 0xD2511F53u, kM1 = 0xCD9E8D57u, kW0 = 0x9E3779B9u, kW1 = 0xBB67AE85u;
constexpr int kRounds = 10;

// What does not change from block to block while the upper half of the position stays: the round keys and, as only the
// first word of the counter moves, half of the first two rounds (by name: what is xored into which word after which
// round; the keys of those rounds are in it).
struct Constants {
  explicit Constants(const Position& at) {
    for (std::uint32_t r = 0; r < kRounds; ++r) {
      key0[r] = _mm256_set1_epi32(int(at.key[0] + r * kW0));
      key1[r] = _mm256_set1_epi32(int(at.key[1] + r * kW1));
    }
    const std::uint64_t p1 = std::uint64_t{at.high[0]} * kM1;
    const std::uint32_t c0 = std::uint32_t(p1 >> 32) ^ std::uint32_t(at.block >> 32) ^ at.key[0];
    const std::uint64_t p0 = std::uint64_t{c0} * kM0;
    word2_round1 = _mm256_set1_epi32(int(at.high[1] ^ at.key[1]));
    word0_round2 = _mm256_set1_epi32(int(std::uint32_t(p1) ^ (at.key[0] + kW0)));
    word2_round2 = _mm256_set1_epi32(int(std::uint32_t(p0 >> 32) ^ (at.key[1] + kW1)));
    word2_round3 = _mm256_set1_epi32(int(std::uint32_t(p0) ^ (at.key[1] + 2 * kW1)));
  }
  __m256i key0[kRounds], key1[kRounds], word2_round1, word0_round2, word2_round2, word2_round3;
};

// The upper halves of 64-bit lanes, moved down; a shuffle, because the shifter's ports are busy multiplying.
[[gnu::always_inline]] inline __m256i upper(__m256i p) {
  return _mm256_castps_si256(_mm256_movehdup_ps(_mm256_castsi256_ps(p)));
}

// Words (w0, w1) and (w2, w3) of blocks first + 0, 2, 1, 3: the order in which unpacking restores 0, 1, 2, 3.
template <int kVectors>
[[gnu::always_inline]] inline void philox_vectors(const Constants& constants, std::uint32_t first,
                                                  __m256i (&w01)[kVectors], __m256i (&w23)[kVectors]) {
  const __m256i m0 = _mm256_set1_epi64x(kM0), m1 = _mm256_set1_epi64x(kM1);
  __m256i c0[kVectors], c1[kVectors], c2[kVectors], c3[kVectors];
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) {
    const __m256i number = _mm256_setr_epi32(4 * v, 0, 4 * v + 2, 0, 4 * v + 1, 0, 4 * v + 3, 0);
    __m256i p0 = _mm256_mul_epu32(_mm256_add_epi32(_mm256_set1_epi32(int(first)), number), m0);
    c2[v] = _mm256_xor_si256(upper(p0), constants.word2_round1);
    __m256i p1 = _mm256_mul_epu32(c2[v], m1);
    c0[v] = _mm256_xor_si256(upper(p1), constants.word0_round2);
    c1[v] = p1;
    c2[v] = _mm256_xor_si256(p0, constants.word2_round2);
    p0 = _mm256_mul_epu32(c0[v], m0);
    p1 = _mm256_mul_epu32(c2[v], m1);
    c0[v] = _mm256_xor_si256(upper(p1), _mm256_xor_si256(c1[v], constants.key0[2]));
    c2[v] = _mm256_xor_si256(upper(p0), constants.word2_round3);
    c1[v] = p1;
    c3[v] = p0;
  }
#pragma GCC unroll 10
  for (int r = 3; r < kRounds - 1; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      const __m256i p0 = _mm256_mul_epu32(c0[v], m0), p1 = _mm256_mul_epu32(c2[v], m1);
      c0[v] = _mm256_xor_si256(upper(p1), _mm256_xor_si256(c1[v], constants.key0[r]));
      c2[v] = _mm256_xor_si256(upper(p0), _mm256_xor_si256(c3[v], constants.key1[r]));
      c1[v] = p1;
      c3[v] = p0;
    }
  }
  const __m256i zero = _mm256_setzero_si256();
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) {
    const __m256i p0 = _mm256_mul_epu32(c0[v], m0), p1 = _mm256_mul_epu32(c2[v], m1);
    const __m256i x0 = _mm256_blend_epi32(_mm256_xor_si256(c1[v], constants.key0[kRounds - 1]), zero, 0xAA);
    const __m256i x2 = _mm256_blend_epi32(_mm256_xor_si256(c3[v], constants.key1[kRounds - 1]), zero, 0xAA);
    w01[v] = _mm256_xor_si256(_mm256_shuffle_epi32(p1, 0xB1), x0);
    w23[v] = _mm256_xor_si256(_mm256_shuffle_epi32(p0, 0xB1), x2);
  }
}

// The 16 numbers of four blocks in order.
template <class Map>
[[gnu::always_inline]] inline void store_four_blocks(__m256i w01, __m256i w23, typename Map::Number* out) {
  using L = EightLanes;
  __m256i low, high;
  if constexpr (std::is_same_v<Map, Normals>) {
    L::Float first, second;
    Map::template pair<L>(L::Bits(w01), L::Bits(w23), first, second);
    low = _mm256_unpacklo_epi64(_mm256_castps_si256(first), _mm256_castps_si256(second));
    high = _mm256_unpackhi_epi64(_mm256_castps_si256(first), _mm256_castps_si256(second));
  } else {
    low = std::bit_cast<__m256i>(Map::template map<L>(L::Bits(_mm256_unpacklo_epi64(w01, w23))));
    high = std::bit_cast<__m256i>(Map::template map<L>(L::Bits(_mm256_unpackhi_epi64(w01, w23))));
  }
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), low);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 8), high);
}

template <class Map, int kVectors>
[[gnu::always_inline]] inline void store_group(const Constants& constants, std::uint32_t first,
                                               typename Map::Number* out) {
  __m256i w01[kVectors], w23[kVectors];
  philox_vectors<kVectors>(constants, first, w01, w23);
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) store_four_blocks<Map>(w01[v], w23[v], out + 16 * v);
}

// The last numbers of a request, at most a group: computed whole, copied in part.
template <class Map, int kVectors>
void fill_tail(const Constants& constants, std::uint32_t block, std::span<typename Map::Number> out) {
  alignas(32) typename Map::Number whole[16 * kVectors];
  store_group<Map, kVectors>(constants, block, whole);
  std::memcpy(out.data(), whole, out.size_bytes());
}

// The upper half of the position must not change between the first and the last block.
template <class Map>
void fill_constant_upper(const Position& at, std::span<typename Map::Number> out) {
  constexpr std::uint32_t kVectors = 4, kGroup = 16 * kVectors;
  const Constants constants(at);
  auto block = std::uint32_t(at.block);
  for (; out.size() >= kGroup; out = out.subspan(kGroup), block += 4 * kVectors)
    store_group<Map, kVectors>(constants, block, out.data());
  if (out.size() > 16)
    fill_tail<Map, kVectors>(constants, block, out);
  else if (!out.empty())
    fill_tail<Map, 1>(constants, block, out);
}

template <class Map>
void fill(Position at, std::span<typename Map::Number> out) {
  while (!out.empty()) {
    const std::uint64_t blocks_left = (std::uint64_t{1} << 32) - std::uint32_t(at.block);
    const std::size_t now = std::size_t(std::min<std::uint64_t>(out.size(), 4 * blocks_left));
    fill_constant_upper<Map>(at, out.first(now));
    out = out.subspan(now);
    at.block += blocks_left;  // right unless this was the last piece
  }
}

#else

template <class Map>
void fill(const Position& at, std::span<typename Map::Number> out) {
  portable<Map>(at, out);
}

#endif

template <class Map>
void advance(Position& at, std::span<typename Map::Number> out) {
  fill<Map>(at, out);
  at.block += (out.size() + 3) / 4;
}

}  // namespace

namespace detail {

std::array<std::uint32_t, 4> philox(const Position& at) {
  const auto r = r123::Philox4x32()({{std::uint32_t(at.block), std::uint32_t(at.block >> 32), at.high[0], at.high[1]}},
                                    {{at.key[0], at.key[1]}});
  return {r[0], r[1], r[2], r[3]};
}
void portable_words(Position at, std::span<std::uint32_t> out) { portable<RawWords>(at, out); }
void portable_uniforms(Position at, std::span<float> out) { portable<Uniforms>(at, out); }
void portable_normals(Position at, std::span<float> out) { portable<Normals>(at, out); }
void portable_half_logits(Position at, std::span<float> out) { portable<HalfLogits>(at, out); }

}  // namespace detail

Stream::result_type Stream::operator()() {
  const auto w = detail::philox(at_);
  ++at_.block;
  return (std::uint64_t{w[0]} << 32) | w[1];
}
void Stream::words(std::span<std::uint32_t> out) { advance<RawWords>(at_, out); }
void Stream::uniforms(std::span<float> out) { advance<Uniforms>(at_, out); }
void Stream::normals(std::span<float> out) { advance<Normals>(at_, out); }
void Stream::half_logits(std::span<float> out) { advance<HalfLogits>(at_, out); }

Streams::Streams(StreamName name, Index columns, Index first) : name_(name), first_(first) {
  if (columns < 0 || first < 0 || first > (Index{1} << 32) - columns)
    throw BadInput("streams: columns must have numbers in [0, 2^32); ask for fewer columns");
  each_.reserve(std::size_t(columns));
  for (Index c = 0; c < columns; ++c) each_.emplace_back(name, std::uint32_t(first + c));
}

}  // namespace glass

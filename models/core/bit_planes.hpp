#pragma once
// 256 bits side by side, one for each of as many replicas: logic, random bits, counters.
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/core/random.hpp"
#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace glass {

namespace detail {
#if defined(__AVX2__)
typedef std::uint64_t FourWords __attribute__((vector_size(32)));
#else  // as the vector type above, for machines that have none
struct FourWords {
  std::uint64_t v[4];
  std::uint64_t& operator[](int k) { return v[k]; }
  std::uint64_t operator[](int k) const { return v[k]; }
  static FourWords each(auto&& of) { return {{of(0), of(1), of(2), of(3)}}; }
  friend FourWords operator&(const FourWords& a, const FourWords& b) {
    return each([&](int k) { return a[k] & b[k]; });
  }
  friend FourWords operator|(const FourWords& a, const FourWords& b) {
    return each([&](int k) { return a[k] | b[k]; });
  }
  friend FourWords operator^(const FourWords& a, const FourWords& b) {
    return each([&](int k) { return a[k] ^ b[k]; });
  }
  friend FourWords operator+(const FourWords& a, const FourWords& b) {
    return each([&](int k) { return a[k] + b[k]; });
  }
  friend FourWords operator<<(const FourWords& a, int n) {
    return each([&](int k) { return a[k] << n; });
  }
  friend FourWords operator>>(const FourWords& a, int n) {
    return each([&](int k) { return a[k] >> n; });
  }
  FourWords operator~() const {
    return each([&](int k) { return ~v[k]; });
  }
};
#endif
}  // namespace detail

struct Word256 {
  static constexpr Index kBits = 256;
  detail::FourWords w = {};

  /// The same 64 bits four times.
  static Word256 four(std::uint64_t v) { return {detail::FourWords{v, v, v, v}}; }
  static Word256 all(bool bit) { return four(bit ? ~std::uint64_t{0} : 0); }
  /// The first `bits` of them.
  static Word256 first(Index bits) {
    Word256 out;
    for (int k = 0; k < 4; ++k, bits -= 64)
      out.w[k] = bits >= 64 ? ~std::uint64_t{0} : bits > 0 ? (std::uint64_t{1} << bits) - 1 : 0;
    return out;
  }
  bool get(int bit) const { return w[bit / 64] >> bit % 64 & 1; }
  void set(int bit, bool to) {
    const std::uint64_t mask = std::uint64_t{1} << bit % 64;
    w[bit / 64] = to ? w[bit / 64] | mask : w[bit / 64] & ~mask;
  }
  bool none() const {
#if defined(__AVX2__)
    return _mm256_testz_si256(__m256i(w), __m256i(w));
#else
    return (w[0] | w[1] | w[2] | w[3]) == 0;
#endif
  }
  int count() const { return std::popcount(w[0]) + std::popcount(w[1]) + std::popcount(w[2]) + std::popcount(w[3]); }
  friend Word256 operator&(Word256 a, Word256 b) { return {a.w & b.w}; }
  friend Word256 operator|(Word256 a, Word256 b) { return {a.w | b.w}; }
  friend Word256 operator^(Word256 a, Word256 b) { return {a.w ^ b.w}; }
  Word256 operator~() const { return {~w}; }
  bool operator==(const Word256& o) const { return (*this ^ o).none(); }
  void save(auto& f) const { f.bytes(&w, sizeof w); }
  void load(auto& f) { f.bytes(&w, sizeof w); }
};

/// Independent random bits by words: eight xoshiro256++ generators (Blackman and Vigna, ACM Trans. Math. Softw. 47, 36
/// (2021); period 2^256 - 1 each), four to a word and two words in turn, because one alone waits for its own last step.
/// Their states come from a named stream. 1.5 ns a word of 256 bits; a Philox stream would take 4.5 ns.
class BitRandom {
 public:
  BitRandom() = default;
  /// Takes 32 numbers of `rng`.
  explicit BitRandom(Stream& rng) {
    for (auto& engine : state_)
      for (Word256& s : engine)
        for (int lane = 0; lane < 4; ++lane) s.w[lane] = rng();
  }
  /// out[0], out[1], ...: an even number of words.
  void fill(std::span<Word256> out) {
    auto a = state_[0], b = state_[1];
    for (std::size_t k = 0; k < out.size(); k += 2) {
      out[k] = step(a);
      out[k + 1] = step(b);
    }
    state_ = {a, b};
  }
  static void visit(auto& s, auto&& f) { f(s.state_); }

 private:
  using Engine = std::array<Word256, 4>;
  static Word256 step(Engine& s) {
    const auto rotated = [](detail::FourWords v, int k) { return (v << k) | (v >> (64 - k)); };
    const Word256 out{rotated(s[0].w + s[3].w, 23) + s[0].w}, t{s[1].w << 17};
    s[2] = s[2] ^ s[0];
    s[3] = s[3] ^ s[1];
    s[1] = s[1] ^ s[2];
    s[0] = s[0] ^ s[3];
    s[2] = s[2] ^ t;
    s[3] = {rotated(s[3].w, 45)};
    return out;
  }
  std::array<Engine, 2> state_{};
};

/// How many of the words added so far have a bit set, for each bit: digits of the numbers as planes.
class LaneCounter {
 public:
  void add(Word256 carry) {
    for (std::size_t d = 0; !carry.none(); ++d) {
      if (d == digit_.size()) digit_.emplace_back();
      const Word256 both = digit_[d] & carry;
      digit_[d] = digit_[d] ^ carry;
      carry = both;
    }
  }
  std::int64_t operator[](int bit) const {
    std::int64_t n = 0;
    for (std::size_t d = 0; d < digit_.size(); ++d) n |= std::int64_t{digit_[d].get(bit)} << d;
    return n;
  }

 private:
  std::vector<Word256> digit_;
};

}  // namespace glass

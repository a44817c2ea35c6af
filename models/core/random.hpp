#pragma once
// Every random number of the suite. A number is a pure function of a name and a position: nothing depends on threads,
// ranks, alignment, the order in which columns are served, or the instruction set the library was built for.
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/core/types.hpp"

namespace glass {

/// What the numbers are for. The values go into files and into keys: append, never renumber.
enum class Purpose : std::uint16_t {
  disorder = 1,
  planted,
  sampler,
  swap,
  reveal,
  denoiser,
  start,
  null_model,
  test,
  population,
  side_information,
  probe
};

/// What names a stream. Streams with different names are independent; nothing is ever added to a seed.
struct StreamName {
  std::uint32_t seed = 0;      ///< the run's seed
  Purpose purpose{};           ///< what the numbers are for
  std::uint16_t branch = 0;    ///< how deep in a nest of algorithms
  std::uint32_t instance = 0;  ///< which disorder sample
  static void visit(auto& s, auto&& f) { f(s.seed, s.purpose, s.branch, s.instance); }
};

namespace detail {
/// Where a stream stands: the key and counter of its next Philox block.
struct Position {
  std::array<std::uint32_t, 2> key{};   ///< seed, purpose << 16 | branch
  std::array<std::uint32_t, 2> high{};  ///< upper half of the counter: instance, column
  std::uint64_t block = 0;              ///< lower half of the counter; wraps at 2^64 without carry
};
}  // namespace detail

/// Counter-based stream, Philox4x32-10 of Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3"
/// (SC'11): key (seed, purpose << 16 | branch), counter (position low, position high, instance, column).
///
/// The whole state is the name and the position, which counts blocks of four 32-bit words (period 2^64 blocks); a copy
/// draws the same numbers as the original. Every call starts a fresh block and uses whole blocks: a bulk call for n
/// numbers takes ceil(n / 4) of them, a scalar call one. Hence
///  - for each bulk method x, x(a) then x(b) is x(a + b) if a is a multiple of 4; else the rest of a's last block,
///    up to 3 numbers, is dropped between them;
///  - the first n numbers of a longer request are the numbers of the request for n;
///  - bits do not depend on the alignment of `out`, nor on how its length splits into vectors, nor on the machine.
///
/// Cost per number on one core with AVX2 (2.9 GHz, bench/random_benchmarks.cpp): words and uniforms 0.8 ns, normals
/// 1.3 ns, half_logits 1.5 ns; a short bulk call takes 60 ns, however few its numbers; a scalar draw takes 10 ns.
class Stream {
 public:
  using result_type = std::uint64_t;  // a uniform random bit generator, for Boost.Random's distributions

  Stream() = default;
  Stream(StreamName name, std::uint32_t column)
      : at_{{name.seed, (std::uint32_t{std::uint16_t(name.purpose)} << 16) | name.branch}, {name.instance, column}, 0} {
  }
  /// Raw Philox key and first counter, for known-answer tests. Names are for everything else.
  Stream(std::array<std::uint32_t, 2> key, std::array<std::uint32_t, 4> counter)
      : at_{key, {counter[2], counter[3]}, counter[0] | (std::uint64_t{counter[1]} << 32)} {}

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }
  /// 64 bits: the first two words of a block, the first one on top.
  result_type operator()();
  /// In (0, 1): an odd multiple of 2^-53, so that both ends are excluded and u and 1 - u are equally likely.
  double uniform() { return (double((*this)() >> 12) + 0.5) * 0x1p-52; }

  /// Raw 32-bit words.
  void words(std::span<std::uint32_t> out);
  /// In (0, 1): an odd multiple of 2^-24, symmetric about 1/2, ends excluded. Number j comes from word j.
  void uniforms(std::span<float> out);
  /// Standard normals (Box & Muller 1958). Each block of words w gives four: r(w0) cos t(w2), r(w1) cos t(w3),
  /// r(w0) sin t(w2), r(w1) sin t(w3), with 31 bits in the radius and 26 in the angle. |normal| <= sqrt(64 ln 2) = 6.66
  /// (beyond that lies 3e-11 of the law); the smallest but zero is 1.6e-11 and zero has probability 3e-8.
  void normals(std::span<float> out);
  /// half_logit of each word, bit for bit, in one pass: the thresholds of a heat-bath sweep.
  void half_logits(std::span<float> out);

  template <class S>
  static void visit(S& s, auto&& f) {
    f(s.at_.key, s.at_.high, s.at_.block);
  }

 private:
  detail::Position at_;
};

namespace detail {

// Formulae are written once, over a set of lanes: one number here, eight in random.cpp. Products that are added go
// through fma by name, so neither the compiler's contraction nor the number of lanes can change a bit; libm is kept out
// (but for fma and sqrt, which IEEE 754 rounds correctly), because its vector and scalar versions round differently.
struct OneLane {
  using Float = float;
  using Bits = std::uint32_t;
  using Int = std::int32_t;
  static float fma(float a, float b, float c) { return std::fma(a, b, c); }
  static float sqrt(float x) { return std::sqrt(x); }
  static float to_float(std::int32_t i) { return float(i); }
  static float all(float c) { return c; }
};

template <class L>
[[gnu::always_inline]] inline typename L::Float polynomial(typename L::Float x, auto leading, auto... next) {
  typename L::Float y = L::all(leading);
  ((y = L::fma(y, x, L::all(next))), ...);
  return y;
}

/// ln x for normal x > 0. Reduction to [sqrt(1/2), sqrt(2)) and coefficients of Cephes' logf (S. Moshier, netlib);
/// fma makes the product with ln 2 exact, so that Cephes' split of ln 2 is not needed.
template <class L>
[[gnu::always_inline]] inline typename L::Float log(typename L::Float x) {
  using Bits = typename L::Bits;
  using Int = typename L::Int;
  const Bits shifted = std::bit_cast<Bits>(x) - 0x3f3504f3u;  // 0x3f3504f3 is sqrt(1/2)
  const auto e = L::to_float(std::bit_cast<Int>(shifted) >> 23);
  const auto m = std::bit_cast<typename L::Float>(Bits((shifted & 0x007fffffu) + 0x3f3504f3u)) - 1.0f;
  const auto p =
      polynomial<L>(m, 7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f,
                    -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f, -0.5f);
  return L::fma(e, L::all(0.693147180559945f), L::fma(p, m * m, m));
}

/// A uniform in [2^-32, 1] from the upper 31 bits; steps of 2^-31 at the lower end, of 2^-24 at the upper.
template <class L>
[[gnu::always_inline]] inline typename L::Float open_below(typename L::Bits w) {
  return L::fma(L::to_float(std::bit_cast<typename L::Int>(w >> 1)), L::all(0x1p-31f), L::all(0x1p-32f));
}

template <class L>
[[gnu::always_inline]] inline typename L::Float half_logit(typename L::Bits w) {
  using Bits = typename L::Bits;
  const Bits magnitude = w & 0x7fffffffu, sign = w & 0x80000000u;
  const auto v = L::fma(L::to_float(std::bit_cast<typename L::Int>(magnitude)), L::all(0x1p-32f), L::all(0x1p-33f));
  const typename L::Float l = 0.5f * log<L>(v / (1.0f - v));
  return std::bit_cast<typename L::Float>(Bits(std::bit_cast<Bits>(l) ^ sign));
}

}  // namespace detail

/// ln x for normal x > 0, within 2 units in the last place. No branches, so that loops over it vectorise.
inline float fast_log(float x) { return detail::log<detail::OneLane>(x); }

/// Half the logit of a uniform: P(result < h) = 1 / (1 + exp(-2 h)), the threshold of a heat-bath flip in a field h.
/// The sign is one bit of the word, so both tails are alike: |result| <= 33/2 ln 2 = 11.4, known to 1e-10 in
/// probability at the ends; steps of 6e-8 at the centre.
inline float half_logit(std::uint32_t w) { return detail::half_logit<detail::OneLane>(w); }

/// Half an exponential: -1/2 ln u with u in (0, 1], so P(result >= h) = exp(-2 h), the threshold of a Metropolis flip.
/// In [0, 16 ln 2 = 11.1]; steps of 3e-8 at zero, known to 2e-10 in probability at the end.
inline float half_log(std::uint32_t w) {
  return std::fma(-0.5f, fast_log(detail::open_below<detail::OneLane>(w)), 0.0f);  // + 0 makes -0 a plain 0
}

/// One stream per column. Columns have global numbers, so a block [first, first + count) of a batch draws what the
/// whole batch would: results cannot depend on threads or ranks.
class Streams {
 public:
  Streams() = default;
  /// Columns first .. first + columns - 1, which must fit in 32 bits; else BadInput.
  Streams(StreamName name, Index columns, Index first = 0);

  Index columns() const { return Index(each_.size()); }
  Stream& operator[](Index c) { return each_[std::size_t(c)]; }
  const Stream& operator[](Index c) const { return each_[std::size_t(c)]; }
  /// Global number of column 0.
  Index first() const { return first_; }
  /// Columns [from, from + count) of these, with their global numbers, at position zero.
  Streams block(Index from, Index count) const { return {name_, count, first_ + from}; }
  /// Fresh streams for a part of an algorithm: `times` columns for each of ours (tempering rungs, particles). The
  /// purpose must tell the parts of one algorithm apart: two branches of one purpose are the same streams.
  Streams branch(Purpose purpose, Index times = 1) const {
    return {{name_.seed, purpose, std::uint16_t(name_.branch + 1), name_.instance}, columns() * times, first_ * times};
  }

  template <class S>
  static void visit(S& s, auto&& f) {
    f(s.name_, s.first_, s.each_);
  }

 private:
  StreamName name_;
  Index first_ = 0;
  std::vector<Stream> each_;
};

namespace detail {
/// The same bits one block at a time, without vector instructions: what other machines run, and the reference for
/// tests. None moves the position.
std::array<std::uint32_t, 4> philox(const Position& at);
void portable_words(Position at, std::span<std::uint32_t> out);
void portable_uniforms(Position at, std::span<float> out);
void portable_normals(Position at, std::span<float> out);
void portable_half_logits(Position at, std::span<float> out);
}  // namespace detail

}  // namespace glass

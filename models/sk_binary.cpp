#include "models/sk_binary.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <new>
#include <vector>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace glass {

namespace {

/// step[r] = 2 (flips - 2 k_r) for 64 rows, k_r the number whose digits are the r-th bits of `digits`, least first.
void steps_of(int flips, std::span<const std::uint64_t> digits, std::int16_t* step) {
#if defined(__AVX2__)
  const __m256i spread =
      _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
  const __m256i which = _mm256_set1_epi64x(std::int64_t(0x8040201008040201u));
  for (int half = 0; half < 2; ++half) {  // a byte for each of 32 rows
    __m256i sum = _mm256_set1_epi8(char(flips));
    for (std::size_t d = 0; d < digits.size(); ++d) {
      const __m256i bits = _mm256_shuffle_epi8(_mm256_set1_epi32(int(digits[d] >> 32 * half)), spread);
      const __m256i set = _mm256_cmpeq_epi8(_mm256_and_si256(bits, which), which);
      sum = _mm256_sub_epi8(sum, _mm256_and_si256(set, _mm256_set1_epi8(char(2 << d))));
    }
    const __m256i low = _mm256_cvtepi8_epi16(_mm256_castsi256_si128(sum)),
                  high = _mm256_cvtepi8_epi16(_mm256_extracti128_si256(sum, 1));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(step + 32 * half), _mm256_slli_epi16(low, 1));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(step + 32 * half + 16), _mm256_slli_epi16(high, 1));
  }
#else
  for (int r = 0; r < 64; ++r) {
    int k = 0;
    for (std::size_t d = 0; d < digits.size(); ++d) k |= int(digits[d] >> r & 1) << d;
    step[r] = std::int16_t(2 * (flips - 2 * k));
  }
#endif
}

}  // namespace

SkBinary::SkBinary(Environment env)
    : env_(std::move(env)),
      bh_((env_.beta * env_.h.cast<double>()).cast<float>()),
      unit_(float(env_.beta / std::sqrt(double(env_.sites())))),
      words_((env_.sites() + 255) / 256 * 4) {
  const std::size_t bytes = std::size_t(words_ * sites()) * sizeof(std::uint64_t);  // a multiple of 32
  void* p = std::aligned_alloc(32, bytes);
  if (!p) throw std::bad_alloc();
  std::uninitialized_fill_n(static_cast<std::uint64_t*>(p), bytes / sizeof(std::uint64_t), std::uint64_t{0});
  minus_.reset(static_cast<std::uint64_t*>(p), std::free);
}

SkBinary SkBinary::make(const SkBinaryOptions& o, std::uint32_t seed) {
  if (o.n > kMostSites)
    throw BadInput(std::string(name) + ": n=" + to_text(o.n) + ": must be at most " + to_text(kMostSites) +
                   ", fields are 16-bit sums");
  SkBinary t(Environment::draw(name, o, seed));
  // P(J x*_i x*_j > 0); without a signal it is one half. Known to 2^-32.
  const double plus = o.planted ? 1 / (1 + std::exp(-2 * double(t.beta()) / std::sqrt(double(o.n)))) : 0.5;
  const auto threshold = std::uint64_t(std::ldexp(plus, 32));
  Stream rng({seed, Purpose::disorder, 0, o.instance}, 0);
  std::vector<std::uint32_t> word(static_cast<std::size_t>(o.n));
  for (Index a = 1; a < o.n; ++a) {
    rng.words({word.data(), std::size_t(a)});
    for (Index b = 0; b < a; ++b) {
      bool negative = word[std::size_t(b)] >= threshold;
      if (o.planted && t.env_.truth(a) != t.env_.truth(b)) negative = !negative;
      t.column(a)[b / kWord] |= std::uint64_t{negative} << b % kWord;
      t.column(b)[a / kWord] |= std::uint64_t{negative} << a % kWord;
    }
  }
  return t;
}

SkBinary::Cache SkBinary::open(Batch x) const {
  const Index n = sites();
  Cache s{std::move(x), {}, {}};
  s.g.resize(n, s.x.cols());
  s.sum.resize(n, s.x.cols());
  std::vector<std::uint64_t> down(static_cast<std::size_t>(words_));
  for (Index c = 0; c < s.x.cols(); ++c) {
    std::fill(down.begin(), down.end(), 0);
    for (Index i = 0; i < n; ++i) down[std::size_t(i / kWord)] |= std::uint64_t{s.x(i, c) < 0} << i % kWord;
    for (Index i = 0; i < n; ++i) {
      int odd = 0;  // terms -1, i's own among them: its coupling's bit is 0
      for (Index w = 0; w < words_; ++w) odd += std::popcount(column(i)[w] ^ down[std::size_t(w)]);
      s.sum(i, c) = std::int16_t(int(n) - 2 * odd - int(s.x(i, c)));
      s.g(i, c) = std::fma(float(s.sum(i, c)), unit_, bh_(i));
    }
  }
  return s;
}

void SkBinary::add(Cache& s, Index c, Index w, int flips, std::span<const std::uint64_t> digits, Index but) const {
  alignas(32) std::int16_t step[kWord];
  steps_of(flips, digits, step);
  if (but < kWord) step[but] = 0;
  const Index first = w * kWord, some = std::min(kWord, sites() - first);
  std::int16_t* __restrict sum = s.sum.col(c).data() + first;
  float* __restrict g = s.g.col(c).data() + first;
  const float* __restrict bh = bh_.data() + first;
  const auto rows = [&](Index count) {
    for (Index r = 0; r < count; ++r) {
      sum[r] = std::int16_t(sum[r] + step[r]);
      g[r] = std::fma(float(sum[r]), unit_, bh[r]);
    }
  };
  some == kWord ? rows(kWord) : rows(some);
}

void SkBinary::flip(Cache& s, Index c, Index i) const {
  s.x(i, c) = -s.x(i, c);
  const std::uint64_t down = s.x(i, c) < 0 ? ~std::uint64_t{0} : 0;
  for (Index w = 0; w * kWord < sites(); ++w) {
    const std::uint64_t less = column(i)[w] ^ down;  // where the new term is -1
    add(s, c, w, 1, {&less, 1}, w == i / kWord ? i % kWord : kWord);
  }
}

void SkBinary::flip_within(Cache& s, Index c, Index i, Index first) const {
  s.x(i, c) = -s.x(i, c);
  const std::uint64_t less = column(i)[first / kWord] ^ (s.x(i, c) < 0 ? ~std::uint64_t{0} : 0);
  add(s, c, first / kWord, 1, {&less, 1}, i - first);
}

void SkBinary::flip_beyond(Cache& s, Index first, std::span<const std::uint64_t> flipped) const {
  static_assert(kBlockSites == kWord);
  typedef std::uint64_t Four __attribute__((vector_size(32)));
  for (Index c = 0; c < s.x.cols(); ++c) {
    const std::uint64_t* from[kWord];
    std::uint64_t down[kWord];
    int flips = 0;
    for (std::uint64_t left = flipped[std::size_t(c)]; left; left &= left - 1, ++flips) {
      const Index i = first + std::countr_zero(left);
      from[flips] = column(i);
      down[flips] = s.x(i, c) < 0 ? ~std::uint64_t{0} : 0;
    }
    if (flips == 0) continue;
    const int digits = std::bit_width(unsigned(flips));
    for (Index w = 0; w < words_; w += 4) {
      Four digit[7] = {};  // of the numbers of terms that became -1, 256 of them side by side
      for (int f = 0; f < flips; ++f) {
        Four carry;
        __builtin_memcpy(&carry, from[f] + w, sizeof carry);
        carry ^= down[f];
        for (unsigned d = 0; d < unsigned(std::bit_width(unsigned(f + 1))); ++d) {
          const Four both = digit[d] & carry;
          digit[d] ^= carry;
          carry = both;
        }
      }
      for (Index k = 0; k < 4 && (w + k) * kWord < sites(); ++k) {
        if (w + k == first / kWord) continue;
        std::uint64_t one[7];
        for (int d = 0; d < digits; ++d) one[d] = digit[d][k];
        add(s, c, w + k, flips, {one, std::size_t(digits)});
      }
    }
  }
}

void SkBinary::multiply(BatchIn x, BatchOut out) const {
  out.setZero();
  Eigen::VectorXf j(sites());
  for (Index i = 0; i < sites(); ++i) {
    for (Index r = 0; r < sites(); ++r) j(r) = minus(r, i) ? -unit_ : unit_;
    j(i) = 0;
    out.noalias() += j * x.row(i);
  }
}

PerColumn SkBinary::log_likelihood(const Cache& s) const {
  PerColumn out(s.x.cols());
  for (Index c = 0; c < out.size(); ++c) {
    const auto x = s.x.col(c).cast<double>();
    out(c) = 0.5 * double(unit_) * x.dot(s.sum.col(c).cast<double>()) + x.dot(bh_.cast<double>());
  }
  return out;
}

}  // namespace glass

#include "models/core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "models/core/error.hpp"

namespace glass {
namespace {

using Words = std::array<std::uint32_t, 4>;

// Seeds are fixed, so a run is right or wrong once and for all. The level is that of a first run: fewer than kChecks
// p-values are looked at below, so that correct generators are refused with probability 1e-3 all in all.
constexpr double kChecks = 256, kLevel = 1e-3 / kChecks;
constexpr std::size_t kDraws = 10'000'000, kChunk = 1 << 16;

void expect_plausible(double p, const std::string& what) { EXPECT_GE(p, kLevel) << what << ": p = " << p; }
void expect_standard(double z, const std::string& what) {
  expect_plausible(2 * boost::math::cdf(boost::math::complement(boost::math::normal(), std::abs(z))),
                   what + " (z = " + std::to_string(z) + ")");
}
// Two-sided: a fit too good to be true is as wrong as a bad one.
void expect_chi_squared(double x, double degrees, const std::string& what) {
  const boost::math::chi_squared law(degrees);
  expect_plausible(2 * std::min(boost::math::cdf(law, x), boost::math::cdf(boost::math::complement(law, x))),
                   what + " (chi^2 = " + std::to_string(x) + " of " + std::to_string(degrees) + ")");
}
void expect_count(std::size_t count, std::size_t draws, double p, const std::string& what) {
  const boost::math::binomial law(double(draws), p);
  const double upper = count == 0 ? 1 : boost::math::cdf(boost::math::complement(law, double(count) - 1));
  expect_plausible(std::min(1.0, 2 * std::min(boost::math::cdf(law, double(count)), upper)),
                   what + " (" + std::to_string(count) + " for " + std::to_string(p * double(draws)) + ")");
}
double chi_squared(const std::vector<std::size_t>& counts, const std::vector<double>& p) {
  double n = 0, x = 0;
  for (const std::size_t c : counts) n += double(c);
  for (std::size_t b = 0; b < p.size(); ++b)
    x += (double(counts[b]) - n * p[b]) * (double(counts[b]) - n * p[b]) / (n * p[b]);
  return x;
}
double normal_cdf(double x) { return boost::math::cdf(boost::math::normal(), x); }

template <class T>
using Bulk = void (Stream::*)(std::span<T>);
template <class T>
using Portable = void (*)(detail::Position, std::span<T>);

// For what a bulk method promises about bits, whatever its law.
void for_each_bulk_method(auto&& f) {
  f("words", Bulk<std::uint32_t>(&Stream::words), Portable<std::uint32_t>(&detail::portable_words));
  f("uniforms", Bulk<float>(&Stream::uniforms), Portable<float>(&detail::portable_uniforms));
  f("normals", Bulk<float>(&Stream::normals), Portable<float>(&detail::portable_normals));
  f("half_logits", Bulk<float>(&Stream::half_logits), Portable<float>(&detail::portable_half_logits));
}

template <class T>
bool same_bits(std::span<const T> a, std::span<const T> b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

Stream stream_at(const detail::Position& p) {
  return {p.key, {std::uint32_t(p.block), std::uint32_t(p.block >> 32), p.high[0], p.high[1]}};
}

// A stream whose next block is `out`: Philox backwards (each round is a bijection of the counter, the multipliers being
// odd). Puts the ends of every law within reach, which no number of draws would.
Stream stream_yielding(Words out) {
  const std::array<std::uint32_t, 2> key{0x243f6a88u, 0x85a308d3u};
  const std::uint32_t m0 = 0xD2511F53u, m1 = 0xCD9E8D57u;
  const auto inverse = [](std::uint32_t m) {
    std::uint32_t x = m;  // right in the lowest 3 bits; each step of Newton's doubles them
    for (int i = 0; i < 4; ++i) x *= 2 - m * x;
    return x;
  };
  for (std::uint32_t r = 10; r-- > 0;) {
    const std::uint32_t c0 = out[3] * inverse(m0), c2 = out[1] * inverse(m1);
    const std::uint32_t high0 = std::uint32_t((std::uint64_t{c0} * m0) >> 32);
    const std::uint32_t high1 = std::uint32_t((std::uint64_t{c2} * m1) >> 32);
    out = {c0, out[0] ^ high1 ^ (key[0] + r * 0x9E3779B9u), c2, out[2] ^ high0 ^ (key[1] + r * 0xBB67AE85u)};
  }
  return {key, out};
}

// Known answers of Random123 (kat_vectors, philox 4x32 10).
struct KnownAnswer {
  std::array<std::uint32_t, 2> key;
  Words counter, answer;
};
const KnownAnswer kKnown[] = {
    {{0, 0}, {0, 0, 0, 0}, {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u}},
    {{0xffffffffu, 0xffffffffu},
     {0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu},
     {0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu}},
    {{0xa4093822u, 0x299f31d0u},
     {0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u},
     {0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u}},
};

TEST(Random, KnownAnswersOneBlockAtATime) {
  for (const auto& [key, counter, answer] : kKnown) {
    Stream s(key, counter);
    EXPECT_EQ(s(), (std::uint64_t{answer[0]} << 32) | answer[1]);
    EXPECT_EQ(detail::philox({key, {counter[2], counter[3]}, counter[0] | (std::uint64_t{counter[1]} << 32)}), answer);
  }
}

TEST(Random, KnownAnswersInBulk) {
  // The known block at every place of a request that uses both the widest vectors and a tail.
  for (const auto& [key, counter, answer] : kKnown) {
    for (std::uint64_t before = 0; before < 45; ++before) {
      const std::uint64_t block = (counter[0] | (std::uint64_t{counter[1]} << 32)) - before;
      Stream s = stream_at({key, {counter[2], counter[3]}, block});
      std::vector<std::uint32_t> w(45 * 4);
      s.words(w);
      EXPECT_TRUE(same_bits<std::uint32_t>(std::span(w).subspan(4 * before, 4), answer)) << "after " << before;
    }
  }
}

TEST(Random, BulkWordsAreTheScalarBlocks) {
  const std::uint64_t starts[] = {0, 7, (1ull << 32) - 21, (5ull << 32) - 1, ~0ull - 11};
  for (const std::uint64_t start : starts) {
    std::vector<std::size_t> lengths(150);
    for (std::size_t n = 0; n < lengths.size(); ++n) lengths[n] = n;
    lengths.insert(lengths.end(), {1000, 1023, 4096});
    for (const std::size_t n : lengths) {
      detail::Position at{{3, 4}, {5, 6}, start};
      Stream s = stream_at(at);
      std::vector<std::uint32_t> w(n);
      s.words(w);
      std::size_t wrong = 0;
      for (std::size_t k = 0; k < n; k += 4, ++at.block) {
        const Words block = detail::philox(at);
        for (std::size_t j = k; j < std::min(n, k + 4); ++j) wrong += w[j] != block[j - k];
      }
      EXPECT_EQ(wrong, 0u) << n << " words from block " << start;
      const Words next = detail::philox(at);  // the next call starts a fresh block
      EXPECT_EQ(s(), (std::uint64_t{next[0]} << 32) | next[1]) << n << " words from block " << start;
    }
  }
}

TEST(Random, VectorsAndPortablePathAgreeInEveryBit) {
  for_each_bulk_method([]<class T>(const char* name, Bulk<T> bulk, Portable<T> portable) {
    for (const std::size_t n : {1u, 5u, 16u, 63u, 64u, 65u, 200u, 1u << 18}) {
      for (const std::uint64_t start : {0ull, (1ull << 32) - 9, (1ull << 40) + 3}) {
        const detail::Position at{{11, 12}, {13, 14}, start};
        std::vector<T> a(n), b(n);
        Stream s = stream_at(at);
        (s.*bulk)(a);
        portable(at, b);
        EXPECT_TRUE(same_bits<T>(a, b)) << name << ", " << n << " from block " << start;
      }
    }
  });
}

TEST(Random, AlignmentAndNeighboursDoNotMatter) {
  for_each_bulk_method([]<class T>(const char* name, Bulk<T> bulk, Portable<T>) {
    std::vector<T> expected(203);
    (Stream({1, Purpose::test}, 2).*bulk)(expected);
    for (std::size_t shift = 0; shift < 8; ++shift) {
      const T untouched = T(77);
      std::vector<T> a(expected.size() + 16, untouched);
      (Stream({1, Purpose::test}, 2).*bulk)(std::span(a).subspan(shift, expected.size()));
      EXPECT_TRUE(same_bits<T>(std::span(a).subspan(shift, expected.size()), expected)) << name << " shifted " << shift;
      EXPECT_EQ(std::count(a.begin(), a.begin() + long(shift), untouched), long(shift)) << name;
      EXPECT_EQ(std::count(a.end() - 16 + long(shift), a.end(), untouched), 16 - long(shift)) << name;
    }
  });
}

TEST(Random, RequestsSplitAtWholeBlocksAndShorterOnesAreBeginnings) {
  for_each_bulk_method([]<class T>(const char* name, Bulk<T> bulk, Portable<T>) {
    std::vector<T> whole(300);
    (Stream({2, Purpose::test}, 0).*bulk)(whole);
    for (std::size_t n = 0; n <= whole.size(); ++n) {
      std::vector<T> part(whole.size());
      Stream s({2, Purpose::test}, 0);
      (s.*bulk)(std::span(part).first(n));
      EXPECT_TRUE(same_bits<T>(std::span(part).first(n), std::span(whole).first(n))) << name << " " << n;
      if (n % 4 != 0) continue;
      (s.*bulk)(std::span(part).subspan(n));
      EXPECT_TRUE(same_bits<T>(part, whole)) << name << " split at " << n;
    }
  });
}

TEST(Random, BitsAreThoseOfTheRecord) {
  // FNV-1a of 4099 numbers. A change here changes every result of the suite, on purpose or not.
  const auto digest = [](Bulk<float> bulk) {
    std::vector<float> x(4099);
    (Stream({2024, Purpose::test, 1, 2}, 3).*bulk)(x);
    std::uint64_t h = 0xcbf29ce484222325u;
    for (const float v : x) h = (h ^ std::bit_cast<std::uint32_t>(v)) * 0x100000001b3u;
    return h;
  };
  EXPECT_EQ(digest(&Stream::uniforms), 0xa40741743165faaau);
  EXPECT_EQ(digest(&Stream::normals), 0xa56ece27fde0c6f4u);
  EXPECT_EQ(digest(&Stream::half_logits), 0x3d0e72e01d6a2fc8u);
}

TEST(Random, UniformsExcludeBothEnds) {
  const Words ones{~0u, ~0u, ~0u, ~0u}, zeros{};
  std::array<float, 4> low{}, high{};
  stream_yielding(zeros).uniforms(low);
  stream_yielding(ones).uniforms(high);
  for (const float u : low) EXPECT_EQ(u, 0x1p-24f);
  for (const float u : high) EXPECT_EQ(u, 1.0f - 0x1p-24f);
  EXPECT_EQ(stream_yielding(zeros).uniform(), 0x1p-53);
  EXPECT_EQ(stream_yielding(ones).uniform(), 1.0 - 0x1p-53);

  std::vector<float> u(1 << 20);
  Stream s({3, Purpose::test}, 0);
  s.uniforms(u);
  std::size_t even = 0;
  for (const float x : u) even += std::fmod(double(x) * 0x1p24, 2.0) != 1.0;
  EXPECT_EQ(even, 0u) << "uniforms off the lattice of odd multiples of 2^-24";
}

TEST(Random, NormalsReachTheStatedEndsAndQuadrants) {
  const auto four = [](Words w) {
    std::array<float, 4> z{};
    stream_yielding(w).normals(z);
    return z;
  };
  const float top = float(std::sqrt(64 * std::log(2.0)));
  const auto far = four({0, 1, 0, 0});  // radius at its largest; the spare bit turns the cosine's sign
  EXPECT_FLOAT_EQ(far[0], top);
  EXPECT_FLOAT_EQ(far[1], -top);
  EXPECT_FLOAT_EQ(far[2], top * 0x1p-24f * 0.78539816f);
  const auto turned = four({0, 0, 0x80000000u, 0xffffffffu});  // sine and cosine exchanged
  EXPECT_FLOAT_EQ(turned[2], top);
  EXPECT_FLOAT_EQ(turned[0], top * 0x1p-24f * 0.78539816f);
  EXPECT_FLOAT_EQ(turned[1], -turned[0]);
  const auto centre = four({~0u, ~0u, 12345, 67890});
  for (const float z : centre) EXPECT_EQ(z, 0.0f);

  // In between, against libm in double. Close to u = 1 the rounding of u is all there is: du = r dr.
  std::vector<std::uint32_t> w(1 << 16);
  std::vector<float> z(w.size());
  Stream a({4, Purpose::test}, 0), b = a;
  a.words(w);
  b.normals(z);
  double worst = 0;
  for (std::size_t k = 0; k < w.size(); k += 4) {
    for (std::size_t j = k; j < k + 2; ++j) {
      const double r = std::sqrt(-2 * std::log((double(w[j] >> 1) + 0.5) * 0x1p-31));
      const std::int32_t odd = (std::int32_t(w[j + 2] << 1) >> 7) | 1;
      const double x = odd * 0x1p-24 * std::atan(1.0), sign = w[j] & 1 ? -1 : 1;
      double first = sign * r * std::cos(x), second = r * std::sin(x);
      if (w[j + 2] >> 31) std::swap(first, second);
      const double bound = 4e-7 * r + 4e-8 / r;
      worst = std::max({worst, std::abs(z[j] - first) / bound, std::abs(z[j + 2] - second) / bound});
    }
  }
  EXPECT_LT(worst, 1.0);
}

TEST(Random, NormalsHaveTheirMomentsAndDistribution) {
  constexpr int kPerUnit = 16, kBins = 136;  // [-4.25, 4.25] and two tails
  std::vector<std::size_t> counts(kBins + 2), tails(3);
  const double tail_from[] = {4.25, 4.75, 5.25};
  std::array<double, 7> sum{};
  std::vector<float> z(kChunk);
  Stream s({5, Purpose::test}, 0);
  std::size_t n = 0;
  for (; n < kDraws; n += z.size()) {
    s.normals(z);
    for (const float v : z) {
      const int bin = int(std::floor((v + 4.25f) * kPerUnit));
      ++counts[std::size_t(std::clamp(bin + 1, 0, kBins + 1))];
      double power = 1;
      for (std::size_t k = 1; k < sum.size(); ++k) sum[k] += power *= double(v);
    }
    for (const float v : z)
      if (std::abs(v) > 4.25f)
        for (std::size_t t = 0; t < 3; ++t) tails[t] += std::abs(v) > tail_from[t];
  }
  const double moment[] = {1, 0, 1, 0, 3, 0, 15, 0, 105, 0, 945, 0, 10395};
  for (std::size_t k = 1; k < sum.size(); ++k) {
    const double variance = moment[2 * k] - moment[k] * moment[k];
    expect_standard((sum[k] / double(n) - moment[k]) / std::sqrt(variance / double(n)), "moment " + std::to_string(k));
  }
  std::vector<double> p(counts.size());
  const auto edge = [](std::size_t b) { return -4.25 + double(b) / kPerUnit; };
  for (std::size_t b = 1; b <= kBins; ++b) p[b] = normal_cdf(edge(b)) - normal_cdf(edge(b - 1));
  p.front() = p.back() = normal_cdf(-4.25);
  expect_chi_squared(chi_squared(counts, p), double(p.size() - 1), "normal bins");
  for (std::size_t t = 0; t < 3; ++t) expect_count(tails[t], n, 2 * normal_cdf(-tail_from[t]), "normal tail");
}

TEST(Random, NormalsOfABlockAreIndependent) {
  constexpr int kSide = 12;  // halves from -2.5 to 2.5, and two tails
  std::vector<double> p(kSide), joint;
  for (int b = 0; b < kSide; ++b)
    p[std::size_t(b)] = (b == kSide - 1 ? 1 : normal_cdf(-2.5 + 0.5 * b)) - (b == 0 ? 0 : normal_cdf(-3.0 + 0.5 * b));
  for (const double x : p)
    for (const double y : p) joint.push_back(x * y);
  const auto bin = [](float v) { return std::clamp(int(std::floor((v + 3.0f) * 2.0f)), 0, kSide - 1); };

  const std::size_t pairs[][2] = {{0, 2}, {1, 3}, {0, 1}, {2, 3}, {0, 3}, {1, 2}, {3, 4}};  // the last: next block's
  for (const auto& [i, j] : pairs) {
    std::vector<std::size_t> counts(joint.size());
    std::vector<float> z(kChunk);
    Stream s({6, Purpose::test}, 0);
    double n = 0, product = 0, squares = 0, cubes = 0;
    while (n < 5e5) {
      s.normals(z);
      for (std::size_t k = 0; k + 8 <= z.size(); k += 4, ++n) {
        const double x = double(z[k + i]), y = double(z[k + j]);
        ++counts[std::size_t(kSide * bin(z[k + i]) + bin(z[k + j]))];
        product += x * y;
        squares += x * x * y * y - 1;
        cubes += x * x * x * y;
      }
    }
    const std::string what = "numbers " + std::to_string(i) + " and " + std::to_string(j);
    expect_chi_squared(chi_squared(counts, joint), double(joint.size() - 1), what);
    expect_standard(product / std::sqrt(n), what + ", xy");
    expect_standard(squares / std::sqrt(8 * n), what + ", x^2 y^2");
    expect_standard(cubes / std::sqrt(15 * n), what + ", x^3 y");
  }
}

TEST(Random, UniformsAreUniform) {
  constexpr std::size_t kBins = 1024, kSide = 32;
  std::vector<std::size_t> counts(kBins), pairs(kSide * kSide), bits(23);
  std::vector<float> u(kChunk);
  Stream s({7, Purpose::test}, 0);
  std::size_t n = 0;
  for (; n < kDraws; n += u.size()) {
    s.uniforms(u);
    for (std::size_t k = 0; k < u.size(); ++k) {
      ++counts[std::size_t(u[k] * kBins)];
      if (k % 2 == 0) ++pairs[std::size_t(u[k] * kSide) * kSide + std::size_t(u[k + 1] * kSide)];
    }
    if (n < kDraws / 8)
      for (const float v : u)
        for (std::size_t b = 0; b < bits.size(); ++b) bits[b] += (std::uint32_t(v * 0x1p23f) >> b) & 1;
  }
  expect_chi_squared(chi_squared(counts, std::vector<double>(kBins, 1.0 / kBins)), kBins - 1, "uniform bins");
  expect_chi_squared(chi_squared(pairs, std::vector<double>(kSide * kSide, 1.0 / (kSide * kSide))), kSide * kSide - 1,
                     "pairs of uniforms");
  const double tested = double((kDraws / 8 + kChunk - 1) / kChunk * kChunk);
  double x = 0;
  for (const std::size_t b : bits) x += (double(b) - tested / 2) * (double(b) - tested / 2) / (tested / 4);
  expect_chi_squared(x, double(bits.size()), "bits of uniforms");

  double sum = 0;
  for (int k = 0; k < 1'000'000; ++k) sum += s.uniform() - 0.5;
  expect_standard(sum / std::sqrt(1e6 / 12), "mean of uniform()");
}

TEST(Random, HalfLogitHasItsLaw) {
  const float at[] = {-6.f, -4.f, -2.f, -1.f, -0.3f, -1e-3f, 0.f, 0.01f, 0.5f, 1.5f, 3.f, 5.f, 6.f};
  std::vector<std::size_t> below(std::size(at));
  std::vector<float> h(kChunk);
  Stream s({8, Purpose::test}, 0);
  std::size_t n = 0;
  for (; n < kDraws; n += h.size()) {
    s.half_logits(h);
    for (std::size_t t = 0; t < std::size(at); ++t) {
      std::uint32_t count = 0;
      for (const float v : h) count += v < at[t];
      below[t] += count;
    }
  }
  for (std::size_t t = 0; t < std::size(at); ++t)
    expect_count(below[t], n, 1 / (1 + std::exp(-2 * double(at[t]))), "half_logit < " + std::to_string(at[t]));
}

TEST(Random, HalfLogitIsTheQuantileOfItsWord) {
  // The tails exactly, where draws are too few: word against quantile, both ends included.
  const auto check = [](std::uint32_t magnitude) {
    const double v = (magnitude + 0.5) * 0x1p-32, expected = 0.5 * (std::log(v) - std::log1p(-v));
    const float low = half_logit(magnitude), high = half_logit(magnitude | 0x80000000u);
    EXPECT_NEAR(double(low), expected, 1e-7 + 2e-7 * std::abs(expected)) << magnitude;
    EXPECT_EQ(high, -low) << magnitude;
    EXPECT_LE(low, 0.0f) << magnitude;
  };
  for (std::uint32_t m = 0; m < 20'000; ++m) check(m);
  for (std::uint32_t m = 20'000; m < 0x7fffffffu - 200'000; m += 199'999) check(m);
  for (std::uint32_t m = 0x7fffffffu; m > 0x7fffffffu - 20'000; --m) check(m);
  EXPECT_FLOAT_EQ(half_logit(0x80000000u), float(16.5 * std::log(2.0)));

  std::vector<std::uint32_t> w(1001);
  std::vector<float> bulk(w.size()), scalar(w.size());
  Stream a({9, Purpose::test}, 0), b = a;
  a.words(w);
  b.half_logits(bulk);
  for (std::size_t k = 0; k < w.size(); ++k) scalar[k] = half_logit(w[k]);
  EXPECT_TRUE(same_bits<float>(bulk, scalar));
}

TEST(Random, HalfLogHasItsLaw) {
  const float at[] = {1e-3f, 0.1f, 0.5f, 1.f, 2.f, 4.f, 6.f};
  std::vector<std::size_t> beyond(std::size(at));
  std::vector<std::uint32_t> w(kChunk);
  std::vector<float> h(kChunk);
  Stream s({10, Purpose::test}, 0);
  std::size_t n = 0;
  for (; n < kDraws / 2; n += h.size()) {
    s.words(w);
    for (std::size_t k = 0; k < w.size(); ++k) h[k] = half_log(w[k]);
    for (std::size_t t = 0; t < std::size(at); ++t) {
      std::uint32_t count = 0;
      for (const float v : h) count += v >= at[t];
      beyond[t] += count;
    }
  }
  for (std::size_t t = 0; t < std::size(at); ++t)
    expect_count(beyond[t], n, std::exp(-2 * double(at[t])), "half_log >= " + std::to_string(at[t]));

  const auto check = [](std::uint32_t word) {
    const double expected = -0.5 * std::log(((word >> 1) + 0.5) * 0x1p-31);
    EXPECT_NEAR(double(half_log(word)), expected, 4e-8 + 2e-7 * expected) << word;
    EXPECT_FALSE(std::signbit(half_log(word))) << word;
  };
  for (std::uint32_t k = 0; k < 20'000; ++k) check(k), check(~k);
  EXPECT_FLOAT_EQ(half_log(0), float(16 * std::log(2.0)));
  EXPECT_EQ(half_log(~0u), 0.0f);
}

TEST(Random, FastLogIsTheLogarithm) {
  double worst = 0;
  for (std::uint32_t bits = 0x00800000u; bits < 0x7f800000u; bits += 4099) {
    const float x = std::bit_cast<float>(bits), y = fast_log(x);
    const double expected = std::log(double(x));
    const double unit = std::max(0x1p-149, std::ldexp(1.0, std::ilogb(expected == 0 ? 1 : expected) - 23));
    worst = std::max(worst, std::abs(double(y) - expected) / unit);
  }
  EXPECT_LT(worst, 2.0);
  EXPECT_EQ(fast_log(1.0f), 0.0f);
}

TEST(Random, NamesGoIntoKeyAndCounterWhole) {
  const StreamName name{0xfedcba98u, Purpose::swap, 0x1234, 0x89abcdefu};
  Stream named(name, 0x76543210u), raw({0xfedcba98u, 0x00041234u}, {0, 0, 0x89abcdefu, 0x76543210u});
  EXPECT_EQ(named(), raw());
  EXPECT_EQ(int(Purpose::test), 9);  // the numbers are in keys and files
}

TEST(Random, DistinctNamesGiveUnrelatedStreams) {
  // One field changed by one, or two fields exchanged; and neighbours in column.
  std::vector<Stream> streams;
  const StreamName base{1, Purpose::planted, 1, 1};
  for (const StreamName n : {base, StreamName{2, Purpose::planted, 1, 1}, StreamName{1, Purpose::sampler, 1, 1},
                             StreamName{1, Purpose::planted, 2, 1}, StreamName{1, Purpose::planted, 1, 2}})
    streams.emplace_back(n, 1);
  for (std::uint32_t column : {0u, 2u, 3u}) streams.emplace_back(base, column);
  streams.emplace_back(StreamName{1, Purpose::planted, 1, 3}, 1);

  constexpr std::size_t kWords = 1 << 14;
  std::vector<std::vector<std::uint32_t>> w(streams.size(), std::vector<std::uint32_t>(kWords));
  std::vector<std::vector<float>> z(streams.size(), std::vector<float>(kWords));
  for (std::size_t i = 0; i < streams.size(); ++i) {
    Stream s = streams[i];
    s.words(w[i]);
    s = streams[i];
    s.normals(z[i]);
  }
  for (std::size_t i = 0; i < streams.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const std::string what = "streams " + std::to_string(j) + " and " + std::to_string(i);
      std::size_t agree = 0;
      double product = 0;
      for (std::size_t k = 0; k < kWords; ++k) {
        agree += std::size_t(std::popcount(~(w[i][k] ^ w[j][k])));
        product += double(z[i][k]) * double(z[j][k]);
      }
      const double n = 32.0 * kWords;
      expect_standard((double(agree) - n / 2) / std::sqrt(n / 4), what + ", bits");
      expect_standard(product / std::sqrt(double(kWords)), what + ", normals");
    }
  }
}

TEST(Random, CopiesAndRestoredStreamsContinueAlike) {
  Stream s({12, Purpose::test}, 4);
  std::vector<float> x(37), y(37), z(37);
  s.normals(x);
  Stream copy = s, restored;
  std::tuple<std::array<std::uint32_t, 2>, std::array<std::uint32_t, 2>, std::uint64_t> saved;
  Stream::visit(s, [&](auto&... member) { saved = {member...}; });
  Stream::visit(restored, [&](auto&... member) { std::tie(member...) = saved; });
  s.normals(x);
  copy.normals(y);
  restored.normals(z);
  EXPECT_EQ(x, y);
  EXPECT_EQ(x, z);
  EXPECT_EQ(s(), copy());
}

TEST(Random, BlocksOfColumnsDrawWhatTheWholeBatchDraws) {
  const StreamName name{13, Purpose::sampler, 0, 5};
  Streams whole(name, 12, 100);
  for (const auto& [from, count] : {std::pair<Index, Index>{0, 12}, {3, 4}, {11, 1}, {5, 0}}) {
    Streams block = whole.block(from, count);
    EXPECT_EQ(block.columns(), count);
    EXPECT_EQ(block.first(), 100 + from);
    for (Index c = 0; c < count; ++c) {
      Stream ours = whole[from + c];
      std::vector<float> x(50), y(50);
      ours.normals(x);
      block[c].normals(y);
      EXPECT_EQ(x, y) << "column " << c << " of block at " << from;
    }
  }
  // Blocks and branches commute: rungs of a block of chains are a block of the rungs.
  const Streams rungs = whole.branch(Purpose::swap, 3), of_block = whole.block(4, 2).branch(Purpose::swap, 3);
  EXPECT_EQ(rungs.columns(), 36);
  EXPECT_EQ(rungs.first(), 300);
  EXPECT_EQ(of_block.columns(), 6);
  for (Index c = 0; c < 6; ++c) {
    Stream a = rungs[12 + c], b = of_block[c];
    Stream named({13, Purpose::swap, 1, 5}, std::uint32_t(312 + c));
    const std::uint64_t x = a();
    EXPECT_EQ(x, b());
    EXPECT_EQ(x, named());
  }
}

TEST(Random, ColumnsMustHave32BitNumbers) {
  EXPECT_NO_THROW(Streams({1, Purpose::test}, 2, (Index{1} << 32) - 2));
  EXPECT_THROW(Streams({1, Purpose::test}, 2, (Index{1} << 32) - 1), BadInput);
  EXPECT_THROW(Streams({1, Purpose::test}, -1), BadInput);
  EXPECT_THROW(Streams({1, Purpose::test}, 1, -1), BadInput);
}

TEST(Random, IsAGeneratorForBoostDistributions) {
  static_assert(std::uniform_random_bit_generator<Stream>);
  static_assert(Stream::min() == 0 && Stream::max() == ~std::uint64_t{0});
  Stream s({14, Purpose::test}, 0);
  boost::random::normal_distribution<double> normal;
  double sum = 0, squares = 0;
  constexpr int n = 200'000;
  for (int k = 0; k < n; ++k) {
    const double z = normal(s);
    sum += z;
    squares += z * z - 1;
  }
  expect_standard(sum / std::sqrt(double(n)), "mean");
  expect_standard(squares / std::sqrt(2.0 * n), "variance");
}

}  // namespace
}  // namespace glass

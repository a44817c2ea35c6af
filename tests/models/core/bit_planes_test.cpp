#include "models/core/bit_planes.hpp"

#include <gtest/gtest.h>

#include "models/core/state.hpp"

namespace glass {
namespace {

TEST(Word256, IsABitForEachLane) {
  Word256 a{}, b = Word256::all(true);
  EXPECT_TRUE(a.none());
  for (const int bit : {0, 1, 63, 64, 127, 128, 200, 255}) {
    a.set(bit, true);
    EXPECT_TRUE(a.get(bit));
    EXPECT_FALSE(a.none());
    EXPECT_EQ(a.count(), 1);
    EXPECT_EQ((a & b), a);
    EXPECT_EQ((~a).count(), 255);
    EXPECT_EQ((a ^ b), ~a);
    EXPECT_EQ((a | ~a), b);
    a.set(bit, false);
    EXPECT_TRUE(a.none());
  }
  for (const Index some : {0, 1, 40, 63, 64, 65, 128, 192, 255, 256}) {
    const Word256 f = Word256::first(some);
    for (int bit = 0; bit < 256; ++bit) ASSERT_EQ(f.get(bit), bit < some) << some << " " << bit;
  }
}

/// xoshiro256++ as its authors write it, one generator.
std::uint64_t plain(std::array<std::uint64_t, 4>& s) {
  const auto out = std::rotl(s[0] + s[3], 23) + s[0], t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = std::rotl(s[3], 45);
  return out;
}

TEST(BitRandom, IsEightGeneratorsFromItsStream) {
  std::array<std::uint64_t, 4> known{1, 2, 3, 4};  // first numbers of the authors' program from this state
  for (const std::uint64_t number : {41943041ull, 58720359ull, 3588806011781223ull, 3591011842654386ull})
    EXPECT_EQ(plain(known), number);

  Stream seeds({5, Purpose::test}, 0), again = seeds;
  BitRandom random(seeds);
  std::array<std::array<std::uint64_t, 4>, 8> engine;  // generator 4 e + lane
  for (std::size_t e = 0; e < 2; ++e)
    for (std::size_t k = 0; k < 4; ++k)
      for (std::size_t lane = 0; lane < 4; ++lane) engine[4 * e + lane][k] = again();
  EXPECT_EQ(seeds(), again());  // 32 numbers were taken
  for (const std::size_t many : {2, 10, 6}) {
    std::vector<Word256> words(many);
    random.fill(words);
    for (std::size_t k = 0; k < many; ++k)
      for (std::size_t lane = 0; lane < 4; ++lane) ASSERT_EQ(words[k].w[int(lane)], plain(engine[4 * (k % 2) + lane]));
  }
  BitRandom copy = random, other(seeds);
  EXPECT_EQ(bytes_of(copy), bytes_of(random));
  EXPECT_NE(bytes_of(other), bytes_of(random));
}

TEST(LaneCounter, CountsEachBit) {
  Stream rng({6, Purpose::test}, 0);
  LaneCounter counter;
  std::array<std::int64_t, 256> plain_count{};
  for (int k = 0; k < 300; ++k) {
    Word256 w;
    for (int bit = 0; bit < 256; ++bit)
      if (rng.uniform() * 256 < bit) {
        w.set(bit, true);
        ++plain_count[std::size_t(bit)];
      }
    counter.add(w);
  }
  for (int bit = 0; bit < 256; ++bit) EXPECT_EQ(counter[bit], plain_count[std::size_t(bit)]);
}

}  // namespace
}  // namespace glass

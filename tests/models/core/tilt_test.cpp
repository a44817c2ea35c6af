#include "models/core/tilt.hpp"

#include <gtest/gtest.h>

#include "models/core/alphabet.hpp"
#include "models/core/state.hpp"

namespace glass {
namespace {

TEST(Tilt, NoneLeavesTheTargetAlone) {
  const Tilt t = Tilt::none(3, 2);
  EXPECT_EQ(t.columns(), 2);
  EXPECT_EQ(t.power, PerColumn::Ones(2));
  EXPECT_EQ(t.precision, PerColumn::Zero(2));
  EXPECT_EQ(t.field, Batch::Zero(3, 2));
  for (Index c = 0; c < 2; ++c)
    for (Index i = 0; i < 3; ++i) EXPECT_TRUE(t.free(i, c));
}

TEST(Tilt, EverySymbolCanBePinned) {  // 0 is one of {0, +-1}
  Tilt t = Tilt::none(4, 1);
  t.pinned.col(0) << -1, 0, 1, Tilt::kFree;
  EXPECT_FALSE(t.free(0, 0));
  EXPECT_FALSE(t.free(1, 0));
  EXPECT_FALSE(t.free(2, 0));
  EXPECT_TRUE(t.free(3, 0));
}

TEST(Tilt, AllOfItIsState) {
  const std::string bytes = bytes_of(Tilt::none(2, 2));
  for (int member = 0; member < 4; ++member) {
    Tilt t = Tilt::none(2, 2);
    if (member == 0) t.power(1) = 0.5;
    if (member == 1) t.precision(0) = 2;
    if (member == 2) t.field(1, 0) = 0.1f;
    if (member == 3) t.pinned(0, 1) = -1;
    EXPECT_NE(bytes_of(t), bytes) << member;
    Tilt back = Tilt::none(0, 0);
    std::istringstream in(bytes_of(t));
    Loader{in}.one(back);
    EXPECT_EQ(bytes_of(back), bytes_of(t)) << member;
  }
}

TEST(Alphabet, SpinsAndPottsSymbols) {
  const Alphabet spins = Alphabet::spins(), potts = Alphabet::potts(3);
  EXPECT_EQ(spins.symbols(), 2);
  EXPECT_EQ(spins.width(), 1);
  EXPECT_EQ(spins.entry(0, 0), -1);
  EXPECT_EQ(spins.entry(1, 0), 1);
  EXPECT_EQ(potts.symbols(), 3);
  EXPECT_EQ(potts.width(), 3);
  for (int s = 0; s < 3; ++s)
    for (int r = 0; r < 3; ++r) EXPECT_EQ(potts.entry(s, r), r == s ? 1.0f : 0.0f);
  EXPECT_FALSE(spins == potts);
}

}  // namespace
}  // namespace glass

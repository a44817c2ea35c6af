#include "models/core/storage.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <new>

namespace glass {
namespace {

TEST(Couplings, AreZeroPaddedAndAligned) {
  for (const auto& [rows, cols] : {std::pair<Index, Index>{1, 1}, {15, 3}, {16, 2}, {17, 5}, {700, 900}}) {
    const Couplings j(rows, cols);
    EXPECT_EQ(j.rows(), rows);
    EXPECT_EQ(j.cols(), cols);
    EXPECT_GE(j.stride(), rows);
    EXPECT_EQ(j.stride() % 32, 16);  // whole cache lines, an odd number
    for (Index c = 0; c < cols; ++c) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(j.col(c)) % 64, 0u);
      for (Index r = 0; r < j.stride(); ++r) ASSERT_EQ(j.col(c)[r], 0);  // the padding too: kernels may read it
    }
  }
}

TEST(Couplings, AllViewsShowTheSameNumbers) {
  Couplings j(17, 4);
  for (Index c = 0; c < 4; ++c)
    for (Index r = 0; r < 17; ++r) j(r, c) = float(100 * c + r);
  const Couplings& seen = j;
  const auto m = seen.matrix();
  ASSERT_EQ(m.rows(), 17);
  ASSERT_EQ(m.cols(), 4);
  for (Index c = 0; c < 4; ++c)
    for (Index r = 0; r < 17; ++r) {
      EXPECT_EQ(seen(r, c), float(100 * c + r));
      EXPECT_EQ(m(r, c), float(100 * c + r));
      EXPECT_EQ(seen.col(c)[r], float(100 * c + r));
    }
}

TEST(Couplings, CopiesShareAndOutliveTheOriginal) {
  Couplings copy;
  EXPECT_EQ(copy.rows(), 0);
  {
    Couplings j(5, 5);
    j(2, 3) = 4;
    copy = j;
    EXPECT_EQ(copy.col(0), j.col(0));
  }
  EXPECT_EQ(copy(2, 3), 4);
}

TEST(Couplings, MoreThanTheMachineHasIsBadAlloc) { EXPECT_THROW(Couplings(1 << 30, 1 << 30), std::bad_alloc); }

}  // namespace
}  // namespace glass

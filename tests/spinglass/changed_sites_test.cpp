#include "spinglass/changed_sites.hpp"

#include <gtest/gtest.h>

namespace glass {
namespace {

TEST(ChangedSites, AreListedColumnByColumn) {
  ChangedSites changed;
  EXPECT_FALSE(changed.of(3));  // nobody has begun a list
  changed.list(2).push_back(7);
  EXPECT_FALSE(changed.of(3));
  EXPECT_FALSE(changed.of(0));
  ASSERT_TRUE(changed.of(2));
  EXPECT_EQ(changed.of(2)->size(), 1u);
  EXPECT_EQ((*changed.of(2))[0], 7u);
  EXPECT_TRUE(changed.list(2).empty());  // begun again
  ASSERT_TRUE(changed.of(2));
  EXPECT_TRUE(changed.of(2)->empty());  // listed, and there are none
  changed.list(1);
  changed.anywhere(2);
  EXPECT_FALSE(changed.of(2));
  EXPECT_TRUE(changed.of(1));
  changed.anywhere();
  EXPECT_FALSE(changed.of(1));
}

}  // namespace
}  // namespace glass

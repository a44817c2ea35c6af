#include "spinglass/message_movement.hpp"

#include <gtest/gtest.h>

namespace glass {
namespace {

TEST(MessageMovement, RelativeAndBlindToEndlessGrowthOnly) {
  EXPECT_DOUBLE_EQ(movement(0.0, 0.25), 0.25);
  EXPECT_DOUBLE_EQ(movement(3.0, 2.0), 1.0 / 3);
  EXPECT_DOUBLE_EQ(movement(-1.0, 1.0), 1);
  EXPECT_EQ(movement(2.0f, 2.0f), 0);
  EXPECT_LT(movement(60.0, 60.2), 1e-6);  // a loop of hard constraints
  EXPECT_GT(movement(15.0, 15.2), 1e-2);
  EXPECT_GT(movement(60.0, 131072.0), 0.01);  // a hard constraint beyond a large field: 1000 tolerances
  EXPECT_GT(movement(131072.0, -0.5), 1e4);
}

}  // namespace
}  // namespace glass

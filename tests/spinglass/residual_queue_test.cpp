#include "spinglass/residual_queue.hpp"

#include <gtest/gtest.h>

namespace glass {
namespace {

TEST(ResidualQueue, LargestFirstWithinAFactorOfTwoThenInOrder) {
  ResidualQueue q;
  EXPECT_TRUE(q.empty());
  q.push(3, 1.5, 10);
  q.push(1, 100, 10);
  q.push(7, 5, 10);
  q.push(2, 7, 10);  // the same power of two as 5
  for (const std::uint32_t expected : {1u, 7u, 2u, 3u}) EXPECT_EQ(q.pop(), expected);
  EXPECT_TRUE(q.empty());
}

TEST(ResidualQueue, WhatGrowsMovesUpAndWhatShrinksStays) {
  ResidualQueue q;
  q.push(0, 4, 3);
  q.push(1, 2, 3);
  q.push(1, 64, 3);
  q.push(0, 1.1, 3);
  EXPECT_EQ(q.pop(), 1u);
  EXPECT_EQ(q.pop(), 0u);
  EXPECT_TRUE(q.empty());  // the old place of 1 is no second one
}

TEST(ResidualQueue, AnEmptyOneIsAsNew) {
  ResidualQueue used, fresh;
  used.push(5, 2, 8);
  used.push(5, 32, 8);  // leaves a place behind
  used.push(6, 1e30, 8);
  used.clear();
  for (ResidualQueue* q : {&used, &fresh})
    for (const std::uint32_t thing : {4u, 5u, 3u}) q->push(thing, 2.5, 8);
  while (!fresh.empty()) EXPECT_EQ(used.pop(), fresh.pop());
  EXPECT_TRUE(used.empty());
}

}  // namespace
}  // namespace glass

#include "bench/instance_spec.hpp"

#include <gtest/gtest.h>

#include "models/core/error.hpp"

namespace glass {
namespace {

TEST(InstanceSpec, TakesTheNumberOutAndPutsItIn) {
  EXPECT_EQ(without_instance("sk"), std::pair(std::string("sk"), 0u));
  EXPECT_EQ(without_instance("sk:n=8,instance=3,planted=true"), std::pair(std::string("sk:n=8,planted=true"), 3u));
  EXPECT_EQ(with_instance("sk", 2), "sk:instance=2");
  EXPECT_EQ(with_instance("sk:n=8", 2), "sk:n=8,instance=2");
  EXPECT_EQ(with_instance("file:path=a.txt", 2), "file:path=a.txt");
  EXPECT_THROW(without_instance("sk:instance=two"), BadInput);
}

TEST(InstanceSpec, AKeyTakesThePlaceOfItsOldValue) {
  EXPECT_EQ(with_key("sk", "planted", "true"), "sk:planted=true");
  EXPECT_EQ(with_key("sk:planted=false,n=8", "planted", "true"), "sk:n=8,planted=true");
}

}  // namespace
}  // namespace glass

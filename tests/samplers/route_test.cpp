#include "samplers/route.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace glass {
namespace {

TEST(Route, IsReadAndWritten) {
  const Route route = route_of("route", " 0.7/0 >0.78/0.3>  0.7 / 4 ");
  EXPECT_EQ(route, (Route{{0.7, 0}, {0.78, 0.3}, {0.7, 4}}));
  EXPECT_EQ(to_text(route), "0.7/0>0.78/0.3>0.7/4");
  EXPECT_EQ(route_of("route", to_text(route)), route);
}

TEST(Route, SaysWhatIsWrong) {
  const auto complains = [](const char* text, const char* word) {
    try {
      route_of("x: route", text);
      ADD_FAILURE() << text;
    } catch (const BadInput& e) {
      EXPECT_NE(std::string(e.what()).find(word), std::string::npos) << e.what();
      EXPECT_EQ(std::string(e.what()).find("x: route"), 0u) << e.what();
    }
  };
  complains("", "CONTROL/SIDE");
  complains("0.7/0", "two waypoints");
  complains("0.7/0 > 1", "'1' must read");
  complains("0.7/0 > 1/x", "'1/x'");
  complains("0.7/0 > 1/-1", "below 0");
  complains("0.7/0 > 1/2 >", "'' must read");
  complains("1/0 > 1/2 > 1/2", "twice");
}

/// Legs up are the grid of diffusion to the last bit, legs down the same backwards, waypoints are met exactly, and a
/// leg without side information is one step.
TEST(Route, Stations) {
  const Route at = stations({{0.5, 0}, {0.8, 0}, {0.8, 4}, {1, 4}, {1, 1}, {0.5, 9}}, 2);
  ASSERT_EQ(at.size(), 1u + 1 + 4 * 2);
  EXPECT_EQ(at[1], (Waypoint{0.8, 0}));
  EXPECT_EQ(at[2], (Waypoint{0.8, 1}));
  EXPECT_EQ(at[3], (Waypoint{0.8, 4}));
  EXPECT_EQ(at[4].side, 4);
  EXPECT_NEAR(at[4].control, 0.9, 1e-15);
  EXPECT_EQ(at[5], (Waypoint{1, 4}));
  EXPECT_NEAR(at[6].side, 2.25, 1e-14);  // gamma from 2 to 1
  EXPECT_EQ(at[7], (Waypoint{1, 1}));
  EXPECT_NEAR(at[8].side, 4, 1e-14);  // a mixed leg: gamma from 1 to 3, power on its way
  EXPECT_NEAR(at[8].control, 0.75, 1e-15);
  EXPECT_EQ(at[9], (Waypoint{0.5, 9}));
  const Route straight = stations({{1, 0}, {1, 16}}, 7);
  const std::vector<double> grid = time_grid("gamma", 0, 16, 7);
  for (std::size_t k = 0; k < grid.size(); ++k) EXPECT_EQ(straight[k].side, grid[k]);
}

}  // namespace
}  // namespace glass

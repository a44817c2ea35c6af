#include "bench/phase_route.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "models/core/error.hpp"
#include "spinglass/xorsat_closed_form.hpp"

namespace glass {
namespace {

RouteReport cross_of(const char* model, const char* route, Path path = Path::gaussian) {
  const auto phase = make_phase(model);
  const double own = phase->control;
  const RouteReport r = cross(*phase, path, route_of("--route", route));
  EXPECT_EQ(phase->control, own);  // put back
  return r;
}
std::vector<Line> lines_of(const RouteLeg& leg) {
  std::vector<Line> out;
  for (const LineCrossing& c : leg.crossings) out.push_back(c.line);
  return out;
}
const std::vector<Line> kAll{Line::informed, Line::transition, Line::uninformed};

/// Figures of `phase lines` at T = 0.70.
TEST(PhaseRoute, StraightUpMeetsEveryLine) {
  const RouteReport r = cross_of("ising-p-spin", "0.7/0>0.7/4");
  ASSERT_EQ(r.legs.size(), 1u);
  ASSERT_EQ(lines_of(r.legs[0]), kAll);
  EXPECT_NEAR(r.legs[0].crossings[0].side.value, 0.0657744781, 1e-9);
  EXPECT_NEAR(r.legs[0].crossings[1].side.value, 0.1013909607, 1e-9);
  EXPECT_NEAR(r.legs[0].crossings[2].side.value, 0.1309441204, 1e-9);
  EXPECT_FALSE(r.right());
  EXPECT_NEAR(r.wrong.at(0).side, 0.1013909607, 1e-9);
  ASSERT_EQ(r.jumps.size(), 1u);
  EXPECT_NEAR(r.jumps[0].side, 0.1309441204, 1e-9);
  EXPECT_EQ(r.end, Branch::only);
  EXPECT_TRUE(r.ends_right);
}

TEST(PhaseRoute, RoundTheTricriticalPointMeetsNone) {
  const RouteReport r = cross_of("ising-p-spin", "0.70/0 > 0.78/0 > 0.78/0.3 > 0.70/0.3 > 0.70/4");
  ASSERT_EQ(r.legs.size(), 4u);
  for (const RouteLeg& leg : r.legs) EXPECT_TRUE(leg.crossings.empty());
  EXPECT_TRUE(r.right() && r.jumps.empty() && r.ends_right);
  EXPECT_EQ(r.verdict("temperature", Path::gaussian), "right branch all the way: no first-order line is met");
  // a hair on either side of the tricritical point, (0.740996, 0.167044)
  EXPECT_TRUE(cross_of("ising-p-spin", "0.741/0 > 0.741/4").legs[0].crossings.empty());
  EXPECT_EQ(lines_of(cross_of("ising-p-spin", "0.7409/0 > 0.7409/4").legs[0]), kAll);
}

/// The same points from a leg that changes the temperature, or both.
TEST(PhaseRoute, SlantedLegsMeetTheSameLines) {
  const RouteReport across = cross_of("ising-p-spin", "0.6/0.1 > 0.78/0.1");
  ASSERT_EQ(lines_of(across.legs[0]), (std::vector<Line>{Line::uninformed, Line::transition, Line::informed}));
  for (const LineCrossing& c : across.legs[0].crossings) {
    EXPECT_FALSE(c.up);
    EXPECT_NEAR(c.side.value, 0.1, 1e-11);
    const auto there = make_phase("ising-p-spin:temperature=" + to_text(c.control))->lines(Path::gaussian);
    const auto& line = c.line == Line::informed     ? there.informed
                       : c.line == Line::transition ? there.transition
                                                    : there.uninformed;
    EXPECT_NEAR(line->value, 0.1, 1e-10);
  }
  // it comes from the one branch above, the informed one, and stays there until that ends
  EXPECT_EQ(across.wrong.at(0),
            (RouteReport::Event{0, across.legs[0].crossings[1].control, across.legs[0].crossings[1].side.value}));
  EXPECT_EQ(across.jumps.size(), 1u);
  const RouteReport slanted = cross_of("ising-p-spin", "0.6/0.02 > 0.72/0.3");
  ASSERT_EQ(lines_of(slanted.legs[0]), (std::vector<Line>{Line::uninformed}));  // starts between the spinodals
  EXPECT_EQ(slanted.wrong.at(0), (RouteReport::Event{0, 0.6, 0.02}));           // where the informed branch is favoured
  EXPECT_EQ(slanted.jumps.size(), 1u);
}

/// Into the region of two branches and out the way it came: right until the transition, on it wrong, back right.
TEST(PhaseRoute, WhichBranchIsFollowed) {
  const RouteReport in = cross_of("ising-p-spin", "0.7/0 > 0.7/0.09");
  EXPECT_EQ(in.end, Branch::uninformed);
  EXPECT_TRUE(in.right() && in.ends_right);
  const RouteReport past = cross_of("ising-p-spin", "0.7/0 > 0.7/0.12");
  EXPECT_EQ(past.end, Branch::uninformed);
  EXPECT_FALSE(past.right() || past.ends_right);
  EXPECT_NE(past.verdict("temperature", Path::gaussian).find("ends on the wrong one"), std::string::npos);
  const RouteReport back = cross_of("ising-p-spin", "0.7/0 > 0.7/0.12 > 0.7/0.01");
  EXPECT_TRUE(back.jumps.empty() && back.ends_right);
  EXPECT_FALSE(back.right());
  EXPECT_EQ(back.end, Branch::only);
  const RouteReport down = cross_of("ising-p-spin", "0.78/0 > 0.78/0.3 > 0.7/0.3 > 0.7/0.12");  // from above: informed
  EXPECT_EQ(down.end, Branch::informed);
  EXPECT_TRUE(down.right() && down.ends_right);
  const RouteReport low = cross_of("ising-p-spin", "0.66/0 > 0.66/0.01");  // below T_d two branches from the start
  EXPECT_EQ(low.end, Branch::uninformed);
  EXPECT_TRUE(low.right());
  const RouteReport lower = cross_of("ising-p-spin", "0.64/0 > 0.64/0.01");  // below T_K the other is favoured
  EXPECT_FALSE(lower.right() || lower.ends_right);
}

/// The informed spinodal reaches zero side information at T_d: a leg along the axis meets it there.
TEST(PhaseRoute, LinesThatEndAtZeroAreMetThere) {
  const RouteReport r = cross_of("ising-p-spin", "0.74/0 > 0.64/0");
  ASSERT_EQ(lines_of(r.legs[0]), (std::vector<Line>{Line::informed, Line::transition}));
  EXPECT_NEAR(r.legs[0].crossings[0].control, 0.6815980406, 1e-8);
  EXPECT_NEAR(r.legs[0].crossings[1].control, 0.6513852269, 1e-8);
  EXPECT_EQ(r.end, Branch::uninformed);
  EXPECT_FALSE(r.ends_right);
}

TEST(PhaseRoute, ErasureOfXorsatIsTheClosedForm) {
  const RouteReport r = cross_of("xorsat", "0.8/0 > 0.8/0.9", Path::erasure);
  const PhaseLines closed = XorsatErasure(3).lines(0.8);
  ASSERT_EQ(lines_of(r.legs[0]), kAll);
  EXPECT_NEAR(r.legs[0].crossings[0].side.value, closed.informed->value, 1e-7);
  EXPECT_NEAR(r.legs[0].crossings[1].side.value, closed.transition->value, 1e-7);
  EXPECT_NEAR(r.legs[0].crossings[2].side.value, closed.uninformed->value, 1e-7);
  EXPECT_EQ(r.jumps.size(), 1u);
}

/// Fewer clauses, then side information, then more clauses: round the end at alpha = 2/3. Coming down on the line from
/// above at 0.8: the uninformed spinodal is where a closed form has it.
TEST(PhaseRoute, XorsatRoundTheEndAndThroughTheSide) {
  const RouteReport round = cross_of("xorsat", "0.8/0 > 0.6/0 > 0.6/0.3 > 0.8/0.3 > 0.8/0.9", Path::erasure);
  for (const RouteLeg& leg : round.legs) EXPECT_TRUE(leg.crossings.empty());
  EXPECT_TRUE(round.right());
  const RouteReport through = cross_of("xorsat", "0.7/0.13 > 0.8/0.13", Path::erasure);
  ASSERT_EQ(lines_of(through.legs[0]), (std::vector<Line>{Line::informed, Line::transition}));
  const auto closed = [](double alpha) { return XorsatErasure(3).lines(alpha); };
  EXPECT_NEAR(closed(through.legs[0].crossings[0].control).informed->value, 0.13, 1e-6);
  EXPECT_NEAR(closed(through.legs[0].crossings[1].control).transition->value, 0.13, 1e-6);
  EXPECT_EQ(through.end, Branch::uninformed);
}

TEST(PhaseRoute, BicolouringOnTheGaussianPath) {
  const RouteReport r = cross_of("bicolouring:k=5", "9.1/0 > 9.1/2");
  ASSERT_EQ(lines_of(r.legs[0]), kAll);
  EXPECT_NEAR(r.legs[0].crossings[1].side.value, 0.1692386, 2e-5);
  EXPECT_GT(r.legs[0].crossings[1].side.error, 0);
}

/// A continuous transition is none of these lines.
TEST(PhaseRoute, NothingIsMetWithoutAFirstOrderLine) {
  EXPECT_TRUE(cross_of("sk", "1.25/0 > 0.8/0 > 0.8/3").legs[0].crossings.empty());
  EXPECT_TRUE(cross_of("sk", "1.25/0 > 0.8/0 > 0.8/3").right());
}

TEST(PhaseRoute, TellsSmcWhichPowers) {
  const auto model = make_phase("ising-p-spin");
  const RouteReport r = cross(*model, Path::gaussian, route_of("", "0.8/0>0.8/0.3>0.7/0.3>0.7/4"));
  const std::string hot = to_text(0.7 / 0.8), route = "route=" + hot + "/0>" + hot + "/0.3>1/0.3>1/4";
  EXPECT_EQ(smc_route(*model, Path::gaussian, r), route);
  EXPECT_EQ(smc_route(*model, Path::erasure, r), "path=erasure," + route);
  const auto j = to_json(*model, Path::gaussian, r);
  for (const char* key : {"model", "path", "control", "legs", "wrong_branch_from", "jumps", "right", "ends_on",
                          "ends_right", "verdict", "smc_route"})
    EXPECT_TRUE(j.contains(key)) << key;
}

TEST(PhaseRoute, WaypointsLieInTheDiagram) {
  EXPECT_THROW(cross_of("ising-p-spin", "0/0 > 0.7/1"), BadInput);
  EXPECT_THROW(cross_of("ising-p-spin", "0.7/0 > 0.7/1", Path::erasure), BadInput);
}

}  // namespace
}  // namespace glass

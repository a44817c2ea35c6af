#pragma once
// Where a route through a phase diagram meets its first-order lines, and what that does to a sampler that follows one
// branch of fixed points.
#include <functional>
#include <string>
#include <vector>

#include "bench/phase_model.hpp"
#include "samplers/route.hpp"

namespace glass {

enum class Line { informed, transition, uninformed };
const char* to_text(Line line);

/// A line met on a leg.
struct LineCrossing {
  Line line{};
  bool up = true;  ///< to larger side information (or smaller values of the line)
  double control = 0;
  Estimate side;  ///< side information there; the error is the line's
};
struct RouteLeg {
  Waypoint from, to;
  std::vector<LineCrossing> crossings;  ///< in the order they are met
};
/// Fixed points at a point of the diagram, and of which a sampler sees: the one there is, or one of two.
enum class Branch { only, uninformed, informed };
const char* to_text(Branch branch);

/// A sampler that follows the branch it is on as long as that exists. It starts from nothing: on the uninformed branch
/// where there are two. Across a spinodal that ends its branch it jumps to the other; the branch is the wrong one where
/// the other has the larger free entropy.
struct RouteReport {
  std::vector<RouteLeg> legs;
  struct Event {
    int leg = 0;  ///< from 0
    double control = 0, side = 0;
    bool operator==(const Event&) const = default;
  };
  std::vector<Event> wrong;  ///< where its branch becomes the wrong one: crossings of the transition, or the start
  std::vector<Event> jumps;
  Branch end = Branch::only;
  bool ends_right = true;  ///< on the only branch, or the one with the larger free entropy
  bool right() const { return wrong.empty(); }
  /// One line in words.
  std::string verdict(const std::string& control_name, Path path) const;
};

/// Lines as functions of the control parameter, met by bisection of which region of the diagram the points of a leg lie
/// in, then by root finding. Regions that lie between two of the points examined on a leg (129, of costly ensembles 17)
/// and have the same region on both sides are missed. One `lines` for each point of a leg that changes the control, one
/// in all where none does. `model`'s control is moved and put back. Throws BadInput for waypoints outside the diagram.
RouteReport cross(AnyPhase& model, Path path, const Route& route);

nlohmann::json to_json(const AnyPhase& model, Path path, const RouteReport& report);
/// The keys that send `smc` along the same route, powers T/T' with T the temperature at the end; empty where the
/// control is no temperature, or the route does not begin without side information and end with some.
std::string smc_route(const AnyPhase& model, Path path, const RouteReport& report);

}  // namespace glass

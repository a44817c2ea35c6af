#pragma once
// Paths through a phase diagram as values: where a sampler goes, apart from how it gets there.
#include <string>
#include <string_view>
#include <vector>

#include "models/core/options.hpp"
#include "samplers/gaussian_path.hpp"

namespace glass {

/// A point of the plane of a phase diagram: a control parameter (a temperature, a power of the likelihood) and side
/// information (gamma^2, or theta where sites are revealed).
struct Waypoint {
  double control = 1, side = 0;
  bool operator==(const Waypoint&) const = default;
};
/// Straight legs between waypoints, in their order.
using Route = std::vector<Waypoint>;

/// "CONTROL/SIDE > CONTROL/SIDE > ...", two waypoints or more, spaces as one likes; `where` is named in errors. Throws
/// BadInput for another form, for values below 0 and for a leg that goes nowhere.
inline Route route_of(const std::string& where, std::string_view text) {
  const auto trimmed = [](std::string_view t) {
    while (t.starts_with(' ')) t.remove_prefix(1);
    while (t.ends_with(' ')) t.remove_suffix(1);
    return t;
  };
  Route out;
  for (bool more = true; more;) {
    const auto end = text.find('>');
    const std::string_view item = trimmed(text.substr(0, end));
    more = end != text.npos;
    text.remove_prefix(more ? end + 1 : text.size());
    const auto slash = item.find('/');
    const std::string at = where + ": waypoint '" + std::string(item) + "'";
    if (slash == item.npos) throw BadInput(at + " must read CONTROL/SIDE, as in 0.7/0 > 0.7/4");
    const Waypoint w{value_of<double>(at, trimmed(item.substr(0, slash))),
                     value_of<double>(at, trimmed(item.substr(slash + 1)))};
    if (w.control < 0 || w.side < 0) throw BadInput(at + ": neither number may be below 0");
    if (!out.empty() && out.back() == w) throw BadInput(at + " comes twice in a row");
    out.push_back(w);
  }
  if (out.size() < 2) throw BadInput(where + ": a route has two waypoints or more, as in 0.7/0 > 0.7/4");
  return out;
}
/// As `route_of` reads it, without spaces.
inline std::string to_text(const Waypoint& w) { return to_text(w.control) + "/" + to_text(w.side); }
inline std::string to_text(const Route& route) {
  std::string out;
  for (const Waypoint& w : route) out += (out.empty() ? "" : ">") + to_text(w);
  return out;
}

/// The points of a route that a sampler stops at: `steps` to a leg, side information by its `spacing` (a `time_grid`:
/// gamma, its square root, or itself, "snr"), the control straight in the number of the step. A leg without side
/// information is one step: nothing is known on it that could be wrong.
inline Route stations(const Route& route, int steps, std::string_view spacing = "gamma") {
  Route out{route.front()};
  for (std::size_t leg = 1; leg < route.size(); ++leg) {
    const Waypoint a = route[leg - 1], b = route[leg];
    if (a.side == 0 && b.side == 0) {
      out.push_back(b);
      continue;
    }
    const bool up = b.side >= a.side;
    const std::vector<double> side = a.side == b.side
                                         ? std::vector<double>(std::size_t(steps) + 1, a.side)
                                         : time_grid(spacing, up ? a.side : b.side, up ? b.side : a.side, steps);
    for (int k = 1; k <= steps; ++k) {
      const double u = double(k) / steps;
      out.push_back(
          {k == steps ? b.control : a.control + u * (b.control - a.control), side[std::size_t(up ? k : steps - k)]});
    }
  }
  return out;
}

}  // namespace glass

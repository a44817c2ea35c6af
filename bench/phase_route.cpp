#include "bench/phase_route.hpp"

#include <fmt/format.h>

#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

namespace glass {

using nlohmann::json;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// How many of the three lines lie at or below a point: 0 below all, 1 and 2 between the spinodals, 3 above all. Beyond
/// the lines' end there is one branch, as in 0 and 3, which are one region round that end.
constexpr int kBeyond = -1;
bool one_branch(int region) { return region == kBeyond || region == 0 || region == 3; }

/// Lines that are absent lie below zero, where there is any.
struct Levels {
  bool beyond = false;
  std::array<double, 3> at{-kInfinity, -kInfinity, -kInfinity};
  std::array<double, 3> error{};
  explicit Levels(const PhaseLines& l) {
    if (!l.uninformed) beyond = l.phase_at_zero == PhaseAtZero::uninformed_only;
    const std::optional<Estimate>* lines[] = {&l.informed, &l.transition, &l.uninformed};
    for (std::size_t k = 0; k < 3; ++k)
      if (*lines[k]) at[k] = (*lines[k])->value, error[k] = (*lines[k])->error;
  }
  int region(double side) const {
    if (beyond) return kBeyond;
    int n = 0;
    for (const double level : at) n += side >= level;
    return n;
  }
};

class Diagram {
 public:
  Diagram(AnyPhase& model, Path path) : model_(model), path_(path) {}
  const Levels& at(double control) {
    const auto it = known_.find(control);
    if (it != known_.end()) return it->second;
    const double own = model_.control;
    model_.control = control;
    const PhaseLines lines = model_.lines(path_);
    model_.control = own;
    return known_.emplace(control, Levels(lines)).first->second;
  }

 private:
  AnyPhase& model_;
  Path path_;
  std::map<double, Levels> known_;
};

class Leg {
 public:
  Leg(Diagram& diagram, Waypoint from, Waypoint to, bool costly)
      : diagram_(diagram), from_(from), to_(to), costly_(costly) {}
  RouteLeg crossings() {
    const int points = from_.control == to_.control ? 1 : costly_ ? 16 : 128;
    double before = 0;
    for (int k = 1; k <= points; ++k) {
      const double here = double(k) / points;
      refine(before, here);
      before = here;
    }
    return {from_, to_, std::move(found_)};
  }

 private:
  double control(double u) const { return u == 1 ? to_.control : from_.control + u * (to_.control - from_.control); }
  double side(double u) const { return u == 1 ? to_.side : from_.side + u * (to_.side - from_.side); }
  int region(double u) { return diagram_.at(control(u)).region(side(u)); }
  double height(double u, int line) { return side(u) - diagram_.at(control(u)).at[std::size_t(line)]; }

  void refine(double a, double b) {
    const int left = region(a), right = region(b);
    const bool lines = left != kBeyond && right != kBeyond;
    if (left == right || (!lines && one_branch(left) && one_branch(right))) return;
    const int line = std::min(left, right);  // between two regions that touch
    const double low = lines ? height(a, line) : kInfinity, high = lines ? height(b, line) : kInfinity;
    if (lines && std::abs(left - right) == 1 && std::isfinite(low) && std::isfinite(high)) {
      emit(root(line, a, b, low, high), line, right > left);
    } else if (b - a < (costly_ ? 1e-6 : 1e-13)) {
      // a line that ends here at zero, or the tricritical point itself
      const int first = left == kBeyond ? (right == 1 ? 0 : 3) : left,
                last = right == kBeyond ? (left == 1 ? 0 : 3) : right;
      for (int k = first; k < last; ++k) emit(b, k, true);
      for (int k = first; k > last; --k) emit(b, k - 1, false);
    } else {
      const double middle = 0.5 * (a + b);
      refine(a, middle);
      refine(middle, b);
    }
  }
  double root(int line, double a, double b, double low, double high) {
    if (low == 0) return a;
    if (high == 0) return b;
    std::uintmax_t most = 100;
    const auto [x, y] =
        boost::math::tools::toms748_solve([&](double u) { return height(u, line); }, a, b, low, high,
                                          boost::math::tools::eps_tolerance<double>(costly_ ? 22 : 48), most);
    return 0.5 * (x + y);
  }
  void emit(double u, int line, bool up) {
    const Levels& here = diagram_.at(control(u));
    const double level = here.at[std::size_t(line)];
    found_.push_back(
        {Line(line), up, control(u), {std::isfinite(level) ? level : side(u), here.error[std::size_t(line)]}});
  }
  Diagram& diagram_;
  Waypoint from_, to_;
  bool costly_;
  std::vector<LineCrossing> found_;
};

void check(const AnyPhase& model, Path path, const Route& route) {
  for (const Waypoint& w : route) {
    const std::string at = "--route: waypoint " + to_text(w.control) + "/" + to_text(w.side);
    if (!(w.control > 0)) throw BadInput(at + ": " + model.control_name + " must be above 0");
    if (path == Path::erasure && w.side >= 1)
      throw BadInput(at + ": on the autoregressive path side information is a fraction, below 1");
  }
}

}  // namespace

const char* to_text(Line line) {
  return line == Line::informed ? "informed" : line == Line::transition ? "transition" : "uninformed";
}
const char* to_text(Branch branch) {
  return branch == Branch::only ? "only" : branch == Branch::uninformed ? "uninformed" : "informed";
}

RouteReport cross(AnyPhase& model, Path path, const Route& route) {
  check(model, path, route);
  Diagram diagram(model, path);
  RouteReport out;
  const int start = diagram.at(route.front().control).region(route.front().side);
  Branch on = one_branch(start) ? Branch::only : Branch::uninformed;
  if (start == 2) out.wrong.push_back({0, route.front().control, route.front().side});
  for (std::size_t k = 1; k < route.size(); ++k) {
    out.legs.push_back(Leg(diagram, route[k - 1], route[k], model.costly).crossings());
    for (const LineCrossing& c : out.legs.back().crossings) {
      const RouteReport::Event here{int(k) - 1, c.control, c.side.value};
      if (c.line == Line::transition) {
        if (on == (c.up ? Branch::uninformed : Branch::informed)) out.wrong.push_back(here);
        continue;
      }
      // the branch that ends at this spinodal on the way out, and the one that a sampler is on after the way in
      const bool leaves = (c.line == Line::uninformed) == c.up;
      const Branch own = c.line == Line::uninformed ? Branch::uninformed : Branch::informed,
                   other = own == Branch::informed ? Branch::uninformed : Branch::informed;
      if (leaves && on == own) out.jumps.push_back(here);
      on = leaves ? Branch::only : other;
    }
  }
  out.end = on;
  const int last = diagram.at(route.back().control).region(route.back().side);
  out.ends_right = on == Branch::only || on == (last == 2 ? Branch::informed : Branch::uninformed);
  return out;
}

std::string RouteReport::verdict(const std::string& control_name, Path path) const {
  const char* side = path == Path::gaussian ? "gamma^2" : "theta";
  const auto at = [&](const Event& e) {
    return fmt::format("{}={:.6g}, {}={:.6g} (leg {})", control_name, e.control, side, e.side, e.leg + 1);
  };
  bool lines = false;
  for (const RouteLeg& leg : legs) lines = lines || !leg.crossings.empty();
  if (right())
    return lines || end != Branch::only
               ? "right branch all the way: it is nowhere on the branch with the smaller free entropy"
               : "right branch all the way: no first-order line is met";
  std::string out = "on the wrong branch from " + at(wrong.front());
  if (!jumps.empty()) out += "; jumps at " + at(jumps.front());
  return out + (ends_right ? "; ends on the right one" : "; ends on the wrong one");
}

json to_json(const AnyPhase& model, Path path, const RouteReport& report) {
  const auto waypoint = [](const Waypoint& w) { return json{{"control", w.control}, {"side_information", w.side}}; };
  const auto events = [](const std::vector<RouteReport::Event>& all) {
    json out = json::array();
    for (const auto& e : all) out.push_back({{"leg", e.leg + 1}, {"control", e.control}, {"side_information", e.side}});
    return out;
  };
  json legs = json::array();
  for (const RouteLeg& leg : report.legs) {
    json crossings = json::array();
    for (const LineCrossing& c : leg.crossings)
      crossings.push_back({{"line", to_text(c.line)},
                           {"up", c.up},
                           {"control", c.control},
                           {"side_information", c.side.value},
                           {"error", c.side.error}});
    legs.push_back({{"from", waypoint(leg.from)}, {"to", waypoint(leg.to)}, {"crossings", std::move(crossings)}});
  }
  json out = head(model, path);
  out["legs"] = std::move(legs);
  out["wrong_branch_from"] = events(report.wrong);
  out["jumps"] = events(report.jumps);
  out["right"] = report.right();
  out["ends_on"] = to_text(report.end);
  out["ends_right"] = report.ends_right;
  out["verdict"] = report.verdict(model.control_name, path);
  const std::string smc = smc_route(model, path, report);
  out["smc_route"] = smc.empty() ? json(nullptr) : json(smc);
  return out;
}

std::string smc_route(const AnyPhase& model, Path path, const RouteReport& report) {
  if (model.control_name != "temperature") return {};
  const double target = report.legs.back().to.control;
  Route route{{target / report.legs.front().from.control, report.legs.front().from.side}};
  for (const RouteLeg& leg : report.legs) route.push_back({target / leg.to.control, leg.to.side});
  if (route.front().side != 0 || route.back().side == 0) return {};  // nowhere to begin, or to end
  return (path == Path::erasure ? "path=erasure,route=" : "route=") + to_text(route);
}

}  // namespace glass

#include "spinglass/density_evolution.hpp"

#include <algorithm>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <numbers>
#include <string>

#include "spinglass/density_curve.hpp"

namespace glass {

namespace {

using Problem = DensityEvolution::Problem;

/// Both branches of the curve at one alpha, as positions.
struct Branches {
  bool first_order = false;
  double foot = 0;                ///< uninformed branch: without side information
  double uninformed = 0;          ///< ... and its spinodal
  bool informed_at_zero = false;  ///< the informed branch exists without side information
  double informed = 0;            ///< its spinodal, or where it is without side information
};

Branches branches(const DensitySetting& s, double alpha, DensityCurve& curve) {
  const std::vector<double>& y = curve.positions();
  const std::size_t n = y.size();
  const auto side = [&](std::size_t j) { return curve.value(y[j]); };
  const auto exists = [&](std::size_t j) { return !std::isnan(side(j)); };
  const bool stable = s.zero_is_stable(alpha);
  Branches b;
  std::size_t first = 0;
  while (first < n && !exists(first)) ++first;
  if (first == n) return b;
  std::size_t top = first;
  while (top + 1 < n && exists(top + 1) && side(top + 1) >= side(top)) ++top;
  if (top + 1 == n) {
    // Monotone on the scan; close to the tricritical point both extrema may lie between its positions
    if (!stable) return b;
    const Inflection i = inflection(curve, least_slope(curve));
    if (!i.extrema) return b;
    b.first_order = true;
    b.uninformed = i.extrema->first;
    b.informed = i.extrema->second;
    return b;
  }
  b.uninformed = curve.extremum(-1, top > 0 ? y[top - 1] : 0, y[top + 1]);
  b.first_order = curve.value(b.uninformed) > 0;
  if (!b.first_order) return b;
  // Without side information alpha is a function of the overlap, which crosses this alpha smoothly
  DensityCurve without(s);
  if (!stable) b.foot = without.position(alpha, 0, b.uninformed);
  std::size_t after = top + 1;
  while (after + 1 < n && exists(after) && side(after) <= side(after - 1)) ++after;
  if (exists(after)) {
    b.informed = curve.extremum(1, y[after - 2], y[after]);
    if (curve.value(b.informed) > 0) return b;
    // Just past the dynamical threshold the part below zero lies between two positions of the scan
    b.informed_at_zero = true;
    b.informed = without.position(alpha, without.extremum(1, y[after - 2], y[after]), y[after]);
    return b;
  }
  b.informed_at_zero = true;
  std::size_t above = n - 1;
  while (above > after && exists(above - 1)) --above;
  std::size_t below = above;
  while (below > 0 && without.value(y[below]) >= alpha) --below;
  b.informed = without.position(alpha, y[below], y[above]);
  return b;
}

struct Lines {
  std::optional<double> informed, transition, uninformed;
  double kl = 0, residual = 0;
  PhaseAtZero at_zero = PhaseAtZero::uninformed_only;
};

Lines lines_at(const DensitySetting& s, double alpha) {
  DensityCurve curve(s, alpha);
  const Branches b = branches(s, alpha, curve);
  Lines out;
  if (!s.zero_is_stable(alpha)) out.at_zero = PhaseAtZero::informed_only;
  if (!b.first_order) return out;
  struct State {
    double free_entropy, slope;
  };
  const auto slope_at = [&](const EvolutionPoint& p) {
    return s.path == Path::gaussian ? 0.5 * p.overlap : -p.entropy;
  };
  // To first order in what the position is off: the free entropy is stationary
  const auto state = [&](double side, double low, double high) {
    const EvolutionPoint& p = curve.at(curve.position(side, low, high));
    const double slope = slope_at(p);
    out.residual = std::max(out.residual, p.residual);
    return State{p.free_entropy + slope * (side - (std::isnan(p.side_information) ? 0 : p.side_information)), slope};
  };
  struct Gap {
    double value, slope;
  };
  const double end = curve.positions().back(), most = curve.value(b.uninformed);
  const auto uninformed = [&](double side) {
    // Overlaps too small for the grid: a cubic between zero, where the slope is m/2 = 0 or -E l(h) = -ln 2, and the
    // first point
    const EvolutionPoint& first = curve.at(curve.positions().front());
    const double width = first.side_information;
    if (b.foot > 0 || !(side < width)) return state(side, b.foot, b.uninformed);
    const double before = s.path == Path::gaussian ? 0 : -std::numbers::ln2, after = slope_at(first),
                 mean = (first.free_entropy - s.paramagnetic(alpha)) / width, x = side / width,
                 second = 3 * mean - 2 * before - after, third = before + after - 2 * mean;
    return State{s.paramagnetic(alpha) + side * (before + x * (second + x * third)),
                 before + x * (2 * second + 3 * x * third)};
  };
  const auto gap = [&](double side) {
    const State up = state(side, b.informed, end), down = uninformed(side);
    return Gap{up.free_entropy - down.free_entropy, up.slope - down.slope};
  };
  out.uninformed = most;
  const double at_end = gap(most).value;
  double low = 0, high = most, at_zero = 0;
  if (b.informed_at_zero) {
    DensityCurve without(s);
    const auto above_zero_overlap = [&](double y) {
      const EvolutionPoint& p = without.at(y);
      return p.free_entropy - s.paramagnetic(p.control);
    };
    at_zero = above_zero_overlap(b.informed) - (b.foot > 0 ? above_zero_overlap(b.foot) : 0);
    out.at_zero = at_zero >= 0 ? PhaseAtZero::informed_favoured : PhaseAtZero::uninformed_favoured;
  } else {
    out.at_zero = PhaseAtZero::uninformed_only;
    out.informed = low = curve.value(b.informed);
  }
  out.kl = std::max(0.0, at_end - std::max(0.0, at_zero));
  if (b.informed_at_zero && at_zero >= 0) return out;
  double side = 0.5 * (low + high);
  for (int i = 0; i < 40; ++i) {  // Newton inside a bracket: the gap rises with side information
    const Gap g = gap(side);
    (g.value > 0 ? high : low) = side;
    double next = side - g.value / g.slope;
    if (!(next > low && next < high)) next = 0.5 * (low + high);
    if (std::abs(next - side) < 1e-10) break;
    side = next;
  }
  out.transition = side;
  return out;
}

struct Thresholds {
  std::optional<double> dynamical, statics, amp;
  struct Point {
    double control, side, overlap;
  };
  std::optional<Point> tricritical;
  double residual = 0;
};

Thresholds thresholds_at(const DensitySetting& s) {
  Thresholds out;
  const auto ks = s.kesten_stigum();
  DensityCurve curve(s);  // alpha against overlap, without side information
  const std::vector<double>& y = curve.positions();
  std::size_t least = y.size() - 1;
  while (least > 0 && curve.value(y[least - 1]) < curve.value(y[least])) --least;
  const bool first_order = least > 0 && least + 1 < y.size();
  if (first_order) {
    const double at = curve.extremum(1, y[least - 1], y[least + 1]);
    out.dynamical = curve.value(at);
    out.residual = curve.at(at).residual;
    double peak = 0;
    if (ks) {
      std::size_t top = least;
      while (top > 0 && curve.value(y[top - 1]) > curve.value(y[top])) --top;
      if (top > 0) peak = curve.extremum(-1, y[top - 1], y[top + 1]);
      out.amp = top == 0 ? *ks : curve.value(peak);
    }
    // Below `continuous` the other phase has no overlap; above, a small one on the rising part of the curve
    const auto gap = [&](double position) {
      const EvolutionPoint p = curve.at(position);
      if (s.zero_is_stable(p.control) || peak == 0) return p.free_entropy - s.paramagnetic(p.control);
      const EvolutionPoint& weak = curve.at(curve.position(p.control, 0, peak));
      return p.free_entropy - weak.free_entropy - s.paramagnetic(p.control) + s.paramagnetic(weak.control);
    };
    std::size_t above = least;
    while (above + 1 < y.size() && !(gap(y[above]) > 0)) ++above;
    if (gap(y[above]) > 0 && gap(at) < 0) {
      std::uintmax_t most = 60;
      const auto [a, b] =
          boost::math::tools::toms748_solve(gap, at, y[above], boost::math::tools::eps_tolerance<double>(32), most);
      const double statics = curve.value(0.5 * (a + b));
      if (!out.amp || statics < *out.amp) out.statics = statics;  // else there is no other phase to compare with
    }
  }
  // Extrema of side information merge where its smallest slope is zero, at an alpha below the dynamical threshold
  if (!first_order) return out;
  double low = *out.dynamical, high = low, centre = 0;
  const auto slope = [&](double alpha) {
    DensityCurve c(s, alpha);
    const Inflection i = inflection(c, centre);
    centre = i.position;
    return i.slope;
  };
  {
    DensityCurve c(s, low *= 0.99);
    centre = least_slope(c);
  }
  double at_low = slope(low), at_high = 0;
  while (at_low < 0 && low > 0.3 * *out.dynamical) high = low, at_high = at_low, at_low = slope(low *= 0.99);
  if (!(at_low > 0 && at_high < 0)) return out;
  std::uintmax_t most = 40;
  const auto [a, b] = boost::math::tools::toms748_solve(slope, low, high, at_low, at_high,
                                                        boost::math::tools::eps_tolerance<double>(30), most);
  DensityCurve c(s, 0.5 * (a + b));
  const Inflection i = inflection(c, centre);
  out.residual = std::max(out.residual, c.at(i.position).residual);
  out.tricritical = {0.5 * (a + b), c.value(i.position), c.at(i.position).overlap};
  return out;
}

/// The same computation three times, for errors: as asked, with fewer nodes, on a wider grid.
template <class T>
struct Three {
  Three(const DensitySetting& s, auto&& f) : best(f(s)), nodes(f(s.fewer_nodes())), step(f(s.wider_step())) {}
  /// What part(.) is, with the sum of its differences to the other two; where one of these lacks it, its whole value.
  std::optional<Estimate> operator()(auto&& part, double tolerance) const {
    const std::optional<double> value = part(best);
    if (!value) return std::nullopt;
    const double off = std::abs(*value - part(nodes).value_or(0)) + std::abs(*value - part(step).value_or(0));
    return Estimate{*value, off + 10 * std::max(tolerance, best.residual)};
  }
  T best, nodes, step;
};

void check_alpha(double alpha) {
  if (!(alpha > 0 && alpha <= 1e4))
    throw BadInput("density evolution: alpha=" + to_text(alpha) + ": must be above 0 and at most 10000");
}

}  // namespace

DensityEvolution::DensityEvolution(Problem problem, int k, Path path, DensityEvolutionOptions options)
    : problem_(problem), k_(k), path_(path), options_(options) {
  if (k < 3 || k > 12) throw BadInput("density evolution: k=" + to_text(k) + ": must be from 3 to 12 sites a clause");
  for_each_field(options, [](const auto& f, const auto& v) {
    check_bounds(std::string("density evolution: ") + f.name + "=" + to_text(v), f.bounds, double(v));
  });
}

std::vector<EvolutionPoint> DensityEvolution::curve(double alpha) const {
  check_alpha(alpha);
  const DensitySetting s{problem_, k_, path_, options_};
  DensityCurve curve(s, alpha);
  std::vector<EvolutionPoint> out;
  for (double y : curve.positions())
    if (!std::isnan(curve.value(y))) out.push_back(curve.at(y));
  return out;
}

EvolutionPoint DensityEvolution::at_overlap(double alpha, double overlap) const {
  if (!(overlap > 0 && overlap <= 0.99999))
    throw BadInput("density evolution: overlap=" + to_text(overlap) + ": must be above 0 and at most 0.99999");
  const DensitySetting s{problem_, k_, path_, options_};
  DensityCurve curve(s, alpha);
  return curve.at(-std::log1p(-overlap));
}

PhaseLines DensityEvolution::lines(double alpha) const {
  check_alpha(alpha);
  const Three<Lines> three({problem_, k_, path_, options_},
                           [&](const DensitySetting& s) { return lines_at(s, alpha); });
  const double tolerance = options_.tolerance;
  PhaseLines out;
  out.informed = three([](const Lines& l) { return l.informed; }, tolerance);
  out.transition = three([](const Lines& l) { return l.transition; }, tolerance);
  out.uninformed = three([](const Lines& l) { return l.uninformed; }, tolerance);
  out.kl_per_spin = *three([](const Lines& l) { return std::optional(l.kl); }, tolerance);
  out.phase_at_zero = three.best.at_zero;
  return out;
}

PhaseThresholds DensityEvolution::thresholds() const {
  const DensitySetting s{problem_, k_, path_, options_};
  const Three<Thresholds> three(s, thresholds_at);
  const double tolerance = options_.tolerance;
  PhaseThresholds out;
  out.dynamical = three([](const Thresholds& t) { return t.dynamical; }, tolerance);
  out.statics = three([](const Thresholds& t) { return t.statics; }, tolerance);
  out.amp = three([](const Thresholds& t) { return t.amp; }, tolerance);
  if (s.kesten_stigum()) out.continuous = Estimate{*s.kesten_stigum(), 0};
  const auto part = [&](auto member) {
    return three(
        [=](const Thresholds& t) { return t.tricritical ? std::optional((*t.tricritical).*member) : std::nullopt; },
        tolerance);
  };
  using Point = Thresholds::Point;
  if (three.best.tricritical)
    out.tricritical = Tricritical{*part(&Point::control), *part(&Point::side), *part(&Point::overlap)};
  return out;
}

}  // namespace glass

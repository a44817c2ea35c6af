#include "spinglass/dense_phase.hpp"

#include <boost/math/tools/roots.hpp>
#include <cmath>
#include <limits>

namespace glass {

namespace {

constexpr double kNone = -std::numeric_limits<double>::infinity();
constexpr double kRounding = 4 * std::numeric_limits<double>::epsilon();

/// A sign change of f between low and high, to the last bits.
double root(auto&& f, double low, double high) {
  std::uintmax_t most = 200;
  const double fl = f(low), fh = f(high);
  if (fl == 0) return low;
  if (fh == 0) return high;
  if (!(fl * fh < 0)) return std::abs(fl) < std::abs(fh) ? low : high;  // no more than rounding apart
  const auto [a, b] =
      boost::math::tools::toms748_solve(f, low, high, fl, fh, boost::math::tools::eps_tolerance<double>(52), most);
  return 0.5 * (a + b);
}

/// Newton's method with f and f' from one call, kept inside the bracket. To 1e-13 of x: the last step is quadratic.
double newton(auto&& f, double guess, double low, double high) {
  std::uintmax_t most = 200;
  return boost::math::tools::newton_raphson_iterate(f, guess, low, high, 26, most);
}

}  // namespace

const char* to_text(Control c) { return c == Control::temperature ? "temperature" : "delta_over_rho2"; }

/// Everything at one x and Delta from one call of the averages.
struct DensePhase::Fixed {
  ChannelAverages a;
  double m, side, slope;  // slope: d side/dx at fixed Delta
};

DensePhase::DensePhase(int p, Prior prior, Path path, Control control)
    : p_(p), prior_(prior), path_(path), control_(control), rho_(prior.second_moment()), r_(1.0 / (p - 1)) {
  if (p < 2 || p > 100) throw BadInput("p=" + to_text(p) + ": must be between 2 and 100 spins per interaction");
  hump_ = find_hump();
}

double DensePhase::delta(double control) const {
  return control_ == Control::temperature ? 2 * control * control / p_ : control * rho_ * rho_;
}
Estimate DensePhase::control_of(Estimate d) const {
  if (control_ == Control::delta_over_rho2) return {d.value / (rho_ * rho_), d.error / (rho_ * rho_)};
  const double t = std::sqrt(0.5 * p_ * d.value);
  return {t, 0.5 * t * d.error / d.value};
}

DensePhase::Fixed DensePhase::at(double x, double delta) const {
  Fixed f{prior_.averages(x), 0, 0, 0};
  const ChannelAverages& a = f.a;
  if (path_ == Path::gaussian) {
    const double power = p_ == 2 ? 1.0 : std::pow(a.overlap, p_ - 2);
    f.m = a.overlap;
    f.side = x - power * a.overlap / delta;
    f.slope = 1 - (p_ - 1) * power * a.slope / delta;
    return f;
  }
  if (x == 0) return {a, 0, 0, p_ == 2 ? (delta - a.slope) / rho_ : std::numeric_limits<double>::infinity()};
  f.m = std::pow(delta * x, r_);
  if (a.error == 0) return {a, f.m, f.m < rho_ ? kNone : 1, std::numeric_limits<double>::infinity()};
  const double rise = r_ * f.m / x;  // dm/dx
  // (m - M)/(rho - M), in the form that keeps its digits at either end
  f.side = f.m < 0.5 * rho_ ? (f.m - a.overlap) / a.error : 1 - (rho_ - f.m) / a.error;
  f.slope = (rise - a.slope * (rho_ - f.m) / a.error) / a.error;
  return f;
}
double DensePhase::side(double x, double delta) const { return at(x, delta).side; }
double DensePhase::overlap(double x, double delta) const { return at(x, delta).m; }

double DensePhase::free_entropy(double x, double side, double delta) const {
  const double own = prior_.free_entropy(x), c = 0.5 * (p_ - 1) / p_;
  if (path_ == Path::gaussian) return own - c * overlap(x, delta) * (x - side);  // m^{p-1}/Delta = x - gamma^2
  return (1 - side) * own + side * 0.5 * rho_ * x - c * overlap(x, delta) * x;
}

// ---- the spinodal curve: Delta and side information at which x is an extremum ----

double DensePhase::spinodal_delta(double x) const {
  const ChannelAverages a = prior_.averages(x);
  if (path_ == Path::gaussian) return (p_ - 1) * (p_ == 2 ? 1.0 : std::pow(a.overlap, p_ - 2)) * a.slope;
  if (x == 0) return p_ == 2 ? rho_ * rho_ : 0;
  const double m = a.slope > 0 ? rho_ / (1 + r_ * a.error / (x * a.slope)) : rho_;
  return std::pow(m, p_ - 1) / x;
}
double DensePhase::spinodal_side(double x) const {
  const ChannelAverages a = prior_.averages(x);
  if (!(a.slope > 0)) return kNone;
  if (path_ == Path::gaussian) return x - r_ * a.overlap / a.slope;
  return (x * a.slope - r_ * a.overlap) / (x * a.slope + r_ * a.error);
}
/// A positive multiple of d ln D/dx.
double DensePhase::slope_sign(double x) const {
  const ChannelAverages a = prior_.averages(x);
  if (!(a.slope > 0)) return -1;
  if (path_ == Path::gaussian) return (p_ - 2) * a.slope * a.slope + a.overlap * a.curvature;
  const double q = x * a.slope, dq = a.slope + x * a.curvature, bottom = q + r_ * a.error;
  return (p_ - 1) * (dq / q - (dq - r_ * a.slope) / bottom) - 1 / x;
}

/// Maxima of D are bracketed on a ladder in ln x (what lies between two rungs, 15 % apart, in pairs would be missed)
/// and refined to the last bit.
DensePhase::Hump DensePhase::find_hump() const {
  Hump best, now;
  double height = 0, x = 1e-6, sign = slope_sign(x);
  for (double next = x * 1.15; next < 1e4; x = next, next *= 1.15) {
    const double s = slope_sign(next);
    if (sign < 0 && s > 0) now.left = root([&](double y) { return slope_sign(y); }, x, next);
    if (sign > 0 && s < 0) {
      now.top = root([&](double y) { return slope_sign(y); }, x, next);
      const double d = spinodal_delta(now.top);
      if (spinodal_side(now.top) > 0 && d > height) best = now, height = d;
    }
    sign = s;
    if (sign < 0 && prior_.averages(next).error < 1e-30 * rho_) break;
  }
  return best;
}

double DensePhase::uninformed_spinodal(double delta) const {
  return root([&](double x) { return spinodal_delta(x) - delta; }, hump_.left, hump_.top);
}
double DensePhase::informed_spinodal(double delta) const {
  double high = 2 * hump_.top;
  while (spinodal_delta(high) > delta) high *= 2;
  return root([&](double x) { return spinodal_delta(x) - delta; }, hump_.top, high);
}

// ---- fixed points at given side information ----

double DensePhase::solve(double s, double delta, double low, double high, double guess) const {
  if (!(high > low)) return high;
  const double x = newton(
      [&](double y) {
        const Fixed f = at(y, delta);
        return std::pair(f.side - s, f.slope);
      },
      std::clamp(guess, low + 1e-3 * (high - low), high), low, high);
  const Fixed f = at(x, delta);
  if (std::abs(f.side - s) <= 1e-9 * (std::abs(s) + std::abs(f.slope) * x)) return x;
  return root([&](double y) { return side(y, delta) - s; }, low, high);  // slope 0 at an end misled it
}
/// Where side(x) starts to grow: 0, or for p = 2 below the continuous threshold its first minimum (below zero).
double DensePhase::uninformed_start(double delta) const {
  if (p_ > 2 || delta >= rho_ * rho_) return 0;
  double low = hump_.top > 0 ? hump_.left : 0;
  if (!(low > 0)) {  // no hump: D falls for good
    low = 1;
    while (spinodal_delta(low) > delta) low *= 2;
  }
  return root([&](double x) { return spinodal_delta(x) - delta; }, 0, low);
}
double DensePhase::solve_uninformed(double s, double delta, double top, double guess) const {
  const double low = uninformed_start(delta);
  if (s == 0 && low == 0) return 0;
  return solve(s, delta, low, top, guess);
}
double DensePhase::solve_informed(double s, double delta, double bottom) const {
  const double high = std::pow(rho_, p_ - 1) / delta + (path_ == Path::gaussian ? s : 0.0);  // m = rho
  if (prior_.averages(high).error < 1e-300) return high;
  return solve(s, delta, bottom, high, high);
}
/// G = Phi_informed - Phi_uninformed, and its slope in the side information: half the difference of overlaps, or of rho
/// x/2 - F, which what is revealed says beyond the prior.
double DensePhase::gap(double s, double delta, double uninformed_top, double informed_bottom, double* slope) const {
  const double u = solve_uninformed(s, delta, uninformed_top, 0.5 * uninformed_top);
  const double i = solve_informed(s, delta, informed_bottom);
  if (slope)
    *slope = path_ == Path::gaussian ? 0.5 * (overlap(i, delta) - overlap(u, delta))
                                     : 0.5 * rho_ * (i - u) - prior_.free_entropy(i) + prior_.free_entropy(u);
  return free_entropy(i, s, delta) - free_entropy(u, s, delta);
}

// ---- errors ----

double DensePhase::side_error(double x, double delta) const {
  const Fixed f = at(x, delta);
  if (path_ == Path::gaussian) return kRounding * x + kChannelAccuracy * (p_ - 1) * (x - f.side + kRounding * x);
  if (f.a.error == 0) return kRounding;
  const double digits = f.m < 0.5 * rho_ ? kRounding * f.m + kChannelAccuracy * f.a.overlap
                                         : kRounding * rho_ + kChannelAccuracy * (rho_ - f.m);
  return digits / f.a.error;
}
double DensePhase::free_entropy_error(double x, double delta) const {
  const double own = prior_.free_entropy(x), m = overlap(x, delta);
  return kChannelAccuracy * own + kRounding * (rho_ + m) * (1 + x);
}
/// d side/d Delta at fixed x; along the spinodals that is the whole derivative.
double DensePhase::side_per_delta(double x, double delta) const {
  const Fixed f = at(x, delta);
  return path_ == Path::gaussian ? (x - f.side) / delta : r_ * f.m / (delta * f.a.error);
}
/// The Delta whose spinodal at x lies at zero side information.
Estimate DensePhase::threshold(double x) const {
  const double d = spinodal_delta(x);
  return control_of({d, side_error(x, d) / side_per_delta(x, d)});
}

// ---- answers ----

PhaseThresholds DensePhase::thresholds() const {
  PhaseThresholds t;
  if (p_ == 2) t.continuous = control_of({rho_ * rho_, kRounding * rho_ * rho_});
  if (!(hump_.top > 0)) return t;
  const double top = spinodal_delta(hump_.top);
  t.tricritical = Tricritical{control_of({top, 10 * kChannelAccuracy * top}),
                              {spinodal_side(hump_.top), side_error(hump_.top, top)},
                              {overlap(hump_.top, top), 1e-10}};
  const auto side_of = [&](double x) { return spinodal_side(x); };
  double far = 2 * hump_.top;
  while (spinodal_side(far) > 0) far *= 2;
  const double dynamical = root(side_of, hump_.top, far);
  t.dynamical = threshold(dynamical);
  double least = 0;  // Delta below which there is no uninformed branch
  if (p_ == 2 && spinodal_side(std::max(hump_.left, 1e-6)) < 0) {
    const double amp = root(side_of, std::max(hump_.left, 1e-6), hump_.top);
    t.amp = threshold(amp);
    least = spinodal_delta(amp);
  }
  const double most = spinodal_delta(dynamical);
  const auto gap_at_zero = [&](double d) { return gap(0, d, uninformed_spinodal(d), informed_spinodal(d), nullptr); };
  // as Delta -> 0 the informed branch wins by rho^p/(2p Delta)
  double low = least > 0 ? least : 0.5 * most;
  while (least == 0 && gap_at_zero(low) < 0) low *= 0.5;
  const double d = root(gap_at_zero, low, most);
  const double i = solve_informed(0, d, informed_spinodal(d));
  const double u = solve_uninformed(0, d, uninformed_spinodal(d), 0);
  const double per_delta = (std::pow(overlap(i, d), p_) - std::pow(overlap(u, d), p_)) /
                           (2 * p_ * d * d);  // d Phi/d Delta = -m^p/2p Delta^2
  t.statics = control_of({d, (free_entropy_error(i, d) + free_entropy_error(u, d)) / per_delta});
  return t;
}

PhaseLines DensePhase::lines(double control) const {
  if (!(control > 0 && std::isfinite(control)))
    throw BadInput(std::string(to_text(control_)) + "=" + to_text(control) + ": must be above 0");
  const double d = delta(control);
  PhaseLines out;
  const auto without_line = [&](bool informed) {
    out.phase_at_zero = informed ? PhaseAtZero::informed_only : PhaseAtZero::uninformed_only;
    return out;
  };
  if (!(hump_.top > 0)) return without_line(p_ == 2 && d < rho_ * rho_);
  if (d >= spinodal_delta(hump_.top)) return without_line(false);
  if (d <= spinodal_delta(hump_.left)) return without_line(true);
  const double u = uninformed_spinodal(d), end = side(u, d);
  if (end <= 0) return without_line(true);
  const double i = informed_spinodal(d), begin = spinodal_side(i);
  out.uninformed = {end, side_error(u, d)};
  if (begin > 0) out.informed = {begin, side_error(i, d)};

  const double at_zero = begin > 0 ? -1 : gap(0, d, u, i, nullptr);
  out.phase_at_zero = begin > 0     ? PhaseAtZero::uninformed_only
                      : at_zero < 0 ? PhaseAtZero::uninformed_favoured
                                    : PhaseAtZero::informed_favoured;
  const auto error = [&](double s) {
    return free_entropy_error(solve_informed(s, d, i), d) + free_entropy_error(solve_uninformed(s, d, u, 0.5 * u), d);
  };
  if (at_zero < 0) {
    const double low = std::max(begin, 0.0);
    double slope = 0;
    const double s = newton(
        [&](double at) {
          const double g = gap(at, d, u, i, &slope);
          return std::pair(g, slope);
        },
        0.5 * (low + end), low, end);
    out.transition = {s, error(s) / slope};
  }
  const double paid = gap(end, d, u, i, nullptr) - std::max(0.0, at_zero);
  out.kl_per_spin = {paid, error(end) + (at_zero > 0 ? error(0) : 0.0)};
  return out;
}

/// One branch at ascending side information: Newton's method from a Taylor step, two or three evaluations a point.
class DensePhase::Follower {
 public:
  /// Between the fixed points `low` and `high`; `guess` is near the first one asked for.
  Follower(const DensePhase& phase, double delta, double low, double high, double guess)
      : phase_(phase), delta_(delta), low_(low), high_(high), x_(guess) {}

  double overlap_at(double side) {
    const double step = side - side_;
    double x = x_;
    if (std::isfinite(slope_)) x += step * (slope_ + 0.5 * step * bend_);
    if (!(x > low_ && x < high_)) x = x_;
    Fixed f = phase_.at(x, delta_);
    double change = 1;
    // what is left after a step is of the order of its square
    for (int k = 0; k < 6 && std::abs(change) > 1e-8 * x; ++k) {
      change = (side - f.side) / f.slope;
      if (!(f.slope > 0) || !(x + change > low_ && x + change < high_)) break;
      x += change;
      f = phase_.at(x, delta_);
    }
    if (!(std::abs(change) <= 1e-8 * x)) {  // beside a spinodal, or the first point
      x = phase_.solve(side, delta_, low_, high_, x);
      f = phase_.at(x, delta_);
    }
    const double slope = 1 / f.slope;
    bend_ = step > 0 && std::isfinite(slope_) ? (slope - slope_) / step : 0;
    slope_ = slope, side_ = side, x_ = x;
    return f.m;
  }

 private:
  const DensePhase& phase_;
  double delta_, low_, high_, x_, side_ = 0, slope_ = std::numeric_limits<double>::infinity(), bend_ = 0;
};

std::vector<DensePhase::Branches> DensePhase::branches(double control, std::span<const double> sides) const {
  const double d = delta(control), start = uninformed_start(d);
  const bool line = hump_.top > 0 && d < spinodal_delta(hump_.top) && d > spinodal_delta(hump_.left);
  const double u = line ? uninformed_spinodal(d) : 0, end = line ? side(u, d) : 0;
  const double i = line ? informed_spinodal(d) : 0, begin = line ? spinodal_side(i) : kNone;
  const double most = sides.empty() ? 0 : sides.back();
  const double top = std::pow(rho_, p_ - 1) / d + (path_ == Path::gaussian ? most : 0.0);  // m = rho
  // without a line the only branch is both
  Follower uninformed(*this, d, start, line ? u : top, start > 0 ? 0.5 * (start + (line ? u : top)) : sides[0]);
  Follower informed(*this, d, line ? i : start, top, 0.999 * top + 0.001 * i);
  std::vector<Branches> out;
  out.reserve(sides.size());
  for (const double s : sides) {
    const bool lower = !line || s < end, upper = line && s > begin;
    const double lone = s == 0 && start == 0 ? 0 : -1;
    Branches b;
    if (lower) b.uninformed = lone == 0 ? 0 : uninformed.overlap_at(s);
    if (upper) b.informed = prior_.averages(top).error < 1e-300 ? rho_ : informed.overlap_at(s);
    if (!lower) b.uninformed = b.informed;
    if (!upper) b.informed = b.uninformed;
    out.push_back(b);
  }
  return out;
}

}  // namespace glass

#include "spinglass/density_curve.hpp"

#include <algorithm>
#include <boost/math/tools/minima.hpp>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <limits>
#include <numbers>

namespace glass {

using boost::math::tools::eps_tolerance;
using boost::math::tools::toms748_solve;

double DensitySetting::paramagnetic(double alpha) const {
  const double allowed =
      problem == DensityEvolution::Problem::xorsat ? -std::numbers::ln2 : std::log1p(-std::exp2(1 - k));
  return alpha * allowed + (path == Path::gaussian ? 0 : std::numbers::ln2);
}

std::optional<double> DensitySetting::kesten_stigum() const {
  if (problem == DensityEvolution::Problem::xorsat) return std::nullopt;
  const double slope = std::exp2(k - 1) - 1;
  return slope * slope / (k * (k - 1));
}

double DensitySetting::largest_of_interest() const {
  return problem == DensityEvolution::Problem::xorsat ? 2 : std::min(2 * *kesten_stigum(), 2 * std::exp2(k));
}

DensitySetting DensitySetting::fewer_nodes() const {
  DensitySetting c = *this;
  c.options.nodes = 3 * affordable_nodes(problem, k, options.nodes) / 4;
  return c;
}

DensitySetting DensitySetting::wider_step() const {
  DensitySetting c = *this;
  c.options.step *= 1.5;
  c.window *= 1.5;
  return c;
}

DensityCurve::DensityCurve(const DensitySetting& s, std::optional<double> alpha)
    : setting_(s),
      alpha_(alpha),
      iteration_(s.problem, s.k, s.path, s.options, alpha.value_or(s.largest_of_interest())) {
  constexpr double top = 8;
  const Index n = s.options.curve_points;
  // The law of h is about sqrt(m) wide where the overlap m is small, and the grid needs four steps; but no width is
  // resolved where fields are zero or infinite
  const bool atoms = s.problem == DensityEvolution::Problem::xorsat && s.path == Path::erasure;
  const double least = atoms ? 0 : 16 * s.options.step * s.options.step;
  for (Index j = 1; j <= n; ++j)
    if (const double y = top * double(j * j) / double(n * n); y >= least) positions_.push_back(y);
}

const EvolutionPoint& DensityCurve::at(double y) {
  const auto found = known_.find(y);
  if (found != known_.end()) return found->second.point;
  const double m = -std::expm1(-y);
  Magnitudes start = iteration_.start(m, alpha_ && setting_.path == Path::gaussian);
  double distance = std::numeric_limits<double>::infinity();
  for (const auto& [other, s] : known_)
    if (!s.below_zero && std::abs(other - y) < distance) distance = std::abs(other - y), start = s.nodes;
  auto s = alpha_ ? iteration_.side_information(*alpha_, m, start, patience_) : iteration_.control(m, start);
  return known_.emplace(y, std::move(s)).first->second.point;
}

double DensityCurve::value(double y) { return alpha_ ? at(y).side_information : at(y).control; }

double DensityCurve::extremum(double sign, double low, double high) {
  const auto f = [&](double y) {
    const double v = value(y);
    return std::isnan(v) ? 0 : sign * v;
  };
  // Close to the dynamical threshold the law slows down, and passes zero side information on its way to a little more
  patience_ = kNearZero;
  const double y = boost::math::tools::brent_find_minima(f, low, high, 18).first;
  patience_ = kUsual;
  return y;
}

double DensityCurve::position(double v, double low, double high) {
  const auto excess = [&](double y) {
    const double here = y > 0 ? value(y) : 0;
    return (std::isnan(here) ? 0 : here) - v;
  };
  for (const auto& [y, s] : known_) {  // rising: the nearest known points are a bracket
    if (y <= low || y >= high) continue;
    if (excess(y) >= 0) {
      high = y;
      break;
    }
    low = y;
  }
  const double at_low = excess(low), at_high = excess(high);
  if (at_low >= 0) return low;
  if (at_high <= 0) return high;
  std::uintmax_t most = 60;
  const auto [a, b] = toms748_solve(excess, low, high, at_low, at_high, eps_tolerance<double>(24), most);
  return std::abs(excess(a)) < std::abs(excess(b)) ? a : b;
}

namespace {

/// The polynomial of degree 8 through Chebyshev nodes of a window, in x = (y - mid)/half from -1 to 1.
class Polynomial {
 public:
  Polynomial(DensityCurve& curve, double mid, double half) {
    Eigen::Matrix<double, n, n> powers;
    Eigen::Vector<double, n> values;
    for (int i = 0; i < n; ++i) {
      const double x = std::cos(std::numbers::pi * (i + 0.5) / n);
      values(i) = curve.value(mid + half * x);
      for (int j = 0; j < n; ++j) powers(i, j) = std::pow(x, j);
    }
    c_ = powers.partialPivLu().solve(values);
  }
  double derivative(int order, double x) const {
    double sum = 0;
    for (int j = n - 1; j >= order; --j) {
      double factor = 1;
      for (int i = 0; i < order; ++i) factor *= j - i;
      sum = sum * x + factor * c_(j);
    }
    return sum;
  }
  double least_slope() const {
    double best = -1;
    for (double x = -1; x <= 1; x += 1.0 / 64)
      if (derivative(1, x) < derivative(1, best)) best = x;
    for (int i = 0; i < 20 && std::abs(best) < 1; ++i) best -= derivative(2, best) / derivative(3, best);
    return std::clamp(best, -1.0, 1.0);
  }

 private:
  static constexpr int n = 9;
  Eigen::Vector<double, n> c_;
};

}  // namespace

Inflection inflection(DensityCurve& curve, double centre) {
  const double half = curve.window(), least = half + 1e-3;
  double mid = std::max(centre, least);
  Polynomial p(curve, mid, half);
  double best = p.least_slope();
  for (int i = 0; i < 10 && std::abs(best) > 0.4; ++i) {  // move the window until it is in the middle
    const double next = std::max(mid + half * best, least);
    if (next == mid) break;
    mid = next;
    p = Polynomial(curve, mid, half);
    best = p.least_slope();
  }
  const auto slope = [&](double x) { return p.derivative(1, x); };
  Inflection out{mid + half * best, slope(best) / half, {}};
  if (out.slope < 0 && slope(-1) > 0 && slope(1) > 0) {
    std::uintmax_t most = 60, again = 60;
    const auto a = toms748_solve(slope, -1.0, best, eps_tolerance<double>(40), most);
    const auto b = toms748_solve(slope, best, 1.0, eps_tolerance<double>(40), again);
    out.extrema = {mid + half * a.first, mid + half * b.first};
  }
  return out;
}

double least_slope(DensityCurve& curve) {
  const std::vector<double>& y = curve.positions();
  double least = std::numeric_limits<double>::infinity(), where = y.front();
  for (std::size_t j = 1; j < y.size(); ++j) {
    const double slope = (curve.value(y[j]) - curve.value(y[j - 1])) / (y[j] - y[j - 1]);
    if (slope < least) least = slope, where = 0.5 * (y[j] + y[j - 1]);
  }
  return where;
}

}  // namespace glass

#include "spinglass/sparse_curve.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "spinglass/rademacher.hpp"

namespace glass::detail {
namespace {

constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

/// x with E tanh(x + sqrt(x) z) = m, for 0 <= m < 1.
double inverse_overlap(double m) {
  double low = 0, high = 1;
  while (Rademacher::averages(high).overlap < m) high *= 2;
  double x = m;  // M(x) = x - x^2 + ...
  for (int i = 0; i < 60; ++i) {
    const ChannelAverages a = Rademacher::averages(x);
    (a.overlap < m ? low : high) = x;
    const double next = x + (m - a.overlap) / a.slope;
    if (std::abs(next - x) < 1e-13 * (1 + x)) return next;
    x = next > low && next < high ? next : 0.5 * (low + high);
  }
  return x;
}

FreeSite make_gaussian(double scale) {
  FreeSite f;
  for (int i = 0; i <= kGrid; ++i) {
    const double m = grid_overlap(i), x = i == kGrid ? 0 : inverse_overlap(m);
    f.x.push_back(scale * x);
    // integral of x dm from m to 1, from Phi = m x / 2 + (that) / 2
    f.beyond.push_back(i == kGrid ? 0 : scale * (2 * (std::numbers::ln2 + Rademacher::free_entropy(x)) - m * x));
  }
  f.x.back() = std::numeric_limits<double>::infinity();
  return f;
}

/// Where a function on the grid equals `level` between i and i + 1.
double crossing(const OnGrid& f, int i, double level) {
  const double rise = f[std::size_t(i + 1)] - f[std::size_t(i)];
  return i + (rise == 0 ? 0 : std::clamp((level - f[std::size_t(i)]) / rise, 0.0, 1.0));
}
double at(const OnGrid& f, double place) {
  const int i = std::min(int(place), kGrid - 1);
  const double u = place - i;
  return (1 - u) * f[std::size_t(i)] + u * f[std::size_t(i + 1)];
}
/// Height of the parabola through three points at its vertex.
double vertex(const OnGrid& f, int i) {
  const double l = f[std::size_t(i - 1)], c = f[std::size_t(i)], r = f[std::size_t(i + 1)], bend = l - 2 * c + r;
  return bend == 0 ? c : c - (r - l) * (r - l) / (8 * bend);
}

}  // namespace

double free_side(const SparseProblem& problem, Path path, double m) {
  if (path == Path::erasure) return -std::log1p(-m);
  return (problem.spins() ? 1 : 2) * inverse_overlap(m);
}

const FreeSite& free_site(const SparseProblem& problem, Path path) {
  static const FreeSite spins = make_gaussian(1), colours = make_gaussian(2), none;
  return path == Path::erasure ? none : problem.spins() ? spins : colours;
}

double told(const SparseProblem& problem, Path path, double m, double side) {
  return free_side(problem, path, m) - (path == Path::gaussian ? side : -std::log1p(-side));
}
double told_error(Path path, double side, double side_error) {
  return path == Path::gaussian ? side_error : side_error / (1 - side);
}
double side_from(Path path, double m, double x, double j) {
  return path == Path::gaussian ? x - j : 1 - (1 - m) * std::exp(j);
}
double told_slope(const SparseProblem& problem, Path path, double control) {
  const auto ks = problem.kesten_stigum();
  const double gain = ks ? control / *ks : 0;
  // colours: gamma^2 = k m (1 - gain) at small m, while x was taken to be 2 m
  return problem.spins() || path == Path::erasure ? gain : 2 - problem.k * (1 - gain);
}

OnGrid side_on_grid(const SparseProblem& problem, Path path, double slope, const Eigen::VectorXd& c) {
  OnGrid side(kGrid + 1);
  const FreeSite& site = free_site(problem, path);
  for (int i = 0; i <= kGrid; ++i) {
    const double m = grid_overlap(i), j = m * (slope + m * chebyshev_sum(c, m));
    side[std::size_t(i)] = side_from(path, m, path == Path::gaussian ? site.x[std::size_t(i)] : 0, j);
  }
  return side;
}

RawLines read_lines(const SparseProblem& problem, Path path, double control, const OnGrid& side,
                    const OnGrid& entropy) {
  const double start = problem.uninformed_free_entropy(control);
  RawLines r{kAbsent, kAbsent, kAbsent, 0, 0, kAbsent, kAbsent, false, false};

  // Free entropy from zero overlap up and from certainty down, by Maxwell's integrals.
  OnGrid low(kGrid + 1), high(kGrid + 1);
  if (path == Path::erasure) {
    for (int i = 1; i <= kGrid; ++i) {
      const std::size_t k = std::size_t(i);
      low[k] = low[k - 1] - 0.5 * (entropy[k] + entropy[k - 1]) * (side[k] - side[k - 1]);
    }
    for (std::size_t k = 0; k <= kGrid; ++k) high[k] = low[k] - low[kGrid];
  } else {
    const FreeSite& site = free_site(problem, path);
    const double weight = 0.5 * (problem.spins() ? 1.0 : 1 - 1.0 / problem.k);
    OnGrid below(kGrid + 1);  // integral of J from 0
    const auto j_at = [&](std::size_t k) { return site.x[k] - side[k]; };
    for (std::size_t k = 1; k < kGrid; ++k) below[k] = below[k - 1] + 0.5 * (j_at(k) + j_at(k - 1)) / kGrid;
    const double last = j_at(kGrid - 1) + 0.5 * (j_at(kGrid - 1) - j_at(kGrid - 2));
    below[kGrid] = below[kGrid - 1] + last / kGrid;
    for (std::size_t k = 0; k <= kGrid; ++k) {
      const double product = k == kGrid ? 0 : grid_overlap(int(k)) * side[k];
      low[k] = weight * (product - (site.beyond[0] - site.beyond[k]) + below[k]);
      high[k] = weight * (product + site.beyond[k] - (below[kGrid] - below[k]));
    }
  }

  // The falling part: the largest drop from one overlap to a larger one.
  int top = 0, bottom = 0;
  for (int i = 0, highest = 0; i < kGrid; ++i) {
    if (side[std::size_t(i)] > side[std::size_t(highest)]) highest = i;
    if (side[std::size_t(highest)] - side[std::size_t(i)] > r.drop) {
      r.drop = side[std::size_t(highest)] - side[std::size_t(i)];
      top = highest;
      bottom = i;
    }
  }
  if (r.drop <= 0 || bottom == 0) {
    r.uninformed_at_zero = true;
    return r;
  }
  const double most = top == 0 ? 0 : vertex(side, top), least = vertex(side, bottom);
  r.drop = most - least;
  r.uninformed_at_zero = most > 0;
  r.informed_at_zero = least <= 0;
  bool whole = true;  // the curve stays on the path
  for (int i = 1; i <= bottom; ++i) whole = whole && side[std::size_t(i)] >= 0;
  if (whole) r.sum_rule = high[0] - start;
  if (most <= 0) return r;
  r.uninformed = most;
  if (least > 0) r.informed = least;

  // Where the curve is on the path throughout, its middle connects the branches, and the errors of the ends cancel.
  const double offset = whole ? high[0] : start;
  const auto gap = [&](double s) {
    int i = top;
    while (i > 0 && side[std::size_t(i)] > s) --i;
    int j = bottom;
    while (j + 1 < kGrid && side[std::size_t(j)] < s) ++j;
    const double uninformed = i == top ? top : crossing(side, i, s);
    const double informed = j == bottom ? bottom : crossing(side, j - 1, s);
    return at(high, informed) - at(low, uninformed) - offset;
  };
  const double zero = least <= 0 ? gap(0) : kAbsent;
  r.at_zero = zero;
  double from = std::max(0.0, least), to = most;
  if (!(zero >= 0)) {
    for (int step = 0; step < 50; ++step) {
      const double mid = 0.5 * (from + to);
      (gap(mid) < 0 ? from : to) = mid;
    }
    r.transition = 0.5 * (from + to);
  }
  r.kl = gap(most) - (zero > 0 ? zero : 0);
  return r;
}

Fitted fit_polynomial(const std::vector<double>& m, const std::vector<double>& y, const std::vector<double>& error,
                      const std::function<double(double)>& head, int power, int most_terms) {
  const Eigen::Index n = Eigen::Index(m.size());
  Eigen::VectorXd rest(n), sigma(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    rest(i) = y[std::size_t(i)] - head(m[std::size_t(i)]);
    sigma(i) = error[std::size_t(i)];
  }
  Fitted best;
  double lowest = 0;
  bool spare = false;  // one term more than Akaike asks for: bias is what the errors do not show
  for (int terms = 3; terms <= std::min<int>(most_terms, int(n) - 2); ++terms) {
    Eigen::MatrixXd design(n, terms);
    for (Eigen::Index i = 0; i < n; ++i)
      for (int j = 0; j < terms; ++j)
        design(i, j) = std::pow(m[std::size_t(i)], power) * std::cos(j * std::acos(fit_variable(m[std::size_t(i)])));
    const Fitted f = least_squares(design, rest, sigma);
    const bool better = best.c.size() == 0 || f.criterion() < lowest;
    if (better || spare) best = f;
    if (better) lowest = f.criterion();
    spare = better;
  }
  return best;
}

}  // namespace glass::detail

#include <algorithm>
#include <array>
#include <cmath>

#include "spinglass/sparse_curve.hpp"
#include "spinglass/sparse_phase.hpp"

namespace glass {

using namespace detail;

namespace {

constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

/// The curve of fixed points without side information: y(m) = -ln(1 - m) / control(m) and constraint(m) / (1 - m), both
/// smooth, the first 1/KS at the start and the second the free term of a random constraint.
struct WithoutSide {
  SparseProblem problem;
  double least = 0;  // overlaps below are not trusted
  Fitted y, constraint;

  double slope() const {
    const auto ks = problem.kesten_stigum();
    return ks ? 1 / *ks : 0;
  }
  OnGrid control(const Eigen::VectorXd& c) const {
    OnGrid a(kGrid);
    for (int i = 0; i < kGrid; ++i) {
      const double m = grid_overlap(i), y_of_m = slope() + m * chebyshev_sum(c, m);
      a[std::size_t(i)] = (i == 0 ? 1 : -std::log1p(-m) / m) / std::max(y_of_m, 1e-9);
    }
    return a;
  }
};

WithoutSide fit_without_side(const SparseProblem& problem, const PopulationOptions& options) {
  const PopulationCurve curve = population_curve_without_side(problem, options);
  WithoutSide f{problem, curve.points.front().overlap, {}, {}};
  if (problem.kesten_stigum()) f.least = 0;
  std::vector<double> m, y, y_error, e, e_error;
  for (const CurvePoint& p : curve.points) {
    const double x = -std::log1p(-p.overlap) / p.side.value;
    m.push_back(p.overlap);
    y.push_back(x);
    y_error.push_back(x * p.side.error / p.side.value);
    e.push_back(p.constraint.value / (1 - p.overlap));
    e_error.push_back(std::max(1e-9, p.constraint.error / (1 - p.overlap)));
  }
  f.y = fit_polynomial(
      m, y, y_error, [&](double x) { return f.slope() * x; }, 2);
  f.constraint = fit_polynomial(
      m, e, e_error, [&](double) { return problem.log_acceptance(); }, 1);
  return f;
}

struct RawThresholds {
  double dynamical = kAbsent, statics = kAbsent, amp = kAbsent;
  double rise = 0;  // of the control parameter from its minimum to its maximum at smaller overlaps
};

RawThresholds read_thresholds(const WithoutSide& f, const Eigen::VectorXd& cy, const Eigen::VectorXd& ce) {
  RawThresholds r;
  const OnGrid a = f.control(cy);
  const int first = int(std::ceil(f.least * kGrid));
  int bottom = first;
  for (int i = first; i < kGrid; ++i)
    if (a[std::size_t(i)] < a[std::size_t(bottom)]) bottom = i;
  // The part that falls towards the minimum: none where the transition is continuous.
  int top = first;
  for (int i = first; i < bottom; ++i)
    if (a[std::size_t(i)] > a[std::size_t(top)]) top = i;
  if (bottom == first) return r;
  r.dynamical = a[std::size_t(bottom)];
  r.rise = a[std::size_t(top)] - r.dynamical;
  if (f.problem.kesten_stigum()) r.amp = a[std::size_t(top)];

  // Free entropy of the informed branch, zero at certainty, down to the minimum.
  const double per = f.problem.constraints(1);
  const auto constraint = [&](double m) { return (1 - m) * (f.problem.log_acceptance() + m * chebyshev_sum(ce, m)); };
  OnGrid phi(kGrid);
  phi[kGrid - 1] = -constraint(1 - 1.0 / kGrid) * per / (f.slope() + chebyshev_sum(cy, 1));  // d control = dm/((1-m) y)
  for (int i = kGrid - 2; i >= bottom; --i) {
    // (1 - m) d control by parts: control is a logarithm where it ends
    const std::size_t k = std::size_t(i);
    const double m = grid_overlap(i), n = grid_overlap(i + 1);
    const double weight = (1 - n) * a[k + 1] - (1 - m) * a[k] + 0.5 * (a[k] + a[k + 1]) / kGrid;
    phi[k] = phi[k + 1] - 0.5 * per * (constraint(m) / (1 - m) + constraint(n) / (1 - n)) * weight;
  }
  // Of the uninformed one: closed form until zero overlap turns unstable, from there along the rising part.
  OnGrid weak(kGrid);
  weak[0] = f.problem.uninformed_free_entropy(a[0]);
  for (int i = 1; i <= top && f.problem.kesten_stigum(); ++i) {
    const std::size_t k = std::size_t(i);
    weak[k] =
        weak[k - 1] + 0.5 * per * (constraint(grid_overlap(i)) + constraint(grid_overlap(i - 1))) * (a[k] - a[k - 1]);
  }
  const auto uninformed = [&](double control) {
    if (!f.problem.kesten_stigum() || control <= a[0]) return f.problem.uninformed_free_entropy(control);
    int i = 0;
    while (i + 1 < top && a[std::size_t(i + 1)] < control) ++i;
    const std::size_t k = std::size_t(i);
    const double u = a[k + 1] == a[k] ? 0 : std::clamp((control - a[k]) / (a[k + 1] - a[k]), 0.0, 1.0);
    return (1 - u) * weak[k] + u * weak[k + 1];
  };
  double before = phi[std::size_t(bottom)] - uninformed(r.dynamical);
  for (int i = bottom + 1; i < kGrid; ++i) {
    const std::size_t k = std::size_t(i);
    const double gap = phi[k] - uninformed(a[k]);
    if (before < 0 && gap >= 0) {
      r.statics = a[k - 1] + (a[k] - a[k - 1]) * -before / (gap - before);
      break;
    }
    before = gap;
  }
  return r;
}

/// Curves at several values of the control parameter, fitted together: the coefficients of J = told() are quadratic in
/// the control parameter, which is nearly additive in constraints.
class JointFit {
 public:
  JointFit(const SparseProblem& problem, Path path, double middle, double width)
      : problem_(problem), path_(path), middle_(middle), width_(width) {}

  void add(const PopulationCurve& curve) { curves_.push_back(curve); }

  void solve() {
    std::vector<std::array<double, 4>> rows;  // m, tau, J - slope m, error
    for (const PopulationCurve& curve : curves_)
      for (const CurvePoint& p : curve.points)
        if (p.on_path && p.overlap < 0.98)
          rows.push_back(
              {p.overlap, (curve.control - middle_) / width_,
               told(problem_, path_, p.overlap, p.side.value) - p.overlap * told_slope(problem_, path_, curve.control),
               std::max(1e-9, told_error(path_, p.side.value, p.side.error))});
    const Eigen::Index n = Eigen::Index(rows.size());
    for (int terms = 5; terms <= 12; ++terms) {
      const std::array<int, 3> each{terms, std::max(3, terms - 3), 2};
      const int total = each[0] + each[1] + each[2];
      if (total + 5 > n) break;
      Eigen::MatrixXd design(n, total);
      Eigen::VectorXd y(n), error(n);
      for (Eigen::Index i = 0; i < n; ++i) {
        const auto [m, tau, value, sigma] = rows[std::size_t(i)];
        int column = 0;
        for (int power = 0; power < 3; ++power)
          for (int j = 0; j < each[std::size_t(power)]; ++j)
            design(i, column++) = std::pow(tau, power) * m * m * std::cos(j * std::acos(fit_variable(m)));
        y(i) = value;
        error(i) = sigma;
      }
      const Fitted f = least_squares(design, y, error);
      if (fit_.c.size() == 0 || f.criterion() < fit_.criterion()) {
        fit_ = f;
        each_ = each;
      }
    }
  }

  const Fitted& fit() const { return fit_; }

  /// {control, side information, overlap} where the least slope of s(m) is zero; NaN if not near.
  std::array<double, 3> tricritical(const Eigen::VectorXd& c) const {
    const auto least_slope = [&](double tau) { return least_slope_at(c, tau).first; };
    double low = -1.6, high = 1.6;
    if (!(least_slope(low) > 0 && least_slope(high) < 0)) return {kAbsent, kAbsent, kAbsent};
    for (int step = 0; step < 40; ++step) {
      const double mid = 0.5 * (low + high);
      (least_slope(mid) > 0 ? low : high) = mid;
    }
    const auto [slope, place] = least_slope_at(c, low);
    const OnGrid side = side_at(c, low);
    const double m = place / kGrid;
    const int i = int(place);
    return {middle_ + low * width_,
            side[std::size_t(i)] + (place - i) * (side[std::size_t(i + 1)] - side[std::size_t(i)]), m};
  }

 private:
  OnGrid side_at(const Eigen::VectorXd& c, double tau) const {
    Eigen::VectorXd sum = c.head(each_[0]);
    sum.head(each_[1]) += tau * c.segment(each_[0], each_[1]);
    sum.head(each_[2]) += tau * tau * c.tail(each_[2]);
    return side_on_grid(problem_, path_, told_slope(problem_, path_, middle_ + tau * width_), sum);
  }
  /// The least difference of neighbours on the grid and where it is, between the ends.
  std::pair<double, double> least_slope_at(const Eigen::VectorXd& c, double tau) const {
    const OnGrid side = side_at(c, tau);
    const int from = kGrid / 20, to = kGrid * 19 / 20;
    const auto rise = [&](int i) { return side[std::size_t(i + 1)] - side[std::size_t(i - 1)]; };
    int least = from;
    for (int i = from; i < to; ++i)
      if (rise(i) < rise(least)) least = i;
    const double l = rise(least - 1), m = rise(least), r = rise(least + 1), bend = l - 2 * m + r;
    if (least == from || least == to - 1 || bend <= 0) return {m, least};
    return {m - (r - l) * (r - l) / (8 * bend), least - (r - l) / (2 * bend)};
  }

  SparseProblem problem_;
  Path path_;
  double middle_, width_;
  std::vector<PopulationCurve> curves_;
  Fitted fit_;
  std::array<int, 3> each_{};
};

std::optional<Tricritical> find_tricritical(const SparseProblem& problem, Path path, double dynamical,
                                            const PopulationOptions& options) {
  // Down from the dynamical threshold with little work until no line is left, then around that place with all of it.
  PopulationOptions quick = options;
  quick.points = std::min(options.points, 24);
  quick.sweeps = std::max(20, options.sweeps / 2);
  quick.seeds = 2;
  constexpr double kStep = 0.04;
  double last_line = 1;
  for (double part = 1 - kStep; part > 0.3; part -= kStep) {
    const PhaseLines lines = sparse_lines(problem, path, part * dynamical, quick);
    if (lines.uninformed && lines.informed)
      last_line = part;
    else if (!lines.uninformed)
      break;
  }
  double middle = (last_line - 0.5 * kStep) * dynamical;
  for (int attempt = 0; attempt < 3; ++attempt) {
    const double width = 0.05 * dynamical;
    JointFit joint(problem, path, middle, width);
    for (const double tau : {-1.0, -0.5, 0.0, 0.5, 1.0})
      joint.add(population_curve(problem, path, middle + tau * width, options));
    joint.solve();
    const auto found = joint.tricritical(joint.fit().c);
    if (std::isnan(found[0])) {
      middle -= width;  // noise shows lines where there are none less often than it hides them
      continue;
    }
    if (std::abs(found[0] - middle) > 0.8 * width) {
      middle = found[0];
      continue;
    }
    const auto estimate = [&](std::size_t which) {
      return Estimate{found[which],
                      spread_of(joint.fit(), [&](const Eigen::VectorXd& c) { return joint.tricritical(c)[which]; })};
    };
    return Tricritical{estimate(0), estimate(1), estimate(2)};
  }
  return std::nullopt;
}

}  // namespace

PhaseThresholds sparse_thresholds(const SparseProblem& problem, Path path, const PopulationOptions& options) {
  problem.check();
  PhaseThresholds out;
  const auto ks = problem.kesten_stigum();
  if (ks) out.continuous = Estimate{*ks, 0};
  const WithoutSide f = fit_without_side(problem, options);
  const RawThresholds middle = read_thresholds(f, f.y.c, f.constraint.c);
  const auto estimate = [&](double RawThresholds::*what) {
    const double by_curve =
        spread_of(f.y, [&](const Eigen::VectorXd& c) { return read_thresholds(f, c, f.constraint.c).*what; });
    const double by_constraint =
        spread_of(f.constraint, [&](const Eigen::VectorXd& c) { return read_thresholds(f, f.y.c, c).*what; });
    return Estimate{middle.*what, std::hypot(by_curve, by_constraint)};
  };
  const Estimate rise = estimate(&RawThresholds::rise);
  if (std::isnan(middle.dynamical) || !(rise.value > 2 * rise.error)) return out;
  out.dynamical = estimate(&RawThresholds::dynamical);
  if (!std::isnan(middle.statics)) out.statics = estimate(&RawThresholds::statics);
  if (ks) {
    const Estimate amp = estimate(&RawThresholds::amp);
    out.amp = amp.value - *ks > 2 * amp.error ? amp : Estimate{*ks, 0};
  }
  out.tricritical = find_tricritical(problem, path, out.dynamical->value, options);
  return out;
}

}  // namespace glass

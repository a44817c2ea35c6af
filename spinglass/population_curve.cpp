#include "spinglass/population_curve.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>

namespace glass {
namespace {

// What is recorded of a sweep. The first is not an average to report but a control variate: on the Nishimori line its
// mean is zero, and its noise is that of the others.
enum Record { kNishimori, kSide, kEntropy, kConstraint, kFreeEntropy, kRecords };

using Records = std::array<double, kRecords>;
/// One population, and a small one that tells the bias.
struct Run {
  std::vector<Records> batches, small;               // means over kBatch sweeps
  int negative = 0, sweeps = 0, small_negative = 0;  // sweeps that would have left the path
};
constexpr int kBatch = 10;
constexpr int kSmaller = 8, kLonger = 2;  // the small population, and how many times the sweeps

struct Plan {
  SparseProblem problem;
  Path path;
  double control;  // <= 0: without side information
  PopulationOptions options;
};

/// Where to start without side information: any value near the curve; c(m) -ln(1-m)/m^{k-1} has its shape.
double control_guess(const SparseProblem& p, double m) {
  if (p.kind == SparseProblem::Kind::xorsat) return -std::log1p(-m) / (p.k * std::pow(m, p.k - 1));
  return *p.kesten_stigum();
}

std::vector<Records> run_one(const Plan& plan, double overlap, bool even, int size, int sweeps, Stream rng,
                             int& negative) {
  const PopulationOptions& o = plan.options;
  const auto population = make_population(plan.problem, plan.path, size, rng);
  population->start(overlap, even ? PopulationStart::even : PopulationStart::certain);
  const double guess = plan.control > 0 ? plan.control : control_guess(plan.problem, overlap);
  const auto sweep = [&] {
    return plan.control > 0 ? population->hold(plan.control, overlap) : population->hold_by_control(guess, overlap);
  };
  int late_negative = 0;
  for (int t = 0; t < o.discard; ++t) {
    const PopulationAverages a = sweep();
    if (t >= o.discard / 2 && a.side < 0) ++late_negative;
  }
  std::vector<Records> batches;
  if (4 * late_negative > o.discard) {  // more than half of the second half: the rest would be no better
    negative += sweeps;
    return batches;
  }
  Records sum{};
  for (int t = 0; t < sweeps / kBatch * kBatch; ++t) {
    const PopulationAverages a = sweep();
    negative += a.side < 0;
    const Records now{a.overlap - a.square, plan.control > 0 ? a.side : a.control, a.entropy, a.constraint,
                      a.free_entropy};
    for (std::size_t j = 0; j < kRecords; ++j) sum[j] += now[j] / kBatch;
    if (t % kBatch == kBatch - 1) {
      batches.push_back(sum);
      sum = {};
    }
  }
  return batches;
}

Run run(const Plan& plan, double overlap, std::uint32_t point, std::uint32_t replica, std::uint32_t experiment) {
  const PopulationOptions& o = plan.options;
  const auto stream = [&](std::uint32_t column) {
    return Stream({std::uint32_t(o.seed), Purpose::population, std::uint16_t(point), experiment}, column);
  };
  Run r;
  r.sweeps = o.sweeps;
  const bool even = replica % 2 == 1;
  r.batches = run_one(plan, overlap, even, o.population, o.sweeps, stream(2 * replica), r.negative);
  if (!r.batches.empty())
    r.small = run_one(plan, overlap, even, o.population / kSmaller, kLonger * o.sweeps, stream(2 * replica + 1),
                      r.small_negative);
  return r;
}

struct Moments {
  double mean = 0, error = 0;
};
Moments moments(const std::vector<double>& x) {
  Moments m;
  for (const double v : x) m.mean += v / double(x.size());
  for (const double v : x) m.error += (v - m.mean) * (v - m.mean);
  m.error = x.size() < 2 ? 0 : std::sqrt(m.error / (double(x.size()) * (double(x.size()) - 1)));
  return m;
}

/// Sums of squares of normalised differences.
struct Tally {
  double halves = 0, starts = 0, seeds = 0, nishimori = 0;
  int half_count = 0, seed_count = 0, count = 0;
};

CurvePoint summarise(double overlap, const std::vector<Run>& runs, Tally& tally) {
  CurvePoint p;
  p.overlap = overlap;
  int negative = 0, small_negative = 0, sweeps = 0;
  for (const Run& r : runs) {
    negative += r.negative;
    small_negative += r.small_negative;
    sweeps += r.sweeps;
  }
  // The noise of the small populations leaves the path first; close to its end there is no extrapolation.
  const bool extrapolate = 50 * small_negative <= kLonger * sweeps;
  p.on_path = 50 * negative <= sweeps;
  if (!p.on_path) return p;

  const auto column = [&](int record, bool small) {
    std::vector<double> x;
    for (const Run& r : runs)
      for (const Records& b : small ? r.small : r.batches) x.push_back(b[std::size_t(record)]);
    return x;
  };
  const std::vector<double> control = column(kNishimori, false), control_small = column(kNishimori, true);
  const Moments zero = moments(control);
  double spread = 0;
  for (const double v : control) spread += (v - zero.mean) * (v - zero.mean);
  // Value minus slope times control variate: same mean on the Nishimori line, less noise.
  const auto slope_of = [&](const std::vector<double>& x) {
    const double mean = moments(x).mean;
    double joint = 0;
    for (std::size_t i = 0; i < x.size(); ++i) joint += (x[i] - mean) * (control[i] - zero.mean);
    return spread > 1e-12 * double(x.size()) ? joint / spread : 0;
  };
  // Bias is inverse to the size, so that a line through both sizes ends at the infinite one.
  const auto extrapolated = [&](const Moments& large, const Moments& small) {
    if (!extrapolate) return Estimate{large.mean, large.error};
    constexpr double part = 1.0 / (kSmaller - 1);
    return Estimate{large.mean + part * (large.mean - small.mean),
                    std::hypot((1 + part) * large.error, part * small.error)};
  };
  std::vector<double> side;
  const auto estimate = [&](Record record) {
    std::vector<double> x = column(record, false), y = column(record, true);
    const double slope = slope_of(x);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] -= slope * control[i];
    for (std::size_t i = 0; i < y.size(); ++i) y[i] -= slope * control_small[i];
    if (record == kSide) side = x;
    return extrapolated(moments(x), moments(y));
  };
  p.nishimori = extrapolated(zero, moments(control_small));
  p.side = estimate(kSide);
  p.entropy = estimate(kEntropy);
  p.constraint = estimate(kConstraint);
  p.free_entropy = estimate(kFreeEntropy);

  const Moments all = moments(side);
  const double one = all.error * std::sqrt(double(side.size()));  // of a batch
  if (one <= 0) return p;
  const std::size_t each = runs.front().batches.size(), half = each / 2;
  std::array<double, 2> by_start{};
  std::array<int, 2> by_start_count{};
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const auto mean = [&](std::size_t from, std::size_t count) {
      double s = 0;
      for (std::size_t i = from; i < from + count; ++i) s += side[r * each + i] / double(count);
      return s;
    };
    const double difference = mean(0, half) - mean(each - half, half), whole = mean(0, each);
    tally.halves += difference * difference / (one * one * 2 / double(half));
    ++tally.half_count;
    tally.seeds += (whole - all.mean) * (whole - all.mean) / (one * one / double(each));
    by_start[r % 2] += whole;
    ++by_start_count[r % 2];
  }
  tally.seed_count += int(runs.size()) - 1;
  const double apart = by_start[0] / by_start_count[0] - by_start[1] / by_start_count[1];
  tally.starts += apart * apart / (one * one / double(each) * (1.0 / by_start_count[0] + 1.0 / by_start_count[1]));
  // XORSAT under erasure has m = q exactly, and no error to compare with
  tally.nishimori += p.nishimori.error > 1e-7 ? std::pow(p.nishimori.value / p.nishimori.error, 2) : 1;
  ++tally.count;
  return p;
}

/// In t = 1 - sqrt(1 - m), the variable of the fits, half of the spacing is even and half that of Chebyshev's nodes:
/// both ends of a polynomial are tied down.
double overlap_at(int j, int points, double least, double most) {
  const double u = (j + 0.5) / points, chebyshev = 0.5 * (1 - std::cos(std::numbers::pi * u));
  const double first = 1 - std::sqrt(1 - least), last = 1 - std::sqrt(1 - most);
  const double t = first + (last - first) * 0.5 * (u + chebyshev);
  return t * (2 - t);
}

PopulationCurve curve(const Plan& plan, double least, double most) {
  plan.problem.check();
  for_each_field(plan.options, [](const auto& f, const auto& v) {
    check_bounds("population dynamics: " + std::string(f.name) + "=" + to_text(v), f.bounds, double(v));
  });
  const int points = plan.options.points, seeds = plan.options.seeds;
  // Experiments are told apart by the bits of what they are: equal ones share numbers, others do not.
  const auto mix = [](std::uint64_t h, std::uint64_t v) {
    h = (h ^ v) * 0x9E3779B97F4A7C15ull;
    return h ^ (h >> 29);
  };
  const std::uint64_t h = mix(mix(mix(std::bit_cast<std::uint64_t>(plan.control), std::uint64_t(plan.path) + 1),
                                  std::uint64_t(plan.problem.kind) * 64 + std::uint64_t(plan.problem.k)),
                              std::uint64_t(plan.options.population));
  std::vector<Run> runs(std::size_t(points) * std::size_t(seeds));
#pragma omp parallel for schedule(dynamic, 1)
  for (int task = 0; task < points * seeds; ++task)
    runs[std::size_t(task)] = run(plan, overlap_at(task / seeds, points, least, most), std::uint32_t(task / seeds),
                                  std::uint32_t(task % seeds), std::uint32_t(h >> 32));

  PopulationCurve c{plan.problem, plan.path, std::max(plan.control, 0.0), {}, {}};
  Tally tally;
  for (int j = 0; j < points; ++j)
    c.points.push_back(summarise(overlap_at(j, points, least, most),
                                 {runs.begin() + j * seeds, runs.begin() + (j + 1) * seeds}, tally));
  if (tally.count > 0)
    c.equilibration = {tally.halves / tally.half_count, tally.starts / tally.count, tally.seeds / tally.seed_count,
                       tally.nishimori / tally.count, tally.count};
  return c;
}

}  // namespace

PopulationCurve population_curve(const SparseProblem& problem, Path path, double control,
                                 const PopulationOptions& options) {
  if (!(control > 0 && control <= 1000))
    throw BadInput(
        std::string(problem.spins() ? "alpha=" : "c=") + to_text(control) +
        ": the control parameter must be positive and at most 1000; a graph without constraints has no lines");
  return curve({problem, path, control, options}, 0.02, 0.999);
}

PopulationCurve population_curve_without_side(const SparseProblem& problem, const PopulationOptions& options) {
  // XORSAT's curve goes to infinity at both ends.
  return curve({problem, Path::erasure, 0, options}, problem.kesten_stigum() ? 0.05 : 0.3, 0.998);
}

}  // namespace glass

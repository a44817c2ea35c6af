#include "spinglass/density_iteration.hpp"

#include <array>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <numbers>

namespace glass {

namespace {

using Problem = DensityEvolution::Problem;

double binomial(Index n, Index k) {
  double c = 1;
  for (Index i = 1; i <= k; ++i) c *= double(n - k + i) / double(i);
  return c;
}

/// Sums over multisets of k - 1 nodes. NAE has 2n signed ones (the positive first); changing all signs turns u into
/// -u, so only multisets with at least as many positive ones are visited.
class ClauseSum {
 public:
  ClauseSum(Problem problem, int k, const FieldGrid& grid, const Magnitudes& nodes)
      : grid_(grid), inputs_(k - 1), positive_(nodes.t.size()), nae_(problem == Problem::nae_sat) {
    law_.message.mass.setZero(grid.size());
    const Index n = positive_;
    double scale = 1;
    for (int i = 2; i < k; ++i) scale *= i;
    if (nae_) {
      a_.resize(2 * n), b_.resize(2 * n), w_.resize(2 * n);
      a_ << 0.5 * (1 + nodes.t), 0.5 * (1 - nodes.t);
      b_ << 0.5 * (1 - nodes.t), 0.5 * (1 + nodes.t);
      w_ << 0.5 * nodes.weight, 0.5 * nodes.weight;
      add(0, 0, 0, 0, 1, 1, scale / (1 - std::exp2(1 - k)));
    } else {  // 1 - A = 1 + T, 1 - B = 1 - T; both signs of T have probability 1/2 a priori
      a_ = b_ = nodes.t;
      w_ = nodes.weight;
      add(0, 0, 0, 0, -1, 1, 0.5 * scale);
    }
    flush();
    if (!nae_) law_.log_allowed -= std::numbers::ln2;
  }
  ClauseLaw take() { return std::move(law_); }

 private:
  static constexpr Index kBlock = 512;

  /// Every multiset that goes on with `depth` chosen nodes, the last of them `last`, `run` times in a row.
  void add(int depth, Index last, int run, int negative, double a, double b, double weight) {
    for (Index i = last; i < a_.size(); ++i) {
      const int below = negative + (i >= positive_ ? 1 : 0), again = i == last ? run + 1 : 1;
      if (2 * below > inputs_) return;
      const double w = weight * w_(i) / again;
      if (depth + 1 < inputs_) {
        add(depth + 1, i, again, below, a * a_(i), b * b_(i), w);
        continue;
      }
      up_(count_) = 1 - a * a_(i);
      down_(count_) = 1 - b * b_(i);
      weight_(count_) = 2 * below == inputs_ ? 0.5 * w : w;
      if (++count_ == kBlock) flush();
    }
  }
  void flush() {
    const auto up = up_.head(count_), down = down_.head(count_), w = weight_.head(count_);
    constexpr double tiny = 1e-300;
    const Eigen::ArrayXd log_up = up.max(tiny).log(), log_down = down.max(tiny).log();
    law_.log_allowed += (w * (up * log_up + down * log_down)).sum();
    for (Index j = 0; j < count_; ++j) {
      const double u = 0.5 * (log_up(j) - log_down(j));
      send(u, w(j) * up(j));
      send(-u, w(j) * down(j));
    }
    count_ = 0;
  }
  void send(double u, double w) {
    if (u > kCertain)
      law_.message.certain += w;
    else if (u > -kCertain)  // what is below has e^{2u} of the mass above
      grid_.deposit(law_.message.mass, u, w);
  }

  const FieldGrid& grid_;
  int inputs_;
  Index positive_;
  bool nae_;
  Eigen::ArrayXd a_, b_, w_;
  Eigen::Array<double, kBlock, 1> up_, down_, weight_;
  Index count_ = 0;
  ClauseLaw law_;
};

/// At this snr a site that knows nothing else has overlap 1 - 3e-6.
constexpr double kMostSide = 24;

/// The root of an increasing function between `low` and `high`, to the last bits.
double root_of(auto&& f, double low, double high) {
  const double at_low = f(low), at_high = f(high);
  if (at_low >= 0) return low;
  if (at_high <= 0) return high;
  std::uintmax_t most = 100;
  const auto [a, b] = boost::math::tools::toms748_solve(f, low, high, at_low, at_high,
                                                        boost::math::tools::eps_tolerance<double>(50), most);
  return 0.5 * (a + b);
}

}  // namespace

ClauseLaw clause_law(Problem problem, int k, const FieldGrid& grid, const Magnitudes& nodes) {
  return ClauseSum(problem, k, grid, nodes).take();
}

Index affordable_nodes(Problem problem, int k, Index wanted) {
  const auto points = [&](Index n) {
    return problem == Problem::xorsat ? binomial(n + k - 2, k - 1) : 0.5 * binomial(2 * n + k - 2, k - 1);
  };
  while (wanted > 1 && points(wanted) > 60000) --wanted;
  return wanted;
}

DensityIteration::DensityIteration(Problem problem, int k, Path path, DensityEvolutionOptions options,
                                   double largest_alpha)
    : problem_(problem), k_(k), path_(path), options_(options), grid_(options.step, [&] {
        // A site is all but forced by Poisson(`forcing`) clauses, most of which are certain in the sense of kCertain
        // where they are that strong; the others sum to a few units
        const double forcing = largest_alpha * k / (problem == Problem::xorsat ? 1 : std::exp2(k - 1) - 1);
        return std::max(kCertain * (1 + forcing + 3 * std::sqrt(forcing)), kMostSide + 9 * std::sqrt(kMostSide));
      }()) {
  options_.nodes = affordable_nodes(problem, k, options.nodes);
}

Magnitudes DensityIteration::start(double overlap, bool gaussian) const {
  if (problem_ == Problem::xorsat && !gaussian) return {Eigen::Array2d(0, 1), Eigen::Array2d(1 - overlap, overlap)};
  return {Eigen::ArrayXd::Constant(1, std::sqrt(overlap)), Eigen::ArrayXd::Ones(1)};
}

DensityIteration::Solution DensityIteration::side_information(double alpha, double overlap, const Magnitudes& start,
                                                              Index patience) {
  return solve(alpha, overlap, start, patience);
}

DensityIteration::Solution DensityIteration::control(double overlap, const Magnitudes& start) {
  return solve(std::nullopt, overlap, start, 0);
}

double DensityIteration::alpha_for(double m, double guess, const Eigen::ArrayXcd& phi) const {
  double alpha = guess;
  for (int i = 0; i < 100; ++i) {  // Newton; the overlap rises with alpha
    const Eigen::ArrayXcd sum = poisson_sum(alpha * k_, phi), growth = double(k_) * (phi - 1.0) * sum;
    const double excess = grid_.mean_tanh(sum) + 1 - sum(0).real() - m,
                 slope = grid_.mean_tanh(growth) - growth(0).real();
    const double next = std::clamp(slope > 0 ? alpha - excess / slope : 2 * alpha, 0.5 * alpha, 2 * alpha);
    if (std::abs(next - alpha) < 1e-14 * alpha || next > 1e9) return next;
    alpha = next;
  }
  return alpha;
}

DensityIteration::Solution DensityIteration::solve(std::optional<double> given, double m, Magnitudes nodes,
                                                   Index patience) {
  constexpr Index kMost = 1000;
  Solution out;
  EvolutionPoint& p = out.point;
  p.overlap = m;
  double side = 0, alpha = given.value_or(1);
  Index stuck = 0;
  for (p.iterations = 1;; ++p.iterations) {
    const ClauseLaw clause = clause_law(problem_, k_, grid_, nodes);
    const Eigen::ArrayXcd phi = grid_.transform(clause.message.mass);
    const double old_side = side, old_alpha = alpha, old_norm = p.norm, old_entropy = p.entropy;
    bool short_of = false;  // the overlap held needs less than no side information
    FieldLaw law;
    double hidden = 1;  // fraction of sites not revealed
    if (!given) alpha = alpha_for(m, alpha, phi);
    Eigen::ArrayXcd spectrum = poisson_sum(alpha * k_, phi);
    law.certain = 1 - spectrum(0).real();
    if (given && path_ == Path::gaussian) {
      const Eigen::ArrayXd tanh_at = grid_.shifted_tanh(spectrum);
      const auto excess = [&](double snr) { return law.certain + (grid_.gaussian(snr) * tanh_at).sum() - m; };
      short_of = excess(0) > 0;
      side = short_of ? 0 : root_of(excess, 0, kMostSide);
      spectrum *= grid_.transform(grid_.gaussian(side));
    }
    law.mass = grid_.inverse(spectrum);
    const double entropy = (law.mass * grid_.surprise()).sum();
    if (given && path_ == Path::erasure) {
      const double unsure = (law.mass * (1 - grid_.tanh())).sum();  // 1 - m of the others
      short_of = 1 - unsure > m;
      side = short_of ? 0 : 1 - (1 - m) / unsure;
      hidden = 1 - side;
    }
    p.norm = 1 - hidden * (law.mass * (1 - grid_.tanh().square())).sum();
    p.entropy = entropy;
    p.residual = std::max({std::abs(side - old_side), std::abs(alpha - old_alpha) / std::max(1.0, alpha),
                           std::abs(p.norm - old_norm), std::abs(p.entropy - old_entropy)});
    // A law of nearly fewer points than nodes makes the last nodes jump between iterations: then fewer will do
    const Index most = std::max<Index>(3, options_.nodes - p.iterations / 100);
    nodes = gauss_nodes(grid_, {hidden * law.mass, 1 - hidden * (1 - law.certain)}, most);
    stuck = short_of ? stuck + 1 : 0;
    const bool done = p.iterations > 2 && p.residual < options_.tolerance;
    if (!done && p.iterations < kMost && (stuck == 0 || stuck < patience)) continue;
    const Eigen::ArrayXd after = grid_.inverse(spectrum * phi);
    const double entropy_after = (after * grid_.surprise()).sum();
    p.control = alpha;
    p.side_information = side;
    p.free_entropy = alpha * clause.log_allowed + hidden * (entropy - (k_ - 1) * alpha * (entropy_after - entropy));
    if (path_ == Path::gaussian) p.free_entropy += 0.5 * side - std::numbers::ln2;
    out.below_zero = stuck > 0;
    if (out.below_zero) p.side_information = std::numeric_limits<double>::quiet_NaN();
    out.nodes = std::move(nodes);
    return out;
  }
}

}  // namespace glass

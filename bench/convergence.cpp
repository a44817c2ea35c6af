#include "bench/convergence.hpp"

#include <algorithm>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace glass {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;

/// Halves of chains, one per row. The middle draw of an odd number belongs to none.
MatrixXd split(const MatrixXd& x) {
  const Index half = x.cols() / 2;
  MatrixXd out(2 * x.rows(), half);
  out << x.leftCols(half), x.rightCols(half);
  return out;
}

std::vector<double> sorted(const MatrixXd& x) {
  std::vector<double> v(x.data(), x.data() + x.size());
  std::sort(v.begin(), v.end());
  return v;
}

/// Quantile of sorted values with linear interpolation between them (type 7 of Hyndman & Fan 1996).
double quantile(const std::vector<double>& v, double p) {
  const double at = p * double(v.size() - 1);
  const std::size_t low = std::size_t(at), high = std::min(low + 1, v.size() - 1);
  return v[low] + (at - double(low)) * (v[high] - v[low]);
}

/// z = Phi^-1((rank - 3/8)/(S + 1/4)), ranks from 1, average ranks for ties (Blom 1958).
MatrixXd normal_scores(const MatrixXd& x) {
  std::vector<Index> order(static_cast<std::size_t>(x.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::sort(order.begin(), order.end(), [&](Index a, Index b) { return x.data()[a] < x.data()[b]; });
  MatrixXd z(x.rows(), x.cols());
  for (std::size_t from = 0; from < order.size();) {
    std::size_t to = from + 1;
    while (to < order.size() && x.data()[order[to]] == x.data()[order[from]]) ++to;
    const double rank = 0.5 * double(from + 1 + to);  // mean of from + 1 ... to
    const double score = boost::math::quantile(boost::math::normal(), (rank - 0.375) / (double(order.size()) + 0.25));
    for (; from < to; ++from) z.data()[order[from]] = score;
  }
  return z;
}

MatrixXd folded(const MatrixXd& x) { return (x.array() - quantile(sorted(x), 0.5)).abs(); }

bool constant(const MatrixXd& x) { return x.minCoeff() == x.maxCoeff(); }

double variance(const Eigen::Ref<const Eigen::VectorXd>& v) {
  return (v.array() - v.mean()).square().sum() / double(v.size() - 1);
}

std::optional<double> rhat(const MatrixXd& halves) {
  if (constant(halves)) return std::nullopt;
  const double n = double(halves.cols());
  const MatrixXd z = normal_scores(halves);
  double within = 0;
  bool moves = false;
  for (Index c = 0; c < z.rows(); ++c) {
    moves = moves || z.row(c).minCoeff() != z.row(c).maxCoeff();
    within += variance(z.row(c).transpose()) / double(z.rows());
  }
  if (!moves) return std::numeric_limits<double>::infinity();
  const double between = n * variance(z.rowwise().mean());
  return std::sqrt((between / within + n - 1) / n);
}

/// Effective number of draws of the mean: S/tau, with rho_t = 1 - (W - mean autocovariance)/var+ summed in pairs as
/// long as those are positive and do not grow (Geyer, Stat. Sci. 7, 473, 1992; eqs. 10-13 of Vehtari et al.).
std::optional<double> ess(const MatrixXd& halves) {
  const Index m = halves.rows(), n = halves.cols();
  if (n < 4 || constant(halves)) return std::nullopt;
  const MatrixXd x = halves.colwise() - halves.rowwise().mean();
  const auto autocovariance = [&](Index t) {
    return x.leftCols(n - t).cwiseProduct(x.rightCols(n - t)).sum() / double(n * m);
  };
  const double biased = autocovariance(0), within = biased * double(n) / double(n - 1);
  const double total = biased + variance(halves.rowwise().mean());
  const auto rho = [&](Index t) { return t == 0 ? 1.0 : 1 - (within - autocovariance(t)) / total; };
  double sum = 0, last = std::numeric_limits<double>::infinity(), even = 0;
  for (Index t = 0; t + 1 < n; t += 2) {
    even = rho(t);
    const double pair = even + rho(t + 1);
    if (t > 0 && (pair < 0 || t + 3 > n)) break;
    last = std::min(last, pair);
    sum += last;
    even = 0;
  }
  // a lone positive even term counts once: less variance where draws alternate
  const double tau = -1 + 2 * sum + std::max(even, 0.0), draws = double(m * n);
  return draws / std::max(tau, 1 / std::log10(draws));
}

}  // namespace

std::optional<double> split_rhat(const MatrixXd& series) {
  if (series.cols() < 4) return std::nullopt;
  const auto location = rhat(split(series)), spread = rhat(split(folded(series)));
  return location && spread ? std::max(*location, *spread) : location;
}

double rhat_limit(Index chains, Index draws, double level) {
  const double m = 2 * double(chains), n = double(draws / 2);
  const boost::math::fisher_f f(m - 1, m * (n - 1));
  const double ratio = boost::math::quantile(boost::math::complement(f, level));
  return std::max(1.01, std::sqrt((ratio + n - 1) / n));
}

std::optional<double> bulk_ess(const MatrixXd& series) {
  if (series.cols() < 8) return std::nullopt;
  return ess(normal_scores(split(series)));
}

std::optional<double> tail_ess(const MatrixXd& series) {
  if (series.cols() < 8) return std::nullopt;
  const std::vector<double> v = sorted(series);
  std::optional<double> least;
  for (const double p : {0.05, 0.95}) {
    const auto one = ess(split((series.array() <= quantile(v, p)).cast<double>()));
    if (one) least = std::min(*one, least.value_or(*one));
  }
  return least;
}

}  // namespace glass

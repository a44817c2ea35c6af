#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "models/core/alphabet.hpp"
#include "models/core/types.hpp"

namespace glass {

/// Magnetisation per site of every column.
inline PerColumn magnetisation(BatchIn x) { return x.cast<double>().colwise().mean(); }

/// sum_ab n_ab^2 / N^2, n_ab the sites with symbol a in one and b in the other configuration (symbol numbers).
template <class Symbol>
double potts_overlap(const Symbol* x, const Symbol* y, Index sites, int q) {
  std::vector<double> n(std::size_t(q * q));
  for (Index i = 0; i < sites; ++i) n[std::size_t(x[i] * q + y[i])] += 1;
  double sum = 0;
  for (const double v : n) sum += v * v;
  return sum / (double(sites) * double(sites));
}
namespace detail {
/// The symbol numbers of a batch in one-hot layout: sites x B.
inline Eigen::MatrixXi symbol_numbers(BatchIn x, const Alphabet& a) {
  Eigen::MatrixXi s(x.rows() / a.width(), x.cols());
  for (Index c = 0; c < x.cols(); ++c)
    for (Index i = 0; i < s.rows(); ++i) s(i, c) = a.symbol_of(x.col(c).data() + i * a.width());
  return s;
}
}  // namespace detail

/// Overlap of every column of x with y: q = x.y/N, for Potts sites sum_ab n_ab^2/N^2, which no relabelling of the
/// symbols changes: 1/q^2 for independent balanced configurations, 1/q for equal ones.
inline PerColumn overlap(BatchIn x, const Eigen::VectorXf& y, const Alphabet& a = Alphabet::spins()) {
  if (!a.onehot) return (y.cast<double>().transpose() * x.cast<double>()) / double(y.size());
  const Eigen::MatrixXi s = detail::symbol_numbers(x, a), t = detail::symbol_numbers(y, a);
  PerColumn out(x.cols());
  for (Index c = 0; c < x.cols(); ++c) out(c) = potts_overlap(s.col(c).data(), t.data(), s.rows(), a.symbols());
  return out;
}

/// Mean of q and of q^2 over pairs of columns, O(N B^2).
struct PairOverlap {
  double q = 0, q2 = 0;
  Index pairs = 0;
};
/// All pairs of different columns of x, with the overlap of `overlap`; each(a, b, q) for every pair, b < a.
inline PairOverlap pair_overlap(BatchIn x, const Alphabet& alphabet, auto&& each) {
  PairOverlap out;
  const auto add = [&](Index a, Index b, double q) {
    out.q += q;
    out.q2 += q * q;
    ++out.pairs;
    each(a, b, q);
  };
  if (alphabet.onehot) {
    const Eigen::MatrixXi s = detail::symbol_numbers(x, alphabet);
    for (Index a = 0; a < s.cols(); ++a)
      for (Index b = 0; b < a; ++b)
        add(a, b, potts_overlap(s.col(a).data(), s.col(b).data(), s.rows(), alphabet.symbols()));
  } else {
    const Eigen::MatrixXd gram = (x.cast<double>().transpose() * x.cast<double>()) / double(x.rows());
    for (Index a = 0; a < gram.cols(); ++a)
      for (Index b = 0; b < a; ++b) add(a, b, gram(a, b));
  }
  if (out.pairs) {
    out.q /= double(out.pairs);
    out.q2 /= double(out.pairs);
  }
  return out;
}
inline PairOverlap pair_overlap(BatchIn x, const Alphabet& alphabet = Alphabet::spins()) {
  return pair_overlap(x, alphabet, [](Index, Index, double) {});
}

/// Histogram of overlaps. Those of +-1 spins are -1, -1 + 2/N, ..., 1: a bin holds a whole number of these, the same
/// for all bins but the last, so that no comb appears where the two grids would not match. At most 51 bins.
class OverlapHistogram {
 public:
  OverlapHistogram() = default;
  explicit OverlapHistogram(Index sites)
      : sites_(sites), values_((sites + 51) / 51), counts_(Eigen::VectorXd::Zero((sites + values_) / values_)) {}
  void add(double q) {
    const Index k = Index(std::floor((q + 1) * double(sites_) / 2 + 0.5 + 1e-9)) / values_;
    counts_(std::clamp(k, Index{0}, counts_.size() - 1)) += 1;
  }
  /// bins + 1 of them, from -1 - 1/N to 1 + 1/N: half a step of the grid beyond its ends.
  Eigen::VectorXd edges() const {
    const double n = double(sites_);
    return (Eigen::VectorXd::LinSpaced(counts_.size() + 1, 0, double(counts_.size())) * (2 * double(values_) / n))
        .unaryExpr([n](double v) { return std::min(v - 1 - 1 / n, 1 + 1 / n); });
  }
  /// Normalised to integral 1 over the edges; all zero where nothing was added.
  Eigen::VectorXd density() const {
    const Eigen::VectorXd e = edges();
    const auto width = (e.tail(counts_.size()) - e.head(counts_.size())).array();
    return counts_.array() / (width * std::max(counts_.sum(), 1.0));
  }

 private:
  Index sites_ = 1, values_ = 1;
  Eigen::VectorXd counts_ = Eigen::VectorXd::Zero(1);
};

}  // namespace glass

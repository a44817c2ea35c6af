#pragma once
#include "models/core/types.hpp"

namespace glass {

/// Magnetisation per site of every column.
inline PerColumn magnetisation(BatchIn x) { return x.cast<double>().colwise().mean(); }

/// Overlap q = x.y/N of every column of x with y.
inline PerColumn overlap(BatchIn x, const Eigen::VectorXf& y) {
  return (y.cast<double>().transpose() * x.cast<double>()) / double(y.size());
}

/// Mean of q and of q^2 over pairs of columns, taken from one Gram matrix, O(N B^2).
struct PairOverlap {
  double q = 0, q2 = 0;
  Index pairs = 0;
};
/// All pairs of different columns of x.
inline PairOverlap pair_overlap(BatchIn x) {
  const Eigen::MatrixXd gram = (x.cast<double>().transpose() * x.cast<double>()) / double(x.rows());
  PairOverlap out;
  for (Index a = 0; a < gram.cols(); ++a)
    for (Index b = 0; b < a; ++b) {
      out.q += gram(a, b);
      out.q2 += gram(a, b) * gram(a, b);
      ++out.pairs;
    }
  if (out.pairs) {
    out.q /= double(out.pairs);
    out.q2 /= double(out.pairs);
  }
  return out;
}

}  // namespace glass

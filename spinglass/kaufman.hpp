#pragma once
#include "models/core/types.hpp"

namespace glass {

/// The Ising ferromagnet on a finite torus, -H = J sum_<ij> x_i x_j, exactly.
struct TorusIsing {
  double log_partition = 0;   ///< ln Z
  double log_likelihood = 0;  ///< <-beta H> = K d ln Z / dK
};
/// `rows` x `columns` sites, K = beta J > 0. O(columns). Rounding: some 1e-15 of ln Z.
/// Kaufman, Phys. Rev. 76, 1232 (1949), eq. 49; Ferdinand and Fisher, Phys. Rev. 185, 832 (1969).
/// Throws BadInput for K <= 0 and sizes below 3 (at 2 the two ways round are one bond twice).
TorusIsing kaufman(Index rows, Index columns, double k);

}  // namespace glass

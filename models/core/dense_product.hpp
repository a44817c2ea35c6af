#pragma once
#include "models/core/storage.hpp"
#include "models/core/types.hpp"

namespace glass {

/// y = A x for a batch x (A.cols() x B) into y (A.rows() x B). Every y_ic is one chain of fused multiply-adds over the
/// columns of A in their order, so a column has the same bits in any batch (with AVX2 and FMA; else Eigen's product,
/// whose bits depend on B). 2 rows cols B flops: many columns are bound by the multiply-adds, fewer than eight by
/// reading A, once.
void dense_product(const Couplings& a, BatchIn x, BatchOut y);

}  // namespace glass

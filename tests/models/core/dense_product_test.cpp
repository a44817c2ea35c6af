#include "models/core/dense_product.hpp"

#include <gtest/gtest.h>

namespace glass {
namespace {

/// Sizes on both sides of every block: rows 24 and 48, columns of A 8 and 128, columns of x 4 and 8.
TEST(DenseProduct, IsTheProductWithTheSameBitsInAnyBatch) {
  for (const Index rows : {1, 7, 23, 24, 25, 47, 48, 49, 130})
    for (const Index inner : {1, 5, 8, 9, 127, 128, 129, 300}) {
      Couplings a(rows, inner);
      for (Index c = 0; c < inner; ++c)
        for (Index r = 0; r < rows; ++r) a(r, c) = float((37 * r + 101 * c + r * c) % 211 - 105) / 64;
      const Index most = 13;
      Batch x(inner, most);
      for (Index c = 0; c < most; ++c)
        for (Index k = 0; k < inner; ++k) x(k, c) = float((53 * k + 29 * c * c) % 97 - 48) / 32;
      Batch alone(rows, most);
      for (Index c = 0; c < most; ++c) dense_product(a, x.col(c), alone.col(c));
      const Eigen::MatrixXd right = a.matrix().cast<double>() * x.cast<double>();
      const double digits = 6e-8 * double(inner) * 3;
      ASSERT_LE((alone.cast<double>() - right).cwiseAbs().maxCoeff(), digits * double(inner)) << rows << "x" << inner;
      for (const Index b : {2, 4, 7, 8, 9, 12, 13}) {
        Batch y = Batch::Constant(rows + 3, b + 1, 7.0f);  // into a block of a larger batch
        dense_product(a, x.leftCols(b), y.block(1, 1, rows, b));
#ifdef GLASSMARK_V3
        ASSERT_EQ(y.block(1, 1, rows, b), alone.leftCols(b)) << rows << "x" << inner << "x" << b;
#else
        ASSERT_LE((y.block(1, 1, rows, b) - alone.leftCols(b)).cwiseAbs().maxCoeff(), 1e-5f * float(inner));
#endif
        ASSERT_EQ(y.col(0), Eigen::VectorXf::Constant(rows + 3, 7.0f));
        ASSERT_TRUE((y.row(0).array() == 7).all() && (y.bottomRows(2).array() == 7).all());
      }
    }
}

}  // namespace
}  // namespace glass

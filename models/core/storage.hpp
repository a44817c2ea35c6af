#pragma once
#include <memory>

#include "models/core/types.hpp"

namespace glass {

/// Read-mostly couplings: huge-page advised, columns padded to an odd number of cache lines (so that the same rows of
/// many columns do not fall into the same few places of a cache), shared by all copies. A target that
/// holds one is a cheap value, so samplers and denoisers own what they read.
class Couplings {
 public:
  Couplings() = default;
  /// rows x cols zeros. Throws std::bad_alloc.
  Couplings(Index rows, Index cols);

  Index rows() const { return rows_; }
  Index cols() const { return cols_; }
  Index stride() const { return stride_; }  ///< floats from one column to the next
  const float* col(Index c) const { return data_.get() + stride_ * c; }
  /// For whoever fills it, before it is shared.
  float* col(Index c) { return data_.get() + stride_ * c; }
  float& operator()(Index r, Index c) { return data_.get()[stride_ * c + r]; }
  float operator()(Index r, Index c) const { return data_.get()[stride_ * c + r]; }
  auto matrix() const {
    return Eigen::Map<const Batch, Eigen::Aligned64, Eigen::OuterStride<>>(data_.get(), rows_, cols_,
                                                                           Eigen::OuterStride<>(stride_));
  }

 private:
  Index rows_ = 0, cols_ = 0, stride_ = 0;
  std::shared_ptr<float> data_;
};

}  // namespace glass

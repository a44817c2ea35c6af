#include "models/core/dense_product.hpp"

#include <algorithm>
#include <vector>

#include "models/core/vector_loops.hpp"

namespace glass {

#if defined(__AVX2__) && defined(__FMA__)

namespace {

// The blocks of Goto and van de Geijn, ACM Trans. Math. Softw. 34, 12 (2008): a tile of y in twelve registers, a panel
// of A beside it in the first-level cache, the matching part of x in the second.
constexpr Index kTileRows = 24, kTileColumns = 4;  // 3 x 4 vectors: 7 loads for 12 multiply-adds
constexpr Index kPanelRows = 2 * kTileRows;        // three cache lines of each column of A
constexpr Index kDepth = 128;                      // columns of A: a panel is 24 kB
constexpr Index kThin = 8;                         // fewer columns of x do not pay for copying A into panels

/// y (24 x 4, columns `stride` apart) += panel (depth x 24) x (depth x 4).
void tile(Index depth, const float* __restrict panel, const float* __restrict x, float* __restrict y, Index stride) {
  __m256 sum[kTileColumns][3];
  for (Index c = 0; c < kTileColumns; ++c)
    for (Index v = 0; v < 3; ++v) sum[c][v] = _mm256_loadu_ps(y + c * stride + 8 * v);
  for (Index k = 0; k < depth; ++k, panel += kPanelRows, x += kTileColumns) {
    const __m256 a0 = _mm256_load_ps(panel), a1 = _mm256_load_ps(panel + 8), a2 = _mm256_load_ps(panel + 16);
    for (Index c = 0; c < kTileColumns; ++c) {
      const __m256 b = _mm256_broadcast_ss(x + c);
      sum[c][0] = _mm256_fmadd_ps(b, a0, sum[c][0]);
      sum[c][1] = _mm256_fmadd_ps(b, a1, sum[c][1]);
      sum[c][2] = _mm256_fmadd_ps(b, a2, sum[c][2]);
    }
  }
  for (Index c = 0; c < kTileColumns; ++c)
    for (Index v = 0; v < 3; ++v) _mm256_storeu_ps(y + c * stride + 8 * v, sum[c][v]);
}

/// For few columns: eight columns of A at a time, y read and written once for them.
void thin_product(const Couplings& a, BatchIn x, BatchOut y) {
  constexpr Index kSome = 8;
  const float* column[kSome];
  for (Index k = 0; k < a.cols(); k += kSome) {
    const Index some = std::min(kSome, a.cols() - k);
    for (Index j = 0; j < some; ++j) column[j] = a.col(k + j);
    for (Index c = 0; c < x.cols(); ++c)
      axpys<true>({column, std::size_t(some)}, x.col(c).data() + k, y.col(c).data(), 0, a.rows());
  }
}

}  // namespace

void dense_product(const Couplings& a, BatchIn x, BatchOut y) {
  y.setZero();
  if (x.cols() < kThin) return thin_product(a, x, y);
  const Index rows = a.rows(), columns = x.cols(), strips = (columns + kTileColumns - 1) / kTileColumns;
  struct alignas(64) Line {
    float v[16];
  };
  std::vector<Line> panel_memory(std::size_t(kDepth * kPanelRows / 16));
  std::vector<float> side(std::size_t(kDepth * strips * kTileColumns));
  float* const panel = panel_memory.front().v;
  float edge[kTileRows * kTileColumns];  // where a tile reaches over y's edge
  for (Index k = 0; k < a.cols(); k += kDepth) {
    const Index depth = std::min(kDepth, a.cols() - k);
    for (Index s = 0; s < strips; ++s)
      for (Index c = 0; c < kTileColumns; ++c)
        for (Index d = 0; d < depth; ++d) {
          const Index at = s * kTileColumns + c;
          side[std::size_t((s * depth + d) * kTileColumns + c)] = at < columns ? x(k + d, at) : 0.0f;
        }
    for (Index r = 0; r < rows; r += kPanelRows) {
      const Index some = std::min(kPanelRows, rows - r);
      for (Index d = 0; d < depth; ++d) {
        std::copy_n(a.col(k + d) + r, some, panel + d * kPanelRows);
        std::fill_n(panel + d * kPanelRows + some, kPanelRows - some, 0.0f);
      }
      Index ahead = 0;  // columns whose part of the next panel is on its way
      for (Index s = 0; s < strips; ++s) {
        for (; r + kPanelRows < rows && ahead < depth * (s + 1) / strips; ++ahead)
          for (Index line = 0; line < kPanelRows; line += 16)
            __builtin_prefetch(a.col(k + ahead) + r + kPanelRows + line);
        const float* const xs = side.data() + s * depth * kTileColumns;
        const Index wide = std::min(kTileColumns, columns - s * kTileColumns);
        for (Index half = 0; half < some; half += kTileRows) {
          const Index high = std::min(kTileRows, some - half);
          float* const out = y.data() + y.outerStride() * s * kTileColumns + r + half;
          if (high == kTileRows && wide == kTileColumns) {
            tile(depth, panel + half, xs, out, y.outerStride());
            continue;
          }
          std::fill(std::begin(edge), std::end(edge), 0.0f);
          for (Index c = 0; c < wide; ++c) std::copy_n(out + c * y.outerStride(), high, edge + c * kTileRows);
          tile(depth, panel + half, xs, edge, kTileRows);
          for (Index c = 0; c < wide; ++c) std::copy_n(edge + c * kTileRows, high, out + c * y.outerStride());
        }
      }
    }
  }
}

#else

void dense_product(const Couplings& a, BatchIn x, BatchOut y) { y.noalias() = a.matrix() * x; }

#endif

}  // namespace glass

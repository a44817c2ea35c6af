#include "models/core/storage.hpp"

#include <cstdlib>
#include <new>
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace glass {

Couplings::Couplings(Index rows, Index cols) : rows_(rows), cols_(cols), stride_(((rows + 15) / 16 | 1) * 16) {
  constexpr std::size_t kHuge = std::size_t{1} << 21, kLine = 64;
  const std::size_t wanted = std::size_t(stride_ * cols) * sizeof(float);
  // small matrices stay on ordinary pages: 2 MB for a 6-spin test would cost more than it saves
  const std::size_t align = wanted >= kHuge ? kHuge : kLine, bytes = (wanted + align) / align * align;
  void* p = std::aligned_alloc(align, bytes);
  if (!p) throw std::bad_alloc();
#if defined(__linux__)
  if (align == kHuge) madvise(p, bytes, MADV_HUGEPAGE);
#endif
  std::uninitialized_fill_n(static_cast<float*>(p), bytes / sizeof(float), 0.0f);
  data_.reset(static_cast<float*>(p), std::free);
}

}  // namespace glass

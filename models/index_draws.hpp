#pragma once
#include <array>
#include <span>

#include "models/core/random.hpp"

namespace glass {

/// Uniform whole numbers and signs from one stream, drawn in bulk: for instances of 10^8 random choices. Exactly
/// uniform (Lemire, ACM Trans. Model. Comput. Simul. 29, 3 (2019)).
class IndexDraws {
 public:
  explicit IndexDraws(Stream stream) : stream_(stream) {}
  /// In [0, n), n < 2^32.
  std::uint32_t below(std::uint32_t n) {
    std::uint64_t product = std::uint64_t{word()} * n;
    if (std::uint32_t(product) < n)
      for (const std::uint32_t least = -n % n; std::uint32_t(product) < least;) product = std::uint64_t{word()} * n;
    return std::uint32_t(product >> 32);
  }
  bool coin() { return word() >> 31; }
  /// True with probability p, in steps of 2^-32.
  bool with(double p) { return (double(word()) + 0.5) * 0x1p-32 < p; }

 private:
  std::uint32_t word() {
    if (at_ == words_.size()) {
      stream_.words(words_);
      at_ = 0;
    }
    return words_[at_++];
  }
  Stream stream_;
  std::array<std::uint32_t, 1024> words_{};
  std::size_t at_ = 1024;
};

}  // namespace glass

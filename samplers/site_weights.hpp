#pragma once
#include <vector>

#include "models/core/types.hpp"

namespace glass {

/// Weights >= 0 of N sites, from which a site is drawn in proportion to its weight. Sums of 64 sites, and of 64 such
/// sums, lie beside them; each is added up afresh where something below it changed, so that nothing drifts. A change
/// costs O(64), a draw O(N/4096 + 64). 5 bytes a site.
class SiteWeights {
 public:
  SiteWeights() = default;
  explicit SiteWeights(Index n) : weight_(padded(n), 0.0f), block_(padded(Index(weight_.size()) / kWide), 0.0) {
    upper_.resize(block_.size() / kWide);
  }
  float operator[](Index i) const { return weight_[std::size_t(i)]; }
  /// Writes one; `sum_all`, or `sum_near` each site written, before the next draw.
  float& operator[](Index i) { return weight_[std::size_t(i)]; }
  void sum_all() {
    for (std::size_t b = 0; b * kWide < weight_.size(); ++b) block_[b] = sum(&weight_[b * kWide]);
    for (std::size_t u = 0; u < upper_.size(); ++u) upper_[u] = sum(&block_[u * kWide]);
  }
  void sum_near(Index i) {
    const std::size_t b = std::size_t(i) / kWide, u = b / kWide;
    block_[b] = sum(&weight_[b * kWide]);
    upper_[u] = sum(&block_[u * kWide]);
  }
  double total() const {
    double t = 0;
    for (const double u : upper_) t += u;
    return t;
  }
  /// The site at the fraction u in (0, 1) of the total, which must be above 0; never one of weight 0.
  Index pick(double u) const {
    double rest = u * total();
    const std::size_t top = find(upper_.data(), upper_.size(), rest);
    const std::size_t block = top * kWide + find(&block_[top * kWide], kWide, rest);
    return Index(block * kWide + find(&weight_[block * kWide], kWide, rest));
  }
  static void visit(auto& s, auto&& f) { f(s.weight_, s.block_, s.upper_); }

 private:
  static constexpr std::size_t kWide = 64;
  static std::size_t padded(Index n) { return (std::size_t(n) + kWide - 1) / kWide * kWide; }
  /// In a fixed order of eight partial sums, which compilers turn into vectors.
  template <class V>
  static double sum(const V* v) {
    double part[8] = {};
    for (std::size_t k = 0; k < kWide; k += 8)
      for (std::size_t j = 0; j < 8; ++j) part[j] += double(v[k + j]);
    return ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
  }
  /// The first k with v[0] + ... + v[k] above rest, which is reduced by what lies before it; the last one above 0 where
  /// rounding leaves none.
  template <class V>
  static std::size_t find(const V* v, std::size_t n, double& rest) {
    std::size_t last = 0;
    for (std::size_t k = 0; k < n; ++k) {
      if (!(v[k] > 0)) continue;
      last = k;
      if (rest < double(v[k])) break;
      rest -= double(v[k]);
    }
    return last;
  }
  std::vector<float> weight_;
  std::vector<double> block_, upper_;
};

}  // namespace glass

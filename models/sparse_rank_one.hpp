#pragma once
#include <cmath>
#include <string_view>
#include <vector>

#include "models/rank_one.hpp"

namespace glass {

/// RankOne's log L over the symbols -1, 0, +1 with the prior (1-rho) delta_0 + (rho/2)(delta_1 + delta_-1).
class SparseRankOne {
 public:
  static constexpr std::string_view name = "spiked-matrix";
  using Cache = RankOne::Cache;
  /// 0 < rho < 1.
  SparseRankOne(Sk matrix, double rho)
      : reals_(std::move(matrix), rho),
        log_prior_{float(std::log(rho / 2)), float(std::log1p(-rho)), float(std::log(rho / 2))} {}

  Index sites() const { return reals_.sites(); }
  Alphabet alphabet() const { return Alphabet::ternary(); }
  int order() const { return 2; }
  double rho() const { return reals_.real_sites().rho; }
  double beta() const { return reals_.beta(); }
  const Environment& environment() const { return reals_.environment(); }
  const Eigen::VectorXf& truth() const { return reals_.truth(); }
  Tilt base(Index columns) const { return reals_.base(columns); }
  void for_each_term(auto&& f) const { reals_.for_each_term(f); }

  PerColumn log_likelihood(BatchIn x) const { return reals_.log_likelihood(x); }
  PerColumn log_likelihood(const Cache& s) const { return reals_.log_likelihood(s); }
  void fields(BatchIn x, BatchOut g) const { reals_.fields(x, g); }
  Cache open(Batch x) const { return reals_.open(std::move(x)); }
  int symbol(const Cache& s, Index c, Index i) const { return int(s.x(i, c)) + 1; }
  void set(Cache& s, Index c, Index i, int symbol) const { reals_.set(s, c, i, float(symbol - 1)); }
  void log_weights(const Cache& s, Index c, Index i, float* out) const {
    const SiteForm form = reals_.site(s, c, i);
    for (int v = -1; v <= 1; ++v) out[v + 1] = float(form.slope * v - 0.5 * form.curvature * v * v);
  }
  const std::vector<float>& log_prior() const { return log_prior_; }

 private:
  RankOne reals_;
  std::vector<float> log_prior_;
};
static_assert(SymbolTarget<SparseRankOne> && PlantedTarget<SparseRankOne> && !SpinTarget<SparseRankOne>);

}  // namespace glass

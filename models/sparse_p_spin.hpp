#pragma once
#include <memory>

#include "models/core/target.hpp"
#include "models/environment.hpp"
#include "models/term_list.hpp"

namespace glass {

/// Spins with few interactions of p: -H = sum_a J_a prod_{i in a} x_i + sum_i h_i x_i. What diluted p-spin models and
/// XORSAT are made of. The terms of a site lie side by side, each as its p - 1 other sites and beta J, so that a flip
/// reads one contiguous piece. A value that shares its terms: copies are cheap. 4 p^2 bytes a term and 8 a site.
class SparsePSpin {
 public:
  using Cache = FieldCache;

  /// From terms of order 2 to 6, each set of sites once. O(N + terms). Throws std::invalid_argument for a repeated
  /// term, a site twice in one or out of range, or a coupling that is not finite.
  SparsePSpin(const TermList& terms, Environment env);

  Index sites() const { return env_.sites(); }
  Index terms() const { return first_[sites()] / p_; }
  Alphabet alphabet() const { return Alphabet::spins(); }
  int order() const { return p_; }
  const Environment& environment() const { return env_; }
  const Eigen::VectorXf& truth() const { return env_.truth; }
  Tilt base(Index columns) const { return env_.base(columns); }

  PerColumn log_likelihood(BatchIn x) const { return log_likelihood(open(x)); }
  PerColumn log_likelihood(const Cache& s) const;
  Cache open(Batch x) const;
  void flip(Cache& s, Index c, Index i) const;  // 3 (p - 1) flops for each term of the site
  void fields(BatchIn m, BatchOut g) const;     // p (p - 1) flops a term and column
  /// f(j) for the sites j that share a term with i, once for each term.
  void for_each_affected(Index i, auto&& f) const {
    for (std::int64_t k = first_[i] * (p_ - 1); k < first_[i + 1] * (p_ - 1); ++k) f(Index(others_[k]));
  }
  /// f(sites, J) for every term, sites ascending, by their smallest site.
  void for_each_term(auto&& f) const {
    std::vector<Index> s(static_cast<std::size_t>(p_));
    for (Index i = 0; i < sites(); ++i)
      for (std::int64_t k = first_[i]; k < first_[i + 1]; ++k) {
        const std::int32_t* other = others_.get() + k * (p_ - 1);
        if (i > other[0]) continue;
        s[0] = i;
        std::copy_n(other, p_ - 1, s.begin() + 1);
        f(s, double(beta_j_[k]) / env_.beta);
      }
  }
  static double bytes(double n, double terms, int p) {  ///< while it is made
    return 40 * n + (4 * p * p + 12 * p + 16) * terms;
  }

 private:
  template <int kOrder>
  void flip_of(float* x, float* g, Index i) const;
  int p_ = 3;
  std::shared_ptr<const std::int64_t[]> first_;   // N + 1; terms of i: [first[i], first[i + 1])
  std::shared_ptr<const std::int32_t[]> others_;  // p - 1 for each, ascending
  std::shared_ptr<const float[]> beta_j_;
  Environment env_;
  Eigen::VectorXf bh_;  // beta h
};
static_assert(SpinTarget<SparsePSpin> && PlantedTarget<SparsePSpin> && !GaussianGlass<SparsePSpin>);

}  // namespace glass

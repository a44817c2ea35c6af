#pragma once
#include <array>
#include <memory>

#include "models/core/target.hpp"
#include "models/environment.hpp"
#include "models/term_list.hpp"

namespace glass {

/// Pairwise spins on a sparse graph: -H = sum over bonds J_ij x_i x_j + sum_i h_i x_i. What lattices and random graphs
/// are made of. Neighbours lie side by side, site after site. A value that shares its bonds: copies are cheap.
/// 16 bytes a bond and 8 a site.
class PairGraph {
 public:
  using Cache = FieldCache;

  /// From terms of order 2, each pair once. O(N + bonds). Throws std::invalid_argument for a repeated or self bond, a
  /// site out of range or a coupling that is not finite.
  PairGraph(const TermList& terms, Environment env);

  Index sites() const { return env_.sites(); }
  Index bonds() const { return first_[sites()] / 2; }
  Alphabet alphabet() const { return Alphabet::spins(); }
  double beta() const { return env_.beta; }
  const Environment& environment() const { return env_; }
  const Eigen::VectorXf& truth() const { return env_.truth; }
  Tilt base(Index columns) const { return env_.base(columns); }

  PerColumn log_likelihood(BatchIn x) const { return log_likelihood(open(x)); }
  PerColumn log_likelihood(const Cache& s) const;
  Cache open(Batch x) const;
  void flip(Cache& s, Index c, Index i) const {  // the neighbours' fields: 2 flops each
    float* x = s.x.col(c).data();
    float* g = s.g.col(c).data();
    const float d = -2.0f * x[i];
    x[i] = -x[i];
    for (const Bond *b = bonds_.get() + first_[i], *end = bonds_.get() + first_[i + 1]; b != end; ++b)
      g[b->to] += d * b->beta_j;
  }
  void multiply(BatchIn x, BatchOut out) const;  // 4 flops a bond and column
  void fields(BatchIn m, BatchOut g) const;
  /// f(j, beta J_ij) for the neighbours j of i, ascending.
  void for_each_neighbour(Index i, auto&& f) const {
    for (std::int64_t k = first_[i]; k < first_[i + 1]; ++k) f(Index(bonds_[k].to), bonds_[k].beta_j);
  }
  Index degree(Index i) const { return first_[i + 1] - first_[i]; }
  /// f(sites, J) for every bond, i < j, i outermost.
  void for_each_term(auto&& f) const {
    for (Index i = 0; i < sites(); ++i)
      for_each_neighbour(i, [&](Index j, float bj) {
        if (i < j) f(std::array{i, j}, double(bj) / env_.beta);
      });
  }
  static double bytes(double n, double bonds) { return 40 * n + 48 * bonds; }  ///< while it is made

 private:
  struct Bond {
    std::int32_t to;
    float beta_j;
  };
  void accumulate(BatchIn x, BatchOut out) const;  // out += (beta J) x
  std::shared_ptr<const std::int64_t[]> first_;    // N + 1; bonds of i: [first[i], first[i + 1])
  std::shared_ptr<const Bond[]> bonds_;
  Environment env_;
  Eigen::VectorXf bh_;  // beta h
};
static_assert(GraphTarget<PairGraph> && PlantedTarget<PairGraph> && !GaussianGlass<PairGraph>);

}  // namespace glass

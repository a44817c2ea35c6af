#pragma once
#include <algorithm>
#include <bit>
#include <string_view>

#include "models/core/dense_product.hpp"
#include "models/core/random.hpp"
#include "models/core/storage.hpp"
#include "models/core/target.hpp"
#include "models/core/vector_loops.hpp"
#include "models/environment.hpp"

namespace glass {

struct SkOptions : SpinOptions {
  static constexpr auto fields = SpinOptions::fields;
};

/// Sherrington-Kirkpatrick: -H = sum_{i<j} J_ij x_i x_j + sum_i h_i x_i, J_ij ~ N(0, 1/N); planted, J gets the mean
/// (beta/N) x*_i x*_j. T_c = 1. Sherrington and Kirkpatrick, Phys. Rev. Lett. 35, 1792 (1975).
/// A value that shares its couplings: copies are cheap. N^2 floats.
class Sk {
 public:
  using Options = SkOptions;
  using Cache = FieldCache;
  static constexpr std::string_view name = "sk";
  static constexpr std::string_view formula = "-H = sum_{i<j} J_ij x_i x_j + sum_i h_i x_i,  J_ij ~ N(0, 1/N)";
  static constexpr std::string_view reference = "Sherrington and Kirkpatrick, Phys. Rev. Lett. 35, 1792 (1975)";

  static Sk make(const SkOptions& o, std::uint32_t seed);
  /// Null disorder, or round env.truth where there is one: also a signal of reals. Depends on (seed, instance) only.
  static Sk draw(Environment env, std::uint32_t seed, std::uint32_t instance);
  /// From given J (symmetric, zero diagonal; scaled by beta in place). `load`: of Hopfield's couplings, patterns/N.
  Sk(Couplings j, Environment env, double load = 0);

  Index sites() const { return bj_.rows(); }
  Alphabet alphabet() const { return Alphabet::spins(); }
  int order() const { return 2; }
  double beta() const { return env_.beta; }
  double load() const { return load_; }  ///< 0 where the couplings are not made of patterns
  const Environment& environment() const { return env_; }
  const Eigen::VectorXf& truth() const { return env_.truth; }
  Tilt base(Index columns) const { return env_.base(columns); }

  PerColumn log_likelihood(BatchIn x) const { return log_likelihood(open(x)); }
  PerColumn log_likelihood(const Cache& s) const;
  Cache open(Batch x) const;
  void flip(Cache& s, Index c, Index i) const { set(s, c, i, -s.x(i, c)); }
  void set(Cache& s, Index c, Index i, float to) const {  // any real value; 2 N flops, one column of J read
    const float d = to - s.x(i, c);
    s.x(i, c) = to;  // before the AXPY: the scan's wide load of x would wait for every store in between
    axpy(bj_.rows(), d, bj_.col(i), s.g.col(c).data());
  }
  float bond(const Cache&, Index /*c*/, Index i, Index j) const { return bj_(i, j); }  ///< d^2 log L / dx_i dx_j
  void flip_within(Cache& s, Index c, Index i, Index first) const {                    // 2 kBlockSites flops
    const float d = -2.0f * s.x(i, c);
    s.x(i, c) = -s.x(i, c);
    axpy(std::min(kBlockSites, sites() - first), d, bj_.col(i) + first, s.g.col(c).data() + first);
  }
  void expect_flips(Index first, std::uint64_t likely) const {
    for (; likely; likely &= likely - 1) {
      const float* j = bj_.col(first + std::countr_zero(likely)) + first;
      for (Index k = 0; k < kBlockSites; k += 16) __builtin_prefetch(j + k);
    }
  }
  /// 2 N flops a flip, as `flip`, but J is read once for all columns and g once for all flips of its column.
  void flip_beyond(Cache& s, Index first, std::span<const std::uint64_t> flipped) const;
  void multiply(BatchIn x, BatchOut out) const { dense_product(bj_, x, out); }  // one GEMM, 2 N^2 B flops
  void fields(BatchIn m, BatchOut g) const {
    multiply(m, g);
    g.colwise() += bh_;
  }
  const Couplings& couplings() const { return bj_; }  ///< beta J

  /// Bytes that an instance needs.
  static double bytes(const SkOptions& o) { return 4.0 * double(o.n) * double(o.n); }
  /// f(sites, J) for every i < j.
  void for_each_term(auto&& f) const {
    for (Index j = 1; j < sites(); ++j)
      for (Index i = 0; i < j; ++i) f(std::array{i, j}, double(bj_(i, j)) / env_.beta);
  }
  /// Expected ln Z where the replica-symmetric paramagnet gives it: no field, no pins, T > 1. O(1) terms included.
  static std::optional<LogPartition> log_partition(const SkOptions& o);

 private:
  Couplings bj_;
  Environment env_;
  Eigen::VectorXf bh_;  // beta h
  double load_ = 0;
};
static_assert(BlockTarget<Sk> && PairwiseTarget<Sk> && GaussianGlass<Sk> && PlantedTarget<Sk>);

}  // namespace glass

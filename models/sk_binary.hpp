#pragma once
#include <memory>
#include <string_view>

#include "models/core/random.hpp"
#include "models/core/target.hpp"
#include "models/environment.hpp"

namespace glass {

struct SkBinaryOptions : SpinOptions {
  static constexpr auto fields = SpinOptions::fields;
};

/// Sherrington-Kirkpatrick with couplings of one size: -H = sum_{i<j} J_ij x_i x_j + sum_i h_i x_i, J_ij = +-1/sqrt(N),
/// fair signs; planted, P(J_ij x*_i x*_j > 0) = 1/(1 + exp(-2 beta/sqrt(N))). The same free energy and T_c = 1 as with
/// Gaussian couplings: Carmona and Hu, Ann. Inst. H. Poincare Probab. Statist. 42, 215 (2006).
///
/// A coupling is one bit, so the matrix takes N^2/8 bytes and that of N = 4096 stays in the second-level cache. Fields
/// are whole numbers times beta/sqrt(N): they are kept as such in 16 bits, and g is made of them, so it never drifts.
/// A value that shares its couplings: copies are cheap.
class SkBinary {
 public:
  using Options = SkBinaryOptions;
  using Sums = Eigen::Matrix<std::int16_t, Eigen::Dynamic, Eigen::Dynamic>;
  struct Cache {
    Batch x, g;
    Sums sum;  // N x B: sum_j sign(J_ij) x_j, of which g = sum * beta/sqrt(N) + beta h
    static void visit(auto& s, auto&& f) { f(s.x, s.g, s.sum); }
  };
  static constexpr std::string_view name = "sk-binary";
  static constexpr std::string_view formula = "-H = sum_{i<j} J_ij x_i x_j + sum_i h_i x_i,  J_ij = +-1/sqrt(N)";
  static constexpr std::string_view reference =
      "Sherrington and Kirkpatrick, Phys. Rev. Lett. 35, 1792 (1975); Carmona and Hu, Ann. IHP 42, 215 (2006)";
  static constexpr Index kMostSites = 32768;  // sums must fit 16 bits

  /// O(N^2). Throws BadInput for more than kMostSites spins.
  static SkBinary make(const SkBinaryOptions& o, std::uint32_t seed);

  Index sites() const { return bh_.size(); }
  Alphabet alphabet() const { return Alphabet::spins(); }
  double beta() const { return env_.beta; }
  const Environment& environment() const { return env_; }
  const Eigen::VectorXf& truth() const { return env_.truth; }
  Tilt base(Index columns) const { return env_.base(columns); }

  PerColumn log_likelihood(BatchIn x) const { return log_likelihood(open(x)); }
  PerColumn log_likelihood(const Cache& s) const;
  Cache open(Batch x) const;                    // N^2/64 words a column
  void flip(Cache& s, Index c, Index i) const;  // N fields, N/8 bytes of J read
  void flip_within(Cache& s, Index c, Index i, Index first) const;
  /// Flips are counted bit by bit for 256 fields at a time, then added to them at once.
  void flip_beyond(Cache& s, Index first, std::span<const std::uint64_t> flipped) const;
  void expect_flips(Index, std::uint64_t) const {}  // J is near
  void multiply(BatchIn x, BatchOut out) const;     // 2 N^2 B flops
  void fields(BatchIn m, BatchOut g) const {
    multiply(m, g);
    g.colwise() += bh_;
  }

  static double bytes(const SkBinaryOptions& o) { return 0.125 * double(o.n + 256) * double(o.n) + 64.0 * double(o.n); }
  /// f(sites, J) for every i < j.
  void for_each_term(auto&& f) const {
    const double size = 1 / std::sqrt(double(sites()));
    for (Index j = 1; j < sites(); ++j)
      for (Index i = 0; i < j; ++i) f(std::array{i, j}, minus(i, j) ? -size : size);
  }
  static std::optional<LogPartition> log_partition(const SkBinaryOptions&) { return std::nullopt; }

 private:
  explicit SkBinary(Environment env);
  static constexpr Index kWord = 64;
  std::uint64_t* column(Index i) const { return minus_.get() + i * words_; }
  bool minus(Index i, Index j) const { return column(j)[i / kWord] >> i % kWord & 1; }
  /// The change of 64 sums from 64 w on, in column c: 2 (flips - 2 k), k the numbers whose binary digits are `digits`;
  /// nothing for row `but` of them.
  void add(Cache& s, Index c, Index w, int flips, std::span<const std::uint64_t> digits, Index but = kWord) const;

  Environment env_;
  Eigen::VectorXf bh_;                    // beta h
  float unit_ = 0;                        // beta/sqrt(N)
  Index words_ = 0;                       // a column, a multiple of four
  std::shared_ptr<std::uint64_t> minus_;  // bit: J_ij < 0; 0 on the diagonal and beyond N
};
static_assert(BlockTarget<SkBinary> && PairwiseTarget<SkBinary> && PlantedTarget<SkBinary> && !GaussianGlass<SkBinary>);

}  // namespace glass

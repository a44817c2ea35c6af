#pragma once
#include <string_view>

#include "models/core/target.hpp"
#include "models/environment.hpp"

namespace glass {

struct CurieWeissOptions : SpinOptions {
  double coupling = 1.0;
  static constexpr auto fields =
      std::tuple_cat(SpinOptions::fields, std::tuple{Field{"coupling", &CurieWeissOptions::coupling, "J",
                                                           "ferromagnetic above 0, antiferromagnetic below"}});
};

/// Curie-Weiss: -H = (J/N) sum_{i<j} x_i x_j + sum_i h_i x_i; T_c = J. Exactly solvable: given the magnetisation the
/// interaction is a constant, so ln Z and exact samples come from the law of a sum of independent spins, O(N^2).
/// There is no disorder to plant a signal in: planted=true draws the signal from the target itself, which is what a
/// planted signal is on the Nishimori line. A value, O(N) floats.
class CurieWeiss {
 public:
  using Options = CurieWeissOptions;
  using Cache = FieldCache;
  static constexpr std::string_view name = "curie-weiss";
  static constexpr std::string_view formula = "-H = (J/N) sum_{i<j} x_i x_j + sum_i h_i x_i";
  static constexpr std::string_view reference =
      "Kac (1968); Kochmanski, Paszkiewicz and Wolski, Eur. J. Phys. 34, 1555 (2013)";

  static CurieWeiss make(const CurieWeissOptions& o, std::uint32_t seed);
  CurieWeiss(double coupling, Environment env);

  Index sites() const { return bh_.size(); }
  Alphabet alphabet() const { return Alphabet::spins(); }
  double beta() const { return env_.beta; }
  const Environment& environment() const { return env_; }
  const Eigen::VectorXf& truth() const { return env_.truth; }
  Tilt base(Index columns) const { return env_.base(columns); }

  PerColumn log_likelihood(BatchIn x) const { return log_likelihood(open(x)); }
  PerColumn log_likelihood(const Cache& s) const;
  Cache open(Batch x) const;                     // O(N B)
  void flip(Cache& s, Index c, Index i) const;   // every field moves by the same amount: N additions
  void multiply(BatchIn x, BatchOut out) const;  // beta J/N (1 1^T - I) x, O(N B)
  void fields(BatchIn m, BatchOut g) const;

  /// ln Z exactly, from the law of the magnetisation in log space. O(N^2).
  double log_partition() const;
  static std::optional<LogPartition> log_partition(const CurieWeissOptions& o);
  static double bytes(const CurieWeissOptions& o) {  // planting keeps the triangle of prefix laws
    return double(o.n) * (o.planted ? 8.0 * double(o.n) : 64.0);
  }
  void for_each_term(auto&& f) const {
    for (Index j = 1; j < sites(); ++j)
      for (Index i = 0; i < j; ++i) f(std::array{i, j}, bond_ / env_.beta);
  }

 private:
  double bond_;  // beta J / N
  Environment env_;
  Eigen::VectorXf bh_;
};
static_assert(PairwiseTarget<CurieWeiss> && PlantedTarget<CurieWeiss> && !GaussianGlass<CurieWeiss>);

}  // namespace glass

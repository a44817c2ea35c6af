#pragma once
#include <variant>

#include "models/rank_one.hpp"
#include "models/sparse_rank_one.hpp"

namespace glass {

struct SpikedMatrixOptions : SpinOptions {
  double delta = 1.0;
  std::string prior = "gauss-bernoulli";
  double rho = 0.1;
  static constexpr auto fields =
      std::tuple_cat(SpinOptions::n_field,
                     std::tuple{
                         Field{"delta",
                               &SpikedMatrixOptions::delta,
                               "",
                               "variance of the noise; beta = 1/sqrt(delta)",
                               {.least = 0, .above = true}},
                         Field{"prior",
                               &SpikedMatrixOptions::prior,
                               "",
                               "of each site",
                               {.choices = "rademacher|sparse-rademacher|gaussian|gauss-bernoulli"}},
                         Field{"rho",
                               &SpikedMatrixOptions::rho,
                               "",
                               "fraction of sites that are not 0; of no account where the prior has no zeros",
                               {.least = 0, .most = 1, .above = true}},
                     },
                     SpinOptions::other_fields);
};

/// Rank-one matrix estimation: Y = x* x*^T/sqrt(N) + sqrt(Delta) Z seen off the diagonal, sites of an independent
/// prior: +-1, (1-rho) delta_0 + (rho/2)(delta_1 + delta_-1), N(0, 1), or (1-rho) delta_0 + rho N(0, 1). Planted it is
/// Bayes-optimal at any N. With Rademacher it is SK at T = sqrt(Delta); fields are SK's. The linear threshold is Delta
/// = (E x^2)^2. Lesieur, Krzakala and Zdeborova, J. Stat. Mech. 073403 (2017).
struct SpikedMatrix {
  using Options = SpikedMatrixOptions;
  static constexpr std::string_view name = "spiked-matrix";
  static constexpr std::string_view formula =
      "log p = sum_{i<j} [Y_ij x_i x_j/(delta sqrt N) - x_i^2 x_j^2/(2 delta N)] + log prior,  "
      "Y = x* x*^T/sqrt N + sqrt(delta) Z";
  static constexpr std::string_view reference = "Lesieur, Krzakala and Zdeborova, J. Stat. Mech. 073403 (2017)";
  using Target = std::variant<Sk, SparseRankOne, RankOne>;

  static Target make(const SpikedMatrixOptions& o, std::uint32_t seed);
  static double bytes(const SpikedMatrixOptions& o) { return 4.0 * double(o.n) * double(o.n); }
  /// Of the Rademacher prior, where it is SK's.
  static std::optional<LogPartition> log_partition(const SpikedMatrixOptions& o);
};

}  // namespace glass

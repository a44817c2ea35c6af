#pragma once
#include "models/sk.hpp"

namespace glass {

struct HopfieldOptions : SpinOptions {
  double alpha = 0.05;
  static constexpr auto fields = std::tuple_cat(std::tuple{Field{"alpha",
                                                                 &HopfieldOptions::alpha,
                                                                 "patterns/N",
                                                                 "load: round(alpha N) patterns, at least one",
                                                                 {.least = 0, .most = 100, .above = true}}},
                                                SpinOptions::fields);
};

/// Hopfield: -H = sum_{i<j} J_ij x_i x_j + sum_i h_i x_i, J = (1/N) sum_mu xi^mu xi^mu^T without its diagonal, P =
/// alpha N patterns of independent uniform signs; a target of Sk's type. Spin glass below T = 1 + sqrt(alpha).
/// Hopfield, PNAS 79, 2554 (1982); Amit, Gutfreund and Sompolinsky, Phys. Rev. Lett. 55, 1530 (1985).
///
/// Planted, x* has the law of independent spins in the field and each pattern P(xi | x*) ~ exp((beta/2N)(xi.x*)^2):
/// its norm is the same for every x*, so P(x* | xi) is the model. Then patterns lie round x* rather than x* near a
/// pattern (the restricted Boltzmann machine's teacher: Barra, Genovese, Sollich and Tantari, Phys. Rev. E 97, 022310
/// (2018)).
struct Hopfield {
  using Options = HopfieldOptions;
  static constexpr std::string_view name = "hopfield";
  static constexpr std::string_view formula =
      "-H = (1/N) sum_{i<j} sum_mu xi_i^mu xi_j^mu x_i x_j + sum_i h_i x_i,  alpha N patterns xi = +-1";
  static constexpr std::string_view reference =
      "Hopfield, PNAS 79, 2554 (1982); Amit, Gutfreund and Sompolinsky, Phys. Rev. Lett. 55, 1530 (1985)";
  static Index patterns(const HopfieldOptions& o);
  static Sk make(const HopfieldOptions& o, std::uint32_t seed);  ///< P N^2 flops
  static double bytes(const HopfieldOptions& o);
  static std::optional<LogPartition> log_partition(const HopfieldOptions&) { return std::nullopt; }
};

/// P patterns, N x P, uniform; or round the signal where it is not empty.
Batch draw_patterns(Index n, Index count, double beta, const Eigen::VectorXf& signal, Stream& rng);

}  // namespace glass

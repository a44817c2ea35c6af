#pragma once
#include <string_view>

#include "models/pair_graph.hpp"

namespace glass {

struct EdwardsAndersonOptions : SpinOptions {
  int d = 3;
  Index l = 8;
  std::string boundary = "periodic";
  std::string couplings = "binary";
  double p = 0.5;
  static constexpr auto fields = std::tuple_cat(
      std::tuple{Field{"d", &EdwardsAndersonOptions::d, "", "dimensions of the lattice", {.least = 2, .most = 3}},
                 Field{"l", &EdwardsAndersonOptions::l, "sites", "linear size; N = l^d", {.least = 1, .most = 32000}},
                 Field{"boundary",
                       &EdwardsAndersonOptions::boundary,
                       "",
                       "cylinder: periodic in all dimensions but the last",
                       {.choices = "periodic|open|cylinder"}},
                 Field{"couplings",
                       &EdwardsAndersonOptions::couplings,
                       "",
                       "J = +-1, or J ~ N(0, 1)",
                       {.choices = "binary|gaussian"}},
                 Field{"p",
                       &EdwardsAndersonOptions::p,
                       "",
                       "probability of J = +1 (1: ferromagnet); planted, it is 1/(1 + e^(-2/T)) instead",
                       {.least = 0, .most = 1}}},
      SpinOptions::temperature_field, SpinOptions::other_fields);

  double volume() const { return d == 2 ? double(l) * double(l) : double(l) * double(l) * double(l); }
};

/// Edwards-Anderson on a square or cubic lattice: -H = sum_<ij> J_ij x_i x_j + sum_i h_i x_i, J = +1 with probability p
/// and -1 otherwise, or J ~ N(0, 1). Site (a, b, c) has number a + l (b + l c). Periodic directions need l >= 3.
/// Edwards and Anderson, J. Phys. F 5, 965 (1975).
///
/// Planted is the Nishimori line: x* from the prior, then bonds with P(J x*_i x*_j = +1) = 1/(1 + e^(-2/T)), or
/// J ~ N(x*_i x*_j/T, 1). At any size the energy per bond is then -tanh(1/T) on average for +-1 couplings, -1/T for
/// Gaussian ones. Nishimori, Prog. Theor. Phys. 66, 1169 (1981). 3D +-J: T_c = 1.1019 (null).
struct EdwardsAnderson {
  using Options = EdwardsAndersonOptions;
  static constexpr std::string_view name = "edwards-anderson";
  static constexpr std::string_view formula =
      "-H = sum_<ij> J_ij x_i x_j + sum_i h_i x_i on an l^d lattice,  J = +-1 with P(+1) = p, or J ~ N(0, 1)";
  static constexpr std::string_view reference =
      "Edwards and Anderson, J. Phys. F 5, 965 (1975); Nishimori, Prog. Theor. Phys. 66, 1169 (1981)";

  /// O(N). Throws BadInput for l < 3 in a periodic direction, more than 2^31 sites, p given with planted.
  static PairGraph make(const Options& o, std::uint32_t seed);
  static double bytes(const Options& o) { return PairGraph::bytes(o.volume(), o.d * o.volume()); }
  static std::optional<LogPartition> log_partition(const Options&) { return std::nullopt; }
};

}  // namespace glass

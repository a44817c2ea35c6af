#pragma once
#include <bit>
#include <string_view>

#include "models/random_hypergraph.hpp"
#include "models/sparse_p_spin.hpp"

namespace glass {

struct XorsatOptions : HypergraphOptions {
  XorsatOptions() { temperature = 0; }
  static constexpr auto fields =
      std::tuple_cat(graph_fields, SpinOptions::n_field,
                     std::tuple{Field{"temperature",
                                      &SpinOptions::temperature,
                                      "J",
                                      "T = 1/beta; 0: uniform over solutions (ground states, where there is none)",
                                      {.least = 0}}},
                     SpinOptions::other_fields);
};

/// p-XORSAT: M linear equations over GF(2), x_i = (-1)^{s_i}: sum_{i in a} s_i = b_a is prod_{i in a} x_i = J_a =
/// (-1)^{b_a}; -H = sum_a J_a prod_{i in a} x_i. Each equation that is violated costs 2. Planted is as in the diluted
/// p-spin model; at temperature 0 all equations hold for the signal, and x* is uniform.
/// 3-XORSAT: alpha_d = 0.8185, alpha_s = 0.9179. Mezard, Ricci-Tersenghi and Zecchina, J. Stat. Phys. 111, 505 (2003).
///
/// Temperature 0 is a large finite beta, so that powers, tempering and cached fields stay finite: beta = 2^k >= max(n,
/// 1024). The 2^n configurations above the ground states then weigh less than 2^n e^{-2 beta} < e^{-691} < 1e-300 of
/// them, and fields are whole multiples of a power of two, exact in single precision.
struct Xorsat {
  using Options = XorsatOptions;
  static constexpr std::string_view name = "xorsat";
  static constexpr std::string_view formula =
      "-H = sum_a J_a prod_{i in a} x_i over M = alpha n parity checks of p spins,  J = +-1; T = 0: uniform over "
      "solutions";
  static constexpr std::string_view reference =
      "Mezard, Ricci-Tersenghi and Zecchina, J. Stat. Phys. 111, 505 (2003); Dubois and Mandler, FOCS 2002";

  /// O(n + M). Throws BadInput where the graph cannot be, and for external fields at temperature 0.
  static SparsePSpin make(const Options& o, std::uint32_t seed) {
    Options at = o;
    if (o.temperature == 0) {
      if (o.field != 0 || o.field_spread != 0)
        throw BadInput("xorsat: field, field_spread: at temperature=0 they must be 0, as beta h is infinite; use pins");
      at.temperature = 1 / ground_state_beta(o.n);
    }
    Environment env = Environment::draw(name, at, seed);
    const TermList terms = signed_hypergraph(name, at, env, seed);
    return SparsePSpin(terms, std::move(env));
  }
  static double bytes(const Options& o) {
    return SparsePSpin::bytes(double(o.n), o.clauses(), o.p) + 100 * o.clauses();  // clauses seen, while it is drawn
  }
  /// At temperature 0: all equations hold and all but O(1) of them are independent.
  static std::optional<LogPartition> log_partition(const Options& o) {
    if (o.temperature != 0 || o.pins != 0) return std::nullopt;
    const double m = double(o.clauses());
    return LogPartition{ground_state_beta(o.n) * m + (double(o.n) - m) * std::log(2.0),
                        "independent equations, right to O(1) below alpha_s"};
  }

  /// What stands for temperature 0.
  static double ground_state_beta(Index n) { return double(std::bit_ceil(std::uint64_t(std::max<Index>(n, 1024)))); }
};

}  // namespace glass

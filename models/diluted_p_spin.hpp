#pragma once
#include <string_view>

#include "models/random_hypergraph.hpp"
#include "models/sparse_p_spin.hpp"

namespace glass {

struct DilutedPSpinOptions : HypergraphOptions {
  static constexpr auto fields =
      std::tuple_cat(graph_fields, SpinOptions::n_field, SpinOptions::temperature_field, SpinOptions::other_fields);
};

/// Diluted +-J p-spin model: -H = sum over M clauses J_a prod_{i in a} x_i + sum_i h_i x_i, J = +-1 fairly, on a random
/// hypergraph (p = 2: Viana-Bray). Planted, P(J prod x* = +1) = 1/(1 + e^(-2 beta)): the signal's energy per spin is
/// -alpha tanh beta on average, at any size. Franz, Mezard, Ricci-Tersenghi, Weigt and Zecchina, Europhys. Lett. 55,
/// 465 (2001).
struct DilutedPSpin {
  using Options = DilutedPSpinOptions;
  static constexpr std::string_view name = "diluted-p-spin";
  static constexpr std::string_view formula =
      "-H = sum_a J_a prod_{i in a} x_i + sum_i h_i x_i over M = alpha n clauses of p spins,  J = +-1";
  static constexpr std::string_view reference =
      "Viana and Bray, J. Phys. C 18, 3037 (1985); Franz et al., Europhys. Lett. 55, 465 (2001)";

  /// O(n + M). Throws BadInput where the graph cannot be.
  static SparsePSpin make(const Options& o, std::uint32_t seed) {
    Environment env = Environment::draw(name, o, seed);
    const TermList terms = signed_hypergraph(name, o, env, seed);
    return SparsePSpin(terms, std::move(env));
  }
  static double bytes(const HypergraphOptions& o) {
    return SparsePSpin::bytes(double(o.n), o.clauses(), o.p) + 100 * o.clauses();  // clauses seen, while it is drawn
  }
  static std::optional<LogPartition> log_partition(const Options&) { return std::nullopt; }
};

}  // namespace glass

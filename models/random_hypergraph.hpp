#pragma once
#include <cmath>

#include "models/core/random.hpp"
#include "models/environment.hpp"
#include "models/term_list.hpp"

namespace glass {

/// Keys of models on random hypergraphs.
struct HypergraphOptions : SpinOptions {
  int p = 3;
  double alpha = 0.8;
  std::string graph = "erdos-renyi";
  HypergraphOptions() { n = 1000; }
  static constexpr std::tuple graph_fields{
      Field{"p", &HypergraphOptions::p, "", "spins per clause", {.least = 2, .most = 6}},
      Field{"alpha", &HypergraphOptions::alpha, "clauses per spin", "M = round(alpha n)", {.least = 0, .most = 1000}},
      Field{"graph",
            &HypergraphOptions::graph,
            "",
            "different clauses, uniformly; or each spin in p alpha of them",
            {.choices = "erdos-renyi|regular"}}};

  double clauses() const { return std::round(alpha * double(n)); }
};
/// The clauses, couplings +-1 with P(J prod x* = +1) = 1/(1 + e^(-2 beta)) where a signal is planted, fair otherwise.
/// Disorder stream (seed, instance). Throws BadInput, after `who`.
TermList signed_hypergraph(std::string_view who, const HypergraphOptions& o, const Environment& env,
                           std::uint32_t seed);

/// `count` different p-subsets of n sites, uniform among all such sets: the Erdos-Renyi hypergraph with a fixed number
/// of clauses. Couplings are left at 0. O(count) time and memory. Throws BadInput, after `who`, where there are not so
/// many.
TermList uniform_hypergraph(std::string_view who, Index n, int p, Index count, Stream& rng);

/// Every site in `degree` of the n degree/p clauses: the configuration model (sites' stubs in uniform random order, p
/// by p), then each clause that holds a site twice or has another's sites exchanges one of its stubs with a uniformly
/// chosen one until there is none such. Uniform among regular hypergraphs up to O(1/n); a signal planted on it is exact
/// on any graph. Throws BadInput, after `who`, where p does not divide n degree or no graph is found.
TermList regular_hypergraph(std::string_view who, Index n, int p, Index degree, Stream& rng);

}  // namespace glass

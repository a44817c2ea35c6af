#pragma once
#include <cmath>
#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

#include "models/core/target.hpp"
#include "models/environment.hpp"
#include "models/not_all_equal.hpp"

namespace glass {

/// Factors of one kind and one order k on +-1 spins, as message passing walks them. The place of site j of factor a is
/// k a + j. 8 k + 4 bytes a factor, 4 a site.
struct FactorGraph {
  enum class Kind {
    parity,        ///< exp(strength prod x)
    not_all_equal  ///< exp(-strength) where all k literals have one value, else 1
  };
  Kind kind = Kind::parity;
  int order = 2;                         ///< k
  std::vector<std::uint32_t> literals;   ///< by place: 2 site + 1 where negated (of not_all_equal), 2 site where not
  std::vector<float> strength;           ///< by factor: beta J, or beta
  std::vector<std::uint32_t> first, at;  ///< factors of site i: at[first[i]] ... at[first[i + 1] - 1]

  Index sites() const { return Index(first.size()) - 1; }
  Index factors() const { return Index(strength.size()); }
  std::span<const std::uint32_t> of_site(Index i) const {
    return {at.data() + first[std::size_t(i)], at.data() + first[std::size_t(i) + 1]};
  }

  /// `literals` and `strength` given, the rest made. O(places).
  FactorGraph(Kind kind, int order, Index sites, std::vector<std::uint32_t> literals, std::vector<float> strength);
};

/// What shows its few factors: spins with terms whose neighbours can be walked, or not-all-equal clauses. Complete
/// graphs do not: messages on them are AMP's business.
template <class T>
concept FactorTarget = SpinTarget<T> &&(
    GraphTarget<T> ||
    requires(const T& t, Index i, void (*f)(Index)) {
      { t.for_each_affected(i, f) } -> std::same_as<void>;
    } ||
    requires(const T& t) {
      { t.clauses() } -> std::same_as<const Clauses&>;
    });

/// Throws std::invalid_argument for more than 2^31 sites or places.
template <FactorTarget T>
FactorGraph factor_graph(const T& target) {
  const double beta = target.environment().beta;
  std::vector<std::uint32_t> literals;
  std::vector<float> strength;
  if constexpr (requires { target.clauses(); }) {
    const Clauses& c = target.clauses();
    return {FactorGraph::Kind::not_all_equal, c.k, target.sites(), c.literals,
            std::vector<float>(std::size_t(c.count()), float(beta))};
  } else {
    int order = 2;
    if constexpr (requires { target.order(); }) order = target.order();
    target.for_each_term([&](const auto& sites, double j) {
      for (const Index i : sites) literals.push_back(std::uint32_t(2 * i));
      strength.push_back(float(beta * j));
    });
    return {FactorGraph::Kind::parity, order, target.sites(), std::move(literals), std::move(strength)};
  }
}

}  // namespace glass

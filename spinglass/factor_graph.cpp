#include "spinglass/factor_graph.hpp"

#include <stdexcept>
#include <utility>

#include "models/core/options.hpp"

namespace glass {

FactorGraph::FactorGraph(Kind k, int p, Index sites, std::vector<std::uint32_t> l, std::vector<float> s)
    : kind(k), order(p), literals(std::move(l)), strength(std::move(s)) {
  if (sites >= Index{1} << 31 || literals.size() >= std::size_t{1} << 31)
    throw std::invalid_argument("factor graph: n=" + to_text(sites) + ": at most 2^31 sites and places");
  first.assign(std::size_t(sites) + 1, 0);
  for (const std::uint32_t literal : literals) ++first[(literal >> 1) + 1];
  for (std::size_t i = 0; i + 1 < first.size(); ++i) first[i + 1] += first[i];
  at.resize(literals.size());
  std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
  for (std::size_t place = 0; place < literals.size(); ++place)
    at[next[literals[place] >> 1]++] = std::uint32_t(place / std::size_t(order));
}

}  // namespace glass

#pragma once
// Cluster moves the long way: every set of laid bonds, and the connected parts of each.
#include "tests/samplers/reference.hpp"

namespace glass::reference {

struct Bonds {
  std::vector<std::array<Index, 2>> ends;
  std::vector<double> k;  // power beta J
};

inline Bonds bonds_of(const PairGraph& graph, const Tilt& t) {
  Bonds b;
  graph.for_each_term([&](const auto& sites, double j) {
    b.ends.push_back({sites[0], sites[1]});
    b.k.push_back(t.power(0) * graph.beta() * j);
  });
  return b;
}

inline double spin(Index x, Index i) { return x >> i & 1 ? 1 : -1; }

/// f(probability, part of each site) for every set of laid bonds at configuration x; parts are named by a site of them.
void for_each_percolation(const Bonds& b, Index n, Index x, auto&& f) {
  for (Index laid = 0; laid < Index{1} << b.k.size(); ++laid) {
    double p = 1;
    std::vector<Index> part(static_cast<std::size_t>(n));
    for (Index i = 0; i < n; ++i) part[std::size_t(i)] = i;
    for (std::size_t e = 0; e < b.k.size(); ++e) {
      const auto [i, j] = b.ends[e];
      const double lay = 1 - std::exp(-2 * std::max(0.0, b.k[e] * spin(x, i) * spin(x, j)));
      p *= laid >> e & 1 ? lay : 1 - lay;
      if (!(laid >> e & 1)) continue;
      const Index from = part[std::size_t(i)], to = part[std::size_t(j)];
      for (Index& q : part)
        if (q == from) q = to;
    }
    if (p > 0) f(p, part);
  }
}

/// sum over the part of x_i (power beta h_i + field_i), infinite where one of its sites is pinned.
inline double part_field(const PairGraph& graph, const Tilt& t, Index x, const std::vector<Index>& part, Index name) {
  double sum = 0;
  for (Index i = 0; i < graph.sites(); ++i) {
    if (part[std::size_t(i)] != name) continue;
    if (!t.free(i, 0)) return std::numeric_limits<double>::infinity();
    sum += spin(x, i) * (t.power(0) * graph.beta() * double(graph.environment().h(i)) + double(t.field(i, 0)));
  }
  return sum;
}
inline Index turned(Index x, const std::vector<Index>& part, Index name) {
  for (std::size_t i = 0; i < part.size(); ++i)
    if (part[i] == name) x ^= Index{1} << i;
  return x;
}

}  // namespace glass::reference

#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "models/constraint_options.hpp"
#include "models/core/target.hpp"

namespace glass {

struct ColouringOptions : ConstraintOptions {
  int colours = 3;
  double degree = 4.0;
  std::string graph = "erdos-renyi";
  static constexpr std::tuple other_fields{
      Field{"planted", &SpinOptions::planted, "", "graph drawn round a hidden colouring, on the Nishimori line"},
      Field{"instance", &SpinOptions::instance, "", "which disorder; together with --seed it names the instance"},
      Field{"field", &SpinOptions::field, "", "uniform field on colour 0 in -H = ... + sum_i h_i(x_i)"},
      Field{"field_spread",
            &SpinOptions::field_spread,
            "",
            "standard deviation of a Gaussian added to each h_i(a)",
            {.least = 0}},
      Field{
          "pins", &SpinOptions::pins, "sites", "sites held at a random colour (the signal's if planted)", {.least = 0}},
  };
  static constexpr auto fields = std::tuple_cat(
      std::tuple{Field{"colours", &ColouringOptions::colours, "", "q", {.least = 2, .most = Alphabet::kMostSymbols}},
                 Field{"degree",
                       &ColouringOptions::degree,
                       "edges per site",
                       "mean degree c: M = round(c n / 2) edges",
                       {.least = 0, .most = 1e6}},
                 Field{"graph",
                       &ColouringOptions::graph,
                       "",
                       "edges drawn independently; or every site in c of them",
                       {.choices = "erdos-renyi|regular"}}},
      SpinOptions::n_field, hard_temperature_field, other_fields);
  Index edges() const { return Index(std::round(0.5 * degree * double(n))); }
};

/// Antiferromagnetic Potts model on a sparse graph, q-colouring at temperature 0: H = number of edges whose ends have
/// the same colour - sum_i h_i(x_i). M = round(c n / 2) edges, each two different sites uniformly, drawn independently:
/// an edge may come twice (c^2/4 of them do on average) and then counts twice. Planted: quiet_planting.hpp, then each
/// edge uniform among those that x* satisfies (finite T: or violates, with weight e^-beta). Regular graphs
/// are simple (random_hypergraph.hpp) and are not planted: the edges between classes have no exact draw here.
/// q = 5: c_KS = (q - 1)^2 = 16, c_cond = 13.23, c_d = 12.84. Zdeborova and Krzakala, Phys. Rev. E 76, 031131 (2007).
///
/// The cache holds every site's log-weight of each colour: a change of colour updates two numbers per neighbour.
/// A value that shares its graph: copies are cheap. 8 M + 4 N bytes; a column of the cache takes (8 q + 1) N.
class Colouring {
 public:
  using Options = ColouringOptions;
  struct Cache {
    Batch x;                                                             // q N x B, one-hot
    Batch g;                                                             // q N x B: log-weights given the others
    Eigen::Matrix<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic> colour;  // N x B
    static void visit(auto& s, auto&& f) { f(s.x, s.g, s.colour); }
  };
  static constexpr std::string_view name = "colouring";
  static constexpr std::string_view formula =
      "H = number of edges with both ends of one colour - sum_i h_i(x_i);  M = c n / 2 edges, uniform, q colours";
  static constexpr std::string_view reference =
      "Zdeborova and Krzakala, Phys. Rev. E 76, 031131 (2007); Krzakala and Zdeborova, Phys. Rev. Lett. 102, 238701 "
      "(2009)";

  /// O(N + M). Throws BadInput where the graph or the signal cannot be.
  static Colouring make(const Options& o, std::uint32_t seed);
  /// From edges, two ends after each other. Throws std::invalid_argument for an end out of range or an edge from a site
  /// to itself.
  Colouring(std::vector<std::uint32_t> edges, Environment env);

  Index sites() const { return env_.sites(); }
  Alphabet alphabet() const { return env_.alphabet; }
  double beta() const { return env_.beta; }
  const Environment& environment() const { return env_; }
  const Eigen::VectorXf& truth() const { return env_.truth; }  ///< one-hot
  Tilt base(Index columns) const { return env_.base(columns); }
  const std::vector<float>& log_prior() const { return log_prior_; }  ///< flat: every colouring counts 1
  /// f(i, j) for every edge; twice for a double one.
  void for_each_edge(auto&& f) const {
    for (Index i = 0; i < sites(); ++i)
      for (auto at = graph_->first[std::size_t(i)]; at < graph_->first[std::size_t(i) + 1]; ++at)
        if (const Index j = graph_->neighbours[at]; i < j) f(i, j);
  }

  PerColumn log_likelihood(BatchIn x) const { return log_likelihood(open(x)); }
  PerColumn log_likelihood(const Cache& s) const;
  Cache open(Batch x) const;
  int symbol(const Cache& s, Index c, Index i) const { return s.colour(i, c); }
  void set(Cache& s, Index c, Index i, int colour) const;  // two numbers per neighbour
  void log_weights(const Cache& s, Index c, Index i, float* out) const {
    const int q = q_;
    const float* g = s.g.col(c).data() + i * q;
    for (int a = 0; a < q; ++a) out[a] = g[a];
  }

  static double bytes(const Options& o) { return double(o.n) * (20.0 * o.colours + 32) + 16.0 * double(o.edges()); }
  static std::optional<LogPartition> log_partition(const Options& o);

 private:
  struct Graph {
    std::vector<std::uint32_t> first, neighbours;
  };
  int q_;
  std::shared_ptr<const Graph> graph_;
  Environment env_;
  Eigen::VectorXf bh_;  // beta h
  std::vector<float> log_prior_;
};
static_assert(SymbolTarget<Colouring> && PlantedTarget<Colouring>);

}  // namespace glass

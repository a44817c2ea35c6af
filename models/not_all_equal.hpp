#pragma once
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "models/constraint_options.hpp"
#include "models/core/target.hpp"

namespace glass {

/// Clauses of k literals each, one after the other. A literal is 2 * site + 1 where negated, 2 * site where not.
struct Clauses {
  int k = 3;
  std::vector<std::uint32_t> literals;
  Index count() const { return Index(literals.size()) / k; }
  std::span<const std::uint32_t> operator[](Index m) const { return {literals.data() + m * k, std::size_t(k)}; }
};

/// Not-all-equal constraints on +-1 spins: H = number of clauses whose k literals all have the same value (literal =
/// s x, s = -1 where negated) - sum_i h_i x_i. Bicolouring of a hypergraph where nothing is negated, NAE-SAT otherwise.
/// A clause may appear several times, and then counts as often.
///
/// The cache counts the true literals of every clause: a spin's field sees a clause only where all its other literals
/// agree, so a flip that leaves it with 2 to k - 2 true ones costs one count, and k field updates otherwise. Fields are
/// whole multiples of beta/2 beside the external ones.
/// A value that shares its clauses: copies are cheap. 8 k M + 8 N bytes; a column of the cache takes M + 8 N.
class NotAllEqual {
 public:
  struct Cache {
    Batch x, g;
    Eigen::Matrix<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic> trues;  // M x B: true literals of each clause
    Eigen::Matrix<std::int64_t, 1, Eigen::Dynamic> violated;            // 1 x B: clauses with 0 or k of them
    static void visit(auto& s, auto&& f) { f(s.x, s.g, s.trues, s.violated); }
  };

  /// Throws std::invalid_argument for k < 2 or k > 255, a site out of range, or one twice in a clause.
  NotAllEqual(Clauses clauses, Environment env);

  Index sites() const { return env_.sites(); }
  Alphabet alphabet() const { return Alphabet::spins(); }
  double beta() const { return env_.beta; }
  const Environment& environment() const { return env_; }
  const Eigen::VectorXf& truth() const { return env_.truth; }
  Tilt base(Index columns) const { return env_.base(columns); }
  const Clauses& clauses() const { return *clauses_; }

  PerColumn log_likelihood(BatchIn x) const;  // O(k M) a column
  PerColumn log_likelihood(const Cache& s) const;
  Cache open(Batch x) const;
  void flip(Cache& s, Index c, Index i) const;  // each clause of i: one count, or k field updates
  /// Gradient of the multilinear extension: every product over the other literals of a clause, 4 k flops a literal.
  void fields(BatchIn m, BatchOut g) const;

 private:
  struct Graph {
    std::vector<std::uint32_t> first;        // N + 1: where a site's occurrences begin
    std::vector<std::uint32_t> occurrences;  // 2 * clause + negated
  };
  std::shared_ptr<const Clauses> clauses_;
  std::shared_ptr<const Graph> graph_;
  Environment env_;
  Eigen::VectorXf bh_;  // beta h
};
static_assert(SpinTarget<NotAllEqual> && PlantedTarget<NotAllEqual> && !PairwiseTarget<NotAllEqual> &&
              !GaussianGlass<NotAllEqual>);

struct NotAllEqualOptions : ConstraintOptions {
  int k = 5;
  double alpha = 8.0;
  static constexpr auto fields =
      std::tuple_cat(std::tuple{Field{"k", &NotAllEqualOptions::k, "", "literals per clause", {.least = 2, .most = 20}},
                                Field{"alpha",
                                      &NotAllEqualOptions::alpha,
                                      "clauses per spin",
                                      "M = round(alpha n) clauses",
                                      {.least = 0, .most = 1e6}}},
                     SpinOptions::n_field, hard_temperature_field, SpinOptions::other_fields);
  Index clauses() const { return Index(std::round(alpha * double(n))); }
};

/// Random bicolouring of k-uniform hypergraphs: M = round(alpha n) clauses, each k different sites uniformly, drawn
/// independently (one may come twice; O(N^(2-k)) do). Planted: quiet_planting.hpp, then each clause uniform among those
/// that x* satisfies (finite T: or violates, with weight e^-beta). k = 5: alpha_d = 9.465, alpha_c ~ 10.3.
struct Bicolouring {
  using Options = NotAllEqualOptions;
  static constexpr std::string_view name = "bicolouring";
  static constexpr std::string_view formula =
      "H = number of clauses of k sites that are all alike - sum_i h_i x_i;  M = alpha n clauses, uniform";
  static constexpr std::string_view reference =
      "Coja-Oghlan and Zdeborova, SODA 2012; Krzakala and Zdeborova, Phys. Rev. Lett. 102, 238701 (2009)";
  static NotAllEqual make(const Options& o, std::uint32_t seed);
  static double bytes(const Options& o);
  static std::optional<LogPartition> log_partition(const Options& o);
};

/// Random NAE-k-SAT: the same with every literal negated with probability 1/2. Then z does not depend on x*, and the
/// signal is drawn from the prior.
struct NaeSat {
  using Options = NotAllEqualOptions;
  static constexpr std::string_view name = "nae-sat";
  static constexpr std::string_view formula =
      "H = number of clauses whose k literals +-x_i all agree - sum_i h_i x_i;  M = alpha n clauses, uniform";
  static constexpr std::string_view reference = "Achlioptas and Moore, FOCS 2002; Coja-Oghlan and Zdeborova, SODA 2012";
  static NotAllEqual make(const Options& o, std::uint32_t seed);
  static double bytes(const Options& o) { return Bicolouring::bytes(o); }
  static std::optional<LogPartition> log_partition(const Options& o) { return Bicolouring::log_partition(o); }
};

}  // namespace glass

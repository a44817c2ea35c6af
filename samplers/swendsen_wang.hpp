#pragma once
#include <cmath>
#include <numeric>
#include <string_view>
#include <vector>

#include "models/core/options.hpp"
#include "models/core/target.hpp"
#include "samplers/sampler.hpp"
#include "samplers/spin_start.hpp"

namespace glass {

struct SwendsenWangOptions {
  static constexpr std::tuple<> fields{};
};

/// Fortuin-Kasteleyn clusters of a pairwise model on a graph, with any signs of the couplings:
///
///     1. every satisfied bond (K x_i x_j > 0, K = beta J) is laid with probability 1 - exp(-2 |K|);
///     2. given the laid bonds, the spins of each cluster can only turn over together, and keep their signs with
///        probability 1/(1 + exp(-2 B)), B = sum over the cluster of x_i b_i, b the external fields.
///
/// Swendsen and Wang, Phys. Rev. Lett. 58, 86 (1987); step 2 is the exact law of the signs given the bonds, so fields
/// need no ghost spin; a cluster with a pinned site stays. At power p, K and the model's fields are p times as large.
/// Fast at the critical point of a ferromagnet; with frustration clusters span the system before it orders, and it is
/// right but no faster than a heat bath. One step is one update of all clusters: O(N + bonds) and one pass of fields.
template <GraphTarget T>
class SwendsenWang {
 public:
  using Options = SwendsenWangOptions;
  static constexpr std::string_view name = "swendsen-wang";
  static constexpr std::string_view formula =
      "lay satisfied bonds with 1 - exp(-2 beta |J|); each cluster keeps its signs with 1/(1 + exp(-2 sum x_i b_i))";
  static constexpr std::string_view reference = "Swendsen and Wang, Phys. Rev. Lett. 58, 86 (1987)";
  struct State {
    Streams rng;
    Tilt at;
    typename T::Cache spins;
    static void visit(auto& s, auto&& f) { f(s.rng, s.at, s.spins); }
  };

  explicit SwendsenWang(T target, SwendsenWangOptions = {}) : target_(std::move(target)) {
    const Index n = target_.sites();
    Batch field(n, 1);
    target_.fields(Batch::Zero(n, 1), field);
    field_ = field.col(0);
    for (Index i = 0; i < n; ++i) target_.for_each_neighbour(i, [&](Index j, float) { bonds_ += j > i; });
  }
  Traits traits() const { return {name, Kind::chain, Promise::exact_in_the_limit}; }

  State init(Streams rng) const {
    const Index b = rng.columns();
    State s{std::move(rng), target_.base(b), {}};
    restart(s);
    return s;
  }
  void restart(State& s) const { s.spins = target_.open(random_spins(s.at, s.rng)); }
  void place(State& s, BatchIn x) const { s.spins = target_.open(with_pins(s.at, x)); }

  StepInfo step(State& s) const {
    const Index n = s.spins.x.rows(), b = s.spins.x.cols();
    Batch x = std::move(s.spins.x);
    StepInfo info;
    std::vector<std::uint32_t> words(static_cast<std::size_t>(bonds_));
    std::vector<float> theta(static_cast<std::size_t>(n));
    std::vector<std::int32_t> parent(static_cast<std::size_t>(n));
    std::vector<double> hold(static_cast<std::size_t>(n));
    for (Index c = 0; c < b; ++c) {
      const float power = float(s.at.power(c));
      const auto spin = x.col(c);
      std::iota(parent.begin(), parent.end(), 0);
      s.rng[c].words(words);
      std::size_t bond = 0;
      for (Index i = 0; i < n; ++i)
        target_.for_each_neighbour(i, [&](Index j, float k) {
          // P(half_log < h) = 1 - exp(-2 h), 0 for h <= 0: bonds that are not satisfied are never laid
          if (j > i && half_log(words[bond++]) < power * k * spin(i) * spin(j)) unite(parent, i, j);
        });
      std::fill(hold.begin(), hold.end(), 0.0);
      for (Index i = 0; i < n; ++i)
        hold[std::size_t(root(parent, i))] +=
            s.at.free(i, c) ? double(spin(i)) * (double(power) * double(field_(i)) + double(s.at.field(i, c)))
                            : double(Tilt::kFree);
      s.rng[c].half_logits(theta);
      for (Index i = 0; i < n; ++i) {
        const auto r = std::size_t(root(parent, i));
        if (hold[r] > double(theta[r])) continue;
        x(i, c) = -x(i, c);
        ++info.work.flips;
      }
    }
    info.acceptance = double(info.work.flips) / double(n * b);
    info.work.attempts = n * b;
    info.work.fields = b;
    s.spins = target_.open(std::move(x));
    return info;
  }
  void read(const State& s, BatchOut out) const { out = s.spins.x; }
  PerColumn log_likelihood(const State& s) const { return target_.log_likelihood(s.spins); }
  void set_power(State& s, const PerColumn& p) const { s.at.power = p; }
  void retilt(State& s, const Tilt& t) const {
    s.at = t;
    place(s, Batch(s.spins.x));
  }

 private:
  using Parents = std::vector<std::int32_t>;
  static std::int32_t root(Parents& parent, Index i) {
    auto k = std::int32_t(i);
    while (parent[std::size_t(k)] != k) k = parent[std::size_t(k)] = parent[std::size_t(parent[std::size_t(k)])];
    return k;
  }
  static void unite(Parents& parent, Index i, Index j) {
    const auto a = root(parent, i), b = root(parent, j);
    parent[std::size_t(std::max(a, b))] = std::min(a, b);
  }
  T target_;
  Eigen::VectorXf field_;  // beta h
  Index bonds_ = 0;
};

}  // namespace glass

#pragma once
#include <cmath>
#include <string_view>
#include <vector>

#include "models/core/options.hpp"
#include "models/core/target.hpp"
#include "samplers/sampler.hpp"
#include "samplers/spin_start.hpp"

namespace glass {

struct WolffOptions {
  Index clusters = 1;
  int refresh = 1024;
  static constexpr std::tuple fields{
      Field{"clusters", &WolffOptions::clusters, "", "grown in one step", {.least = 1}},
      Field{"refresh", &WolffOptions::refresh, "steps", "between rebuilds of the float local fields", {.least = 1}},
  };
};

/// One Fortuin-Kasteleyn cluster at a time, from a random site, with any signs of the couplings:
///
///     1. start at a uniform site; from each new site i go to its neighbours j over satisfied bonds (K x_i x_j > 0,
///        K = beta J) with probability 1 - exp(-2 |K|);
///     2. turn the cluster over with probability min(1, exp(-2 B)), B = sum over it of x_i b_i, b the external fields.
///
/// Wolff, Phys. Rev. Lett. 62, 361 (1989). Growing the cluster is as likely before as after the turn but for the bonds
/// on its surface, whose ratio is that of the interactions: the fields alone decide. A cluster that meets a pinned site
/// stays. The number of clusters in a step is fixed: to stop by their sizes would favour some configurations. One in 64
/// is passed, or free spins would have period 2. Cost: O(sites and bonds of the cluster).
template <GraphTarget T>
class Wolff {
 public:
  using Options = WolffOptions;
  static constexpr std::string_view name = "wolff";
  static constexpr std::string_view formula =
      "grow a cluster over satisfied bonds with 1 - exp(-2 beta |J|), turn it with min(1, exp(-2 sum x_i b_i))";
  static constexpr std::string_view reference = "Wolff, Phys. Rev. Lett. 62, 361 (1989)";
  struct State {
    Streams rng;
    Tilt at;
    typename T::Cache spins;
    std::int64_t steps = 0;
    static void visit(auto& s, auto&& f) { f(s.rng, s.at, s.spins, s.steps); }
  };

  explicit Wolff(T target, WolffOptions opt = {}) : target_(std::move(target)), opt_(opt) {
    const Index n = target_.sites();
    Batch field(n, 1);
    target_.fields(Batch::Zero(n, 1), field);
    field_ = field.col(0);
  }
  Traits traits() const { return {name, Kind::chain, Promise::exact_in_the_limit}; }

  State init(Streams rng) const {
    const Index b = rng.columns();
    State s{std::move(rng), target_.base(b), {}};
    restart(s);
    return s;
  }
  void restart(State& s) const { open(s, random_spins(s.at, s.rng)); }
  void place(State& s, BatchIn x) const { open(s, with_pins(s.at, x)); }

  StepInfo step(State& s) const {
    if (++s.steps % opt_.refresh == 0) s.spins = target_.open(std::move(s.spins.x));
    const Index n = s.spins.x.rows(), b = s.spins.x.cols();
    StepInfo info;
    std::int64_t turned = 0;
    std::vector<char> inside(std::size_t(n), 0);
    std::vector<Index> cluster;
    for (Index c = 0; c < b; ++c)
      for (Index k = 0; k < opt_.clusters; ++k) {
        if ((s.rng[c]() & 63u) == 0) continue;
        cluster.assign(1, Index(s.rng[c].uniform() * double(n)));
        inside[std::size_t(cluster[0])] = 1;
        const double hold = grow(s, c, cluster, inside);
        for (const Index i : cluster) inside[std::size_t(i)] = 0;
        if (!(std::log(s.rng[c].uniform()) < -2 * hold)) continue;
        for (const Index i : cluster) target_.flip(s.spins, c, i);
        info.work.flips += std::int64_t(cluster.size());
        ++turned;
      }
    info.work.attempts = opt_.clusters * b;
    info.acceptance = double(turned) / double(opt_.clusters * b);
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
  void open(State& s, Batch x) const { s.spins = target_.open(std::move(x)); }
  /// Grows the cluster from its first site; B, infinite once a pinned site is met.
  double grow(State& s, Index c, std::vector<Index>& cluster, std::vector<char>& inside) const {
    const float power = float(s.at.power(c));
    const auto x = s.spins.x.col(c);
    double hold = 0;
    for (std::size_t next = 0; next < cluster.size(); ++next) {
      const Index i = cluster[next];
      if (!s.at.free(i, c)) return double(Tilt::kFree);
      hold += double(x(i)) * (double(power) * double(field_(i)) + double(s.at.field(i, c)));
      target_.for_each_neighbour(i, [&](Index j, float k) {
        const float satisfied = power * k * x(i) * x(j);
        if (!(satisfied > 0) || inside[std::size_t(j)]) return;
        // P(half_log < h) = 1 - exp(-2 h)
        if (!(half_log(std::uint32_t(s.rng[c]() >> 32)) < satisfied)) return;
        inside[std::size_t(j)] = 1;
        cluster.push_back(j);
      });
    }
    return hold;
  }
  T target_;
  WolffOptions opt_;
  Eigen::VectorXf field_;  // beta h
};

}  // namespace glass

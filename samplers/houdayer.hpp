#pragma once
#include <string_view>
#include <vector>

#include "samplers/glauber.hpp"
#include "samplers/weighted_flips.hpp"

namespace glass {

/// Isoenergetic cluster moves on pairs of replicas x, y at one temperature, beside a heat bath:
///
///     1. one heat-bath sweep of both;
///     2. from a uniform site with q_i = x_i y_i = -1, the connected part C of the sites with q = -1;
///     3. exchange x and y on C, which turns over both.
///
/// Houdayer, Eur. Phys. J. B 22, 479 (2001); Zhu, Ochoa and Katzgraber, Phys. Rev. Lett. 115, 077201 (2015). No term
/// has sites in C and others with q = -1 outside, so each takes in x' the value that it, or its copy in y, had before:
/// E(x) + E(y) stays, and as q does not change the way back is as likely. Nothing is rejected; the pair keeps the law
/// p(x) p(y). Of use where the sites with q = -1 do not hang together: in two dimensions, or on sparse graphs at the
/// higher temperatures of a tempering ladder.
///
/// Every column is such a pair and shows x; the chains stay independent of each other. Tempering moves both replicas of
/// a pair at once (`exchange_likelihood`). Cost: two sweeps, O(N) for the overlap, the flips of C twice.
template <SpinTarget T>
requires GraphTarget<T> || LocalTarget<T>
class Houdayer {
 public:
  using Options = SweepOptions;
  static constexpr std::string_view name = "houdayer";
  static constexpr std::string_view formula =
      "heat bath on pairs x, y; then x and y change places on a connected part of the sites with x_i y_i = -1";
  static constexpr std::string_view reference =
      "Houdayer, Eur. Phys. J. B 22, 479 (2001); Zhu, Ochoa and Katzgraber, Phys. Rev. Lett. 115, 077201 (2015)";
  struct State {
    typename Glauber<T>::State both;  // columns 2c and 2c + 1 are x and y of column c
    Streams rng;
    static void visit(auto& s, auto&& f) { f(s.both, s.rng); }
  };

  explicit Houdayer(T target, SweepOptions opt = {}) : sweep_(target, opt), target_(std::move(target)) {}
  Traits traits() const { return {name, Kind::chain, Promise::exact_in_the_limit}; }

  State init(Streams rng) const { return {sweep_.init(rng.branch(Purpose::sampler, 2)), rng.branch(Purpose::swap)}; }
  void restart(State& s) const { sweep_.restart(s.both); }
  /// Both replicas of a column at its configuration.
  void start_at(State& s, BatchIn x) const {
    Batch twice(x.rows(), 2 * x.cols());
    for (Index c = 0; c < twice.cols(); ++c) twice.col(c) = x.col(c / 2);
    sweep_.place(s.both, twice);
  }
  StepInfo step(State& s) const {
    StepInfo info = sweep_.step(s.both);
    const Index n = target_.sites();
    std::vector<char> apart(static_cast<std::size_t>(n));
    std::vector<Index> part;
    for (Index c = 0; c < s.rng.columns(); ++c) {
      const auto x = s.both.spins.x.col(2 * c), y = s.both.spins.x.col(2 * c + 1);
      part.clear();
      for (Index i = 0; i < n; ++i)
        if ((apart[std::size_t(i)] = x(i) != y(i))) part.push_back(i);
      if (part.empty()) continue;
      part.assign(1, part[std::size_t(s.rng[c].uniform() * double(part.size()))]);
      apart[std::size_t(part[0])] = 0;
      for (std::size_t next = 0; next < part.size(); ++next)
        for_each_near(part[next], [&](Index j) {
          if (!apart[std::size_t(j)]) return;
          apart[std::size_t(j)] = 0;
          part.push_back(j);
        });
      for (const Index i : part) {
        target_.flip(s.both.spins, 2 * c, i);
        target_.flip(s.both.spins, 2 * c + 1, i);
      }
      info.work.flips += 2 * std::int64_t(part.size());
    }
    return info;
  }
  void read(const State& s, BatchOut out) const {
    for (Index c = 0; c < out.cols(); ++c) out.col(c) = s.both.spins.x.col(2 * c);
  }
  PerColumn log_likelihood(const State& s) const {
    const PerColumn both = sweep_.log_likelihood(s.both);
    PerColumn x(both.size() / 2);
    for (Index c = 0; c < x.size(); ++c) x(c) = both(2 * c);
    return x;
  }
  /// ln L of the whole pair.
  PerColumn exchange_likelihood(const State& s) const {
    const PerColumn both = sweep_.log_likelihood(s.both);
    PerColumn sum(both.size() / 2);
    for (Index c = 0; c < sum.size(); ++c) sum(c) = both(2 * c) + both(2 * c + 1);
    return sum;
  }
  void set_power(State& s, const PerColumn& p) const {
    PerColumn twice(2 * p.size());
    for (Index c = 0; c < twice.size(); ++c) twice(c) = p(c / 2);
    sweep_.set_power(s.both, twice);
  }
  void retilt(State& s, const Tilt& t) const {
    const Index n = t.field.rows(), b = 2 * t.columns();
    Tilt twice{PerColumn(b), PerColumn(b), Batch(n, b), Batch(n, b)};
    for (Index c = 0; c < b; ++c) {
      twice.power(c) = t.power(c / 2);
      twice.precision(c) = t.precision(c / 2);
      twice.field.col(c) = t.field.col(c / 2);
      twice.pinned.col(c) = t.pinned.col(c / 2);
    }
    sweep_.retilt(s.both, twice);
  }

 private:
  void for_each_near(Index i, auto&& f) const {
    if constexpr (GraphTarget<T>)
      target_.for_each_neighbour(i, [&](Index j, float) { f(j); });
    else
      target_.for_each_affected(i, f);
  }
  Glauber<T> sweep_;
  T target_;
};

}  // namespace glass

#pragma once
#include <string_view>
#include <utility>
#include <vector>

#include "models/core/options.hpp"
#include "models/core/target.hpp"
#include "samplers/sampler.hpp"
#include "samplers/site_weights.hpp"
#include "samplers/spin_start.hpp"

namespace glass {

/// A flip changes the fields of few sites, which can be walked through.
template <class T>
concept LocalTarget = SpinTarget<T> && requires(const T& t, Index i, void (*f)(Index)) {
  { t.for_each_affected(i, f) } -> std::same_as<void>;  // f(j), each j != i whose field depends on x_i
};

/// What chains share that choose which spin to flip by weights w_i = Weight::of(a_i), a_i = x_i (power g_i + field_i):
/// flipping i multiplies the probability by exp(-2 a_i). Pinned sites weigh 0. After a flip the weights of the sites it
/// touched are renewed: its neighbours on a graph, all N elsewhere, where the fields cost as much.
template <SpinTarget T, class Weight>
class WeightedFlips {
 public:
  struct State {
    Streams rng;
    Tilt at;
    typename T::Cache spins;
    std::vector<SiteWeights> weights;  // per column
    std::int64_t steps = 0;
    static void visit(auto& s, auto&& f) { f(s.rng, s.at, s.spins, s.weights, s.steps); }
  };

  State init(Streams rng) const {
    const Index b = rng.columns();
    State s{
        std::move(rng), target_.base(b), {}, std::vector<SiteWeights>(std::size_t(b), SiteWeights(target_.sites()))};
    restart(s);
    return s;
  }
  void restart(State& s) const { open(s, random_spins(s.at, s.rng)); }
  void place(State& s, BatchIn x) const { open(s, with_pins(s.at, x)); }
  void read(const State& s, BatchOut out) const { out = s.spins.x; }
  PerColumn log_likelihood(const State& s) const { return target_.log_likelihood(s.spins); }
  void set_power(State& s, const PerColumn& p) const {
    for (Index c = 0; c < p.size(); ++c) {
      if (p(c) == s.at.power(c)) continue;
      s.at.power(c) = p(c);
      weigh_all(s, c);
    }
  }
  void retilt(State& s, const Tilt& t) const {
    s.at = t;
    open(s, with_pins(t, std::move(s.spins.x)));
  }

 protected:
  explicit WeightedFlips(T target) : target_(std::move(target)) {}

  /// Float fields drift by rounding; a fixed schedule keeps a resumed run identical to an uninterrupted one.
  void begin_step(State& s, int refresh) const {
    if (++s.steps % refresh == 0) open(s, std::move(s.spins.x));
  }
  /// a_i: half the logarithm of what flipping i divides the probability by.
  float stability(const State& s, Index c, Index i) const {
    return s.spins.x(i, c) * (float(s.at.power(c)) * s.spins.g(i, c) + s.at.field(i, c));
  }
  void flip(State& s, Index c, Index i) const {
    target_.flip(s.spins, c, i);
    if constexpr (GraphTarget<T>) {
      target_.for_each_neighbour(i, [&](Index j, float) { weigh(s, c, j); });
      weigh(s, c, i);
    } else if constexpr (LocalTarget<T>) {
      target_.for_each_affected(i, [&](Index j) { weigh(s, c, j); });
      weigh(s, c, i);
    } else {
      weigh_all(s, c);
    }
  }

 private:
  void open(State& s, Batch x) const {
    s.spins = target_.open(std::move(x));
    for (Index c = 0; c < s.spins.x.cols(); ++c) weigh_all(s, c);
  }
  void weigh(State& s, Index c, Index i) const {
    SiteWeights& w = s.weights[std::size_t(c)];
    w[i] = s.at.free(i, c) ? Weight::of(stability(s, c, i)) : 0.0f;
    w.sum_near(i);
  }
  void weigh_all(State& s, Index c) const {
    SiteWeights& w = s.weights[std::size_t(c)];
    const float power = float(s.at.power(c));
    const float *x = s.spins.x.col(c).data(), *g = s.spins.g.col(c).data(), *field = s.at.field.col(c).data(),
                *pin = s.at.pinned.col(c).data();
    float* out = &w[0];
    for (Index i = 0; i < s.spins.x.rows(); ++i) {
      const float weight = Weight::of(x[i] * (power * g[i] + field[i]));
      out[i] = pin[i] == Tilt::kFree ? weight : 0.0f;
    }
    w.sum_all();
  }

 protected:
  T target_;
};

}  // namespace glass

#pragma once
#include <cmath>
#include <string_view>

#include "models/core/fast_exp.hpp"
#include "samplers/weighted_flips.hpp"

namespace glass {

struct NFoldWayOptions {
  double time = 1;
  int refresh = 256;
  static constexpr std::tuple fields{
      Field{"time",
            &NFoldWayOptions::time,
            "sweeps",
            "simulated by one step; every spin is tried once a sweep on average",
            {.least = 0, .above = true}},
      Field{"refresh", &NFoldWayOptions::refresh, "steps", "between rebuilds of the float local fields", {.least = 1}},
  };
};

/// Rejection-free heat bath in continuous time: spin i flips at the rate w_i = 1/(1 + exp(2 a_i)), a_i = x_i times its
/// field, at which single-spin heat bath would flip it were every spin tried at rate 1. Bortz, Kalos and Lebowitz, J.
/// Comput. Phys. 17, 10 (1975); Gillespie (1976).
///
///     1. W = sum_i w_i; wait for an exponential time of mean 1/W;
///     2. flip i with probability w_i/W, renew the rates of the sites it touches.
///
/// One step simulates a fixed time and shows what holds at its end, so that draws have the target's law; configurations
/// at the moments of flips have it weighted with W. The wait that the end of a step cuts off is forgotten: exponential
/// waits have no memory. Cost: as many flips as are accepted, none for the rejected; each O(degree) on a graph, O(N)
/// elsewhere. Pays where a sweep accepts few per cent.
struct HeatBathRate {
  static float of(float a) {
    const float e = fast_exp(-2.0f * std::abs(a)), small = e / (1.0f + e);
    return a > 0 ? small : 1.0f - small;
  }
};
template <SpinTarget T>
class NFoldWay : public WeightedFlips<T, HeatBathRate> {
  using Base = WeightedFlips<T, HeatBathRate>;

 public:
  using Options = NFoldWayOptions;
  using typename Base::State;
  static constexpr std::string_view name = "n-fold-way";
  static constexpr std::string_view formula =
      "spin i flips at rate 1/(1 + exp(2 x_i g_i)): waiting times and flips drawn, nothing is rejected";
  static constexpr std::string_view reference = "Bortz, Kalos and Lebowitz, J. Comput. Phys. 17, 10 (1975)";

  explicit NFoldWay(T target, NFoldWayOptions opt = {}) : Base(std::move(target)), opt_(opt) {}
  Traits traits() const { return {name, Kind::chain, Promise::exact_in_the_limit}; }

  StepInfo step(State& s) const {
    this->begin_step(s, opt_.refresh);
    StepInfo info;
    for (Index c = 0; c < s.spins.x.cols(); ++c) {
      const SiteWeights& rates = s.weights[std::size_t(c)];
      double left = opt_.time;
      for (double all = rates.total(); all > 0; all = rates.total()) {  // all pinned: nothing ever happens
        left += std::log(s.rng[c].uniform()) / all;
        if (left < 0) break;
        this->flip(s, c, rates.pick(s.rng[c].uniform()));
        ++info.work.flips;
      }
    }
    info.work.attempts = info.work.flips;
    return info;
  }

 private:
  NFoldWayOptions opt_;
};

}  // namespace glass

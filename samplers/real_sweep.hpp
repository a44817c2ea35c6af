#pragma once
#include <cmath>
#include <numbers>

#include "models/core/real_sites.hpp"
#include "samplers/spin_start.hpp"
#include "samplers/sweep.hpp"

namespace glass {

/// How one site on the line is renewed: form is ln of its weight besides the prior, slope x - curvature x^2/2.
struct SiteHeatBath {
  static float renew(Stream& rng, const RealSites& prior, const SiteForm& form, float /*x*/) {
    return prior.draw(rng, form.curvature, form.slope);
  }
};
/// Proposes from the prior and accepts with what is left of the ratio.
struct SiteMetropolis {
  static float renew(Stream& rng, const RealSites& prior, const SiteForm& form, float x) {
    const float y = prior.draw(rng, 0, 0);
    const double from = double(x), to = double(y);
    const double log_ratio = form.slope * (to - from) - 0.5 * form.curvature * (to * to - from * from);
    return std::log(rng.uniform()) < log_ratio ? y : x;
  }
};

/// Single-site updates in order on the line, as Sweep does for spins: priors with an atom included. A sweep costs N
/// draws and, for each site that changed, one `set` of the target.
template <SiteTarget T, class Rule>
class SiteSweep {
 public:
  struct State {
    Streams rng;
    Tilt at;
    typename T::Cache sites;
    std::int64_t sweeps = 0;
    static void visit(auto& s, auto&& f) { f(s.rng, s.at, s.sites, s.sweeps); }
  };
  SiteSweep(T target, std::string_view name, SweepOptions opt) : target_(std::move(target)), name_(name), opt_(opt) {}
  Traits traits() const { return {name_, Kind::chain, Promise::exact_in_the_limit}; }

  State init(Streams rng) const {
    const Index columns = rng.columns();
    State s{std::move(rng), target_.base(columns), {}, 0};
    restart(s);
    return s;
  }
  void restart(State& s) const {  // from the prior
    Batch x(target_.sites(), s.at.columns());
    for (Index c = 0; c < x.cols(); ++c)
      for (Index i = 0; i < x.rows(); ++i) x(i, c) = target_.real_sites().draw(s.rng[c], 0, 0);
    place(s, x);
  }
  void place(State& s, BatchIn x) const {
    s.sites = target_.open(with_pins(s.at, x));
    s.sweeps = 0;
  }

  StepInfo step(State& s) const {
    const Index n = s.sites.x.rows(), b = s.sites.x.cols();
    if (++s.sweeps % opt_.refresh == 0) s.sites = target_.open(std::move(s.sites.x));
    const RealSites prior = target_.real_sites();
    StepInfo info;
    for (Index c = 0; c < b; ++c)
      for (Index i = 0; i < n; ++i) {
        if (!s.at.free(i, c)) continue;
        const SiteForm own = target_.site(s.sites, c, i);
        const SiteForm form{s.at.power(c) * own.slope + double(s.at.field(i, c)),
                            s.at.power(c) * own.curvature + s.at.precision(c)};
        const float x = s.sites.x(i, c), to = Rule::renew(s.rng[c], prior, form, x);
        if (to == x) continue;
        target_.set(s.sites, c, i, to);
        ++info.work.flips;
      }
    info.work.attempts = n * b;
    info.acceptance = double(info.work.flips) / double(n * b);
    return info;
  }
  void read(const State& s, BatchOut out) const { out = s.sites.x; }
  PerColumn log_likelihood(const State& s) const { return target_.log_likelihood(s.sites); }
  void set_power(State& s, const PerColumn& p) const { s.at.power = p; }
  void retilt(State& s, const Tilt& t) const {
    s.at = t;
    place(s, Batch(s.sites.x));
  }

 private:
  T target_;
  std::string_view name_;
  SweepOptions opt_;
};

/// ln of the weight of two sites on the circle x_i = r cos a, x_j = r sin a.
struct CircleForm {
  double cosine, sine, both;  ///< coefficients of cos a, sin a, cos a sin a
  double operator()(double a) const { return (cosine + both * std::sin(a)) * std::cos(a) + sine * std::sin(a); }
};
/// Slice sampling round the whole circle (Neal, Ann. Stat. 31, 705 (2003)): a height below the weight at hand, then
/// angles from an arc that shrinks towards it until one lies above the height. Never stays, where a heat bath would
/// draw afresh: the weight has no closed inverse.
struct CircleSlice {
  static double renew(Stream& rng, const CircleForm& form, double a) {
    const double height = form(a) + std::log(rng.uniform());
    double top = 2 * std::numbers::pi * rng.uniform(), bottom = top - 2 * std::numbers::pi;
    for (;;) {
      const double turn = bottom + (top - bottom) * rng.uniform();
      if (form(a + turn) >= height) return a + turn;
      (turn > 0 ? top : bottom) = turn;
      if (!(top - bottom > 1e-12)) return a;
    }
  }
};
/// A uniform angle, accepted with the ratio of the weights.
struct CircleMetropolis {
  static double renew(Stream& rng, const CircleForm& form, double a) {
    const double to = 2 * std::numbers::pi * rng.uniform();
    return std::log(rng.uniform()) < form(to) - form(a) ? to : a;
  }
};

/// On the sphere no site moves alone: each in turn, with a partner drawn at random, is turned on the circle
/// x_i^2 + x_j^2 = r^2, on which the prior is uniform. A sweep is N turns: for each that changed, two `set`s of the
/// target. The schedule that rebuilds fields brings |x|^2 back to N.
template <PairTarget T, class Rule>
class PairSweep {
 public:
  struct State {
    Streams rng;
    Tilt at;
    typename T::Cache sites;
    std::int64_t sweeps = 0;
    static void visit(auto& s, auto&& f) { f(s.rng, s.at, s.sites, s.sweeps); }
  };
  PairSweep(T target, std::string_view name, SweepOptions opt) : target_(std::move(target)), name_(name), opt_(opt) {}
  Traits traits() const { return {name_, Kind::chain, Promise::exact_in_the_limit}; }

  State init(Streams rng) const {
    const Index columns = rng.columns();
    State s{std::move(rng), target_.base(columns), {}, 0};
    restart(s);
    return s;
  }
  void restart(State& s) const {  // uniform
    Batch x(target_.sites(), s.at.columns());
    for (Index c = 0; c < x.cols(); ++c) s.rng[c].normals({x.col(c).data(), std::size_t(x.rows())});
    place(s, x);
  }
  void place(State& s, BatchIn x) const {
    s.sites = target_.open(to_sphere(x));
    s.sweeps = 0;
  }

  StepInfo step(State& s) const {
    const Index n = s.sites.x.rows(), b = s.sites.x.cols();
    if (++s.sweeps % opt_.refresh == 0) s.sites = target_.open(to_sphere(std::move(s.sites.x)));
    StepInfo info;
    if (n < 2) return info;
    for (Index c = 0; c < b; ++c)
      for (Index i = 0; i < n; ++i) {
        const Index j = (i + 1 + Index(s.rng[c].uniform() * double(n - 1))) % n;
        const PairForm own = target_.pair(s.sites, c, i, j);
        const double power = s.at.power(c), x = double(s.sites.x(i, c)), y = double(s.sites.x(j, c));
        const double r = std::hypot(x, y), a = std::atan2(y, x);
        const CircleForm form{r * (power * own.slope_i + double(s.at.field(i, c))),
                              r * (power * own.slope_j + double(s.at.field(j, c))), r * r * power * own.bond};
        const double to = Rule::renew(s.rng[c], form, a);
        if (to == a) continue;
        target_.set(s.sites, c, i, float(r * std::cos(to)));
        target_.set(s.sites, c, j, float(r * std::sin(to)));
        ++info.work.flips;
      }
    info.work.attempts = n * b;
    info.acceptance = double(info.work.flips) / double(n * b);
    return info;
  }
  void read(const State& s, BatchOut out) const { out = s.sites.x; }
  PerColumn log_likelihood(const State& s) const { return target_.log_likelihood(s.sites); }
  void set_power(State& s, const PerColumn& p) const { s.at.power = p; }
  void retilt(State& s, const Tilt& t) const {
    refuse_pins_on_sphere(t);
    s.at = t;
  }

 private:
  T target_;
  std::string_view name_;
  SweepOptions opt_;
};

/// The heat bath and Metropolis of reals: sites on the line, pairs on the sphere.
template <CachedReals T>
auto real_heat_bath(const T& t, SweepOptions o) {
  if constexpr (SiteTarget<T>)
    return SiteSweep<T, SiteHeatBath>(t, "glauber", o);
  else
    return PairSweep<T, CircleSlice>(t, "glauber", o);
}
template <CachedReals T>
auto real_metropolis(const T& t, SweepOptions o) {
  if constexpr (SiteTarget<T>)
    return SiteSweep<T, SiteMetropolis>(t, "metropolis", o);
  else
    return PairSweep<T, CircleMetropolis>(t, "metropolis", o);
}

}  // namespace glass

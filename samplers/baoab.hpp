#pragma once
#include <cmath>

#include "models/core/options.hpp"
#include "samplers/sampler.hpp"
#include "samplers/smooth.hpp"

namespace glass {

struct BaoabOptions {
  double step = 0.2, friction = 1.0;
  static constexpr std::tuple fields{
      Field{"step",
            &BaoabOptions::step,
            "",
            "epsilon, the time step: the law is off by its square",
            {.least = 0, .above = true}},
      Field{"friction", &BaoabOptions::friction, "", "gamma, decay rate of the momentum", {.least = 0, .above = true}},
  };
};

/// Underdamped Langevin dynamics, unit mass, split as B A O A B: half a kick, half a flight, p <- c p + sqrt(1-c^2) z
/// with c = e^{-gamma eps}, half a flight, half a kick; on the sphere flights follow great circles and z is tangent.
/// The law of x is off by O(eps^2), and exact for a Gaussian. Leimkuhler and Matthews, Appl. Math. Res. Express 2013,
/// 34; on manifolds Proc. R. Soc. A 472, 20160138 (2016). One step is one gradient a column.
template <SmoothTarget T>
class Baoab {
 public:
  using Options = BaoabOptions;
  static constexpr std::string_view name = "baoab";
  static constexpr std::string_view formula =
      "p += eps F/2, fly eps/2, p = c p + sqrt(1-c^2) z, fly eps/2, p += eps F/2,  c = exp(-gamma eps)";
  static constexpr std::string_view reference = "Leimkuhler and Matthews, Appl. Math. Res. Express 2013, 34 (2013)";
  struct State {
    Streams rng;
    Tilt at;
    SmoothPoint point;
    Batch p;
    static void visit(auto& s, auto&& f) { f(s.rng, s.at, s.point, s.p); }
  };

  explicit Baoab(T target, BaoabOptions opt = {}) : density_(std::move(target), name), opt_(opt) {}
  Traits traits() const { return {name, Kind::chain, Promise::approximate, 2}; }

  State init(Streams rng) const {
    const Index b = rng.columns();
    State s{std::move(rng), density_.base(b), {}, {}};
    restart(s);
    return s;
  }
  void restart(State& s) const { place(s, density_.start(s.at, s.rng)); }
  void place(State& s, BatchIn x) const {
    s.point = density_.at(density_.allowed(s.at, x));
    s.p.resize(x.rows(), x.cols());
    for (Index c = 0; c < x.cols(); ++c) density_.noise(s.point, s.at, c, s.rng[c], s.p.col(c));
  }

  StepInfo step(State& s) const {
    const Index b = s.point.x.cols();
    const float eps = float(opt_.step), decay = float(std::exp(-opt_.friction * opt_.step));
    const float kick = float(std::sqrt(-std::expm1(-2 * opt_.friction * opt_.step)));
    Eigen::VectorXf force(s.p.rows()), z(s.p.rows());
    const auto half_kick = [&](Index c) {
      density_.force(s.point, s.at, c, force);
      s.p.col(c) += 0.5f * eps * force;
    };
    for (Index c = 0; c < b; ++c) {
      half_kick(c);
      density_.fly(s.point.x.col(c), s.p.col(c), 0.5f * eps);
      density_.noise(s.point, s.at, c, s.rng[c], z);
      s.p.col(c) = decay * s.p.col(c) + kick * z;
      density_.fly(s.point.x.col(c), s.p.col(c), 0.5f * eps);
    }
    s.point = density_.at(std::move(s.point.x));
    for (Index c = 0; c < b; ++c) half_kick(c);
    StepInfo info;
    info.work.gradients = b;
    return info;
  }
  void read(const State& s, BatchOut out) const { out = s.point.x; }
  PerColumn log_likelihood(const State& s) const { return s.point.log_likelihood; }
  void set_power(State& s, const PerColumn& p) const { s.at.power = p; }
  void retilt(State& s, const Tilt& t) const {
    s.at = t;
    place(s, Batch(s.point.x));
  }

 private:
  SmoothDensity<T> density_;
  BaoabOptions opt_;
};

}  // namespace glass

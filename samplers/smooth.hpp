#pragma once
// What samplers that follow gradients share: the density of a tilted target of reals, and how one moves on its space.
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "models/core/error.hpp"
#include "models/core/real_sites.hpp"
#include "samplers/spin_start.hpp"

namespace glass {

/// A configuration with what its density needs, all of log L at power 1: a change of tilt costs nothing.
struct SmoothPoint {
  Batch x, grad;             // N x B; gradient of log L
  PerColumn log_likelihood;  // log L
  static void visit(auto& s, auto&& f) { f(s.x, s.grad, s.log_likelihood); }
  /// Column c from another.
  void take(const SmoothPoint& from, Index c) {
    x.col(c) = from.x.col(c);
    grad.col(c) = from.grad.col(c);
    log_likelihood(c) = from.log_likelihood(c);
  }
};

/// ln of prior(x) L(x)^power exp(field.x - precision |x|^2/2), its force, and the moves of its space, one column at a
/// time. On the line with the Gaussian prior pinned sites have no force and never move; on the sphere |x|^2 = N all
/// forces, noises and momenta are tangent, and prior and precision are constants.
template <SmoothTarget T>
class SmoothDensity {
 public:
  /// Throws Refused, naming `who`, where the prior has no density.
  SmoothDensity(T target, std::string_view who) : target_(std::move(target)) {
    if (!kSphere && target_.real_sites().rho < 1)
      throw Refused(std::string(who) + ": the prior has an atom at 0 and no density; glauber and metropolis draw it");
  }
  Tilt base(Index columns) const { return target_.base(columns); }

  SmoothPoint at(Batch x) const {  // one gradient a column
    SmoothPoint p{std::move(x), {}, {}};
    p.grad.resize(p.x.rows(), p.x.cols());
    p.log_likelihood = target_.gradient(p.x, p.grad);
    return p;
  }
  /// From the prior: N(0, 1) on free sites, or uniform on the sphere.
  Batch start(const Tilt& t, Streams& rng) const {
    Batch x(t.pinned.rows(), t.columns());
    for (Index c = 0; c < x.cols(); ++c) rng[c].normals({x.col(c).data(), std::size_t(x.rows())});
    return allowed(t, std::move(x));
  }
  /// x with the pins put in, or scaled to the sphere. Throws Refused for pins on the sphere.
  Batch allowed(const Tilt& t, Batch x) const {
    if constexpr (!kSphere) return with_pins(t, std::move(x));
    refuse_pins_on_sphere(t);
    return to_sphere(std::move(x));
  }

  double log_density(const SmoothPoint& p, const Tilt& t, Index c) const {
    const auto x = p.x.col(c).template cast<double>();
    const double shape = kSphere ? 0 : -0.5 * (1 + t.precision(c)) * x.squaredNorm();
    return t.power(c) * p.log_likelihood(c) + x.dot(t.field.col(c).template cast<double>()) + shape;
  }
  using In = Eigen::Ref<const Eigen::VectorXf>;
  using Out = Eigen::Ref<Eigen::VectorXf>;
  /// Gradient of log_density, tangent to where x can go.
  void force(const SmoothPoint& p, const Tilt& t, Index c, Out f) const {
    f = float(t.power(c)) * p.grad.col(c) + t.field.col(c);
    if constexpr (!kSphere) f -= float(1 + t.precision(c)) * p.x.col(c);
    make_tangent(p.x.col(c), t, c, f);
  }
  /// Standard normal in the directions in which x can go.
  void noise(const SmoothPoint& p, const Tilt& t, Index c, Stream& rng, Out z) const {
    rng.normals({z.data(), std::size_t(z.size())});
    make_tangent(p.x.col(c), t, c, z);
  }

  /// x + v, drawn back along the radius to the sphere, in place of v.
  static void move(const In& x, Out v) {
    v += x;
    if constexpr (kSphere) v *= float(std::sqrt(double(x.size()))) / v.norm();
  }
  /// The v with which move leads from one to the other.
  static void displacement(const In& from, const In& to, Out v) {
    if constexpr (kSphere)
      v = (float(from.size()) / from.dot(to)) * to - from;
    else
      v = to - from;
  }
  /// Free flight for a time: straight, or along the great circle with the momentum carried along.
  static void fly(Out x, Out p, float time) {
    if constexpr (!kSphere) {
      x += time * p;
      return;
    }
    const float radius = float(std::sqrt(double(x.size()))), speed = p.norm();
    if (!(speed > 0)) return;
    const float cosine = std::cos(time * speed / radius), sine = std::sin(time * speed / radius);
    for (Index i = 0; i < x.size(); ++i) {
      const float was = x(i);
      x(i) = cosine * was + radius / speed * sine * p(i);
      p(i) = cosine * p(i) - speed / radius * sine * was;
    }
    x *= radius / x.norm();  // rounding
  }

 private:
  static constexpr bool kSphere = T::space == Space::sphere;
  static void make_tangent(const In& x, const Tilt& t, Index c, Out v) {
    if constexpr (kSphere) {
      v -= (x.dot(v) / x.squaredNorm()) * x;
    } else {
      for (Index i = 0; i < v.size(); ++i)
        if (!t.free(i, c)) v(i) = 0;
    }
  }
  T target_;
};

}  // namespace glass

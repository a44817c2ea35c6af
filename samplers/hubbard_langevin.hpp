#pragma once
#include <Eigen/Cholesky>
#include <cmath>

#include "models/core/options.hpp"
#include "models/core/target.hpp"
#include "samplers/sampler.hpp"
#include "samplers/spin_start.hpp"
#include "samplers/step_size.hpp"

namespace glass {

struct HubbardLangevinOptions {
  double step = 0.1;
  bool adapt = true;
  double goal = 0.57;
  double margin = 0.05;
  static constexpr std::tuple fields{
      Field{"step",
            &HubbardLangevinOptions::step,
            "",
            "eta, where adaptation starts or, without it, stays",
            {.least = 0, .above = true}},
      Field{"adapt", &HubbardLangevinOptions::adapt, "", "find eta in warm-up; it is frozen afterwards"},
      Field{"goal", &HubbardLangevinOptions::goal, "", "acceptance to adapt to", {.least = 0.01, .most = 0.99}},
      Field{"margin",
            &HubbardLangevinOptions::margin,
            "of |lambda_min|",
            "how far beyond -lambda_min(beta J) the diagonal shift goes",
            {.least = 1e-4, .most = 10}},
  };
};

/// Langevin on the Gaussian auxiliary field of a pairwise model. With A = beta J + c I, c > -lambda_min(beta J),
/// positive definite, the joint law exp(-(y-x)'A(y-x)/2) p(x) has the marginal
///     pi(y) ~ exp(-y'Ay/2) prod_i 2 cosh((Ay)_i + b_i),   grad ln pi = A (tanh(Ay + b) - y),
/// on which MALA moves, and the conditional x_i | y ~ exp(x_i((Ay)_i + b_i)), from which the spins are redrawn exactly.
/// Hubbard, Phys. Rev. Lett. 3, 77 (1959); Zhang, Sutton, Storkey and Ghahramani, NIPS 2012; MALA: Roberts and
/// Tweedie, Bernoulli 2, 341 (1996). Pinned sites are dropped from A and act through b. At power p, A is p(beta J + c
/// I). One step is one proposal: two GEMMs, 4 N^2 B flops.
template <PairwiseTarget T>
class HubbardLangevin {
 public:
  using Options = HubbardLangevinOptions;
  static constexpr std::string_view name = "hubbard-langevin";
  static constexpr std::string_view formula =
      "y' = y + eta A(tanh(Ay+b) - y) + sqrt(2 eta) z, accept or reject; x_i ~ exp(x_i((Ay)_i + b_i))";
  static constexpr std::string_view reference =
      "Hubbard, Phys. Rev. Lett. 3, 77 (1959); Roberts and Tweedie, Bernoulli 2, 341 (1996)";
  struct State {
    Streams rng;
    Tilt at;
    Batch y, ay;       // auxiliary field and A y; rows of pinned sites are 0 in y and unused in ay
    Batch b;           // what acts on each site beside A y: external field, tilt, pinned neighbours
    Batch grad;        // of ln pi at y
    PerColumn log_pi;  // at y
    Batch x;           // spins given y
    StepSize eta;
    PerColumn acceptance;
    static void visit(auto& s, auto&& f) { f(s.rng, s.at, s.y, s.ay, s.b, s.grad, s.log_pi, s.x, s.eta, s.acceptance); }
  };

  explicit HubbardLangevin(T target, HubbardLangevinOptions opt = {})
      : target_(std::move(target)), opt_(opt), shift_(float(positive_shift())) {}
  Traits traits() const { return {name, Kind::chain, Promise::exact_in_the_limit}; }
  double shift() const { return double(shift_); }  ///< c

  State init(Streams rng) const {
    const Index b = rng.columns();
    State s;
    s.at = target_.base(b);
    s.rng = std::move(rng);
    s.eta = StepSize::of(opt_.step, b);
    s.acceptance = PerColumn::Zero(b);
    restart(s);
    return s;
  }
  void restart(State& s) const { place(s, random_spins(s.at, s.rng)); }
  /// y given x is N(x, A^-1) on the free sites: a start at an exact draw of x is an exact draw of y. One Cholesky
  /// factorisation, N^3/3, per pattern of pins.
  void place(State& s, BatchIn spins) const {
    const Index n = spins.rows(), b = spins.cols();
    if (!(s.at.power.minCoeff() > 0)) throw BadInput("hubbard-langevin: power must be above 0: y has no law at 0");
    s.x = with_pins(s.at, spins);
    set_sources(s);
    s.y = Batch::Zero(n, b);
    std::vector<Index> free;
    Eigen::LLT<Batch> factor;
    Eigen::VectorXf z(n);
    for (Index c = 0; c < b; ++c) {
      if (c == 0 || s.at.pinned.col(c) != s.at.pinned.col(c - 1)) {
        free.clear();
        for (Index i = 0; i < n; ++i)
          if (s.at.free(i, c)) free.push_back(i);
        factor.compute(matrix()(free, free));
      }
      const Index m = Index(free.size());
      s.rng[c].normals({z.data(), std::size_t(n)});
      const Eigen::VectorXf noise = factor.matrixU().solve(z.head(m)) / std::sqrt(float(s.at.power(c)));
      for (Index k = 0; k < m; ++k) s.y(free[std::size_t(k)], c) = s.x(free[std::size_t(k)], c) + noise(k);
    }
    s.ay.resize(n, b);
    s.grad.resize(n, b);
    multiply(s, s.y, s.ay);
    gradient(s, s.y, s.ay, s.grad);
    s.log_pi = log_density(s, s.y, s.ay);
  }

  StepInfo step(State& s) const {
    const Index n = s.y.rows(), b = s.y.cols();
    Batch y(n, b), ay(n, b), grad(n, b);
    Eigen::VectorXf z(n);
    for (Index c = 0; c < b; ++c) {
      const float eta = float(s.eta(c));
      s.rng[c].normals({z.data(), std::size_t(n)});
      y.col(c) = s.y.col(c) + eta * s.grad.col(c) + std::sqrt(2 * eta) * z;
      for (Index i = 0; i < n; ++i)
        if (!s.at.free(i, c)) y(i, c) = 0.0f;
    }
    multiply(s, y, ay);
    gradient(s, y, ay, grad);
    const PerColumn log_pi = log_density(s, y, ay);
    for (Index c = 0; c < b; ++c) {
      const float eta = float(s.eta(c));
      const Eigen::VectorXf there = y.col(c) - s.y.col(c) - eta * s.grad.col(c);
      const Eigen::VectorXf back = s.y.col(c) - y.col(c) - eta * grad.col(c);
      const double log_ratio =
          log_pi(c) - s.log_pi(c) +
          (there.cast<double>().squaredNorm() - back.cast<double>().squaredNorm()) / (4.0 * double(eta));
      s.acceptance(c) = std::exp(std::min(0.0, log_ratio));
      if (std::log(s.rng[c].uniform()) < log_ratio) {
        s.y.col(c) = y.col(c);
        s.ay.col(c) = ay.col(c);
        s.grad.col(c) = grad.col(c);
        s.log_pi(c) = log_pi(c);
      }
      draw_spins(s, c);
    }
    StepInfo info;
    info.acceptance = s.acceptance.mean();
    info.work.gradients = info.work.energies = b;
    info.work.attempts = n * b;
    return info;
  }
  void adapt(State& s) const {
    if (opt_.adapt) s.eta.adapt(s.acceptance, s.at.power, opt_.goal);
  }
  void exchange(State& s, Index a, Index b) const {
    s.eta.exchange(a, b);
    std::swap(s.acceptance(a), s.acceptance(b));
  }
  void read(const State& s, BatchOut out) const { out = s.x; }
  PerColumn log_likelihood(const State& s) const { return target_.log_likelihood(s.x); }
  void set_power(State& s, const PerColumn& p) const {
    Tilt t = s.at;
    t.power = p;
    retilt(s, t);
  }
  /// A new tilt keeps the spins and draws y afresh given them.
  void retilt(State& s, const Tilt& t) const {
    s.at = t;
    place(s, Batch(s.x));
  }

 private:
  /// beta J + c I, dense, for the factorisations.
  Batch matrix() const {
    const Index n = target_.sites();
    Batch a(n, n);
    target_.multiply(Batch::Identity(n, n), a);
    a.diagonal().array() += shift_;
    return a;
  }
  /// c = (1 + margin) |lambda_min|, lambda_min from power iteration on beta J - bound I, then raised until the Cholesky
  /// factorisation says that A is positive definite. What is used is checked, whatever the iteration found.
  double positive_shift() const {
    const Index n = target_.sites();
    Batch j(n, n);
    target_.multiply(Batch::Identity(n, n), j);
    const float bound = j.cwiseAbs().rowwise().sum().maxCoeff();  // Gershgorin
    Eigen::VectorXf v(n), w(n);
    Stream({0, Purpose::start, 0, 0}, 0).normals({v.data(), std::size_t(n)});
    v.normalize();
    double lowest = 0;
    for (int k = 0; k < 200; ++k) {
      w = j * v;
      lowest = double(v.dot(w));
      v = (w - bound * v).normalized();
    }
    double c = (1.0 + opt_.margin) * std::max(-lowest, 0.0) + 1e-3;
    for (;; c *= 1.1) {
      Batch a = j;
      a.diagonal().array() += float(c);
      if (Eigen::LLT<Batch>(a).info() == Eigen::Success) return c;
    }
  }
  void multiply(const State& s, const Batch& y, Batch& out) const {  // power (beta J + c I) y
    target_.multiply(y, out);
    out += shift_ * y;
    for (Index c = 0; c < y.cols(); ++c) out.col(c) *= float(s.at.power(c));
  }
  /// b: power (beta h + beta J x_pinned) + the tilt's field.
  void set_sources(State& s) const {
    Batch held(s.x.rows(), s.x.cols());
    for (Index c = 0; c < held.cols(); ++c)
      for (Index i = 0; i < held.rows(); ++i) held(i, c) = s.at.free(i, c) ? 0.0f : s.at.pinned(i, c);
    s.b.resize(held.rows(), held.cols());
    target_.fields(held, s.b);
    for (Index c = 0; c < held.cols(); ++c) s.b.col(c) = float(s.at.power(c)) * s.b.col(c) + s.at.field.col(c);
  }
  void gradient(const State& s, const Batch& y, const Batch& ay, Batch& out) const {  // A (tanh(Ay + b) - y)
    Batch pull = (ay + s.b).array().tanh().matrix() - y;
    for (Index c = 0; c < y.cols(); ++c)
      for (Index i = 0; i < y.rows(); ++i)
        if (!s.at.free(i, c)) pull(i, c) = 0.0f;
    multiply(s, pull, out);
    for (Index c = 0; c < y.cols(); ++c)
      for (Index i = 0; i < y.rows(); ++i)
        if (!s.at.free(i, c)) out(i, c) = 0.0f;
  }
  PerColumn log_density(const State& s, const Batch& y, const Batch& ay) const {
    PerColumn out(y.cols());
    for (Index c = 0; c < y.cols(); ++c) {
      const Eigen::ArrayXf f =
          (s.at.pinned.col(c).array() == Tilt::kFree).select((ay.col(c) + s.b.col(c)).array().abs(), 0.0f);
      // ln 2cosh f = |f| + ln(1 + e^-2|f|): no overflow; the constant ln 2 of a pinned site cancels in every ratio
      out(c) = (f + (-2.0f * f).exp().log1p()).cast<double>().sum() -
               0.5 * y.col(c).cast<double>().dot(ay.col(c).cast<double>());
    }
    return out;
  }
  void draw_spins(State& s, Index c) const {  // x_i up where (Ay)_i + b_i > (1/2) ln(u/(1-u))
    const Index n = s.x.rows();
    Eigen::VectorXf theta(n);
    s.rng[c].half_logits({theta.data(), std::size_t(n)});
    for (Index i = 0; i < n; ++i)
      s.x(i, c) = !s.at.free(i, c) ? s.at.pinned(i, c) : s.ay(i, c) + s.b(i, c) > theta(i) ? 1.0f : -1.0f;
  }
  T target_;
  HubbardLangevinOptions opt_;
  float shift_;
};

}  // namespace glass

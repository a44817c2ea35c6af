#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "models/core/any_denoiser.hpp"
#include "models/core/options.hpp"
#include "samplers/divergence.hpp"
#include "samplers/draw_symbols.hpp"
#include "samplers/gaussian_path.hpp"
#include "samplers/sampler.hpp"

namespace glass {

struct FlowOptions {
  double final_time = 16.0;
  int steps = 50;
  std::string scheme = "heun";
  std::string interpolant = "exploding";
  std::string grid = "uniform";
  double tolerance = 1e-3;
  std::string divergence = "none";
  int probes = 1;
  static constexpr std::tuple fields{
      Field{"final_time",
            &FlowOptions::final_time,
            "",
            "last signal-to-noise ratio gamma^2",
            {.least = 0, .above = true}},
      Field{"steps", &FlowOptions::steps, "", "steps of the path", {.least = 1}},
      Field{"scheme",
            &FlowOptions::scheme,
            "",
            "euler (1 denoiser call a step), heun (2), rk4 (4), or adaptive (3; lays out its own steps)",
            {.choices = "euler|heun|rk4|adaptive"}},
      Field{"interpolant",
            &FlowOptions::interpolant,
            "",
            "y = z + s x (exploding), (1-s) z + s x (linear), or cos(s) z + sin(s) x (trigonometric)",
            {.choices = "exploding|linear|trigonometric"}},
      Field{
          "grid",
          &FlowOptions::grid,
          "",
          "what the steps are uniform in: the interpolant's time, or the overlap that theory predicts of the ensemble",
          {.choices = "uniform|predicted-overlap"}},
      Field{"tolerance",
            &FlowOptions::tolerance,
            "of the noise",
            "error of y that a step of scheme = adaptive may make, root mean square over sites",
            {.least = 1e-6, .most = 1}},
      Field{
          "divergence",
          &FlowOptions::divergence,
          "",
          "for ln q of the draws: none (not known), exact (2 N more denoiser calls a slope), or hutchinson (2 a probe; "
          "without bias, with noise)",
          {.choices = "none|exact|hutchinson"}},
      Field{"probes", &FlowOptions::probes, "directions", "of random signs a slope, for hutchinson", {.least = 1}},
  };
};

/// A Runge-Kutta rule: stage j at time c_j of the step, from the slopes before it by row a_j; the step is b.
struct RungeKutta {
  int stages;
  double order;
  std::array<double, 4> c, b;
  std::array<std::array<double, 3>, 4> a;
};
/// Euler; Heun; Kutta (1901); the third-order rule of Bogacki and Shampine, Appl. Math. Lett. 2, 321 (1989).
inline constexpr RungeKutta kEuler{1, 1, {}, {1}, {}};
inline constexpr RungeKutta kHeun{2, 2, {0, 1}, {0.5, 0.5}, {{{}, {1}}}};
inline constexpr RungeKutta kKutta{
    4, 4, {0, 0.5, 0.5, 1}, {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6}, {{{}, {0.5}, {0, 0.5}, {0, 0, 1}}}};
inline constexpr RungeKutta kBogackiShampine{
    3, 3, {0, 0.5, 0.75}, {2.0 / 9, 1.0 / 3, 4.0 / 9}, {{{}, {0.5}, {0, 0.75}}}};
/// b of the embedded rule of order 2 less that of order 3; its fourth stage is the slope where the step ends.
inline constexpr std::array<double, 4> kBogackiShampineError{7.0 / 24 - 2.0 / 9, 1.0 / 4 - 1.0 / 3, 1.0 / 3 - 4.0 / 9,
                                                             1.0 / 8};

/// Flow of a stochastic interpolant y_s = a z + b x (samplers/gaussian_path.hpp): the ODE whose solutions have the law
/// of y_s at every s, in which only the posterior mean is not known. Albergo and Vanden-Eijnden, ICLR 2023; Lipman et
/// al., ICLR 2023. From y = z at s = 0 to gamma^2 = final_time; then every spin is drawn from its marginal. In the
/// length of a step Euler is off by O(h), Heun by O(h^2), rk4 by O(h^4).
///
/// scheme = adaptive: the steps are laid out once, by a pilot of 8 columns of their own random numbers, each as long as
/// the error estimate of an embedded pair allows in all of the 8; every draw then takes these steps, at order 3. So all
/// columns end together, and none depends on its neighbours.
///
/// divergence = exact or hutchinson: ln q of the draws, by the continuity equation. The density of u = y/a falls along
/// its path as
///
///     d ln q(u)/ds = -gamma gamma' sum_i dm_i/db_i,   ln q(z) = -|z|^2/2 - (n/2) ln 2 pi at s = 0
///
/// (Chen, Rubanova, Bettencourt and Duvenaud, NeurIPS 2018; Grathwohl et al., ICLR 2019), integrated by the same rule
/// as y. A draw x comes about by way of an observation u, and its ln q is, as an order's is part of `autoregressive`,
///
///     ln q(x) := ln q(u) + sum_i ln m_i(x_i | u) - ln N(u; gamma x, 1),
///
/// m_i the marginals at the end and the last term what an observation of x has: E_q[f(x) p(x)/q(x)] = E_p f at any
/// final_time, and for given x the mean of q over observations of it is the probability that x is drawn. So weights,
/// ELBO and EUBO are those of an exact q, up to the order of the steps (Traits::log_prob_order), finite differences of
/// the mean (1e-4 of the divergence; of message passing, its tolerance) and, for hutchinson, noise: it leaves both
/// bounds unbiased and multiplies weights by e^{variance/2} on average. On real sites q is a density; on the sphere
/// that of `eigenvectors` alone, because amp's draws there have none in closed form.
///
/// Given configurations are walked backwards, and every denoiser call there begins from nothing: warm messages would
/// bring the branch at the path's end back with them, where draws on their way up are still on the uninformed one.
template <HasMarginals D = AnyDenoiser>
class Flow {
 public:
  using Options = FlowOptions;
  static constexpr std::string_view name = "flow";
  static constexpr std::string_view formula =
      "dy/ds = (a'/a) y + a gamma' E[x|y], y = z at s = 0; tilt (gamma^2, gamma y/a)";
  static constexpr std::string_view reference =
      "Albergo and Vanden-Eijnden, ICLR 2023 (arXiv:2209.15571); Ghio et al., PNAS 2024 (arXiv:2308.14085)";
  struct State {
    Streams rng, probes;
    Tilt tilt;
    typename D::State messages;
    Batch y, mean;
    std::vector<double> times;  // of the steps: 0 .. the end
    Batch x;                    // the draw, once finished
    PerColumn log_q;            // of u = y/a against (2 pi)^{-n/2}; of the draw, once finished
    std::int64_t k = 0;
    static void visit(auto& s, auto&& f) {
      f(s.rng, s.probes, s.tilt, s.messages, s.y, s.mean, s.times, s.x, s.log_q, s.k);
    }
  };

  /// `predicted`: steps + 1 ascending values of gamma^2, 0 .. final_time, of grid = predicted-overlap alone. Throws
  /// Refused where the grid is to be predicted and is not, or ln q is wanted of real sites whose denoiser draws them
  /// with no known density; BadInput where scheme = adaptive lays out its own.
  Flow(D denoiser, bool exact_denoiser, FlowOptions opt = {}, std::vector<double> predicted = {})
      : denoiser_(std::move(denoiser)), exact_(exact_denoiser), opt_(std::move(opt)), predicted_(std::move(predicted)) {
    if constexpr (requires { denoiser_.site_density(); })
      if (knows_q() && denoiser_.alphabet().symbols() == 0 && !denoiser_.site_density())
        throw Refused("flow: divergence=" + opt_.divergence +
                      ": this denoiser draws real sites with no known density; choose amp on independent sites, or "
                      "eigenvectors on the sphere");
    if (opt_.grid != "predicted-overlap") return;
    if (opt_.scheme == "adaptive")
      throw BadInput("flow: grid=predicted-overlap: scheme=adaptive lays out its own steps; choose another scheme");
    if (int(predicted_.size()) != opt_.steps + 1)
      throw Refused("flow: grid=predicted-overlap: nobody has predicted the times; use scheme=adaptive");
  }
  explicit Flow(AnyDenoiser denoiser, FlowOptions opt = {},
                std::vector<double> predicted = {}) requires std::same_as<D, AnyDenoiser>
      : Flow(denoiser, denoiser.exact(), std::move(opt), std::move(predicted)) {}
  /// Where a path begins in gamma^2.
  static double begin(const FlowOptions&) { return 0; }
  Traits traits() const {
    return {name,
            Kind::generator,
            Promise::approximate,
            exact_ && opt_.scheme != "adaptive" && opt_.grid == "uniform" ? rule().order : 0,
            1,
            rule().order};
  }
  Abilities abilities() const { return {.log_prob = knows_q()}; }

  State init(Streams rng) const {
    std::vector<double> times;
    if (opt_.scheme == "adaptive") {
      times = pilot(rng.block(-rng.first(), kPilot).branch(Purpose::population));
    } else if (opt_.grid == "predicted-overlap") {
      for (const double t : predicted_) times.push_back(interpolant_end(opt_.interpolant, std::sqrt(t)));
    } else {
      for (int k = 0; k <= opt_.steps; ++k) times.push_back(end() * k / opt_.steps);
    }
    return start(std::move(rng), std::move(times));
  }
  void restart(State& s) const {
    normals(s.rng, s.y);
    s.log_q = log_normal(s.y);
    denoiser_.restart(s.messages);
    s.k = 0;
  }
  StepInfo step(State& s) const {
    const auto last = std::int64_t(s.times.size()) - 1;
    if (s.k == last) return {.finished = true};
    const double from = s.times[std::size_t(s.k)], to = s.times[std::size_t(++s.k)];
    DenoiseInfo sum;
    advance(s, from, to, false, sum);
    const bool finished = s.k == last;
    if (finished) {
      const Interpolant at = set_tilt(s, to, s.y);
      add(sum, draw_from_marginals(denoiser_, s.tilt, s.messages, s.rng, s.x, knows_q() ? &s.log_q : nullptr));
      if (knows_q()) s.log_q -= log_normal(Batch(s.y / float(at.a) - float(at.gamma) * s.x));
    }
    return {.finished = finished, .unconverged = sum.unconverged, .work = sum.work};
  }
  void read(const State& s, BatchOut out) const { out = s.x; }
  PerColumn log_prob(const State& s) const { return s.log_q; }
  /// ln q of given configurations (dim x B), each through an observation of its own that is drawn here. -inf where one
  /// contradicts a pin; BadInput where it shows no symbol of the alphabet.
  std::pair<PerColumn, StepInfo> log_prob_of(State& s, BatchIn x, const Tick& tick = {}) const {
    restart(s);
    const std::int64_t last = std::int64_t(s.times.size()) - 1;
    const Interpolant at = interpolant(opt_.interpolant, s.times.back());
    Batch noise(s.y.rows(), s.y.cols());
    normals(s.rng, noise);
    s.x = x;
    s.y = float(at.a) * (float(at.gamma) * s.x + noise);
    set_tilt(s, s.times.back(), s.y);
    DenoiseInfo sum;
    PerColumn log_q = -log_normal(noise);
    add(sum, weigh_by_marginals(denoiser_, s.tilt, s.messages, x, log_q));
    s.log_q.setZero();
    for (s.k = last; s.k > 0; --s.k) {
      advance(s, s.times[std::size_t(s.k)], s.times[std::size_t(s.k) - 1], true, sum);
      if (tick) tick();
    }
    s.log_q = log_q - s.log_q + log_normal(s.y);  // a = 1 where the path begins
    s.k = last;
    return {s.log_q, {.finished = true, .unconverged = sum.unconverged, .work = sum.work}};
  }

 private:
  bool knows_q() const { return opt_.divergence != "none"; }
  static void normals(Streams& rng, Batch& z) {
    for (Index c = 0; c < z.cols(); ++c) rng[c].normals({z.col(c).data(), std::size_t(z.rows())});
  }
  /// ln N(z; 0, 1) against (2 pi)^{-n/2}.
  static PerColumn log_normal(const Batch& z) { return -0.5 * z.template cast<double>().colwise().squaredNorm(); }
  static constexpr Index kPilot = 8;  // columns
  const RungeKutta& rule() const {
    return opt_.scheme == "euler"  ? kEuler
           : opt_.scheme == "heun" ? kHeun
           : opt_.scheme == "rk4"  ? kKutta
                                   : kBogackiShampine;
  }
  double end() const { return interpolant_end(opt_.interpolant, std::sqrt(opt_.final_time)); }
  State start(Streams rng, std::vector<double> times) const {
    Tilt tilt = denoiser_.base(rng.columns());
    const Batch zero = Batch::Zero(tilt.field.rows(), tilt.field.cols());
    auto messages = denoiser_.start(rng.branch(Purpose::denoiser));
    Streams probes = rng.branch(Purpose::probe);
    State s{std::move(rng),
            std::move(probes),
            std::move(tilt),
            std::move(messages),
            zero,
            zero,
            std::move(times),
            zero,
            {},
            0};
    restart(s);
    return s;
  }
  Interpolant set_tilt(State& s, double time, const Batch& y) const {
    const Interpolant at = interpolant(opt_.interpolant, time);
    s.tilt.precision.setConstant(at.gamma * at.gamma);
    s.tilt.field = float(at.gamma / at.a) * y;
    return at;
  }
  Batch velocity(State& s, double time, const Batch& y, DenoiseInfo& sum) const {
    const Interpolant at = set_tilt(s, time, y);
    add(sum, denoiser_.posterior_mean(s.tilt, s.messages, s.mean));
    return float(at.a_slope / at.a) * y + float(at.a * at.gamma_slope) * s.mean;
  }
  /// Of all stages of a step of length h; look(stage) after each.
  std::vector<Batch> slopes(State& s, double time, double h, DenoiseInfo& sum, auto&& look) const {
    std::vector<Batch> out;
    for (int j = 0; j < rule().stages; ++j) {
      const auto uj = std::size_t(j);
      const Batch y = j ? Batch(s.y + float(h) * combined(rule().a[uj], out)) : s.y;
      out.push_back(velocity(s, time + rule().c[uj] * h, y, sum));
      look(uj);
    }
    return out;
  }
  /// One step of y, and of ln q where it is wanted. `cold`: no call knows of the one before.
  void advance(State& s, double from, double to, bool cold, DenoiseInfo& sum) const {
    const double h = to - from;
    PerColumn fall = PerColumn::Zero(s.y.cols());
    const std::vector<Batch> k = slopes(s, from, h, sum, [&](std::size_t stage) {
      const Interpolant at = interpolant(opt_.interpolant, from + rule().c[stage] * h);
      const double pace = at.gamma * at.gamma_slope;
      if (knows_q() && pace > 0) fall += rule().b[stage] * pace * divergence(s, sum);
      if (cold) denoiser_.restart(s.messages);
    });
    s.y += float(h) * combined(rule().b, k);
    s.log_q -= h * fall;
  }
  /// Of the posterior mean, at the tilt just answered.
  PerColumn divergence(State& s, DenoiseInfo& sum) const {
    return opt_.divergence == "exact" ? exact_divergence(denoiser_, s.tilt, s.messages, sum)
                                      : probed_divergence(denoiser_, s.tilt, s.messages, opt_.probes, s.probes, sum);
  }
  static Batch combined(const auto& weights, const std::vector<Batch>& slopes) {
    Batch sum = float(weights[0]) * slopes[0];
    for (std::size_t j = 1; j < slopes.size(); ++j) sum += float(weights[j]) * slopes[j];
    return sum;
  }
  /// Times at which a population of its own must stop to keep every step's error below the tolerance.
  std::vector<double> pilot(Streams rng) const {
    State s = start(std::move(rng), {});
    DenoiseInfo uncounted;
    std::vector<double> times{0.0};
    const double shortest = 1e-4 * end();  // an end, whatever the errors
    for (double h = 0.1 * end(); times.back() < end();) {
      const double time = times.back();
      h = std::min(std::max(h, shortest), end() - time);
      std::vector<Batch> k = slopes(s, time, h, uncounted, [](std::size_t) {});
      const Batch y = s.y + float(h) * combined(kBogackiShampine.b, k);
      k.push_back(velocity(s, time + h, y, uncounted));
      const double error = h * std::sqrt(double(combined(kBogackiShampineError, k).colwise().squaredNorm().maxCoeff()) /
                                         double(y.rows()));
      if (error <= opt_.tolerance || h <= shortest) {
        s.y = y;
        times.push_back(end() - time - h > shortest ? time + h : end());
      }
      h *= std::clamp(0.9 * std::cbrt(opt_.tolerance / std::max(error, 1e-12)), 0.2, 5.0);
    }
    return times;
  }
  D denoiser_;
  bool exact_;
  FlowOptions opt_;
  std::vector<double> predicted_;  // gamma^2
};

}  // namespace glass

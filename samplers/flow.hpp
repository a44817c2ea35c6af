#pragma once
#include <cmath>

#include "models/core/any_denoiser.hpp"
#include "models/core/options.hpp"
#include "samplers/draw_symbols.hpp"
#include "samplers/sampler.hpp"

namespace glass {

struct FlowOptions {
  double final_time = 16.0;
  int steps = 50;
  std::string scheme = "heun";
  static constexpr std::tuple fields{
      Field{"final_time",
            &FlowOptions::final_time,
            "",
            "last signal-to-noise ratio gamma^2 = (s/(1-s))^2",
            {.least = 0, .above = true}},
      Field{"steps", &FlowOptions::steps, "", "steps, uniform in gamma", {.least = 1}},
      Field{
          "scheme", &FlowOptions::scheme, "", "euler (1 denoiser call a step) or heun (2)", {.choices = "euler|heun"}}};
};

/// Flow of the linear interpolant y_s = (1-s) z + s x: dy/ds = (E[x|y] - y)/(1-s), the posterior mean under the tilt
/// (precision, field) = (gamma^2, s y/(1-s)^2), gamma = s/(1-s). Albergo and Vanden-Eijnden, ICLR 2023; Lipman et al.,
/// ICLR 2023. In u = y/(1-s) and gamma the same ODE has no singular end:
///     du/dgamma = E[x | precision gamma^2, field gamma u],   u(0) = z.
/// Euler is off by O(h), Heun by O(h^2) in the step h of gamma. At the end every spin is drawn from its marginal.
template <HasMarginals D = AnyDenoiser>
class Flow {
 public:
  using Options = FlowOptions;
  static constexpr std::string_view name = "flow";
  static constexpr std::string_view formula =
      "dy/ds = (E[x|y] - y)/(1-s), y = z at s = 0; tilt (s^2/(1-s)^2, s y/(1-s)^2)";
  static constexpr std::string_view reference =
      "Albergo and Vanden-Eijnden, ICLR 2023 (arXiv:2209.15571); Ghio et al., PNAS 2024 (arXiv:2308.14085)";
  struct State {
    Streams rng;
    Tilt tilt;
    typename D::State messages;
    Batch u, mean;
    Batch x;  // the draw, once finished
    int k = 0;
    static void visit(auto& s, auto&& f) { f(s.rng, s.tilt, s.messages, s.u, s.mean, s.x, s.k); }
  };

  Flow(D denoiser, bool exact_denoiser, FlowOptions opt = {})
      : denoiser_(std::move(denoiser)), exact_(exact_denoiser), opt_(std::move(opt)) {}
  explicit Flow(AnyDenoiser denoiser, FlowOptions opt = {}) requires std::same_as<D, AnyDenoiser>
      : Flow(denoiser, denoiser.exact(), std::move(opt)) {}
  Traits traits() const {
    return {name, Kind::generator, Promise::approximate, !exact_ ? 0.0 : opt_.scheme == "euler" ? 1.0 : 2.0};
  }

  State init(Streams rng) const {
    Tilt tilt = denoiser_.base(rng.columns());
    const Batch zero = Batch::Zero(tilt.field.rows(), tilt.field.cols());
    auto messages = denoiser_.start(rng.branch(Purpose::denoiser));
    State s{std::move(rng), std::move(tilt), std::move(messages), zero, zero, zero, 0};
    restart(s);
    return s;
  }
  void restart(State& s) const {
    for (Index c = 0; c < s.u.cols(); ++c) s.rng[c].normals({s.u.col(c).data(), std::size_t(s.u.rows())});
    denoiser_.restart(s.messages);
    s.k = 0;
  }
  StepInfo step(State& s) const {
    const double h = std::sqrt(opt_.final_time) / opt_.steps, gamma = h * s.k;
    DenoiseInfo sum = velocity(s, gamma, s.u);
    if (opt_.scheme == "euler") {
      s.u += float(h) * s.mean;
    } else {  // Heun: the average of the slopes at both ends
      const Batch first = s.mean;
      add(sum, velocity(s, gamma + h, s.u + float(h) * first));
      s.u += float(0.5 * h) * (first + s.mean);
    }
    const bool finished = ++s.k == opt_.steps;
    if (finished) {
      set_tilt(s, h * s.k, s.u);
      add(sum, draw_from_marginals(denoiser_, s.tilt, s.messages, s.rng, s.x));
    }
    return {.finished = finished, .unconverged = sum.unconverged, .work = sum.work};
  }
  void read(const State& s, BatchOut out) const { out = s.x; }

 private:
  static void set_tilt(State& s, double gamma, const Batch& u) {
    s.tilt.precision.setConstant(gamma * gamma);
    s.tilt.field = float(gamma) * u;
  }
  DenoiseInfo velocity(State& s, double gamma, const Batch& u) const {
    set_tilt(s, gamma, u);
    return denoiser_.posterior_mean(s.tilt, s.messages, s.mean);
  }
  D denoiser_;
  bool exact_;
  FlowOptions opt_;
};

}  // namespace glass

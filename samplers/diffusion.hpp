#pragma once
#include <cmath>

#include "models/core/any_denoiser.hpp"
#include "models/core/options.hpp"
#include "samplers/draw_symbols.hpp"
#include "samplers/sampler.hpp"

namespace glass {

struct DiffusionOptions {
  double final_time = 16.0;
  int steps = 100;
  static constexpr std::tuple fields{Field{"final_time",
                                           &DiffusionOptions::final_time,
                                           "",
                                           "last time t = signal-to-noise ratio gamma^2",
                                           {.least = 0, .above = true}},
                                     Field{"steps",
                                           &DiffusionOptions::steps,
                                           "denoiser calls",
                                           "Euler-Maruyama steps, uniform in gamma = sqrt(t)",
                                           {.least = 1}}};
};

/// Stochastic localisation: y_t = t x + W_t solves dy = E[x | y_t] dt + dW; the posterior mean is that of the target
/// tilted by (precision, field) = (t, y_t). Eldan (2013); El Alaoui, Montanari and Sellke, FOCS 2022; Montanari,
/// arXiv:2305.10690. Steps are Euler-Maruyama on t = T (k/K)^2: the law of the result is off by O(1/K) in total
/// variation. At the end every spin is drawn from its marginal given y_T.
/// One step is one denoiser call.
template <HasMarginals D = AnyDenoiser>
class Diffusion {
 public:
  using Options = DiffusionOptions;
  static constexpr std::string_view name = "diffusion";
  static constexpr std::string_view formula = "dy = E[x|y] dt + dW from y = 0; tilt (precision, field) = (t, y)";
  static constexpr std::string_view reference =
      "El Alaoui, Montanari and Sellke, FOCS 2022 (arXiv:2203.05093); Montanari, arXiv:2305.10690";
  struct State {
    Streams rng;
    Tilt tilt;  // (t, y_t)
    typename D::State messages;
    Batch mean;
    Batch x;  // the draw, once finished
    int k = 0;
    static void visit(auto& s, auto&& f) { f(s.rng, s.tilt, s.messages, s.mean, s.x, s.k); }
  };

  Diffusion(D denoiser, bool exact_denoiser, DiffusionOptions opt = {})
      : denoiser_(std::move(denoiser)), exact_(exact_denoiser), opt_(opt) {}
  explicit Diffusion(AnyDenoiser denoiser, DiffusionOptions opt = {}) requires std::same_as<D, AnyDenoiser>
      : Diffusion(denoiser, denoiser.exact(), opt) {}
  Traits traits() const { return {name, Kind::generator, Promise::approximate, exact_ ? 1.0 : 0.0}; }

  State init(Streams rng) const {
    Tilt tilt = denoiser_.base(rng.columns());
    const Batch zero = Batch::Zero(tilt.field.rows(), tilt.field.cols());
    auto messages = denoiser_.start(rng.branch(Purpose::denoiser));
    State s{std::move(rng), std::move(tilt), std::move(messages), zero, zero, 0};
    restart(s);
    return s;
  }
  void restart(State& s) const {
    s.tilt.field.setZero();
    s.tilt.precision.setZero();
    denoiser_.restart(s.messages);
    s.k = 0;
  }
  StepInfo step(State& s) const {
    const double t = time(s.k), dt = time(s.k + 1) - t;
    DenoiseInfo d = denoiser_.posterior_mean(s.tilt, s.messages, s.mean);
    Eigen::VectorXf z(s.mean.rows());
    for (Index c = 0; c < s.mean.cols(); ++c) {
      s.rng[c].normals({z.data(), std::size_t(z.size())});
      s.tilt.field.col(c) += float(dt) * s.mean.col(c) + float(std::sqrt(dt)) * z;
    }
    s.tilt.precision.setConstant(time(s.k + 1));
    const bool finished = ++s.k == opt_.steps;
    if (finished) {
      const DenoiseInfo last = draw_from_marginals(denoiser_, s.tilt, s.messages, s.rng, s.x);
      d.unconverged += last.unconverged;
      d.work += last.work;
    }
    return {.finished = finished, .unconverged = d.unconverged, .work = d.work};
  }
  void read(const State& s, BatchOut out) const { out = s.x; }

 private:
  double time(int k) const {
    const double u = double(k) / opt_.steps;
    return opt_.final_time * u * u;
  }
  D denoiser_;
  bool exact_;
  DiffusionOptions opt_;
};

}  // namespace glass

#pragma once
#include <cmath>
#include <string>
#include <vector>

#include "models/core/any_denoiser.hpp"
#include "models/core/options.hpp"
#include "samplers/any_kernel.hpp"
#include "samplers/draw_symbols.hpp"
#include "samplers/gaussian_path.hpp"
#include "samplers/sampler.hpp"

namespace glass {

struct PredictorCorrectorOptions {
  double final_time = 16.0;
  int steps = 100;
  int sweeps = 1;
  std::string grid = "gamma";
  static constexpr std::tuple fields{
      Field{"final_time",
            &PredictorCorrectorOptions::final_time,
            "",
            "last time t = signal-to-noise ratio gamma^2",
            {.least = 0, .above = true}},
      Field{"steps", &PredictorCorrectorOptions::steps, "", "of the path, a denoiser call each", {.least = 1}},
      Field{"sweeps",
            &PredictorCorrectorOptions::sweeps,
            "kernel steps",
            "at each time, y drawn afresh after each of them",
            {.least = 1}},
      Field{"grid",
            &PredictorCorrectorOptions::grid,
            "",
            "what the times are uniform in: gamma or t",
            {.choices = "gamma|snr"}},
  };
};

/// Stochastic localisation y_t = t x + W_t (samplers/diffusion.hpp) with a Markov chain on x beside y. From t to u:
///
///     predictor   y' = y + E[x | y] (u - t) + sqrt(u - t) z, the mean by the denoiser;
///     corrector   `sweeps` times: one step of the kernel on x at the tilt (u, y), then y ~ N(u x, u).
///
/// y given x at time u has just that law, so the corrector is block Gibbs sampling of (x, y): it leaves their joint law
/// at u alone, whatever the denoiser is, and no sweep moves the law of (x, y) away from it (total variation,
/// Kullback-Leibler). The idea is that of Song et al., ICLR 2021 (arXiv:2011.13456), whose corrector needs the score,
/// that is the denoiser; this one needs the target. x begins, at the first time, at draws from the denoiser's
/// marginals, and then goes on from time to time. The draw is x, not one from the marginals given y_T: these are the
/// denoiser's, sites apart from each other, while x has their correlations and all that the kernel knows.
///
/// What is left of the bias: each step brings in the predictor's error (time step, denoiser) and that of the old x
/// under the new y, O(u - t) both, and the sweeps forget a part of what has come in. So it vanishes for sweeps ->
/// infinity at any number of steps, and for steps -> infinity at any number of sweeps, whatever the denoiser is; a
/// kernel with time steps of its own adds their bias. What the kernel cannot cross on the way (the weights of valleys
/// that y has parted) stays the predictor's. As x is drawn at any time, final_time need not be large: late, y all but
/// fixes x, and sweeps change little. The kernel's step size, where it has one, is the one it is given.
///
/// One step is one denoiser call (the first: two) and `sweeps` kernel steps.
template <HasMarginals D = AnyDenoiser, Sampler K = AnyKernel>
class PredictorCorrector {
 public:
  using Options = PredictorCorrectorOptions;
  static constexpr std::string_view name = "predictor-corrector";
  static constexpr std::string_view formula =
      "dy = E[x|y] dt + dW by a denoiser; after each time step x by a kernel given y, y ~ N(t x, t)";
  static constexpr std::string_view reference =
      "Song et al., ICLR 2021 (arXiv:2011.13456); Montanari, arXiv:2305.10690; Grenioux et al., ICML 2024 "
      "(arXiv:2402.10758)";
  struct State {
    Streams rng;
    Tilt tilt;  // (t, y_t)
    typename D::State messages;
    typename K::State chain;
    Batch mean;
    int k = 0;
    static void visit(auto& s, auto&& f) { f(s.rng, s.tilt, s.messages, s.chain, s.mean, s.k); }
  };

  /// Throws Refused where the kernel cannot follow a tilt or begin at a draw, with all that it keeps.
  PredictorCorrector(D denoiser, K kernel, PredictorCorrectorOptions opt = {})
      : denoiser_(std::move(denoiser)),
        kernel_(std::move(kernel)),
        opt_(std::move(opt)),
        times_(time_grid(opt_.grid, 0, opt_.final_time, opt_.steps)) {
    const Abilities can = abilities_of(kernel_);
    if (!can.tilt || !can.place)
      throw Refused("predictor-corrector: " + std::string(kernel_.traits().name) +
                    (can.tilt ? " keeps more than the configuration it shows" : " cannot change its fields under way") +
                    "; choose another kernel");
  }
  Traits traits() const { return {name, Kind::generator, Promise::approximate}; }

  State init(Streams rng) const {
    Tilt tilt = denoiser_.base(rng.columns());
    const Batch zero = Batch::Zero(tilt.field.rows(), tilt.field.cols());
    auto messages = denoiser_.start(rng.branch(Purpose::denoiser));
    auto chain = kernel_.init(rng.branch(Purpose::start));
    State s{std::move(rng), std::move(tilt), std::move(messages), std::move(chain), zero, 0};
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
    if (s.k == opt_.steps) return {.finished = true};
    const double t = times_[std::size_t(s.k)], u = times_[std::size_t(s.k) + 1];
    DenoiseInfo sum = denoiser_.posterior_mean(s.tilt, s.messages, s.mean);
    Batch z(s.mean.rows(), s.mean.cols());
    draw_noise(s.rng, z);
    s.tilt.field += float(u - t) * s.mean + float(std::sqrt(u - t)) * z;
    s.tilt.precision.setConstant(u);
    Batch x(s.mean.rows(), s.mean.cols());
    if (s.k == 0) add(sum, draw_from_marginals(denoiser_, s.tilt, s.messages, s.rng, x));
    kernel_.retilt(s.chain, s.tilt);
    if (s.k == 0) kernel_.place(s.chain, x);
    StepInfo info{.acceptance = 0};
    for (int j = 0; j < opt_.sweeps; ++j) {
      const StepInfo one = kernel_.step(s.chain);
      info.work += one.work;
      info.acceptance += one.acceptance / opt_.sweeps;
      kernel_.read(s.chain, x);
      draw_noise(s.rng, z);
      s.tilt.field = float(u) * x + float(std::sqrt(u)) * z;
      kernel_.retilt(s.chain, s.tilt);
    }
    info.finished = ++s.k == opt_.steps;
    info.unconverged = sum.unconverged;
    info.work += sum.work;
    return info;
  }
  void read(const State& s, BatchOut out) const { kernel_.read(s.chain, out); }

 private:
  static void draw_noise(Streams& rng, Batch& z) {
    for (Index c = 0; c < z.cols(); ++c) rng[c].normals({z.col(c).data(), std::size_t(z.rows())});
  }
  D denoiser_;
  K kernel_;
  PredictorCorrectorOptions opt_;
  std::vector<double> times_;  // steps + 1 of them
};

}  // namespace glass

#pragma once
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "models/core/any_denoiser.hpp"
#include "models/core/options.hpp"
#include "samplers/draw_symbols.hpp"
#include "samplers/gaussian_path.hpp"
#include "samplers/sampler.hpp"

namespace glass {

struct DiffusionOptions {
  double final_time = 16.0;
  int steps = 100;
  std::string process = "localisation";
  std::string scheme = "euler";
  std::string grid = "gamma";
  double first_time = 1e-3;
  int corrector = 0;
  static constexpr std::tuple fields{
      Field{"final_time",
            &DiffusionOptions::final_time,
            "",
            "last time t = signal-to-noise ratio gamma^2",
            {.least = 0, .above = true}},
      Field{"steps", &DiffusionOptions::steps, "", "of the path, a denoiser call each (heun: two)", {.least = 1}},
      Field{"process",
            &DiffusionOptions::process,
            "",
            "whose variable the steps are straight in: localisation, or the reverse of one that preserves (vp) or "
            "explodes (ve) the variance",
            {.choices = "localisation|vp|ve"}},
      Field{"scheme",
            &DiffusionOptions::scheme,
            "",
            "euler; exponential: exact but for the mean that is held; heun: the mean of both ends, order 2",
            {.choices = "euler|exponential|heun"}},
      Field{"grid",
            &DiffusionOptions::grid,
            "",
            "what the times are uniform in: gamma, t, ln t, or the overlap E|m|^2/N that a pilot run finds (overlap) "
            "or theory predicts of the ensemble",
            {.choices = "gamma|snr|log-snr|overlap|predicted-overlap"}},
      Field{"first_time",
            &DiffusionOptions::first_time,
            "",
            "first time of vp and ve, which begin as if y were noise alone, and of log-snr; must be below final_time",
            {.least = 0, .above = true}},
      Field{"corrector",
            &DiffusionOptions::corrector,
            "denoiser calls",
            "Langevin steps of y at each time, each as long as the time step before",
            {.least = 0}},
  };
};

/// Stochastic localisation: y_t = t x + W_t solves dy = E[x | y_t] dt + dW; the posterior mean is that of the target
/// tilted by (precision, field) = (t, y_t). Eldan (2013); El Alaoui, Montanari and Sellke, FOCS 2022; Montanari,
/// arXiv:2305.10690. The reverse diffusions of Song et al., ICLR 2021 (arXiv:2011.13456), are the same process in
/// another variable (samplers/gaussian_path.hpp). At the end every spin is drawn from its marginal given y_T.
///
///     euler        y' = y + m dt + sqrt(dt) z, or the same rule in the variable of vp or ve;
///     exponential  the first of these, in all three processes;
///     heun         y' = y + (m + m') dt/2 + sqrt(dt) z, m' the mean where the exponential step leads with the same z:
///                  weak order 2, because the noise is additive (Kloeden and Platen (1992), ch. 15);
///     corrector    y <- t m + e^{-dt/t} (y - t m) + sqrt(t (1 - e^{-2 dt/t})) z, which leaves the law of y_t alone
///                  up to O(dt): predictor and corrector of Song et al.
///
/// The law of the result is off by O(1/K) in total variation, O(1/K^2) with heun and no corrector. vp and ve begin at
/// first_time with y drawn as noise (vp: noise and a signal of variance 1): a bias O(first_time) that stays, as does
/// that of the first step to first_time of grid = log-snr; they claim no order. grid = overlap puts the steps where the
/// posterior mean m grows: a pilot of 8 columns of their own random numbers walks 4 K exponential steps, once, and the
/// times are those at which its E|m|^2/N has risen by equal parts; no order is claimed there either. grid =
/// predicted-overlap is the same without a pilot: whoever makes the sampler hands it the times, from state or density
/// evolution. One step is 1 + corrector denoiser calls, heun's one more.
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
    std::vector<double> times;  // steps + 1 of them
    Batch x;                    // the draw, once finished
    int k = 0;
    static void visit(auto& s, auto&& f) { f(s.rng, s.tilt, s.messages, s.mean, s.times, s.x, s.k); }
  };

  /// `predicted`: steps + 1 times from `begin` to final_time, of grid = predicted-overlap alone. Throws BadInput where
  /// first_time is used and not below final_time, Refused where the grid is to be predicted and is not.
  Diffusion(D denoiser, bool exact_denoiser, DiffusionOptions opt = {}, std::vector<double> predicted = {})
      : denoiser_(std::move(denoiser)), exact_(exact_denoiser), opt_(std::move(opt)), predicted_(std::move(predicted)) {
    if (opt_.grid == "predicted-overlap" && int(predicted_.size()) != opt_.steps + 1)
      throw Refused("diffusion: grid=predicted-overlap: nobody has predicted the times; use grid=overlap");
    if (needs_first_time() && !(opt_.first_time < opt_.final_time))
      throw BadInput("diffusion: first_time=" + to_text(opt_.first_time) +
                     ": must be below final_time=" + to_text(opt_.final_time));
  }
  explicit Diffusion(AnyDenoiser denoiser, DiffusionOptions opt = {},
                     std::vector<double> predicted = {}) requires std::same_as<D, AnyDenoiser>
      : Diffusion(denoiser, denoiser.exact(), std::move(opt), std::move(predicted)) {}
  /// The first time of a path: 0, or first_time where the process begins with noise.
  static double begin(const DiffusionOptions& o) { return o.process == "localisation" ? 0 : o.first_time; }
  Traits traits() const {
    const bool ordered = !needs_first_time() && !opt_.grid.ends_with("overlap");
    const double order = opt_.scheme == "heun" && opt_.corrector == 0 ? 2 : 1;
    return {name, Kind::generator, Promise::approximate, exact_ && ordered ? order : 0};
  }

  State init(Streams rng) const {
    auto t =
        opt_.grid == "overlap" ? overlap_grid(rng.block(-rng.first(), kPilot).branch(Purpose::population)) : times();
    return start(std::move(rng), std::move(t));
  }
  void restart(State& s) const {
    const double t = s.times.front();  // 0 but for vp and ve
    s.tilt.field.setZero();
    s.tilt.precision.setConstant(t);
    if (t > 0) move({0, 0, std::sqrt(opt_.process == "vp" ? t * (1 + t) : t)}, s.mean, s.rng, s.tilt.field);
    denoiser_.restart(s.messages);
    s.k = 0;
  }
  StepInfo step(State& s) const {
    if (s.k == opt_.steps) return {.finished = true};
    const double t = s.times[std::size_t(s.k)], u = s.times[std::size_t(s.k) + 1];
    DenoiseInfo sum;
    ask(s, sum);
    if (opt_.scheme == "heun") {
      const Batch first = s.mean;
      move(exponential_step(t, u), s.mean, s.rng, s.tilt.field);
      s.tilt.precision.setConstant(u);
      ask(s, sum);
      s.tilt.field += float(0.5 * (u - t)) * (s.mean - first);
    } else {
      move(opt_.scheme == "euler" ? euler_step(opt_.process, t, u) : exponential_step(t, u), s.mean, s.rng,
           s.tilt.field);
      s.tilt.precision.setConstant(u);
    }
    for (int j = 0; j < opt_.corrector; ++j) {
      ask(s, sum);
      move(langevin_step(u, u - t), s.mean, s.rng, s.tilt.field);
    }
    const bool finished = ++s.k == opt_.steps;
    if (finished) add(sum, draw_from_marginals(denoiser_, s.tilt, s.messages, s.rng, s.x));
    return {.finished = finished, .unconverged = sum.unconverged, .work = sum.work};
  }
  void read(const State& s, BatchOut out) const { out = s.x; }

 private:
  static constexpr Index kPilot = 8;  // columns
  bool from_zero() const { return opt_.process == "localisation"; }
  bool needs_first_time() const { return !from_zero() || opt_.grid == "log-snr"; }
  State start(Streams rng, std::vector<double> at) const {
    Tilt tilt = denoiser_.base(rng.columns());
    const Batch zero = Batch::Zero(tilt.field.rows(), tilt.field.cols());
    auto messages = denoiser_.start(rng.branch(Purpose::denoiser));
    State s{std::move(rng), std::move(tilt), std::move(messages), zero, std::move(at), zero, 0};
    restart(s);
    return s;
  }
  std::vector<double> times() const {
    if (opt_.grid == "predicted-overlap") return predicted_;
    if (!from_zero() || opt_.grid != "log-snr") return time_grid(opt_.grid, begin(opt_), opt_.final_time, opt_.steps);
    // ln t has no 0: the first step leads to first_time, or to the end where it is the only one
    std::vector<double> t{0.0};
    const auto rest = opt_.steps == 1 ? std::vector<double>{opt_.final_time}
                                      : time_grid(opt_.grid, opt_.first_time, opt_.final_time, opt_.steps - 1);
    t.insert(t.end(), rest.begin(), rest.end());
    return t;
  }
  /// Times at which the overlap of a pilot run has risen by equal parts.
  std::vector<double> overlap_grid(Streams rng) const {
    const auto fine = time_grid("gamma", begin(opt_), opt_.final_time, 4 * opt_.steps);
    State s = start(std::move(rng), fine);
    DenoiseInfo uncounted;
    std::vector<double> overlap;
    for (std::size_t j = 0; j < fine.size(); ++j) {
      ask(s, uncounted);
      overlap.push_back(double(s.mean.squaredNorm()) / double(s.mean.size()));
      if (j + 1 == fine.size()) break;
      move(exponential_step(fine[j], fine[j + 1]), s.mean, s.rng, s.tilt.field);
      s.tilt.precision.setConstant(fine[j + 1]);
    }
    return equal_rises(fine, std::move(overlap), opt_.steps);
  }
  void ask(State& s, DenoiseInfo& sum) const { add(sum, denoiser_.posterior_mean(s.tilt, s.messages, s.mean)); }
  static void move(const PathStep& by, const Batch& mean, Streams& rng, Batch& y) {
    Eigen::VectorXf z(y.rows());
    for (Index c = 0; c < y.cols(); ++c) {
      rng[c].normals({z.data(), std::size_t(z.size())});
      y.col(c) = float(by.keep) * y.col(c) + (float(by.pull) * mean.col(c) + float(by.noise) * z);
    }
  }
  D denoiser_;
  bool exact_;
  DiffusionOptions opt_;
  std::vector<double> predicted_;
};

}  // namespace glass

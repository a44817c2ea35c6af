#pragma once
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "models/core/denoiser.hpp"
#include "models/core/options.hpp"
#include "samplers/any_kernel.hpp"
#include "samplers/sampler.hpp"

namespace glass {

struct McmcDenoiserOptions {
  int steps = 20;
  int warmup = 5;
  double pseudo_count = 0.5;
  static constexpr std::tuple fields{
      Field{"steps", &McmcDenoiserOptions::steps, "kernel steps", "averaged over in each call", {.least = 1}},
      Field{"warmup",
            &McmcDenoiserOptions::warmup,
            "kernel steps",
            "thrown away at the start of each call, after the tilt has moved; step sizes adapt in them",
            {.least = 0}},
      Field{"pseudo_count",
            &McmcDenoiserOptions::pseudo_count,
            "visits",
            "added to each symbol's, so that none has probability 0: a bias towards the uniform law",
            {.least = 0, .above = true}},
  };
};

/// Posterior mean and marginals of a tilted target by a chain that goes on from call to call: as the tilt moves along a
/// path, the chain of each column moves with it. Stochastic localisation by MCMC, for continuous targets: Huang, Dong,
/// Hao, Ma and Zhang, ICLR 2024 (arXiv:2307.02037); Grenioux, Noble, Gabrie and Durmus, ICML 2024 (arXiv:2402.10758).
///
/// A call moves the chain to the tilt, makes `warmup` steps, and averages the configurations after each of `steps`
/// more. Means are those averages. Marginals are counts with a pseudo-count a for each of the q symbols,
///
///     p(s) = (visits of s + a) / (steps + q a),
///
/// whose mean is (steps p + a)/(steps + q a): biased by O(q a / steps) towards the uniform law even where the chain is
/// in equilibrium, and never below a/(steps + q a). A pinned site is certain. What the chain has not reached since the
/// last call is missing beyond that: nothing here knows whether it has mixed.
///
/// Cost of a call: warmup + steps kernel steps in every column (Work::iterations; the kernel's own work beside it).
template <Sampler K = AnyKernel>
class McmcDenoiser {
 public:
  using Options = McmcDenoiserOptions;
  static constexpr std::string_view name = "mcmc";
  static constexpr std::string_view formula = "averages over a chain at the tilt, warm-started from call to call";
  static constexpr std::string_view reference =
      "Huang et al., ICLR 2024 (arXiv:2307.02037); Grenioux et al., ICML 2024 (arXiv:2402.10758)";
  struct State {
    typename K::State chain;
    static void visit(auto& s, auto&& f) { f(s.chain); }
  };

  /// `base`: the bare target's tilt, one column. Throws Refused where the kernel cannot follow a tilt.
  McmcDenoiser(K kernel, Tilt base, Alphabet alphabet, McmcDenoiserOptions opt = {})
      : kernel_(std::move(kernel)), base_(std::move(base)), alphabet_(std::move(alphabet)), opt_(opt) {
    if (!abilities_of(kernel_).tilt)
      throw Refused("mcmc: the fields and pins of " + std::string(kernel_.traits().name) +
                    " cannot change under way; choose another kernel");
  }

  Tilt base(Index columns) const {
    return {base_.power.replicate(1, columns), base_.precision.replicate(1, columns), base_.field.replicate(1, columns),
            base_.pinned.replicate(1, columns)};
  }
  Alphabet alphabet() const { return alphabet_; }
  State start(Streams rng) const { return {kernel_.init(std::move(rng))}; }
  void restart(State& s) const { kernel_.restart(s.chain); }

  DenoiseInfo posterior_mean(const Tilt& t, State& s, BatchOut mean) const {
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(mean.rows(), mean.cols());
    const DenoiseInfo info = average(t, s, [&](const Batch& x) { sum += x.cast<double>(); });
    mean = (sum / double(opt_.steps)).cast<float>();
    return info;
  }
  /// The chain's configuration at the end of a call: of real sites, where symbols would be drawn from their marginals.
  DenoiseInfo draw_sites(const Tilt& t, State& s, Streams&, BatchOut x) const {
    const DenoiseInfo info = average(t, s, [](const Batch&) {});
    kernel_.read(s.chain, x);
    return info;
  }
  /// Throws Refused for reals, which have no symbols to count.
  DenoiseInfo log_marginals(const Tilt& t, State& s, BatchOut logp) const {
    const int q = alphabet_.symbols(), w = alphabet_.width();
    if (q == 0) throw Refused("mcmc: sites that hold real numbers have no symbols, so no marginals of them");
    const Index sites = logp.rows() / q;
    Eigen::MatrixXi visits = Eigen::MatrixXi::Zero(logp.rows(), logp.cols());
    const DenoiseInfo info = average(t, s, [&](const Batch& x) {
      for (Index c = 0; c < x.cols(); ++c)
        for (Index i = 0; i < sites; ++i) ++visits(i * q + alphabet_.symbol_of(x.col(c).data() + i * w), c);
    });
    const double a = opt_.pseudo_count, all = std::log(double(opt_.steps) + q * a);
    std::vector<float> log_visits(static_cast<std::size_t>(opt_.steps) + 1);
    for (std::size_t k = 0; k < log_visits.size(); ++k) log_visits[k] = float(std::log(double(k) + a) - all);
    for (Index c = 0; c < logp.cols(); ++c)
      for (Index i = 0; i < sites; ++i) {
        const int pin = t.free(i * w, c) ? -1 : alphabet_.symbol_of(t.pinned.col(c).data() + i * w);
        for (int k = 0; k < q; ++k)
          logp(i * q + k, c) = pin < 0 ? log_visits[std::size_t(visits(i * q + k, c))] : pin == k ? 0.0f : -Tilt::kFree;
      }
    return info;
  }

 private:
  DenoiseInfo average(const Tilt& t, State& s, auto&& add) const {
    kernel_.retilt(s.chain, t);
    DenoiseInfo info;
    for (int k = 0; k < opt_.warmup; ++k) {
      info.work += kernel_.step(s.chain).work;
      if constexpr (requires { kernel_.adapt(s.chain); }) kernel_.adapt(s.chain);
    }
    Batch x(t.field.rows(), t.columns());
    for (int k = 0; k < opt_.steps; ++k) {
      info.work += kernel_.step(s.chain).work;
      kernel_.read(s.chain, x);
      add(x);
    }
    info.work.denoiser_calls += t.columns();
    info.work.iterations += t.columns() * (opt_.warmup + opt_.steps);
    return info;
  }
  K kernel_;
  Tilt base_;  // one column
  Alphabet alphabet_;
  McmcDenoiserOptions opt_;
};

}  // namespace glass

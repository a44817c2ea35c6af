#pragma once
#include <cmath>

#include "models/core/options.hpp"
#include "models/core/target.hpp"
#include "samplers/sampler.hpp"
#include "samplers/spin_start.hpp"
#include "samplers/step_size.hpp"

namespace glass {

struct DiscreteLangevinOptions {
  double step = 0.5;
  bool adapt = true;
  double goal = 0.57;
  static constexpr std::tuple fields{
      Field{"step",
            &DiscreteLangevinOptions::step,
            "",
            "alpha, where adaptation starts or, without it, stays",
            {.least = 0, .above = true}},
      Field{"adapt", &DiscreteLangevinOptions::adapt, "", "find alpha in warm-up; it is frozen afterwards"},
      Field{"goal", &DiscreteLangevinOptions::goal, "", "acceptance to adapt to", {.least = 0.01, .most = 0.99}},
  };
};

/// Metropolis-adjusted discrete Langevin (DMALA): every site proposes a flip at once, with probability
/// sigma(-x_i dU/dx_i - 2/alpha), U = log p; accepted with min(1, e^{U(x')-U(x)} prod q_i(x|x')/q_i(x'|x)).
/// Zhang, Liu and Liu, ICML 2022 (arXiv:2206.09914). One step is one proposal: one gradient, a GEMM for pairwise
/// models.
template <SpinTarget T>
class DiscreteLangevin {
 public:
  using Options = DiscreteLangevinOptions;
  static constexpr std::string_view name = "discrete-langevin";
  static constexpr std::string_view formula =
      "flip x_i with sigma(-x_i dU/dx_i - 2/alpha), all sites at once, then accept or reject";
  static constexpr std::string_view reference = "Zhang, Liu and Liu, ICML 2022 (arXiv:2206.09914)";
  struct State {
    Streams rng;
    Tilt at;
    typename T::Cache spins;
    PerColumn logp;  // log p of the tilted target at spins
    StepSize alpha;
    PerColumn acceptance;  // of the last step
    static void visit(auto& s, auto&& f) { f(s.rng, s.at, s.spins, s.logp, s.alpha, s.acceptance); }
  };

  explicit DiscreteLangevin(T target, DiscreteLangevinOptions opt = {}) : target_(std::move(target)), opt_(opt) {}
  Traits traits() const { return {name, Kind::chain, Promise::exact_in_the_limit}; }

  State init(Streams rng) const {
    const Index b = rng.columns();
    State s{std::move(rng), target_.base(b), {}, {}, StepSize::of(opt_.step, b), PerColumn::Zero(b)};
    restart(s);
    return s;
  }
  void restart(State& s) const { open(s, random_spins(s.at, s.rng)); }
  void place(State& s, BatchIn x) const { open(s, with_pins(s.at, x)); }

  StepInfo step(State& s) const {
    const Index n = s.spins.x.rows(), b = s.spins.x.cols();
    const Eigen::ArrayXXf forward = flip_logits(s, s.spins);
    Eigen::ArrayXXf sign(n, b);  // +1 where a site flips
    Eigen::VectorXf theta(n);    // u < sigma(l) is l > 2 * half the logit of u
    for (Index c = 0; c < b; ++c) {
      s.rng[c].half_logits({theta.data(), std::size_t(n)});
      sign.col(c) = (forward.col(c) > 2.0f * theta.array()).select(Eigen::ArrayXf::Ones(n), -1.0f);
    }
    typename T::Cache next = target_.open(Batch(-s.spins.x.array() * sign));
    const PerColumn logp = log_density(next, s.at);
    const PerColumn log_ratio = logp - s.logp + log_proposal(flip_logits(s, next), sign) - log_proposal(forward, sign);
    StepInfo info;
    for (Index c = 0; c < b; ++c) {
      s.acceptance(c) = std::exp(std::min(0.0, log_ratio(c)));
      if (std::log(s.rng[c].uniform()) >= log_ratio(c)) continue;
      copy_column(s.spins, next, c);
      s.logp(c) = logp(c);
      info.work.flips += (sign.col(c) > 0).count();
    }
    info.acceptance = s.acceptance.mean();
    info.work.attempts = n * b;
    info.work.gradients = info.work.energies = b;
    return info;
  }
  void adapt(State& s) const {
    if (opt_.adapt) s.alpha.adapt(s.acceptance, s.at.power, opt_.goal);
  }
  void exchange(State& s, Index a, Index b) const {
    s.alpha.exchange(a, b);
    std::swap(s.acceptance(a), s.acceptance(b));
  }
  void read(const State& s, BatchOut out) const { out = s.spins.x; }
  PerColumn log_likelihood(const State& s) const { return target_.log_likelihood(s.spins); }
  void set_power(State& s, const PerColumn& p) const {
    s.at.power = p;
    s.logp = log_density(s.spins, s.at);
  }
  void retilt(State& s, const Tilt& t) const {
    s.at = t;
    open(s, with_pins(t, s.spins.x));
  }

 private:
  /// Logit of "site i flips" at a configuration: -x_i dU/dx_i - 2/alpha; far below zero where pinned.
  Eigen::ArrayXXf flip_logits(const State& s, const typename T::Cache& at) const {
    Eigen::ArrayXXf l(at.x.rows(), at.x.cols());
    for (Index c = 0; c < l.cols(); ++c) {
      const float power = float(s.at.power(c)), reluctance = float(2.0 / s.alpha(c));
      l.col(c) = -at.x.col(c).array() * (power * at.g.col(c) + s.at.field.col(c)).array() - reluctance;
      l.col(c) = (s.at.pinned.col(c).array() == Tilt::kFree).select(l.col(c), -1e4f);
    }
    return l;
  }
  /// Sum over sites of ln sigma(sign l), without overflow: min(sign l, 0) - ln(1 + e^-|l|).
  static PerColumn log_proposal(const Eigen::ArrayXXf& l, const Eigen::ArrayXXf& sign) {
    return ((sign * l).min(0.0f) - (-l.abs()).exp().log1p()).matrix().cast<double>().colwise().sum();
  }
  PerColumn log_density(const typename T::Cache& spins, const Tilt& t) const {
    PerColumn out = target_.log_likelihood(spins).cwiseProduct(t.power);
    for (Index c = 0; c < out.size(); ++c)
      out(c) += spins.x.col(c).template cast<double>().dot(t.field.col(c).template cast<double>());
    return out;
  }
  void open(State& s, Batch x) const {
    s.spins = target_.open(std::move(x));
    s.logp = log_density(s.spins, s.at);
  }
  T target_;
  DiscreteLangevinOptions opt_;
};

}  // namespace glass

#pragma once
#include <vector>

#include "models/core/any_denoiser.hpp"
#include "models/core/options.hpp"
#include "samplers/draw_symbols.hpp"
#include "samplers/sampler.hpp"

namespace glass {

struct MaskedDiffusionOptions {
  int steps = 50;
  static constexpr std::tuple fields{Field{"steps",
                                           &MaskedDiffusionOptions::steps,
                                           "denoiser calls",
                                           "of the erasure path, uniform in its time",
                                           {.least = 1}}};
};

/// Discrete diffusion with an absorbing mask, run backwards along the erasure path: every site is unmasked at a time of
/// its own, uniform on (0, 1), and those whose times fall into one of K steps are drawn together from their marginals
/// given all that were unmasked before. Austin et al., NeurIPS 2021 (arXiv:2107.03006); Sahoo et al., NeurIPS 2024
/// (arXiv:2406.07524); Ghio et al., arXiv:2308.14085. The times in order are a random order of the sites: this is
/// `autoregressive` with blocks of random size, N/K on average, and with exact marginals only what shares a step is
/// wrong, O(1/K) in total variation. ln q = the sum of the revealed log-marginals, given the times, which (like an
/// order) are part of the draw. One step is one denoiser call.
template <HasMarginals D = AnyDenoiser>
class MaskedDiffusion {
 public:
  using Options = MaskedDiffusionOptions;
  static constexpr std::string_view name = "masked-diffusion";
  static constexpr std::string_view formula = "sites unmask at uniform times; x_i ~ p(x_i | unmasked in earlier steps)";
  static constexpr std::string_view reference =
      "Austin et al., NeurIPS 2021 (arXiv:2107.03006); Sahoo et al., NeurIPS 2024 (arXiv:2406.07524)";
  struct State {
    Streams rng, time_rng;
    Tilt tilt, base;
    typename D::State messages;
    Batch logp;
    PerColumn logq;
    Eigen::MatrixXi when;  // sites x B: the step that unmasks the site; -1 where it is pinned from the start
    int k = 0;
    static void visit(auto& s, auto&& f) {
      f(s.rng, s.time_rng, s.tilt, s.base, s.messages, s.logp, s.logq, s.when, s.k);
    }
  };

  /// Throws Refused for real sites.
  MaskedDiffusion(D denoiser, bool exact_denoiser, MaskedDiffusionOptions opt = {})
      : denoiser_(std::move(denoiser)), exact_(exact_denoiser), opt_(opt) {
    require_symbols(name, denoiser_.alphabet());
  }
  explicit MaskedDiffusion(AnyDenoiser denoiser, MaskedDiffusionOptions opt = {}) requires std::same_as<D, AnyDenoiser>
      : MaskedDiffusion(denoiser, denoiser.exact(), opt) {}
  Traits traits() const { return {name, Kind::generator, Promise::approximate, exact_ ? 1.0 : 0.0}; }

  State init(Streams rng) const {
    const Alphabet a = denoiser_.alphabet();
    const Index b = rng.columns();
    State s;
    s.base = denoiser_.base(b);
    s.messages = denoiser_.start(rng.branch(Purpose::denoiser));
    s.time_rng = rng.branch(Purpose::reveal);
    s.rng = std::move(rng);
    const Index sites = s.base.field.rows() / a.width();
    s.logp.resize(sites * a.symbols(), b);
    s.logq.resize(b);
    s.when.resize(sites, b);
    restart(s);
    return s;
  }
  void restart(State& s) const {
    s.tilt = s.base;
    denoiser_.restart(s.messages);
    s.logq.setZero();
    s.k = 0;
    const int w = denoiser_.alphabet().width();
    std::vector<float> u(std::size_t(s.when.rows()));
    for (Index c = 0; c < s.when.cols(); ++c) {
      s.time_rng[c].uniforms(u);
      for (Index i = 0; i < s.when.rows(); ++i)
        s.when(i, c) = s.base.free(i * w, c) ? int(double(u[std::size_t(i)]) * opt_.steps) : -1;
    }
  }
  StepInfo step(State& s) const {
    return unmask(s,
                  [&](Index site, Index c, int q) { return draw_symbol(&s.logp(site * q, c), q, s.rng[c].uniform()); });
  }
  void read(const State& s, BatchOut out) const { out = s.tilt.pinned; }
  PerColumn log_prob(const State& s) const { return s.logq; }
  /// ln q of given configurations (dim x B) at fresh times. -inf where one contradicts a pin; BadInput where it shows
  /// no symbol of the alphabet.
  std::pair<PerColumn, StepInfo> log_prob_of(State& s, BatchIn x, const Tick& tick = {}) const {
    restart(s);
    const Alphabet a = denoiser_.alphabet();
    const StepInfo sum = all_steps(
        [&] { return unmask(s, [&](Index site, Index c, int) { return symbol_shown(a, x, site, c); }); }, tick);
    forbid_contradictions(s.logq, s.base, x);
    return {s.logq, sum};
  }

 private:
  /// One denoiser call, then the sites of this step, each the symbol that choose(site, column, q) names.
  StepInfo unmask(State& s, auto&& choose) const {
    if (s.k == opt_.steps) return {.finished = true};
    const DenoiseInfo d = denoiser_.log_marginals(s.tilt, s.messages, s.logp);
    const Alphabet a = denoiser_.alphabet();
    for (Index c = 0; c < s.when.cols(); ++c)
      for (Index i = 0; i < s.when.rows(); ++i)
        if (s.when(i, c) == s.k) reveal_site(s.tilt, s.logq, s.logp, a, i, c, choose(i, c, a.symbols()));
    return {.finished = ++s.k == opt_.steps, .unconverged = d.unconverged, .work = d.work};
  }
  D denoiser_;
  bool exact_;
  MaskedDiffusionOptions opt_;
};

}  // namespace glass

#pragma once
#include <algorithm>
#include <cmath>
#include <string_view>

#include "models/core/fast_exp.hpp"
#include "samplers/weighted_flips.hpp"

namespace glass {

struct GibbsWithGradientsOptions {
  Index proposals = 0;
  int refresh = 64;
  static constexpr std::tuple fields{
      Field{"proposals", &GibbsWithGradientsOptions::proposals, "", "in one step; 0: one for each spin", {.least = 0}},
      Field{"refresh",
            &GibbsWithGradientsOptions::refresh,
            "steps",
            "between rebuilds of the float local fields",
            {.least = 1}},
  };
};

/// sqrt of the ratio that a flip multiplies the probability by: the locally balanced g(t) = sqrt t.
struct SquareRootWeight {
  static float of(float a) { return fast_exp(std::clamp(-a, -86.0f, 86.0f)); }  // the acceptance reads what it became
};

/// Gibbs-with-gradients: the spin to flip is proposed by how much likelier its flip makes the configuration,
///
///     1. i ~ q(i|x) = w_i(x)/W(x), w_i = sqrt(p(x with i flipped)/p(x)), W = sum_i w_i;
///     2. x' = x with i flipped, accepted with min(1, p(x') q(i|x') / (p(x) q(i|x))).
///
/// Grathwohl, Swersky, Hashemi, Duvenaud and Maddison, ICML 2021 (arXiv:2102.04509), the locally informed proposals of
/// Zanella, J. Am. Stat. Assoc. 115, 852 (2020); spins with cached local fields need no gradient: the ratios are exact.
/// As in every single-flip chain that may accept everything, one proposal in 64 is passed, or a flat target would have
/// period 2. Cost of a proposal: one flip, two where it is rejected, each O(degree) on a graph, O(N) elsewhere.
template <SpinTarget T>
class GibbsWithGradients : public WeightedFlips<T, SquareRootWeight> {
  using Base = WeightedFlips<T, SquareRootWeight>;

 public:
  using Options = GibbsWithGradientsOptions;
  using typename Base::State;
  static constexpr std::string_view name = "gibbs-with-gradients";
  static constexpr std::string_view formula =
      "flip i ~ sqrt(p(x^i)/p(x)), accepted with min(1, p(x') q(i|x') / (p(x) q(i|x)))";
  static constexpr std::string_view reference =
      "Grathwohl et al., ICML 2021 (arXiv:2102.04509); Zanella, J. Am. Stat. Assoc. 115, 852 (2020)";

  explicit GibbsWithGradients(T target, GibbsWithGradientsOptions opt = {}) : Base(std::move(target)), opt_(opt) {}
  Traits traits() const { return {name, Kind::chain, Promise::exact_in_the_limit}; }

  StepInfo step(State& s) const {
    this->begin_step(s, opt_.refresh);
    const Index b = s.spins.x.cols(), proposals = opt_.proposals ? opt_.proposals : s.spins.x.rows();
    StepInfo info;
    std::int64_t accepted = 0;
    for (Index c = 0; c < b; ++c) {
      const SiteWeights& w = s.weights[std::size_t(c)];
      for (Index k = 0; k < proposals; ++k) {
        const double all = w.total();
        if (!(all > 0)) break;  // all pinned
        if ((s.rng[c]() & 63u) == 0) continue;
        const Index i = w.pick(s.rng[c].uniform());
        const double there = double(w[i]) / all, gain = -2.0 * double(this->stability(s, c, i));
        this->flip(s, c, i);
        const double back = double(w[i]) / w.total();
        ++info.work.flips;
        if (std::log(s.rng[c].uniform()) < gain + std::log(back / there)) {
          ++accepted;
        } else {
          this->flip(s, c, i);
          ++info.work.flips;
        }
      }
    }
    info.work.attempts = proposals * b;
    info.acceptance = double(accepted) / double(proposals * b);
    return info;
  }

 private:
  GibbsWithGradientsOptions opt_;
};

}  // namespace glass

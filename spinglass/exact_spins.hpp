#pragma once
#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "models/core/denoiser.hpp"
#include "models/core/error.hpp"
#include "models/environment.hpp"
#include "models/term_list.hpp"
#include "spinglass/elimination.hpp"
#include "spinglass/transfer_matrix.hpp"

namespace glass {

/// ln Z and the log-odds of every spin at column c of a tilt, the tilt's precision left out; solved afresh.
struct SolvedSpins {
  Eigen::VectorXd mean, log_odds;
  double log_partition = 0;
};
inline SolvedSpins solve_spins(const TransferMatrix*, const TermList& terms, const Environment& env, const Tilt& t,
                               Index c) {
  const double beta = t.power(c) * env.beta;
  const TransferMatrix law(terms, beta, beta * env.h.cast<double>() + t.field.col(c).cast<double>(), t.pinned.col(c));
  TransferMatrix::Means means = law.means();
  return {std::move(means.spin), std::move(means.log_odds), law.log_partition()};
}
/// Of checks that must hold: pins only. A field would weigh the solutions, and no elimination knows their sum.
inline SolvedSpins solve_spins(const Elimination*, const TermList& terms, const Environment& env, const Tilt& t,
                               Index c) {
  if (!t.field.col(c).isZero(0))
    throw Refused(std::string(Elimination::name) +
                  ": solutions are counted, not weighed: Gaussian side information does not fit; use a sampler that " +
                  "reveals sites, or denoiser=bp");
  Environment at = env;
  at.beta *= t.power(c);
  at.pins = t.pinned.col(c);
  const Elimination law(terms, at);
  Eigen::VectorXd mean = law.means();
  const double sure = std::numeric_limits<double>::infinity();
  Eigen::VectorXd odds = mean.unaryExpr([&](double m) { return m == 0 ? 0.0 : m * sure; });
  return {std::move(mean), std::move(odds), law.log_partition()};
}

/// Exact posterior of spins by a law that is solved at every tilt: TransferMatrix (narrow lattices, any tilt) or
/// Elimination (parity checks at temperature 0, pins). One solution a column and call, at the law's cost. Columns whose
/// pins no configuration fits are counted as not converged; their free sites are then fair.
template <class Law>
class ExactSpins {
 public:
  static constexpr std::string_view name = Law::name, formula = Law::formula, reference = Law::reference;
  struct State {
    Index columns = 0;
    static void visit(auto& s, auto&& f) { f(s.columns); }
  };
  /// Throws Refused where the law does not fit.
  ExactSpins(TermList terms, Environment env) : terms_(std::move(terms)), env_(std::move(env)) {
    (void)Law(terms_, env_);
  }
  Alphabet alphabet() const { return Alphabet::spins(); }
  Tilt base(Index columns) const { return env_.base(columns); }
  State start(Streams rng) const { return {rng.columns()}; }
  void restart(State&) const {}
  DenoiseInfo posterior_mean(const Tilt& t, State&, BatchOut mean) const {
    return each(t, [&](Index c, const SolvedSpins& s) { mean.col(c) = s.mean.cast<float>(); });
  }
  DenoiseInfo log_marginals(const Tilt& t, State&, BatchOut logp) const {
    return each(t, [&](Index c, const SolvedSpins& s) {
      for (Index i = 0; i < s.log_odds.size(); ++i) {
        logp(2 * i, c) = float(log_chance(-s.log_odds(i)));
        logp(2 * i + 1, c) = float(log_chance(s.log_odds(i)));
      }
    });
  }
  PerColumn log_partition(const Tilt& t, State&) const {
    PerColumn out = PerColumn::Constant(t.columns(), -std::numeric_limits<double>::infinity());
    each(t, [&](Index c, const SolvedSpins& s) {
      out(c) = s.log_partition - 0.5 * t.precision(c) * double(t.field.rows());
    });
    return out;
  }

 private:
  static double log_chance(double log_odds) {  // ln 1/(1 + e^-log_odds)
    return log_odds > 0 ? -std::log1p(std::exp(-log_odds)) : log_odds - std::log1p(std::exp(log_odds));
  }
  DenoiseInfo each(const Tilt& t, auto&& take) const {
    DenoiseInfo info;
    info.work.denoiser_calls = t.columns();
    for (Index c = 0; c < t.columns(); ++c) {
      SolvedSpins s;
      try {
        s = solve_spins(static_cast<const Law*>(nullptr), terms_, env_, t, c);
      } catch (const Contradiction&) {
        ++info.unconverged;
        const Eigen::ArrayXf pins = t.pinned.col(c).array();
        s.mean = (pins == Tilt::kFree).select(0.0f, pins).cast<double>();
        const double sure = std::numeric_limits<double>::infinity();
        s.log_odds = s.mean.unaryExpr([&](double m) { return m == 0 ? 0.0 : m * sure; });
        s.log_partition = -sure;
      }
      take(c, s);
    }
    return info;
  }
  TermList terms_;
  Environment env_;
};
static_assert(HasMarginals<ExactSpins<TransferMatrix>> && HasLogPartition<ExactSpins<Elimination>>);

}  // namespace glass

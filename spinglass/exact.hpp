#pragma once
#include <string>

#include "models/core/denoiser.hpp"
#include "models/core/error.hpp"
#include "models/core/target.hpp"

namespace glass {

/// Posterior by enumeration of all 2^N configurations of +-1 spins: the reference for every other denoiser and for
/// `verify`. log L of all of them is computed once; then a column costs 2^N exponentials and 2^{N+2} additions,
/// whatever its tilt. Memory 8 * 2^N bytes, and as much again per call. N <= 20.
class Exact {
 public:
  static constexpr Index kMaxSites = 20;
  static constexpr std::string_view name = "exact";
  static constexpr std::string_view formula = "enumeration of all 2^N configurations, N <= 20";
  static constexpr std::string_view reference = "none needed";
  struct State {
    Index columns = 0;
    static void visit(auto& s, auto&& f) { f(s.columns); }
  };

  /// Throws BadInput above kMaxSites or for another alphabet than +-1.
  template <Target T>
  explicit Exact(const T& target) : base_(target.base(1)) {
    check(target.sites(), target.alphabet());
    logl_.resize(Index{1} << target.sites());
    constexpr Index kChunk = 4096;
    for (Index first = 0; first < logl_.size(); first += kChunk) {
      const Index some = std::min(kChunk, logl_.size() - first);
      Batch x(target.sites(), some);
      for (Index k = 0; k < some; ++k) configuration(first + k, x.col(k));
      logl_.segment(first, some) = target.log_likelihood(x).transpose();
    }
  }

  Index sites() const { return base_.field.rows(); }
  Alphabet alphabet() const { return Alphabet::spins(); }
  Tilt base(Index columns) const;
  State start(Streams rng) const { return {rng.columns()}; }
  void restart(State&) const {}
  DenoiseInfo posterior_mean(const Tilt& t, State&, BatchOut mean) const;
  DenoiseInfo log_marginals(const Tilt& t, State&, BatchOut logp) const;
  PerColumn log_partition(const Tilt& t, State&) const;

  /// Probability of every configuration under column c of the tilt; configuration k has x_i = +1 where bit i of k is
  /// set.
  Eigen::VectorXd probabilities(const Tilt& t, Index c = 0) const;
  /// Writes configuration k into a column of length sites().
  static void configuration(Index k, Eigen::Ref<Eigen::VectorXf> x) {
    for (Index i = 0; i < x.size(); ++i) x(i) = k >> i & 1 ? 1.0f : -1.0f;
  }
  static Index number_of(const Eigen::Ref<const Eigen::VectorXf>& x) {
    Index k = 0;
    for (Index i = 0; i < x.size(); ++i) k |= Index{x(i) > 0} << i;
    return k;
  }

 private:
  static void check(Index sites, const Alphabet& a);
  /// Weights scaled to a largest of 1; ln of the scale.
  double weights(const Tilt& t, Index c, Eigen::VectorXd& w) const;
  /// up(i) and down(i): total weight with x_i = +1 and -1. Halving the array site by site: 2^{N+1} additions.
  void sums(Eigen::VectorXd& w, Eigen::VectorXd& up, Eigen::VectorXd& down) const;
  Tilt base_;
  Eigen::VectorXd logl_;
};
static_assert(HasMarginals<Exact> && HasLogPartition<Exact>);

}  // namespace glass

#pragma once
#include <string>

#include "models/core/configurations.hpp"
#include "models/core/denoiser.hpp"
#include "models/core/error.hpp"
#include "models/core/target.hpp"

namespace glass {

/// Posterior by enumeration of all q^N configurations of a finite alphabet: the reference for every other denoiser and
/// for `verify`. log L of all of them is computed once; then a column costs q^N exponentials and about 2 q^N additions,
/// whatever its tilt. Memory 8 q^N bytes, and as much again per call. q^N <= 2^20.
class Exact {
 public:
  static constexpr Index kMaxStates = Index{1} << 20;
  static constexpr std::string_view name = "exact";
  static constexpr std::string_view formula = "enumeration of all q^N configurations, at most 2^20 of them";
  static constexpr std::string_view reference = "none needed";
  struct State {
    Index columns = 0;
    static void visit(auto& s, auto&& f) { f(s.columns); }
  };

  /// Throws BadInput above kMaxStates, Refused for the reals.
  template <Target T>
  explicit Exact(const T& target) : all_(target.sites(), target.alphabet()), base_(target.base(1)) {
    check();
    log_prior_.assign(std::size_t(all_.alphabet().symbols()), 0.0f);
    if constexpr (requires { target.log_prior(); }) log_prior_ = target.log_prior();
    logl_.resize(all_.count());
    constexpr Index kChunk = 4096;
    for (Index first = 0; first < logl_.size(); first += kChunk) {
      const Index some = std::min(kChunk, logl_.size() - first);
      Batch x(all_.dim(), some);
      for (Index k = 0; k < some; ++k) all_.write(first + k, x.col(k));
      logl_.segment(first, some) = target.log_likelihood(x).transpose();
    }
  }

  Index sites() const { return all_.sites(); }
  Alphabet alphabet() const { return all_.alphabet(); }
  Tilt base(Index columns) const;
  State start(Streams rng) const { return {rng.columns()}; }
  void restart(State&) const {}
  DenoiseInfo posterior_mean(const Tilt& t, State&, BatchOut mean) const;
  DenoiseInfo log_marginals(const Tilt& t, State&, BatchOut logp) const;
  PerColumn log_partition(const Tilt& t, State&) const;

  /// Probability of every configuration under column c of the tilt, numbered as in Configurations.
  Eigen::VectorXd probabilities(const Tilt& t, Index c = 0) const;
  const Configurations& configurations() const { return all_; }

  /// Configuration k of +-1 spins: x_i = +1 where bit i of k is set.
  static void configuration(Index k, Eigen::Ref<Eigen::VectorXf> x) {
    Configurations(x.size(), Alphabet::spins()).write(k, x);
  }
  static Index number_of(const Eigen::Ref<const Eigen::VectorXf>& x) {
    return Configurations(x.size(), Alphabet::spins()).number(x);
  }

 private:
  void check() const;
  /// Weights scaled to a largest of 1; ln of the scale.
  double weights(const Tilt& t, Index c, Eigen::VectorXd& w) const;
  /// Total weight of each symbol at each site, site by site. A site is summed out after the other: the array shrinks by
  /// q each time, so about 2 q^N additions in all.
  Eigen::VectorXd sums(Eigen::VectorXd& w) const;
  Configurations all_;
  Tilt base_;
  std::vector<float> log_prior_;
  Eigen::VectorXd logl_;
};
static_assert(HasMarginals<Exact> && HasLogPartition<Exact>);

}  // namespace glass

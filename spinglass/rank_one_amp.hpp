#pragma once
#include <algorithm>

#include "models/sparse_rank_one.hpp"
#include "spinglass/amp.hpp"

namespace glass {

inline SparseRademacher channel_of(const SparseRankOne& t) { return {t.rho()}; }
inline GaussBernoulli channel_of(const RankOne& t) { return {t.real_sites().rho}; }  // rho = 1: the Gaussian

/// AMP for a noisy rank-one matrix of any prior, beta^2 = 1/Delta, at power P of the likelihood:
///
///     A = beta^2 [P q + P (1-P) v] + a,    B = P (beta J m + beta h) - P^2 beta^2 v m_prev + b,
///
/// beta J = Y/(Delta sqrt N); in ln Z -(N beta^2/4) [P (q + v)^2 - P^2 v^2], which is -(q^2 + 2 q v)/(4 Delta) a site
/// at P = 1. The P and P^2 are the first and second derivatives of the output channel, S = P Y/Delta and S^2, R - S^2 =
/// -P/ Delta of Lesieur, Krzakala and Zdeborova, J. Stat. Mech. 073403 (2017). The prior is not raised to the power. A
/// is kept above -0.9 on the way (P > 1 only).
template <class T>
requires requires(const T& t) { channel_of(t); }
struct AmpRule<T> {
  explicit AmpRule(const T& t) : channel(channel_of(t)), beta2(t.beta() * t.beta()) {}
  decltype(channel_of(std::declval<const T&>())) channel;
  double beta2;
  static constexpr float noise = 1e-3f;
  bool remembers() const { return false; }
  bool field(const AmpColumn& c, const Eigen::ArrayXf& g, const Eigen::ArrayXf&, const Eigen::ArrayXf& last, BatchOut,
             Eigen::ArrayXf& b) const {
    b = float(c.power) * g - float(c.power * c.power * beta2 * c.v) * last;
    return true;
  }
  double precision(const AmpColumn& c, double a, const Eigen::ArrayXf&) const {
    return std::max(-0.9, a + beta2 * c.power * (c.q + (1 - c.power) * c.v));
  }
  double reaction(const AmpColumn& c) const {
    const double all = c.q + c.v;
    return -0.25 * c.n * beta2 * c.power * (all * all - c.power * c.v * c.v);
  }
};
static_assert(AmpTarget<RankOne> && AmpTarget<SparseRankOne>);

}  // namespace glass

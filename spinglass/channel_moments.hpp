#pragma once
// Mean and variance of a scalar channel for all sites of a column at once, in float: what a message passing iteration
// spends its time on beside the matrix. The same formulas as the channels' own in double, which test them.
#include <cmath>

#include "models/core/fast_exp.hpp"
#include "models/core/types.hpp"
#include "spinglass/gauss_bernoulli.hpp"
#include "spinglass/gaussian_channel.hpp"
#include "spinglass/rademacher.hpp"
#include "spinglass/sparse_rademacher.hpp"

namespace glass {

/// mean_i = f(a, b_i), variance_i = df/db. All three of one size; absolute accuracy 1e-6 (1 + |mean|).
inline void moments(const Rademacher&, float /*a*/, const Eigen::ArrayXf& b, Eigen::ArrayXf& mean,
                    Eigen::ArrayXf& variance) {
  mean = b.tanh();
  variance = 1.0f - mean.square();
}

/// With e = exp(-2|b|) and r = 2 (1-rho)/rho exp(a/2 - |b|): mean = sign(b) (1-e)/(1+e+r), variance = [(1+e) r +
/// 4 e]/(1+e+r)^2.
inline void moments(const SparseRademacher& prior, float a, const Eigen::ArrayXf& b, Eigen::ArrayXf& mean,
                    Eigen::ArrayXf& variance) {
  const float zeros = float(std::log(2 * (1 - prior.rho) / prior.rho)) + 0.5f * a;
  const float* in = b.data();
  float *m = mean.data(), *v = variance.data();
  for (Index i = 0; i < b.size(); ++i) {
    const float size = std::abs(in[i]), e = fast_exp(-2 * size);
    const float r = fast_exp(std::min(zeros - size, 40.0f)), all = 1 + e + r;  // r^2 must not overflow
    m[i] = std::copysign((1 - e) / all, in[i]);
    v[i] = ((1 + e) * r + 4 * e) / (all * all);
  }
}

/// The slab's weight s = 1/(1 + exp(-l)), l = ln rho/(1-rho) + [b^2/(1+a) - ln(1+a)]/2, and within it N(b/(1+a),
/// 1/(1+a)).
inline void moments(const GaussBernoulli& prior, float a, const Eigen::ArrayXf& b, Eigen::ArrayXf& mean,
                    Eigen::ArrayXf& variance) {
  const float width = 1 / (1 + a);
  const float odds = float(std::log(prior.rho) - std::log1p(-prior.rho) + 0.5 * std::log(double(width)));
  const float* in = b.data();
  float *m = mean.data(), *v = variance.data();
  for (Index i = 0; i < b.size(); ++i) {
    const float centre = in[i] * width, l = odds + 0.5f * in[i] * centre;
    const float e = fast_exp(-std::abs(l)), more = 1 / (1 + e), less = e / (1 + e);
    const float slab = l > 0 ? more : less, spike = l > 0 ? less : more;
    m[i] = slab * centre;
    v[i] = slab * (width + spike * centre * centre);
  }
}

inline void moments(const GaussianChannel&, float a, const Eigen::ArrayXf& b, Eigen::ArrayXf& mean,
                    Eigen::ArrayXf& variance) {
  mean = b * (1 / (1 + a));
  variance.setConstant(1 / (1 + a));
}

}  // namespace glass

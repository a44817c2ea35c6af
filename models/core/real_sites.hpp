#pragma once
// Sites that hold a real number: what they are before any coupling, and what a target over them offers.
#include <cmath>
#include <concepts>
#include <numbers>

#include "models/core/error.hpp"
#include "models/core/random.hpp"
#include "models/core/target.hpp"

namespace glass {

enum class Space {
  line,   ///< each site a real number, independent under the prior
  sphere  ///< |x|^2 = N, uniform surface measure
};

/// The law of a configuration of real sites before it meets log L. On the line every site is
/// (1 - rho) delta_0 + rho N(0, 1); rho = 1 is the Gaussian prior, the only one with a density.
struct RealSites {
  Space space = Space::line;
  double rho = 1;

  /// ln of the prior's density; of the weight 1 - rho at 0 where there is an atom. 0 on the sphere.
  double log_prior(double x) const {
    if (space == Space::sphere) return 0;
    if (x == 0 && rho < 1) return std::log1p(-rho);
    return std::log(rho) - 0.5 * (x * x + std::log(2 * std::numbers::pi));
  }
  /// One site of the line from prior(x) exp(b x - a x^2/2), a > -1: the slab's weight in it is
  /// rho (1+a)^{-1/2} e^{b^2/2(1+a)}, and within the slab x ~ N(b/(1+a), 1/(1+a)).
  float draw(Stream& rng, double a, double b) const {
    const double width = 1 / (1 + a);
    if (rho < 1) {
      const double slab = std::log(rho) - std::log1p(-rho) + 0.5 * (b * b * width + std::log(width));
      if (rng.uniform() * (1 + std::exp(-slab)) > 1) return 0;
    }
    float z[2];
    rng.normals({z, 1});
    return float(b * width + std::sqrt(width) * double(z[0]));
  }
};

/// Throws Refused for a tilt that pins a site of the sphere: it would change the sphere of all others.
inline void refuse_pins_on_sphere(const Tilt& t) {
  if ((t.pinned.array() != Tilt::kFree).any())
    throw Refused("pins: the sphere ties all sites together, none can be held; use a field");
}
/// Columns scaled to |x|^2 = N.
inline Batch to_sphere(Batch x) {
  for (Index c = 0; c < x.cols(); ++c) x.col(c) *= float(std::sqrt(double(x.rows()))) / x.col(c).norm();
  return x;
}

/// A target with a gradient. `space` is known to the compiler, because it decides how a sampler moves.
template <class T>
concept SmoothTarget = Target<T> && requires(const T& t, BatchIn x, BatchOut g) {
  { T::space } -> std::convertible_to<Space>;
  { t.real_sites() } -> std::same_as<RealSites>;
  { t.gradient(x, g) } -> std::same_as<PerColumn>;  // g = gradient of log L at power 1, N x B; returns log L
};

/// Real sites with cached fields, log L at most quadratic in each site given the others. Cache holds at least x (N x
/// B).
template <class T>
concept CachedReals = SmoothTarget<T> && requires(const T& t, typename T::Cache& cache, Batch x, Index i, float to) {
  { t.open(std::move(x)) } -> std::same_as<typename T::Cache>;  // fields from scratch
  { t.set(cache, i, i, to) } -> std::same_as<void>;             // column, site, value: at its true cost
  { t.log_likelihood(cache) } -> std::same_as<PerColumn>;       // from the fields, O(N B)
  { cache.x } -> std::convertible_to<Batch&>;
};

/// log L = slope x_i - curvature x_i^2/2 + what does not depend on x_i.
struct SiteForm {
  double slope = 0, curvature = 0;
};
template <class T>
concept SiteTarget = CachedReals<T> &&
                     T::space == Space::line&& requires(const T& t, typename T::Cache& cache, Index i) {
  { t.site(cache, i, i) } -> std::same_as<SiteForm>;  // column, site
};

/// log L = slope_i x_i + slope_j x_j + bond x_i x_j + what depends on neither.
struct PairForm {
  double slope_i = 0, slope_j = 0, bond = 0;
};
template <class T>
concept PairTarget = CachedReals<T> &&
                     T::space == Space::sphere&& requires(const T& t, typename T::Cache& cache, Index i) {
  { t.pair(cache, i, i, i) } -> std::same_as<PairForm>;  // column, site, site
};

}  // namespace glass

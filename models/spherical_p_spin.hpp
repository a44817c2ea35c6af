#pragma once
#include <string_view>
#include <variant>

#include "models/core/real_sites.hpp"
#include "models/ising_p_spin.hpp"
#include "models/sk.hpp"

namespace glass {

/// A glass of +-1 spins taken to the sphere |x|^2 = N: its log L is a multilinear form, the same polynomial in reals,
/// and its couplings and kernels serve as they are. A value, as Glass is.
template <class Glass>
class Spherical {
 public:
  static constexpr Space space = Space::sphere;
  static constexpr std::string_view name = "spherical-p-spin";
  using Cache = FieldCache;
  explicit Spherical(Glass glass) : glass_(std::move(glass)) {}

  Index sites() const { return glass_.sites(); }
  Alphabet alphabet() const { return Alphabet::reals(); }
  RealSites real_sites() const { return {Space::sphere, 1}; }
  int order() const { return glass_.order(); }
  double beta() const { return glass_.beta(); }
  const Environment& environment() const { return glass_.environment(); }
  const Eigen::VectorXf& truth() const { return glass_.truth(); }
  Tilt base(Index columns) const { return glass_.base(columns); }
  const Glass& glass() const { return glass_; }
  void for_each_term(auto&& f) const { glass_.for_each_term(f); }

  PerColumn log_likelihood(BatchIn x) const { return glass_.log_likelihood(x); }
  PerColumn log_likelihood(const Cache& s) const { return glass_.log_likelihood(s); }
  PerColumn gradient(BatchIn x, BatchOut g) const {
    const Cache s = open(x);
    g = s.g;
    return log_likelihood(s);
  }
  void fields(BatchIn x, BatchOut g) const { glass_.fields(x, g); }  ///< the gradient alone
  /// beta J of a pairwise model, N x N.
  Eigen::MatrixXd matrix() const requires PairwiseTarget<Glass> {
    return glass_.couplings().matrix().template cast<double>();
  }
  Cache open(Batch x) const { return glass_.open(std::move(x)); }
  void set(Cache& s, Index c, Index i, float to) const { glass_.set(s, c, i, to); }
  PairForm pair(const Cache& s, Index c, Index i, Index j) const {
    const double bond = double(glass_.bond(s, c, i, j));
    return {double(s.g(i, c)) - bond * double(s.x(j, c)), double(s.g(j, c)) - bond * double(s.x(i, c)), bond};
  }

 private:
  Glass glass_;
};
static_assert(PairTarget<Spherical<Sk>> && PairTarget<Spherical<IsingPSpin>> && PlantedTarget<Spherical<Sk>>);

struct SphericalPSpinOptions : SpinOptions {
  int p = 3;
  SphericalPSpinOptions() { n = 128; }
  static constexpr auto fields = std::tuple_cat(
      std::tuple{Field{"p", &SphericalPSpinOptions::p, "", "sites per interaction", {.least = 2, .most = 6}}},
      SpinOptions::fields);
};

/// Spherical p-spin model: -H = sum_{i1<...<ip} J x_{i1}...x_{ip} + sum_i h_i x_i on |x|^2 = N with the uniform surface
/// measure, J ~ N(0, p!/(2N^{p-1})). p = 3: T_d = sqrt(3/8), T_K = 0.5861. p = 2 is solved by its eigenvectors, T_c
/// = 1. Crisanti and Sommers, Z. Phys. B 87, 341 (1992); Kosterlitz, Thouless and Jones, Phys. Rev. Lett. 36, 1217
/// (1976).
///
/// Planted, J gets the mean beta p!/(2N^{p-1}) prod x*, and the signal is an exact draw of the model at any N, if its
/// own law is right. By Bayes' rule the posterior is P(x) prod N(J; mean, variance), and without diagonal terms the
/// square of the mean is no constant of the sphere; so that this be the model, the signal has the law
///     P(x*) ~ exp(beta h.x* + c sum_{i1<...<ip} prod (x*)^2),   c = (beta^2/2) p!/(2N^{p-1}),
/// which differs from the uniform one by factors of O(1), and in its energy per spin by O(N^{-2}) from the uniform
/// signal's -(beta/2) prod_{k<p} (N-k)/(N+2k). Drawn by rejection; a draw of uniform law is taken with probability
/// about exp(-beta^2 p(p-1)/4).
struct SphericalPSpin {
  using Options = SphericalPSpinOptions;
  static constexpr std::string_view name = "spherical-p-spin";
  static constexpr std::string_view formula =
      "-H = sum_{i1<...<ip} J x_i1...x_ip + sum_i h_i x_i,  |x|^2 = N,  J ~ N(0, p!/(2 N^(p-1)))";
  static constexpr std::string_view reference = "Crisanti and Sommers, Z. Phys. B 87, 341 (1992)";
  using Target = std::variant<Spherical<Sk>, Spherical<IsingPSpin>>;
  static constexpr int kMostRejections = 1'000'000;

  /// p = 2 on the matrix of Sk, p >= 3 on the slices of IsingPSpin. Throws BadInput for pins, and where planting would
  /// reject more than kMostRejections signals (p = 3: never above T = 0.33).
  static Target make(const SphericalPSpinOptions& o, std::uint32_t seed);
  static double bytes(const SphericalPSpinOptions& o) {
    return o.p == 2 ? 4.0 * double(o.n) * double(o.n) : IsingPSpin::bytes(o.p, o.n);
  }
  /// Annealed ln Z relative to the uniform measure, right to o(N) above T_K; no field.
  static std::optional<LogPartition> log_partition(const SphericalPSpinOptions& o);
};

/// A point of the sphere |x|^2 = b.size() with density ~ exp(b . x): von Mises and Fisher's law, exactly.
/// Wood, Commun. Stat. Simul. 23, 157 (1994).
Eigen::VectorXf draw_on_sphere(const Eigen::VectorXd& b, Stream& rng);

/// sum over i1 < ... < ip of the product of the squares of the sites, p N multiplications.
double sum_of_squared_products(const Eigen::VectorXf& x, int p);

}  // namespace glass

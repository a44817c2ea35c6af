#pragma once
#include <array>
#include <string_view>
#include <vector>

#include "models/core/random.hpp"
#include "models/core/storage.hpp"
#include "models/core/target.hpp"
#include "models/environment.hpp"

namespace glass {

struct IsingPSpinOptions : SpinOptions {
  int p = 3;
  IsingPSpinOptions() { n = 128; }
  static constexpr auto fields = std::tuple_cat(
      std::tuple{Field{"p", &IsingPSpinOptions::p, "", "spins per interaction", {.least = 3, .most = 6}}},
      SpinOptions::fields);
};

/// Fully connected p-spin model: -H = sum_{i1<...<ip} J x_{i1}...x_{ip} + sum_i h_i x_i, J ~ N(0, p!/(2N^{p-1}));
/// planted, J gets the mean beta p!/(2N^{p-1}) prod x*. p = 3: T_d = 0.6816, T_K = 0.6514.
/// Derrida, Phys. Rev. B 24, 2613 (1981); Gardner, Nucl. Phys. B 257, 747 (1985).
///
/// Couplings lie as N slices, slice i holding J_{i,S} for every (p-1)-subset S of the sites (0 where i is in S),
/// largest index outermost: p times the memory of storing each once, and a flip reads one contiguous slice. The first
/// C(k, p-1) numbers of slice k are the terms whose largest index is k, so one pass over those gives all fields.
/// A value that shares its couplings: copies are cheap. N C(N, p-1) floats.
class IsingPSpin {
 public:
  using Options = IsingPSpinOptions;
  using Cache = FieldCache;
  static constexpr std::string_view name = "ising-p-spin";
  static constexpr std::string_view formula =
      "-H = sum_{i1<...<ip} J x_i1...x_ip + sum_i h_i x_i,  J ~ N(0, p!/(2 N^(p-1)))";
  static constexpr std::string_view reference =
      "Derrida, Phys. Rev. B 24, 2613 (1981); Gardner, Nucl. Phys. B 257, 747 (1985)";

  static IsingPSpin make(const IsingPSpinOptions& o, std::uint32_t seed);
  /// Null disorder, or round env.truth where there is one: also a signal of reals. Depends on (seed, instance) only.
  static IsingPSpin draw(int p, Environment env, std::uint32_t seed, std::uint32_t instance);
  /// From J of every term in `subsets` order (C(N,p) of them).
  IsingPSpin(int p, const std::vector<float>& j, Environment env);

  Index sites() const { return n_; }
  Alphabet alphabet() const { return Alphabet::spins(); }
  int order() const { return p_; }
  double beta() const { return env_.beta; }
  const Environment& environment() const { return env_; }
  const Eigen::VectorXf& truth() const { return env_.truth; }
  Tilt base(Index columns) const { return env_.base(columns); }

  PerColumn log_likelihood(BatchIn x) const { return log_likelihood(open(x)); }
  PerColumn log_likelihood(const Cache& s) const;
  Cache open(Batch x) const;
  void flip(Cache& s, Index c, Index i) const { set(s, c, i, -s.x(i, c)); }
  void set(Cache& s, Index c, Index i, float to) const;         // any real value; 4 C(N, p-1) flops, one slice read
  float bond(const Cache& s, Index c, Index i, Index j) const;  ///< d^2 log L / dx_i dx_j; 2 C(N, p-2) flops
  void fields(BatchIn m, BatchOut g) const;                     // 4 C(N, p) flops a column, couplings read once

  static double bytes(const IsingPSpinOptions& o) { return bytes(o.p, o.n); }
  static double bytes(int p, Index n);
  /// f(sites, J) for every term, sites ascending, in `subsets` order.
  void for_each_term(auto&& f) const {
    for_each_subset(n_, p_, [&](const std::vector<Index>& s) {
      Index at = 0;
      for (int k = 0; k + 1 < p_; ++k) at += binomial(s[std::size_t(k)], k + 1);
      f(s, double(slices_(at, s.back())) / env_.beta);
    });
  }
  /// Annealed ln Z, exact to o(N) above T_K (planted or null); no field, no pins.
  static std::optional<LogPartition> log_partition(const IsingPSpinOptions& o);

  static Index binomial(Index n, int k);
  /// f(sites) for the k-subsets of 0..n-1, largest index outermost: 01, 02, 12, 03, 13, 23, ...
  static void for_each_subset(Index n, int k, auto&& f) {
    std::vector<Index> s(static_cast<std::size_t>(k));
    for (int a = 0; a < k; ++a) s[std::size_t(a)] = a;
    if (n < k) return;
    for (;;) {
      f(s);
      int a = 0;  // the first element that can move up without meeting the next
      while (a + 1 < k && s[std::size_t(a)] + 1 == s[std::size_t(a) + 1]) ++a;
      if (++s[std::size_t(a)] == n) return;
      for (int b = 0; b < a; ++b) s[std::size_t(b)] = b;
    }
  }

 private:
  Index n_ = 0;
  int p_ = 3;
  Couplings slices_;  // beta J
  Environment env_;
  Eigen::VectorXf bh_;
};
static_assert(SpinTarget<IsingPSpin> && GaussianGlass<IsingPSpin> && PlantedTarget<IsingPSpin>);

}  // namespace glass

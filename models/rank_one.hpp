#pragma once
#include <string_view>

#include "models/core/real_sites.hpp"
#include "models/sk.hpp"

namespace glass {

/// What a noisy rank-one matrix Y = x* x*^T/sqrt(N) + sqrt(Delta) Z says of real sites with an independent prior:
///     log L = sum_{i<j} [Y_ij x_i x_j/(Delta sqrt N) - x_i^2 x_j^2/(2 Delta N)] + sum_i beta h_i x_i.
/// The first term is SK's at beta = 1/sqrt(Delta), whose matrix and kernels serve here; the second is
/// -(S^2 - sum x^4)/(4 Delta N), S = |x|^2. At power p the prior stays as it is. A value, N^2 floats.
class RankOne {
 public:
  static constexpr Space space = Space::line;
  static constexpr std::string_view name = "spiked-matrix";
  struct Cache {
    Batch x, g;         // g = beta J x + beta h
    PerColumn squares;  // |x|^2
    static void visit(auto& s, auto&& f) { f(s.x, s.g, s.squares); }
  };
  RankOne(Sk matrix, double rho) : matrix_(std::move(matrix)), sites_{Space::line, rho} {}

  Index sites() const { return matrix_.sites(); }
  Alphabet alphabet() const { return Alphabet::reals(); }
  RealSites real_sites() const { return sites_; }
  int order() const { return 2; }
  double beta() const { return matrix_.beta(); }
  const Environment& environment() const { return matrix_.environment(); }
  const Eigen::VectorXf& truth() const { return matrix_.truth(); }
  Tilt base(Index columns) const { return matrix_.base(columns); }
  void for_each_term(auto&& f) const { matrix_.for_each_term(f); }

  PerColumn log_likelihood(BatchIn x) const { return log_likelihood(open(x)); }
  PerColumn log_likelihood(const Cache& s) const;
  PerColumn gradient(BatchIn x, BatchOut g) const;                    // one GEMM, 2 N^2 B flops
  void fields(BatchIn x, BatchOut g) const { matrix_.fields(x, g); }  ///< beta J x + beta h: without the second term
  Cache open(Batch x) const;
  void set(Cache& s, Index c, Index i, float to) const;  // 2 N flops, one column of J read
  SiteForm site(const Cache& s, Index c, Index i) const {
    const double x = double(s.x(i, c));
    return {double(s.g(i, c)), quartic() * (s.squares(c) - x * x)};
  }

 private:
  double quartic() const { return beta() * beta() / double(sites()); }  // 1/(Delta N)
  Sk matrix_;
  RealSites sites_;
};
static_assert(SiteTarget<RankOne> && PlantedTarget<RankOne>);

}  // namespace glass

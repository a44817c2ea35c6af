#pragma once
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "models/core/error.hpp"
#include "models/core/exact_law.hpp"
#include "models/environment.hpp"
#include "models/term_list.hpp"

namespace glass {

/// No configuration satisfies all equations and pins.
struct Contradiction : Refused {
  using Refused::Refused;
};

/// Solutions of a system of parity checks, uniformly: Gauss-Jordan elimination over GF(2), 64 unknowns a word. With
/// x_i = (-1)^{s_i} each interaction J prod x is the equation sum s = [J < 0], each pin the equation of one site.
/// O(M N rank/64) time, M N/8 bytes; a draw takes O(rank N/64). An immutable value that shares its rows.
class Elimination {
 public:
  static constexpr std::string_view name = "elimination";
  static constexpr std::string_view formula = "uniform over the solutions of J prod x = |J|, by Gaussian elimination";
  static constexpr std::string_view reference = "Mezard, Ricci-Tersenghi and Zecchina, J. Stat. Phys. 111, 505 (2003)";

  /// Throws Refused unless the law is uniform over the ground states to 1e-300 (xorsat's temperature=0), without
  /// fields, and all equations can hold together (else Contradiction).
  Elimination(const TermList& terms, const Environment& env);

  Index sites() const { return n_; }
  Index rank() const { return Index(pivot_.size()); }  ///< of the equations, pins among them
  /// ln of the number of solutions.
  double entropy() const;
  double log_likelihood() const { return ground_; }               ///< -beta H of every solution
  double log_partition() const { return ground_ + entropy(); }    ///< ln sum exp(-beta H)
  Eigen::VectorXd means() const;                                  ///< <x_i>: +-1 where frozen, 0 where free
  double draw(Stream& rng, Eigen::Ref<Eigen::VectorXf> x) const;  ///< N/64 words and more of the stream
  double log_prob(const Eigen::Ref<const Eigen::VectorXf>& x) const;

 private:
  using Word = std::uint64_t;
  bool right(Index row) const { return rows_[std::size_t(row * words_ + n_ / 64)] >> (n_ % 64) & 1; }
  Index n_ = 0, words_ = 0;             // bit n of a row is its right-hand side
  std::shared_ptr<const Word[]> rows_;  // reduced: row r has its pivot's bit and otherwise unknowns without pivot
  std::vector<Index> pivot_;            // unknown of row r
  double ground_ = 0;
};
static_assert(ExactLaw<Elimination>);

}  // namespace glass

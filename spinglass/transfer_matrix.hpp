#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "models/core/exact_law.hpp"
#include "models/environment.hpp"
#include "models/term_list.hpp"

namespace glass {

/// Exact law of spins with interactions of any order by the transfer matrix, site by site: sites are added in their
/// order, and each is summed out as soon as all its interactions are in; the sums run over the configurations of the
/// frontier, the sites that are added and not yet summed out (forward filtering). Draws and marginals follow backwards.
/// An l x l lattice has a frontier of l + 1 sites, with a periodic direction too, 2 l where both are.
///
/// Everything is in logarithms, so no temperature is too low. With W the largest frontier: O(2^W) time for each site
/// and each term, 8 bytes times sum 2^frontier memory; a draw takes O(N). W <= 21, at most 2^27 numbers (1 GB). An
/// immutable value that shares its tables.
/// Kramers and Wannier, Phys. Rev. 60, 252 (1941); Binder, Physica 62, 508 (1972) for the site-by-site sum.
class TransferMatrix {
 public:
  static constexpr std::string_view name = "transfer-matrix";
  static constexpr std::string_view formula = "sites summed out one by one over the configurations of the frontier";
  static constexpr std::string_view reference = "Kramers and Wannier, Phys. Rev. 60, 252 (1941)";
  static constexpr int kMaxFrontier = 21;
  static constexpr double kMaxNumbers = 134217728;

  /// Filters forwards. Throws Refused, naming the frontier, where it is too wide.
  TransferMatrix(const TermList& terms, const Environment& env);
  /// At any tilt: couplings times beta, field (N) and pins (N, Tilt::kFree where free) as they are.
  TransferMatrix(const TermList& terms, double beta, const Eigen::VectorXd& field, const Eigen::VectorXf& pins);

  Index sites() const { return n_; }
  int frontier() const { return width_; }                         ///< the largest
  double log_partition() const { return log_partition_; }         ///< ln sum exp(-beta H)
  double draw(Stream& rng, Eigen::Ref<Eigen::VectorXf> x) const;  ///< N numbers of the stream
  double log_prob(const Eigen::Ref<const Eigen::VectorXf>& x) const;

  struct Means {
    Eigen::VectorXd spin;       ///< <x_i>
    Eigen::VectorXd log_odds;   ///< ln P(x_i = 1) - ln P(x_i = -1): keeps the digits of what is almost sure
    double log_likelihood = 0;  ///< <-beta H>, the field included
  };
  /// By one pass backwards, at the cost of the one forwards.
  Means means() const;

 private:
  struct Factor {
    std::uint32_t others;  // bits of the frontier
    double beta_j;
  };
  // One site enters as the highest bit of the frontier; then some leave.
  struct Step {
    int bits = 0;  // of the frontier before
    double beta_h = 0;
    float pin = 0;
    std::vector<Factor> factors;  // terms whose last site this is
    struct Leaves {
      Index site;
      int bit;                       // in the frontier at that moment
      std::vector<double> log_odds;  // of +1 against -1 given the others
    };
    std::vector<Leaves> leaves;
  };
  double field(const Step& s, std::uint32_t others) const;
  std::shared_ptr<const std::vector<Step>> steps_;
  Index n_ = 0;
  int width_ = 0;
  double log_partition_ = 0;
};
static_assert(ExactLaw<TransferMatrix>);

}  // namespace glass

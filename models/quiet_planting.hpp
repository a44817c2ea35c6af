#pragma once
// The law of a signal round which M constraints are drawn so that it is an exact sample of their posterior. Constraints
// are independent, each with density proportional to its weight w(x*, constraint) (1 where satisfied, e^-beta where
// violated); for (x*, constraints) to have the posterior as its conditional law, P(x*) must be proportional to
// prior(x*) z(x*)^M, z(x*) the sum of w over all constraints: uniform x* is not exact where z depends on it.
// Krzakala and Zdeborova, Phys. Rev. Lett. 102, 238701 (2009).
#include <algorithm>
#include <string_view>
#include <vector>

#include "models/core/random.hpp"
#include "models/environment.hpp"

namespace glass {

/// +-1 signal for `clauses` clauses of k different sites that are violated where all their sites agree: with N+ sites
/// up, z = 1 - (1 - e^-beta) [C(N+, k) + C(N - N+, k)] / C(N, k). Any fields and pins. Exact: independent spins with
/// the fields and a uniform one that centres them are accepted with probability proportional to z^M over that field's
/// weight. O(N) a trial, and (1 + c)^(1/2) trials, c the curvature of M ln z over that of the proposals' law of N+ (k =
/// 5 at alpha = 9.5: 4). Throws BadInput where the pins leave nothing.
Eigen::VectorXf plant_two_colours(std::string_view model, const Environment& env, int k, Index clauses, Stream rng);

/// The numbers of free sites of each of q colours under the quiet law of `edges` edges that are violated where both
/// ends agree: z = A - B sum_a n_a^2, n_a the sizes of the classes, pinned sites included. Fields must be the same at
/// every site. Exact but for sizes less likely than 1e-25 of the likeliest: the tangent of the concave ln z bounds it
/// by a product over classes, whose sizes are drawn one by one and accepted with the ratio, O(q) a draw.
class ClassSizes {
 public:
  /// O(q sqrt N). Throws BadInput where the pins leave nothing.
  ClassSizes(std::string_view model, const Environment& env, Index edges);
  std::vector<Index> draw(Stream& rng) const;

 private:
  /// One class: weight exp(u k - kappa (k + pinned)^2) / k!, as a table round its mode.
  struct Law {
    Law(double u, double kappa, double pinned, Index most);
    double mean() const;
    Index draw(double u) const;
    double operator()(Index k) const;  ///< the largest is 1
    Index first = 0;
    std::vector<double> weight, cumulative;
  };
  double z(double squares) const { return std::max(0.0, a_ - b_ * squares); }
  Index free_ = 0;
  double edges_, a_, b_, kappa_ = 0, at_ = 0;  // z(S) = a - b S, its tangent at S = at
  std::vector<double> pinned_;
  std::vector<Law> law_;
};

/// The colour of every site, from ClassSizes. O(N).
std::vector<int> plant_colours(std::string_view model, const Environment& env, Index edges, Stream rng);

}  // namespace glass

#pragma once
#include "models/environment.hpp"
#include "models/term_list.hpp"

namespace glass {

/// ln Z and means of spins by enumeration.
struct Enumeration {
  double log_partition = 0;
  double log_likelihood = 0;  ///< <-beta H>
  Eigen::VectorXd spin;       ///< <x_i>
};
inline constexpr Index kMaxGraySites = 28;

/// All configurations of the sites that are not pinned, at most 28 of them, in the order of the reflected Gray code:
/// one flip from each to the next, at the cost of its terms. 2^free x (mean degree + one exponential), in no memory to
/// speak of; on all threads, the same bits at any number of them. Throws Refused for more free sites.
Enumeration enumerate_by_gray_code(const TermList& terms, const Environment& env);

}  // namespace glass

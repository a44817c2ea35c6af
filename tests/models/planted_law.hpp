#pragma once
// The joint law of a signal and its constraints at sizes where all of them can be listed.
#include <functional>
#include <vector>

#include "bench/conformance.hpp"
#include "models/core/configurations.hpp"
#include "tests/models/checks.hpp"

namespace glass::checks {

/// Draws `count` instances and counts (x*, c_1 .. c_M), c the number of a constraint; their law must be proportional to
/// prior(x*) prod_m weight(x*, c_m), for only then has the posterior given the constraints x* as a sample.
/// draw(instance) gives x* and the numbers; log_prior -inf where a pin forbids x.
inline Check joint_law_check(const Configurations& space, Index constraints, int clauses,
                             const std::function<double(const Eigen::VectorXf&)>& log_prior,
                             const std::function<double(const Eigen::VectorXf&, Index)>& weight,
                             const std::function<std::pair<Eigen::VectorXf, std::vector<Index>>(std::uint32_t)>& draw,
                             std::uint32_t count) {
  Index lists = 1;
  for (int m = 0; m < clauses; ++m) lists *= constraints;
  Eigen::VectorXd law(space.count() * lists), seen = Eigen::VectorXd::Zero(space.count() * lists);
  Eigen::VectorXf x(space.dim());
  for (Index k = 0; k < space.count(); ++k) {
    space.write(k, x);
    for (Index l = 0; l < lists; ++l) {
      double w = std::exp(log_prior(x));
      for (Index m = 0, rest = l; m < clauses; ++m, rest /= constraints) w *= weight(x, rest % constraints);
      law(k * lists + l) = w;
    }
  }
  law /= law.sum();
  for (std::uint32_t instance = 0; instance < count; ++instance) {
    const auto [signal, numbers] = draw(instance);
    Index list = 0;
    for (std::size_t m = numbers.size(); m-- > 0;) list = list * constraints + numbers[m];
    seen(space.number(signal) * lists + list) += 1;
  }
  return law_check("(x*, constraints)", seen, law);
}

}  // namespace glass::checks

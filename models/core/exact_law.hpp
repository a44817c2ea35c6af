#pragma once
#include <concepts>

#include "models/core/random.hpp"
#include "models/core/types.hpp"

namespace glass {

/// A law of N spins that draws independent configurations of itself and knows their probability.
template <class L>
concept ExactLaw = requires(const L& law, Stream& rng, Eigen::Ref<Eigen::VectorXf> x) {
  { law.sites() } -> std::convertible_to<Index>;
  { law.draw(rng, x) } -> std::same_as<double>;  // writes N values; ln of their probability
  { law.log_prob(x) } -> std::same_as<double>;   // -inf where it cannot be drawn
};

}  // namespace glass

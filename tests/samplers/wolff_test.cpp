// One cluster at a time, against the transition matrix summed over every set of laid bonds.
#include "samplers/wolff.hpp"

#include <gtest/gtest.h>

#include "tests/samplers/cluster_reference.hpp"

namespace glass {
namespace {

using namespace reference;

/// The cluster grown from a site is the part of it once all bonds are laid.
Kernel wolff_kernel(const PairGraph& graph, const Tilt& t) {
  const Index n = graph.sites(), size = Index{1} << n;
  const Bonds b = bonds_of(graph, t);
  Kernel p = Kernel::Identity(size, size) / 64.0;
  for (Index x = 0; x < size; ++x)
    for_each_percolation(b, n, x, [&](double weight, const std::vector<Index>& part) {
      for (Index i = 0; i < n; ++i) {
        const Index name = part[std::size_t(i)];
        const double w = 63.0 / 64.0 / double(n) * weight;
        const double turn = std::min(1.0, std::exp(-2 * part_field(graph, t, x, part, name)));
        p(x, turned(x, part, name)) += w * turn;
        p(x, x) += w * (1 - turn);
      }
    });
  return p;
}

TEST(Wolff, OneStepIsTheSumOverLaidBonds) {
  std::uint32_t seed = 400;
  for (const Index pins : {0, 1}) {
    const PairGraph target = small_graph(4, 0.5, pins);
    for (const double power : {1.0, 0.6, 1.7})
      for (const float field : {0.0f, 0.4f}) {
        const Tilt tilt = tilted(target, 30000, power, field);
        const Eigen::VectorXd p = normalised(log_weights(target, tilt));
        const Kernel one = wolff_kernel(target, tilt);
        EXPECT_LT(largest_change(p, one), 1e-12);
        expect_plausible(
            one_step_check(Wolff<PairGraph>(target, {.clusters = 2}), tilt, p, Kernel(one * one), ++seed, 30000),
            "pins " + std::to_string(pins) + " power " + std::to_string(power));
      }
  }
}

}  // namespace
}  // namespace glass

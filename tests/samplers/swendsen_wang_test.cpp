// All clusters at once, against the transition matrix summed over every set of laid bonds.
#include "samplers/swendsen_wang.hpp"

#include <gtest/gtest.h>

#include "tests/samplers/cluster_reference.hpp"

namespace glass {
namespace {

using namespace reference;

Kernel swendsen_wang_kernel(const PairGraph& graph, const Tilt& t) {
  const Index n = graph.sites(), size = Index{1} << n;
  const Bonds b = bonds_of(graph, t);
  Kernel p = Kernel::Zero(size, size);
  for (Index x = 0; x < size; ++x)
    for_each_percolation(b, n, x, [&](double weight, const std::vector<Index>& part) {
      std::vector<std::pair<Index, double>> ways{{x, weight}};
      for (Index name = 0; name < n; ++name) {
        if (std::find(part.begin(), part.end(), name) == part.end()) continue;
        const double turn = 1 / (1 + std::exp(2 * part_field(graph, t, x, part, name)));
        for (std::size_t k = ways.size(); k-- > 0;) {
          ways.emplace_back(turned(ways[k].first, part, name), ways[k].second * turn);
          ways[k].second *= 1 - turn;
        }
      }
      for (const auto& [y, w] : ways) p(x, y) += w;
    });
  return p;
}

TEST(SwendsenWang, OneStepIsTheSumOverLaidBonds) {
  std::uint32_t seed = 300;
  for (const Index pins : {0, 1}) {
    const PairGraph target = small_graph(4, 0.5, pins);
    const SwendsenWang<PairGraph> sampler(target);
    for (const double power : {1.0, 0.6, 1.7})
      for (const float field : {0.0f, 0.4f}) {
        const Tilt tilt = tilted(target, 30000, power, field);
        const Eigen::VectorXd p = normalised(log_weights(target, tilt));
        const Kernel kernel = swendsen_wang_kernel(target, tilt);
        EXPECT_LT(largest_change(p, kernel), 1e-12);
        expect_plausible(one_step_check(sampler, tilt, p, kernel, ++seed, 30000),
                         "pins " + std::to_string(pins) + " power " + std::to_string(power));
      }
  }
}

}  // namespace
}  // namespace glass

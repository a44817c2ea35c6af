// Heat bath against an exact value at a size that enumeration cannot reach.
#include <gtest/gtest.h>

#include <cmath>

#include "models/edwards_anderson.hpp"
#include "samplers/glauber.hpp"
#include "spinglass/kaufman.hpp"

namespace glass {
namespace {

/// 2D ferromagnet, L = 16, beta = 0.44, just above T_c: the slowest place there is. The independent unit is the chain,
/// so autocorrelation is in the error bar. False alarm: 4 sigma of Student's t at 63 degrees of freedom, 2e-4.
TEST(Glauber, EnergyOfTheFerromagnetIsKaufmans) {
  EdwardsAndersonOptions o;
  o.d = 2;
  o.l = 16;
  o.p = 1;
  o.temperature = 1 / 0.44;
  const PairGraph t = EdwardsAnderson::make(o, 1);
  const double expected = -kaufman(16, 16, 0.44).log_likelihood / (0.44 * 256);
  EXPECT_NEAR(expected, -1.44774346483, 1e-10);
  const Glauber<PairGraph> glauber(t);
  constexpr Index kChains = 64;
  auto state = glauber.init(Streams({2, Purpose::sampler}, kChains));
  // tau of the energy is below 100 sweeps here; from a random start domains of size L take L^2
  for (int k = 0; k < 1500; ++k) glauber.step(state);
  PerColumn sum = PerColumn::Zero(kChains);
  constexpr int kSweeps = 2500, kThin = 5;
  for (int k = 0; k < kSweeps; ++k) {
    glauber.step(state);
    if (k % kThin == 0) sum += glauber.log_likelihood(state);
  }
  const PerColumn u = -sum / (0.44 * 256 * (kSweeps / kThin));
  const double mean = u.mean(), error = std::sqrt((u.array() - mean).square().sum() / (kChains - 1) / kChains);
  EXPECT_LT(error, 0.006);
  EXPECT_NEAR(mean, expected, 4 * error) << mean << " +- " << error;
}

}  // namespace
}  // namespace glass

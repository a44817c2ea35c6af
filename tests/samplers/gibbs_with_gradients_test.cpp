// Informed proposals against their transition matrix.
#include "samplers/gibbs_with_gradients.hpp"

#include <gtest/gtest.h>

#include "tests/samplers/reference.hpp"

namespace glass {
namespace {

using namespace reference;

Kernel informed_kernel(const Eigen::VectorXd& w) {
  const auto proposal = [&](Index x, Index y) { return std::isinf(w(y)) ? 0.0 : std::exp(0.5 * (w(y) - w(x))); };
  const auto sum = [&](Index x) {
    double z = 0;
    for (Index site = 1; site < w.size(); site <<= 1) z += proposal(x, x ^ site);
    return z;
  };
  Kernel p = Kernel::Identity(w.size(), w.size());
  for (Index x = 0; x < w.size(); ++x)
    for (Index site = 1; site < w.size(); site <<= 1) {
      const Index y = x ^ site;
      if (std::isinf(w(x)) || std::isinf(w(y))) continue;
      const double there = proposal(x, y) / sum(x), back = proposal(y, x) / sum(y);
      p(x, y) = 63.0 / 64.0 * there * std::min(1.0, std::exp(w(y) - w(x)) * back / there);
      p(x, x) -= p(x, y);
    }
  return p;
}

template <class T>
void expect_kernel(const T& target, std::uint32_t seed) {
  for (const double power : {1.0, 0.6, 1.7})
    for (const float field : {0.0f, 0.4f}) {
      const Tilt tilt = tilted(target, 30000, power, field);
      const Eigen::VectorXd w = log_weights(target, tilt), p = normalised(w);
      const Kernel one = informed_kernel(w);
      EXPECT_LT(largest_change(p, one), 1e-12);
      expect_plausible(
          one_step_check(GibbsWithGradients<T>(target, {.proposals = 2}), tilt, p, Kernel(one * one), ++seed, 30000),
          "power " + std::to_string(power));
    }
}

TEST(GibbsWithGradients, OneStepIsTheProductOfItsMatrices) {
  for (const Index pins : {0, 1}) {
    expect_kernel(small<Sk>(4, 0.6, pins), 700 + 100 * std::uint32_t(pins));
    expect_kernel(small_graph(4, 0.6, pins), 720 + 100 * std::uint32_t(pins));
    expect_kernel(small<IsingPSpin>(4, 0.6, pins), 740 + 100 * std::uint32_t(pins));
  }
}

/// Weights of e^{100} are cut at e^{88}: the acceptance knows what they became, and the way downhill stays open.
TEST(GibbsWithGradients, SurvivesWeightsThatOverflow) {
  const CurieWeiss target = [] {
    CurieWeissOptions o;
    o.n = 3;
    o.temperature = 0.01;
    o.coupling = 0;
    o.field = 1;
    return CurieWeiss::make(o, 1);
  }();
  const GibbsWithGradients<CurieWeiss> sampler(target, {.proposals = 20});
  auto s = sampler.init(Streams({1, Purpose::sampler}, 64));
  sampler.place(s, -Batch::Ones(3, 64));
  sampler.step(s);
  EXPECT_EQ(s.spins.x, Batch::Ones(3, 64));
}

}  // namespace
}  // namespace glass

#include "bench/finite_size.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "bench/denoise.hpp"

namespace glass {
namespace {

/// Every model of every panel can be made, and theory takes it for the ensemble that the panel says it is.
TEST(FiniteSize, PanelsModelsAreTheEnsemblesOfTheory) {
  for (const bool quick : {true, false})
    for (const FiniteSizePanel& p : finite_size_panels(quick)) {
      EXPECT_FALSE(p.sweeps.empty() || p.path_kl.empty() || p.lines.empty()) << p.name;
      for (const FiniteSizePanel::Sweep& s : p.sweeps)
        for (const double c : s.controls) {
          const std::string spec = finite_size_model(p, 50, c);
          const auto phase = phase_of(*make_model(spec, 1));
          ASSERT_TRUE(phase) << spec;
          EXPECT_EQ(phase->name, split_spec(p.model).name);
          EXPECT_EQ(phase->control_name, p.control);
          EXPECT_NEAR(phase->control, c, 1e-12) << spec;
          EXPECT_TRUE(make_model(spec, 1)->environment().truth.size()) << spec;
          for (const Plan::Sampler& one : s.samplers) EXPECT_NO_THROW(resolve_sampler(*make_model(spec, 1), one.spec));
        }
    }
}

/// With the exact posterior mean 1/2 int |x*-m|^2 dt + int (x*-m).dW is -ln p(x*) on every path (Girsanov): no average
/// over instances is needed, so the two sides are compared one by one. What is left is the step: Ito's sum differs from
/// its integral by O(sqrt(step)), here some 0.01 per site, where the half integral alone is off by 0.1.
TEST(FiniteSize, TheMartingaleTakesTheNoiseOfAPathAway) {
  DenoiseOptions o;
  for (int k = 0; k <= 4000; ++k) o.sides.push_back(40 * std::pow(k / 4000.0, 2));
  o.seed = 5;
  o.instances = 12;
  o.informed = false;
  const char* spec = "sk:n=8,temperature=0.6,planted=true";
  const DenoiseCurve c = denoise(spec, "exact", o, [] {}).curves.at(0);
  double with = 0, without = 0;
  for (std::uint32_t k = 0; k < 12; ++k) {
    const auto model = make_model(spec + (",instance=" + to_text(k)), 5);
    const AnyDenoiser exact = make_denoiser(*model, {"exact", {}});
    auto messages = exact.start(Streams({5, Purpose::denoiser}, 1));
    Batch mean(8, 1);
    exact.posterior_mean(exact.base(1), messages, mean);
    const double log_z = (*exact.log_partition(exact.base(1), messages))(0);
    const double surprise = (log_z - model->log_likelihood(model->environment().truth)(0)) / 8;
    EXPECT_NEAR(c.half_integrals[k] + c.martingales[k], surprise, 0.03) << k;
    with += std::pow(c.half_integrals[k] + c.martingales[k] - surprise, 2) / 12;
    without += std::pow(c.half_integrals[k] - surprise, 2) / 12;
  }
  EXPECT_LT(std::sqrt(with), 0.012);
  EXPECT_GT(std::sqrt(without), 0.05);
}

}  // namespace
}  // namespace glass

#include "bench/mcmc_truth.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "bench/truth.hpp"
#include "models/core/configurations.hpp"
#include "models/core/error.hpp"

namespace glass {
namespace {

McmcTruthOptions quick() {
  McmcTruthOptions o;
  o.rungs = 9;
  o.warmup = 256;
  o.draws = 512;
  return o;
}

/// ln Z and <H> by summing over all configurations.
std::pair<double, double> sums(const AnyModel& model) {
  const Configurations all(model.sites(), model.alphabet());
  const Eigen::VectorXf& pins = model.environment().pins;
  Eigen::VectorXf x(all.dim());
  double z = 0, sum = 0;
  for (Index k = 0; k < all.count(); ++k) {
    all.write(k, x);
    if (((pins.array() != Tilt::kFree) && (pins.array() != x.array())).any()) continue;
    const double l = model.log_likelihood(x)(0);
    z += std::exp(l);
    sum -= std::exp(l) * l / model.environment().beta;
  }
  return {std::log(z), sum / z};
}

/// Fields and pins included: 15 degrees of freedom, five standard errors are level 2e-4 for each of 15 statements.
TEST(McmcTruth, AgreesWithEnumerationWithinItsErrors) {
  for (const char* spec : {"sk:n=12,temperature=0.5,field=0.2,pins=2", "ising-p-spin:n=10,temperature=0.5,planted=true",
                           "bicolouring:k=3,alpha=1.5,n=12,temperature=0.4",
                           "edwards-anderson:d=2,l=3,temperature=0.6,planted=true,field=0.1",
                           "colouring:n=7,degree=3,temperature=0.4,pins=1"}) {
    const auto model = make_model(spec, 5);
    const McmcTruth m = mcmc_truth(*model, 5, quick());
    EXPECT_EQ(m.doubt, "") << spec;
    EXPECT_GT(m.round_trips, 1) << spec;
    const auto [ln_z, energy] = sums(*model);
    EXPECT_NEAR(m.multistate.value, ln_z, 5 * m.multistate.error) << spec;
    EXPECT_NEAR(m.integral.value, ln_z, 5 * m.integral.error + 4 * m.integral.discretisation) << spec;
    EXPECT_NEAR(m.energy, energy, 5 * m.energy_error) << spec;
    EXPECT_LT(m.multistate.error, 0.05) << spec;  // the statements say something
    EXPECT_LT(m.energy_error, 0.1) << spec;
  }
}

/// One rung next to the target and nothing between it and free spins: walkers hardly travel.
TEST(McmcTruth, SaysSoWhenChainsDoNotTravel) {
  McmcTruthOptions o = quick();
  o.rungs = 3;
  o.warmup = 16;
  o.draws = 64;
  const McmcTruth m = mcmc_truth(*make_model("sk:n=200,temperature=0.2", 3), 3, o);
  EXPECT_NE(m.doubt.find("raise"), std::string::npos) << m.doubt;
  Truths all;
  add_tempering(all, *make_model("sk:n=200,temperature=0.2", 3), 3, o);
  ASSERT_EQ(all.found.size(), 1u);
  EXPECT_EQ(all.contradictions.size(), 1u);
}

TEST(McmcTruth, RefusesWhatItCannotTemper) {
  EXPECT_THROW(mcmc_truth(*make_model("spiked-matrix:n=10,rho=0.2", 1), 1, quick()), Refused);
  EXPECT_THROW(mcmc_truth(*make_model("sk:n=10", 1), 1,
                          [] {
                            McmcTruthOptions o = quick();
                            o.kernel = "autoregressive";
                            return o;
                          }()),
               BadInput);
}

}  // namespace
}  // namespace glass

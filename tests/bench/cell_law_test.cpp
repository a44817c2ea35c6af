#include "bench/cell_law.hpp"

#include <gtest/gtest.h>

#include <numbers>

#include "bench/conformance.hpp"
#include "models/core/error.hpp"

namespace glass {
namespace {

double normal_below(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

TEST(CellLaw, WithoutCouplingsItIsThePrior) {
  const CellLaw sphere(*make_model("spherical-p-spin:p=2,n=3,temperature=1e9", 1));
  for (const double p : sphere.probabilities()) EXPECT_NEAR(p, 1.0 / 64, 1e-9);
  EXPECT_NEAR(sphere.mean([](const Eigen::VectorXd& x) { return x(0) * x(0); }), 1, 1e-6);
  const CellLaw line(*make_model("spiked-matrix:prior=gaussian,n=3,delta=1e14,pins=1", 1));
  // the first cell: both below -1.5
  EXPECT_NEAR(line.probabilities()(0), std::pow(normal_below(-1.5), 2), 1e-7);
  EXPECT_NEAR(line.probabilities()(3), normal_below(-1.5) * (0.5 - normal_below(-0.4)), 1e-7);
  const CellLaw atoms(*make_model("spiked-matrix:prior=gauss-bernoulli,rho=0.3,n=2,delta=1e14", 1));
  EXPECT_NEAR(atoms.probabilities()(63), 0.49, 1e-7);  // both zero
  EXPECT_NEAR(atoms.probabilities()(7), 0.7 * 0.3 * normal_below(-1.6), 1e-7);
}

TEST(CellLaw, DrawsLieInTheirCellAndHaveItsMean) {
  for (const char* spec : {"spherical-p-spin:p=3,n=3,temperature=0.5,field_spread=0.6",
                           "spiked-matrix:prior=gauss-bernoulli,rho=0.6,n=3,delta=0.3,pins=1,field=0.2"}) {
    const CellLaw law(*make_model(spec, 2));
    Stream rng({1, Purpose::test}, 0);
    const LawDraws draws(law.probabilities());
    double sum = 0, squares = 0;
    for (int k = 0; k < 20000; ++k) {
      const Index cell = draws.number(rng);
      const Eigen::VectorXf x = law.draw(cell, rng);
      ASSERT_EQ(law.cell(x), cell) << spec;
      sum += double(x(1)) / 20000;
      squares += double(x(1) * x(1)) / 20000;
    }
    EXPECT_NEAR(sum, law.mean([](const Eigen::VectorXd& x) { return x(1); }), 5 * std::sqrt(squares / 20000)) << spec;
    Eigen::VectorXf off = law.draw(5, rng);
    off *= 1.2f;
    EXPECT_EQ(law.cell(off), -1) << spec;  // off the sphere, or off its pin
  }
}

TEST(CellLaw, SaysWhichSizesItCanIntegrate) {
  EXPECT_THROW(CellLaw(*make_model("spherical-p-spin:p=2,n=4", 1)), BadInput);
  EXPECT_THROW(CellLaw(*make_model("spiked-matrix:prior=gaussian,n=3", 1)), BadInput);
  EXPECT_THROW(CellLaw(*make_model("sk:n=3", 1)), BadInput);
}

}  // namespace
}  // namespace glass

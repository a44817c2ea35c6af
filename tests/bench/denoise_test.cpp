#include "bench/denoise.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>

#include "bench/phase_model.hpp"
#include "models/core/error.hpp"
#include "spinglass/rademacher.hpp"

namespace glass {
namespace {

DenoiseOptions options(Path path, std::vector<double> sides, int instances, int columns) {
  DenoiseOptions o;
  o.path = path;
  o.sides = std::move(sides);
  o.instances = instances;
  o.columns = columns;
  o.seed = 3;
  return o;
}
void nothing() {}

/// Five standard errors over 40 instances: level 1e-5 for each of some 20 statements.
void expect(const MeanAndError& m, double value, const std::string& what) {
  EXPECT_NEAR(m.mean, value, 5 * m.error + 1e-6) << what;
}

/// Almost free spins: the scalar channel's error, and 1 - theta.
TEST(Denoise, FreeSpinsHaveTheErrorOfTheScalarChannel) {
  const char* model = "sk:n=10,temperature=1e4,planted=true";
  const Denoised g = denoise(model, "exact", options(Path::gaussian, {0, 0.3, 1, 4}, 40, 20), nothing);
  ASSERT_EQ(g.curves.size(), 1u);  // enumeration has no messages to inform
  EXPECT_NEAR(g.signal, 1, 1e-12);
  for (const DenoisePoint& p : g.curves[0].points) {
    const ChannelAverages a = Rademacher::averages(p.side);
    const std::string what = "gamma^2 = " + std::to_string(p.side);
    expect(p.error, a.error, what);
    expect(p.overlap, a.overlap, what);
    expect(p.gap, 0, what);
    expect(*p.log_partition, std::log(2.0) + Rademacher::free_entropy(p.side), what);
    if (p.side > 0) {
      EXPECT_GT(p.error.error, 1e-4) << what;
      EXPECT_LT(p.error.error, 0.02) << what;
    }
  }
  const Denoised e = denoise(model, "exact", options(Path::erasure, {0, 0.3, 0.7}, 10, 4), nothing);
  for (const DenoisePoint& p : e.curves[0].points) EXPECT_NEAR(p.error.mean, 1 - p.side, 1e-4);
}

/// The Nishimori identity where spins interact, along both paths; pins of the model stay pinned.
TEST(Denoise, ExactMeansHaveNoGap) {
  for (const Path path : {Path::gaussian, Path::erasure}) {
    const Denoised d = denoise("ising-p-spin:n=9,temperature=0.5,planted=true,pins=1", "exact",
                               options(path, {0, 0.2, 0.6}, 40, 8), nothing);
    for (const DenoisePoint& p : d.curves[0].points) {
      expect(p.gap, 0, "side " + std::to_string(p.side));
      EXPECT_NEAR(p.error.mean, 1 - p.overlap.mean - p.gap.mean, 1e-6);
      ASSERT_TRUE(p.log_partition);
      EXPECT_EQ(p.unconverged, 0);
    }
  }
}

/// 3-XORSAT between its spinodals has two answers, and they are those of density evolution (o(1) at N = 4000 allowed
/// as 0.02: the uninformed error per instance scatters by 0.01).
TEST(Denoise, BothBranchesOfXorsatAreThoseOfDensityEvolution) {
  const std::vector<double> sides{0.03, 0.06, 0.09, 0.16, 0.3};
  const Denoised d =
      denoise("xorsat:p=3,alpha=0.8,n=4000,planted=true", "bp", options(Path::erasure, sides, 6, 1), nothing);
  ASSERT_EQ(d.curves.size(), 2u);
  const auto theory = make_phase("xorsat:k=3,alpha=0.8")->branches(Path::erasure, sides);
  for (std::size_t k = 1; k < sides.size(); ++k) {  // 0.03 is where the informed branch ends
    EXPECT_NEAR(d.curves[0].points[k].overlap.mean, theory[k].uninformed, 0.02) << sides[k];
    EXPECT_NEAR(d.curves[1].points[k].overlap.mean, theory[k].informed, 0.02) << sides[k];
  }
  EXPECT_GT(d.curves[1].points[2].overlap.mean, d.curves[0].points[2].overlap.mean + 0.5);
  // with no way down to walk, the start at the signal is all that tells the branches apart
  const Denoised at =
      denoise("xorsat:p=3,alpha=0.8,n=4000,planted=true", "bp", options(Path::erasure, {0.09}, 2, 1), nothing);
  EXPECT_NEAR(at.curves[1].points[0].overlap.mean, theory[2].informed, 0.02);
}

/// Below T_c of SK there are two states, x* and -x*, and a small field that is taken away leaves messages in the right
/// one, at the overlap of state evolution; above there is none, and of a field however strong nothing is left.
TEST(Denoise, ASmallFieldChoosesTheSignalsState) {
  DenoiseOptions o = options(Path::gaussian, {0}, 12, 2);
  o.informed = false;
  const auto overlap = [&](const char* temperature, double field) {
    o.small_field = field;
    return denoise(std::string("sk:n=400,planted=true,temperature=") + temperature, "amp:max_iterations=1000", o,
                   nothing)
        .curves[0]
        .points[0]
        .overlap;
  };
  const double zero = 0;
  const double m = make_phase("sk:temperature=0.6")->branches(Path::gaussian, {&zero, 1}).front().informed;
  EXPECT_NEAR(overlap("0.6", 0.05).mean, m, 0.05);  // fluctuations of the sample, 12 instances
  EXPECT_LT(std::abs(overlap("0.6", 0).mean), 0.6 * m);
  EXPECT_NEAR(overlap("1.4", 3).mean, 0, 1e-3);
}

TEST(Denoise, HalfIntegralIsTheTrapezoids) {
  const Denoised d = denoise("sk:n=8,planted=true", "exact", options(Path::gaussian, {0.5, 1, 2}, 4, 2), nothing);
  const auto& p = d.curves[0].points;
  EXPECT_NEAR(d.curves[0].half_integral.mean,
              0.25 * ((p[0].error.mean + p[1].error.mean) * 0.5 + (p[1].error.mean + p[2].error.mean) * 1.0), 1e-12);
}

TEST(Denoise, DoesNotDependOnThreads) {
  const auto run = [](int threads) {
    omp_set_num_threads(threads);
    return denoise("sk:n=40,temperature=0.8,planted=true", "amp", options(Path::gaussian, {0.1, 0.5}, 5, 3), nothing);
  };
  const int before = omp_get_max_threads();
  const Denoised one = run(1), two = run(2);
  omp_set_num_threads(before);
  for (std::size_t c = 0; c < one.curves.size(); ++c)
    for (std::size_t k = 0; k < 2; ++k) {
      EXPECT_EQ(one.curves[c].points[k].error.mean, two.curves[c].points[k].error.mean);
      EXPECT_EQ(one.curves[c].points[k].overlap.error, two.curves[c].points[k].overlap.error);
    }
}

TEST(Denoise, RefusesWhatSaysNothing) {
  EXPECT_THROW(denoise("sk:n=8", "exact", options(Path::gaussian, {0}, 2, 1), nothing), BadInput);
  EXPECT_THROW(denoise("sk:n=8,planted=true", "exact", options(Path::gaussian, {}, 2, 1), nothing), BadInput);
  DenoiseOptions o = options(Path::gaussian, {0}, 2, 1);
  o.uninformed = false;
  EXPECT_THROW(denoise("sk:n=8,planted=true", "exact", o, nothing), Refused);
}

TEST(SideValues, Ascend) {
  EXPECT_EQ(side_values("0|0.5|2", Path::gaussian), (std::vector<double>{0, 0.5, 2}));
  EXPECT_THROW(side_values("0.5|0.2", Path::gaussian), BadInput);
  EXPECT_THROW(side_values("0.5|1", Path::erasure), BadInput);
  EXPECT_THROW(side_values("-1|1", Path::gaussian), BadInput);
}

/// The ensemble of an instance, or nothing where theory here would be of another.
TEST(PhaseOf, FollowsTheModel) {
  const auto spec = [](const char* model) {
    const auto phase = phase_of(*make_model(model, 1));
    return phase ? phase->spec() : std::string("-");
  };
  EXPECT_EQ(spec("ising-p-spin:p=4,n=8,temperature=0.6,planted=true"), "ising-p-spin:p=4,temperature=0.6");
  EXPECT_EQ(spec("spiked-matrix:n=8,prior=sparse-rademacher,rho=0.5,delta=0.1,planted=true"),
            "spiked-matrix:prior=sparse-rademacher,rho=0.5,delta_over_rho2=0.4");
  EXPECT_EQ(spec("sk:n=8,field=0.1"), "-");
  EXPECT_EQ(spec("xorsat:n=10,temperature=0.5"), "-");
  EXPECT_EQ(spec("xorsat:n=10,alpha=1,graph=regular"), "-");
  EXPECT_EQ(spec("xorsat:n=10,alpha=0.8").substr(0, 10), "xorsat:k=3");
  EXPECT_EQ(spec("curie-weiss:n=10"), "-");
}

}  // namespace
}  // namespace glass

// Boundaries from population dynamics, small populations. Where closed forms exist values must lie within 4.5 standard
// errors: about 25 comparisons, so that a change of the random numbers fails one with probability 2e-4 if the errors
// are honest; and the errors must be small enough for that to mean something.
#include "spinglass/sparse_phase.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>

#include "spinglass/xorsat_closed_form.hpp"

namespace glass {
namespace {

using Kind = SparseProblem::Kind;
constexpr PopulationOptions kSmall{.population = 16384, .sweeps = 40, .discard = 20, .points = 24, .seeds = 2};

void expect_agrees(const std::optional<Estimate>& found, const std::optional<Estimate>& exact, double largest_error,
                   const char* what) {
  ASSERT_EQ(found.has_value(), exact.has_value()) << what;
  if (!found) return;
  EXPECT_NEAR(found->value, exact->value, 4.5 * found->error) << what;
  EXPECT_LT(found->error, largest_error) << what;
  EXPECT_GT(found->error, 0) << what;
}

TEST(SparsePhase, XorsatLinesAreThoseOfTheClosedForm) {
  for (const double alpha : {0.6, 0.75, 0.9, 0.95}) {
    const SparseLines found = sparse_lines_with_curve({Kind::xorsat, 3}, Path::erasure, alpha, kSmall);
    const PhaseLines exact = XorsatErasure(3).lines(alpha);
    expect_agrees(found.lines.informed, exact.informed, 3e-3, "informed");
    expect_agrees(found.lines.transition, exact.transition, 1e-3, "transition");
    expect_agrees(found.lines.uninformed, exact.uninformed, 2e-3, "uninformed");
    EXPECT_NEAR(found.lines.kl_per_spin.value, exact.kl_per_spin.value, 4.5 * found.lines.kl_per_spin.error);
    EXPECT_EQ(found.lines.phase_at_zero, exact.phase_at_zero) << alpha;
    EXPECT_LT(found.chi2_per_freedom, 2.5);
  }
}

TEST(SparsePhase, XorsatThresholdsAreThoseOfTheClosedForm) {
  const PopulationOptions options{.population = 16384, .sweeps = 20, .discard = 20, .points = 20, .seeds = 2};
  const PhaseThresholds found = sparse_thresholds({Kind::xorsat, 3}, Path::erasure, options),
                        exact = XorsatErasure(3).thresholds();
  expect_agrees(found.dynamical, exact.dynamical, 3e-3, "dynamical");
  expect_agrees(found.statics, exact.statics, 3e-3, "static");
  expect_agrees(found.amp, exact.amp, 0, "amp");
  expect_agrees(found.continuous, exact.continuous, 0, "continuous");
  ASSERT_TRUE(found.tricritical);
  expect_agrees(found.tricritical->control, exact.tricritical->control, 5e-3, "tricritical alpha");
  expect_agrees(found.tricritical->side_information, exact.tricritical->side_information, 4e-3, "tricritical theta");
  expect_agrees(found.tricritical->overlap, exact.tricritical->overlap, 0.03, "tricritical overlap");
}

// What is known of the not-all-equal curve: it starts at the uninformed entropy and ends at certainty, in between it is
// equilibrated, and the boundaries bracket the transition.
TEST(SparsePhase, BicolouringCurveObeysItsSumRule) {
  for (const Path path : {Path::gaussian, Path::erasure}) {
    const PopulationOptions options{.population = 65536, .sweeps = 20, .discard = 20, .points = 20, .seeds = 2};
    const SparseLines found = sparse_lines_with_curve({Kind::bicolouring, 5}, path, 8.8, options);
    ASSERT_TRUE(found.sum_rule);
    EXPECT_NEAR(found.sum_rule->value, 0, 4.5 * found.sum_rule->error);
    EXPECT_LT(found.sum_rule->error, 2e-3);
    ASSERT_TRUE(found.lines.informed && found.lines.transition && found.lines.uninformed);
    EXPECT_LT(found.lines.informed->value, found.lines.transition->value);
    EXPECT_LT(found.lines.transition->value, found.lines.uninformed->value);
    EXPECT_EQ(found.lines.phase_at_zero, PhaseAtZero::uninformed_only);
    const Equilibration& e = found.curve.equilibration;  // mean squares of 20 to 40 standard normals: below 2.2
    EXPECT_GE(e.count, 18);
    for (const double x : {e.halves, e.starts, e.seeds, e.nishimori}) EXPECT_LT(x, 2.2);
  }
}

TEST(SparsePhase, SameBytesAtAnyNumberOfThreads) {
  const PopulationOptions options{.population = 8192, .sweeps = 20, .discard = 10, .points = 16, .seeds = 2};
  for (const SparseProblem problem : {SparseProblem{Kind::nae_sat, 5}, {Kind::colouring, 4}}) {
    const int before = omp_get_max_threads();
    omp_set_num_threads(1);
    const PhaseLines one = sparse_lines(problem, Path::gaussian, 8.0, options);
    omp_set_num_threads(2);
    const PhaseLines two = sparse_lines(problem, Path::gaussian, 8.0, options);
    omp_set_num_threads(before);
    EXPECT_EQ(one.kl_per_spin, two.kl_per_spin);
    EXPECT_EQ(one.informed, two.informed);
    EXPECT_EQ(one.transition, two.transition);
    EXPECT_EQ(one.uninformed, two.uninformed);
  }
  PopulationOptions other = options;
  other.seed = 2;
  const PopulationCurve a = population_curve({Kind::nae_sat, 5}, Path::gaussian, 8.0, options),
                        b = population_curve({Kind::nae_sat, 5}, Path::gaussian, 8.0, other);
  EXPECT_NE(a.points[5].side.value, b.points[5].side.value);
}

TEST(SparsePhase, WrongInputIsNamedWithItsRemedy) {
  const auto message = [](auto&& f) -> std::string {
    try {
      f();
    } catch (const BadInput& e) {
      return e.what();
    }
    return "";
  };
  const SparseProblem good{Kind::bicolouring, 5};
  EXPECT_NE(message([&] { sparse_lines(good, Path::gaussian, -1, kSmall); }).find("alpha=-1"), std::string::npos);
  EXPECT_NE(message([&] { sparse_lines(good, Path::gaussian, NAN, kSmall); }).find("alpha"), std::string::npos);
  EXPECT_NE(message([&] {
              sparse_lines({Kind::colouring, 5}, Path::gaussian, 0, kSmall);
            }).find("c=0"),
            std::string::npos);
  EXPECT_NE(message([&] {
              sparse_lines({Kind::xorsat, 2}, Path::gaussian, 1, kSmall);
            }).find("k=2"),
            std::string::npos);
  PopulationOptions tiny = kSmall;
  tiny.population = 500;
  EXPECT_NE(message([&] { sparse_thresholds(good, Path::gaussian, tiny); }).find("population=500"), std::string::npos);
}

}  // namespace
}  // namespace glass

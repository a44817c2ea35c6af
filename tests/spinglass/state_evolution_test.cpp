#include "spinglass/state_evolution.hpp"

#include <gtest/gtest.h>

#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <boost/math/tools/minima.hpp>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace glass {
namespace {

double overlap_function(double x) { return Rademacher::averages(x).overlap; }

// E tanh, not E tanh^2, and by another rule: both forms meet only if the identity and both quadratures are right.
double overlap_by_quadrature(double x) {
  using Rule = boost::math::quadrature::gauss_kronrod<double, 61>;
  const double root = std::sqrt(x);
  const auto pair = [&](double z) {  // z and -z together
    return (std::tanh(x + root * z) + std::tanh(x - root * z)) * std::exp(-0.5 * z * z) / std::sqrt(2 * M_PI);
  };
  const double turn = std::min(root, 9.0);  // tanh is steep at z = sqrt(x)
  return Rule::integrate(pair, 0.0, turn, 15, 1e-14) + Rule::integrate(pair, turn, 12.0, 15, 1e-14);
}

TEST(StateEvolution, OverlapFunctionAgreesWithAnotherQuadrature) {
  for (const double x : {1e-3, 0.03, 0.2, 0.7, 1.5, 3.0, 6.0, 12.0, 21.0, 40.0, 80.0})
    EXPECT_NEAR(overlap_function(x), overlap_by_quadrature(x), 1e-12) << "x = " << x;
}

constexpr int kP = 3;
/// gamma^2(x) = x - M(x)^{p-1}/Delta: the side information at which x = m^{p-1}/Delta + gamma^2 is a fixed point.
double side_information(double delta, double x) { return x - std::pow(overlap_function(x), kP - 1) / delta; }
/// {uninformed, informed} spinodal: first local maximum and the minimum beyond it.
std::pair<double, double> spinodals(double delta, double* x_informed = nullptr) {
  constexpr double step = 0.01;
  std::vector<double> g;
  for (int k = 0; k < 800; ++k) g.push_back(side_information(delta, k * step));
  const auto refine = [&](std::size_t k, double sign) {
    return boost::math::tools::brent_find_minima([&](double x) { return sign * side_information(delta, x); },
                                                 (double(k) - 1) * step, (double(k) + 1) * step, 50);
  };
  std::pair<double, double> out{std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
  for (std::size_t k = 1; k + 1 < g.size(); ++k) {
    if (std::isnan(out.first) && g[k] > g[k - 1] && g[k] > g[k + 1]) out.first = -refine(k, -1).second;
    if (g[k] < g[k - 1] && g[k] < g[k + 1]) {
      const auto [x, value] = refine(k, 1);
      out.second = value;
      if (x_informed) *x_informed = x;
    }
  }
  return out;
}

TEST(StateEvolution, DynamicalTransitionOfTheThreeSpinModel) {  // reference/NUMBERS.md
  const double delta = 0.309717259;
  double x = 0;
  EXPECT_NEAR(spinodals(delta, &x).second, 0, 1e-8);  // the informed spinodal reaches zero side information
  EXPECT_NEAR(overlap_function(x), 0.643144, 2e-6);
  EXPECT_NEAR(p_spin_noise(kP, 0.681598), delta, 1e-6);
  // ... which the iteration itself shows: from m = 1 it stays up on one side and collapses on the other
  const auto end = [&](double d) {
    double m = 1;
    for (int k = 0; k < 20000; ++k) m = state_evolution_step(kP, d, 0, m);
    return m;
  };
  EXPECT_GT(end(delta - 1e-5), 0.643);
  EXPECT_LT(end(delta + 1e-5), 1e-6);
}

TEST(StateEvolution, SpinodalsOfTheThreeSpinModel) {  // the table in reference/NUMBERS.md
  struct Row {
    double temperature, informed, uninformed;
  };
  constexpr double below = -1;  // the table's dash: below zero
  for (const Row& r :
       {Row{0.66, below, 0.107283}, {0.68, below, 0.118282}, {0.70, 0.065775, 0.130944}, {0.72, 0.123315, 0.146021}}) {
    const auto [uninformed, informed] = spinodals(p_spin_noise(kP, r.temperature));
    EXPECT_NEAR(uninformed, r.uninformed, 6e-7) << "T = " << r.temperature;
    if (r.informed == below)
      EXPECT_LT(informed, 0) << "T = " << r.temperature;
    else
      EXPECT_NEAR(informed, r.informed, 6e-7) << "T = " << r.temperature;
  }
}

TEST(StateEvolution, SpinodalsMergeAtTheTricriticalPoint) {
  const double t = 0.740996;
  const auto [above_first, above_last] = spinodals(p_spin_noise(kP, t + 2e-4));
  EXPECT_TRUE(std::isnan(above_first) && std::isnan(above_last));
  const auto [uninformed, informed] = spinodals(p_spin_noise(kP, t - 5e-4));
  EXPECT_LT(informed, uninformed);
  EXPECT_NEAR(informed, 0.16704368, 1e-3);  // the cusp moves by 1.6 per unit of temperature
  EXPECT_NEAR(uninformed, 0.16704368, 1e-3);
}

TEST(StateEvolution, RevealedSitesLiftTheFixedPoint) {
  // autoregressive path: theta(x) = (m - M(x)) / (1 - M(x)) with m = (Delta x)^{1/(p-1)} (DESIGN, section 4)
  const double delta = p_spin_noise(kP, 0.9), x = 0.4, m = std::sqrt(delta * x);
  const double theta = (m - overlap_function(x)) / (1 - overlap_function(x));
  ASSERT_GT(theta, 0);
  EXPECT_NEAR(state_evolution_step(kP, delta, 0, m, theta), m, 1e-12);
  EXPECT_GT(std::abs(state_evolution_step(kP, delta, 0, m, theta / 2) - m), 1e-3);
}

}  // namespace
}  // namespace glass

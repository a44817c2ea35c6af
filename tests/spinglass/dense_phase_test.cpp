#include "spinglass/dense_phase.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "models/core/random.hpp"
#include "spinglass/state_evolution.hpp"

namespace glass {
namespace {

constexpr Path kPaths[] = {Path::gaussian, Path::erasure};

DensePhase ising(int p, Path path) { return {p, Prior(Rademacher{}), path, Control::temperature}; }
DensePhase sphere(int p, Path path) { return {p, Prior(GaussianChannel{}), path, Control::temperature}; }
DensePhase matrix(double rho, Path path) {
  return {2, Prior::make("sparse-rademacher", rho), path, Control::delta_over_rho2};
}

/// `value` known with so many decimals; a few are rounded twice.
void expect_digits(const std::optional<Estimate>& e, double value, int decimals) {
  ASSERT_TRUE(e);
  EXPECT_NEAR(e->value, value, 0.55 * std::pow(10.0, -decimals));
  EXPECT_LT(e->error, 1e-9);
  EXPECT_GT(e->error, 0);
}

TEST(DensePhase, IsingThreeSpinThresholds) {
  for (const Path path : kPaths) {  // zero side information is the same on both paths
    const PhaseThresholds t = ising(3, path).thresholds();
    expect_digits(t.dynamical, 0.681598, 6);
    expect_digits(t.statics, 0.651385, 6);
    EXPECT_FALSE(t.amp);
    EXPECT_FALSE(t.continuous);
    // Delta has more digits there
    EXPECT_NEAR(p_spin_noise(3, t.dynamical->value), 0.309717259, 5.1e-10);
    EXPECT_NEAR(p_spin_noise(3, t.statics->value), 0.282868476, 5.1e-10);
  }
  const auto diffusion = ising(3, Path::gaussian).thresholds().tricritical;
  const auto erasure = ising(3, Path::erasure).thresholds().tricritical;
  ASSERT_TRUE(diffusion && erasure);
  expect_digits(diffusion->control, 0.740996, 6);
  expect_digits(diffusion->side_information, 0.16704368, 8);
  expect_digits(diffusion->overlap, 0.43783, 5);
  expect_digits(erasure->control, 0.758742, 6);
  expect_digits(erasure->side_information, 0.135316, 6);
  expect_digits(erasure->overlap, 0.421073, 6);
}

TEST(DensePhase, IsingThreeSpinLines) {
  struct Row {
    double t, informed, transition, uninformed;
  };
  constexpr double below = -1;
  const DensePhase phase = ising(3, Path::gaussian);
  for (const Row& r : {Row{0.66, below, 0.020121, 0.107283},
                       {0.68, below, 0.063123, 0.118282},
                       {0.70, 0.065775, 0.101391, 0.130944},
                       {0.72, 0.123315, 0.135417, 0.146021}}) {
    const PhaseLines l = phase.lines(r.t);
    EXPECT_EQ(bool(l.informed), r.informed != below) << r.t;
    if (l.informed) expect_digits(l.informed, r.informed, 6);
    expect_digits(l.transition, r.transition, 6);
    expect_digits(l.uninformed, r.uninformed, 6);
    EXPECT_EQ(l.phase_at_zero, l.informed ? PhaseAtZero::uninformed_only : PhaseAtZero::uninformed_favoured);
  }
  EXPECT_EQ(phase.lines(0.65).phase_at_zero, PhaseAtZero::informed_favoured);
  EXPECT_FALSE(phase.lines(0.65).transition);
  EXPECT_FALSE(phase.lines(0.75).uninformed);
  EXPECT_NEAR(phase.lines(0.70).kl_per_spin.value, 0.0079023, 5e-8);  // DESIGN, "Predicted cost of failure"
  EXPECT_NEAR(ising(3, Path::erasure).lines(0.70).kl_per_spin.value, 0.0126752, 5e-8);
  EXPECT_EQ(phase.lines(0.75).kl_per_spin, Estimate{});
}

TEST(DensePhase, SphericalModelsHaveClosedForms) {
  for (const int p : {3, 4, 5, 8}) {
    const double q = (p - 2.0) / (p - 1), s = (p - 2.0) / p;
    const double dynamical = std::sqrt(0.5 * p * std::pow(q, p - 2) * (1 - q));
    for (const Path path : kPaths) EXPECT_NEAR(sphere(p, path).thresholds().dynamical->value, dynamical, 1e-12) << p;
    const auto tri = sphere(p, Path::gaussian).thresholds().tricritical;
    EXPECT_NEAR(tri->control.value, std::sqrt(0.5 * p * (p - 1) * std::pow(s, p - 2)) * (1 - s), 1e-12) << p;
    EXPECT_NEAR(tri->overlap.value, s, 1e-9) << p;
  }
  const auto diffusion = sphere(3, Path::gaussian).thresholds(), erasure = sphere(3, Path::erasure).thresholds();
  EXPECT_NEAR(diffusion.tricritical->control.value, 2.0 / 3, 1e-12);
  EXPECT_NEAR(diffusion.tricritical->side_information.value, 1.0 / 8, 1e-12);
  EXPECT_NEAR(erasure.tricritical->control.value, std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(erasure.tricritical->side_information.value, 1.0 / 9, 1e-12);
  EXPECT_NEAR(erasure.tricritical->overlap.value, 1.0 / 3, 1e-9);
  expect_digits(diffusion.statics, 0.586054, 6);
  EXPECT_NEAR(p_spin_noise(3, diffusion.statics->value), 0.22897284, 5.1e-9);
}

TEST(DensePhase, SparseMatrixThresholds) {
  for (const Path path : kPaths) {
    const PhaseThresholds t = matrix(0.08, path).thresholds();
    expect_digits(t.amp, 0.98079233, 8);
    expect_digits(t.statics, 1.02942027, 8);
    expect_digits(t.dynamical, 1.04086011, 8);
    EXPECT_NEAR(t.continuous->value, 1, 1e-15);
  }
  const auto diffusion = matrix(0.08, Path::gaussian).thresholds().tricritical;
  expect_digits(diffusion->control, 1.08013143, 7);  // printed with one digit too many: 1.080131436
  expect_digits(diffusion->side_information, 0.11567944, 8);
  const auto erasure = matrix(0.08, Path::erasure).thresholds().tricritical;
  expect_digits(erasure->control, 1.06944130, 6);  // NUMBERS has 1.06944130, we find 1.06944139
  expect_digits(erasure->side_information, 0.00990, 5);
  const DensePhase phase = matrix(0.08, Path::gaussian);
  EXPECT_EQ(phase.lines(0.9).phase_at_zero, PhaseAtZero::informed_only);
  EXPECT_EQ(phase.lines(0.99).phase_at_zero, PhaseAtZero::informed_favoured);
  EXPECT_EQ(phase.lines(1.035).phase_at_zero, PhaseAtZero::uninformed_favoured);
  EXPECT_EQ(phase.lines(1.05).phase_at_zero, PhaseAtZero::uninformed_only);
}

/// As p grows the transition is that of the random energy model, to 2^-p; it lies far below half of Delta_d.
/// Derrida, Phys. Rev. B 24, 2613 (1981).
TEST(DensePhase, ManySpinInteractionsAreTheRandomEnergyModel) {
  const PhaseThresholds t = ising(40, Path::gaussian).thresholds();
  ASSERT_TRUE(t.statics && t.dynamical);
  EXPECT_NEAR(t.statics->value, 0.5 / std::sqrt(std::log(2.0)), 1e-10);
  EXPECT_GT(t.dynamical->value, 1.3);
  EXPECT_FALSE(t.amp);
}

/// Below the AMP threshold nothing is crossed, whether or not the spinodals still exist at negative side information;
/// and where the whole hump lies there, the matrix has no first-order line.
TEST(DensePhase, WhatLiesBelowZeroSideInformationIsNotThere) {
  for (const Path path : kPaths) {
    for (const double control : {0.3, 0.9, 0.975, 0.9807}) {
      const PhaseLines l = matrix(0.08, path).lines(control);
      EXPECT_EQ(l.phase_at_zero, PhaseAtZero::informed_only) << control;
      EXPECT_FALSE(l.informed || l.transition || l.uninformed) << control;
    }
    for (const double rho : {0.0965, 0.1, 0.15}) {
      const DensePhase phase = matrix(rho, path);
      const PhaseThresholds t = phase.thresholds();
      EXPECT_FALSE(t.tricritical || t.amp || t.dynamical || t.statics) << rho;
      EXPECT_TRUE(t.continuous);
      EXPECT_EQ(phase.lines(0.99).phase_at_zero, PhaseAtZero::informed_only) << rho;
      EXPECT_EQ(phase.lines(1.01).phase_at_zero, PhaseAtZero::uninformed_only) << rho;
    }
  }
}

/// T = sqrt(p Delta/2) halves the relative error; it is a bound of use, not only a bound.
TEST(DensePhase, ErrorsOfTheControlParameterScale) {
  const Prior spins(Rademacher{});
  const auto t = DensePhase(3, spins, Path::gaussian, Control::temperature).thresholds();
  const auto d = DensePhase(3, spins, Path::gaussian, Control::delta_over_rho2).thresholds();
  for (const auto& [cold, noise] : {std::pair(t.dynamical, d.dynamical), std::pair(t.statics, d.statics)}) {
    ASSERT_TRUE(cold && noise);
    EXPECT_NEAR(cold->value, std::sqrt(1.5 * noise->value), 1e-14);
    EXPECT_NEAR(cold->error / cold->value, 0.5 * noise->error / noise->value, 1e-3 * noise->error / noise->value);
    EXPECT_LT(noise->error, 1e-11);
  }
}

TEST(DensePhase, PairwiseSpinsHaveOnlyTheContinuousThreshold) {
  for (const Path path : kPaths)
    for (const DensePhase& phase : {ising(2, path), sphere(2, path), matrix(1, path), matrix(0.5, path)}) {
      const PhaseThresholds t = phase.thresholds();
      EXPECT_FALSE(t.dynamical || t.statics || t.amp || t.tricritical);
      EXPECT_NEAR(t.continuous->value, 1, 1e-14);
      for (const double control : {0.3, 0.99, 1.01, 2.0}) {
        const PhaseLines l = phase.lines(control);
        EXPECT_FALSE(l.informed || l.transition || l.uninformed);
        EXPECT_EQ(l.kl_per_spin, Estimate{});
        EXPECT_EQ(l.phase_at_zero, control < 1 ? PhaseAtZero::informed_only : PhaseAtZero::uninformed_only);
      }
    }
}

TEST(DensePhase, DenseSignalsAreTheLimitOfSparseOnes) {
  for (const Path path : kPaths) {
    const DensePhase near(3, Prior(SparseRademacher{1 - 1e-12}), path, Control::temperature);
    const PhaseThresholds a = near.thresholds(), b = ising(3, path).thresholds();
    EXPECT_NEAR(a.dynamical->value, b.dynamical->value, 1e-10);
    EXPECT_NEAR(a.statics->value, b.statics->value, 1e-10);
    EXPECT_NEAR(a.tricritical->side_information.value, b.tricritical->side_information.value, 1e-10);
    EXPECT_NEAR(near.lines(0.7).transition->value, ising(3, path).lines(0.7).transition->value, 1e-10);
  }
}

/// A random model, from the ranges that theory covers.
struct Random {
  int p;
  Prior prior;
  std::string text;
  explicit Random(Stream& rng) : p(2 + int(rng.uniform() * 4)), prior(Rademacher{}) {
    const double rho = std::exp(std::log(3e-3) * rng.uniform());
    const char* names[] = {"rademacher", "sparse-rademacher", "gaussian", "gauss-bernoulli"};
    const int kind = int(rng.uniform() * 4);
    prior = Prior::make(names[kind], kind % 2 ? rho : 1.0);
    text = std::string(names[kind]) + " p=" + to_text(p) + " rho=" + to_text(kind % 2 ? rho : 1.0);
  }
};

TEST(DensePhase, RandomModelsObeyTheirEquations) {
  Stream rng({41, Purpose::test, 0, 0}, 0);
  int lines = 0, transitions = 0;
  for (int k = 0; k < 120; ++k) {
    const Random m(rng);
    const Path path = kPaths[k % 2];
    const DensePhase phase(m.p, m.prior, path, Control::delta_over_rho2);
    const PhaseThresholds t = phase.thresholds();
    SCOPED_TRACE(m.text + (path == Path::gaussian ? " gaussian" : " erasure"));
    if (!t.tricritical) continue;
    EXPECT_LT(t.statics->value, t.dynamical->value);
    EXPECT_LT(t.dynamical->value, t.tricritical->control.value);
    if (t.amp) {
      EXPECT_LT(t.amp->value, t.statics->value);
    }
    const double low = t.amp ? t.amp->value : 0.5 * t.statics->value;
    const double control = low + rng.uniform() * (t.tricritical->control.value - low), delta = phase.delta(control);
    const PhaseLines l = phase.lines(control);
    ASSERT_TRUE(l.uninformed);
    ++lines;
    // just below the uninformed spinodal there are two fixed points of the iteration, just above one
    const double rho = m.prior.second_moment();
    const auto iterate = [&](double side, double overlap) {
      for (int i = 0; i < 20000; ++i) {
        const double power = std::pow(overlap, m.p - 1) / delta;
        const double next = path == Path::gaussian ? m.prior.averages(power + side).overlap
                                                   : side * rho + (1 - side) * m.prior.averages(power).overlap;
        if (std::abs(next - overlap) < 1e-15 * rho) break;
        overlap = next;
      }
      return overlap;
    };
    const double inside = l.uninformed->value * (1 - 1e-4);
    const auto both = phase.branches(control, std::vector{inside, l.uninformed->value * (1 + 1e-4)});
    EXPECT_NEAR(iterate(inside, 0), both[0].uninformed, 1e-9 * rho);
    EXPECT_NEAR(iterate(inside, rho), both[0].informed, 1e-9 * rho);
    if (!l.informed || inside > l.informed->value) {
      EXPECT_GT(both[0].informed, both[0].uninformed);
    }
    EXPECT_EQ(both[1].informed, both[1].uninformed);
    if (l.informed) {
      EXPECT_LT(l.informed->value, l.transition->value);
      EXPECT_LT(iterate(l.informed->value * (1 - 1e-4), rho), phase.branches(control, std::vector{inside})[0].informed);
    }
    if (!l.transition) continue;
    ++transitions;
    EXPECT_LT(l.transition->value, l.uninformed->value);
    // equal areas: the difference of free entropies is the integral of its slope up to the spinodal
    constexpr int steps = 4000;
    std::vector<double> sides;
    for (int i = 0; i <= steps; ++i) {  // the branches meet their spinodal like a square root: equal steps of that
      const double u = 1 - double(i) / steps;
      sides.push_back(l.uninformed->value - (l.uninformed->value - l.transition->value) * u * u);
    }
    sides.back() = l.uninformed->value * (1 - 1e-14);
    const auto b = phase.branches(control, sides);
    double area = 0;
    const auto slope = [&](const DensePhase::Branches& at) {
      const auto gain = [&](double overlap) {  // dPhi/dside
        if (path == Path::gaussian) return 0.5 * overlap;
        const double x = std::pow(overlap, m.p - 1) / delta;
        return 0.5 * rho * x - m.prior.free_entropy(x);
      };
      return gain(at.informed) - gain(at.uninformed);
    };
    for (int i = 0; i < steps; ++i)
      area += 0.5 * (slope(b[std::size_t(i)]) + slope(b[std::size_t(i) + 1])) *
              (sides[std::size_t(i) + 1] - sides[std::size_t(i)]);
    EXPECT_NEAR(area / l.kl_per_spin.value, 1, 1e-5);
  }
  EXPECT_GT(lines, 60);
  EXPECT_GT(transitions, 30);
}

TEST(DensePhase, FreeEntropyIsStationaryAndItsSlopeIsHalfTheOverlap) {
  // Phi as a function of any m; F(x) - c m^p/Delta on the Gaussian path, with x = m^{p-1}/Delta + gamma^2
  for (const int p : {2, 3, 5}) {
    const Prior prior(SparseRademacher{0.3});
    const double delta = 0.05, gamma2 = 0.4;
    const DensePhase phase(p, prior, Path::gaussian, Control::delta_over_rho2);
    const auto phi = [&](double m, double g2) {
      return prior.free_entropy(std::pow(m, p - 1) / delta + g2) - 0.5 * (p - 1) / p * std::pow(m, p) / delta;
    };
    const double m = phase.branches(delta / 0.09, std::vector{gamma2})[0].informed;
    const double x = std::pow(m, p - 1) / delta + gamma2;
    EXPECT_NEAR((phi(m + 1e-5, gamma2) - phi(m - 1e-5, gamma2)) / 2e-5, 0, 1e-9) << p;
    EXPECT_NEAR((phi(m, gamma2 + 1e-5) - phi(m, gamma2 - 1e-5)) / 2e-5, 0.5 * m, 1e-9) << p;
    EXPECT_NEAR(phase.free_entropy(x, gamma2, delta), phi(m, gamma2), 1e-14) << p;
    EXPECT_NEAR(phase.side(x, delta), gamma2, 1e-12) << p;
  }
}

TEST(DensePhase, ErrorBoundsHoldAgainstTheOtherPath) {
  // one and the same threshold from two different one-dimensional functions
  for (const int p : {2, 3, 4, 12, 30})
    for (const double rho : {1.0, 0.05}) {
      if (p == 2 && rho == 1) continue;
      const Prior prior = Prior::make("sparse-rademacher", rho);
      const PhaseThresholds a = DensePhase(p, prior, Path::gaussian, Control::delta_over_rho2).thresholds();
      const PhaseThresholds b = DensePhase(p, prior, Path::erasure, Control::delta_over_rho2).thresholds();
      const auto meet = [&](const std::optional<Estimate>& x, const std::optional<Estimate>& y) {
        ASSERT_EQ(bool(x), bool(y));
        if (!x) return;
        EXPECT_LT(std::abs(x->value - y->value), x->error + y->error) << p << " " << rho;
      };
      meet(a.dynamical, b.dynamical);
      meet(a.statics, b.statics);
      meet(a.amp, b.amp);
    }
}

TEST(DensePhase, ColdModelsKeepTheirDigits) {
  // T -> 0: the uninformed spinodal and what is paid beyond it scale with Delta alone
  for (const Path path : kPaths) {
    const DensePhase phase = ising(3, path);
    const PhaseLines a = phase.lines(0.02), b = phase.lines(0.01);
    EXPECT_NEAR(a.uninformed->value / b.uninformed->value, 4, 0.01);
    EXPECT_NEAR(a.kl_per_spin.value / b.kl_per_spin.value, 4, 0.01);
    EXPECT_EQ(b.phase_at_zero, PhaseAtZero::informed_favoured);
  }
}

TEST(DensePhase, BranchesStartWhereNothingIsRevealed) {
  const auto at_zero = [](const DensePhase& phase, double control) {
    return phase.branches(control, std::vector{0.0, 1e-3})[0];
  };
  for (const Path path : kPaths) {
    EXPECT_EQ(at_zero(ising(3, path), 0.66).uninformed, 0);
    EXPECT_GT(at_zero(ising(3, path), 0.66).informed, 0.7);
    EXPECT_EQ(at_zero(ising(3, path), 0.9).informed, 0);
    EXPECT_GT(at_zero(matrix(0.08, path), 0.9).uninformed, 0.05);   // below the AMP threshold nothing is hard
    EXPECT_GT(at_zero(matrix(0.08, path), 0.99).uninformed, 1e-4);  // past the instability of m = 0, barely
    EXPECT_EQ(at_zero(matrix(0.08, path), 1.01).uninformed, 0);
  }
}

TEST(DensePhase, RefusesWhatHasNoMeaning) {
  EXPECT_THROW(ising(1, Path::gaussian), BadInput);
  const DensePhase phase = ising(3, Path::gaussian);
  for (const double t : {0.0, -1.0, std::nan("")}) EXPECT_THROW(phase.lines(t), BadInput);
}

}  // namespace
}  // namespace glass

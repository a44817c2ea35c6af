// Closed forms of k-XORSAT against values printed in the literature, and against each other.
#include "spinglass/xorsat_closed_form.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>

namespace glass {
namespace {

TEST(XorsatErasure, ThresholdsOfTheLiterature) {
  const auto three = XorsatErasure(3).thresholds(), four = XorsatErasure(4).thresholds();
  EXPECT_NEAR(three.dynamical->value, 0.8184691608, 5e-11);
  EXPECT_NEAR(three.statics->value, 0.9179352767, 5e-11);
  EXPECT_NEAR(four.dynamical->value, 0.7722798398, 5e-11);
  EXPECT_NEAR(four.statics->value, 0.9767701649, 5e-11);
  EXPECT_NEAR(three.tricritical->control.value, 2.0 / 3, 1e-15);
  EXPECT_NEAR(three.tricritical->side_information.value, 1 - std::exp(0.5) / 2, 1e-15);
  EXPECT_FALSE(three.amp || three.continuous) << "zero overlap is stable at every alpha";
}

// What lies at zero side information changes at the thresholds of the other function.
TEST(XorsatErasure, LinesEndAtTheThresholds) {
  for (int k : {3, 4, 5, 7, 12}) {
    const XorsatErasure x(k);
    const auto t = x.thresholds();
    constexpr double d = 1e-6;
    EXPECT_FALSE(x.lines(t.tricritical->control.value - d).uninformed);
    const auto born = x.lines(t.tricritical->control.value + d);
    ASSERT_TRUE(born.informed && born.transition && born.uninformed) << k;
    EXPECT_NEAR(born.transition->value, t.tricritical->side_information.value, 20 * d);
    EXPECT_LT(born.informed->value, born.transition->value);
    EXPECT_LT(born.transition->value, born.uninformed->value);
    EXPECT_TRUE(x.lines(t.dynamical->value - d).informed);
    EXPECT_FALSE(x.lines(t.dynamical->value + d).informed);
    EXPECT_EQ(x.lines(t.dynamical->value + d).phase_at_zero, PhaseAtZero::uninformed_favoured);
    EXPECT_TRUE(x.lines(t.statics->value - d).transition);
    EXPECT_FALSE(x.lines(t.statics->value + d).transition);
    EXPECT_EQ(x.lines(t.statics->value + d).phase_at_zero, PhaseAtZero::informed_favoured);
  }
}

TEST(XorsatErasure, KlPerSpin) {
  const XorsatErasure x(3);
  EXPECT_EQ(x.lines(0.66).kl_per_spin.value, 0);
  EXPECT_NEAR(x.lines(0.7).kl_per_spin.value, 0.001707, 5e-7);
  EXPECT_NEAR(x.lines(0.8).kl_per_spin.value, 0.022237, 5e-7);
  EXPECT_NEAR(x.lines(0.9).kl_per_spin.value, 0.058132, 5e-7);
}

// The chain rule: each revealed site that was free lowers the entropy by ln 2.
TEST(XorsatErasure, EntropyFallsByTheFreeSites) {
  const XorsatErasure x(4);
  for (double alpha : {0.3, 0.7, 0.9})
    for (double phi : {0.1, 0.4, 0.9, 0.97}) {
      constexpr double d = 1e-5;
      const double fall = x.entropy(alpha, phi - d) - x.entropy(alpha, phi + d),
                   more = x.revealed(alpha, phi + d) - x.revealed(alpha, phi - d);
      const double free = (1 - phi) / (1 - x.revealed(alpha, phi));  // of those not revealed
      EXPECT_NEAR(fall, std::numbers::ln2 * free * more, 1e-9);
    }
}

TEST(XorsatErasure, RefusesBadInput) {
  EXPECT_THROW(XorsatErasure(2), BadInput);
  EXPECT_THROW(XorsatErasure(101), BadInput);
  EXPECT_THROW(XorsatErasure(3).lines(0), BadInput);
  EXPECT_THROW(XorsatErasure(3).lines(std::nan("")), BadInput);
}

}  // namespace
}  // namespace glass

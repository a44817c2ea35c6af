// ln Z from ladders against laws that are known, and chains against enumeration.
#include "spinglass/multistate.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/core/error.hpp"
#include "models/core/random.hpp"
#include "samplers/glauber.hpp"
#include "samplers/parallel_tempering.hpp"
#include "spinglass/exact.hpp"
#include "tests/samplers/reference.hpp"

namespace glass {
namespace {

/// ln L = sum of `spins` independent +-1 with P(+) = 1/(1 + e^{-2 p}): ln Z(p) = spins ln 2 cosh p. Exact draws, or a
/// chain that keeps a draw for `hold` steps.
LadderSeries paramagnet(int spins, const PerColumn& powers, Index draws, Index chains, int hold, std::uint32_t seed) {
  LadderSeries s{powers, {}};
  for (Index k = 0; k < powers.size(); ++k) {
    Stream rng({seed, Purpose::test, 0, std::uint32_t(k)}, 0);
    Eigen::MatrixXd l(draws, chains);
    const double up = 1 / (1 + std::exp(-2 * powers(k)));
    for (Index c = 0; c < chains; ++c)
      for (Index t = 0; t < draws; ++t) {
        if (t % hold) {
          l(t, c) = l(t - 1, c);
          continue;
        }
        l(t, c) = 0;
        for (int i = 0; i < spins; ++i) l(t, c) += rng.uniform() < up ? 1 : -1;
      }
    s.log_l.push_back(std::move(l));
  }
  return s;
}
double exact_ratio(int spins, const PerColumn& p) {
  return spins * (std::log(std::cosh(p(0))) - std::log(std::cosh(p(p.size() - 1))));
}

/// z of many repetitions: mean 0, variance 1 within what 40 of them tell (level 1e-4 each).
template <class Estimate>
void expect_calibrated(Estimate estimate, Index chains, int hold) {
  const PerColumn powers = PerColumn::LinSpaced(5, 1.2, 0);
  double sum = 0, squares = 0;
  constexpr int kTimes = 40;
  for (int k = 0; k < kTimes; ++k) {
    const LogRatio r = estimate(paramagnet(12, powers, 1024 / chains, chains, hold, std::uint32_t(k + 1)));
    const double z = (r.value - exact_ratio(12, powers)) / r.error;
    sum += z;
    squares += z * z;
  }
  EXPECT_LT(std::abs(sum / kTimes), 3.9 / std::sqrt(double(kTimes)));
  // the error has 15 degrees of freedom, so z^2 has mean 15/13 and standard deviation 1.9
  EXPECT_NEAR(squares / kTimes, 15.0 / 13.0, 4.5 * 1.9 / std::sqrt(double(kTimes)));
}

TEST(Multistate, ErrorsAreTheErrors) {
  expect_calibrated(multistate_log_ratio, 16, 1);
  expect_calibrated(multistate_log_ratio, 16, 8);  // correlated in time
  expect_calibrated(multistate_log_ratio, 2, 4);   // pieces of chains
  expect_calibrated(thermodynamic_integral, 16, 8);
}

TEST(Multistate, IntegrationIsOfFourthOrder) {
  double before = 0;
  for (const Index rungs : {3, 5, 9}) {  // moments without noise: one draw cannot have them, two do
    const PerColumn powers = PerColumn::LinSpaced(rungs, 1.0, 0);
    LadderSeries s{powers, {}};
    for (Index k = 0; k < rungs; ++k) {
      const double mean = 12 * std::tanh(powers(k)), width = std::sqrt(12 * (1 - std::pow(std::tanh(powers(k)), 2)));
      s.log_l.push_back((Eigen::MatrixXd(2, 8) << Eigen::RowVectorXd::Constant(8, mean - width),
                         Eigen::RowVectorXd::Constant(8, mean + width))
                            .finished());
    }
    const LogRatio r = thermodynamic_integral(s);
    const double off = std::abs(r.value - exact_ratio(12, powers));
    if (before > 0) {
      EXPECT_NEAR(before / off, 16, 3);
    }
    if (rungs > 3) {
      EXPECT_NEAR(r.discretisation / off, 1, 0.2);
    }
    before = off;
  }
}

/// Tempering of a glass with fields and pins, against enumeration.
TEST(Multistate, AgreesWithEnumeration) {
  const auto target = reference::small<Sk>(10, 0.5, 1);
  const ParallelTempering<> tempering(AnyKernel(Glauber<Sk>(target)), {.rungs = 7, .hottest = 0});
  auto s = tempering.init(Streams({1, Purpose::sampler}, 16));
  for (int k = 0; k < 256; ++k) {
    tempering.step(s);
    tempering.adapt(s);
  }
  LadderSeries series{s.ladder, std::vector<Eigen::MatrixXd>(7, Eigen::MatrixXd(1000, 16))};
  for (int k = 0; k < 1000; ++k) {
    tempering.step(s);
    const Eigen::MatrixXd l = tempering.rung_likelihoods(s);
    for (Index r = 0; r < 7; ++r) series.log_l[std::size_t(r)].row(k) = l.row(r);
  }
  const Exact exact(target);
  auto state = exact.start(Streams({1, Purpose::test}, 1));
  const double truth = exact.log_partition(target.base(1), state)(0) - 9 * std::log(2.0);
  // Student's t with 15 degrees of freedom beyond 5: 1.6e-4
  const LogRatio m = multistate_log_ratio(series), t = thermodynamic_integral(series);
  EXPECT_NEAR(m.value, truth, 5 * m.error);
  EXPECT_NEAR(t.value, truth, 5 * t.error + 2 * t.discretisation);
  EXPECT_LT(m.error, 0.02);
}

TEST(Multistate, RefusesWhatIsNoLadder) {
  const auto with = [](const PerColumn& p, Index draws, Index chains) {
    LadderSeries s{p, std::vector<Eigen::MatrixXd>(std::size_t(p.size()), Eigen::MatrixXd::Zero(draws, chains))};
    return multistate_log_ratio(s);
  };
  EXPECT_THROW(with(PerColumn::Ones(1), 10, 10), BadInput);
  EXPECT_THROW(with(PerColumn::LinSpaced(3, 0, 1), 10, 10), BadInput);
  EXPECT_THROW(with(PerColumn::LinSpaced(3, 1, 0), 1, 1), BadInput);
  LadderSeries uneven{PerColumn::LinSpaced(2, 1, 0), {Eigen::MatrixXd::Zero(4, 4), Eigen::MatrixXd::Zero(5, 4)}};
  EXPECT_THROW(multistate_log_ratio(uneven), BadInput);
}

}  // namespace
}  // namespace glass

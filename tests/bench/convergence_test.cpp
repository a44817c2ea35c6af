#include "bench/convergence.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "models/core/random.hpp"

namespace glass {
namespace {

using Eigen::MatrixXd;

MatrixXd normals(Stream& rng, Eigen::Index chains, Eigen::Index draws) {
  Eigen::MatrixXf z(chains, draws);
  rng.normals({z.data(), std::size_t(z.size())});
  return z.cast<double>();
}

/// Values of an independent program, tests/reference/convergence.py.
TEST(Convergence, AgreesWithTheReference) {
  std::ifstream in(std::filesystem::path(__FILE__).parent_path().parent_path() / "reference/convergence.json");
  ASSERT_TRUE(in);
  const auto cases = nlohmann::json::parse(in);
  ASSERT_GT(cases.size(), 8u);
  for (const auto& c : cases) {
    const auto rows = c.at("series").get<std::vector<std::vector<double>>>();
    MatrixXd x(Eigen::Index(rows.size()), Eigen::Index(rows[0].size()));
    for (Eigen::Index i = 0; i < x.rows(); ++i)
      x.row(i) = Eigen::Map<const Eigen::RowVectorXd>(rows[std::size_t(i)].data(), x.cols());
    EXPECT_NEAR(split_rhat(x).value(), c.at("rhat"), 1e-9) << c.at("name");
    EXPECT_NEAR(bulk_ess(x).value() / c.at("bulk_ess").get<double>(), 1, 1e-9) << c.at("name");
    EXPECT_NEAR(tail_ess(x).value() / c.at("tail_ess").get<double>(), 1, 1e-9) << c.at("name");
  }
}

TEST(Convergence, OfTwoChainsByHand) {
  // halves {0 1} {1 0} {1 0} {0 1} of two values: equal means, so B = 0 and R-hat = sqrt((n - 1)/n) = sqrt(1/2)
  MatrixXd x(2, 4);
  x << 0, 1, 1, 0, 1, 0, 0, 1;
  EXPECT_NEAR(split_rhat(x).value(), std::sqrt(0.5), 1e-12);
  // a monotone map changes the distances from the median, not the ranks of the values: with two values nothing at all
  EXPECT_NEAR(split_rhat(1e6 * x.array() + 3).value(), std::sqrt(0.5), 1e-12);
}

TEST(Convergence, StatesNothingOrInfinityWhereNothingMoves) {
  const MatrixXd still = MatrixXd::Constant(3, 20, -1.5);
  EXPECT_FALSE(split_rhat(still));  // no statement: it could be one state or a frozen one
  EXPECT_FALSE(bulk_ess(still));
  EXPECT_FALSE(tail_ess(still));
  MatrixXd apart = still;
  apart.row(1).setConstant(1.5);
  EXPECT_TRUE(std::isinf(split_rhat(apart).value()));
  MatrixXd symmetric = apart.topRows(2);  // +-1.5: equal distances from the median, so only the location speaks
  EXPECT_TRUE(std::isinf(split_rhat(symmetric).value()));
  MatrixXd jump = still;  // halves that do not move, one of them elsewhere
  jump.row(2).tail(10).setConstant(0);
  EXPECT_TRUE(std::isinf(split_rhat(jump).value()));
  EXPECT_FALSE(split_rhat(MatrixXd::Random(4, 3)));
  EXPECT_FALSE(bulk_ess(MatrixXd::Random(4, 7)));
}

TEST(Convergence, SeesADriftASpreadAndAShift) {
  Stream rng({1, Purpose::test}, 0);
  const MatrixXd x = normals(rng, 8, 400);
  EXPECT_LT(split_rhat(x).value(), 1.01);
  EXPECT_LT(bulk_ess(x).value() / 3200, 1.3);
  EXPECT_GT(bulk_ess(x).value() / 3200, 0.7);
  const MatrixXd drift = x.rowwise() + Eigen::RowVectorXd::LinSpaced(400, -0.5, 0.5);  // only the halves show it
  EXPECT_GT(split_rhat(drift).value(), 1.01);
  MatrixXd spread = x;  // only folding shows it
  spread.topRows(4) *= 3;
  EXPECT_GT(split_rhat(spread).value(), 1.05);
  MatrixXd shift = x;
  shift.topRows(4).array() += 0.5;
  EXPECT_GT(split_rhat(shift).value(), 1.02);
}

TEST(Convergence, EffectiveDrawsOfAnAutoregressiveSeries) {  // S (1 - a)/(1 + a)
  for (const double a : {0.5, 0.9, -0.5}) {
    Stream rng({2, Purpose::test}, 0);
    MatrixXd x = normals(rng, 8, 4000);
    x.col(0) /= std::sqrt(1 - a * a);
    for (Eigen::Index t = 1; t < x.cols(); ++t) x.col(t) += a * x.col(t - 1);
    const double tau = (1 + a) / (1 - a);
    // Sokal's relative error of tau, twice over for Geyer's longer window, five of them
    EXPECT_NEAR(bulk_ess(x).value() * tau / double(x.size()), 1,
                5 * 2 * std::sqrt(2 * (10 * std::max(tau, 1.0) + 1) / double(x.size())))
        << a;
  }
}

/// Independent draws exceed the limit with the probability asked for, whatever their law: 1500 runs at level 0.02 give
/// 30 +- 5.4; four of these. Short runs, where the limit is not 1.01.
TEST(Convergence, FalseAlarmsOfIndependentDraws) {
  Stream rng({3, Purpose::test}, 0);
  for (const auto& [chains, draws] : {std::pair{4, 16}, std::pair{16, 40}, std::pair{2, 100}}) {
    const double limit = rhat_limit(chains, draws, 0.01);  // two looks, location and spread
    ASSERT_GT(limit, 1.01);
    int continuous = 0, discrete = 0, binary = 0;
    for (int k = 0; k < 1500; ++k) {
      const MatrixXd x = normals(rng, chains, draws);
      continuous += split_rhat(x).value() > limit;
      discrete += split_rhat((2 * x.array()).round().matrix()).value() > limit;
      binary += split_rhat(x.array().sign().matrix()).value() > limit;
    }
    EXPECT_LT(binary, 52) << chains << " chains of " << draws;  // distances from the median say nothing here
    EXPECT_NEAR(continuous, 30, 22) << chains << " chains of " << draws;
    EXPECT_NEAR(discrete, 30, 22) << chains << " chains of " << draws;
  }
}

TEST(Convergence, LimitIsTheUsualOneForLongRuns) {
  EXPECT_EQ(rhat_limit(16, 4000, 1e-6), 1.01);
  EXPECT_GT(rhat_limit(16, 4, 1e-6), 1.5);
  EXPECT_LT(rhat_limit(16, 100, 1e-3), rhat_limit(16, 100, 1e-6));
}

}  // namespace
}  // namespace glass

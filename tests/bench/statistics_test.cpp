#include "bench/statistics.hpp"

#include <gtest/gtest.h>

#include "models/core/random.hpp"

namespace glass {
namespace {

TEST(MeanAndError, IsMeanAndStandardError) {
  const MeanAndError e = estimate({1, 2, 3, 4});
  EXPECT_DOUBLE_EQ(e.mean, 2.5);
  EXPECT_NEAR(e.error, std::sqrt(5.0 / 3 / 4), 1e-14);
  EXPECT_EQ(e.units, 4u);
  EXPECT_EQ(estimate({0, 0, 0}).p_value(), 1.0);  // exactly zero is no evidence
  EXPECT_EQ(estimate({2, 2, 2}).p_value(), 0.0);  // exactly something else is
  EXPECT_EQ(estimate({2}).p_value(), 1.0);        // one instance has no error bar
}

/// y = 2 + 3 a - b + noise of 0.1: the error of the mean falls from that of a and b to that of the noise, and covers.
TEST(MeanAndError, ControlVariatesTakeAwayWhatTheyExplain) {
  Stream rng({2, Purpose::test}, 0);
  double squares = 0;
  for (int repeat = 0; repeat < 400; ++repeat) {
    std::vector<float> z(3 * 20);
    rng.normals(z);
    std::vector<double> y;
    Eigen::MatrixXd controls(20, 2);
    for (int k = 0; k < 20; ++k) {
      controls.row(k) << z[std::size_t(3 * k)], z[std::size_t(3 * k + 1)];
      y.push_back(2 + 3 * controls(k, 0) - controls(k, 1) + 0.1 * double(z[std::size_t(3 * k + 2)]));
    }
    const MeanAndError e = estimate(y, controls);
    EXPECT_NEAR(e.error, 0.1 / std::sqrt(20), 0.02);
    EXPECT_GT(estimate(y).error, 0.3);
    squares += std::pow((e.mean - 2) / e.error, 2) / 400;
  }
  EXPECT_NEAR(squares, 17.0 / 15, 0.45);  // variance of t with 17 degrees of freedom; 5 sigma of 400 of its squares
  // by hand: slope 0.9, squared residuals 0.7 on 2 degrees of freedom, (1/4 + 1.5^2/5) of that
  const MeanAndError line = estimate({1, 2, 2, 4}, Eigen::Vector4d(0, 1, 2, 3));
  EXPECT_NEAR(line.mean, 0.9, 1e-12);
  EXPECT_NEAR(line.error, std::sqrt(0.35 * 0.7), 1e-12);
  // of fewer than four units a control, or of none, the plain mean
  EXPECT_EQ(estimate({1, 2, 3}, Eigen::MatrixXd::Random(3, 1)).mean, 2);
  EXPECT_EQ(estimate({1, 2, 3}, Eigen::MatrixXd(3, 0)).error, estimate({1, 2, 3}).error);
}

TEST(MeanAndError,
     PValuesAreUniformUnderTheNull) {  // 4000 t-tests of 6 Gaussians; 20 bins, chi-squared 19 at 1e-4: 53.0
  Stream rng({1, Purpose::test}, 0);
  std::vector<int> bins(20);
  std::vector<float> z(6);
  for (int k = 0; k < 4000; ++k) {
    rng.normals(z);
    const double p = estimate({z.begin(), z.end()}).p_value();
    ++bins[std::min<std::size_t>(19, std::size_t(p * 20))];
  }
  double chi2 = 0;
  for (const int b : bins) chi2 += (b - 200.0) * (b - 200.0) / 200.0;
  EXPECT_LT(chi2, 53.0);
}

TEST(AutocorrelationTime, OfAnAutoregressiveSeriesIsKnown) {  // tau = 1/2 (1 + a)/(1 - a)
  for (const double a : {0.0, 0.5, 0.9}) {
    const Eigen::Index chains = 8, draws = 4000;
    Eigen::MatrixXd x(chains, draws);
    for (Eigen::Index c = 0; c < chains; ++c) {
      Stream rng({2, Purpose::test}, std::uint32_t(c));
      std::vector<float> z(static_cast<std::size_t>(draws));
      rng.normals(z);
      double v = double(z[0]) / std::sqrt(1 - a * a);
      for (Eigen::Index d = 0; d < draws; ++d) x(c, d) = v = (d ? a * v + double(z[std::size_t(d)]) : v);
    }
    const double exact = 0.5 * (1 + a) / (1 - a), tau = autocorrelation_time(x).value();
    // relative error about sqrt(2(2W+1)/(chains draws)) with W = 5 tau (Sokal 1996); five of them
    const double error = exact * std::sqrt(2 * (10 * exact + 1) / double(chains * draws));
    EXPECT_NEAR(tau, exact, 5 * error) << a;
  }
}

TEST(AutocorrelationTime, OfASeriesThatNeverMovesIsItsLength) {
  Eigen::MatrixXd x(2, 50);
  x.row(0).setConstant(1);
  x.row(1).setConstant(3);
  EXPECT_DOUBLE_EQ(autocorrelation_time(x).value(), 25);  // each chain counts as one draw
  EXPECT_DOUBLE_EQ(autocorrelation_time(Eigen::MatrixXd::Constant(2, 50, 1.0)).value(), 25);
  EXPECT_FALSE(autocorrelation_time(Eigen::MatrixXd::Zero(2, 3)));
}

}  // namespace
}  // namespace glass

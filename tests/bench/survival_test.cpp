#include "bench/survival.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/core/random.hpp"

namespace glass {
namespace {

/// Remission times in weeks of the 21 patients on 6-mercaptopurine (Freireich et al., Blood 21, 699, 1963), and
/// the estimate that textbooks print: Kalbfleisch & Prentice, Cox & Oakes, Table 1.1 there.
TEST(Survival, TextbookExample) {
  std::vector<Lifetime> weeks;
  for (const double t : {6, 6, 6, 7, 10, 13, 16, 22, 23}) weeks.push_back({t, true});
  for (const double t : {6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35}) weeks.push_back({t, false});
  const auto s = survival(weeks);
  const std::vector<std::pair<double, double>> expected{{6, 0.8571},  {7, 0.8067},  {10, 0.7529}, {13, 0.6902},
                                                        {16, 0.6275}, {22, 0.5378}, {23, 0.4482}};
  ASSERT_EQ(s.size(), expected.size());
  for (std::size_t k = 0; k < s.size(); ++k) {
    EXPECT_EQ(s[k].time, expected[k].first);
    EXPECT_NEAR(s[k].surviving, expected[k].second, 5e-5);
  }
  EXPECT_EQ(median_lifetime(weeks), 23);
}

TEST(Survival, WithoutCensoringItCounts) {
  EXPECT_EQ(median_lifetime({{4, true}, {1, true}, {3, true}, {2, true}}), 2);
  EXPECT_EQ(survival({{4, true}, {1, true}, {3, true}, {2, true}}).back().surviving, 0);
}

TEST(Survival, CensoredBeyondHalfHasNoMedian) {
  EXPECT_FALSE(median_lifetime({{5, false}, {1, true}, {5, false}}));
  EXPECT_FALSE(median_lifetime({}));
  EXPECT_EQ(median_lifetime({{5, false}, {1, true}}), 1);  // exactly half is left
}

TEST(Survival, MedianOfAnExponentialUnderRandomCensoring) {  // ln 2; the plain median of what is seen is far below
  std::vector<Lifetime> all;
  for (std::uint32_t k = 0; k < 4000; ++k) {
    Stream rng({1, Purpose::test}, k);
    const double life = -std::log(rng.uniform()), watched = -std::log(rng.uniform());
    all.push_back({std::min(life, watched), life < watched});
  }
  EXPECT_NEAR(median_lifetime(all).value(), std::log(2.0), 5 * 1.3 / std::sqrt(4000.0));  // Greenwood: sd 1.22/sqrt(n)
}

}  // namespace
}  // namespace glass

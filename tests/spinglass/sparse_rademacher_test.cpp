#include "spinglass/sparse_rademacher.hpp"

#include "spinglass/rademacher.hpp"
#include "tests/spinglass/channel_checks.hpp"

namespace glass {
namespace {

TEST(SparseRademacher, Identities) {
  for (const double rho : {0.999, 0.5, 0.08, 1e-3}) {
    expect_channel_identities(SparseRademacher{rho});
    expect_average_identities(SparseRademacher{rho});
  }
}

TEST(SparseRademacher, AgreesWithTheSumOverItsThreeValues) {
  const SparseRademacher c{0.2};
  for (const double a : {0.0, 2.5})
    for (const double b : {-1.3, 0.4, 3.0}) {
      const double up = 0.1 * std::exp(b - a / 2), down = 0.1 * std::exp(-b - a / 2), z = 0.8 + up + down;
      const double mean = (up - down) / z;
      EXPECT_NEAR(c.log_partition(a, b), std::log(z), 1e-14);
      EXPECT_NEAR(c.mean(a, b), mean, 1e-14);
      EXPECT_NEAR(c.variance(a, b), (up + down) / z - mean * mean, 1e-14);
    }
}

TEST(SparseRademacher, WithoutZerosIsRademacher) {
  for (const double b : {-2.0, 0.3, 40.0}) {
    EXPECT_NEAR(SparseRademacher{1}.mean(0.7, b), Rademacher::mean(0.7, b), 1e-15);
    EXPECT_NEAR(SparseRademacher{1}.variance(0.7, b), Rademacher::variance(0.7, b), 1e-15);
    // weights 1/2 here, 1 there
    EXPECT_NEAR(SparseRademacher{1}.log_partition(0.7, b), Rademacher::log_partition(0.7, b) - std::log(2), 1e-14);
  }
  for (const double x : {0.3, 3.0, 30.0})
    EXPECT_NEAR(SparseRademacher{1 - 1e-13}.averages(x).overlap, Rademacher::averages(x).overlap, 1e-11);
}

TEST(SparseRademacher, NothingOverflows) {
  const SparseRademacher c{0.08};
  for (const double b : {-2e3, 2e3}) {
    EXPECT_NEAR(c.log_partition(0, b), 2e3 + std::log(0.04), 1e-12);
    EXPECT_EQ(c.mean(0, b), b > 0 ? 1 : -1);
    EXPECT_EQ(c.variance(0, b), 0);
    EXPECT_NEAR(c.mean(1e5, b), 0, 1e-300);
  }
}

}  // namespace
}  // namespace glass

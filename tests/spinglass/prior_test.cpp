#include "spinglass/prior.hpp"

#include <gtest/gtest.h>

namespace glass {
namespace {

std::string complaint(const std::string& name, double rho) {
  try {
    Prior::make(name, rho);
  } catch (const BadInput& e) {
    return e.what();
  }
  return "";
}

TEST(Prior, ChoosesTheChannelByName) {
  const double x = 1.7;
  EXPECT_EQ(Prior::make("rademacher", 1).averages(x).overlap, Rademacher::averages(x).overlap);
  EXPECT_EQ(Prior::make("sparse-rademacher", 0.1).averages(x).slope, SparseRademacher{0.1}.averages(x).slope);
  EXPECT_EQ(Prior::make("sparse-rademacher", 1).free_entropy(x), Rademacher::free_entropy(x));
  EXPECT_EQ(Prior::make("gaussian", 1).averages(x).overlap, x / (1 + x));
  EXPECT_EQ(Prior::make("gauss-bernoulli", 0.1).free_entropy(x), GaussBernoulli{0.1}.free_entropy(x));
  EXPECT_EQ(Prior::make("gauss-bernoulli", 0.1).second_moment(), 0.1);
}

TEST(Prior, RefusesWhatItDoesNotKnow) {
  EXPECT_NE(complaint("rademacherr", 1).find("must be one of rademacher|sparse-rademacher"), std::string::npos);
  for (const double rho : {0.0, -0.1, 1.5, std::nan("")})
    EXPECT_NE(complaint("sparse-rademacher", rho).find("must be above 0 and at most 1"), std::string::npos) << rho;
  EXPECT_NE(complaint("gaussian", 0.5).find("choose gauss-bernoulli"), std::string::npos);
}

}  // namespace
}  // namespace glass

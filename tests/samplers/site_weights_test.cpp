#include "samplers/site_weights.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/core/random.hpp"

namespace glass {
namespace {

/// Sizes with one block, several, and more than one level full, some weights zero.
TEST(SiteWeights, DrawsInProportion) {
  for (const Index n : {1, 5, 64, 200, 5000}) {
    SiteWeights w(n);
    Stream rng({1, Purpose::test, 0, std::uint32_t(n)}, 0);
    std::vector<double> plain(static_cast<std::size_t>(n));
    for (Index i = 0; i < n; ++i)
      plain[std::size_t(i)] = double(w[i] = n > 1 && i % 3 == 0 ? 0.0f : float(rng.uniform()) + 0.1f);
    w.sum_all();
    for (Index k = 0; k < n; k += 7) {  // one at a time
      plain[std::size_t(k)] = double(w[k] = 0.3f);
      w.sum_near(k);
    }
    double all = 0;
    for (const double p : plain) all += p;
    EXPECT_NEAR(w.total(), all, 1e-9 * all);
    // the inverse of the distribution function, at points away from its steps and at both ends
    double below = 0;
    for (Index i = 0; i < n; ++i) {
      if (plain[std::size_t(i)] > 0) {
        EXPECT_EQ(w.pick((below + 1e-6) / all), i);
        EXPECT_EQ(w.pick((below + plain[std::size_t(i)] - 1e-6) / all), i);
      }
      below += plain[std::size_t(i)];
    }
    for (const double u : {0x1p-53, 1 - 0x1p-53}) EXPECT_GT(plain[std::size_t(w.pick(u))], 0);
  }
}

/// Huge beside tiny: nothing is left of what was taken away.
TEST(SiteWeights, DoesNotDrift) {
  SiteWeights w(100);
  w[3] = 1e-20f;
  w.sum_near(3);
  w[70] = 1e20f;
  w.sum_near(70);
  w[70] = 0;
  w.sum_near(70);
  EXPECT_EQ(w.total(), double(1e-20f));
  EXPECT_EQ(w.pick(0.5), 3);
}

}  // namespace
}  // namespace glass

// One clause update against enumeration of the planted patterns and of belief propagation's sums.
#include "spinglass/density_iteration.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace glass {
namespace {

using Problem = DensityEvolution::Problem;

struct Means {
  double mass = 0, tanh = 0, surprise = 0, log_allowed = 0;
};

/// Every planted assignment of k literals that satisfies the clause; every field of the k - 1 others, right with
/// probability (1 + t)/2; the message as belief propagation defines it, a sum over the 2^{k-1} states of the others.
Means by_enumeration(Problem problem, int k, const Magnitudes& law) {
  const int others = k - 1, states = 1 << others, fields = int(2 * law.t.size());
  const auto allowed = [&](int parity, unsigned pattern) {
    if (problem == Problem::nae_sat) return pattern != 0 && pattern != (1u << k) - 1;
    return __builtin_popcount(pattern) % 2 == parity;
  };
  Means out;
  int planted_patterns = 0;
  for (int parity = 0; parity < (problem == Problem::xorsat ? 2 : 1); ++parity)
    for (unsigned planted = 0; planted < 1u << k; ++planted) planted_patterns += allowed(parity, planted);
  std::vector<int> choice(std::size_t(others), 0);
  for (;;) {  // an odometer over the fields of the others
    double weight = 1.0 / planted_patterns;
    std::vector<double> right;  // belief in the planted value
    for (int f : choice) {
      const double t = (f % 2 ? -1 : 1) * law.t(f / 2);
      weight *= law.weight(f / 2) * (1 + t) / 2;
      right.push_back((1 + t) / 2);
    }
    for (int parity = 0; parity < (problem == Problem::xorsat ? 2 : 1) && weight > 0; ++parity)
      for (unsigned planted = 0; planted < 1u << k; ++planted) {
        if (!allowed(parity, planted)) continue;
        double sum[2] = {0, 0};  // by whether the target has its planted value; it is the last literal
        for (int state = 0; state < states; ++state)
          for (unsigned last = 0; last < 2; ++last) {
            const unsigned pattern = unsigned(state) | last << others;
            if (!allowed(parity, pattern)) continue;
            double p = 1;
            for (int j = 0; j < others; ++j)
              p *= (pattern >> j & 1) == (planted >> j & 1) ? right[std::size_t(j)] : 1 - right[std::size_t(j)];
            sum[last == planted >> others ? 1 : 0] += p;
          }
        const double belief = sum[1] / (sum[0] + sum[1]);
        out.mass += weight;
        out.tanh += weight * (2 * belief - 1);
        out.surprise -= weight * std::log(belief);
        out.log_allowed += weight * std::log(sum[1]);
      }
    std::size_t j = 0;
    while (j < choice.size() && ++choice[j] == fields) choice[j++] = 0;
    if (j == choice.size()) return out;
  }
}

void compare(Problem problem, int k, const Magnitudes& law) {
  const FieldGrid grid(1.0 / 64, 30);
  const ClauseLaw got = clause_law(problem, k, grid, law);
  const Means want = by_enumeration(problem, k, law);
  ASSERT_NEAR(want.mass, 1, 1e-12);
  const FieldLaw& u = got.message;
  // deposits: step^4/40 times a fourth derivative of 4 at most
  EXPECT_NEAR(u.mass.sum() + u.certain, 1, 1e-9);
  EXPECT_NEAR((u.mass * grid.tanh()).sum() + u.certain, want.tanh, 7e-9);
  EXPECT_NEAR((u.mass * grid.surprise()).sum(), want.surprise, 1e-8);
  EXPECT_NEAR(got.log_allowed, want.log_allowed, 1e-12);
  // Nishimori: mass at -h is e^{-2h} of that at h, hence E tanh = E tanh^2
  EXPECT_NEAR((u.mass * grid.tanh().square()).sum() + u.certain, want.tanh, 2e-8);
}

TEST(ClauseLaw, IsThatOfEnumeration) {
  const Magnitudes law{Eigen::Array3d(0, 0.45, 0.93), Eigen::Array3d(0.2, 0.5, 0.3)};
  for (int k : {3, 4, 5}) {
    SCOPED_TRACE(k);
    compare(Problem::nae_sat, k, law);
    compare(Problem::xorsat, k, law);
  }
}

TEST(ClauseLaw, CertainLiteralsForceTheTarget) {
  const Magnitudes law{Eigen::Array3d(0.3, 0.8, 1), Eigen::Array3d(0.4, 0.2, 0.4)};
  for (int k : {3, 4, 5}) {
    SCOPED_TRACE(k);
    compare(Problem::nae_sat, k, law);
    compare(Problem::xorsat, k, law);
    const FieldGrid grid(1.0 / 64, 30);
    EXPECT_NEAR(clause_law(Problem::xorsat, k, grid, law).message.certain, std::pow(0.4, k - 1), 1e-14);
    // planted opposite to the target, all of them
    EXPECT_NEAR(clause_law(Problem::nae_sat, k, grid, law).message.certain,
                std::pow(0.4, k - 1) / (std::exp2(k - 1) - 1), 1e-14);
  }
}

TEST(ClauseLaw, AffordableNodes) {
  EXPECT_EQ(affordable_nodes(Problem::nae_sat, 5, 10), 10);
  EXPECT_LT(affordable_nodes(Problem::nae_sat, 12, 10), 6);
  EXPECT_GE(affordable_nodes(Problem::nae_sat, 12, 10), 4);
}

}  // namespace
}  // namespace glass

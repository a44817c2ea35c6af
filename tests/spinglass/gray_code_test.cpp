#include "spinglass/gray_code.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include "models/core/error.hpp"
#include "models/diluted_p_spin.hpp"
#include "models/edwards_anderson.hpp"
#include "models/sk.hpp"
#include "models/xorsat.hpp"
#include "spinglass/exact.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

/// ln Z by the naive sum; means from the table of all probabilities.
void expect_enumerates(const auto& t, int order, const std::string& what) {
  const Enumeration e = enumerate_by_gray_code(terms_of(t, order), t.environment());
  const double scale = 1 + std::abs(e.log_partition);
  EXPECT_NEAR(e.log_partition, checks::naive_log_partition(t), 2e-6 * scale) << what;
  const Eigen::VectorXd p = Exact(t).probabilities(t.base(1));
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(t.sites());
  double l = 0;
  for (Index k = 0; k < p.size(); ++k) {
    if (p(k) == 0) continue;
    Batch x(t.sites(), 1);
    Exact::configuration(k, x.col(0));
    mean += p(k) * x.col(0).template cast<double>();
    l += p(k) * t.log_likelihood(x)(0);
  }
  EXPECT_LE((e.spin - mean).cwiseAbs().maxCoeff(), 2e-6) << what;
  EXPECT_NEAR(e.log_likelihood, l, 2e-6 * scale) << what;
}

TEST(GrayCode, IsTheSumOverConfigurations) {
  SkOptions sk;
  sk.temperature = 0.4;
  sk.field_spread = 0.5;
  for (const Index n : {1, 2, 13}) {  // fewer and more sites than the inner loop has
    sk.n = n;
    sk.pins = n / 5;
    expect_enumerates(Sk::make(sk, 3), 2, "sk n=" + std::to_string(n));
  }
  EdwardsAndersonOptions ea;
  ea.d = 2;
  ea.l = 4;
  ea.temperature = 0.5;
  ea.field = 0.2;
  ea.pins = 1;
  expect_enumerates(EdwardsAnderson::make(ea, 4), 2, "edwards-anderson");
  DilutedPSpinOptions diluted;
  diluted.n = 12;
  diluted.temperature = 0.6;
  diluted.field_spread = 0.3;
  expect_enumerates(DilutedPSpin::make(diluted, 5), 3, "diluted-p-spin");
  XorsatOptions xorsat;
  xorsat.n = 12;
  expect_enumerates(Xorsat::make(xorsat, 6), 3, "xorsat at temperature 0");
}

TEST(GrayCode, SameBitsAtAnyNumberOfThreads) {
  SkOptions o;
  o.n = 17;
  o.field = 0.1;
  const Sk t = Sk::make(o, 7);
  const TermList terms = terms_of(t, 2);
  omp_set_num_threads(1);
  const Enumeration one = enumerate_by_gray_code(terms, t.environment());
  omp_set_num_threads(3);
  const Enumeration three = enumerate_by_gray_code(terms, t.environment());
  omp_set_num_threads(2);
  EXPECT_EQ(one.log_partition, three.log_partition);
  EXPECT_EQ(one.log_likelihood, three.log_likelihood);
  EXPECT_EQ(one.spin, three.spin);
}

TEST(GrayCode, PinsDoNotCountAndTooManyAreRefused) {
  EdwardsAndersonOptions o;
  o.d = 2;
  o.l = 6;
  const PairGraph many = EdwardsAnderson::make(o, 1);
  EXPECT_THROW(enumerate_by_gray_code(terms_of(many, 2), many.environment()), Refused);
  o.pins = 26;
  const PairGraph few = EdwardsAnderson::make(o, 1);
  EXPECT_NO_THROW(enumerate_by_gray_code(terms_of(few, 2), few.environment()));
}

}  // namespace
}  // namespace glass

#include "spinglass/exact.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "models/core/state.hpp"
#include "models/curie_weiss.hpp"
#include "models/ising_p_spin.hpp"
#include "models/sk.hpp"
#include "tests/models/checks.hpp"
#include "tests/samplers/reference.hpp"
#include "tests/samplers/symbol_targets.hpp"

namespace glass {
namespace {

/// The law of one column of a tilt from the terms of the model, one configuration at a time.
struct NaiveLaw {
  Eigen::VectorXd p, mean, up;  // probability of each configuration; posterior mean and P(+1) of each site
  double log_partition = 0;
};
NaiveLaw naive_law(const auto& target, const Tilt& t, Index c) {
  const Index n = target.sites(), states = Index{1} << n;
  Eigen::VectorXd l(states);
  for (Index k = 0; k < states; ++k) {
    Eigen::VectorXd x(n);
    bool allowed = true;
    for (Index i = 0; i < n; ++i) {
      x(i) = k >> i & 1 ? 1 : -1;
      allowed = allowed && (t.free(i, c) || double(t.pinned(i, c)) == x(i));
    }
    l(k) = allowed ? t.power(c) * checks::naive_log_likelihood(target, x) +
                         t.field.col(c).template cast<double>().dot(x) - 0.5 * t.precision(c) * x.squaredNorm()
                   : -std::numeric_limits<double>::infinity();
  }
  NaiveLaw out;
  const double top = l.maxCoeff();
  out.p = (l.array() - top).exp();
  const double z = out.p.sum();
  out.p /= z;
  out.log_partition = top + std::log(z);
  out.mean = out.up = Eigen::VectorXd::Zero(n);
  for (Index k = 0; k < states; ++k)
    for (Index i = 0; i < n; ++i) {
      out.mean(i) += k >> i & 1 ? out.p(k) : -out.p(k);
      out.up(i) += k >> i & 1 ? out.p(k) : 0;
    }
  return out;
}

/// Columns: the bare target, hotter, colder with side information, pinned beyond the model's own pins, all at once.
Tilt varied_tilts(Tilt t, Stream& rng) {
  t.power << 1, 0.3, 1.7, 1, 0.6;
  t.precision << 0, 0, 0.8, 0, 2.5;
  for (const Index c : {2, 4}) t.field.col(c) = checks::normal_vector(t.field.rows(), rng);
  for (const Index c : {3, 4}) {
    t.pinned(0, c) = -1;
    t.pinned(t.pinned.rows() - 1, c) = 1;
  }
  return t;
}

void expect_exact(const auto& target) {
  const std::string what(target.name);
  const Exact exact(target);
  Stream rng({21, Purpose::test}, 0);
  EXPECT_EQ(bytes_of(exact.base(5)), bytes_of(target.base(5))) << what;
  const Tilt t = varied_tilts(target.base(5), rng);
  const Index n = target.sites(), b = t.columns();
  Batch mean(n, b), logp(2 * n, b);
  Exact::State s = exact.start(Streams({21, Purpose::test}, b));
  const DenoiseInfo info = exact.posterior_mean(t, s, mean);
  EXPECT_EQ(info.unconverged, 0);
  EXPECT_EQ(info.work.denoiser_calls, b);
  exact.log_marginals(t, s, logp);
  const PerColumn z = exact.log_partition(t, s);
  for (Index c = 0; c < b; ++c) {
    const NaiveLaw law = naive_law(target, t, c);
    // log L is known to some 1e-6 of its largest field (floats), so probabilities are to about 1e-5
    EXPECT_LE((exact.probabilities(t, c) - law.p).cwiseAbs().maxCoeff(), 1e-5) << what << " " << c;
    EXPECT_LE((mean.col(c).cast<double>() - law.mean).cwiseAbs().maxCoeff(), 1e-5) << what << " " << c;
    EXPECT_NEAR(z(c), law.log_partition, 1e-5) << what << " " << c;
    for (Index i = 0; i < n; ++i) {
      EXPECT_NEAR(std::exp(double(logp(2 * i + 1, c))), law.up(i), 1e-5) << what << " " << c << " " << i;
      EXPECT_NEAR(std::exp(double(logp(2 * i, c))), 1 - law.up(i), 1e-5) << what << " " << c << " " << i;
    }
  }
}

TEST(Exact, AgreesWithNaiveEnumerationUnderEveryTilt) {
  SkOptions sk;
  sk.n = 9, sk.temperature = 0.7, sk.planted = true, sk.field = 0.2, sk.field_spread = 0.4, sk.pins = 2;
  expect_exact(Sk::make(sk, 1));
  IsingPSpinOptions three;
  three.n = 8, three.temperature = 0.6, three.field_spread = 0.3, three.pins = 1;
  expect_exact(IsingPSpin::make(three, 2));
  CurieWeissOptions cw;
  cw.n = 7, cw.temperature = 0.8, cw.field = -0.1;
  expect_exact(CurieWeiss::make(cw, 3));
}

TEST(Exact, NumbersOfConfigurationsGoBothWays) {
  for (const Index k : {0, 1, 5, 127}) {
    Eigen::VectorXf x(7);
    Exact::configuration(k, x);
    EXPECT_EQ(Exact::number_of(x), k);
    EXPECT_EQ(x(0), k & 1 ? 1.0f : -1.0f);
  }
}

/// Three symbols a site, with a prior that the power leaves alone: every answer from the list of weights.
TEST(Exact, AnyFiniteAlphabet) {
  using reference::SymbolTable;
  for (const SymbolTable& target : {SymbolTable(4, Alphabet::ternary(), {-1.6f, -0.5f, -1.2f}, 31, 1),
                                    SymbolTable(4, Alphabet::potts(3), {0.0f, -0.7f, 0.3f}, 32, 2)}) {
    const Exact exact(target);
    const Configurations& all = exact.configurations();
    EXPECT_EQ(all.count(), 81);
    auto s = exact.start(Streams({0, Purpose::test}, 1));
    for (const double power : {1.0, 0.3, 0.0}) {
      Tilt t = exact.base(1);
      t.power.setConstant(power);
      t.precision.setConstant(0.8);
      for (Index r = 0; r < all.dim(); ++r) t.field(r, 0) = 0.4f * float(r % 4) - 0.5f;
      const Eigen::VectorXd w = reference::log_weights_of(target, t), p = reference::normalised(w);
      EXPECT_LE((exact.probabilities(t) - p).cwiseAbs().maxCoeff(), 1e-6);
      const double top = w.maxCoeff();
      EXPECT_NEAR(exact.log_partition(t, s)(0), top + std::log((w.array() - top).exp().sum()), 1e-5);
      Batch mean(all.dim(), 1), logp(all.sites() * 3, 1);
      exact.posterior_mean(t, s, mean);
      exact.log_marginals(t, s, logp);
      Eigen::VectorXd expected = Eigen::VectorXd::Zero(all.dim()), marginal = Eigen::VectorXd::Zero(all.sites() * 3);
      Eigen::VectorXf x(all.dim());
      for (Index k = 0; k < p.size(); ++k) {
        all.write(k, x);
        EXPECT_EQ(all.number(x), k);
        expected += p(k) * x.cast<double>();
        for (Index i = 0, rest = k; i < all.sites(); ++i, rest /= 3) marginal(3 * i + rest % 3) += p(k);
      }
      EXPECT_LE((mean.col(0).cast<double>() - expected).cwiseAbs().maxCoeff(), 1e-5);
      EXPECT_LE((logp.col(0).cast<double>().array().exp().matrix() - marginal).cwiseAbs().maxCoeff(), 1e-5);
    }
  }
}

TEST(Exact, OneSiteOneSpin) {
  CurieWeissOptions o;
  o.n = 1, o.temperature = 2, o.field = 0.6;
  const Exact exact(CurieWeiss::make(o, 0));
  auto s = exact.start(Streams({0, Purpose::test}, 1));
  Batch m(1, 1);
  exact.posterior_mean(exact.base(1), s, m);
  EXPECT_NEAR(double(m(0, 0)), std::tanh(0.3), 1e-6);
  EXPECT_NEAR(exact.log_partition(exact.base(1), s)(0), std::log(2 * std::cosh(0.3)), 1e-7);
}

TEST(Exact, NearCertainSitesKeepTheirDigits) {
  // no interaction to speak of: log P(+1) = -log1p(e^{-2b}), far below the resolution of 1 - mean
  CurieWeissOptions o;
  o.n = 6, o.coupling = 0;
  const Exact exact(CurieWeiss::make(o, 0));
  auto s = exact.start(Streams({0, Purpose::test}, 1));
  Tilt t = exact.base(1);
  for (const double b : {3.0, 13.8, 20.0, 40.0}) {
    t.field.setConstant(float(-b));
    t.field(2, 0) = float(b);
    Batch logp(12, 1);
    exact.log_marginals(t, s, logp);
    const double expected = -std::log1p(std::exp(-2 * double(float(b))));  // -1e-12 at 13.8
    for (Index i = 0; i < 6; ++i) {
      const int likely = i == 2;
      EXPECT_NEAR(double(logp(2 * i + likely, 0)) / expected, 1, 1e-6) << b;
      EXPECT_NEAR(double(logp(2 * i + 1 - likely, 0)) / (-2 * b), 1, 1e-2) << b;
    }
  }
}

TEST(Exact, PinnedSitesAreCertain) {
  SkOptions o;
  o.n = 6;
  const Exact exact(Sk::make(o, 4));
  auto s = exact.start(Streams({0, Purpose::test}, 1));
  Tilt t = exact.base(1);
  t.pinned(2, 0) = -1;
  t.field(2, 0) = 5;  // pulls the other way, in vain
  Batch mean(6, 1), logp(12, 1);
  exact.posterior_mean(t, s, mean);
  exact.log_marginals(t, s, logp);
  EXPECT_EQ(mean(2, 0), -1);
  EXPECT_EQ(logp(4, 0), 0);
  EXPECT_EQ(logp(5, 0), -std::numeric_limits<float>::infinity());
  EXPECT_FALSE(logp.hasNaN());
}

TEST(Exact, TooManySitesNamesTheLimitAndTheRemedy) {
  SkOptions o;
  o.n = 21;
  try {
    Exact exact(Sk::make(o, 0));
    FAIL() << "21 sites were taken";
  } catch (const BadInput& e) {
    const std::string said = e.what();
    for (const char* part : {"n=21", "20", "amp"}) EXPECT_NE(said.find(part), said.npos) << said;
    EXPECT_EQ(said.find('\n'), said.npos);
  }
  o.n = 20;
  EXPECT_NO_THROW(Exact(Sk::make(o, 0)));
}

}  // namespace
}  // namespace glass

#pragma once
// What the tests of models and of denoisers share: a reference that knows a model only by its terms, and means over
// independent instances with their bounds.
#include <gtest/gtest.h>

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "models/core/random.hpp"
#include "models/core/target.hpp"
#include "models/core/types.hpp"

namespace glass::checks {

// Seeds are fixed, so a run is right or wrong once and for all. The level is that of a first run: fewer than kChecks
// statistical statements are made by the tests that include this file, so that correct code is refused with probability
// below 1e-3 all in all (Bonferroni).
constexpr double kChecks = 512, kLevel = 1e-3 / kChecks;

/// One pin of a denoiser that HasLocalReveals, and what it changes.
auto reveal(const auto& denoiser, auto& state, Index column, Index site, int symbol) {
  denoiser.pin(state, column, site, symbol);
  return denoiser.settle(state, column);
}

/// Mean over independent instances (Welford).
struct Mean {
  double count = 0, mean = 0, squares = 0;
  void add(double v) {
    const double d = v - mean;
    mean += d / ++count;
    squares += d * (v - mean);
  }
  double variance() const { return squares / (count - 1); }
  double error() const { return std::sqrt(variance() / count); }
};

/// How many standard errors a mean over `count` instances may be off (Student's t at kLevel, two-sided).
inline double allowed_sigmas(double count) {
  return boost::math::quantile(boost::math::complement(boost::math::students_t(count - 1), kLevel / 2));
}
/// `allowance`: a stated systematic error.
inline void expect_mean(const Mean& m, double expected, const std::string& what, double allowance = 0) {
  EXPECT_LE(std::abs(m.mean - expected), allowed_sigmas(m.count) * m.error() + allowance)
      << what << ": " << m.mean << " +- " << m.error() << " over " << m.count << ", expected " << expected;
}

/// Sum over the model's terms at real x, in double: the multilinear extension of log L.
double naive_log_likelihood(const auto& target, const Eigen::VectorXd& x) {
  double sum = target.environment().h.template cast<double>().dot(x);
  target.for_each_term([&](const auto& sites, double j) {
    for (const Index i : sites) j *= x(i);
    sum += j;
  });
  return target.environment().beta * sum;
}
/// Its derivative by x_i: exact, since it is linear in x_i. At +-1 this is half the log-odds of x_i.
double naive_field(const auto& target, Eigen::VectorXd x, Index i) {
  x(i) = 1;
  const double up = naive_log_likelihood(target, x);
  x(i) = -1;
  return (up - naive_log_likelihood(target, x)) / 2;
}

/// n x b of independent fair +-1.
inline Batch random_spins(Index n, Index b, Stream& rng) {
  Batch x(n, b);
  for (Index c = 0; c < b; ++c)
    for (Index i = 0; i < n; ++i) x(i, c) = rng.uniform() < 0.5 ? -1.0f : 1.0f;
  return x;
}
inline Eigen::VectorXf normal_vector(Index n, Stream& rng) {
  Eigen::VectorXf z(n);
  rng.normals({z.data(), std::size_t(n)});
  return z;
}

/// What BlockTarget promises: the bytes of one flip after another.
void expect_block_target(const auto& target, const std::string& what) {
  const Index n = target.sites(), b = 5;
  Stream rng({78, Purpose::test}, 0);
  auto whole = target.open(random_spins(n, b, rng)), blocks = whole;
  std::vector<std::uint64_t> flipped(b);
  for (Index first = 0; first < n; first += kBlockSites) {
    for (Index c = 0; c < b; ++c) {
      std::uint64_t& mine = flipped[std::size_t(c)] = 0;
      for (Index i = first; i < std::min(first + kBlockSites, n); ++i) {
        if (rng.uniform() > 0.2 * double(c)) continue;  // none in the first column
        target.flip(whole, c, i);
        target.flip_within(blocks, c, i, first);
        mine |= std::uint64_t{1} << (i - first);
        ASSERT_EQ(whole.g(i, c), blocks.g(i, c)) << what << ": inside of the block";
      }
    }
    target.expect_flips(first, flipped.back());
    target.flip_beyond(blocks, first, flipped);
    ASSERT_EQ(whole.x, blocks.x) << what;
    ASSERT_EQ(whole.g, blocks.g) << what << ": after the block from " << first;
  }
}

/// What SpinTarget promises of open, flip, fields and log_likelihood, against the terms. `exact_columns`: an answer has
/// the same bits in any batch.
void expect_spin_target(const auto& target, bool exact_columns, const std::string& what) {
  const Index n = target.sites(), b = 11;  // no multiple of eight
  Stream rng({77, Purpose::test}, 0);
  const Batch x = random_spins(n, b, rng);
  auto cache = target.open(x);
  double scale = 1;  // largest field: floats keep 6 digits of it
  for (Index c = 0; c < b; ++c)
    for (Index i = 0; i < n; ++i) {
      const double g = naive_field(target, x.col(c).template cast<double>(), i);
      scale = std::max(scale, std::abs(g));
      EXPECT_NEAR(double(cache.g(i, c)), g, 2e-6 * scale * double(n)) << what << " column " << c << " site " << i;
    }
  const double digits = 2e-6 * scale * double(n);
  const auto expect_likelihood = [&](const PerColumn& l, const Batch& at) {
    for (Index c = 0; c < b; ++c)
      EXPECT_NEAR(l(c), naive_log_likelihood(target, at.col(c).template cast<double>()), digits * double(n)) << what;
  };
  expect_likelihood(target.log_likelihood(x), x);

  Batch m(n, b), g(n, b);  // inside the cube
  for (Index c = 0; c < b; ++c)
    for (Index i = 0; i < n; ++i) m(i, c) = float(2 * rng.uniform() - 1);
  target.fields(m, g);
  for (Index c = 0; c < b; ++c)
    for (Index i = 0; i < n; ++i)
      EXPECT_NEAR(double(g(i, c)), naive_field(target, m.col(c).template cast<double>(), i), digits) << what;

  for (Index c = 0; c < b; ++c) {  // columns know nothing of each other
    Batch alone(n, 1);
    target.fields(m.col(c), alone);
    EXPECT_LE((alone.col(0) - g.col(c)).cwiseAbs().maxCoeff(), exact_columns ? 0 : 1e-6 * scale * double(n))
        << what << " column " << c;
  }

  for (int k = 0; k < 400; ++k) target.flip(cache, Index(rng.uniform() * b), Index(rng.uniform() * double(n)));
  EXPECT_FALSE(cache.x == x);
  EXPECT_TRUE((cache.x.array().abs() == 1.0f).all());
  const auto fresh = target.open(cache.x);
  EXPECT_LE((fresh.g - cache.g).cwiseAbs().maxCoeff(), 10 * digits) << what << ": flips lose track of the fields";
  expect_likelihood(target.log_likelihood(cache), cache.x);
}

/// ln Z by summing the terms over all configurations: knows neither the cached fields nor `Exact`.
double naive_log_partition(const auto& target) {
  const Index n = target.sites();
  const auto& pins = target.environment().pins;
  std::vector<double> l;
  Eigen::VectorXd x(n);
  for (Index k = 0; k < Index{1} << n; ++k) {
    bool allowed = true;
    for (Index i = 0; i < n; ++i) {
      x(i) = k >> i & 1 ? 1 : -1;
      allowed = allowed && (std::isinf(pins(i)) || double(pins(i)) == x(i));
    }
    if (allowed) l.push_back(naive_log_likelihood(target, x));
  }
  const double top = *std::max_element(l.begin(), l.end());
  double sum = 0;
  for (const double v : l) sum += std::exp(v - top);
  return top + std::log(sum);
}

}  // namespace glass::checks

#pragma once
// What DESIGN.md section 4 says about the disorder of p-spin glasses, null and planted, for p >= 2.
#include "models/core/tilt.hpp"
#include "spinglass/exact.hpp"
#include "tests/models/checks.hpp"

namespace glass::checks {

/// prod_{k<p} (1 - k/N): what leaving out the diagonal terms costs.
inline double without_diagonal(Index n, int p) {
  double product = 1;
  for (int k = 1; k < p; ++k) product *= 1.0 - double(k) / double(n);
  return product;
}
/// p!/(2 N^{p-1})
inline double coupling_variance(Index n, int p) {
  double v = 0.5;
  for (int k = 2; k <= p; ++k) v *= k;
  return v / std::pow(double(n), p - 1);
}

/// Mean and variance of the couplings of one instance large enough to tell; planted: correlation with the signal.
void expect_coupling_law(const auto& target, int p, bool planted, const std::string& what) {
  const double variance = coupling_variance(target.sites(), p);
  Stream rng({88, Purpose::test}, 0);
  const Batch other = random_spins(target.sites(), 1, rng);
  double sum = 0, along_signal = 0, along_other = 0, squares = 0, count = 0;
  target.for_each_term([&](const auto& sites, double j) {
    double signal = planted ? 1 : 0, sign = 1;
    for (const Index i : sites) {
      if (planted) signal *= double(target.truth()(i));
      sign *= double(other(i, 0));
    }
    const double noise = j - target.beta() * variance * signal;  // planted: J gets the mean beta p!/(2N^{p-1}) prod x*
    sum += noise;
    along_signal += noise * (planted ? signal : 1);
    along_other += noise * sign;
    squares += noise * noise;
    count += 1;
  });
  ASSERT_GT(count, 1e5) << what;
  const double sigmas = allowed_sigmas(1e6), error = std::sqrt(variance * count);
  EXPECT_LE(std::abs(sum), sigmas * error) << what << ": mean";
  EXPECT_LE(std::abs(along_signal), sigmas * error) << what << ": along the signal";
  EXPECT_LE(std::abs(along_other), sigmas * error) << what << ": along another configuration";
  // sum of squares over the variance is chi-square: mean count, variance 2 count
  EXPECT_LE(std::abs(squares / variance - count), sigmas * std::sqrt(2 * count)) << what << ": variance";
  // the statement has power: a planted mean of the wrong sign would stand out
  if (planted) {
    EXPECT_GT(target.beta() * variance * count, 2 * sigmas * error) << what;
  }
}

/// Interaction energy of the signal per spin: Gaussian, mean -(beta/2) prod(1 - k/N), variance of H/N the null one.
template <class T>
void expect_planted_energy(typename T::Options o, int p, std::uint32_t instances, const std::string& what) {
  const double n = double(o.n), beta = 1 / o.temperature, product = without_diagonal(o.n, p);
  Mean energy, square, null_energy, null_square;
  Stream rng({89, Purpose::test}, 0);
  for (o.instance = 0; o.instance < instances; ++o.instance) {
    const T target = T::make(o, 11);
    const double e = -target.log_likelihood(target.truth())(0) / beta / n;
    energy.add(e);
    square.add(std::pow(e + beta / 2 * product, 2));
    typename T::Options null = o;
    null.planted = false;
    const double e0 = -T::make(null, 12).log_likelihood(random_spins(o.n, 1, rng))(0) / beta / n;
    null_energy.add(e0);
    null_square.add(e0 * e0);
  }
  expect_mean(energy, -beta / 2 * product, what + " planted energy");
  expect_mean(null_energy, 0, what + " null energy");
  for (const Mean& m : {square, null_square}) expect_mean(m, product / (2 * n), what + " variance of the energy");
}

/// On the Nishimori line the signal is a posterior sample: -ln P(x*|J) has the posterior entropy as its mean, and
/// E x*_i f(J) = E <x_i> f(J). Pins must be those of the signal.
template <class T>
void expect_signal_from_posterior(typename T::Options o, std::uint32_t instances, const std::string& what) {
  Mean surprise, site, likelihood;
  o.planted = true;
  for (o.instance = 0; o.instance < instances; ++o.instance) {
    const auto target = T::make(o, 13);
    const Exact exact(target);
    Exact::State s{1};
    const Eigen::VectorXd p = exact.probabilities(exact.base(1));
    double entropy = 0;
    for (const double v : p) entropy -= v > 0 ? v * std::log(v) : 0;
    const double own = p(exact.configurations().number(target.truth()));
    ASSERT_GT(own, 1e-100) << what << ": the signal breaks a pin";
    surprise.add(-std::log(own) - entropy);
    Batch mean(target.truth().size(), 1);
    exact.posterior_mean(exact.base(1), s, mean);
    site.add(double((target.truth() - mean.col(0)).dot(mean.col(0))));
    likelihood.add(double((target.truth() - mean.col(0)).sum()));
  }
  // where a symmetry or temperature 0 makes them the same in all instances, float means still round
  const double rounding = 1e-6 * double(o.n);
  expect_mean(surprise, 0, what + " surprise of the signal less entropy", rounding);
  expect_mean(site, 0, what + " x*.<x> - |<x>|^2", rounding);
  expect_mean(likelihood, 0, what + " sum of x* - <x>", rounding);
}

/// The same (seed, instance) is the same instance to the bit; any other is another one.
template <class T>
void expect_named_instances(typename T::Options o, const std::string& what) {
  const auto terms = [](const auto& t) {
    std::vector<double> j;
    t.for_each_term([&](const auto&, double v) { j.push_back(v); });
    return j;
  };
  o.field_spread = 0.5;
  o.pins = 3;
  const auto one = T::make(o, 1), again = T::make(o, 1), other_seed = T::make(o, 2);
  ++o.instance;
  const auto other_instance = T::make(o, 1);
  EXPECT_EQ(terms(one), terms(again)) << what;
  EXPECT_EQ(one.truth(), again.truth()) << what;
  EXPECT_EQ(one.environment().h, again.environment().h) << what;
  EXPECT_EQ(one.environment().pins, again.environment().pins) << what;
  for (const auto* other : {&other_seed, &other_instance}) {
    EXPECT_NE(terms(one), terms(*other)) << what;
    EXPECT_NE(one.truth(), other->truth()) << what;
    EXPECT_NE(one.environment().h, other->environment().h) << what;
    EXPECT_NE(one.environment().pins, other->environment().pins) << what;
  }
}

/// E Z = 2^N exp((N beta^2/4) prod(1 - k/N)) exactly over the null ensemble, and the planted one has density Z/E Z
/// against it, so that there E[1/Z] = 1/E Z. By enumeration, relative to the formula; needs a high temperature.
template <class T>
void expect_annealed(typename T::Options o, int p, std::uint32_t instances, const std::string& what) {
  const double n = double(o.n), beta = 1 / o.temperature;
  const double annealed = n * (std::log(2.0) + beta * beta / 4 * without_diagonal(o.n, p));
  Mean ratio;
  for (o.instance = 0; o.instance < instances; ++o.instance) {
    const Exact exact(T::make(o, 14));
    Exact::State s{1};
    const double excess = exact.log_partition(exact.base(1), s)(0) - annealed;
    ratio.add(std::exp(o.planted ? -excess : excess));
  }
  EXPECT_LT(ratio.error(), 0.02) << what;
  expect_mean(ratio, 1, what + " Z against its mean");
}

}  // namespace glass::checks

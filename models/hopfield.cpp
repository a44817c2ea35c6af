#include "models/hopfield.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace glass {

Index Hopfield::patterns(const HopfieldOptions& o) {
  return std::max<Index>(1, Index(std::llround(o.alpha * double(o.n))));
}

double Hopfield::bytes(const HopfieldOptions& o) {  // J, the product it is copied from, and the patterns
  return 4.0 * double(o.n) * (2.0 * double(o.n) + std::max(1.0, o.alpha * double(o.n)));
}

Batch draw_patterns(Index n, Index count, double beta, const Eigen::VectorXf& signal, Stream& rng) {
  Batch xi(n, count);
  if (!signal.size()) {
    std::vector<std::uint32_t> word(static_cast<std::size_t>(n));
    for (Index m = 0; m < count; ++m) {
      rng.words(word);
      for (Index i = 0; i < n; ++i) xi(i, m) = word[std::size_t(i)] >> 31 ? 1.f : -1.f;
    }
    return xi;
  }
  // The number k of sites where xi agrees with x* has the weight C(n, k) exp((beta/2n)(2k - n)^2); which ones is
  // uniform.
  std::vector<double> law(static_cast<std::size_t>(n) + 1);
  for (Index k = 0; k <= n; ++k) {
    const double d = double(n), a = double(k), m = 2 * a - d;
    law[std::size_t(k)] = std::lgamma(d + 1) - std::lgamma(a + 1) - std::lgamma(d - a + 1) + beta * m * m / (2 * d);
  }
  const double top = *std::max_element(law.begin(), law.end());
  double sum = 0;
  for (double& w : law) w = sum += std::exp(w - top);
  std::vector<Index> site(static_cast<std::size_t>(n));
  std::iota(site.begin(), site.end(), Index{0});
  for (Index m = 0; m < count; ++m) {
    const double u = rng.uniform() * sum;
    const Index agree = std::min(n, Index(std::upper_bound(law.begin(), law.end(), u) - law.begin()));
    xi.col(m) = -signal;
    for (Index k = 0; k < agree; ++k) {  // Fisher-Yates, the first `agree` places
      std::swap(site[std::size_t(k)], site[std::size_t(k + Index(rng.uniform() * double(n - k)))]);
      xi(site[std::size_t(k)], m) = signal(site[std::size_t(k)]);
    }
  }
  return xi;
}

Sk Hopfield::make(const HopfieldOptions& o, std::uint32_t seed) {
  Environment env = Environment::draw(name, o, seed);
  Stream rng({seed, Purpose::disorder, 0, o.instance}, 0);
  const Batch xi = draw_patterns(o.n, patterns(o), env.beta, env.truth, rng);
  const Batch product = xi * xi.transpose();  // whole numbers below 2^24: exact in float in any order
  Couplings j(o.n, o.n);
  for (Index c = 0; c < o.n; ++c)
    for (Index r = 0; r < o.n; ++r)
      if (r != c) j(r, c) = float(double(product(r, c)) / double(o.n));
  return Sk(std::move(j), std::move(env), double(xi.cols()) / double(o.n));
}

}  // namespace glass

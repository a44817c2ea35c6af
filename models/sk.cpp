#include "models/sk.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <vector>

namespace glass {

Sk Sk::make(const SkOptions& o, std::uint32_t seed) { return draw(Environment::draw(name, o, seed), seed, o.instance); }

Sk Sk::draw(Environment env, std::uint32_t seed, std::uint32_t instance) {
  const Index n = env.sites();
  const bool planted = env.truth.size() > 0;
  Couplings j(n, n);
  Stream rng({seed, Purpose::disorder, 0, instance}, 0);
  const double width = 1.0 / std::sqrt(double(n)), mean = env.beta / double(n);
  std::vector<float> z(static_cast<std::size_t>(n));
  for (Index a = 1; a < n; ++a) {
    rng.normals({z.data(), std::size_t(a)});
    for (Index b = 0; b < a; ++b) {
      double v = width * double(z[std::size_t(b)]);
      if (planted) v += mean * double(env.truth(a)) * double(env.truth(b));
      j(a, b) = j(b, a) = float(v);
    }
  }
  return Sk(std::move(j), std::move(env));
}

Sk::Sk(Couplings j, Environment env, double load) : bj_(std::move(j)), env_(std::move(env)), load_(load) {
  bh_ = (env_.beta * env_.h.cast<double>()).cast<float>();
  for (Index c = 0; c < bj_.cols(); ++c)
    for (Index r = 0; r < bj_.rows(); ++r) bj_(r, c) = float(env_.beta * double(bj_(r, c)));
}

Sk::Cache Sk::open(Batch x) const {  // one GEMM, 2 N^2 B flops
  Batch g(x.rows(), x.cols());
  fields(x, g);
  return {std::move(x), std::move(g)};
}

void Sk::flip_beyond(Cache& s, Index first, std::span<const std::uint64_t> flipped) const {
  const Index n = sites(), last = std::min(first + kBlockSites, n);
  constexpr Index kNear = Index{1} << 21;  // floats: a few times the second-level cache, most flips find their column
  constexpr Index kTile = 512;             // 64 columns of it are 128 kB of J: they stay in L2 while all replicas pass
  std::array<const float*, kBlockSites> column;
  std::array<float, kBlockSites> step;
  for (Index from = 0; from < n; from += kTile) {
    const Index to = std::min(from + kTile, n);
    for (Index c = 0; c < s.x.cols(); ++c) {
      std::size_t count = 0;
      for (std::uint64_t left = flipped[std::size_t(c)]; left; left &= left - 1, ++count) {
        const Index i = first + std::countr_zero(left);
        column[count] = bj_.col(i);
        step[count] = 2.0f * s.x(i, c);
      }
      if (count == 0) continue;
      const auto add = n * n < kNear ? axpys<false> : axpys<true>;
      add({column.data(), count}, step.data(), s.g.col(c).data(), from, std::min(to, first));
      add({column.data(), count}, step.data(), s.g.col(c).data(), std::max(from, last), to);
    }
  }
}

PerColumn Sk::log_likelihood(const Cache& s) const {
  PerColumn out(s.x.cols());
  for (Index c = 0; c < out.size(); ++c) {
    const auto x = s.x.col(c).cast<double>();
    out(c) = 0.5 * x.dot(s.g.col(c).cast<double>() + bh_.cast<double>());  // x.(g - bh)/2 + x.bh
  }
  return out;
}

std::optional<LogPartition> Sk::log_partition(const SkOptions& o) {
  if (o.temperature <= 1 || o.field != 0 || o.field_spread != 0 || o.pins != 0) return std::nullopt;
  const double n = double(o.n), b2 = 1.0 / (o.temperature * o.temperature), loops = 0.25 * (std::log1p(-b2) + b2);
  // Aizenman, Lebowitz and Ruelle, Commun. Math. Phys. 112, 3 (1987): ln Z - ln E Z is Gaussian with mean and variance
  // from the sum over loops; under planting its mean changes sign. loops < 0.
  const double annealed = n * std::log(2.0) + (n - 1) * b2 / 4;
  return LogPartition{o.planted ? annealed - loops : annealed + loops, "replica-symmetric, T > 1, up to o(1)"};
}

}  // namespace glass

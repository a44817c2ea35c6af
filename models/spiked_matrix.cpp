#include "models/spiked_matrix.hpp"

#include <cmath>

namespace glass {

SpikedMatrix::Target SpikedMatrix::make(const SpikedMatrixOptions& o, std::uint32_t seed) {
  SpinOptions plain = o;
  plain.temperature = std::sqrt(o.delta);
  if (o.prior == "rademacher") return Sk::draw(Environment::draw(name, plain, seed), seed, o.instance);
  if (o.prior == "sparse-rademacher") {
    if (o.rho == 1) throw BadInput(std::string(name) + ": rho=1: has no zeros; choose prior=rademacher");
    Environment env = Environment::draw_reals(name, plain, seed, [&](Stream& rng, double b) {
      // weights of +1, -1 and 0, in proportion to rho e^b / 2
      const double down = std::exp(-2 * b), none = 2 * (1 - o.rho) / o.rho * std::exp(-b);
      const double u = rng.uniform() * (1 + down + none);
      return u < 1 ? 1.f : u < 1 + down ? -1.f : 0.f;
    });
    env.alphabet = Alphabet::ternary();
    return SparseRankOne(Sk::draw(std::move(env), seed, o.instance), o.rho);
  }
  const double rho = o.prior == "gaussian" ? 1.0 : o.rho;
  const RealSites sites{Space::line, rho};
  Environment env =
      Environment::draw_reals(name, plain, seed, [&](Stream& rng, double b) { return sites.draw(rng, 0, b); });
  return RankOne(Sk::draw(std::move(env), seed, o.instance), rho);
}

std::optional<LogPartition> SpikedMatrix::log_partition(const SpikedMatrixOptions& o) {
  if (o.prior != "rademacher") return std::nullopt;
  SkOptions sk;
  static_cast<SpinOptions&>(sk) = o;
  sk.temperature = std::sqrt(o.delta);
  return Sk::log_partition(sk);
}

}  // namespace glass

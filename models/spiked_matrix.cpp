#include "models/spiked_matrix.hpp"

#include <cmath>

namespace glass {

SpikedMatrix::Target SpikedMatrix::make(const SpikedMatrixOptions& o, std::uint32_t seed) {
  SpinOptions plain = o;
  plain.temperature = std::sqrt(o.delta);
  if (o.prior == "rademacher") return Sk::draw(Environment::draw(name, plain, seed), seed, o.instance);
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

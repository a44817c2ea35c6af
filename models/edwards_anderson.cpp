#include "models/edwards_anderson.hpp"

#include <cmath>

#include "models/core/random.hpp"

namespace glass {

namespace {

/// f(i, j) for the bonds of the lattice: site after site, direction after direction.
void for_each_bond(const EdwardsAndersonOptions& o, auto&& f) {
  const Index n = Index(o.volume());
  std::array<Index, 3> stride{1, o.l, o.l * o.l};
  for (Index i = 0; i < n; ++i)
    for (int k = 0; k < o.d; ++k) {
      const Index s = stride[std::size_t(k)], at = i / s % o.l;
      const bool periodic = o.boundary == "periodic" || (o.boundary == "cylinder" && k + 1 < o.d);
      if (at + 1 < o.l)
        f(i, i + s);
      else if (periodic)
        f(i, i - at * s);
    }
}

}  // namespace

PairGraph EdwardsAnderson::make(const Options& o, std::uint32_t seed) {
  const std::string who = std::string(name) + ": ";
  if (o.boundary != "open" && o.l < 3)
    throw BadInput(who + "l=" + to_text(o.l) + ": must be at least 3 in a periodic direction, or boundary=open");
  if (o.volume() > 2e9) throw BadInput(who + "l=" + to_text(o.l) + ": l^d must be at most 2e9");
  if (o.planted && o.p != 0.5)
    throw BadInput(who + "p=" + to_text(o.p) + ": planted, p is 1/(1 + e^(-2/T)); leave it out");
  SpinOptions plain = o;
  plain.n = Index(o.volume());
  Environment env = Environment::draw(name, plain, seed);
  const auto n = std::size_t(plain.n);

  TermList terms;
  terms.sites.reserve(2 * std::size_t(o.d) * n);
  for_each_bond(o, [&](Index i, Index j) {
    terms.sites.push_back(std::int32_t(std::min(i, j)));
    terms.sites.push_back(std::int32_t(std::max(i, j)));
  });
  const std::size_t bonds = terms.sites.size() / 2;
  Stream rng({seed, Purpose::disorder, 0, o.instance}, 0);
  std::vector<float> z(o.couplings == "gaussian" ? bonds : 0);
  rng.normals(z);
  const double plus = o.planted ? 1 / (1 + std::exp(-2 * env.beta)) : o.p;
  terms.couplings.resize(bonds);
  for (std::size_t b = 0; b < bonds; ++b) {
    const double signal = o.planted ? double(env.truth(terms.sites[2 * b]) * env.truth(terms.sites[2 * b + 1])) : 1;
    if (z.empty())
      terms.couplings[b] = rng.uniform() < plus ? signal : -signal;
    else
      terms.couplings[b] = double(float(double(z[b]) + (o.planted ? env.beta * signal : 0)));
  }
  return PairGraph(terms, std::move(env));
}

}  // namespace glass

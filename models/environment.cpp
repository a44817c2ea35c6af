#include "models/environment.hpp"

#include <cmath>
#include <numeric>

#include "models/core/random.hpp"

namespace glass {

Tilt Environment::base(Index columns) const {
  Tilt t = Tilt::none(h.size(), columns);
  t.pinned = pins.replicate(1, columns);
  return t;
}

Environment Environment::draw(std::string_view model, const SpinOptions& o, std::uint32_t seed,
                              const Alphabet& alphabet) {
  if (o.pins > o.n)
    throw BadInput(std::string(model) + ": pins=" + to_text(o.pins) + ": must be at most n=" + to_text(o.n));
  Environment e;
  e.alphabet = alphabet;
  e.beta = o.temperature > 0 ? 1.0 / o.temperature : kHardBeta;
  const Index width = alphabet.width(), dim = o.n * width;
  e.h = Eigen::VectorXf::Zero(dim);
  for (Index i = 0; i < dim; i += width) e.h(i) = float(o.field);
  Stream fields({seed, Purpose::disorder, 1, o.instance}, 0);
  if (o.field_spread > 0) {
    Eigen::VectorXf z(dim);
    fields.normals({z.data(), std::size_t(dim)});
    e.h += float(o.field_spread) * z;
  }
  e.pins = Eigen::VectorXf::Constant(dim, Tilt::kFree);
  Stream pins({seed, Purpose::disorder, 2, o.instance}, 0);
  std::vector<Index> site(static_cast<std::size_t>(o.n));
  std::iota(site.begin(), site.end(), Index{0});
  for (Index k = 0; k < o.pins; ++k) {  // Fisher-Yates, the first `pins` places
    const Index to = k + Index(pins.uniform() * double(o.n - k));
    std::swap(site[std::size_t(k)], site[std::size_t(to)]);
    alphabet.show(int(pins.uniform() * alphabet.symbols()), e.pins.data() + site[std::size_t(k)] * width);
  }
  if (o.planted) {
    Stream signal({seed, Purpose::planted, 0, o.instance}, 0);
    e.truth.resize(o.n);
    for (Index i = 0; i < o.n; ++i) {
      const double up = 1.0 / (1.0 + std::exp(-2.0 * e.beta * double(e.h(i)))), u = signal.uniform();
      e.truth(i) = e.pins(i) != Tilt::kFree ? e.pins(i) : u < up ? 1.f : -1.f;
    }
  }
  return e;
}

Environment Environment::draw_reals(std::string_view model, SpinOptions o, std::uint32_t seed, const SiteLaw& prior) {
  const bool planted = o.planted;
  o.planted = false;
  Environment e = draw(model, o, seed);  // fields, and which sites are pinned
  e.alphabet = Alphabet::reals();
  Stream pins({seed, Purpose::disorder, 3, o.instance}, 0), signal({seed, Purpose::planted, 0, o.instance}, 0);
  for (Index i = 0; i < o.n; ++i)
    if (e.pins(i) != Tilt::kFree) e.pins(i) = prior(pins, 0);
  if (!planted) return e;
  e.truth.resize(o.n);
  for (Index i = 0; i < o.n; ++i) {
    const float x = prior(signal, e.beta * double(e.h(i)));
    e.truth(i) = e.pins(i) != Tilt::kFree ? e.pins(i) : x;
  }
  return e;
}

}  // namespace glass

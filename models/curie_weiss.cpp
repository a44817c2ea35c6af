#include "models/curie_weiss.hpp"

#include <array>
#include <cmath>
#include <vector>

#include "models/core/random.hpp"

namespace glass {

namespace {

double log_add(double a, double b) {
  if (a < b) std::swap(a, b);
  return b == -std::numeric_limits<double>::infinity() ? a : a + std::log1p(std::exp(b - a));
}

/// log weight of x_i = up under its own field alone, -inf where a pin forbids it.
double own_weight(const Environment& e, Index i, bool up) {
  const float pin = e.pins(i), x = up ? 1.f : -1.f;
  if (pin != Tilt::kFree && pin != x) return -std::numeric_limits<double>::infinity();
  return e.beta * double(e.h(i)) * double(x);
}

/// Row i: log of the summed own weights of sites 0..i-1 with k spins up. `keep` all rows or only the last.
std::vector<std::vector<double>> prefix_laws(const Environment& e, bool keep) {
  std::vector<std::vector<double>> rows{{0.0}};
  for (Index i = 0; i < e.sites(); ++i) {
    const auto& last = rows.back();
    const double up = own_weight(e, i, true), down = own_weight(e, i, false);
    std::vector<double> next(last.size() + 1);
    for (std::size_t k = 0; k < next.size(); ++k) {
      const double no = -std::numeric_limits<double>::infinity();
      next[k] = log_add(k < last.size() ? last[k] + down : no, k > 0 ? last[k - 1] + up : no);
    }
    if (keep)
      rows.push_back(std::move(next));
    else
      rows.back() = std::move(next);
  }
  return rows;
}

/// beta J (M^2 - N)/(2N) at k spins up.
double interaction(double bond, Index n, std::size_t k) {
  const double m = 2.0 * double(k) - double(n);
  return 0.5 * bond * (m * m - double(n));
}

}  // namespace

CurieWeiss CurieWeiss::make(const CurieWeissOptions& o, std::uint32_t seed) {
  SpinOptions plain = o;
  plain.planted = false;
  CurieWeiss t(o.coupling, Environment::draw(name, plain, seed));
  if (!o.planted) return t;
  Stream rng({seed, Purpose::planted, 0, o.instance}, 0);
  const auto rows = prefix_laws(t.env_, true);
  // the number of spins up from its law, then the spins backwards, each given how many the earlier ones hold
  const auto& all = rows.back();
  std::size_t up = all.size() - 1;
  double target = std::log(rng.uniform()) + t.log_partition(), sum = -std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < all.size(); ++k) {
    sum = log_add(sum, all[k] + interaction(t.bond_, o.n, k));
    if (sum >= target) {
      up = k;
      break;
    }
  }
  t.env_.truth.resize(o.n);
  for (Index i = o.n; i-- > 0;) {
    const auto& here = rows[std::size_t(i) + 1];
    const auto& before = rows[std::size_t(i)];
    const double log_up =
        up > 0 ? before[up - 1] + own_weight(t.env_, i, true) - here[up] : -std::numeric_limits<double>::infinity();
    const bool is_up = std::log(rng.uniform()) < log_up;
    t.env_.truth(i) = is_up ? 1.f : -1.f;
    up -= is_up;
  }
  return t;
}

CurieWeiss::CurieWeiss(double coupling, Environment env)
    : bond_(env.beta * coupling / double(env.sites())), env_(std::move(env)) {
  bh_ = (env_.beta * env_.h.cast<double>()).cast<float>();
}

void CurieWeiss::multiply(BatchIn x, BatchOut out) const {
  for (Index c = 0; c < x.cols(); ++c) {
    const double total = x.col(c).cast<double>().sum();
    out.col(c) = (bond_ * (total - x.col(c).cast<double>().array())).cast<float>();
  }
}

void CurieWeiss::fields(BatchIn m, BatchOut g) const {
  multiply(m, g);
  g.colwise() += bh_;
}

CurieWeiss::Cache CurieWeiss::open(Batch x) const {
  Batch g(x.rows(), x.cols());
  fields(x, g);
  return {std::move(x), std::move(g)};
}

void CurieWeiss::flip(Cache& s, Index c, Index i) const {
  const float d = -2.0f * s.x(i, c) * float(bond_), own = s.g(i, c);
  s.x(i, c) = -s.x(i, c);
  s.g.col(c).array() += d;
  s.g(i, c) = own;
}

PerColumn CurieWeiss::log_likelihood(const Cache& s) const {
  PerColumn out(s.x.cols());
  for (Index c = 0; c < out.size(); ++c) {
    const auto x = s.x.col(c).cast<double>();
    const double m = x.sum();
    out(c) = 0.5 * bond_ * (m * m - double(sites())) + x.dot(bh_.cast<double>());
  }
  return out;
}

double CurieWeiss::log_partition() const {
  const auto rows = prefix_laws(env_, false);
  const std::vector<double>& law = rows.back();
  double sum = -std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < law.size(); ++k) sum = log_add(sum, law[k] + interaction(bond_, sites(), k));
  return sum;
}

std::optional<LogPartition> CurieWeiss::log_partition(const CurieWeissOptions& o) {
  if (o.field_spread != 0 || o.pins != 0) return std::nullopt;  // differs between instances
  SpinOptions plain = o;
  plain.planted = false;
  return LogPartition{CurieWeiss(o.coupling, Environment::draw(name, plain, 0)).log_partition(),
                      "exact, law of the magnetisation"};
}

}  // namespace glass

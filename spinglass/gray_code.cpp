#include "spinglass/gray_code.hpp"

#include <bit>
#include <cmath>
#include <vector>

namespace glass {

namespace {

// ln of a sum, and sums that share its scale
struct Sums {
  double top = -std::numeric_limits<double>::infinity();
  double weight = 0, log_likelihood = 0;
  Eigen::VectorXd spin;
  void add(const Sums& o) {
    const double t = std::max(top, o.top), mine = weight > 0 ? std::exp(top - t) : 0, theirs = std::exp(o.top - t);
    weight = mine * weight + theirs * o.weight;
    log_likelihood = mine * log_likelihood + theirs * o.log_likelihood;
    spin = mine * spin + theirs * o.spin;
    top = t;
  }
};

}  // namespace

Enumeration enumerate_by_gray_code(const TermList& terms, const Environment& env) {
  const Index n = env.sites();
  std::vector<Index> free;
  for (Index i = 0; i < n; ++i)
    if (env.pins(i) == Tilt::kFree) free.push_back(i);
  if (Index(free.size()) > kMaxGraySites)
    throw Refused("enumeration: " + to_text(free.size()) + " free sites: must be at most " + to_text(kMaxGraySites));
  // v: each term's beta J prod x at the configuration at hand; a site's field is its last term
  std::vector<std::vector<std::uint32_t>> of_site(static_cast<std::size_t>(n));
  for (Index t = 0; t < terms.size(); ++t)
    for (const auto i : terms.of(t)) of_site[std::size_t(i)].push_back(std::uint32_t(t));
  for (Index i = 0; i < n; ++i) of_site[std::size_t(i)].push_back(std::uint32_t(terms.size() + i));
  const auto values = [&](const Eigen::VectorXd& x) {
    std::vector<double> v;
    for (Index t = 0; t < terms.size(); ++t) {
      double product = env.beta * terms.couplings[std::size_t(t)];
      for (const auto i : terms.of(t)) product *= x(i);
      v.push_back(product);
    }
    for (Index i = 0; i < n; ++i) v.push_back(double(float(env.beta * double(env.h(i)))) * x(i));  // as targets round
    return v;
  };
  // the low bits by the Gray code, afresh for each value of the high ones: rounding cannot pile up
  const int bits = int(free.size()), low = std::min(bits, 12);
  const std::size_t inner = std::size_t{1} << low, outer = std::size_t{1} << (bits - low);

  const auto block = [&](std::size_t high) {
    Eigen::VectorXd x(n);
    for (Index i = 0; i < n; ++i) x(i) = env.pins(i) == Tilt::kFree ? -1 : double(env.pins(i));
    for (int b = low; b < bits; ++b) x(free[std::size_t(b)]) = high >> (b - low) & 1 ? 1 : -1;
    std::vector<double> v = values(x);
    double now = 0;
    for (const double t : v) now += t;
    Eigen::VectorXd l(static_cast<Index>(inner));  // by configuration of the low bits
    l(0) = now;
    for (std::size_t k = 1; k < inner; ++k) {
      const auto site = free[std::size_t(std::countr_zero(k))];
      for (const std::uint32_t t : of_site[std::size_t(site)]) {
        now -= 2 * v[t];
        v[t] = -v[t];
      }
      l(Index(k ^ (k >> 1))) = now;
    }
    Sums s;
    s.top = l.maxCoeff();
    Eigen::VectorXd w = (l.array() - s.top > -700).select((l.array() - s.top).exp(), 0.0);
    s.log_likelihood = w.dot(l);
    s.spin = Eigen::VectorXd::Zero(n);
    for (int b = low; b-- > 0;) {  // sites summed out by halves
      const Index half = Index{1} << b;
      s.spin(free[std::size_t(b)]) = w.segment(half, half).sum() - w.head(half).sum();
      w.head(half) += w.segment(half, half);
    }
    s.weight = w(0);
    for (Index i = 0; i < n; ++i)
      if (env.pins(i) != Tilt::kFree) s.spin(i) = s.weight * double(env.pins(i));
    for (int b = low; b < bits; ++b) s.spin(free[std::size_t(b)]) = s.weight * x(free[std::size_t(b)]);
    return s;
  };

  // chunks are fixed and added up in order
  const std::size_t chunks = std::min<std::size_t>(outer, 256), each = outer / chunks;
  std::vector<Sums> part(chunks);
#pragma omp parallel for schedule(dynamic)
  for (std::size_t c = 0; c < chunks; ++c) {
    part[c].spin = Eigen::VectorXd::Zero(n);
    for (std::size_t k = 0; k < each; ++k) part[c].add(block(c * each + k));
  }
  Sums all;
  all.spin = Eigen::VectorXd::Zero(n);
  for (const Sums& p : part) all.add(p);
  return {all.top + std::log(all.weight), all.log_likelihood / all.weight, all.spin / all.weight};
}

}  // namespace glass

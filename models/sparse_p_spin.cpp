#include "models/sparse_p_spin.hpp"

#include <cmath>
#include <numeric>
#include <string>

namespace glass {

namespace {

std::string shown(std::span<const std::int32_t> sites) {
  std::string out = "sparse p-spin: term";
  for (const auto i : sites) out += " " + std::to_string(i);
  return out;
}

}  // namespace

SparsePSpin::SparsePSpin(const TermList& terms, Environment env) : p_(terms.order), env_(std::move(env)) {
  const Index n = env_.sites(), m = terms.size();
  const std::size_t rest = std::size_t(p_) - 1;
  if (p_ < 2 || p_ > 6) throw std::invalid_argument("sparse p-spin: order=" + to_text(p_) + ": must be from 2 to 6");
  bh_ = (env_.beta * env_.h.cast<double>()).cast<float>();
  std::shared_ptr<std::int64_t[]> first(new std::int64_t[std::size_t(n) + 1]());
  for (Index t = 0; t < m; ++t) {
    const auto s = terms.of(t);
    if (s.front() < 0 || s.back() >= n)
      throw std::invalid_argument(shown(s) + ": sites must be from 0 to " + to_text(n - 1));
    if (std::adjacent_find(s.begin(), s.end()) != s.end())
      throw std::invalid_argument(shown(s) + ": the sites must differ");
    if (!std::isfinite(float(env_.beta * terms.couplings[std::size_t(t)])))
      throw std::invalid_argument(shown(s) + ": beta J must be finite and fit single precision");
    for (const auto i : s) ++first[i + 1];
  }
  for (Index i = 0; i < n; ++i) first[i + 1] += first[i];

  // terms of each site in the order of their sites: by sorting those whose smallest site it is, then handing all terms
  // out in that order
  std::vector<std::int64_t> order(static_cast<std::size_t>(m)), next(static_cast<std::size_t>(n) + 1);
  for (Index t = 0; t < m; ++t) ++next[std::size_t(terms.of(t)[0]) + 1];
  std::partial_sum(next.begin(), next.end(), next.begin());
  const std::vector<std::int64_t> smallest = next;
  for (Index t = 0; t < m; ++t) order[std::size_t(next[std::size_t(terms.of(t)[0])]++)] = t;
  for (Index i = 0; i < n; ++i) {
    const auto begin = order.begin() + smallest[std::size_t(i)], end = order.begin() + smallest[std::size_t(i) + 1];
    std::sort(begin, end, [&](std::int64_t a, std::int64_t b) {
      return std::ranges::lexicographical_compare(terms.of(a), terms.of(b));
    });
    for (auto t = begin; t != end && t + 1 != end; ++t)
      if (std::ranges::equal(terms.of(t[0]), terms.of(t[1])))
        throw std::invalid_argument(shown(terms.of(*t)) + " is given twice: add the couplings up into one");
  }
  std::shared_ptr<std::int32_t[]> others(new std::int32_t[std::size_t(first[n]) * rest]);
  std::shared_ptr<float[]> beta_j(new float[std::size_t(first[n])]);
  next.assign(first.get(), first.get() + n);
  for (const std::int64_t t : order) {
    const auto s = terms.of(t);
    for (const auto i : s) {
      const std::int64_t k = next[std::size_t(i)]++;
      beta_j[k] = float(env_.beta * terms.couplings[std::size_t(t)]);
      std::copy_if(s.begin(), s.end(), others.get() + k * std::int64_t(rest), [i](auto j) { return j != i; });
    }
  }
  first_ = std::move(first);
  others_ = std::move(others);
  beta_j_ = std::move(beta_j);
}

void SparsePSpin::fields(BatchIn m, BatchOut g) const {
  for (Index c = 0; c < m.cols(); ++c) {
    const float* in = m.col(c).data();
    for (Index i = 0; i < sites(); ++i) {
      float sum = bh_(i);
      for (std::int64_t k = first_[i]; k < first_[i + 1]; ++k) {
        float product = beta_j_[k];
        for (int a = 0; a + 1 < p_; ++a) product *= in[others_[k * (p_ - 1) + a]];
        sum += product;
      }
      g(i, c) = sum;
    }
  }
}

SparsePSpin::Cache SparsePSpin::open(Batch x) const {
  Batch g(x.rows(), x.cols());
  fields(x, g);
  return {std::move(x), std::move(g)};
}

// The field on j from a term is beta J times the other spins, so it changes by -2 beta J x_i prod_{k != i, j} x_k,
// where the product is that over all sites but i, times x_j.
template <int kOrder>
void SparsePSpin::flip_of(float* x, float* g, Index i) const {
  const float d = -2.0f * x[i];
  x[i] = -x[i];
  const std::int32_t* other = others_.get() + first_[i] * (kOrder - 1);
  for (std::int64_t k = first_[i]; k < first_[i + 1]; ++k, other += kOrder - 1) {
    float product = d * beta_j_[k];
    for (int a = 0; a + 1 < kOrder; ++a) product *= x[other[a]];
    for (int a = 0; a + 1 < kOrder; ++a) g[other[a]] += product * x[other[a]];
  }
}

void SparsePSpin::flip(Cache& s, Index c, Index i) const {
  float *x = s.x.col(c).data(), *g = s.g.col(c).data();
  switch (p_) {
    case 2:
      return flip_of<2>(x, g, i);
    case 3:
      return flip_of<3>(x, g, i);
    case 4:
      return flip_of<4>(x, g, i);
    case 5:
      return flip_of<5>(x, g, i);
    default:
      return flip_of<6>(x, g, i);
  }
}

PerColumn SparsePSpin::log_likelihood(const Cache& s) const {
  PerColumn out(s.x.cols());
  for (Index c = 0; c < out.size(); ++c) {
    const auto x = s.x.col(c).cast<double>();
    const double interaction = x.dot(s.g.col(c).cast<double>() - bh_.cast<double>()) / p_;
    out(c) = interaction + x.dot(bh_.cast<double>());
  }
  return out;
}

}  // namespace glass

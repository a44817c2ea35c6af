#include "models/pair_graph.hpp"

#include <cmath>
#include <string>

namespace glass {

PairGraph::PairGraph(const TermList& terms, Environment env) : env_(std::move(env)) {
  const Index n = env_.sites();
  if (terms.order != 2) throw std::invalid_argument("pair graph: order=" + to_text(terms.order) + ": must be 2");
  bh_ = (env_.beta * env_.h.cast<double>()).cast<float>();
  std::shared_ptr<std::int64_t[]> first(new std::int64_t[std::size_t(n) + 1]());
  for (Index t = 0; t < terms.size(); ++t) {
    const auto s = terms.of(t);
    const std::string where = "pair graph: bond " + to_text(s[0]) + " " + to_text(s[1]);
    if (s[0] < 0 || s[1] >= n) throw std::invalid_argument(where + ": sites must be from 0 to " + to_text(n - 1));
    if (s[0] == s[1]) throw std::invalid_argument(where + ": the sites must differ");
    if (!std::isfinite(float(env_.beta * terms.couplings[std::size_t(t)])))
      throw std::invalid_argument(where + ": beta J must be finite and fit single precision");
    for (const auto i : s) ++first[i + 1];
  }
  for (Index i = 0; i < n; ++i) first[i + 1] += first[i];
  std::shared_ptr<Bond[]> bonds(new Bond[std::size_t(first[n])]);
  std::vector<std::int64_t> next(first.get(), first.get() + n);
  for (Index t = 0; t < terms.size(); ++t) {
    const auto s = terms.of(t);
    const float bj = float(env_.beta * terms.couplings[std::size_t(t)]);
    bonds[next[std::size_t(s[0])]++] = {s[1], bj};
    bonds[next[std::size_t(s[1])]++] = {s[0], bj};
  }
  for (Index i = 0; i < n; ++i) {
    const auto by_site = [](const Bond& a, const Bond& b) { return a.to < b.to; };
    Bond *const begin = bonds.get() + first[i], *const end = bonds.get() + first[i + 1];
    std::sort(begin, end, by_site);
    for (const Bond* b = begin; b + 1 < end; ++b)
      if (b[0].to == b[1].to)
        throw std::invalid_argument("pair graph: bond " + to_text(i) + " " + to_text(b->to) +
                                    " is given twice: add the couplings up into one");
  }
  first_ = std::move(first);
  bonds_ = std::move(bonds);
}

void PairGraph::accumulate(BatchIn x, BatchOut out) const {
  for (Index c = 0; c < x.cols(); ++c) {
    const float* in = x.col(c).data();
    float* to = out.col(c).data();
    for (Index i = 0; i < sites(); ++i) {
      float sum = to[i];
      for (std::int64_t k = first_[i]; k < first_[i + 1]; ++k) sum += bonds_[k].beta_j * in[bonds_[k].to];
      to[i] = sum;
    }
  }
}

void PairGraph::multiply(BatchIn x, BatchOut out) const {
  out.setZero();
  accumulate(x, out);
}

void PairGraph::fields(BatchIn m, BatchOut g) const {
  g.colwise() = bh_;
  accumulate(m, g);
}

PairGraph::Cache PairGraph::open(Batch x) const {
  Batch g(x.rows(), x.cols());
  fields(x, g);
  return {std::move(x), std::move(g)};
}

PerColumn PairGraph::log_likelihood(const Cache& s) const {
  PerColumn out(s.x.cols());
  for (Index c = 0; c < out.size(); ++c)  // x.(g - bh)/2 + x.bh
    out(c) = 0.5 * s.x.col(c).cast<double>().dot(s.g.col(c).cast<double>() + bh_.cast<double>());
  return out;
}

}  // namespace glass

#include "spinglass/exact.hpp"

#include <cmath>

#include "models/core/options.hpp"

namespace glass {

void Exact::check() const {
  const int q = all_.alphabet().symbols();
  if (q == 0) throw Refused("exact: enumerates finite alphabets only");
  if (all_.count(kMaxStates) <= kMaxStates) return;
  const Index most = Index(std::log(double(kMaxStates)) / std::log(double(q)) + 1e-9);
  throw BadInput("exact: n=" + to_text(sites()) + ": must be at most " + to_text(most) + " (" + to_text(q) +
                 "^n states); choose a smaller n, or denoiser=amp or bp where they fit");
}

Tilt Exact::base(Index columns) const {
  Tilt t = Tilt::none(all_.dim(), columns);
  t.pinned = base_.pinned.replicate(1, columns);
  return t;
}

double Exact::weights(const Tilt& t, Index c, Eigen::VectorXd& w) const {
  const double none = -std::numeric_limits<double>::infinity();
  const Alphabet& a = all_.alphabet();
  const int q = a.symbols(), width = a.width();
  w.resize(logl_.size());
  w(0) = 0;
  Index size = 1;
  for (Index i = 0; i < sites(); ++i, size *= q) {  // q times the table site by site: one addition per configuration
    const Index row = i * width;
    const int pinned = t.free(row, c) ? -1 : a.symbol_of(t.pinned.col(c).data() + row);
    for (int s = q; s-- > 0;) {  // symbol 0 last: its part is where the table lies
      double l = double(log_prior_[std::size_t(s)]);
      for (int r = 0; r < width; ++r) {
        const double x = double(a.entry(s, r));
        l += double(t.field(row + r, c)) * x - 0.5 * t.precision(c) * x * x;
      }
      if (!t.free(row, c) && s != pinned) l = none;
      w.segment(s * size, size) = w.head(size).array() + l;
    }
  }
  w += t.power(c) * logl_;
  const double top = w.maxCoeff();
  // Eigen's vector exp ends at 1e-308: what a pin forbids must be zero itself
  w = (w.array() - top > -700).select((w.array() - top).exp(), 0.0);
  return top;
}

Eigen::VectorXd Exact::sums(Eigen::VectorXd& w) const {
  const Index q = all_.alphabet().symbols();
  Eigen::VectorXd total(sites() * q);
  Index size = w.size();
  for (Index i = sites(); i-- > 0;) {
    size /= q;
    for (Index s = 0; s < q; ++s) total(i * q + s) = w.segment(s * size, size).sum();
    for (Index s = 1; s < q; ++s) w.head(size) += w.segment(s * size, size);  // site i summed out
  }
  return total;
}

DenoiseInfo Exact::posterior_mean(const Tilt& t, State&, BatchOut mean) const {
  const Alphabet& a = all_.alphabet();
  const int q = a.symbols(), width = a.width();
  Eigen::VectorXd w;
  for (Index c = 0; c < mean.cols(); ++c) {
    weights(t, c, w);
    const Eigen::VectorXd total = sums(w);
    for (Index i = 0; i < sites(); ++i)
      for (int r = 0; r < width; ++r) {
        double m = 0;
        for (int s = 0; s < q; ++s) m += total(i * q + s) * double(a.entry(s, r));
        mean(i * width + r, c) = float(m / total.segment(i * q, q).sum());
      }
  }
  return {0, {.denoiser_calls = mean.cols(), .iterations = mean.cols()}};
}

DenoiseInfo Exact::log_marginals(const Tilt& t, State&, BatchOut logp) const {
  const Index q = all_.alphabet().symbols();
  Eigen::VectorXd w;
  for (Index c = 0; c < logp.cols(); ++c) {
    weights(t, c, w);
    const Eigen::VectorXd total = sums(w);
    for (Index i = 0; i < sites(); ++i)
      for (Index s = 0; s < q; ++s) {  // log1p keeps the digits of a certain site
        double others = 0;
        for (Index o = 0; o < q; ++o) others += o == s ? 0 : total(i * q + o);
        logp(i * q + s, c) = float(-std::log1p(others / total(i * q + s)));
      }
  }
  return {0, {.denoiser_calls = logp.cols(), .iterations = logp.cols()}};
}

PerColumn Exact::log_partition(const Tilt& t, State&) const {
  PerColumn out(t.columns());
  Eigen::VectorXd w;
  for (Index c = 0; c < out.size(); ++c) {
    const double top = weights(t, c, w);
    out(c) = top + std::log(w.sum());
  }
  return out;
}

Eigen::VectorXd Exact::probabilities(const Tilt& t, Index c) const {
  Eigen::VectorXd w;
  weights(t, c, w);
  return w / w.sum();
}

}  // namespace glass

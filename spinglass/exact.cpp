#include "spinglass/exact.hpp"

#include <cmath>

#include "models/core/options.hpp"

namespace glass {

void Exact::check(Index sites, const Alphabet& a) {
  if (a != Alphabet::spins()) throw Refused("exact: enumerates +-1 spins only");
  if (sites > kMaxSites)
    throw BadInput("exact: n=" + to_text(sites) + ": must be at most " + to_text(kMaxSites) +
                   " (2^n states); choose a smaller n, or denoiser=amp where it fits");
}

Tilt Exact::base(Index columns) const {
  Tilt t = Tilt::none(sites(), columns);
  t.pinned = base_.pinned.replicate(1, columns);
  return t;
}

double Exact::weights(const Tilt& t, Index c, Eigen::VectorXd& w) const {
  const double none = -std::numeric_limits<double>::infinity();
  w.resize(logl_.size());
  w(0) = -0.5 * t.precision(c) * double(sites());
  for (Index i = 0; i < sites(); ++i) {  // double the table site by site: one addition per configuration
    const double b = double(t.field(i, c));
    const double up = t.free(i, c) || t.pinned(i, c) > 0 ? b : none,
                 down = t.free(i, c) || t.pinned(i, c) < 0 ? -b : none;
    const Index half = Index{1} << i;
    w.segment(half, half) = w.head(half).array() + up;
    w.head(half).array() += down;
  }
  w += t.power(c) * logl_;
  const double top = w.maxCoeff();
  // Eigen's vector exp ends at 1e-308: what a pin forbids must be zero itself
  w = (w.array() - top > -700).select((w.array() - top).exp(), 0.0);
  return top;
}

void Exact::sums(Eigen::VectorXd& w, Eigen::VectorXd& up, Eigen::VectorXd& down) const {
  up.resize(sites());
  down.resize(sites());
  for (Index i = sites(); i-- > 0;) {
    const Index half = Index{1} << i;
    up(i) = w.segment(half, half).sum();
    down(i) = w.head(half).sum();
    w.head(half) += w.segment(half, half);  // site i summed out
  }
}

DenoiseInfo Exact::posterior_mean(const Tilt& t, State&, BatchOut mean) const {
  Eigen::VectorXd w, up, down;
  for (Index c = 0; c < mean.cols(); ++c) {
    weights(t, c, w);
    sums(w, up, down);
    mean.col(c) = ((up - down).array() / (up + down).array()).cast<float>();
  }
  return {0, {.denoiser_calls = mean.cols(), .iterations = mean.cols()}};
}

DenoiseInfo Exact::log_marginals(const Tilt& t, State&, BatchOut logp) const {
  Eigen::VectorXd w, up, down;
  for (Index c = 0; c < logp.cols(); ++c) {
    weights(t, c, w);
    sums(w, up, down);
    for (Index i = 0; i < sites(); ++i) {  // log1p keeps the digits of a certain site
      logp(2 * i, c) = float(-std::log1p(up(i) / down(i)));
      logp(2 * i + 1, c) = float(-std::log1p(down(i) / up(i)));
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

#include "models/quiet_planting.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "models/index_draws.hpp"

namespace glass {

namespace {

constexpr double kNone = -std::numeric_limits<double>::infinity();

[[noreturn]] void cannot_plant(std::string_view model) {
  throw BadInput(std::string(model) +
                 ": planted=true: no signal satisfies any constraint (all sites are pinned alike, or there is one "
                 "site); choose a larger n, fewer pins or temperature > 0");
}

/// ln z(N+), the share of clauses that N+ sites up satisfy, in weight.
double log_share(double up, double n, int k, double violated) {
  double all_up = 1, all_down = 1;
  for (int j = 0; j < k; ++j) {
    all_up *= std::max(0.0, up - j) / (n - j);
    all_down *= std::max(0.0, n - up - j) / (n - j);
  }
  return std::log(std::max(0.0, 1 - (1 - violated) * (all_up + all_down)));
}

}  // namespace

Eigen::VectorXf plant_two_colours(std::string_view model, const Environment& env, int k, Index clauses, Stream rng) {
  const Index sites = env.sites();
  const double n = double(sites), m = double(clauses), violated = std::exp(-env.beta);
  std::vector<double> part(static_cast<std::size_t>(sites + 1));  // M ln z by N+
  for (Index up = 0; up <= sites; ++up)
    part[std::size_t(up)] = clauses ? m * log_share(double(up), n, k, violated) : 0.0;
  const auto chance = [&](Index i, double centre) {
    if (env.pins(i) != Tilt::kFree) return env.pins(i) > 0 ? 1.0 : 0.0;
    return 1 / (1 + std::exp(-2 * (env.beta * double(env.h(i)) + centre)));
  };
  const auto mean_up = [&](double centre) {
    double sum = 0;
    for (Index i = 0; i < sites; ++i) sum += chance(i, centre);
    return sum;
  };
  // The uniform field at which the proposals' mean N+ is where M ln z - 2 centre N+ is largest: M (ln z)' = 2 centre.
  // Any value is exact; this one is fast.
  const auto slope = [&](double up) {
    const Index at = std::clamp<Index>(Index(up), 1, sites - 1);
    const double s = 0.5 * (part[std::size_t(at + 1)] - part[std::size_t(at - 1)]);
    return std::isfinite(s) ? s : up < n / 2 ? 1e3 : -1e3;
  };
  const double strongest = env.beta * double(env.h.cwiseAbs().maxCoeff());
  double low = -50 - strongest, high = 50 + strongest;
  for (int step = 0; sites > 1 && step < 40; ++step) {
    const double centre = 0.5 * (low + high);
    (slope(mean_up(centre)) > 2 * centre ? low : high) = centre;
  }
  const double centre = sites > 1 ? 0.5 * (low + high) : 0.0;
  Index pinned_up = 0, pinned_down = 0;
  for (const float pin : env.pins)
    if (pin != Tilt::kFree) ++(pin > 0 ? pinned_up : pinned_down);
  double top = kNone;
  for (Index up = pinned_up; up <= sites - pinned_down; ++up)
    top = std::max(top, part[std::size_t(up)] - 2 * centre * double(up));
  if (top == kNone) cannot_plant(model);
  Eigen::VectorXf x(sites);
  for (;;) {
    Index up = 0;
    for (Index i = 0; i < sites; ++i) {
      const bool is_up = rng.uniform() < chance(i, centre);
      x(i) = is_up ? 1.f : -1.f;
      up += is_up;
    }
    if (std::log(rng.uniform()) < part[std::size_t(up)] - 2 * centre * double(up) - top) return x;
  }
}

ClassSizes::Law::Law(double u, double kappa, double pinned, Index most) {
  const auto log_ratio = [&](double k) {  // ln w(k + 1)/w(k)
    return u - kappa * (2 * (k + pinned) + 1) - std::log(k + 1);
  };
  Index low = 0, high = most;  // the mode is the first k with a ratio below 1; the ratio falls with k
  while (low < high) {
    const Index mid = (low + high) / 2;
    if (log_ratio(double(mid)) > 0)
      low = mid + 1;
    else
      high = mid;
  }
  constexpr double kLeast = -57.6;  // ln 1e-25
  std::vector<double> below;
  double l = 0;
  for (Index k = low; k > 0 && (l -= log_ratio(double(k - 1))) > kLeast; --k) below.push_back(std::exp(l));
  first = low - Index(below.size());
  weight.assign(below.rbegin(), below.rend());
  weight.push_back(1);
  l = 0;
  for (Index k = low; k < most && (l += log_ratio(double(k))) > kLeast; ++k) weight.push_back(std::exp(l));
  cumulative.resize(weight.size());
  std::partial_sum(weight.begin(), weight.end(), cumulative.begin());
}

double ClassSizes::Law::mean() const {
  double sum = 0;
  for (std::size_t k = 0; k < weight.size(); ++k) sum += double(k) * weight[k];
  return double(first) + sum / cumulative.back();
}

Index ClassSizes::Law::draw(double u) const {
  return first +
         (std::upper_bound(cumulative.begin(), cumulative.end() - 1, u * cumulative.back()) - cumulative.begin());
}

double ClassSizes::Law::operator()(Index k) const {
  return k < first || k >= first + Index(weight.size()) ? 0.0 : weight[std::size_t(k - first)];
}

ClassSizes::ClassSizes(std::string_view model, const Environment& env, Index edges) : edges_(double(edges)) {
  const auto q = std::size_t(env.alphabet.symbols());
  pinned_.assign(q, 0.0);
  for (Index i = 0; i < env.sites(); ++i) {
    const float* pin = env.pins.data() + i * Index(q);
    if (*pin == Tilt::kFree)
      ++free_;
    else
      pinned_[std::size_t(env.alphabet.symbol_of(pin))] += 1;
  }
  // In units of all pairs, z(S) = a - b S with S the sum of squares of class sizes. ln z is concave in S, so that
  // M ln z(S) <= M ln z(S0) - kappa (S - S0) with kappa = M b / z(S0): under the right-hand side the sizes of the
  // classes are independent, given their sum.
  const double n = double(env.sites()), violated = std::exp(-env.beta), pairs = std::max(1.0, 0.5 * n * (n - 1));
  a_ = 0.5 * (n * n - violated * n) / pairs;
  b_ = 0.5 * (1 - violated) / pairs;
  std::vector<double> size(q);
  for (std::size_t c = 0; c < q; ++c) size[c] = double(free_) / double(q) + pinned_[c];
  const double strongest = env.beta * double(env.h.head(Index(q)).cwiseAbs().maxCoeff());
  for (int round = 0; round < 20; ++round) {  // sizes that agree with the laws they make; exact at any, fast at these
    at_ = std::inner_product(size.begin(), size.end(), size.begin(), 0.0);
    if (edges > 0 && !(z(at_) > 0)) cannot_plant(model);
    kappa_ = edges > 0 ? edges_ * b_ / z(at_) : 0.0;
    double high = 60 + strongest + 2 * kappa_ * n, low = -high;
    for (int step = 0; step < 60; ++step) {  // the common factor that makes the mean sizes add up
      const double factor = 0.5 * (low + high);
      law_.clear();
      double sum = 0;
      for (std::size_t c = 0; c < q; ++c) {
        law_.emplace_back(env.beta * double(env.h(Index(c))) + factor, kappa_, pinned_[c], free_);
        sum += law_.back().mean();
      }
      (sum < double(free_) ? low : high) = factor;
    }
    double change = 0;
    for (std::size_t c = 0; c < q; ++c) {
      const double next = law_[c].mean() + pinned_[c];
      change = std::max(change, std::abs(next - size[c]));
      size[c] = next;
    }
    if (change < 1e-3) break;
  }
}

std::vector<Index> ClassSizes::draw(Stream& rng) const {
  const std::size_t q = law_.size();
  std::vector<Index> drawn(q);
  for (;;) {
    Index left = free_;
    for (std::size_t c = 0; c + 1 < q; ++c) left -= drawn[c] = law_[c].draw(rng.uniform());
    drawn[q - 1] = left;
    if (left < 0) continue;
    double squares = 0;
    for (std::size_t c = 0; c < q; ++c) squares += (double(drawn[c]) + pinned_[c]) * (double(drawn[c]) + pinned_[c]);
    const double excess =
        edges_ > 0 ? edges_ * (std::log(z(squares)) - std::log(z(at_))) + kappa_ * (squares - at_) : 0.0;
    if (rng.uniform() < law_[q - 1](left) * std::exp(std::min(0.0, excess))) return drawn;
  }
}

std::vector<int> plant_colours(std::string_view model, const Environment& env, Index edges, Stream rng) {
  const Index q = env.alphabet.symbols();
  const std::vector<Index> drawn = ClassSizes(model, env, edges).draw(rng);
  std::vector<int> colour(std::size_t(env.sites()));
  std::vector<Index> free;
  for (Index i = 0; i < env.sites(); ++i) {
    const float* pin = env.pins.data() + i * q;
    if (*pin == Tilt::kFree)
      free.push_back(i);
    else
      colour[std::size_t(i)] = env.alphabet.symbol_of(pin);
  }
  IndexDraws order(rng);
  for (std::size_t k = free.size(); k > 1; --k) std::swap(free[k - 1], free[order.below(std::uint32_t(k))]);
  auto site = free.begin();
  for (std::size_t c = 0; c < drawn.size(); ++c)
    for (Index k = 0; k < drawn[c]; ++k) colour[std::size_t(*site++)] = int(c);
  return colour;
}

}  // namespace glass

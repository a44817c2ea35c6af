#include "spinglass/transfer_matrix.hpp"

#include <bit>
#include <cmath>
#include <string>

namespace glass {

namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

double log_one_plus_exp(double a) { return a > 0 ? a + std::log1p(std::exp(-a)) : std::log1p(std::exp(a)); }
/// ln of the probability of +1 (sign > 0) or -1 at these log-odds.
double log_chance(double log_odds, bool up) { return -log_one_plus_exp(up ? -log_odds : log_odds); }

std::size_t count(int bits) { return std::size_t{1} << bits; }
/// k with a 0 put in at `bit`.
std::size_t spread(std::size_t k, int bit) {
  const std::size_t low = k & (count(bit) - 1);
  return (k - low) << 1 | low;
}

}  // namespace

// beta h_i + sum over the terms that end at i of beta J prod of the others; bit 1 is +1.
double TransferMatrix::field(const Step& s, std::uint32_t others) const {
  double sum = s.beta_h;
  for (const Factor& f : s.factors) sum += std::popcount(~others & f.others) & 1 ? -f.beta_j : f.beta_j;
  return sum;
}

TransferMatrix::TransferMatrix(const TermList& terms, const Environment& env)
    : TransferMatrix(terms, env.beta,
                     (env.beta * env.h.cast<double>()).cast<float>().cast<double>(),  // as the targets round it
                     env.pins) {}

TransferMatrix::TransferMatrix(const TermList& terms, double beta, const Eigen::VectorXd& beta_h,
                               const Eigen::VectorXf& pins)
    : n_(beta_h.size()) {
  std::vector<std::vector<Index>> ending(static_cast<std::size_t>(n_));  // terms by their last site
  std::vector<Index> last(static_cast<std::size_t>(n_));                 // site at which a site's last term is in
  for (Index i = 0; i < n_; ++i) last[std::size_t(i)] = i;
  for (Index t = 0; t < terms.size(); ++t) {
    const auto s = terms.of(t);
    ending[std::size_t(s.back())].push_back(t);
    for (const auto i : s) last[std::size_t(i)] = std::max<Index>(last[std::size_t(i)], s.back());
  }
  auto steps = std::make_shared<std::vector<Step>>(std::size_t(n_));
  std::vector<Index> frontier;  // site of each bit
  double numbers = 0;
  for (Index i = 0; i < n_; ++i) {
    Step& s = (*steps)[std::size_t(i)];
    s.bits = int(frontier.size());
    s.beta_h = beta_h(i);
    s.pin = pins(i) == Tilt::kFree ? 0.0f : pins(i);
    width_ = std::max(width_, s.bits + 1);
    if (width_ > kMaxFrontier)
      throw Refused("transfer-matrix: n=" + to_text(n_) + ": more than " + to_text(kMaxFrontier) +
                    " sites at once have open interactions; choose a smaller width (an open or cylindrical lattice)");
    for (const Index t : ending[std::size_t(i)]) {
      Factor f{0, beta * terms.couplings[std::size_t(t)]};
      for (const auto j : terms.of(t).first(std::size_t(terms.order - 1)))
        f.others |= 1u << (std::find(frontier.begin(), frontier.end(), Index(j)) - frontier.begin());
      s.factors.push_back(f);
    }
    frontier.push_back(i);
    for (int b = int(frontier.size()); b-- > 0;)  // the highest first: lower bits keep their places
      if (last[std::size_t(frontier[std::size_t(b)])] <= i) {
        s.leaves.push_back({frontier[std::size_t(b)], b, {}});
        frontier.erase(frontier.begin() + b);
        numbers += double(count(int(frontier.size())));
      }
  }
  if (numbers > kMaxNumbers)
    throw Refused("transfer-matrix: n=" + to_text(n_) + ": a frontier of " + to_text(width_) +
                  " sites would need more than 1 GB; choose a smaller width");

  std::vector<double> w{0.0}, next;
  for (Step& s : *steps) {
    const std::size_t half = count(s.bits);
    w.resize(2 * half);
#pragma omp parallel for if (half > 4096)
    for (std::size_t k = 0; k < half; ++k) {
      const double g = field(s, std::uint32_t(k));
      w[half + k] = s.pin < 0 ? kNever : w[k] + g;
      w[k] = s.pin > 0 ? kNever : w[k] - g;
    }
    for (Step::Leaves& out : s.leaves) {
      const std::size_t rest = w.size() / 2;
      next.resize(rest);
      out.log_odds.resize(rest);
#pragma omp parallel for if (rest > 4096)
      for (std::size_t k = 0; k < rest; ++k) {
        const std::size_t down = spread(k, out.bit), up = down | count(out.bit);
        const double high = std::max(w[up], w[down]);
        // what no pin allows is never drawn
        out.log_odds[k] = high == kNever ? 0 : w[up] - w[down];
        next[k] = high == kNever ? kNever : high + std::log1p(std::exp(-std::abs(out.log_odds[k])));
      }
      w.swap(next);
    }
  }
  log_partition_ = w[0];
  steps_ = std::move(steps);
}

double TransferMatrix::draw(Stream& rng, Eigen::Ref<Eigen::VectorXf> x) const {
  std::size_t now = 0;  // configuration of the frontier
  double log_p = 0;
  for (auto s = steps_->rbegin(); s != steps_->rend(); ++s) {
    for (auto out = s->leaves.rbegin(); out != s->leaves.rend(); ++out) {
      const double log_odds = out->log_odds[now];
      const bool up = rng.uniform() < 1 / (1 + std::exp(-log_odds));
      x(out->site) = up ? 1.0f : -1.0f;
      log_p += log_chance(log_odds, up);
      now = spread(now, out->bit) | (up ? count(out->bit) : 0);
    }
    now &= count(s->bits) - 1;
  }
  return log_p;
}

double TransferMatrix::log_prob(const Eigen::Ref<const Eigen::VectorXf>& x) const {
  std::size_t now = 0;
  double log_p = 0;
  for (auto s = steps_->rbegin(); s != steps_->rend(); ++s) {
    for (auto out = s->leaves.rbegin(); out != s->leaves.rend(); ++out) {
      const bool up = x(out->site) > 0;
      log_p += log_chance(out->log_odds[now], up);
      now = spread(now, out->bit) | (up ? count(out->bit) : 0);
    }
    now &= count(s->bits) - 1;
  }
  return log_p;
}

TransferMatrix::Means TransferMatrix::means() const {
  Means out{Eigen::VectorXd::Zero(n_), Eigen::VectorXd::Zero(n_), 0};
  std::vector<double> p{1.0}, before;  // probabilities of the frontier
  for (auto s = steps_->rbegin(); s != steps_->rend(); ++s) {
    for (auto leaves = s->leaves.rbegin(); leaves != s->leaves.rend(); ++leaves) {
      before.resize(2 * p.size());
      double up = 0, down = 0;
      for (std::size_t k = 0; k < p.size(); ++k) {
        const double odds = leaves->log_odds[k], plus = std::exp(log_chance(odds, true)),
                     minus = std::exp(log_chance(odds, false));
        const std::size_t low = spread(k, leaves->bit);
        before[low] = p[k] * minus;
        before[low | count(leaves->bit)] = p[k] * plus;
        up += p[k] * plus;
        down += p[k] * minus;
      }
      out.spin(leaves->site) = up - down;
      out.log_odds(leaves->site) = std::log(up) - std::log(down);
      p.swap(before);
    }
    const std::size_t half = count(s->bits);
    for (std::size_t k = 0; k < half; ++k) {
      out.log_likelihood += field(*s, std::uint32_t(k)) * (p[half + k] - p[k]);
      p[k] += p[half + k];
    }
    p.resize(half);
  }
  return out;
}

}  // namespace glass

#include "spinglass/potts_bp.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/core/fast_exp.hpp"
#include "spinglass/message_movement.hpp"

namespace glass {

namespace {

constexpr double kCertain = 1e12;  // ln of the odds of a pin
constexpr double kHardest = 1e8;   // largest power * beta
constexpr double kExcluded = 690;  // e^-690 = 1e-300
constexpr int kQueueShare = 2;     // sweeps' worth of updates after which a reveal is no local matter
constexpr float kInformed = 20, kNoise = 1e-3f;

double log_sum(const double* l, int q) {
  const double most = *std::max_element(l, l + q);
  double sum = 0;
  for (int a = 0; a < q; ++a) sum += std::exp(l[a] - most);
  return most + std::log(sum);
}

/// ln [1 - c p(a)] for each colour from log-weights w whose largest is 0: S_a = sum of the others,
/// 1 - c p = (S_a + e^-beta e^w_a) / S.
void exclude(const float* w, float beta, int q, float* out) {
  const int top = int(std::max_element(w, w + q) - w);
  float second = -3e12f, e[Alphabet::kMostSymbols], all = 0, rest = 0;
  for (int a = 0; a < q; ++a) {
    if (a != top) second = std::max(second, w[a]);
    all += e[a] = fast_exp(w[a]);
  }
  for (int a = 0; a < q; ++a) rest += a == top ? 0 : fast_exp(w[a] - second);
  const float log_all = fast_log(all), soft = fast_exp(-beta);
  for (int a = 0; a < q; ++a) out[a] = a == top ? 0 : fast_log((all - e[a] + soft * e[a]) / all);
  const float others = second + fast_log(rest), most = std::max(others, -beta);
  out[top] = most + fast_log(1 + fast_exp(-std::fabs(others + beta))) - log_all;
}

}  // namespace

PottsBp::PottsBp(const Colouring& target, BpOptions opt) : q_(target.alphabet().symbols()), opt_(std::move(opt)) {
  auto g = std::make_shared<Graph>();
  g->env = target.environment();
  g->first.assign(std::size_t(target.sites()) + 1, 0);
  target.for_each_edge([&](Index i, Index j) {
    for (const Index end : {i, j}) {
      g->ends.push_back(std::uint32_t(end));
      ++g->first[std::size_t(end) + 1];
    }
  });
  for (std::size_t i = 0; i + 1 < g->first.size(); ++i) g->first[i + 1] += g->first[i];
  g->at.resize(g->ends.size());
  std::vector<std::uint32_t> next(g->first.begin(), g->first.end() - 1);
  for (std::size_t k = 0; k < g->ends.size(); ++k) g->at[next[g->ends[k]]++] = std::uint32_t(k);
  graph_ = std::move(g);
}

PottsBp::State PottsBp::start(Streams rng) const {
  State s;
  s.messages.resize(Index(graph_->ends.size()) * q_, rng.columns());
  s.rng = std::move(rng);
  restart(s);
  return s;
}

void PottsBp::restart(State& s) const {
  for (Index c = 0; c < s.messages.cols(); ++c)
    s.rng[c].normals({s.messages.col(c).data(), std::size_t(s.messages.rows())});
  s.messages *= kNoise;
  s.total.resize(0, 0);
  s.sent.resize(0, 0);
  s.excluded.clear();
}

void PottsBp::start_at(State& s, BatchIn x) const {
  for (Index c = 0; c < s.messages.cols(); ++c)
    for (std::size_t k = 0; k < graph_->ends.size(); ++k)
      s.messages.col(c).segment(Index(k) * q_, q_) = -kInformed * x.col(c).segment(Index(graph_->ends[k ^ 1]) * q_, q_);
}

Eigen::MatrixXd PottsBp::totals(const Tilt& t, const Batch& messages) const {
  const Environment& env = graph_->env;
  Eigen::MatrixXd total(t.field.rows(), t.columns());
  for (Index c = 0; c < total.cols(); ++c) {
    for (Index r = 0; r < total.rows(); ++r)
      total(r, c) = t.power(c) * env.beta * double(env.h(r)) + double(t.field(r, c)) -
                    (t.free(r, c) || t.pinned(r, c) == 1 ? 0 : kCertain);
    for (std::size_t k = 0; k < graph_->ends.size(); ++k)
      total.col(c).segment(Index(graph_->ends[k]) * q_, q_) +=
          messages.col(c).segment(Index(k) * q_, q_).cast<double>();
  }
  return total;
}

/// The message to an end (2 e + which) from the totals `from` of column c, with a weight beside the old one, its
/// difference added to `out`; its movement, the weight left out.
float PottsBp::update(State& s, Index c, std::uint32_t to, double beta, float weight, const double* from,
                      double* out) const {
  const Index i = Index(graph_->ends[to]) * q_, j = Index(graph_->ends[to ^ 1]) * q_;
  const float* back = s.messages.col(c).data() + Index(to ^ 1) * q_;  // what j hears from i
  float* u = s.messages.col(c).data() + Index(to) * q_;
  double v[Alphabet::kMostSymbols] = {};
  float w[Alphabet::kMostSymbols] = {}, now[Alphabet::kMostSymbols], moved = 0;
  for (int a = 0; a < q_; ++a) v[a] = from[j + a] - double(back[a]);
  const double most = *std::max_element(v, v + q_);
  for (int a = 0; a < q_; ++a) w[a] = float(v[a] - most);
  exclude(w, float(beta), q_, now);
  for (int a = 0; a < q_; ++a) {
    moved = std::max(moved, movement(u[a], now[a]));
    const float kept = weight == 1 ? now[a] : std::fma(weight, now[a] - u[a], u[a]);
    out[i + a] += double(kept) - double(u[a]);
    u[a] = kept;
  }
  return moved;
}

void PottsBp::sweeps(State& s, Index c, DenoiseInfo& info) const {
  const bool parallel = opt_.schedule == "parallel";
  const double beta = std::min(s.power(c) * graph_->env.beta, kHardest);
  const float weight = float(1 - opt_.damping);
  Eigen::VectorXd next;
  bool settled = false;
  for (int k = 0; k < opt_.max_iterations && !settled; ++k) {
    float moved = 0;
    double* total = s.total.col(c).data();
    if (parallel) {
      // both messages of an edge from the last iteration's: the one back is read before it is written
      next = s.total.col(c);
      const Eigen::VectorXf before = s.messages.col(c);
      Eigen::VectorXf after = before;
      for (std::uint32_t to = 0; to < graph_->ends.size(); ++to) {
        moved = std::max(moved, update(s, c, to, beta, weight, total, next.data()));
        after.segment(Index(to) * q_, q_) = s.messages.col(c).segment(Index(to) * q_, q_);
        s.messages.col(c).segment(Index(to) * q_, q_) = before.segment(Index(to) * q_, q_);
      }
      s.messages.col(c) = after;
      s.total.col(c) = next;
    } else {
      for (std::uint32_t to = 0; to < graph_->ends.size(); ++to)
        moved = std::max(moved, update(s, c, to, beta, weight, total, total));
    }
    ++info.work.iterations;
    settled = double(moved) <= opt_.tolerance;
  }
  std::uint8_t& excluded = s.excluded[std::size_t(c)];
  excluded |= contradicts(s, c);
  info.unconverged += !settled || excluded;
}

/// The messages alone leave no colour of the site, or not the pinned one. O(q d).
bool PottsBp::contradicts(const State& s, Index c, std::size_t site) const {
  const double beta = std::min(s.power(c) * graph_->env.beta, kHardest), least = -std::max(kExcluded, 0.5 * beta);
  bool excluded = beta >= kExcluded && graph_->first[site] < graph_->first[site + 1];
  for (int a = 0; a < q_ && excluded; ++a) {
    if (s.total(Index(site) * q_ + a, c) < -0.5 * kCertain) continue;  // pinned elsewhere
    double heard = 0;
    for (auto k = graph_->first[site]; k < graph_->first[site + 1]; ++k)
      heard += double(s.messages(Index(graph_->at[k]) * q_ + a, c));
    excluded = heard < least;
  }
  return excluded;
}
bool PottsBp::contradicts(const State& s, Index c) const {
  bool any = false;
  for (std::size_t i = 0; i + 1 < graph_->first.size() && !any; ++i) any = contradicts(s, c, i);
  return any;
}

void PottsBp::push(State& s, Index c, Index i) const {
  double moved = 0;
  for (Index r = i * q_; r < (i + 1) * q_; ++r) moved = std::max(moved, movement(s.sent(r, c), s.total(r, c)));
  if (moved > opt_.tolerance)
    s.waiting[std::size_t(c)].push(std::uint32_t(i), moved / opt_.tolerance, graph_->first.size());
}

/// As Bp's: false where the queue is still busy after `most_sweeps` times as many messages as there are. Undamped: a
/// message that stopped half way would not be asked for again. Contradictions are looked for at
/// sites that moved.
bool PottsBp::propagate(State& s, Index c, int most_sweeps, DenoiseInfo& info,
                        std::vector<std::uint32_t>& moved) const {
  const double beta = std::min(s.power(c) * graph_->env.beta, kHardest);
  const std::int64_t all = std::int64_t(graph_->ends.size()), most = most_sweeps * (all + 1);
  ResidualQueue& waiting = s.waiting[std::size_t(c)];
  double* total = s.total.col(c).data();
  std::int64_t done = 0;
  moved.clear();  // among them whoever loses its last colour
  while (!waiting.empty() && done < most) {
    const std::size_t i = waiting.pop();
    moved.push_back(std::uint32_t(i));
    s.sent.col(c).segment(Index(i) * q_, q_) = s.total.col(c).segment(Index(i) * q_, q_);
    for (auto k = graph_->first[i]; k < graph_->first[i + 1]; ++k, ++done) {
      const std::uint32_t to = graph_->at[k] ^ 1;
      update(s, c, to, beta, 1, total, total);
      push(s, c, Index(graph_->ends[to]));
    }
  }
  const bool quiet = waiting.empty();
  waiting.clear();
  std::int64_t& updates = s.updates[std::size_t(c)];
  updates += done;
  if (all > 0) {
    info.work.iterations += updates / all;
    updates %= all;
  }
  std::uint8_t& excluded = s.excluded[std::size_t(c)];
  if (quiet && !excluded)
    excluded = moved.size() >= graph_->first.size()
                   ? contradicts(s, c)
                   : std::any_of(moved.begin(), moved.end(), [&](std::uint32_t i) { return contradicts(s, c, i); });
  return quiet;
}

DenoiseInfo PottsBp::solve(const Tilt& t, State& s) const {
  DenoiseInfo info;
  info.work.denoiser_calls = t.columns();
  s.power = t.power;
  s.total = totals(t, s.messages);
  s.sent = s.total;
  s.updates.resize(std::size_t(t.columns()), 0);
  s.waiting.resize(std::size_t(t.columns()));
  s.excluded.assign(std::size_t(t.columns()), 0);
  s.changed.anywhere();
  std::vector<std::uint32_t> moved;
  for (Index c = 0; c < t.columns(); ++c) {
    if (opt_.schedule != "residual") {
      sweeps(s, c, info);
      continue;
    }
    for (std::size_t i = 0; i + 1 < graph_->first.size(); ++i)  // no neighbour has heard of anything
      s.waiting[std::size_t(c)].push(std::uint32_t(i), 1e9, graph_->first.size());
    info.unconverged += !propagate(s, c, opt_.max_iterations, info, moved) || s.excluded[std::size_t(c)];
  }
  s.sent = s.total;
  return info;
}

DenoiseInfo PottsBp::condition(const Tilt& t, State& s) const { return solve(t, s); }

DenoiseInfo PottsBp::log_marginals(const Tilt& t, State& s, BatchOut logp) const {
  const DenoiseInfo info = solve(t, s);
  for (Index c = 0; c < logp.cols(); ++c)
    for (Index i = 0; i < logp.rows() / q_; ++i) log_marginal(s, c, i, &logp(i * q_, c));
  return info;
}

DenoiseInfo PottsBp::posterior_mean(const Tilt& t, State& s, BatchOut mean) const {
  const DenoiseInfo info = solve(t, s);
  for (Index c = 0; c < mean.cols(); ++c)
    for (Index i = 0; i < mean.rows() / q_; ++i) {
      float logp[Alphabet::kMostSymbols];
      log_marginal(s, c, i, logp);
      for (int a = 0; a < q_; ++a) mean(i * q_ + a, c) = fast_exp(logp[a]);
    }
  return info;
}

void PottsBp::log_marginal(const State& s, Index c, Index site, float* logp) const {
  const double* l = &s.total(site * q_, c);
  const double all = log_sum(l, q_);
  for (int a = 0; a < q_; ++a) logp[a] = l[a] < all - 0.5 * kCertain ? -Tilt::kFree : float(std::min(l[a] - all, 0.0));
}

void PottsBp::pin(State& s, Index c, Index site, int symbol) const {
  s.waiting.resize(std::size_t(s.total.cols()));  // of a State that was loaded
  for (int a = 0; a < q_; ++a) s.total(site * q_ + a, c) -= a == symbol ? 0 : kCertain;
  s.waiting[std::size_t(c)].push(std::uint32_t(site), 1e9, graph_->first.size());
}

DenoiseInfo PottsBp::settle(State& s, Index c) const {
  DenoiseInfo info;
  info.work.denoiser_calls = 1;
  s.waiting.resize(std::size_t(s.total.cols()));
  if (propagate(s, c, kQueueShare, info, s.changed.list(std::size_t(c)))) {
    info.unconverged = s.excluded[std::size_t(c)];
    return info;
  }
  sweeps(s, c, info);
  s.sent.col(c) = s.total.col(c);
  s.changed.anywhere(std::size_t(c));
  return info;
}

PerColumn PottsBp::log_partition(const Tilt& t, const State& s) const {
  const Eigen::MatrixXd total = totals(t, s.messages);
  PerColumn out(t.columns());
  std::vector<double> v(static_cast<std::size_t>(q_));
  for (Index c = 0; c < out.size(); ++c) {
    double sum = -0.5 * t.precision(c) * double(graph_->env.sites());
    for (Index i = 0; i < graph_->env.sites(); ++i) sum += log_sum(&total(i * q_, c), q_);
    for (std::size_t k = 0; k < graph_->ends.size(); ++k) {  // the edge's part, seen from either end, and halved
      const double* l = &total(Index(graph_->ends[k]) * q_, c);
      for (int a = 0; a < q_; ++a) v[std::size_t(a)] = l[a] - double(s.messages(Index(k) * q_ + a, c));
      sum -= 0.5 * (log_sum(l, q_) - log_sum(v.data(), q_));
    }
    out(c) = sum;
  }
  return out;
}

}  // namespace glass

#include "spinglass/bp.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <utility>

#include "models/core/fast_exp.hpp"
#include "spinglass/message_movement.hpp"
#include "spinglass/rademacher.hpp"

namespace glass {

namespace {

constexpr Index kGroup = 8;           // factors that are updated at once, in whatever columns: part of the result
constexpr Index kTile = 16;           // columns that are solved together: not part of the result
constexpr double kCertain = 1e12;     // field of a pin
constexpr double kHardest = 1e8;      // no factor is stronger: far below a pin, far above any other field
constexpr float kExcluded = 345;      // e^{-2 * 345} = 1e-300
constexpr float kOfStrength = 0.25f;  // a hard factor says up to its strength, a clause half of that
constexpr int kQueueShare = 2;        // sweeps' worth of updates after which a reveal is no local matter
constexpr float kInformed = 20, kNoise = 1e-3f;

float flip_sign(float v, std::uint32_t by) {  // by: 0 or 1
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(v) ^ (by << 31));
}

/// atanh(tanh a tanh b) = sign min(|a|, |b|) + 1/2 ln [(1 + e^{-2(|a| + |b|)}) / (1 + e^{-2||a| - |b||})]: no overflow,
/// and exact where a factor is hard. Within 1e-7 (1 + min).
inline float both(float a, float b) {
  const float x = std::fabs(a), y = std::fabs(b), least = x < y ? x : y, most = x < y ? y : x;
  const float ratio = (1 + fast_exp(-2.0f * (least + most))) / (1 + fast_exp(-2.0f * (most - least)));
  const float u = std::fma(0.5f, fast_log(ratio), least);
  const std::uint32_t sign = (std::bit_cast<std::uint32_t>(a) ^ std::bit_cast<std::uint32_t>(b)) & 0x80000000u;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(u > 0 ? u : 0.0f) | sign);
}

/// l of sigma(2l) = sigma(2a) sigma(2b): with x = e^{-2a}, y = e^{-2b}, e^{-2l} = x + y + x y, the largest taken out.
inline float conjunction(float a, float b) {
  const float least = a < b ? a : b, most = a < b ? b : a;
  const float near = 1 + fast_exp(-2.0f * (most - least)), far = fast_exp(-2.0f * std::fabs(most));
  const float sum = most < 0 ? std::fma(far, near, 1.0f) : near + far;
  return std::fma(-0.5f, fast_log(sum), least + (most < 0 ? most : 0.0f));
}

/// 1/2 ln [(1 - c P+) / (1 - c P-)], P = sigma(2l), c = 1 - e^-beta: 1 - c P = (1 + e^{2l - beta}) / (1 + e^{2l}).
inline float all_but_equal(float plus, float minus, float beta) {
  const float a = 2 * plus, b = 2 * minus;
  const auto inside = [beta](float v) { return v > 0 ? (v < beta ? v : beta) : 0.0f; };
  const auto tail = [](float v) { return 1 + fast_exp(-std::fabs(v)); };
  const float ratio = (tail(a - beta) * tail(b)) / (tail(a) * tail(b - beta));
  return 0.5f * (inside(b) - inside(a) + fast_log(ratio));
}

double strength_of(float strength, double power) { return std::clamp(double(strength) * power, -kHardest, kHardest); }

/// ln P(x), x = -1 and +1, from half the log-odds h, which is beyond kCertain / 2 at a pin.
void write_log_marginal(double h, float* logp) {
  for (const int up : {0, 1})
    if (std::abs(h) > 0.5 * kCertain)
      logp[up] = up == (h > 0) ? 0.0f : -Tilt::kFree;
    else
      logp[up] = float(Rademacher::log_prob(up ? 1 : -1, h));
}

/// f(lane) over whole vectors; no lane reads what another one writes.
inline void over(Index lanes, auto&& f) {
  for (Index l = 0; l < lanes; l += 8)
#pragma GCC ivdep
    for (Index k = l; k < l + 8; ++k) f(k);
}

}  // namespace

/// Places of up to kGroup factors in up to kTile columns side by side; row j holds every factor's place j.
struct Bp::Lanes {
  Lanes(const FactorGraph& g, Index columns)
      : kind(g.kind), k(g.order), lanes(kGroup * columns), rows(std::size_t(k * lanes)) {
    for (auto* a : {&v, &old, &out, &ahead}) a->assign(rows, 0.0f);
    for (auto* a : {&strength, &behind, &change, &clash}) a->assign(std::size_t(lanes), 0.0f);
    if (kind != FactorGraph::Kind::parity) {
      minus.assign(rows, 0.0f);
      minus_behind.assign(std::size_t(lanes), 0.0f);
    }
  }
  FactorGraph::Kind kind;
  int k;
  Index lanes;
  std::size_t rows;
  std::vector<float> v, old, out, ahead, minus;                      // k x lanes
  std::vector<float> strength, behind, minus_behind, change, clash;  // lanes
  std::vector<std::uint32_t> group;                                  // factors, of the queue

  /// out from v and strength: products over the places before and after each.
  void messages() {
    if (kind == FactorGraph::Kind::not_all_equal)
      not_all_equal();
    else if (k == 3)
      triples();
    else
      parity();
  }
  /// parity() for k = 3, five combinations in registers.
  [[gnu::flatten]] void triples() {
    const float *x = v.data(), *y = x + lanes, *z = y + lanes;
    float *a = out.data(), *b = a + lanes, *c = b + lanes;
    over(lanes, [=, kk = strength.data()](Index l) {
      const float kx = both(kk[l], x[l]);
      a[l] = both(kk[l], both(z[l], y[l]));
      b[l] = both(kx, z[l]);
      c[l] = both(kx, y[l]);
    });
  }
  [[gnu::flatten]] void parity() {
    float *before = ahead.data(), *after = behind.data();
    const float* in = v.data();
    float* to = out.data();
    const Index n = lanes;
    over(n, [&](Index l) { before[l] = strength[std::size_t(l)]; });
    for (int j = 1; j < k; ++j)
      over(n, [&, b = before + j * n, v0 = in + (j - 1) * n](Index l) { b[l] = both(b[l - n], v0[l]); });
    std::copy_n(before + (k - 1) * n, n, to + (k - 1) * n);
    std::copy_n(in + (k - 1) * n, n, after);
    for (int j = k - 2; j >= 0; --j) {
      over(n, [&, b = before + j * n, o = to + j * n](Index l) { o[l] = both(b[l], after[l]); });
      if (j > 0) over(n, [&, v0 = in + j * n](Index l) { after[l] = both(after[l], v0[l]); });
    }
  }
  [[gnu::flatten]] void not_all_equal() {
    float *plus = ahead.data(), *down = minus.data(), *after = behind.data(), *down_after = minus_behind.data();
    const float* in = v.data();
    float* to = out.data();
    const Index n = lanes;
    const auto finish = [&](int j, auto&& both_of) {
      over(n, [&, o = to + j * n](Index l) {
        const auto [p, m] = both_of(l);
        o[l] = all_but_equal(p, m, strength[std::size_t(l)]);
      });
    };
    // row j: the conjunction of the places before it, from j = 1 on
    over(n, [&](Index l) {
      plus[n + l] = in[l];
      down[n + l] = -in[l];
    });
    for (int j = 2; j < k; ++j)
      over(n, [&, b = plus + j * n, d = down + j * n, v0 = in + (j - 1) * n](Index l) {
        b[l] = conjunction(b[l - n], v0[l]);
        d[l] = conjunction(d[l - n], -v0[l]);
      });
    finish(k - 1, [&](Index l) { return std::pair(plus[(k - 1) * n + l], down[(k - 1) * n + l]); });
    over(n, [&, v0 = in + (k - 1) * n](Index l) {
      after[l] = v0[l];
      down_after[l] = -v0[l];
    });
    for (int j = k - 2; j > 0; --j) {
      finish(j, [&](Index l) {
        return std::pair(conjunction(plus[j * n + l], after[l]), conjunction(down[j * n + l], down_after[l]));
      });
      over(n, [&, v0 = in + j * n](Index l) {
        after[l] = conjunction(after[l], v0[l]);
        down_after[l] = conjunction(down_after[l], -v0[l]);
      });
    }
    finish(0, [&](Index l) { return std::pair(after[l], down_after[l]); });
  }
  /// out <- old + weight (out - old); what changed and what two sides exclude.
  [[gnu::flatten]] void settle(float weight) {
    for (int j = 0; j < k; ++j)
      over(lanes, [weight, in = v.data() + j * lanes, before = old.data() + j * lanes, to = out.data() + j * lanes,
                   hard = strength.data(), most = change.data(), worst = clash.data()](Index l) {
        const float u = to[l], was = before[l], moved = movement(was, u);
        const float now = weight == 1 ? u : std::fma(weight, u - was, was);
        const float x = std::fabs(now), y = std::fabs(in[l]), least = x < y ? x : y;
        const float part = kOfStrength * std::fabs(hard[l]), limit = part > kExcluded ? part : kExcluded;
        const float against = now * in[l] < 0 ? least - limit : 0.0f;
        to[l] = now;
        most[l] = most[l] > moved ? most[l] : moved;
        worst[l] = worst[l] > against ? worst[l] : against;
      });
  }
};

/// Some columns of a State on their way.
struct Bp::Columns {
  Batch& messages;
  Eigen::MatrixXd &total, &next;  // next: of parallel sweeps
  const PerColumn& power;
  std::vector<std::uint8_t>& excluded;
  Index first, width;
  std::vector<char> running;  // of the tile
};

Bp::Bp(FactorGraph graph, Environment env, BpOptions opt)
    : graph_(std::make_shared<const FactorGraph>(std::move(graph))),
      env_(std::make_shared<const Environment>(std::move(env))),
      opt_(std::move(opt)) {}

Bp::State Bp::start(Streams rng) const {
  State s;
  s.messages.resize(rng.columns(), Index(graph_->literals.size()));
  s.rng = std::move(rng);
  restart(s);
  return s;
}

void Bp::restart(State& s) const {
  s.messages.setZero();
  s.total.resize(0, 0);
  s.sent.resize(0, 0);
  s.excluded.clear();
  const bool even = graph_->kind == FactorGraph::Kind::not_all_equal || graph_->order == 2;
  std::vector<float> noise(static_cast<std::size_t>(even ? s.messages.cols() : 0));
  for (Index c = 0; c < s.messages.rows() && !noise.empty(); ++c) {
    s.rng[c].normals(noise);
    for (Index e = 0; e < s.messages.cols(); ++e) s.messages(c, e) = kNoise * noise[std::size_t(e)];
  }
}

void Bp::start_at(State& s, BatchIn x) const {
  for (Index e = 0; e < s.messages.cols(); ++e)
    s.messages.col(e) = kInformed * x.row(Index(graph_->literals[std::size_t(e)] >> 1)).transpose();
}

Eigen::MatrixXd Bp::totals(const Tilt& t, const Batch& messages) const {
  Eigen::MatrixXd total(messages.rows(), graph_->sites());
  for (Index i = 0; i < total.cols(); ++i) {
    const double bh = env_->beta * double(env_->h(i));
    for (Index c = 0; c < total.rows(); ++c)
      total(c, i) = t.free(i, c) ? t.power(c) * bh + double(t.field(i, c)) : double(t.pinned(i, c)) * kCertain;
  }
  for (Index e = 0; e < messages.cols(); ++e)
    total.col(Index(graph_->literals[std::size_t(e)] >> 1)) += messages.col(e).cast<double>();
  return total;
}

void Bp::sweep(Columns& on, Lanes& lanes, bool parallel) const {
  const std::integral_constant<Index, 1> one{};
  const std::integral_constant<int, 3> three{};
  if (on.width == 1 && graph_->order == 3)
    sweep_of(on, lanes, parallel, one, three);
  else if (on.width == 1)
    sweep_of(on, lanes, parallel, one, graph_->order);
  else
    sweep_of(on, lanes, parallel, on.width, graph_->order);
}

void Bp::sweep_of(Columns& on, Lanes& lanes, bool parallel, auto w, auto k) const {
  const FactorGraph& g = *graph_;
  const Index b = on.messages.rows(), n = lanes.lanes, first = on.first;
  float* const messages = on.messages.data() + first;
  const double* const total = on.total.data() + first;
  double* const next = (parallel ? on.next : on.total).data() + first;
  for (Index a = 0; a < g.factors(); a += kGroup) {
    const Index some = std::min(kGroup, g.factors() - a);
    for (Index f = 0; f < some; ++f) {
      for (Index c = 0; c < w; ++c)
        lanes.strength[std::size_t(f * w + c)] =
            float(strength_of(g.strength[std::size_t(a + f)], on.power(first + c)));
      for (int j = 0; j < k; ++j) {
        const Index place = (a + f) * k + j;
        const std::uint32_t literal = g.literals[std::size_t(place)], negated = literal & 1;
        const double* h = total + Index(literal >> 1) * b;
        const float* u = messages + place * b;
        float *v = lanes.v.data() + j * n + f * w, *old = lanes.old.data() + j * n + f * w;
        for (Index c = 0; c < w; ++c) {
          old[c] = flip_sign(u[c], negated);
          v[c] = flip_sign(float(h[c] - double(u[c])), negated);
        }
      }
    }
    lanes.messages();
    lanes.settle(float(1 - opt_.damping));
    for (Index f = 0; f < some; ++f)
      for (int j = 0; j < k; ++j) {
        const Index place = (a + f) * k + j;
        const std::uint32_t literal = g.literals[std::size_t(place)], negated = literal & 1;
        double* h = next + Index(literal >> 1) * b;
        float* u = messages + place * b;
        const float* out = lanes.out.data() + j * n + f * w;
        for (Index c = 0; c < w; ++c) {
          const float to = on.running[std::size_t(c)] ? flip_sign(out[c], negated) : u[c];
          h[c] += double(to) - double(u[c]);
          u[c] = to;
        }
      }
  }
  if (parallel) on.total.middleRows(first, w) = on.next.middleRows(first, w);
}

/// At least `least` sweeps of every column and at most `most`; between them a column stops at the tolerance.
DenoiseInfo Bp::solve(const Tilt& t, State& s, Eigen::MatrixXd& total, int least, int most, PerColumn* change) const {
  DenoiseInfo info;
  total = totals(t, s.messages);
  info.work.denoiser_calls = total.rows();
  s.excluded.assign(std::size_t(total.rows()), 0);
  if (opt_.schedule == "residual" && least == 0) {
    s.updates.resize(std::size_t(total.rows()), 0);
    s.waiting.resize(std::size_t(total.rows()));
    s.power = t.power;
    s.total = std::move(total);
    s.sent = s.total;
    Lanes lanes(*graph_, 1);
    for (Index c = 0; c < s.total.rows(); ++c) {
      for (Index i = 0; i < graph_->sites(); ++i)  // no factor has heard of anything
        s.waiting[std::size_t(c)].push(std::uint32_t(i), 1e9, std::size_t(graph_->sites()));
      info.unconverged += !propagate(s, c, opt_.max_iterations, lanes, info) || s.excluded[std::size_t(c)];
    }
    total = s.total;
    return info;
  }
  Eigen::MatrixXd next;
  for (Index first = 0; first < total.rows(); first += kTile) {
    const Index w = std::min(kTile, total.rows() - first);
    Lanes lanes(*graph_, w);
    Columns on{s.messages, total, next, t.power, s.excluded, first, w, std::vector<char>(std::size_t(w), 1)};
    sweeps(on, lanes, least, most, change, info);
  }
  return info;
}

void Bp::sweeps(Columns& on, Lanes& lanes, int least, int most, PerColumn* change, DenoiseInfo& info) const {
  const bool parallel = opt_.schedule == "parallel";
  if (parallel) on.next = on.total;
  const Index w = on.width;
  Index left = w;
  for (int k = 0; k < most && left > 0; ++k) {
    std::fill(lanes.change.begin(), lanes.change.end(), 0.0f);
    std::fill(lanes.clash.begin(), lanes.clash.end(), 0.0f);
    sweep(on, lanes, parallel);
    info.work.iterations += left;
    for (Index c = 0; c < w; ++c) {
      if (!on.running[std::size_t(c)]) continue;
      float moved = 0, against = 0;
      for (Index l = c; l < kGroup * w; l += w) {
        moved = std::max(moved, lanes.change[std::size_t(l)]);
        against = std::max(against, lanes.clash[std::size_t(l)]);
      }
      if (change) (*change)(on.first + c) = double(moved);
      if (k + 1 < least || !(double(moved) <= opt_.tolerance)) continue;
      on.running[std::size_t(c)] = 0;
      --left;
      std::uint8_t& excluded = on.excluded[std::size_t(on.first + c)];
      excluded |= against > 0;
      info.unconverged += excluded;
    }
  }
  info.unconverged += int(left);
}

PerColumn Bp::iterate(const Tilt& t, State& s, int times) const {
  PerColumn change = PerColumn::Zero(s.messages.rows());
  Eigen::MatrixXd total;
  solve(t, s, total, times, times, &change);
  return change;
}

DenoiseInfo Bp::posterior_mean(const Tilt& t, State& s, BatchOut mean) const {
  Eigen::MatrixXd total;
  const DenoiseInfo info = solve(t, s, total, 0, opt_.max_iterations, nullptr);
  for (Index c = 0; c < mean.cols(); ++c)
    for (Index i = 0; i < mean.rows(); ++i) {  // tanh h; at a pin it is the pin to the last bit
      const float h = float(total(c, i)), e = fast_exp(-2.0f * std::fabs(h));
      mean(i, c) = std::copysign((1 - e) / (1 + e), h);
    }
  return info;
}

DenoiseInfo Bp::log_marginals(const Tilt& t, State& s, BatchOut logp) const {
  Eigen::MatrixXd total;
  const DenoiseInfo info = solve(t, s, total, 0, opt_.max_iterations, nullptr);
  for (Index c = 0; c < logp.cols(); ++c)
    for (Index i = 0; i < graph_->sites(); ++i) write_log_marginal(total(c, i), &logp(2 * i, c));
  return info;
}

DenoiseInfo Bp::condition(const Tilt& t, State& s) const {
  Eigen::MatrixXd total;
  const DenoiseInfo info = solve(t, s, total, 0, opt_.max_iterations, nullptr);
  s.power = t.power;
  s.total = std::move(total);
  s.sent = s.total;
  s.updates.assign(std::size_t(s.power.size()), 0);
  s.waiting.resize(std::size_t(s.power.size()));
  s.changed.anywhere();
  return info;
}

void Bp::push(State& s, Index c, Index i) const {
  const double moved = movement(s.sent(c, i), s.total(c, i));
  if (moved > opt_.tolerance)
    s.waiting[std::size_t(c)].push(std::uint32_t(i), moved / opt_.tolerance, std::size_t(graph_->sites()));
}

void Bp::pin(State& s, Index c, Index site, int symbol) const {
  s.waiting.resize(std::size_t(s.total.rows()));  // of a State that was loaded
  s.total(c, site) += (symbol ? 1 : -1) * kCertain;
  s.waiting[std::size_t(c)].push(std::uint32_t(site), 1e9, std::size_t(graph_->sites()));
}

DenoiseInfo Bp::settle(State& s, Index c) const {
  DenoiseInfo info;
  info.work.denoiser_calls = 1;
  s.waiting.resize(std::size_t(s.total.rows()));
  Lanes lanes(*graph_, 1);
  if (propagate(s, c, kQueueShare, lanes, info, &s.changed.list(std::size_t(c)))) {
    info.unconverged = s.excluded[std::size_t(c)];
    return info;
  }
  Eigen::MatrixXd next;
  Columns on{s.messages, s.total, next, s.power, s.excluded, c, 1, {1}};
  sweeps(on, lanes, 0, opt_.max_iterations, nullptr, info);
  s.sent.row(c) = s.total.row(c);
  s.changed.anywhere(std::size_t(c));
  return info;
}

void Bp::log_marginal(const State& s, Index c, Index site, float* logp) const {
  write_log_marginal(s.total(c, site), logp);
}

/// The places of up to kGroup factors of column c in the lanes.
void Bp::gather(const State& s, Index c, std::span<const std::uint32_t> group, Lanes& lanes) const {
  const FactorGraph& g = *graph_;
  const int k = g.order;
  std::fill(lanes.v.begin(), lanes.v.end(), 0.0f);  // lanes without a factor change nothing and clash with nothing
  std::fill(lanes.old.begin(), lanes.old.end(), 0.0f);
  std::fill(lanes.strength.begin(), lanes.strength.end(), 0.0f);
  for (std::size_t f = 0; f < group.size(); ++f) {
    const std::size_t a = group[f];
    lanes.strength[f] = float(strength_of(g.strength[a], s.power(c)));
    for (int j = 0; j < k; ++j) {
      const std::uint32_t literal = g.literals[a * std::size_t(k) + std::size_t(j)], negated = literal & 1;
      const float u = s.messages(c, Index(a) * k + j);
      lanes.old[std::size_t(j * kGroup) + f] = flip_sign(u, negated);
      lanes.v[std::size_t(j * kGroup) + f] = flip_sign(float(s.total(c, Index(literal >> 1)) - double(u)), negated);
    }
  }
}

/// Whether two sides exclude each other as the messages now stand. O(k M).
bool Bp::contradicts(const State& s, Index c, Lanes& lanes) const {
  std::fill(lanes.clash.begin(), lanes.clash.end(), 0.0f);
  for (Index a = 0; a < graph_->factors(); a += kGroup) {
    std::vector<std::uint32_t> group(std::size_t(std::min(kGroup, graph_->factors() - a)));
    std::iota(group.begin(), group.end(), std::uint32_t(a));
    gather(s, c, group, lanes);
    lanes.messages();
    lanes.settle(1);
  }
  return *std::max_element(lanes.clash.begin(), lanes.clash.end()) > 0;
}

/// Factors of the sites that moved most, until none has moved by more than the tolerance since its factors last heard
/// of it, or `most` times as many factors as there are have been updated: then false. Updates in an order of need
/// converge for sure only where the linearised map does with all its signs made equal (Chazan and Miranker, Linear
/// Algebra Appl. 2, 199 (1969)), which sweeps do not ask for: frustrated loops can keep a queue going at the level of
/// the tolerance. What clashes on the way (a warm start hears of the new pins one by one) is asked again at the end.
bool Bp::propagate(State& s, Index c, int most_sweeps, Lanes& lanes, DenoiseInfo& info,
                   std::vector<std::uint32_t>* changed) const {
  const FactorGraph& g = *graph_;
  const std::int64_t most = std::int64_t(most_sweeps) * (g.factors() + 1);
  const int k = g.order;
  ResidualQueue& waiting = s.waiting[std::size_t(c)];
  std::int64_t done = 0;
  std::fill(lanes.clash.begin(), lanes.clash.end(), 0.0f);
  std::vector<std::uint32_t>& group = lanes.group;
  while (!waiting.empty() && done < most) {
    group.clear();
    while (!waiting.empty() && Index(group.size()) < kGroup) {
      const Index i = waiting.pop();
      if (changed) changed->push_back(std::uint32_t(i));
      s.sent(c, i) = s.total(c, i);
      for (const std::uint32_t a : g.of_site(i))
        if (std::find(group.begin(), group.end(), a) == group.end()) group.push_back(a);
    }
    for (std::size_t from = 0; from < group.size(); from += kGroup) {
      const std::span some = std::span(group).subspan(from, std::min(std::size_t(kGroup), group.size() - from));
      gather(s, c, some, lanes);
      lanes.messages();
      lanes.settle(1);
      for (std::size_t f = 0; f < some.size(); ++f)
        for (int j = 0; j < k; ++j) {
          const Index place = Index(some[f]) * k + j;
          const std::uint32_t literal = g.literals[std::size_t(place)];
          float& u = s.messages(c, place);
          const float to = flip_sign(lanes.out[std::size_t(j * kGroup) + f], literal & 1);
          s.total(c, Index(literal >> 1)) += double(to) - double(u);
          u = to;
          push(s, c, Index(literal >> 1));
        }
      done += std::int64_t(some.size());
    }
  }
  const bool quiet = waiting.empty();
  waiting.clear();
  std::int64_t& updates = s.updates[std::size_t(c)];
  updates += done;
  if (g.factors() > 0) {
    info.work.iterations += updates / g.factors();
    updates %= g.factors();
  }
  std::uint8_t& excluded = s.excluded[std::size_t(c)];
  if (quiet && !excluded && *std::max_element(lanes.clash.begin(), lanes.clash.end()) > 0)
    excluded = contradicts(s, c, lanes);
  return quiet;
}

PerColumn Bp::log_partition(const Tilt& t, const State& s) const {
  const FactorGraph& g = *graph_;
  const int k = g.order;
  const Eigen::MatrixXd total = totals(t, s.messages);
  const auto log_2cosh = [](double h) { return Rademacher::log_partition(0, h); };
  const auto softplus = [](double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); };
  const auto log_sum = [](double a, double b) {
    const double most = std::max(a, b);
    return most + std::log1p(std::exp(std::min(a, b) - most));
  };
  PerColumn out(s.messages.rows());
  for (Index c = 0; c < out.size(); ++c) {
    double sum = -0.5 * t.precision(c) * double(g.sites());
    for (Index i = 0; i < g.sites(); ++i) {
      const double d = double(g.of_site(i).size());
      if (t.free(i, c))
        sum += (1 - d) * log_2cosh(total(c, i));
      else
        sum += double(t.pinned(i, c)) * (t.power(c) * env_->beta * double(env_->h(i)) + double(t.field(i, c)));
    }
    for (Index a = 0; a < g.factors(); ++a) {
      const double strength = strength_of(g.strength[std::size_t(a)], t.power(c));
      // parity: ln (e^{K + w} + e^{-K - w}) / 2cosh w, tanh w = prod tanh v. Clauses: plus, minus: ln P(all literals
      // so far are true, false); mixed: neither.
      double w = 0, plus = 0, minus = 0, mixed = -std::numeric_limits<double>::infinity();
      for (int j = 0; j < k; ++j) {
        const Index place = a * k + j;
        const std::uint32_t literal = g.literals[std::size_t(place)];
        const Index i = Index(literal >> 1);
        const double v = total(c, i) - double(s.messages(c, place));
        if (t.free(i, c)) sum += log_2cosh(v);
        const double l = literal & 1 ? -v : v;
        if (g.kind == FactorGraph::Kind::parity) {
          const double x = std::abs(w), y = std::abs(l);
          const double least =
              std::min(x, y) + 0.5 * (std::log1p(std::exp(-2 * (x + y))) - std::log1p(std::exp(-2 * std::abs(x - y))));
          w = j == 0 ? l : (w < 0) != (l < 0) ? -least : least;
        } else {
          const double up = -softplus(-2 * l), down = -softplus(2 * l);
          if (j > 0) mixed = log_sum(mixed, log_sum(plus + down, minus + up));
          plus += up;
          minus += down;
        }
      }
      if (g.kind == FactorGraph::Kind::parity)
        sum += log_2cosh(strength + w) - log_2cosh(w);
      else
        sum += log_sum(mixed, log_sum(plus, minus) - strength);
    }
    out(c) = sum;
  }
  return out;
}

}  // namespace glass

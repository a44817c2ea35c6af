#include "models/not_all_equal.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "models/index_draws.hpp"
#include "models/quiet_planting.hpp"

namespace glass {

namespace {

/// Half the log-odds that a clause with `trues` true literals gives one of them to be true, in units of beta/2: only
/// where all the others agree.
int push(int trues, bool own, int k) {
  const int others = trues - own;
  return (others == 0) - (others == k - 1);
}

/// M clauses of k different sites; `negated`: each literal with probability 1/2. Where there is a signal, a clause that
/// it violates is kept with probability e^-beta only.
Clauses draw_clauses(const NotAllEqualOptions& o, bool negated, const Environment& env, std::uint32_t seed) {
  IndexDraws draw(Stream({seed, Purpose::disorder, 0, o.instance}, 0));
  const auto n = std::uint32_t(o.n);
  const auto k = std::size_t(o.k);
  const double violated = std::exp(-env.beta);
  Clauses out{o.k, std::vector<std::uint32_t>(k * std::size_t(o.clauses()))};
  for (auto clause = out.literals.begin(); clause != out.literals.end(); clause += o.k) {
    for (bool kept = false; !kept;) {
      int trues = 0;
      for (auto at = clause; at != clause + o.k; ++at) {
        const auto taken = [&](std::uint32_t site) {
          return std::any_of(clause, at, [&](std::uint32_t l) { return l >> 1 == site; });
        };
        std::uint32_t site = draw.below(n);
        while (taken(site)) site = draw.below(n);
        *at = 2 * site + (negated && draw.coin());
        if (env.truth.size()) trues += (env.truth(Index(site)) > 0) != bool(*at & 1);
      }
      kept = !env.truth.size() || (trues != 0 && trues != o.k) || draw.with(violated);
    }
  }
  return out;
}

void check(std::string_view name, const NotAllEqualOptions& o) {
  o.check(name);
  const std::string who = std::string(name) + ": ";
  if (o.n < o.k) throw BadInput(who + "n=" + to_text(o.n) + ": must be at least k=" + to_text(o.k));
  if (o.n >= Index{1} << 31 || double(o.clauses()) * o.k >= 4e9)
    throw BadInput(who + "n=" + to_text(o.n) + ": at most 2^31 sites and 4e9 literals; choose a smaller n or alpha");
}

}  // namespace

NotAllEqual Bicolouring::make(const Options& o, std::uint32_t seed) {
  check(name, o);
  Options plain = o;
  plain.planted = false;
  Environment env = Environment::draw(name, plain, seed);
  if (o.planted)
    env.truth = plant_two_colours(name, env, o.k, o.clauses(), Stream({seed, Purpose::planted, 0, o.instance}, 0));
  Clauses clauses = draw_clauses(o, false, env, seed);
  return NotAllEqual(std::move(clauses), std::move(env));
}

NotAllEqual NaeSat::make(const Options& o, std::uint32_t seed) {
  check(name, o);
  Environment env = Environment::draw(name, o, seed);
  Clauses clauses = draw_clauses(o, true, env, seed);
  return NotAllEqual(std::move(clauses), std::move(env));
}

double Bicolouring::bytes(const Options& o) { return double(o.n) * 64 + double(o.clauses()) * (8.0 * o.k + 16); }

std::optional<LogPartition> Bicolouring::log_partition(const Options& o) {
  if (o.field != 0 || o.field_spread != 0 || o.pins != 0) return std::nullopt;
  const double violated = o.temperature > 0 ? std::exp(-1 / o.temperature) : 0.0, agree = std::exp2(1 - o.k);
  return LogPartition{double(o.n) * std::log(2.0) + double(o.clauses()) * std::log1p(-(1 - violated) * agree),
                      "annealed (first moment), right to o(N) below the condensation"};
}

NotAllEqual::NotAllEqual(Clauses clauses, Environment env) : env_(std::move(env)) {
  const int k = clauses.k;
  const auto n = std::size_t(env_.sites());
  if (k < 2 || k > 255 || clauses.literals.size() % std::size_t(k) != 0)
    throw std::invalid_argument("clauses: k=" + to_text(k) + ": must be from 2 to 255, and divide the literals");
  auto graph = std::make_shared<Graph>();
  graph->first.assign(n + 1, 0);
  for (Index m = 0; m < clauses.count(); ++m) {
    const auto c = clauses[m];
    for (auto at = c.begin(); at != c.end(); ++at) {
      if (*at >> 1 >= n) throw std::invalid_argument("clause " + to_text(m) + ": a site is out of range");
      if (std::any_of(c.begin(), at, [&](std::uint32_t l) { return l >> 1 == *at >> 1; }))
        throw std::invalid_argument("clause " + to_text(m) + ": site " + to_text(*at >> 1) + " is named twice");
      ++graph->first[(*at >> 1) + 1];
    }
  }
  for (std::size_t i = 0; i < n; ++i) graph->first[i + 1] += graph->first[i];
  graph->occurrences.resize(clauses.literals.size());
  std::vector<std::uint32_t> next(graph->first.begin(), graph->first.end() - 1);
  for (Index m = 0; m < clauses.count(); ++m)
    for (const std::uint32_t l : clauses[m]) graph->occurrences[next[l >> 1]++] = std::uint32_t(2 * m) + (l & 1);
  graph_ = std::move(graph);
  clauses_ = std::make_shared<const Clauses>(std::move(clauses));
  bh_ = (env_.beta * env_.h.cast<double>()).cast<float>();
}

NotAllEqual::Cache NotAllEqual::open(Batch x) const {
  const int k = clauses_->k;
  const Index b = x.cols(), m = clauses_->count();
  const float half = float(0.5 * env_.beta);
  Cache s{std::move(x), bh_.replicate(1, b), {}, {}};
  s.trues.resize(m, b);
  s.violated.setZero(b);
  std::vector<std::int32_t> pushes(static_cast<std::size_t>(sites()));
  for (Index c = 0; c < b; ++c) {
    const float* spin = s.x.col(c).data();
    std::fill(pushes.begin(), pushes.end(), 0);
    for (Index a = 0; a < m; ++a) {
      int trues = 0;
      for (const std::uint32_t l : (*clauses_)[a]) trues += (spin[l >> 1] > 0) != bool(l & 1);
      s.trues(a, c) = std::uint8_t(trues);
      s.violated(c) += trues == 0 || trues == k;
      if (trues > 1 && trues < k - 1) continue;
      for (const std::uint32_t l : (*clauses_)[a]) {
        const bool own = (spin[l >> 1] > 0) != bool(l & 1);
        pushes[l >> 1] += l & 1 ? -push(trues, own, k) : push(trues, own, k);
      }
    }
    for (std::size_t i = 0; i < pushes.size(); ++i) s.g(Index(i), c) += half * float(pushes[i]);
  }
  return s;
}

void NotAllEqual::flip(Cache& s, Index c, Index i) const {
  const int k = clauses_->k;
  const float half = float(0.5 * env_.beta);
  float *x = s.x.col(c).data(), *g = s.g.col(c).data();
  std::uint8_t* counts = s.trues.col(c).data();
  const std::uint32_t* literals = clauses_->literals.data();
  const bool was_up = x[i] > 0;
  x[i] = -x[i];
  std::int64_t more = 0;
  const auto end = graph_->first[std::size_t(i) + 1], last = graph_->first.back() - 1;
  for (auto at = graph_->first[std::size_t(i)]; at < end; ++at) {
    // In large instances every clause is a miss: asked for ahead, they overlap. Reading on into the next sites' is
    // safe.
    const std::uint32_t ahead = graph_->occurrences[std::min(at + 8, last)] >> 1;
    __builtin_prefetch(counts + ahead, 1);
    __builtin_prefetch(literals + std::size_t(ahead) * std::size_t(k));
    const std::uint32_t o = graph_->occurrences[at], a = o >> 1;
    const int before = counts[a], after = was_up != bool(o & 1) ? before - 1 : before + 1;
    counts[a] = std::uint8_t(after);
    if (std::min(before, after) > 1 && std::max(before, after) < k - 1) continue;  // no field sees this clause
    more += int(after == 0 || after == k) - int(before == 0 || before == k);
    const std::uint32_t* clause = literals + std::size_t(a) * std::size_t(k);
    for (const std::uint32_t* l = clause; l != clause + k; ++l) {
      const std::uint32_t j = *l >> 1;
      if (Index(j) == i) continue;  // its own value is not in its field
      const bool own = (x[j] > 0) != bool(*l & 1);
      const int d = push(after, own, k) - push(before, own, k);
      g[j] += half * float(*l & 1 ? -d : d);
    }
  }
  s.violated(c) += more;
}

PerColumn NotAllEqual::log_likelihood(const Cache& s) const {
  PerColumn out = -env_.beta * s.violated.cast<double>();
  for (Index c = 0; c < out.size(); ++c) out(c) += env_.beta * s.x.col(c).cast<double>().dot(env_.h.cast<double>());
  return out;
}

PerColumn NotAllEqual::log_likelihood(BatchIn x) const {
  PerColumn out(x.cols());
  for (Index c = 0; c < x.cols(); ++c) {
    std::int64_t violated = 0;
    for (Index a = 0; a < clauses_->count(); ++a) {
      int trues = 0;
      for (const std::uint32_t l : (*clauses_)[a]) trues += (x(Index(l >> 1), c) > 0) != bool(l & 1);
      violated += trues == 0 || trues == clauses_->k;
    }
    out(c) = env_.beta * (x.col(c).cast<double>().dot(env_.h.cast<double>()) - double(violated));
  }
  return out;
}

/// A clause is violated with weight prod (1 + l_j)/2 + prod (1 - l_j)/2, l_j = s_j m_j: d/dm_i of -beta times that.
void NotAllEqual::fields(BatchIn m, BatchOut g) const {
  const auto k = std::size_t(clauses_->k);
  std::vector<float> up(k + 1), down(k + 1);  // products over the literals before each
  for (Index c = 0; c < m.cols(); ++c) {
    g.col(c) = bh_;
    for (Index a = 0; a < clauses_->count(); ++a) {
      const auto clause = (*clauses_)[a];
      const auto value = [&](std::size_t j) {
        const float v = m(Index(clause[j] >> 1), c);
        return clause[j] & 1 ? -v : v;
      };
      up[0] = down[0] = 1;
      for (std::size_t j = 0; j < k; ++j) {
        up[j + 1] = up[j] * 0.5f * (1 + value(j));
        down[j + 1] = down[j] * 0.5f * (1 - value(j));
      }
      float up_after = 1, down_after = 1;
      for (std::size_t j = k; j-- > 0;) {
        const float d = float(0.5 * env_.beta) * (down[j] * down_after - up[j] * up_after);
        g(Index(clause[j] >> 1), c) += clause[j] & 1 ? -d : d;
        up_after *= 0.5f * (1 + value(j));
        down_after *= 0.5f * (1 - value(j));
      }
    }
  }
}

}  // namespace glass

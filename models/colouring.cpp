#include "models/colouring.hpp"

#include <cmath>
#include <string>

#include "models/index_draws.hpp"
#include "models/quiet_planting.hpp"
#include "models/random_hypergraph.hpp"

namespace glass {

Colouring Colouring::make(const Options& o, std::uint32_t seed) {
  o.check(name);
  const std::string who = std::string(name) + ": ";
  if (o.n < 2 && o.edges() > 0) throw BadInput(who + "n=" + to_text(o.n) + ": an edge needs two sites");
  if (o.n >= Index{1} << 31 || o.edges() >= Index{1} << 31)
    throw BadInput(who + "n=" + to_text(o.n) + ": at most 2^31 sites and edges; choose a smaller n or degree");
  if (o.planted && o.field_spread != 0)
    throw BadInput(who +
                   "planted=true: field_spread: the signal's law ties all sites, and with fields that differ between "
                   "them it has no exact draw; set field_spread=0");
  if (o.graph == "regular") {
    if (o.planted)
      throw BadInput(who +
                     "graph=regular: planted=true: the edges between classes of a regular graph have no exact draw "
                     "here; choose graph=erdos-renyi");
    if (o.degree != std::round(o.degree))
      throw BadInput(who + "degree=" + to_text(o.degree) + ": must be whole in a regular graph");
  }
  SpinOptions plain = o;
  plain.planted = false;
  Environment env = Environment::draw(name, plain, seed, Alphabet::potts(o.colours));
  std::vector<int> signal;
  if (o.planted) {
    signal = plant_colours(name, env, o.edges(), Stream({seed, Purpose::planted, 0, o.instance}, 0));
    env.truth.resize(o.n * o.colours);
    for (Index i = 0; i < o.n; ++i) env.alphabet.show(signal[std::size_t(i)], env.truth.data() + i * o.colours);
  }
  Stream graph({seed, Purpose::disorder, 0, o.instance}, 0);
  if (o.graph == "regular") {
    const TermList terms = regular_hypergraph(name, o.n, 2, Index(o.degree), graph);
    return Colouring({terms.sites.begin(), terms.sites.end()}, std::move(env));
  }
  IndexDraws draw(graph);
  const double violated = std::exp(-env.beta);
  std::vector<std::uint32_t> edges(std::size_t(2 * o.edges()));
  const auto n = std::uint32_t(o.n);
  for (std::size_t at = 0; at < edges.size(); at += 2)
    for (bool kept = false; !kept;) {
      const std::uint32_t i = draw.below(n), j = draw.below(n);
      if (i == j) continue;
      edges[at] = i;
      edges[at + 1] = j;
      kept = signal.empty() || signal[i] != signal[j] || draw.with(violated);
    }
  return Colouring(std::move(edges), std::move(env));
}

Colouring::Colouring(std::vector<std::uint32_t> edges, Environment env)
    : q_(env.alphabet.symbols()), env_(std::move(env)), log_prior_(std::size_t(q_), 0.0f) {
  const auto n = std::size_t(env_.sites());
  auto graph = std::make_shared<Graph>();
  graph->first.assign(n + 1, 0);
  for (std::size_t at = 0; at < edges.size(); ++at) {
    if (edges[at] >= n) throw std::invalid_argument("edge " + to_text(at / 2) + ": a site is out of range");
    if (edges[at] == edges[at ^ 1])
      throw std::invalid_argument("edge " + to_text(at / 2) + ": from site " + to_text(edges[at]) + " to itself");
    ++graph->first[edges[at] + 1];
  }
  for (std::size_t i = 0; i < n; ++i) graph->first[i + 1] += graph->first[i];
  graph->neighbours.resize(edges.size());
  std::vector<std::uint32_t> next(graph->first.begin(), graph->first.end() - 1);
  for (std::size_t at = 0; at < edges.size(); ++at) graph->neighbours[next[edges[at]]++] = edges[at ^ 1];
  graph_ = std::move(graph);
  bh_ = (env_.beta * env_.h.cast<double>()).cast<float>();
}

Colouring::Cache Colouring::open(Batch x) const {
  const Index n = sites(), b = x.cols(), q = q_;
  Cache s{std::move(x), Batch(n * q, b), {}};
  s.colour.resize(n, b);
  std::vector<int> same(static_cast<std::size_t>(q));
  for (Index c = 0; c < b; ++c) {
    for (Index i = 0; i < n; ++i) s.colour(i, c) = std::uint8_t(env_.alphabet.symbol_of(&s.x(i * q, c)));
    for (Index i = 0; i < n; ++i) {
      std::fill(same.begin(), same.end(), 0);
      for (auto at = graph_->first[std::size_t(i)]; at < graph_->first[std::size_t(i) + 1]; ++at)
        ++same[s.colour(Index(graph_->neighbours[at]), c)];
      for (Index a = 0; a < q; ++a) s.g(i * q + a, c) = bh_(i * q + a) - float(env_.beta) * float(same[std::size_t(a)]);
    }
  }
  return s;
}

void Colouring::set(Cache& s, Index c, Index i, int colour) const {
  const Index q = q_;
  const int before = s.colour(i, c);
  if (colour == before) return;
  s.colour(i, c) = std::uint8_t(colour);
  env_.alphabet.show(colour, &s.x(i * q, c));
  const float beta = float(env_.beta);
  float* g = s.g.col(c).data();
  const auto end = graph_->first[std::size_t(i) + 1];
  for (auto at = graph_->first[std::size_t(i)]; at < end; ++at) {
    float* of = g + Index(graph_->neighbours[at]) * q;
    of[before] += beta;
    of[colour] -= beta;
  }
}

/// The interactions are counted at both ends: half of sum_i [g_i(x_i) - beta h_i(x_i)].
PerColumn Colouring::log_likelihood(const Cache& s) const {
  const Index q = q_;
  PerColumn out = PerColumn::Zero(s.x.cols());
  for (Index c = 0; c < out.size(); ++c)
    for (Index i = 0; i < sites(); ++i) {
      const Index at = i * q + s.colour(i, c);
      out(c) += 0.5 * (double(s.g(at, c)) + double(bh_(at)));
    }
  return out;
}

std::optional<LogPartition> Colouring::log_partition(const Options& o) {
  if (o.field != 0 || o.field_spread != 0 || o.pins != 0) return std::nullopt;
  const double violated = o.temperature > 0 ? std::exp(-1 / o.temperature) : 0.0;
  return LogPartition{
      double(o.n) * std::log(double(o.colours)) + double(o.edges()) * std::log1p(-(1 - violated) / double(o.colours)),
      "annealed (first moment), right to o(N) below the condensation"};
}

}  // namespace glass

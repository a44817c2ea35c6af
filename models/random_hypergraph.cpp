#include "models/random_hypergraph.hpp"

#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <unordered_set>

#include "models/core/options.hpp"

namespace glass {

namespace {

using Clause = std::array<std::int32_t, 6>;  // ascending, -1 behind the p-th
struct Hash {
  std::size_t operator()(const Clause& c) const {  // FNV-1a over the sites
    std::uint64_t h = 14695981039346656037ull;
    for (const std::int32_t i : c) h = (h ^ std::uint32_t(i)) * 1099511628211ull;
    return std::size_t(h ^ (h >> 29));
  }
};

Index below(Index n, Stream& rng) { return Index(rng.uniform() * double(n)); }

double subsets(Index n, int p) {
  double count = 1;
  for (int k = 0; k < p; ++k) count *= double(n - k) / double(k + 1);
  return count;
}

}  // namespace

TermList signed_hypergraph(std::string_view who, const HypergraphOptions& o, const Environment& env,
                           std::uint32_t seed) {
  if (o.n > 2'000'000'000) throw BadInput(std::string(who) + ": n=" + to_text(o.n) + ": must be at most 2e9");
  Stream graph({seed, Purpose::disorder, 3, o.instance}, 0), sign({seed, Purpose::disorder, 0, o.instance}, 0);
  TermList terms;
  if (o.graph == "regular") {
    const double degree = o.p * o.alpha;
    if (std::abs(degree - std::round(degree)) > 1e-2)
      throw BadInput(std::string(who) + ": alpha=" + to_text(o.alpha) +
                     ": p alpha is the number of clauses of a spin " +
                     "in a regular graph and must be whole, e.g. alpha=" + to_text(std::ceil(degree) / o.p));
    terms = regular_hypergraph(who, o.n, o.p, Index(std::round(degree)), graph);
  } else {
    terms = uniform_hypergraph(who, o.n, o.p, Index(o.clauses()), graph);
  }
  const double plus = env.truth.size() ? 1 / (1 + std::exp(-2 * env.beta)) : 0.5;
  for (Index t = 0; t < terms.size(); ++t) {
    double j = sign.uniform() < plus ? 1 : -1;
    if (env.truth.size())
      for (const auto i : terms.of(t)) j *= double(env.truth(i));
    terms.couplings[std::size_t(t)] = j;
  }
  return terms;
}

TermList uniform_hypergraph(std::string_view who, Index n, int p, Index count, Stream& rng) {
  const double all = n < p ? 0 : subsets(n, p);
  if (double(count) > all + 0.5)
    throw BadInput(std::string(who) + ": " + to_text(count) + " different clauses of " + to_text(p) +
                   " among n=" + to_text(n) + " sites: there are only " + to_text(all) + "; choose a smaller alpha");
  TermList out{p, {}, std::vector<double>(std::size_t(count))};
  if (count == 0) return out;
  out.sites.reserve(std::size_t(count * p));
  const auto put = [&](const Clause& c) { out.sites.insert(out.sites.end(), c.begin(), c.begin() + p); };
  if (all <= 4 * double(count)) {  // few are left out: choose from the list of all
    std::vector<Clause> list;
    Clause c;
    c.fill(-1);
    std::iota(c.begin(), c.begin() + p, 0);
    for (;;) {
      list.push_back(c);
      int a = p - 1;
      while (a >= 0 && c[std::size_t(a)] == n - p + a) --a;
      if (a < 0) break;
      ++c[std::size_t(a)];
      for (int b = a + 1; b < p; ++b) c[std::size_t(b)] = c[std::size_t(b) - 1] + 1;
    }
    for (Index k = 0; k < count; ++k) {
      std::swap(list[std::size_t(k)], list[std::size_t(k + below(Index(list.size()) - k, rng))]);
      put(list[std::size_t(k)]);
    }
    return out;
  }
  std::unordered_set<Clause, Hash> taken;
  taken.reserve(std::size_t(count));
  while (Index(taken.size()) < count) {
    Clause c;
    c.fill(-1);
    bool differ = true;
    for (int a = 0; a < p; ++a) c[std::size_t(a)] = std::int32_t(below(n, rng));
    std::sort(c.begin(), c.begin() + p);
    for (int a = 0; a + 1 < p; ++a) differ = differ && c[std::size_t(a)] != c[std::size_t(a) + 1];
    if (differ && taken.insert(c).second) put(c);
  }
  return out;
}

TermList regular_hypergraph(std::string_view who, Index n, int p, Index degree, Stream& rng) {
  const std::string where = std::string(who) + ": n=" + to_text(n) + ", degree=" + to_text(degree);
  if (n * degree % p != 0)
    throw BadInput(where + ": n times the degree must be a multiple of p=" + to_text(p) + "; change n");
  const Index count = n * degree / p;
  if (count > 0 && (n < p || double(degree) > subsets(n - 1, p - 1) + 0.5))
    throw BadInput(where + ": a site is in fewer than " + to_text(degree) + " different clauses; choose a larger n");
  std::vector<std::int32_t> stub(std::size_t(n * degree));
  for (std::size_t k = 0; k < stub.size(); ++k) stub[k] = std::int32_t(Index(k) / degree);
  for (Index k = Index(stub.size()); k-- > 1;) std::swap(stub[std::size_t(k)], stub[std::size_t(below(k + 1, rng))]);

  std::unordered_multiset<Clause, Hash> present;
  present.reserve(std::size_t(count));
  const auto clause = [&](Index a) {
    Clause c;
    c.fill(-1);
    std::copy_n(stub.begin() + a * p, p, c.begin());
    std::sort(c.begin(), c.begin() + p);
    return c;
  };
  for (Index a = 0; a < count; ++a) present.insert(clause(a));
  const auto bad = [&](Index a) {
    const Clause c = clause(a);
    return std::adjacent_find(c.begin(), c.begin() + p) != c.begin() + p || present.count(c) > 1;
  };
  const double most = 1e3 * (100 + double(count));
  double tried = 0;
  for (bool again = true; again;) {
    again = false;
    for (Index a = 0; a < count; ++a)
      while (bad(a)) {
        if (++tried > most) throw BadInput(where + ": no regular graph was found; choose a larger n");
        const Index from = a * p + below(p, rng), to = below(Index(stub.size()), rng), b = to / p;
        if (b == a) continue;
        present.erase(present.find(clause(a)));
        present.erase(present.find(clause(b)));
        std::swap(stub[std::size_t(from)], stub[std::size_t(to)]);
        present.insert(clause(a));
        present.insert(clause(b));
        again = true;  // what was exchanged may be bad now
      }
  }
  TermList out{p, {}, std::vector<double>(std::size_t(count))};
  for (Index a = 0; a < count; ++a) {
    const Clause c = clause(a);
    out.sites.insert(out.sites.end(), c.begin(), c.begin() + p);
  }
  return out;
}

}  // namespace glass

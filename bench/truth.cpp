#include "bench/truth.hpp"

#include <fmt/format.h>

#include <cmath>

#include "spinglass/elimination.hpp"
#include "spinglass/gray_code.hpp"
#include "spinglass/kaufman.hpp"
#include "spinglass/transfer_matrix.hpp"

namespace glass {

namespace {

/// Rounding of sums of doubles: 1e-12 of what is added up, and as much absolutely.
Known rounded(double v, double scale = 0) { return {v, 1e-12 * (1 + std::max(std::abs(v), scale))}; }

void must_be_spins(const AnyModel& model) {
  if (!model.has_terms() || model.alphabet() != Alphabet::spins()) throw Refused("needs +-1 spins with couplings");
}
TermList terms(const AnyModel& model) {
  must_be_spins(model);
  return terms_of(model, model.order());
}

double terms_count(const AnyModel& model) {
  double count = 0;
  model.for_each_term([&](std::span<const Index>, double) { ++count; });
  return count;
}

Truth by_enumeration(const AnyModel& model, std::uint32_t) {
  must_be_spins(model);
  Index free = 0;
  for (const float p : model.environment().pins) free += p == Tilt::kFree;
  if (free > kMaxGraySites)
    throw Refused(fmt::format("{} free sites, at most {} can be enumerated", free, kMaxGraySites));
  const Enumeration e = enumerate_by_gray_code(terms(model), model.environment());
  const double beta = model.environment().beta, scale = std::abs(e.log_partition) + std::abs(e.log_likelihood);
  return {"enumeration",
          fmt::format("all 2^{} configurations in Gray-code order", free),
          rounded(e.log_partition, scale),
          rounded(-e.log_likelihood / beta, scale / beta),
          e.spin,
          1e-11};
}

Truth by_transfer_matrix(const AnyModel& model, std::uint32_t) {
  must_be_spins(model);
  if (terms_count(model) > 2e7) throw Refused("too many interactions");  // a dense model: its frontier is all of it
  const TransferMatrix t(terms(model), model.environment());
  const TransferMatrix::Means m = t.means();
  const double beta = model.environment().beta, scale = std::abs(t.log_partition()) + std::abs(m.log_likelihood);
  return {"transfer-matrix",
          fmt::format("a frontier of {} sites", t.frontier()),
          rounded(t.log_partition(), scale),
          rounded(-m.log_likelihood / beta, scale / beta),
          m.spin,
          1e-11};
}

Truth by_elimination(const AnyModel& model, std::uint32_t) {
  const Elimination e(terms(model), model.environment());
  const double beta = model.environment().beta;
  return {"elimination",
          fmt::format("rank {} of {} unknowns over GF(2), {:.17g} ln 2 solutions", e.rank(), e.sites(),
                      double(e.sites() - e.rank())),
          rounded(e.log_partition()),
          rounded(-e.log_likelihood() / beta),
          e.means(),
          0};
}

/// The size of the square torus whose bonds these are, all of one strength; 0 if they are not.
Index torus_size(const TermList& t, Index n) {
  const Index l = Index(std::llround(std::sqrt(double(n))));
  if (t.order != 2 || l < 3 || l * l != n || t.size() != 2 * n) return 0;
  for (Index k = 0; k < t.size(); ++k) {  // every pair is listed once, so 2n neighbouring pairs are all of them
    const Index a = t.of(k)[0], b = t.of(k)[1], across = std::abs(a % l - b % l), along = std::abs(a / l - b / l);
    const bool near =
        (along == 0 && (across == 1 || across == l - 1)) || (across == 0 && (along == 1 || along == l - 1));
    if (!near || t.couplings[std::size_t(k)] != t.couplings[0]) return 0;
  }
  return l;
}

Truth by_kaufman(const AnyModel& model, std::uint32_t) {
  must_be_spins(model);
  const Environment& env = model.environment();
  const char* needs = "needs a ferromagnet of one coupling on a square torus, without fields and pins";
  if (env.h.cwiseAbs().maxCoeff() > 0 || (env.pins.array() != Tilt::kFree).any() ||
      terms_count(model) != 2 * double(model.sites()))
    throw Refused(needs);
  const TermList t = terms(model);
  const Index l = torus_size(t, model.sites());
  if (l == 0 || !(t.couplings[0] > 0)) throw Refused(needs);
  const double k = env.beta * t.couplings[0];
  const TorusIsing z = kaufman(l, l, k);
  Truth out{"kaufman",
            fmt::format("{0} x {0} torus, K = {1:.9g}", l, k),
            rounded(z.log_partition),
            rounded(-z.log_likelihood / env.beta),
            Eigen::VectorXd::Zero(model.sites()),  // global flip
            0};
  return out;
}

void compare(const Truth& a, const Truth& b, std::vector<std::string>& contradictions) {
  const auto one = [&](const std::string& what, const Known& x, const Known& y) {
    const double allowed = 5 * std::hypot(x.error, y.error);
    if (!(std::abs(x.value - y.value) <= allowed))  // NaN contradicts everything
      contradictions.push_back(fmt::format("{}: {} says {:.12g}, {} says {:.12g}; their errors allow {:.2g}", what,
                                           a.method, x.value, b.method, y.value, allowed));
  };
  if (a.log_partition && b.log_partition) one("ln Z", *a.log_partition, *b.log_partition);
  if (a.energy && b.energy) one("energy", *a.energy, *b.energy);
  if (a.mean.size() && b.mean.size()) {
    Index worst = 0;
    (a.mean - b.mean).cwiseAbs().maxCoeff(&worst);
    one(fmt::format("<x_{}>", worst), {a.mean(worst), a.mean_error}, {b.mean(worst), b.mean_error});
  }
}

}  // namespace

const std::vector<TruthMethod>& truth_methods() {
  static const std::vector<TruthMethod> methods{{"enumeration", by_enumeration},
                                                {"transfer-matrix", by_transfer_matrix},
                                                {"kaufman", by_kaufman},
                                                {"elimination", by_elimination}};
  return methods;
}

Truths truths_of(const AnyModel& model, std::uint32_t seed) {
  Truths out;
  for (const TruthMethod& m : truth_methods()) {
    try {
      out.found.push_back(m.run(model, seed));
    } catch (const Refused& e) {
      std::string why = e.what();
      if (why.starts_with(m.name + ": ")) why.erase(0, m.name.size() + 2);
      out.refused.push_back({m.name, std::move(why)});
    }
  }
  for (std::size_t a = 0; a < out.found.size(); ++a)
    for (std::size_t b = a + 1; b < out.found.size(); ++b) compare(out.found[a], out.found[b], out.contradictions);
  return out;
}

void add_tempering(Truths& all, const AnyModel& model, std::uint32_t seed, const McmcTruthOptions& o,
                   const Tick& tick) {
  const McmcTruth m = mcmc_truth(model, seed, o, tick);
  const Truth t{"tempering",
                fmt::format("{} chains of {} rungs ({}), {} steps after {}, {:.3g} round trips a chain; ln Z by "
                            "multistate reweighting; by integration {:.9g} ± {:.2g} and {:.1g} of its rule",
                            o.chains, o.rungs, o.kernel, o.draws, o.warmup, m.round_trips, m.integral.value,
                            m.integral.error, m.integral.discretisation),
                Known{m.multistate.value, m.multistate.error},
                Known{m.energy, m.energy_error},
                {},
                0};
  for (const Truth& other : all.found) compare(other, t, all.contradictions);
  if (!m.doubt.empty()) all.contradictions.push_back("tempering: " + m.doubt);
  all.found.push_back(t);
}

}  // namespace glass

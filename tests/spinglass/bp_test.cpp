// BP where the answer is known: trees, unit propagation, elimination, itself by another way. Its transient and fixed
// points at large N are in bp_density_evolution_test.cpp.
#include "spinglass/bp.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <string>
#include <vector>

#include "models/core/state.hpp"
#include "models/diluted_p_spin.hpp"
#include "models/edwards_anderson.hpp"
#include "models/xorsat.hpp"
#include "spinglass/elimination.hpp"
#include "spinglass/exact.hpp"
#include "spinglass/message_movement.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

const std::vector<BpOptions> kWays{{.tolerance = 1e-6, .schedule = "parallel"},
                                   {.tolerance = 1e-6, .schedule = "sequential"},
                                   {.tolerance = 1e-6, .schedule = "residual"},
                                   {.max_iterations = 500, .tolerance = 1e-6, .damping = 0.4, .schedule = "parallel"}};

/// Sites of a random tree of `factors` factors of k sites each, some of them leaves of one site.
std::vector<std::vector<Index>> tree(Index factors, int k, Stream& rng) {
  std::vector<std::vector<Index>> out;
  Index n = 1;
  for (Index a = 0; a < factors; ++a) {
    std::vector<Index> sites{Index(rng.uniform() * double(n))};
    while (int(sites.size()) < k) sites.push_back(n++);
    out.push_back(sites);
  }
  return out;
}
Environment environment(Index n, double beta, double spread, Stream& rng) {
  Environment env;
  env.beta = beta;
  env.h = float(spread) * checks::normal_vector(n, rng);
  env.pins = Eigen::VectorXf::Constant(n, Tilt::kFree);
  return env;
}
/// Hotter, colder, with strong side information, pinned.
Tilt tilts(const auto& target, Stream& rng) {
  Tilt t = target.base(6);
  t.power << 1, 0.3, 1.7, 1, 0.6, 0;
  t.precision << 0, 0, 0.8, 0, 2.5, 0;
  for (const Index c : {2, 4}) t.field.col(c) = 2 * checks::normal_vector(t.field.rows(), rng);
  t.field.col(5).setConstant(30);
  for (const Index c : {3, 4}) {
    t.pinned(0, c) = -1;
    t.pinned(3, c) = 1;
  }
  return t;
}

struct Distance {
  double mean = 0, log_odds = 0, log_partition = 0;  // largest over sites and columns
};
/// `log_odds`: relative to 1 + the odds, of free sites.
Distance from_exact(const auto& target, const Tilt& t, const BpOptions& how, const std::string& what) {
  const Exact exact(target);
  const Bp bp(target, how);
  const Index n = target.sites(), b = t.columns();
  Exact::State e{b};
  auto s = bp.start(Streams({5, Purpose::test}, b));
  Batch m(n, b), right(n, b), l(2 * n, b), odds(2 * n, b);
  EXPECT_EQ(bp.posterior_mean(t, s, m).unconverged, 0) << what;
  bp.log_marginals(t, s, l);
  exact.posterior_mean(t, e, right);
  exact.log_marginals(t, e, odds);
  Distance d;
  d.mean = double((m - right).cwiseAbs().maxCoeff());
  for (Index c = 0; c < b; ++c)
    for (Index i = 0; i < n; ++i)
      for (const Index r : {2 * i, 2 * i + 1}) {
        if (!t.free(i, c)) {
          EXPECT_EQ(l(r, c), odds(r, c)) << what;
        } else if (odds(r, c) > -500) {  // enumeration keeps no smaller ones
          d.log_odds = std::max(d.log_odds, double(std::abs(l(r, c) - odds(r, c)) / (1 + std::abs(odds(r, c)))));
        }
      }
  d.log_partition = (bp.log_partition(t, s) - exact.log_partition(t, e)).cwiseAbs().maxCoeff();
  return d;
}
void expect_exact(const auto& target, Stream& rng, const std::string& what) {
  const Tilt t = tilts(target, rng);
  for (const BpOptions& how : kWays) {
    const std::string here = what + " " + how.schedule;
    const Distance d = from_exact(target, t, how, here);
    // floats: enumeration knows log L to 1e-7 of its size, beta M
    const double digits = 2e-5, large = 3e-7 * target.environment().beta * double(target.sites());
    EXPECT_LE(d.mean, digits) << here;
    EXPECT_LE(d.log_odds, digits + large) << here;
    EXPECT_LE(d.log_partition, digits + large) << here;
  }
}

TEST(Bp, ExactOnTreesOfParities) {
  for (const int k : {2, 3, 4})
    for (const double beta : {0.4, 2.0, 6.0, 1024.0}) {
      Stream rng({51, Purpose::test, 0, std::uint32_t(k)}, std::uint32_t(beta));
      TermList terms{k, {}, {}};
      const auto factors = tree(12 / (k - 1), k, rng);
      for (const auto& sites : factors)
        terms.add(sites, beta > 100 ? (rng.uniform() < 0.5 ? -1 : 1) : rng.uniform() * 2 - 1);
      const Environment env = environment(Index(factors.size()) * (k - 1) + 1, beta, beta > 100 ? 0 : 0.5, rng);
      const std::string what = "k=" + std::to_string(k) + " beta=" + std::to_string(beta);
      if (k == 2) expect_exact(PairGraph(terms, env), rng, what + " pairs");
      expect_exact(SparsePSpin(terms, env), rng, what);
    }
}

TEST(Bp, ExactOnTreesOfClauses) {
  for (const int k : {2, 3, 5})
    for (const double beta : {0.4, 2.0, 6.0, kHardBeta}) {
      Stream rng({52, Purpose::test, 0, std::uint32_t(k)}, std::uint32_t(beta));
      Clauses clauses{k, {}};
      const auto factors = tree(12 / (k - 1), k, rng);
      for (const auto& sites : factors)
        for (const Index i : sites) clauses.literals.push_back(std::uint32_t(2 * i + (rng.uniform() < 0.5)));
      const bool hard = beta == kHardBeta;
      const NotAllEqual target(clauses, environment(Index(factors.size()) * (k - 1) + 1, beta, hard ? 0 : 0.5, rng));
      Tilt t = tilts(target, rng);
      for (const BpOptions& how : kWays) {
        const std::string what = "k=" + std::to_string(k) + " beta=" + std::to_string(beta) + " " + how.schedule;
        const Distance d = from_exact(target, t, how, what);
        EXPECT_LE(d.mean, 2e-5) << what;
        EXPECT_LE(d.log_odds, 2e-5) << what;
        EXPECT_LE(d.log_partition, 5e-5) << what;
      }
    }
}

/// A hard constraint beats any field, and what is weak beside it keeps its digits: x1 = x0 by a chain of equations,
/// each of them 2^17 strong, under fields of +-1000 and 0.3.
TEST(Bp, HardConstraintsBeatLargeFields) {
  TermList terms{2, {}, {}};
  for (Index i = 0; i + 1 < 8; ++i) terms.add(std::vector<Index>{i, i + 1}, 1);
  Environment env;
  env.beta = 131072;
  env.h = Eigen::VectorXf::Zero(8);
  env.pins = Eigen::VectorXf::Constant(8, Tilt::kFree);
  const PairGraph chain(terms, env);
  const Bp bp(chain, kWays[1]);
  Tilt t = bp.base(1);
  t.field.col(0) << 1000, -1000, 0.3f, 0, 500, -500.5f, 0, 0;
  auto s = bp.start(Streams({5, Purpose::test}, 1));
  Batch m(8, 1), l(16, 1);
  EXPECT_EQ(bp.log_marginals(t, s, l).unconverged, 0);
  for (Index i = 0; i < 8; ++i)  // all are equal: log-odds 2 * (-0.2)
    EXPECT_NEAR(double(l(2 * i + 1, 0) - l(2 * i, 0)), -0.4, 0.02) << i;
}

/// What is exact on a tree is an approximation on loops: the shortest, of four bonds, are missed in the order beta^4.
TEST(Bp, CloseToEnumerationOnLoopsAtHighTemperature) {
  EdwardsAndersonOptions o;
  o.d = 2, o.l = 4, o.couplings = "gaussian", o.field_spread = 0.3;
  for (const double temperature : {4.0, 8.0, 16.0}) {
    o.temperature = temperature;
    const auto target = EdwardsAnderson::make(o, 3);
    Tilt t = target.base(2);
    t.field.col(1).setConstant(0.3f);
    const Distance d = from_exact(target, t, kWays[1], "lattice");
    const double unit = std::pow(temperature, -4);
    EXPECT_LE(d.mean, 3 * unit) << temperature;
    EXPECT_GE(d.mean, 0.3 * unit) << temperature;  // and no better than that
    EXPECT_LE(d.log_partition, 16 * 3 * unit) << temperature;
  }
}

TEST(Bp, ContradictionsAreCountedAndStayFinite) {
  TermList terms{3, {}, {}};
  terms.add(std::vector<Index>{0, 1, 2}, 1);
  terms.add(std::vector<Index>{2, 3, 4}, 1);
  Environment env;
  env.beta = 1024;
  env.h = Eigen::VectorXf::Zero(6);
  env.pins = Eigen::VectorXf::Constant(6, Tilt::kFree);
  const SparsePSpin parity(terms, env);
  env.beta = kHardBeta;
  const NotAllEqual clauses({3, {0, 2, 4, 5, 6, 8}}, env);  // (0 1 2), (-2 3 4)
  const auto check = [](const auto& target, auto&& pin) {
    for (const char* schedule : {"parallel", "sequential", "residual"}) {
      const Bp bp(target, {.schedule = schedule});
      Tilt t = bp.base(4);
      pin(t);
      auto s = bp.start(Streams({6, Purpose::test}, 4));
      Batch m(6, 4), l(12, 4);
      EXPECT_EQ(bp.posterior_mean(t, s, m).unconverged, 2) << schedule;  // columns 1 and 2
      bp.log_marginals(t, s, l);
      EXPECT_TRUE(m.allFinite());
      EXPECT_LE(m.cwiseAbs().maxCoeff(), 1);
      for (Index c = 0; c < 4; ++c)
        for (Index i = 0; i < 6; ++i) {
          EXPECT_NEAR(std::exp(double(l(2 * i, c))) + std::exp(double(l(2 * i + 1, c))), 1, 1e-5) << schedule;
          if (!t.free(i, c)) {
            EXPECT_EQ(m(i, c), t.pinned(i, c));
          }
        }
      EXPECT_TRUE(std::isfinite(bp.log_partition(t, s).sum()));
    }
  };
  check(parity, [](Tilt& t) {
    t.power.setConstant(1e10);  // even constraints harder than a pin leave it where it is
    t.pinned.col(0).head(3).setOnes();
    t.pinned.col(1).head(3).setConstant(-1);                              // the factor's own sites
    for (const Index i : {0, 1, 3, 4}) t.pinned(i, 2) = i == 4 ? -1 : 1;  // site 2 from two sides
  });
  check(clauses, [](Tilt& t) {
    t.pinned.col(0).head(2).setOnes();
    t.pinned.col(1).head(3).setOnes();
    for (const Index i : {0, 1}) t.pinned(i, 2) = 1;  // 2 must be -1
    for (const Index i : {3, 4}) t.pinned(i, 2) = 1;  // -2 must be -1
  });
}

/// Parallel updates of spins that all repel each other overshoot for ever; damping stops that.
TEST(Bp, DampingConvergesWhereParallelUpdatesDoNot) {
  TermList terms{2, {}, {}};
  for (Index i = 0; i < 12; ++i)
    for (Index j = i + 1; j < 12; ++j) terms.add(std::vector<Index>{i, j}, -0.3);
  Stream rng({7, Purpose::test}, 0);
  Environment env = environment(12, 1, 0, rng);
  env.h.setOnes();
  const PairGraph target(terms, env);
  const Bp plain(target, {.schedule = "parallel"}), damped(target, {.damping = 0.7, .schedule = "parallel"});
  auto s = plain.start(Streams({7, Purpose::test}, 3));
  Batch m(12, 3);
  const DenoiseInfo info = plain.posterior_mean(plain.base(3), s, m);
  EXPECT_EQ(info.unconverged, 3);
  EXPECT_EQ(info.work.iterations, 600);
  EXPECT_EQ(info.work.denoiser_calls, 3);
  EXPECT_TRUE(m.allFinite());
  EXPECT_EQ(plain.iterate(plain.base(3), s).minCoeff() > 0.1, true);
  plain.restart(s);
  EXPECT_EQ(damped.posterior_mean(plain.base(3), s, m).unconverged, 0);
}

NotAllEqual nae(Index n, double alpha, double temperature, std::uint32_t instance = 0) {
  NotAllEqualOptions o;
  o.n = n, o.k = 4, o.alpha = alpha, o.temperature = temperature, o.planted = true, o.instance = instance;
  return NaeSat::make(o, 10);
}
Tilt informed(const auto& target, Index columns, double snr, Stream& rng) {
  Tilt t = target.base(columns);
  t.precision.setConstant(snr);
  for (Index c = 0; c < columns; ++c)
    t.field.col(c) = float(snr) * target.truth() + float(std::sqrt(snr)) * checks::normal_vector(target.sites(), rng);
  return t;
}

TEST(Bp, IteratesAsOftenAsItIsTold) {
  const NotAllEqual target = nae(200, 2, 0.6);
  const Bp loose(target, {.tolerance = 0.5});
  Stream rng({27, Purpose::test}, 0);
  const Tilt t = informed(target, 2, 1, rng);
  auto s = loose.start(Streams({27, Purpose::test}, 2));
  EXPECT_GT(loose.iterate(t, s).minCoeff(), 0.5);
  EXPECT_LT(loose.iterate(t, s, 40).maxCoeff(), 1e-4);  // far beyond the tolerance
}

/// Unit propagation: what follows from the pins one equation at a time.
Eigen::VectorXf propagated(const SparsePSpin& target, Eigen::VectorXf x) {
  std::vector<std::vector<Index>> terms;
  std::vector<double> couplings;
  target.for_each_term([&](const auto& sites, double j) {
    terms.emplace_back(sites.begin(), sites.end());
    couplings.push_back(j);
  });
  for (bool more = true; more;) {
    more = false;
    for (std::size_t a = 0; a < terms.size(); ++a) {
      Index unknown = -1, count = 0;
      double product = couplings[a] > 0 ? 1 : -1;
      for (const Index i : terms[a])
        if (x(i) == 0)
          unknown = i, ++count;
        else
          product *= double(x(i));
      if (count != 1) continue;
      x(unknown) = float(product);
      more = true;
    }
  }
  return x;
}
/// On an erasure channel BP on XORSAT is unit propagation, whatever the schedule, and says nothing that elimination
/// does not say.
TEST(Bp, XorsatAtZeroTemperatureIsUnitPropagation) {
  XorsatOptions o;
  o.n = 400, o.alpha = 0.75, o.planted = true;
  for (o.instance = 0; o.instance < 3; ++o.instance) {
    const SparsePSpin target = Xorsat::make(o, 8);
    Stream rng({8, Purpose::test, 0, o.instance}, 0);
    Tilt t = target.base(4);
    const double revealed[] = {0, 0.1, 0.25, 0.6};
    for (Index c = 0; c < 4; ++c)
      for (Index i = 0; i < o.n; ++i)
        if (rng.uniform() < revealed[c]) t.pinned(i, c) = target.truth()(i);
    for (const BpOptions& how : kWays) {
      if (how.damping > 0) continue;
      const Bp bp(target, how);
      auto s = bp.start(Streams({8, Purpose::test}, 4));
      Batch m(o.n, 4);
      EXPECT_EQ(bp.posterior_mean(t, s, m).unconverged, 0) << how.schedule;
      for (Index c = 0; c < 4; ++c) {
        const Eigen::VectorXf pins = (t.pinned.col(c).array() == Tilt::kFree).select(0.0f, t.pinned.col(c).array());
        EXPECT_EQ(m.col(c), propagated(target, pins)) << how.schedule << " column " << c;
        Environment env = target.environment();
        env.pins = t.pinned.col(c);
        const Eigen::VectorXd right = Elimination(terms_of(target, 3), env).means();
        EXPECT_TRUE(((m.col(c).array() == 0) || (m.col(c).cast<double>().array() == right.array())).all());
        if (c == 3) {
          EXPECT_GT((m.col(c).array() != 0).count(), (pins.array() != 0).count() + o.n / 10);  // something follows
        }
      }
    }
  }
}

/// Bethe's ln Z of XORSAT without sides is ln 2 (N - M) + the energy, which is right where the equations are
/// independent.
TEST(Bp, LogPartitionOfXorsat) {
  XorsatOptions o;
  o.n = 300, o.alpha = 0.6, o.planted = true;
  const SparsePSpin target = Xorsat::make(o, 9);
  const Bp bp(target);
  auto s = bp.start(Streams({9, Purpose::test}, 1));
  Batch m(o.n, 1);
  bp.posterior_mean(bp.base(1), s, m);
  const Elimination right(terms_of(target, 3), target.environment());
  EXPECT_EQ(right.rank(), 180);
  EXPECT_NEAR(bp.log_partition(bp.base(1), s)(0), right.log_partition(), 1e-6 * 300);
  EXPECT_NEAR(bp.log_partition(bp.base(1), s)(0) - right.log_likelihood(), 120 * std::log(2), 1e-6 * 300);
}

TEST(Bp, ColumnsAreIndependentToTheLastBit) {
  XorsatOptions x;
  x.n = 60, x.alpha = 0.7, x.planted = true, x.temperature = 0.6;
  const SparsePSpin parity = Xorsat::make(x, 11);
  const NotAllEqual clauses = nae(60, 3, 0);
  const auto check = [](const auto& target) {
    for (const BpOptions& how : kWays) {
      const Bp bp(target, how);
      constexpr Index b = 18;  // more than one tile
      Stream rng({11, Purpose::test}, 0);
      Tilt t = informed(target, b, 1, rng);
      for (Index c = 0; c < b; ++c) {
        t.field.col(c) *= float(c) / 8;
        t.power(c) = 1 - 0.02 * double(c);
        if (c % 3 == 0) t.pinned.col(c).head(9) = target.truth().head(9);
      }
      auto s = bp.start(Streams({11, Purpose::test}, b));
      Batch m(60, b);
      const DenoiseInfo all = bp.posterior_mean(t, s, m);
      DenoiseInfo sum;
      std::int64_t fewest = 1000, most = 0;
      for (Index c = 0; c < b; ++c) {
        const Tilt one{t.power.segment(c, 1), t.precision.segment(c, 1), t.field.col(c), t.pinned.col(c)};
        auto alone = bp.start(Streams({11, Purpose::test}, 1, c));
        Batch mc(60, 1);
        const DenoiseInfo info = bp.posterior_mean(one, alone, mc);
        EXPECT_EQ(mc.col(0), m.col(c)) << how.schedule << " column " << c;
        EXPECT_EQ(alone.messages.row(0), s.messages.row(c)) << how.schedule << " column " << c;
        sum.work += info.work;
        fewest = std::min(fewest, info.work.iterations);
        most = std::max(most, info.work.iterations);
      }
      EXPECT_EQ(all.work, sum.work) << how.schedule;
      EXPECT_LT(fewest, most);
    }
  };
  check(parity);
  check(clauses);
}

TEST(Bp, SchedulesAgreeAndResidualsAskLess) {
  const NotAllEqual target = nae(1000, 2, 0);
  Stream rng({12, Purpose::test}, 0);
  const Tilt t = informed(target, 2, 0.6, rng);
  Batch m[3];
  std::int64_t iterations[3];
  for (int k = 0; k < 3; ++k) {
    const Bp bp(target, kWays[std::size_t(k)]);
    auto s = bp.start(Streams({12, Purpose::test}, 2));
    m[k].resize(1000, 2);
    const DenoiseInfo info = bp.posterior_mean(t, s, m[k]);
    EXPECT_EQ(info.unconverged, 0);
    iterations[k] = info.work.iterations;
  }
  for (const int k : {0, 2}) EXPECT_LE((m[k] - m[1]).cwiseAbs().maxCoeff(), 2e-5) << kWays[std::size_t(k)].schedule;
  EXPECT_LT(iterations[1], iterations[0]);
  RecordProperty("iterations", std::to_string(iterations[0]) + " parallel, " + std::to_string(iterations[1]) +
                                   " sequential, " + std::to_string(iterations[2]) + " residual");
}

/// Informed and uninformed starts find different fixed points where both exist.
TEST(Bp, StartsAtAConfiguration) {
  NotAllEqualOptions o;
  o.n = 1500, o.k = 5, o.alpha = 10.5, o.planted = true;  // between dynamical threshold and Kesten-Stigum
  const NotAllEqual target = NaeSat::make(o, 13);
  const Bp bp(target, {.max_iterations = 50});
  auto s = bp.start(Streams({13, Purpose::test}, 1));
  Batch m(o.n, 1);
  bp.posterior_mean(bp.base(1), s, m);
  EXPECT_LE(std::abs(m.col(0).dot(target.truth())) / float(o.n), 0.05f);
  bp.start_at(s, target.truth());
  bp.posterior_mean(bp.base(1), s, m);
  EXPECT_GE(m.col(0).dot(target.truth()) / float(o.n), 0.7f);
  bp.restart(s);
  bp.posterior_mean(bp.base(1), s, m);
  EXPECT_LE(std::abs(m.col(0).dot(target.truth())) / float(o.n), 0.05f);
}

/// E q(x*, x) = E q(x, x'): exact for the true posterior, so to BP's accuracy, O(1/N), for its marginals.
TEST(Bp, NishimoriIdentity) {
  const auto check = [](auto&& make, double snr, const std::string& what) {
    checks::Mean gap, overlap;
    for (std::uint32_t instance = 0; instance < 12; ++instance) {
      const auto target = make(instance);
      Stream rng({14, Purpose::test, 0, instance}, 0);
      const Tilt t = informed(target, 1, snr, rng);
      const Bp bp(target);
      auto s = bp.start(Streams({14, Purpose::test}, 1));
      Batch m(target.sites(), 1);
      EXPECT_EQ(bp.posterior_mean(t, s, m).unconverged, 0) << what;
      const double n = double(target.sites());
      overlap.add(double(m.col(0).dot(target.truth())) / n);
      gap.add(double(m.col(0).dot(target.truth()) - m.col(0).squaredNorm()) / n);
    }
    checks::expect_mean(gap, 0, what, 5e-4);
    EXPECT_LE(gap.error(), 5e-3) << what;
    EXPECT_GE(overlap.mean, 0.3) << what;
  };
  check([](std::uint32_t i) { return nae(2000, 3, 0, i); }, 0.5, "nae-sat");
  check([](std::uint32_t i) { return nae(2000, 3, 0.6, i); }, 0.5, "nae-sat at a temperature");
  check(
      [](std::uint32_t i) {
        DilutedPSpinOptions o;
        o.n = 2000, o.alpha = 1, o.temperature = 0.8, o.planted = true, o.instance = i;
        return DilutedPSpin::make(o, 15);
      },
      0.5, "diluted p-spin");
}

/// One reveal after another gives the marginals of a full solution with the same pins.
TEST(Bp, LocalRevealsAgreeWithFullSolutions) {
  const auto check = [](const auto& target, double tolerance, double iterations, const std::string& what) {
    const Bp bp(target, {.tolerance = 1e-5});
    const Index n = target.sites(), b = 2;
    Tilt t = bp.base(b);
    Stream rng({16, Purpose::test}, 0);
    auto s = bp.start(Streams({16, Purpose::test}, b));
    EXPECT_EQ(bp.condition(t, s).unconverged, 0);
    auto full = s;
    Batch l(2 * n, b);
    Work work;
    for (Index k = 0; k < n; ++k)
      for (Index c = 0; c < b; ++c) {
        const Index i = c ? n - 1 - k : (11 * k) % n;
        const int symbol = target.truth()(i) > 0;
        const DenoiseInfo info = checks::reveal(bp, s, c, i, symbol);
        EXPECT_EQ(info.unconverged, 0) << what;
        work += info.work;
        t.pinned(i, c) = symbol ? 1.0f : -1.0f;
        double unheard = 0;  // what factors have not been told of, however the reveal ended
        for (Index j = 0; j < n; ++j) unheard = std::max(unheard, movement(s.sent(c, j), s.total(c, j)));
        EXPECT_LE(unheard, 1e-5) << what << " " << k;
        if (k % (n / 5) != 0) continue;
        bp.log_marginals(t, full, l);
        for (Index j = 0; j < n; ++j) {
          float mine[2];
          bp.log_marginal(s, c, j, mine);
          EXPECT_NEAR(std::exp(double(mine[1])), std::exp(double(l(2 * j + 1, c))), tolerance) << what << " " << k;
        }
      }
    EXPECT_EQ(work.denoiser_calls, n * b);
    EXPECT_LT(double(work.iterations), iterations * double(n * b)) << what;  // a full solution takes several for each
    EXPECT_TRUE((s.total.array().abs() > 1e11).all());
  };
  XorsatOptions x;
  x.n = 301, x.alpha = 0.8, x.planted = true;
  check(Xorsat::make(x, 17), 0, 0.1, "xorsat");
  x.temperature = 0.7, x.alpha = 0.5;
  check(Xorsat::make(x, 17), 1e-4, 3, "xorsat at a temperature");
  check(nae(301, 2, 0.6), 1e-4, 10, "nae-sat");  // so few sites are all near
}

/// `changed` after `settle` is all that moved, and little more: far from all sites. After sweeps it is anything.
TEST(Bp, ChangedSitesAreThoseThatMoved) {
  XorsatOptions o;
  o.n = 400, o.alpha = 0.6, o.planted = true, o.temperature = 0.5;
  const SparsePSpin target = Xorsat::make(o, 27);
  const Bp bp(target);
  auto s = bp.start(Streams({27, Purpose::test}, 2));
  EXPECT_EQ(bp.condition(bp.base(2), s).unconverged, 0);
  EXPECT_FALSE(bp.changed(s, 1));
  double listed = 0, asked = 0;
  for (Index i = 0; i < 100; ++i) {
    const Eigen::MatrixXd before = s.total;
    checks::reveal(bp, s, 1, i, target.truth()(i) > 0);
    const auto changed = bp.changed(s, 1);
    if (!changed) continue;
    listed += double(changed->size());
    ++asked;
    for (Index j = 0; j < 400; ++j)
      if (std::find(changed->begin(), changed->end(), std::uint32_t(j)) == changed->end()) {
        EXPECT_LE(movement(before(1, j), s.total(1, j)), 2e-5) << i << " " << j;
      }
  }
  EXPECT_GT(asked, 50);
  EXPECT_LT(listed, 30 * asked);
  EXPECT_FALSE(bp.changed(s, 0));  // of that column only
}

/// On trees, where both are exact, at a power and whatever sweeps are damped by.
TEST(Bp, LocalRevealsAreExactOnTrees) {
  const auto check = [](const auto& target, const std::string& what) {
    const Index n = target.sites();
    const Exact exact(target);
    for (BpOptions how : kWays)
      for (const double damping : {0.0, 0.5}) {
        how.damping = damping, how.max_iterations = 500;
        const Bp bp(target, how);
        Tilt t = target.base(2);
        t.power << 0.6, 1.4;
        auto s = bp.start(Streams({23, Purpose::test}, 2));
        EXPECT_EQ(bp.condition(t, s).unconverged, 0) << what;
        Exact::State e{2};
        Batch odds(2 * n, 2);
        for (const Index i : {Index(4), Index(0), n - 1})
          for (Index c = 0; c < 2; ++c) {
            EXPECT_EQ(checks::reveal(bp, s, c, i, int(i % 2)).unconverged, 0) << what;
            t.pinned(i, c) = i % 2 ? 1.0f : -1.0f;
            exact.log_marginals(t, e, odds);
            for (Index j = 0; j < n; ++j) {
              float mine[2];
              bp.log_marginal(s, c, j, mine);
              EXPECT_NEAR(std::exp(double(mine[1])), std::exp(double(odds(2 * j + 1, c))), 2e-5)
                  << what << " " << how.schedule << ", damping " << damping << ", site " << j << " after " << i;
            }
          }
      }
  };
  Stream rng({23, Purpose::test}, 0);
  const auto factors = tree(5, 3, rng);
  TermList terms{3, {}, {}};
  Clauses clauses{3, {}};
  for (const auto& sites : factors) {
    terms.add(sites, rng.uniform() * 2 - 1);
    for (const Index i : sites) clauses.literals.push_back(std::uint32_t(2 * i + (rng.uniform() < 0.5)));
  }
  check(SparsePSpin(terms, environment(11, 1.5, 0.5, rng)), "parities");
  check(NotAllEqual(clauses, environment(11, 2, 0.5, rng)), "clauses");
}

TEST(Bp, SavesBetweenReveals) {
  const NotAllEqual target = nae(50, 4, 0);
  const Bp bp(target);
  auto s = bp.start(Streams({18, Purpose::test}, 2));
  bp.condition(bp.base(2), s);
  for (Index i = 0; i < 10; ++i) checks::reveal(bp, s, i % 2, i, target.truth()(i) > 0);
  auto copy = bp.start(Streams({19, Purpose::test}, 2));
  std::stringstream file;
  Saver{file}.one(s);
  Loader{file}.one(copy);
  for (Index i = 10; i < 40; ++i)
    for (auto* each : {&s, &copy}) checks::reveal(bp, *each, i % 2, i, target.truth()(i) > 0);
  EXPECT_TRUE(bytes_of(s) == bytes_of(copy));
}

TEST(Bp, AContradictoryRevealIsCounted) {
  XorsatOptions x;
  x.n = 30, x.alpha = 0.5, x.planted = true;
  const SparsePSpin target = Xorsat::make(x, 20);
  const Bp bp(target);
  auto s = bp.start(Streams({20, Purpose::test}, 1));
  bp.condition(bp.base(1), s);
  std::vector<Index> first;
  target.for_each_term([&](const auto& sites, double) {
    if (first.empty()) first.assign(sites.begin(), sites.end());
  });
  for (const Index i : {first[0], first[1]})
    EXPECT_EQ(checks::reveal(bp, s, 0, i, target.truth()(i) > 0).unconverged, 0);
  EXPECT_EQ(checks::reveal(bp, s, 0, first[2], target.truth()(first[2]) < 0).unconverged, 1);
}

/// Pins only exclude more: a column that has contradicted itself is not converged in any later call, revealed site by
/// site or solved in full.
TEST(Bp, AContradictionStays) {
  TermList terms{3, {}, {}};
  terms.add(std::vector<Index>{0, 1, 2}, 1);
  terms.add(std::vector<Index>{2, 3, 4}, 1);
  terms.add(std::vector<Index>{5, 6, 7}, 1);
  Environment env;
  env.beta = 1024;
  env.h = Eigen::VectorXf::Zero(8);
  env.pins = Eigen::VectorXf::Constant(8, Tilt::kFree);
  const Bp bp(SparsePSpin(terms, env));
  Tilt t = bp.base(2);
  auto s = bp.start(Streams({24, Purpose::test}, 2));
  EXPECT_EQ(bp.condition(t, s).unconverged, 0);
  auto full = s;
  // site 2 hears +1 from the first equation and -1 from the second when all of 0, 1, 3, 4 are there
  const std::pair<Index, int> reveals[] = {{0, 1}, {1, 1}, {3, 1}, {4, 0}, {5, 1}, {6, 1}, {7, 1}};
  int known = 0;
  for (const auto& [site, symbol] : reveals) {
    ++known;
    t.pinned(site, 1) = symbol ? 1.0f : -1.0f;
    Batch m(8, 2);
    const int expected = known >= 4;
    EXPECT_EQ(checks::reveal(bp, s, 1, site, symbol).unconverged, expected) << known;
    EXPECT_EQ(bp.posterior_mean(t, full, m).unconverged, expected) << known;
    std::stringstream file;  // and is known to a State that was saved
    Saver{file}.one(s);
    auto copy = bp.start(Streams({25, Purpose::test}, 2));
    Loader{file}.one(copy);
    s = copy;
  }
  EXPECT_EQ(checks::reveal(bp, s, 0, 0, 1).unconverged, 0);  // of that column only
  EXPECT_EQ(bp.condition(bp.base(2), s).unconverged, 0);
  EXPECT_EQ(checks::reveal(bp, s, 1, 5, 1).unconverged, 0);  // and no longer than the pins
}

/// What the last messages say clashes with new pins until they have travelled, which is no contradiction.
TEST(Bp, WarmStartsUnderOtherPinsAreNoContradiction) {
  XorsatOptions o;
  o.n = 60, o.alpha = 0.6, o.planted = true;
  for (o.instance = 0; o.instance < 5; ++o.instance) {
    const SparsePSpin target = Xorsat::make(o, 1);
    for (const BpOptions& how : kWays) {
      if (how.damping > 0) continue;
      const Bp bp(target, how);
      Tilt before = bp.base(1), after = bp.base(1);
      before.pinned.col(0).head(40) = target.truth().head(40);
      after.pinned.col(0).head(2) = -target.truth().head(2);
      auto s = bp.start(Streams({26, Purpose::test}, 1));
      Batch m(60, 1);
      EXPECT_EQ(bp.posterior_mean(before, s, m).unconverged, 0) << how.schedule;
      EXPECT_EQ(bp.posterior_mean(after, s, m).unconverged, 0) << how.schedule << " instance " << o.instance;
      bp.restart(s);
      EXPECT_EQ(bp.posterior_mean(after, s, m).unconverged, 0) << how.schedule;
    }
  }
}

TEST(Bp, RestartForgetsAndStreamsGoOn) {
  const NotAllEqual target = nae(100, 4, 0);
  const Bp bp(target);
  Stream rng({21, Purpose::test}, 0);
  const Tilt t = informed(target, 2, 0.5, rng);
  auto s = bp.start(Streams({21, Purpose::test}, 2));
  const Batch noise = s.messages;
  EXPECT_NEAR(double(noise.norm()) / std::sqrt(double(noise.size())), 1e-3, 1e-4);
  Batch m(100, 2), again(100, 2);
  const DenoiseInfo first = bp.posterior_mean(t, s, m), warm = bp.posterior_mean(t, s, again);
  EXPECT_LT(warm.work.iterations, first.work.iterations);
  EXPECT_LE((m - again).cwiseAbs().maxCoeff(), 1e-4);
  bp.restart(s);
  EXPECT_FALSE(s.messages == noise);
  EXPECT_LE(s.messages.cwiseAbs().maxCoeff(), 0.01f);
  XorsatOptions x;
  x.n = 100, x.planted = true;
  auto three = Bp(Xorsat::make(x, 1)).start(Streams({21, Purpose::test}, 2));  // 0 is no saddle for products of two
  EXPECT_TRUE(three.messages.isZero(0));
}

TEST(Bp, NoFactorsAtAll) {
  XorsatOptions x;
  x.n = 5, x.alpha = 0;
  const Bp bp(Xorsat::make(x, 1));
  Tilt t = bp.base(1);
  t.field.setConstant(0.7f);
  auto s = bp.start(Streams({22, Purpose::test}, 1));
  Batch m(5, 1);
  EXPECT_EQ(bp.posterior_mean(t, s, m).unconverged, 0);
  EXPECT_NEAR(double(m(3, 0)), std::tanh(0.7), 1e-6);
  EXPECT_NEAR(bp.log_partition(t, s)(0), 5 * std::log(2 * std::cosh(0.7)), 1e-5);
  EXPECT_EQ(bp.condition(t, s).unconverged, 0);
  EXPECT_EQ(checks::reveal(bp, s, 0, 2, 0).unconverged, 0);
}

}  // namespace
}  // namespace glass

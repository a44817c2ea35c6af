#include "spinglass/potts_bp.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "spinglass/exact.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

const std::vector<BpOptions> kWays{{.tolerance = 1e-6, .schedule = "parallel"},
                                   {.tolerance = 1e-6, .schedule = "sequential"},
                                   {.tolerance = 1e-6, .schedule = "residual"},
                                   {.max_iterations = 500, .tolerance = 1e-6, .damping = 0.4, .schedule = "parallel"},
                                   {.max_iterations = 500, .tolerance = 1e-6, .damping = 0.4, .schedule = "residual"}};

Environment environment(Index n, int q, double beta, double spread, Stream& rng) {
  Environment env;
  env.beta = beta;
  env.alphabet = Alphabet::potts(q);
  env.h = float(spread) * checks::normal_vector(n * q, rng);
  env.pins = Eigen::VectorXf::Constant(n * q, Tilt::kFree);
  return env;
}
void pin(Tilt& t, Index site, Index c, int symbol, int q) {
  for (int a = 0; a < q; ++a) t.pinned(site * q + a, c) = a == symbol;
}

TEST(PottsBp, ExactOnTrees) {
  for (const int q : {2, 3, 5})
    for (const double beta : {0.4, 2.0, 6.0, kHardBeta}) {
      if (q == 2 && beta == kHardBeta) continue;  // two pins of a tree may contradict each other
      Stream rng({61, Purpose::test, 0, std::uint32_t(q)}, std::uint32_t(beta));
      const Index n = q == 5 ? 6 : 8, b = 6;
      std::vector<std::uint32_t> edges;
      for (Index i = 1; i < n; ++i) {
        edges.push_back(std::uint32_t(rng.uniform() * double(i)));
        edges.push_back(std::uint32_t(i));
      }
      const Colouring target(edges, environment(n, q, beta, beta == kHardBeta ? 0 : 0.5, rng));
      const Exact exact(target);
      Tilt t = target.base(b);
      t.power << 1, 0.3, 1.7, 1, 0.6, 0;
      t.precision << 0, 0, 0.8, 0, 2.5, 0;
      for (const Index c : {2, 4}) t.field.col(c) = 2 * checks::normal_vector(n * q, rng);
      t.field.col(5).head(q) << Eigen::VectorXf::LinSpaced(q, 0, 30);
      for (const Index c : {3, 4}) {
        pin(t, 1, c, q - 1, q);
        pin(t, n - 1, c, 0, q);
      }
      for (const BpOptions& how : kWays) {
        const std::string what = "q=" + std::to_string(q) + " beta=" + std::to_string(beta) + " " + how.schedule;
        const PottsBp bp(target, how);
        Exact::State e{b};
        auto s = bp.start(Streams({61, Purpose::test}, b));
        Batch m(n * q, b), right(n * q, b), l(n * q, b), odds(n * q, b);
        EXPECT_EQ(bp.posterior_mean(t, s, m).unconverged, 0) << what;
        bp.log_marginals(t, s, l);
        exact.posterior_mean(t, e, right);
        exact.log_marginals(t, e, odds);
        EXPECT_LE((m - right).cwiseAbs().maxCoeff(), 2e-5) << what;
        for (Index c = 0; c < b; ++c)
          for (Index r = 0; r < n * q; ++r) {
            if (!t.free(r, c)) {
              EXPECT_EQ(l(r, c), odds(r, c)) << what;
            } else if (odds(r, c) > -500) {
              EXPECT_NEAR(l(r, c), odds(r, c), 3e-5 * (1 + std::abs(odds(r, c)))) << what << " column " << c;
            }
          }
        EXPECT_LE((bp.log_partition(t, s) - exact.log_partition(t, e)).cwiseAbs().maxCoeff(), 5e-5) << what;
      }
    }
}

TEST(PottsBp, ContradictionsAreCountedAndStayFinite) {
  Stream rng({62, Purpose::test}, 0);
  const Colouring target({0, 1, 1, 2, 1, 3}, environment(4, 3, kHardBeta, 0, rng));  // a star of four
  for (const char* schedule : {"parallel", "sequential", "residual"}) {
    const PottsBp bp(target, {.schedule = schedule});
    Tilt t = bp.base(3);
    for (Index c = 0; c < 3; ++c) pin(t, 0, c, 0, 3);
    pin(t, 1, 1, 0, 3);  // as its neighbour
    pin(t, 2, 2, 1, 3);
    pin(t, 3, 2, 2, 3);  // nothing left for the middle
    auto s = bp.start(Streams({62, Purpose::test}, 3));
    Batch m(12, 3);
    EXPECT_EQ(bp.posterior_mean(t, s, m).unconverged, 2) << schedule;
    EXPECT_TRUE(m.allFinite());
    for (Index c = 0; c < 3; ++c)
      for (Index i = 0; i < 4; ++i) EXPECT_NEAR(double(m.col(c).segment(3 * i, 3).sum()), 1, 1e-5) << schedule;
  }
  const PottsBp bp(target);
  auto s = bp.start(Streams({62, Purpose::test}, 1));
  bp.condition(bp.base(1), s);
  EXPECT_EQ(checks::reveal(bp, s, 0, 0, 1).unconverged, 0);
  EXPECT_EQ(checks::reveal(bp, s, 0, 1, 1).unconverged, 1);
}

ColouringOptions planted(Index n, int q, double degree, double temperature, std::uint32_t instance = 0) {
  ColouringOptions o;
  o.n = n, o.colours = q, o.degree = degree, o.temperature = temperature, o.planted = true, o.instance = instance;
  return o;
}
Tilt informed(const Colouring& target, Index columns, double snr, Stream& rng) {
  Tilt t = target.base(columns);
  t.precision.setConstant(snr);
  for (Index c = 0; c < columns; ++c)
    t.field.col(c) =
        float(snr) * target.truth() + float(std::sqrt(snr)) * checks::normal_vector(target.truth().size(), rng);
  return t;
}

/// E sum_i p_i(x*_i) = E sum_ia p_i(a)^2.
TEST(PottsBp, NishimoriIdentity) {
  for (const double temperature : {0.0, 0.5}) {
    checks::Mean gap, overlap;
    for (std::uint32_t instance = 0; instance < 10; ++instance) {
      const Colouring target = Colouring::make(planted(1500, 4, 5, temperature, instance), 63);
      Stream rng({63, Purpose::test, 0, instance}, 0);
      const Tilt t = informed(target, 1, 1, rng);
      const PottsBp bp(target);
      auto s = bp.start(Streams({63, Purpose::test}, 1));
      Batch m(t.field.rows(), 1);
      EXPECT_EQ(bp.posterior_mean(t, s, m).unconverged, 0) << temperature;
      const double n = double(target.sites());
      overlap.add(double(m.col(0).dot(target.truth())) / n);
      gap.add(double(m.col(0).dot(target.truth()) - m.col(0).squaredNorm()) / n);
    }
    checks::expect_mean(gap, 0, "colouring", 5e-4);
    EXPECT_LE(gap.error(), 5e-3);
    EXPECT_GE(overlap.mean, 0.4);
  }
}

TEST(PottsBp, LocalRevealsAgreeWithFullSolutions) {
  for (const double temperature : {0.0, 0.5}) {
    const Colouring target = Colouring::make(planted(201, 3, 2, temperature), 64);
    const PottsBp bp(target);
    Tilt t = bp.base(2);
    auto s = bp.start(Streams({64, Purpose::test}, 2));
    bp.condition(t, s);
    auto full = s;
    Batch l(603, 2);
    for (Index k = 0; k < 201; ++k)
      for (Index c = 0; c < 2; ++c) {
        const Index i = c ? 200 - k : (11 * k) % 201;
        const int symbol = target.alphabet().symbol_of(target.truth().data() + 3 * i);
        EXPECT_EQ(checks::reveal(bp, s, c, i, symbol).unconverged, 0);
        pin(t, i, c, symbol, 3);
        if (k % 40 != 0) continue;
        bp.log_marginals(t, full, l);
        for (Index j = 0; j < 201; ++j) {
          float mine[3];
          bp.log_marginal(s, c, j, mine);
          for (int a = 0; a < 3; ++a) EXPECT_NEAR(std::exp(mine[a]), std::exp(l(3 * j + a, c)), 2e-4) << k;
        }
      }
  }
}

/// The equations in double, one sweep after another: all messages from the last sweep's, or from the newest in order.
TEST(PottsBp, SweepsAreTheEquations) {
  constexpr Index n = 30, q = 3;
  constexpr double beta = 1.5, power = 0.8;
  Stream rng({70, Purpose::test}, 0);
  std::vector<std::uint32_t> edges;
  for (Index i = 0; i < n; ++i)
    for (Index j = i + 1; j < n; ++j)
      if (rng.uniform() < 0.12) edges.insert(edges.end(), {std::uint32_t(i), std::uint32_t(j)});
  const Colouring target(edges, environment(n, q, beta, 0.5, rng));
  std::vector<Index> ends;
  target.for_each_edge([&](Index i, Index j) { ends.insert(ends.end(), {i, j}); });
  Tilt t = target.base(1);
  t.power << power;
  t.field.col(0) = checks::normal_vector(n * q, rng);
  pin(t, 2, 0, 1, q);
  for (const bool parallel : {true, false})
    for (const double damping : {0.0, 0.3}) {
      const std::string what =
          std::string(parallel ? "parallel" : "sequential") + ", damping " + std::to_string(damping);
      Eigen::MatrixXd right(q, Index(ends.size()));  // column k: the message to ends[k]
      for (int sweeps = 1; sweeps <= 3; ++sweeps) {
        const PottsBp bp(target, {.max_iterations = sweeps,
                                  .tolerance = 1e-6,
                                  .damping = damping,
                                  .schedule = parallel ? "parallel" : "sequential"});
        auto s = bp.start(Streams({70, Purpose::test}, 1));
        right = Eigen::MatrixXd(Eigen::Map<const Batch>(s.messages.data(), q, right.cols()).cast<double>());
        for (int k = 0; k < sweeps; ++k) {
          const Eigen::MatrixXd before = right;
          const Eigen::MatrixXd& in = parallel ? before : right;
          for (std::size_t to = 0; to < ends.size(); ++to) {
            const Index j = ends[to ^ 1];
            Eigen::VectorXd v(q);
            for (Index a = 0; a < q; ++a)
              v(a) = t.free(j * q + a, 0)
                         ? power * beta * double(target.environment().h(j * q + a)) + double(t.field(j * q + a, 0))
                     : t.pinned(j * q + a, 0) == 1 ? 0
                                                   : -1e9;
            for (std::size_t other = 0; other < ends.size(); ++other)
              if (ends[other] == j && other != (to ^ 1)) v += in.col(Index(other));
            const Eigen::ArrayXd p = (v.array() - v.maxCoeff()).exp();
            const Eigen::VectorXd now = (1 - (1 - std::exp(-power * beta)) * p / p.sum()).log().matrix();
            right.col(Index(to)) = (1 - damping) * now + damping * before.col(Index(to));
          }
        }
        Batch m(n * q, 1);
        const DenoiseInfo info = bp.posterior_mean(t, s, m);
        EXPECT_EQ(info.unconverged, 1) << what;
        EXPECT_EQ(info.work.iterations, sweeps) << what;
        const Batch mine = Eigen::Map<const Batch>(s.messages.data(), q, right.cols());
        EXPECT_LE((mine.cast<double>() - right).cwiseAbs().maxCoeff(), 1e-5) << what << ", " << sweeps << " sweeps";
      }
    }
}

/// On trees, where both are exact, whatever sweeps are damped by.
TEST(PottsBp, LocalRevealsAreExactOnTrees) {
  Stream rng({67, Purpose::test}, 0);
  std::vector<std::uint32_t> edges;
  for (Index i = 1; i < 8; ++i) {
    edges.push_back(std::uint32_t(rng.uniform() * double(i)));
    edges.push_back(std::uint32_t(i));
  }
  const Colouring target(edges, environment(8, 3, 2, 0.5, rng));
  const Exact exact(target);
  for (const BpOptions& how : kWays) {
    const PottsBp bp(target, how);
    Tilt t = target.base(1);
    t.power << 0.8;
    auto s = bp.start(Streams({67, Purpose::test}, 1));
    bp.condition(target.base(1), s);  // at another power first
    bp.condition(t, s);
    Exact::State e{1};
    Batch right(24, 1);
    for (const Index i : {5, 0, 7, 2}) {
      EXPECT_EQ(checks::reveal(bp, s, 0, i, int(i % 3)).unconverged, 0) << how.schedule;
      pin(t, i, 0, int(i % 3), 3);
      exact.posterior_mean(t, e, right);
      for (Index j = 0; j < 8; ++j) {
        float mine[3];
        bp.log_marginal(s, 0, j, mine);
        for (int a = 0; a < 3; ++a)
          EXPECT_NEAR(std::exp(double(mine[a])), double(right(3 * j + a, 0)), 2e-5)
              << how.schedule << ", damping " << how.damping << ", site " << j << " after " << i;
      }
    }
  }
}

/// As of Bp: found as soon as some site has no colour left, by reveals as by full solutions, and for good.
TEST(PottsBp, AContradictionIsFoundWhereItIsAndStays) {
  Stream rng({68, Purpose::test}, 0);
  const Colouring target({0, 1, 1, 2, 1, 3, 4, 5}, environment(6, 3, kHardBeta, 0, rng));  // a star, an edge
  for (const char* schedule : {"sequential", "residual"}) {
    const PottsBp bp(target, {.schedule = schedule});
    Tilt t = bp.base(2);
    auto s = bp.start(Streams({68, Purpose::test}, 2));
    EXPECT_EQ(bp.condition(t, s).unconverged, 0);
    auto full = s;
    int known = 0;
    for (const auto& [site, symbol] : {std::pair<Index, int>{0, 0}, {2, 1}, {3, 2}, {4, 0}, {5, 1}, {1, 0}}) {
      ++known;
      pin(t, site, 1, symbol, 3);
      Batch m(18, 2);
      const int expected = known >= 3;  // nothing left for the middle
      EXPECT_EQ(checks::reveal(bp, s, 1, site, symbol).unconverged, expected) << schedule << " " << known;
      EXPECT_EQ(bp.posterior_mean(t, full, m).unconverged, expected) << schedule << " " << known;
    }
    EXPECT_EQ(checks::reveal(bp, s, 0, 0, 1).unconverged, 0);  // of that column only
    EXPECT_EQ(bp.condition(bp.base(2), s).unconverged, 0);
    EXPECT_EQ(checks::reveal(bp, s, 1, 5, 1).unconverged, 0);
  }
  // two neighbours that must both be 2 as soon as site 0 is 0, which itself has nothing against it
  const Colouring triangle({0, 1, 0, 2, 1, 2, 1, 3, 2, 4}, environment(5, 3, kHardBeta, 0, rng));
  const PottsBp bp(triangle);
  Tilt t = bp.base(1);
  auto s = bp.start(Streams({68, Purpose::test}, 1)), full = s;
  bp.condition(t, s);
  for (const auto& [site, symbol] : {std::pair<Index, int>{3, 1}, {4, 1}, {0, 0}}) {
    pin(t, site, 0, symbol, 3);
    Batch m(15, 1);
    EXPECT_EQ(checks::reveal(bp, s, 0, site, symbol).unconverged, site == 0) << site;
    EXPECT_EQ(bp.posterior_mean(t, full, m).unconverged, site == 0) << site;
  }
}

/// To know nothing is a fixed point by symmetry; above Kesten-Stigum, degree (q - 1)^2 = 4, the noise of the start
/// leads away from it, as far as the planted colours up to their names.
TEST(PottsBp, UninformedStartsLeaveTheSymmetricPoint) {
  const Colouring target = Colouring::make(planted(1000, 3, 8, 0), 69);
  const PottsBp bp(target);
  auto s = bp.start(Streams({69, Purpose::test}, 2));
  const Batch noise = s.messages;
  EXPECT_NEAR(double(noise.norm()) / std::sqrt(double(noise.size())), 1e-3, 1e-4);
  EXPECT_FALSE(noise.col(0) == noise.col(1));
  Batch m(3000, 2);
  bp.posterior_mean(bp.base(2), s, m);
  for (Index c = 0; c < 2; ++c) EXPECT_GE(m.col(c).squaredNorm() / 1000, 0.6f);  // 1/3: nothing
  bp.restart(s);
  EXPECT_LE(s.messages.cwiseAbs().maxCoeff(), 0.01f);
  EXPECT_FALSE(s.messages == noise);
}

TEST(PottsBp, ColumnsAreIndependentAndStartWhereTheyAreTold) {
  const Colouring target = Colouring::make(planted(60, 3, 3, 0), 65);
  for (const BpOptions& how : kWays) {
    const PottsBp bp(target, how);
    Stream rng({65, Purpose::test}, 0);
    const Tilt t = informed(target, 5, 1, rng);
    auto s = bp.start(Streams({65, Purpose::test}, 5));
    Batch m(180, 5);
    const DenoiseInfo all = bp.posterior_mean(t, s, m);
    DenoiseInfo sum;
    for (Index c = 0; c < 5; ++c) {
      const Tilt one{t.power.segment(c, 1), t.precision.segment(c, 1), t.field.col(c), t.pinned.col(c)};
      auto alone = bp.start(Streams({65, Purpose::test}, 1, c));
      Batch mc(180, 1);
      const DenoiseInfo info = bp.posterior_mean(one, alone, mc);
      EXPECT_EQ(mc.col(0), m.col(c)) << how.schedule;
      EXPECT_GT(info.work.iterations, 1) << how.schedule;
      sum.work += info.work;
    }
    EXPECT_EQ(all.work, sum.work) << how.schedule;
  }
  // between the dynamical threshold and Kesten-Stigum (c = 16) both starts have a fixed point of their own
  const Colouring hard = Colouring::make(planted(1000, 5, 14, 0), 66);
  const PottsBp bp(hard, {.max_iterations = 60});
  auto s = bp.start(Streams({66, Purpose::test}, 1));
  Batch m(5000, 1);
  bp.posterior_mean(bp.base(1), s, m);
  EXPECT_LE(m.col(0).dot(hard.truth()) / 1000, 0.35f);  // 1/5: a guess
  bp.start_at(s, hard.truth());
  bp.posterior_mean(bp.base(1), s, m);
  EXPECT_GE(m.col(0).dot(hard.truth()) / 1000, 0.7f);
}

}  // namespace
}  // namespace glass

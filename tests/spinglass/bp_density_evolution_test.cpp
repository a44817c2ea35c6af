// BP on large random instances against the laws of its messages as N -> oo: iteration by iteration, and at the end.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "models/not_all_equal.hpp"
#include "models/xorsat.hpp"
#include "spinglass/bp.hpp"
#include "spinglass/density_evolution.hpp"
#include "spinglass/population_dynamics.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

double overlap(const Bp& bp, const Tilt& t, Bp::State& s, const Eigen::VectorXf& truth, double* square = nullptr) {
  Batch m(truth.size(), 1);
  bp.posterior_mean(t, s, m);
  if (square) *square = double(m.squaredNorm()) / double(truth.size());
  return double(m.col(0).dot(truth)) / double(truth.size());
}
/// The overlap that the messages of a State show as they are: no message moves.
double overlap_now(const Bp& bp, const Tilt& t, const Bp::State& s, const Eigen::VectorXf& truth) {
  const FactorGraph& g = bp.graph();
  Eigen::VectorXd h = t.field.col(0).cast<double>();
  for (std::size_t place = 0; place < g.literals.size(); ++place)
    h(Index(g.literals[place] >> 1)) += double(s.messages(0, Index(place)));
  double sum = 0;
  for (Index i = 0; i < h.size(); ++i)
    sum += t.free(i, 0) ? std::tanh(h(i)) * double(truth(i)) : double(t.pinned(i, 0) * truth(i));
  return sum / double(h.size());
}

/// A fraction theta revealed: known sites phi' = 1 - (1 - theta) exp(-k alpha phi^{k-1}), from phi = theta where
/// nothing else is known and from 1 where all messages are.
TEST(BpDensityEvolution, XorsatErasureIterationByIteration) {
  XorsatOptions o;
  o.n = 100000, o.alpha = 0.85, o.planted = true;
  const SparsePSpin target = Xorsat::make(o, 71);
  const Bp bp(target, {.schedule = "parallel"});
  for (const double theta : {0.05, 0.2}) {
    Stream rng({71, Purpose::test}, std::uint32_t(100 * theta));
    Tilt t = bp.base(1);
    Index revealed = 0;
    for (Index i = 0; i < o.n; ++i)
      if (rng.uniform() < theta) t.pinned(i, 0) = target.truth()(i), ++revealed;
    const double share = double(revealed) / double(o.n);
    const auto next = [&](double phi) { return 1 - (1 - share) * std::exp(-3 * o.alpha * phi * phi); };
    for (const bool informed : {false, true}) {
      auto s = bp.start(Streams({71, Purpose::test}, 1));
      if (informed) bp.start_at(s, target.truth());
      double phi = informed ? next(1) : share;
      for (int k = 1; k <= 6; ++k) {
        phi = next(phi);
        bp.iterate(t, s);
        // 1/sqrt N = 0.003; five times the binomial error
        EXPECT_NEAR(overlap_now(bp, t, s, target.truth()), phi, 5 * std::sqrt(phi * (1 - phi) / double(o.n)) + 1e-4)
            << "theta=" << theta << (informed ? " informed" : "") << " iteration " << k;
      }
    }
  }
}

NotAllEqual nae(Index n, double alpha, std::uint32_t instance) {
  NotAllEqualOptions o;
  o.n = n, o.k = 5, o.alpha = alpha, o.planted = true, o.instance = instance;
  return NaeSat::make(o, 72);
}
Tilt informed(const NotAllEqual& target, double snr, Stream rng) {
  Tilt t = target.base(1);
  t.precision.setConstant(snr);
  t.field.col(0) = float(snr) * target.truth() + float(std::sqrt(snr)) * checks::normal_vector(target.sites(), rng);
  return t;
}

/// The population's sweep k + 1 sees the messages of k iterations; both start from nothing.
TEST(BpDensityEvolution, NaeSatIterationByIteration) {
  constexpr double kAlpha = 8.5, kSide = 0.35;
  constexpr Index n = 60000;
  const auto population =
      make_population({SparseProblem::Kind::nae_sat, 5}, Path::gaussian, 262144, Stream({73, Purpose::population}, 0));
  population->start(0, PopulationStart::even);
  const NotAllEqual target = nae(n, kAlpha, 0);
  const Bp bp(target, {.schedule = "parallel"});
  const Tilt t = informed(target, kSide, Stream({73, Purpose::test}, 0));
  auto s = bp.start(Streams({73, Purpose::test}, 1));
  s.messages.setZero();
  double last = 0;
  for (int k = 0; k <= 4; ++k) {
    if (k > 0) bp.iterate(t, s);
    const double expected = population->sweep(kAlpha, kSide).overlap, seen = overlap_now(bp, t, s, target.truth());
    // five standard errors of both (variance of tanh below 0.5), and what they are correlated by
    EXPECT_NEAR(seen, expected, 5 * std::sqrt(0.5 / double(n) + 0.5 / 262144)) << "iteration " << k;
    EXPECT_GT(expected, last + 0.01);
    last = expected;
  }
}

/// The end of it, away from any line, over instances.
TEST(BpDensityEvolution, NaeSatFixedPoint) {
  constexpr double kAlpha = 5;  // far below the tricritical 8.4: the overlap answers mildly to anything
  const EvolutionPoint at =
      DensityEvolution(DensityEvolution::Problem::nae_sat, 5, Path::gaussian).at_overlap(kAlpha, 0.6);
  checks::Mean seen, norm;
  for (std::uint32_t instance = 0; instance < 6; ++instance) {
    const NotAllEqual target = nae(8000, kAlpha, instance);
    const Bp bp(target);
    const Tilt t = informed(target, at.side_information, Stream({74, Purpose::test, 0, instance}, 0));
    auto s = bp.start(Streams({74, Purpose::test, 0, instance}, 1));
    double square = 0;
    seen.add(overlap(bp, t, s, target.truth(), &square));
    norm.add(square);
  }
  // six instances: (1.5 + response) sqrt(0.5 / 48000); a finite N moves the mean by O(1/N)
  EXPECT_LE(seen.error(), 0.01);
  checks::expect_mean(seen, 0.6, "overlap", 1e-3);
  checks::expect_mean(norm, 0.6, "norm", 1e-3);
}

}  // namespace
}  // namespace glass

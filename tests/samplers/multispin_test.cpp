// Multi-spin heat bath against its transition matrix, for every number of neighbours.
#include "samplers/multispin.hpp"

#include <gtest/gtest.h>

#include <tuple>

#include "models/edwards_anderson.hpp"
#include "models/pair_graph.hpp"
#include "tests/samplers/reference.hpp"

namespace glass {
namespace {

using namespace reference;

/// +-J bonds of the given pairs, with pins and a field.
PairGraph graph(Index n, const std::vector<std::pair<int, int>>& pairs, double temperature, double field, Index pins) {
  SpinOptions o;
  o.n = n;
  o.temperature = temperature;
  o.field = field;
  o.pins = pins;
  TermList terms{2, {}, {}};
  Stream rng({21, Purpose::test}, 0);
  for (const auto& [i, j] : pairs) {
    terms.sites.insert(terms.sites.end(), {i, j});
    terms.couplings.push_back(rng.uniform() < 0.5 ? 1 : -1);
  }
  return PairGraph(terms, Environment::draw("test", o, 5));
}

/// Graphs whose colouring keeps the order of the sites, so that a sweep is the product of single-site matrices in that
/// order: all with all, two sides, a star, a chain of one bond and a lone site.
struct Shape {
  const char* name;
  Index n;
  std::vector<std::pair<int, int>> pairs;
};
std::vector<Shape> shapes() {
  std::vector<Shape> out{
      {"complete", 7, {}}, {"nearly complete", 6, {}}, {"two sides", 7, {}}, {"star", 7, {}}, {"bond", 3, {{1, 2}}}};
  for (int i = 0; i < 7; ++i)
    for (int j = i + 1; j < 7; ++j) {
      out[0].pairs.emplace_back(i, j);                       // six neighbours
      if (j < 6) out[1].pairs.emplace_back(i, j);            // five
      if (i < 3 && j >= 3) out[2].pairs.emplace_back(i, j);  // four and three
      if (i == 0) out[3].pairs.emplace_back(i, j);           // six and one
    }
  return out;
}

/// One step of every column from exact draws of the law at `power`, against p(x) P(x, y).
void expect_kernel(const PairGraph& target, double power, std::uint32_t seed, const std::string& what) {
  constexpr Index kColumns = 60000;
  Tilt tilt = target.base(1);
  tilt.power.setConstant(power);
  const Eigen::VectorXd w = log_weights(target, tilt), p = normalised(w);
  const Kernel kernel = sweep_kernel(w, [](double d) { return 1 / (1 + std::exp(-d)); });
  EXPECT_LT(largest_change(p, kernel), 1e-12);
  const Multispin<PairGraph> sampler(target);
  auto state = sampler.init(Streams({seed, Purpose::sampler}, kColumns));
  sampler.set_power(state, PerColumn::Constant(kColumns, power));
  Stream rng({seed, Purpose::test, 9, 0}, 0);
  const Batch start = LawDraws(p).batch(target.sites(), kColumns, rng);
  sampler.place(state, start);
  const StepInfo info = sampler.step(state);
  Batch end(start.rows(), start.cols());
  sampler.read(state, end);
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(p.size() * p.size());
  for (Index c = 0; c < kColumns; ++c) counts(number(start.col(c)) + p.size() * number(end.col(c))) += 1;
  const Eigen::MatrixXd law = p.asDiagonal() * kernel;
  expect_plausible(law_check("(x_0, x_1) against p(x) P(x, y)", counts, law.reshaped()), what);
  EXPECT_EQ(info.work.flips, (start.array() != end.array()).count());
  EXPECT_EQ(info.work.attempts, start.size());
}

TEST(Multispin, OneSweepIsTheProductOfSingleSiteMatrices) {
  std::uint32_t seed = 1000;
  for (const Shape& shape : shapes())
    for (const double field : {0.0, 0.3})
      for (const double power : {1.0, 0.4}) {
        const Index pins = field > 0 ? 1 : 0;
        expect_kernel(graph(shape.n, shape.pairs, 1.3, field, pins), power, ++seed,
                      std::string(shape.name) + " field " + std::to_string(field) + " power " + std::to_string(power));
      }
}

/// Flips against large fields are rare and must not be too rare: q = 2e-4 and less, told from 0 and from 2 q.
TEST(Multispin, RareFlipsHaveTheirProbability) {
  const PairGraph target = graph(7, shapes()[3].pairs, 1.4, 0, 0);  // a star: its centre has six neighbours
  const Multispin<PairGraph> sampler(target);
  constexpr Index kColumns = 20000;
  auto state = sampler.init(Streams({31, Purpose::sampler}, kColumns));
  Batch x = Batch::Ones(7, kColumns);
  target.for_each_neighbour(0, [&](Index j, float bj) { x.row(j).setConstant(bj > 0 ? 1.f : -1.f); });
  double against = 0;
  constexpr int kTimes = 400;
  for (int k = 0; k < kTimes; ++k) {
    sampler.place(state, x);
    sampler.step(state);
    Batch after(7, kColumns);
    sampler.read(state, after);
    against += double((after.row(0).array() < 0).count());
  }
  const double q = 1 / (1 + std::exp(12 / 1.4)), expected = q * double(kColumns) * kTimes;
  EXPECT_GT(expected, 1000);
  EXPECT_LT(std::abs(against - expected), 5 * std::sqrt(expected)) << against << " of " << expected;
}

/// Every replica has its own power and random numbers of its own: all begin alike and part as strangers.
TEST(Multispin, ReplicasAreIndependent) {
  const PairGraph target = graph(3, {{0, 1}, {1, 2}, {0, 2}}, 2.0, 0.2, 0);
  const Multispin<PairGraph> sampler(target);
  constexpr Index kColumns = 60000;
  auto state = sampler.init(Streams({41, Purpose::sampler}, kColumns));
  PerColumn power(kColumns);
  for (Index c = 0; c < kColumns; ++c) power(c) = c % 2 ? 0.5 : 1.5;
  sampler.set_power(state, power);
  sampler.place(state, Batch::Ones(3, kColumns));
  sampler.step(state);
  Batch x(3, kColumns);
  sampler.read(state, x);
  const auto row = [&](double at) {
    Tilt tilt = target.base(1);
    tilt.power.setConstant(at);
    return Eigen::VectorXd(
        sweep_kernel(log_weights(target, tilt), [](double d) { return 1 / (1 + std::exp(-d)); }).row(7).transpose());
  };
  const Eigen::VectorXd even = row(1.5), odd = row(0.5);
  for (const Index apart : {1, 2, 64, 128, 192, 256, 257}) {
    Eigen::VectorXd counts = Eigen::VectorXd::Zero(64);
    for (Index c = 0; c + apart < kColumns; c += 2) counts(number(x.col(c)) + 8 * number(x.col(c + apart))) += 1;
    const Eigen::MatrixXd law = even * (apart % 2 ? odd : even).transpose();
    expect_plausible(law_check("pairs", counts, law.reshaped()), std::to_string(apart) + " columns apart");
  }
}

TEST(Multispin, KnowsTheLikelihoodOfWhatItShows) {
  EdwardsAndersonOptions o;
  o.l = 5;
  o.field = 0.2;
  o.pins = 3;
  const PairGraph target = EdwardsAnderson::make(o, 3);
  const Multispin<PairGraph> sampler(target);
  auto state = sampler.init(Streams({51, Purpose::sampler}, 300));  // two planes, one of them not full
  for (int k = 0; k < 10; ++k) sampler.step(state);
  Batch x(125, 300), again(125, 300);
  sampler.read(state, x);
  EXPECT_LT((sampler.log_likelihood(state) - target.log_likelihood(x)).cwiseAbs().maxCoeff(), 1e-4);
  auto other = sampler.init(Streams({52, Purpose::sampler}, 300));
  sampler.place(other, x);
  sampler.read(other, again);
  EXPECT_EQ(x, again);
}

TEST(Multispin, RefusesWhatItsBitsCannotHold) {
  EdwardsAndersonOptions o;
  o.l = 3;
  o.couplings = "gaussian";
  EXPECT_THROW(Multispin<PairGraph>(EdwardsAnderson::make(o, 1)), Refused);
  o.couplings = "binary";
  o.field_spread = 1;
  EXPECT_THROW(Multispin<PairGraph>(EdwardsAnderson::make(o, 1)), Refused);
  std::vector<std::pair<int, int>> star;
  for (int j = 1; j < 8; ++j) star.emplace_back(0, j);
  EXPECT_THROW(Multispin<PairGraph>(graph(8, star, 1, 0, 0)), Refused);
}

}  // namespace
}  // namespace glass

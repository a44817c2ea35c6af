#include "bench/quality.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bench/registry.hpp"

namespace glass {
namespace {

constexpr double kAlpha = 1e-3;

/// Sixteen instances round `mean` with standard error `error`.
std::vector<double> around(double mean, double error) {
  std::vector<double> out;
  for (int k = 0; k < 16; ++k) out.push_back(mean + error * (k % 2 ? 1 : -1) * std::sqrt(15.0));
  return out;
}

CellQuality cell(double random_start) {
  CellQuality q;
  q.planted = true;
  q.paired_energy = estimate(around(random_start, 0.01));
  return q;
}

TEST(Percent, HasTwoDigitsAndAHundredInFull) {
  EXPECT_EQ(percent(0.0016), "0.16%");
  EXPECT_EQ(percent(0.07), "7%");
  EXPECT_EQ(percent(0.31), "31%");
  EXPECT_EQ(percent(1), "100%");
}

TEST(FlipSymmetric, EvenInteractionsAndClausesWithoutFields) {
  const auto flips = [](const char* spec) { return flip_symmetric(*make_model(spec, 1)); };
  EXPECT_TRUE(flips("sk:n=8"));
  EXPECT_FALSE(flips("sk:n=8,field=0.1"));
  EXPECT_FALSE(flips("sk:n=8,pins=1,planted=true"));
  EXPECT_FALSE(flips("ising-p-spin:n=8,p=3"));
  EXPECT_TRUE(flips("ising-p-spin:n=8,p=4"));
  EXPECT_FALSE(flips("xorsat:n=30"));
  EXPECT_TRUE(flips("spiked-matrix:n=20"));
  EXPECT_TRUE(flips("bicolouring:n=30,k=5"));
  EXPECT_TRUE(flips("nae-sat:n=30,k=3"));
  EXPECT_FALSE(flips("colouring:n=30"));  // colours have no opposite
}

TEST(Verdict, SaysWhatWasFound) {
  EXPECT_EQ(verdict(cell(0.01), kAlpha), "agrees");
  EXPECT_EQ(verdict(cell(0.14), kAlpha), "biased by 14 σ");
  EXPECT_EQ(verdict(cell(-0.14), kAlpha), "biased by 14 σ");
}

TEST(Verdict, TellsAWrongKernelFromASlowChain) {
  CellQuality slow = cell(0.2);
  slow.paired_energy_planted = estimate(around(0.0, 0.01));
  slow.start_gap = estimate(around(0.2, 0.01));
  EXPECT_EQ(verdict(slow, kAlpha), "chain not equilibrated: planted and random starts disagree (20 σ)");
  CellQuality wrong = slow;  // an exact kernel never leaves equilibrium: the planted starts are the proof
  wrong.paired_energy_planted = estimate(around(0.1, 0.01));
  EXPECT_EQ(verdict(wrong, kAlpha), "biased by 10 σ from planted starts");
  wrong.exact_start = false;  // a tempered chain, whose hotter replicas did not start exactly: nothing was promised
  EXPECT_EQ(verdict(wrong, kAlpha), "chain not equilibrated: planted and random starts disagree (20 σ)");
}

TEST(Verdict, CountsWhatDidNotConverge) {
  CellQuality q = cell(0.0);
  q.work.denoiser_calls = 1000;
  q.unconverged = 310;
  EXPECT_EQ(verdict(q, kAlpha), "agrees; did not converge in 31% of calls");
  q.paired_energy = estimate(around(0.14, 0.01));
  EXPECT_EQ(verdict(q, kAlpha), "biased by 14 σ; did not converge in 31% of calls");
  q.unconverged = 0;
  EXPECT_EQ(verdict(q, kAlpha), "biased by 14 σ");
}

TEST(Verdict, NishimoriGapCountsOnlyWhereItCouldFail) {
  CellQuality q = cell(0.0);
  q.nishimori = NishimoriGap{estimate(around(-0.2, 0.01)), estimate(around(0, 0.01)), false, true};
  EXPECT_EQ(verdict(q, kAlpha), "overlaps off by 20 σ");
  q.nishimori->informative = false;
  EXPECT_EQ(verdict(q, kAlpha), "agrees");
  q.nishimori = NishimoriGap{estimate(around(0, 0.01)), estimate(around(0.2, 0.01)), false, true};
  EXPECT_EQ(verdict(q, kAlpha), "agrees");  // global flip symmetry: q itself says nothing
  q.nishimori->signed_overlap = true;
  EXPECT_EQ(verdict(q, kAlpha), "overlaps off by 20 σ");
}

TEST(Verdict, SmallSamplesNeedMore) {  // 5 sigma over two instances is no evidence: Student's t with one degree
  CellQuality q;
  q.planted = true;
  q.paired_energy = estimate({0.08, 0.12});
  EXPECT_EQ(verdict(q, kAlpha), "agrees");
}

TEST(Verdict, NothingPlantedIsSaid) {
  CellQuality q;
  EXPECT_EQ(verdict(q, kAlpha), "nothing planted: no truth to compare with");
}

/// Four instances of 8 chains of 4000 draws, whose R-hats are these.
CellQuality mixed(std::vector<std::optional<double>> random, std::vector<std::optional<double>> with_planted) {
  CellQuality q = cell(0.0);
  q.mixing = CellMixing{.draws = 4000, .scalars = 4, .random = {8, std::move(random)}};
  q.mixing->mixed = RHats{16, std::move(with_planted)};
  return q;
}
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Verdict, SaysWhetherChainsHaveMixed) {
  EXPECT_EQ(verdict(mixed({1.0, 1.001, 1.002, 1.009}, {1.0, 1.0, 1.0, 1.0}), kAlpha), "agrees");
  EXPECT_EQ(verdict(mixed({1.0, 1.03, 1.0, 1.2}, {1.0, 1.0, 1.0, 1.0}), kAlpha),
            "agrees; not mixed: R-hat 1.2 in 2 of 4 instances");
  EXPECT_EQ(verdict(mixed({1.0, kInfinity, 1.0, 1.2}, {1.0, 1.0, 1.0, 1.0}), kAlpha),
            "agrees; not mixed: R-hat infinite in 2 of 4 instances");
  EXPECT_EQ(
      verdict(mixed({1.0, 1.0, 1.0, 1.004}, {1.0, 1.0, 1.9, 2.4}), kAlpha),
      "agrees; random starts alone look converged (R-hat 1), with planted starts R-hat is 2.4 in 2 of 4 instances");
  EXPECT_EQ(verdict(mixed({1.0, std::nullopt, 1.0, 1.0}, {1.0, std::nullopt, 1.0, 1.0}), kAlpha),
            "agrees; nothing moved in 1 of 4 instances: R-hat says nothing");
  CellQuality slow = mixed({1.0, 1.0, 1.0, 1.004}, {1.9, 1.9, 1.9, 2.4});
  slow.paired_energy = slow.start_gap = estimate(around(0.2, 0.01));
  slow.paired_energy_planted = estimate(around(0.0, 0.01));
  EXPECT_EQ(verdict(slow, kAlpha),
            "chain not equilibrated: planted and random starts disagree (20 σ); random starts alone look converged "
            "(R-hat 1), with planted starts R-hat is 2.4 in 4 of 4 instances");
  CellQuality brief = mixed({1.3, 1.3, 1.3, 1.3}, {1.15, 1.15, 1.15, 1.15});
  brief.mixing->draws = 3;
  EXPECT_EQ(verdict(brief, kAlpha), "agrees");
  brief.mixing->draws = 8;  // so few draws that independent ones exceed 1.01
  EXPECT_EQ(verdict(brief, kAlpha), "agrees");
}

TEST(Verdict, FlagsARunThatLooksConvergedWithoutARoundTrip) {
  CellQuality q = mixed({1.0, 1.0, 1.0, 1.0}, {1.0, 1.0, 1.0, 1.0});
  q.mixing->round_trips = {0, 12, 3, 0};
  EXPECT_EQ(verdict(q, kAlpha), "agrees; looks converged by R-hat (1), but no round trip in 2 of 4 instances");
  q.mixing->round_trips = {1, 12, 3, 5};
  EXPECT_EQ(verdict(q, kAlpha), "agrees");
  q.mixing->random.worst = {1.0, 1.5, 1.0, 1.0};
  q.mixing->round_trips = {0, 0, 0, 0};
  EXPECT_EQ(verdict(q, kAlpha), "agrees; not mixed: R-hat 1.5 in 1 of 4 instances");  // does not look converged
}

/// Cells of independent draws: chains "have not mixed" in no more than the stated share of them. 160 cells at level
/// 0.1: 16 +- 3.8, four of these.
TEST(Verdict, FalseAlarmsOfIndependentDraws) {
  const auto model = make_model("sk:n=20,temperature=2,planted=true,field=0.1", 3);
  Stream rng({4, Purpose::test}, 0);
  const auto normals = [&](Index rows) {
    Eigen::MatrixXf z(rows, 30);
    rng.normals({z.data(), std::size_t(z.size())});
    return z.cast<double>().eval();
  };
  const auto record = [&] {
    Record r;
    r.lp = normals(6);
    r.m = (4 * normals(6).array()).round();  // few values
    r.q_planted = normals(6);
    r.q_replica = normals(3);
    return r;
  };
  int alarms = 0;
  for (int k = 0; k < 160; ++k) {
    std::vector<InstanceQuality> instances;
    for (int i = 0; i < 3; ++i) {
      const Record random = record(), planted = record();
      instances.push_back(judge_instance(*model, {0, 30, 1}, Kind::chain, random, &planted, {}));
    }
    const CellMixing m = *judge_cell(*model, Kind::chain, instances).mixing;
    ASSERT_EQ(m.scalars, 4);
    alarms += m.above(m.random, 0.1) > 0 || m.above(*m.mixed, 0.1) > 0;
  }
  EXPECT_LE(alarms, 31);
  EXPECT_GE(alarms, 4);  // the level is used, not given away
}

/// Chains of the model itself, stuck in different states or in one, as compare would judge them.
TEST(JudgeInstance, StuckChainsAreInfinitelyFarApartOrSilent) {
  const auto model = make_model("sk:n=8,temperature=0.5,planted=true", 3);
  Record r;
  r.lp = Eigen::MatrixXd::Constant(2, 20, -1000.0);
  r.lp(0, 3) += 1e-3;  // rounding of single precision, not a move
  r.m = Eigen::MatrixXd::Constant(2, 20, 0.5);
  r.m.row(1) *= -1;  // the global flip changes nothing
  r.q_planted = r.m;
  r.q_replica = Eigen::MatrixXd::Constant(1, 20, -0.25);
  const auto worst = [&](const AnyModel& of, const Record* planted) {
    const auto q = judge_instance(of, {0, 20, 1}, Kind::chain, r, planted, {});
    return judge_cell(of, Kind::chain, {q}).mixing.value();
  };
  EXPECT_FALSE(worst(*model, nullptr).random.worst.at(0));
  const auto field = make_model("sk:n=8,temperature=0.5,planted=true,field=0.2", 3);
  EXPECT_TRUE(std::isinf(worst(*field, nullptr).random.worst.at(0).value()));
  Record planted = r;
  planted.q_planted.setOnes();
  const CellMixing both = worst(*model, &planted);
  EXPECT_FALSE(both.random.worst.at(0));
  EXPECT_TRUE(std::isinf(both.mixed->worst.at(0).value()));
  const auto q = judge_instance(*field, {0, 20, 1}, Kind::chain, r, &planted, {});
  EXPECT_EQ(to_json(instance_quality_from(nlohmann::json::parse(to_json(q).dump()))), to_json(q));  // infinities too
}

/// A Record made by hand on a tiny model, so that every number can be worked out beside it.
TEST(JudgeInstance, ReducesARecordToItsNumbers) {
  const auto model = make_model("sk:n=4,temperature=0.5,planted=true", 3);
  const Eigen::VectorXf& truth = model->environment().truth;
  const double truth_lp = model->log_likelihood(truth)(0);
  Record r;
  r.lp = Eigen::MatrixXd::Constant(2, 8, truth_lp - 4.0);  // beta E higher by 4: E/N higher by 4 T/N = 0.5
  r.q_planted = Eigen::MatrixXd::Constant(2, 8, -0.5);
  r.log_q = Eigen::MatrixXd::Constant(2, 8, truth_lp - 6.0);
  r.log_prior = Eigen::MatrixXd::Zero(2, 8);
  r.pair = {0.25, 0.5, 8};
  r.unconverged = 3;
  r.work.denoiser_calls = 12;
  const InstanceQuality q =
      judge_instance(*model, {0, 8, 5}, Kind::generator, r, nullptr, PerColumn::Constant(2, truth_lp - 1.0));
  EXPECT_NEAR(q.paired_energy, 0.5, 1e-12);
  EXPECT_NEAR(*q.elbo, 0.5, 1e-12);   // (lp - ln q)/N = 2/4
  EXPECT_NEAR(*q.eubo, 0.25, 1e-12);  // (lp* - ln q(x*))/N = 1/4
  EXPECT_DOUBLE_EQ(q.q_planted, -0.5);
  EXPECT_DOUBLE_EQ(q.q2_planted, 0.25);
  EXPECT_DOUBLE_EQ(q.q2_pair, 0.5);
  EXPECT_EQ(q.draws, 16);
  EXPECT_FALSE(q.tau);
  EXPECT_TRUE(judge_instance(*model, {0, 8, 5}, Kind::chain, r, &r, {}).tau);
  EXPECT_NEAR(*judge_instance(*model, {0, 8, 5}, Kind::chain, r, &r, {}).paired_energy_planted, 0.5, 1e-12);
  const InstanceQuality back = instance_quality_from(to_json(q));
  EXPECT_EQ(to_json(back), to_json(q));
  EXPECT_EQ(back.work, q.work);
}

/// Weights 1 and 3, half of the draws each: mean 2, (sum w)^2/(M sum w^2) = 4/5. The prior counts.
TEST(JudgeInstance, ImportanceWeights) {
  const auto model = make_model("sk:n=4,temperature=0.5", 3);
  Record r;
  r.lp = Eigen::MatrixXd::Constant(2, 8, 700.0);  // exp of it is infinite
  r.log_q = Eigen::MatrixXd::Constant(2, 8, 690.0);
  r.log_prior = Eigen::MatrixXd::Constant(2, 8, -10.0);
  r.log_prior.row(1).array() += std::log(3.0);
  const InstanceQuality q = judge_instance(*model, {0, 8, 1}, Kind::generator, r, nullptr, {});
  EXPECT_NEAR(*q.weighted_log_z, std::log(2.0) / 4, 1e-12);
  EXPECT_NEAR(*q.weight_ess, 0.8, 1e-12);
  EXPECT_NEAR(*q.elbo, 0.5 * std::log(3.0) / 4, 1e-12);
  EXPECT_EQ(to_json(instance_quality_from(to_json(q))), to_json(q));
  r.log_prior.setConstant(-std::numeric_limits<double>::infinity());
  EXPECT_FALSE(judge_instance(*model, {0, 8, 1}, Kind::generator, r, nullptr, {}).weighted_log_z);
}

TEST(Verdict, NamesAnEstimateAboveItsUpperBound) {
  CellQuality q;
  q.planted = true;
  q.paired_energy = MeanAndError{0, 1, 10};
  q.above_bound = MeanAndError{0.1, 0.001, 10};
  EXPECT_NE(verdict(q, 1e-4).find("above its upper bound"), std::string::npos);
  q.above_bound->mean = -0.1;
  EXPECT_EQ(verdict(q, 1e-4), "agrees");
  q.above_bound = MeanAndError{0.001, 0.001, 10};
  EXPECT_EQ(verdict(q, 1e-4), "agrees");
}

TEST(JudgeCell, AveragesOverInstances) {
  const auto model = make_model("sk:n=100,planted=true", 3);
  std::vector<InstanceQuality> all(4);
  for (std::size_t k = 0; k < all.size(); ++k) {
    all[k].paired_energy = double(k);
    all[k].q2_planted = 0.5;
    all[k].q2_pair = 0.4;
    all[k].has_pairs = true;
    all[k].ess = 10;
    all[k].seconds = 2;
    all[k].draws = 5;
    all[k].work.attempts = 100;
  }
  const CellQuality c = judge_cell(*model, Kind::chain, all);
  EXPECT_DOUBLE_EQ(c.paired_energy->mean, 1.5);
  EXPECT_DOUBLE_EQ(c.nishimori->q2.mean, 0.5 - 0.4);
  EXPECT_TRUE(c.nishimori->informative);
  EXPECT_FALSE(c.nishimori->signed_overlap);
  EXPECT_DOUBLE_EQ(*c.ess, 40);
  EXPECT_DOUBLE_EQ(c.seconds, 8);
  EXPECT_EQ(c.work.attempts, 400);
  EXPECT_TRUE(
      judge_cell(*make_model("sk:n=100,planted=true,field=0.1", 3), Kind::chain, all).nishimori->signed_overlap);
  EXPECT_TRUE(judge_cell(*make_model("ising-p-spin:n=10,planted=true", 3), Kind::chain, all).nishimori->signed_overlap);
  for (InstanceQuality& i : all) i.q2_pair = 0.02;  // below 3/N
  EXPECT_FALSE(judge_cell(*model, Kind::chain, all).nishimori->informative);
}

}  // namespace
}  // namespace glass

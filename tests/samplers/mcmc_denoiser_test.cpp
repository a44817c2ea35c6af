#include "samplers/mcmc_denoiser.hpp"

#include <gtest/gtest.h>

#include "models/core/any_denoiser.hpp"
#include "models/spiked_matrix.hpp"
#include "samplers/glauber.hpp"
#include "samplers/real_sweep.hpp"
#include "samplers/symbol_sweep.hpp"
#include "spinglass/exact.hpp"
#include "tests/samplers/reference.hpp"
#include "tests/samplers/symbol_targets.hpp"

namespace glass {
namespace {

using namespace reference;

/// Every column answers the same question: their mean against `truth`, entry by entry. Fewer than 100 entries in all:
/// correct code is refused with probability 1e-4.
void expect_mean(const Eigen::MatrixXd& answers, const Eigen::VectorXd& truth, const char* what) {
  constexpr double kSigmas = 5;  // 5.7e-7 each
  for (Index i = 0; i < truth.size(); ++i) {
    const Eigen::ArrayXd x = answers.row(i).array();
    const double mean = x.mean(), error = std::sqrt((x - mean).square().sum() / double(x.size() * (x.size() - 1)));
    EXPECT_NEAR(mean, truth(i), kSigmas * error + 1e-6) << what << " " << i;
  }
}

/// `moved`: the tilt asked about, after another one.
template <class T, class K>
void expect_posterior(const T& target, const K& kernel, const Tilt& moved) {
  const Index columns = moved.columns();
  const McmcDenoiserOptions options{.steps = 25, .warmup = 80};
  const McmcDenoiser<K> denoiser(kernel, target.base(1), target.alphabet(), options);
  const Exact exact(target);
  auto state = denoiser.start(Streams({61, Purpose::sampler}, columns));
  auto none = exact.start(Streams({61, Purpose::sampler}, 1));
  const int q = target.alphabet().symbols();
  Batch mean(moved.field.rows(), columns), logp(target.sites() * q, columns);
  denoiser.posterior_mean(target.base(columns), state, mean);
  denoiser.posterior_mean(moved, state, mean);
  denoiser.log_marginals(moved, state, logp);
  const Tilt one{moved.power.head(1), moved.precision.head(1), moved.field.col(0), moved.pinned.col(0)};
  Batch truth(moved.field.rows(), 1), log_truth(logp.rows(), 1);
  exact.posterior_mean(one, none, truth);
  exact.log_marginals(one, none, log_truth);
  expect_mean(mean.cast<double>(), truth.col(0).cast<double>(), "mean");
  // the mean of a count with its pseudo-counts, whatever the autocorrelation; a pinned site has none
  Eigen::VectorXd shrunk = log_truth.col(0).cast<double>().array().exp();
  const double s = options.steps, a = options.pseudo_count;
  for (Index i = 0; i < shrunk.size(); ++i)
    if (moved.free(i / q * target.alphabet().width(), 0)) shrunk(i) = (s * shrunk(i) + a) / (s + q * a);
  const Eigen::MatrixXd p = logp.cast<double>().unaryExpr([](double l) { return std::exp(l); });
  expect_mean(p, shrunk, "marginal");
}

TEST(McmcDenoiser, AnswersAreThePosterior) {
  const Sk sk = small<Sk>(6, 0.6, 1);
  Tilt t = tilted(sk, 1500, 0.7, 0.2f);
  t.precision.setConstant(2);
  t.pinned.row(0).setConstant(-1);
  expect_posterior(sk, Glauber<Sk>(sk), t);
  const SymbolTable ternary(4, Alphabet::ternary(), {-0.5f, 0.0f, -0.3f}, 5, 1);
  Tilt three = ternary.base(1500);
  three.power.setConstant(0.6);
  three.precision.setConstant(0.8);
  three.field.row(2).setConstant(0.7f);
  expect_posterior(ternary, SymbolGlauber<SymbolTable>(ternary), three);
  const SymbolTable potts(3, Alphabet::potts(3), {0.0f, 0.2f, -0.3f}, 6);
  Tilt q = potts.base(1500);
  q.field.row(4).setConstant(0.9f);
  expect_posterior(potts, SymbolGlauber<SymbolTable>(potts), q);
}

/// Power 0 of reals: N(b/(1 + a), 1/(1 + a)) at each site.
TEST(McmcDenoiser, MeansOfReals) {
  SpikedMatrixOptions o;
  o.n = 4;
  o.prior = "gaussian";
  const RankOne target = std::get<RankOne>(SpikedMatrix::make(o, 3));
  const McmcDenoiser denoiser(real_heat_bath(target, {}), target.base(1), target.alphabet(), {.steps = 5});
  Tilt t = target.base(4000);
  t.power.setZero();
  t.precision.setConstant(1.5);
  for (Index i = 0; i < 4; ++i) t.field.row(i).setConstant(float(i) - 1.2f);
  auto state = denoiser.start(Streams({62, Purpose::sampler}, 4000));
  Batch mean(4, 4000), logp(0, 4000);
  denoiser.posterior_mean(t, state, mean);
  expect_mean(mean.cast<double>(), t.field.col(0).cast<double>() / 2.5, "mean");
  EXPECT_THROW(denoiser.log_marginals(t, state, logp), Refused);
  Streams unused({62, Purpose::test}, 4000);
  denoiser.draw_sites(t, state, unused, mean);
  expect_mean(mean.cast<double>(), t.field.col(0).cast<double>() / 2.5, "draw");
  const Eigen::MatrixXd off = mean.cast<double>().colwise() - Eigen::VectorXd(t.field.col(0).cast<double>() / 2.5);
  expect_mean(off.cwiseAbs2(), Eigen::VectorXd::Constant(4, 1 / 2.5), "variance of a draw");
}

/// What is not seen has the pseudo-count, and a pinned site is certain.
TEST(McmcDenoiser, NoSymbolOfAFreeSiteIsImpossible) {
  const CurieWeiss target = small<CurieWeiss>(4, 0.05, 1);  // frozen
  const McmcDenoiser denoiser(Glauber<CurieWeiss>(target), target.base(1), target.alphabet(),
                              {.steps = 10, .pseudo_count = 0.25});
  auto state = denoiser.start(Streams({63, Purpose::sampler}, 5));
  Tilt t = target.base(5);
  t.field.setConstant(100);
  Batch logp(8, 5), x(4, 5);
  denoiser.log_marginals(t, state, logp);
  for (Index c = 0; c < 5; ++c)
    for (Index i = 0; i < 4; ++i) {
      const bool up = t.free(i, c) || t.pinned(i, c) > 0;
      const float seen = t.free(i, c) ? float(std::log(10.25 / 10.5)) : 0.0f;
      const float unseen = t.free(i, c) ? float(std::log(0.25 / 10.5)) : -Tilt::kFree;
      EXPECT_FLOAT_EQ(logp(2 * i + up, c), seen);
      EXPECT_FLOAT_EQ(logp(2 * i + !up, c), unseen);
    }
}

/// The chain goes on where it was, under the new tilt; only `restart` forgets it. Everything is counted.
TEST(McmcDenoiser, ChainGoesOnFromCallToCall) {
  const Sk target = small<Sk>(9, 0.8);
  const Glauber<Sk> kernel(target);
  const McmcDenoiser denoiser(kernel, target.base(1), target.alphabet(), {.steps = 3, .warmup = 2});
  auto state = denoiser.start(Streams({64, Purpose::sampler}, 7));
  auto chain = kernel.init(Streams({64, Purpose::sampler}, 7));
  Batch mean(9, 7), x(9, 7), sum(9, 7);
  for (const float field : {0.0f, 0.5f}) {
    const Tilt t = tilted(target, 7, 0.9, field);
    const DenoiseInfo info = denoiser.posterior_mean(t, state, mean);
    kernel.retilt(chain, t);
    sum.setZero();
    for (int k = 0; k < 5; ++k) {
      kernel.step(chain);
      kernel.read(chain, x);
      if (k >= 2) sum += x;
    }
    EXPECT_EQ(bytes_of(state.chain), bytes_of(chain));
    EXPECT_LT((mean - sum / 3).cwiseAbs().maxCoeff(), 1e-6);
    EXPECT_EQ(info.work.denoiser_calls, 7);
    EXPECT_EQ(info.work.iterations, 7 * 5);
    EXPECT_EQ(info.work.attempts, 7 * 5 * 9);
  }
  denoiser.restart(state);
  kernel.restart(chain);
  EXPECT_EQ(bytes_of(state.chain), bytes_of(chain));
}

struct Still {  // cannot be tilted
  using State = Glauber<Sk>::State;
  Glauber<Sk> inner;
  Traits traits() const { return {"still", Kind::chain, Promise::exact_in_the_limit}; }
  State init(Streams rng) const { return inner.init(std::move(rng)); }
  void restart(State& s) const { inner.restart(s); }
  StepInfo step(State& s) const { return inner.step(s); }
  void read(const State& s, BatchOut x) const { inner.read(s, x); }
};

TEST(McmcDenoiser, AnyKernelThatFollowsATilt) {
  const Sk target = small<Sk>(6, 0.8);
  const AnyDenoiser any(McmcDenoiser<>(AnyKernel(Glauber<Sk>(target)), target.base(1), target.alphabet()), false);
  EXPECT_EQ(any.base(3).field.cols(), 3);
  EXPECT_FALSE(any.exact());
  EXPECT_THROW(McmcDenoiser<>(AnyKernel(Still{Glauber<Sk>(target)}), target.base(1), target.alphabet()), Refused);
}

}  // namespace
}  // namespace glass

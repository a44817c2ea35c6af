#include "samplers/polish.hpp"

#include <gtest/gtest.h>

#include "samplers/any_sampler.hpp"
#include "samplers/autoregressive.hpp"
#include "samplers/blocks.hpp"
#include "samplers/glauber.hpp"
#include "samplers/metropolis.hpp"
#include "spinglass/exact.hpp"
#include "tests/samplers/reference.hpp"

namespace glass {
namespace {

using namespace reference;

/// Independent marginals, then k sweeps: the law is that product times the k-th power of the sweep's kernel.
TEST(Polish, DrawsHaveTheKernelsLawAfterTheGenerators) {
  const Sk target = small<Sk>(4, 0.5);
  const Eigen::VectorXd w = log_weights(target, target.base(1)), p = normalised(w);
  Eigen::VectorXd product = Eigen::VectorXd::Ones(16);
  for (Index i = 0; i < 4; ++i) {
    double up = 0;
    for (Index k = 0; k < 16; ++k) up += k >> i & 1 ? p(k) : 0;
    for (Index k = 0; k < 16; ++k) product(k) *= k >> i & 1 ? up : 1 - up;
  }
  const Kernel sweep = sweep_kernel(w, [](double gain) { return 1 / (1 + std::exp(-gain)); });
  const AnyKernel generator(Autoregressive<>(AnyDenoiser(Exact(target), true), {.block = 4}));
  for (const int steps : {0, 1, 2}) {
    const Polish<> sampler(generator, AnyKernel(Glauber<Sk>(target)), 4, {.steps = steps});
    EXPECT_EQ(sampler.traits().promise, Promise::approximate);
    auto s = sampler.init(Streams({91, Purpose::sampler}, 30000));
    for (int draw = 0; draw < 2; ++draw) {
      const StepInfo info = next_draw(sampler, s);
      EXPECT_TRUE(info.finished);
      EXPECT_EQ(info.work.denoiser_calls, 30000);
      EXPECT_EQ(info.work.attempts, steps * 4 * 30000);
    }
    Batch x(4, 30000);
    sampler.read(s, x);
    Eigen::VectorXd counts = Eigen::VectorXd::Zero(16);
    for (Index c = 0; c < x.cols(); ++c) counts(number(x.col(c))) += 1;
    expect_plausible(law_check("product times kernel^k", counts, product), std::to_string(steps));
    product = sweep.transpose() * product;
  }
}

TEST(Polish, KeepsExactDrawsExact) {
  const IsingPSpin target = small<IsingPSpin>(5, 0.6, 1);
  const AnyKernel generator(Autoregressive<>(AnyDenoiser(Exact(target), true)));
  const Polish<> sampler(generator, AnyKernel(Metropolis<IsingPSpin>(target)), 5, {.steps = 2});
  EXPECT_EQ(sampler.traits().promise, Promise::exact);
  expect_conforms(check_conformance("polish", [&](Streams rng) { return erase(Blocks(sampler, 256), std::move(rng)); },
                                    normalised(log_weights(target, target.base(1))), {.seed = 92, .columns = 8000}));
}

}  // namespace
}  // namespace glass

#include "samplers/simulated_annealing.hpp"

#include <gtest/gtest.h>

#include "samplers/glauber.hpp"
#include "tests/samplers/reference.hpp"

namespace glass {
namespace {

using namespace reference;

/// The power rises to 1 and no further; the last step is made at the target itself.
TEST(SimulatedAnnealing, CoolsAsTheScheduleSays) {
  const AnyKernel kernel(Glauber<Sk>(small<Sk>(5, 1)));
  const SimulatedAnnealing<> linear(kernel, {.steps = 5, .hottest = 0.2});
  const SimulatedAnnealing<> geometric(kernel, {.steps = 3, .hottest = 0.04, .schedule = "geometric"});
  for (int k = 0; k < 5; ++k) EXPECT_NEAR(linear.power(k), 0.2 + 0.2 * k, 1e-12);
  for (int k = 0; k < 3; ++k) EXPECT_NEAR(geometric.power(k), 0.04 * std::pow(5.0, k), 1e-12);
  EXPECT_EQ(linear.power(9), 1);
  EXPECT_EQ(SimulatedAnnealing<>(kernel, {.steps = 1}).power(0), 1);
  EXPECT_THROW(SimulatedAnnealing<>(kernel, {.schedule = "geometric"}), BadInput);
  const SimulatedAnnealing<Glauber<Sk>> bare(Glauber<Sk>(small<Sk>(5, 1)), {.steps = 4});
  auto s = bare.init(Streams({1, Purpose::sampler}, 2));
  for (int draw = 0; draw < 2; ++draw) {
    bare.restart(s);
    for (int k = 0; k < 4; ++k) {
      EXPECT_EQ(bare.step(s).finished, k == 3);
      EXPECT_EQ(s.walkers.at.power(0), bare.power(k));
    }
  }
}

/// A ferromagnet in two valleys of unequal weight: fast cooling halves them, slow cooling weighs them.
TEST(SimulatedAnnealing, IsRightInTheLimitOfSlowCooling) {
  const CurieWeiss target = [] {
    CurieWeissOptions o;
    o.n = 6;
    o.temperature = 0.6;
    o.field = 0.15;
    return CurieWeiss::make(o, 1);
  }();
  const Eigen::VectorXd p = normalised(log_weights(target, target.base(1)));
  const auto off = [&](int steps) {
    const SimulatedAnnealing<> sampler(AnyKernel(Glauber<CurieWeiss>(target)), {.steps = steps});
    auto s = sampler.init(Streams({std::uint32_t(steps), Purpose::sampler}, 8000));
    next_draw(sampler, s);
    Batch x(6, 8000);
    sampler.read(s, x);
    Eigen::VectorXd f = Eigen::VectorXd::Zero(p.size());
    for (Index c = 0; c < x.cols(); ++c) f(number(x.col(c))) += 1.0 / 8000;
    return 0.5 * (f - p).cwiseAbs().sum();
  };
  const double fast = off(3), slow = off(600);
  EXPECT_GT(fast, 0.2);
  EXPECT_LT(slow, 0.03);  // 64 cells of 8000 draws: perfect draws show 0.017
}

}  // namespace
}  // namespace glass

#include "bench/calibration.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include "bench/instance_file.hpp"
#include "bench/instance_spec.hpp"
#include "bench/verify.hpp"
#include "models/core/error.hpp"

namespace glass {
namespace {

constexpr double kOverall = 1e-4;

/// Every exact sampler there is, on every planted model there is: what the registry holds, by name of nothing.
TEST(Calibration, EveryExactSamplerOfEveryPlantedModelHasUniformRanks) {
  const auto all = calibrations(verify_models(), verify_samplers(), 400, 5);
  std::size_t pairs = 0, checks = 0;
  for (const Calibrated& c : all) {
    pairs += !c.checks.empty();
    checks += c.checks.size();
    EXPECT_TRUE(c.checks.empty() != c.refused.empty()) << c.sampler << " on " << c.model;
  }
  EXPECT_GE(pairs, 6u);  // at least the autoregressive sampler with the exact denoiser
  for (const Calibrated& c : all)
    for (const Check& k : c.checks)
      EXPECT_GT(k.p_value, kOverall / double(checks)) << c.sampler << " on " << c.model << ": " << k.name;
}

/// The instance with another temperature or fields, without a signal: what a wrong sampler believes in.
std::unique_ptr<AnyModel> believed(const AnyModel& model, auto&& change) {
  Environment e = model.environment();
  e.truth.resize(0);
  change(e);
  return model_from_terms(model.spec(), model.name(), terms_of(model, model.order()), e);
}

double smallest_p(const std::string& spec, int instances, auto&& change) {
  const auto make = [&](std::uint32_t k, Index columns) {
    CalibrationCase c{make_model(with_instance(spec, k), 5), nullptr};
    c.sampler = make_sampler(*believed(*c.model, change), "autoregressive:denoiser=exact",
                             Streams({5, Purpose::test, 0, k}, columns));
    return c;
  };
  double p = 1;
  for (const Check& c : calibrate(make, {.seed = 5, .instances = instances})) p = std::min(p, c.p_value);
  return p;
}

TEST(Calibration, SeesATemperatureTenPercentOffAndAFieldAddedAfterPlanting) {
  const auto nothing = [](Environment&) {};
  const auto colder = [](Environment& e) { e.beta *= 1.1; };
  const auto hotter = [](Environment& e) { e.beta /= 1.1; };
  const auto field = [](Environment& e) { e.h.array() += 0.1f; };
  // a temperature 10% off shifts the energy by 0.1 of its beta sigma
  const auto expect = [](const std::string& spec, int instances, const auto& change, bool seen) {
    const double p = smallest_p(spec, instances, change);
    EXPECT_EQ(p < kOverall / 8, seen) << spec << ": p = " << p;
  };
  const std::string three = "ising-p-spin:n=8,temperature=0.6,planted=true", sk = "sk:n=10,planted=true";
  expect(three, 1600, nothing, false);
  expect(three, 1600, colder, true);
  expect(three, 1600, hotter, true);
  expect(three, 1600, field, true);
  expect(sk, 2400, nothing, false);
  expect(sk, 2400, colder, true);
}

TEST(Calibration, DoesNotDependOnThreads) {
  const auto run = [](int threads) {
    omp_set_num_threads(threads);
    return calibrations({"sk:n=5,planted=true"}, {"autoregressive"}, 80, 7).at(0).checks;
  };
  const int before = omp_get_max_threads();
  const auto one = run(1), two = run(2);
  omp_set_num_threads(before);
  ASSERT_EQ(one.size(), two.size());
  for (std::size_t k = 0; k < one.size(); ++k) EXPECT_EQ(one[k].statistic, two[k].statistic);
}

TEST(Calibration, RefusesWhatSaysNothing) {
  const auto null = [](std::uint32_t k, Index columns) {
    CalibrationCase c{make_model(with_instance("sk:n=5", k), 1), nullptr};
    c.sampler = make_sampler(*c.model, "autoregressive:denoiser=exact", Streams({1, Purpose::test, 0, k}, columns));
    return c;
  };
  EXPECT_THROW(calibrate(null, {.instances = 80}), BadInput);
  EXPECT_THROW(calibrate(null, {.instances = 39}), BadInput);
  EXPECT_EQ(calibrations({"sk:n=5"}, {"glauber"}, 80, 1).at(0).refused, "promises no exact draws");
}

}  // namespace
}  // namespace glass

// What wrapping costs, and where rejection-free updates begin to pay. Ratios within one run mean something; the two
// cases of a pair run the same walkers at the same temperatures.
#include <benchmark/benchmark.h>

#include "bench/registry.hpp"
#include "samplers/parallel_tempering.hpp"

namespace glass {
namespace {

void rates(benchmark::State& state, const Work& work, double sweeps) {
  const auto rate = [](double n) { return benchmark::Counter(n, benchmark::Counter::kIsRate); };
  state.counters["attempts_per_second"] = rate(double(work.attempts));
  state.counters["flips_per_second"] = rate(double(work.flips));
  state.counters["sweeps_per_second"] = rate(sweeps);
}

/// 8 walkers at the powers of a ladder, bare (0) or tempered (1): the same sweeps without and with swaps.
void tempering(benchmark::State& state, const char* model_spec) {
  const auto model = make_model(model_spec, 1);
  const AnyKernel kernel = *model->kernel({"glauber", {}});
  constexpr int kRungs = 8;
  const ParallelTempering<> tempered(kernel, {.rungs = kRungs, .hottest = 0.5, .adapt = false});
  auto t = tempered.init(Streams({1, Purpose::sampler}, 1));
  auto bare = kernel.init(Streams({1, Purpose::sampler}, kRungs));
  kernel.set_power(bare, t.ladder);
  for (int k = 0; k < 300; ++k) {  // equilibrium's acceptance, not a random start's
    tempered.step(t);
    kernel.step(bare);
  }
  Work work;
  for (auto _ : state) work += state.range(0) ? tempered.step(t).work : kernel.step(bare).work;
  rates(state, work, double(state.iterations()) * kRungs);
}

/// One column, one step a sweep's time; the temperature in hundredths.
void low_temperature(benchmark::State& state, const char* sampler) {
  const auto model = make_model("edwards-anderson:d=3,l=32,temperature=" + to_text(double(state.range(0)) / 100), 1);
  const auto chain = make_sampler(*model, sampler, Streams({1, Purpose::sampler}, 1));
  for (int k = 0; k < 300; ++k) chain->step();
  Work work;
  for (auto _ : state) work += chain->step().work;
  rates(state, work, double(state.iterations()));
}

BENCHMARK_CAPTURE(tempering, sk, "sk:n=1024,temperature=0.7")
    ->Name("tempering/sk/n:1024")
    ->ArgName("swaps")
    ->Arg(0)
    ->Arg(1);
BENCHMARK_CAPTURE(tempering, edwards_anderson, "edwards-anderson:d=3,l=10,temperature=0.7")
    ->Name("tempering/edwards-anderson-3d/l:10")
    ->ArgName("swaps")
    ->Arg(0)
    ->Arg(1);
BENCHMARK_CAPTURE(low_temperature, glauber, "glauber")
    ->Name("low-temperature/edwards-anderson-3d/l:32/glauber")
    ->ArgName("T_percent")
    ->Arg(100)
    ->Arg(50)
    ->Arg(25);
BENCHMARK_CAPTURE(low_temperature, n_fold_way, "n-fold-way")
    ->Name("low-temperature/edwards-anderson-3d/l:32/n-fold-way")
    ->ArgName("T_percent")
    ->Arg(100)
    ->Arg(50)
    ->Arg(25);

}  // namespace
}  // namespace glass

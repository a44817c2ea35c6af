// Heat bath on sparse constraint satisfaction: MODEL/glauber/n:SIZE, attempts per second against N. Planted instances,
// from the planted start: equilibrium at every size, without a warm-up that grows with N.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bench/registry.hpp"

namespace {

using namespace glass;

void sweep(benchmark::State& state, const std::string& spec, Index n) {
  const auto model = make_model(spec + ",planted=true,n=" + std::to_string(n), 1);
  const auto sampler = make_sampler(*model, "glauber", Streams({1, Purpose::sampler}, 1));
  sampler->place(model->environment().truth);
  for (int k = 0; k < 3; ++k) sampler->step();
  Work work;
  for (auto _ : state) work += sampler->step().work;
  const auto rate = [](std::int64_t count) { return benchmark::Counter(double(count), benchmark::Counter::kIsRate); };
  state.counters["attempts_per_second"] = rate(work.attempts);
  state.counters["flips_per_second"] = rate(work.flips);
}

/// k = 5 and q = 5 below their dynamical thresholds: solutions only, and at a temperature.
const bool registered = [] {
  const struct {
    const char *name, *spec;
    std::vector<Index> sizes;
  } cases[] = {{"bicolouring", "bicolouring:k=5,alpha=9", {1000, 10000, 100000, 1000000}},
               {"bicolouring-warm", "bicolouring:k=5,alpha=9,temperature=0.5", {100000}},
               {"nae-sat", "nae-sat:k=5,alpha=9", {100000}},
               {"colouring", "colouring:colours=5,degree=12", {1000, 10000, 100000, 1000000}}};
  for (const auto& c : cases)
    for (const Index n : c.sizes)
      benchmark::RegisterBenchmark((std::string(c.name) + "/glauber/n:" + std::to_string(n)).c_str(),
                                   [spec = c.spec, n](benchmark::State& state) { sweep(state, spec, n); })
          ->Iterations(std::max<Index>(10, 4000000 / n))  // a large instance takes seconds to draw: once
          ->Unit(benchmark::kMillisecond);
  return true;
}();

}  // namespace

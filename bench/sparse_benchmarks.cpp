// Heat bath on sparse models: what a sweep costs on a lattice that stays in the caches, and against N where nothing
// does. Names MODEL/glauber/SIZE as in benchmarks.cpp.
#include <benchmark/benchmark.h>

#include <string>

#include "bench/registry.hpp"

namespace {

using namespace glass;

void sweeps(benchmark::State& state, const std::string& model_spec, const std::string& sampler_spec) {
  const auto model = make_model(model_spec, 1);
  const auto sampler = make_sampler(*model, sampler_spec, Streams({1, Purpose::sampler}, 1));
  for (std::int64_t done = 0; done < 50'000'000; done += model->sites()) sampler->step();  // out of the random start
  Work work;
  for (auto _ : state) work += sampler->step().work;
  const auto rate = [](std::int64_t n) { return benchmark::Counter(double(n), benchmark::Counter::kIsRate); };
  state.counters["attempts_per_second"] = rate(work.attempts);
  state.counters["flips_per_second"] = rate(work.flips);
}

/// An instance drawn: O(N), and how long.
void make(benchmark::State& state, const std::string& model_spec) {
  for (auto _ : state) benchmark::DoNotOptimize(make_model(model_spec, 1));
}

const int registered = [] {
  const auto sweep = [](const std::string& name, const std::string& spec) {
    benchmark::RegisterBenchmark(name.c_str(), [spec](benchmark::State& s) {
      sweeps(s, spec, "glauber");
    })->Unit(benchmark::kMillisecond);
  };
  for (const char* l : {"16", "32"})
    sweep("edwards-anderson-3d/glauber/l:" + std::string(l),
          "edwards-anderson:d=3,temperature=1.1111111111111112,l=" + std::string(l));
  for (const char* n : {"1000", "10000", "100000", "1000000"})
    sweep("diluted-3-spin/glauber/n:" + std::string(n), "diluted-p-spin:p=3,alpha=1,temperature=1,n=" + std::string(n));
  for (const char* l : {"100", "316", "1000"})  // N = 1e4, 1e5, 1e6
    sweep("edwards-anderson-2d/glauber/l:" + std::string(l), "edwards-anderson:d=2,temperature=1,l=" + std::string(l));
  for (const auto& [name, spec] :
       {std::pair{"edwards-anderson-3d/make/l:100", "edwards-anderson:d=3,l=100,planted=true"},
        {"xorsat/make/n:1000000", "xorsat:n=1000000,planted=true"},
        {"xorsat-regular/make/n:1000000", "xorsat:n=999999,alpha=1,graph=regular,planted=true"},
        {"bicolouring/make/n:1000000", "bicolouring:k=5,alpha=9,n=1000000,planted=true"},
        {"colouring/make/n:1000000", "colouring:colours=5,degree=12,n=1000000,planted=true"}})
    benchmark::RegisterBenchmark(name, [spec = std::string(spec)](benchmark::State& s) {
      make(s, spec);
    })->Unit(benchmark::kMillisecond);
  return 0;
}();

}  // namespace

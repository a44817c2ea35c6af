// Population dynamics on one core. One item is one update: one site made of a Poisson number of messages (mean 45 for
// k = 5, alpha = 9) and side information, and one message made of four sites, with the averages of both. `hold` is the
// sweep that boundaries are made of: it also solves for the side information.
#include <benchmark/benchmark.h>

#include "spinglass/sparse_phase.hpp"

namespace glass {
namespace {

void sweep(benchmark::State& state, SparseProblem problem, Path path, double control, double side) {
  const auto p = make_population(problem, path, state.range(0), Stream({1, Purpose::test}, 0));
  p->start(0.5, PopulationStart::certain);
  for (auto _ : state) benchmark::DoNotOptimize(p->sweep(control, side));
  state.SetItemsProcessed(state.iterations() * std::int64_t(p->updates_per_sweep()));
}
void hold(benchmark::State& state, SparseProblem problem, Path path, double control, double overlap) {
  const auto p = make_population(problem, path, state.range(0), Stream({1, Purpose::test}, 0));
  p->start(overlap, PopulationStart::certain);
  for (auto _ : state) benchmark::DoNotOptimize(p->hold(control, overlap));
  state.SetItemsProcessed(state.iterations() * std::int64_t(p->updates_per_sweep()));
}
/// One value of the control parameter on both paths, as for a quick panel.
void lines(benchmark::State& state) {
  const PopulationOptions quick{.population = 32768, .sweeps = 30, .discard = 20, .points = 24, .seeds = 2};
  for (auto _ : state)
    for (const Path path : {Path::gaussian, Path::erasure})
      benchmark::DoNotOptimize(sparse_lines({SparseProblem::Kind::bicolouring, 5}, path, 9.0, quick));
}

constexpr SparseProblem kNae{SparseProblem::Kind::bicolouring, 5}, kXorsat{SparseProblem::Kind::xorsat, 3},
    kColouring{SparseProblem::Kind::colouring, 5};

BENCHMARK_CAPTURE(sweep, bicolouring_gaussian, kNae, Path::gaussian, 9.0, 0.15)
    ->Name("population/sweep/bicolouring-5/diffusion/n")
    ->Arg(20000)
    ->Arg(200000)
    ->Arg(1000000);
BENCHMARK_CAPTURE(sweep, bicolouring_erasure, kNae, Path::erasure, 9.0, 0.1)
    ->Name("population/sweep/bicolouring-5/autoregressive/n")
    ->Arg(20000)
    ->Arg(200000)
    ->Arg(1000000);
BENCHMARK_CAPTURE(hold, bicolouring_gaussian, kNae, Path::gaussian, 9.0, 0.6)
    ->Name("population/hold/bicolouring-5/diffusion/n")
    ->Arg(65536);
BENCHMARK_CAPTURE(hold, bicolouring_erasure, kNae, Path::erasure, 9.0, 0.6)
    ->Name("population/hold/bicolouring-5/autoregressive/n")
    ->Arg(65536);
BENCHMARK_CAPTURE(sweep, xorsat_erasure, kXorsat, Path::erasure, 0.8, 0.1)
    ->Name("population/sweep/xorsat-3/autoregressive/n")
    ->Arg(65536);
BENCHMARK_CAPTURE(sweep, colouring_gaussian, kColouring, Path::gaussian, 12.8, 0.3)
    ->Name("population/sweep/colouring-5/diffusion/n")
    ->Arg(65536);
BENCHMARK(lines)->Name("population/lines_both_paths")->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

}  // namespace
}  // namespace glass

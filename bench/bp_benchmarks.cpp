// Belief propagation on planted 3-XORSAT at T = 0 with Gaussian side information, so that no message is 0 or certain:
// denoiser/bp/xorsat/n:SIZE[/batch:COLUMNS] in directed-edge message updates, factor to site, times columns; and what
// its arrays allow, limit/bp/..: the same bytes moved without the arithmetic. reveals/bp/..: sites of one
// autoregressive draw, each pinned and its consequences followed.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "models/xorsat.hpp"
#include "samplers/autoregressive.hpp"
#include "spinglass/bp.hpp"

namespace {

using namespace glass;

SparsePSpin instance(Index n) {
  XorsatOptions o;
  o.n = n, o.alpha = 0.8, o.planted = true;
  return Xorsat::make(o, 1);
}

benchmark::Counter rate(double count) { return benchmark::Counter(count, benchmark::Counter::kIsRate); }

void sweeps(benchmark::State& state) {
  const SparsePSpin target = instance(state.range(0));
  const Index b = state.range(1);
  const Bp bp(target);
  Tilt t = bp.base(b);
  Stream rng({1, Purpose::start}, 0);
  for (Index c = 0; c < b; ++c) {
    Eigen::VectorXf z(target.sites());
    rng.normals({z.data(), std::size_t(z.size())});
    t.field.col(c) = 0.25f * target.truth() + 0.5f * z;
  }
  auto s = bp.start(Streams({1, Purpose::denoiser}, b));
  // the sums over sites are made once a call: enough sweeps that they do not show
  constexpr int kSweeps = 10;
  bp.iterate(t, s, 2);
  for (auto _ : state) bp.iterate(t, s, kSweeps);
  state.counters["edge_updates_per_second"] =
      rate(double(state.iterations()) * kSweeps * double(b) * double(bp.graph().literals.size()));
}

/// A sweep's memory traffic alone: for each message, itself and its site's sum are read and written.
void traffic(benchmark::State& state) {
  const Bp bp(instance(state.range(0)));
  const Index b = state.range(1), n = bp.graph().sites();
  const std::vector<std::uint32_t>& literals = bp.graph().literals;
  std::vector<float> u(literals.size() * std::size_t(b), 0.5f);
  std::vector<double> h(std::size_t(n * b), 1.0);
  for (auto _ : state) {
    for (std::size_t place = 0; place < literals.size(); ++place) {
      float* message = u.data() + place * std::size_t(b);
      double* sum = h.data() + std::size_t(literals[place] >> 1) * std::size_t(b);
      for (Index c = 0; c < b; ++c) {
        const float to = 0.5f * (float(sum[c]) - message[c]);
        sum[c] += double(to) - double(message[c]);
        message[c] = to;
      }
    }
    benchmark::ClobberMemory();
  }
  state.counters["edge_updates_per_second"] = rate(double(state.iterations()) * double(b) * double(literals.size()));
}

/// ln q of the planted signal.
void reveals(benchmark::State& state, const std::string& order) {
  const SparsePSpin target = instance(state.range(0));
  const Autoregressive<Bp> sampler(Bp(target), false, {.order = order});
  auto s = sampler.init(Streams({1, Purpose::sampler}, 1));
  for (auto _ : state) benchmark::DoNotOptimize(sampler.log_prob_of(s, target.truth()).first.data());
  state.counters["sites_per_second"] = rate(double(state.iterations()) * double(target.sites()));
}

BENCHMARK(sweeps)
    ->Name("denoiser/bp/xorsat")
    ->ArgNames({"n", "batch"})
    ->ArgsProduct({{1000, 10000, 100000, 1000000}, {1}})
    ->ArgsProduct({{1000, 100000}, {8, 16}})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(traffic)
    ->Name("limit/bp/xorsat")
    ->ArgNames({"n", "batch"})
    ->ArgsProduct({{1000, 100000, 1000000}, {1}})
    ->ArgsProduct({{100000}, {8, 16}})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(reveals, random, "random")
    ->Name("reveals/bp/xorsat")
    ->ArgName("n")
    ->RangeMultiplier(10)
    ->Range(1000, 100000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(reveals, most_certain, "most-certain-first")
    ->Name("reveals/bp/xorsat/most-certain-first")
    ->ArgName("n")
    ->RangeMultiplier(10)
    ->Range(1000, 100000)
    ->Unit(benchmark::kMillisecond);

}  // namespace

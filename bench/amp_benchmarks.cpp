// What an iteration of AMP costs on dense models, and the two limits it meets: multiply-adds and reading the couplings.
#include <benchmark/benchmark.h>

#include "models/core/vector_loops.hpp"
#include "models/ising_p_spin.hpp"
#include "models/sk.hpp"
#include "models/spiked_matrix.hpp"
#include "spinglass/amp.hpp"
#include "spinglass/rank_one_amp.hpp"

namespace {

using namespace glass;

/// Calls of twenty iterations from nothing, with side information so that no column stops early.
/// `flops`: of an iteration of one column.
void amp(benchmark::State& state, const auto& target, Index columns, double flops) {
  const Index n = target.sites();
  const Amp denoiser(target, AmpOptions{.max_iterations = 20, .tolerance = 1e-7});
  Tilt tilt = denoiser.base(columns);
  tilt.precision.setConstant(0.5);
  for (Index c = 0; c < columns; ++c) {
    Stream rng({1, Purpose::test}, std::uint32_t(c));
    rng.normals({tilt.field.col(c).data(), std::size_t(n)});
    tilt.field.col(c) = 0.7f * tilt.field.col(c) + 0.5f * target.truth();
  }
  auto messages = denoiser.start(Streams({1, Purpose::denoiser}, columns));
  Batch mean(n, columns);
  std::int64_t iterations = 0;
  for (auto _ : state) {
    denoiser.restart(messages);
    iterations += denoiser.posterior_mean(tilt, messages, mean).work.iterations;
  }
  const auto rate = [](double count) { return benchmark::Counter(count, benchmark::Counter::kIsRate); };
  state.counters["iterations_per_second"] = rate(double(iterations));  // of one column
  state.counters["gflops"] = rate(1e-9 * flops * double(iterations));
  // a call's columns share one pass over the couplings
  state.counters["read_bytes_per_second"] =
      benchmark::Counter(double(iterations) / double(columns) * 4.0 * double(n) * double(n),
                         benchmark::Counter::kIsRate, benchmark::Counter::kIs1024);
}

void amp_sk(benchmark::State& state) {
  SkOptions o;
  o.n = state.range(0), o.planted = true;
  const Sk sk = Sk::make(o, 1);
  amp(state, sk, state.range(1), 2.0 * double(o.n) * double(o.n));
}
void amp_sparse_matrix(benchmark::State& state) {
  SpikedMatrixOptions o;
  o.prior = "sparse-rademacher", o.n = state.range(0), o.rho = 0.08, o.delta = 0.0064, o.planted = true;
  amp(state, std::get<SparseRankOne>(SpikedMatrix::make(o, 1)), state.range(1), 2.0 * double(o.n) * double(o.n));
}
void amp_three_spin(benchmark::State& state) {  // 4 flops a coupling
  IsingPSpinOptions o;
  o.n = state.range(0), o.planted = true;
  amp(state, IsingPSpin::make(o, 1), state.range(1), 4.0 * double(IsingPSpin::binomial(o.n, 3)));
  state.counters.erase("read_bytes_per_second");
}

/// Twelve independent chains of multiply-adds in registers.
void fma_limit(benchmark::State& state) {
  constexpr int kChains = 12, kRepeats = 4096;
  const Lanes8 factor = Lanes8::all(0.999f), term = Lanes8::all(0.001f);
  for (auto _ : state) {
    Lanes8 chain[kChains];
    for (Lanes8& c : chain) c = Lanes8::all(1);
    for (int k = 0; k < kRepeats; ++k)
      for (Lanes8& c : chain) c = fma(c, factor, term);
    for (Lanes8& c : chain) benchmark::DoNotOptimize(c);
  }
  state.counters["gflops"] = benchmark::Counter(
      1e-9 * double(state.iterations()) * 2 * Lanes8::kWidth * kChains * kRepeats, benchmark::Counter::kIsRate);
}

BENCHMARK(amp_sk)
    ->Name("denoiser/amp/sk")
    ->ArgNames({"n", "batch"})
    ->Args({2000, 64})
    ->Args({2000, 16})
    ->Args({2000, 1});
BENCHMARK(amp_sparse_matrix)->Name("denoiser/amp/spiked-matrix")->ArgNames({"n", "batch"})->Args({2000, 64});
BENCHMARK(amp_three_spin)
    ->Name("denoiser/amp/ising-3-spin")
    ->ArgNames({"n", "batch"})
    ->Args({200, 16})
    ->Args({400, 16});
BENCHMARK(fma_limit)->Name("limit/fma");

}  // namespace

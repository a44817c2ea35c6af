// One Google Benchmark case per registered sampler and model it fits: MODEL/SAMPLER/n:SIZE, and the limits beside them.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>

#include "bench/registry.hpp"
#include "models/core/error.hpp"
#include "models/core/random.hpp"
#include "models/core/storage.hpp"
#include "models/core/vector_loops.hpp"

namespace {

using namespace glass;

/// One step of a chain (a sweep or a proposal), or one draw of a generator, on a planted instance.
void step(benchmark::State& state, const std::string& model_spec, const std::string& sampler_spec, Index columns) {
  const auto model = make_model(model_spec, 1);
  const auto sampler = make_sampler(*model, sampler_spec, Streams({1, Purpose::sampler}, columns));
  const bool chain = sampler->traits().kind == Kind::chain;
  for (int k = 0; chain && k < 200; ++k) {  // equilibrium's acceptance, not a random start's
    sampler->step();
    sampler->adapt();
  }
  Work work;
  for (auto _ : state) work += chain ? sampler->step().work : sampler->next_draw(1).work;
  const auto rate = [](std::int64_t n) { return benchmark::Counter(double(n), benchmark::Counter::kIsRate); };
  if (work.attempts) state.counters["attempts_per_second"] = rate(work.attempts);
  if (work.flips) state.counters["flips_per_second"] = rate(work.flips);
  if (work.gradients) state.counters["gradients_per_second"] = rate(work.gradients);
  if (work.iterations) state.counters["iterations_per_second"] = rate(work.iterations);
  if (!chain) state.counters["draws_per_second"] = rate(state.iterations() * columns);
}

/// y += a x, x the first `columns` columns of an n x n matrix in order, round and round: what a flip costs at least.
/// All of them, and as many as stay in the second-level cache: a sweep flips its few loose spins again and again.
void axpy_limit(benchmark::State& state) {
  const Index n = state.range(0), columns = state.range(1);
  Couplings j(n, columns);
  Eigen::VectorXf y = Eigen::VectorXf::Zero(n);
  Index i = 0;
  for (auto _ : state) {
    axpy(n, 2.0f, j.col(i), y.data());
    i = i + 1 == columns ? 0 : i + 1;
    benchmark::DoNotOptimize(y.data());
    benchmark::ClobberMemory();
  }
  state.counters["flips_per_second"] = benchmark::Counter(double(state.iterations()), benchmark::Counter::kIsRate);
}

/// Floats in registers: several chains of additions, so that their latency does not show.
template <int size>
using Piece = Eigen::Array<float, size, 1>;
template <int size>
Eigen::Map<const Piece<size>> piece(const float* p) {
  return Eigen::Map<const Piece<size>>(p);
}

/// J read once from wherever it lies, every number added up and nothing else done: what a proposal costs at least that
/// needs all fields of one column.
void read_limit(benchmark::State& state) {
  const Index n = state.range(0);
  const Couplings j(n, n);
  for (auto _ : state) {
    Piece<64> sum = Piece<64>::Zero();
    for (Index c = 0; c < n; ++c)
      for (Index i = 0; i + 64 <= n; i += 64) sum += piece<64>(j.col(c) + i);
    benchmark::DoNotOptimize(sum);
  }
  state.SetBytesProcessed(state.iterations() * n * n * Index{sizeof(float)});
}

/// The same bytes as a matrix-vector product, as `open` asks for it.
void gemv_limit(benchmark::State& state) {
  const Index n = state.range(0);
  const Couplings j(n, n);
  const Eigen::VectorXf x = Eigen::VectorXf::Ones(n);
  Eigen::VectorXf y(n);
  for (auto _ : state) {
    y.noalias() = j.matrix() * x;
    benchmark::DoNotOptimize(y.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * n * n * Index{sizeof(float)});
}

/// A flip of the 3-spin model without its triangle: the same n(n-1)/2 couplings of one slice, the first `slices` slices
/// in order, a dot product and an AXPY for each piece of n of them, 4 flops each.
void slice_limit(benchmark::State& state) {
  const Index n = state.range(0), slices = state.range(1), slice = n * (n - 1) / 2;
  const Couplings j(slice, slices);
  const Eigen::VectorXf x = Eigen::VectorXf::Ones(n);
  Eigen::VectorXf g = Eigen::VectorXf::Zero(n);
  Index flip = 0;
  for (auto _ : state) {
    Piece<32> dot = Piece<32>::Zero();
    for (Index first = 0; first < slice; first += n) {
      const float* row = j.col(flip) + first;
      const Index some = std::min(n, slice - first);
      for (Index i = 0; i + 32 <= some; i += 32) {
        const Piece<32> a = piece<32>(row + i);
        dot += a * piece<32>(x.data() + i);
        Eigen::Map<Piece<32>>(g.data() + i) += 2.0f * a;
      }
    }
    flip = flip + 1 == slices ? 0 : flip + 1;
    benchmark::DoNotOptimize(dot);
    benchmark::DoNotOptimize(g.data());
    benchmark::ClobberMemory();
  }
  state.counters["flips_per_second"] = benchmark::Counter(double(state.iterations()), benchmark::Counter::kIsRate);
  state.SetBytesProcessed(state.iterations() * slice * Index{sizeof(float)});
}

/// The GEMM of a batch of 16, as an AMP iteration or a gradient of SK needs it.
void gemm_limit(benchmark::State& state) {
  const Index n = state.range(0), b = 16;
  Couplings j(n, n);
  const Batch x = Batch::Ones(n, b);
  Batch y(n, b);
  for (auto _ : state) {
    y.noalias() = j.matrix() * x;
    benchmark::DoNotOptimize(y.data());
    benchmark::ClobberMemory();
  }
  state.counters["flops"] =
      benchmark::Counter(double(state.iterations()) * 2.0 * double(n * n * b), benchmark::Counter::kIsRate);
}

/// Whether the sampler takes the model, with the denoiser it would have at full size.
bool fits(const std::string& model, const std::string& sampler) {
  try {
    const auto small = make_model(model + ",n=32", 1);  // beyond enumeration
    make_sampler(*small, sampler, Streams({1, Purpose::sampler}, 1));
    return true;
  } catch (const BadInput&) {
    return false;
  }
}

}  // namespace

int main(int argc, char** argv) {
  struct Size {
    const char *name, *keys;
    int n;
  };
  const Size sizes[] = {{"sk", "sk:temperature=1,planted=true", 1024},
                        {"ising-3-spin", "ising-p-spin:p=3,temperature=0.7,planted=true", 128},
                        {"curie-weiss", "curie-weiss:temperature=1.25", 1024},
                        {"spherical-2-spin", "spherical-p-spin:p=2,temperature=1.25", 1024},
                        {"spherical-3-spin", "spherical-p-spin:p=3,temperature=0.7,planted=true", 128},
                        {"spiked-matrix", "spiked-matrix:prior=gaussian,delta=0.7,planted=true", 1024}};
  for (const Size& s : sizes)
    for (const EntryInfo& e : sampler_infos()) {
      const bool chain = e.kind.ends_with("chain");
      if (!fits(s.keys, e.name)) continue;
      if (e.name == "population-annealing") continue;  // hundreds of walkers a draw
      // the autoregressive sampler makes n denoiser calls a draw: a smaller system
      const bool small = e.name == "autoregressive" && s.n > 256;
      const std::string spec = s.keys + (",n=" + std::to_string(small ? 256 : s.n));
      benchmark::RegisterBenchmark(
          (std::string(s.name) + "/" + e.name + "/n:" + std::to_string(small ? 256 : s.n)).c_str(),
          [spec, name = e.name, chain](benchmark::State& state) { step(state, spec, name, chain ? 1 : 16); })
          ->Unit(benchmark::kMicrosecond);
    }
  benchmark::RegisterBenchmark("limit/axpy", axpy_limit)
      ->ArgNames({"n", "columns"})
      ->Args({1024, 1024})
      ->Args({1024, 256})
      ->Args({4096, 4096});
  benchmark::RegisterBenchmark("limit/read", read_limit)->ArgName("n")->Arg(1024);
  benchmark::RegisterBenchmark("limit/gemv", gemv_limit)->ArgName("n")->Arg(1024);
  benchmark::RegisterBenchmark("limit/slice", slice_limit)
      ->ArgNames({"n", "slices"})
      ->Args({128, 128})
      ->Args({128, 32});
  benchmark::RegisterBenchmark("limit/gemm16", gemm_limit)->ArgName("n")->Arg(512)->Arg(1024);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

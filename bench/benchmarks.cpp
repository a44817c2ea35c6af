// One Google Benchmark case per registered sampler and model it fits: MODEL/SAMPLER/n:SIZE, and the limits beside them.
#include <benchmark/benchmark.h>

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "bench/registry.hpp"
#include "models/core/error.hpp"
#include "models/core/random.hpp"
#include "models/core/storage.hpp"
#include "models/core/vector_loops.hpp"

namespace {

using namespace glass;

/// Each model is made once, however often a case is started to find its number of iterations.
const AnyModel& model_named(const std::string& spec) {
  static std::map<std::string, std::unique_ptr<AnyModel>> made;
  auto& model = made[spec];
  if (!model) model = make_model(spec, 1);
  return *model;
}

/// What is timed: a model, a sampler, replicas, sweeps before the clock starts, threads.
struct Case {
  std::string model, sampler;
  Index columns = 1;
  int warmup = 200;  // equilibrium's acceptance, not a random start's
  int threads = 1;
};

/// One step of a chain (a sweep or a proposal), or one draw of a generator, on a planted instance.
void step(benchmark::State& state, const Case& c) {
  const int threads = omp_get_max_threads();
  omp_set_num_threads(c.threads);
  const auto sampler = make_sampler(model_named(c.model), c.sampler, Streams({1, Purpose::sampler}, c.columns));
  const bool chain = sampler->traits().kind == Kind::chain;
  for (int k = 0; chain && k < c.warmup; ++k) {
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
  if (!chain) state.counters["draws_per_second"] = rate(state.iterations() * c.columns);
  omp_set_num_threads(threads);
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

/// Couplings read once from wherever they lie, every number added up and nothing else done: what a proposal costs at
/// least that needs all fields of one column (n x n of them), and what flips cost that each read a column of their own.
void read_limit(benchmark::State& state, Index rows, Index columns) {
  const Couplings j(rows, columns);
  for (auto _ : state) {
    Piece<64> sum = Piece<64>::Zero();
    for (Index c = 0; c < columns; ++c)
      for (Index i = 0; i + 64 <= rows; i += 64) {
        for (Index k = 0; k < 64; k += 16) __builtin_prefetch(j.col(c) + i + 1024 + k);
        sum += piece<64>(j.col(c) + i);
      }
    benchmark::DoNotOptimize(sum);
  }
  state.SetBytesProcessed(state.iterations() * rows * columns * Index{sizeof(float)});
  state.counters["columns_per_second"] =
      benchmark::Counter(double(state.iterations() * columns), benchmark::Counter::kIsRate);
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

/// Fields made of sums, as sk-binary does once for every 64 attempts of a column: what an attempt costs at least there.
void sums_limit(benchmark::State& state) {
  const Index n = state.range(0);
  std::vector<std::int16_t> sum(static_cast<std::size_t>(n));
  const Eigen::VectorXf h = Eigen::VectorXf::Zero(n);
  Eigen::VectorXf g(n);
  for (auto _ : state) {
    for (Index i = 0; i < n; ++i) g(i) = std::fma(float(sum[std::size_t(i)]), 0.01f, h(i));
    benchmark::DoNotOptimize(g.data());
    benchmark::ClobberMemory();
  }
  state.counters["attempts_per_second"] =
      benchmark::Counter(double(64 * state.iterations()), benchmark::Counter::kIsRate);
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
      if (e.name == "population-annealing" || e.name == "smc") continue;  // many walkers a draw
      // the autoregressive sampler makes n denoiser calls a draw, and is what corrections correct: a smaller system
      const bool small = (e.name == "autoregressive" || e.kind.starts_with("correction")) && s.n > 256;
      const std::string spec = s.keys + (",n=" + std::to_string(small ? 256 : s.n));
      benchmark::RegisterBenchmark(
          (std::string(s.name) + "/" + e.name + "/n:" + std::to_string(small ? 256 : s.n)).c_str(),
          [spec, name = e.name, chain](benchmark::State& state) {
            step(state, {.model = spec, .sampler = name, .columns = chain ? 1 : 16});
          })
          ->Unit(benchmark::kMicrosecond);
    }
  const double beta = 0.9;
  const std::string lattice = "edwards-anderson:d=3,temperature=" + to_text(1 / beta) + ",l=";
  const struct {
    const char* name;
    Case what;
  } sweeps[] = {
      {"sk/glauber/n:4096", {"sk:n=4096,planted=true", "glauber", 1, 40}},
      {"sk-binary/glauber/n:4096", {"sk-binary:n=4096,planted=true", "glauber", 1, 40}},
      {"sk-batch64/glauber/n:4096", {"sk:n=4096,planted=true", "glauber", 64, 20}},
      {"edwards-anderson-3d/glauber/l:16", {lattice + "16", "glauber"}},
      {"edwards-anderson-3d/multispin/l:16", {lattice + "16", "multispin", 256}},
      {"edwards-anderson-3d/multispin/l:32", {lattice + "32", "multispin", 256, 50}},
      {"ising-3-spin/glauber/n:256", {"ising-p-spin:p=3,n=256,temperature=0.7,planted=true", "glauber"}},
      {"bicolouring/glauber/n:10000", {"bicolouring:n=10000", "glauber"}},
      {"bicolouring/glauber/n:100000", {"bicolouring:n=100000", "glauber", 1, 20}},
      {"bicolouring/glauber/n:1000000", {"bicolouring:n=1000000", "glauber", 1, 5}},
  };
  for (const auto& s : sweeps)
    benchmark::RegisterBenchmark(s.name, [what = s.what](benchmark::State& state) {
      step(state, what);
    })->Unit(benchmark::kMicrosecond);
  for (const int threads : {1, 2})  // replicas go to threads by blocks of columns
    benchmark::RegisterBenchmark(("scaling/sk/glauber/n:1024/replicas:64/threads:" + std::to_string(threads)).c_str(),
                                 [threads](benchmark::State& state) {
                                   step(state, {"sk:temperature=1,planted=true,n=1024", "glauber", 64, 50, threads});
                                 })
        ->Unit(benchmark::kMicrosecond)
        ->UseRealTime();
  benchmark::RegisterBenchmark("limit/axpy", axpy_limit)
      ->ArgNames({"n", "columns"})
      ->Args({1024, 1024})
      ->Args({1024, 256})
      ->Args({4096, 4096})
      ->Args({4096, 64});
  const auto read = [](const char* name, Index rows, Index columns) {
    benchmark::RegisterBenchmark(name, [=](benchmark::State& state) { read_limit(state, rows, columns); });
  };
  read("limit/read/n:1024", 1024, 1024);
  read("limit/read/n:2000", 2000, 2000);
  read("limit/read/n:4096", 4096, 4096);
  read("limit/read-slices/n:128", 128 * 127 / 2, 128);
  read("limit/read-slices/n:256", 256 * 255 / 2, 256);
  benchmark::RegisterBenchmark("limit/sums", sums_limit)->ArgName("n")->Arg(4096);
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

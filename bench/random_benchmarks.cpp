// Random numbers a second on one core. An array of 16384 stays in the second-level cache: what is timed is the
// generator, not memory.
#include <benchmark/benchmark.h>

#include <boost/random/normal_distribution.hpp>
#include <vector>

#include "models/core/bit_planes.hpp"
#include "models/core/random.hpp"

namespace glass {
namespace {

constexpr std::size_t kNumbers = 16384;

template <class T>
void bulk(benchmark::State& state, void (Stream::*method)(std::span<T>)) {
  Stream rng({1, Purpose::test}, 0);
  std::vector<T> out(kNumbers);
  for (auto _ : state) {
    (rng.*method)(out);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * std::int64_t(kNumbers));
}

/// Bits for 256 replicas a word: what a site of the multi-spin heat bath takes about 9.3 of.
void planes(benchmark::State& state) {
  Stream seeds({1, Purpose::test}, 0);
  BitRandom rng(seeds);
  std::vector<Word256> out(512);
  for (auto _ : state) {
    rng.fill(out);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * std::int64_t(out.size()));
}

// What a distribution of Boost.Random takes for the same numbers, in double and one at a time.
void boost_normal(benchmark::State& state) {
  Stream rng({1, Purpose::test}, 0);
  boost::random::normal_distribution<double> normal;
  std::vector<float> out(kNumbers);
  for (auto _ : state) {
    for (float& z : out) z = float(normal(rng));
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * std::int64_t(kNumbers));
}

void words(benchmark::State& state) { bulk(state, &Stream::words); }
void uniforms(benchmark::State& state) { bulk(state, &Stream::uniforms); }
void normals(benchmark::State& state) { bulk(state, &Stream::normals); }
void half_logits(benchmark::State& state) { bulk(state, &Stream::half_logits); }

BENCHMARK(words)->Name("random/words");
BENCHMARK(uniforms)->Name("random/uniforms");
BENCHMARK(normals)->Name("random/normals");
BENCHMARK(half_logits)->Name("random/half_logits");
BENCHMARK(planes)->Name("random/planes");
BENCHMARK(boost_normal)->Name("random/boost_normal");

}  // namespace
}  // namespace glass

// Theory: one average, one line triple, one set of thresholds, an atlas, and the six dense panels as one case.
#include <benchmark/benchmark.h>

#include <vector>

#include "spinglass/dense_phase.hpp"
#include "spinglass/density_evolution.hpp"

namespace {

using namespace glass;

struct Case {
  const char* name;
  int p;
  Prior prior;
  Control unit;
  double control, from, to;  // one value with all three lines, and the panel's axis
};
const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"ising-3-spin", 3, Prior(Rademacher{}), Control::temperature, 0.70, 0.62, 0.78},
      {"spherical-3-spin", 3, Prior(GaussianChannel{}), Control::temperature, 0.63, 0.55, 0.73},
      {"sparse-matrix", 2, Prior(SparseRademacher{0.08}), Control::delta_over_rho2, 1.05, 0.97, 1.09}};
  return all;
}
constexpr Path kPaths[] = {Path::gaussian, Path::erasure};
const char* name_of(Path path) { return path == Path::gaussian ? "diffusion" : "autoregressive"; }

void averages(benchmark::State& state, const Case& c, double snr) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(c.prior.averages(snr).slope);
    snr += 1e-12;
  }
}

void lines(benchmark::State& state, const Case& c, Path path) {
  for (auto _ : state) {
    const DensePhase phase(c.p, c.prior, path, c.unit);
    benchmark::DoNotOptimize(phase.lines(c.control).kl_per_spin.value);
  }
}

void thresholds(benchmark::State& state, const Case& c, Path path) {
  for (auto _ : state) {
    const DensePhase phase(c.p, c.prior, path, c.unit);
    benchmark::DoNotOptimize(phase.thresholds().continuous);
  }
}

/// 200 x 400 points of both branches over the panel.
void atlas(benchmark::State& state, const Case& c, Path path) {
  const DensePhase phase(c.p, c.prior, path, c.unit);
  constexpr int columns = 200, rows = 400;
  const auto most = 2 * phase.thresholds().tricritical->side_information.value;
  std::vector<double> sides;
  for (int k = 0; k < rows; ++k) sides.push_back(most * k / rows);
  for (auto _ : state)
    for (int k = 0; k < columns; ++k)
      benchmark::DoNotOptimize(phase.branches(c.from + (c.to - c.from) * k / columns, sides).data());
  state.counters["points_per_second"] =
      benchmark::Counter(2.0 * columns * rows * double(state.iterations()), benchmark::Counter::kIsRate);
}

/// All lines of the six dense panels at 200 control values each.
void panels(benchmark::State& state) {
  for (auto _ : state)
    for (const Case& c : cases())
      for (const Path path : kPaths) {
        const DensePhase phase(c.p, c.prior, path, c.unit);
        benchmark::DoNotOptimize(phase.thresholds().continuous);
        for (int k = 0; k < 200; ++k)
          benchmark::DoNotOptimize(phase.lines(c.from + (c.to - c.from) * k / 199).kl_per_spin.value);
      }
}

void density(benchmark::State& state, Path path) {
  const DensityEvolution evolution(DensityEvolution::Problem::nae_sat, 5, path);
  for (auto _ : state) benchmark::DoNotOptimize(evolution.lines(9).kl_per_spin.value);
}

const bool registered = [] {
  for (const Case& c : cases()) {
    const std::string name = std::string("theory/") + "averages/" + c.name;
    for (const double snr : {0.5, 4.0, 50.0})
      benchmark::RegisterBenchmark((name + "/snr:" + std::to_string(snr).substr(0, 4)).c_str(),
                                   [&c, snr](benchmark::State& s) { averages(s, c, snr); });
    for (const Path path : kPaths) {
      const std::string tail = std::string("/") + c.name + "/" + name_of(path);
      benchmark::RegisterBenchmark(("theory/lines" + tail).c_str(),
                                   [&c, path](benchmark::State& s) { lines(s, c, path); });
      benchmark::RegisterBenchmark(("theory/thresholds" + tail).c_str(),
                                   [&c, path](benchmark::State& s) { thresholds(s, c, path); });
      benchmark::RegisterBenchmark(("theory/atlas" + tail).c_str(), [&c, path](benchmark::State& s) {
        atlas(s, c, path);
      })->Unit(benchmark::kMillisecond);
    }
  }
  benchmark::RegisterBenchmark("theory/six-dense-panels", panels)->Unit(benchmark::kMillisecond);
  for (const Path path : kPaths)
    benchmark::RegisterBenchmark((std::string("theory/lines/bicolouring-5/") + name_of(path)).c_str(),
                                 [path](benchmark::State& s) { density(s, path); })
        ->Unit(benchmark::kMillisecond);
  return true;
}();

}  // namespace

// Which ensembles, sizes, control values and samplers `reproduce finite-size` runs. Lengths are chosen so that the
// whole of it takes some hours on two cores: what a sampler costs at a size decides how many control values it is
// shown.
#include "bench/finite_size.hpp"

namespace glass {

namespace {

using Sweep = FiniteSizePanel::Sweep;
using Samplers = std::vector<Plan::Sampler>;

std::vector<double> evenly(double from, double to, int points) {
  std::vector<double> out;
  for (int k = 0; k < points; ++k) out.push_back(from + (to - from) * k / (points - 1));
  return out;
}

Plan::Sampler chain(std::string spec, RunLength run) { return {std::move(spec), run, {}}; }
/// `columns` independent draws of each instance.
Plan::Sampler generator(std::string spec, int columns) { return {std::move(spec), {columns, 0, 1, 1}, {}}; }

Samplers operator+(Samplers a, const Samplers& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// The same sampler at several lengths: as a chain, by its warm-up before a single draw; as a generator, by a key.
Samplers chains_of(const std::string& spec, std::initializer_list<int> sweeps) {
  Samplers out;
  for (const int s : sweeps) out.push_back(chain(spec, {4, s, 1, 1}));
  return out;
}
Samplers generators_of(const std::string& spec, const std::string& key, std::initializer_list<int> values) {
  Samplers out;
  for (const int v : values)
    out.push_back(
        generator(spec + (spec.find(':') == std::string::npos ? ":" : ",") + key + "=" + std::to_string(v), 4));
  return out;
}

std::string denoised(const std::string& sampler, const std::string& keys, const std::string& denoiser) {
  return sampler + ":" + (keys.empty() ? "" : keys + ",") + denoiser;
}

FiniteSizePanel sk(bool quick) {
  FiniteSizePanel p{"sk", "sk", "temperature", evenly(0.4, 1.6, 61)};
  const std::string amp = "denoiser=amp";
  const Samplers all{chain("glauber", {4, 1000, 50, 20}),           chain("parallel-tempering", {4, 500, 50, 10}),
                     chain("discrete-langevin", {4, 2000, 50, 40}), generator(denoised("diffusion", "", amp), 4),
                     generator(denoised("flow", "", amp), 4),       generator(denoised("autoregressive", "", amp), 4)};
  if (quick) {
    p.sweeps = {{"sweep", 64, 4, {0.7, 1.25}, all}};
    p.path_kl = {{64, 4, {0.7, 1.25}, "amp"}};
    return p;
  }
  const std::vector<double> temperatures{0.5, 0.7, 0.85, 1.0, 1.25, 1.5};
  p.sweeps = {{"sweep", 64, 32, temperatures, all},
              {"sweep", 256, 16, temperatures, all},
              {"sweep", 1024, 8, {0.7, 1.0, 1.25}, all},
              {"effort",
               256,
               16,
               {0.85},
               chains_of("glauber", {3, 10, 30, 100, 300, 1000}) + chains_of("discrete-langevin", {10, 100, 1000}) +
                   generators_of("simulated-annealing", "steps", {10, 100, 1000}) +
                   generators_of(denoised("diffusion", "", amp), "steps", {5, 10, 30, 100}) +
                   generators_of(denoised("flow", "", amp), "steps", {5, 10, 30, 100}) +
                   generators_of(denoised("autoregressive", "", amp), "block", {64, 16, 4, 1})}};
  p.path_kl = {{256, 32, temperatures, "amp"}, {1024, 16, temperatures, "amp"}};
  for (const Index n : {64, 256, 1024})
    p.forward_kl.push_back({n, n < 1024 ? 32 : 16, temperatures, denoised("autoregressive", "", amp), 4});
  return p;
}

FiniteSizePanel ising_3_spin(bool quick) {
  FiniteSizePanel p{"ising-3-spin", "ising-p-spin:p=3", "temperature", evenly(0.6, 0.92, 161)};
  const std::string amp = "denoiser=amp", capped = "denoiser=amp,denoiser.max_iterations=50";
  const Plan::Sampler tempering = chain("parallel-tempering", {4, 500, 20, 20});
  const Samplers chains{chain("glauber", {4, 2000, 25, 40}), chain("discrete-langevin", {4, 2000, 25, 40})};
  const auto generators = [&](int columns, const std::string& block) {
    return Samplers{generator(denoised("diffusion", "", amp), columns), generator(denoised("flow", "", amp), columns),
                    generator(denoised("autoregressive", block, capped), columns)};
  };
  if (quick) {
    p.sweeps = {{"sweep", 32, 4, {0.70, 0.90}, Samplers{tempering} + chains + generators(2, "")}};
    p.path_kl = {{32, 4, {0.70}, "amp"}};
    return p;
  }
  const std::vector<double> temperatures{0.62, 0.66, 0.70, 0.74, 0.80};
  p.sweeps = {{"sweep", 32, 32, temperatures, Samplers{tempering} + chains + generators(4, "")},
              {"sweep", 64, 32, temperatures, Samplers{tempering} + chains + generators(4, "")},
              {"sweep", 128, 16, temperatures, chains + generators(2, "")},
              {"sweep", 256, 8, {0.70, 0.80}, Samplers{chains[0]} + generators(2, "block=4")},
              {"effort",
               128,
               16,
               {0.70},
               chains_of("glauber", {3, 10, 30, 100, 300, 1000, 3000, 10000}) +
                   chains_of("discrete-langevin", {10, 100, 1000, 10000}) +
                   generators_of("simulated-annealing", "steps", {10, 100, 1000, 10000}) +
                   generators_of(denoised("diffusion", "", amp), "steps", {5, 15, 50, 150}) +
                   generators_of(denoised("flow", "", amp), "steps", {5, 15, 50}) +
                   generators_of(denoised("autoregressive", "", capped), "block", {32, 8, 2})}};
  p.path_kl = {{64, 32, temperatures, "amp"}, {128, 16, temperatures, "amp"}, {256, 8, {0.70, 0.80}, "amp"}};
  return p;
}

FiniteSizePanel xorsat(bool quick) {
  FiniteSizePanel p{"xorsat", "xorsat:k=3", "alpha", evenly(0.55, 0.91, 37)};
  const std::string bp = "denoiser=bp,denoiser.max_iterations=50";
  const Plan::Sampler reveals = generator(denoised("autoregressive", "", "denoiser=bp"), 2);
  const Samplers chains{chain("glauber", {4, 5000, 20, 100}), chain("parallel-tempering", {4, 2000, 20, 50})};
  const auto generators = [&](int columns, const std::string& steps, const std::string& flow_steps) {
    return Samplers{generator("simulated-annealing:steps=5000", 4),
                    generator(denoised("diffusion", steps, bp), columns),
                    generator(denoised("flow", flow_steps, bp), columns), reveals};
  };
  if (quick) {
    p.lines = evenly(0.6, 0.9, 4);
    p.sweeps = {{"sweep", 200, 4, {0.6, 0.8}, chains + generators(2, "steps=30", "steps=15")},
                {"sweep", 2000, 4, {0.6, 0.8}, {reveals}}};
    p.path_kl = {{1000, 4, {0.8}, "bp"}};
    return p;
  }
  const std::vector<double> alphas{0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9};
  p.sweeps = {{"sweep", 1000, 16, alphas, chains + generators(2, "", "")},
              {"sweep", 10000, 4, {0.6, 0.7, 0.8, 0.9}, generators(1, "steps=50", "steps=25")},
              {"sweep", 100000, 16, alphas, {reveals}},
              {"effort",
               1000,
               16,
               {0.8},
               generators_of("simulated-annealing", "steps", {10, 100, 1000, 10000, 100000}) +
                   generators_of(denoised("diffusion", "", bp), "steps", {5, 15, 50}) +
                   generators_of(denoised("flow", "", bp), "steps", {5, 15, 50}) +
                   generators_of(denoised("autoregressive", "", "denoiser=bp"), "block", {100, 10, 1})}};
  p.path_kl = {{1000, 32, alphas, "bp"}, {10000, 16, alphas, "bp"}, {100000, 4, {0.7, 0.8, 0.9}, "bp"}};
  return p;
}

FiniteSizePanel bicolouring(bool quick) {
  FiniteSizePanel p{"bicolouring", "bicolouring:k=5", "alpha", evenly(8.0, 10.0, 11)};
  // beyond the spinodal belief propagation does not converge, and every call would go to its end
  const std::string bp = "denoiser=bp,denoiser.max_iterations=50", reveals = "denoiser=bp,denoiser.max_iterations=20";
  const Samplers chains{chain("glauber", {4, 2000, 10, 100}), chain("parallel-tempering", {4, 500, 10, 50})};
  const auto generators = [&](const std::string& steps, const std::string& flow_steps, const std::string& block) {
    return Samplers{generator("simulated-annealing:steps=2000", 4), generator(denoised("diffusion", steps, bp), 1),
                    generator(denoised("flow", flow_steps, bp), 1),
                    generator(denoised("autoregressive", block, reveals), 1)};
  };
  if (quick) {
    p.lines = {8.0, 9.0};
    p.sweeps = {{"sweep", 200, 4, {8.0, 9.0}, chains + generators("steps=20", "steps=10", "")}};
    p.path_kl = {{200, 4, {9.0}, "bp:max_iterations=50"}};
    p.forward_kl = {{500, 4, {9.0}, denoised("autoregressive", "", reveals)}};
    return p;
  }
  const std::vector<double> alphas{8.0, 8.8, 9.2, 9.6, 10.0};
  p.sweeps = {{"sweep", 1000, 8, alphas, chains + generators("steps=50", "steps=25", "")},
              {"sweep", 10000, 4, {9.2}, generators("steps=30", "steps=15", "block=50")},
              {"effort",
               1000,
               8,
               {9.2},
               generators_of("simulated-annealing", "steps", {10, 100, 1000, 10000, 100000}) +
                   generators_of(denoised("diffusion", "", bp), "steps", {5, 15, 50}) +
                   generators_of(denoised("flow", "", bp), "steps", {5, 15}) +
                   generators_of(denoised("autoregressive", "", reveals), "block", {100, 10})}};
  p.path_kl = {{1000, 16, alphas, "bp:max_iterations=50"}, {10000, 4, {8.8, 9.2}, "bp:max_iterations=50"}};
  p.forward_kl = {{1000, 32, alphas, denoised("autoregressive", "", reveals)},
                  {10000, 8, alphas, denoised("autoregressive", "block=10", reveals)}};
  return p;
}

FiniteSizePanel sparse_matrix(bool quick) {
  FiniteSizePanel p{"sparse-matrix", "spiked-matrix:prior=sparse-rademacher,rho=0.08", "delta_over_rho2",
                    evenly(0.6, 1.12, 105)};
  const std::string amp = "denoiser=amp,denoiser.max_iterations=300";
  const Plan::Sampler glauber = chain("glauber", {4, 2000, 20, 50}),
                      tempering = chain("parallel-tempering", {4, 500, 10, 20});
  const auto generators = [&](const std::string& block) {
    return Samplers{generator(denoised("diffusion", "", amp), 4), generator(denoised("flow", "", amp), 4),
                    generator(denoised("autoregressive", block, amp), 4)};
  };
  if (quick) {
    p.sweeps = {{"sweep", 200, 4, {0.7, 1.06}, Samplers{glauber, tempering} + generators("block=4")}};
    p.path_kl = {{200, 4, {0.7}, "amp:max_iterations=300"}};
    p.passages = {{200, 4, 4, 500, {0.7}, "glauber", "amp:max_iterations=300"}};
    return p;
  }
  const std::vector<double> noises{0.7, 0.9, 1.0, 1.03, 1.06};
  p.sweeps = {{"sweep", 500, 16, noises, Samplers{glauber, tempering} + generators("block=2")},
              {"sweep", 1000, 16, noises, Samplers{glauber} + generators("block=8")},
              {"sweep", 2000, 8, {0.7, 0.9, 1.06}, Samplers{glauber} + generators("block=32")},
              {"sweep", 4000, 4, {0.7, 0.9}, Samplers{glauber} + generators("block=128")},
              {"effort",
               1000,
               16,
               {0.9},
               chains_of("glauber", {3, 10, 30, 100, 300, 1000, 3000}) +
                   generators_of("simulated-annealing", "steps", {10, 100, 1000, 10000}) +
                   generators_of(denoised("diffusion", "", amp), "steps", {5, 15, 50, 150}) +
                   generators_of(denoised("flow", "", amp), "steps", {5, 15, 50}) +
                   generators_of(denoised("autoregressive", "", amp), "block", {64, 16, 4})}};
  p.path_kl = {{500, 32, noises, "amp:max_iterations=300"}, {2000, 16, {0.7, 0.9, 1.06}, "amp:max_iterations=300"}};
  p.forward_kl = {{500, 32, noises, denoised("autoregressive", "block=2", amp), 4},
                  {1000, 32, noises, denoised("autoregressive", "block=8", amp), 4},
                  {2000, 16, noises, denoised("autoregressive", "block=32", amp), 4},
                  {4000, 16, {0.7, 0.9}, denoised("autoregressive", "block=128", amp), 4}};
  for (const Index n : {500, 1000, 2000, 4000})
    p.passages.push_back({n, 16, 4, 16000, {0.7, 0.9}, "glauber", "amp:max_iterations=1000"});
  p.passages.push_back({8000, 16, 1, 0, {0.7, 0.9}, "glauber", "amp:max_iterations=1000"});
  // undamped, AMP often does not converge here, and may be near the signal by chance when it is stopped
  for (const Index n : {500, 1000, 2000, 4000, 8000, 16000})
    p.passages.push_back({n, 16, n < 8000 ? 4 : 1, 0, {0.7, 0.9}, "glauber", "amp:max_iterations=1000,damping=0.3"});
  return p;
}

}  // namespace

std::vector<FiniteSizePanel> finite_size_panels(bool quick) {
  return {sk(quick), ising_3_spin(quick), xorsat(quick), bicolouring(quick), sparse_matrix(quick)};
}

}  // namespace glass

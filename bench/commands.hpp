#pragma once
// One function per command. Results go to stdout, progress and log to stderr; each returns the exit status.
#include <cstdint>
#include <string>
#include <vector>

#include "bench/plan.hpp"

namespace glass {

struct SampleArguments {
  std::string model, sampler, out, start = "random";
  std::uint32_t seed = 1;
  RunLength run{4, 1000, 1000, 1};
  bool json = false;
};
struct CompareArguments {
  std::string plan, out;
  std::vector<std::string> models, samplers;
  std::uint32_t seed = 1;
  int instances = 16;
  RunLength run;
  bool json = false;
};
struct VerifyArguments {
  std::string model, sampler;
  std::uint32_t seed = 1;
  int draws = 20000, calibration = 0;
  bool json = false;
};
struct DynamicsArguments {
  std::string model, sampler, out, start = "both";
  std::uint32_t seed = 1;
  int steps = 1000, chains = 8, instances = 16;
  double low = 0.2, high = 0.6;
  bool json = false;
};
struct InstanceArguments {
  std::string model, out;
  std::uint32_t seed = 1;
};
struct TruthArguments {
  std::string model, kernel = "glauber";
  std::uint32_t seed = 1;
  bool mcmc = false;
  int rungs = 17, chains = 16, draws = 2048;
  bool json = false;
};
struct DenoiseArguments {
  std::string model, denoiser, path = "diffusion", side, branch = "both", out;
  std::uint32_t seed = 1;
  int instances = 16, columns = 1;
  double small_field = 0;
  bool json = false;
};
struct PhaseArguments {
  std::string what, model, path = "diffusion", out, side, route;
  bool json = false;
};
struct ReproduceArguments {
  std::string what, out;
  std::vector<std::string> panels;
  bool quick = false;
};

int list_command(const std::string& what, bool json);
int describe_command(const std::string& name, bool json);
int sample_command(const SampleArguments& a, bool quiet);
int compare_command(const CompareArguments& a, bool quiet);
int verify_command(const VerifyArguments& a, bool quiet);
int dynamics_command(const DynamicsArguments& a, bool quiet);
int instance_command(const InstanceArguments& a, bool quiet);
int truth_command(const TruthArguments& a, bool quiet);
int denoise_command(const DenoiseArguments& a, bool quiet);
int phase_command(const PhaseArguments& a, bool quiet);
int reproduce_command(const ReproduceArguments& a, bool quiet);
int doctor_command(bool json);

}  // namespace glass

#include "bench/command_line.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <CLI/CLI.hpp>
#include <new>

#include "bench/commands.hpp"
#include "bench/interrupt.hpp"
#include "models/core/error.hpp"
#include "models/core/options.hpp"

namespace glass {

namespace {

constexpr const char* kSpecHelp = "SPEC is name[:key=value,...], e.g. ising-p-spin:p=3,n=256,temperature=0.8";

/// CLI11's message as one line of ours, with the nearest name where a command or flag is not known.
int usage_error(const CLI::App& app, const std::string& message, int argc, char** argv) {
  std::string line = message.substr(0, message.find('\n'));
  std::vector<std::string> commands;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    commands.push_back(sub->get_name());
  const CLI::App* chosen = nullptr;
  for (int k = 1; k < argc && !chosen; ++k)
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
      if (sub->get_name() == argv[k]) chosen = sub;
  if (!chosen) {
    for (int k = 1; k < argc; ++k)
      if (argv[k][0] != '-') {
        line = fmt::format("unknown command '{}', nearest is '{}' (known: {})", argv[k],
                           nearest_name(argv[k], commands), fmt::join(commands, ", "));
        break;
      }
    if (line.find("required") != std::string::npos)
      line = fmt::format("a command is missing (known: {})", fmt::join(commands, ", "));
  } else if (line.find("were not expected") != std::string::npos) {
    std::vector<std::string> flags;
    for (const CLI::Option* o : chosen->get_options()) flags.push_back(o->get_name());
    for (const CLI::Option* o : app.get_options()) flags.push_back(o->get_name());
    const auto colon = line.rfind(' ');
    const std::string wrong = line.substr(colon + 1);
    line = fmt::format("{}: unknown argument '{}', nearest is '{}'", chosen->get_name(), wrong,
                       nearest_name(wrong, flags));
  } else {
    line = chosen->get_name() + ": " + line;
  }
  fmt::print(stderr, "glassmark: {}; see glassmark {}--help\n", line, chosen ? chosen->get_name() + " " : "");
  return 2;
}

void add_run(CLI::App* app, RunLength& r, const char* chains_help) {
  app->add_option("--chains", r.chains, chains_help)->check(CLI::Range(1, 1 << 20))->capture_default_str();
  app->add_option("--draws", r.draws, "recorded draws per chain")->check(CLI::Range(1, 1 << 30))->capture_default_str();
  app->add_option("--warmup", r.warmup, "steps thrown away first; step sizes adapt in them (chains only)")
      ->check(CLI::Range(0, 1 << 30))
      ->capture_default_str();
  app->add_option("--thin", r.thin, "steps from one recorded draw to the next (chains only)")
      ->check(CLI::Range(1, 1 << 30))
      ->capture_default_str();
}

void add_seed(CLI::App* app, std::uint32_t& seed) {
  app->add_option("--seed", seed, "names the run: disorder depends on (seed, instance) only")
      ->check(CLI::Range(std::uint32_t{0}, ~std::uint32_t{0}))
      ->capture_default_str();
}

}  // namespace

int command_line(int argc, char** argv) {
  CLI::App app{"glassmark: a benchmark suite for samplers on the distributions of statistical physics", "glassmark"};
  app.set_version_flag("--version", GLASSMARK_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(std::string(kSpecHelp) +
             "\nExit: 0 success, 1 the check failed, 2 wrong usage or input, 3 out of memory or a fault of the "
             "program, 130 interrupted.");
  int threads = 0;
  bool quiet = false;
  app.add_option("--threads", threads, "worker threads, 0: as many as the machine has; results do not depend on it")
      ->check(CLI::Range(0, 4096));
  app.add_flag("--quiet", quiet, "no progress on stderr");

  std::string what, name;
  bool json = false;
  SampleArguments sample;
  CompareArguments compare;
  VerifyArguments verify;
  DynamicsArguments dynamics;
  DenoiseArguments denoise;
  InstanceArguments instance;
  TruthArguments truth;
  PhaseArguments phase;
  ReproduceArguments reproduce;

  CLI::App* list = app.add_subcommand("list", "what there is, one line each");
  list->add_option("what", what, "models, samplers, denoisers or phases; all where left out");
  list->add_flag("--json", json, "as JSON");

  CLI::App* describe =
      app.add_subcommand("describe", "parameters, defaults, units, formula and reference of one entry");
  describe->add_option("name", name, "a model, sampler, denoiser or phase diagram")->required();
  describe->add_flag("--json", json, "as JSON");

  CLI::App* sampling = app.add_subcommand("sample", "run one sampler on one instance; draws as netCDF");
  sampling->add_option("--model", sample.model, kSpecHelp)->required();
  sampling->add_option("--sampler", sample.sampler, "SPEC; denoiser=NAME and denoiser.KEY=value where it denoises")
      ->required();
  add_run(sampling, sample.run, "independent columns; a generator returns chains x draws independent draws");
  sampling->add_option("--start", sample.start, "random or planted (chains only)")
      ->check(CLI::IsMember({"random", "planted"}))
      ->capture_default_str();
  add_seed(sampling, sample.seed);
  sampling->add_option("--out", sample.out, "samples, .nc")->required();
  sampling->add_flag("--json", sample.json, "summary as JSON");

  CLI::App* comparing = app.add_subcommand("compare", "samplers side by side on the same instances, with verdicts");
  comparing->add_option("plan", compare.plan, "TOML plan; or use --model and --sampler");
  comparing->add_option("--model", compare.models, "SPEC; may hold sweeps 0.6:1.2:0.1 or a|b; may be repeated");
  comparing->add_option("--sampler", compare.samplers, "SPEC; may be repeated");
  comparing->add_option("--instances", compare.instances, "disorder instances, without a plan")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  add_run(comparing, compare.run, "chains per instance, without a plan; as many again start at the planted signal");
  add_seed(comparing, compare.seed);
  comparing->add_option("--out", compare.out, "folder; finished cells in it are skipped")->required();
  comparing->add_flag("--json", compare.json, "summary as JSON instead of tables");

  CLI::App* verifying = app.add_subcommand(
      "verify",
      "check samplers against exact enumeration; exit 1 where one fails or is stuck, 0 where one is only slow");
  verifying->add_option("--model", verify.model, "SPEC, n <= 10; all models' peaked test targets where left out");
  verifying->add_option("--sampler", verify.sampler, "SPEC; all where left out");
  verifying->add_option("--draws", verify.draws, "exact starts per check")
      ->check(CLI::Range(1000, 10000000))
      ->capture_default_str();
  verifying
      ->add_option("--calibration", verify.calibration,
                   "instead, simulation-based calibration of exact samplers on this many planted instances")
      ->check(CLI::Range(40, 10000000));
  add_seed(verifying, verify.seed);
  verifying->add_flag("--json", verify.json, "as JSON");

  CLI::App* moving = app.add_subcommand(
      "dynamics", "how a chain leaves its start: overlaps and energy against time, crossings of the barrier");
  moving->add_option("--model", dynamics.model, "SPEC; a sweep n=32|64|128 gives one run each")->required();
  moving->add_option("--sampler", dynamics.sampler, "SPEC of a chain; nothing adapts")->required();
  moving->add_option("--steps", dynamics.steps, "of each chain: sweeps, or proposals")
      ->check(CLI::Range(1, 1 << 30))
      ->capture_default_str();
  moving->add_option("--chains", dynamics.chains, "per instance and start")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  moving->add_option("--instances", dynamics.instances, "disorder instances")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  moving->add_option("--start", dynamics.start, "random, planted or both")
      ->check(CLI::IsMember({"random", "planted", "both"}))
      ->capture_default_str();
  moving->add_option("--low", dynamics.low, "overlap with the signal at which a planted start has crossed the barrier")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  moving->add_option("--high", dynamics.high, "and at which a random start has")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  add_seed(moving, dynamics.seed);
  moving->add_option("--out", dynamics.out, "curves and crossings, .json");
  moving->add_flag("--json", dynamics.json, "on stdout as JSON instead of the table");

  CLI::App* denoising = app.add_subcommand(
      "denoise",
      "denoising curves: error and overlap against side information, from below and from above, with theory");
  denoising->add_option("--model", denoise.model, "SPEC with planted=true; a sweep gives one run each")->required();
  denoising->add_option("--denoiser", denoise.denoiser, "SPEC, see list denoisers; default: the model's");
  denoising
      ->add_option("--path", denoise.path, "diffusion (Gaussian side information gamma^2) or autoregressive (erasure)")
      ->capture_default_str();
  denoising->add_option("--side", denoise.side,
                        "values of gamma^2, or of the revealed fraction: 0:2:0.05 or a|b|c; default: past the lines");
  denoising->add_option("--branch", denoise.branch, "from nothing, from the signal, or both")
      ->check(CLI::IsMember({"uninformed", "informed", "both"}))
      ->capture_default_str();
  denoising->add_option("--instances", denoise.instances, "disorder instances")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  denoising->add_option("--columns", denoise.columns, "noises (orders of revealing) per instance")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  denoising
      ->add_option(
          "--small-field", denoise.small_field,
          "field along the signal in which the uninformed branch begins and which is then taken away: chooses a "
          "state where x -> -x is a symmetry (even p), 0.05 say")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  add_seed(denoising, denoise.seed);
  denoising->add_option("--out", denoise.out, "curves and theory, .json");
  denoising->add_flag("--json", denoise.json, "on stdout as JSON instead of the table");

  CLI::App* instancing =
      app.add_subcommand("instance", "write an instance's couplings (or clauses), fields and planted signal");
  instancing->add_option("--model", instance.model, std::string(kSpecHelp) + "; file:path=... converts a file")
      ->required();
  add_seed(instancing, instance.seed);
  instancing->add_option("--out", instance.out, ".txt, .json or .nc; .cnf for clauses")->required();

  CLI::App* knowing = app.add_subcommand(
      "truth",
      "ln Z, energy and marginals of an instance by every exact method that applies, ln Z and energy by parallel "
      "tempering where none does; exit 1 where two disagree or chains did not mix");
  knowing->add_option("--model", truth.model, kSpecHelp)->required();
  add_seed(knowing, truth.seed);
  knowing->add_flag("--mcmc", truth.mcmc, "tempering as well where an exact method applies");
  knowing->add_option("--kernel", truth.kernel, "of tempering: SPEC of a chain")->capture_default_str();
  knowing->add_option("--rungs", truth.rungs, "of the ladder, from the target to free spins; odd")
      ->check(CLI::Range(3, 1000))
      ->capture_default_str();
  knowing->add_option("--chains", truth.chains, "independent ladders of walkers: error bars come from them")
      ->check(CLI::Range(2, 100000))
      ->capture_default_str();
  knowing->add_option("--draws", truth.draws, "steps of tempering, after half as many to warm up")
      ->check(CLI::Range(64, 100000000))
      ->capture_default_str();
  knowing->add_flag("--json", truth.json, "as JSON, with all marginals");

  CLI::App* phasing = app.add_subcommand(
      "phase", "theory: where a first-order transition stops denoising (no instance is drawn; see list phases)");
  phasing
      ->add_option("what", phase.what,
                   "thresholds: of the control parameter; lines: side information at the control value in SPEC; "
                   "grid: overlaps of both branches; crossing: which lines a --route meets, and whether a sampler "
                   "that follows a branch is then on the wrong one")
      ->required()
      ->check(CLI::IsMember({"thresholds", "lines", "grid", "crossing"}));
  phasing
      ->add_option("--model", phase.model,
                   "SPEC of an ensemble; a sweep 0.6:0.8:0.01 or a|b of any key gives one answer each")
      ->required();
  phasing->add_option("--path", phase.path, "diffusion (flow too), or autoregressive")->capture_default_str();
  phasing->add_option("--side", phase.side, "grid: side information LOW:HIGH:STEP (gamma^2, or theta)");
  phasing->add_option("--route", phase.route,
                      "crossing: waypoints 'CONTROL/SIDE > CONTROL/SIDE > ...', as in '0.7/0 > 0.7/4'");
  phasing->add_option("--out", phase.out, "the numbers as CSV, .csv");
  phasing->add_flag("--json", json, "as JSON");

  CLI::App* reproducing = app.add_subcommand("reproduce", "published figures from scratch: CSV, JSON, PDF and PNG");
  reproducing
      ->add_option(
          "what", reproduce.what,
          "pnas: the eight panels of arXiv:2308.14085, and two of ours; finite-size: samplers at finite N against "
          "them (hours, goes on where it was cut; --quick: two minutes)")
      ->required()
      ->check(CLI::IsMember({"pnas", "finite-size"}));
  reproducing->add_option("--panel", reproduce.panels,
                          "only this one, e.g. ising-diffusion (pnas), xorsat (finite-size); may be repeated");
  reproducing->add_flag("--quick", reproduce.quick, "fewer points: a look in seconds, not the figure");
  reproducing->add_option("--out", reproduce.out, "folder; made where it is missing")->required();

  CLI::App* doctor = app.add_subcommand("doctor", "versions, threads, optional parts present or missing");
  doctor->add_flag("--json", json, "as JSON");

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    return usage_error(app, e.what(), argc, argv);
  }

  if (threads > 0) omp_set_num_threads(threads);
  if (*sampling || *comparing || *moving || *instancing || *phasing || *reproducing)
    catch_interrupts();  // the others write nothing: the signal may end them
  try {
    if (*list) return list_command(what, json);
    if (*describe) return describe_command(name, json);
    if (*sampling) return sample_command(sample, quiet);
    if (*comparing) {
      if (!compare.plan.empty())
        for (const char* flag : {"--instances", "--chains", "--draws", "--warmup", "--thin", "--seed"})
          if (comparing->get_option(flag)->count())
            throw BadInput(std::string(flag) + ": the plan sets it; edit the plan or leave the flag out");
      return compare_command(compare, quiet);
    }
    if (*verifying) {
      if (verify.calibration && verifying->get_option("--draws")->count())
        throw BadInput("--draws: does not go with --calibration, which takes seven draws of each instance");
      return verify_command(verify, quiet);
    }
    if (*moving) return dynamics_command(dynamics, quiet);
    if (*denoising) return denoise_command(denoise, quiet);
    if (*instancing) return instance_command(instance, quiet);
    if (*knowing) return truth_command(truth, quiet);
    if (*phasing) {
      phase.json = json;
      return phase_command(phase, quiet);
    }
    if (*reproducing) return reproduce_command(reproduce, quiet);
    return doctor_command(json);
  } catch (const BadInput& e) {
    fmt::print(stderr, "glassmark: {}\n", e.what());
    return 2;
  } catch (const Interrupted& e) {
    fmt::print(stderr, "glassmark: {}\n", e.what());
    return 130;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "glassmark: out of memory; choose a smaller n, fewer chains or fewer draws\n");
    return 3;
  } catch (const std::exception& e) {
    fmt::print(stderr, "glassmark: {}\n", e.what());
    return 3;
  }
}

}  // namespace glass

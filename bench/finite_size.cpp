#include "bench/finite_size.hpp"

#include <fmt/format.h>

#include <boost/math/statistics/univariate_statistics.hpp>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "bench/denoise.hpp"
#include "bench/dynamics.hpp"
#include "bench/instance_spec.hpp"
#include "bench/interrupt.hpp"
#include "bench/netcdf_file.hpp"
#include "bench/parallel.hpp"
#include "bench/progress.hpp"
#include "bench/signal_measures.hpp"
#include "bench/whole_file.hpp"
#include "spinglass/overlap.hpp"

namespace glass {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::uint32_t kSeed = 1;

std::string number(double v) { return std::isfinite(v) ? to_text(v) : std::string(); }
std::string number(const std::optional<double>& v) { return v ? number(*v) : std::string(); }
/// "mean,error", both empty where there is none.
std::string with_error(const std::optional<MeanAndError>& e) {
  return e ? number(e->mean) + "," + number(e->error) : std::string(",");
}
/// A SPEC has commas.
std::string quoted(const std::string& text) { return "\"" + text + "\""; }

std::unique_ptr<AnyPhase> phase_at(const FiniteSizePanel& p, double control) {
  return make_phase(p.model + (p.model.find(':') == std::string::npos ? ":" : ",") + p.control + "=" +
                    to_text(control));
}

/// What one piece of work found, kept as a file: read back where it is there, so that a run that was cut goes on. The
/// file belongs to the `key` that is in it.
json kept(const fs::path& file, const json& key, const std::function<json()>& work) {
  if (fs::exists(file)) {
    std::ifstream in(file);
    const json held = json::parse(in, nullptr, false);
    if (held.is_discarded() || !held.is_object() || held.value("key", json()) != key)
      throw BadInput(file.string() + ": belongs to another run; remove it, or choose another --out");
    return held.at("found");
  }
  json found = work();
  write_whole(file, json{{"key", key}, {"found", found}}.dump() + "\n");
  return found;
}

/// Infinite where message passing was certain and wrong: null in a file.
std::vector<double> numbers_from(const json& all) {
  std::vector<double> out;
  for (const json& v : all) out.push_back(v.is_null() ? std::numeric_limits<double>::infinity() : v.get<double>());
  return out;
}

double median_of(std::vector<double> all) { return boost::math::statistics::median(all); }

json to_json(const MeanAndError& e) { return {{"mean", e.mean}, {"error", e.error}, {"units", e.units}}; }
MeanAndError estimate_from(const json& j) {
  return {j.at("mean").get<double>(), j.at("error").get<double>(), j.at("units").get<std::size_t>()};
}

// ---- samplers over the control parameter ----

/// Fractions of the draws from random starts that are near the signal, and that satisfy all constraints.
struct Success {
  std::optional<MeanAndError> near, solved;
};

/// `level`: see signal_overlap. `solution`: the energy of one, the same in all instances; nothing where there is no
/// such thing.
Success success_of(const fs::path& cell, std::optional<double> level, std::optional<double> solution, bool flips) {
  const NetcdfFile file = NetcdfFile::open(cell);
  const NetcdfGroup posterior = file.root().group("posterior"), data = file.root().group("constant_data");
  const auto q = posterior.get<double>("q_planted"), energy = posterior.get<double>("E");
  const auto instance = data.get<std::int64_t>("instance"), planted = data.get<std::int64_t>("start");
  const std::size_t chains = instance.size(), draws = q.size() / chains;
  std::map<std::int64_t, std::vector<std::size_t>> of;  // the draws of each instance
  for (std::size_t c = 0; c < chains; ++c)
    if (planted[c] == 0)
      for (std::size_t d = 0; d < draws; ++d) of[instance[c]].push_back(c * draws + d);
  const auto fraction = [&](auto&& good) {
    std::vector<double> each;
    for (const auto& [k, all] : of) {
      double count = 0;
      for (const std::size_t d : all) count += good(d);
      each.push_back(count / double(all.size()));
    }
    return estimate(each);
  };
  Success s;
  if (level) s.near = fraction([&](std::size_t d) { return (flips ? std::abs(q[d]) : q[d]) >= *level; });
  if (solution) s.solved = fraction([&](std::size_t d) { return energy[d] <= *solution + 0.5; });  // whole numbers
  return s;
}

constexpr const char* kHeader =
    "what,control,n,sampler,family,kind,instances,energy_error,energy_error_se,nishimori_gap,nishimori_gap_se,"
    "nishimori_informative,kl_per_spin,kl_per_spin_se,kl_infinite,weight_ess_per_draw,tau,ess_per_instance,rhat,"
    "near_signal,near_signal_se,solved,solved_se,unconverged,core_seconds_per_draw,core_seconds_per_independent_draw,"
    "verdict,spec\n";

/// EUBO - ln Z per spin. Where a denoiser gives the signal no chance at all (message passing that is certain, and
/// wrong), it is infinite: hard factors of finite strength make millions of nats of it, and no other thing does. The
/// mean is over the other instances.
struct ForwardKl {
  std::optional<MeanAndError> per_spin;
  std::string infinite;          // how many instances
  std::optional<double> median;  // of all, the infinite ones as the largest: few instances can make the mean
};
ForwardKl forward_kl(const std::vector<double>& bounds, const Eigen::MatrixXd& controls,
                     const std::optional<LogPartition>& z, Index n) {
  if (bounds.empty() || !z) return {};
  std::vector<double> finite;
  std::vector<Index> of;
  for (std::size_t k = 0; k < bounds.size(); ++k)
    if ((bounds[k] - z->value) * double(n) < 1e6) {
      finite.push_back(bounds[k] - z->value);
      of.push_back(Index(k));
    }
  ForwardKl out{std::nullopt, std::to_string(bounds.size() - finite.size())};
  if (!finite.empty()) out.per_spin = estimate(finite, controls(of, Eigen::all));
  out.median = median_of(bounds) - z->value;
  return out;
}

std::string row(const FiniteSizePanel::Sweep& sweep, double control, const Cell& c, const Success& s,
                const std::optional<LogPartition>& z, const Eigen::MatrixXd& controls) {
  const CellQuality& q = c.quality;
  const ForwardKl kl = forward_kl(q.eubo_per_instance, controls, z, c.n);
  std::optional<double> ess, per_draw, independent, rhat;
  if (q.ess) ess = *q.ess / c.instances;
  if (q.mixing) rhat = q.mixing->random.median();
  if (c.timed) per_draw = q.seconds / double(q.draws);
  if (c.timed) {
    const double draws = q.kind == Kind::chain ? q.ess.value_or(0) : double(q.draws);
    if (draws > 0) independent = q.seconds / draws;
  }
  const auto nishimori = q.nishimori ? std::optional(q.nishimori->q2) : std::nullopt;
  return fmt::format(
      "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", sweep.what, to_text(control), c.n,
      split_spec(c.sampler).name, c.family, q.kind == Kind::chain ? "chain" : "generator", c.instances,
      with_error(q.paired_energy), with_error(nishimori), q.nishimori ? (q.nishimori->informative ? "1" : "0") : "",
      with_error(kl.per_spin), kl.infinite, q.weight_ess ? number(q.weight_ess->mean) : "",
      q.tau ? number(q.tau->mean) : "", number(ess), number(rhat), with_error(s.near), with_error(s.solved),
      number(q.unconverged_fraction()), number(per_draw), number(independent), quoted(c.verdict), quoted(c.sampler));
}

std::string run_sweeps(const FiniteSizePanel& p, const fs::path& runs, bool quiet, json& plans) {
  std::string csv = kHeader;
  for (const FiniteSizePanel::Sweep& sweep : p.sweeps) {
    const fs::path folder = runs / fmt::format("{}-n{}", sweep.what, sweep.n);
    const Plan plan = finite_size_plan(p, sweep);
    note(quiet, fmt::format("{}: {}, n = {}", p.name, sweep.what, sweep.n));
    const Comparison all = compare(plan, folder, quiet);
    plans.push_back({{"what", sweep.what}, {"n", sweep.n}, {"plan", to_json(plan)}});
    for (const double control : sweep.controls) {
      const auto model = make_model(finite_size_model(p, sweep.n, control), kSeed);
      const auto z = predicted_log_partition(*model);
      const auto level = signal_overlap(*model);
      const Eigen::MatrixXd controls = control_variates(finite_size_model(p, sweep.n, control), sweep.instances, kSeed);
      std::optional<double> solution;
      if (model->name() == "xorsat" || model->name() == "bicolouring")
        solution = -model->log_likelihood(model->environment().truth)(0) / model->environment().beta;
      for (const Cell& c : all.cells)
        if (c.model == model->spec())
          csv +=
              row(sweep, control, c, success_of(folder / c.file, level, solution, flip_symmetric(*model)), z, controls);
    }
  }
  return csv;
}

// ---- the path KL of diffusion ----

/// Side information at which the curve is measured: dense where theory has its lines, even in gamma beyond them. A jump
/// between two values a and b costs the trapezoids at most (b - a)/4 of its height.
std::vector<double> path_sides(const PhaseLines& lines) {
  const double dense = lines.uninformed ? 1.5 * lines.uninformed->value : 0.5, last = 36;
  std::vector<double> out;
  for (int k = 0; k <= 120; ++k) out.push_back(dense * k / 120);
  const double from = std::sqrt(dense), to = std::sqrt(last);
  for (int k = 1; k <= 60; ++k) out.push_back(std::pow(from + (to - from) * k / 60, 2));
  return out;
}

/// 1/2 int MSE dgamma^2 - S/N over instances, S = ln Z - ln L(x*) - ln prior(x*) on average over signals; the
/// martingale of each path takes the noise away.
json measure_path_kl(const std::string& spec, const std::string& denoiser, int instances, double log_z,
                     const std::vector<double>& sides, bool quiet) {
  DenoiseOptions o;
  o.sides = sides;
  o.seed = kSeed;
  o.instances = instances;
  o.informed = false;
  // Where x -> -x is a symmetry, and there are states, message passing that begins at nothing commits to one of them at
  // the first noise and stays there: along half of the signals' paths that costs O(N). The sampler meant here begins in
  // one of the two by a fair coin; its law is at least half of that which begins in the right one, which costs ln 2.
  const bool flips = flip_symmetric(*make_model(spec, kSeed));
  if (flips) o.small_field = 0.05;
  Denoised d;
  {
    Progress progress("path KL " + spec, std::int64_t(sides.size()) * instances, quiet);
    d = denoise(spec, denoiser, o, [&] {
      stop_if_interrupted();
      progress.advance();
    });
  }
  const auto [ensemble, first] = without_instance(spec);
  std::vector<double> kl;
  for (int k = 0; k < instances; ++k) {
    const auto model = make_model(with_instance(ensemble, first + std::uint32_t(k)), kSeed);
    const Eigen::VectorXf& truth = model->environment().truth;
    const double entropy =
        log_z - (model->log_likelihood(truth)(0) + model->log_prior(truth)(0)) / double(model->sites());
    const DenoiseCurve& c = d.curves[0];
    kl.push_back(c.half_integrals[std::size_t(k)] + c.martingales[std::size_t(k)] - entropy +
                 (flips ? std::log(2.0) / double(model->sites()) : 0));
  }
  double unconverged = 0;
  for (const DenoisePoint& point : d.curves[0].points)
    unconverged += point.unconverged / double(d.curves[0].points.size());
  return {{"kl", kl}, {"unconverged", unconverged}};
}

std::string run_path_kl(const FiniteSizePanel& p, const fs::path& runs, bool quiet) {
  std::string csv = "control,n,instances,kl_per_spin,kl_per_spin_se,kl_median,predicted,unconverged,denoiser\n";
  for (const FiniteSizePanel::PathKl& run : p.path_kl)
    for (const double control : run.controls) {
      const std::string spec = finite_size_model(p, run.n, control);
      const auto z = predicted_log_partition(*make_model(spec, kSeed));
      if (!z) continue;  // beyond the static threshold of a sparse model: no ln Z, no entropy
      const PhaseLines lines = phase_at(p, control)->lines(Path::gaussian);
      const auto sides = path_sides(lines);
      const json found =
          kept(runs / fmt::format("path-kl-n{}-{}.json", run.n, to_text(control)),
               {{"model", spec}, {"denoiser", run.denoiser}, {"instances", run.instances}, {"sides", sides}}, [&] {
                 note(quiet, fmt::format("{}: path KL, n = {}, {} = {}", p.name, run.n, p.control, to_text(control)));
                 return measure_path_kl(spec, run.denoiser, run.instances, z->value, sides, quiet);
               });
      const std::vector<double> kl = numbers_from(found.at("kl"));
      csv += fmt::format("{},{},{},{},{},{},{},{}\n", to_text(control), run.n, run.instances,
                         with_error(estimate(kl, control_variates(spec, run.instances, kSeed))), number(median_of(kl)),
                         to_text(lines.kl_per_spin.value), number(found.at("unconverged").get<double>()),
                         quoted(run.denoiser));
    }
  return csv;
}

// ---- the forward KL of decimation ----

/// Calls of the denoiser along one signal.
std::int64_t reveals_of(const std::string& spec, const std::string& sampler) {
  const auto model = make_model(spec, kSeed);
  const Spec resolved = split_spec(resolve_sampler(*model, sampler));
  for (const KeyValue& kv : split_keys(resolved.name, resolved.keys))
    if (kv.key == "block") {
      const auto block = value_of<std::int64_t>("block", kv.value);
      return (model->sites() + block - 1) / block;
    }
  return model->sites();
}

std::string run_forward_kl(const FiniteSizePanel& p, const fs::path& runs, bool quiet) {
  std::string csv =
      "control,n,instances,kl_per_spin,kl_per_spin_se,kl_median,kl_infinite,predicted,unconverged,sampler\n";
  for (const FiniteSizePanel::ForwardKl& run : p.forward_kl)
    for (const double control : run.controls) {
      const std::string spec = finite_size_model(p, run.n, control);
      const auto z = predicted_log_partition(*make_model(spec, kSeed));
      if (!z) continue;
      json key{{"model", spec}, {"sampler", run.sampler}, {"instances", run.instances}};
      if (run.orders > 1) key["orders"] = run.orders;
      const json found =
          kept(runs / fmt::format("forward-kl-n{}-{}.json", run.n, to_text(control)), key, [&]() -> json {
            note(quiet, fmt::format("{}: forward KL, n = {}, {} = {}", p.name, run.n, p.control, to_text(control)));
            Progress progress("forward KL " + spec, run.instances * reveals_of(spec, run.sampler), quiet);
            const SignalBound b = bound_at_signal(spec, run.sampler, run.instances, run.orders, kSeed, [&] {
              stop_if_interrupted();
              progress.advance();
            });
            return {{"bounds", b.per_instance}, {"unconverged", b.unconverged}};
          });
      const ForwardKl kl =
          forward_kl(numbers_from(found.at("bounds")), control_variates(spec, run.instances, kSeed), z, run.n);
      csv += fmt::format("{},{},{},{},{},{},{},{},{}\n", to_text(control), run.n, run.instances,
                         with_error(kl.per_spin), number(kl.median), kl.infinite,
                         to_text(phase_at(p, control)->lines(Path::erasure).kl_per_spin.value),
                         number(found.at("unconverged").get<double>()), quoted(run.sampler));
    }
  return csv;
}

// ---- first passages ----

std::string run_passages(const FiniteSizePanel& p, const fs::path& runs, bool quiet) {
  std::string csv =
      "control,n,sampler,instances,chains,steps,crossed,median_steps,median_low,median_high,"
      "found_by_denoiser,found_by_denoiser_se,unconverged,denoiser\n";
  for (const FiniteSizePanel::Passage& run : p.passages)
    for (const double control : run.controls) {
      const std::string spec = finite_size_model(p, run.n, control);
      const auto level = signal_overlap(*make_model(spec, kSeed));
      if (!level) continue;
      const json key{{"model", spec},        {"sampler", run.sampler}, {"denoiser", run.denoiser},
                     {"chains", run.chains}, {"steps", run.steps},     {"instances", run.instances},
                     {"level", *level}};
      const json found = kept(
          runs / fmt::format("{}-n{}-{}.json", run.steps > 0 ? "passage" : "found", run.n, to_text(control)), key,
          [&]() -> json {
            note(quiet, fmt::format("{}: first passages, n = {}, {} = {}", p.name, run.n, p.control, to_text(control)));
            DynamicsOptions o;
            o.seed = kSeed;
            o.steps = run.steps;
            o.chains = run.chains;
            o.instances = run.instances;
            o.planted = false;
            o.low = std::min(o.low, *level);
            o.high = *level;
            json out{{"crossed", nullptr}, {"median", nullptr}, {"low", nullptr}, {"high", nullptr}};
            if (run.steps > 0) {
              Progress progress("first passages " + spec, std::int64_t(run.steps) * run.instances, quiet);
              const Dynamics d = dynamics(spec, run.sampler, o, [&] {
                stop_if_interrupted();
                progress.advance();
              });
              const Crossing& c = d.crossings.front();
              const auto maybe = [](const std::optional<double>& v) { return v ? json(*v) : json(nullptr); };
              out = {{"crossed", c.crossed()},
                     {"median", maybe(c.median)},
                     {"low", maybe(c.low)},
                     {"high", maybe(c.high)}};
            }
            const Found f = found_by_denoiser(spec, run.denoiser, *level, run.instances, run.chains, kSeed);
            out["found"] = to_json(f.fraction);
            out["unconverged"] = f.unconverged;
            return out;
          });
      const auto text = [&](const char* what) {
        return found.at(what).is_null() ? std::string() : number(found.at(what).get<double>());
      };
      csv +=
          fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n", to_text(control), run.n, run.sampler, run.instances,
                      run.chains, run.steps, text("crossed"), text("median"), text("low"), text("high"),
                      with_error(estimate_from(found.at("found"))), text("unconverged"), quoted(run.denoiser));
    }
  return csv;
}

/// Predicted cost of following the uninformed branch, on both paths.
std::string predicted_lines(const FiniteSizePanel& p, bool quiet) {
  std::vector<std::string> rows(p.lines.size());
  Progress progress(p.name + ": predicted lines", std::int64_t(rows.size()), quiet);
  for_each_parallel(int(rows.size()), [&](int i) {
    stop_if_interrupted();
    const auto k = std::size_t(i);
    const auto phase = phase_at(p, p.lines[k]);
    rows[k] = fmt::format("{},{},{}\n", to_text(p.lines[k]), to_text(phase->lines(Path::gaussian).kl_per_spin.value),
                          to_text(phase->lines(Path::erasure).kl_per_spin.value));
    progress.advance();
  });
  std::string csv = "control,kl_diffusion,kl_autoregressive\n";
  for (const std::string& r : rows) csv += r;
  return csv;
}

}  // namespace

std::string finite_size_model(const FiniteSizePanel& p, Index n, double control) {
  const auto phase = phase_at(p, control);
  std::map<std::string, std::string> keys;
  for (const KeyValue& kv : phase->parameters) keys[kv.key] = kv.value;
  const std::string size = "n=" + to_text(n) + ",planted=true,";
  if (p.control == "delta_over_rho2") {
    const double rho = value_of<double>("rho", keys.at("rho"));
    return phase->name + ":" + size + "prior=" + keys.at("prior") + ",rho=" + keys.at("rho") +
           ",delta=" + to_text(control * rho * rho);
  }
  std::string shape;  // the names that models and ensembles give the size of an interaction differ in one case
  if (keys.contains("p")) shape = "p=" + keys.at("p") + ",";
  if (keys.contains("k")) shape = (phase->name == "xorsat" ? "p=" : "k=") + keys.at("k") + ",";
  return phase->name + ":" + shape + size + p.control + "=" + to_text(control);
}

Plan finite_size_plan(const FiniteSizePanel& p, const FiniteSizePanel::Sweep& sweep) {
  Plan plan;
  plan.seed = kSeed;
  plan.instances = sweep.instances;
  for (const double c : sweep.controls) plan.models.push_back(finite_size_model(p, sweep.n, c));
  plan.samplers = sweep.samplers;
  return plan;
}

void run_finite_size(const FiniteSizePanel& p, const fs::path& out, bool quick, bool quiet) {
  const fs::path runs = out / "runs" / p.name;
  std::error_code error;
  fs::create_directories(runs, error);
  if (error || !fs::is_directory(runs)) throw BadInput("--out " + out.string() + ": cannot make this folder");
  json about{
      {"panel", p.name},
      {"model", p.model},
      {"control", p.control},
      {"command", "glassmark reproduce finite-size --panel " + p.name + (quick ? " --quick" : "") + " --out DIR"},
      {"version", GLASSMARK_VERSION},
      {"quick", quick}};
  for (const Path path : {Path::gaussian, Path::erasure}) {
    const auto phase = phase_at(p, p.lines.front());
    about["thresholds"][to_text(path)] = to_json(*phase, path, phase->thresholds(path));
  }
  write_whole(out / (p.name + "-lines.csv"), predicted_lines(p, quiet));
  json plans = json::array();
  const std::string sweeps = run_sweeps(p, runs, quiet, plans), kl = run_path_kl(p, runs, quiet);
  about["plans"] = std::move(plans);
  write_whole(out / (p.name + "-path-kl.csv"), kl);
  if (!p.forward_kl.empty()) write_whole(out / (p.name + "-forward-kl.csv"), run_forward_kl(p, runs, quiet));
  if (!p.passages.empty()) write_whole(out / (p.name + "-passage.csv"), run_passages(p, runs, quiet));
  write_whole(out / (p.name + ".csv"), sweeps);
  write_whole(out / (p.name + ".json"), about.dump(2) + "\n");
}

}  // namespace glass

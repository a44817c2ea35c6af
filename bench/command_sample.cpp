#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "bench/commands.hpp"
#include "bench/compare.hpp"
#include "bench/compare_report.hpp"
#include "bench/draws_file.hpp"
#include "bench/instance_file.hpp"
#include "bench/interrupt.hpp"
#include "bench/progress.hpp"
#include "bench/quality.hpp"
#include "bench/record.hpp"
#include "bench/registry.hpp"

namespace glass {

using nlohmann::json;

int sample_command(const SampleArguments& a, bool quiet) {
  if (std::filesystem::path(a.out).extension() != ".nc")
    throw BadInput("--out " + a.out + ": samples are netCDF; the name must end in .nc");
  const auto model = make_model(a.model, a.seed);
  const Environment& env = model->environment();
  std::uint32_t instance = 0;
  for (const KeyValue& kv : split_keys("", split_spec(model->spec()).keys))
    if (kv.key == "instance") instance = value_of<std::uint32_t>("instance", kv.value);
  const Index chains = a.run.chains;
  const Schedule schedule = a.run.schedule();
  check_memory("--chains x --draws", double(chains) * (32.0 * schedule.draws + 16.0 * double(model->dim())),
               "ask for fewer");
  const Streams rng({a.seed, Purpose::sampler, 0, instance}, chains);
  const auto sampler = make_sampler(*model, a.sampler, rng);
  const bool chain = sampler->traits().kind == Kind::chain;
  if (a.start == "planted") {
    if (!env.truth.size()) throw BadInput("--start planted: the model has no signal; add planted=true to --model");
    if (!sampler->start_at(env.truth.replicate(1, chains)))
      throw BadInput("--start planted: " + a.sampler + " draws afresh and starts nowhere");
  }
  DrawsLayout layout;
  layout.chains = chains;
  layout.draws = schedule.draws;
  layout.instances = {{instance, env}};
  layout.planted_start.assign(std::size_t(chains), a.start == "planted");
  layout.log_q = sampler->log_prob().has_value();
  layout.reported = sampler->report();
  const std::string family = sampler_family(a.sampler);
  layout.denoises = !chain && family != "exact" && family != "MCMC";
  if (model->has_terms()) layout.terms = terms_of(*model, model->order());
  layout.configuration = json{
      {"model", model->spec()},
      {"sampler", resolve_sampler(*model, a.sampler)},
      {"seed", a.seed},
      {"chains", chains},
      {"warmup", chain ? schedule.warmup : 0},
      {"draws", schedule.draws},
      {"thin", chain ? schedule.thin : 1},
      {"start", a.start}}.dump();
  DrawsFile file(a.out, std::move(layout));
  const std::int64_t steps = chain ? schedule.warmup + std::int64_t{schedule.draws} * schedule.thin : schedule.draws;
  Record r;
  std::vector<Reported> reported;                                      // of the last draw
  std::vector<std::vector<double>> numbers(sampler->report().size());  // chain after chain, draw after draw
  {
    Progress progress(split_spec(a.sampler).name, steps, quiet);
    r = record(
        *model, *sampler, chains, schedule,
        [&](int, const Batch& x, const PerColumn& lp, const StepInfo& info, const std::optional<PerColumn>& log_q) {
          reported = sampler->report();
          file.append(x, lp, info.acceptance, log_q, info.unconverged, reported);
          for (std::size_t k = 0; k < reported.size(); ++k)
            if (reported[k].values.rows() == 1)
              numbers[k].insert(numbers[k].end(), reported[k].values.data(), reported[k].values.data() + chains);
          if (!chain) progress.advance();
        },
        [&] {
          stop_if_interrupted();
          if (chain) progress.advance();
        });
  }
  stop_if_interrupted();
  file.commit();

  const InstanceQuality q = judge_instance(*model, schedule, chain ? Kind::chain : Kind::generator, r, nullptr, {});
  json summary = to_json(q);
  summary["seconds"] = q.seconds;
  summary["out"] = a.out;
  std::string lines;
  for (std::size_t k = 0; k < reported.size(); ++k) {
    const Reported& rep = reported[k];
    if (rep.values.rows() > 1) {  // of each rung: as they are at the end, mean over chains
      const Eigen::VectorXd mean = rep.values.rowwise().mean();
      summary["reported"][std::string(rep.name)] = std::vector<double>(mean.begin(), mean.end());
      lines += fmt::format("  {} ({}): {:.3g}\n", rep.name, rep.meaning, fmt::join(mean, " "));
      continue;
    }
    const Eigen::Map<const Eigen::ArrayXd> v(numbers[k].data(), Index(numbers[k].size()));
    const double spread = v.size() > 1 ? std::sqrt((v - v.mean()).square().sum() / double(v.size() - 1)) : 0;
    summary["reported"][std::string(rep.name)] = {{"mean", v.mean()}, {"spread", spread}};
    lines += fmt::format("  {} ({}): mean {:.6g}, spread {:.2g} over {} draws\n", rep.name, rep.meaning, v.mean(),
                         spread, v.size());
  }
  if (a.json) {
    fmt::print("{}\n", summary.dump(2));
    return 0;
  }
  fmt::print("{}: {} draws of {} on {}\n", a.out, q.draws, split_spec(a.sampler).name, model->spec());
  fmt::print("  E/N = {:.5f}", q.energy);
  if (env.truth.size()) fmt::print(", planted {:.5f}; overlap with it {:.4f}", q.energy - q.paired_energy, q.q_planted);
  if (q.tau) fmt::print("; tau(E) = {:.3g} steps, ESS = {:.3g}", *q.tau, *q.ess);
  if (q.elbo) fmt::print("; ELBO/N = {:.5f}", *q.elbo);
  if (q.work.denoiser_calls)
    fmt::print("; {} of {} denoiser calls did not converge", q.unconverged, q.work.denoiser_calls);
  fmt::print("; {:.2f} s\n{}", q.seconds, lines);
  return 0;
}

int compare_command(const CompareArguments& a, bool quiet) {
  Plan plan;
  if (!a.plan.empty()) {
    if (!a.models.empty() || !a.samplers.empty())
      throw BadInput("compare: give either a plan or --model and --sampler, not both");
    plan = Plan::read(a.plan);
  } else {
    if (a.models.empty() || a.samplers.empty()) throw BadInput("compare: needs a plan, or --model and --sampler");
    plan.seed = a.seed;
    plan.instances = a.instances;
    for (const std::string& m : a.models)
      for (std::string& one : expand_spec(m)) plan.models.push_back(std::move(one));
    for (const std::string& s : a.samplers)
      for (std::string& one : expand_spec(s)) plan.samplers.push_back({std::move(one), a.run, {}});
  }
  const Comparison result = compare(plan, a.out, quiet);
  fmt::print("{}", a.json ? comparison_summary(plan, result).dump(2) + "\n" : comparison_table(result));
  return 0;
}

int instance_command(const InstanceArguments& a, bool quiet) {
  const auto model = make_model(a.model, a.seed);
  const std::string sha256 = write_instance(a.out, *model, a.seed);
  if (!sha256.empty()) fmt::print("sha256 {}\n", sha256);
  note(quiet, a.out + ": " + model->spec());
  return 0;
}

}  // namespace glass

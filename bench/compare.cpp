#include "bench/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "bench/compare_report.hpp"
#include "bench/draws_file.hpp"
#include "bench/instance_spec.hpp"
#include "bench/interrupt.hpp"
#include "bench/parallel.hpp"
#include "bench/progress.hpp"
#include "bench/record.hpp"
#include "bench/registry.hpp"
#include "bench/whole_file.hpp"

namespace glass {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// One cell before it is run.
struct Task {
  std::string model;    // SPEC without an instance
  std::string shown;    // resolved, with the first instance
  std::string sampler;  // resolved
  std::uint32_t first = 0;
  fs::path file, times;
  RunLength run;
};

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct InstanceRun {
  DrawsInstance drawn;
  std::optional<DrawsBlock> block;
  InstanceQuality quality;
  Kind kind = Kind::chain;
};

Streams streams(const Plan& plan, Purpose purpose, std::uint32_t instance, Index columns) {
  return {{plan.seed, purpose, 0, instance}, columns};
}

/// Chains run from random starts and, where there is a signal, as many from it: an exact kernel keeps those exact at
/// all times, so they need no warm-up. Step sizes are found first and the start is set again, or adapting would bias
/// it.
InstanceRun run_instance(const Plan& plan, const Task& task, std::uint32_t instance,
                         const std::function<void()>& tick) {
  const auto model = make_model(with_instance(task.model, instance), plan.seed);
  const Eigen::VectorXf& truth = model->environment().truth;
  const Index chains = task.run.chains;
  const Schedule schedule = task.run.schedule();
  auto sampler = make_sampler(*model, task.sampler, streams(plan, Purpose::sampler, instance, chains));
  const Kind kind = sampler->traits().kind;
  InstanceRun r{{instance, model->environment()}, std::nullopt, {}, kind};

  std::optional<Record> planted;
  std::unique_ptr<AnySampler> from_truth;
  if (kind == Kind::chain && truth.size()) {
    from_truth = make_sampler(*model, task.sampler, streams(plan, Purpose::start, instance, chains));
    if (!from_truth->start_at(truth.replicate(1, chains))) from_truth.reset();
    // a tempered chain can begin at x*, but its hotter replicas are not exact draws then: it is warmed up like any
    // other
  }
  r.block.emplace(chains * (from_truth ? 2 : 1), schedule.draws, model->sites(), model->alphabet());
  const auto into = [&](Index first) {
    return [&r, first](int draw, const Batch& x, const PerColumn& lp, const StepInfo& info,
                       const std::optional<PerColumn>& log_q) {
      r.block->put(draw, x, lp, info.acceptance, log_q, info.unconverged, first);
    };
  };
  const Record random = record(*model, *sampler, chains, schedule, into(0), tick);
  if (from_truth) {
    bool adapts = true;
    for (int k = 0; adapts && k < schedule.warmup; ++k) {
      from_truth->step();
      adapts = from_truth->adapt();
      tick();
    }
    const bool exact = from_truth->place(truth.replicate(1, chains));
    if (!exact) from_truth->start_at(truth.replicate(1, chains));
    planted = record(*model, *from_truth, chains, {exact ? 0 : schedule.warmup, schedule.draws, schedule.thin},
                     into(chains), tick);
    planted->exact_start = exact;
  }
  PerColumn log_q_truth;
  if (truth.size() && sampler->log_prob()) log_q_truth = sampler->log_prob_of(truth.replicate(1, chains), tick)->first;
  r.quality = judge_instance(*model, schedule, kind, random, planted ? &*planted : nullptr, log_q_truth);
  return r;
}

void run_cell(const Plan& plan, const Task& task, bool quiet) {
  std::vector<InstanceRun> runs(static_cast<std::size_t>(plan.instances));
  {
    Progress progress(fmt::format("{} on {}", split_spec(task.sampler).name, split_spec(task.model).name),
                      plan.instances, quiet);
    for_each_parallel(plan.instances, [&](int k) {
      runs[std::size_t(k)] = run_instance(plan, task, task.first + std::uint32_t(k), stop_if_interrupted);
      progress.advance();
    });
  }

  json instances = json::array(), times = json::array();
  DrawsLayout layout;
  layout.chains = 0;
  layout.draws = task.run.draws;
  for (std::size_t k = 0; k < runs.size(); ++k) {
    const InstanceRun& r = runs[k];
    instances.push_back(to_json(r.quality));
    times.push_back(r.quality.seconds);
    layout.instances.push_back(r.drawn);
    for (Index c = 0; c < r.block->chains(); ++c) {
      layout.instance.push_back(std::uint32_t(k));
      layout.planted_start.push_back(c >= task.run.chains);
    }
    layout.chains += r.block->chains();
  }
  const InstanceQuality& first = runs.front().quality;
  layout.log_q = first.elbo.has_value();
  layout.denoises = first.work.denoiser_calls > 0;
  layout.configuration = json{{"model", task.shown},
                              {"sampler", task.sampler},
                              {"seed", plan.seed},
                              {"chains", task.run.chains},
                              {"warmup", task.run.warmup},
                              {"draws", task.run.draws},
                              {"thin", task.run.thin},
                              {"instances", std::move(instances)},
                              {"kind", runs.front().kind == Kind::chain ? "chain" : "generator"}}
                             .dump();
  write_whole(task.times,
              json{{"seconds", std::move(times)}}.dump() + "\n");  // first: the samples say that the cell is done
  DrawsFile file(task.file, std::move(layout));
  Index chain = 0;
  for (const InstanceRun& r : runs) {
    file.put(chain, *r.block);
    chain += r.block->chains();
  }
  file.commit();
}

/// Whether a file's SPECs are the task's, keys that it does not know (it is older than they are) at their defaults.
bool same_run(const std::string& model_spec, const std::string& sampler, const Task& task, std::uint32_t seed) {
  if (model_spec == task.shown && sampler == task.sampler) return true;
  try {
    const auto model = make_model(model_spec, seed);
    return model->spec() == task.shown && resolve_sampler(*model, sampler) == task.sampler;
  } catch (const BadInput&) {  // a key or name that is gone
    return false;
  }
}

Cell read_cell(const Plan& plan, const Task& task) {
  const auto fail = [&](const std::string& why) {
    return BadInput(task.file.string() + ": " + why + "; remove it and run the plan again");
  };
  std::optional<std::string> text;
  try {
    text = NetcdfFile::open(task.file).root().text_attribute("", "configuration");
  } catch (const BadInput& e) {
    throw BadInput(std::string(e.what()) + "; remove it and run the plan again");
  }
  if (!text) throw fail("holds no configuration");
  std::vector<InstanceQuality> instances;
  Cell cell;
  try {
    const json j = json::parse(*text);
    if (!same_run(j.at("model"), j.at("sampler"), task, plan.seed)) throw fail("belongs to another cell");
    for (const json& i : j.at("instances")) instances.push_back(instance_quality_from(i));
    const auto model = make_model(task.shown, plan.seed);
    cell.timed = fs::exists(task.times);
    if (cell.timed) {
      const json times = json::parse(read_text(task.times)).at("seconds");
      for (std::size_t k = 0; k < instances.size(); ++k) instances[k].seconds = times.at(k).get<double>();
    }
    cell.quality = judge_cell(*model, j.at("kind") == "chain" ? Kind::chain : Kind::generator, instances);
    cell.n = model->sites();
    cell.beta = model->environment().beta;
    if (auto z = model->log_partition()) cell.log_partition = LogPartition{z->value / double(cell.n), z->method};
  } catch (const json::exception& e) {
    throw fail(std::string("damaged configuration (") + e.what() + ")");
  }
  cell.model = task.shown;
  cell.sampler = task.sampler;
  cell.family = sampler_family(task.sampler);
  cell.file = (fs::path("cells") / task.file.filename()).string();
  cell.run = task.run;
  cell.instances = plan.instances;
  return cell;
}

/// The folder for this plan: made, or found to hold the same plan.
void claim(const fs::path& out, const Plan& plan) {
  std::error_code error;
  fs::create_directories(out / "cells", error);
  if (error)
    throw BadInput(fmt::format("--out {}: cannot be made: {}; choose another folder", out.string(), error.message()));
  const std::string text = to_json(plan).dump(2) + "\n";
  if (!fs::exists(out / "plan.json")) {
    write_whole(out / "plan.json", text);
  } else if (read_text(out / "plan.json") != text) {
    throw BadInput(fmt::format(
        "--out {}: already holds another run (see its plan.json); choose another folder or remove it", out.string()));
  }
}

}  // namespace

Comparison compare(const Plan& plan, const fs::path& out, bool quiet) {
  Comparison result;
  std::vector<Task> tasks;
  for (std::size_t m = 0; m < plan.models.size(); ++m) {
    const auto [bare, first] = without_instance(plan.models[m]);
    if (split_spec(bare).name == "file" && plan.instances != 1)
      throw BadInput("instances: a file is one instance; set instances = 1");
    const auto model = make_model(with_instance(bare, first), plan.seed);
    for (std::size_t s = 0; s < plan.samplers.size(); ++s) {
      const Plan::Sampler& want = plan.samplers[s];
      const std::string name = split_spec(bare).name;
      if (!want.models.empty() && std::find(want.models.begin(), want.models.end(), name) == want.models.end())
        continue;
      const std::string resolved = resolve_sampler(*model, want.spec);
      try {
        make_sampler(*model, want.spec, streams(plan, Purpose::sampler, first, 1));
      } catch (const Refused& e) {
        result.refused.push_back({model->spec(), resolved, e.what()});
        continue;
      }
      const std::string stem = fmt::format("{}-{}--{}-{}", m + 1, name, s + 1, split_spec(want.spec).name);
      tasks.push_back({bare, model->spec(), resolved, first, out / "cells" / (stem + ".nc"),
                       out / "cells" / (stem + ".time.json"), want.run});
    }
  }
  for (const Task& t : tasks) {  // a cell is held until it is whole; chains count twice, once from the signal
    const double draws = 2.0 * t.run.chains * double(t.run.draws) * plan.instances;
    check_memory(split_spec(t.sampler).name + ": chains x draws x instances",
                 draws * (double(make_model(t.shown, plan.seed)->sites()) + 64), "ask for fewer draws");
  }
  if (tasks.empty()) throw BadInput("compare: no sampler of the plan fits a model: " + result.refused.front().reason);
  claim(out, plan);
  for (const Task& t : tasks) {
    const bool there = fs::exists(t.file);
    if (!there) run_cell(plan, t, quiet);
    result.cells.push_back(read_cell(plan, t));
    const Cell& c = result.cells.back();
    note(quiet,
         fmt::format("{}/{} {} {}{}", result.cells.size(), tasks.size(), t.file.stem().string(),
                     there ? "skipped, its file is there" : "done",
                     c.timed && !there ? fmt::format(" ({:.1f} core-seconds of sampling)", c.quality.seconds) : ""));
  }
  // a false alarm in one of a thousand comparisons
  const double alpha = 1e-3 / double(kTestedStatements * tasks.size());
  for (Cell& c : result.cells) c.verdict = verdict(c.quality, alpha);
  write_whole(out / "summary.json", comparison_summary(plan, result).dump(2) + "\n");
  write_whole(out / "table.md", comparison_table(result));
  return result;
}

}  // namespace glass

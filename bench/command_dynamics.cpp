#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "bench/commands.hpp"
#include "bench/dynamics.hpp"
#include "bench/interrupt.hpp"
#include "bench/progress.hpp"
#include "bench/registry.hpp"
#include "bench/whole_file.hpp"

namespace glass {

using nlohmann::json;

namespace {

json optional_json(const std::optional<double>& v) { return v ? json(*v) : json(nullptr); }

json series_json(const std::vector<MeanAndError>& all) {
  if (all.empty()) return nullptr;
  json mean = json::array(), error = json::array();
  for (const MeanAndError& e : all) {
    mean.push_back(e.mean);
    error.push_back(e.error);
  }
  return {{"mean", mean}, {"error", error}};
}

json to_json(const Dynamics& d, const DynamicsArguments& a) {
  json curves = json::array(), crossings = json::array();
  for (const DynamicsCurve& c : d.curves)
    curves.push_back({{"start", c.start},
                      {"energy", series_json(c.energy)},
                      {"q_start", series_json(c.q_start)},
                      {"q_planted", series_json(c.q_planted)}});
  for (const Crossing& c : d.crossings) {
    json time = json::array(), surviving = json::array();
    for (const SurvivalStep& s : survival(c.passages)) {
      time.push_back(s.time);
      surviving.push_back(s.surviving);
    }
    crossings.push_back({{"start", c.start},
                         {"level", c.start == "planted" ? a.low : a.high},
                         {"chains", c.passages.size()},
                         {"crossed", c.crossed()},
                         {"censored", c.passages.size() - std::size_t(c.crossed())},
                         {"median", optional_json(c.median)},
                         {"median_95", {optional_json(c.low), optional_json(c.high)}},
                         {"survival", {{"time", time}, {"surviving", surviving}}}});
  }
  json out{{"model", d.model},         {"model_name", split_spec(d.model).name},
           {"sampler", d.sampler},     {"n", d.n},
           {"beta", d.beta},           {"instances", d.instances},
           {"chains", d.chains},       {"times", d.times},
           {"curves", curves},         {"crossings", crossings},
           {"planted_energy", nullptr}};
  if (d.planted_energy) out["planted_energy"] = {{"mean", d.planted_energy->mean}, {"error", d.planted_energy->error}};
  return out;
}

std::string shown(const std::optional<MeanAndError>& e) {
  return e ? fmt::format("{:.4f} ± {:.4f}", e->mean, e->error) : "-";
}
std::string shown(const std::optional<double>& t, int steps) {
  return t ? fmt::format("{:g}", *t) : fmt::format("> {}", steps);
}

std::string table(const std::vector<Dynamics>& all, const DynamicsArguments& a) {
  std::string out;
  for (const Dynamics& d : all) {
    out += fmt::format("{}, {}: {} instances, {} chains of each start, {} steps\n", d.model, d.sampler, d.instances,
                       d.chains, a.steps);
    if (d.planted_energy) out += fmt::format("  energy of the signal {}\n", shown(d.planted_energy));
    for (const DynamicsCurve& c : d.curves) {
      out += fmt::format("  {:<8} start, at the end: E/N = {}, overlap with the start {}", c.start,
                         shown(c.energy.back()), shown(c.q_start.back()));
      if (!c.q_planted.empty()) out += ", with the signal " + shown(c.q_planted.back());
      out += "\n";
    }
    for (const Crossing& c : d.crossings)
      out += fmt::format("  {:<8} start: {} of {} chains reach q {} {:g}; median {} steps, 95% [{}, {}]\n", c.start,
                         c.crossed(), c.passages.size(),
                         c.start == "planted" ? "<=" : ">=", c.start == "planted" ? a.low : a.high,
                         shown(c.median, a.steps), shown(c.low, a.steps), shown(c.high, a.steps));
  }
  return out;
}

}  // namespace

int dynamics_command(const DynamicsArguments& a, bool quiet) {
  if (!a.out.empty() && std::filesystem::path(a.out).extension() != ".json")
    throw BadInput("--out " + a.out + ": curves and crossings are JSON; the name must end in .json");
  const std::vector<std::string> models = expand_spec(a.model);
  DynamicsOptions o;
  o.seed = a.seed;
  o.steps = a.steps;
  o.chains = a.chains;
  o.instances = a.instances;
  o.low = a.low;
  o.high = a.high;
  o.random = a.start != "planted";
  o.planted = a.start != "random";
  std::optional<WholeFile> file;  // now, so that a path that cannot be written costs no minutes
  if (!a.out.empty()) file.emplace(a.out);
  std::vector<Dynamics> all;
  for (const std::string& model : models) {
    Progress progress(fmt::format("{} on {}", split_spec(a.sampler).name, model),
                      std::int64_t{a.steps} * a.instances * (int(o.random) + int(o.planted)), quiet);
    all.push_back(dynamics(model, a.sampler, o, [&] {
      stop_if_interrupted();
      progress.advance();
    }));
  }
  json runs = json::array();
  for (const Dynamics& d : all) runs.push_back(to_json(d, a));
  const json result{{"glassmark", GLASSMARK_VERSION}, {"seed", a.seed}, {"steps", a.steps}, {"runs", std::move(runs)}};
  if (file) {
    file->write(result.dump() + "\n");
    file->commit();
  }
  fmt::print("{}", a.json ? result.dump(2) + "\n" : table(all, a));
  return 0;
}

}  // namespace glass

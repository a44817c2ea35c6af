#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bench/commands.hpp"
#include "bench/progress.hpp"
#include "bench/verify.hpp"

namespace glass {

using nlohmann::json;

namespace {

constexpr double kOverall = 1e-3;

int calibration_command(const std::vector<std::string>& models, const std::vector<std::string>& samplers,
                        const VerifyArguments& a, bool quiet) {
  std::vector<Calibrated> all;
  {
    Progress progress("calibration", std::int64_t(models.size() * samplers.size()), quiet);
    all = calibrations(models, samplers, a.calibration, a.seed, [&](const Calibrated&) { progress.advance(); });
  }
  std::size_t checks = 0, pairs = 0;
  for (const Calibrated& c : all) {
    checks += c.checks.size();
    pairs += !c.checks.empty();
  }
  if (pairs == 0)
    throw BadInput("verify --calibration: " + all.front().sampler + " on " + all.front().model + ": " +
                   all.front().refused);
  const double level = kOverall / double(checks);
  bool passed = true;
  json rows = json::array();
  std::string text;
  for (const Calibrated& c : all) {
    json row{{"model", c.model}, {"sampler", c.sampler}, {"checks", json::array()}};
    std::string found, word = c.checks.empty() ? "n/a" : "pass";
    for (const Check& k : c.checks) {
      if (k.p_value < level) word = "FAIL";
      found += fmt::format("{}{}: p = {:.2g}", found.empty() ? "" : "; ", k.name, k.p_value);
      row["checks"].push_back({{"name", k.name}, {"statistic", k.statistic}, {"dof", k.dof}, {"p_value", k.p_value}});
    }
    passed = passed && word != "FAIL";
    row["result"] = word;
    if (c.checks.empty()) row["refused"] = c.refused;
    rows.push_back(std::move(row));
    if (c.checks.empty() && a.sampler.empty()) continue;  // most promise no exact draws; --json has them all
    text += fmt::format("{:<4}  {:<34} {}\n      {}\n", word, c.sampler, c.model, c.checks.empty() ? c.refused : found);
  }
  if (a.json)
    fmt::print("{}\n", json{{"overall_level", kOverall},
                            {"level", level},
                            {"instances", a.calibration},
                            {"passed", passed},
                            {"entries", rows}}
                           .dump(2));
  else
    fmt::print(
        "{}{} of {} pairs calibrated on {} planted instances each; a correct suite fails with probability {:g} (level "
        "{:.2g} per check)\n",
        text, pairs, all.size(), a.calibration, kOverall, level);
  return passed ? 0 : 1;
}

}  // namespace

int verify_command(const VerifyArguments& a, bool quiet) {
  const auto models = a.model.empty() ? verify_models() : expand_spec(a.model);
  const auto samplers = a.sampler.empty() ? verify_samplers() : expand_spec(a.sampler);
  if (a.calibration) return calibration_command(models, samplers, a, quiet);
  std::vector<Verified> all;
  {
    Progress progress("verify", std::int64_t(models.size() * samplers.size()), quiet);
    all = verify(models, samplers, a.draws, a.seed, [&](const Verified&) { progress.advance(); });
  }
  const double level = verify_level(all, kOverall);
  bool passed = true;
  std::size_t checked = 0, slow = 0;
  json rows = json::array();
  std::string text;
  for (const Verified& v : all) {
    const bool good = v.passed(level);
    json row{{"model", v.model}, {"sampler", v.sampler}};
    std::string found, word = good ? "pass" : "FAIL";
    if (v.conformance) {
      const Conformance& c = *v.conformance;
      found = fmt::format("smallest p of {} checks {:.2g}, TV {:.4f} (null {:.4f}, 99.9% {:.4f}), tau {}{:.2g} steps",
                          c.checks.size(), c.smallest_p(), c.variation.value, c.variation.null_mean,
                          c.variation.null_999, c.slow ? "above " : "", c.tau);
      if (c.slow && good) {
        word = "slow";
        found += "; keeps the law and reaches all of it, but how soon from a wrong start was not judged";
        ++slow;
      }
      for (const std::string& why : c.violations) found += "; " + why;
      for (const Check& k : c.checks) {
        if (k.p_value < level)
          found += fmt::format("; {}: G = {:.4g} at {} degrees of freedom", k.name, k.statistic, k.dof);
        row["checks"].push_back({{"name", k.name}, {"statistic", k.statistic}, {"dof", k.dof}, {"p_value", k.p_value}});
      }
      row["violations"] = c.violations;
      row["total_variation"] = {
          {"value", c.variation.value}, {"null_mean", c.variation.null_mean}, {"null_999", c.variation.null_999}};
      row["tau_steps"] = c.tau;
      row["slow"] = c.slow;
    } else if (v.order) {
      found = fmt::format("bias falls as (1/steps)^{:.2f}±{:.2f}, claimed {:g}{}", v.order->order, v.order->error,
                          v.claimed,
                          v.shown() ? ""
                          : good    ? "; too few draws to exclude the order below: raise --draws"
                                    : "");
      row["order"] = {{"measured", v.order->order}, {"error", v.order->error}, {"claimed", v.claimed}};
    } else {
      found = v.refused;
      word = "n/a";
      row["refused"] = v.refused;
    }
    checked += word != "n/a";
    passed = passed && good;
    row["result"] = word;
    rows.push_back(std::move(row));
    text += fmt::format("{:<4}  {:<34} {}\n      {}\n", word, v.sampler, v.model, found);
  }
  if (checked == 0)
    throw BadInput("verify: " + all.front().sampler + " on " + all.front().model + ": " + all.front().refused);
  if (a.json)
    fmt::print(
        "{}\n",
        json{{"overall_level", kOverall}, {"level", level}, {"draws", a.draws}, {"passed", passed}, {"entries", rows}}
            .dump(2));
  else
    fmt::print(
        "{}{} of {} pairs checked against enumeration{}; a correct suite fails with probability {:g} (level {:.2g} per "
        "check)\n",
        text, checked, all.size(), slow ? fmt::format(", {} too slow to judge the way to equilibrium", slow) : "",
        kOverall, level);
  return passed ? 0 : 1;
}

}  // namespace glass

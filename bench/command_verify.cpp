#include <fmt/format.h>

#include <algorithm>
#include <deque>
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

/// A result in a word (pass, slow, FAIL, n/a), as the table shows it and as --json does.
struct Row {
  std::string word, text;
  json data;
};
Row row_of(const Verified& v, double level) {
  const bool good = v.passed(level);
  Row row{good ? "pass" : "FAIL", {}, {{"model", v.model}, {"sampler", v.sampler}}};
  std::string found;
  if (v.conformance) {
    const Conformance& c = *v.conformance;
    found = fmt::format("smallest p of {} checks {:.2g}, TV {:.4f} (null {:.4f}, 99.9% {:.4f}), tau {}{:.2g} steps",
                        c.checks.size(), c.smallest_p(), c.variation.value, c.variation.null_mean, c.variation.null_999,
                        c.slow ? "above " : "", c.tau);
    if (c.slow && good) {
      row.word = "slow";
      found += "; keeps the law and reaches all of it, but how soon from a wrong start was not judged";
    }
    for (const std::string& why : c.violations) found += "; " + why;
    for (const Check& k : c.checks) {
      if (k.p_value < level)
        found += fmt::format("; {}: G = {:.4g} at {} degrees of freedom", k.name, k.statistic, k.dof);
      row.data["checks"].push_back(
          {{"name", k.name}, {"statistic", k.statistic}, {"dof", k.dof}, {"p_value", k.p_value}});
    }
    row.data["violations"] = c.violations;
    row.data["total_variation"] = {
        {"value", c.variation.value}, {"null_mean", c.variation.null_mean}, {"null_999", c.variation.null_999}};
    row.data["tau_steps"] = c.tau;
    row.data["slow"] = c.slow;
  } else if (v.order) {
    found =
        fmt::format("bias falls as (1/steps)^{:.2f}±{:.2f}, claimed {:g}{}", v.order->order, v.order->error, v.claimed,
                    v.shown() ? ""
                    : good    ? "; too few draws to exclude the order below: raise --draws"
                              : "");
    row.data["order"] = {{"measured", v.order->order}, {"error", v.order->error}, {"claimed", v.claimed}};
  } else {
    found = v.refused;
    row.word = "n/a";
    row.data["refused"] = v.refused;
  }
  row.data["result"] = row.word;
  row.text = fmt::format("{:<4}  {:<34} {}\n      {}\n", row.word, v.sampler, v.model, found);
  return row;
}

/// The rows on stdout while others are still worked on, in their order. The level of a check depends on how many there
/// will be in all, which is at least as many as so far: the few p-values that this may yet decide about wait for it,
/// and so does everything until something was checked at all.
class EarlyRows {
 public:
  EarlyRows(Progress& progress, std::size_t pairs)
      : progress_(progress), least_(kOverall / (kMostChecks * double(pairs))) {}
  void add(const Verified& v) {
    waiting_.push_back(v);
    checked_ = checked_ || v.conformance || v.order;
    if (v.conformance) checks_ += v.conformance->checks.size();
    const double most = kOverall / double(std::max(checks_, std::size_t{1}));
    while (checked_ && !waiting_.empty() && decided(waiting_.front(), most)) show(most);
  }
  /// What is left, once the level is known.
  void finish(double level) {
    while (checked_ && !waiting_.empty()) show(level);
  }

 private:
  static constexpr double kMostChecks = 100;  // of a pair; they have about five
  bool decided(const Verified& v, double most) const {
    return !v.conformance || std::none_of(v.conformance->checks.begin(), v.conformance->checks.end(),
                                          [&](const Check& k) { return k.p_value >= least_ && k.p_value < most; });
  }
  void show(double level) {
    progress_.print(row_of(waiting_.front(), level).text);
    waiting_.pop_front();
  }
  Progress& progress_;
  double least_;
  std::deque<Verified> waiting_;
  std::size_t checks_ = 0;
  bool checked_ = false;
};

}  // namespace

int verify_command(const VerifyArguments& a, bool quiet) {
  const auto models = a.model.empty() ? verify_models() : expand_spec(a.model);
  const auto samplers = a.sampler.empty() ? verify_samplers() : expand_spec(a.sampler);
  if (a.calibration) return calibration_command(models, samplers, a, quiet);
  const std::size_t pairs = models.size() * samplers.size();
  std::vector<Verified> all;
  double level = 0;
  {
    Progress progress("verify", std::int64_t(pairs), quiet);
    EarlyRows rows(progress, pairs);
    all = verify(models, samplers, a.draws, a.seed, [&](const Verified& v) {
      progress.advance();
      if (!a.json) rows.add(v);
    });
    level = verify_level(all, kOverall);
    if (!a.json) rows.finish(level);
  }
  std::size_t checked = 0, slow = 0, failed = 0;
  json entries = json::array();
  for (const Verified& v : all) {
    Row row = row_of(v, level);
    checked += row.word != "n/a";
    slow += row.word == "slow";
    failed += row.word == "FAIL";
    entries.push_back(std::move(row.data));
  }
  if (checked == 0)
    throw BadInput("verify: " + all.front().sampler + " on " + all.front().model + ": " + all.front().refused);
  if (a.json)
    fmt::print("{}\n", json{{"overall_level", kOverall},
                            {"level", level},
                            {"draws", a.draws},
                            {"passed", failed == 0},
                            {"entries", entries}}
                           .dump(2));
  else
    fmt::print(
        "{} of {} pairs checked against enumeration{}; a correct suite fails with probability {:g} (level {:.2g} per "
        "check)\n",
        checked, pairs, slow ? fmt::format(", {} too slow to judge the way to equilibrium", slow) : "", kOverall,
        level);
  return failed == 0 ? 0 : 1;
}

}  // namespace glass

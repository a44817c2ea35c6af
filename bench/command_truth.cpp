#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bench/commands.hpp"
#include "bench/interrupt.hpp"
#include "bench/progress.hpp"
#include "bench/truth.hpp"

namespace glass {

using nlohmann::json;

int truth_command(const TruthArguments& a, bool quiet) {
  const auto model = make_model(a.model, a.seed);
  Truths all = truths_of(*model, a.seed);
  if (a.mcmc || all.found.empty()) {
    McmcTruthOptions o;
    o.kernel = a.kernel;
    o.rungs = a.rungs;
    o.chains = a.chains;
    o.draws = a.draws;
    o.warmup = a.draws / 2;
    try {
      Progress progress("tempering", o.warmup + o.draws, quiet);
      add_tempering(all, *model, a.seed, o, [&] {
        stop_if_interrupted();
        progress.advance();
      });
    } catch (const Refused& e) {
      all.refused.push_back({"tempering", e.what()});
    }
  }
  if (all.found.empty()) {
    std::string why;
    for (const NotApplied& r : all.refused) why += (why.empty() ? "" : "; ") + r.method + ": " + r.why;
    throw BadInput("truth: " + model->spec() + ": no method applies: " + why);
  }
  const double n = double(model->sites());
  json rows = json::array();
  std::string text;
  const auto put = [&](json& row, const char* key, const char* shown, const std::optional<Known>& v) {
    if (!v) return;
    row[key] = {{"value", v->value}, {"error", v->error}};
    text += fmt::format("  {:<10} {:.12g} ± {:.1e}   per spin {:.12g}\n", shown, v->value, v->error, v->value / n);
  };
  for (const Truth& t : all.found) {
    json row{{"method", t.method}, {"how", t.how}};
    text += fmt::format("{}: {}\n", t.method, t.how);
    put(row, "log_partition", "ln Z", t.log_partition);
    put(row, "energy", "energy", t.energy);
    if (t.mean.size()) {
      row["mean"] = {{"values", std::vector<double>(t.mean.begin(), t.mean.end())}, {"error", t.mean_error}};
      std::string some;
      constexpr Index kShown = 8;
      for (Index i = 0; i < std::min(kShown, t.mean.size()); ++i) some += fmt::format(" {:+.6f}", t.mean(i));
      text += fmt::format("  {:<10}{}{} ± {:.1e}\n", "<x_i>", some,
                          t.mean.size() > kShown ? " ... (all with --json)" : "", t.mean_error);
    }
    rows.push_back(std::move(row));
  }
  json refused = json::array();
  for (const NotApplied& r : all.refused) {
    refused.push_back({{"method", r.method}, {"why", r.why}});
    text += fmt::format("{}: does not apply: {}\n", r.method, r.why);
  }
  for (const std::string& c : all.contradictions) text += "CONTRADICTION: " + c + "\n";
  if (all.found.size() > 1 && all.contradictions.empty()) text += fmt::format("{} methods agree\n", all.found.size());
  if (a.json)
    fmt::print("{}\n", json{{"model", model->spec()},
                            {"seed", a.seed},
                            {"methods", rows},
                            {"refused", refused},
                            {"contradictions", all.contradictions}}
                           .dump(2));
  else
    fmt::print("{}", text);
  return all.contradictions.empty() ? 0 : 1;
}

}  // namespace glass

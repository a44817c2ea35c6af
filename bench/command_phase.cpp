#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bench/commands.hpp"
#include "bench/interrupt.hpp"
#include "bench/parallel.hpp"
#include "bench/phase_model.hpp"
#include "bench/phase_route.hpp"
#include "bench/progress.hpp"
#include "bench/whole_file.hpp"

namespace glass {

using nlohmann::json;

namespace {

using Models = std::vector<std::unique_ptr<AnyPhase>>;

/// f(k) for all k, on all threads, with progress.
void for_all(const char* what, std::size_t count, bool quiet, const std::function<void(std::size_t)>& f) {
  Progress progress(what, std::int64_t(count), quiet);
  for_each_parallel(int(count), [&](int k) {
    stop_if_interrupted();
    f(std::size_t(k));
    progress.advance();
  });
}

std::string shown(const std::optional<Estimate>& e) {
  if (!e) return "-";
  // as many decimals as the error leaves, and two digits of that
  const int decimals = e->error > 0 ? std::clamp(int(std::ceil(-std::log10(e->error))) + 1, 0, 12) : 12;
  return e->error > 1e-9 ? fmt::format("{:.{}f} +- {:.{}f}", e->value, decimals, e->error, decimals)
                         : fmt::format("{:.10f}", e->value);
}

/// One object for one model, a list for a sweep.
std::string joined(const std::vector<json>& all) { return (all.size() == 1 ? all[0] : json(all)).dump(2) + "\n"; }

int thresholds(const Models& models, Path path, const PhaseArguments& a, bool quiet) {
  std::vector<PhaseThresholds> t(models.size());
  for_all("thresholds", models.size(), quiet, [&](std::size_t k) { t[k] = models[k]->thresholds(path); });
  std::vector<json> all;
  std::string text, csv = "model,threshold,value,error\n";
  for (std::size_t k = 0; k < models.size(); ++k) {
    const AnyPhase& m = *models[k];
    all.push_back(to_json(m, path, t[k]));
    std::string keys;
    for (const KeyValue& kv : m.parameters) keys += (keys.empty() ? ":" : ",") + kv.key + "=" + kv.value;
    text += fmt::format("{}{}, {} path: values of {}; after +-: {}\n", m.name, keys, to_text(path), m.control_name,
                        m.error_is);
    const auto row = [&](const char* name, const std::optional<Estimate>& e, const char* meaning) {
      text += fmt::format("  {:<12} {:<28} {}\n", name, shown(e), meaning);
      csv += fmt::format("\"{}{}\",{},{}\n", m.name, keys, name,
                         e ? to_text(e->value) + "," + to_text(e->error) : std::string(","));
    };
    row("dynamical", t[k].dynamical, "the informed spinodal reaches zero side information");
    row("static", t[k].statics, "the transition does (information-theoretic threshold)");
    row("amp", t[k].amp, "the uninformed spinodal does: past it message passing finds the signal");
    row("continuous", t[k].continuous, "zero overlap turns unstable");
    const auto& c = t[k].tricritical;
    const auto part = [&](Estimate Tricritical::*e) { return c ? std::optional(*c.*e) : std::nullopt; };
    row("tricritical", part(&Tricritical::control), "the spinodals merge: no first-order line beyond");
    row("  side info", part(&Tricritical::side_information), path == Path::gaussian ? "gamma^2 there" : "theta there");
    row("  overlap", part(&Tricritical::overlap), "m there");
  }
  if (!a.out.empty()) write_whole(a.out, csv);
  fmt::print("{}", a.json ? joined(all) : text);
  return 0;
}

int lines(const Models& models, Path path, const PhaseArguments& a, bool quiet) {
  std::vector<PhaseLines> l(models.size());
  for_all("lines", models.size(), quiet, [&](std::size_t k) { l[k] = models[k]->lines(path); });
  std::vector<json> all;
  const char* side = path == Path::gaussian ? "gamma^2" : "theta";
  std::string csv = lines_csv_header();
  std::string text =
      fmt::format("{}, {} path: {} of each line; kl: nats per spin\n{:>16}  {:<24} {:<24} {:<24} {:<24} {}\n",
                  models[0]->name, to_text(path), side, models[0]->control_name, "informed", "transition", "uninformed",
                  "kl", "at zero side information");
  for (std::size_t k = 0; k < models.size(); ++k) {
    all.push_back(to_json(*models[k], path, l[k]));
    csv += to_csv(models[k]->control, l[k]);
    text += fmt::format("{:>16}  {:<24} {:<24} {:<24} {:<24} {}\n", to_text(models[k]->control), shown(l[k].informed),
                        shown(l[k].transition), shown(l[k].uninformed), shown(l[k].kl_per_spin),
                        to_text(l[k].phase_at_zero));
  }
  if (!a.out.empty()) write_whole(a.out, csv);
  fmt::print("{}", a.json ? joined(all) : text);
  return 0;
}

/// Those asked for, or up to twice the tricritical point, or 1.
std::vector<double> chosen_sides(const PhaseArguments& a, const AnyPhase& model, Path path) {
  if (!a.side.empty()) return side_values(a.side, path);
  std::vector<double> sides;
  const auto t = model.thresholds(path).tricritical;
  const double most = t ? std::min(2 * t->side_information.value, path == Path::erasure ? 0.99 : 1e3) : 0.99;
  for (int k = 0; k <= 100; ++k) sides.push_back(most * k / 100);
  return sides;
}

int grid(const Models& models, Path path, const PhaseArguments& a, bool quiet) {
  if (const AnyPhase& m = *models[0]; !m.no_branches.empty())
    throw Refused("phase grid: " + m.name + ": " + m.no_branches);  // before the tricritical point is looked for
  const std::vector<double> sides = chosen_sides(a, *models[0], path);
  std::vector<std::vector<DensePhase::Branches>> b(models.size());
  for_all("grid", models.size(), quiet, [&](std::size_t k) { b[k] = models[k]->branches(path, sides); });
  std::string csv = "control,side_information,uninformed,informed,difference\n";
  json control = json::array(), uninformed = json::array(), informed = json::array();
  for (std::size_t k = 0; k < models.size(); ++k) {
    json u = json::array(), i = json::array();
    for (std::size_t s = 0; s < sides.size(); ++s) {
      const auto& at = b[k][s];
      u.push_back(at.uninformed);
      i.push_back(at.informed);
      if (!a.out.empty() || !a.json)
        csv += fmt::format("{},{},{},{},{}\n", to_text(models[k]->control), to_text(sides[s]), to_text(at.uninformed),
                           to_text(at.informed), to_text(at.informed - at.uninformed));
    }
    control.push_back(models[k]->control);
    uninformed.push_back(std::move(u));
    informed.push_back(std::move(i));
  }
  if (!a.out.empty()) write_whole(a.out, csv);
  if (a.json)
    fmt::print("{}\n", json{{"model", models[0]->name},
                            {"path", to_text(path)},
                            {"control", models[0]->control_name},
                            {"values", std::move(control)},
                            {"side_information", sides},
                            {"uninformed", std::move(uninformed)},
                            {"informed", std::move(informed)}}
                           .dump());
  else if (a.out.empty())
    fmt::print("{}", csv);
  else
    note(quiet, fmt::format("phase: {} x {} overlaps of both branches in {}", models.size(), sides.size(), a.out));
  return 0;
}

int crossing(const Models& models, Path path, const PhaseArguments& a, bool quiet) {
  if (a.route.empty())
    throw BadInput("phase crossing: --route is missing: CONTROL/SIDE > CONTROL/SIDE > ..., as in '0.7/0 > 0.7/4'");
  const Route route = route_of("--route", a.route);
  std::vector<RouteReport> reports(models.size());
  for_all("crossing", models.size(), quiet, [&](std::size_t k) { reports[k] = cross(*models[k], path, route); });
  std::vector<json> all;
  std::string text, csv = "model,leg,line,up,control,side_information,error\n";
  const char* side = path == Path::gaussian ? "gamma^2" : "theta";
  for (std::size_t k = 0; k < models.size(); ++k) {
    const AnyPhase& m = *models[k];
    all.push_back(to_json(m, path, reports[k]));
    std::string keys;
    for (const KeyValue& kv : m.parameters) keys += (keys.empty() ? ":" : ",") + kv.key + "=" + kv.value;
    text += fmt::format("{}{}, {} path: points are {}/{}; after +-: {}\n", m.name, keys, to_text(path), m.control_name,
                        side, m.error_is);
    for (std::size_t l = 0; l < reports[k].legs.size(); ++l) {
      const RouteLeg& leg = reports[k].legs[l];
      text +=
          fmt::format("  leg {}: {}/{} > {}/{}{}\n", l + 1, to_text(leg.from.control), to_text(leg.from.side),
                      to_text(leg.to.control), to_text(leg.to.side), leg.crossings.empty() ? ": meets no line" : "");
      for (const LineCrossing& c : leg.crossings) {
        const char* into = c.line == Line::transition           ? (c.up ? "the informed branch is favoured from here"
                                                                        : "the uninformed branch is favoured from here")
                           : (c.line == Line::informed) == c.up ? "two branches from here"
                                                                : "one branch from here";
        text += fmt::format("    {:<20} {:>12.8g} / {:<28} {}\n",
                            c.line == Line::transition ? "transition" : fmt::format("{} spinodal", to_text(c.line)),
                            c.control, shown(c.side), into);
        csv += fmt::format("\"{}{}\",{},{},{},{},{},{}\n", m.name, keys, l + 1, to_text(c.line), to_text(c.up),
                           to_text(c.control), to_text(c.side.value), to_text(c.side.error));
      }
    }
    text += fmt::format("  a sampler that follows its branch: {}\n", reports[k].verdict(m.control_name, path));
    if (const std::string smc = smc_route(m, path, reports[k]); !smc.empty())
      text += fmt::format("  for smc at temperature={}: {}\n", to_text(route.back().control), smc);
  }
  if (!a.out.empty()) write_whole(a.out, csv);
  fmt::print("{}", a.json ? joined(all) : text);
  return 0;
}

/// The control parameter is the route's: a value of it in SPEC would be ignored.
void refuse_control(const std::string& spec, const AnyPhase& model) {
  for (const KeyValue& kv : split_keys("", split_spec(spec).keys))
    if (kv.key == model.control_name)
      throw BadInput("phase crossing: " + kv.key + "=" + kv.value + ": the route says which; leave it out of --model");
}

}  // namespace

int phase_command(const PhaseArguments& a, bool quiet) {
  const Path path = path_named(a.path);
  if (!a.side.empty() && a.what != "grid") throw BadInput("--side: only for phase grid");
  if (!a.out.empty() && !a.out.ends_with(".csv")) throw BadInput("--out " + a.out + ": the name must end in .csv");
  if (!a.route.empty() && a.what != "crossing") throw BadInput("--route: only for phase crossing");
  Models models;
  for (const std::string& spec : expand_spec(a.model)) {
    models.push_back(make_phase(spec));
    if (a.what == "crossing") refuse_control(spec, *models.back());
  }
  if (a.what == "crossing") return crossing(models, path, a, quiet);
  if (a.what == "thresholds") return thresholds(models, path, a, quiet);
  if (a.what == "lines") return lines(models, path, a, quiet);
  return grid(models, path, a, quiet);
}

}  // namespace glass

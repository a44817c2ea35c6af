#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "bench/commands.hpp"
#include "bench/denoise.hpp"
#include "bench/interrupt.hpp"
#include "bench/phase_model.hpp"
#include "bench/progress.hpp"
#include "bench/whole_file.hpp"

namespace glass {

using nlohmann::json;

namespace {

/// What theory says of one run.
struct Theory {
  std::unique_ptr<AnyPhase> phase;  // null: nothing
  std::optional<PhaseLines> lines;
  std::vector<double> sides;
  std::vector<DensePhase::Branches> branches;
};

/// Past the uninformed spinodal, or the tricritical point, where there is one.
std::vector<double> chosen_sides(const DenoiseArguments& a, const Theory& theory, Path path) {
  if (!a.side.empty()) return side_values(a.side, path);
  double most = path == Path::erasure ? 0.95 : 4;
  if (theory.lines && theory.lines->uninformed) most = std::min(most, 2 * theory.lines->uninformed->value);
  std::vector<double> sides;
  for (int k = 0; k <= 40; ++k) sides.push_back(most * k / 40);
  return sides;
}

json to_json(const DenoiseCurve& c, Path path) {
  json out{{"branch", c.branch}, {"half_integral", nullptr}};
  if (path == Path::gaussian)  // I-MMSE is of the Gaussian channel
    out["half_integral"] = {{"mean", c.half_integral.mean}, {"error", c.half_integral.error}};
  const auto put = [&](const char* key, auto&& of) {
    json mean = json::array(), error = json::array();
    for (const DenoisePoint& p : c.points) {
      const MeanAndError e = of(p);
      mean.push_back(e.mean);
      error.push_back(e.error);
    }
    out[key] = {{"mean", mean}, {"error", error}};
  };
  put("error", [](const DenoisePoint& p) { return p.error; });
  put("overlap", [](const DenoisePoint& p) { return p.overlap; });
  put("gap", [](const DenoisePoint& p) { return p.gap; });
  if (c.points[0].log_partition)
    put("log_partition", [](const DenoisePoint& p) { return *p.log_partition; });
  else
    out["log_partition"] = nullptr;
  for (const DenoisePoint& p : c.points) {
    out["unconverged"].push_back(p.unconverged);
    out["iterations"].push_back(p.iterations);
  }
  return out;
}

json to_json(const Theory& t) {
  if (!t.phase) return nullptr;
  const auto number = [](const std::optional<Estimate>& e) { return e ? json(e->value) : json(nullptr); };
  json out{{"model", t.phase->spec()},
           {"lines",
            {{"informed", number(t.lines->informed)},
             {"transition", number(t.lines->transition)},
             {"uninformed", number(t.lines->uninformed)}}},
           {"kl_per_spin", t.lines->kl_per_spin.value},
           {"side", t.sides},
           {"uninformed", json::array()},
           {"informed", json::array()}};
  for (const auto& b : t.branches) {
    out["uninformed"].push_back(b.uninformed);
    out["informed"].push_back(b.informed);
  }
  return out;
}

std::string table(const Denoised& d, const Theory& t, const DenoiseArguments& a, const std::vector<double>& sides) {
  std::string out = fmt::format("{}, {}, {} path: {} instances, {} columns each; |x*|^2/N = {:.4f}\n", d.model,
                                d.denoiser, a.path, a.instances, a.columns, d.signal);
  if (t.lines) {
    const auto shown = [](const std::optional<Estimate>& e) { return e ? fmt::format("{:.5g}", e->value) : "-"; };
    out += fmt::format("  theory: informed spinodal {}, transition {}, uninformed spinodal {}; KL/N = {:.5g}\n",
                       shown(t.lines->informed), shown(t.lines->transition), shown(t.lines->uninformed),
                       t.lines->kl_per_spin.value);
  }
  out += fmt::format("  {:>10}", a.path == "diffusion" ? "gamma^2" : "theta");
  for (const DenoiseCurve& c : d.curves)
    out += fmt::format("  {:>20} {:>10} {:>12} {:>7}", c.branch + ": error", "overlap", "gap", "failed");
  out += "\n";
  for (std::size_t k = 0; k < sides.size(); ++k) {
    out += fmt::format("  {:>10.5g}", sides[k]);
    for (const DenoiseCurve& c : d.curves) {
      const DenoisePoint& p = c.points[k];
      out += fmt::format("  {:>10.5f} ± {:<7.5f} {:>10.5f} {:>+12.5f} {:>6.1f}%", p.error.mean, p.error.error,
                         p.overlap.mean, p.gap.mean, 100 * p.unconverged);
    }
    out += "\n";
  }
  if (a.path != "diffusion") return out;
  for (const DenoiseCurve& c : d.curves)
    out += fmt::format("  {}: 1/2 integral of the error {:.6f} ± {:.6f}\n", c.branch, c.half_integral.mean,
                       c.half_integral.error);
  return out;
}

}  // namespace

int denoise_command(const DenoiseArguments& a, bool quiet) {
  if (!a.out.empty() && std::filesystem::path(a.out).extension() != ".json")
    throw BadInput("--out " + a.out + ": curves are JSON; the name must end in .json");
  DenoiseOptions o;
  o.path = path_named(a.path);
  o.seed = a.seed;
  o.instances = a.instances;
  o.columns = a.columns;
  o.small_field = a.small_field;
  o.uninformed = a.branch != "informed";
  o.informed = a.branch != "uninformed";
  if (!a.side.empty()) side_values(a.side, o.path);  // before anything is drawn
  std::optional<WholeFile> file;
  if (!a.out.empty()) file.emplace(a.out);
  json runs = json::array();
  std::string text;
  for (const std::string& spec : expand_spec(a.model)) {
    Theory theory{phase_of(*make_model(spec, a.seed)), {}, {}, {}};
    if (theory.phase) theory.lines = theory.phase->lines(o.path);
    o.sides = chosen_sides(a, theory, o.path);
    Denoised d;
    {
      Progress progress("denoise " + spec, std::int64_t(o.sides.size()) * o.instances * (o.uninformed + o.informed),
                        quiet);
      d = denoise(spec, a.denoiser, o, [&] {
        stop_if_interrupted();
        progress.advance();
      });
    }
    if (theory.phase && theory.phase->no_branches.empty()) {
      for (int k = 0; k <= 200; ++k) theory.sides.push_back(o.sides.back() * k / 200);
      theory.branches = theory.phase->branches(o.path, theory.sides);
    }
    json curves = json::array();
    for (const DenoiseCurve& c : d.curves) curves.push_back(to_json(c, o.path));
    runs.push_back({{"model", d.model},
                    {"model_name", split_spec(d.model).name},
                    {"denoiser", d.denoiser},
                    {"path", a.path},
                    {"n", d.n},
                    {"instances", a.instances},
                    {"columns", a.columns},
                    {"small_field", a.small_field},
                    {"signal", d.signal},
                    {"side", o.sides},
                    {"curves", curves},
                    {"theory", to_json(theory)}});
    text += table(d, theory, a, o.sides);
  }
  const json result{{"glassmark", GLASSMARK_VERSION}, {"seed", a.seed}, {"runs", std::move(runs)}};
  if (file) {
    file->write(result.dump() + "\n");
    file->commit();
  }
  fmt::print("{}", a.json ? result.dump(2) + "\n" : text);
  return 0;
}

}  // namespace glass

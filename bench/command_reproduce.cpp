#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "bench/commands.hpp"
#include "bench/finite_size.hpp"
#include "bench/interrupt.hpp"
#include "bench/parallel.hpp"
#include "bench/phase_model.hpp"
#include "bench/plot.hpp"
#include "bench/progress.hpp"
#include "bench/whole_file.hpp"

namespace glass {

namespace {

namespace fs = std::filesystem;

/// One panel: a model, a path and the control values of its axis.
struct Panel {
  std::string name, model, control;
  Path path;
  double from, to;
  int points, quick_points;
  /// The hard phase of a dense model lies below the tricritical control, of a constraint problem above it.
  bool below;
};

std::vector<Panel> panels() {
  std::vector<Panel> out;
  for (const Path path : {Path::gaussian, Path::erasure}) {
    const std::string tail = std::string("-") + to_text(path);
    out.push_back({"ising" + tail, "ising-p-spin:p=3", "temperature", path, 0.62, 0.78, 200, 200, true});
    out.push_back({"spherical" + tail, "spherical-p-spin:p=3", "temperature", path, 0.55, 0.73, 200, 200, true});
    out.push_back({"sparse-matrix" + tail, "spiked-matrix:prior=sparse-rademacher,rho=0.08", "delta_over_rho2", path,
                   0.97, 1.09, 200, 200, true});
    out.push_back({"bicolouring" + tail, "bicolouring:k=5", "alpha", path, 8.1, 10.7, 27, 9, false});
  }
  return out;
}

std::string at(const Panel& p, double control) { return p.model + "," + p.control + "=" + to_text(control); }

/// Evenly spaced values, those where lines reach zero and the cost has its kinks, and closer and closer ones towards
/// the tricritical point, where the lines meet in a cusp.
std::vector<double> controls(const Panel& p, const PhaseThresholds& t, int points) {
  const auto rounded = [](double c) { return std::round(c * 1e10) / 1e10; };
  std::vector<double> out;
  for (int k = 0; k < points; ++k) out.push_back(rounded(p.from + (p.to - p.from) * k / (points - 1)));
  for (const auto& at : {t.dynamical, t.statics, t.amp})
    if (at && at->value > p.from && at->value < p.to) out.push_back(at->value);
  if (t.tricritical) {
    const double c = t.tricritical->control.value, reach = std::abs(c - (p.below ? p.from : p.to));
    for (double d = 0.1; d > 1e-3; d *= 0.5) out.push_back(rounded(p.below ? c - reach * d : c + reach * d));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void compute(const Panel& p, const fs::path& out, bool quick, bool quiet) {
  const std::unique_ptr<AnyPhase> model = make_phase(at(p, p.from));
  const PhaseThresholds thresholds = model->thresholds(p.path);
  const std::vector<double> values = controls(p, thresholds, quick ? p.quick_points : p.points);
  std::vector<PhaseLines> lines(values.size());
  Progress progress(p.name, std::int64_t(values.size()), quiet);
  for_each_parallel(int(values.size()), [&](int k) {
    stop_if_interrupted();
    lines[std::size_t(k)] = make_phase(at(p, values[std::size_t(k)]))->lines(p.path);
    progress.advance();
  });
  std::string csv = lines_csv_header();
  for (std::size_t k = 0; k < values.size(); ++k) csv += to_csv(values[k], lines[k]);
  nlohmann::json about = to_json(*model, p.path, thresholds);
  about["noisy"] = model->sampled;
  about["command"] = "glassmark reproduce pnas --panel " + p.name + (quick ? " --quick" : "") + " --out DIR";
  about["version"] = GLASSMARK_VERSION;
  write_whole(out / (p.name + ".csv"), csv);
  write_whole(out / (p.name + ".json"), about.dump(2) + "\n");
}

/// The panels of `all` that are asked for by name; all of them where none is.
template <class P>
std::vector<P> chosen(std::vector<P> all, const std::vector<std::string>& wanted) {
  std::vector<std::string> names;
  for (const P& p : all) names.push_back(p.name);
  for (const std::string& name : wanted)
    if (std::find(names.begin(), names.end(), name) == names.end()) throw_unknown("panel", name, names, "reproduce");
  if (!wanted.empty())
    std::erase_if(all, [&](const P& p) { return std::find(wanted.begin(), wanted.end(), p.name) == wanted.end(); });
  return all;
}

/// Computes each panel, draws them all with results/`script`, and says what there is.
template <class P>
int reproduce(const std::vector<P>& panels, const char* script, const std::string& out, auto&& work) {
  std::error_code error;
  fs::create_directories(out, error);
  if (error || !fs::is_directory(out)) throw BadInput("--out " + out + ": cannot make this folder");
  for (const P& p : panels) work(p);
  const bool drawn = draw_with(script, out);
  if (!drawn)
    fmt::print(stderr, "glassmark: reproduce: no figures; draw them with scripts/python results/{} {}\n", script, out);
  for (const P& p : panels) fmt::print("{}/{}.csv{}\n", out, p.name, drawn ? ", .json, .png, .pdf" : ", .json");
  return drawn ? 0 : 1;
}

}  // namespace

int reproduce_command(const ReproduceArguments& a, bool quiet) {
  if (a.what == "finite-size")
    return reproduce(chosen(finite_size_panels(a.quick), a.panels), "plot_finite_size.py", a.out,
                     [&](const FiniteSizePanel& p) { run_finite_size(p, a.out, a.quick, quiet); });
  return reproduce(chosen(panels(), a.panels), "plot_pnas.py", a.out,
                   [&](const Panel& p) { compute(p, a.out, a.quick, quiet); });
}

}  // namespace glass

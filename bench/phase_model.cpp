#include "bench/phase_model.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "bench/model_of.hpp"
#include "samplers/gaussian_path.hpp"
#include "spinglass/density_evolution.hpp"
#include "spinglass/sparse_phase.hpp"

namespace glass {

using nlohmann::json;

namespace {

constexpr const char* kPaper = "Ghio, Dandi, Krzakala and Zdeborova, PNAS 121 (2024), arXiv:2308.14085";
constexpr Bounds kPositive{.least = 0, .above = true};

struct PSpinPhaseOptions {
  int p = 3;
  double temperature = 0.7;
  static constexpr std::tuple fields{
      Field{"p", &PSpinPhaseOptions::p, "", "spins per interaction", {.least = 2, .most = 100}},
      Field{"temperature", &PSpinPhaseOptions::temperature, "J", "the control parameter: T = 1/beta", kPositive}};
};
struct SkPhaseOptions {
  double temperature = 1.25;
  static constexpr std::tuple fields{
      Field{"temperature", &SkPhaseOptions::temperature, "J", "the control parameter: T = 1/beta", kPositive}};
};
struct SpikedPhaseOptions {
  std::string prior = "rademacher";
  double rho = 1, delta_over_rho2 = 1;
  static constexpr std::tuple fields{
      Field{"prior", &SpikedPhaseOptions::prior, "", "law of the signal's entries", {.choices = Prior::kNames}},
      Field{"rho",
            &SpikedPhaseOptions::rho,
            "",
            "fraction of entries that are not 0, for the two sparse priors",
            {.least = 0, .most = 1, .above = true}},
      Field{"delta_over_rho2", &SpikedPhaseOptions::delta_over_rho2, "", "the control parameter: noise over rho^2",
            kPositive}};
};
struct TensorPhaseOptions : SpikedPhaseOptions {
  int p = 3;
  static constexpr auto fields = std::tuple_cat(
      std::tuple{Field{"p", &TensorPhaseOptions::p, "", "order of the tensor", {.least = 2, .most = 100}}},
      SpikedPhaseOptions::fields);
};
struct ConstraintPhaseOptions {
  int k = 5;
  double alpha = 9;
  std::string method = "density";
  static constexpr std::tuple fields{
      Field{"k", &ConstraintPhaseOptions::k, "", "sites per constraint", {.least = 3, .most = 12}},
      Field{"alpha", &ConstraintPhaseOptions::alpha, "", "the control parameter: constraints per site", kPositive},
      Field{"method",
            &ConstraintPhaseOptions::method,
            "",
            "density evolution on a grid (no noise), or population dynamics; further keys are the method's",
            {.choices = "density|population"}}};
};
struct ColouringPhaseOptions {
  int q = 5;
  double degree = 13;
  static constexpr std::tuple fields{Field{"q", &ColouringPhaseOptions::q, "", "colours", {.least = 3, .most = 12}},
                                     Field{"degree", &ColouringPhaseOptions::degree, "",
                                           "the control parameter: mean degree of the Poisson graph", kPositive}};
};

/// The values that `o` has for its fields, all but the control parameter's.
template <class O>
void take(AnyPhase& a, std::string_view name, const char* control, const O& o) {
  a.name = name;
  a.control_name = control;
  for_each_field(o, [&](const auto& f, const auto& v) {
    if (std::string_view(f.name) != control)
      a.parameters.push_back({f.name, to_text(v)});
    else if constexpr (std::same_as<std::decay_t<decltype(v)>, double>)
      a.control = v;
  });
}

class Dense final : public AnyPhase {
 public:
  Dense(int p, Prior prior, Control unit) : p_(p), prior_(prior), unit_(unit) {}
  PhaseThresholds thresholds(Path path) const override { return at(path).thresholds(); }
  PhaseLines lines(Path path) const override { return at(path).lines(control); }
  std::vector<DensePhase::Branches> branches(Path path, std::span<const double> sides) const override {
    return at(path).branches(control, sides);
  }
  std::optional<double> free_entropy() const override {
    const DensePhase phase = at(Path::gaussian);
    const double delta = phase.delta(control), zero = 0;
    const DensePhase::Branches b = phase.branches(control, {&zero, 1}).front();
    const auto of = [&](double m) { return phase.free_entropy(std::pow(m, p_ - 1) / delta, 0, delta); };
    return std::max(of(b.uninformed), of(b.informed));
  }

 private:
  DensePhase at(Path path) const { return {p_, prior_, path, unit_}; }
  int p_;
  Prior prior_;
  Control unit_;
};

class Sampled final : public AnyPhase {
 public:
  Sampled(SparseProblem problem, PopulationOptions options) : problem_(problem), options_(options) {
    problem.check();
    sampled = costly = true;
    error_is = "one standard error";
    no_branches =
        "populations hold the overlap and give no function of the side information; density evolution does "
        "(xorsat, nae-sat, bicolouring)";
  }
  PhaseThresholds thresholds(Path path) const override { return sparse_thresholds(problem_, path, options_); }
  PhaseLines lines(Path path) const override { return sparse_lines(problem_, path, control, options_); }
  std::vector<DensePhase::Branches> branches(Path, std::span<const double>) const override {
    throw Refused("phase grid: " + name + ": " + no_branches);
  }

 private:
  SparseProblem problem_;
  PopulationOptions options_;
};

class Density final : public AnyPhase {
 public:
  Density(DensityEvolution::Problem problem, int k, DensityEvolutionOptions options)
      : problem_(problem), k_(k), options_(options) {
    at(Path::gaussian);  // refuses what it does not know
    costly = true;
    error_is = "difference from a coarser grid";
  }
  PhaseThresholds thresholds(Path path) const override { return at(path).thresholds(); }
  PhaseLines lines(Path path) const override { return at(path).lines(control); }
  std::vector<DensePhase::Branches> branches(Path path, std::span<const double> sides) const override;

 private:
  DensityEvolution at(Path path) const { return {problem_, k_, path, options_}; }
  DensityEvolution::Problem problem_;
  int k_;
  DensityEvolutionOptions options_;
};

/// Overlap at given side information, between points of the curve. The lower branch is the first ascending run of side
/// information, the upper one the last; where the other has ended they are the same.
std::vector<DensePhase::Branches> Density::branches(Path path, std::span<const double> sides) const {
  const std::vector<EvolutionPoint> curve = at(path).curve(control);
  struct Run {
    std::vector<std::pair<double, double>> points;  // side information, overlap
    double at(double s) const {
      for (std::size_t k = 0; k + 1 < points.size(); ++k) {
        const auto [s0, m0] = points[k];
        const auto [s1, m1] = points[k + 1];
        if (s <= s1) return m0 + (m1 - m0) * std::clamp((s - s0) / (s1 - s0), 0.0, 1.0);
      }
      return points.back().second;
    }
  };
  std::vector<Run> runs;
  double last = std::numeric_limits<double>::infinity();
  for (const EvolutionPoint& p : curve) {
    if (std::isnan(p.side_information)) {
      last = std::numeric_limits<double>::infinity();
      continue;
    }
    if (p.side_information < last) runs.emplace_back();
    if (p.side_information < last && runs.size() > 1 && runs[runs.size() - 2].points.size() == 1)
      runs.erase(runs.end() - 2);  // on the way down
    runs.back().points.emplace_back(p.side_information, p.overlap);
    last = p.side_information;
  }
  std::vector<DensePhase::Branches> out;
  if (runs.empty()) throw Refused("phase grid: no fixed point of density evolution at alpha=" + to_text(control));
  Run& low = runs.front();
  Run& high = runs.back();
  if (low.points.front().first > 0 && &low != &high) low.points.insert(low.points.begin(), {0.0, 0.0});
  const bool one = runs.size() == 1;
  // An informed branch that is there without side information begins below zero, where the curve is not shown: what its
  // run begins with is the end of the unstable branch, and from its own first point it goes straight to zero.
  if (!one && high.points.size() > 2 && !sides.empty() && sides.front() < high.points[1].first) {
    const PhaseLines l = lines(path);
    if (!l.informed && l.phase_at_zero != PhaseAtZero::uninformed_only) {
      high.points.erase(high.points.begin());
      const auto [s0, m0] = high.points[0];
      const auto [s1, m1] = high.points[1];
      high.points.insert(high.points.begin(), {0.0, m0 - (m1 - m0) / (s1 - s0) * s0});
    }
  }
  for (const double s : sides) {
    DensePhase::Branches b;
    const bool lower = one || s <= low.points.back().first, upper = one || s >= high.points.front().first;
    if (lower) b.uninformed = low.at(s);
    if (upper) b.informed = high.at(s);
    if (!lower) b.uninformed = b.informed;
    if (!upper) b.informed = b.uninformed;
    out.push_back(b);
  }
  return out;
}

struct PhaseEntry {
  EntryInfo info;
  std::function<std::unique_ptr<AnyPhase>(std::string_view keys)> make;
};

template <class O>
PhaseEntry entry(std::string name, std::string formula, std::string needs, const char* control, auto&& make) {
  PhaseEntry e;
  e.info = {name, "phase diagram", std::move(formula), kPaper, std::move(needs), describe_options<O>()};
  e.make = [name, control, make](std::string_view keys) {
    const O o = parse<O>(name, keys);
    std::unique_ptr<AnyPhase> a = make(o);
    take(*a, name, control, o);
    return a;
  };
  return e;
}

std::unique_ptr<AnyPhase> dense(int p, const Prior& prior, Control unit) {
  return std::make_unique<Dense>(p, prior, unit);
}

/// Keys that are not O's go to the method.
template <class O>
std::pair<std::string, std::string> split_method(std::string_view name, std::string_view keys) {
  std::pair<std::string, std::string> out;
  for (const KeyValue& kv : split_keys(name, keys)) {
    bool own = false;
    for_each_field(O{}, [&](const auto& f, const auto&) { own = own || kv.key == f.name; });
    std::string& to = own ? out.first : out.second;
    to += (to.empty() ? "" : ",") + kv.key + "=" + kv.value;
  }
  return out;
}

template <class O>
std::unique_ptr<AnyPhase> by_populations(std::string_view name, const char* control, const O& o, SparseProblem problem,
                                         std::string_view keys) {
  const auto options = parse<PopulationOptions>(std::string(name) + " (populations)", keys);
  std::unique_ptr<AnyPhase> a = std::make_unique<Sampled>(problem, options);
  take(*a, name, control, o);
  for_each_field(options, [&](const auto& f, const auto& v) { a->parameters.push_back({f.name, to_text(v)}); });
  return a;
}

PhaseEntry constraint_entry(std::string name, std::string formula, std::string needs, SparseProblem::Kind kind, int k) {
  PhaseEntry e;
  ConstraintPhaseOptions defaults;
  defaults.k = k;
  if (kind == SparseProblem::Kind::xorsat) defaults.alpha = 0.75;
  e.info = {name, "phase diagram", std::move(formula), kPaper, std::move(needs), describe_options(defaults)};
  e.make = [name, kind, defaults](std::string_view keys) -> std::unique_ptr<AnyPhase> {
    const auto [own, rest] = split_method<ConstraintPhaseOptions>(name, keys);
    const ConstraintPhaseOptions o = parse(name, own, defaults);
    if (o.method == "population") return by_populations(name, "alpha", o, {kind, o.k}, rest);
    const auto options = parse<DensityEvolutionOptions>(name + " (density)", rest);
    const auto problem =
        kind == SparseProblem::Kind::xorsat ? DensityEvolution::Problem::xorsat : DensityEvolution::Problem::nae_sat;
    std::unique_ptr<AnyPhase> a = std::make_unique<Density>(problem, o.k, options);
    take(*a, name, "alpha", o);
    for_each_field(options, [&](const auto& f, const auto& v) { a->parameters.push_back({f.name, to_text(v)}); });
    return a;
  };
  return e;
}

PhaseEntry colouring_entry() {
  PhaseEntry e;
  e.info = {"colouring",
            "phase diagram",
            "proper q-colourings of a Poisson graph, planted",
            kPaper,
            "population dynamics; further keys are its",
            describe_options<ColouringPhaseOptions>()};
  e.make = [](std::string_view keys) {
    const auto [own, rest] = split_method<ColouringPhaseOptions>("colouring", keys);
    const auto o = parse<ColouringPhaseOptions>("colouring", own);
    return by_populations("colouring", "degree", o, {SparseProblem::Kind::colouring, o.q}, rest);
  };
  return e;
}

const std::vector<PhaseEntry>& phase_entries() {
  using Kind = SparseProblem::Kind;
  static const std::vector<PhaseEntry> entries{
      entry<PSpinPhaseOptions>("ising-p-spin", "m = E tanh(x + sqrt(x) z), x = p m^{p-1}/2T^2 + gamma^2", "p >= 2",
                               "temperature",
                               [](const auto& o) { return dense(o.p, Prior(Rademacher{}), Control::temperature); }),
      entry<SkPhaseOptions>("sk", "ising-p-spin with p = 2: no first-order line", "nothing", "temperature",
                            [](const auto&) { return dense(2, Prior(Rademacher{}), Control::temperature); }),
      entry<PSpinPhaseOptions>(
          "spherical-p-spin", "m = x/(1+x), x = p m^{p-1}/2T^2 + gamma^2", "p >= 2", "temperature",
          [](const auto& o) { return dense(o.p, Prior(GaussianChannel{}), Control::temperature); }),
      entry<SpikedPhaseOptions>(
          "spiked-matrix", "Y = x x^T/sqrt(N) + sqrt(Delta) Z: m = M(m/Delta + gamma^2)", "rho in (0, 1]",
          "delta_over_rho2",
          [](const auto& o) { return dense(2, Prior::make(o.prior, o.rho), Control::delta_over_rho2); }),
      entry<TensorPhaseOptions>(
          "spiked-tensor", "the same of order p: m = M(m^{p-1}/Delta + gamma^2)", "rho in (0, 1], p >= 2",
          "delta_over_rho2",
          [](const auto& o) { return dense(o.p, Prior::make(o.prior, o.rho), Control::delta_over_rho2); }),
      constraint_entry("bicolouring", "no constraint of k sites is monochromatic, planted", "k in 3..12",
                       Kind::bicolouring, 5),
      constraint_entry("nae-sat", "k literals with random signs, not all equal, planted", "k in 3..12", Kind::nae_sat,
                       5),
      constraint_entry("xorsat", "k spins with a given product, planted", "k in 3..12", Kind::xorsat, 3),
      colouring_entry()};
  return entries;
}

json number(const std::optional<Estimate>& e) { return e ? json(e->value) : json(nullptr); }
json error(const std::optional<Estimate>& e) { return e ? json(e->error) : json(nullptr); }

}  // namespace

std::string AnyPhase::spec() const {
  std::string out = name + ":";
  for (const KeyValue& kv : parameters) out += kv.key + "=" + kv.value + ",";
  return out + control_name + "=" + to_text(control);
}

std::unique_ptr<AnyPhase> make_phase(std::string_view text) {
  const Spec spec = split_spec(text);
  std::vector<std::string> names;
  for (const PhaseEntry& e : phase_entries()) {
    if (e.info.name == spec.name) return e.make(spec.keys);
    names.push_back(e.info.name);
  }
  throw_unknown("model", spec.name, names, "phase");
}

std::unique_ptr<AnyPhase> phase_of(const AnyModel& model) {
  std::map<std::string, std::string> keys;
  for (const KeyValue& kv : split_keys("", split_spec(model.spec()).keys)) keys[kv.key] = kv.value;
  const auto is = [&](const char* key, const char* value) { return !keys.contains(key) || keys.at(key) == value; };
  const std::string name = model.name();
  if (split_spec(model.spec()).name != name || !is("field", "0") || !is("field_spread", "0")) return nullptr;
  if (name == "sk") return make_phase("sk:temperature=" + keys["temperature"]);
  if (name == "ising-p-spin" || name == "spherical-p-spin")
    return make_phase(name + ":p=" + keys["p"] + ",temperature=" + keys["temperature"]);
  if (name == "spiked-matrix") {
    const bool sparse = keys["prior"] == "sparse-rademacher" || keys["prior"] == "gauss-bernoulli";
    const double rho = sparse ? value_of<double>("rho", keys["rho"]) : 1;
    return make_phase("spiked-matrix:prior=" + keys["prior"] + ",rho=" + to_text(rho) +
                      ",delta_over_rho2=" + to_text(value_of<double>("delta", keys["delta"]) / (rho * rho)));
  }
  if (!is("temperature", "0") || !is("graph", "erdos-renyi")) return nullptr;
  if (name == "xorsat") return make_phase("xorsat:k=" + keys["p"] + ",alpha=" + keys["alpha"]);
  if (name == "bicolouring" || name == "nae-sat")
    return make_phase(name + ":k=" + keys["k"] + ",alpha=" + keys["alpha"]);
  return nullptr;
}

std::vector<double> predicted_times(const AnyModel& model, const std::string& who, double first, double last,
                                    int steps) {
  const std::unique_ptr<AnyPhase> phase = phase_of(model);
  const std::string why = phase ? phase->no_branches
                                : "theory here knows the overlap in sk, p-spin and spiked-matrix models without fields "
                                  "and in constraint problems at temperature=0 on random graphs, not in " +
                                      model.spec();
  if (!why.empty()) throw Refused(who + ": grid=predicted-overlap: " + why + "; choose another grid");
  const std::vector<double> fine = time_grid("gamma", first, last, 16 * steps);
  std::vector<double> overlap;
  for (const DensePhase::Branches& b : phase->branches(Path::gaussian, fine)) overlap.push_back(b.uninformed);
  return equal_rises(fine, std::move(overlap), steps);
}

std::vector<double> side_values(const std::string& text, Path path) {
  std::vector<double> sides;
  for (const std::string& one : expand_spec("--side:value=" + text))
    sides.push_back(value_of<double>("--side", split_keys("", split_spec(one).keys)[0].value));
  for (std::size_t k = 0; k < sides.size(); ++k)
    if (!(sides[k] >= 0) || (path == Path::erasure && sides[k] >= 1) || (k && sides[k] <= sides[k - 1]))
      throw BadInput("--side " + text + ": must ascend from 0 or above" +
                     (path == Path::erasure ? ", below 1 (a fraction)" : ""));
  return sides;
}

std::vector<EntryInfo> phase_infos() {
  std::vector<EntryInfo> out;
  for (const PhaseEntry& e : phase_entries()) out.push_back(e.info);
  return out;
}

Path path_named(const std::string& name) {
  if (name == "diffusion") return Path::gaussian;
  if (name == "autoregressive") return Path::erasure;
  throw_unknown("path", name, {"diffusion", "autoregressive"});
}
const char* to_text(Path path) { return path == Path::gaussian ? "diffusion" : "autoregressive"; }
const char* to_text(PhaseAtZero phase) {
  switch (phase) {
    case PhaseAtZero::uninformed_only:
      return "uninformed-only";
    case PhaseAtZero::uninformed_favoured:
      return "uninformed-favoured";
    case PhaseAtZero::informed_favoured:
      return "informed-favoured";
    case PhaseAtZero::informed_only:
      break;
  }
  return "informed-only";
}

json head(const AnyPhase& model, Path path) {
  json parameters = json::object();
  for (const KeyValue& kv : model.parameters) {
    json value = json::parse(kv.value, nullptr, false);  // numbers as numbers, words as words
    parameters[kv.key] = value.is_number() ? std::move(value) : json(kv.value);
  }
  return {{"model", model.name},
          {"parameters", std::move(parameters)},
          {"path", to_text(path)},
          {"control", model.control_name},
          {"error_is", model.error_is}};
}

json to_json(const AnyPhase& model, Path path, const PhaseThresholds& t) {
  json out = head(model, path), errors;
  const auto put = [&](const char* key, const std::optional<Estimate>& e) {
    out[key] = number(e);
    errors[key] = error(e);
  };
  put("dynamical", t.dynamical);
  put("static", t.statics);
  put("amp", t.amp);
  put("continuous", t.continuous);
  out["tricritical"] = errors["tricritical"] = nullptr;
  if (const auto& c = t.tricritical) {
    out["tricritical"] = {
        {"control", c->control.value}, {"side_information", c->side_information.value}, {"overlap", c->overlap.value}};
    errors["tricritical"] = {
        {"control", c->control.error}, {"side_information", c->side_information.error}, {"overlap", c->overlap.error}};
  }
  out["errors"] = std::move(errors);
  return out;
}

json to_json(const AnyPhase& model, Path path, const PhaseLines& l) {
  json out = head(model, path);
  out["value"] = model.control;
  out["informed"] = number(l.informed);
  out["transition"] = number(l.transition);
  out["uninformed"] = number(l.uninformed);
  out["kl_per_spin"] = l.kl_per_spin.value;
  out["phase_at_zero"] = to_text(l.phase_at_zero);
  out["errors"] = {{"informed", error(l.informed)},
                   {"transition", error(l.transition)},
                   {"uninformed", error(l.uninformed)},
                   {"kl_per_spin", l.kl_per_spin.error}};
  return out;
}

std::string lines_csv_header() {
  return "control,informed,informed_error,transition,transition_error,uninformed,uninformed_error,"
         "kl_per_spin,kl_per_spin_error,phase_at_zero\n";
}
std::string to_csv(double control, const PhaseLines& l) {
  const auto cells = [](const std::optional<Estimate>& e) {
    return e ? to_text(e->value) + "," + to_text(e->error) : std::string(",");
  };
  return fmt::format("{},{},{},{},{},{}\n", to_text(control), cells(l.informed), cells(l.transition),
                     cells(l.uninformed), cells(l.kl_per_spin), to_text(l.phase_at_zero));
}

}  // namespace glass

#include "bench/compare_report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/registry.hpp"

namespace glass {

using nlohmann::json;

namespace {

std::string plus_minus(const std::optional<MeanAndError>& e) {
  if (!e) return "–";
  // error to two significant digits, the mean to the same place
  const int digits = e->error > 0 ? std::clamp(1 - int(std::floor(std::log10(e->error))), 0, 8) : 4;
  return fmt::format("{:+.{}f} ± {:.{}f}", e->mean, digits, e->error, digits);
}

std::string number(const std::optional<double>& v, int digits = 3) {
  return v ? fmt::format("{:.{}g}", *v, digits) : "–";
}

std::string count(std::int64_t v) {
  if (v == 0) return "–";
  if (v < 100000) return fmt::format("{}", v);
  const double d = double(v);
  return d < 1e6   ? fmt::format("{:.3g}k", d / 1e3)
         : d < 1e9 ? fmt::format("{:.3g}M", d / 1e6)
                   : fmt::format("{:.3g}G", d / 1e9);
}

/// UTF-8 characters that take a column each.
std::size_t width_of(const std::string& s) {
  return std::size_t(
      std::count_if(s.begin(), s.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> width(rows.front().size());
  for (const auto& row : rows)
    for (std::size_t k = 0; k < row.size(); ++k) width[k] = std::max(width[k], width_of(row[k]));
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t k = 0; k < width.size(); ++k) {
      const std::string& cell = rows[r][k];
      out += "| " + cell + std::string(width[k] - width_of(cell) + 1, ' ');
    }
    out += "|\n";
    if (r > 0) continue;
    for (const std::size_t w : width) out += "|" + std::string(w + 2, '-');
    out += "|\n";
  }
  return out;
}

std::string rhat_text(const RHats& r) {
  const auto shown = [](double v) { return std::isinf(v) ? std::string("∞") : fmt::format("{:.3f}", v); };
  if (const auto largest = r.largest()) return shown(*r.median()) + ", " + shown(*largest);
  return "constant";
}

std::string nishimori_text(const CellQuality& q) {
  if (!q.nishimori) return "–";
  if (!q.nishimori->informative) return "uninformative";
  return plus_minus(q.nishimori->q2);
}

std::optional<double> seconds_per_independent_draw(const Cell& c) {
  const double draws = c.quality.kind == Kind::chain ? c.quality.ess.value_or(0) : double(c.quality.draws);
  if (!c.timed || draws <= 0) return std::nullopt;
  return c.quality.seconds / draws;
}

json estimate_json(const std::optional<MeanAndError>& e) {
  if (!e) return nullptr;
  return {{"mean", e->mean}, {"error", e->error}, {"instances", e->units}};
}

json rhats_json(const RHats& r) {
  const auto one = [](const std::optional<double>& v) {
    return !v ? json(nullptr) : std::isinf(*v) ? json("inf") : json(*v);  // JSON has no infinity
  };
  json each = json::array();
  for (const auto& v : r.worst) each.push_back(one(v));
  return {{"chains", r.chains}, {"median", one(r.median())}, {"largest", one(r.largest())}, {"per_instance", each}};
}

json mixing_json(const std::optional<CellMixing>& m) {
  if (!m) return nullptr;
  return {{"scalars", m->scalars},
          {"rhat", rhats_json(m->random)},
          {"rhat_with_planted_starts", m->mixed ? rhats_json(*m->mixed) : json(nullptr)},
          {"bulk_ess", m->bulk_ess ? json(*m->bulk_ess) : json(nullptr)},
          {"tail_ess", m->tail_ess ? json(*m->tail_ess) : json(nullptr)},
          {"round_trips_per_instance", m->round_trips ? json(*m->round_trips) : json(nullptr)}};
}

/// P(q) as densities over bins, with standard errors over instances.
json overlaps_json(Index n, const CellQuality& q) {
  if (q.pair_overlaps.empty() && q.planted_overlaps.empty()) return nullptr;
  const Eigen::VectorXd edges = OverlapHistogram(n).edges();
  const auto densities = [](const std::vector<MeanAndError>& bins) -> json {
    if (bins.empty()) return nullptr;
    json density = json::array(), error = json::array();
    for (const MeanAndError& e : bins) {
      density.push_back(e.mean);
      error.push_back(e.error);
    }
    return {{"density", density}, {"error", error}};
  };
  return {{"edges", std::vector<double>(edges.begin(), edges.end())},
          {"between_chains", densities(q.pair_overlaps)},
          {"with_planted", densities(q.planted_overlaps)}};
}

}  // namespace

std::string comparison_table(const Comparison& c) {
  std::string out;
  std::vector<std::string> models;
  for (const Cell& cell : c.cells)
    if (models.empty() || models.back() != cell.model) models.push_back(cell.model);
  for (const std::string& model : models) {
    std::vector<std::vector<std::string>> quality{
        {"sampler", "[E(x)-E(x*)]/N", "Nishimori gap, q²", "ELBO/N", "EUBO/N", "τ(E), steps", "ESS", "verdict"}};
    std::vector<std::vector<std::string>> cost{{"sampler", "draws", "attempts", "energies", "gradients", "fields",
                                                "denoiser calls", "iterations", "unconverged", "core-s",
                                                "core-s per independent draw"}};
    std::vector<std::vector<std::string>> mixing{{"sampler", "R-hat, random starts", "R-hat, with planted starts",
                                                  "bulk ESS", "tail ESS", "round trips per chain"}};
    std::vector<std::vector<std::string>> weights{
        {"sampler", "ELBO/N", "ln Z/N by weights", "EUBO/N", "ESS of weights"}};
    const Cell* first = nullptr;
    for (const Cell& cell : c.cells) {
      if (cell.model != model) continue;
      if (!first) first = &cell;
      const CellQuality& q = cell.quality;
      const std::string name = split_spec(cell.sampler).name;
      quality.push_back({name, plus_minus(q.paired_energy), nishimori_text(q), plus_minus(q.elbo), plus_minus(q.eubo),
                         q.tau ? plus_minus(q.tau).substr(1) : "–", number(q.ess), cell.verdict});
      if (q.mixing) {
        const CellMixing& m = *q.mixing;
        std::optional<double> trips;
        if (m.round_trips) trips = estimate(*m.round_trips).mean / m.random.chains;
        mixing.push_back({name, rhat_text(m.random), m.mixed ? rhat_text(*m.mixed) : "–", number(m.bulk_ess),
                          number(m.tail_ess), number(trips)});
      }
      if (q.elbo)
        weights.push_back({name, plus_minus(q.elbo), plus_minus(q.weighted_log_z), plus_minus(q.eubo),
                           q.weight_ess ? percent(q.weight_ess->mean) + " of draws" : "–"});
      const auto unconverged = q.unconverged_fraction();
      cost.push_back({name, count(q.draws), count(q.work.attempts), count(q.work.energies), count(q.work.gradients),
                      count(q.work.fields), count(q.work.denoiser_calls), count(q.work.iterations),
                      unconverged ? percent(*unconverged) : "–", cell.timed ? fmt::format("{:.2f}", q.seconds) : "–",
                      number(seconds_per_independent_draw(cell), 2)});
    }
    out += fmt::format("## {}\n\n{} instances", model, first->instances);
    if (first->log_partition)
      out += fmt::format("; ln Z/N = {:.5f} ({})", first->log_partition->value, first->log_partition->method);
    out += ".\n\n" + table(quality) + "\n" + (mixing.size() > 1 ? table(mixing) + "\n" : "") +
           (weights.size() > 1 ? table(weights) + "\n" : "") + table(cost) + "\n";
  }
  for (const RefusedCell& r : c.refused)
    out += fmt::format("- {} on {}: refused, {}\n", split_spec(r.sampler).name, split_spec(r.model).name, r.reason);
  if (!c.refused.empty()) out += "\n";
  out +=
      "Error bars are standard errors over instances. E(x*) is the planted signal's energy: the mean is 0 for an exact "
      "sampler at any N.\n"
      "τ(E) = 1/2 + Σ ρ(t), cut at 5τ, in steps (sweeps, or proposals); ESS = draws/2τ, over all instances. Chains: "
      "random starts; warm-up\n"
      "counts as cost. The Nishimori gap is E q²(x,x*) - E q²(x,x'); uninformative where E q²(x,x') ≤ 3/N. ELBO ≤ ln "
      "Z/N ≤ EUBO on average.\n"
      "R-hat: rank-normalised and split, the worst of E, m, q(x,x*) and q between chains: median over instances, and "
      "largest. bulk and\n"
      "tail ESS: the smallest of these scalars, in draws per instance. Weights w = prior L/q: ln Z = ln mean w, too "
      "low "
      "where the\n"
      "ESS (Σw)²/Σw² is a few draws.\n";
  return out;
}

json comparison_summary(const Plan& plan, const Comparison& c) {
  json cells = json::array();
  for (const Cell& cell : c.cells) {
    const CellQuality& q = cell.quality;
    json work;
    for (const auto& e : Work::ledger()) work[e.name] = q.work.*e.count;
    const auto fraction = q.unconverged_fraction();
    const auto independent = seconds_per_independent_draw(cell);
    json nishimori = nullptr;
    if (q.nishimori)
      nishimori = {{"q2_gap", estimate_json(q.nishimori->q2)},
                   {"q_gap", q.nishimori->signed_overlap ? estimate_json(q.nishimori->q) : json(nullptr)},
                   {"informative", q.nishimori->informative}};
    json paired = estimate_json(q.paired_energy);
    if (q.paired_energy) paired["per_instance"] = q.paired_per_instance;
    json tau = estimate_json(q.tau);
    if (q.tau) tau["unit"] = "steps";
    cells.push_back({{"model", cell.model},
                     {"model_name", split_spec(cell.model).name},
                     {"n", cell.n},
                     {"beta", cell.beta},
                     {"sampler", cell.sampler},
                     {"sampler_name", split_spec(cell.sampler).name},
                     {"family", cell.family},
                     {"kind", q.kind == Kind::chain ? "chain" : "generator"},
                     {"file", cell.file},
                     {"instances", cell.instances},
                     {"chains", cell.run.chains},
                     {"draws", cell.run.draws},
                     {"energy", estimate_json(q.energy)},
                     {"paired_energy", std::move(paired)},
                     {"paired_energy_planted_start", estimate_json(q.paired_energy_planted)},
                     {"start_gap", estimate_json(q.start_gap)},
                     {"nishimori", std::move(nishimori)},
                     {"elbo", estimate_json(q.elbo)},
                     {"eubo", estimate_json(q.eubo)},
                     {"weighted_log_partition_per_spin", estimate_json(q.weighted_log_z)},
                     {"weight_ess_per_draw", estimate_json(q.weight_ess)},
                     {"log_partition_per_spin", cell.log_partition ? json{{"value", cell.log_partition->value},
                                                                          {"method", cell.log_partition->method}}
                                                                   : json(nullptr)},
                     {"tau", std::move(tau)},
                     {"ess", q.ess ? json(*q.ess) : json(nullptr)},
                     {"mixing", mixing_json(q.mixing)},
                     {"overlaps", overlaps_json(cell.n, q)},
                     {"work", std::move(work)},
                     {"unconverged_fraction", fraction ? json(*fraction) : json(nullptr)},
                     {"wall_seconds", cell.timed ? json(q.seconds) : json(nullptr)},
                     {"seconds_per_draw", cell.timed ? json(q.seconds / double(q.draws)) : json(nullptr)},
                     {"seconds_per_independent_draw", independent ? json(*independent) : json(nullptr)},
                     {"verdict", cell.verdict}});
  }
  json refused = json::array();
  for (const RefusedCell& r : c.refused)
    refused.push_back({{"model", r.model}, {"sampler", r.sampler}, {"reason", r.reason}});
  return {{"glassmark", GLASSMARK_VERSION},
          {"plan", to_json(plan)},
          {"cells", std::move(cells)},
          {"refused", std::move(refused)}};
}

}  // namespace glass

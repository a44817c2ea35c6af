#include "bench/quality.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace glass {

namespace {

double total_energy_per_spin(const AnyModel& model, double lp) {
  return -lp / model.environment().beta / double(model.sites());
}

/// x -> -x leaves the law alone: even interactions, no field, no pins.
bool flip_symmetric(const AnyModel& model) {
  const Environment& e = model.environment();
  return model.order() % 2 == 0 && e.h.isZero(0) && (e.pins.array() == Tilt::kFree).all();
}

template <class T>
void put(nlohmann::json& j, const char* key, const std::optional<T>& v) {
  j[key] = v ? nlohmann::json(*v) : nlohmann::json(nullptr);
}
std::optional<double> get(const nlohmann::json& j, const char* key) {
  if (j.at(key).is_null()) return std::nullopt;
  return j.at(key).get<double>();
}

/// The estimate over the instances that have the number; nothing where none has.
std::optional<Estimate> over(const std::vector<InstanceQuality>& all, auto&& number) {
  std::vector<double> values;
  for (const InstanceQuality& i : all)
    if (const std::optional<double> v = number(i)) values.push_back(*v);
  if (values.empty()) return std::nullopt;
  return estimate(values);
}

std::string in_sigma(const Estimate& e) {
  return std::isfinite(e.sigma()) ? fmt::format("{:.3g} σ", std::abs(e.sigma())) : "an exact difference";
}

}  // namespace

nlohmann::json to_json(const InstanceQuality& q) {
  nlohmann::json j{{"paired_energy", q.paired_energy},
                   {"q_planted", q.q_planted},
                   {"q2_planted", q.q2_planted},
                   {"q_pair", q.q_pair},
                   {"q2_pair", q.q2_pair},
                   {"has_pairs", q.has_pairs},
                   {"energy", q.energy},
                   {"draws", q.draws},
                   {"unconverged", q.unconverged}};
  put(j, "paired_energy_planted", q.paired_energy_planted);
  put(j, "elbo", q.elbo);
  put(j, "eubo", q.eubo);
  put(j, "tau", q.tau);
  put(j, "ess", q.ess);
  for (const auto& e : Work::ledger()) j["work"][e.name] = q.work.*e.count;
  return j;
}

InstanceQuality instance_quality_from(const nlohmann::json& j) {
  InstanceQuality q;
  j.at("paired_energy").get_to(q.paired_energy);
  j.at("q_planted").get_to(q.q_planted);
  j.at("q2_planted").get_to(q.q2_planted);
  j.at("q_pair").get_to(q.q_pair);
  j.at("q2_pair").get_to(q.q2_pair);
  j.at("has_pairs").get_to(q.has_pairs);
  j.at("energy").get_to(q.energy);
  j.at("draws").get_to(q.draws);
  j.at("unconverged").get_to(q.unconverged);
  q.paired_energy_planted = get(j, "paired_energy_planted");
  q.elbo = get(j, "elbo");
  q.eubo = get(j, "eubo");
  q.tau = get(j, "tau");
  q.ess = get(j, "ess");
  for (const auto& e : Work::ledger()) j.at("work").at(e.name).get_to(q.work.*e.count);
  return q;
}

InstanceQuality judge_instance(const AnyModel& model, const Schedule& schedule, Kind kind, const Record& random,
                               const Record* planted, const PerColumn& log_q_truth) {
  InstanceQuality q;
  const double n = double(model.sites());
  const Eigen::VectorXf& truth = model.environment().truth;
  q.energy = total_energy_per_spin(model, random.lp.mean());
  q.work = random.work;
  q.seconds = random.seconds;
  q.draws = random.lp.size();
  q.unconverged = random.unconverged;
  q.has_pairs = random.pair.pairs > 0;
  q.q_pair = random.pair.q;
  q.q2_pair = random.pair.q2;
  if (kind == Kind::chain) {
    if (const auto tau = autocorrelation_time(random.lp)) {
      q.tau = *tau * schedule.thin;
      q.ess = double(q.draws) / (2 * *tau);
    }
  }
  if (random.log_q.size()) q.elbo = ((random.lp - random.log_q).mean() + random.log_prior) / n;
  if (!truth.size()) return q;
  const double truth_lp = model.log_likelihood(truth)(0), truth_energy = total_energy_per_spin(model, truth_lp);
  q.paired_energy = q.energy - truth_energy;
  q.q_planted = random.q_planted.mean();
  q.q2_planted = random.q_planted.array().square().mean();
  if (planted) q.paired_energy_planted = total_energy_per_spin(model, planted->lp.mean()) - truth_energy;
  if (log_q_truth.size()) q.eubo = (truth_lp + model.log_prior(truth)(0) - log_q_truth.mean()) / n;
  return q;
}

std::optional<double> CellQuality::unconverged_fraction() const {
  if (work.denoiser_calls == 0) return std::nullopt;
  return double(unconverged) / double(work.denoiser_calls);
}

CellQuality judge_cell(const AnyModel& model, Kind kind, const std::vector<InstanceQuality>& all) {
  using Number = std::optional<double>;
  CellQuality c;
  c.planted = model.environment().truth.size() > 0;
  c.kind = kind;
  c.energy = *over(all, [](const auto& i) { return Number(i.energy); });
  c.elbo = over(all, [](const auto& i) { return i.elbo; });
  c.eubo = over(all, [](const auto& i) { return i.eubo; });
  c.tau = over(all, [](const auto& i) { return i.tau; });
  for (const InstanceQuality& i : all) {
    c.work += i.work;
    c.seconds += i.seconds;
    c.draws += i.draws;
    c.unconverged += i.unconverged;
    if (i.ess) c.ess = c.ess.value_or(0) + *i.ess;
  }
  if (!c.planted) return c;
  for (const InstanceQuality& i : all) c.paired_per_instance.push_back(i.paired_energy);
  c.paired_energy = estimate(c.paired_per_instance);
  c.paired_energy_planted = over(all, [](const auto& i) { return i.paired_energy_planted; });
  c.start_gap = over(all, [](const auto& i) {
    return i.paired_energy_planted ? Number(i.paired_energy - *i.paired_energy_planted) : Number();
  });
  if (all.front().has_pairs) {
    NishimoriGap g;
    const Alphabet a = model.alphabet();
    g.signed_overlap = a.onehot || !flip_symmetric(model);
    g.q2 = *over(all, [](const auto& i) { return Number(i.q2_planted - i.q2_pair); });
    g.q = *over(all, [](const auto& i) { return Number(i.q_planted - i.q_pair); });
    if (a.onehot) {  // independent uniform symbols have 1/q^2 + (1 - 1/q^2)/N
      const double chance = 1.0 / (double(a.onehot) * a.onehot), n = double(model.sites());
      g.informative = over(all, [](const auto& i) { return Number(i.q_pair); })->mean > chance + 3 * (1 - chance) / n;
    } else {
      g.informative = over(all, [](const auto& i) { return Number(i.q2_pair); })->mean > 3.0 / double(model.sites());
    }
    c.nishimori = g;
  }
  return c;
}

std::string verdict(const CellQuality& q, double alpha) {
  std::vector<std::string> found;
  const auto off = [&](const std::optional<Estimate>& e) { return e && e->p_value() < alpha; };
  if (off(q.paired_energy_planted))  // an exact kernel keeps a start at x* exact at every time
    found.push_back("biased by " + in_sigma(*q.paired_energy_planted) + " from planted starts");
  else if (off(q.start_gap))
    found.push_back("chain not equilibrated: planted and random starts disagree (" + in_sigma(*q.start_gap) + ")");
  else if (off(q.paired_energy))
    found.push_back("biased by " + in_sigma(*q.paired_energy));
  if (q.nishimori && q.nishimori->informative) {
    if (off(q.nishimori->q2))
      found.push_back("overlaps off by " + in_sigma(q.nishimori->q2));
    else if (q.nishimori->signed_overlap && off(q.nishimori->q))
      found.push_back("overlaps off by " + in_sigma(q.nishimori->q));
  }
  if (const auto f = q.unconverged_fraction(); f && *f >= 0.001)
    found.push_back(fmt::format("did not converge in {:.2g}% of calls", 100 * *f));
  if (!q.planted)
    found.insert(found.begin(), "nothing planted: no truth to compare with");
  else if (found.empty() || (found.size() == 1 && found[0].starts_with("did not")))
    found.insert(found.begin(), "agrees");
  return fmt::format("{}", fmt::join(found, "; "));
}

}  // namespace glass

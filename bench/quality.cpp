#include "bench/quality.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "bench/convergence.hpp"

namespace glass {

std::string percent(double fraction) {
  const double all = 100 * fraction;
  return all < 9.95 ? fmt::format("{:.2g}%", all) : fmt::format("{:.0f}%", all);
}

bool flip_symmetric(const AnyModel& model) {
  const Environment& e = model.environment();
  const bool even = model.clauses() || (!model.alphabet().onehot && model.order() % 2 == 0);
  return even && e.h.isZero(0) && (e.pins.array() == Tilt::kFree).all();
}

namespace {

double total_energy_per_spin(const AnyModel& model, double lp) {
  return -lp / model.environment().beta / double(model.sites());
}

template <class T>
void put(nlohmann::json& j, const char* key, const std::optional<T>& v) {
  j[key] = v ? nlohmann::json(*v) : nlohmann::json(nullptr);
}
std::optional<double> get(const nlohmann::json& j, const char* key) {
  if (j.at(key).is_null()) return std::nullopt;
  return j.at(key).get<double>();
}

/// R-hat may be infinite, which JSON has no number for.
nlohmann::json rhat_json(const std::optional<double>& v) {
  if (!v) return nullptr;
  return std::isinf(*v) ? nlohmann::json("inf") : nlohmann::json(*v);
}
std::optional<double> rhat_from(const nlohmann::json& j) {
  if (j == "inf") return std::numeric_limits<double>::infinity();
  if (j.is_null()) return std::nullopt;
  return j.get<double>();
}

Eigen::MatrixXd stacked(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  Eigen::MatrixXd out(a.rows() + b.rows(), a.cols());
  out << a, b;
  return out;
}

/// The scalars of a record on which chains must agree, with their names.
std::vector<std::pair<std::string, Eigen::MatrixXd>> scalars_of(const AnyModel& model, const Record& r) {
  std::vector<std::pair<std::string, Eigen::MatrixXd>> out;
  out.emplace_back("E", with_ties(r.lp));
  const bool flips = flip_symmetric(model);
  const auto add = [&](const char* name, const Eigen::MatrixXd& x) {
    if (x.size()) out.emplace_back(flips ? "|" + std::string(name) + "|" : name, flips ? x.cwiseAbs() : x);
  };
  add("m", r.m);
  add("q_planted", r.q_planted);
  add("q_replica", r.q_replica);
  return out;
}

std::vector<ScalarMixing> mixing_of(const AnyModel& model, const Record& random, const Record* planted) {
  std::vector<ScalarMixing> out;
  const auto scalars = scalars_of(model, random);
  const auto others = planted ? scalars_of(model, *planted) : decltype(scalars){};
  for (std::size_t k = 0; k < scalars.size(); ++k) {
    const auto& [name, x] = scalars[k];
    ScalarMixing s{name, split_rhat(x), std::nullopt, bulk_ess(x), tail_ess(x)};
    if (planted) s.rhat_mixed = split_rhat(stacked(x, others[k].second));
    out.push_back(std::move(s));
  }
  return out;
}

std::vector<double> values(const Eigen::VectorXd& v) { return {v.begin(), v.end()}; }

/// The largest of what is there.
std::optional<double> worst(const std::vector<ScalarMixing>& all, std::optional<double> ScalarMixing::*number) {
  std::optional<double> out;
  for (const ScalarMixing& s : all)
    if (s.*number) out = std::max(*(s.*number), out.value_or(*(s.*number)));
  return out;
}
std::optional<double> least(const std::vector<ScalarMixing>& all, std::optional<double> ScalarMixing::*number) {
  std::optional<double> out;
  for (const ScalarMixing& s : all)
    if (s.*number) out = std::min(*(s.*number), out.value_or(*(s.*number)));
  return out;
}

/// Bin by bin over the instances that have a histogram.
std::vector<MeanAndError> over_bins(const std::vector<InstanceQuality>& all,
                                    std::vector<double> InstanceQuality::*bins) {
  std::vector<MeanAndError> out((all.front().*bins).size());
  for (std::size_t k = 0; k < out.size(); ++k) {
    std::vector<double> column;
    for (const InstanceQuality& i : all) column.push_back((i.*bins).at(k));
    out[k] = estimate(column);
  }
  return out;
}

/// The estimate over the instances that have the number; nothing where none has.
std::optional<MeanAndError> over(const std::vector<InstanceQuality>& all, auto&& number) {
  std::vector<double> values;
  for (const InstanceQuality& i : all)
    if (const std::optional<double> v = number(i)) values.push_back(*v);
  if (values.empty()) return std::nullopt;
  return estimate(values);
}

std::string in_sigma(const MeanAndError& e) {
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
                   {"unconverged", q.unconverged},
                   {"chains", q.chains},
                   {"exact_start", q.exact_start},
                   {"pair_overlaps", q.pair_overlaps},
                   {"planted_overlaps", q.planted_overlaps}};
  nlohmann::json& mixing = j["mixing"] = nlohmann::json::array();
  for (const ScalarMixing& s : q.mixing) {
    nlohmann::json one{{"name", s.name}, {"rhat", rhat_json(s.rhat)}, {"rhat_mixed", rhat_json(s.rhat_mixed)}};
    put(one, "bulk_ess", s.bulk_ess);
    put(one, "tail_ess", s.tail_ess);
    mixing.push_back(std::move(one));
  }
  put(j, "round_trips", q.round_trips);
  put(j, "paired_energy_planted", q.paired_energy_planted);
  put(j, "elbo", q.elbo);
  put(j, "eubo", q.eubo);
  put(j, "weighted_log_z", q.weighted_log_z);
  put(j, "weight_ess", q.weight_ess);
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
  j.at("chains").get_to(q.chains);
  j.at("exact_start").get_to(q.exact_start);
  j.at("pair_overlaps").get_to(q.pair_overlaps);
  j.at("planted_overlaps").get_to(q.planted_overlaps);
  for (const nlohmann::json& s : j.at("mixing"))
    q.mixing.push_back({s.at("name").get<std::string>(), rhat_from(s.at("rhat")), rhat_from(s.at("rhat_mixed")),
                        get(s, "bulk_ess"), get(s, "tail_ess")});
  q.round_trips = get(j, "round_trips");
  q.paired_energy_planted = get(j, "paired_energy_planted");
  q.elbo = get(j, "elbo");
  q.eubo = get(j, "eubo");
  q.weighted_log_z = get(j, "weighted_log_z");
  q.weight_ess = get(j, "weight_ess");
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
  q.chains = int(random.lp.rows());
  q.round_trips = random.round_trips;
  if (q.has_pairs) q.pair_overlaps = values(random.pair_overlaps.density());
  if (truth.size()) q.planted_overlaps = values(random.planted_overlaps.density());
  if (kind == Kind::chain) {
    q.mixing = mixing_of(model, random, planted);
    if (const auto tau = autocorrelation_time(random.lp)) {
      q.tau = *tau * schedule.thin;
      q.ess = double(q.draws) / (2 * *tau);
    }
  }
  if (random.log_q.size()) {
    const Eigen::ArrayXXd log_w = random.lp + random.log_prior - random.log_q;
    q.elbo = log_w.mean() / n;
    const double top = log_w.maxCoeff();
    const Eigen::ArrayXXd w = log_w.unaryExpr([&](double l) { return std::exp(l - top); });
    if (std::isfinite(top)) {  // else nothing that was drawn is possible: constraints that the sampler does not see
      q.weighted_log_z = (top + std::log(w.mean())) / n;
      q.weight_ess = w.sum() * w.sum() / (w.square().sum() * double(w.size()));
    }
  }
  if (!truth.size()) return q;
  const double truth_lp = model.log_likelihood(truth)(0), truth_energy = total_energy_per_spin(model, truth_lp);
  q.paired_energy = q.energy - truth_energy;
  q.q_planted = random.q_planted.mean();
  q.q2_planted = random.q_planted.array().square().mean();
  q.exact_start = planted && planted->exact_start;
  if (planted) q.paired_energy_planted = total_energy_per_spin(model, planted->lp.mean()) - truth_energy;
  if (log_q_truth.size()) q.eubo = (truth_lp + model.log_prior(truth)(0) - log_q_truth.mean()) / n;
  return q;
}

std::optional<double> RHats::largest() const {
  std::optional<double> out;
  for (const auto& v : worst)
    if (v) out = std::max(*v, out.value_or(*v));
  return out;
}

std::optional<double> RHats::median() const {
  std::vector<double> there;
  for (const auto& v : worst)
    if (v) there.push_back(*v);
  if (there.empty()) return std::nullopt;
  std::sort(there.begin(), there.end());
  const double low = there[(there.size() - 1) / 2], high = there[there.size() / 2];
  return low == high ? low : (low + high) / 2;  // both may be infinite
}

double CellMixing::limit(const RHats& r, double alpha) const {
  // every instance, scalar, and both looks of an R-hat, from random starts and from both
  const double looks = double(r.worst.size()) * scalars * 2 * (mixed ? 2 : 1);
  return rhat_limit(r.chains, draws, alpha / looks);
}

int CellMixing::above(const RHats& r, double alpha) const {
  const double most = limit(r, alpha);
  return int(std::count_if(r.worst.begin(), r.worst.end(), [&](const auto& v) { return v && *v > most; }));
}

std::optional<double> CellQuality::unconverged_fraction() const {
  if (work.denoiser_calls == 0) return std::nullopt;
  return double(unconverged) / double(work.denoiser_calls);
}

namespace {

std::optional<CellMixing> cell_mixing(const std::vector<InstanceQuality>& all) {
  const InstanceQuality& first = all.front();
  if (first.mixing.empty()) return std::nullopt;
  CellMixing m;
  m.draws = int(first.draws / first.chains);
  m.scalars = int(first.mixing.size());
  m.random.chains = first.chains;
  if (first.paired_energy_planted) m.mixed = RHats{2 * first.chains, {}};
  if (first.round_trips) m.round_trips.emplace();
  for (const InstanceQuality& i : all) {
    m.random.worst.push_back(worst(i.mixing, &ScalarMixing::rhat));
    if (m.mixed) m.mixed->worst.push_back(worst(i.mixing, &ScalarMixing::rhat_mixed));
    if (m.round_trips) m.round_trips->push_back(i.round_trips.value_or(0));
  }
  const auto mean = [&](auto number) -> std::optional<double> {
    const auto e = over(all, [&](const InstanceQuality& i) { return least(i.mixing, number); });
    return e ? std::optional(e->mean) : std::nullopt;
  };
  m.bulk_ess = mean(&ScalarMixing::bulk_ess);
  m.tail_ess = mean(&ScalarMixing::tail_ess);
  return m;
}

std::string rhat_text(double v) { return std::isinf(v) ? "infinite" : fmt::format("{:.3g}", v); }

/// What R-hat and round trips say, or nothing.
std::optional<std::string> mixing_words(const CellMixing& m, bool starts_disagree, double alpha) {
  const int instances = int(m.random.worst.size());
  const auto of = [&](int some) { return fmt::format("in {} of {} instances", some, instances); };
  if (m.draws < 4) return std::nullopt;  // too few to say
  const int still = int(std::count(m.random.worst.begin(), m.random.worst.end(), std::nullopt));
  if (still) return "nothing moved " + of(still) + ": R-hat says nothing";
  if (const int bad = m.above(m.random, alpha))
    return fmt::format("not mixed: R-hat {} {}", rhat_text(*m.random.largest()), of(bad));
  const std::string looks = fmt::format("random starts alone look converged (R-hat {:.3g})", *m.random.largest());
  if (m.mixed) {
    if (const int bad = m.above(*m.mixed, alpha))
      return fmt::format("{}, with planted starts R-hat is {} {}", looks, rhat_text(*m.mixed->largest()), of(bad));
  }
  if (starts_disagree) return looks;
  if (m.round_trips) {
    const int none = int(std::count(m.round_trips->begin(), m.round_trips->end(), 0.0));
    if (none)
      return fmt::format("looks converged by R-hat ({:.3g}), but no round trip {}", *m.random.largest(), of(none));
  }
  return std::nullopt;
}

}  // namespace

CellQuality judge_cell(const AnyModel& model, Kind kind, const std::vector<InstanceQuality>& all) {
  using Number = std::optional<double>;
  CellQuality c;
  c.planted = model.environment().truth.size() > 0;
  c.exact_start = all.front().exact_start;
  c.kind = kind;
  c.energy = *over(all, [](const auto& i) { return Number(i.energy); });
  c.elbo = over(all, [](const auto& i) { return i.elbo; });
  c.eubo = over(all, [](const auto& i) { return i.eubo; });
  for (const InstanceQuality& i : all)
    if (i.eubo) c.eubo_per_instance.push_back(*i.eubo);
  c.weighted_log_z = over(all, [](const auto& i) { return i.weighted_log_z; });
  c.weight_ess = over(all, [](const auto& i) { return i.weight_ess; });
  c.above_bound = over(
      all, [](const auto& i) { return i.weighted_log_z && i.eubo ? Number(*i.weighted_log_z - *i.eubo) : Number(); });
  c.tau = over(all, [](const auto& i) { return i.tau; });
  for (const InstanceQuality& i : all) {
    c.work += i.work;
    c.seconds += i.seconds;
    c.draws += i.draws;
    c.unconverged += i.unconverged;
    if (i.ess) c.ess = c.ess.value_or(0) + *i.ess;
  }
  c.pair_overlaps = over_bins(all, &InstanceQuality::pair_overlaps);
  c.planted_overlaps = over_bins(all, &InstanceQuality::planted_overlaps);
  c.mixing = cell_mixing(all);
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
  const auto off = [&](const std::optional<MeanAndError>& e) { return e && e->p_value() < alpha; };
  if (q.exact_start && off(q.paired_energy_planted))  // an exact kernel keeps a start at x* exact at every time
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
  // E ln(mean w) <= ln Z <= EUBO over instances, so only a wrong ln q, or a wrong ln L, gets above
  if (q.above_bound && q.above_bound->mean > 0 && off(q.above_bound))
    found.push_back("ln Z by weights above its upper bound by " + in_sigma(*q.above_bound));
  if (!q.planted)
    found.insert(found.begin(), "nothing planted: no truth to compare with");
  else if (found.empty())
    found.emplace_back("agrees");
  if (q.mixing)
    if (const auto words = mixing_words(*q.mixing, off(q.start_gap), alpha)) found.push_back(*words);
  if (const auto f = q.unconverged_fraction(); f && *f >= 0.001)
    found.push_back(fmt::format("did not converge in {} of calls", percent(*f)));
  return fmt::format("{}", fmt::join(found, "; "));
}

}  // namespace glass

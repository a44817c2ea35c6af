#include "bench/verify.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "bench/cell_law.hpp"
#include "bench/instance_spec.hpp"
#include "bench/parallel.hpp"
#include "models/core/configurations.hpp"
#include "models/core/error.hpp"

namespace glass {

Eigen::VectorXd enumerated_law(const AnyModel& model) {
  constexpr Index kMost = 1024;
  const Configurations space(model.sites(), model.alphabet());
  if (space.alphabet().symbols() == 0) throw Refused("verify: enumerates finite alphabets only");
  if (space.count(kMost) > kMost)
    throw BadInput("verify: n=" + to_text(model.sites()) + ": must be at most " +
                   to_text(Index(std::log(double(kMost)) / std::log(double(space.alphabet().symbols())) + 1e-9)) +
                   ", every pair of configurations is counted");
  Batch all(space.dim(), space.count());
  for (Index k = 0; k < all.cols(); ++k) space.write(k, all.col(k));
  Eigen::VectorXd lp = (model.log_likelihood(all) + model.log_prior(all)).transpose();
  const Eigen::VectorXf& pins = model.environment().pins;
  for (Index k = 0; k < all.cols(); ++k)
    for (Index i = 0; i < all.rows(); ++i)
      if (pins(i) != Tilt::kFree && pins(i) != all(i, k)) lp(k) = -std::numeric_limits<double>::infinity();
  const Eigen::VectorXd p = (lp.array() - lp.maxCoeff()).exp();
  return p / p.sum();
}

bool Verified::passed(double level) const {
  if (conformance) return conformance->passed(level);
  if (order) return order->fits && order->order + 3 * order->error >= claimed;
  return true;
}

bool Verified::shown() const { return !order || order->falls_with(claimed); }

std::vector<std::string> verify_models() {
  std::vector<std::string> out;
  for (const ModelEntry& e : model_entries()) out.insert(out.end(), e.verify.begin(), e.verify.end());
  return out;
}

std::vector<std::string> verify_samplers() {
  std::vector<std::string> out;
  for (const EntryInfo& e : sampler_infos()) {
    // few walkers, and no adaptation: every walker of every column is stepped
    out.push_back(e.name == "parallel-tempering" ? e.name + ":rungs=3,hottest=0.3,adapt=false" : e.name);
    if (e.name == "flow") out.push_back("flow:scheme=euler");
  }
  return out;
}

namespace {

constexpr Index kWidth = 1024;  // of blocks: columns are many and tiny here
/// Enough for tempering on targets this small; too few would fail right samplers, not pass wrong ones.
constexpr int kBurn = 250;

/// A draw of reals costs more than one of spins, and 64 cells need fewer; likewise the way from a restart. But a peaked
/// law does not show in any fewer than these.
constexpr int kShare = 4, kFewest = 2500;
/// Of chains with time steps: the coarsest that is tried, as a flight's time eps (eta = eps^2/2 moves as far), and the
/// time in which the law of two sites is left for the chain's own.
constexpr double kCoarsest = 0.4, kRelaxation = 6;

/// The sampler's SPEC with denoiser=exact where it, or the generator in it, denoises and names none.
std::string with_exact_denoiser(const AnyModel& model, const std::string& text) {
  const Spec spec = split_spec(text);
  for (const KeyValue& asked : split_keys(spec.name, split_spec(resolve_sampler(model, text)).keys)) {
    if (asked.key != "denoiser" && !asked.key.ends_with(".denoiser")) continue;
    for (const KeyValue& kv : split_keys(spec.name, spec.keys))
      if (kv.key == asked.key) return text;
    return Spec{spec.name, spec.keys + (spec.keys.empty() ? "" : ",") + asked.key + "=exact"}.text();
  }
  return text;
}

/// Whether p forbids what the pins allow: temperature 0 of a constraint problem.
bool forbids(const AnyModel& model, const Eigen::VectorXd& p) {
  Index free = 0;
  for (Index i = 0; i < model.sites(); ++i)
    free += model.environment().pins(i * model.alphabet().width()) == Tilt::kFree;
  return (p.array() > 1e-250).count() < Configurations(free, model.alphabet()).count();
}

Verified verify_one(const std::string& model_spec, const std::string& sampler_spec, int draws, std::uint32_t seed) {
  Verified v;
  const auto model = make_model(model_spec, seed);
  v.model = model_spec;
  v.sampler = with_exact_denoiser(*model, sampler_spec);
  std::shared_ptr<const CellLaw> cells;  // of real sites
  if (model->real_sites()) cells = std::make_shared<CellLaw>(*model);
  const Eigen::VectorXd p = cells ? cells->probabilities() : enumerated_law(*model);
  const Stream starts({seed, Purpose::test, 1}, 0);
  try {
    const auto make = [&](Streams rng) {
      auto sampler = make_sampler(*model, v.sampler, std::move(rng), kWidth);
      return cells ? through_cells(cells, std::move(sampler), starts) : std::move(sampler);
    };
    const auto probe = make(Streams({seed, Purpose::test}, 1));
    const Traits traits = probe->traits();
    v.claimed = traits.order;
    if (traits.promise != Promise::approximate) {
      try {
        if (!forbids(*model, p)) require_peaked(p);  // what may not be visited at all tells as much
      } catch (const BadInput& e) {                  // of this seed; a flat law lets wrong samplers through
        v.refused = e.what();
        return v;
      }
      ConformanceOptions options{.seed = seed, .columns = draws, .burn = kBurn, .alphabet = model->alphabet()};
      if (traits.kind == Kind::chain && !probe->abilities().place)  // every check begins with the way from a restart
        options.columns = std::min(draws, std::max(draws / kShare, kFewest));
      if (cells) {
        options.alphabet = Alphabet::spins();  // the bits of a cell
        options.columns = std::min(draws, std::max(draws / kShare, kFewest));
      }
      v.conformance = check_conformance(v.sampler + " on " + v.model, make, p, options);
    } else if (traits.order > 0 && traits.kind == Kind::chain) {
      const auto steps = [&](int k, Streams rng) {
        const Index columns = rng.columns();
        const double coarsest = traits.order == 1 ? 0.5 * kCoarsest * kCoarsest : kCoarsest, step = 2 * coarsest / k;
        return relaxed_through_cells(
            cells, make_sampler(*model, with_key(v.sampler, "step", to_text(step)), std::move(rng), kWidth),
            Stream({seed, Purpose::test, 2}, std::uint32_t(k)), columns, int(std::ceil(kRelaxation / step)));
      };
      v.order = fit_order(bias_by_steps(steps, {2, 3, 4, 5, 6, 8}, p, Index{2} * draws, seed, Alphabet::spins()));
    } else if (traits.order > 0 && forbids(*model, p)) {
      v.refused = "promises an approximate law, and this one forbids configurations, which it may draw";
    } else if (traits.order > 0) {
      const auto steps = [&](int k, Streams rng) {
        auto sampler = make_sampler(*model, with_key(v.sampler, "steps", std::to_string(k)), std::move(rng), kWidth);
        return cells ? through_cells(cells, std::move(sampler), starts) : std::move(sampler);
      };
      v.order = fit_order(bias_by_steps(steps, {5, 6, 8, 12, 16, 24}, p, Index{10} * draws, seed,
                                        cells ? Alphabet::spins() : model->alphabet()));
    } else {
      v.refused = "promises an approximate law and no order: nothing that enumeration could check";
    }
  } catch (const Refused& e) {
    v.refused = e.what();
  }
  return v;
}

}  // namespace

std::vector<Verified> verify(const std::vector<std::string>& models, const std::vector<std::string>& samplers,
                             int draws, std::uint32_t seed, const std::function<void(const Verified&)>& after) {
  const int pairs = int(models.size() * samplers.size());
  std::vector<Verified> out(static_cast<std::size_t>(pairs));
  std::mutex mutex;  // of the next two, and of `after`
  std::vector<char> there(out.size(), 0);
  std::size_t told = 0;
  for_each_parallel(pairs, [&](int k) {
    out[std::size_t(k)] =
        verify_one(models[std::size_t(k) / samplers.size()], samplers[std::size_t(k) % samplers.size()], draws, seed);
    const std::lock_guard lock(mutex);
    there[std::size_t(k)] = 1;
    for (; told < out.size() && there[told]; ++told)
      if (after) after(out[told]);
  });
  return out;
}

std::vector<Calibrated> calibrations(const std::vector<std::string>& models, const std::vector<std::string>& samplers,
                                     int instances, std::uint32_t seed,
                                     const std::function<void(const Calibrated&)>& after) {
  std::vector<Calibrated> out;
  for (const std::string& spec : models)
    for (const std::string& sampler : samplers) {
      const auto [ensemble, first] = without_instance(with_key(spec, "planted", "true"));
      Calibrated one{ensemble, sampler, {}, {}};
      std::unique_ptr<AnyModel> model;
      try {
        model = make_model(with_instance(ensemble, first), seed);
      } catch (const BadInput& e) {  // some ensembles plant with some of their keys only
        one.refused = e.what();
        out.push_back(std::move(one));
        continue;
      }
      try {
        one.sampler = with_exact_denoiser(*model, sampler);
        const auto make = [&, from = first, &of = ensemble](std::uint32_t k, Index columns) {
          CalibrationCase c{make_model(with_instance(of, from + k), seed), nullptr};
          c.sampler = make_sampler(*c.model, one.sampler, Streams({seed, Purpose::test, 0, from + k}, columns));
          return c;
        };
        if (make_sampler(*model, one.sampler, Streams({seed, Purpose::test}, 1))->traits().promise != Promise::exact)
          one.refused = "promises no exact draws";
        else
          one.checks = calibrate(make, {.seed = seed, .instances = instances});
      } catch (const Refused& e) {
        one.refused = e.what();
      }
      if (after) after(one);
      out.push_back(std::move(one));
    }
  return out;
}

double verify_level(const std::vector<Verified>& results, double overall) {
  std::size_t checks = 0;
  for (const Verified& v : results)
    if (v.conformance) checks += v.conformance->checks.size();
  return overall / double(std::max(checks, std::size_t{1}));
}

}  // namespace glass

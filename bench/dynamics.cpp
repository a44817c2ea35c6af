#include "bench/dynamics.hpp"

#include <algorithm>
#include <cmath>

#include "bench/instance_spec.hpp"
#include "bench/parallel.hpp"
#include "bench/quality.hpp"
#include "bench/registry.hpp"
#include "models/core/error.hpp"
#include "spinglass/overlap.hpp"

namespace glass {

namespace {

/// One instance from one start: means over chains, a row per time (energy, q with the start, q with the signal), and
/// when each chain passed the level.
struct Run {
  Eigen::MatrixXd means;
  std::vector<Lifetime> passages;
};

Run run_from(const AnyModel& model, AnySampler& sampler, bool planted, const std::vector<int>& times,
             const DynamicsOptions& o, const std::function<void()>& tick) {
  const Eigen::VectorXf& truth = model.environment().truth;
  const bool flips = flip_symmetric(model);
  const double per_spin = -1 / (model.environment().beta * double(model.sites()));
  const Alphabet alphabet = model.alphabet();
  Batch start(model.dim(), o.chains), x(model.dim(), o.chains);
  sampler.read(start);
  Run r;
  r.means.resize(Index(times.size()), 3);
  r.means.setZero();
  if (truth.size()) r.passages.assign(std::size_t(o.chains), {double(o.steps), false});
  std::size_t next = 0;
  for (int t = 0; t <= o.steps; ++t) {
    if (t > 0) {
      sampler.step();
      tick();
    }
    const bool shown = times[next] == t;
    if (!shown && !truth.size()) continue;
    sampler.read(x);
    PerColumn q;
    if (truth.size()) {
      q = overlap(x, truth, alphabet);
      for (int c = 0; c < o.chains; ++c) {
        Lifetime& life = r.passages[std::size_t(c)];
        const double seen = flips ? std::abs(q(c)) : q(c);
        if (!life.ended && (planted ? seen <= o.low : seen >= o.high)) life = {double(t), true};
      }
    }
    if (!shown) continue;
    const auto lp = sampler.log_likelihood();
    r.means(Index(next), 0) = (lp ? *lp : model.log_likelihood(x)).mean() * per_spin;
    for (int c = 0; c < o.chains; ++c)
      r.means(Index(next), 1) += overlap(x.col(c), start.col(c), alphabet)(0) / o.chains;
    if (truth.size()) r.means(Index(next), 2) = q.mean();
    ++next;
  }
  return r;
}

/// 95% interval of the median when instances are drawn again with replacement (Efron's percentiles, 1000 times). A
/// median beyond the end is larger than any other.
void bootstrap(Crossing& c, int instances, int chains, std::uint32_t seed) {
  constexpr int kTimes = 1000;
  constexpr double kNever = std::numeric_limits<double>::infinity();
  Stream rng({seed, Purpose::null_model}, c.start == "planted");
  std::vector<double> medians;
  for (int k = 0; k < kTimes; ++k) {
    std::vector<Lifetime> drawn;
    for (int i = 0; i < instances; ++i) {
      const auto from = c.passages.begin() + std::ptrdiff_t(rng.uniform() * instances) * chains;
      drawn.insert(drawn.end(), from, from + chains);
    }
    medians.push_back(median_lifetime(drawn).value_or(kNever));
  }
  std::sort(medians.begin(), medians.end());
  const auto at = [&](int k) {
    return medians[std::size_t(k)] == kNever ? std::nullopt : std::optional(medians[std::size_t(k)]);
  };
  c.low = at(kTimes / 40);
  c.high = at(kTimes - 1 - kTimes / 40);
}

}  // namespace

int Crossing::crossed() const {
  return int(std::count_if(passages.begin(), passages.end(), [](const Lifetime& l) { return l.ended; }));
}

std::vector<int> dynamics_times(int steps) {
  std::vector<int> out{0};
  for (int k = 0;; ++k) {
    const double t = std::round(std::pow(10.0, k / 10.0));
    if (t >= steps) break;
    if (int(t) > out.back()) out.push_back(int(t));
  }
  out.push_back(steps);
  return out;
}

Dynamics dynamics(const std::string& model_spec, const std::string& sampler_spec, const DynamicsOptions& o,
                  const std::function<void()>& tick) {
  const auto [ensemble, first_instance] = without_instance(model_spec);
  const std::uint32_t first = first_instance;
  if (o.low > o.high) throw BadInput("--low " + to_text(o.low) + ": must not be above --high " + to_text(o.high));
  const auto shown = make_model(with_instance(ensemble, first), o.seed);
  const bool has_truth = shown->environment().truth.size() > 0;
  Dynamics d{shown->spec(),
             resolve_sampler(*shown, sampler_spec),
             shown->sites(),
             shown->environment().beta,
             o.instances,
             o.chains,
             dynamics_times(o.steps)};
  {
    const auto sampler = make_sampler(*shown, sampler_spec, Streams({o.seed, Purpose::sampler}, 1));
    if (sampler->traits().kind != Kind::chain)
      throw BadInput("dynamics: " + sampler_spec + " draws afresh: only chains move");
    if (o.planted && !has_truth)
      throw BadInput("--start planted: the model has no signal; add planted=true to --model, or --start random");
    if (o.planted && !sampler->start_at(shown->environment().truth))
      throw BadInput("--start planted: " + sampler_spec + " cannot be put at a configuration");
  }
  std::vector<std::string> starts;
  if (o.random) starts.emplace_back("random");
  if (o.planted) starts.emplace_back("planted");

  std::vector<std::vector<Run>> runs(starts.size(), std::vector<Run>(std::size_t(o.instances)));
  std::vector<double> planted_energy(std::size_t(o.instances), 0.0);
  for_each_parallel(o.instances, [&](int k) {
    const std::uint32_t instance = first + std::uint32_t(k);
    const auto model = make_model(with_instance(ensemble, instance), o.seed);
    const Eigen::VectorXf& truth = model->environment().truth;
    if (has_truth)
      planted_energy[std::size_t(k)] =
          -model->log_likelihood(truth)(0) / (model->environment().beta * double(model->sites()));
    for (std::size_t s = 0; s < starts.size(); ++s) {
      const bool planted = starts[s] == "planted";
      const auto sampler = make_sampler(
          *model, sampler_spec, Streams({o.seed, planted ? Purpose::start : Purpose::sampler, 0, instance}, o.chains));
      if (planted) sampler->start_at(truth.replicate(1, o.chains));
      runs[s][std::size_t(k)] = run_from(*model, *sampler, planted, d.times, o, tick);
    }
  });

  if (has_truth) d.planted_energy = estimate(planted_energy);
  for (std::size_t s = 0; s < starts.size(); ++s) {
    const auto column = [&](Index c) {
      std::vector<MeanAndError> out;
      for (Index t = 0; t < Index(d.times.size()); ++t) {
        std::vector<double> each;
        for (const Run& r : runs[s]) each.push_back(r.means(t, c));
        out.push_back(estimate(each));
      }
      return out;
    };
    d.curves.push_back({starts[s], column(0), column(1), has_truth ? column(2) : std::vector<MeanAndError>{}});
    if (!has_truth) continue;
    Crossing c{starts[s]};
    for (const Run& r : runs[s]) c.passages.insert(c.passages.end(), r.passages.begin(), r.passages.end());
    c.median = median_lifetime(c.passages);
    bootstrap(c, o.instances, o.chains, o.seed);
    d.crossings.push_back(std::move(c));
  }
  return d;
}

}  // namespace glass

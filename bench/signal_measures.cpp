#include "bench/signal_measures.hpp"

#include <cmath>

#include "bench/instance_spec.hpp"
#include "bench/parallel.hpp"
#include "bench/phase_model.hpp"
#include "bench/quality.hpp"
#include "spinglass/overlap.hpp"

namespace glass {

namespace {

/// Of dense models; 0 for a rank-one matrix, whose prior is normalised.
double annealed_per_site(const AnyModel& model) {
  const double n = double(model.sites());
  if (const auto z = model.log_partition()) return z->value / n;
  if (model.name() != "sk") return 0;
  const double b = model.environment().beta;
  return std::log(2.0) + 0.25 * b * b * (n - 1) / n;
}

}  // namespace

std::optional<LogPartition> predicted_log_partition(const AnyModel& model) {
  const auto phase = phase_of(model);
  if (!phase) return std::nullopt;
  const double n = double(model.sites());
  const auto beyond = phase->free_entropy();
  if (!beyond) {  // sparse: annealed up to the static threshold, which is all the model itself knows
    const auto z = model.log_partition();
    if (!z) return std::nullopt;
    const PhaseAtZero at = phase->lines(Path::gaussian).phase_at_zero;
    if (at == PhaseAtZero::informed_favoured || at == PhaseAtZero::informed_only) return std::nullopt;
    return LogPartition{z->value / n, z->method};
  }
  return LogPartition{annealed_per_site(model) + *beyond,
                      "annealed and the replica-symmetric free entropy beyond it, up to o(N)"};
}

Eigen::MatrixXd control_variates(const std::string& spec, int instances, std::uint32_t seed) {
  const auto [ensemble, first] = without_instance(spec);
  const std::string name = split_spec(spec).name;
  const bool matrix = name == "spiked-matrix", spins = name == "sk" || name == "ising-p-spin";
  if (!matrix && !spins) return Eigen::MatrixXd(instances, 0);
  Eigen::MatrixXd out(instances, matrix ? 2 : 1);
  for_each_parallel(instances, [&](int k) {
    const auto model = make_model(with_instance(ensemble, first + std::uint32_t(k)), seed);
    const Eigen::VectorXd x = model->environment().truth.cast<double>();
    const double n = double(model->sites()), beta = model->environment().beta, squares = x.squaredNorm();
    double mean = 0;  // of ln L(x*), x* given
    if (matrix) {
      const auto phase = phase_of(*model);
      for (const KeyValue& kv : phase->parameters)
        if (kv.key == "rho") out(k, 1) = squares / n - value_of<double>("rho", kv.value);
      mean = beta * beta * (squares * squares - x.array().pow(4).sum()) / (4 * n);
    } else {  // sum over terms of beta^2 var J: twice what the annealed ln Z has beyond N ln 2
      mean = 2 * n * (annealed_per_site(*model) - std::log(2.0));
    }
    out(k, 0) = (model->log_likelihood(model->environment().truth)(0) - mean) / n;
  });
  return out;
}

std::optional<double> signal_overlap(const AnyModel& model) {
  const auto phase = phase_of(model);
  const double zero = 0;
  if (!phase || !phase->no_branches.empty()) return std::nullopt;
  const double informed = phase->branches(Path::gaussian, {&zero, 1}).front().informed;
  const double whole = double(model.environment().truth.squaredNorm()) / double(model.sites());
  if (!(informed > 0.05 * whole)) return std::nullopt;
  return 0.5 * informed;
}

Found found_by_denoiser(const std::string& spec, const std::string& denoiser, double level, int instances, int columns,
                        std::uint32_t seed) {
  const auto [ensemble, first] = without_instance(spec);
  std::vector<double> fraction(std::size_t(instances), 0.0), unconverged(std::size_t(instances), 0.0);
  for_each_parallel(instances, [&](int k) {
    const std::uint32_t instance = first + std::uint32_t(k);
    const auto model = make_model(with_instance(ensemble, instance), seed);
    const AnyDenoiser d = make_denoiser(*model, split_spec(denoiser));
    auto messages = d.start(Streams({seed, Purpose::denoiser, 0, instance}, columns));
    const Eigen::VectorXf& truth = model->environment().truth;
    Batch mean(truth.size(), columns);
    const DenoiseInfo info = d.posterior_mean(d.base(columns), messages, mean);
    const bool flips = flip_symmetric(*model);
    const PerColumn q = overlap(mean, truth, model->alphabet());
    for (Index c = 0; c < columns; ++c)
      fraction[std::size_t(k)] += ((flips ? std::abs(q(c)) : q(c)) >= level) / double(columns);
    unconverged[std::size_t(k)] = double(info.unconverged) / columns;
  });
  return {estimate(fraction), estimate(unconverged).mean};
}

SignalBound bound_at_signal(const std::string& spec, const std::string& sampler, int instances, int orders,
                            std::uint32_t seed, const Tick& tick) {
  const auto [ensemble, first] = without_instance(spec);
  SignalBound out;
  out.per_instance.resize(std::size_t(instances));
  std::vector<StepInfo> infos(out.per_instance.size());
  for_each_parallel(instances, [&](int k) {
    const std::uint32_t instance = first + std::uint32_t(k);
    const auto model = make_model(with_instance(ensemble, instance), seed);
    const Eigen::VectorXf& truth = model->environment().truth;
    const auto s = make_sampler(*model, sampler, Streams({seed, Purpose::sampler, 0, instance}, orders));
    const auto found = s->log_prob_of(truth.replicate(1, orders), tick);
    if (!found) throw BadInput(sampler + ": does not know ln q, so it has no forward KL; take autoregressive");
    infos[std::size_t(k)] = found->second;
    const PerColumn& each = found->first;
    const double most = each.maxCoeff();
    const double log_q = std::isfinite(most) ? most + std::log((each.array() - most).exp().mean()) : most;
    out.per_instance[std::size_t(k)] =
        (model->log_likelihood(truth)(0) + model->log_prior(truth)(0) - log_q) / double(model->sites());
  });
  double failed = 0, calls = 0;
  for (const StepInfo& i : infos) {
    failed += i.unconverged;
    calls += double(i.work.denoiser_calls);
  }
  out.unconverged = calls > 0 ? failed / calls : 0;
  return out;
}

}  // namespace glass

#include "bench/mcmc_truth.hpp"

#include <fmt/format.h>

#include <cmath>

#include "models/core/error.hpp"
#include "samplers/blocks.hpp"
#include "samplers/parallel_tempering.hpp"

namespace glass {

McmcTruth mcmc_truth(const AnyModel& model, std::uint32_t seed, const McmcTruthOptions& o, const Tick& tick) {
  if (model.real_sites() || model.alphabet() == Alphabet::ternary())
    throw Refused("needs spins or colours, whose ln Z without L is known");
  const auto kernel = model.kernel(split_spec(o.kernel));
  if (!kernel) throw BadInput("truth: kernel=" + o.kernel + ": is no Markov chain; see glassmark list samplers");
  if (o.chains < 1 || o.draws < 1) throw BadInput("truth: chains and draws must be at least 1");
  const ParallelTempering<> tempering(*kernel, {.rungs = o.rungs, .hottest = 0});
  auto s = tempering.init(Streams({seed, Purpose::sampler}, o.chains));  // one block: one ladder for all chains
  for (int k = 0; k < o.warmup; ++k) {
    tempering.step(s);
    tempering.adapt(s);
    if (tick) tick();
  }
  const PerColumn before = tempering.round_trips(s);
  LadderSeries series{s.ladder, std::vector<Eigen::MatrixXd>(std::size_t(o.rungs), Eigen::MatrixXd(o.draws, o.chains))};
  for (int k = 0; k < o.draws; ++k) {
    tempering.step(s);
    const Eigen::MatrixXd l = tempering.rung_likelihoods(s);
    for (Index r = 0; r < l.rows(); ++r) series.log_l[std::size_t(r)].row(k) = l.row(r);
    if (tick) tick();
  }
  const Environment& env = model.environment();
  const Alphabet a = model.alphabet();
  const double free_sites = double((env.pins.array() == Tilt::kFree).count()) / a.width() * std::log(a.symbols());
  McmcTruth out{multistate_log_ratio(series), thermodynamic_integral(series)};
  out.multistate.value += free_sites;
  out.integral.value += free_sites;
  const Eigen::ArrayXd mean = series.log_l[0].colwise().mean().transpose().array();
  out.energy = -mean.mean() / env.beta;
  out.energy_error = o.chains > 1
                         ? std::sqrt((mean - mean.mean()).square().sum() / double(o.chains * (o.chains - 1))) / env.beta
                         : std::numeric_limits<double>::quiet_NaN();
  out.round_trips = (tempering.round_trips(s) - before).mean();
  const double apart = std::abs(out.multistate.value - out.integral.value);
  const double allowed = 4 * std::hypot(out.multistate.error, out.integral.error) + 4 * out.integral.discretisation;
  if (out.round_trips < 1)
    out.doubt = fmt::format("{:.2g} round trips a chain: raise draws or rungs", out.round_trips);
  else if (apart > allowed)
    out.doubt = fmt::format("reweighting and integration differ by {:.3g}: raise draws", apart);
  return out;
}

}  // namespace glass

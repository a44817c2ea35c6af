#pragma once
#include <string>
#include <string_view>

#include "models/core/options.hpp"
#include "samplers/any_kernel.hpp"
#include "samplers/sampler.hpp"

namespace glass {

struct SimulatedAnnealingOptions {
  int steps = 1000;
  double hottest = 0;
  std::string schedule = "linear";
  static constexpr std::tuple fields{
      Field{"steps", &SimulatedAnnealingOptions::steps, "", "kernel steps from the hottest power to 1", {.least = 1}},
      Field{"hottest", &SimulatedAnnealingOptions::hottest, "of beta", "power to begin with", {.least = 0, .most = 1}},
      Field{"schedule",
            &SimulatedAnnealingOptions::schedule,
            "",
            "of the power: linear in it, or in its logarithm (hottest above 0)",
            {.choices = "linear|geometric"}},
  };
};

/// Simulated annealing: one walker a column, cooled from a random start to the target's temperature, the power rising
/// after every step of the kernel and 1 in the last. Kirkpatrick, Gelatt and Vecchi, Science 220, 671 (1983). A draw
/// has the target's law in the limit of many steps only: below a glass transition it stays above the equilibrium
/// energy, and nothing tells it so; population annealing corrects that by weights.
template <Sampler K = AnyKernel>
class SimulatedAnnealing {
 public:
  using Options = SimulatedAnnealingOptions;
  static constexpr std::string_view name = "simulated-annealing";
  static constexpr std::string_view formula = "one walker: the power rises from hottest to 1, one kernel step at each";
  static constexpr std::string_view reference = "Kirkpatrick, Gelatt and Vecchi, Science 220, 671 (1983)";
  struct State {
    typename K::State walkers;
    Index columns = 0;
    int done = 0;
    static void visit(auto& s, auto&& f) { f(s.walkers, s.columns, s.done); }
  };

  /// Throws Refused where the kernel's temperature is fixed, BadInput for a geometric schedule from 0.
  explicit SimulatedAnnealing(K kernel, SimulatedAnnealingOptions opt = {})
      : kernel_(std::move(kernel)), opt_(std::move(opt)) {
    if (!abilities_of(kernel_).temper)
      throw Refused("simulated-annealing: the temperature of " + std::string(kernel_.traits().name) +
                    " cannot change under way; choose another kernel");
    if (opt_.schedule == "geometric" && !(opt_.hottest > 0))
      throw BadInput("simulated-annealing: hottest=0: must be above 0 for schedule=geometric");
  }
  Traits traits() const { return {name, Kind::generator, Promise::approximate}; }
  Abilities abilities() const { return {.likelihood = true}; }

  State init(Streams rng) const {
    const Index b = rng.columns();
    State s{kernel_.init(std::move(rng)), b, 0};
    kernel_.set_power(s.walkers, PerColumn::Constant(b, power(0)));
    return s;
  }
  void restart(State& s) const {
    kernel_.restart(s.walkers);
    s.done = 0;
  }
  StepInfo step(State& s) const {
    kernel_.set_power(s.walkers, PerColumn::Constant(s.columns, power(s.done++)));
    StepInfo info = kernel_.step(s.walkers);
    info.finished = s.done >= opt_.steps;
    return info;
  }
  void read(const State& s, BatchOut out) const { kernel_.read(s.walkers, out); }
  PerColumn log_likelihood(const State& s) const { return kernel_.log_likelihood(s.walkers); }

  /// Power of step k of 0 .. steps - 1.
  double power(int k) const {
    const double part = opt_.steps > 1 ? std::min(1.0, double(k) / double(opt_.steps - 1)) : 1.0;
    return opt_.schedule == "linear" ? opt_.hottest + (1 - opt_.hottest) * part : std::pow(opt_.hottest, 1 - part);
  }

 private:
  K kernel_;
  SimulatedAnnealingOptions opt_;
};

}  // namespace glass

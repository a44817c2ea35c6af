#pragma once
#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "models/core/options.hpp"
#include "samplers/any_kernel.hpp"
#include "samplers/sampler.hpp"

namespace glass {

struct PopulationAnnealingOptions {
  Index population = 100;
  double ess = 0.8;
  int sweeps = 1;
  static constexpr std::tuple fields{
      Field{"population", &PopulationAnnealingOptions::population, "walkers", "of each draw", {.least = 2}},
      Field{"ess",
            &PopulationAnnealingOptions::ess,
            "of population",
            "effective size that a reweighting to the next power may leave, in a pilot run that lays out the powers",
            {.least = 0.05, .most = 0.99}},
      Field{"sweeps", &PopulationAnnealingOptions::sweeps, "kernel steps", "at each power", {.least = 1}},
  };
};

/// Population annealing: a population of walkers is cooled from power 0, where the kernel's `restart` draws them, to
/// the target at power 1. Hukushima and Iba, AIP Conf. Proc. 690, 200 (2003); Machta, Phys. Rev. E 82, 026704 (2010);
/// sequential Monte Carlo of Del Moral, Doucet and Jasra, J. R. Stat. Soc. B 68, 411 (2006). For p_0 = 0 < p_1 < ... =
/// 1:
///
///     1. weights w_j = L(x_j)^(p_{k+1} - p_k); ln Z += ln mean_j w_j;
///     2. resample the walkers in proportion to w, systematically: walker j has floor or ceil of R w_j / sum w
///     children;
///     3. `sweeps` steps of the kernel at p_{k+1}.
///
/// A draw is one walker of the last population, chosen uniformly, and every column has a population of its own. Its law
/// is the target's up to O(1/R); weighted with exp(log_weight), log_weight = the population's ln(Z/Z_0), it is the
/// target's exactly (E[weight f(x)] = Z/Z_0 E_p f at any R: Andrieu, Doucet and Holenstein, J. R. Stat. Soc. B 72, 269
/// (2010)). That needs powers that do not depend on the run: they are laid out once, by a pilot population of its own
/// random numbers, each as far from the last as leaves an effective sample size of `ess` R.
///
/// `report` gives the statistics of families, which say whether R was large enough: the mean square family size
/// rho_t = R sum_f n_f^2 (n_f the fraction that descends from walker f) must be far below R (Wang, Machta and
/// Katzgraber, Phys. Rev. E 92, 063307 (2015)).
///
/// One step is one power: R reweightings, one `place` and `sweeps` steps of the kernel for R walkers a column.
template <Sampler K = AnyKernel>
class PopulationAnnealing {
 public:
  using Options = PopulationAnnealingOptions;
  static constexpr std::string_view name = "population-annealing";
  static constexpr std::string_view formula =
      "walkers from power 0 to 1: reweight by L^dp, resample, move; ln Z = sum of ln mean weights";
  static constexpr std::string_view reference =
      "Hukushima and Iba, AIP Conf. Proc. 690, 200 (2003); Machta, Phys. Rev. E 82, 026704 (2010)";
  struct State {
    typename K::State walkers;   // column c R + j: walker j of column c
    Streams rng;                 // of the resampling, one per column
    std::vector<double> powers;  // 0 = p_0 < ... < p_K = 1, from the pilot
    std::vector<int> family;     // of each walker: the first ancestor's number in its population
    std::int64_t stage = 0;      // powers reached
    PerColumn log_z;             // ln(Z/Z_0), so far
    std::vector<int> shown;      // the walker of each column that is the draw
    Index sites = 0;
    static void visit(auto& s, auto&& f) {
      f(s.walkers, s.rng, s.powers, s.family, s.stage, s.log_z, s.shown, s.sites);
    }
  };

  /// `sites`: rows of a configuration. Throws Refused where the kernel's temperature is fixed or it cannot be placed.
  PopulationAnnealing(K kernel, Index sites, PopulationAnnealingOptions opt = {})
      : kernel_(std::move(kernel)), opt_(opt), sites_(sites) {
    const Abilities can = abilities_of(kernel_);
    if (!can.temper || !can.place)
      throw Refused("population-annealing: " + std::string(kernel_.traits().name) +
                    (can.temper ? " cannot be put at given configurations" : " has a fixed temperature") +
                    "; choose another kernel");
  }
  Traits traits() const { return {name, Kind::generator, Promise::approximate}; }
  Abilities abilities() const { return {.likelihood = true}; }

  State init(Streams rng) const {
    const Index r = opt_.population, c = rng.columns();
    State s{kernel_.init(rng.branch(Purpose::sampler, r)),
            rng.branch(Purpose::swap),
            pilot(rng.block(-rng.first(), 1)),
            std::vector<int>(std::size_t(c * r)),
            0,
            PerColumn::Zero(c),
            std::vector<int>(std::size_t(c)),
            sites_};
    restart(s);
    return s;
  }
  void restart(State& s) const {
    kernel_.restart(s.walkers);
    s.stage = 0;
    s.log_z.setZero();
    for (std::size_t w = 0; w < s.family.size(); ++w) s.family[w] = int(w % std::size_t(opt_.population));
    for (Index c = 0; c < s.rng.columns(); ++c)
      s.shown[std::size_t(c)] = int(c * opt_.population + Index(s.rng[c].uniform() * double(opt_.population)));
    kernel_.set_power(s.walkers, PerColumn::Zero(Index(s.family.size())));
  }
  StepInfo step(State& s) const {
    StepInfo info{.acceptance = 0};
    if (s.stage + 1 < std::int64_t(s.powers.size())) {
      const double from = s.powers[std::size_t(s.stage)], to = s.powers[std::size_t(++s.stage)];
      info = advance(s, from, to);
    }
    info.finished = s.stage + 1 == std::int64_t(s.powers.size());
    return info;
  }
  void read(const State& s, BatchOut out) const {
    Batch all(out.rows(), Index(s.family.size()));
    kernel_.read(s.walkers, all);
    for (Index c = 0; c < out.cols(); ++c) out.col(c) = all.col(s.shown[std::size_t(c)]);
  }
  PerColumn log_likelihood(const State& s) const {
    const PerColumn all = kernel_.log_likelihood(s.walkers);
    PerColumn out(s.rng.columns());
    for (Index c = 0; c < out.size(); ++c) out(c) = all(s.shown[std::size_t(c)]);
    return out;
  }
  /// ln(Z/Z_0) of each column's population, Z_0 = Z at power 0; its exponential is unbiased.
  PerColumn log_weight(const State& s) const { return s.log_z; }
  std::vector<Reported> report(const State& s) const {
    const Index r = opt_.population, b = s.rng.columns();
    PerColumn rho(b);
    std::vector<double> share(static_cast<std::size_t>(r));
    for (Index c = 0; c < b; ++c) {
      std::fill(share.begin(), share.end(), 0.0);
      for (Index j = 0; j < r; ++j) share[std::size_t(s.family[std::size_t(c * r + j)])] += 1 / double(r);
      rho(c) = 0;
      for (const double n : share) rho(c) += double(r) * n * n;
    }
    return {{"log_weight", "ln(Z/Z at power 0) of the population", s.log_z},
            {"mean_square_family_size", "far below the population where that is large enough", rho}};
  }
  /// The powers that the pilot laid out for these streams.
  const std::vector<double>& powers(const State& s) const { return s.powers; }

 private:
  /// Steps 1 to 3, from one power to the next.
  StepInfo advance(State& s, double from, double to) const {
    const Index r = opt_.population, b = s.rng.columns();
    const PerColumn likelihood = kernel_.log_likelihood(s.walkers);
    Batch x(s.sites, b * r), chosen(s.sites, b * r);
    kernel_.read(s.walkers, x);
    std::vector<int> family(s.family.size());
    for (Index c = 0; c < b; ++c) {
      const Eigen::ArrayXd log_w = (to - from) * likelihood.segment(c * r, r).transpose().array();
      const double top = log_w.maxCoeff();
      const Eigen::ArrayXd w = log_w.unaryExpr([&](double l) { return std::exp(l - top); });
      s.log_z(c) += top + std::log(w.mean());
      // systematic: child k descends from the walker that the cumulated weights have at (k + u)/R
      const double u = s.rng[c].uniform(), each = w.sum() / double(r);
      double sum = w(0);
      for (Index k = 0, j = 0; k < r; ++k) {
        while (sum < (double(k) + u) * each && j + 1 < r) sum += w(++j);
        chosen.col(c * r + k) = x.col(c * r + j);
        family[std::size_t(c * r + k)] = s.family[std::size_t(c * r + j)];
      }
    }
    s.family = std::move(family);
    kernel_.set_power(s.walkers, PerColumn::Constant(b * r, to));
    kernel_.place(s.walkers, chosen);
    StepInfo info;
    double accepted = 0;
    for (int k = 0; k < opt_.sweeps; ++k) {
      const StepInfo one = kernel_.step(s.walkers);
      accepted += one.acceptance;
      info.work += one.work;
    }
    info.acceptance = accepted / opt_.sweeps;
    info.work.energies += b * r;
    return info;
  }
  /// A population that runs as the columns' do and chooses its powers under way.
  std::vector<double> pilot(Streams rng) const {
    const Index r = opt_.population;
    State s{kernel_.init(rng.branch(Purpose::population, r)),
            rng.branch(Purpose::swap),
            {0.0},
            std::vector<int>(std::size_t(r)),
            0,
            PerColumn::Zero(1),
            std::vector<int>(1),
            sites_};
    kernel_.set_power(s.walkers, PerColumn::Zero(r));
    std::vector<double> powers{0.0};
    while (powers.back() < 1) {
      const Eigen::ArrayXd likelihood = kernel_.log_likelihood(s.walkers).transpose().array();
      const auto effective = [&](double step) {  // (sum w)^2 / sum w^2, as a fraction of R
        const Eigen::ArrayXd log_w = step * (likelihood - likelihood.maxCoeff());
        const Eigen::ArrayXd w = log_w.unaryExpr([](double l) { return std::exp(l); });
        return w.sum() * w.sum() / (w.square().sum() * double(r));
      };
      double low = 0, high = 1 - powers.back();
      if (effective(high) < opt_.ess) {
        for (int k = 0; k < 40; ++k) {
          const double middle = 0.5 * (low + high);
          (effective(middle) < opt_.ess ? high : low) = middle;
        }
        powers.push_back(std::min(1.0, powers.back() + std::max(low, 1e-4)));  // an end, whatever the energies
      } else {
        powers.push_back(1.0);
      }
      advance(s, powers[powers.size() - 2], powers.back());
    }
    return powers;
  }

  K kernel_;
  PopulationAnnealingOptions opt_;
  Index sites_;
};

}  // namespace glass

#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "models/core/options.hpp"
#include "samplers/any_kernel.hpp"
#include "samplers/sampler.hpp"

namespace glass {

struct TemperingOptions {
  int rungs = 8;
  double hottest = 0.1;
  std::string ladder;
  bool adapt = true;
  static constexpr std::tuple fields{
      Field{"rungs", &TemperingOptions::rungs, "", "powers in the ladder, evenly from 1 to hottest", {.least = 1}},
      Field{"hottest",
            &TemperingOptions::hottest,
            "of beta",
            "power of the last rung; T/hottest is its temperature",
            {.least = 0, .most = 1}},
      Field{"ladder", &TemperingOptions::ladder, "",
            "the powers themselves, 1/0.7/0.4 and so on, instead of rungs and hottest"},
      Field{"adapt", &TemperingOptions::adapt, "", "move the inner rungs in warm-up so that all pairs swap alike"},
  };
  /// 1 = p_0 > p_1 > ... >= 0. Throws BadInput.
  PerColumn powers() const {
    std::vector<double> p;
    if (ladder.empty()) {
      for (int r = 0; r < rungs; ++r) p.push_back(rungs > 1 ? 1 - (1 - hottest) * double(r) / double(rungs - 1) : 1.0);
      if (rungs > 1 && hottest == 1) throw BadInput("parallel-tempering: hottest=1: must be below 1, or rungs=1");
    } else {
      for (std::size_t from = 0; from <= ladder.size();) {
        const std::size_t to = std::min(ladder.find('/', from), ladder.size());
        p.push_back(value_of<double>("parallel-tempering: ladder=" + ladder, ladder.substr(from, to - from)));
        from = to + 1;
      }
      for (std::size_t r = 0; r < p.size(); ++r)
        if (r == 0 ? p[r] != 1 : !(p[r] < p[r - 1] && p[r] >= 0))
          throw BadInput("parallel-tempering: ladder=" + ladder + ": must begin with 1 and fall, none below 0");
    }
    return Eigen::Map<const PerColumn>(p.data(), Index(p.size()));
  }
};

/// Parallel tempering round any chain whose power can change (replica exchange: Swendsen and Wang, Phys. Rev. Lett. 57,
/// 2607 (1986); Hukushima and Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996)). One child state holds the walkers of all
/// chains, R columns for each, and a swap exchanges the *powers* of two columns, never configurations:
///
///     1. every walker makes one step of the kernel at its power;
///     2. for k = 0, 2, 4, ... or 1, 3, 5, ..., in turn: the walkers x at rung k and y at rung k + 1 change rungs with
///        probability min(1, exp((p_k - p_{k+1})(ln L(y) - ln L(x)))).
///
/// The tilt is the same at all rungs, so its field . x is on both sides of the ratio and cancels: ln L alone decides.
/// Even and odd pairs alternate instead of being drawn, which makes a walker's way through the ladder ballistic (Syed,
/// Bouchard-Cote, Deligiannidis and Doucet, J. R. Stat. Soc. B 84, 321 (2022)). Theirs is the adaptation too: in
/// warm-up, after 8, 16, 32, ... steps, the inner rungs move to where the rejection rates seen so far, added up along
/// the ladder and interpolated, are cut into equal parts. All chains of a block share the ladder.
///
/// `read` shows the walker at rung 0, the target itself. Cost: R steps of the kernel, R log-likelihoods.
template <Sampler K = AnyKernel>
class ParallelTempering {
 public:
  using Options = TemperingOptions;
  static constexpr std::string_view name = "parallel-tempering";
  static constexpr std::string_view formula =
      "walkers at powers 1 = p_0 > p_1 > ...; neighbours swap with min(1, exp((p_k - p_l)(ln L(y) - ln L(x))))";
  static constexpr std::string_view reference =
      "Hukushima and Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996); Syed et al., J. R. Stat. Soc. B 84, 321 (2022)";
  struct State {
    typename K::State walkers;    // column c R + j: walker j of chain c
    Streams rng;                  // of the swaps, one per chain
    PerColumn base;               // power of the target, per chain: 1 unless told otherwise
    PerColumn ladder;             // R, factors on it
    std::vector<int> at;          // at[c R + k]: walker of chain c at rung k
    std::vector<int> heading;     // of walker c R + j: 1 coming from rung 0, -1 from the last one, 0 from neither
    std::int64_t steps = 0;       // parity says which pairs come next
    Eigen::MatrixXd swaps;        // R - 1 x chains: probabilities of swaps, added up since the warm-up
    Eigen::VectorXd tried;        // R - 1: how many
    PerColumn trips;              // round trips per chain since init
    std::int64_t adapted = 0;     // adaptation steps
    Eigen::VectorXd seen, heard;  // R - 1: swap probabilities and their number since the ladder last moved
    static void visit(auto& s, auto&& f) {
      f(s.walkers, s.rng, s.base, s.ladder, s.at, s.heading, s.steps, s.swaps, s.tried, s.trips, s.adapted, s.seen,
        s.heard);
    }
  };

  /// Throws Refused where the kernel's temperature is fixed.
  explicit ParallelTempering(K kernel, TemperingOptions opt = {})
      : kernel_(std::move(kernel)), opt_(opt), can_(abilities_of(kernel_)), powers_(opt.powers()) {
    if (!can_.temper)
      throw Refused("parallel-tempering: the temperature of " + std::string(kernel_.traits().name) +
                    " cannot change under way; choose another kernel");
  }
  Traits traits() const { return {name, Kind::chain, kernel_.traits().promise}; }
  Abilities abilities() const {
    return {.likelihood = true,
            .start = can_.start,
            .adapt = adapts_ladder() || can_.adapt,
            .temper = true,
            .tilt = can_.tilt};
  }

  State init(Streams rng) const {
    const Index r = rungs(), c = rng.columns();
    State s{kernel_.init(rng.branch(Purpose::sampler, r)),
            rng.branch(Purpose::swap),
            PerColumn::Ones(c),
            powers_,
            {},
            {},
            0,
            Eigen::MatrixXd::Zero(r - 1, c),
            Eigen::VectorXd::Zero(r - 1),
            PerColumn::Zero(c),
            0,
            Eigen::VectorXd::Zero(r - 1),
            Eigen::VectorXd::Zero(r - 1)};
    seat(s);
    return s;
  }
  /// New walkers on the ladder as it is.
  void restart(State& s) const {
    kernel_.restart(s.walkers);
    seat(s);
  }
  /// All walkers of a chain at its configuration.
  void start_at(State& s, BatchIn x) const {
    Batch all(x.rows(), x.cols() * rungs());
    for (Index w = 0; w < all.cols(); ++w) all.col(w) = x.col(w / rungs());
    if constexpr (Placeable<K>)
      can_.place ? kernel_.place(s.walkers, all) : start_child(s, all);
    else
      start_child(s, all);
    seat(s);
  }

  StepInfo step(State& s) const {
    StepInfo info = kernel_.step(s.walkers);
    const PerColumn likelihood = exchange_likelihood(kernel_, s.walkers);
    const Index r = rungs(), parity = s.steps++ % 2;
    for (Index k = parity; k + 1 < r; k += 2) s.tried(k) += 1;
    for (Index c = 0; c < s.rng.columns(); ++c) {
      for (Index k = parity; k + 1 < r; k += 2) {
        int &x = s.at[std::size_t(c * r + k)], &y = s.at[std::size_t(c * r + k + 1)];
        const double log_ratio = s.base(c) * (s.ladder(k) - s.ladder(k + 1)) * (likelihood(y) - likelihood(x));
        s.swaps(k, c) += std::exp(std::min(0.0, log_ratio));
        if (!(std::log(s.rng[c].uniform()) < log_ratio)) continue;
        if constexpr (Exchangeable<K>) kernel_.exchange(s.walkers, x, y);
        std::swap(x, y);
      }
      count_round_trips(s, c);
    }
    push_powers(s);
    info.work.energies += likelihood.size();
    return info;
  }
  void adapt(State& s) const {
    if constexpr (Adaptable<K>)
      if (can_.adapt) kernel_.adapt(s.walkers);
    if (adapts_ladder()) {
      s.seen += s.swaps.rowwise().sum();
      s.heard += s.tried * double(s.rng.columns());
      if (const auto n = std::uint64_t(++s.adapted); n >= 8 && std::has_single_bit(n)) move_ladder(s);
    }
    s.swaps.setZero();
    s.tried.setZero();
  }
  void read(const State& s, BatchOut out) const {
    Batch all(out.rows(), Index(s.at.size()));
    kernel_.read(s.walkers, all);
    for (Index c = 0; c < out.cols(); ++c) out.col(c) = all.col(s.at[std::size_t(c * rungs())]);
  }
  PerColumn log_likelihood(const State& s) const { return rung_likelihoods(s).row(0); }
  /// ln L at power 1 of the walker at each rung: R x chains. What reweighting over the ladder reads.
  Eigen::MatrixXd rung_likelihoods(const State& s) const {
    const PerColumn likelihood = kernel_.log_likelihood(s.walkers);
    Eigen::MatrixXd out(rungs(), s.rng.columns());
    for (Index w = 0; w < out.size(); ++w) out(w) = likelihood(s.at[std::size_t(w)]);
    return out;
  }
  /// Walkers that went from the target to the hottest rung and back.
  PerColumn round_trips(const State& s) const { return s.trips; }
  std::vector<Reported> report(const State& s) const {
    return {{"power", "of each rung", s.ladder.transpose() * s.base},
            {"swap_acceptance", "of each pair of neighbouring rungs since the warm-up",
             s.tried.cwiseMax(1.0).cwiseInverse().asDiagonal() * s.swaps},
            {"rung_log_likelihood", "ln L at power 1 of the walker at each rung", rung_likelihoods(s)}};
  }
  /// Power of the target, on which the ladder's are factors.
  void set_power(State& s, const PerColumn& p) const {
    s.base = p;
    push_powers(s);
  }
  /// The tilt of each chain, at all its rungs.
  void retilt(State& s, const Tilt& t) const {
    const Index w = Index(s.at.size()), r = rungs();
    s.base = t.power;
    Tilt all{PerColumn(w), PerColumn(w), Batch(t.field.rows(), w), Batch(t.field.rows(), w)};
    for (Index k = 0; k < w; ++k) {
      all.precision(k) = t.precision(k / r);
      all.field.col(k) = t.field.col(k / r);
      all.pinned.col(k) = t.pinned.col(k / r);
    }
    all.power = walker_powers(s);
    if constexpr (Tiltable<K>) kernel_.retilt(s.walkers, all);
  }

 private:
  Index rungs() const { return powers_.size(); }
  bool adapts_ladder() const { return opt_.adapt && rungs() > 2; }
  void start_child(State& s, const Batch& all) const {
    if constexpr (Startable<K>) kernel_.start_at(s.walkers, all);
  }
  void seat(State& s) const {
    const Index w = rungs() * s.rng.columns();
    s.heading.assign(std::size_t(w), 0);
    s.at.resize(std::size_t(w));
    for (Index k = 0; k < w; ++k) s.at[std::size_t(k)] = int(k);
    push_powers(s);
  }
  PerColumn walker_powers(const State& s) const {
    PerColumn p(Index(s.at.size()));
    for (Index k = 0; k < p.size(); ++k) p(s.at[std::size_t(k)]) = s.base(k / rungs()) * s.ladder(k % rungs());
    return p;
  }
  void push_powers(State& s) const { kernel_.set_power(s.walkers, walker_powers(s)); }
  void count_round_trips(State& s, Index c) const {
    const Index r = rungs();
    if (r < 2) return;
    int& cold = s.heading[std::size_t(s.at[std::size_t(c * r)])];
    if (cold == -1) s.trips(c) += 1;
    cold = 1;
    if (int& hot = s.heading[std::size_t(s.at[std::size_t(c * r + r - 1)])]; hot == 1) hot = -1;
  }
  /// Rungs at equal parts of the rejection rates added up along the ladder; both ends stay.
  void move_ladder(State& s) const {
    const Index r = rungs();
    std::vector<double> sum(std::size_t(r), 0.0);
    for (Index k = 0; k + 1 < r; ++k) {
      const double rejected = s.heard(k) > 0 ? 1 - s.seen(k) / s.heard(k) : 0;
      sum[std::size_t(k + 1)] = sum[std::size_t(k)] + std::max(rejected, 1e-3);  // rungs must not meet
    }
    const PerColumn old = s.ladder;
    for (Index k = 1, j = 0; k + 1 < r; ++k) {
      const double goal = sum.back() * double(k) / double(r - 1);
      while (sum[std::size_t(j + 1)] < goal) ++j;
      const double part = (goal - sum[std::size_t(j)]) / (sum[std::size_t(j + 1)] - sum[std::size_t(j)]);
      s.ladder(k) = old(j) + part * (old(j + 1) - old(j));
    }
    s.seen.setZero();
    s.heard.setZero();
    push_powers(s);
  }

  K kernel_;
  TemperingOptions opt_;
  Abilities can_;
  PerColumn powers_;
};

}  // namespace glass

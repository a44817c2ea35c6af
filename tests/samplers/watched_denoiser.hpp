#pragma once
// A denoiser that writes down what it is asked and answers the same whatever that is: shows which path a generator
// takes, apart from what it draws.
#include <cmath>
#include <memory>
#include <mutex>
#include <vector>

#include "models/core/denoiser.hpp"

namespace glass::reference {

struct WatchedDenoiser {
  struct State {
    Index columns = 0;
    int calls = 0;  ///< since the last restart
    static void visit(auto& s, auto&& f) { f(s.columns, s.calls); }
  };
  Index n;
  float mean;
  std::shared_ptr<std::vector<Tilt>> asked = std::make_shared<std::vector<Tilt>>();
  std::shared_ptr<std::mutex> writing = std::make_shared<std::mutex>();  ///< Blocks asks from several threads

  static constexpr int kUnconverged = 2;  ///< columns of every call
  Tilt base(Index columns) const { return Tilt::none(n, columns); }
  Alphabet alphabet() const { return Alphabet::spins(); }
  State start(Streams rng) const { return {rng.columns(), 0}; }
  void restart(State& s) const { s.calls = 0; }
  DenoiseInfo posterior_mean(const Tilt& t, State& s, BatchOut out) const {
    out.setConstant(mean);
    return note(t, s);
  }
  DenoiseInfo log_marginals(const Tilt& t, State& s, BatchOut out) const {
    for (Index i = 0; i < n; ++i) {
      out.row(2 * i).setConstant(std::log(0.5f * (1 - mean)));
      out.row(2 * i + 1).setConstant(std::log(0.5f * (1 + mean)));
    }
    return note(t, s);
  }

 private:
  DenoiseInfo note(const Tilt& t, State& s) const {
    {
      const std::lock_guard lock(*writing);
      asked->push_back(t);
    }
    ++s.calls;
    return {kUnconverged, {.denoiser_calls = s.columns, .iterations = 3 * s.columns}};
  }
};
static_assert(HasMarginals<WatchedDenoiser>);

/// z such that draws of unit variance around the mean `about` give it: both its mean and its variance, standardised.
inline std::pair<double, double> standard_scores(const Eigen::MatrixXd& draws, double about, double variance) {
  const double count = double(draws.size());
  const Eigen::ArrayXXd off = draws.array() - about;
  return {off.mean() / std::sqrt(variance / count), (off.square().mean() / variance - 1) / std::sqrt(2.0 / count)};
}

}  // namespace glass::reference

#pragma once
// Population dynamics: the cavity equations of a planted sparse problem on an infinite random graph, solved by
// sampling.
#include <cstdint>
#include <memory>
#include <vector>

#include "models/core/random.hpp"
#include "spinglass/phase.hpp"
#include "spinglass/sparse_problem.hpp"

namespace glass {

/// What one sweep saw. Averages are over sites and constraints of the infinite graph, everything seen from the planted
/// signal. Nats.
struct PopulationAverages {
  double control = 0;  ///< constraints per site, or mean degree: what the sweep ran at
  double side = 0;     ///< gamma^2 or theta: what the sweep ran at
  /// Overlap m with the planted signal: E of the posterior mean times the planted spin, revealed sites included; for k
  /// colours (k E P(planted colour) - 1) / (k - 1), 0 for a guess and 1 for certainty.
  double overlap = 0;
  double square = 0;   ///< the same of two posterior samples, E mean^2; equal to `overlap` on average (Nishimori)
  double entropy = 0;  ///< of the marginal of a site that is not revealed, side information included
  /// E ln P(a further planted constraint is satisfied): the derivative of the free entropy by constraints per site.
  double constraint = 0;
  /// Bethe free entropy per site, (1/N) E ln Z: Z sums exp(y x - gamma^2 |x|^2 / 2) over satisfying configurations
  /// (Gaussian side information) or counts those that agree with the revealed sites. Along a fixed point
  /// dPhi/dgamma^2 = m/2 for spins (E P(planted colour)/2 for colours), dPhi/dtheta = -entropy.
  double free_entropy = 0;
};

/// How the sites are at the start: a fraction m of them certain and the rest unknown, or all with one mean m.
enum class PopulationStart { certain, even };

/// A population of `size` sites and as many constraint messages, on the path and around the planted signal.
///
/// One sweep renews every member once: each site becomes the sum of a Poisson number of messages (mean control * k in
/// total) and its side information, each message is made from k - 1 sites. That pair is "one update".
///
/// How it is fast without bias. A message given the pattern of planted literals is one of k - 1 classes (number of
/// minus signs among the other literals); each class has an array of its own and a site takes an independent Poisson
/// number from each, which is the same law with the pattern noise gone. A site reads its messages from a window at
/// consecutive places, a message its sites at k - 1 places that advance together; windows start afresh at a uniform
/// place every block of 64 sites and 256 messages. Members are exchangeable and conditionally independent given the
/// previous generation, so the law of one new member is exactly that of independent draws without replacement; only
/// members that share a window are correlated more than by independent draws, which changes the noise of averages (a
/// little: the part linear in the messages, most of it, is the same) and not their mean. The generations between two
/// common ancestors are as many as on the graph itself.
///
/// Fields (half log-odds) are cut at +-20, log-odds of colours at +-27: probabilities below 4e-18 (2e-12) are not
/// resolved, and no average moves by more than float rounding. Memory: 8 bytes for a site and a message (colours: 4 (k
/// + k) bytes). The planted value of every site is drawn anew from its own marginal (Nishimori) at every sweep, which
/// keeps the population on the Nishimori line and takes the slow half of its noise away. Cost of an update, k = 5,
/// alpha = 9: 25 to 30 ns on one core at 2.9 GHz (bench/population_benchmarks.cpp).
class Population {
 public:
  virtual ~Population() = default;
  /// Sites at given overlap and messages made from them. Must come first.
  virtual void start(double overlap, PopulationStart how) = 0;
  /// One sweep at given control parameter and side information.
  virtual PopulationAverages sweep(double control, double side) = 0;
  /// One sweep at given control parameter with the side information that gives this overlap: for erasure
  /// (m - m') / (1 - m'), m' the overlap of sites without side information; else a Newton step from the last value.
  /// Where it would be negative it is zero, and `side` of the result negative: such sweeps leave the path.
  virtual PopulationAverages hold(double control, double overlap) = 0;
  /// One sweep without side information; the control parameter follows so that the overlap stays where it is asked to
  /// be. `control` is where it starts, on the first call after start().
  virtual PopulationAverages hold_by_control(double control, double overlap) = 0;

  double updates_per_sweep() const { return double(size_); }
  static constexpr std::int64_t kLeast = 1024;

 protected:
  explicit Population(std::int64_t size) : size_(size) {}
  std::int64_t size_;
};

/// `size` is rounded up to a multiple of 256. Throws BadInput for a problem out of range or size < 1024.
std::unique_ptr<Population> make_population(const SparseProblem& problem, Path path, std::int64_t size, Stream rng);

namespace detail {

/// Poisson numbers from 32-bit words by inversion, to 2^-32 in probability: twelve bits find a cell, twenty decide
/// between the two values most cells are split into; the few cells with more values are searched.
class PoissonTable {
 public:
  explicit PoissonTable(double mean) { set(mean); }
  void set(double mean);
  double mean() const { return mean_; }
  void draw(const std::uint32_t* words, std::uint32_t* out, int count) const;
  /// No number is larger.
  std::uint32_t most() const { return std::uint32_t(cdf_.size()); }

 private:
  static constexpr int kCellBits = 12;
  static constexpr std::uint32_t kSplit = (1u << (32 - kCellBits)) - 1, kSearch = 0xfff00000u;
  std::uint32_t search(std::uint32_t word) const;
  double mean_ = -1;
  std::vector<std::uint32_t> cells_;  // value << 20 | largest low word that gets it
  std::vector<double> cdf_;
};

std::unique_ptr<Population> make_spin_population(const SparseProblem&, Path, std::int64_t size, Stream);
std::unique_ptr<Population> make_colour_population(const SparseProblem&, Path, std::int64_t size, Stream);

}  // namespace detail
}  // namespace glass

#pragma once
#include <optional>
#include <string>
#include <vector>

#include "bench/instance_file.hpp"
#include "bench/netcdf_file.hpp"
#include "models/environment.hpp"
#include "samplers/sampler.hpp"

namespace glass {

/// One model instance of a samples file: instance=K and what it was drawn with.
struct DrawsInstance {
  std::uint32_t number = 0;
  Environment environment;
};

/// Everything about a samples file that is known before the first draw.
struct DrawsLayout {
  Index chains = 1, draws = 1;
  std::vector<DrawsInstance> instances;    ///< at least one; as many sites each, all planted or none
  std::vector<std::uint32_t> instance;     ///< per chain, its row of `instances`; empty: equal shares in order
  std::vector<std::int8_t> planted_start;  ///< per chain, 1 where started at the planted signal; empty: none was
  bool log_q = false;                      ///< the sampler knows log q
  bool denoises = false;                   ///< the sampler counts calls that did not converge
  std::vector<Reported> reported;          ///< what the sampler reports beside its draws; for `append` only
  std::optional<TermList> terms;           ///< couplings, of a single instance only
  std::string configuration;               ///< the resolved configuration, one JSON text

  Index sites() const { return instances.front().environment.sites(); }
  const Alphabet& alphabet() const { return instances.front().environment.alphabet; }
  bool real() const { return alphabet() == Alphabet::reals(); }
};

/// Draws of some chains, in memory: what one thread collects for its instance. 1 byte a site: the value of a scalar
/// symbol, the number of a Potts symbol; 4 bytes where sites are real.
class DrawsBlock {
 public:
  DrawsBlock(Index chains, Index draws, Index sites, Alphabet alphabet = Alphabet::spins());
  Index chains() const { return chains_; }
  Index draws() const { return draws_; }
  Index sites() const { return sites_; }

  /// Draw number `draw` of the chains first_chain, first_chain + 1, ...: one per column of x (dim rows), with its -beta
  /// H. `acceptance` and `unconverged` are StepInfo's, shared by the columns; log_q is NaN in the file where it was not
  /// given though the layout has it.
  void put(Index draw, BatchIn x, const PerColumn& log_likelihood, double acceptance = 1.0,
           const std::optional<PerColumn>& log_q = std::nullopt, int unconverged = 0, Index first_chain = 0);

 private:
  friend class DrawsFile;
  std::size_t at(Index chain, Index draw) const { return std::size_t(chain * draws_ + draw); }
  Index chains_, draws_, sites_;
  Alphabet alphabet_;
  std::vector<std::int8_t> x_;                   // chain, draw, site; empty where sites are real
  std::vector<float> reals_;                     // the same where they are
  std::vector<double> lp_, acceptance_, log_q_;  // chain, draw
  std::vector<std::int32_t> unconverged_;
};

/// Samples as netCDF-4 in ArviZ's layout, which xarray opens group by group: `posterior` (x, E, m, q_planted),
/// `sample_stats` (lp, acceptance_rate, log_q, unconverged, what the sampler reports), `constant_data` (planted_signal,
/// field, pinned, instance, start, couplings). The file appears at `commit`, whole or not at all; the same calls give
/// the same bytes. E, m and q_planted are worked out here from x and log_likelihood. Not for two threads at once.
///
///   sample:   append(...) once per draw with all chains; draws are gathered and written a few megabytes at a time.
///   compare:  one DrawsBlock per instance, filled in parallel; then put(first_chain, block) one after another.
class DrawsFile {
 public:
  /// Throws BadInput for a layout that does not fit together or a path that cannot be written.
  DrawsFile(const std::filesystem::path& path, DrawsLayout layout);

  /// The next draw of all chains; arguments as in DrawsBlock::put. `reported`: of the layout's names and shapes.
  void append(BatchIn x, const PerColumn& log_likelihood, double acceptance = 1.0,
              const std::optional<PerColumn>& log_q = std::nullopt, int unconverged = 0,
              const std::vector<Reported>& reported = {});
  /// All draws of block.chains() chains from first_chain on.
  void put(Index first_chain, const DrawsBlock& block);
  /// Throws std::logic_error where draws are missing or were put twice.
  void commit();

 private:
  void write(Index first_chain, Index first_draw, const DrawsBlock& block);
  DrawsLayout layout_;
  NetcdfFile file_;
  NetcdfGroup posterior_, stats_;
  std::optional<DrawsBlock> window_;  // of all chains, for `append`
  Index window_draws_ = 1, appended_ = 0;
  std::vector<Index> written_;  // draws per chain
};

}  // namespace glass

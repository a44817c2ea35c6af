#pragma once
// Does a sampler have the law it promises? Small targets whose law is known configuration by configuration. What
// `glassmark verify` and the tests share; it prints nothing and decides nothing: p-values come back, the caller, who
// knows how many there are in all, picks the level.
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/core/configurations.hpp"
#include "models/core/random.hpp"
#include "samplers/any_sampler.hpp"

namespace glass {

/// One test of a hypothesis that holds for a correct sampler.
struct Check {
  std::string name;
  double statistic = 0, dof = 0;
  double p_value = 1;  ///< upper tail; uniform on (0, 1) for a correct sampler
};

/// Total variation distance of the drawn frequencies from the law, beside what as many perfect draws would show.
struct TotalVariation {
  double value = 0, null_mean = 0, null_999 = 0;
};

struct Conformance {
  std::string name;
  std::vector<Check> checks;
  std::vector<std::string> violations;  ///< what no level excuses: a draw of probability zero, a wrong ln q
  TotalVariation variation;
  double tau = 1;     ///< slowest integrated autocorrelation time, in steps; see check_conformance
  bool slow = false;  ///< tau could not be measured: held to other checks, see check_conformance
  int lag = 1;        ///< steps between the two times: at least 20 tau (draws: 1)
  Index draws = 0;    ///< configurations that went into the checks

  double smallest_p() const;
  /// No violation, and no p-value below `level`.
  bool passed(double level) const;
};

/// The level of each check at which correct samplers are all let through with probability at least 1 - overall.
double bonferroni(std::span<const Conformance> results, double overall);

using SamplerFactory = std::function<std::unique_ptr<AnySampler>(Streams)>;

struct ConformanceOptions {
  std::uint32_t seed = 1, instance = 0;
  Index columns = 20000;
  int warmup = 300;       ///< steps with `adapt` after each; never afterwards
  int burn = 1000;        ///< steps from a restart that stand for exact draws, where the chain cannot be placed
  int longest = 1000;     ///< steps tried for tau; a chain is slow where they are not at least 5 tau
  int replicates = 2000;  ///< of the null of the total variation
  Alphabet alphabet = Alphabet::spins();
};

/// Checks the sampler that `make` builds against the law p: the probabilities of all q^n configurations of the options'
/// alphabet, numbered as in Configurations. Below 1e-250 a configuration is impossible (pins).
///
/// A chain (promise: exact in the limit) is first adapted, then held to:
///  - the law after 1 and after 3 steps from columns placed at exact draws: whatever the autocorrelation;
///  - the law of (x_0, x_K) against p x p, from exact draws: fails where configurations are kept or alternate;
///  - the law after K steps from the least likely configuration: fails where not all configurations can be reached;
///  - neighbouring columns against p x p.
/// K = ceil(20 tau); tau = 1 + 2 sum_{s=1}^{W} |rho(s)| (1 for independent draws; the modulus, because a chain near
/// period 2 forgets slowly though its rho sums to little), W the first with W >= 5 tau, the largest over ln p, the
/// sum over sites and every row of a free site; rho(s) is the correlation over columns of times 0 and s
/// from exact draws, with the mean and variance of p. A chain without `place` starts from `restart` and `burn` steps
/// instead, and is not held to the first.
///
/// A slow chain, one whose tau is not found within `longest` steps, cannot be held to what takes 20 tau. Instead:
///  - the law `longest` steps after exact draws, which a right kernel keeps however slow it is;
///  - from the most likely configuration (out of the deepest valley), within `longest` steps, some column must meet
///  each
///    configuration that as many exact draws would show (expected at least 5 times), and some configuration must be met
///    at two steps in a row.
/// p kept, all of it reached from one configuration, no period: then p is the one law the chain can end in, which is
/// what it promises; how fast is not judged. What is not reached is a violation: a barrier that takes longer and a
/// kernel that never crosses it look the same. So is a slow chain without `place`.
///
/// A generator (promise: exact) is held to the law of its draws, consecutive draws against p x p, neighbouring columns
/// against p x p, and ln q = ln p where it knows ln q.
///
/// Throws BadInput where p is not such a law, where the promise is `approximate` (see step_bias.hpp), and where the law
/// is so peaked that `columns` draws cannot show it.
Conformance check_conformance(std::string name, const SamplerFactory& make, const Eigen::VectorXd& p,
                              const ConformanceOptions& options = {});

/// Throws BadInput unless the largest probability is more than `ratio` times the smallest one that is not zero: a flat
/// target lets wrong samplers through.
void require_peaked(const Eigen::VectorXd& p, double ratio = 40);

/// G-test, 2 sum O ln(O/E), divided by Williams' factor 1 + (sum N/E - 1)/(6 N dof) (Biometrika 63, 33 (1976)), which
/// brings its mean to dof where E is small, against chi-squared. Cells are pooled by p alone, never by what was seen:
/// in ascending order of p they are merged until a group expects at least 5; what is left at the end joins the last
/// group. Any count where p is impossible gives p_value 0. Throws BadInput if one group is all there is.
Check law_check(std::string name, const Eigen::VectorXd& counts, const Eigen::VectorXd& p);

/// The n of a law that lists all q^n configurations. Throws BadInput where p is no such law.
Index sites_of_law(const Eigen::VectorXd& p, const Alphabet& alphabet);

/// Independent exact draws of a law given by its probabilities.
class LawDraws {
 public:
  explicit LawDraws(const Eigen::VectorXd& p);
  Index number(Stream& rng) const;
  /// `columns` configurations of n sites.
  Batch batch(Index n, Index columns, Stream& rng, const Alphabet& alphabet = Alphabet::spins()) const;

 private:
  std::vector<double> cumulative_;
};

}  // namespace glass

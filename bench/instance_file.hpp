#pragma once
// Couplings as files. docs/file-formats.md shows one of each kind.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "bench/netcdf_file.hpp"
#include "bench/registry.hpp"
#include "models/environment.hpp"
#include "models/term_list.hpp"

namespace glass {

inline constexpr const char* kConvention = "-H = sum J x..x + sum h x";

/// What an instance file holds. Sites are counted from 0.
struct InstanceFile {
  std::string model;  ///< "sk", "ising-p-spin", "curie-weiss"; empty where the file does not say
  Index n = 0;
  double temperature = 0;  ///< 0 where the file does not say; then environment.beta is 1
  /// The terms in the file's order, each set of sites once. J is the float nearest to the file's whose product with
  /// beta rounds to the same float as the file's beta J: a model written and read back has the same bits.
  TermList terms;
  Environment environment;  ///< beta, h, pins, truth
  std::string notes;        ///< what was understood where a format leaves it open; one line, may be empty
};

/// Writes couplings, fields, pins and signal, whole or not at all. By extension: .txt, .json, .nc (groups as in
/// DrawsFile); .cnf where the model has clauses. `seed` is noted beside model.spec().
/// Returns the SHA-256 of couplings, fields and pins, which the file holds too; empty for clauses. Throws BadInput for
/// other extensions, for one that does not fit the model, and where the file cannot be written.
std::string write_instance(const std::filesystem::path& path, const AnyModel& model, std::uint32_t seed);

/// Reads what write_instance writes, and rudy/Gset text ("n m", then "i j w" from 1), by extension; text for unknown
/// ones. A temperature > 0 replaces the file's; a signal planted at another one is then dropped, because it is no
/// longer a sample of the target. Where the file holds a SHA-256 and its temperature is kept, the content must have it.
/// Throws BadInput: one line with path, line and remedy.
InstanceFile read_instance(const std::filesystem::path& path, double temperature = 0);

/// The same as a model, whose spec() reads the file again; .cnf as well (DIMACS with "c nae", at temperature 0 where
/// nothing says another). Throws BadInput where no temperature is known.
std::unique_ptr<AnyModel> read_model(const std::filesystem::path& path, double temperature = 0);

/// What files show of a site: the value of a scalar symbol, the number of a Potts symbol.
std::int8_t shown_symbol(const float* site, const Alphabet& alphabet);
std::vector<std::int8_t> symbols_shown(const Eigen::VectorXf& x, const Alphabet& alphabet);

/// Writes `coupling_sites` (term, order) and `coupling` (term).
void put_terms(const NetcdfGroup& group, const TermList& terms);
/// Writes `field`, `pinned` and, where planted, `planted_signal` (instance, site), with the dimensions instance and
/// site; for Potts sites `field` is (instance, site, symbol). All environments alike: as many sites, all planted or
/// none. Throws BadInput otherwise.
void put_environments(const NetcdfGroup& group, const std::vector<const Environment*>& environments);

}  // namespace glass

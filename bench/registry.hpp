#pragma once
// What there is, by name: models, samplers, denoisers. Everything that takes a SPEC goes through here.
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/core/any_denoiser.hpp"
#include "models/core/options.hpp"
#include "models/core/real_sites.hpp"
#include "models/environment.hpp"
#include "models/term_list.hpp"
#include "samplers/any_kernel.hpp"
#include "samplers/any_sampler.hpp"

namespace glass {

struct Clauses;

/// "name:key=value,..." taken apart.
struct Spec {
  std::string name, keys;
  std::string text() const { return keys.empty() ? name : name + ":" + keys; }
};
Spec split_spec(std::string_view text);
/// A SPEC whose values may be sweeps, 0.6:1.2:0.1 or a|b|c, as the list of plain SPECs, last key fastest.
std::vector<std::string> expand_spec(std::string_view text);

/// One option as `describe` shows it.
struct OptionInfo {
  std::string name, value, unit, help, range;
};
/// What `list` and `describe` know of an entry.
struct EntryInfo {
  std::string name, kind, formula, reference, needs;
  std::vector<OptionInfo> options;
};

/// A model with its parameters chosen and its disorder drawn.
class AnyModel {
 public:
  virtual ~AnyModel() = default;
  virtual std::string spec() const = 0;  ///< every key with its value: makes the same model again
  /// "sk" and so on, also where a file made it; empty where the file does not say.
  virtual std::string name() const = 0;
  virtual Index sites() const = 0;
  virtual Alphabet alphabet() const { return environment().alphabet; }
  Index dim() const { return sites() * alphabet().width(); }  ///< rows of a Batch
  virtual int order() const = 0;                              ///< spins per interaction
  virtual const Environment& environment() const = 0;
  virtual PerColumn log_likelihood(BatchIn x) const = 0;
  /// 0 where the prior is flat (each configuration counts 1).
  virtual PerColumn log_prior(BatchIn x) const { return PerColumn::Zero(x.cols()); }
  virtual std::optional<RealSites> real_sites() const { return std::nullopt; }  ///< where a site is a real number
  virtual std::optional<LogPartition> log_partition() const = 0;  ///< what theory says of ln Z, for the ensemble
  virtual bool has_terms() const { return true; }  ///< whether -H is a sum of J x..x; else for_each_term calls nothing
  virtual void for_each_term(const std::function<void(std::span<const Index>, double)>& f) const = 0;  ///< sites, J
  virtual const Clauses* clauses() const { return nullptr; }  ///< of not-all-equal models; else null
  /// ln of prior(x) L(x) per column, shared with the model: it may outlive it.
  virtual std::function<PerColumn(BatchIn)> log_target() const = 0;
  /// Throws Refused where the denoiser does not fit, BadInput for unknown names and keys. `make_denoiser` knows those
  /// made of kernels as well.
  virtual AnyDenoiser denoiser(const Spec& spec) const = 0;
  virtual std::string default_denoiser() const = 0;
  /// A chain kernel of this target; nothing where `spec` names none.
  virtual std::optional<AnyKernel> kernel(const Spec& spec) const = 0;
  /// What draws this target exactly; null where `spec` names none.
  virtual std::unique_ptr<AnySampler> exact(const Spec& /*spec*/, Streams, Index /*width*/) const { return nullptr; }
};

/// Columns per block: fixed, so that results do not depend on the number of threads.
inline constexpr Index kBlockWidth = 16;

/// Samplers ask for their streams as (seed, Purpose::sampler, instance of the model).
std::unique_ptr<AnySampler> make_sampler(const AnyModel& model, std::string_view spec, Streams rng,
                                         Index width = kBlockWidth);
/// By its SPEC, one made of a kernel (mcmc:kernel=NAME,kernel.KEY=value) included. Throws as AnyModel::denoiser does.
AnyDenoiser make_denoiser(const AnyModel& model, const Spec& spec);
std::vector<std::string> denoiser_names();
/// The sampler's SPEC with every key and the denoiser that will be used; checks names and keys.
std::string resolve_sampler(const AnyModel& model, std::string_view spec);
/// The family that `list` shows: MCMC, Langevin, diffusion, flow, autoregressive.
std::string sampler_family(std::string_view spec);

/// One registered model. Its translation unit instantiates all chain kernels for it.
struct ModelEntry {
  EntryInfo info;
  std::function<std::unique_ptr<AnyModel>(std::string_view keys, std::uint32_t seed)> make;
  /// Small peaked targets for `verify`, one SPEC each.
  std::vector<std::string> verify;
  /// Keys of a target, planted and with pins, for what every pair must do; its size is added. Empty: those that most
  /// models share.
  std::string small = {};
};
const std::vector<ModelEntry>& model_entries();
/// Throws BadInput with the nearest name; checks memory before anything is allocated.
std::unique_ptr<AnyModel> make_model(std::string_view spec, std::uint32_t seed);
/// What an instance file holds, as a model. Each set of sites once. `name` is what the file calls the model, `spec`
/// what the result will show. Fully connected or sparse as the name says, or, where it does not, by whether every
/// eighth term that could be is there. Throws BadInput where a fully connected one does not fit the memory.
std::unique_ptr<AnyModel> model_from_terms(const std::string& spec, const std::string& name, const TermList& terms,
                                           Environment env);

/// Throws BadInput, "WHAT would need ... GB, this machine has ...; REMEDY", where bytes do not fit the memory.
void check_memory(const std::string& what, double bytes, const std::string& remedy);

std::vector<EntryInfo> model_infos();
std::vector<EntryInfo> sampler_infos();
std::vector<EntryInfo> denoiser_infos();

}  // namespace glass

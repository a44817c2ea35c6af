#pragma once
// AnyModel made from a target type. Included by one translation unit per model: all its kernels are compiled there.
#include <variant>

#include "bench/entries.hpp"
#include "bench/registry.hpp"
#include "models/term_list.hpp"
#include "samplers/blocks.hpp"

namespace glass {

/// f(entry) for the entry called `name`; false if there is none.
bool with_entry(const auto& entries, std::string_view name, auto&& f) {
  bool found = false;
  std::apply([&](const auto&... e) { ((e.name == name ? (found = true, f(e), 0) : 0), ...); }, entries);
  return found;
}

std::vector<std::string> names_of(const auto& entries) {
  std::vector<std::string> names;
  std::apply([&](const auto&... e) { (names.emplace_back(e.name), ...); }, entries);
  return names;
}

template <class T>
class ModelOf final : public AnyModel {
 public:
  /// `name`: what the model is, whoever made it. `gaussian`: the couplings are known to be of the target's ensemble
  /// (Gaussian; Hopfield's), which AMP's Onsager term assumes.
  ModelOf(T target, std::string spec, std::string name, std::optional<LogPartition> log_z, bool gaussian)
      : target_(std::move(target)),
        spec_(std::move(spec)),
        name_(std::move(name)),
        log_z_(std::move(log_z)),
        gaussian_(gaussian) {}

  std::string spec() const override { return spec_; }
  std::string name() const override { return name_; }
  Index sites() const override { return target_.sites(); }
  Alphabet alphabet() const override { return target_.alphabet(); }
  int order() const override {
    if constexpr (requires { target_.order(); })
      return target_.order();
    else
      return 2;
  }
  const Environment& environment() const override { return target_.environment(); }
  PerColumn log_likelihood(BatchIn x) const override { return target_.log_likelihood(x); }
  PerColumn log_prior(BatchIn x) const override { return prior_of(target_, x); }
  std::function<PerColumn(BatchIn)> log_target() const override {
    return [t = target_](BatchIn x) { return PerColumn(t.log_likelihood(x) + prior_of(t, x)); };
  }
  std::optional<RealSites> real_sites() const override {
    if constexpr (SmoothTarget<T>)
      return target_.real_sites();
    else
      return std::nullopt;
  }
  std::optional<LogPartition> log_partition() const override { return log_z_; }
  bool has_terms() const override { return kHasTerms; }
  void for_each_term(const std::function<void(std::span<const Index>, double)>& f) const override {
    if constexpr (kHasTerms)
      target_.for_each_term([&](const auto& sites, double j) { f(std::span<const Index>(sites), j); });
  }
  const Clauses* clauses() const override {
    if constexpr (requires { target_.clauses(); })
      return &target_.clauses();
    else
      return nullptr;
  }
  std::string default_denoiser() const override {
    if (AmpTarget<T> && gaussian_) return "amp";
    const Configurations all(sites(), alphabet());
    const bool enumerable = all.count(Exact::kMaxStates) <= Exact::kMaxStates;
    return fits("bp") && !enumerable ? "bp" : "exact";
  }
  AnyDenoiser denoiser(const Spec& spec) const override {
    std::optional<AnyDenoiser> made;
    const bool known = with_entry(kDenoisers, spec.name, [&](const auto& e) {
      using O = typename std::decay_t<decltype(e)>::Options;
      const O options = parse<O>(spec.name, spec.keys);
      if constexpr (std::invocable<decltype(e.make), const T&, O>) {
        using D = std::invoke_result_t<decltype(e.make), const T&, O>;
        if (kGaussianOnly<D> && !gaussian_)
          throw Refused(spec.name +
                        ": the instance file does not say that its couplings are those of a Gaussian model");
        made.emplace(e.make(target_, options), Exactness<D>::value);
      } else {
        throw Refused(spec.name + ": " + std::string(e.needs));
      }
    });
    if (!known) throw_unknown("denoiser", spec.name, denoiser_names());
    return *made;
  }
  std::optional<AnyKernel> kernel(const Spec& spec) const override {
    std::optional<AnyKernel> made;
    with_entry(kChains, spec.name, [&](const auto& e) {
      using O = typename std::decay_t<decltype(e)>::Options;
      const O options = parse<O>(spec.name, spec.keys);
      if constexpr (std::invocable<decltype(e.make), const T&, O>)
        made.emplace(e.make(target_, options));
      else
        throw Refused(spec.name + ": " + std::string(e.needs));
    });
    return made;
  }
  std::unique_ptr<AnySampler> exact(const Spec& spec, Streams rng, Index width) const override {
    std::unique_ptr<AnySampler> made;
    with_entry(kExact, spec.name, [&](const auto& e) {
      using O = typename std::decay_t<decltype(e)>::Options;
      const O options = parse<O>(spec.name, spec.keys);
      if constexpr (std::invocable<decltype(e.make), const T&, O>)
        made = erase(Blocks(e.make(target_, options), width), std::move(rng));
      else
        throw Refused(spec.name + ": " + std::string(e.needs));
    });
    return made;
  }

 private:
  static PerColumn prior_of(const T& target, BatchIn x) {
    PerColumn out = PerColumn::Zero(x.cols());
    if constexpr (requires { target.log_prior(); }) {
      const Alphabet a = target.alphabet();
      const Index w = a.width();
      for (Index c = 0; c < x.cols(); ++c)
        for (Index i = 0; i < target.sites(); ++i)
          out(c) += double(target.log_prior().at(std::size_t(a.symbol_of(x.col(c).data() + i * w))));
    }
    return out;
  }
  /// Whether there is a denoiser of that name for this target.
  static bool fits(std::string_view denoiser) {
    bool yes = false;
    with_entry(kDenoisers, denoiser, [&](const auto& e) {
      yes = std::invocable<decltype(e.make), const T&, typename std::decay_t<decltype(e)>::Options>;
    });
    return yes;
  }
  static constexpr bool kHasTerms = requires(const T& t) {
    t.for_each_term([](const auto&, double) {});
  };
  T target_;
  std::string spec_, name_;
  std::optional<LogPartition> log_z_;
  bool gaussian_;
};

extern template class ModelOf<Sk>;  // of several ensembles: compiled in model_sk.cpp

template <Described O>
std::vector<OptionInfo> describe_options(const O& defaults = {}) {
  std::vector<OptionInfo> out;
  for_each_field(defaults, [&](const auto& f, const auto& v) {
    const Bounds& b = f.bounds;
    std::string range;
    if (b.choices) range = b.choices;
    if (b.least > -1e300) range = (b.above ? "> " : ">= ") + to_text(b.least);
    if (b.most < 1e300) range += (range.empty() ? "<= " : ", <= ") + to_text(b.most);
    out.push_back({f.name, to_text(v), f.unit, f.help, range});
  });
  return out;
}

/// A target as a model, or the one that a variant holds.
template <class T>
std::unique_ptr<AnyModel> as_model(T target, std::string spec, std::string name, std::optional<LogPartition> log_z,
                                   bool gaussian_couplings) {
  return std::make_unique<ModelOf<T>>(std::move(target), std::move(spec), std::move(name), std::move(log_z),
                                      gaussian_couplings);
}
template <class... T>
std::unique_ptr<AnyModel> as_model(std::variant<T...> target, std::string spec, std::string name,
                                   std::optional<LogPartition> log_z, bool gaussian_couplings) {
  return std::visit(
      [&](auto& t) {
        return as_model(std::move(t), std::move(spec), std::move(name), std::move(log_z), gaussian_couplings);
      },
      target);
}
/// A registered ensemble: E has Options, name, formula, reference, bytes, log_partition, and make(options, seed)
/// returns a target, of E's own type or one that several ensembles share (then their kernels are compiled once), or a
/// variant of such.
template <class E>
ModelEntry model_entry(std::string needs, std::vector<std::string> verify) {
  ModelEntry e;
  using O = typename E::Options;
  e.info = {std::string(E::name),      "model",          std::string(E::formula),
            std::string(E::reference), std::move(needs), describe_options<O>()};
  e.make = [](std::string_view keys, std::uint32_t seed) -> std::unique_ptr<AnyModel> {
    const O o = parse<O>(E::name, keys);
    std::string size = "n=" + to_text(o.n);  // where the model has an n of its own
    if constexpr (requires { o.l; }) size = "l=" + to_text(o.l);
    check_memory(std::string(E::name) + ": " + size + ": an instance", E::bytes(o),
                 "choose a smaller " + size.substr(0, 1));
    return as_model(E::make(o, seed), std::string(E::name) + ":" + to_keys(o), std::string(E::name),
                    E::log_partition(o), true);
  };
  e.verify = std::move(verify);
  return e;
}

// one per model, each in its translation unit
ModelEntry curie_weiss_entry();
ModelEntry sk_entry();
ModelEntry sk_binary_entry();
ModelEntry ising_p_spin_entry();
ModelEntry edwards_anderson_entry();
ModelEntry diluted_p_spin_entry();
ModelEntry xorsat_entry();
ModelEntry bicolouring_entry();
ModelEntry nae_sat_entry();
ModelEntry colouring_entry();
ModelEntry spherical_p_spin_entry();
ModelEntry spiked_matrix_entry();
ModelEntry hopfield_entry();
std::unique_ptr<AnyModel> sk_from_terms(std::string spec, std::string name, const TermList& terms, Environment env,
                                        bool gaussian);
std::unique_ptr<AnyModel> ising_p_spin_from_terms(std::string spec, std::string name, const TermList& terms,
                                                  Environment env, bool gaussian);
std::unique_ptr<AnyModel> pair_graph_from_terms(std::string spec, std::string name, const TermList& terms,
                                                Environment env);
std::unique_ptr<AnyModel> sparse_p_spin_from_terms(std::string spec, std::string name, const TermList& terms,
                                                   Environment env);

std::unique_ptr<AnyModel> not_all_equal_from_clauses(std::string spec, std::string name, Clauses clauses,
                                                     Environment env);

}  // namespace glass

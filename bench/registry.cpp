#include "bench/registry.hpp"

#include <unistd.h>

#include <cmath>

#include "bench/instance_file.hpp"
#include "bench/interrupt.hpp"
#include "bench/model_of.hpp"
#include "bench/phase_model.hpp"
#include "samplers/blocks.hpp"

namespace glass {

namespace {

struct FileOptions {
  std::string path;
  double temperature = 0;
  static constexpr std::tuple fields{
      Field{"path", &FileOptions::path, "",
            "instance file: .txt, .json, .nc, .cnf of `glassmark instance`, rudy/Gset text, DIMACS with 'c nae'"},
      Field{"temperature",
            &FileOptions::temperature,
            "J",
            "overrides the file's; needed where the file has none",
            {.least = 0}}};
};

ModelEntry file_entry() {
  ModelEntry e;
  e.info = {"file",
            "model",
            "couplings and fields as the file lists them",
            "docs/file-formats.md",
            "an instance file",
            describe_options<FileOptions>()};
  e.make = [](std::string_view keys, std::uint32_t) {
    const FileOptions o = parse<FileOptions>("file", keys);
    if (o.path.empty()) throw BadInput("file: path=: name the instance file, as in file:path=instance.txt");
    return read_model(o.path, o.temperature);
  };
  return e;
}

/// A sampler's own keys apart from those of the part inside it: `part=NAME` and `part.KEY=value`.
struct NestedKeys {
  std::string own;
  Spec inner;
};
NestedKeys split_part(const Spec& spec, const std::string& part, std::string default_name) {
  NestedKeys out{{}, {std::move(default_name), {}}};
  const std::string prefix = part + ".";
  for (const KeyValue& kv : split_keys(spec.name, spec.keys)) {
    if (kv.key == part) {
      out.inner.name = kv.value;
      continue;
    }
    const bool inner = kv.key.starts_with(prefix);
    std::string& to = inner ? out.inner.keys : out.own;
    to += (to.empty() ? "" : ",") + (inner ? kv.key.substr(prefix.size()) : kv.key) + "=" + kv.value;
  }
  return out;
}
NestedKeys split_denoiser(const Spec& spec, const AnyModel& model) {
  return split_part(spec, "denoiser", model.default_denoiser());
}
NestedKeys split_kernel(const Spec& spec) { return split_part(spec, "kernel", "glauber"); }
NestedKeys split_generator(const Spec& spec) { return split_part(spec, "generator", "autoregressive"); }

/// Every key with its value of what one of `entries` is, which has no parts; `kind` is for the message.
std::string resolved(const Spec& spec, const char* kind, const auto& entries) {
  std::string keys;
  const bool known = with_entry(entries, spec.name, [&](const auto& e) {
    keys = to_keys(parse<typename std::decay_t<decltype(e)>::Options>(spec.name, spec.keys));
  });
  if (!known) throw_unknown(kind, spec.name, names_of(entries));
  return Spec{spec.name, keys}.text();
}
/// "own keys,part=NAME,part.KEY=value,..." of the part's resolved SPEC.
std::string with_part(std::string own, const std::string& part, const std::string& inner) {
  const Spec spec = split_spec(inner);
  own += (own.empty() ? "" : ",") + part + "=" + spec.name;
  for (const KeyValue& kv : split_keys(spec.name, spec.keys)) own += "," + part + "." + kv.key + "=" + kv.value;
  return own;
}
std::string resolved_kernel(const Spec& spec) { return resolved(spec, "kernel", kChains); }
std::string resolved_denoiser(const Spec& spec) {
  std::string out;
  const bool of_kernel = with_entry(kKernelDenoisers, spec.name, [&](const auto& e) {
    const NestedKeys split = split_kernel(spec);
    const auto own = parse<typename std::decay_t<decltype(e)>::Options>(spec.name, split.own);
    out = spec.name + ":" + with_part(to_keys(own), "kernel", resolved_kernel(split.inner));
  });
  if (!of_kernel && !with_entry(kDenoisers, spec.name, [](const auto&) {}))
    throw_unknown("denoiser", spec.name, denoiser_names());
  return of_kernel ? out : resolved(spec, "denoiser", kDenoisers);
}
/// Empty where there is none of that name.
std::string resolved_generator(const AnyModel& model, const Spec& spec) {
  std::string out;
  with_entry(kGenerators, spec.name, [&](const auto& e) {
    const NestedKeys split = split_denoiser(spec, model);
    const auto own = parse<typename std::decay_t<decltype(e)>::Options>(spec.name, split.own);
    out = spec.name + ":" + with_part(to_keys(own), "denoiser", resolved_denoiser(split.inner));
  });
  return out;
}

AnyKernel kernel_of(const AnyModel& model, const Spec& spec) {
  auto kernel = model.kernel(spec);
  if (!kernel) throw_unknown("kernel", spec.name, names_of(kChains));
  return std::move(*kernel);
}
/// Nothing where there is none of that name.
std::optional<AnyKernel> generator_of(const AnyModel& model, const Spec& spec) {
  std::optional<AnyKernel> made;
  with_entry(kGenerators, spec.name, [&](const auto& e) {
    const NestedKeys keys = split_denoiser(spec, model);
    const auto options = parse<typename std::decay_t<decltype(e)>::Options>(spec.name, keys.own);
    const AnyDenoiser denoiser = make_denoiser(model, keys.inner);
    if constexpr (requires { e.make(denoiser, options, std::vector<double>{}); }) {
      std::vector<double> times;
      if (options.grid == "predicted-overlap")
        times = predicted_times(model, spec.name, decltype(e.make(denoiser, options, times))::begin(options),
                                options.final_time, options.steps);
      made.emplace(e.make(denoiser, options, std::move(times)));
    } else {
      made.emplace(e.make(denoiser, options));
    }
  });
  return made;
}
AnyKernel needed_generator(const AnyModel& model, const Spec& spec) {
  auto generator = generator_of(model, spec);
  if (!generator) throw_unknown("generator", spec.name, names_of(kGenerators));
  return std::move(*generator);
}

/// f(entry) for the chain or annealer of that name that wraps a kernel.
bool with_wrapper(std::string_view name, auto&& f) {
  return with_entry(kWrappers, name, f) || with_entry(kAnnealers, name, f);
}

std::vector<std::string> sampler_names() {
  std::vector<std::string> names = names_of(kChains);
  for (const auto& more : {names_of(kExact), names_of(kWrappers), names_of(kAnnealers), names_of(kProposers),
                           names_of(kFinishers), names_of(kCorrected), names_of(kDirect)})
    names.insert(names.end(), more.begin(), more.end());
  for (std::string& n : names_of(kGenerators)) names.push_back(std::move(n));
  return names;
}

std::vector<EntryInfo> infos(const auto& entries, const char* kind) {
  std::vector<EntryInfo> out;
  std::apply(
      [&](const auto&... e) {
        (out.push_back({std::string(e.name), std::string(e.family) + (*kind ? std::string(", ") + kind : ""),
                        std::string(e.formula), std::string(e.reference), std::string(e.needs),
                        describe_options<typename std::decay_t<decltype(e)>::Options>()}),
         ...);
      },
      entries);
  return out;
}

double number_in(const std::string& where, std::string_view text) { return value_of<double>(where, text); }

}  // namespace

void check_memory(const std::string& what, double bytes, const std::string& remedy) {
  const double have = double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGE_SIZE));
  if (bytes <= 0.8 * have) return;
  const auto gigabytes = [](double b) { return std::to_string(std::llround(b / 1e9)) + " GB"; };
  throw BadInput(what + " would need " + gigabytes(bytes) + ", this machine has " + gigabytes(have) + "; " + remedy);
}

Spec split_spec(std::string_view text) {
  const auto colon = text.find(':');
  return {std::string(text.substr(0, colon)), colon == text.npos ? std::string{} : std::string(text.substr(colon + 1))};
}

std::vector<std::string> expand_spec(std::string_view text) {
  const Spec spec = split_spec(text);
  std::vector<std::string> out{spec.name};
  bool first = true;
  for (const KeyValue& kv : split_keys(spec.name, spec.keys)) {
    std::vector<std::string> values;
    const std::string where = spec.name + ": " + kv.key + "=" + kv.value;
    const auto c1 = kv.value.find(':'), c2 = kv.value.find(':', c1 == std::string::npos ? c1 : c1 + 1);
    if (kv.key != "path" && c2 != std::string::npos) {
      const double from = number_in(where, std::string_view(kv.value).substr(0, c1)),
                   to = number_in(where, std::string_view(kv.value).substr(c1 + 1, c2 - c1 - 1)),
                   by = number_in(where, std::string_view(kv.value).substr(c2 + 1));
      if (!(by > 0) || !(to >= from) || (to - from) / by > 1e5)
        throw BadInput(where + ": a range reads from:to:step, with to >= from and step > 0");
      const int steps = int(std::floor((to - from) / by + 1e-9));
      for (int k = 0; k <= steps; ++k) values.push_back(to_text(std::round((from + k * by) * 1e12) / 1e12));
    } else {
      std::string_view rest = kv.value;
      for (;;) {
        const auto bar = rest.find('|');
        values.emplace_back(rest.substr(0, bar));
        if (bar == rest.npos) break;
        rest.remove_prefix(bar + 1);
      }
    }
    std::vector<std::string> longer;
    for (const std::string& head : out)
      for (const std::string& v : values) longer.push_back(head + (first ? ":" : ",") + kv.key + "=" + v);
    out = std::move(longer);
    first = false;
  }
  return out;
}

const std::vector<ModelEntry>& model_entries() {
  static const std::vector<ModelEntry> entries{curie_weiss_entry(),    sk_entry(),
                                               sk_binary_entry(),      ising_p_spin_entry(),
                                               hopfield_entry(),       spherical_p_spin_entry(),
                                               spiked_matrix_entry(),  edwards_anderson_entry(),
                                               diluted_p_spin_entry(), xorsat_entry(),
                                               bicolouring_entry(),    nae_sat_entry(),
                                               colouring_entry(),      file_entry()};
  return entries;
}

std::unique_ptr<AnyModel> make_model(std::string_view text, std::uint32_t seed) {
  const Spec spec = split_spec(text);
  std::vector<std::string> names;
  for (const ModelEntry& e : model_entries()) {
    if (e.info.name == spec.name) {
      const EndsAtOnce guard;
      return e.make(spec.keys, seed);
    }
    names.push_back(e.info.name);
  }
  throw_unknown("model", spec.name, names);
}

std::unique_ptr<AnyModel> model_from_terms(const std::string& spec, const std::string& name, const TermList& terms,
                                           Environment env) {
  const double n = double(env.sites());
  double all = 1;
  for (int k = 0; k < terms.order; ++k) all *= (n - k) / (k + 1);
  const bool gaussian = name == "sk" || name == "ising-p-spin";
  const bool sparse = name == "edwards-anderson" || name == "diluted-p-spin" || name == "xorsat";
  if (gaussian || (!sparse && 8 * double(terms.size()) >= all)) {
    const std::string size = "n=" + to_text(env.sites()) + " with order " + to_text(terms.order);
    check_memory(spec + ": " + size + ": a fully connected model", 4 * all * (1 + terms.order),
                 "choose a smaller instance");
    return terms.order == 2 ? sk_from_terms(spec, name, terms, std::move(env), gaussian)
                            : ising_p_spin_from_terms(spec, name, terms, std::move(env), gaussian);
  }
  if (terms.order == 2) return pair_graph_from_terms(spec, name, terms, std::move(env));
  return sparse_p_spin_from_terms(spec, name, terms, std::move(env));
}

std::vector<std::string> denoiser_names() {
  std::vector<std::string> names = names_of(kDenoisers);
  for (std::string& n : names_of(kKernelDenoisers)) names.push_back(std::move(n));
  return names;
}

AnyDenoiser make_denoiser(const AnyModel& model, const Spec& spec) {
  std::optional<AnyDenoiser> made;
  with_entry(kKernelDenoisers, spec.name, [&](const auto& e) {
    const NestedKeys keys = split_kernel(spec);
    const auto options = parse<typename std::decay_t<decltype(e)>::Options>(spec.name, keys.own);
    made.emplace(e.make(kernel_of(model, keys.inner), model.environment().base(1), model.alphabet(), options), false);
  });
  return made ? std::move(*made) : model.denoiser(spec);
}

std::unique_ptr<AnySampler> make_sampler(const AnyModel& model, std::string_view text, Streams rng, Index width) {
  const Spec spec = split_spec(text);
  if (auto kernel = model.kernel(spec)) {
    const Index together = std::max(width, kernel->traits().together);
    return erase(Blocks(std::move(*kernel), together), std::move(rng));
  }
  if (auto generator = generator_of(model, spec)) return erase(Blocks(std::move(*generator), width), std::move(rng));
  if (auto exact = model.exact(spec, rng, width)) return exact;
  std::unique_ptr<AnySampler> made;
  bool known = with_entry(kDirect, spec.name, [&](const auto& e) {
    const auto options = parse<typename std::decay_t<decltype(e)>::Options>(spec.name, spec.keys);
    if (!model.has_terms() || model.alphabet() != Alphabet::spins())
      throw Refused(spec.name + ": " + std::string(e.needs));
    made = erase(Blocks(e.make(terms_of(model, model.order()), model.environment(), options), width), std::move(rng));
  });
  known = known || with_wrapper(spec.name, [&](const auto& e) {
            using O = typename std::decay_t<decltype(e)>::Options;
            const NestedKeys keys = split_kernel(spec);
            const O options = parse<O>(spec.name, keys.own);
            made = erase(Blocks(e.make(kernel_of(model, keys.inner), model.dim(), options), width), std::move(rng));
          });
  known = known || with_entry(kProposers, spec.name, [&](const auto& e) {
            const NestedKeys keys = split_generator(spec);
            const auto options = parse<typename std::decay_t<decltype(e)>::Options>(spec.name, keys.own);
            made = erase(
                Blocks(e.make(needed_generator(model, keys.inner), model.log_target(), model.dim(), options), width),
                std::move(rng));
          });
  known = known || with_entry(kFinishers, spec.name, [&](const auto& e) {
            const NestedKeys of_generator = split_generator(spec), keys = split_kernel({spec.name, of_generator.own});
            const auto options = parse<typename std::decay_t<decltype(e)>::Options>(spec.name, keys.own);
            made = erase(Blocks(e.make(needed_generator(model, of_generator.inner), kernel_of(model, keys.inner),
                                       model.dim(), options),
                                width),
                         std::move(rng));
          });
  known =
      known || with_entry(kCorrected, spec.name, [&](const auto& e) {
        const NestedKeys of_denoiser = split_denoiser(spec, model), keys = split_kernel({spec.name, of_denoiser.own});
        const auto options = parse<typename std::decay_t<decltype(e)>::Options>(spec.name, keys.own);
        made =
            erase(Blocks(e.make(make_denoiser(model, of_denoiser.inner), kernel_of(model, keys.inner), options), width),
                  std::move(rng));
      });
  if (!known) throw_unknown("sampler", spec.name, sampler_names());
  return made;
}

std::string resolve_sampler(const AnyModel& model, std::string_view text) {
  const Spec spec = split_spec(text);
  std::string keys;
  const auto own = [&](const auto& e) {
    keys = to_keys(parse<typename std::decay_t<decltype(e)>::Options>(spec.name, spec.keys));
  };
  bool known =
      with_entry(kChains, spec.name, own) || with_entry(kExact, spec.name, own) || with_entry(kDirect, spec.name, own);
  known = known || with_wrapper(spec.name, [&](const auto& e) {
            const NestedKeys split = split_kernel(spec);
            keys = with_part(to_keys(parse<typename std::decay_t<decltype(e)>::Options>(spec.name, split.own)),
                             "kernel", resolved_kernel(split.inner));
          });
  const auto generator = [&](const Spec& inner) {
    const std::string out = resolved_generator(model, inner);
    if (out.empty()) throw_unknown("generator", inner.name, names_of(kGenerators));
    return out;
  };
  known = known || with_entry(kProposers, spec.name, [&](const auto& e) {
            const NestedKeys split = split_generator(spec);
            keys = with_part(to_keys(parse<typename std::decay_t<decltype(e)>::Options>(spec.name, split.own)),
                             "generator", generator(split.inner));
          });
  known = known || with_entry(kFinishers, spec.name, [&](const auto& e) {
            const NestedKeys split = split_generator(spec), kernel = split_kernel({spec.name, split.own});
            keys = with_part(to_keys(parse<typename std::decay_t<decltype(e)>::Options>(spec.name, kernel.own)),
                             "generator", generator(split.inner));
            keys = with_part(keys, "kernel", resolved_kernel(kernel.inner));
          });
  known = known || with_entry(kCorrected, spec.name, [&](const auto& e) {
            const NestedKeys split = split_denoiser(spec, model), kernel = split_kernel({spec.name, split.own});
            keys = with_part(to_keys(parse<typename std::decay_t<decltype(e)>::Options>(spec.name, kernel.own)),
                             "denoiser", resolved_denoiser(split.inner));
            keys = with_part(keys, "kernel", resolved_kernel(kernel.inner));
          });
  if (const std::string whole = resolved_generator(model, spec); !whole.empty()) return whole;
  if (!known) throw_unknown("sampler", spec.name, sampler_names());
  return keys.empty() ? spec.name : spec.name + ":" + keys;
}

std::string sampler_family(std::string_view text) {
  const Spec spec = split_spec(text);
  std::string family;
  const auto take = [&](const auto& e) { family = std::string(e.family); };
  if (!with_entry(kChains, spec.name, take) && !with_entry(kExact, spec.name, take) &&
      !with_entry(kDirect, spec.name, take) && !with_wrapper(spec.name, take) &&
      !with_entry(kProposers, spec.name, take) && !with_entry(kFinishers, spec.name, take) &&
      !with_entry(kCorrected, spec.name, take) && !with_entry(kGenerators, spec.name, take))
    throw_unknown("sampler", spec.name, sampler_names());
  return family;
}

std::vector<EntryInfo> model_infos() {
  std::vector<EntryInfo> out;
  for (const ModelEntry& e : model_entries()) out.push_back(e.info);
  return out;
}
std::vector<EntryInfo> sampler_infos() {
  const OptionInfo kernel{"kernel", "glauber", "", "chain to wrap; its own keys follow as kernel.KEY=value", ""};
  const OptionInfo generator{"generator", "autoregressive", "",
                             "where draws come from; its own keys follow as generator.KEY=value", ""};
  const OptionInfo denoiser{"denoiser", "amp where it fits; else exact up to 2^20 configurations, bp beyond", "",
                            "posterior mean to use; its own keys follow as denoiser.KEY=value", ""};
  std::vector<EntryInfo> out;
  const auto add = [&](std::vector<EntryInfo> more, const std::vector<OptionInfo>& parts) {
    for (EntryInfo& e : more) {
      e.options.insert(e.options.end(), parts.begin(), parts.end());
      out.push_back(std::move(e));
    }
  };
  add(infos(kChains, "chain"), {});
  add(infos(kExact, "generator"), {});
  add(infos(kWrappers, "chain"), {kernel});
  add(infos(kAnnealers, "generator"), {kernel});
  add(infos(kDirect, "generator"), {});
  add(infos(kGenerators, "generator"), {denoiser});
  add(infos(kCorrected, "generator"), {denoiser, kernel});
  add(infos(kProposers, "chain"), {generator});
  add(infos(kFinishers, "generator"), {generator, kernel});
  return out;
}
std::vector<EntryInfo> denoiser_infos() {
  std::vector<EntryInfo> out = infos(kDenoisers, "");
  for (EntryInfo& e : infos(kKernelDenoisers, "")) {
    e.options.push_back({"kernel", "glauber", "", "chain to average; its own keys follow as kernel.KEY=value", ""});
    out.push_back(std::move(e));
  }
  return out;
}

}  // namespace glass

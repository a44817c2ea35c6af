#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bench/commands.hpp"
#include "bench/phase_model.hpp"
#include "bench/registry.hpp"

namespace glass {

using nlohmann::json;

namespace {

json to_json(const EntryInfo& e) {
  json options = json::array();
  for (const OptionInfo& o : e.options)
    options.push_back({{"name", o.name}, {"default", o.value}, {"unit", o.unit}, {"help", o.help}, {"range", o.range}});
  return {{"name", e.name},           {"kind", e.kind},   {"formula", e.formula},
          {"reference", e.reference}, {"needs", e.needs}, {"options", std::move(options)}};
}

struct Section {
  const char* title;
  std::vector<EntryInfo> entries;
};
std::vector<Section> sections() {
  return {{"models", model_infos()},
          {"samplers", sampler_infos()},
          {"denoisers", denoiser_infos()},
          {"phases", phase_infos()}};
}

}  // namespace

int list_command(const std::string& what, bool as_json) {
  json all = json::object();
  bool known = what.empty();
  std::vector<std::string> titles;
  std::string text;
  for (const Section& s : sections()) {
    titles.emplace_back(s.title);
    if (!what.empty() && what != s.title) continue;
    known = true;
    if (what.empty()) text += std::string(text.empty() ? "" : "\n") + s.title + "\n";
    for (const EntryInfo& e : s.entries) {
      all[s.title].push_back(to_json(e));
      text += fmt::format("  {:<18} {:<24} {}\n", e.name, e.kind, e.formula);
    }
  }
  if (!known) throw_unknown("list", what, titles);
  fmt::print("{}", as_json ? (what.empty() ? all : all.at(what)).dump(2) + "\n" : text);
  return 0;
}

int describe_command(const std::string& name, bool as_json) {
  std::vector<std::string> names;
  std::vector<EntryInfo> found;  // a name may be a model and a phase diagram
  for (const Section& s : sections())
    for (const EntryInfo& e : s.entries) {
      if (std::find(names.begin(), names.end(), e.name) == names.end()) names.push_back(e.name);
      if (e.name == name) found.push_back(e);
    }
  if (found.empty()) throw_unknown("name", name, names);
  if (as_json) {
    json all = to_json(found[0]);
    for (std::size_t k = 1; k < found.size(); ++k) all["also"].push_back(to_json(found[k]));
    fmt::print("{}\n", all.dump(2));
    return 0;
  }
  for (const EntryInfo& e : found) {
    fmt::print("{}{} ({})\n  {}\n  needs: {}\n  see: {}\n", &e == &found[0] ? "" : "\n", e.name, e.kind, e.formula,
               e.needs, e.reference);
    if (!e.options.empty()) fmt::print("\n  keys\n");
    for (const OptionInfo& o : e.options)
      fmt::print("    {:<28} {}{}{}\n", o.name + " = " + o.value, o.help, o.unit.empty() ? "" : " [" + o.unit + "]",
                 o.range.empty() ? "" : " (" + o.range + ")");
  }
  return 0;
}

}  // namespace glass

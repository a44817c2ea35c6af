#include "bench/plan.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "bench/registry.hpp"

namespace glass {

namespace {

/// One table of the plan, with every key that was asked for, so that the others can be refused.
class Table {
 public:
  Table(std::string where, const toml::table& t) : where_(std::move(where)), table_(t) {}

  void whole(const char* key, auto& out, std::int64_t least, std::int64_t most = std::numeric_limits<int>::max()) {
    known_.emplace_back(key);
    const toml::node* node = table_.get(key);
    if (!node) return;
    const auto v = node->value_exact<std::int64_t>();
    if (!v) throw BadInput(at(key) + ": must be a whole number");
    if (*v < least) throw BadInput(fmt::format("{} = {}: must be at least {}", at(key), *v, least));
    if (*v > most) throw BadInput(fmt::format("{} = {}: must be at most {}", at(key), *v, most));
    out = std::decay_t<decltype(out)>(*v);
  }
  std::string text(const char* key) {
    known_.emplace_back(key);
    const toml::node* node = table_.get(key);
    const auto v = node ? node->value_exact<std::string>() : std::nullopt;
    if (!v) throw BadInput(at(key) + (node ? ": must be a string" : ": is missing"));
    return *v;
  }
  std::vector<std::string> texts(const char* key) {
    known_.emplace_back(key);
    std::vector<std::string> out;
    const toml::node* node = table_.get(key);
    if (!node) return out;
    const toml::array* list = node->as_array();
    for (std::size_t k = 0; list && k < list->size(); ++k)
      if (const auto v = list->get(k)->value_exact<std::string>()) out.push_back(*v);
    if (!list || out.size() != list->size()) throw BadInput(at(key) + ": must be a list of strings");
    return out;
  }
  /// The tables of [[key]]; [key] alone counts as one.
  std::vector<Table> tables(const char* key, bool list) {
    known_.emplace_back(key);
    std::vector<Table> out;
    const toml::node* node = table_.get(key);
    if (!node) return out;
    if (const toml::table* one = node->as_table(); one && !list) {
      out.emplace_back(fmt::format("{}: [{}]", where_, key), *one);
      return out;
    }
    const toml::array* many = node->as_array();
    for (std::size_t k = 0; list && many && k < many->size(); ++k)
      if (const toml::table* t = many->get(k)->as_table())
        out.emplace_back(fmt::format("{}: [[{}]] number {}", where_, key, k + 1), *t);
    if (!list || !many || out.size() != many->size())
      throw BadInput(
          fmt::format(fmt::runtime(list ? "{}: must be written [[{}]]" : "{}: must be written [{}]"), at(key), key));
    return out;
  }
  /// After everything was asked for.
  void refuse_others() const {
    for (const auto& [key, node] : table_) {
      const std::string name(key.str());
      if (std::find(known_.begin(), known_.end(), name) == known_.end()) throw_unknown("key", name, known_, where_);
    }
  }
  const std::string& where() const { return where_; }

 private:
  std::string at(const char* key) const { return where_ + ": " + key; }
  std::string where_;
  const toml::table& table_;
  std::vector<std::string> known_;
};

RunLength run_length(Table& t, RunLength r) {
  t.whole("chains", r.chains, 1);
  t.whole("warmup", r.warmup, 0);
  t.whole("draws", r.draws, 1);
  t.whole("thin", r.thin, 1);
  return r;
}

}  // namespace

Plan Plan::read(const std::string& path) {
  if (!std::filesystem::is_regular_file(path)) throw BadInput(path + ": no such plan file");
  toml::table parsed;
  try {
    parsed = toml::parse_file(path);
  } catch (const toml::parse_error& e) {
    throw BadInput(fmt::format("{}: line {}: {}", path, e.source().begin.line, e.description()));
  }
  Plan p;
  Table top(path, parsed);
  top.whole("seed", p.seed, 0, std::numeric_limits<std::uint32_t>::max());
  top.whole("instances", p.instances, 1);
  RunLength common;
  for (Table& t : top.tables("run", false)) {
    common = run_length(t, common);
    t.refuse_others();
  }
  for (Table& t : top.tables("model", true)) {
    for (std::string& one : expand_spec(t.text("spec"))) p.models.push_back(std::move(one));
    t.refuse_others();
  }
  for (Table& t : top.tables("sampler", true)) {
    for (const std::string& one : expand_spec(t.text("spec"))) {
      Table again = t;
      p.samplers.push_back({one, run_length(again, common), again.texts("models")});
      again.refuse_others();
    }
  }
  top.refuse_others();
  if (p.models.empty()) throw BadInput(path + ": [[model]] is missing: name at least one model");
  if (p.samplers.empty()) throw BadInput(path + ": [[sampler]] is missing: name at least one sampler");
  for (const Sampler& s : p.samplers)
    for (const std::string& name : s.models) {
      std::vector<std::string> names;
      for (const std::string& m : p.models) names.push_back(split_spec(m).name);
      if (std::find(names.begin(), names.end(), name) == names.end())
        throw BadInput(fmt::format("{}: [[sampler]] {}: models: '{}' is not a model of this plan (nearest: {})", path,
                                   s.spec, name, nearest_name(name, names)));
    }
  return p;
}

nlohmann::json to_json(const Plan& p) {
  nlohmann::json samplers = nlohmann::json::array();
  for (const Plan::Sampler& s : p.samplers)
    samplers.push_back({{"spec", s.spec},
                        {"chains", s.run.chains},
                        {"warmup", s.run.warmup},
                        {"draws", s.run.draws},
                        {"thin", s.run.thin},
                        {"models", s.models}});
  return {{"seed", p.seed}, {"instances", p.instances}, {"models", p.models}, {"samplers", std::move(samplers)}};
}

}  // namespace glass

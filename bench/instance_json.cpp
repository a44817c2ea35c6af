// Instance files as JSON: one object, the same content as the text.
#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "bench/instance_formats.hpp"
#include "models/core/options.hpp"

namespace glass {

namespace {

using Json = nlohmann::json;

const std::vector<std::string> kKeys{"glassmark", "convention", "base",  "model",  "n",       "order",  "temperature",
                                     "spec",      "seed",       "terms", "fields", "planted", "pinned", "sha256"};

/// The object's members, each asked for by name and type.
class Reader {
 public:
  Reader(const Json& object, const std::string& path) : object_(object), path_(path) {}
  const Json* find(const char* key) const {
    const auto it = object_.find(key);
    return it == object_.end() || it->is_null() ? nullptr : &*it;
  }
  Place at(const char* key, std::int64_t element = -1) const { return {&path_, key, element}; }
  const Json& need(const char* key) const {
    const Json* found = find(key);
    if (!found) at("").fail(std::string("key '") + key + "' is missing");
    return *found;
  }
  double number(const Json& v, const Place& place) const {
    if (!v.is_number()) place.fail("must be a number, is " + kind(v));
    return v.get<double>();
  }
  std::optional<double> number(const char* key) const {
    const Json* v = find(key);
    return v ? std::optional(number(*v, at(key))) : std::nullopt;
  }
  std::optional<std::string> text(const char* key) const {
    const Json* v = find(key);
    if (!v) return std::nullopt;
    if (!v->is_string()) at(key).fail("must be a text, is " + kind(*v));
    return v->get<std::string>();
  }
  /// f(element, its place) for each element of an array; nothing where the key is absent.
  void each(const char* key, auto&& f) const {
    const Json* v = find(key);
    if (!v) return;
    if (!v->is_array()) at(key).fail("must be an array, is " + kind(*v));
    std::int64_t k = 0;
    for (const Json& e : *v) {
      f(e, at(key, k));
      ++k;
    }
  }
  std::vector<double> numbers(const Json& v, const Place& place, const char* what) const {
    if (!v.is_array()) place.fail(std::string("must read ") + what + ", is " + kind(v));
    std::vector<double> out;
    for (const Json& e : v) out.push_back(number(e, place));
    return out;
  }
  static std::string kind(const Json& v) { return std::string("a value of type ") + v.type_name(); }

 private:
  const Json& object_;
  const std::string& path_;
};

Json parsed(const std::string& path) {
  try {
    return Json::parse(read_all(path));
  } catch (const Json::exception& e) {
    // "[json.exception.parse_error.101] parse error at line 1, column 5: ...": the library's tag is of no use here
    std::string what = e.what();
    if (const auto tag = what.find("] "); tag != what.npos) what = what.substr(tag + 2);
    for (char& c : what)
      if (c < ' ' || c > '~') c = '?';
    Place{&path}.fail("is not valid JSON (truncated?): " + what);
  }
}

}  // namespace

InstanceFile read_json(const std::string& path, double temperature) {
  const Json json = parsed(path);
  const Place place{&path};
  if (!json.is_object()) place.fail("must be one JSON object, is " + Reader::kind(json));
  const Reader r(json, path);
  for (const auto& [key, value] : json.items())
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end())
      place.fail("unknown key '" + shown(key) + "', nearest is '" + nearest_name(key, kKeys) + "'");
  if (r.number(r.need("glassmark"), r.at("glassmark")) != 1)
    r.at("glassmark").fail("must be 1, the format this program reads");
  if (const auto c = r.text("convention"); c && *c != kConvention)
    r.at("convention").fail("'" + shown(*c) + "': must be '" + kConvention + "'");

  InstanceHead head;
  head.model = r.text("model").value_or("");
  head.sha256 = r.text("sha256").value_or("");
  r.need("n");
  head.n = r.number("n");
  head.temperature = r.number("temperature");
  if (const auto base = r.number("base")) {
    if (*base != 0 && *base != 1) r.at("base").fail("must be 0 or 1");
    head.base = int(*base);
  }
  const Json& terms = r.need("terms");
  if (const auto order = r.number("order")) {
    if (*order != 2 && *order != 3 && *order != 4 && *order != 5 && *order != 6)
      r.at("order").fail("must be a whole number from 2 to 6");
    head.order = int(*order);
  } else if (terms.is_array() && !terms.empty() && terms[0].is_array() && terms[0].size() >= 3) {
    head.order = int(std::min<std::size_t>(terms[0].size(), 99)) - 1;  // the first term says it
  }

  InstanceBuilder builder(place, head, temperature);
  r.each("terms", [&](const Json& e, const Place& here) {
    std::vector<double> t = r.numbers(e, here, "[i, j, J]");
    if (t.size() < 2) here.fail("must read [i, j, J] (or [i, j, k, J])");
    const double j = t.back();
    t.pop_back();
    builder.term(here, t, j);
  });
  if (const Json* h = r.find("fields"); h && h->is_array() && double(h->size()) != *head.n)
    r.at("fields").fail("has " + to_text(h->size()) + " values: must be n=" + to_text(*head.n));
  r.each("fields", [&](const Json& e, const Place& here) {
    builder.field(here, double(here.number + head.base), r.number(e, here));
  });
  r.each("pinned", [&](const Json& e, const Place& here) {
    const std::vector<double> pin = r.numbers(e, here, "[i, s]");
    if (pin.size() != 2) here.fail("must read [i, s]");
    builder.pin(here, pin[0], pin[1]);
  });
  if (const Json* signal = r.find("planted"))
    builder.planted(r.at("planted"), r.numbers(*signal, r.at("planted"), "an array of +1 and -1"));
  return std::move(builder).finish(place);
}

void write_json(const std::filesystem::path& path, const AnyModel& model, std::uint32_t seed,
                const std::string& sha256) {
  // by hand, not as a document in memory: that would take some fifty bytes a number
  const Environment& env = model.environment();
  WholeFile file(path);
  fmt::memory_buffer out;
  const auto to = std::back_inserter(out);
  const auto quoted = [](const std::string& s) { return Json(s).dump(); };
  const auto list = [&](const char* key, Index n, auto&& one) {
    fmt::format_to(to, ",\n\"{}\": [", key);
    for (Index i = 0; i < n; ++i) fmt::format_to(to, "{}{}", i ? ", " : "", one(i));
    fmt::format_to(to, "]");
  };
  fmt::format_to(to, "{{\"glassmark\": 1,\n\"convention\": {},\n\"base\": 0", quoted(kConvention));
  if (const std::string name = model.name(); !name.empty()) fmt::format_to(to, ",\n\"model\": {}", quoted(name));
  fmt::format_to(
      to, ",\n\"n\": {},\n\"order\": {},\n\"temperature\": {},\n\"spec\": {},\n\"seed\": {},\n\"sha256\": \"{}\"",
      env.sites(), model.order(), text_number(1 / env.beta), quoted(model.spec()), seed, sha256);
  list("fields", env.sites(), [&](Index i) { return text_number(double(env.h(i))); });
  if (env.truth.size() > 0)
    list("planted", env.sites(), [&](Index i) { return env.truth(i) > 0 ? "1" : "-1"; });
  else
    fmt::format_to(to, ",\n\"planted\": null");
  fmt::format_to(to, ",\n\"pinned\": [");
  bool first = true;
  for (Index i = 0; i < env.sites(); ++i)
    if (env.pins(i) != Tilt::kFree)
      fmt::format_to(to, "{}[{}, {}]", std::exchange(first, false) ? "" : ", ", i, env.pins(i) > 0 ? "1" : "-1");
  fmt::format_to(to, "],\n\"terms\": [");
  first = true;
  model.for_each_term([&](std::span<const Index> sites, double j) {
    fmt::format_to(to, "{}\n[", std::exchange(first, false) ? "" : ",");
    for (const Index i : sites) fmt::format_to(to, "{}, ", i);
    fmt::format_to(to, "{:.17g}]", j);
    constexpr std::size_t kEnough = 1 << 20;
    if (out.size() > kEnough) {
      file.write({out.data(), out.size()});
      out.clear();
    }
  });
  fmt::format_to(to, "]}}\n");
  file.write({out.data(), out.size()});
  file.commit();
}

}  // namespace glass

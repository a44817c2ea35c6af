#include "bench/instance_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "bench/instance_formats.hpp"
#include "bench/instance_hash.hpp"

namespace glass {

namespace {

/// See InstanceFile::terms. The nearest float nearly always gives beta J back: where the grid of floats at beta J
/// is the coarser one, every J of a cell does, and where it is the finer one, the nearest float is the J it came from.
/// Not at a beta J that is a power of two, below which the grid is finer than above; then a neighbour of it does.
float stored(double beta, double j) {
  const float nearest = float(j), product = float(beta * j), inf = std::numeric_limits<float>::infinity();
  for (const float f : {nearest, std::nextafter(nearest, -inf), std::nextafter(nearest, inf)})
    if (float(beta * double(f)) == product) return f;
  return nearest;
}

std::string extension(const std::filesystem::path& path) {
  std::string e = path.extension().string();
  std::transform(e.begin(), e.end(), e.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return e;
}

InstanceFile read_netcdf(const std::string& path, double temperature) {
  const NetcdfFile file = NetcdfFile::open(path);
  const Place place{&path};
  if (!file.root().has_group("constant_data"))
    place.fail(
        "has no group 'constant_data': write it with `glassmark instance`, or `glassmark sample` with couplings");
  const NetcdfGroup g = file.root().group("constant_data");
  const auto text = [&](const char* name) { return g.text_attribute("", name); };
  if (const auto version = g.number_attribute("", "glassmark"); version && *version != 1)
    place.fail("is of format glassmark " + to_text(*version) + "; this program reads glassmark 1");
  if (const auto c = text("convention"); c && *c != kConvention)
    place.fail("convention '" + shown(*c) + "': must be '" + kConvention + "'");
  if (!g.has_variable("field")) place.fail("has no variable 'constant_data/field': it must have one value per site");
  const std::vector<Index> shape = g.shape("field");
  if (shape.size() != 2 || shape[0] != 1) place.fail("'field' must be (instance, site) with one instance");

  InstanceHead head{.model = text("model").value_or(""),
                    .sha256 = text("sha256").value_or(""),
                    .n = double(shape[1]),
                    .temperature = g.number_attribute("", "temperature")};
  if (const auto order = g.number_attribute("", "order")) head.order = int(*order);
  const bool has_terms = g.has_variable("coupling") && g.has_variable("coupling_sites");
  std::vector<Index> terms{0, head.order.value_or(2)};
  if (has_terms) {
    terms = g.shape("coupling_sites");
    if (terms.size() != 2 || g.shape("coupling") != std::vector<Index>{terms[0]})
      place.fail("'coupling_sites' must be (term, order) and 'coupling' (term)");
    if (head.order.value_or(int(terms[1])) != terms[1])
      place.fail("attribute order=" + to_text(*head.order) + " but coupling_sites has " + to_text(terms[1]) +
                 " columns");
    head.order = int(terms[1]);
  } else if (head.n > 1) {
    place.fail("has no couplings ('coupling_sites', 'coupling'): write it with `glassmark instance`");
  }
  InstanceBuilder builder(place, head, temperature);
  if (has_terms) {
    const auto sites = g.get<std::int32_t>("coupling_sites");
    const auto couplings = g.get<double>("coupling");
    std::vector<double> of_one(static_cast<std::size_t>(terms[1]));
    for (std::size_t t = 0; t < couplings.size(); ++t) {
      std::copy_n(sites.begin() + std::ptrdiff_t(t * of_one.size()), of_one.size(), of_one.begin());
      builder.term({&path, "term", std::int64_t(t)}, of_one, couplings[t]);
    }
  }
  const auto per_site = [&](const char* name, auto&& each) {
    if (!g.has_variable(name)) return;
    if (g.shape(name) != shape) place.fail(std::string("'") + name + "' must have the shape of 'field'");
    each(g.get<double>(name));
  };
  const auto h = g.get<double>("field");
  for (std::size_t i = 0; i < h.size(); ++i) builder.field({&path, "field", std::int64_t(i)}, double(i), h[i]);
  per_site("pinned", [&](const std::vector<double>& s) {
    for (std::size_t i = 0; i < s.size(); ++i)
      if (s[i] != 0) builder.pin({&path, "pinned", std::int64_t(i)}, double(i), s[i]);
  });
  per_site("planted_signal", [&](const std::vector<double>& s) { builder.planted({&path, "planted_signal"}, s); });
  return std::move(builder).finish(place);
}

void write_netcdf(const std::filesystem::path& path, const AnyModel& model, std::uint32_t seed,
                  const std::string& sha256) {
  NetcdfFile file = NetcdfFile::create(path);
  const NetcdfGroup g = file.root().make_group("constant_data");
  put_environments(g, {&model.environment()});
  put_terms(g, terms_of(model, model.order()));
  g.set_attribute<std::int32_t>("", "glassmark", {1});
  g.set_attribute<std::int32_t>("", "order", {model.order()});
  if (const std::string name = model.name(); !name.empty()) g.set_attribute("", "model", name);
  g.set_attribute("", "spec", model.spec());
  g.set_attribute<std::uint32_t>("", "seed", {seed});
  g.set_attribute("", "sha256", sha256);
  file.commit();
}

}  // namespace

void Place::fail(const std::string& message) const {
  std::string where = "'" + *path + "'";
  if (*unit) where += std::string(", ") + unit;
  if (number >= 0) where += " " + std::to_string(number);
  throw BadInput(where + ": " + message);
}

InstanceBuilder::InstanceBuilder(const Place& place, const InstanceHead& head, double temperature)
    : base_(head.base), sha256_(head.sha256) {
  if (!head.n) place.fail("n is missing: say how many spins there are");
  if (!(*head.n >= 1) || *head.n != std::floor(*head.n) || *head.n > 1e9)
    place.fail("n=" + to_text(*head.n) + ": must be a whole number from 1 to 1e9");
  file_.model = head.model;
  file_.n = Index(*head.n);
  const int order = file_.terms.order = head.order.value_or(2);
  const std::string p = to_text(order);
  if (order < 2 || order > 6) place.fail("order=" + p + ": must be from 2 to 6 spins per interaction");
  if (order > 2 && file_.n < order) place.fail("n=" + to_text(file_.n) + ": must be at least the order, " + p);
  const bool pairs = file_.model == "sk" || file_.model == "curie-weiss" || file_.model == "edwards-anderson";
  if ((pairs && order != 2) || (file_.model == "ising-p-spin" && order == 2))
    place.fail("model " + file_.model + " does not have order " + p + ": change one of them or leave the model out");
  own_temperature_ = head.temperature;
  if (own_temperature_ && !(*own_temperature_ > 0 && std::isfinite(*own_temperature_)))
    place.fail("temperature=" + to_text(*own_temperature_) + ": must be greater than 0");
  file_.temperature = temperature > 0 ? temperature : own_temperature_.value_or(0);

  const double have = double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGE_SIZE)), wanted = 64 * *head.n;
  if (wanted > 0.8 * have)
    place.fail(fmt::format("n={} would need {:.1f} GB, this machine has {:.1f} GB; choose a smaller instance", file_.n,
                           wanted / 1e9, have / 1e9));
  Environment& env = file_.environment;
  env.beta = file_.temperature > 0 ? 1 / file_.temperature : 1;
  env.h = Eigen::VectorXf::Zero(file_.n);
  env.pins = Eigen::VectorXf::Constant(file_.n, Tilt::kFree);
  has_field_.resize(std::size_t(file_.n));
}

Index InstanceBuilder::site(const Place& place, double number) const {
  if (number != std::floor(number)) place.fail("site " + to_text(number) + ": must be a whole number");
  if (number < base_ || number >= base_ + double(file_.n))
    place.fail("site " + to_text(number) + " is out of range: sites go from " + to_text(base_) + " to " +
               to_text(file_.n - 1 + base_));
  return Index(number) - base_;
}

void InstanceBuilder::term(const Place& place, std::span<const double> sites, double coupling) {
  if (Index(sites.size()) != file_.terms.order)
    place.fail(to_text(sites.size()) + " sites in a term, but the order is " + to_text(file_.terms.order));
  sorted_.clear();
  for (const double s : sites) sorted_.push_back(site(place, s));
  std::sort(sorted_.begin(), sorted_.end());
  if (const auto twice = std::adjacent_find(sorted_.begin(), sorted_.end()); twice != sorted_.end())
    place.fail("site " + to_text(*twice + base_) + " is named twice: the sites of a term must differ");
  const float j = stored(file_.environment.beta, coupling);
  if (!std::isfinite(j)) place.fail("coupling " + to_text(coupling) + ": must be finite and fit single precision");
  file_.terms.sites.insert(file_.terms.sites.end(), sorted_.begin(), sorted_.end());
  file_.terms.couplings.push_back(double(j));
  numbers_.push_back(place.number);
  place_ = place;
}

void InstanceBuilder::refuse_repeated_terms() const {
  const TermList& t = file_.terms;
  // our own files are in one of two orders, by the first site or by the last: then nothing is sorted
  bool by_first = true, by_last = true;
  for (Index k = 1; k < t.size(); ++k) {
    const auto a = t.of(k - 1), b = t.of(k);
    by_first = by_first && std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
    by_last = by_last && std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
  }
  if (by_first || by_last) return;
  std::vector<Index> order(std::size_t(t.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](Index a, Index b) { return std::ranges::lexicographical_compare(t.of(a), t.of(b)); });
  const auto twice = std::adjacent_find(order.begin(), order.end(),
                                        [&](Index a, Index b) { return std::ranges::equal(t.of(a), t.of(b)); });
  if (twice == order.end()) return;
  Place where = *place_;
  where.number = numbers_[std::size_t(twice[1])];
  where.fail("this term was given before: add the couplings up into one");
}

void InstanceBuilder::field(const Place& place, double number, double value) {
  const Index i = site(place, number);
  if (has_field_[std::size_t(i)]) place.fail("the field at site " + to_text(number) + " was given before");
  has_field_[std::size_t(i)] = true;
  file_.environment.h(i) = float(value);
  if (!std::isfinite(float(value))) place.fail("field " + to_text(value) + ": must be finite and fit single precision");
}

void InstanceBuilder::pin(const Place& place, double number, double value) {
  const Index i = site(place, number);
  if (value != 1 && value != -1) place.fail("pinned value " + to_text(value) + ": must be +1 or -1");
  if (file_.environment.pins(i) != Tilt::kFree) place.fail("site " + to_text(number) + " was pinned before");
  file_.environment.pins(i) = float(value);
}

void InstanceBuilder::planted(const Place& place, std::span<const double> values) {
  if (Index(values.size()) != file_.n)
    place.fail("planted has " + to_text(values.size()) + " values: must be n=" + to_text(file_.n));
  file_.environment.truth.resize(file_.n);
  for (Index i = 0; i < file_.n; ++i) {
    const double s = values[std::size_t(i)];
    if (s != 1 && s != -1)
      place.fail("planted value " + to_text(s) + " at site " + to_text(i + base_) + ": must be +1 or -1");
    file_.environment.truth(i) = float(s);
  }
}

InstanceFile InstanceBuilder::finish(const Place& place) && {
  Environment& env = file_.environment;
  for (Index i = 0; i < env.truth.size(); ++i)
    if (env.pins(i) != Tilt::kFree && env.pins(i) != env.truth(i))
      place.fail("site " + to_text(i + base_) + " is pinned away from its planted value: one of them is wrong");
  if (env.truth.size() > 0 && file_.temperature != own_temperature_.value_or(file_.temperature)) {
    env.truth.resize(0);
    file_.notes = "the signal was planted at temperature " + to_text(*own_temperature_) + " and is not used at " +
                  to_text(file_.temperature);
  }
  refuse_repeated_terms();
  if (!sha256_.empty() && file_.temperature == own_temperature_ && sha256_ != instance_hash(file_.terms, env))
    place.fail(
        "does not have the content that its sha256 says: damaged or edited? write it again, or leave sha256 out");
  return std::move(file_);
}

bool is_cnf(const std::filesystem::path& path) { return extension(path) == ".cnf"; }

std::string text_number(double v) { return fmt::format("{:.17g}", v); }

std::string shown(std::string_view token) {
  constexpr std::size_t kMost = 24;
  std::string out;
  for (const char c : token.substr(0, kMost)) out += c >= ' ' && c <= '~' ? c : '?';
  return token.size() > kMost ? out + "..." : out;
}

std::string read_all(const std::string& path) {
  const Place place{&path};
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) place.fail("is a folder: name a file");
  std::FILE* in = std::fopen(path.c_str(), "rb");
  if (!in) place.fail(std::string("cannot be read: ") + std::strerror(errno) + ": check the path");
  std::string text;
  char some[1 << 16];
  for (std::size_t got; (got = std::fread(some, 1, sizeof some, in)) > 0;) text.append(some, got);
  const bool failed = std::ferror(in);
  std::fclose(in);
  if (failed) place.fail("cannot be read to its end: check the disk");
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) place.fail("is empty: write it again");
  return text;
}

std::string write_instance(const std::filesystem::path& path, const AnyModel& model, std::uint32_t seed) {
  const std::string e = extension(path), where = "cannot write '" + path.string() + "': ";
  if (model.has_terms() && model.alphabet() != Alphabet::spins())
    throw BadInput(where + "files of couplings hold models of +-1 spins; this model is named by its spec and seed");
  if (is_cnf(path)) {
    if (model.clauses()) {
      write_cnf(path, model, seed);
      return {};
    }
    throw BadInput(where + "a .cnf file lists clauses, and this model has none: use .txt, .json or .nc");
  }
  if (!model.has_terms())
    throw BadInput(where + (model.clauses()
                                ? "this model has clauses, not couplings: use .cnf"
                                : "this model has no couplings to list: its spec and seed name the instance"));
  if (e == ".txt" || e == ".json" || e == ".nc") {
    const std::string sha256 = instance_hash(terms_of(model, model.order()), model.environment());
    if (e == ".txt") write_text(path, model, seed, sha256);
    if (e == ".json") write_json(path, model, seed, sha256);
    if (e == ".nc") write_netcdf(path, model, seed, sha256);
    return sha256;
  }
  throw BadInput(where + (e.empty() ? "no extension" : "unknown extension '" + e + "'") + ": use .txt, .json or .nc");
}

InstanceFile read_instance(const std::filesystem::path& path, double temperature) {
  const std::string e = extension(path), name = path.string();
  if (e == ".json") return read_json(name, temperature);
  if (e == ".nc") return read_netcdf(name, temperature);
  if (is_cnf(path)) throw BadInput("'" + name + "': clauses cannot be read as couplings: use .txt, .json or .nc");
  return read_text(name, temperature);
}

std::int8_t shown_symbol(const float* site, const Alphabet& a) {
  return a.onehot ? std::int8_t(a.symbol_of(site)) : std::int8_t(*site);
}

std::vector<std::int8_t> symbols_shown(const Eigen::VectorXf& x, const Alphabet& a) {
  std::vector<std::int8_t> out(std::size_t(x.size() / a.width()));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = shown_symbol(x.data() + Index(i) * a.width(), a);
  return out;
}

void put_terms(const NetcdfGroup& g, const TermList& terms) {
  const auto count = Index(terms.couplings.size());
  if (count == 0) return;  // a single spin
  g.make_dimension("term", count);
  g.make_dimension("order", terms.order);
  g.make_variable<std::int32_t>("coupling_sites", {"term", "order"},
                                {.chunk = {std::min<Index>(count, 1 << 16), terms.order}, .deflate = 1});
  g.set_attribute("coupling_sites", "long_name", "sites of the interaction, from 0, ascending");
  g.set_attribute("coupling_sites", "units", "1");
  g.put("coupling_sites", terms.sites);
  g.make_variable<double>("coupling", {"term"});
  g.set_attribute("coupling", "long_name", std::string("J of the interaction, with ") + kConvention);
  g.set_attribute("coupling", "units", "J");
  g.put("coupling", terms.couplings);
}

void put_environments(const NetcdfGroup& g, const std::vector<const Environment*>& environments) {
  if (environments.empty()) throw BadInput("constant_data: at least one instance is needed");
  const Environment& first = *environments.front();
  const Index n = first.sites();
  const bool planted = first.truth.size() > 0;
  const Alphabet& alphabet = first.alphabet;
  const Index w = alphabet.width();
  // what stands for "free" is no symbol
  const std::int8_t free = alphabet == Alphabet::spins() ? std::int8_t{0} : std::int8_t(alphabet.onehot ? -1 : 127);
  std::vector<double> h;
  std::vector<std::int8_t> pins, truth;
  std::vector<float> real_pins, real_truth;
  const bool real = alphabet == Alphabet::reals();
  for (const Environment* e : environments) {
    if (e->sites() != n || (e->truth.size() > 0) != planted || e->beta != first.beta || e->alphabet != alphabet)
      throw BadInput("constant_data: instances must have the same sites and temperature, and be all planted or none");
    for (const float v : e->h) h.push_back(double(v));
    if (real) {
      for (const float v : e->pins) real_pins.push_back(v == Tilt::kFree ? std::numeric_limits<float>::quiet_NaN() : v);
      real_truth.insert(real_truth.end(), e->truth.begin(), e->truth.end());
      continue;
    }
    for (Index i = 0; i < n; ++i)
      pins.push_back(e->pins(i * w) == Tilt::kFree ? free : shown_symbol(e->pins.data() + i * w, alphabet));
    if (planted)
      for (const std::int8_t s : symbols_shown(e->truth, alphabet)) truth.push_back(s);
  }
  g.make_dimension("instance", Index(environments.size()));
  g.make_dimension("site", n);
  g.set_attribute("", "convention", kConvention);
  // beta = 1/T, and the reciprocal of the reciprocal of a reciprocal is the reciprocal, to the last bit
  g.set_attribute<double>("", "temperature", {1 / first.beta});
  const std::vector<std::string> dims{"instance", "site"};
  std::vector<std::string> field_dims = dims;
  if (alphabet.onehot) {
    g.make_dimension("symbol", w);
    field_dims.push_back("symbol");
  }
  const auto put = [&](const char* name, const auto& values, const std::string& meaning, const char* units) {
    g.make_variable<typename std::decay_t<decltype(values)>::value_type>(
        name, std::string_view(name) == "field" ? field_dims : dims);
    g.set_attribute(name, "long_name", meaning);
    g.set_attribute(name, "units", units);
    g.put(name, values);
  };
  put("field", h, std::string("external field h, with ") + kConvention, "J");
  if (real) {
    put("pinned", real_pins, "value at which the site is held, NaN where it is free", "1");
    if (planted) put("planted_signal", real_truth, "signal round which the couplings were drawn", "1");
    return;
  }
  put("pinned", pins,
      fmt::format("{} at which the {} is held, {} where it is free", alphabet.onehot ? "symbol" : "value",
                  free == 0 ? "spin" : "site", int(free)),
      "1");
  if (planted) put("planted_signal", truth, "signal round which the couplings were drawn", "1");
}

}  // namespace glass

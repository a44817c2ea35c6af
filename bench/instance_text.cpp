// Instance files as text: ours, and rudy/Gset.
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <iterator>
#include <set>

#include "bench/instance_formats.hpp"
#include "models/core/options.hpp"

namespace glass {

namespace {

const std::vector<std::string> kHeaders{"glassmark",   "convention", "base", "model",   "n",      "order", "terms",
                                        "temperature", "spec",       "seed", "planted", "pinned", "sha256"};

/// One line at a time, cut into words.
class Lines {
 public:
  Lines(const std::string& path, const std::string& text) : text_(text), place_{&path, "line", 0} {}
  /// The next line that is not blank; false at the end.
  bool next() {
    while (!text_.empty()) {
      const auto end = text_.find('\n');
      line_ = text_.substr(0, end);
      text_.remove_prefix(end == text_.npos ? text_.size() : end + 1);
      ++place_.number;
      words.clear();
      constexpr const char* blank = " \t\r";
      for (auto at = line_.find_first_not_of(blank); at != line_.npos; at = line_.find_first_not_of(blank, at)) {
        const auto stop = std::min(line_.find_first_of(blank, at), line_.size());
        words.push_back(line_.substr(at, stop - at));
        at = stop;
      }
      if (!words.empty()) return true;
    }
    return false;
  }
  const Place& place() const { return place_; }
  std::string_view line() const { return line_; }
  double number(std::size_t word) const {
    std::string_view w = words[word];
    if (w.starts_with('+')) w.remove_prefix(1);  // from_chars has no plus sign
    double v = 0;
    const auto [end, error] = std::from_chars(w.data(), w.data() + w.size(), v);
    if (error == std::errc::result_out_of_range)
      place_.fail("'" + shown(words[word]) + "' is out of range of a double");
    if (error != std::errc{} || end != w.data() + w.size()) place_.fail("'" + shown(words[word]) + "' is not a number");
    if (!std::isfinite(v)) place_.fail("'" + shown(words[word]) + "': must be finite");
    return v;
  }
  std::int64_t whole(std::size_t word) const {
    const double v = number(word);
    if (v != std::floor(v) || std::abs(v) > 1e15) place_.fail("'" + shown(words[word]) + "' is not a whole number");
    return std::int64_t(v);
  }
  std::vector<std::string_view> words;

 private:
  std::string_view text_, line_;
  Place place_;
};

struct Pin {
  Place place;
  double site, value;
};

/// What the header lines say; the builder is made from it when the first line with numbers comes.
struct Header {
  InstanceHead head;
  std::optional<std::int64_t> terms;
  std::vector<double> planted;
  std::vector<Pin> pins;
  Place planted_at{};
  std::set<std::string, std::less<>> given;

  void take(const Lines& in) {
    // words: "#", key, values...
    const Place& place = in.place();
    if (in.words.size() < 2) return;  // a lonely '#'
    const std::string key(in.words[1]);
    if (std::find(kHeaders.begin(), kHeaders.end(), key) == kHeaders.end())
      place.fail("unknown header '" + shown(key) + "', nearest is '" + nearest_name(key, kHeaders) +
                 "'; a comment begins with ##");
    if (!given.insert(key).second && key != "pinned") place.fail("header '" + key + "' was given before");
    const std::size_t values = in.words.size() - 2;
    const auto need = [&](std::size_t count) {
      if (values != count)
        place.fail("header '" + key + "' takes " + to_text(count) + " value" + (count == 1 ? "" : "s"));
    };
    if (key == "planted") {
      planted_at = place;
      for (std::size_t w = 2; w < in.words.size(); ++w) planted.push_back(in.number(w));
      if (planted.empty()) place.fail("planted has no values: give n of them, or leave the line out");
    } else if (key == "pinned") {
      need(2);
      pins.push_back({place, in.number(2), in.number(3)});
    } else if (key == "convention") {
      std::string all;
      for (std::size_t w = 2; w < in.words.size(); ++w) all += (w > 2 ? " " : "") + std::string(in.words[w]);
      if (all != kConvention) place.fail("convention '" + shown(all) + "': must be '" + kConvention + "'");
    } else if (key == "spec") {  // for people
    } else {
      need(1);
      if (key == "model") head.model = in.words[2];
      if (key == "sha256") head.sha256 = in.words[2];
      if (key == "n") head.n = in.number(2);
      if (key == "temperature") head.temperature = in.number(2);
      if (key == "order") head.order = int(std::min<std::int64_t>(in.whole(2), 99));
      if (key == "seed") in.whole(2);
      if (key == "terms" && *(terms = in.whole(2)) < 0)
        place.fail("terms=" + to_text(*terms) + ": must not be negative");
      if (key == "glassmark" && in.words[2] != "1")
        place.fail("format glassmark " + shown(in.words[2]) + ": this program reads glassmark 1");
      if (key == "base") {
        if (in.words[2] != "0" && in.words[2] != "1") place.fail("base: must be 0 or 1");
        head.base = in.words[2] == "1";
      }
    }
  }
  InstanceBuilder build(const Place& place, double temperature) const {
    InstanceBuilder b(place, head, temperature);
    for (const Pin& p : pins) b.pin(p.place, p.site, p.value);
    if (!planted.empty()) b.planted(planted_at, planted);
    return b;
  }
};

InstanceFile read_ours(Lines& in, const Place& whole, bool ends_with_newline, double temperature) {
  Header header;
  std::optional<InstanceBuilder> builder;
  std::int64_t terms = 0;
  std::vector<double> sites;
  do {
    if (in.words[0].starts_with("##")) continue;
    if (in.words[0].starts_with('#')) {
      if (in.words[0] != "#")
        in.place().fail("'" + shown(in.words[0]) + "': leave a space after #, or write ## for a comment");
      if (builder) in.place().fail("header lines come before the first term");
      header.take(in);
      continue;
    }
    const std::size_t columns = in.words.size();
    if (columns == 1) in.place().fail("one column: a term reads 'i j J' (or 'i j k J'), a field 'i h'");
    if (!builder) {
      if (!header.head.n) in.place().fail("n is missing: add a line '# n N' above the terms");
      // without an order the first term says it; a field before it does not
      if (!header.head.order && columns == 2)
        in.place().fail("order is missing: add a line '# order P', or put the terms before the fields");
      if (!header.head.order) header.head.order = int(std::min<std::size_t>(columns - 1, 99));
      builder.emplace(header.build(in.place(), temperature));
    }
    if (columns == 2) {
      builder->field(in.place(), in.number(0), in.number(1));
      continue;
    }
    if (columns != std::size_t(*header.head.order) + 1)
      in.place().fail(to_text(columns) + " columns: a term of order " + to_text(*header.head.order) + " has " +
                      to_text(*header.head.order + 1) + ", a field 2");
    sites.clear();
    for (std::size_t w = 0; w + 1 < columns; ++w) sites.push_back(in.number(w));
    builder->term(in.place(), sites, in.number(columns - 1));
    ++terms;
  } while (in.next());
  if (header.terms && terms != *header.terms)
    whole.fail(to_text(terms) + " terms, but its header says " + to_text(*header.terms) +
               (terms < *header.terms ? ": truncated? write it again" : ": correct the header"));
  if (header.terms && !ends_with_newline)  // the last number may have lost digits
    whole.fail("the last line is cut off: truncated? write it again, or end the line if it is complete");
  if (!builder) {
    if (!header.head.n) whole.fail("n is missing: add a line '# n N'");
    builder.emplace(header.build(whole, temperature));
  }
  return std::move(*builder).finish(whole);
}

/// rudy (Rinaldi's generator; the G-set of Helmberg and Rendl, SIAM J. Optim. 10, 673 (2000)): "n m", then m lines
/// "i j w" from 1. Max-Cut maximises sum_{cut} w_ij = sum_{i<j} w_ij (1 - x_i x_j)/2, so its ground state is that of
/// H = sum w x x: J = -w, and cut = (sum w - H)/2.
InstanceFile read_rudy(Lines& in, const Place& whole, double temperature) {
  if (in.words.size() != 2)
    in.place().fail("neither '# glassmark 1' nor the 'n m' that begins a rudy file: put the former on the first line");
  InstanceHead head{.n = in.number(0), .base = 1};
  const std::int64_t edges = in.whole(1);
  InstanceBuilder builder(in.place(), head, temperature);
  std::int64_t seen = 0;
  double total = 0;
  while (in.next()) {
    if (in.words.size() != 3) in.place().fail(to_text(in.words.size()) + " columns: an edge reads 'i j w'");
    const std::array<double, 2> sites{in.number(0), in.number(1)};
    const double w = in.number(2);
    builder.term(in.place(), sites, w == 0 ? 0.0 : -w);
    total += w;
    ++seen;
  }
  if (seen != edges)
    whole.fail(to_text(seen) + " edges, but its first line says " + to_text(edges) +
               (seen < edges ? ": truncated? fetch it again" : ": correct the first line"));
  InstanceFile file = std::move(builder).finish(whole);
  file.notes = "rudy file: Max-Cut weights w read as J = -w, so cut = (" + to_text(total) + " - H)/2";
  return file;
}

}  // namespace

InstanceFile read_text(const std::string& path, double temperature) {
  const std::string text = read_all(path);
  Lines in(path, text);
  in.next();  // read_all saw something that is not blank
  const Place whole{&path};
  if (in.words[0].starts_with('#')) {
    if (in.words.size() < 2 || in.words[0] != "#" || in.words[1] != "glassmark")
      in.place().fail("the first line must be '# glassmark 1'");
    return read_ours(in, whole, text.back() == '\n', temperature);
  }
  return read_rudy(in, whole, temperature);
}

void write_text(const std::filesystem::path& path, const AnyModel& model, std::uint32_t seed,
                const std::string& sha256) {
  const Environment& env = model.environment();
  WholeFile file(path);
  fmt::memory_buffer out;
  const auto to = std::back_inserter(out);
  std::int64_t terms = 0;
  model.for_each_term([&](std::span<const Index>, double) { ++terms; });
  // terms before n: whatever is cut off behind the two is missed, and nothing is read without n
  fmt::format_to(to, "# glassmark 1\n# convention {}\n# base 0\n# terms {}\n", kConvention, terms);
  if (const std::string name = model.name(); !name.empty()) fmt::format_to(to, "# model {}\n", name);
  fmt::format_to(to, "# n {}\n# order {}\n# temperature {}\n# spec {}\n# seed {}\n# sha256 {}\n", env.sites(),
                 model.order(), text_number(1 / env.beta), model.spec(), seed, sha256);
  if (env.truth.size() > 0) {
    fmt::format_to(to, "# planted");
    for (const float s : env.truth) fmt::format_to(to, " {}", s > 0 ? "+1" : "-1");
    fmt::format_to(to, "\n");
  }
  for (Index i = 0; i < env.sites(); ++i)
    if (env.pins(i) != Tilt::kFree) fmt::format_to(to, "# pinned {} {}\n", i, env.pins(i) > 0 ? "+1" : "-1");
  // fields first, so that the number of terms also tells of a file cut off in its fields
  for (Index i = 0; i < env.sites(); ++i)
    if (env.h(i) != 0) fmt::format_to(to, "{} {:.17g}\n", i, double(env.h(i)));
  model.for_each_term([&](std::span<const Index> sites, double j) {
    for (const Index i : sites) fmt::format_to(to, "{} ", i);
    fmt::format_to(to, "{:.17g}\n", j);
    constexpr std::size_t kEnough = 1 << 20;  // a large instance does not fit twice in memory as text
    if (out.size() > kEnough) {
      file.write({out.data(), out.size()});
      out.clear();
    }
  });
  file.write({out.data(), out.size()});
  file.commit();
}

}  // namespace glass

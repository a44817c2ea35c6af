// Clauses as DIMACS CNF (DIMACS Challenge, 1993) with the line "c nae": not all literals of a clause may agree.
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <iterator>

#include "bench/instance_formats.hpp"
#include "models/core/options.hpp"

namespace glass {

namespace {

/// Words of a text with the line each is on.
class Words {
 public:
  Words(const std::string& path, std::string_view text) : text_(text), place_{&path, "line", 1} {}
  /// The next word, skipping ends of lines; empty at the end.
  std::string_view next() {
    while (!text_.empty() && is_blank(text_.front())) {
      place_.number += text_.front() == '\n';
      text_.remove_prefix(1);
    }
    std::size_t length = 0;
    while (length < text_.size() && !is_blank(text_[length])) ++length;
    const std::string_view word = text_.substr(0, length);
    text_.remove_prefix(length);
    return word;
  }
  /// The next word of this line; empty at its end.
  std::string_view next_here() {
    while (!text_.empty() && is_blank(text_.front()) && text_.front() != '\n') text_.remove_prefix(1);
    return text_.empty() || text_.front() == '\n' ? std::string_view{} : next();
  }
  void skip_line() {
    const auto end = text_.find('\n');
    text_.remove_prefix(end == text_.npos ? text_.size() : end);
  }
  const Place& place() const { return place_; }
  template <class T>
  T number(std::string_view word, const char* what) const {
    const std::string_view digits = word.starts_with('+') ? word.substr(1) : word;
    T v{};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), v);
    if (word.empty()) place_.fail(std::string(what) + " is missing");
    if (error != std::errc{} || end != digits.data() + digits.size() || !std::isfinite(double(v)))
      place_.fail("'" + shown(word) + "': " + what + " must be a " + (std::integral<T> ? "whole " : "") + "number");
    return v;
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
  std::string_view text_;
  Place place_;
};

/// What the comment lines of our own files say beside the clauses; sites from 1.
struct Notes {
  bool nae = false, ours = false;
  std::string model;
  double temperature = 0;
  std::vector<std::pair<Index, double>> fields, pins;
  std::vector<float> planted;

  void take(Words& in) {
    const std::string_view key = in.next_here();
    if (key == "nae") nae = true;
    if (key == "glassmark") {
      if (in.next_here() != "1") in.place().fail("of another format: this program reads 'c glassmark 1'");
      ours = true;
    }
    if (ours && key == "model") model = in.next_here();
    if (ours && key == "temperature") {
      temperature = in.number<double>(in.next_here(), "temperature");
      if (temperature < 0) in.place().fail("temperature=" + to_text(temperature) + ": must not be negative");
    }
    if (ours && (key == "field" || key == "pinned")) {
      const Index site = in.number<Index>(in.next_here(), "variable");
      const double value = in.number<double>(in.next_here(), "value");
      if (key == "pinned" && std::abs(value) != 1) in.place().fail("pinned value: must be +1 or -1");
      (key == "field" ? fields : pins).emplace_back(site, value);
    }
    if (ours && key == "planted")
      for (std::string_view w = in.next_here(); !w.empty(); w = in.next_here()) {
        planted.push_back(in.number<float>(w, "planted value"));
        if (std::abs(planted.back()) != 1) in.place().fail("planted value '" + shown(w) + "': must be +1 or -1");
      }
    in.skip_line();
  }
  Environment environment(const Place& whole, Index n, double wanted) const {
    Environment e;
    const double t = wanted > 0 ? wanted : temperature;
    e.beta = t > 0 ? 1 / t : kHardBeta;
    e.h = Eigen::VectorXf::Zero(n);
    e.pins = Eigen::VectorXf::Constant(n, Tilt::kFree);
    const auto site = [&](Index i) {
      if (i < 1 || i > n) whole.fail("variable " + to_text(i) + " is out of range: they go from 1 to " + to_text(n));
      return i - 1;
    };
    for (const auto& [i, h] : fields) e.h(site(i)) = float(h);
    for (const auto& [i, x] : pins) e.pins(site(i)) = float(x);
    if (t == 0 && !e.h.isZero(0)) whole.fail("has fields at temperature 0: leave them out or set temperature=T");
    if (planted.empty() || t != temperature) return e;  // a signal of another temperature is no sample of this target
    if (Index(planted.size()) != n)
      whole.fail("planted has " + to_text(planted.size()) + " values: must be n=" + to_text(n));
    e.truth = Eigen::Map<const Eigen::VectorXf>(planted.data(), n);
    for (Index i = 0; i < n; ++i)
      if (e.pins(i) != Tilt::kFree && e.pins(i) != e.truth(i))
        whole.fail("variable " + to_text(i + 1) + " is pinned away from its planted value: one of them is wrong");
    return e;
  }
};

}  // namespace

CnfFile read_cnf(const std::string& path, double temperature) {
  const std::string text = read_all(path);
  const Place whole{&path};
  Words in(path, text);
  Notes notes;
  std::string_view word = in.next();
  while (word == "c") {
    notes.take(in);
    word = in.next();
  }
  if (word != "p" || in.next_here() != "cnf") in.place().fail("must be 'c ...' or 'p cnf VARIABLES CLAUSES'");
  const Index n = in.number<Index>(in.next_here(), "number of variables"),
              m = in.number<Index>(in.next_here(), "number of clauses");
  if (n < 1 || n >= Index{1} << 31) in.place().fail("variables: must be from 1 to 2^31");
  if (m < 0 || m > Index(text.size())) in.place().fail("clauses: there are not as many in the file");
  std::vector<std::uint32_t> literals, clause;
  std::size_t k = 0;
  Index seen = 0;
  for (word = in.next(); !word.empty() && word != "%"; word = in.next()) {  // % ends the files of SATLIB
    if (word == "c") {
      notes.take(in);
      continue;
    }
    const Index v = in.number<Index>(word, "a literal");
    if (v != 0) {
      if (v < -n || v > n)
        in.place().fail("literal " + to_text(v) + " is out of range: variables go from 1 to " + to_text(n));
      const auto l = std::uint32_t(2 * (std::abs(v) - 1) + (v < 0));
      for (const std::uint32_t other : clause)
        if (other >> 1 == l >> 1) in.place().fail("variable " + to_text(std::abs(v)) + " is twice in a clause");
      clause.push_back(l);
      continue;
    }
    if (seen == 0) k = clause.size();
    if (clause.size() != k || k < 2 || k > 255)
      in.place().fail("a clause of " + to_text(clause.size()) + " literals, the first has " + to_text(k) +
                      ": all must have the same number, from 2 to 255");
    literals.insert(literals.end(), clause.begin(), clause.end());
    clause.clear();
    ++seen;
  }
  if (!clause.empty()) whole.fail("the last clause does not end with 0: truncated? write it again");
  if (seen != m)
    whole.fail(to_text(seen) + " clauses, but 'p cnf' says " + to_text(m) +
               (seen < m ? ": truncated? fetch it again" : ": correct the line"));
  if (!notes.nae)
    whole.fail(
        "plain CNF, where one true literal satisfies a clause, is no target here; add the line 'c nae' if not all "
        "literals of a clause may agree");
  CnfFile out{notes.model, {int(seen ? k : 3), std::move(literals)}, notes.environment(whole, n, temperature)};
  const Eigen::VectorXf& x = out.environment.truth;
  for (Index a = 0; out.environment.beta == kHardBeta && x.size() && a < out.clauses.count(); ++a) {
    std::size_t trues = 0;
    for (const std::uint32_t l : out.clauses[a]) trues += (x(Index(l >> 1)) > 0) != bool(l & 1);
    if (trues == 0 || trues == k)
      whole.fail("the planted signal violates clause " + to_text(a + 1) + " at temperature 0: one of them is wrong");
  }
  return out;
}

void write_cnf(const std::filesystem::path& path, const AnyModel& model, std::uint32_t seed) {
  const Environment& env = model.environment();
  const Clauses& clauses = *model.clauses();
  WholeFile file(path);
  fmt::memory_buffer out;
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "c glassmark 1\nc nae\n");
  if (const std::string name = model.name(); !name.empty()) fmt::format_to(to, "c model {}\n", name);
  fmt::format_to(to, "c temperature {}\nc spec {}\nc seed {}\n",
                 env.beta == kHardBeta ? "0" : text_number(1 / env.beta), model.spec(), seed);
  for (Index i = 0; i < env.sites(); ++i) {
    if (env.pins(i) != Tilt::kFree) fmt::format_to(to, "c pinned {} {}\n", i + 1, env.pins(i) > 0 ? "+1" : "-1");
    if (env.h(i) != 0) fmt::format_to(to, "c field {} {:.17g}\n", i + 1, double(env.h(i)));
  }
  if (env.truth.size() > 0) {
    fmt::format_to(to, "c planted");
    for (const float s : env.truth) fmt::format_to(to, " {}", s > 0 ? "+1" : "-1");
    fmt::format_to(to, "\n");
  }
  fmt::format_to(to, "p cnf {} {}\n", env.sites(), clauses.count());
  for (Index m = 0; m < clauses.count(); ++m) {
    for (const std::uint32_t l : clauses[m]) fmt::format_to(to, "{}{} ", l & 1 ? "-" : "", (l >> 1) + 1);
    fmt::format_to(to, "0\n");
    constexpr std::size_t kEnough = 1 << 20;
    if (out.size() > kEnough) {
      file.write({out.data(), out.size()});
      out.clear();
    }
  }
  file.write({out.data(), out.size()});
  file.commit();
}

}  // namespace glass

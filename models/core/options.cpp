#include "models/core/options.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace glass {

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {  // Levenshtein, one row
  std::vector<std::size_t> d(b.size() + 1);
  std::iota(d.begin(), d.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1, diagonal = std::exchange(d[0], i); j <= b.size(); ++j)
      diagonal = std::exchange(d[j], std::min({d[j] + 1, d[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])}));
  return d[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
  const auto it = std::min_element(known.begin(), known.end(), [&](const auto& a, const auto& b) {
    return edit_distance(name, a) < edit_distance(name, b);
  });
  return it == known.end() ? std::string{} : *it;
}

void throw_unknown(std::string_view what, std::string_view name, const std::vector<std::string>& known,
                   std::string_view owner) {
  std::string all;
  for (const std::string& k : known) all += (all.empty() ? "" : ", ") + k;
  const std::string begin = owner.empty() ? "" : std::string(owner) + ": ";
  const std::string choice =
      known.empty() ? ": it has none" : ", nearest is '" + nearest_name(name, known) + "' (known: " + all + ")";
  throw BadInput(begin + "unknown " + std::string(what) + " '" + std::string(name) + "'" + choice);
}

std::string to_text(bool v) { return v ? "true" : "false"; }
std::string to_text(const std::string& v) { return v; }
std::string to_text(double v) {
  std::array<char, 64> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), v).ptr};
}

void check_bounds(std::string_view where, const Bounds& b, double v) {
  if (b.above ? v > b.least : v >= b.least) {
    if (v <= b.most) return;
    throw BadInput(std::string(where) + ": must be at most " + to_text(b.most));
  }
  throw BadInput(std::string(where) + ": must be " + (b.above ? "greater than " : "at least ") + to_text(b.least));
}

void check_choice(std::string_view where, const Bounds& b, const std::string& v) {
  if (!b.choices) return;
  std::string_view rest = b.choices;
  for (;;) {
    const auto bar = rest.find('|');
    if (rest.substr(0, bar) == v) return;
    if (bar == rest.npos) break;
    rest.remove_prefix(bar + 1);
  }
  throw BadInput(std::string(where) + ": must be one of " + b.choices);
}

std::vector<KeyValue> split_keys(std::string_view owner, std::string_view keys) {
  std::vector<KeyValue> out;
  for (bool more = !keys.empty(); more;) {
    const auto comma = keys.find(',');
    const auto item = keys.substr(0, comma);
    more = comma != keys.npos;  // a comma at the end announces an item that is not there
    keys.remove_prefix(more ? comma + 1 : keys.size());
    const auto eq = item.find('=');
    if (eq == item.npos || eq == 0)
      throw BadInput(std::string(owner) + ": '" + std::string(item) + "' must read key=value");
    KeyValue kv{std::string(item.substr(0, eq)), std::string(item.substr(eq + 1))};
    for (const KeyValue& k : out)
      if (k.key == kv.key) throw BadInput(std::string(owner) + ": " + kv.key + " is given twice");
    out.push_back(std::move(kv));
  }
  return out;
}

}  // namespace glass

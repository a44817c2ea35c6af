#pragma once
// Options are plain structs with defaults; the `fields` tuple beside the members is the one place for name, unit,
// bounds and meaning. Parsing, `describe`, the docs and the resolved configuration all read it.
#include <charconv>
#include <cmath>
#include <concepts>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "models/core/error.hpp"

namespace glass {

struct Bounds {
  double least = -std::numeric_limits<double>::max(), most = std::numeric_limits<double>::max();
  bool above = false;             ///< `least` itself is excluded
  const char* choices = nullptr;  ///< for strings: "forward|random"
};

template <class O, class T>
struct Field {
  using Value = T;
  const char* name;
  T O::*member;
  const char* unit;
  const char* help;
  Bounds bounds = {};
};
template <class O, class T>
Field(const char*, T O::*, const char*, const char*) -> Field<O, T>;
template <class O, class T>
Field(const char*, T O::*, const char*, const char*, Bounds) -> Field<O, T>;

template <class O>
concept Described = requires {
  O::fields;
};

/// f(field, value) for each field, in order.
template <Described O>
void for_each_field(const O& o, auto&& f) {
  std::apply([&](const auto&... each) { (f(each, o.*each.member), ...); }, O::fields);
}

/// The one of `known` with the smallest edit distance to `name`; empty if there is none.
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);
/// "unknown WHAT 'name', nearest is 'x' (known: a, b, ...)", after "OWNER: " where there is one.
[[noreturn]] void throw_unknown(std::string_view what, std::string_view name, const std::vector<std::string>& known,
                                std::string_view owner = {});

std::string to_text(bool v);
std::string to_text(const std::string& v);
std::string to_text(double v);  ///< shortest that reads back the same
template <std::integral T>
std::string to_text(T v) {
  return std::to_string(v);
}

/// `text` as a T, or BadInput naming `where` (such as "sk: n=abc").
template <class T>
T value_of(std::string_view where, std::string_view text) {
  T v{};
  if constexpr (std::same_as<T, bool>) {
    if (text == "true" || text == "false") return text == "true";
    throw BadInput(std::string(where) + ": must be true or false");
  } else if constexpr (std::same_as<T, std::string>) {
    return std::string(text);
  } else {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
    if (error == std::errc::result_out_of_range) throw BadInput(std::string(where) + ": number out of range");
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(double(v)))
      throw BadInput(std::string(where) + ": must be a " + (std::integral<T> ? "whole number" : "number"));
    return v;
  }
}

void check_bounds(std::string_view where, const Bounds& b, double v);
void check_choice(std::string_view where, const Bounds& b, const std::string& v);

/// One key=value of "name: key=value".
struct KeyValue {
  std::string key, value;
};
/// "a=1,b=2" in order. Throws BadInput for an item without '=' or an empty or repeated key.
std::vector<KeyValue> split_keys(std::string_view owner, std::string_view keys);

/// `keys` over the defaults; `owner` is named in every error. Unknown keys name the nearest one.
template <Described O>
O parse(std::string_view owner, std::string_view keys, O o = {}) {
  for (const KeyValue& item : split_keys(owner, keys)) {
    const std::string where = std::string(owner) + ": " + item.key + "=" + item.value;
    bool known = false;
    std::vector<std::string> names;
    std::apply(
        [&](const auto&... each) {
          [[maybe_unused]] const auto one = [&](const auto& f) {
            names.emplace_back(f.name);
            if (item.key != f.name) return;
            known = true;
            using T = typename std::decay_t<decltype(f)>::Value;
            const T v = value_of<T>(where, item.value);
            if constexpr (std::same_as<T, std::string>)
              check_choice(where, f.bounds, v);
            else if constexpr (!std::same_as<T, bool>)
              check_bounds(where, f.bounds, double(v));
            o.*f.member = v;
          };
          (one(each), ...);
        },
        O::fields);
    if (!known) throw_unknown("key", item.key, names, owner);
  }
  return o;
}

/// "key=value,..." of every field: parses back to the same options.
template <Described O>
std::string to_keys(const O& o) {
  std::string out;
  for_each_field(o, [&](const auto& f, const auto& v) {
    out += (out.empty() ? "" : ",") + std::string(f.name) + "=" + to_text(v);
  });
  return out;
}

}  // namespace glass

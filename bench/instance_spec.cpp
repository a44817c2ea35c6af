#include "bench/instance_spec.hpp"

#include "bench/registry.hpp"

namespace glass {

std::pair<std::string, std::uint32_t> without_instance(const std::string& text) {
  const Spec spec = split_spec(text);
  std::string keys;
  std::uint32_t first = 0;
  for (const KeyValue& kv : split_keys(spec.name, spec.keys)) {
    if (kv.key == "instance")
      first = value_of<std::uint32_t>(spec.name + ": instance=" + kv.value, kv.value);
    else
      keys += (keys.empty() ? "" : ",") + kv.key + "=" + kv.value;
  }
  return {Spec{spec.name, keys}.text(), first};
}

std::string with_instance(const std::string& spec, std::uint32_t k) {
  if (split_spec(spec).name == "file") return spec;
  return spec + (spec.find(':') == std::string::npos ? ":" : ",") + "instance=" + std::to_string(k);
}

std::string with_key(const std::string& text, const std::string& key, const std::string& value) {
  const Spec spec = split_spec(text);
  std::string keys;
  for (const KeyValue& kv : split_keys(spec.name, spec.keys))
    if (kv.key != key) keys += kv.key + "=" + kv.value + ",";
  return Spec{spec.name, keys + key + "=" + value}.text();
}

}  // namespace glass

#pragma once
// A model SPEC and the number of its disorder instance, apart and together.
#include <cstdint>
#include <string>
#include <utility>

namespace glass {

/// The SPEC without its instance=, and that number (0 where it names none).
std::pair<std::string, std::uint32_t> without_instance(const std::string& spec);
/// The SPEC, which names no instance, with instance=k. An instance file is one instance: it comes back as it is.
std::string with_instance(const std::string& spec, std::uint32_t k);
/// The SPEC with key=value in place of whatever value it gives the key.
std::string with_key(const std::string& spec, const std::string& key, const std::string& value);

}  // namespace glass

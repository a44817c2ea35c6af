#pragma once
#include <string>

#include "models/environment.hpp"
#include "models/term_list.hpp"

namespace glass {

/// SHA-256, in hexadecimal, of an instance whatever its file's format and order: what docs/file-formats.md calls the
/// canonical text. Fields, pins and couplings, not the planted signal. Terms are sorted: O(terms log terms).
std::string instance_hash(const TermList& terms, const Environment& env);

}  // namespace glass

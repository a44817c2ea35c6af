#pragma once
#include <filesystem>

namespace glass {

/// Runs results/`script` on the folder `out`, with scripts/python, from the source tree that the binary was built in.
/// False where no figures were drawn: no such tree, or the script failed, which says why on stderr.
bool draw_with(const char* script, const std::filesystem::path& out);

}  // namespace glass

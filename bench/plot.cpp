#include "bench/plot.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace glass {

namespace fs = std::filesystem;

namespace {

/// The folder with results/`script` in it, that the binary was built in; empty where there is none.
fs::path root_with(const char* script) {
  std::error_code none;
  const fs::path binary = fs::read_symlink("/proc/self/exe", none);
  for (fs::path dir = binary.parent_path(); dir.has_relative_path(); dir = dir.parent_path())
    if (fs::exists(dir / "results" / script, none)) return dir;
  return {};
}

}  // namespace

bool draw_with(const char* name, const fs::path& out) {
  const fs::path root = root_with(name);
  if (root.empty()) return false;
  const std::string python = (root / "scripts" / "python").string(), script = (root / "results" / name).string();
  std::string folder = out.string();
  std::vector<char*> arguments{const_cast<char*>(python.c_str()), const_cast<char*>(script.c_str()), folder.data(),
                               nullptr};
  pid_t child = 0;
  if (posix_spawn(&child, python.c_str(), nullptr, nullptr, arguments.data(), environ) != 0) return false;
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace glass

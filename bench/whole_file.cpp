#include "bench/whole_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "models/core/error.hpp"

namespace glass {

namespace fs = std::filesystem;

namespace {

std::string reason(int error) { return std::generic_category().message(error); }

const char* remedy(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return "free some space or choose another folder";
    case EACCES:
    case EPERM:
    case EROFS:
      return "choose a folder you may write to";
    default:
      return "choose another path";
  }
}

}  // namespace

WholeFile::WholeFile(fs::path path) : path_(std::move(path)), part_(path_.native() + ".part") {
  const std::string where = "cannot write '" + path_.string() + "': ";
  if (path_.filename().empty() || path_.filename() == "." || path_.filename() == "..")
    throw BadInput(where + "it names no file: add a file name");
  const fs::path folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
  std::error_code error;
  if (!fs::exists(folder, error))
    throw BadInput(where + "folder '" + folder.string() + "' does not exist: create it or choose another");
  if (!fs::is_directory(folder, error))
    throw BadInput(where + "'" + folder.string() + "' is not a folder: choose another");
  if (fs::is_directory(path_, error)) throw BadInput(where + "it is a folder: add a file name");
  file_ = std::fopen(part_.c_str(), "wb");
  if (!file_) fail(errno);
}

WholeFile::WholeFile(WholeFile&& other) noexcept
    : path_(std::move(other.path_)),
      part_(std::move(other.part_)),
      file_(std::exchange(other.file_, nullptr)),
      pending_(std::exchange(other.pending_, false)) {}

WholeFile::~WholeFile() {
  if (file_) std::fclose(file_);
  std::error_code ignored;
  if (pending_) fs::remove(part_, ignored);
}

void WholeFile::fail(int error) const {
  throw BadInput("cannot write '" + path_.string() + "': " + reason(error) + ": " + remedy(error));
}

void WholeFile::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail(errno);
}

void WholeFile::close() {
  const bool flushed =
      std::fflush(file_) == 0 && (fsync(fileno(file_)) == 0 || errno == EINVAL);  // EINVAL: no such thing
  const int error = errno;
  if (std::fclose(std::exchange(file_, nullptr)) != 0 && flushed) fail(errno);
  if (!flushed) fail(error);
}

void WholeFile::commit() {
  close();  // fsync covers what a library wrote through its own handle too: it is one file
  if (std::rename(part_.c_str(), path_.c_str()) != 0) fail(errno);
  pending_ = false;
}

void write_whole(const fs::path& path, std::string_view text) {
  WholeFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace glass

#pragma once
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

namespace glass {

/// A file that appears whole or not at all. It is written as NAME.part in the same folder, so that the rename in
/// `commit` cannot cross file systems; without `commit` the destructor removes it and whatever NAME held stays.
/// Either `write` text into it, or let a library write to the path `part()`. Two writers of one NAME at the same time
/// are not told apart.
class WholeFile {
 public:
  /// Creates an empty NAME.part. Throws BadInput where the folder does not exist or cannot be written, or where the
  /// path is a folder itself.
  explicit WholeFile(std::filesystem::path path);
  WholeFile(WholeFile&& other) noexcept;
  WholeFile& operator=(WholeFile&&) = delete;
  ~WholeFile();

  const std::filesystem::path& path() const { return path_; }
  const std::filesystem::path& part() const { return part_; }

  /// Appends. Throws BadInput with the system's reason (no space left).
  void write(std::string_view text);
  /// Flushes to disk and renames. Throws BadInput with the system's reason; then nothing appears.
  void commit();

 private:
  [[noreturn]] void fail(int error) const;
  void close();
  std::filesystem::path path_, part_;
  std::FILE* file_ = nullptr;
  bool pending_ = true;  // the part is ours to remove
};

/// `text` as the file `path`, whole or not at all.
void write_whole(const std::filesystem::path& path, std::string_view text);

}  // namespace glass

#pragma once
// The netCDF C API behind one class. The C library keeps global tables and is not thread-safe: everything here belongs
// to one thread at a time, across all files of the process.
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/whole_file.hpp"
#include "models/core/types.hpp"

namespace glass {

/// How a variable lies in the file. Zeros: the library's choice, uncompressed.
struct NetcdfStorage {
  std::vector<Index> chunk;  ///< per dimension
  int deflate = 0;           ///< 1..9, with byte shuffle
};

/// A group of an open NetcdfFile; must not outlive it. Errors are BadInput: one line with the file's path, the name
/// and netCDF's reason. T is one of double, float, int8_t, int32_t, int64_t, uint32_t.
class NetcdfGroup {
 public:
  bool has_group(const std::string& name) const;
  bool has_variable(const std::string& name) const;
  NetcdfGroup group(const std::string& name) const;  ///< throws where there is none
  NetcdfGroup make_group(const std::string& name) const;

  void make_dimension(const std::string& name, Index length) const;
  template <class T>
  void make_variable(const std::string& name, const std::vector<std::string>& dimensions,
                     const NetcdfStorage& storage = {}) const;
  /// An attribute of a variable, or of the group where `variable` is empty.
  void set_attribute(const std::string& variable, const std::string& name, const std::string& text) const;
  template <class T>
  void set_attribute(const std::string& variable, const std::string& name, const std::vector<T>& values) const;
  /// All of it, last dimension fastest; throws where the number of values does not fit.
  template <class T>
  void put(const std::string& variable, const std::vector<T>& values) const;
  /// The block start..start+count-1 of it.
  template <class T>
  void put(const std::string& variable, const std::vector<Index>& start, const std::vector<Index>& count,
           const T* values) const;

  std::vector<std::string> dimensions(const std::string& variable) const;
  std::vector<Index> shape(const std::string& variable) const;
  /// All of it, converted to T; throws for values that T cannot hold.
  template <class T>
  std::vector<T> get(const std::string& variable) const;
  std::optional<std::string> text_attribute(const std::string& variable, const std::string& name) const;
  /// A numeric attribute with one value.
  std::optional<double> number_attribute(const std::string& variable, const std::string& name) const;

 private:
  friend class NetcdfFile;
  NetcdfGroup(int id, std::string path) : id_(id), path_(std::move(path)) {}
  void check(int status, const std::string& what) const;
  int variable_id(const std::string& name) const;
  int id_;
  std::string path_;  // for errors
};

/// A netCDF-4 file. Written ones appear whole or not at all, and equal content gives equal bytes (with one version of
/// the library): nothing in them depends on time or place.
class NetcdfFile {
 public:
  static NetcdfFile create(const std::filesystem::path& path);
  static NetcdfFile open(const std::filesystem::path& path);  ///< for reading
  NetcdfFile(NetcdfFile&& other) noexcept;
  NetcdfFile& operator=(NetcdfFile&&) = delete;
  ~NetcdfFile();  ///< a created file that was not committed is removed

  NetcdfGroup root() const { return {id_, path_}; }
  /// Closes a created file and gives it its name.
  void commit();

 private:
  NetcdfFile() = default;
  int id_ = -1;
  std::string path_;
  std::optional<WholeFile> whole_;
};

}  // namespace glass

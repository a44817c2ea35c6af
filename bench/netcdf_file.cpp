#include "bench/netcdf_file.hpp"

#include <netcdf.h>

#include <cstddef>
#include <utility>

#include "models/core/error.hpp"

namespace glass {

namespace {

// netCDF's functions are named after the type.
template <class T>
struct Typed;
template <>
struct Typed<double> {
  static constexpr nc_type id = NC_DOUBLE;
  static constexpr auto put = nc_put_vara_double;
  static constexpr auto get = nc_get_var_double;
  static constexpr auto set = nc_put_att_double;
};
template <>
struct Typed<float> {
  static constexpr nc_type id = NC_FLOAT;
  static constexpr auto put = nc_put_vara_float;
  static constexpr auto get = nc_get_var_float;
  static constexpr auto set = nc_put_att_float;
};
template <>
struct Typed<std::int8_t> {
  static constexpr nc_type id = NC_BYTE;
  static constexpr auto put = nc_put_vara_schar;
  static constexpr auto get = nc_get_var_schar;
  static constexpr auto set = nc_put_att_schar;
};
template <>
struct Typed<std::int32_t> {
  static constexpr nc_type id = NC_INT;
  static constexpr auto put = nc_put_vara_int;
  static constexpr auto get = nc_get_var_int;
  static constexpr auto set = nc_put_att_int;
};
template <>
struct Typed<std::int64_t> {
  static_assert(sizeof(long long) == sizeof(std::int64_t));
  static constexpr nc_type id = NC_INT64;
  // int64_t may be long where netCDF says long long
  static int put(int nc, int v, const std::size_t* start, const std::size_t* count, const std::int64_t* values) {
    return nc_put_vara_longlong(nc, v, start, count, reinterpret_cast<const long long*>(values));
  }
  static int get(int nc, int v, std::int64_t* values) {
    return nc_get_var_longlong(nc, v, reinterpret_cast<long long*>(values));
  }
  static int set(int nc, int v, const char* name, nc_type type, std::size_t size, const std::int64_t* values) {
    return nc_put_att_longlong(nc, v, name, type, size, reinterpret_cast<const long long*>(values));
  }
};
template <>
struct Typed<std::uint32_t> {
  static constexpr nc_type id = NC_UINT;
  static constexpr auto put = nc_put_vara_uint;
  static constexpr auto get = nc_get_var_uint;
  static constexpr auto set = nc_put_att_uint;
};

std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  return text;
}

}  // namespace

void NetcdfGroup::check(int status, const std::string& what) const {
  if (status == NC_NOERR) return;
  const char* guess = status == NC_EHDFERR ? " (is the disk full, or the file damaged?)" : "";  // HDF5 does not say
  throw BadInput("'" + path_ + "': " + what + ": " + one_line(nc_strerror(status)) + guess);
}

bool NetcdfGroup::has_group(const std::string& name) const {
  int id = 0;
  return nc_inq_ncid(id_, name.c_str(), &id) == NC_NOERR;
}
bool NetcdfGroup::has_variable(const std::string& name) const {
  int id = 0;
  return nc_inq_varid(id_, name.c_str(), &id) == NC_NOERR;
}
NetcdfGroup NetcdfGroup::group(const std::string& name) const {
  int id = 0;
  check(nc_inq_ncid(id_, name.c_str(), &id), "group '" + name + "'");
  return {id, path_};
}
NetcdfGroup NetcdfGroup::make_group(const std::string& name) const {
  int id = 0;
  check(nc_def_grp(id_, name.c_str(), &id), "group '" + name + "'");
  return {id, path_};
}
int NetcdfGroup::variable_id(const std::string& name) const {
  int id = 0;
  check(nc_inq_varid(id_, name.c_str(), &id), "variable '" + name + "'");
  return id;
}

void NetcdfGroup::make_dimension(const std::string& name, Index length) const {
  int id = 0;
  // length 0 would mean unlimited to netCDF, which is another storage layout
  if (length < 1) throw BadInput("'" + path_ + "': dimension '" + name + "': must be at least 1 long");
  check(nc_def_dim(id_, name.c_str(), std::size_t(length), &id), "dimension '" + name + "'");
}

template <class T>
void NetcdfGroup::make_variable(const std::string& name, const std::vector<std::string>& dimensions,
                                const NetcdfStorage& storage) const {
  std::vector<int> dims;
  for (const std::string& d : dimensions) {
    int id = 0;
    check(nc_inq_dimid(id_, d.c_str(), &id), "dimension '" + d + "' of '" + name + "'");
    dims.push_back(id);
  }
  const std::string what = "variable '" + name + "'";
  int v = 0;
  check(nc_def_var(id_, name.c_str(), Typed<T>::id, int(dims.size()), dims.data(), &v), what);
  // every value is written, so filling first would only write the file twice
  check(nc_def_var_fill(id_, v, NC_NOFILL, nullptr), what);
  if (!storage.chunk.empty()) {
    const std::vector<std::size_t> chunk(storage.chunk.begin(), storage.chunk.end());
    if (chunk.size() != dims.size()) throw BadInput("'" + path_ + "': " + what + ": one chunk length per dimension");
    check(nc_def_var_chunking(id_, v, NC_CHUNKED, chunk.data()), what);
  }
  if (storage.deflate > 0) check(nc_def_var_deflate(id_, v, 1, 1, storage.deflate), what);
}

namespace {
int target_of(int group, const std::string& variable, int& id) {  // the group itself where no variable is named
  if (!variable.empty()) return nc_inq_varid(group, variable.c_str(), &id);
  id = NC_GLOBAL;
  return NC_NOERR;
}
}  // namespace

void NetcdfGroup::set_attribute(const std::string& variable, const std::string& name, const std::string& text) const {
  int v = 0;
  check(target_of(id_, variable, v), "variable '" + variable + "'");
  check(nc_put_att_text(id_, v, name.c_str(), text.size(), text.data()), "attribute '" + name + "'");
}
template <class T>
void NetcdfGroup::set_attribute(const std::string& variable, const std::string& name,
                                const std::vector<T>& values) const {
  int v = 0;
  check(target_of(id_, variable, v), "variable '" + variable + "'");
  check(Typed<T>::set(id_, v, name.c_str(), Typed<T>::id, values.size(), values.data()), "attribute '" + name + "'");
}

std::vector<std::string> NetcdfGroup::dimensions(const std::string& variable) const {
  const int v = variable_id(variable);
  int ids[NC_MAX_VAR_DIMS], count = 0;
  check(nc_inq_var(id_, v, nullptr, nullptr, &count, ids, nullptr), "variable '" + variable + "'");
  std::vector<std::string> names;
  for (int d = 0; d < count; ++d) {
    char name[NC_MAX_NAME + 1];
    check(nc_inq_dimname(id_, ids[d], name), "dimensions of '" + variable + "'");
    names.emplace_back(name);
  }
  return names;
}
std::vector<Index> NetcdfGroup::shape(const std::string& variable) const {
  const int v = variable_id(variable);
  int ids[NC_MAX_VAR_DIMS], count = 0;
  check(nc_inq_var(id_, v, nullptr, nullptr, &count, ids, nullptr), "variable '" + variable + "'");
  std::vector<Index> shape;
  for (int d = 0; d < count; ++d) {
    std::size_t length = 0;
    check(nc_inq_dimlen(id_, ids[d], &length), "dimensions of '" + variable + "'");
    shape.push_back(Index(length));
  }
  return shape;
}

template <class T>
void NetcdfGroup::put(const std::string& variable, const std::vector<T>& values) const {
  const std::vector<Index> count = shape(variable);
  std::size_t size = 1;
  for (const Index c : count) size *= std::size_t(c);
  if (size != values.size())
    throw BadInput("'" + path_ + "': variable '" + variable + "': holds " + std::to_string(size) + " values, given " +
                   std::to_string(values.size()));
  put(variable, std::vector<Index>(count.size(), 0), count, values.data());
}
template <class T>
void NetcdfGroup::put(const std::string& variable, const std::vector<Index>& start, const std::vector<Index>& count,
                      const T* values) const {
  const int v = variable_id(variable);
  int dims = 0;
  check(nc_inq_varndims(id_, v, &dims), "variable '" + variable + "'");
  if (start.size() != std::size_t(dims) || count.size() != std::size_t(dims))
    throw BadInput("'" + path_ + "': variable '" + variable + "': a block needs a start and a count per dimension");
  const std::vector<std::size_t> s(start.begin(), start.end()), c(count.begin(), count.end());
  check(Typed<T>::put(id_, v, s.data(), c.data(), values), "variable '" + variable + "'");
}

template <class T>
std::vector<T> NetcdfGroup::get(const std::string& variable) const {
  std::size_t size = 1;
  for (const Index c : shape(variable)) size *= std::size_t(c);
  std::vector<T> values(size);
  check(Typed<T>::get(id_, variable_id(variable), values.data()), "variable '" + variable + "'");
  return values;
}

std::optional<std::string> NetcdfGroup::text_attribute(const std::string& variable, const std::string& name) const {
  int v = 0;
  check(target_of(id_, variable, v), "variable '" + variable + "'");
  nc_type type = 0;
  std::size_t size = 0;
  if (nc_inq_att(id_, v, name.c_str(), &type, &size) != NC_NOERR) return std::nullopt;
  std::string text;
  if (type == NC_STRING) {  // what Python writes for text outside ASCII
    if (size != 1) throw BadInput("'" + path_ + "': attribute '" + name + "': must be one text");
    char* held = nullptr;
    check(nc_get_att_string(id_, v, name.c_str(), &held), "attribute '" + name + "'");
    if (held) text = held;
    nc_free_string(1, &held);
  } else {
    text.resize(size);
    check(nc_get_att_text(id_, v, name.c_str(), text.data()), "attribute '" + name + "'");
  }
  return text;
}
std::optional<double> NetcdfGroup::number_attribute(const std::string& variable, const std::string& name) const {
  int v = 0;
  check(target_of(id_, variable, v), "variable '" + variable + "'");
  std::size_t size = 0;
  if (nc_inq_attlen(id_, v, name.c_str(), &size) != NC_NOERR) return std::nullopt;
  if (size != 1) throw BadInput("'" + path_ + "': attribute '" + name + "': must be one number");
  double value = 0;
  check(nc_get_att_double(id_, v, name.c_str(), &value), "attribute '" + name + "'");
  return value;
}

#define GLASS_INSTANTIATE(T)                                                                                        \
  template void NetcdfGroup::make_variable<T>(const std::string&, const std::vector<std::string>&,                  \
                                              const NetcdfStorage&) const;                                          \
  template void NetcdfGroup::set_attribute<T>(const std::string&, const std::string&, const std::vector<T>&) const; \
  template void NetcdfGroup::put<T>(const std::string&, const std::vector<T>&) const;                               \
  template void NetcdfGroup::put<T>(const std::string&, const std::vector<Index>&, const std::vector<Index>&,       \
                                    const T*) const;                                                                \
  template std::vector<T> NetcdfGroup::get<T>(const std::string&) const;
GLASS_INSTANTIATE(double)
GLASS_INSTANTIATE(float)
GLASS_INSTANTIATE(std::int8_t)
GLASS_INSTANTIATE(std::int32_t)
GLASS_INSTANTIATE(std::int64_t)
GLASS_INSTANTIATE(std::uint32_t)
#undef GLASS_INSTANTIATE

NetcdfFile NetcdfFile::create(const std::filesystem::path& path) {
  NetcdfFile f;
  f.path_ = path.string();
  f.whole_.emplace(path);
  f.root().check(nc_create(f.whole_->part().c_str(), NC_NETCDF4 | NC_CLOBBER, &f.id_), "cannot be written");
  return f;
}
NetcdfFile NetcdfFile::open(const std::filesystem::path& path) {
  NetcdfFile f;
  f.path_ = path.string();
  std::error_code error;  // asked first: netCDF takes a path that looks like an address for one and goes to the network
  if (!std::filesystem::is_regular_file(path, error))
    throw BadInput("'" + f.path_ + "': there is no such file: check the path");
  const int status = nc_open(path.c_str(), NC_NOWRITE, &f.id_);
  if (status == NC_ENOTNC || status == NC_EHDFERR)
    throw BadInput("'" + f.path_ + "': cannot be read as netCDF (damaged, or another format): check the file");
  f.root().check(status, "cannot be read");
  return f;
}
NetcdfFile::NetcdfFile(NetcdfFile&& other) noexcept
    : id_(std::exchange(other.id_, -1)), path_(std::move(other.path_)), whole_(std::move(other.whole_)) {}
NetcdfFile::~NetcdfFile() {
  if (id_ < 0) return;
  // nc_abort on a created file would delete NAME.part too; closing is the one path for both kinds
  nc_close(id_);
}
void NetcdfFile::commit() {
  if (!whole_) throw std::logic_error("commit of a netCDF file opened for reading");
  const NetcdfGroup group = root();
  group.check(nc_close(std::exchange(id_, -1)), "cannot be written");
  whole_->commit();
}

}  // namespace glass

#include "bench/netcdf_file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <limits>
#include <thread>

#include "tests/bench/file_test.hpp"

namespace glass {
namespace {

using NetcdfFileTest = FileTest;

template <class T>
void round_trip(const NetcdfGroup& out, const std::function<NetcdfGroup()>& reopen, const std::string& name) {
  const std::vector<T> values{std::numeric_limits<T>::lowest(), T(1) / T(3), T(-7), 0, 1,
                              std::numeric_limits<T>::max()};
  if (reopen) {
    EXPECT_EQ(reopen().get<T>(name), values) << name;
    EXPECT_EQ(reopen().number_attribute(name, "first"), 5.0) << name;
  } else {
    out.make_variable<T>(name, {"a", "b"});
    out.put(name, values);
    out.set_attribute<T>(name, "first", {5});
  }
}
void round_trips(const NetcdfGroup& out, const std::function<NetcdfGroup()>& reopen) {
  round_trip<double>(out, reopen, "double");
  round_trip<float>(out, reopen, "float");
  round_trip<std::int8_t>(out, reopen, "byte");
  round_trip<std::int32_t>(out, reopen, "int");
  round_trip<std::int64_t>(out, reopen, "long");
  round_trip<std::uint32_t>(out, reopen, "unsigned");
}

TEST_F(NetcdfFileTest, EveryTypeComesBack) {
  const fs::path path = folder / "a.nc";
  {
    NetcdfFile file = NetcdfFile::create(path);
    const NetcdfGroup g = file.root().make_group("g");
    g.make_dimension("a", 2);
    g.make_dimension("b", 3);
    round_trips(g, {});
    g.set_attribute("", "text", "a {\"b\": 1}\n\u03b2");
    g.set_attribute("double", "units", "J");
    g.set_attribute("", "nothing", "");
    g.set_attribute("", "long", std::string(1'000'000, 'x'));  // past 64 kB HDF5 stores attributes another way
    file.commit();
  }
  const NetcdfFile file = NetcdfFile::open(path);
  ASSERT_TRUE(file.root().has_group("g"));
  EXPECT_FALSE(file.root().has_group("h"));
  const NetcdfGroup g = file.root().group("g");
  round_trips(g, [&] { return g; });
  EXPECT_EQ(g.text_attribute("", "text"), "a {\"b\": 1}\n\u03b2");
  EXPECT_EQ(g.text_attribute("double", "units"), "J");
  EXPECT_EQ(g.text_attribute("", "nothing"), "");
  EXPECT_EQ(g.text_attribute("", "long"), std::string(1'000'000, 'x'));
  EXPECT_EQ(g.text_attribute("", "absent"), std::nullopt);
  EXPECT_EQ(g.number_attribute("", "absent"), std::nullopt);
  EXPECT_EQ(g.shape("int"), (std::vector<Index>{2, 3}));
  EXPECT_EQ(g.dimensions("int"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(g.has_variable("int"));
  EXPECT_FALSE(g.has_variable("integer"));
  EXPECT_EQ(g.get<double>("int")[2], -7.0);  // converted
  expect_refused([&] { g.get<std::int8_t>("int"); }, {"a.nc", "'int'"});
}

TEST_F(NetcdfFileTest, BlocksLandWhereTheyShould) {
  const fs::path path = folder / "a.nc";
  NetcdfFile file = NetcdfFile::create(path);
  const NetcdfGroup g = file.root();
  g.make_dimension("a", 4);
  g.make_dimension("b", 5);
  g.make_variable<std::int32_t>("v", {"a", "b"}, {.chunk = {3, 2}, .deflate = 1});
  for (Index a = 0; a < 4; a += 2)
    for (Index b = 0; b < 5; ++b) {
      const std::int32_t values[]{std::int32_t(10 * a + b), std::int32_t(10 * (a + 1) + b)};
      g.put("v", {a, b}, {2, 1}, values);
    }
  file.commit();
  const auto v = NetcdfFile::open(path).root().get<std::int32_t>("v");
  for (int a = 0; a < 4; ++a)
    for (int b = 0; b < 5; ++b) EXPECT_EQ(v[std::size_t(5 * a + b)], 10 * a + b);
}

TEST_F(NetcdfFileTest, EqualContentGivesEqualBytes) {
  const auto write = [&](const fs::path& path, unsigned char dirt) {
    {  // memory that a library forgets to clear would show up as different bytes
      std::vector<std::vector<unsigned char>> heap;
      for (std::size_t size = 64; size <= 1 << 20; size *= 2) heap.emplace_back(size, dirt);
    }
    NetcdfFile file = NetcdfFile::create(path);
    const NetcdfGroup g = file.root().make_group("g");
    g.make_dimension("a", 7);
    g.make_dimension("b", 1001);
    std::vector<std::int8_t> x(7 * 1001);
    for (std::size_t k = 0; k < x.size(); ++k) x[k] = k * k % 11 < 5 ? 1 : -1;
    g.make_variable<std::int8_t>("x", {"a", "b"}, {.chunk = {2, 100}, .deflate = 1});  // chunks stick out of the array
    g.make_variable<double>("y", {"b"});
    g.set_attribute("x", "long_name", "spin");
    g.put("x", x);
    g.put("y", std::vector<double>(1001, 0.5));
    file.commit();
  };
  write(folder / "one.nc", 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // HDF5 counts time in seconds
  write(folder / "two.nc", 0xff);
  EXPECT_GT(content(folder / "one.nc").size(), 8000u);
  EXPECT_TRUE(content(folder / "one.nc") == content(folder / "two.nc"));
}

TEST_F(NetcdfFileTest, NothingAppearsWithoutCommit) {
  const fs::path path = folder / "a.nc";
  std::ofstream(path) << "old";
  EXPECT_THROW(
      {
        NetcdfFile file = NetcdfFile::create(path);
        file.root().make_dimension("a", 2);
        throw std::runtime_error("interrupted");
      },
      std::runtime_error);
  EXPECT_EQ(content(path), "old");
  EXPECT_EQ(entries(), 1u);
  {
    NetcdfFile file = NetcdfFile::create(path);
    EXPECT_EQ(content(path), "old");
    NetcdfFile moved(std::move(file));
    moved.commit();
  }
  EXPECT_NE(content(path), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(NetcdfFileTest, WrongUseIsNamed) {
  expect_refused([&] { NetcdfFile::create(folder / "no" / "a.nc"); }, {"a.nc", "does not exist"});
  NetcdfFile file = NetcdfFile::create(folder / "a.nc");
  const NetcdfGroup g = file.root();
  g.make_dimension("a", 2);
  g.make_variable<double>("v", {"a"});
  expect_refused([&] { g.put("v", std::vector<double>(3)); }, {"a.nc", "'v'", "holds 2 values, given 3"});
  expect_refused([&] { g.put("w", std::vector<double>(2)); }, {"a.nc", "'w'"});
  const double one = 1;
  expect_refused([&] { g.put("v", {2}, {1}, &one); }, {"a.nc", "'v'"});
  expect_refused([&] { g.put("v", {0, 0}, {1, 1}, &one); }, {"a.nc", "'v'", "start and a count per dimension"});
  expect_refused([&] { g.make_variable<double>("u", {"absent"}); }, {"a.nc", "'absent'"});
  expect_refused([&] { g.make_dimension("z", 0); }, {"a.nc", "'z'", "at least 1"});
  expect_refused([&] { g.group("absent"); }, {"a.nc", "'absent'"});
}

TEST_F(NetcdfFileTest, FilesThatAreNotNetcdf) {
  std::ofstream(folder / "text.nc") << "# glassmark 1\n";
  std::ofstream(folder / "empty.nc").flush();
  expect_refused([&] { NetcdfFile::open(folder / "text.nc"); }, {"text.nc", "cannot be read"});
  expect_refused([&] { NetcdfFile::open(folder / "empty.nc"); }, {"empty.nc", "cannot be read"});
  expect_refused([&] { NetcdfFile::open(folder / "absent.nc"); }, {"absent.nc", "no such file"});
  expect_refused([&] { NetcdfFile::open(folder); }, {"no such file"});
}

TEST_F(NetcdfFileTest, AFullDiskIsReportedAndLeavesNothing) {
  const fs::path path = folder / "a.nc";
  std::ofstream(path) << "old";
  // past the limit a write fails as on a full disk, once the signal is ignored
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const auto write = [&](Index length, const NetcdfStorage& storage, bool& put) {
    NetcdfFile file = NetcdfFile::create(path);
    file.root().make_dimension("a", length);
    file.root().make_variable<double>("v", {"a"}, storage);
    file.root().put("v", std::vector<double>(std::size_t(length), 1.0));
    put = true;
    file.commit();
  };
  const rlimit small{30'000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  bool put = false;
  expect_refused([&] { write(1 << 20, {}, put); }, {"a.nc", "disk full"});
  EXPECT_FALSE(put);
  expect_refused([&] { write(5000, {.chunk = {5000}}, put); }, {"a.nc", "disk full"});
  EXPECT_TRUE(put);  // still in the library's cache: found out when closing
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(content(path), "old");
  EXPECT_EQ(entries(), 1u);
}

}  // namespace
}  // namespace glass

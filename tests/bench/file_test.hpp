#pragma once
// What the tests of files share.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "models/core/error.hpp"

namespace glass {

namespace fs = std::filesystem;

/// A test with a folder of its own.
class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "glassmark_XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { fs::remove_all(folder); }
  std::size_t entries() const { return std::size_t(std::distance(fs::directory_iterator(folder), {})); }
  fs::path folder;
};

inline std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void put(const fs::path& path, const std::string& text) {
  fs::remove(path);  // some file systems wait for the disk when a file is overwritten
  std::ofstream(path, std::ios::binary) << text;
}

/// f throws BadInput with one line that holds all of `named`.
inline void expect_refused(const std::function<void()>& f, const std::vector<std::string>& named) {
  try {
    f();
    ADD_FAILURE() << "was not refused";
  } catch (const BadInput& e) {
    const std::string what = e.what();
    EXPECT_EQ(what.find('\n'), what.npos) << what;
    for (const std::string& n : named) EXPECT_NE(what.find(n), what.npos) << "'" << n << "' not in: " << what;
  }
}

}  // namespace glass

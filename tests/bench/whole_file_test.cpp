#include "bench/whole_file.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "tests/bench/file_test.hpp"

namespace glass {
namespace {

using WholeFileTest = FileTest;

TEST_F(WholeFileTest, AppearsAtCommitAndNotBefore) {
  const fs::path path = folder / "a.txt";
  WholeFile file(path);
  file.write("one ");
  file.write("two");
  EXPECT_FALSE(fs::exists(path));
  EXPECT_TRUE(fs::exists(file.part()));
  EXPECT_EQ(file.part().parent_path(), folder);  // or the rename could cross file systems
  file.commit();
  EXPECT_EQ(content(path), "one two");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(WholeFileTest, AnExceptionLeavesTheOldFileAndNothingElse) {
  const fs::path path = folder / "a.txt";
  write_whole(path, "old");
  EXPECT_THROW(
      {
        WholeFile file(path);
        file.write("half of the new");
        throw std::runtime_error("interrupted");
      },
      std::runtime_error);
  EXPECT_EQ(content(path), "old");
  EXPECT_EQ(entries(), 1u);
  write_whole(path, "new");
  EXPECT_EQ(content(path), "new");
}

TEST_F(WholeFileTest, ALibraryMayWriteThePart) {
  WholeFile file(folder / "b.bin");
  std::ofstream(file.part(), std::ios::binary) << "by another hand";
  file.commit();
  EXPECT_EQ(content(folder / "b.bin"), "by another hand");
}

TEST_F(WholeFileTest, AMovedFileHasOneOwner) {
  const fs::path path = folder / "c.txt";
  {
    WholeFile first(path);
    first.write("kept");
    WholeFile second(std::move(first));
    second.commit();
  }
  EXPECT_EQ(content(path), "kept");
  { WholeFile third(WholeFile(folder / "d.txt")); }
  EXPECT_EQ(entries(), 1u);
}

TEST_F(WholeFileTest, PathsThatCannotBeWritten) {
  write_whole(folder / "file", "x");
  expect_refused([&] { WholeFile(folder / "no" / "such" / "a.txt"); },
                 {"a.txt", "no/such' does not exist", "create it"});
  expect_refused([&] { WholeFile(folder / "file" / "a.txt"); }, {"file' is not a folder", "choose"});
  expect_refused([&] { WholeFile{folder}; }, {"is a folder", "add a file name"});
  expect_refused([&] { WholeFile(folder / ""); }, {"names no file"});
  expect_refused([&] { WholeFile(fs::path()); }, {"names no file"});
  EXPECT_EQ(entries(), 1u);
  if (fs::is_directory("/proc/self"))  // a folder that refuses new files even to root
    expect_refused([&] { WholeFile("/proc/self/a.txt"); }, {"/proc/self/a.txt", "choose"});
}

TEST_F(WholeFileTest, AFullDiskIsReportedAndLeavesNothing) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "needs /dev/full";
  const fs::path path = folder / "a.txt";
  write_whole(path, "old");
  for (const std::size_t size : {std::size_t{10}, std::size_t{1} << 20}) {  // found when flushed, and when written
    fs::create_symlink("/dev/full", folder / "a.txt.part");
    expect_refused([&] { write_whole(path, std::string(size, 'x')); }, {"a.txt", "No space left", "free some space"});
    ASSERT_FALSE(fs::is_symlink(path));
    EXPECT_EQ(content(path), "old");
    EXPECT_EQ(entries(), 1u);
  }
}

}  // namespace
}  // namespace glass

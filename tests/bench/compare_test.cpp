#include "bench/compare.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <filesystem>
#include <fstream>

#include "bench/netcdf_file.hpp"
#include "bench/registry.hpp"
#include "models/core/error.hpp"

namespace glass {
namespace {

namespace fs = std::filesystem;

class Compare : public testing::Test {
 protected:
  void SetUp() override {
    out = fs::path(testing::TempDir()) /
          (std::string("compare_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(out);
  }
  void TearDown() override { fs::remove_all(out); }
  static Plan plan() {
    Plan p;
    p.instances = 3;
    p.models = {"sk:n=12,temperature=1.25,planted=true", "ising-p-spin:n=8,temperature=1,planted=true"};
    for (const EntryInfo& e : sampler_infos())
      p.samplers.push_back({e.name, {.chains = 3, .warmup = 20, .draws = 4, .thin = 2}, {}});
    return p;
  }
  static std::string bytes(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  fs::path out;
};

TEST_F(Compare, RunsEveryPairOnceAndSkipsWhatIsThere) {
  const Comparison first = compare(plan(), out, true);
  EXPECT_EQ(first.cells.size() + first.refused.size(), 2 * sampler_infos().size());
  bool pairwise = false;
  for (const auto& r : first.refused) {  // samplers of real sites, of graphs, of other interactions
    EXPECT_FALSE(r.reason.empty()) << r.sampler;
    pairwise = pairwise || (r.sampler.starts_with("hubbard-langevin") && r.model.starts_with("ising-p-spin") &&
                            r.reason.find("pairwise") != std::string::npos);
  }
  EXPECT_TRUE(pairwise);
  EXPECT_GT(first.cells.size(), 10u);
  std::vector<fs::file_time_type> times;
  for (const Cell& c : first.cells) {
    times.push_back(fs::last_write_time(out / c.file));
    EXPECT_FALSE(c.verdict.empty());
    EXPECT_EQ(c.quality.paired_per_instance.size(), 3u);
  }
  const Comparison again = compare(plan(), out, true);
  ASSERT_EQ(again.cells.size(), first.cells.size());
  for (std::size_t k = 0; k < times.size(); ++k) {
    EXPECT_EQ(fs::last_write_time(out / again.cells[k].file), times[k]);
    EXPECT_EQ(again.cells[k].verdict, first.cells[k].verdict);
    EXPECT_EQ(again.cells[k].quality.seconds, first.cells[k].quality.seconds);
  }
  for (const auto& entry : fs::recursive_directory_iterator(out))
    EXPECT_NE(entry.path().extension(), ".part") << entry.path();
}

TEST_F(Compare, TemperedChainsReportTheirRoundTrips) {
  Plan p = plan();
  p.models = {"sk:n=12,temperature=0.5,planted=true"};
  p.samplers = {{"parallel-tempering:rungs=3,hottest=0.3", {.chains = 2, .warmup = 20, .draws = 50, .thin = 4}, {}},
                {"glauber", {.chains = 2, .warmup = 20, .draws = 50, .thin = 4}, {}}};
  const Comparison c = compare(p, out, true);
  ASSERT_EQ(c.cells.size(), 2u);
  const CellQuality &tempered = c.cells[0].quality, &plain = c.cells[1].quality;
  ASSERT_TRUE(tempered.mixing->round_trips);
  ASSERT_EQ(tempered.mixing->round_trips->size(), 3u);
  for (const double trips : *tempered.mixing->round_trips) EXPECT_GT(trips, 0);
  EXPECT_FALSE(tempered.exact_start);  // its hotter replicas are no exact draws
  EXPECT_TRUE(tempered.start_gap);
  EXPECT_FALSE(plain.mixing->round_trips);
  EXPECT_TRUE(plain.exact_start);
}

TEST_F(Compare, OneLostCellIsRunAgainWithTheSameBytes) {
  const Comparison first = compare(plan(), out, true);
  const fs::path lost = out / first.cells[2].file;
  const std::string before = bytes(lost);
  fs::remove(lost);
  omp_set_num_threads(1);
  compare(plan(), out, true);
  omp_set_num_threads(2);
  EXPECT_FALSE(before.empty());
  EXPECT_TRUE(before == bytes(lost));
}

TEST_F(Compare, RefusesAnotherRunsFolder) {
  compare(plan(), out, true);
  Plan other = plan();
  other.seed = 2;
  try {
    compare(other, out, true);
    FAIL();
  } catch (const BadInput& e) {
    EXPECT_NE(std::string(e.what()).find("another run"), std::string::npos) << e.what();
  }
}

TEST_F(Compare, BadSpecsWriteNothing) {
  Plan p = plan();
  p.samplers.push_back({"glauber:refesh=3", {}, {}});
  EXPECT_THROW(compare(p, out, true), BadInput);
  EXPECT_FALSE(fs::exists(out));
  p = plan();
  p.models.push_back("sk:n=-1");
  EXPECT_THROW(compare(p, out, true), BadInput);
  EXPECT_FALSE(fs::exists(out));
}

TEST_F(Compare, DamagedCellsAreNamed) {
  const Comparison first = compare(plan(), out, true);
  std::ofstream(out / first.cells[0].file) << "not netCDF";
  try {
    compare(plan(), out, true);
    FAIL();
  } catch (const BadInput& e) {
    EXPECT_NE(std::string(e.what()).find(fs::path(first.cells[0].file).filename().string()), std::string::npos)
        << e.what();
  }
}

/// A cell that was made before a sampler got a new key is the same cell; with another value of a key it is not.
TEST_F(Compare, CellsOlderThanAKeyAreStillThere) {
  Plan p = plan();
  p.models = {"sk:n=8,temperature=1.25,planted=true"};
  p.samplers = {{"flow:steps=3", {.chains = 2, .warmup = 0, .draws = 2, .thin = 1}, {}}};
  const Comparison first = compare(p, out, true);
  const fs::path file = out / first.cells[0].file;
  const std::string text = *NetcdfFile::open(file).root().text_attribute("", "configuration");
  const auto rewrite = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    ASSERT_NE(changed.find(from), changed.npos);
    changed.replace(changed.find(from), from.size(), to);
    fs::remove(file);
    NetcdfFile made = NetcdfFile::create(file);
    made.root().set_attribute("", "configuration", changed);
    made.commit();
  };
  rewrite("divergence=none,", "");
  EXPECT_EQ(compare(p, out, true).cells[0].sampler, first.cells[0].sampler);
  rewrite("divergence=none,", "divergence=exact,");
  EXPECT_THROW(compare(p, out, true), BadInput);
  rewrite("divergence=none,", "of_yesterday=1,");
  EXPECT_THROW(compare(p, out, true), BadInput);
}

TEST_F(Compare, ASamplerSeesTheSameInstanceAndDrawsTheSameAlone) {
  Plan alone = plan();
  alone.samplers = {plan().samplers[1]};
  const Comparison all = compare(plan(), out, true), one = compare(alone, out.string() + "_alone", true);
  EXPECT_EQ(all.cells[1].sampler, one.cells[0].sampler);
  EXPECT_EQ(all.cells[1].quality.paired_per_instance, one.cells[0].quality.paired_per_instance);
  fs::remove_all(out.string() + "_alone");
}

}  // namespace
}  // namespace glass

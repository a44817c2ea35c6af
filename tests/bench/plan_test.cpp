#include "bench/plan.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "models/core/error.hpp"

namespace glass {
namespace {

std::string plan_file(const std::string& text) {
  const auto path = std::filesystem::path(testing::TempDir()) /
                    (std::string("plan_") + testing::UnitTest::GetInstance()->current_test_info()->name() + ".toml");
  std::ofstream(path) << text;
  return path.string();
}

constexpr const char* kGood = R"(
seed = 7
instances = 3
[run]
chains = 2
draws = 5
[[model]]
spec = "sk:n=8|16,planted=true"
[[sampler]]
spec = "glauber"
[[sampler]]
spec = "flow"
draws = 1
models = ["sk"]
)";

TEST(Plan, ReadsWhatIsWritten) {
  const Plan p = Plan::read(plan_file(kGood));
  EXPECT_EQ(p.seed, 7u);
  EXPECT_EQ(p.instances, 3);
  EXPECT_EQ(p.models, (std::vector<std::string>{"sk:n=8,planted=true", "sk:n=16,planted=true"}));
  ASSERT_EQ(p.samplers.size(), 2u);
  EXPECT_EQ(p.samplers[0].run.chains, 2);
  EXPECT_EQ(p.samplers[0].run.draws, 5);
  EXPECT_EQ(p.samplers[0].run.warmup, RunLength{}.warmup);
  EXPECT_EQ(p.samplers[1].run.draws, 1);
  EXPECT_EQ(p.samplers[1].models, std::vector<std::string>{"sk"});
  EXPECT_EQ(to_json(p), to_json(Plan::read(plan_file(kGood))));
}

TEST(Plan, EveryMistakeIsOneLineWithFieldAndRemedy) {
  const auto expect_bad = [](const std::string& text, std::initializer_list<const char*> words) {
    try {
      Plan::read(plan_file(text));
      ADD_FAILURE() << "accepted: " << text;
    } catch (const BadInput& e) {
      const std::string what = e.what();
      EXPECT_EQ(what.find('\n'), std::string::npos) << what;
      EXPECT_NE(what.find(".toml"), std::string::npos) << what;
      for (const char* w : words) EXPECT_NE(what.find(w), std::string::npos) << what << " lacks " << w;
    }
  };
  const std::string good = kGood;
  const auto with = [&](const char* from, const char* to) {
    std::string t = good;
    t.replace(t.find(from), std::string(from).size(), to);
    return t;
  };
  expect_bad("seed = ", {"line 1"});
  expect_bad(with("seed = 7", "sede = 7"), {"sede", "'seed'"});
  expect_bad(with("seed = 7", "seed = -1"), {"seed", "at least 0"});
  expect_bad(with("seed = 7", "seed = 1.5"), {"seed", "whole number"});
  expect_bad(with("seed = 7", "seed = 4294967296"), {"seed", "at most 4294967295"});
  expect_bad(with("instances = 3", "instances = 0"), {"instances", "at least 1"});
  expect_bad(with("instances = 3", "instances = \"3\""), {"instances", "whole number"});
  expect_bad(with("draws = 5", "drows = 5"), {"[run]", "drows", "'draws'"});
  expect_bad(with("[run]", "[[run]]"), {"run", "[run]"});
  expect_bad(with("[[model]]", "[model]"), {"model", "[[model]]"});
  expect_bad(with("spec = \"glauber\"", "sampler = \"glauber\""), {"[[sampler]]", "spec", "missing"});
  expect_bad(with("spec = \"glauber\"", "spec = 3"), {"spec", "string"});
  expect_bad(with("models = [\"sk\"]", "models = \"sk\""), {"models", "list"});
  expect_bad(with("models = [\"sk\"]", "models = [\"skk\"]"), {"skk", "nearest: sk"});
  expect_bad("seed = 1", {"[[model]]", "missing"});
  EXPECT_THROW(Plan::read("/nowhere/plan.toml"), BadInput);
}

}  // namespace
}  // namespace glass

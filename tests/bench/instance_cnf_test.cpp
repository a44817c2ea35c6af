#include "bench/instance_formats.hpp"
#include "tests/bench/file_test.hpp"

namespace glass {
namespace {

using InstanceCnfTest = FileTest;

TEST_F(InstanceCnfTest, ComesBackWithTheSameBits) {
  for (const char* spec : {"nae-sat:n=40,k=4,alpha=3,temperature=0.7,planted=true,field=0.1,field_spread=0.3,pins=3",
                           "bicolouring:n=30,k=3,alpha=1.2,temperature=0,planted=true,pins=2", "nae-sat:n=9,alpha=0"}) {
    const auto model = make_model(spec, 3);
    write_instance(folder / "a.cnf", *model, 3);
    const auto read = make_model("file:path=" + (folder / "a.cnf").string(), 0);
    EXPECT_EQ(read->name(), model->name());
    EXPECT_EQ(read->clauses()->literals, model->clauses()->literals);
    const Environment &a = read->environment(), &b = model->environment();
    EXPECT_EQ(a.beta, b.beta);
    EXPECT_EQ(a.h, b.h);
    EXPECT_EQ(a.pins, b.pins);
    EXPECT_EQ(a.truth, b.truth);
    EXPECT_EQ(make_model(read->spec(), 0)->environment().beta, b.beta);
  }
}

TEST_F(InstanceCnfTest, AnotherTemperatureDropsTheSignal) {
  write_instance(folder / "a.cnf", *make_model("nae-sat:n=20,k=3,alpha=2,planted=true", 3), 3);
  const auto warm = make_model("file:path=" + (folder / "a.cnf").string() + ",temperature=0.5", 0);
  EXPECT_EQ(warm->environment().beta, 2);
  EXPECT_EQ(warm->environment().truth.size(), 0);
}

TEST_F(InstanceCnfTest, ReadsPlainDimacs) {
  put(folder / "a.cnf", "c a comment, and glassmark in it\nc nae\np cnf 4 2\n1 -2\n 3 0 -4 2 1 0\n%\n0\n");
  const CnfFile f = read_cnf((folder / "a.cnf").string(), 0);
  EXPECT_EQ(f.clauses.k, 3);
  EXPECT_EQ(f.clauses.literals, (std::vector<std::uint32_t>{0, 3, 4, 7, 2, 0}));
  EXPECT_EQ(f.environment.beta, kHardBeta);
  EXPECT_EQ(f.model, "");
}

TEST_F(InstanceCnfTest, EveryFaultHasItsLine) {
  const struct {
    std::string content;
    std::vector<std::string> named;
  } all[] = {
      {"p cnf 3 1\n1 2 3 0\n", {"plain CNF", "c nae"}},
      {"c nae\np cnf 3 2\n1 2 3 0\n", {"1 clauses", "2", "truncated"}},
      {"c nae\np cnf 3 1\n1 2 3 0\n1 -2 3 0\n", {"2 clauses", "correct"}},
      {"c nae\np cnf 3 1\n1 2 3\n", {"does not end with 0"}},
      {"c nae\np cnf 3 1\n1 2 4 0\n", {"line 3", "literal 4", "1 to 3"}},
      {"c nae\np cnf 3 1\n1 2 -2 0\n", {"line 3", "variable 2", "twice"}},
      {"c nae\np cnf 3 2\n1 2 3 0\n1 2 0\n", {"line 4", "2 literals", "same number"}},
      {"c nae\np cnf 3 1\n1 0\n", {"line 3", "1 literals"}},
      {"c nae\np cnf 3 1\n1 x 3 0\n", {"line 3", "'x'", "whole number"}},
      {"c nae\np cnf 3\n", {"line 2", "number of clauses", "missing"}},
      {"c nae\np dnf 3 1\n", {"p cnf"}},
      {"c nae\n1 2 3 0\n", {"p cnf"}},
      {"c nae\np cnf 0 0\n", {"variables"}},
      {"c nae\np cnf 3 900\n", {"clauses"}},
      {"c glassmark 2\n", {"line 1", "c glassmark 1"}},
      {"c glassmark 1\nc nae\nc temperature -1\n", {"line 3", "temperature=-1"}},
      {"c glassmark 1\nc nae\nc pinned 2 0\n", {"line 3", "+1 or -1"}},
      {"c glassmark 1\nc nae\nc pinned 9 1\np cnf 3 0\n", {"variable 9", "1 to 3"}},
      {"c glassmark 1\nc nae\nc field 1 0.5\np cnf 3 0\n", {"fields at temperature 0"}},
      {"c glassmark 1\nc nae\nc planted 1 1\np cnf 3 0\n", {"planted has 2 values", "n=3"}},
      {"c glassmark 1\nc nae\nc pinned 1 -1\nc planted 1 1 1\np cnf 3 0\n", {"variable 1", "pinned away"}},
      {"c glassmark 1\nc nae\nc planted 1 1 1\np cnf 3 1\n1 2 3 0\n", {"violates clause 1"}},
  };
  for (const auto& bad : all) {
    SCOPED_TRACE(bad.content);
    put(folder / "a.cnf", bad.content);
    expect_refused([&] { read_cnf((folder / "a.cnf").string(), 0); }, bad.named);
  }
  put(folder / "a.cnf", "c glassmark 1\nc nae\nc model sk\np cnf 3 0\n");
  expect_refused([&] { make_model("file:path=" + (folder / "a.cnf").string(), 0); }, {"sk", "nae-sat"});
}

TEST_F(InstanceCnfTest, WhatHasNoCouplingsIsNotWrittenAsIfItHad) {
  const auto clauses = make_model("nae-sat:n=9", 1), colours = make_model("colouring:n=9", 1);
  expect_refused([&] { write_instance(folder / "a.txt", *clauses, 1); }, {"clauses", ".cnf"});
  expect_refused([&] { write_instance(folder / "a.nc", *colours, 1); }, {"spec and seed"});
  expect_refused([&] { write_instance(folder / "a.cnf", *colours, 1); }, {"clauses"});
  EXPECT_FALSE(fs::exists(folder / "a.txt"));
}

}  // namespace
}  // namespace glass

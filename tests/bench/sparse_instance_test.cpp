// Sparse instances through files: O(terms), to the last bit, and one hash whatever the format.
#include <gtest/gtest.h>

#include "bench/instance_file.hpp"
#include "bench/instance_hash.hpp"
#include "tests/bench/file_test.hpp"

namespace glass {
namespace {

using SparseInstanceTest = FileTest;

std::string hash(const AnyModel& m) { return instance_hash(terms_of(m, m.order()), m.environment()); }

TEST_F(SparseInstanceTest, ModelsComeBackToTheLastBitInEveryFormat) {
  for (const char* spec : {"edwards-anderson:d=2,l=5,couplings=gaussian,temperature=0.7,field_spread=0.3,pins=2",
                           "edwards-anderson:d=3,l=3,planted=true,temperature=1.3,field=0.1",
                           "diluted-p-spin:n=40,p=4,alpha=0.9,temperature=0.9,planted=true",
                           "diluted-p-spin:n=40,p=2,alpha=1.5,graph=regular", "xorsat:n=60,planted=true,pins=3",
                           "sk:n=9,planted=true", "ising-p-spin:n=8"}) {
    const auto model = make_model(spec, 3);
    Batch x(model->sites(), 2);
    x.setOnes();
    for (Index i = 0; i < x.rows(); i += 3) x(i, 1) = -1;
    for (const char* name : {"a.txt", "a.json", "a.nc"}) {
      SCOPED_TRACE(std::string(spec) + " " + name);
      const std::string sha = write_instance(folder / name, *model, 3);
      EXPECT_EQ(sha, hash(*model));
      const auto back = make_model("file:path=" + (folder / name).string(), 9);
      EXPECT_EQ(back->name(), model->name());
      EXPECT_EQ(back->order(), model->order());
      EXPECT_EQ(back->environment().truth, model->environment().truth);
      EXPECT_EQ(back->environment().pins, model->environment().pins);
      EXPECT_EQ(back->environment().beta, model->environment().beta);
      EXPECT_EQ(back->log_likelihood(x), model->log_likelihood(x));
      EXPECT_EQ(hash(*back), sha);
      const TermList a = terms_of(*model, model->order()), b = terms_of(*back, back->order());
      EXPECT_EQ(a.sites, b.sites);
      EXPECT_EQ(a.couplings, b.couplings);
    }
  }
}

TEST_F(SparseInstanceTest, AHundredThousandSpinsDoNotBecomeAMatrix) {
  const auto model = make_model("xorsat:n=100000,planted=true", 1);
  const std::string sha = write_instance(folder / "a.txt", *model, 1);
  EXPECT_EQ(hash(*make_model("file:path=" + (folder / "a.txt").string(), 1)), sha);
}

TEST_F(SparseInstanceTest, WithoutAModelsNameFewTermsMakeASparseOne) {
  std::string rudy = "100 100\n";
  for (int i = 1; i <= 100; ++i) rudy += std::to_string(i) + " " + std::to_string(i % 100 + 1) + " 1\n";
  put(folder / "ring", rudy);
  const auto ring = make_model("file:path=" + (folder / "ring").string() + ",temperature=1", 1);
  Index terms = 0;  // a matrix would list every pair
  ring->for_each_term([&](std::span<const Index>, double) { ++terms; });
  EXPECT_EQ(terms, 100);
}

TEST_F(SparseInstanceTest, TheHashIsOfTheContentInAnyOrder) {
  const auto at = [&](const std::string& text) {
    put(folder / "b.txt", "# glassmark 1\n# n 4\n# temperature 0.7\n" + text);
    return hash(*make_model("file:path=" + (folder / "b.txt").string(), 1));
  };
  const std::string one = at("0 1 0.5\n1 2 -1\n2 3 0.1\n3 0.25\n");
  EXPECT_EQ(one, at("3 2 0.1\n2 1 -1\n1 0 0.5\n3 0.25\n"));
  EXPECT_EQ(one, at("3 2 0.1\n2 1 -1\n1 0 0.5\n0 3 0\n3 0.25\n0 0\n"));  // what is zero is not there
  EXPECT_EQ(one, at("# planted 1 1 1 1\n0 1 0.5\n1 2 -1\n2 3 0.1\n3 0.25\n"));
  for (const char* other : {"0 1 0.5\n1 2 -1\n2 3 0.1\n", "0 1 0.5\n1 2 1\n2 3 0.1\n3 0.25\n",
                            "0 1 0.5\n1 2 -1\n1 3 0.1\n3 0.25\n", "# pinned 0 1\n0 1 0.5\n1 2 -1\n2 3 0.1\n3 0.25\n"})
    EXPECT_NE(one, at(other)) << other;
}

TEST_F(SparseInstanceTest, DamageIsSeen) {
  const auto model = make_model("edwards-anderson:d=2,l=3", 1);
  write_instance(folder / "a.txt", *model, 1);
  std::string text = content(folder / "a.txt");
  const auto last = text.find_last_of('1');
  text.insert(last, "-");  // the sign of the last coupling
  if (const auto twice = text.find("--"); twice != text.npos) text.erase(twice, 2);
  put(folder / "a.txt", text);
  expect_refused([&] { read_instance(folder / "a.txt"); }, {"a.txt", "sha256", "damaged"});
  EXPECT_NO_THROW(read_instance(folder / "a.txt", 2));  // at another temperature it is another instance anyway
}

}  // namespace
}  // namespace glass

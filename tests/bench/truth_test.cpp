#include "bench/truth.hpp"

#include <gtest/gtest.h>

#include "models/core/error.hpp"

namespace glass {
namespace {

std::vector<std::string> methods(const Truths& t) {
  std::vector<std::string> out;
  for (const Truth& one : t.found) out.push_back(one.method);
  return out;
}
using Names = std::vector<std::string>;

TEST(Truth, EveryMethodThatAppliesIsRunAndAgrees) {
  const auto run = [](const char* spec) {
    Truths t = truths_of(*make_model(spec, 5), 5);
    for (const std::string& c : t.contradictions) ADD_FAILURE() << spec << ": " << c;
    EXPECT_EQ(t.found.size() + t.refused.size(), truth_methods().size());
    for (const NotApplied& r : t.refused) EXPECT_FALSE(r.why.empty()) << r.method;
    return methods(t);
  };
  EXPECT_EQ(run("sk:n=10,temperature=0.5,field=0.1,pins=2"), (Names{"enumeration", "transfer-matrix"}));
  EXPECT_EQ(run("ising-p-spin:n=9"), (Names{"enumeration", "transfer-matrix"}));
  EXPECT_EQ(run("edwards-anderson:d=2,l=4,p=1,temperature=2"), (Names{"enumeration", "transfer-matrix", "kaufman"}));
  EXPECT_EQ(run("edwards-anderson:d=2,l=6,p=1,temperature=2.2"), (Names{"transfer-matrix", "kaufman"}));
  EXPECT_EQ(run("edwards-anderson:d=2,l=4,p=1,temperature=2,field=0.1"), (Names{"enumeration", "transfer-matrix"}));
  EXPECT_EQ(run("edwards-anderson:d=2,l=40,p=1"), (Names{"kaufman"}));
  EXPECT_EQ(run("xorsat:n=14,planted=true,pins=2"), (Names{"enumeration", "transfer-matrix", "elimination"}));
  EXPECT_EQ(run("xorsat:n=500,planted=true"), (Names{"elimination"}));
  EXPECT_EQ(run("xorsat:n=500,planted=true,temperature=1"), Names{});
  EXPECT_EQ(run("nae-sat:n=12"), Names{});  // no couplings
}

/// A torus is known by its bonds, whoever wrote them.
TEST(Truth, KaufmanIsNotFooledByOtherGraphs) {
  for (const char* spec :
       {"edwards-anderson:d=2,l=4,boundary=cylinder,p=1", "edwards-anderson:d=2,l=4", "edwards-anderson:d=2,l=4,p=0",
        "diluted-p-spin:p=2,n=16,alpha=2,graph=regular", "curie-weiss:n=5", "edwards-anderson:d=2,l=4,p=1,pins=1"}) {
    const Truths t = truths_of(*make_model(spec, 1), 1);
    for (const std::string& m : methods(t)) EXPECT_NE(m, "kaufman") << spec;
  }
}

}  // namespace
}  // namespace glass

// What an instance file can have wrong, and the line that says so.
#include "bench/instance_file.hpp"
#include "tests/bench/file_test.hpp"

namespace glass {
namespace {

using InstanceErrorsTest = FileTest;

struct Bad {
  const char *file, *content;
  std::vector<std::string> named;
};

TEST_F(InstanceErrorsTest, MalformedFilesAreNamedWithTheLine) {
  const std::vector<Bad> all{
      {"a.txt", "", {"is empty"}},
      {"a.txt", " \n\n", {"is empty"}},
      {"a.txt", "hello\n", {"line 1", "# glassmark 1"}},
      {"a.txt", "# something\n", {"line 1", "# glassmark 1"}},
      {"a.txt", "# glassmark 2\n# n 3\n", {"line 1", "glassmark 2"}},
      {"a.txt", "# glassmark 1\n0 1 0.5\n", {"line 2", "n is missing", "# n N"}},
      {"a.txt", "# glassmark 1\n", {"n is missing"}},
      {"a.txt", "# glassmark 1\n# n 0\n", {"n=0", "from 1"}},
      {"a.txt", "# glassmark 1\n# n -3\n", {"n=-3"}},
      {"a.txt", "# glassmark 1\n# n 2.5\n", {"n=2.5", "whole"}},
      {"a.txt", "# glassmark 1\n# n three\n", {"line 2", "'three' is not a number"}},
      {"a.txt", "# glassmark 1\n# n\n", {"line 2", "takes 1 value"}},
      {"a.txt", "# glassmark 1\n# n 3\n# n 3\n", {"line 3", "'n' was given before"}},
      {"a.txt", "# glassmark 1\n# n 3\n# temprature 1\n", {"line 3", "'temprature'", "'temperature'", "##"}},
      {"a.txt", "# glassmark 1\n#n 3\n", {"line 2", "'#n'", "space"}},
      {"a.txt", "# glassmark 1\n# n 3\n# temperature 0\n0 1 1\n", {"temperature=0", "greater than 0"}},
      {"a.txt", "# glassmark 1\n# n 3\n# temperature -1\n0 1 1\n", {"temperature=-1"}},
      {"a.txt", "# glassmark 1\n# n 3\n# temperature nan\n0 1 1\n", {"line 3", "finite"}},
      {"a.txt", "# glassmark 1\n# n 3\n# temperature inf\n0 1 1\n", {"line 3", "finite"}},
      {"a.txt",
       "# glassmark 1\n# convention H = sum J x x\n# n 3\n",
       {"line 2", "must be '-H = sum J x..x + sum h x'"}},
      {"a.txt", "# glassmark 1\n# base 2\n", {"line 2", "0 or 1"}},
      {"a.txt", "# glassmark 1\n# n 3\n# order 1\n", {"order=1", "2 to 6"}},
      {"a.txt", "# glassmark 1\n# n 9\n# order 7\n", {"order=7"}},
      {"a.txt", "# glassmark 1\n# n 2\n# order 3\n", {"n=2", "at least the order"}},
      {"a.txt", "# glassmark 1\n# n 3\n# order 3\n# model sk\n", {"model sk", "order 3"}},
      {"a.txt", "# glassmark 1\n# n 3\n# model ising-p-spin\n0 1 1\n", {"model ising-p-spin", "order 2"}},
      {"a.txt", "# glassmark 1\n# n 3\n0 1 x\n", {"line 3", "'x' is not a number"}},
      {"a.txt", "# glassmark 1\n# n 3\n0 1 1e\n", {"line 3", "'1e' is not a number"}},
      {"a.txt", "# glassmark 1\n# n 3\n0 1 nan\n", {"line 3", "'nan': must be finite"}},
      {"a.txt", "# glassmark 1\n# n 3\n0 1 inf\n", {"line 3", "'inf': must be finite"}},
      {"a.txt", "# glassmark 1\n# n 3\n0 1 1e999\n", {"line 3", "out of range"}},
      {"a.txt", "# glassmark 1\n# n 3\n0 1 1e300\n", {"line 3", "single precision"}},
      {"a.txt", "# glassmark 1\n# n 3\n# order 2\n0 1e300\n", {"line 4", "single precision"}},
      {"a.txt", "# glassmark 1\n# n 3\n0 3 1\n", {"line 3", "site 3 is out of range", "0 to 2"}},
      {"a.txt", "# glassmark 1\n# n 3\n-1 2 1\n", {"line 3", "site -1"}},
      {"a.txt", "# glassmark 1\n# n 3\n# base 1\n0 2 1\n", {"line 4", "site 0", "1 to 3"}},
      {"a.txt", "# glassmark 1\n# n 3\n0.5 2 1\n", {"line 3", "site 0.5", "whole"}},
      {"a.txt", "# glassmark 1\n# n 3\n1 1 1\n", {"line 3", "site 1 is named twice"}},
      {"a.txt", "# glassmark 1\n# n 3\n0 1 1\n1 0 2\n", {"line 4", "given before"}},
      {"a.txt", "# glassmark 1\n# n 3\n0 1 0\n0 1 2\n", {"line 4", "given before"}},
      {"a.txt", "# glassmark 1\n# n 3\n0 1 1\n0 1 2 1\n", {"line 4", "4 columns", "order 2"}},
      {"a.txt", "# glassmark 1\n# n 3\n# order 3\n0 1 1\n", {"line 4", "3 columns", "order 3"}},
      {"a.txt", "# glassmark 1\n# n 3\n0\n", {"line 3", "one column"}},
      {"a.txt", "# glassmark 1\n# n 3\n0 1\n0 1 1\n", {"line 3", "order is missing"}},
      {"a.txt", "# glassmark 1\n# n 3\n# order 2\n0 1\n0 2\n", {"line 5", "field at site 0 was given before"}},
      {"a.txt", "# glassmark 1\n# n 3\n0 1 1\n# temperature 1\n", {"line 4", "before the first term"}},
      {"a.txt", "# glassmark 1\n# n 3\n# terms 2\n0 1 1\n", {"1 terms", "says 2", "truncated"}},
      {"a.txt", "# glassmark 1\n# n 3\n# terms 1\n0 1 1\n0 2 1\n", {"2 terms", "says 1"}},
      {"a.txt", "# glassmark 1\n# n 3\n# terms 1\n0 1 1", {"cut off"}},
      {"a.txt", "# glassmark 1\n# n 3\n# planted +1 -1\n0 1 1\n", {"line 3", "2 values", "n=3"}},
      {"a.txt", "# glassmark 1\n# n 3\n# planted +1 -1 0\n0 1 1\n", {"line 3", "planted value 0", "+1 or -1"}},
      {"a.txt", "# glassmark 1\n# n 3\n# planted\n0 1 1\n", {"line 3", "no values"}},
      {"a.txt", "# glassmark 1\n# n 3\n# pinned 3 1\n0 1 1\n", {"line 3", "site 3"}},
      {"a.txt", "# glassmark 1\n# n 3\n# pinned 1 0\n0 1 1\n", {"line 3", "pinned value 0"}},
      {"a.txt", "# glassmark 1\n# n 3\n# pinned 1\n0 1 1\n", {"line 3", "takes 2 values"}},
      {"a.txt", "# glassmark 1\n# n 3\n# pinned 1 1\n# pinned 1 1\n0 1 1\n", {"line 4", "pinned before"}},
      {"a.txt", "# glassmark 1\n# n 3\n# planted 1 1 1\n# pinned 1 -1\n0 1 1\n", {"site 1", "pinned away"}},
      {"a.txt", "# glassmark 1\n# n 1000000000\n# order 6\n", {"n=1000000000", "GB", "smaller"}},
      {"a.txt", "# glassmark 1\n# n 3\n# temperature 1\n# sha256 12ab\n0 1 1\n", {"sha256", "damaged"}},
      {"a.txt", "# glassmark 1\n# n 1e300\n", {"n=1e+300", "1e9"}},
      {"a.txt", "3 2\n1 2 1\n", {"1 edges", "says 2", "truncated"}},
      {"a.txt", "3 1\n1 2 1\n2 3 1\n", {"2 edges", "says 1"}},
      {"a.txt", "3 1\n1 2\n", {"line 2", "2 columns"}},
      {"a.txt", "3 1\n0 2 1\n", {"line 2", "site 0", "1 to 3"}},
      {"a.txt", "3 1\n2 2 1\n", {"line 2", "named twice"}},
      {"a.txt", "3 2\n1 2 1\n2 1 1\n", {"line 3", "given before"}},
      {"a.txt", "0 0\n", {"line 1", "n=0"}},
      {"a.txt", "3 1.5\n1 2 1\n", {"line 1", "'1.5' is not a whole number"}},
      {"a.json", "", {"is empty"}},
      {"a.json", "{", {"not valid JSON", "line 1"}},
      {"a.json", "{\"glassmark\":1,\n\"n\":3,\n\"terms\":[[0,1,}", {"not valid JSON", "line 3"}},
      {"a.json", "[]", {"one JSON object", "array"}},
      {"a.json", "{\"n\":3,\"terms\":[]}", {"'glassmark' is missing"}},
      {"a.json", "{\"glassmark\":2,\"n\":3,\"terms\":[]}", {"glassmark", "must be 1"}},
      {"a.json", "{\"glassmark\":1,\"terms\":[]}", {"'n' is missing"}},
      {"a.json", "{\"glassmark\":1,\"n\":3}", {"'terms' is missing"}},
      {"a.json", "{\"glassmark\":1,\"n\":\"3\",\"terms\":[]}", {"n: must be a number", "string"}},
      {"a.json", "{\"glassmark\":1,\"n\":3,\"terms\":{}}", {"terms: must be an array", "object"}},
      {"a.json", "{\"glassmark\":1,\"n\":3,\"terms\":[[0,1,1],7]}", {"terms 1", "[i, j, J]"}},
      {"a.json",
       "{\"glassmark\":1,\"n\":3,\"terms\":[[0,1,1],[0,2,true]]}",
       {"terms 1", "must be a number", "boolean"}},
      {"a.json", "{\"glassmark\":1,\"n\":3,\"terms\":[[]]}", {"terms 0"}},
      {"a.json", "{\"glassmark\":1,\"n\":3,\"order\":2,\"terms\":[[0]]}", {"terms 0"}},
      {"a.json", "{\"glassmark\":1,\"n\":3,\"terms\":[[0,1,1],[0,1,2,1]]}", {"terms 1", "3 sites", "order is 2"}},
      {"a.json", "{\"glassmark\":1,\"n\":3,\"order\":2.5,\"terms\":[]}", {"order", "whole number"}},
      {"a.json", "{\"glassmark\":1,\"n\":3,\"terms\":[[0,1,1e999]]}", {"not valid JSON", "overflow"}},
      {"a.json", "{\"glassmark\":1,\"n\":3,\"terms\":[[0,1,1e200]]}", {"terms 0", "single precision"}},
      {"a.json", "{\"glassmark\":1,\"n\":3,\"terms\":[[0,3,1]]}", {"terms 0", "site 3"}},
      {"a.json", "{\"glassmark\":1,\"n\":3,\"terms\":[[0,1,1],[1,0,1]]}", {"terms 1", "given before"}},
      {"a.json", "{\"glassmark\":1,\"n\":3,\"terms\":[],\"feilds\":[]}", {"'feilds'", "'fields'"}},
      {"a.json", "{\"glassmark\":1,\"n\":3,\"terms\":[],\"fields\":[1,2]}", {"fields", "2 values", "n=3"}},
      {"a.json", "{\"glassmark\":1,\"n\":3,\"terms\":[],\"fields\":[1,2,\"x\"]}", {"fields 2", "number"}},
      {"a.json", "{\"glassmark\":1,\"n\":3,\"terms\":[],\"planted\":[1,1]}", {"planted", "2 values"}},
      {"a.json", "{\"glassmark\":1,\"n\":3,\"terms\":[],\"planted\":true}", {"planted", "array"}},
      {"a.json", "{\"glassmark\":1,\"n\":3,\"terms\":[],\"pinned\":[[1]]}", {"pinned 0", "[i, s]"}},
      {"a.json", "{\"glassmark\":1,\"n\":3,\"terms\":[],\"temperature\":0}", {"temperature=0"}},
      {"a.json", "{\"glassmark\":1,\"n\":3,\"terms\":[],\"model\":3}", {"model", "text", "number"}},
      {"a.json", "{\"glassmark\":1,\"n\":3,\"terms\":[],\"base\":0.5}", {"base", "0 or 1"}},
      {"a.json", "{\"glassmark\":1,\"n\":3,\"terms\":[],\"convention\":\"H\"}", {"convention", "-H = sum"}},
      {"a.nc", "CDF", {"cannot be read"}},
      {"a.cnf", "p cnf 3 1\n", {"clauses", ".txt"}},
  };
  for (const Bad& bad : all) {
    SCOPED_TRACE(bad.content);
    put(folder / bad.file, bad.content);
    std::vector<std::string> named = bad.named;
    named.emplace_back(bad.file);
    expect_refused([&] { read_instance(folder / bad.file); }, named);
  }
  expect_refused([&] { read_instance(folder / "absent.txt"); }, {"absent.txt", "cannot be read"});
  expect_refused([&] { read_instance(folder / "absent.json"); }, {"absent.json", "cannot be read"});
  expect_refused([&] { read_instance(folder / "absent.nc"); }, {"absent.nc", "no such file"});
  expect_refused([&] { read_instance(folder); }, {"is a folder"});
}

}  // namespace
}  // namespace glass

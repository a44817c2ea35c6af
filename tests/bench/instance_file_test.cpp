#include "bench/instance_file.hpp"

#include <cmath>
#include <cstring>

#include "bench/draws_file.hpp"
#include "models/core/random.hpp"
#include "models/ising_p_spin.hpp"
#include "models/sk.hpp"
#include "tests/bench/file_test.hpp"

namespace glass {
namespace {

using InstanceFileTest = FileTest;

/// What write_instance asks of a model, and nothing of samplers.
template <class T>
struct Plain final : AnyModel {
  T target;
  std::string spec_text;
  Plain(T t, std::string s) : target(std::move(t)), spec_text(std::move(s)) {}
  std::string spec() const override { return spec_text; }
  std::string name() const override { return split_spec(spec_text).name; }
  Index sites() const override { return target.sites(); }
  int order() const override { return target.order(); }
  const Environment& environment() const override { return target.environment(); }
  PerColumn log_likelihood(BatchIn x) const override { return target.log_likelihood(x); }
  std::optional<LogPartition> log_partition() const override { return std::nullopt; }
  void for_each_term(const std::function<void(std::span<const Index>, double)>& f) const override {
    target.for_each_term([&](const auto& sites, double j) { f(std::span<const Index>(sites), j); });
  }
  std::function<PerColumn(BatchIn)> log_target() const override {
    return [t = target](BatchIn x) { return t.log_likelihood(x); };
  }
  AnyDenoiser denoiser(const Spec&) const override { throw Refused("none here"); }
  std::string default_denoiser() const override { return ""; }
  std::optional<AnyKernel> kernel(const Spec&) const override { return std::nullopt; }
};

Sk rebuilt(const Sk&, const InstanceFile& f) {
  Couplings j(f.n, f.n);
  for (Index t = 0; t < f.terms.size(); ++t)
    j(f.terms.of(t)[0], f.terms.of(t)[1]) = j(f.terms.of(t)[1], f.terms.of(t)[0]) =
        float(f.terms.couplings[std::size_t(t)]);
  return Sk(std::move(j), f.environment);
}
IsingPSpin rebuilt(const IsingPSpin& p, const InstanceFile& f) {  // written in subsets' order, and so read
  EXPECT_EQ(f.terms.size(), IsingPSpin::binomial(p.sites(), p.order()));
  return {f.terms.order, {f.terms.couplings.begin(), f.terms.couplings.end()}, f.environment};
}

template <class T>
std::vector<double> terms_in(const T& t) {  // beta J / beta: the same doubles only where beta J are the same floats
  std::vector<double> out;
  t.for_each_term([&](const auto&, double j) { out.push_back(j); });
  return out;
}
bool same_bits(const Eigen::VectorXf& a, const Eigen::VectorXf& b) {
  return a.size() == b.size() &&
         (a.size() == 0 || !std::memcmp(a.data(), b.data(), std::size_t(a.size()) * sizeof(float)));
}

template <class T>
void expect_same_after_a_trip(const fs::path& folder, const T& target, const std::string& spec) {
  const Plain<T> model(target, spec);
  for (const char* name : {"a.txt", "a.json", "a.nc"}) {
    SCOPED_TRACE(spec + " " + name);
    write_instance(folder / name, model, 9);
    const InstanceFile f = read_instance(folder / name);
    EXPECT_EQ(f.model, spec.substr(0, spec.find(':')));
    EXPECT_EQ(f.terms.order, target.order());
    EXPECT_EQ(f.n, target.sites());
    EXPECT_EQ(f.notes, "");
    const Environment &a = target.environment(), &b = f.environment;
    EXPECT_EQ(a.beta, b.beta);
    EXPECT_TRUE(same_bits(a.h, b.h));
    EXPECT_TRUE(same_bits(a.pins, b.pins));
    EXPECT_TRUE(same_bits(a.truth, b.truth));
    const T back = rebuilt(target, f);
    EXPECT_TRUE(terms_in(target) == terms_in(back));
    Batch x(target.sites(), 3);
    Stream({3, Purpose::sampler, 0, 0}, 0).normals({x.data(), std::size_t(x.size())});
    x = (x.array() < 0).select(Batch::Constant(x.rows(), x.cols(), -1), Batch::Ones(x.rows(), x.cols()));
    EXPECT_EQ(target.log_likelihood(x), back.log_likelihood(x));
  }
}

// Temperatures whose reciprocals round in all ways.
TEST_F(InstanceFileTest, ModelsComeBackToTheLastBit) {
  for (const double t : {0.7, 1.25, 0.3, 1.0 / 3.0, 0.9999999, 1.0, 1.7, 49.0}) {
    SkOptions sk;
    sk.n = 24;
    sk.temperature = t;
    expect_same_after_a_trip(folder, Sk::make(sk, 5), "sk:n=24");
    sk.planted = true;
    sk.field = 0.1;
    sk.field_spread = 0.4;
    sk.pins = 3;
    expect_same_after_a_trip(folder, Sk::make(sk, 6), "sk:n=24,planted=true");
    for (const int p : {3, 4}) {
      IsingPSpinOptions o;
      o.p = p;
      o.n = 11;
      o.temperature = t;
      o.planted = p == 3;
      o.field_spread = 0.2;
      o.pins = 2;
      expect_same_after_a_trip(folder, IsingPSpin::make(o, 7), "ising-p-spin:p=3,n=11");
    }
  }
  SkOptions one;
  one.n = 1;
  one.field = 0.3;
  expect_same_after_a_trip(folder, Sk::make(one, 1), "sk:n=1");
  EXPECT_EQ(entries(), 3u);
}

// Where the float nearest to the J of the file gives another beta J: at powers of two, for some temperatures.
TEST_F(InstanceFileTest, CouplingsAtPowersOfTwoComeBack) {
  int found = 0;
  for (int k = 1; k <= 2000; ++k) {
    const double t = 0.3 + 0.001 * k, beta = 1 / t;
    const float nearest = float(1 / beta), next = std::nextafter(nearest, 9.0f);
    if (float(beta * double(next)) != 1.0f || float(beta * double(nearest)) == 1.0f) continue;
    ++found;
    Couplings j(2, 2);
    j(0, 1) = j(1, 0) = next;
    const Environment env{
        .beta = beta, .h = Eigen::Vector2f::Zero(), .pins = Eigen::Vector2f::Constant(Tilt::kFree), .truth = {}};
    const Sk sk(std::move(j), env);
    ASSERT_EQ(sk.couplings()(0, 1), 1.0f);
    write_instance(folder / "a.txt", Plain<Sk>(sk, "sk:n=2"), 1);
    EXPECT_EQ(rebuilt(sk, read_instance(folder / "a.txt")).couplings()(0, 1), 1.0f) << "T = " << t;
  }
  EXPECT_GT(found, 10);
}

Plain<Sk> small_model() {
  SkOptions o;
  o.n = 6;
  o.temperature = 0.7;
  o.planted = true;
  o.field_spread = 0.5;
  o.pins = 1;
  return {Sk::make(o, 1), "sk:n=6"};
}

TEST_F(InstanceFileTest, TextReadsAsPromised) {
  Couplings j(3, 3);
  j(0, 1) = j(1, 0) = 0.5;
  j(1, 2) = j(2, 1) = -0.25;
  j(0, 2) = j(2, 0) = 0.1f;
  Environment env{.beta = 2,
                  .h = Eigen::Vector3f(0, 0, 1.5),
                  .pins = Eigen::Vector3f(Tilt::kFree, -1, Tilt::kFree),
                  .truth = Eigen::Vector3f(1, -1, 1)};
  write_instance(folder / "a.txt", Plain<Sk>(Sk(std::move(j), env), "sk:n=3"), 4);
  EXPECT_EQ(content(folder / "a.txt"),
            "# glassmark 1\n# convention -H = sum J x..x + sum h x\n# base 0\n# terms 3\n# model sk\n# n 3\n# order 2\n"
            "# temperature 0.5\n# spec sk:n=3\n# seed 4\n"
            // sha256sum of the canonical text, written by hand
            "# sha256 cde19f0d0c48ec96695a94243615f2784f502dd7e5940c49629dd6f58f1f2480\n# planted +1 -1 +1\n# pinned 1 "
            "-1\n2 1.5\n0 1 0.5\n0 2 "
            "0.10000000149011612\n1 2 -0.25\n");
}

TEST_F(InstanceFileTest, OtherWaysToWriteTheSame) {
  std::ofstream(folder / "a.txt")
      << "# glassmark 1\r\n## by hand\r\n#\n\n# n 3\n# base 1\n# temperature 2\n3 1 2 +0.5e0\n2 -1\n";
  InstanceFile f = read_instance(folder / "a.txt", 0);
  EXPECT_EQ(f.terms.order, 3);
  EXPECT_EQ(f.terms.couplings, (std::vector<double>{0.5}));
  EXPECT_EQ(f.environment.h, Eigen::Vector3f(0, -1, 0));
  EXPECT_EQ(f.environment.beta, 0.5);
  EXPECT_EQ(f.model, "");

  std::ofstream(folder / "a.json") << R"({"glassmark":1,"n":3,"base":1,"terms":[[2,1,0.5],[3,2,-2]],"pinned":[[3,1]]})";
  f = read_instance(folder / "a.json");
  EXPECT_EQ(f.terms.couplings, (std::vector<double>{0.5, -2}));
  EXPECT_EQ(f.terms.sites, (std::vector<std::int32_t>{0, 1, 1, 2}));
  EXPECT_EQ(f.temperature, 0);
  EXPECT_EQ(f.environment.pins(2), 1);
  EXPECT_EQ(f.environment.truth.size(), 0);
}

TEST_F(InstanceFileTest, AnotherTemperatureDropsTheSignal) {
  const Plain<Sk> model = small_model();
  write_instance(folder / "a.txt", model, 1);
  const InstanceFile same = read_instance(folder / "a.txt", 0.7), other = read_instance(folder / "a.txt", 0.9);
  EXPECT_EQ(same.environment.truth.size(), 6);
  EXPECT_EQ(same.notes, "");
  EXPECT_EQ(other.environment.truth.size(), 0);
  EXPECT_EQ(other.environment.beta, 1 / 0.9);
  EXPECT_NE(other.notes.find("0.7"), std::string::npos);
  EXPECT_NEAR(other.terms.couplings[0], same.terms.couplings[0], 1e-6);
}

TEST_F(InstanceFileTest, RudyWeightsAreAntiferromagnetic) {
  std::ofstream(folder / "G") << "4 4\n1 2 1\n2 3 1\n4 3 -1\n1 4 0\n";
  const InstanceFile f = read_instance(folder / "G", 1.5);
  EXPECT_EQ(f.n, 4);
  EXPECT_EQ(f.temperature, 1.5);
  EXPECT_NE(f.notes.find("J = -w"), std::string::npos);
  EXPECT_NE(f.notes.find("(1 - H)/2"), std::string::npos);  // weights 1 + 1 - 1 + 0
  EXPECT_EQ(f.terms.couplings, (std::vector<double>{-1, -1, 1, 0}));
  EXPECT_EQ(f.terms.sites, (std::vector<std::int32_t>{0, 1, 1, 2, 2, 3, 0, 3}));
  // the cut of +--+ is w_12 + w_34 = 0 (edges 1-2 and 3-4), and (1 - H)/2 with H = sum w x x
  const std::vector<float> x{1, -1, -1, 1};
  double h = 0;
  for (Index t = 0; t < 4; ++t)
    h -=
        f.terms.couplings[std::size_t(t)] * double(x[std::size_t(f.terms.of(t)[0])] * x[std::size_t(f.terms.of(t)[1])]);
  EXPECT_EQ((1 - h) / 2, 0);
}

TEST_F(InstanceFileTest, SamplesWithCouplingsAreAnInstance) {
  const Plain<Sk> model = small_model();
  DrawsFile file(folder / "run.nc", {.instances = {{0, model.environment()}}, .terms = terms_of(model, model.order())});
  file.append(Batch::Ones(6, 1), PerColumn::Zero(1));
  file.commit();
  const InstanceFile f = read_instance(folder / "run.nc");
  EXPECT_EQ(terms_in(rebuilt(model.target, f)), terms_in(model.target));
  EXPECT_TRUE(same_bits(f.environment.truth, model.environment().truth));
}

TEST_F(InstanceFileTest, EveryTruncationIsNoticed) {
  const Plain<Sk> model = small_model();
  for (const char* name : {"a.txt", "a.json", "a.nc"}) {
    write_instance(folder / name, model, 1);
    const std::string whole = content(folder / name);
    ASSERT_GT(whole.size(), 200u) << name;
    const std::size_t last = whole.size() - (std::string(name) == "a.json" ? 2 : 1),
                      step = std::string(name) == "a.nc" ? 97 : 1;
    for (std::size_t size = 0; size <= last; size += step) {
      const fs::path cut = folder / ("cut" + fs::path(name).extension().string());
      put(cut, whole.substr(0, size));
      expect_refused([&] { read_instance(cut); }, {"cut"});
      if (HasFailure()) FAIL() << name << " cut to " << size << " of " << whole.size();
    }
  }
}

// Damage anywhere in a text is read as another instance or refused in one line; it never ends in anything else.
TEST_F(InstanceFileTest, DamageIsRefusedOrRead) {
  const Plain<Sk> model = small_model();
  for (const char* name : {"a.txt", "a.json"}) {
    write_instance(folder / name, model, 1);
    const std::string whole = content(folder / name);
    Stream rng({11, Purpose::sampler, 0, 0}, 0);
    int refused = 0;
    for (int k = 0; k < 3000; ++k) {
      std::string text = whole;
      for (int hits = 0; hits < 2; ++hits) {
        constexpr std::string_view bytes("0123456789-+.eE#,[]{}\"n \n\t\0\xff", 28);
        text[std::size_t(rng.uniform() * double(text.size()))] =
            bytes[std::size_t(rng.uniform() * double(bytes.size()))];
      }
      put(folder / name, text);
      try {
        const InstanceFile f = read_instance(folder / name);
        EXPECT_TRUE(f.environment.h.allFinite());
        EXPECT_EQ(f.terms.sites.size(), f.terms.couplings.size() * std::size_t(f.terms.order));
      } catch (const BadInput& e) {
        ++refused;
        const std::string what = e.what();
        EXPECT_NE(what.find(name), what.npos) << what;
        EXPECT_EQ(what.find_first_of("\n\r"), what.npos) << what;
      }
    }
    EXPECT_GT(refused, 500);
  }
}

TEST_F(InstanceFileTest, MalformedNetcdfIsNamed) {
  const auto refused = [&](const std::function<void(const NetcdfGroup&)>& fill, const std::vector<std::string>& named) {
    NetcdfFile file = NetcdfFile::create(folder / "a.nc");
    fill(file.root().make_group("constant_data"));
    file.commit();
    expect_refused([&] { read_instance(folder / "a.nc"); }, named);
  };
  const Environment env{
      .beta = 1, .h = Eigen::Vector3f::Zero(), .pins = Eigen::Vector3f::Constant(Tilt::kFree), .truth = {}};
  const auto with_terms = [&](const TermList& terms) {
    return [&env, terms](const NetcdfGroup& g) {
      put_environments(g, {&env});
      put_terms(g, terms);
    };
  };
  refused([](const NetcdfGroup&) {}, {"a.nc", "no variable 'constant_data/field'"});
  refused([&](const NetcdfGroup& g) { put_environments(g, {&env}); }, {"no couplings"});
  refused([&](const NetcdfGroup& g) { put_environments(g, {&env, &env}); }, {"one instance"});
  refused(with_terms({2, {0, 3}, {1}}), {"term 0", "site 3"});
  refused(with_terms({2, {0, 1, 1, 0}, {1, 1}}), {"term 1", "given before"});
  refused(with_terms({2, {0, 1}, {1.0 / 0.0}}), {"term 0", "finite"});
  refused(
      [&](const NetcdfGroup& g) {
        with_terms({2, {0, 1}, {1}})(g);
        g.set_attribute<std::int32_t>("", "order", {3});
      },
      {"order=3", "2 columns"});
  refused(
      [&](const NetcdfGroup& g) {
        with_terms({2, {0, 1}, {1}})(g);
        g.set_attribute<double>("", "temperature", {-1});
      },
      {"temperature=-1"});
  {
    NetcdfFile file = NetcdfFile::create(folder / "b.nc");
    file.commit();
  }
  expect_refused([&] { read_instance(folder / "b.nc"); }, {"b.nc", "no group 'constant_data'"});
}

TEST_F(InstanceFileTest, NothingHalfWritten) {
  struct Interrupting final : AnyModel {
    Plain<Sk> in = small_model();
    std::string spec() const override { return in.spec(); }
    std::string name() const override { return in.name(); }
    Index sites() const override { return in.sites(); }
    int order() const override { return in.order(); }
    const Environment& environment() const override { return in.environment(); }
    PerColumn log_likelihood(BatchIn x) const override { return in.log_likelihood(x); }
    std::optional<LogPartition> log_partition() const override { return std::nullopt; }
    void for_each_term(const std::function<void(std::span<const Index>, double)>& f) const override {
      ++passes;
      int k = 0;
      in.for_each_term([&](std::span<const Index> s, double j) {
        if (passes == last_pass && ++k == 5) throw std::runtime_error("interrupted");
        f(s, j);
      });
    }
    std::function<PerColumn(BatchIn)> log_target() const override { return {}; }
    AnyDenoiser denoiser(const Spec& s) const override { return in.denoiser(s); }
    std::string default_denoiser() const override { return ""; }
    std::optional<AnyKernel> kernel(const Spec&) const override { return std::nullopt; }
    mutable int passes = 0;
    int last_pass = 1;
  };
  for (const char* name : {"a.txt", "a.json", "a.nc"}) {
    Interrupting model;
    model.last_pass = std::string(name) == "a.txt" ? 2 : 1;  // the text counts the terms first
    std::ofstream(folder / name) << "old";
    EXPECT_THROW(write_instance(folder / name, model, 1), std::runtime_error) << name;
    EXPECT_EQ(content(folder / name), "old");
  }
  EXPECT_EQ(entries(), 3u);
  const Plain<Sk> model = small_model();
  expect_refused([&] { write_instance(folder / "a.cnf", model, 1); }, {"a.cnf", "clauses", ".txt, .json or .nc"});
  expect_refused([&] { write_instance(folder / "a.csv", model, 1); }, {"'.csv'", ".txt, .json or .nc"});
  expect_refused([&] { write_instance(folder / "a", model, 1); }, {"no extension", ".txt, .json or .nc"});
  expect_refused([&] { write_instance(folder / "no" / "a.txt", model, 1); }, {"does not exist"});
  EXPECT_EQ(entries(), 3u);
}

}  // namespace
}  // namespace glass

#include "bench/draws_file.hpp"

#include <chrono>
#include <thread>

#include "models/core/random.hpp"
#include "tests/bench/file_test.hpp"

namespace glass {
namespace {

using DrawsFileTest = FileTest;

Environment environment(Index n, bool planted, std::uint32_t instance) {
  SpinOptions o{.n = n,
                .temperature = 0.8,
                .planted = planted,
                .instance = instance,
                .field = 0.25,
                .field_spread = 0.5,
                .pins = 2};
  return Environment::draw("test", o, 7);
}

/// Draws made of random bits: every number in the file is told by (chain, draw, site).
struct Made {
  Index chains, draws, sites;
  Batch x(Index draw) const {
    Batch out(sites, chains);
    for (Index c = 0; c < chains; ++c) {
      std::vector<float> u(static_cast<std::size_t>(sites));
      Stream({1, Purpose::sampler, std::uint16_t(draw), 0}, std::uint32_t(c)).uniforms(u);
      for (Index i = 0; i < sites; ++i) out(i, c) = u[std::size_t(i)] < 0.5f ? -1.0f : 1.0f;
    }
    return out;
  }
  PerColumn numbers(Index draw, double scale) const {
    PerColumn out(chains);
    for (Index c = 0; c < chains; ++c) out(c) = scale * (double(c) + 100 * double(draw) + 1.0 / 3.0);
    return out;
  }
};

/// Everything in the file against what was put.
void expect_holds(const fs::path& path, const Made& made, const DrawsLayout& layout, bool planted) {
  const NetcdfFile file = NetcdfFile::open(path);
  const NetcdfGroup posterior = file.root().group("posterior"), stats = file.root().group("sample_stats");
  const auto x = posterior.get<std::int8_t>("x");
  const auto e = posterior.get<double>("E"), m = posterior.get<double>("m"), lp = stats.get<double>("lp"),
             acceptance = stats.get<double>("acceptance_rate");
  ASSERT_EQ(posterior.shape("x"), (std::vector<Index>{made.chains, made.draws, made.sites}));
  ASSERT_EQ(posterior.dimensions("x"), (std::vector<std::string>{"chain", "draw", "site"}));
  ASSERT_EQ(stats.dimensions("lp"), (std::vector<std::string>{"chain", "draw"}));
  ASSERT_EQ(posterior.has_variable("q_planted"), planted);
  ASSERT_EQ(stats.has_variable("log_q"), layout.log_q);
  ASSERT_EQ(stats.has_variable("unconverged"), layout.denoises);
  std::vector<double> q, log_q;
  if (planted) q = posterior.get<double>("q_planted");
  if (layout.log_q) log_q = stats.get<double>("log_q");
  std::vector<std::int32_t> unconverged;
  if (layout.denoises) unconverged = stats.get<std::int32_t>("unconverged");
  Index wrong = 0;
  for (Index d = 0; d < made.draws; ++d) {
    const Batch want = made.x(d);
    const PerColumn want_lp = made.numbers(d, -0.01), want_q = made.numbers(d, -2);
    for (Index c = 0; c < made.chains; ++c) {
      const auto k = std::size_t(c * made.draws + d);
      for (Index i = 0; i < made.sites; ++i)
        wrong += x[k * std::size_t(made.sites) + std::size_t(i)] != int(want(i, c));
      const Index share = made.chains / Index(layout.instances.size());
      const std::size_t row = layout.instance.empty() ? std::size_t(c / share) : layout.instance[std::size_t(c)];
      const Environment& env = layout.instances[row].environment;
      EXPECT_EQ(lp[k], want_lp(c));
      EXPECT_NEAR(e[k], -want_lp(c) / env.beta, 1e-14 * std::abs(e[k]));
      EXPECT_NEAR(m[k], double(want.col(c).sum()) / double(made.sites), 1e-6);
      if (planted) {
        EXPECT_NEAR(q[k], double(want.col(c).dot(env.truth)) / double(made.sites), 1e-6);
      }
      EXPECT_EQ(acceptance[k], 0.5 + double(d) / 1000);
      if (layout.log_q) {
        EXPECT_EQ(log_q[k], want_q(c));
      }
      if (layout.denoises) {
        EXPECT_EQ(unconverged[k], int(d % 3));
      }
    }
  }
  EXPECT_EQ(wrong, 0);
}

void append_all(DrawsFile& file, const Made& made, bool log_q) {
  for (Index d = 0; d < made.draws; ++d)
    file.append(made.x(d), made.numbers(d, -0.01), 0.5 + double(d) / 1000,
                log_q ? std::optional(made.numbers(d, -2)) : std::nullopt, int(d % 3));
}

/// Potts sites: symbols from 0, no magnetisation, an overlap that relabelling does not change.
TEST_F(DrawsFileTest, PottsSitesAreSymbolNumbers) {
  const Alphabet alphabet = Alphabet::potts(3);
  Environment env = Environment::draw("test", {.n = 4, .field = 0.5, .pins = 1}, 7, alphabet);
  const auto one_hot = [&](const std::vector<int>& symbols) {
    Batch x(12, 1);
    for (std::size_t i = 0; i < symbols.size(); ++i) alphabet.show(symbols[i], x.data() + 3 * i);
    return x;
  };
  Index pinned = 0;
  while (env.pins(3 * pinned) == Tilt::kFree) ++pinned;
  const int held = alphabet.symbol_of(&env.pins(3 * pinned));
  env.truth = one_hot({0, 0, 1, 2}).col(0);
  DrawsFile file(folder / "potts.nc", {.chains = 1, .draws = 2, .instances = {{0, env}}});
  file.append(one_hot({1, 1, 2, 0}), PerColumn::Zero(1));  // the truth, relabelled
  file.append(one_hot({0, 1, 0, 2}), PerColumn::Constant(1, -3));
  file.commit();
  const NetcdfFile read = NetcdfFile::open(folder / "potts.nc");
  const NetcdfGroup posterior = read.root().group("posterior"), constants = read.root().group("constant_data");
  EXPECT_EQ(posterior.get<std::int8_t>("x"), (std::vector<std::int8_t>{1, 1, 2, 0, 0, 1, 0, 2}));
  EXPECT_EQ(posterior.get<double>("q_planted"), (std::vector<double>{6.0 / 16, 4.0 / 16}));
  EXPECT_FALSE(posterior.has_variable("m"));
  std::vector<std::int8_t> pins(4, -1);
  pins[std::size_t(pinned)] = std::int8_t(held);
  EXPECT_EQ(constants.get<std::int8_t>("pinned"), pins);
  EXPECT_EQ(constants.get<std::int8_t>("planted_signal"), (std::vector<std::int8_t>{0, 0, 1, 2}));
  EXPECT_EQ(constants.shape("field"), (std::vector<Index>{1, 4, 3}));
  EXPECT_EQ(constants.get<double>("field")[3], 0.5);
}

TEST_F(DrawsFileTest, DrawsThatArriveOneByOne) {
  const Made made{3, 5, 6};
  DrawsLayout layout{.chains = 3,
                     .draws = 5,
                     .instances = {{4, environment(6, true, 4)}},
                     .planted_start = {0, 1, 0},
                     .log_q = true,
                     .denoises = true,
                     .terms = TermList{2, {0, 1, 2, 5}, {0.5, -1.25}},
                     .configuration = "{\"seed\":7}"};
  const fs::path path = folder / "run.nc";
  DrawsFile file(path, layout);
  append_all(file, made, true);
  EXPECT_FALSE(fs::exists(path));
  file.commit();
  EXPECT_EQ(entries(), 1u);
  expect_holds(path, made, layout, true);

  const NetcdfFile in = NetcdfFile::open(path);
  EXPECT_EQ(in.root().text_attribute("", "configuration"), "{\"seed\":7}");
  EXPECT_EQ(in.root().text_attribute("", "created_by").value_or("").rfind("glassmark ", 0), 0u);
  const NetcdfGroup constants = in.root().group("constant_data");
  const Environment& env = layout.instances[0].environment;
  const auto h = constants.get<double>("field");
  const auto pinned = constants.get<std::int8_t>("pinned"), truth = constants.get<std::int8_t>("planted_signal");
  int pins = 0;
  for (Index i = 0; i < 6; ++i) {
    const auto k = std::size_t(i);
    EXPECT_EQ(h[k], double(env.h(i)));
    EXPECT_EQ(pinned[k], env.pins(i) == Tilt::kFree ? 0 : int(env.pins(i)));
    EXPECT_EQ(truth[k], int(env.truth(i)));
    pins += pinned[k] != 0;
  }
  EXPECT_EQ(pins, 2);
  EXPECT_EQ(constants.get<std::uint32_t>("instance"), (std::vector<std::uint32_t>{0, 0, 0}));
  EXPECT_EQ(constants.get<std::uint32_t>("instance_number"), (std::vector<std::uint32_t>{4}));
  EXPECT_EQ(constants.get<std::int8_t>("start"), (std::vector<std::int8_t>{0, 1, 0}));
  EXPECT_EQ(constants.text_attribute("start", "flag_meanings"), "random planted");
  EXPECT_EQ(constants.get<std::int32_t>("coupling_sites"), (std::vector<std::int32_t>{0, 1, 2, 5}));
  EXPECT_EQ(constants.get<double>("coupling"), (std::vector<double>{0.5, -1.25}));
  EXPECT_EQ(constants.number_attribute("", "temperature"), 0.8);
  for (const auto& [group, variable] :
       std::vector<std::pair<std::string, std::string>>{{"posterior", "x"},
                                                        {"posterior", "E"},
                                                        {"posterior", "m"},
                                                        {"posterior", "q_planted"},
                                                        {"posterior", "site"},
                                                        {"sample_stats", "lp"},
                                                        {"sample_stats", "log_q"},
                                                        {"sample_stats", "acceptance_rate"},
                                                        {"sample_stats", "unconverged"},
                                                        {"constant_data", "field"},
                                                        {"constant_data", "pinned"},
                                                        {"constant_data", "planted_signal"},
                                                        {"constant_data", "instance"},
                                                        {"constant_data", "start"},
                                                        {"constant_data", "coupling"},
                                                        {"constant_data", "coupling_sites"}})
    for (const char* attribute : {"long_name", "units"})
      EXPECT_NE(in.root().group(group).text_attribute(variable, attribute).value_or(""), "") << variable;
  EXPECT_NE(in.root().group("posterior").text_attribute("E", "long_name").value_or("").find(kConvention),
            std::string::npos);
  for (const char* group : {"posterior", "sample_stats"}) EXPECT_FALSE(in.root().group(group).has_variable("energy"));
}

TEST_F(DrawsFileTest, ManyWindowsAndAShortLastOne) {
  const Made made{16, 70, 16384};  // 18 MB: windows of 64 draws
  DrawsLayout layout{.chains = made.chains, .draws = made.draws, .instances = {{0, environment(made.sites, false, 0)}}};
  DrawsFile file(folder / "run.nc", layout);
  append_all(file, made, false);
  file.commit();
  expect_holds(folder / "run.nc", made, layout, false);
}

TEST_F(DrawsFileTest, InstancesWrittenOneAfterAnother) {
  const Made made{6, 4, 9};
  for (const bool mixed : {false, true}) {
    DrawsLayout layout{.chains = 6, .draws = 4, .log_q = true};
    for (std::uint32_t k = 0; k < 3; ++k) layout.instances.push_back({k, environment(9, true, k)});
    if (mixed) layout.instance = {2, 2, 0, 1, 1, 0};
    DrawsFile file(folder / "run.nc", layout);
    for (Index first = 4; first >= 0; first -= 2) {
      DrawsBlock block(2, 4, 9);
      for (Index d = 0; d < 4; ++d)  // columns one at a time, as a caller with narrow batches would
        for (Index c = 0; c < 2; ++c)
          block.put(d, made.x(d).col(first + c), made.numbers(d, -0.01).segment(first + c, 1), 0.5 + double(d) / 1000,
                    PerColumn(made.numbers(d, -2).segment(first + c, 1)), 0, c);
      file.put(first, block);
    }
    file.commit();
    expect_holds(folder / "run.nc", made, layout, true);
    EXPECT_EQ(NetcdfFile::open(folder / "run.nc").root().group("constant_data").get<std::uint32_t>("instance"),
              mixed ? layout.instance : (std::vector<std::uint32_t>{0, 0, 1, 1, 2, 2}));
  }
}

TEST_F(DrawsFileTest, EqualDrawsGiveEqualBytes) {
  const Made made{5, 40, 301};
  const auto write = [&](const fs::path& path) {
    DrawsFile file(path,
                   {.chains = 5, .draws = 40, .instances = {{0, environment(301, true, 0)}}, .configuration = "{}"});
    append_all(file, made, false);
    file.commit();
  };
  write(folder / "one.nc");
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // HDF5 counts time in seconds
  write(folder / "two.nc");
  EXPECT_TRUE(content(folder / "one.nc") == content(folder / "two.nc"));
}

TEST_F(DrawsFileTest, IncompleteFilesDoNotAppear) {
  const Made made{2, 3, 4};
  const DrawsLayout layout{.chains = 2, .draws = 3, .instances = {{0, environment(4, false, 0)}}};
  const fs::path path = folder / "run.nc";
  std::ofstream(path) << "old";
  {
    DrawsFile file(path, layout);
    file.append(made.x(0), made.numbers(0, 1));
    EXPECT_THROW(file.commit(), std::logic_error);
  }
  {
    DrawsFile file(path, layout);
    DrawsBlock block(1, 3, 4);
    file.put(0, block);
    file.put(0, block);  // as many draws as the file has, but of one chain
    EXPECT_THROW(file.commit(), std::logic_error);
  }
  EXPECT_THROW(
      {
        DrawsFile file(path, layout);
        append_all(file, made, false);
        throw std::runtime_error("interrupted");
      },
      std::runtime_error);
  EXPECT_EQ(content(path), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(DrawsFileTest, WhatDoesNotFitIsRefused) {
  const fs::path path = folder / "run.nc";
  const auto open = [&](auto&& change) {
    DrawsLayout layout{.chains = 2, .draws = 3, .instances = {{0, environment(4, true, 0)}}};
    change(layout);
    return DrawsFile(path, layout);
  };
  using L = DrawsLayout;
  expect_refused([&] { open([](L& l) { l.chains = 0; }); }, {"chains"});
  expect_refused([&] { open([](L& l) { l.draws = 0; }); }, {"draws"});
  expect_refused([&] { open([](L& l) { l.instances.clear(); }); }, {"instance"});
  expect_refused([&] { open([](L& l) { l.instance = {0}; }); }, {"one entry per chain"});
  expect_refused([&] { open([](L& l) { l.instance = {0, 1}; }); }, {"instance 1 of 1"});
  expect_refused([&] { open([](L& l) { l.planted_start = {0, 1, 0}; }); }, {"one entry per chain"});
  expect_refused([&] { open([](L& l) { l.instances.push_back({1, environment(5, true, 1)}); }); }, {"same sites"});
  expect_refused([&] { open([](L& l) { l.instances.push_back({1, environment(4, false, 1)}); }); }, {"planted"});
  expect_refused([&] { open([](L& l) { l.instances.resize(3, l.instances[0]); }); }, {"shared out"});
  expect_refused(
      [&] {
        open([](L& l) {
          l.instances.resize(2, l.instances[0]);
          l.terms.emplace();
        });
      },
      {"single instance"});
  EXPECT_EQ(entries(), 0u);

  DrawsFile file = open([](L&) {});
  const Made made{2, 3, 4}, wide{3, 3, 4};
  EXPECT_THROW(file.append(wide.x(0), wide.numbers(0, 1)), std::logic_error);
  EXPECT_THROW(file.put(1, DrawsBlock(2, 3, 4)), std::logic_error);
  EXPECT_THROW(file.put(0, DrawsBlock(2, 2, 4)), std::logic_error);
  append_all(file, made, false);
  EXPECT_THROW(file.append(made.x(0), made.numbers(0, 1)), std::logic_error);
  DrawsBlock block(2, 3, 4);
  EXPECT_THROW(block.put(3, made.x(0), made.numbers(0, 1)), std::logic_error);
  EXPECT_THROW(block.put(0, made.x(0), made.numbers(0, 1), 1, std::nullopt, 0, 1), std::logic_error);
}

TEST_F(DrawsFileTest, HoldsWhatTheSamplerReports) {
  const Made made{3, 2, 4};
  DrawsLayout layout;
  layout.chains = 3;
  layout.draws = 2;
  layout.instances = {{0, environment(4, false, 0)}};
  const auto reported = [](int draw) {
    const Eigen::MatrixXd rungs =
        Eigen::MatrixXd::NullaryExpr(2, 3, [&](Index r, Index c) { return 100 * draw + 10 * c + r; });
    return std::vector<Reported>{{"power", "of each rung", rungs}, {"log_weight", "of the draw", rungs.topRows(1)}};
  };
  layout.reported = reported(0);
  DrawsFile file(folder / "r.nc", layout);
  EXPECT_THROW(file.append(made.x(0), made.numbers(0, 1)), std::logic_error);
  for (int d = 0; d < 2; ++d) file.append(made.x(d), made.numbers(d, 1), 1, std::nullopt, 0, reported(d));
  file.commit();
  const NetcdfFile in = NetcdfFile::open(folder / "r.nc");
  const NetcdfGroup stats = in.root().group("sample_stats");
  EXPECT_EQ(stats.dimensions("power"), (std::vector<std::string>{"chain", "draw", "power_dim_0"}));
  EXPECT_EQ(stats.get<double>("power"), (std::vector<double>{0, 1, 100, 101, 10, 11, 110, 111, 20, 21, 120, 121}));
  EXPECT_EQ(stats.get<double>("log_weight"), (std::vector<double>{0, 100, 10, 110, 20, 120}));
}

}  // namespace
}  // namespace glass

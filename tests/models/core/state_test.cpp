#include "models/core/state.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <sstream>
#include <string>
#include <utility>

#include "models/core/random.hpp"
#include "models/core/tilt.hpp"

namespace glass {
namespace {

enum class Phase : std::uint8_t { start, middle };

struct Inner {
  Batch x;
  std::vector<double> w;
  static void visit(auto& s, auto&& f) { f(s.x, s.w); }
};

struct Everything {
  int step = 0;
  bool done = false;
  Phase phase = Phase::start;
  std::uint64_t big = 0;
  PerColumn row;
  Eigen::VectorXf column;
  Eigen::Matrix<std::int8_t, Eigen::Dynamic, Eigen::Dynamic> bytes;
  std::array<float, 3> three{};
  std::vector<Inner> inner;
  std::vector<std::vector<int>> ragged;
  Tilt tilt = Tilt::none(0, 0);
  Streams rng;
  static void visit(auto& s, auto&& f) {
    f(s.step, s.done, s.phase, s.big, s.row, s.column, s.bytes, s.three, s.inner, s.ragged, s.tilt, s.rng);
  }
};

Everything filled() {
  Everything s;
  s.step = -5;
  s.done = true;
  s.phase = Phase::middle;
  s.big = ~std::uint64_t{0} - 2;
  s.row = PerColumn::LinSpaced(4, -1, 1);
  s.column = Eigen::VectorXf::LinSpaced(3, 0, 9);
  s.bytes = decltype(s.bytes)::Constant(2, 5, -7);
  s.three = {1.5f, -0.0f, std::numeric_limits<float>::infinity()};
  s.inner = {{Batch::Random(2, 3), {1, 2, 3}}, {Batch(0, 4), {}}};
  s.ragged = {{1, 2}, {}, {3}};
  s.tilt = Tilt::none(3, 2);
  s.tilt.field(1, 1) = 0.3f;
  s.rng = Streams({9, Purpose::test}, 3);
  s.rng[1]();
  return s;
}

TEST(State, LoadsWhatWasSaved) {
  const Everything s = filled();
  const std::string bytes = bytes_of(s);
  Everything back;
  std::istringstream in(bytes);
  Loader{in}.one(back);
  EXPECT_EQ(bytes_of(back), bytes);
  EXPECT_EQ(back.step, -5);
  EXPECT_TRUE(back.done);
  EXPECT_EQ(back.phase, Phase::middle);
  EXPECT_EQ(back.big, s.big);
  EXPECT_EQ(back.row, s.row);
  EXPECT_EQ(back.column, s.column);
  EXPECT_EQ(back.bytes, s.bytes);
  EXPECT_EQ(back.three, s.three);
  ASSERT_EQ(back.inner.size(), 2u);
  EXPECT_EQ(back.inner[0].x, s.inner[0].x);
  EXPECT_EQ(back.inner[0].w, s.inner[0].w);
  EXPECT_EQ(back.inner[1].x.cols(), 4);
  EXPECT_EQ(back.ragged, s.ragged);
  EXPECT_EQ(back.tilt.field, s.tilt.field);
  EXPECT_EQ(back.tilt.pinned, s.tilt.pinned);
  in.get();
  EXPECT_TRUE(in.eof());  // all of it was read

  Everything original = s;
  for (Index c = 0; c < 3; ++c) EXPECT_EQ(back.rng[c](), original.rng[c]());  // the streams go on where they stood
}

TEST(State, LoadReplacesWhatWasThere) {
  Everything s = filled();
  std::istringstream in(bytes_of(Everything{}));
  Loader{in}.one(s);
  EXPECT_EQ(bytes_of(s), bytes_of(Everything{}));
}

TEST(State, EveryMemberCountsInTheBytes) {
  const std::string bytes = bytes_of(filled());
  const auto differs = [&](auto&& change) {
    Everything s = filled();
    change(s);
    return bytes_of(s) != bytes;
  };
  EXPECT_EQ(bytes_of(Everything(filled())).size(), bytes.size());
  EXPECT_TRUE(differs([](Everything& s) { s.step = 6; }));
  EXPECT_TRUE(differs([](Everything& s) { s.three[1] = 0.0f; }));  // -0: equal as numbers, not as bytes
  EXPECT_TRUE(differs([](Everything& s) { s.inner[0].x(1, 2) += 1; }));
  EXPECT_TRUE(differs([](Everything& s) { s.ragged = {{1, 2}, {3}, {}}; }));
  EXPECT_TRUE(differs([](Everything& s) { s.column.resize(2); }));
  EXPECT_TRUE(differs([](Everything& s) { s.rng[2](); }));
}

TEST(State, EmptyMatricesAtTheEndLoad) {  // nothing is left in the stream, and nothing is wanted
  for (const auto& [rows, cols] : {std::pair<Index, Index>{5, 0}, {0, 5}, {0, 0}}) {
    Batch back(1, 1);
    std::istringstream in(bytes_of(Batch(rows, cols)));
    EXPECT_NO_THROW(Loader{in}.one(back));
    EXPECT_EQ(back.rows(), rows);
    EXPECT_EQ(back.cols(), cols);
  }
}

TEST(State, EveryTruncationIsBadInput) {
  const std::string bytes = bytes_of(filled());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    Everything s;
    std::istringstream in(bytes.substr(0, n));
    try {
      Loader{in}.one(s);
      FAIL() << n << " of " << bytes.size() << " bytes were taken for a state";
    } catch (const BadInput& e) {
      EXPECT_NE(std::string(e.what()).find("truncated"), std::string::npos) << e.what();
    }
  }
}

TEST(State, DamagedLengthsAreBadInput) {
  const auto load = [](auto state, auto... header) {
    std::ostringstream out;
    (Saver{out}.one(header), ...);
    std::istringstream in(std::move(out).str());
    Loader{in}.one(state);
  };
  EXPECT_THROW(load(Batch(), Index{-1}, Index{2}), BadInput);
  EXPECT_THROW(load(Batch(), Index{3}, Index{-7}), BadInput);
  EXPECT_THROW(load(std::array<float, 3>(), float{1}), BadInput);
  // a length that no memory holds must not end as std::bad_alloc or std::length_error: the file is wrong, not the
  // machine
  EXPECT_THROW(load(std::vector<double>(), ~std::size_t{0} >> 1), BadInput);
  EXPECT_THROW(load(Batch(), Index{1} << 60, Index{1} << 3), BadInput);
  // a row vector cannot take two rows
  EXPECT_THROW(load(PerColumn(), Index{2}, Index{2}), BadInput);
}

}  // namespace
}  // namespace glass

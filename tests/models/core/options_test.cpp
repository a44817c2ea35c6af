#include "models/core/options.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace glass {
namespace {

struct Everything {
  std::int64_t count = 4;
  std::uint32_t label = 7;
  int small = 1;
  double width = 0.25;
  double open = 1;
  bool flag = false;
  std::string order = "forward";
  static constexpr std::tuple fields{
      Field{"count", &Everything::count, "spins", "how many", {.least = 1, .most = 100}},
      Field{"label", &Everything::label, "", "a name"},
      Field{"small", &Everything::small, "", "a small number", {.least = -3}},
      Field{"width", &Everything::width, "J", "unbounded"},
      Field{"open", &Everything::open, "J", "positive", {.least = 0, .above = true}},
      Field{"flag", &Everything::flag, "", "yes or no"},
      Field{"order", &Everything::order, "", "which way", {.choices = "forward|random|reverse"}},
  };
  bool operator==(const Everything&) const = default;
};

std::string message(std::string_view keys) {
  try {
    parse<Everything>("thing", keys);
  } catch (const BadInput& e) {
    return e.what();
  }
  return "nothing was thrown";
}

TEST(Options, KeysSetTheirFieldsAndLeaveTheRest) {
  EXPECT_EQ(parse<Everything>("thing", ""), Everything{});
  const Everything o =
      parse<Everything>("thing", "count=9,width=-1e-3,flag=true,order=random,label=4294967295,small=-3");
  Everything expected;
  expected.count = 9;
  expected.width = -1e-3;
  expected.flag = true;
  expected.order = "random";
  expected.label = 4294967295u;
  expected.small = -3;
  EXPECT_EQ(o, expected);
  EXPECT_EQ(parse<Everything>("thing", "count=2", o).width, -1e-3);  // over what is already set
}

TEST(Options, ToKeysParsesBackToTheSameBits) {
  Everything o;
  for (const double v :
       {0.1, 1.0 / 3, 1e-300, -2.5e17, 123456789.123456789, 5e-324, std::numeric_limits<double>::max()}) {
    o.width = v;
    o.count = 77;
    o.flag = !o.flag;
    o.order = "reverse";
    EXPECT_EQ(parse<Everything>("thing", to_keys(o)), o) << to_keys(o);
  }
  EXPECT_EQ(to_keys(Everything{}), "count=4,label=7,small=1,width=0.25,open=1,flag=false,order=forward");
}

TEST(Options, UnknownKeysNameTheNearestAndAll) {
  EXPECT_EQ(message("cuont=3"),
            "thing: unknown key 'cuont', nearest is 'count' (known: count, label, small, width, open, flag, order)");
  EXPECT_NE(message("wdth=3").find("nearest is 'width'"), std::string::npos);
}

TEST(Options, ValuesOfTheWrongKindSayWhatIsWanted) {
  for (const char* bad : {"abc", "", "3.5", "4.0", "1e2", " 4", "4 ", "+4", "0x10"})
    EXPECT_EQ(message(std::string("count=") + bad), std::string("thing: count=") + bad + ": must be a whole number");
  for (const char* bad : {"wide", "", "1.0x", "1..", "--1"})
    EXPECT_EQ(message(std::string("width=") + bad), std::string("thing: width=") + bad + ": must be a number");
  for (const char* bad : {"yes", "1", "True", ""})
    EXPECT_EQ(message(std::string("flag=") + bad), std::string("thing: flag=") + bad + ": must be true or false");
  EXPECT_EQ(message("order=backward"), "thing: order=backward: must be one of forward|random|reverse");
  EXPECT_EQ(message("order=forward|random"), "thing: order=forward|random: must be one of forward|random|reverse");
  EXPECT_EQ(message("order=for"), "thing: order=for: must be one of forward|random|reverse");
  EXPECT_EQ(message("order="), "thing: order=: must be one of forward|random|reverse");
}

TEST(Options, NumbersThatAreNoneAreRefused) {
  for (const char* bad : {"nan", "inf", "-inf", "infinity", "NaN"})
    EXPECT_EQ(message(std::string("width=") + bad), std::string("thing: width=") + bad + ": must be a number");
  EXPECT_EQ(message("width=1e999"), "thing: width=1e999: number out of range");
  EXPECT_EQ(message("count=99999999999999999999"), "thing: count=99999999999999999999: number out of range");
  EXPECT_EQ(message("label=4294967296"), "thing: label=4294967296: number out of range");
  EXPECT_EQ(message("label=-1"), "thing: label=-1: must be a whole number");
}

TEST(Options, BoundsAreNamed) {
  EXPECT_EQ(message("count=0"), "thing: count=0: must be at least 1");
  EXPECT_EQ(message("count=101"), "thing: count=101: must be at most 100");
  EXPECT_EQ(message("small=-4"), "thing: small=-4: must be at least -3");
  EXPECT_EQ(message("open=0"), "thing: open=0: must be greater than 0");
  EXPECT_EQ(message("open=-2"), "thing: open=-2: must be greater than 0");
  EXPECT_EQ(parse<Everything>("thing", "count=1").count, 1);  // the ends belong to it
  EXPECT_EQ(parse<Everything>("thing", "count=100").count, 100);
  EXPECT_EQ(parse<Everything>("thing", "open=1e-9").open, 1e-9);
}

TEST(Options, MalformedListsAreRefused) {
  EXPECT_EQ(message("count"), "thing: 'count' must read key=value");
  EXPECT_EQ(message("=3"), "thing: '=3' must read key=value");
  EXPECT_EQ(message("count=3,,flag=true"), "thing: '' must read key=value");
  EXPECT_EQ(message(",count=3"), "thing: '' must read key=value");
  EXPECT_EQ(message("count=3,"), "thing: '' must read key=value");
  EXPECT_EQ(message("count=3,flag=true,count=4"), "thing: count is given twice");
  EXPECT_EQ(message("count=3=4"), "thing: count=3=4: must be a whole number");
}

TEST(Options, NearestNameIsTheOneOfFewestEdits) {
  EXPECT_EQ(nearest_name("glaubr", {"metropolis", "glauber", "flow"}), "glauber");
  EXPECT_EQ(nearest_name("flwo", {"glauber", "flow"}), "flow");
  EXPECT_EQ(nearest_name("sk", {"sk"}), "sk");
  EXPECT_EQ(nearest_name("x", {}), "");
}

TEST(Options, EveryMessageIsOneLine) {
  for (const char* bad : {"count", "count=x", "count=0", "nothing=1", "order=x", "width=inf", "count=1,count=2"})
    EXPECT_EQ(message(bad).find('\n'), std::string::npos);
}

}  // namespace
}  // namespace glass

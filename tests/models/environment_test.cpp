#include "models/environment.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "models/curie_weiss.hpp"
#include "models/ising_p_spin.hpp"
#include "models/sk.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

SpinOptions options(Index n, double temperature = 0.5) {
  SpinOptions o;
  o.n = n;
  o.temperature = temperature;
  return o;
}

TEST(Environment, FieldsHaveTheStatedLaw) {
  SpinOptions o = options(20000);
  o.field = 0.7;
  EXPECT_TRUE((Environment::draw("x", o, 1).h.array() == 0.7f).all());
  o.field_spread = 0.3;
  checks::Mean h, square;
  for (const float v : Environment::draw("x", o, 1).h) {
    h.add(double(v));
    square.add(std::pow(double(v) - 0.7, 2));
  }
  checks::expect_mean(h, 0.7, "field");
  checks::expect_mean(square, 0.09, "variance of the field");
}

TEST(Environment, TemperatureZeroIsALargeFiniteBeta) {
  SpinOptions o = options(5);
  o.temperature = 0;
  const Environment e = Environment::draw("x", o, 1);
  EXPECT_EQ(e.beta, kHardBeta);
  // every configuration of 10^6 sites of 5 symbols that violates one constraint more, together
  EXPECT_LT(1e6 * std::log(5.0) - kHardBeta, std::log(1e-300));
  for (const double count : {1.0, 3.0, 12345.0}) EXPECT_EQ(double(float(kHardBeta) * float(count)), kHardBeta * count);
}

/// Potts sites: one-hot pins, each symbol as often; the uniform field on symbol 0.
TEST(Environment, PottsSitesHaveARowForEachSymbol) {
  SpinOptions o = options(6);
  o.field = 0.7;
  o.pins = 2;
  const Alphabet a = Alphabet::potts(3);
  std::vector<checks::Mean> symbol(3);
  for (o.instance = 0; o.instance < 3000; ++o.instance) {
    const Environment e = Environment::draw("x", o, 2, a);
    ASSERT_EQ(e.sites(), 6);
    ASSERT_EQ(e.base(2).pinned.rows(), 18);
    Index pinned = 0;
    for (Index i = 0; i < 6; ++i) {
      EXPECT_EQ(e.h.segment(3 * i, 3), Eigen::Vector3f(0.7f, 0, 0));
      if (e.pins(3 * i) == Tilt::kFree) continue;
      ++pinned;
      const int s = a.symbol_of(&e.pins(3 * i));
      ASSERT_GE(s, 0);
      for (int k = 0; k < 3; ++k) symbol[std::size_t(k)].add(s == k);
    }
    EXPECT_EQ(pinned, 2);
  }
  for (int k = 0; k < 3; ++k) checks::expect_mean(symbol[std::size_t(k)], 1.0 / 3, "symbol " + std::to_string(k));
}

TEST(Environment, PinsAreAsManyAsAskedUniformAndFair) {
  SpinOptions o = options(7);
  o.pins = 3;
  std::vector<checks::Mean> held(7);
  checks::Mean sign, both;
  for (o.instance = 0; o.instance < 3000; ++o.instance) {
    const Environment e = Environment::draw("x", o, 2);
    Index pinned = 0;
    double signs = 0;
    for (Index i = 0; i < 7; ++i) {
      const bool is = e.pins(i) != Tilt::kFree;
      pinned += is;
      held[std::size_t(i)].add(is);
      if (is) {
        EXPECT_EQ(std::abs(e.pins(i)), 1);
        signs += double(e.pins(i));
      }
    }
    EXPECT_EQ(pinned, 3);
    sign.add(signs);
    both.add(e.pins(0) != Tilt::kFree && e.pins(6) != Tilt::kFree);
  }
  for (std::size_t i = 0; i < 7; ++i) checks::expect_mean(held[i], 3.0 / 7, "site " + std::to_string(i));
  checks::expect_mean(sign, 0, "sum of the pins");
  checks::expect_mean(both, 3.0 / 7 * 2 / 6, "first and last site together");
  o.pins = 7;
  EXPECT_TRUE((Environment::draw("x", o, 2).pins.array().abs() == 1).all());
  o.pins = 0;
  EXPECT_TRUE((Environment::draw("x", o, 2).pins.array() == Tilt::kFree).all());
}

TEST(Environment, SignalFollowsThePrior) {  // x*_i ~ e^{beta h_i x_i}/2 cosh(beta h_i), pinned sites at their pin
  SpinOptions o = options(6);
  o.planted = true;
  o.field = 0.3;
  o.field_spread = 0.5;
  o.pins = 2;
  std::vector<checks::Mean> off(6);
  checks::Mean product;
  for (o.instance = 0; o.instance < 4000; ++o.instance) {
    const Environment e = Environment::draw("x", o, 3);
    ASSERT_EQ(e.truth.size(), 6);
    double pair = 1;
    for (Index i = 0; i < 6; ++i) {
      EXPECT_EQ(std::abs(e.truth(i)), 1);
      const double mean = std::tanh(2 * double(e.h(i)));  // beta = 2
      if (e.pins(i) != Tilt::kFree) {
        EXPECT_EQ(e.truth(i), e.pins(i));
      } else {
        off[std::size_t(i)].add(double(e.truth(i)) - mean);
        pair *= double(e.truth(i)) - mean;
      }
    }
    product.add(pair);
  }
  for (std::size_t i = 0; i < 6; ++i) checks::expect_mean(off[i], 0, "site " + std::to_string(i));
  checks::expect_mean(product, 0, "sites are independent");
}

TEST(Environment, NothingIsPlantedUnlessAsked) {
  SpinOptions o = options(9);
  const Environment null = Environment::draw("x", o, 4);
  EXPECT_EQ(null.truth.size(), 0);
  EXPECT_EQ(null.sites(), 9);
  EXPECT_EQ(null.beta, 2);
  o.planted = true;
  o.pins = 2;
  o.field_spread = 1;
  const Environment planted = Environment::draw("x", o, 4);
  o.planted = false;
  EXPECT_EQ(Environment::draw("x", o, 4).h, planted.h);  // planting changes neither fields nor pins
  EXPECT_EQ(Environment::draw("x", o, 4).pins, planted.pins);
}

TEST(Environment, ItsPartsDoNotShareRandomNumbers) {
  // signal, pins and couplings of one instance: no correlation beyond chance over 2000 sites
  SpinOptions o = options(2000);
  o.planted = true;
  o.field_spread = 1;
  o.temperature = 1e6;  // a fair signal
  const Environment e = Environment::draw("x", o, 5);
  SkOptions sk;
  static_cast<SpinOptions&>(sk) = o;
  const Sk model = Sk::make(sk, 5);
  EXPECT_EQ(model.truth(), e.truth);
  checks::Mean field, coupling;
  for (Index i = 0; i < 2000; ++i) {
    field.add(double(e.truth(i) * e.h(i)));
    if (i > 0) coupling.add(double(e.truth(i) * model.couplings()(i, 0)) * 1e6 * std::sqrt(2000.0));
  }
  checks::expect_mean(field, 0, "signal and fields");
  checks::expect_mean(coupling, 0, "signal and couplings");
}

TEST(Environment, BaseTiltHoldsThePinsAndNothingElse) {
  SpinOptions o = options(8);
  o.pins = 3;
  o.field = 1;
  const Environment e = Environment::draw("x", o, 6);
  const Tilt t = e.base(4);
  EXPECT_EQ(t.columns(), 4);
  EXPECT_TRUE((t.power.array() == 1).all());
  EXPECT_TRUE((t.precision.array() == 0).all());
  EXPECT_TRUE((t.field.array() == 0).all());
  for (Index c = 0; c < 4; ++c)
    for (Index i = 0; i < 8; ++i) {
      EXPECT_EQ(t.pinned(i, c), e.pins(i));
      EXPECT_EQ(t.free(i, c), e.pins(i) == Tilt::kFree);
    }
}

TEST(Environment, MorePinsThanSpinsIsBadInput) {
  const auto message = [](auto&& make) -> std::string {
    try {
      make();
    } catch (const BadInput& e) {
      return e.what();
    }
    return "nothing was thrown";
  };
  SkOptions sk;
  IsingPSpinOptions p;
  CurieWeissOptions cw;
  sk.n = p.n = cw.n = 4;
  sk.pins = p.pins = cw.pins = 5;
  EXPECT_EQ(message([&] { Sk::make(sk, 0); }), "sk: pins=5: must be at most n=4");
  EXPECT_EQ(message([&] { IsingPSpin::make(p, 0); }), "ising-p-spin: pins=5: must be at most n=4");
  EXPECT_EQ(message([&] { CurieWeiss::make(cw, 0); }), "curie-weiss: pins=5: must be at most n=4");
}

TEST(Environment, OptionsRefuseWhatNoModelCanBe) {
  const auto message = [](std::string_view keys) -> std::string {
    try {
      parse<SkOptions>("sk", keys);
    } catch (const BadInput& e) {
      return e.what();
    }
    return "nothing was thrown";
  };
  EXPECT_EQ(message("n=0"), "sk: n=0: must be at least 1");
  EXPECT_EQ(message("temperature=0"), "sk: temperature=0: must be greater than 0");
  EXPECT_EQ(message("temperature=-1"), "sk: temperature=-1: must be greater than 0");
  EXPECT_EQ(message("field_spread=-0.5"), "sk: field_spread=-0.5: must be at least 0");
  EXPECT_EQ(message("pins=-1"), "sk: pins=-1: must be at least 0");
  EXPECT_EQ(message("instance=-1"), "sk: instance=-1: must be a whole number");
  EXPECT_EQ(message("planted=yes"), "sk: planted=yes: must be true or false");
  EXPECT_THROW(parse<IsingPSpinOptions>("ising-p-spin", "p=2"), BadInput);
  EXPECT_THROW(parse<IsingPSpinOptions>("ising-p-spin", "p=7"), BadInput);
  EXPECT_EQ(parse<CurieWeissOptions>("curie-weiss", "coupling=-1").coupling, -1);
}

}  // namespace
}  // namespace glass

#include "models/colouring.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "bench/conformance.hpp"
#include "models/quiet_planting.hpp"
#include "samplers/symbol_sweep.hpp"
#include "tests/models/glass_checks.hpp"
#include "tests/models/planted_law.hpp"

namespace glass {
namespace {

ColouringOptions options(Index n, int q, double degree, double temperature, bool planted = false) {
  ColouringOptions o;
  o.n = n;
  o.colours = q;
  o.degree = degree;
  o.temperature = temperature;
  o.planted = planted;
  return o;
}

double naive_log_likelihood(const Colouring& t, const Eigen::VectorXf& x) {
  const Index q = t.alphabet().symbols();
  double sum = double(t.environment().h.dot(x));
  t.for_each_edge([&](Index i, Index j) { sum -= double(x.segment(i * q, q).dot(x.segment(j * q, q))); });
  return t.beta() * sum;
}

Batch random_colours(const Colouring& t, Index columns, Stream& rng) {
  const Index q = t.alphabet().symbols();
  Batch x(t.sites() * q, columns);
  for (Index c = 0; c < columns; ++c)
    for (Index i = 0; i < t.sites(); ++i) t.alphabet().show(int(rng.uniform() * double(q)), &x(i * q, c));
  return x;
}

TEST(Colouring, WeightsChangesAndLikelihoodAgreeWithTheEdges) {
  for (const int q : {2, 3, 5}) {
    ColouringOptions o = options(12, q, 3, 0.7);
    o.field = 0.3;
    o.field_spread = 0.5;
    const Colouring t = Colouring::make(o, 3);
    Index edges = 0;
    t.for_each_edge([&](Index i, Index j) {
      EXPECT_LT(i, j);
      ++edges;
    });
    EXPECT_EQ(edges, 18);
    Stream rng({3, Purpose::test}, 0);
    auto s = t.open(random_colours(t, 4, rng));
    const auto expect_right = [&] {
      const PerColumn l = t.log_likelihood(s), direct = t.log_likelihood(BatchIn(s.x));
      std::vector<float> w(static_cast<std::size_t>(q));
      for (Index c = 0; c < 4; ++c) {
        const double here = naive_log_likelihood(t, s.x.col(c));
        EXPECT_NEAR(l(c), here, 1e-4);
        EXPECT_NEAR(direct(c), here, 1e-4);
        for (Index i = 0; i < t.sites(); ++i) {
          t.log_weights(s, c, i, w.data());
          const int now = t.symbol(s, c, i);
          EXPECT_EQ(s.x(i * q + now, c), 1);
          for (int a = 0; a < q; ++a) {
            Eigen::VectorXf other = s.x.col(c);
            t.alphabet().show(a, other.data() + i * q);
            EXPECT_NEAR(double(w[std::size_t(a)] - w[std::size_t(now)]), naive_log_likelihood(t, other) - here, 1e-4);
          }
        }
      }
    };
    expect_right();
    for (int k = 0; k < 300; ++k)
      t.set(s, Index(rng.uniform() * 4), Index(rng.uniform() * 12), int(rng.uniform() * double(q)));
    expect_right();
    EXPECT_LE((t.open(s.x).g - s.g).cwiseAbs().maxCoeff(), 1e-4);
  }
}

TEST(Colouring, HardWeightsAreExactAfterAnyNumberOfChanges) {
  const Colouring t = Colouring::make(options(50, 4, 6, 0), 5);
  Stream rng({5, Purpose::test}, 0);
  auto s = t.open(random_colours(t, 2, rng));
  for (int k = 0; k < 5000; ++k) t.set(s, Index(rng.uniform() * 2), Index(rng.uniform() * 50), int(rng.uniform() * 4));
  EXPECT_EQ(t.open(s.x).g, s.g);
}

/// All (x*, edges) at four sites: 81 colourings, 6 edges, two or three of them.
TEST(Colouring, PlantedInstancesHaveTheQuietLaw) {
  for (const double temperature : {0.0, 0.6}) {
    const ColouringOptions o = options(4, 3, 1, temperature, true);  // 2 edges
    const auto number = [](Index i, Index j) { return j * (j - 1) / 2 + i; };
    std::vector<std::pair<Index, Index>> ends(6);
    for (Index j = 1; j < 4; ++j)
      for (Index i = 0; i < j; ++i) ends[std::size_t(number(i, j))] = {i, j};
    // edges come back sorted by their smaller end: count lists up to order
    const auto ordered = [&](const Colouring& t) {
      std::vector<Index> all;
      t.for_each_edge([&](Index i, Index j) { all.push_back(number(i, j)); });
      return all;
    };
    const Configurations space(4, Alphabet::potts(3));
    const auto weight = [&](const Eigen::VectorXf& x, Index e) {
      const auto [i, j] = ends[std::size_t(e)];
      return x.segment(3 * i, 3) == x.segment(3 * j, 3) ? temperature > 0 ? std::exp(-1 / temperature) : 0.0 : 1.0;
    };
    Stream coin({51, Purpose::test}, 0);
    const Check law = checks::joint_law_check(
        space, 6, 2, [](const Eigen::VectorXf&) { return 0.0; }, weight,
        [&](std::uint32_t instance) {
          ColouringOptions one = o;
          one.instance = instance;
          const Colouring t = Colouring::make(one, 53);
          std::vector<Index> list = ordered(t);
          if (coin.uniform() < 0.5) std::swap(list[0], list[1]);  // which came first is lost: either is as likely
          return std::pair{t.truth(), list};
        },
        40000);
    EXPECT_GE(law.p_value, checks::kLevel) << "T=" << temperature << ": " << law.statistic << " of " << law.dof;
  }
}

/// Class sizes with fields and pins, against the list of all of them: multinomial times prior times z^M.
TEST(Colouring, PlantedClassSizesHaveTheStatedWeight) {
  for (const int q : {3, 4})
    for (const double temperature : {0.0, 0.5})
      for (const Index pins : {0, 5}) {
        constexpr Index kSites = 20;
        ColouringOptions o = options(kSites, q, 6, temperature);
        o.pins = pins;
        if (temperature > 0) o.field = 0.3;
        const Environment env = Environment::draw("test", o, 7, Alphabet::potts(q));
        std::vector<double> pinned(std::size_t(q), 0.0);
        for (Index i = 0; i < kSites; ++i)
          if (env.pins(i * q) != Tilt::kFree) pinned[std::size_t(env.alphabet.symbol_of(&env.pins(i * q)))] += 1;
        const double n = kSites, m = double(o.edges()), violated = std::exp(-env.beta);
        const Index base = kSites + 1, free = kSites - pins;
        Eigen::VectorXd law = Eigen::VectorXd::Zero(Index(std::pow(base, q - 1))), seen = law;
        for (Index k = 0; k < law.size(); ++k) {
          Index left = free, rest = k;
          double l = std::lgamma(double(free) + 1), s = 0;
          for (int a = 0; a < q; ++a) {
            const Index size = a + 1 < q ? rest % base : left;
            rest /= base;
            left -= size;
            if (size < 0 || left < 0) {
              l = -std::numeric_limits<double>::infinity();
              break;
            }
            l += env.beta * double(env.h(a)) * double(size) - std::lgamma(double(size) + 1);
            s += std::pow(double(size) + pinned[std::size_t(a)], 2);
          }
          const double z = 0.5 * (n * n - s) + violated * 0.5 * (s - n);
          law(k) = std::isfinite(l) && z > 0.5 ? std::exp(l + m * std::log(z / (0.5 * n * n)) - 20) : 0;
        }
        law /= law.sum();
        const ClassSizes sizes("test", env, o.edges());
        Stream rng({59, Purpose::planted, 0, std::uint32_t(q)}, 0);
        for (int draw = 0; draw < 20000; ++draw) {
          const std::vector<Index> drawn = sizes.draw(rng);
          Index k = 0, place = 1;
          for (int a = 0; a + 1 < q; ++a, place *= base) k += place * drawn[std::size_t(a)];
          seen(k) += 1;
        }
        const Check c = law_check("class sizes", seen, law);
        EXPECT_GE(c.p_value, checks::kLevel)
            << "q=" << q << " T=" << temperature << " pins " << pins << ": " << c.statistic << " of " << c.dof;
      }
}

TEST(Colouring, PlantedSignalIsAPosteriorSample) {
  for (const double temperature : {0.0, 0.5}) {
    ColouringOptions o = options(6, 3, 3, temperature);
    checks::expect_signal_from_posterior<Colouring>(o, 1000, "colouring");
    o.pins = 2;
    if (temperature > 0) o.field = 0.4;
    checks::expect_signal_from_posterior<Colouring>(o, 1000, "colouring with pins");
  }
}

TEST(Colouring, PlantedStartsStayAtLargeSize) {
  checks::Mean gap, moved;
  ColouringOptions o = options(10000, 5, 12, 0.4, true);
  for (o.instance = 0; o.instance < 20; ++o.instance) {
    const Colouring t = Colouring::make(o, 61);
    const SymbolGlauber<Colouring> chain(t);
    auto s = chain.init(Streams({61, Purpose::sampler, 0, o.instance}, 1));
    chain.place(s, t.truth());
    const double start = chain.log_likelihood(s)(0);
    for (int k = 0; k < 10; ++k) chain.step(s);
    gap.add((chain.log_likelihood(s)(0) - start) / std::sqrt(double(o.n)));
    moved.add(1 - double(s.sites.x.col(0).dot(t.truth())) / double(o.n));
  }
  checks::expect_mean(gap, 0, "energy less the planted one");
  EXPECT_GT(moved.mean, 0.1);
}

TEST(Colouring, SolutionsStaySolutionsAtTemperatureZero) {
  const Colouring t = Colouring::make(options(20000, 5, 10, 0, true), 67);
  EXPECT_EQ(t.log_likelihood(BatchIn(t.truth()))(0), 0);
  const SymbolMetropolis<Colouring> chain(t);
  auto s = chain.init(Streams({67, Purpose::sampler}, 1));
  chain.place(s, t.truth());
  for (int k = 0; k < 10; ++k) {
    EXPECT_GT(chain.step(s).acceptance, 0.05);
    EXPECT_EQ(chain.log_likelihood(s)(0), 0);
  }
}

TEST(Colouring, RegularGraphsAreRegularAndSimple) {
  ColouringOptions o = options(200, 3, 5, 0.5);
  o.graph = "regular";
  const Colouring t = Colouring::make(o, 71);
  std::vector<Index> degree(200);
  std::set<std::pair<Index, Index>> edges;
  t.for_each_edge([&](Index i, Index j) {
    ++degree[std::size_t(i)];
    ++degree[std::size_t(j)];
    EXPECT_TRUE(edges.insert({i, j}).second);
  });
  for (const Index d : degree) EXPECT_EQ(d, 5);
}

TEST(Colouring, SaysWhatCannotBe) {
  const auto refused = [](const ColouringOptions& o, std::initializer_list<const char*> words) {
    try {
      Colouring::make(o, 1);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const BadInput& e) {
      for (const char* w : words) EXPECT_NE(std::string(e.what()).find(w), std::string::npos) << e.what();
      EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos);
    }
  };
  ColouringOptions o = options(10, 3, 2, 0.5, true);
  o.field_spread = 0.2;
  refused(o, {"planted=true", "field_spread=0"});
  o = options(10, 3, 2, 0);
  o.field = 1;
  refused(o, {"temperature=0", "field"});
  refused(options(1, 3, 2, 1), {"n=1", "two sites"});
  o = options(10, 3, 3, 1, true);
  o.graph = "regular";
  refused(o, {"graph=regular", "planted=true", "erdos-renyi"});
  o.planted = false;
  o.degree = 2.5;
  refused(o, {"degree=2.5", "whole"});
  o.degree = 3;
  o.n = 11;
  refused(o, {"n=11", "degree=3"});
  o = options(2, 2, 1, 0, true);  // both pinned alike in some instance: no edge can be drawn
  o.pins = 2;
  int refusals = 0;
  for (o.instance = 0; o.instance < 20; ++o.instance) try {
      Colouring::make(o, 1);
    } catch (const BadInput& e) {
      EXPECT_NE(std::string(e.what()).find("fewer pins"), std::string::npos) << e.what();
      ++refusals;
    }
  EXPECT_GT(refusals, 2);
  EXPECT_LT(refusals, 18);
  EXPECT_THROW(Colouring({0, 0}, Environment::draw("test", options(3, 3, 1, 1), 1, Alphabet::potts(3))),
               std::invalid_argument);
}

}  // namespace
}  // namespace glass

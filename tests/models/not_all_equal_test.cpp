#include "models/not_all_equal.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "bench/conformance.hpp"
#include "models/quiet_planting.hpp"
#include "samplers/glauber.hpp"
#include "tests/models/glass_checks.hpp"
#include "tests/models/planted_law.hpp"

namespace glass {
namespace {

NotAllEqualOptions options(Index n, int k, double alpha, double temperature, bool planted = false,
                           std::uint32_t instance = 0) {
  NotAllEqualOptions o;
  o.n = n;
  o.k = k;
  o.alpha = alpha;
  o.temperature = temperature;
  o.planted = planted;
  o.instance = instance;
  return o;
}

/// The same target as a sum of products: a clause of literals l is violated with prod (1+l)/2 + prod (1-l)/2 =
/// 2^(1-k) sum over subsets of even size of prod l.
struct Expanded : NotAllEqual {
  explicit Expanded(NotAllEqual t) : NotAllEqual(std::move(t)) {}
  void for_each_term(auto&& f) const {
    for (Index m = 0; m < clauses().count(); ++m) {
      const auto clause = clauses()[m];
      for (std::uint32_t set = 0; set < 1u << clause.size(); ++set) {
        if (std::popcount(set) % 2) continue;
        std::vector<Index> sites;
        double j = -std::exp2(1.0 - double(clause.size()));
        for (std::size_t a = 0; a < clause.size(); ++a)
          if (set >> a & 1) {
            sites.push_back(Index(clause[a] >> 1));
            if (clause[a] & 1) j = -j;
          }
        f(sites, j);
      }
    }
  }
};

TEST(NotAllEqual, FieldsFlipsAndLikelihoodAgreeWithTheTerms) {
  std::uint32_t seed = 1;
  for (const int k : {2, 3, 4, 5, 7})
    for (const bool literals : {false, true}) {
      NotAllEqualOptions o = options(15, k, 2.2, 0.7, k > 3);
      o.field = 0.2;
      o.field_spread = 0.4;
      o.pins = 3;
      const Expanded target(literals ? NaeSat::make(o, ++seed) : Bicolouring::make(o, ++seed));
      checks::expect_spin_target(target, true,
                                 std::string(literals ? "nae-sat" : "bicolouring") + " k=" + std::to_string(k));
    }
}

/// At temperature 0 fields are whole multiples of beta/2, so a float holds them without rounding.
TEST(NotAllEqual, HardFieldsAreExactAfterAnyNumberOfFlips) {
  const NotAllEqual target = NaeSat::make(options(60, 4, 5, 0), 3);
  Stream rng({3, Purpose::test}, 0);
  auto s = target.open(checks::random_spins(60, 3, rng));
  for (int f = 0; f < 5000; ++f) target.flip(s, Index(rng.uniform() * 3), Index(rng.uniform() * 60));
  const auto fresh = target.open(s.x);
  EXPECT_EQ(s.g, fresh.g);
  EXPECT_EQ(s.trues, fresh.trues);
  EXPECT_EQ(s.violated, fresh.violated);
  EXPECT_EQ(target.log_likelihood(s), target.log_likelihood(BatchIn(s.x)));
}

/// Every clause of k different sites is equally likely; every literal is negated half of the time.
TEST(NotAllEqual, NullClausesAreUniform) {
  Eigen::VectorXd plain = Eigen::VectorXd::Zero(10), literal = Eigen::VectorXd::Zero(40);
  const auto number = [](std::span<const std::uint32_t> c) {  // of an ordered pair of 5 sites, as a set
    const Index a = std::max(c[0] >> 1, c[1] >> 1), b = std::min(c[0] >> 1, c[1] >> 1);
    return a * (a - 1) / 2 + b;
  };
  const auto signs = [](std::span<const std::uint32_t> c) {
    return c[0] < c[1] ? (c[0] & 1) + 2 * (c[1] & 1) : (c[1] & 1) + 2 * (c[0] & 1);
  };
  const NotAllEqual one = Bicolouring::make(options(5, 2, 4000, 1), 4), two = NaeSat::make(options(5, 2, 4000, 1), 4);
  for (Index m = 0; m < one.clauses().count(); ++m) {
    plain(number(one.clauses()[m])) += 1;
    EXPECT_FALSE(one.clauses()[m][0] & 1);
    literal(number(two.clauses()[m]) * 4 + Index(signs(two.clauses()[m]))) += 1;
  }
  EXPECT_EQ(plain.sum(), 20000);
  EXPECT_GE(law_check("clauses", plain, Eigen::VectorXd::Constant(10, 0.1)).p_value, checks::kLevel);
  EXPECT_GE(law_check("literals", literal, Eigen::VectorXd::Constant(40, 0.025)).p_value, checks::kLevel);
}

double violated(const Eigen::VectorXf& x, std::span<const std::uint32_t> clause) {
  std::size_t trues = 0;
  for (const std::uint32_t l : clause) trues += (x(Index(l >> 1)) > 0) != bool(l & 1);
  return trues == 0 || trues == clause.size();
}

/// All (x*, clauses) at 4 sites: quiet planting is the joint law prior(x*) prod w, nothing else.
TEST(Bicolouring, SignalAndClausesHaveTheQuietLaw) {
  for (const double temperature : {0.0, 0.7})
    for (const bool pinned : {false, true}) {
      NotAllEqualOptions o = options(4, 3, 0.75, temperature, true);  // 3 of the 4 clauses, with repetition
      o.pins = pinned;
      if (temperature > 0) o.field = 0.25;
      if (temperature > 0 && pinned) o.field_spread = 0.5;
      const auto fixed = [&](std::uint32_t instance) {  // fields and pins are the instance's; those of instance 0
        NotAllEqualOptions one = o;
        one.planted = false;
        one.instance = instance;
        return Environment::draw("test", one, 5);
      };
      const Environment env = fixed(0);
      const double beta = env.beta;
      const auto clause = [](Index c) {  // the one that leaves out site c
        std::vector<std::uint32_t> l;
        for (Index i = 0; i < 4; ++i)
          if (i != c) l.push_back(std::uint32_t(2 * i));
        return l;
      };
      const auto draw = [&](std::uint32_t instance) {
        Stream signal({17, Purpose::planted, 0, instance}, 0);
        const Eigen::VectorXf x = plant_two_colours("test", env, 3, 3, signal);
        // the clauses of the ensemble itself, round this signal
        std::vector<Index> numbers;
        Stream rng({17, Purpose::test, 0, instance}, 0);
        while (numbers.size() < 3) {
          const Index c = Index(rng.uniform() * 4);
          if (!violated(x, clause(c)) || rng.uniform() < std::exp(-beta)) numbers.push_back(c);
        }
        return std::pair{x, numbers};
      };
      const auto prior = [&](const Eigen::VectorXf& x) {
        double l = beta * double(env.h.dot(x));
        for (Index i = 0; i < 4; ++i)
          if (env.pins(i) != Tilt::kFree && env.pins(i) != x(i)) l = -std::numeric_limits<double>::infinity();
        return l;
      };
      const Check law = checks::joint_law_check(
          Configurations(4, Alphabet::spins()), 4, 3, prior,
          [&](const Eigen::VectorXf& x, Index c) { return violated(x, clause(c)) ? std::exp(-beta) : 1.0; }, draw,
          40000);
      EXPECT_GE(law.p_value, checks::kLevel)
          << "T=" << temperature << " pins " << pinned << ": " << law.statistic << " of " << law.dof;
    }
}

/// The same through `make`: no fields and no pins, which would differ between instances.
template <class E>
void expect_quiet_ensemble(bool literals, double temperature) {
  const NotAllEqualOptions o = options(4, 3, 0.5, temperature, true);  // 2 clauses
  const Index signs = literals ? 8 : 1;
  const auto number = [&](std::span<const std::uint32_t> c) {
    std::vector<std::uint32_t> l(c.begin(), c.end());
    std::sort(l.begin(), l.end());
    Index missing = 6, sign = 0;
    for (std::size_t a = 0; a < 3; ++a) {
      missing -= Index(l[a] >> 1);
      sign += Index(l[a] & 1) << a;
    }
    return missing * signs + sign;
  };
  const auto clause = [&](Index c) {
    std::vector<std::uint32_t> l;
    for (Index i = 0; i < 4; ++i)
      if (i != c / signs) l.push_back(std::uint32_t(2 * i + (c % signs >> l.size() & 1)));
    return l;
  };
  const Check law = checks::joint_law_check(
      Configurations(4, Alphabet::spins()), 4 * signs, 2, [](const Eigen::VectorXf&) { return 0.0; },
      [&](const Eigen::VectorXf& x, Index c) {
        return violated(x, clause(c)) ? temperature > 0 ? std::exp(-1 / temperature) : 0.0 : 1.0;
      },
      [&](std::uint32_t instance) {
        NotAllEqualOptions one = o;
        one.instance = instance;
        const NotAllEqual t = E::make(one, 23);
        return std::pair{t.truth(), std::vector<Index>{number(t.clauses()[0]), number(t.clauses()[1])}};
      },
      literals ? 120000 : 20000);
  EXPECT_GE(law.p_value, checks::kLevel) << "T=" << temperature << ": " << law.statistic << " of " << law.dof;
}

TEST(Bicolouring, PlantedInstancesHaveTheQuietLaw) {
  expect_quiet_ensemble<Bicolouring>(false, 0);
  expect_quiet_ensemble<Bicolouring>(false, 0.8);
}
TEST(NaeSat, PlantedInstancesHaveTheQuietLaw) {
  expect_quiet_ensemble<NaeSat>(true, 0);
  expect_quiet_ensemble<NaeSat>(true, 0.8);
}

/// N+ at a size where enumeration ends: C(N, N+) [C(N,k) - (1 - e^-beta)(C(N+,k) + C(N-N+,k))]^M.
TEST(Bicolouring, PlantedMagnetisationHasTheStatedWeight) {
  const auto log_choose = [](double n, double k) {
    return k > n ? -std::numeric_limits<double>::infinity()
                 : std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
  };
  for (const double temperature : {0.0, 0.5}) {
    constexpr Index kSites = 40;
    NotAllEqualOptions o = options(kSites, 4, 9, temperature);
    if (temperature > 0) o.field = 0.3;
    const Environment env = Environment::draw("test", o, 1);
    const double n = kSites, m = double(o.clauses());
    Eigen::VectorXd law(kSites + 1), seen = Eigen::VectorXd::Zero(kSites + 1);
    for (Index up = 0; up <= kSites; ++up) {
      const double u = double(up);
      const double share = 1 - (1 - std::exp(-env.beta)) * (std::exp(log_choose(u, 4) - log_choose(n, 4)) +
                                                            std::exp(log_choose(n - u, 4) - log_choose(n, 4)));
      law(up) = share > 1e-12
                    ? std::exp(log_choose(n, u) + m * std::log(share) + env.beta * double(env.h(0)) * (2 * u - n) - 30)
                    : 0;
    }
    law /= law.sum();
    for (std::uint32_t instance = 0; instance < 20000; ++instance) {
      const Eigen::VectorXf x =
          plant_two_colours("test", env, 4, o.clauses(), Stream({29, Purpose::planted, 0, instance}, 0));
      seen((x.array() > 0).count()) += 1;
    }
    const Check c = law_check("N+", seen, law);
    EXPECT_GE(c.p_value, checks::kLevel) << "T=" << temperature << ": " << c.statistic << " of " << c.dof;
  }
}

TEST(NotAllEqual, PlantedSignalIsAPosteriorSample) {
  for (const double temperature : {0.0, 0.6}) {
    NotAllEqualOptions o = options(8, 3, 1.5, temperature);
    checks::expect_signal_from_posterior<Bicolouring>(o, 1500, "bicolouring");
    checks::expect_signal_from_posterior<NaeSat>(o, 1500, "nae-sat");
    o.pins = 2;
    if (temperature > 0) o.field = 0.2, o.field_spread = 0.4;
    checks::expect_signal_from_posterior<Bicolouring>(o, 1500, "bicolouring with pins");
    checks::expect_signal_from_posterior<NaeSat>(o, 1500, "nae-sat with pins");
  }
}

/// At a size where nothing can be enumerated: a chain that starts at x* keeps its energy's law, at every time.
TEST(NotAllEqual, PlantedStartsStayAtLargeSize) {
  const auto expect_stays = [](auto make, const NotAllEqualOptions& from, const std::string& what) {
    checks::Mean gap, moved;
    NotAllEqualOptions o = from;
    for (o.instance = 0; o.instance < 20; ++o.instance) {
      const NotAllEqual t = make(o);
      const Glauber<NotAllEqual> chain(t);
      auto s = chain.init(Streams({31, Purpose::sampler, 0, o.instance}, 1));
      chain.place(s, t.truth());
      const double start = chain.log_likelihood(s)(0);
      for (int k = 0; k < 20; ++k) chain.step(s);
      gap.add((chain.log_likelihood(s)(0) - start) / std::sqrt(double(o.n)));
      moved.add(1 - double(s.spins.x.col(0).dot(t.truth())) / double(o.n));
    }
    checks::expect_mean(gap, 0, what + " energy less the planted one");
    EXPECT_GT(moved.mean, 0.02) << what;  // it does move
  };
  NotAllEqualOptions o = options(10000, 5, 9, 0.4, true);
  expect_stays([](const auto& one) { return Bicolouring::make(one, 37); }, o, "bicolouring");
  o.field_spread = 0.3;
  expect_stays([](const auto& one) { return NaeSat::make(one, 37); }, o, "nae-sat with fields");
}

TEST(NotAllEqual, SolutionsStaySolutionsAtTemperatureZero) {
  const NotAllEqual t = Bicolouring::make(options(20000, 5, 9, 0, true), 41);
  EXPECT_EQ(t.log_likelihood(BatchIn(t.truth()))(0), 0);
  const Glauber<NotAllEqual> chain(t);
  auto s = chain.init(Streams({41, Purpose::sampler}, 2));
  chain.place(s, t.truth().replicate(1, 2));
  for (int k = 0; k < 10; ++k) {
    const StepInfo info = chain.step(s);
    EXPECT_GT(info.acceptance, 0.01);
    EXPECT_EQ(s.spins.violated(0), 0);
    EXPECT_EQ(s.spins.violated(1), 0);
  }
}

/// E Z over the null ensemble is the first moment, for NAE-SAT at any N.
TEST(NaeSat, AnnealedPartitionFunctionIsExact) {
  NotAllEqualOptions o = options(8, 3, 1, 0.9);
  const double annealed = NaeSat::log_partition(o)->value;
  checks::Mean ratio;
  for (o.instance = 0; o.instance < 2000; ++o.instance) {
    const Exact exact(NaeSat::make(o, 43));
    Exact::State s{1};
    ratio.add(std::exp(exact.log_partition(exact.base(1), s)(0) - annealed));
  }
  EXPECT_LT(ratio.error(), 0.02);
  checks::expect_mean(ratio, 1, "nae-sat Z against its mean");
}

TEST(NotAllEqual, InstancesHaveNames) {
  const auto literals = [](const NotAllEqual& t) { return t.clauses().literals; };
  NotAllEqualOptions o = options(30, 4, 3, 0.5, true);
  const NotAllEqual one = NaeSat::make(o, 1), again = NaeSat::make(o, 1), other = NaeSat::make(o, 2);
  o.instance = 1;
  const NotAllEqual next = NaeSat::make(o, 1);
  EXPECT_EQ(literals(one), literals(again));
  EXPECT_EQ(one.truth(), again.truth());
  EXPECT_NE(literals(one), literals(other));
  EXPECT_NE(literals(one), literals(next));
}

void expect_refused(auto&& act, std::initializer_list<const char*> words) {
  try {
    act();
    FAIL() << "nothing was thrown";
  } catch (const BadInput& e) {
    for (const char* w : words) EXPECT_NE(std::string(e.what()).find(w), std::string::npos) << e.what();
    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos);
  }
}

TEST(NotAllEqual, SaysWhatCannotBe) {
  expect_refused([] { NaeSat::make(options(4, 5, 2, 1), 1); }, {"n=4", "k=5"});
  NotAllEqualOptions o = options(10, 3, 2, 0);
  o.field = 0.1;
  expect_refused([&] { NaeSat::make(o, 1); }, {"temperature=0", "field"});
  // three sites that are all pinned up: every clause is violated
  Environment env;
  env.beta = kHardBeta;
  env.h = Eigen::VectorXf::Zero(3);
  env.pins = Eigen::VectorXf::Ones(3);
  expect_refused(
      [&] {
        plant_two_colours("bicolouring", env, 3, 2, Stream({1, Purpose::planted}, 0));
      },
      {"bicolouring", "planted=true", "fewer pins"});
  env.beta = 1;  // then the violated ones are drawn
  EXPECT_EQ(plant_two_colours("bicolouring", env, 3, 2, Stream({1, Purpose::planted}, 0)), env.pins);
  EXPECT_THROW(NotAllEqual(Clauses{3, {0, 2, 2}}, env), std::invalid_argument);
  EXPECT_THROW(NotAllEqual(Clauses{3, {0, 2, 6}}, env), std::invalid_argument);
}

}  // namespace
}  // namespace glass

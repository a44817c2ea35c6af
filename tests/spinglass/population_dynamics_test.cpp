// The kernel of population dynamics against enumeration, closed forms and identities. Seeds are fixed: a test either
// passes or does not; tolerances in standard errors s are 5 s, so that a change of the random numbers fails one of the
// about 40 comparisons with probability 3e-5.
#include "spinglass/population_dynamics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "spinglass/xorsat_closed_form.hpp"

namespace glass {
namespace {

using Kind = SparseProblem::Kind;

std::unique_ptr<Population> population(SparseProblem p, Path path, int size, std::uint32_t column = 0) {
  return make_population(p, path, size, Stream({17, Purpose::test}, column));
}

struct Mean {
  double sum = 0, squares = 0;
  int count = 0;
  void add(double x) {
    sum += x;
    squares += x * x;
    ++count;
  }
  double value() const { return sum / count; }
  double error() const { return std::sqrt(std::max(0.0, squares / count - value() * value()) / (count - 1)); }
};

/// Averages over sweeps in batches of ten, which are independent for what is asked of them here.
struct Averages {
  Mean overlap, difference, entropy, constraint, free_entropy;
};
Averages averages(Population& p, double control, double side, int batches) {
  Averages out;
  for (int b = 0; b < batches; ++b) {
    PopulationAverages sum;
    for (int t = 0; t < 10; ++t) {
      const PopulationAverages a = p.sweep(control, side);
      sum.overlap += a.overlap / 10;
      sum.square += a.square / 10;
      sum.entropy += a.entropy / 10;
      sum.constraint += a.constraint / 10;
      sum.free_entropy += a.free_entropy / 10;
    }
    out.overlap.add(sum.overlap);
    out.difference.add(sum.overlap - sum.square);
    out.entropy.add(sum.entropy);
    out.constraint.add(sum.constraint);
    out.free_entropy.add(sum.free_entropy);
  }
  return out;
}

TEST(PopulationDynamics, PoissonNumbersFollowTheirLaw) {
  for (const double mean : {0.01, 0.7, 3.0, 18.0, 75.0}) {
    const detail::PoissonTable table(mean);
    constexpr int count = 1 << 22;  // words on an even grid: no noise, only what the grid rounds
    std::vector<std::uint32_t> words(count), numbers(count);
    for (std::uint32_t j = 0; j < count; ++j) words[j] = j * 1024u + 512u;
    table.draw(words.data(), numbers.data(), count);
    std::vector<int> seen(table.most() + 1, 0);
    for (const std::uint32_t n : numbers) {
      ASSERT_LE(n, table.most());
      ++seen[n];
    }
    double law = std::exp(-mean);
    for (std::size_t n = 0; n < seen.size(); law *= mean / double(++n))
      EXPECT_NEAR(seen[n], law * count, 2.0) << "mean " << mean << " n " << n;
  }
}

// E ln P(constraint) over all 2^k - 2 patterns and three Gaussian fields, by enumeration and quadrature.
TEST(PopulationDynamics, ConstraintsAgreeWithEnumerationOfPatterns) {
  constexpr double gamma2 = 0.8, h = 0.25;
  std::vector<std::pair<double, double>> sites;  // probability of +, weight
  for (int k = -28; k <= 28; ++k) {
    const double z = k * h, field = gamma2 + std::sqrt(gamma2) * z;
    sites.emplace_back(1 / (1 + std::exp(-2 * field)), h * std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi));
  }
  double not_equal = 0, parity = 0;
  for (const auto& [a, wa] : sites)
    for (const auto& [b, wb] : sites)
      for (const auto& [c, wc] : sites) {
        for (int pattern = 1; pattern < 7; ++pattern) {
          double all = 1, none = 1;
          for (const auto& [bit, p] : {std::pair{1, a}, std::pair{2, b}, std::pair{4, c}}) {
            all *= pattern & bit ? p : 1 - p;
            none *= pattern & bit ? 1 - p : p;
          }
          not_equal += wa * wb * wc * std::log(1 - all - none) / 6;
        }
        const double even = 0.5 * (1 + (2 * a - 1) * (2 * b - 1) * (2 * c - 1));
        parity += wa * wb * wc * std::log(even);
      }
  for (const Kind kind : {Kind::bicolouring, Kind::nae_sat, Kind::xorsat}) {
    const auto p = population({kind, 3}, Path::gaussian, 65536);
    p->start(0, PopulationStart::certain);
    const Averages a = averages(*p, 1e-9, gamma2, 20);  // sites know their side information and nothing else
    const double expected = kind == Kind::xorsat ? parity : not_equal;
    EXPECT_LT(a.constraint.error(), 5e-4);
    EXPECT_NEAR(a.constraint.value(), expected, 5 * a.constraint.error()) << int(kind);
  }
}

// Plain population dynamics: every member gathered by itself, every message a sum over 2^(k-1) configurations.
double plain_overlap(int k, double alpha, double gamma2, int size, int sweeps, int discard) {
  Stream rng({18, Purpose::test}, 0);
  std::vector<double> sites(std::size_t(size), 0), messages(std::size_t(size), 0);
  const auto any = [&] { return std::size_t(rng.uniform() * size); };
  const int others = k - 1;
  double total = 0;
  for (int t = 0; t < sweeps; ++t) {
    std::vector<float> z(std::size_t(size), 0);
    rng.normals(z);
    double m = 0;
    for (std::size_t i = 0; i < sites.size(); ++i) {
      sites[i] = gamma2 + std::sqrt(gamma2) * double(z[i]);
      double left = rng.uniform();  // Poisson by products of uniforms
      for (const double end = std::exp(-alpha * k); left > end; left *= rng.uniform()) sites[i] += messages[any()];
      m += std::tanh(sites[i]) / size;
    }
    if (t >= discard) total += m / (sweeps - discard);
    for (double& u : messages) {
      const int pattern = 1 + int(rng.uniform() * ((1 << others) - 1));  // bit set: literal false in the planted signal
      std::vector<double> plus;
      for (int j = 0; j < others; ++j) {
        const double p = 1 / (1 + std::exp(-2 * sites[any()]));
        plus.push_back(pattern >> j & 1 ? 1 - p : p);
      }
      double allows[2] = {0, 0};
      for (int x = 0; x < 1 << others; ++x) {
        double weight = 1;
        for (int j = 0; j < others; ++j) weight *= x >> j & 1 ? plus[std::size_t(j)] : 1 - plus[std::size_t(j)];
        if (x != (1 << others) - 1) allows[1] += weight;  // own literal true
        if (x != 0) allows[0] += weight;
      }
      u = 0.5 * std::log(allows[1] / allows[0]);
    }
  }
  return total;
}

TEST(PopulationDynamics, WindowsAndClassesHaveTheLawOfPlainGathers) {
  const auto p = population({Kind::bicolouring, 4}, Path::gaussian, 65536);
  p->start(0, PopulationStart::certain);
  averages(*p, 2.5, 0.4, 2);
  const Averages a = averages(*p, 2.5, 0.4, 20);
  // The plain one: 8 10^5 members measured, sd of tanh times the gain of the loop below 3: error below 3 / 900
  EXPECT_NEAR(a.overlap.value(), plain_overlap(4, 2.5, 0.4, 20000, 50, 10), 0.01);
  EXPECT_NEAR(a.difference.value(), 0, 5 * a.difference.error());
}

TEST(PopulationDynamics, NothingIsKnownWithoutSideInformation) {
  for (const SparseProblem p : {SparseProblem{Kind::nae_sat, 5}, {Kind::xorsat, 3}, {Kind::colouring, 4}}) {
    const auto pop = population(p, Path::gaussian, 4096);
    pop->start(0, PopulationStart::certain);
    const PopulationAverages a = pop->sweep(1.5, 0);
    EXPECT_NEAR(a.overlap, 0, 1e-5);
    EXPECT_NEAR(a.free_entropy, p.uninformed_free_entropy(1.5), 2e-5);
    EXPECT_NEAR(a.constraint, p.log_acceptance(), 1e-5);
  }
}

// d Phi/d gamma^2 = m/2, d Phi/d theta = -entropy: Bethe free entropies at two ends against the mean of the derivative
// at both (the trapezoid rule is off by d^3/12 Phi''' < 1e-4 here).
TEST(PopulationDynamics, FreeEntropyAndOverlapAreDerivativeAndIntegral) {
  struct Case {
    SparseProblem problem;
    Path path;
    double control, from, to;
  };
  for (const Case& c : {Case{{Kind::bicolouring, 5}, Path::gaussian, 7.0, 0.5, 0.6},
                        Case{{Kind::bicolouring, 5}, Path::erasure, 7.0, 0.3, 0.36},
                        Case{{Kind::xorsat, 3}, Path::gaussian, 0.6, 0.3, 0.4},
                        Case{{Kind::colouring, 4}, Path::gaussian, 7.0, 0.6, 0.7},
                        Case{{Kind::colouring, 4}, Path::erasure, 7.0, 0.2, 0.26}}) {
    std::array<Averages, 2> a;
    for (int end = 0; end < 2; ++end) {
      const auto p = population(c.problem, c.path, 65536, std::uint32_t(end));
      p->start(0.5, PopulationStart::certain);
      averages(*p, c.control, end ? c.to : c.from, 3);
      a[std::size_t(end)] = averages(*p, c.control, end ? c.to : c.from, 12);
    }
    const auto slope = [&](const Averages& x) {
      if (c.path == Path::erasure) return -x.entropy.value();
      const double k = c.problem.k, m = x.overlap.value();
      return 0.5 * (c.problem.spins() ? m : (1 + (k - 1) * m) / k);
    };
    const double expected = 0.5 * (c.to - c.from) * (slope(a[0]) + slope(a[1]));
    const double error = std::hypot(a[0].free_entropy.error(), a[1].free_entropy.error());
    EXPECT_LT(error, 2e-3);  // of differences of 0.02 to 0.05
    EXPECT_NEAR(a[1].free_entropy.value() - a[0].free_entropy.value(), expected, 5 * error + 1e-4)
        << int(c.problem.kind) << " path " << int(c.path);
    for (const Averages& x : a) EXPECT_NEAR(x.difference.value(), 0, 5 * x.difference.error() + 1e-6);
  }
}

TEST(PopulationDynamics, XorsatRevealsWhatTheClosedFormSays) {
  for (const int k : {3, 5}) {
    const auto p = population({Kind::xorsat, k}, Path::erasure, 65536);
    for (const double phi : {0.2, 0.5, 0.8}) {
      p->start(phi, PopulationStart::certain);
      for (int t = 0; t < 10; ++t) p->hold(0.7, phi);
      Mean theta;
      for (int t = 0; t < 60; ++t) theta.add(p->hold(0.7, phi).side);
      EXPECT_LT(theta.error(), 2e-3);
      EXPECT_NEAR(theta.value(), XorsatErasure(k).revealed(0.7, phi), 6 * theta.error()) << k << " " << phi;
    }
    // and the other way: the number of constraints that holds it without revealing anything
    p->start(0.8, PopulationStart::certain);
    for (int t = 0; t < 10; ++t) p->hold_by_control(1, 0.8);
    Mean alpha;
    for (int t = 0; t < 60; ++t) alpha.add(p->hold_by_control(1, 0.8).control);
    EXPECT_NEAR(alpha.value(), -std::log(0.2) / (k * std::pow(0.8, k - 1)), 6 * alpha.error());
  }
}

// A weak overlap m needs side information m (1 - control / Kesten-Stigum) under erasure: the threshold, from the
// kernel.
TEST(PopulationDynamics, WeakOverlapsSeeKestenStigum) {
  EXPECT_DOUBLE_EQ(*SparseProblem({Kind::bicolouring, 5}).kesten_stigum(), 11.25);
  EXPECT_DOUBLE_EQ(*SparseProblem({Kind::colouring, 5}).kesten_stigum(), 16);
  EXPECT_FALSE(SparseProblem({Kind::xorsat, 3}).kesten_stigum());
  constexpr double m = 0.01;
  for (const SparseProblem problem :
       {SparseProblem{Kind::bicolouring, 5}, {Kind::nae_sat, 4}, {Kind::colouring, 5}, {Kind::xorsat, 3}}) {
    const auto ks = problem.kesten_stigum();
    const double control = ks ? 0.5 * *ks : 0.5;
    const auto p = population(problem, Path::erasure, 65536);
    p->start(m, PopulationStart::certain);
    for (int t = 0; t < 10; ++t) p->hold(control, m);
    Mean side;
    for (int t = 0; t < 100; ++t) side.add(p->hold(control, m).side / m);
    EXPECT_NEAR(side.value(), ks ? 0.5 : 1.0, 5 * side.error() + 3 * m) << int(problem.kind);  // 3 m: the next order
  }
}

TEST(PopulationDynamics, WrongInputIsNamed) {
  EXPECT_THROW(population({Kind::nae_sat, 2}, Path::gaussian, 4096), BadInput);
  EXPECT_THROW(population({Kind::colouring, 13}, Path::gaussian, 4096), BadInput);
  EXPECT_THROW(population({Kind::nae_sat, 5}, Path::gaussian, 1023), BadInput);
}

}  // namespace
}  // namespace glass

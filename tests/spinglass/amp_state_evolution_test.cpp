// AMP at sizes that no enumeration reaches, against its state evolution iteration by iteration.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "models/hopfield.hpp"
#include "models/ising_p_spin.hpp"
#include "models/sk.hpp"
#include "models/spiked_matrix.hpp"
#include "spinglass/amp.hpp"
#include "spinglass/rank_one_amp.hpp"
#include "spinglass/spherical_amp.hpp"
#include "spinglass/state_evolution.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

constexpr int kIterations = 8;
constexpr Index kColumns = 8;  // draws of the side information an instance; what is averaged is the instance

struct Path {
  double snr = 0, revealed = 0;  // Gaussian side information, or a fraction of the sites pinned to the signal
};
/// After iteration k + 1: overlap m.x*/N, |m|^2/N, and their difference; one number an instance.
struct Trace {
  std::array<checks::Mean, kIterations> overlap, norm, difference;
  checks::Mean overlap_at_end, difference_at_end;  // after convergence
  int unconverged = 0;
};

template <class T>
Tilt tilt_of(const T& target, const Path& path, std::uint32_t instance) {
  const Index n = target.sites();
  Tilt t = target.base(kColumns);
  t.precision.setConstant(path.snr);
  for (Index c = 0; c < kColumns; ++c) {
    Stream rng({51, Purpose::test, 0, instance}, std::uint32_t(c));
    t.field.col(c) = float(path.snr) * target.truth() + float(std::sqrt(path.snr)) * checks::normal_vector(n, rng);
    // the sites are exchangeable: any `revealed` n of them
    const Index held = Index(std::lround(path.revealed * double(n)));
    t.pinned.col(c).segment(c * (n - held) / kColumns, held) = target.truth().segment(c * (n - held) / kColumns, held);
  }
  return t;
}

/// One Trace a path, all on the same instances, make(instance).
std::vector<Trace> traces(const auto& make, std::uint32_t instances, const std::vector<Path>& paths) {
  std::vector<Trace> out(paths.size());
  for (std::uint32_t instance = 0; instance < instances; ++instance) {
    const auto target = make(instance);
    const Amp amp(target);
    const Index n = target.sites();
    for (std::size_t p = 0; p < paths.size(); ++p) {
      const Tilt t = tilt_of(target, paths[p], instance);
      auto s = amp.start(Streams({52, Purpose::test}, kColumns));
      const double sites = double(n * kColumns);
      const auto overlap = [&](const Batch& m) { return double((target.truth().transpose() * m).sum()) / sites; };
      for (std::size_t k = 0; k < kIterations; ++k) {
        amp.iterate(t, s);
        const double m = overlap(s.m), q = double(s.m.squaredNorm()) / sites;
        out[p].overlap[k].add(m);
        out[p].norm[k].add(q);
        out[p].difference[k].add(m - q);
      }
      Batch mean(n, kColumns);
      out[p].unconverged += amp.posterior_mean(t, s, mean).unconverged;
      out[p].overlap_at_end.add(overlap(mean));
      out[p].difference_at_end.add(overlap(mean) - double(mean.squaredNorm()) / sites);
    }
  }
  return out;
}

std::vector<double> theory(int p, double temperature, const Path& path) {
  std::vector<double> out;
  double m = 0;
  for (int k = 0; k < kIterations; ++k)
    out.push_back(m = state_evolution_step(p, p_spin_noise(p, temperature), path.snr, m, path.revealed));
  return out;
}

struct Sizes {
  Index small;                       // N; the other size is 2N
  std::uint32_t many, few;           // instances at N and at 2N
  double first_order, second_order;  // allowed error of AMP against state evolution at 2N: c/N, and what is beyond it
};

/// The finite-size error is c/N to leading order (leaving out the diagonal terms alone makes it so), so at two sizes N
/// and 2N it goes out of 2 m(2N) - m(N). What is left is statistics and `second_order`. Without extrapolation the
/// larger size must be the closer one, within statistics, and `first_order`-close.
template <class T>
void expect_state_evolution(typename T::Options o, int p, const Sizes& sizes, const std::vector<Path>& paths) {
  o.planted = true;
  const auto make = [&](std::uint32_t instance) {
    o.instance = instance;
    return T::make(o, 52);
  };
  o.n = sizes.small;
  const std::vector<Trace> at_n = traces(make, sizes.many, paths);
  o.n = 2 * sizes.small;
  const std::vector<Trace> at_2n = traces(make, sizes.few, paths);
  const double sigmas = checks::allowed_sigmas(sizes.few);
  const auto check = [&](const checks::Mean& a, const checks::Mean& b, double expected, const std::string& what) {
    const double gap_n = a.mean - expected, gap_2n = b.mean - expected;
    EXPECT_LE(std::abs(2 * gap_2n - gap_n), sigmas * std::hypot(a.error(), 2 * b.error()) + sizes.second_order)
        << what << ": " << a.mean << " at N, " << b.mean << " at 2N, state evolution " << expected;
    EXPECT_LE(std::abs(gap_2n), std::abs(gap_n) + sigmas * std::hypot(a.error(), b.error())) << what << ": trend";
    EXPECT_LE(std::abs(gap_2n), sigmas * b.error() + sizes.first_order) << what << ": at 2N";
  };
  for (std::size_t path = 0; path < paths.size(); ++path) {
    const std::vector<double> m = theory(p, o.temperature, paths[path]);
    const Trace &a = at_n[path], &b = at_2n[path];
    for (std::size_t k = 0; k < kIterations; ++k) {
      const std::string at = ", path " + std::to_string(path) + ", iteration " + std::to_string(k + 1);
      check(a.overlap[k], b.overlap[k], m[k], "overlap" + at);
      check(a.norm[k], b.norm[k], m[k], "norm" + at);                       // Nishimori: equal to the overlap
      check(a.difference[k], b.difference[k], 0, "their difference" + at);  // sharper: common fluctuations cancel
    }
    check(a.difference_at_end, b.difference_at_end, 0,
          "their difference after convergence, path " + std::to_string(path));
    EXPECT_LE(b.unconverged, int(sizes.few * kColumns / 20));
  }
}

SkOptions sk(double temperature) {
  SkOptions o;
  o.temperature = temperature;
  return o;
}
IsingPSpinOptions three(double temperature) {
  IsingPSpinOptions o;
  o.temperature = temperature;
  return o;
}

// Both paths each: Gaussian side information, and a fraction of the signal revealed.
TEST(AmpStateEvolution, Pairwise) {
  expect_state_evolution<Sk>(sk(0.75), 2, {500, 200, 120, 0.01, 0.005}, {{.snr = 0.2}, {.revealed = 0.2}});
}
TEST(AmpStateEvolution, ThreeSpin) {
  expect_state_evolution<IsingPSpin>(three(0.6), 3, {100, 160, 80, 0.04, 0.01}, {{.snr = 0.4}, {.revealed = 0.25}});
}

/// At one size: the first three iterations and the fixed point, away from lines. step(m, path) is state evolution.
void expect_three_iterations(const std::string& what, const auto& make, std::uint32_t instances,
                             const std::vector<Path>& paths, double allowance, const auto& step) {
  const std::vector<Trace> all = traces(make, instances, paths);
  for (std::size_t path = 0; path < paths.size(); ++path) {
    const Trace& trace = all[path];
    const std::string of = what + ", path " + std::to_string(path) + ", ";
    double m = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      m = step(m, paths[path]);
      checks::expect_mean(trace.overlap[k], m, of + "overlap, iteration " + std::to_string(k + 1), allowance);
      checks::expect_mean(trace.difference[k], 0, of + "Nishimori, iteration " + std::to_string(k + 1), allowance);
    }
    for (int k = 0; k < 2000; ++k) m = step(m, paths[path]);
    checks::expect_mean(trace.overlap_at_end, m, of + "overlap at the end", allowance);
    checks::expect_mean(trace.difference_at_end, 0, of + "Nishimori at the end", allowance);
    EXPECT_LE(trace.unconverged, int(instances * kColumns / 20)) << of;
  }
}

/// m' = (1 - revealed) M(m/Delta + gamma2) + revealed E x*^2 with M of the prior.
template <class T>
void expect_matrix_state_evolution(const std::string& prior, double delta, double rho, const auto& channel, double snr,
                                   double allowance) {
  const auto make = [&](std::uint32_t instance) {
    SpikedMatrixOptions o;
    o.prior = prior, o.n = 1000, o.delta = delta, o.rho = rho, o.planted = true, o.instance = instance;
    return std::get<T>(SpikedMatrix::make(o, 53));
  };
  expect_three_iterations(prior, make, 60, {{.snr = snr}, {.revealed = 0.2}}, allowance, [&](double m, const Path& p) {
    return (1 - p.revealed) * channel.averages(m / delta + p.snr).overlap + p.revealed * channel.second_moment();
  });
}
TEST(AmpStateEvolution, SparseMatrix) {
  const double rho = 0.2;
  expect_matrix_state_evolution<SparseRankOne>("sparse-rademacher", 0.7 * rho * rho, rho, SparseRademacher{rho}, 2,
                                               0.002);
}
TEST(AmpStateEvolution, GaussianMatrix) {
  expect_matrix_state_evolution<RankOne>("gaussian", 0.6, 1, GaussianChannel{}, 0.4, 0.006);
}
TEST(AmpStateEvolution, GaussBernoulliMatrix) {
  const double rho = 0.3;
  expect_matrix_state_evolution<RankOne>("gauss-bernoulli", 0.6 * rho * rho, rho, GaussBernoulli{rho}, 1, 0.006);
}

/// m' = x/(1+x), x = m^{p-1}/Delta + gamma2.
TEST(AmpStateEvolution, Sphere) {
  const auto step = [](int p, double temperature) {
    return [=](double m, const Path& path) {
      const double x = std::pow(m, p - 1) / p_spin_noise(p, temperature) + path.snr;
      return x / (1 + x);
    };
  };
  SphericalPSpinOptions o;
  o.planted = true;
  const auto make = [&](std::uint32_t instance) {
    o.instance = instance;
    return SphericalPSpin::make(o, 54);
  };
  o.p = 2, o.n = 1000, o.temperature = 0.75;
  expect_three_iterations(
      "p = 2", [&](std::uint32_t k) { return std::get<Spherical<Sk>>(make(k)); }, 60, {{.snr = 0.3}}, 0.006,
      step(2, o.temperature));
  o.p = 3, o.n = 100, o.temperature = 0.9;
  expect_three_iterations(
      "p = 3", [&](std::uint32_t k) { return std::get<Spherical<IsingPSpin>>(make(k)); }, 80, {{.snr = 0.5}}, 0.03,
      step(3, o.temperature));
}

/// Patterns round the signal are a covariance with a spike: the hidden variable of each has the overlap M = beta m/
/// [(1-beta)(1-beta+beta m)] with its estimate, and x = alpha beta M + gamma2. Linear threshold T = 1 + sqrt(alpha).
TEST(AmpStateEvolution, Hopfield) {
  HopfieldOptions o;
  o.planted = true, o.n = 1000, o.alpha = 0.5, o.temperature = 1.5;
  const double beta = 1 / o.temperature;
  const auto make = [&](std::uint32_t instance) {
    o.instance = instance;
    return Hopfield::make(o, 55);
  };
  expect_three_iterations("hopfield", make, 60, {{.snr = 0.2}, {.revealed = 0.2}}, 0.006, [&](double m, const Path& p) {
    const double x = o.alpha * beta * beta * m / ((1 - beta) * (1 - beta + beta * m)) + p.snr;
    return (1 - p.revealed) * Rademacher::averages(x).overlap + p.revealed;
  });
}

}  // namespace
}  // namespace glass

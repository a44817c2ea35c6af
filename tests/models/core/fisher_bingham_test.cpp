#include "models/core/fisher_bingham.hpp"

#include <gtest/gtest.h>

#include <boost/math/quadrature/gauss.hpp>
#include <boost/math/special_functions/bessel.hpp>
#include <cmath>
#include <functional>
#include <numbers>

#include "bench/conformance.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

using std::numbers::pi;
using Array = Eigen::ArrayXd;
using OfPoint = std::function<double(const Array&)>;

Array normals(Index n, std::uint32_t k, double scale) {
  Stream rng({91, Purpose::test}, k);
  return scale * checks::normal_vector(n, rng).cast<double>().array();
}
double log_density(const Array& lambda, const Array& c, const Array& y) {
  return (0.5 * lambda * y.square() + c * y).sum();
}

/// Integral over [a, b] in `panels` of 30 nodes.
double integral(double a, double b, int panels, const std::function<double(double)>& f) {
  double sum = 0;
  for (int k = 0; k < panels; ++k)
    sum += boost::math::quadrature::gauss<double, 30>::integrate(f, a + (b - a) * k / panels,
                                                                 a + (b - a) * (k + 1) / panels);
  return sum;
}
/// Mean of f over the circle, sphere or 3-sphere |y|^2 = N in its angles; on the sphere, of one octant where asked:
/// bit i set is y_i > 0.
double average(Index n, const OfPoint& f, int octant = -1) {
  constexpr int kRound = 160;
  Array y(n);
  const auto angle = [&](int of_quadrant, const std::function<double(double)>& g) {
    if (of_quadrant < 0) {  // periodic: equal steps do
      double sum = 0;
      for (int k = 0; k < kRound; ++k) sum += g(2 * pi * k / kRound);
      return sum * 2 * pi / kRound;
    }
    return integral(of_quadrant * pi / 2, (of_quadrant + 1) * pi / 2, 2, g);
  };
  if (n == 2)
    return angle(-1,
                 [&](double a) {
                   y << std::sqrt(2.0) * std::cos(a), std::sqrt(2.0) * std::sin(a);
                   return f(y);
                 }) /
           (2 * pi);
  if (n == 3) {
    const int quadrant = octant < 0 ? -1 : (octant & 1 ? (octant & 2 ? 0 : 3) : (octant & 2 ? 1 : 2));
    const double from = octant < 0 || !(octant & 4) ? -1 : 0, to = octant < 0 || (octant & 4) ? 1 : 0;
    return integral(from, to, 4,
                    [&](double z) {
                      return angle(quadrant, [&](double a) {
                        const double r = std::sqrt(3 * (1 - z * z));
                        y << r * std::cos(a), r * std::sin(a), std::sqrt(3.0) * z;
                        return f(y);
                      });
                    }) /
           (4 * pi);
  }
  return integral(0, pi / 2, 2,
                  [&](double e) {  // two circles, of radii 2 cos e and 2 sin e
                    return std::sin(e) * std::cos(e) * angle(-1, [&](double a) {
                             return angle(-1, [&](double b) {
                               y << 2 * std::cos(e) * std::cos(a), 2 * std::cos(e) * std::sin(a),
                                   2 * std::sin(e) * std::cos(b), 2 * std::sin(e) * std::sin(b);
                               return f(y);
                             });
                           });
                  }) *
         2 / (4 * pi * pi);
}

/// ln Z and means by quadrature over the angles, flat laws and ones peaked by e^40.
TEST(FisherBingham, IsQuadratureOnSmallSpheres) {
  for (const Index n : {2, 3, 4})
    for (const double size : {0.3, 2.0, 8.0})
      for (const double field : {0.0, 1e-3, 0.7, 6.0}) {
        if (n == 4 && (size != 2 || field > 1)) continue;  // a triple integral
        const Array lambda = normals(n, 1, size), c = normals(n, 2, field);
        const double top = 0.5 * double(n) * lambda.maxCoeff() + c.matrix().norm() * std::sqrt(double(n));
        const auto weight = [&](const Array& y) { return std::exp(log_density(lambda, c, y) - top); };
        const double z = average(n, weight);
        const FisherBingham law(lambda, c);
        EXPECT_NEAR(law.log_partition(), top + std::log(z), 1e-11 * (1 + top)) << n << " " << size << " " << field;
        for (Index k = 0; k < n; ++k)
          EXPECT_NEAR(law.mean()(k), average(n, [&](const Array& y) { return y(k) * weight(y); }) / z, 1e-10)
              << n << " " << size << " " << field;
      }
}

/// Without a matrix it is von Mises and Fisher's law: ln Z = ln [Gamma(N/2) (2/kappa)^{N/2-1} I_{N/2-1}(kappa)], <y>.c
/// = kappa I_{N/2}/I_{N/2-1}, kappa = |c| sqrt N; a multiple of the unit matrix adds N lambda/2.
TEST(FisherBingham, WithoutAMatrixIsVonMisesAndFisher) {
  for (const Index n : {1, 2, 5, 200})
    for (const double field : {0.01, 0.5, 3.0}) {
      const Array c = normals(n, 3, field);
      const FisherBingham law(Array::Constant(n, 0.8), c);
      const double order = 0.5 * double(n) - 1, kappa = c.matrix().norm() * std::sqrt(double(n)),
                   i0 = boost::math::cyl_bessel_i(order, kappa), i1 = boost::math::cyl_bessel_i(order + 1, kappa);
      const double z = std::lgamma(order + 1) + order * std::log(2 / kappa) + std::log(i0) + 0.4 * double(n);
      EXPECT_NEAR(law.log_partition(), z, 1e-11 * (1 + std::abs(z))) << n << " " << field;
      EXPECT_NEAR((law.mean() * c).sum(), kappa * i1 / i0, 1e-11 * (1 + kappa)) << n << " " << field;
    }
}

/// <y_k> = d ln Z/d c_k; central differences of step 1e-4 and Richardson's next order err by 1e-12 or so.
TEST(FisherBingham, MeanIsTheSlopeOfTheLogPartition) {
  for (const Index n : {7, 60, 500})
    for (const double size : {0.5, 3.0})
      for (const double field : {0.02, 0.4, 2.0}) {
        const Array lambda = normals(n, 4, size), c = normals(n, 5, field), along = normals(n, 6, 1 / std::sqrt(n));
        const auto slope = [&](double h) {
          return (FisherBingham(lambda, c + h * along).log_partition() -
                  FisherBingham(lambda, c - h * along).log_partition()) /
                 (2 * h);
        };
        const double h = 1e-3 * std::min(1.0, 10 * field);
        EXPECT_NEAR((FisherBingham(lambda, c).mean() * along).sum(), (4 * slope(h / 2) - slope(h)) / 3, 2e-7)
            << n << " " << size << " " << field;
      }
}

/// The law of the eight octants, by quadrature. 4 G-tests.
TEST(FisherBingham, DrawsFillTheOctantsAsTheyShould) {
  for (const double field : {0.0, 0.3, 3.0, 12.0}) {
    const Array lambda = normals(3, 7, 2.0), c = field * Array{{0.5, -0.3, 0.4}};
    const FisherBingham law(lambda, c);
    Eigen::VectorXd p(8), seen = Eigen::VectorXd::Zero(8);
    for (int o = 0; o < 8; ++o)
      p(o) = average(
          3, [&](const Array& y) { return std::exp(log_density(lambda, c, y) - law.log_partition()); }, o);
    EXPECT_NEAR(p.sum(), 1, 1e-11);
    Stream rng({92, Purpose::test}, std::uint32_t(10 * field));
    std::int64_t trials = 0;
    for (int k = 0; k < 30000; ++k) {
      const Array y = law.draw(rng, trials);
      ++seen((y(0) > 0) + 2 * (y(1) > 0) + 4 * (y(2) > 0));
    }
    EXPECT_GE(law_check("octants", seen, p).p_value, checks::kLevel) << field;
  }
}

/// First and second moments at sizes beyond quadrature, the second by d/d lambda_k ln Z = <y_k^2>/2; and the fraction
/// of trials that are taken does not fall with N.
TEST(FisherBingham, DrawsHaveTheMomentsOfTheirPartitionFunction) {
  for (const Index n : {20, 600})
    for (const double field : {0.0, 0.05, 1.5}) {
      const double scale = 2.2 / std::sqrt(12.0);
      const Array lambda = normals(n, 8, scale), c = normals(n, 9, field);
      const FisherBingham law(lambda, c);
      Index top = 0;
      lambda.maxCoeff(&top);
      Array bump = Array::Zero(n);
      bump(top) = 1e-4;
      const double square =
          (FisherBingham(lambda + bump, c).log_partition() - FisherBingham(lambda - bump, c).log_partition()) / 1e-4;
      checks::Mean first, second, along;
      Stream rng({93, Purpose::test}, std::uint32_t(n + Index(100 * field)));
      std::int64_t trials = 0;
      constexpr int kDraws = 2000;
      for (int k = 0; k < kDraws; ++k) {
        const Array y = law.draw(rng, trials);
        ASSERT_NEAR(y.square().sum(), double(n), 1e-9 * double(n));
        first.add(y(top));
        second.add(y(top) * y(top));
        along.add((y * c).sum());
      }
      const std::string what = std::to_string(n) + ", field " + std::to_string(field);
      checks::expect_mean(first, law.mean()(top), "first moment, " + what);
      checks::expect_mean(second, square, "second moment, " + what, 1e-5 * square);
      if (field > 0) checks::expect_mean(along, (law.mean() * c).sum(), "along the field, " + what);
      EXPECT_GT(kDraws / double(trials), 0.05) << what;
    }
}

}  // namespace
}  // namespace glass

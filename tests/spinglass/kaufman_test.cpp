#include "spinglass/kaufman.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/core/error.hpp"
#include "models/edwards_anderson.hpp"
#include "tests/models/checks.hpp"

namespace glass {
namespace {

PairGraph ferromagnet(Index l, double temperature) {
  EdwardsAndersonOptions o;
  o.d = 2;
  o.l = l;
  o.p = 1;
  o.temperature = temperature;
  return EdwardsAnderson::make(o, 1);
}

TEST(Kaufman, IsTheSumOverConfigurations) {
  for (const Index l : {3, 4})
    for (const double k : {0.1, 0.4, 0.44068679350977147, 0.7, 2.0}) {
      const PairGraph t = ferromagnet(l, 1 / k);
      double bond = 0;  // as the target rounds it
      t.for_each_neighbour(0, [&](Index, float bj) { bond = double(bj); });
      EXPECT_NEAR(kaufman(l, l, bond).log_partition, checks::naive_log_partition(t), 1e-9 * double(l * l)) << l << k;
    }
}

/// A torus that is not square, summed row by row with the row's transfer matrix: tr(V^m), in the other direction too.
TEST(Kaufman, RowsAndColumnsMayDiffer) {
  const double k = 0.5;
  for (const auto& [rows, columns] : {std::pair<Index, Index>{5, 3}, {3, 5}, {7, 4}}) {
    const Index states = Index{1} << columns;
    Eigen::MatrixXd v(states, states);
    for (Index a = 0; a < states; ++a)
      for (Index b = 0; b < states; ++b) {
        double sum = 0;
        const auto x = [&](Index s, Index i) { return s >> (i % columns) & 1 ? 1.0 : -1.0; };
        for (Index i = 0; i < columns; ++i) sum += x(a, i) * x(a, i + 1) + x(a, i) * x(b, i);
        v(a, b) = std::exp(k * sum);
      }
    Eigen::MatrixXd power = v;
    for (Index r = 1; r < rows; ++r) power = power * v;
    EXPECT_NEAR(kaufman(rows, columns, k).log_partition, std::log(power.trace()), 1e-10);
  }
}

TEST(Kaufman, HasThePublishedNumbers) {  // f = -ln Z/(beta N), u = <E>/N
  struct Row {
    Index l;
    double beta, f, u;
  };
  for (const auto& [l, beta, f, u] : {Row{8, 0.4, -2.21091362345, -1.22232064325},
                                      {16, 0.44, -2.11636405544, -1.44774346483},
                                      {32, 0.44, -2.11213185016, -1.42709060771}}) {
    const TorusIsing z = kaufman(l, l, beta);
    EXPECT_NEAR(-z.log_partition / (beta * double(l * l)), f, 1e-11);
    EXPECT_NEAR(-z.log_likelihood / (beta * double(l * l)), u, 1e-11);
  }
  EXPECT_NEAR(-kaufman(24, 24, 0.4407).log_partition / (0.4407 * 576), -2.112152537, 1e-9);
  EXPECT_NEAR(kaufman(3, 3, 0.4).log_partition, 8.456456373638876, 1e-12);
  EXPECT_NEAR(kaufman(4, 4, 0.4).log_partition, 14.561093023844043, 1e-12);
}

TEST(Kaufman, EnergyIsTheDerivative) {
  for (const Index l : {3, 8, 33})
    for (const double k : {0.05, 0.3, 0.44068679350977147, 0.45, 1.0}) {
      const double step = 1e-5;
      const double slope = (kaufman(l, l, k + step).log_partition - kaufman(l, l, k - step).log_partition) / (2 * step);
      EXPECT_NEAR(kaufman(l, l, k).log_likelihood, k * slope, 2e-8 * double(l * l * l * l)) << l << " " << k;
    }
}

TEST(Kaufman, LimitsAndRefusals) {
  EXPECT_NEAR(kaufman(300, 300, 1e-4).log_partition, 90000 * std::log(2.0) + 180000 * std::log(std::cosh(1e-4)), 1e-6);
  EXPECT_NEAR(kaufman(300, 300, 5).log_partition, 2 * 90000 * 5 + std::log(2.0), 1e-3);
  EXPECT_THROW(kaufman(2, 5, 0.4), BadInput);
  EXPECT_THROW(kaufman(5, 5, 0), BadInput);
  EXPECT_THROW(kaufman(5, 5, -1), BadInput);
}

}  // namespace
}  // namespace glass

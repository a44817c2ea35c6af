#include "samplers/bingham.hpp"

#include <Eigen/Eigenvalues>
#include <cmath>
#include <complex>
#include <numbers>

namespace glass {

namespace {

/// The zero of a decreasing function between lo and hi, to the last bit.
double bisect(double lo, double hi, auto&& f) {
  for (int k = 0; k < 200; ++k) {
    const double mid = 0.5 * (lo + hi);
    if (mid == lo || mid == hi) break;
    (f(mid) > 0 ? lo : hi) = mid;
  }
  return 0.5 * (lo + hi);
}

}  // namespace

BinghamLaw::BinghamLaw(const Eigen::MatrixXd& m) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(m);
  value_ = solver.eigenvalues();
  vector_ = solver.eigenvectors();
  const double n = double(sites());
  excess_ = 0.5 * n * (value_(sites() - 1) - value_.array());
  b_ = bisect(1e-300, n, [&](double b) { return (b + 2 * excess_.array()).inverse().sum() - 1; });
  log_z_ = contour();
}

double BinghamLaw::contour() const {
  const double n = double(sites());
  // the saddle of phi(s) = N s - (1/2) sum ln(s - lambda_i/2); d is its distance from lambda_max/2
  const Eigen::ArrayXd gap = excess_.array() / n;
  const double d = bisect(0.5 / n, 0.5, [&](double v) { return 0.5 * (gap + v).inverse().sum() - n; });
  const double second = 0.5 * (gap + d).inverse().square().sum(), third = -(gap + d).inverse().cube().sum();
  // s = s_0 + i v + bend v^2 is steepest descent to third order and keeps clear of the cut
  const double bend = third / (6 * second);
  const auto phi = [&](std::complex<double> s) {  // without the terms at lambda_max/2 that are put back at the end
    std::complex<double> sum = 0;
    for (Index i = 0; i < gap.size(); ++i) sum += std::log(s + gap(i));
    return n * s - 0.5 * sum;
  };
  const double top = phi(d).real();
  const auto trapezoid = [&](double h) {
    double sum = 0.5;
    for (int k = 1;; ++k) {
      const double v = h * k;
      const std::complex<double> e = phi({d + bend * v * v, v}) - top;
      if (e.real() < -45) break;
      sum += (std::exp(e) * std::complex<double>(1, -2 * bend * v)).real();
    }
    return h * sum / std::numbers::pi;
  };
  double h = 0.5 / std::sqrt(second), value = trapezoid(h);
  for (int k = 0; k < 8; ++k) {  // errors fall exponentially with 1/h
    const double before = value;
    value = trapezoid(h /= 2);
    if (std::abs(value - before) < 1e-14 * value) break;
  }
  return std::lgamma(0.5 * n) + (1 - 0.5 * n) * std::log(n) + 0.5 * n * value_(sites() - 1) + top + std::log(value);
}

void BinghamLaw::draw(Streams& rng, BatchOut x, std::int64_t& trials) const {
  const Index n = sites();
  const double q = double(n);
  const Eigen::ArrayXd omega = 1 + 2 * excess_.array() / b_, width = omega.rsqrt();
  const double bound = -0.5 * (q - b_) + 0.5 * q * std::log(q / b_);
  Batch y(n, x.cols());
  Eigen::VectorXf z(n);
  for (Index c = 0; c < x.cols(); ++c) {
    for (;;) {
      ++trials;
      rng[c].normals({z.data(), std::size_t(n)});
      Eigen::ArrayXd u = z.cast<double>().array() * width;
      const double norm = u.matrix().norm();
      if (!(norm > 0)) continue;
      u /= norm;
      const double s = (excess_.array() * u.square()).sum();
      if (std::log(rng[c].uniform()) < -s + 0.5 * q * std::log1p(2 * s / b_) - bound) {
        y.col(c) = (std::sqrt(q) * u).matrix().cast<float>();
        break;
      }
    }
  }
  x.noalias() = vector_.cast<float>() * y;
}

}  // namespace glass

#include "models/core/fisher_bingham.hpp"

#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>

namespace glass {

FisherBingham::FisherBingham(Eigen::ArrayXd lambda, Eigen::ArrayXd c) : c_(std::move(c)) {
  using Complex = std::complex<double>;
  const double n = double(lambda.size()), top = lambda.maxCoeff();
  gap_ = 0.5 * (top - lambda);
  // the saddle of phi(s) = N s - sum [ln(z_k)/2 - c_k^2/4z_k], convex to the right of the spectrum; d is its distance
  const Eigen::ArrayXd quarter = 0.25 * c_.square();
  const double farthest = 0.25 + std::sqrt(0.0625 + quarter.sum() / n);  // where all gaps are 0
  const double d = bisect(0.25 / n, 2 * farthest, [&](double v) {
    return (0.5 * (gap_ + v).inverse() + quarter * (gap_ + v).inverse().square()).sum() - n;
  });
  gap_ += d;
  const Eigen::ArrayXd inverse = gap_.inverse();
  const double second = (0.5 * inverse.square() + 2 * quarter * inverse.cube()).sum(),
               third = -(inverse.cube() + 6 * quarter * inverse.square().square()).sum();
  // s = s_0 + i v + bend v^2 is steepest descent to third order and keeps clear of the cut
  const double bend = third / (6 * second);

  // half of the path is enough: the other half is the complex conjugate
  double norm = 0.5;
  mean_ = 0.5 * inverse;                                      // of 1/z_k for now
  Eigen::ArrayXd real(lambda.size()), square(lambda.size());  // of z_k on the path: its real part, 1/|z_k|^2
  const auto add = [&](double v) {
    const Complex step(bend * v * v, v);
    // phi(s) - phi(s_0), term by term: no digits are lost at large N
    Complex logs = 0, product = 1;  // sum ln(z_k/z_k(s_0)): angles are in (0, pi), so two of them that are below pi/2
    for (Index k = 0; k < gap_.size(); ++k) {  // add up without a logarithm each
      const Complex f = 1.0 + step * inverse(k);
      if (product.real() > 0 && f.real() > 0) {
        product = {product.real() * f.real() - product.imag() * f.imag(),
                   product.real() * f.imag() + product.imag() * f.real()};
      } else {
        logs += std::log(product);
        product = f;
      }
    }
    logs += std::log(product);
    real = gap_ + step.real();
    square = (real.square() + v * v).inverse();
    const Complex pull((quarter * inverse * square * (step.real() * real + v * v)).sum(), v * (quarter * square).sum());
    const Complex e = n * step - 0.5 * logs - pull;
    if (e.real() < -45) return false;
    const Complex weight = std::exp(e) * Complex(1, -2 * bend * v);
    norm += weight.real();
    mean_ += (weight.real() * real + weight.imag() * v) * square;
    return true;
  };
  double h = 0.5 / std::sqrt(second);
  for (int k = 1; add(h * k); ++k) {
  }
  for (int halvings = 0; halvings < 8; ++halvings) {  // errors fall exponentially with 1/h: squared by each halving
    const double before = h * norm;
    h /= 2;
    for (int k = 1; add(h * k); k += 2) {
    }
    if (std::abs(h * norm - before) < 1e-13 * before) break;
  }
  mean_ *= 0.5 * c_ / norm;
  log_z_ = std::lgamma(0.5 * n) + (1 - 0.5 * n) * std::log(n) + n * (0.5 * top + d) - 0.5 * gap_.log().sum() +
           (quarter * inverse).sum() + std::log(h * norm / std::numbers::pi);
}

/// ln int dr r^{N-1} exp(-N q (r^2-1)/2 + N pull (r-1)) by the trapezoid rule in t = ln r, where the integrand has one
/// peak and is entire; E r^2 under it.
double FisherBingham::radial(double q, double pull, double* square) const {
  const double n = double(sites());
  const auto exponent = [&](double t) {
    const double r = std::exp(t);
    return n * (t - 0.5 * q * (r * r - 1) + pull * (r - 1));
  };
  const double root = std::sqrt(pull * pull + 4 * q),
               peak = pull > 0 ? (pull + root) / (2 * q) : 2 / (root - pull);  // q r^2 = 1 + pull r
  const double at = std::log(peak), top = exponent(at), h = 0.25 / std::sqrt(n * (1 + q * peak * peak));
  double sum = 1, squares = peak * peak;
  for (const double sign : {-1.0, 1.0})
    for (int k = 1;; ++k) {
      const double t = at + sign * h * k, e = exponent(t) - top;
      if (e < -40) break;
      sum += std::exp(e);
      squares += std::exp(e + 2 * t);
    }
  if (square) *square = squares / sum;
  return top + std::log(h * sum);
}

Eigen::ArrayXd FisherBingham::draw(Stream& rng, std::int64_t& trials) const {
  const Index n = sites();
  const double radius = std::sqrt(double(n));
  // On |u| = 1, with q = u'(2z)u and l = c.u, the target is exp(-Nq/2 + sqrt(N) l) and the projected Gaussian int dr
  // r^{N-1} exp(-r^2 q/2 + r l): their ratio is exp(-radial(q, l/sqrt N)) up to a constant. ln of it is concave in (q,
  // l); for given l it is largest where E r^2 = 1 (of N), and along that line it rises with l, because there E r < 1:
  // so the bound is at l = |c|. By parts, q E r^2 = 1 + pull E r: that q lies in [1, 1 + pull].
  const double pull = c_.matrix().norm() / radius;
  const auto excess = [&](double at) {
    double square = 0;
    radial(at, pull, &square);
    return square - 1;
  };
  double q = 1;
  if (const double low = excess(1), high = excess(1 + pull); low > 0 && high < 0) {  // else one point, to rounding
    std::uintmax_t most = 50;
    const auto ends = boost::math::tools::toms748_solve(excess, 1.0, 1 + pull, low, high,
                                                        boost::math::tools::eps_tolerance<double>(28), most);
    q = 0.5 * (ends.first + ends.second);  // to 4e-9; the bound is stationary there
  }
  const double least = radial(q, pull);
  const Eigen::ArrayXd centre = 0.5 * c_ / gap_, width = (2 * gap_).rsqrt();
  Eigen::VectorXf z(n);
  for (;;) {
    ++trials;
    rng.normals({z.data(), std::size_t(n)});
    Eigen::ArrayXd u = centre + width * z.cast<double>().array();
    const double norm = u.matrix().norm();
    if (!(norm > 0)) continue;
    u /= norm;
    if (std::log(rng.uniform()) < least - radial((2 * gap_ * u.square()).sum(), (c_ * u).sum() / radius))
      return radius * u;
  }
}

}  // namespace glass

#include "models/spherical_p_spin.hpp"

#include <boost/random/beta_distribution.hpp>
#include <cmath>

namespace glass {

Eigen::VectorXf draw_on_sphere(const Eigen::VectorXd& b, Stream& rng) {
  const Index n = b.size();
  const double radius = std::sqrt(double(n)), kappa = radius * b.norm();
  Eigen::VectorXf noise(n);
  rng.normals({noise.data(), std::size_t(n)});
  Eigen::VectorXd x = noise.cast<double>();
  if (n == 1) return Eigen::VectorXf::Constant(1, rng.uniform() * (1 + std::exp(-2 * b(0))) < 1 ? 1.f : -1.f);
  if (kappa > 0) {  // the cosine w with b has density ~ e^{kappa w} (1-w^2)^{(n-3)/2}; the rest is uniform round it
    const double d = double(n - 1), edge = d / (2 * kappa + std::sqrt(4 * kappa * kappa + d * d));
    const double x0 = (1 - edge) / (1 + edge), c = kappa * x0 + d * std::log1p(-x0 * x0);
    boost::random::beta_distribution<double> beta(0.5 * d, 0.5 * d);
    double w = 0;
    for (;;) {
      const double z = beta(rng);
      w = (1 - (1 + edge) * z) / (1 - (1 - edge) * z);
      if (kappa * w + d * std::log1p(-x0 * w) - c >= std::log(rng.uniform())) break;
    }
    const Eigen::VectorXd axis = b / b.norm();
    x -= axis * axis.dot(x);
    x = w * axis + std::sqrt(std::max(0.0, 1 - w * w)) * x / x.norm();
  }
  return (radius / x.norm() * x).cast<float>();
}

double sum_of_squared_products(const Eigen::VectorXf& x, int p) {
  Eigen::VectorXd e = Eigen::VectorXd::Zero(p + 1);  // e_k of the sites so far: elementary symmetric polynomials
  e(0) = 1;
  for (Index i = 0; i < x.size(); ++i)
    for (int k = p; k > 0; --k) e(k) += double(x(i)) * double(x(i)) * e(k - 1);
  return e(p);
}

namespace {

/// See the header; the sum is largest, C(N, p), where all squares are 1 (Maclaurin's inequality).
Eigen::VectorXf draw_signal(const SphericalPSpinOptions& o, const Environment& env, Stream& rng) {
  const double n = double(o.n);
  double c = 0.25 * env.beta * env.beta * n, most = 1;
  for (int k = 1; k <= o.p; ++k) {
    c *= double(k) / n;
    most *= (n - k + 1) / double(k);
  }
  for (int k = 0; k < SphericalPSpin::kMostRejections; ++k) {
    Eigen::VectorXf x = draw_on_sphere(env.beta * env.h.cast<double>(), rng);
    if (rng.uniform() < std::exp(c * (sum_of_squared_products(x, o.p) - most))) return x;
  }
  throw BadInput(std::string(SphericalPSpin::name) + ": temperature=" + to_text(o.temperature) +
                 ": too cold to plant: no signal in " + to_text(SphericalPSpin::kMostRejections) +
                 " tries; choose a higher temperature");
}

}  // namespace

SphericalPSpin::Target SphericalPSpin::make(const SphericalPSpinOptions& o, std::uint32_t seed) {
  if (o.n < o.p) throw BadInput(std::string(name) + ": n=" + to_text(o.n) + ": must be at least p=" + to_text(o.p));
  if (o.pins > 0)
    throw BadInput(std::string(name) + ": pins=" + to_text(o.pins) +
                   ": the sphere ties all sites together, none can be held; use field");
  SpinOptions plain = o;
  plain.planted = false;
  Environment env = Environment::draw(name, plain, seed);
  env.alphabet = Alphabet::reals();
  if (o.planted) {
    Stream signal({seed, Purpose::planted, 0, o.instance}, 0);
    env.truth = draw_signal(o, env, signal);
  }
  if (o.p == 2) return Spherical<Sk>(Sk::draw(std::move(env), seed, o.instance));
  return Spherical<IsingPSpin>(IsingPSpin::draw(o.p, std::move(env), seed, o.instance));
}

std::optional<LogPartition> SphericalPSpin::log_partition(const SphericalPSpinOptions& o) {
  if (o.field != 0 || o.field_spread != 0) return std::nullopt;
  // ln E Z would be the mean of exp((beta^2/2) p!/(2N^{p-1}) sum prod x^2) over the sphere; to O(1) its exponent's mean
  double product = 1;
  for (int k = 1; k < o.p; ++k) product *= double(o.n - k) / double(o.n + 2 * k);
  const double b2 = 1.0 / (o.temperature * o.temperature);
  return LogPartition{0.25 * b2 * double(o.n) * product, "annealed, right to o(N) above T_K"};
}

}  // namespace glass

#include "spinglass/field_law.hpp"

#include <cmath>
#include <complex>

namespace glass {

FieldGrid::FieldGrid(double step, double reach) : size_(1), step_(step) {
  while (double(size_) * step < reach - kLowest) size_ *= 2;
  const Index negative = Index(std::lround(-kLowest / step));
  points_.resize(size_);
  for (Index i = 0; i < size_; ++i) points_(i) = double(i < size_ - negative ? i : i - size_) * step;
  tanh_.resize(size_);
  surprise_.resize(size_);
  for (Index i = 0; i < size_; ++i) {
    const double h = points_(i), e = std::exp(-2 * std::abs(h));
    tanh_(i) = std::tanh(h);
    surprise_(i) = std::log1p(e) + (h < 0 ? -2 * h : 0);
  }
  fft_.SetFlag(Eigen::FFT<double>::HalfSpectrum);
  tanh_spectrum_ = transform(tanh_);
}

void FieldGrid::deposit(Eigen::ArrayXd& law, double x, double w) const {
  const double y = x / step_, floor = std::floor(y), f = y - floor;
  const Index mask = size_ - 1, i = Index(floor);
  const double below = f + 1, next = f - 1, far = f - 2;
  law((i - 1) & mask) -= w * f * next * far / 6;
  law(i & mask) += w * below * next * far / 2;
  law((i + 1) & mask) -= w * below * f * far / 2;
  law((i + 2) & mask) += w * below * f * next / 6;
}

Eigen::ArrayXd FieldGrid::gaussian(double snr) const {
  // Trapezoid rule in z: what is averaged in the end has its poles at distance pi/2 from the real axis, which costs
  // exp(-pi^2/(dz sqrt(snr))); the cut 1e-17.
  constexpr double end = 8.5;
  const double root = std::sqrt(snr), dz = 1.0 / (root > 2 ? 32 : 16);
  const int n = int(end / dz);
  Eigen::ArrayXd out = Eigen::ArrayXd::Zero(size_);
  double total = 0;
  for (int k = -n; k <= n; ++k) total += std::exp(-0.5 * (k * dz) * (k * dz));
  for (int k = -n; k <= n; ++k) deposit(out, snr + root * k * dz, std::exp(-0.5 * (k * dz) * (k * dz)) / total);
  return out;
}

Eigen::ArrayXcd FieldGrid::transform(const Eigen::ArrayXd& mass) {
  Eigen::ArrayXcd out(size_ / 2 + 1);
  fft_.fwd(out.data(), mass.data(), size_);
  return out;
}

Eigen::ArrayXd FieldGrid::inverse(const Eigen::ArrayXcd& spectrum) {
  Eigen::ArrayXd out(size_);
  fft_.inv(out.data(), spectrum.data(), size_);
  return out;
}

Eigen::ArrayXd FieldGrid::shifted_tanh(const Eigen::ArrayXcd& spectrum) {
  return inverse(spectrum.conjugate() * tanh_spectrum_);
}

double FieldGrid::mean_tanh(const Eigen::ArrayXcd& spectrum) const {
  const Index last = size_ / 2;
  const Eigen::ArrayXd terms = spectrum.real() * tanh_spectrum_.real() + spectrum.imag() * tanh_spectrum_.imag();
  return (2 * terms.sum() - terms(0) - terms(last)) / double(size_);
}

Eigen::ArrayXcd poisson_sum(double mean, const Eigen::ArrayXcd& phi) {
  Eigen::ArrayXcd out(phi.size());
  for (Index k = 0; k < phi.size(); ++k)
    out(k) = std::polar(std::exp(mean * (phi(k).real() - 1)), mean * phi(k).imag());
  return out;
}

Magnitudes gauss_nodes(const FieldGrid& grid, const FieldLaw& law, Index n) {
  // The nodes are those of v = tanh(h/3): a message depends on how close to certain the literals are, and 1 - tanh h =
  // e^{-2h} hides that at the end of the interval (in tanh h itself, 20 nodes do what 6 do in v)
  constexpr double kStretch = 3, kInner = 20, kRounding = 1e-12;  // beyond, a site counts as certain
  const Index inner = std::min(grid.size() / 2, Index(kInner / grid.step()) + 1);
  const Index negative = Index(std::lround(-FieldGrid::kLowest / grid.step()));
  Eigen::ArrayXd s(inner + 1), w(inner + 1);
  double beyond = law.certain + law.mass.sum();
  for (Index i = 0; i < inner; ++i) {
    const double v = std::tanh(grid.points()(i) / kStretch);
    s(i) = v * v;
    w(i) = law.mass(i);
    if (i > 0 && i <= negative) w(i) += law.mass(grid.size() - i);
    beyond -= w(i);
  }
  s(inner) = 1;
  w(inner) = beyond;
  w = (w.abs() > kRounding).select(w, 0.0);  // tails below the rounding of the FFT would attract nodes
  // Stieltjes' procedure with normalised polynomials: 6 n flops a point
  Eigen::VectorXd diagonal(n), off(n);
  Eigen::ArrayXd before = Eigen::ArrayXd::Zero(inner + 1);
  Eigen::ArrayXd p = Eigen::ArrayXd::Constant(inner + 1, 1 / std::sqrt(w.sum()));
  Index nodes = 0;
  double coupling = 0;
  while (nodes < n) {
    const double a = (w * s * p.square()).sum();
    Eigen::ArrayXd next = (s - a) * p - coupling * before;
    diagonal(nodes++) = a;
    const double norm = (w * next.square()).sum();
    // A law of fewer points ends here: what is left is rounding
    if (!(norm > kRounding * kRounding) || (nodes > 1 && norm < kRounding * off(0) * off(0))) break;
    coupling = std::sqrt(norm);
    off(nodes - 1) = coupling;
    before = p;
    p = next / coupling;
  }
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen;
  eigen.computeFromTridiagonal(diagonal.head(nodes), off.head(nodes - 1));
  Magnitudes out;
  constexpr double kSnap = 1e-14;  // rounding must not make atoms at 0 and 1 soft
  out.t = eigen.eigenvalues().array();
  for (double& t : out.t) t = t < kSnap ? 0 : t > 1 - kSnap ? 1 : std::tanh(kStretch * std::atanh(std::sqrt(t)));
  out.weight = eigen.eigenvectors().row(0).transpose().array().square();
  return out;
}

}  // namespace glass

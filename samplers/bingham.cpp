#include "samplers/bingham.hpp"

#include <Eigen/Eigenvalues>
#include <cmath>

namespace glass {

BinghamLaw::BinghamLaw(const Eigen::MatrixXd& m) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(m);
  value_ = solver.eigenvalues();
  vector_ = solver.eigenvectors();
  const double n = double(sites());
  excess_ = 0.5 * n * (value_(sites() - 1) - value_.array());
  b_ = bisect(1e-300, n, [&](double b) { return (b + 2 * excess_.array()).inverse().sum() - 1; });
  log_z_ = FisherBingham(value_.array(), Eigen::ArrayXd::Zero(sites())).log_partition();
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

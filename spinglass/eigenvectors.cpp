#include "spinglass/eigenvectors.hpp"

#include <Eigen/Eigenvalues>

namespace glass {

Eigenvectors::Eigenvectors(const Eigen::MatrixXd& m, Eigen::VectorXd field) : field_(std::move(field)) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(m);
  value_ = solver.eigenvalues();
  vector_ = std::make_shared<const Eigen::MatrixXd>(solver.eigenvectors());
}

void Eigenvectors::each(const Tilt& t, auto&& take) const {
  refuse_pins_on_sphere(t);
  const Eigen::MatrixXd c = vector_->transpose() * (field_ * t.power + t.field.cast<double>());
  for (Index k = 0; k < c.cols(); ++k) take(k, FisherBingham(t.power(k) * value_.array(), c.col(k).array()));
}

DenoiseInfo Eigenvectors::posterior_mean(const Tilt& t, State&, BatchOut mean) const {
  Eigen::MatrixXd y(t.field.rows(), t.columns());
  each(t, [&](Index c, const FisherBingham& law) { y.col(c) = law.mean().matrix(); });
  mean = (*vector_ * y).cast<float>();
  return {0, {.denoiser_calls = t.columns(), .iterations = t.columns()}};
}

DenoiseInfo Eigenvectors::draw_sites(const Tilt& t, State&, Streams& rng, BatchOut x) const {
  Eigen::MatrixXd y(t.field.rows(), t.columns());
  DenoiseInfo info{0, {.denoiser_calls = t.columns(), .iterations = t.columns()}};
  each(t, [&](Index c, const FisherBingham& law) { y.col(c) = law.draw(rng[c], info.work.attempts).matrix(); });
  x = (*vector_ * y).cast<float>();
  return info;
}

PerColumn Eigenvectors::log_density(const Tilt& t, State&, BatchIn x) const {
  PerColumn out(t.columns());
  each(t, [&](Index c, const FisherBingham& law) {
    const Eigen::VectorXd xc = x.col(c).cast<double>();
    const Eigen::ArrayXd y = (vector_->transpose() * xc).array();
    out(c) = t.power(c) * (0.5 * (value_.array() * y.square()).sum() + field_.dot(xc)) +
             t.field.col(c).cast<double>().dot(xc) - law.log_partition();
  });
  return out;
}

PerColumn Eigenvectors::log_partition(const Tilt& t, State&) const {
  PerColumn out(t.columns());
  each(t, [&](Index c, const FisherBingham& law) {
    out(c) = law.log_partition() - 0.5 * t.precision(c) * double(law.sites());
  });
  return out;
}

}  // namespace glass

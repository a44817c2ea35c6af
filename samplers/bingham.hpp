#pragma once
#include <string>
#include <string_view>
#include <utility>

#include "models/core/error.hpp"
#include "models/core/fisher_bingham.hpp"
#include "samplers/sampler.hpp"

namespace glass {

/// Bingham's law on |x|^2 = N, density ~ exp(x'Mx/2) against the uniform measure, by the eigenvectors of M.
class BinghamLaw {
 public:
  explicit BinghamLaw(const Eigen::MatrixXd& m);  ///< one eigendecomposition, about 9 N^3 flops
  Index sites() const { return value_.size(); }
  const Eigen::VectorXd& eigenvalues() const { return value_; }

  /// ln of the mean of exp(x'Mx/2) over the sphere, by FisherBingham.
  double log_partition() const { return log_z_; }
  /// Exact draws, N x B, one stream a column: rejection from the angular central Gaussian law with the eigenvectors of
  /// M (Kent, Ganeiber and Mardia, arXiv:1310.8110). O(N) a trial, then one GEMM. `trials` counts them.
  void draw(Streams& rng, BatchOut x, std::int64_t& trials) const;

 private:
  Eigen::VectorXd value_;  // eigenvalues, ascending
  Eigen::MatrixXd vector_;
  Eigen::VectorXd excess_;  // a_i = N (lambda_max - lambda_i)/2: density exp(-sum a_i y_i^2) on |y| = 1
  double b_ = 1;            // of the envelope: sum 1/(b + 2 a_i) = 1
  double log_z_ = 0;
};

struct BinghamOptions {
  static constexpr std::tuple<> fields{};
};

/// Independent exact draws where log L is a quadratic form on the sphere (spherical p = 2), with their ln q.
template <QuadraticSphere T>
class Bingham {
 public:
  using Options = BinghamOptions;
  static constexpr std::string_view name = "bingham";
  static constexpr std::string_view formula = "x ~ exp(x'Mx/2) on |x|^2 = N, exactly, in the eigenvectors of M";
  static constexpr std::string_view reference =
      "Kosterlitz, Thouless and Jones, Phys. Rev. Lett. 36, 1217 (1976); Kent, Ganeiber and Mardia, arXiv:1310.8110";
  struct State {
    Streams rng;
    Batch x;
    static void visit(auto& s, auto&& f) { f(s.rng, s.x); }
  };
  /// Throws Refused where there is an external field.
  explicit Bingham(T target, BinghamOptions = {}) : target_(std::move(target)), law_(target_.matrix()) {
    const Batch none = Batch::Zero(target_.sites(), 1);
    Batch field(none.rows(), 1);
    target_.gradient(none, field);
    if (!field.isZero(0)) throw Refused(std::string(name) + ": the law is solved without an external field only");
  }
  Traits traits() const { return {name, Kind::generator, Promise::exact}; }
  const BinghamLaw& law() const { return law_; }

  State init(Streams rng) const {
    const Index b = rng.columns();
    State s{std::move(rng), Batch::Zero(target_.sites(), b)};
    std::int64_t trials = 0;
    law_.draw(s.rng, s.x, trials);
    return s;
  }
  void restart(State&) const {}
  StepInfo step(State& s) const {
    StepInfo info;
    law_.draw(s.rng, s.x, info.work.attempts);
    info.finished = true;
    info.acceptance = double(s.x.cols()) / double(info.work.attempts);
    return info;
  }
  void read(const State& s, BatchOut out) const { out = s.x; }
  PerColumn log_likelihood(const State& s) const { return target_.log_likelihood(s.x); }
  PerColumn log_prob(const State& s) const { return log_density(s.x); }
  std::pair<PerColumn, StepInfo> log_prob_of(State&, BatchIn x, const Tick&) const {
    StepInfo info;
    info.finished = true;
    info.work.energies = x.cols();
    return {log_density(x), info};
  }

 private:
  PerColumn log_density(BatchIn x) const { return target_.log_likelihood(x).array() - law_.log_partition(); }
  T target_;
  BinghamLaw law_;
};

}  // namespace glass

#include "models/rank_one.hpp"

namespace glass {

RankOne::Cache RankOne::open(Batch x) const {
  FieldCache s = matrix_.open(std::move(x));
  PerColumn squares(s.x.cols());
  for (Index c = 0; c < squares.size(); ++c) squares(c) = s.x.col(c).cast<double>().squaredNorm();
  return {std::move(s.x), std::move(s.g), std::move(squares)};
}

void RankOne::set(Cache& s, Index c, Index i, float to) const {
  const double from = double(s.x(i, c)), x = double(to);
  s.squares(c) += x * x - from * from;
  const float d = to - s.x(i, c);
  s.x(i, c) = to;
  axpy(sites(), d, matrix_.couplings().col(i), s.g.col(c).data());
}

PerColumn RankOne::log_likelihood(const Cache& s) const {
  const Eigen::VectorXd bh = beta() * environment().h.cast<double>();
  PerColumn out(s.x.cols());
  for (Index c = 0; c < out.size(); ++c) {
    const auto x = s.x.col(c).cast<double>();
    const double pairs = s.squares(c) * s.squares(c) - x.array().square().square().sum();
    out(c) = 0.5 * x.dot(s.g.col(c).cast<double>() + bh) - 0.25 * quartic() * pairs;
  }
  return out;
}

PerColumn RankOne::gradient(BatchIn x, BatchOut g) const {
  const Cache s = open(x);
  for (Index c = 0; c < g.cols(); ++c) {
    const auto own = x.col(c).array();
    g.col(c) = s.g.col(c).array() - float(quartic()) * own * (float(s.squares(c)) - own.square());
  }
  return log_likelihood(s);
}

}  // namespace glass

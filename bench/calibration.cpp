#include "bench/calibration.hpp"

#include <array>
#include <boost/math/distributions/chi_squared.hpp>

#include "bench/parallel.hpp"
#include "bench/statistics.hpp"
#include "models/core/error.hpp"

namespace glass {

namespace {

constexpr std::array kScalars{"energy", "magnetisation", "neighbours", "linear form"};

/// One row per scalar, one column per configuration.
Eigen::MatrixXd scalars(const AnyModel& model, const Batch& x, Stream& rng) {
  const Index n = x.rows();
  Eigen::VectorXf form(n);
  rng.normals({form.data(), std::size_t(n)});
  Eigen::MatrixXd out(Index(kScalars.size()), x.cols());
  out.row(0) = with_ties(model.log_likelihood(x));
  out.row(1) = x.cast<double>().colwise().sum();
  out.row(2) = x.topRows(n - 1).cwiseProduct(x.bottomRows(n - 1)).cast<double>().colwise().sum();
  for (Index c = 0; c < x.cols(); ++c) out(3, c) = form.cast<double>().dot(x.col(c).cast<double>());
  return out;
}

/// Of the last of the values among the others, ties broken at random.
Index rank_of_last(const Eigen::RowVectorXd& v, Stream& rng) {
  const double last = v(v.size() - 1);
  const auto others = v.head(v.size() - 1).array();
  const Index below = (others < last).count(), ties = (others == last).count();
  return below + Index(rng.uniform() * double(ties + 1));
}

}  // namespace

std::vector<Check> calibrate(const CalibrationMaker& make, const CalibrationOptions& o,
                             const std::function<void()>& tick) {
  const int bins = o.draws + 1;
  if (o.draws < 1 || o.instances < 5 * bins)
    throw BadInput("calibration: needs at least " + to_text(5 * bins) + " instances for " + to_text(o.draws) +
                   " draws of each, not " + to_text(o.instances));
  Eigen::MatrixXi ranks(Index(kScalars.size()), o.instances);
  for_each_parallel(o.instances, [&](int k) {
    const auto [model, sampler] = make(std::uint32_t(k), o.draws);
    const Eigen::VectorXf& truth = model->environment().truth;
    if (!truth.size()) throw BadInput("calibration: " + model->spec() + ": nothing is planted; add planted=true");
    Batch x(truth.size(), bins);
    sampler->next_draw(1);
    sampler->read(x.leftCols(o.draws));
    x.col(o.draws) = truth;
    Stream rng({o.seed, Purpose::null_model, 0, std::uint32_t(k)}, 0);
    const Eigen::MatrixXd values = scalars(*model, x, rng);
    for (Index s = 0; s < values.rows(); ++s) ranks(s, k) = int(rank_of_last(values.row(s), rng));
    if (tick) tick();
  });

  std::vector<Check> out;
  const double expected = double(o.instances) / bins;
  for (Index s = 0; s < ranks.rows(); ++s) {
    Check c{std::string("rank of the signal's ") + kScalars[std::size_t(s)], 0, double(o.draws), 1};
    for (int b = 0; b < bins; ++b) {
      const double off = double((ranks.row(s).array() == b).count()) - expected;
      c.statistic += off * off / expected;
    }
    c.p_value = boost::math::cdf(boost::math::complement(boost::math::chi_squared(c.dof), c.statistic));
    out.push_back(std::move(c));
  }
  return out;
}

}  // namespace glass

#include "spinglass/multistate.hpp"

#include <Eigen/Cholesky>
#include <cmath>
#include <functional>

#include "models/core/error.hpp"

namespace glass {
namespace {

/// Pieces that are independent of each other: draws [first, first + count) of a chain, at all rungs.
struct Unit {
  Index chain, first, count;
};

std::vector<Unit> units_of(const LadderSeries& s) {
  if (s.powers.size() < 2 || Index(s.log_l.size()) != s.powers.size())
    throw BadInput("ladder: needs 2 rungs or more, and a series for each");
  for (Index k = 1; k < s.powers.size(); ++k)
    if (!(s.powers(k) < s.powers(k - 1))) throw BadInput("ladder: powers must fall");
  const Index draws = s.log_l[0].rows(), chains = s.log_l[0].cols();
  for (const auto& l : s.log_l)
    if (l.rows() != draws || l.cols() != chains) throw BadInput("ladder: all rungs must have the same draws x chains");
  const Index pieces = chains >= 8 ? 1 : chains ? std::min(draws, (16 + chains - 1) / chains) : 0;
  std::vector<Unit> units;
  for (Index c = 0; c < chains; ++c)
    for (Index p = 0; p < pieces; ++p) {
      const Index first = draws * p / pieces;
      units.push_back({c, first, draws * (p + 1) / pieces - first});
    }
  if (units.size() < 2) throw BadInput("ladder: needs 2 independent pieces or more: more chains or draws");
  return units;
}

/// All units but one, or all.
std::vector<Eigen::VectorXd> pooled(const LadderSeries& s, const std::vector<Unit>& units, std::size_t without) {
  Index count = 0;
  for (std::size_t u = 0; u < units.size(); ++u) count += u == without ? 0 : units[u].count;
  std::vector<Eigen::VectorXd> out(s.log_l.size(), Eigen::VectorXd(count));
  for (std::size_t k = 0; k < out.size(); ++k) {
    Index at = 0;
    for (std::size_t u = 0; u < units.size(); ++u) {
      if (u == without) continue;
      out[k].segment(at, units[u].count) = s.log_l[k].col(units[u].chain).segment(units[u].first, units[u].count);
      at += units[u].count;
    }
  }
  return out;
}

using Estimator = std::function<double(const std::vector<Eigen::VectorXd>&)>;

LogRatio jackknife(const LadderSeries& s, const Estimator& estimate) {
  const std::vector<Unit> units = units_of(s);
  const std::size_t m = units.size();
  LogRatio out{.value = estimate(pooled(s, units, m))};
  Eigen::ArrayXd left(static_cast<Index>(m));
  for (std::size_t u = 0; u < m; ++u) left(Index(u)) = estimate(pooled(s, units, u));
  out.error = std::sqrt(double(m - 1) / double(m) * (left - left.mean()).square().sum());
  return out;
}

/// Mean of ln L at each rung, and its variance.
struct Moments {
  Eigen::VectorXd mean, variance;
};
Moments moments_of(const std::vector<Eigen::VectorXd>& l) {
  Moments m{Eigen::VectorXd(Index(l.size())), Eigen::VectorXd(Index(l.size()))};
  for (std::size_t k = 0; k < l.size(); ++k) {
    m.mean(Index(k)) = l[k].mean();
    m.variance(Index(k)) = (l[k].array() - l[k].mean()).square().mean();
  }
  return m;
}

/// Every `stride`-th rung; `corrected` or the plain trapezoidal rule.
double integral(const PerColumn& p, const Moments& m, Index stride, bool corrected) {
  double sum = 0;
  for (Index k = 0; k + stride < p.size(); k += stride) {
    const double h = p(k) - p(k + stride);
    sum += 0.5 * h * (m.mean(k) + m.mean(k + stride));
    if (corrected) sum += h * h / 12 * (m.variance(k + stride) - m.variance(k));
  }
  return sum;
}

}  // namespace

LogRatio multistate_log_ratio(const LadderSeries& s) {
  const PerColumn& p = s.powers;
  const Index r = p.size();
  Eigen::VectorXd start;  // where Newton's method begins: the integral, later the solution for all units
  return jackknife(s, [&](const std::vector<Eigen::VectorXd>& l) {
    const Index each = l[0].size();
    Eigen::VectorXd z = start;
    if (!z.size()) {
      const Moments m = moments_of(l);
      z = Eigen::VectorXd::Zero(r);
      for (Index k = r - 1; k-- > 0;) z(k) = z(k + 1) + 0.5 * (p(k) - p(k + 1)) * (m.mean(k) + m.mean(k + 1));
    }
    // potential sum_n ln sum_m N_m e^{p_m l_n - z_m} + sum_m N_m z_m, per draw; N_m all the same
    const auto evaluate = [&](const Eigen::VectorXd& at, Eigen::VectorXd& gradient, Eigen::MatrixXd& hessian) {
      double value = at.sum();
      gradient = Eigen::VectorXd::Ones(r);
      hessian = Eigen::MatrixXd::Zero(r, r);
      Eigen::ArrayXd w(r);
      for (const Eigen::VectorXd& rung : l)
        for (const double x : rung) {
          for (Index k = 0; k < r; ++k) w(k) = p(k) * x - at(k);
          const double top = w.maxCoeff();
          for (Index k = 0; k < r; ++k) w(k) = std::exp(w(k) - top);
          const double sum = w.sum();
          value += (top + std::log(sum)) / double(each);
          w /= sum;
          gradient -= w.matrix() / double(each);
          hessian.noalias() -= w.matrix() * w.matrix().transpose() / double(each);
          hessian.diagonal() += w.matrix() / double(each);
        }
      return value;
    };
    Eigen::VectorXd g, next_g;
    Eigen::MatrixXd h, next_h;
    double value = evaluate(z, g, h);
    for (int iteration = 0; iteration < 50; ++iteration) {
      // the last z stays 0: only differences are determined
      Eigen::VectorXd step = Eigen::VectorXd::Zero(r);
      step.head(r - 1) = h.topLeftCorner(r - 1, r - 1).ldlt().solve(g.head(r - 1));
      double scale = 1, next = 0;
      for (int halving = 0; halving < 30; ++halving, scale *= 0.5) {
        next = evaluate(z - scale * step, next_g, next_h);
        if (next <= value + 1e-12 * std::abs(value)) break;
      }
      z -= scale * step;
      value = next;
      std::swap(g, next_g);
      std::swap(h, next_h);
      if (step.cwiseAbs().maxCoeff() < 1e-7) break;
    }
    if (!start.size()) start = z;
    return z(0) - z(r - 1);
  });
}

LogRatio thermodynamic_integral(const LadderSeries& s) {
  LogRatio out = jackknife(s, [&](const auto& l) { return integral(s.powers, moments_of(l), 1, true); });
  const std::vector<Unit> units = units_of(s);
  const Moments m = moments_of(pooled(s, units, units.size()));
  const bool odd = s.powers.size() % 2 == 1;
  const double other = odd ? integral(s.powers, m, 2, true) : integral(s.powers, m, 1, false);
  out.discretisation = std::abs(out.value - other) / (odd ? 15 : 1);
  return out;
}

}  // namespace glass

#include "bench/step_bias.hpp"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/tools/minima.hpp>
#include <cmath>
#include <numeric>
#include <tuple>

#include "bench/conformance.hpp"
#include "models/core/error.hpp"

namespace glass {
namespace {

/// Standard deviation of what is believed of c before any data: at the coarsest step the curve may leave its asymptote
/// by about this much. Without it c eats up what the points say of the order.
constexpr double kBend = 0.3;
/// What is left of the approach to the asymptote when the curve fits: orders are whole numbers, so 0.05 costs nothing.
constexpr double kApproach = 0.05;

struct PowerLaw {
  double order = 0, error = 0, chi_squared = 0;
};

PowerLaw fit_power(std::span<const int> steps, std::span<const double> bias, std::span<const double> error) {
  // bias = B x^a e^{-c x}, x = h over the coarsest h, c of the order of kBend. For a given a and c the best B is linear
  // algebra, and the best c is searched for: chi^2 is a function of a alone
  const auto misfit = [&](double a) {
    const auto with = [&](double c) {
      double bb = 0, bh = 0, hh = 0;
      for (std::size_t i = 0; i < bias.size(); ++i) {
        const double x = double(steps[0]) / steps[i];
        const double h = std::pow(x, a) * std::exp(-c * x) / error[i], b = bias[i] / error[i];
        bb += b * b;
        bh += b * h;
        hh += h * h;
      }
      return bb - bh * bh / hh + c * c / (kBend * kBend);
    };
    return boost::math::tools::brent_find_minima(with, -3.0, 3.0, 30).second;
  };
  PowerLaw fit;
  constexpr double kLow = -2, kHigh = 8, kGrid = 0.05;
  double start = kLow;
  for (double a = kLow; a <= kHigh; a += kGrid)
    if (misfit(a) < misfit(start)) start = a;
  std::tie(fit.order, fit.chi_squared) =
      boost::math::tools::brent_find_minima(misfit, start - kGrid, start + kGrid, 40);
  // one standard error is where chi^2 has risen by 1; the wider side counts
  for (const double side : {-1.0, 1.0}) {
    double inside = 0, outside = 1e-3;
    while (outside < 10 && misfit(fit.order + side * outside) < fit.chi_squared + 1) inside = outside, outside *= 2;
    for (int k = 0; k < 50; ++k) {
      const double mid = 0.5 * (inside + outside);
      (misfit(fit.order + side * mid) < fit.chi_squared + 1 ? inside : outside) = mid;
    }
    fit.error = std::max(fit.error, outside);
  }
  return fit;
}

}  // namespace

std::vector<StepBias> bias_by_steps(const std::function<std::unique_ptr<AnySampler>(int, Streams)>& make,
                                    const std::vector<int>& steps, const Eigen::VectorXd& p, Index draws,
                                    std::uint32_t seed, const Alphabet& alphabet) {
  const Configurations all(sites_of_law(p, alphabet), alphabet);
  if (steps.empty()) throw BadInput("bias by steps: steps must not be empty");
  const Index columns = std::min<Index>(draws, 20000);
  const auto frequencies = [&](int count_of_steps, std::uint32_t instance) {
    const auto sampler = make(count_of_steps, Streams({seed, Purpose::sampler, 0, instance}, columns));
    if (sampler->traits().kind != Kind::generator) throw BadInput("bias by steps: must be a generator");
    Batch x(all.dim(), columns);
    Eigen::VectorXd f = Eigen::VectorXd::Zero(p.size());
    Index done = 0, impossible = 0;
    for (; done < draws; done += columns) {
      sampler->next_draw(1);
      sampler->read(x);
      for (Index c = 0; c < columns; ++c) {
        const Index k = all.number(x.col(c));
        impossible += k < 0 || p(k) < 1e-250;
        f(std::max<Index>(k, 0)) += 1;
      }
    }
    return std::tuple{Eigen::VectorXd(f / double(done)), double(done), impossible};
  };
  const Eigen::VectorXd pilot = std::get<0>(frequencies(*std::min_element(steps.begin(), steps.end()), 0));
  const Eigen::VectorXd often = (pilot.array() > p.array()).cast<double>();
  const Eigen::VectorXd logp = p.unaryExpr([](double v) { return v > 1e-250 ? std::log(v) : 0.0; });
  std::vector<StepBias> out;
  for (std::size_t k = 0; k < steps.size(); ++k) {
    const auto [f, count_of_draws, impossible] = frequencies(steps[k], std::uint32_t(k + 1));
    const auto error = [&, &q = f, m = count_of_draws](const Eigen::VectorXd& v) {
      return std::sqrt(std::max(0.0, q.dot(v.cwiseAbs2()) - std::pow(q.dot(v), 2)) / m);
    };
    out.push_back({steps[k], (f - p).dot(often), error(often), (f - p).dot(logp), error(logp), impossible});
  }
  return out;
}

BiasOrder fit_order(std::span<const int> steps, std::span<const double> bias, std::span<const double> error) {
  if (steps.size() < 5 || bias.size() != steps.size() || error.size() != steps.size())
    throw BadInput("order of the bias: needs 5 step counts or more, each with a bias and its error");
  std::vector<std::size_t> order(steps.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return steps[a] < steps[b]; });
  std::vector<int> k;
  std::vector<double> b, e;
  for (const std::size_t i : order) {
    if (!(error[i] > 0)) throw BadInput("order of the bias: errors must be above 0");
    k.push_back(steps[i]);
    b.push_back(bias[i]);
    e.push_back(error[i]);
  }
  const auto fit = [&](std::size_t from) {
    return fit_power(std::span(k).subspan(from), std::span(b).subspan(from), std::span(e).subspan(from));
  };
  BiasOrder out;
  for (std::size_t from = 0; !out.fits && k.size() - from >= 5; ++from) {
    const PowerLaw all = fit(from), finer = fit(from + 1);
    out.order = all.order;
    out.error = std::hypot(all.error, all.order - finer.order, kApproach);
    out.chi_squared = all.chi_squared;
    out.points = int(k.size() - from);
    const boost::math::chi_squared law(double(out.points - 2));
    out.fits = boost::math::cdf(boost::math::complement(law, std::max(0.0, all.chi_squared))) > 1e-3;
  }
  return out;
}

BiasOrder fit_order(std::span<const StepBias> points) {
  std::vector<int> steps;
  std::vector<double> bias, error;
  Index impossible = 0;
  for (const StepBias& p : points) {
    impossible += p.impossible;
    steps.push_back(p.steps);
    bias.push_back(p.variation);
    error.push_back(p.variation_error);
  }
  BiasOrder out = fit_order(steps, bias, error);
  out.fits = out.fits && impossible == 0;
  return out;
}

}  // namespace glass

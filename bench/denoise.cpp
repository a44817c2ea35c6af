#include "bench/denoise.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "bench/instance_spec.hpp"
#include "bench/parallel.hpp"
#include "bench/registry.hpp"
#include "models/core/error.hpp"

namespace glass {

namespace {

/// What one column is told at every value of the side information.
class Told {
 public:
  Told(const Tilt& base, const Eigen::VectorXf& truth, Index width, const DenoiseOptions& o, Streams& rng)
      : base_(base), truth_(truth), width_(width), path_(o.path) {
    const Index b = base.columns();
    if (path_ == Path::gaussian) {
      Eigen::VectorXf z(truth.size());
      Batch y = Batch::Zero(truth.size(), b);
      double before = 0;
      for (const double t : o.sides) {
        for (Index c = 0; c < b; ++c) {
          rng[c].normals({z.data(), std::size_t(z.size())});
          y.col(c) += float(t - before) * truth + float(std::sqrt(t - before)) * z;
        }
        before = t;
        fields_.push_back(y);
      }
      return;
    }
    std::vector<Index> free;
    for (Index i = 0; i < truth.size(); i += width)
      if (base.free(i, 0)) free.push_back(i / width);
    for (Index c = 0; c < b; ++c) {
      std::vector<Index> order = free;
      for (std::size_t k = order.size(); k > 1; --k)
        std::swap(order[k - 1], order[std::size_t(rng[c].uniform() * double(k))]);
      orders_.push_back(std::move(order));
    }
  }
  /// At the value number k, which is `side`.
  Tilt at(std::size_t k, double side) const {
    Tilt t = base_;
    if (path_ == Path::gaussian) {
      t.precision.setConstant(side);
      t.field += fields_[k];
      return t;
    }
    for (std::size_t c = 0; c < orders_.size(); ++c)
      for (std::size_t j = 0; j < std::size_t(std::round(side * double(orders_[c].size()))); ++j)
        for (Index r = orders_[c][j] * width_; r < (orders_[c][j] + 1) * width_; ++r) t.pinned(r, Index(c)) = truth_(r);
    return t;
  }
  /// Of a Gaussian path: the noise that column c meets from value number k to the next, `step` further.
  Eigen::VectorXd noise(std::size_t k, double step, Index c) const {
    return (fields_[k + 1].col(c) - fields_[k].col(c)).cast<double>() - step * truth_.cast<double>();
  }

 private:
  Tilt base_;
  const Eigen::VectorXf& truth_;
  Index width_;
  Path path_;
  std::vector<Batch> fields_;               // y, dim x B
  std::vector<std::vector<Index>> orders_;  // of the sites, per column
};

/// One instance on one branch: means over its columns, a row per value.
struct Run {
  enum { kError, kOverlap, kGap, kLogPartition, kUnconverged, kIterations, kCount };
  Eigen::MatrixXd means;
  bool knows_partition = false;
  double martingale = 0;  // see DenoiseCurve
};

Run walk(const AnyDenoiser& denoiser, const Told& told, const Eigen::VectorXf& truth, Index sites, bool informed,
         const DenoiseOptions& o, Streams rng, const std::function<void()>& tick) {
  const Index b = rng.columns(), values = Index(o.sides.size());
  auto messages = denoiser.start(std::move(rng));
  if (informed) denoiser.start_at(messages, truth.replicate(1, b));
  Run r;
  r.means.setZero(values, Run::kCount);
  Batch mean(truth.size(), b);
  const double n = double(sites);
  if (!informed && o.small_field > 0) {
    Tilt t = told.at(0, o.sides[0]);
    t.field += float(o.small_field) * truth.replicate(1, b);
    denoiser.posterior_mean(t, messages, mean);
  }
  for (Index step = 0; step < values; ++step) {
    const Index k = informed ? values - 1 - step : step;
    const Tilt t = told.at(std::size_t(k), o.sides[std::size_t(k)]);
    const DenoiseInfo info = denoiser.posterior_mean(t, messages, mean);
    const auto log_z = denoiser.log_partition(t, messages);
    auto row = r.means.row(k);
    for (Index c = 0; c < b; ++c) {
      const Eigen::VectorXd m = mean.col(c).cast<double>(), x = truth.cast<double>();
      row(Run::kError) += (x - m).squaredNorm() / (n * double(b));
      row(Run::kOverlap) += m.dot(x) / (n * double(b));
      row(Run::kGap) += m.dot(x - m) / (n * double(b));
      if (!informed && o.path == Path::gaussian && k + 1 < values)
        r.martingale +=
            (x - m).dot(told.noise(std::size_t(k), o.sides[std::size_t(k + 1)] - t.precision(c), c)) / (n * double(b));
    }
    if (log_z) row(Run::kLogPartition) = log_z->mean() / n;
    r.knows_partition = log_z.has_value();
    row(Run::kUnconverged) = double(info.unconverged) / double(b);
    row(Run::kIterations) = double(info.work.iterations) / double(b);
    tick();
  }
  return r;
}

}  // namespace

Denoised denoise(const std::string& model_spec, const std::string& denoiser_spec, const DenoiseOptions& o,
                 const std::function<void()>& tick) {
  if (o.sides.empty()) throw BadInput("--side: at least one value of the side information is needed");
  const auto [ensemble, first] = without_instance(model_spec);
  Denoised out;
  bool informed = o.informed;
  {
    const auto shown = make_model(with_instance(ensemble, first), o.seed);
    if (!shown->environment().truth.size())
      throw BadInput("denoise: " + shown->spec() + ": nothing is planted; add planted=true to --model");
    out.model = shown->spec();
    out.denoiser = denoiser_spec.empty() ? shown->default_denoiser() : denoiser_spec;
    out.n = shown->sites();
    const AnyDenoiser denoiser = make_denoiser(*shown, split_spec(out.denoiser));
    if (informed && !denoiser.informed_start()) {
      if (!o.uninformed)
        throw Refused("--branch informed: " + out.denoiser + " has no messages that could be informed");
      informed = false;
    }
  }
  std::vector<std::string> branches;
  if (o.uninformed) branches.emplace_back("uninformed");
  if (informed) branches.emplace_back("informed");
  std::vector<std::vector<Run>> runs(branches.size(), std::vector<Run>(std::size_t(o.instances)));
  std::vector<double> signal(std::size_t(o.instances), 0.0);
  for_each_parallel(o.instances, [&](int k) {
    const std::uint32_t instance = first + std::uint32_t(k);
    const auto model = make_model(with_instance(ensemble, instance), o.seed);
    const AnyDenoiser denoiser = make_denoiser(*model, split_spec(out.denoiser));
    const Eigen::VectorXf& truth = model->environment().truth;
    signal[std::size_t(k)] = double(truth.squaredNorm()) / double(model->sites());
    Streams noise({o.seed, Purpose::side_information, 0, instance}, o.columns);
    const Told told(denoiser.base(o.columns), truth, model->alphabet().width(), o, noise);
    for (std::size_t s = 0; s < branches.size(); ++s)
      runs[s][std::size_t(k)] = walk(denoiser, told, truth, model->sites(), branches[s] == "informed", o,
                                     Streams({o.seed, Purpose::denoiser, std::uint16_t(s), instance}, o.columns), tick);
  });

  out.signal = estimate(signal).mean;
  for (std::size_t s = 0; s < branches.size(); ++s) {
    DenoiseCurve curve{branches[s], {}, {}, {}, {}};
    const auto over_instances = [&](auto&& f) {
      std::vector<double> each;
      for (const Run& r : runs[s]) each.push_back(f(r.means));
      return estimate(each);
    };
    for (Index k = 0; k < Index(o.sides.size()); ++k) {
      const auto of = [&](int what) { return over_instances([&](const Eigen::MatrixXd& m) { return m(k, what); }); };
      DenoisePoint p{o.sides[std::size_t(k)], of(Run::kError), of(Run::kOverlap), of(Run::kGap)};
      if (runs[s][0].knows_partition) p.log_partition = of(Run::kLogPartition);
      p.unconverged = of(Run::kUnconverged).mean;
      p.iterations = of(Run::kIterations).mean;
      curve.points.push_back(p);
    }
    for (const Run& r : runs[s]) {
      const Eigen::MatrixXd& m = r.means;
      double sum = 0;
      for (Index k = 1; k < m.rows(); ++k)
        sum += 0.25 * (m(k, Run::kError) + m(k - 1, Run::kError)) *
               (o.sides[std::size_t(k)] - o.sides[std::size_t(k - 1)]);
      curve.half_integrals.push_back(sum);
      curve.martingales.push_back(r.martingale);
    }
    curve.half_integral = estimate(curve.half_integrals);
    out.curves.push_back(std::move(curve));
  }
  return out;
}

}  // namespace glass

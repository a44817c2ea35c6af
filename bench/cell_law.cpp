#include "bench/cell_law.hpp"

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <numbers>

#include "bench/conformance.hpp"
#include "models/core/error.hpp"

namespace glass {

namespace {

constexpr int kAxis = 8;  // cells an axis

struct AxisNode {
  double at, log_weight;
  int cell;
};

/// Nodes and weights of one axis: panels no wider than `widest` between the edges.
std::vector<AxisNode> axis_nodes(const std::vector<double>& edges, double widest) {
  using Rule = boost::math::quadrature::gauss<double, 12>;
  std::vector<AxisNode> out;
  for (std::size_t k = 0; k + 1 < edges.size(); ++k) {
    const int panels = int(std::ceil((edges[k + 1] - edges[k]) / widest));
    const double half = 0.5 * (edges[k + 1] - edges[k]) / panels;
    for (int panel = 0; panel < panels; ++panel)
      for (std::size_t j = 0; j < Rule::abscissa().size(); ++j)
        for (const double side : {-1.0, 1.0})
          out.push_back({edges[k] + half * (2 * panel + 1 + side * Rule::abscissa()[j]),
                         std::log(half * Rule::weights()[j]), int(k)});
  }
  return out;
}

class ThroughCells : public AnySampler {
 public:
  ThroughCells(std::shared_ptr<const CellLaw> law, std::unique_ptr<AnySampler> inner, Stream starts)
      : law_(std::move(law)), inner_(std::move(inner)), starts_(starts) {}
  Traits traits() const override { return inner_->traits(); }
  Abilities abilities() const override { return inner_->abilities(); }
  void restart() override { inner_->restart(); }
  bool place(BatchIn bits) override {
    Batch x;
    for (Index c = 0; c < bits.cols(); ++c) {
      Index k = 0;
      for (Index i = 0; i < CellLaw::kBits; ++i) k |= Index{bits(i, c) > 0} << i;
      const Eigen::VectorXf one = law_->draw(k, starts_);
      if (c == 0) x.resize(one.size(), bits.cols());
      x.col(c) = one;
    }
    return inner_->place(x);
  }
  StepInfo step() override { return inner_->step(); }
  StepInfo next_draw(int steps) override { return inner_->next_draw(steps); }
  bool adapt() override { return inner_->adapt(); }
  void read(BatchOut bits) const override {
    Batch x(law_->sites(), bits.cols());
    inner_->read(x);
    for (Index c = 0; c < bits.cols(); ++c) {
      const Index k = law_->cell(x.col(c));
      for (Index i = 0; i < CellLaw::kBits; ++i) bits(i, c) = k < 0 ? 0.0f : k >> i & 1 ? 1.0f : -1.0f;  // 0: none
    }
  }
  std::optional<PerColumn> log_likelihood() const override { return std::nullopt; }
  std::optional<PerColumn> log_prob() const override { return std::nullopt; }
  std::optional<PerColumn> round_trips() const override { return inner_->round_trips(); }
  std::vector<Reported> report() const override { return inner_->report(); }
  bool start_at(BatchIn bits) override { return place(bits); }
  std::optional<std::pair<PerColumn, StepInfo>> log_prob_of(BatchIn, const Tick&) override { return std::nullopt; }
  void save(std::ostream& out) const override { inner_->save(out); }
  void load(std::istream& in) override { inner_->load(in); }

 protected:
  std::shared_ptr<const CellLaw> law_;
  std::unique_ptr<AnySampler> inner_;
  Stream starts_;
};

class Relaxed final : public ThroughCells {
 public:
  Relaxed(std::shared_ptr<const CellLaw> law, std::unique_ptr<AnySampler> inner, Stream starts, Index columns,
          int steps)
      : ThroughCells(std::move(law), std::move(inner), starts), columns_(columns), steps_(steps) {}
  Traits traits() const override {
    Traits t = inner_->traits();
    t.kind = Kind::generator;
    return t;
  }
  StepInfo next_draw(int) override {
    place(LawDraws(law_->probabilities()).batch(CellLaw::kBits, columns_, starts_));
    return inner_->next_draw(steps_);
  }

 private:
  Index columns_;
  int steps_;
};

}  // namespace

CellLaw::CellLaw(const AnyModel& model) : n_(model.sites()), pins_(model.environment().pins) {
  if (!model.real_sites()) throw BadInput("law: needs real sites");
  sites_ = *model.real_sites();
  const bool sphere = sites_.space == Space::sphere;
  std::vector<Index> free;
  for (Index i = 0; i < n_; ++i)
    if (pins_(i) == Tilt::kFree) free.push_back(i);
  if (sphere && n_ != 3)
    throw BadInput("verify: n=" + to_text(n_) + ": must be 3, laws on the sphere are integrated over a surface");
  if (!sphere && free.size() != 2)
    throw BadInput("verify: n=" + to_text(n_) + " with " + to_text(n_ - Index(free.size())) +
                   " pins: must leave 2 sites free, laws on the line are integrated over a plane");
  free_ = {free[0], free[1]};
  const bool atom = !sphere && sites_.rho < 1;
  std::array<std::vector<AxisNode>, 2> axis;
  for (std::size_t a = 0; a < 2; ++a) {
    auto& e = edges_[a];
    if (sphere) {  // longitude, then height: the surface measure is their product
      const double half = a == 0 ? std::numbers::pi : std::sqrt(3.0);
      for (int k = 0; k <= kAxis; ++k) e.push_back(half * (2.0 * k / kAxis - 1));
    } else if (atom) {
      e = {-10, -1.6, -0.9, -0.3, 0.3, 0.9, 1.6, 10};
    } else {
      e = {-10, -1.5, -0.9, -0.4, 0, 0.4, 0.9, 1.5, 10};
    }
    axis[a] = axis_nodes(e, sphere ? 10 : 0.75);
    if (atom) axis[a].push_back({0, 0, kAxis - 1});
  }
  const Index rows = Index(axis[1].size());
  Batch x(n_, rows);
  std::array<std::vector<double>, kCells> logs;
  double top = -std::numeric_limits<double>::infinity();
  for (const AxisNode& first : axis[0]) {
    for (Index k = 0; k < rows; ++k) x.col(k) = configuration({float(first.at), float(axis[1][std::size_t(k)].at)});
    const PerColumn l = model.log_likelihood(x);
    for (Index k = 0; k < rows; ++k) {
      const AxisNode& second = axis[1][std::size_t(k)];
      double w = l(k) + first.log_weight + second.log_weight;
      if (!sphere) w += sites_.log_prior(first.at) + sites_.log_prior(second.at);
      const auto cell = std::size_t(first.cell + kAxis * second.cell);
      nodes_[cell].push_back({0, {float(first.at), float(second.at)}});
      logs[cell].push_back(w);
      top = std::max(top, w);
    }
  }
  p_.resize(kCells);
  for (std::size_t cell = 0; cell < kCells; ++cell) {
    double sum = 0;
    for (std::size_t k = 0; k < logs[cell].size(); ++k)
      nodes_[cell][k].cumulative = sum += std::exp(logs[cell][k] - top);
    p_(Index(cell)) = sum;
  }
  const double all = p_.sum();
  p_ /= all;
  for (auto& cell : nodes_)
    for (Node& node : cell) node.cumulative /= all;
}

Eigen::VectorXf CellLaw::configuration(const std::array<float, 2>& at) const {
  if (sites_.space == Space::sphere) {
    const double z = double(at[1]), r = std::sqrt(3 - z * z);
    return Eigen::Vector3d(r * std::cos(double(at[0])), r * std::sin(double(at[0])), z).cast<float>();
  }
  Eigen::VectorXf x = pins_;
  for (std::size_t a = 0; a < 2; ++a) x(free_[a]) = at[a];
  return x;
}

int CellLaw::axis_cell(double v, int axis) const {
  const auto& e = edges_[std::size_t(axis)];
  if (sites_.space == Space::line && sites_.rho < 1 && v == 0) return kAxis - 1;
  const int last = int(e.size()) - 2, k = int(std::upper_bound(e.begin(), e.end(), v) - e.begin()) - 1;
  return std::clamp(k, 0, last);
}

Index CellLaw::cell(const Eigen::Ref<const Eigen::VectorXf>& x) const {
  std::array<double, 2> at{double(x(free_[0])), double(x(free_[1]))};
  if (sites_.space == Space::sphere) {
    if (!(std::abs(double(x.squaredNorm()) / 3 - 1) < 1e-4)) return -1;
    at = {std::atan2(double(x(1)), double(x(0))), double(x(2))};
  } else {
    for (Index i = 0; i < n_; ++i)
      if (pins_(i) != Tilt::kFree ? x(i) != pins_(i) : !std::isfinite(x(i))) return -1;
  }
  return axis_cell(at[0], 0) + kAxis * axis_cell(at[1], 1);
}

Eigen::VectorXf CellLaw::draw(Index cell, Stream& rng) const {
  const auto& nodes = nodes_[std::size_t(cell)];
  const double u = rng.uniform() * nodes.back().cumulative;
  const auto at = std::lower_bound(nodes.begin(), nodes.end() - 1, u,
                                   [](const Node& node, double v) { return node.cumulative < v; });
  return configuration(at->at);
}

double CellLaw::mean(const std::function<double(const Eigen::VectorXd&)>& f) const {
  double sum = 0;
  for (const auto& cell : nodes_) {
    double before = 0;
    for (const Node& node : cell) {
      sum += (node.cumulative - before) * f(configuration(node.at).cast<double>());
      before = node.cumulative;
    }
  }
  return sum;
}

std::unique_ptr<AnySampler> through_cells(std::shared_ptr<const CellLaw> law, std::unique_ptr<AnySampler> inner,
                                          Stream starts) {
  return std::make_unique<ThroughCells>(std::move(law), std::move(inner), starts);
}

std::unique_ptr<AnySampler> relaxed_through_cells(std::shared_ptr<const CellLaw> law, std::unique_ptr<AnySampler> inner,
                                                  Stream starts, Index columns, int steps) {
  return std::make_unique<Relaxed>(std::move(law), std::move(inner), starts, columns, steps);
}

}  // namespace glass

#pragma once
// A law of real sites made small enough to be known: two degrees of freedom, cut into 64 cells whose probabilities are
// integrals. A sampler seen through the cells is a sampler of six +-1 "spins", the bits of the cell's number, and what
// holds for laws of spins (conformance.hpp, step_bias.hpp) holds for it.
#include <array>
#include <memory>
#include <vector>

#include "bench/registry.hpp"

namespace glass {

/// The law of a model of real sites: on the sphere N = 3, on the line any N of which two sites are not pinned.
class CellLaw {
 public:
  static constexpr Index kBits = 6, kCells = 64;

  /// Integrates prior x L by Gauss-Legendre quadrature, 12 nodes a panel, every boundary of cells a boundary of panels.
  /// Throws BadInput for other sizes.
  explicit CellLaw(const AnyModel& model);

  Index sites() const { return n_; }
  const Eigen::VectorXd& probabilities() const { return p_; }
  /// The cell of a configuration; -1 where it is off the sphere, has another value at a pin, or is not a number.
  Index cell(const Eigen::Ref<const Eigen::VectorXf>& x) const;
  /// A node of the cell, drawn with its weight: for whatever is smooth within the cell as good as a draw from the law.
  Eigen::VectorXf draw(Index cell, Stream& rng) const;
  /// E f under the law.
  double mean(const std::function<double(const Eigen::VectorXd&)>& f) const;

 private:
  struct Node {
    double cumulative = 0;  // of the weights within the cell
    std::array<float, 2> at{};
  };
  Eigen::VectorXf configuration(const std::array<float, 2>& at) const;
  int axis_cell(double v, int axis) const;
  RealSites sites_;
  Index n_;
  std::array<Index, 2> free_{};
  Eigen::VectorXf pins_;
  std::array<std::vector<double>, 2> edges_;  // of eight cells an axis; an atom at 0 is the last
  std::array<std::vector<Node>, kCells> nodes_;
  Eigen::VectorXd p_;
};

/// `inner` as a sampler of the bits of its cell. Placed at bits, it starts at a draw from within the cell.
std::unique_ptr<AnySampler> through_cells(std::shared_ptr<const CellLaw> law, std::unique_ptr<AnySampler> inner,
                                          Stream starts);
/// The same for a chain that is not exact, as a generator: each draw is `steps` steps from a draw of the law.
std::unique_ptr<AnySampler> relaxed_through_cells(std::shared_ptr<const CellLaw> law, std::unique_ptr<AnySampler> inner,
                                                  Stream starts, Index columns, int steps);

}  // namespace glass

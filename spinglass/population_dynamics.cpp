#include "spinglass/population_dynamics.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace glass {

std::unique_ptr<Population> make_population(const SparseProblem& problem, Path path, std::int64_t size, Stream rng) {
  problem.check();
  if (size < Population::kLeast)
    throw BadInput("population=" + std::to_string(size) + ": too small for a law to be seen in it; use at least " +
                   std::to_string(Population::kLeast));
  size = (size + 255) / 256 * 256;
  return problem.spins() ? detail::make_spin_population(problem, path, size, rng)
                         : detail::make_colour_population(problem, path, size, rng);
}

namespace detail {

void PoissonTable::set(double mean) {
  if (mean == mean_) return;
  mean_ = mean;
  cdf_.clear();
  double term = std::exp(-mean), sum = 0;
  for (int k = 0; k < 4000 && (k <= mean || sum < 1 - 1e-15) && (sum < 1 || k <= mean); ++k) {
    sum += term;
    cdf_.push_back(sum);
    term *= mean / (k + 1);
    if (k > mean && term < 1e-13) break;
  }
  const std::uint32_t cells = 1u << kCellBits;
  cells_.resize(cells);
  std::size_t k = 0;
  for (std::uint32_t j = 0; j < cells; ++j) {
    const double low = double(j) / cells, high = double(j + 1) / cells;
    while (k + 1 < cdf_.size() && cdf_[k] <= low) ++k;
    const bool last = k + 1 == cdf_.size();
    if (last || cdf_[k] >= high) {
      cells_[j] = std::uint32_t(k) << 20 | kSplit;
    } else if (k + 2 == cdf_.size() || cdf_[k + 1] >= high) {
      const double share = (cdf_[k] - low) * cells * double(kSplit + 1);
      cells_[j] = std::uint32_t(k) << 20 | std::uint32_t(std::clamp(share - 0.5, 0.0, double(kSplit)));
    } else {
      cells_[j] = kSearch;
    }
  }
}

std::uint32_t PoissonTable::search(std::uint32_t word) const {
  const double u = (double(word) + 0.5) * 0x1p-32;
  const auto it = std::upper_bound(cdf_.begin(), cdf_.end(), u);
  return std::uint32_t(std::min<std::ptrdiff_t>(it - cdf_.begin(), std::ptrdiff_t(cdf_.size()) - 1));
}

void PoissonTable::draw(const std::uint32_t* words, std::uint32_t* out, int count) const {
  std::uint32_t most = 0;
  for (int i = 0; i < count; ++i) {
    const std::uint32_t cell = cells_[words[i] >> (32 - kCellBits)];
    out[i] = (cell >> 20) + ((words[i] & kSplit) > (cell & kSplit) ? 1 : 0);
    most = std::max(most, out[i]);
  }
  if (most < (kSearch >> 20)) return;
  for (int i = 0; i < count; ++i)
    if (cells_[words[i] >> (32 - kCellBits)] == kSearch) out[i] = search(words[i]);
}

}  // namespace detail
}  // namespace glass

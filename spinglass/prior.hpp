#pragma once
#include <string>
#include <variant>

#include "models/core/error.hpp"
#include "models/core/options.hpp"
#include "spinglass/gauss_bernoulli.hpp"
#include "spinglass/gaussian_channel.hpp"
#include "spinglass/rademacher.hpp"
#include "spinglass/sparse_rademacher.hpp"

namespace glass {

/// One of the scalar channels, chosen at run time: what phase boundaries are computed for.
class Prior {
 public:
  /// Names as in a SPEC. Gaussian stands for the sphere too.
  static constexpr const char* kNames = "rademacher|sparse-rademacher|gaussian|gauss-bernoulli";

  /// Throws BadInput for a name not in kNames or rho outside (0, 1]; rademacher and gaussian have rho = 1.
  static Prior make(const std::string& name, double rho) {
    check_choice("prior=" + name, {.choices = kNames}, name);
    const bool sparse = name == "sparse-rademacher" || name == "gauss-bernoulli";
    if (!(rho > 0 && rho <= 1)) throw BadInput("rho=" + to_text(rho) + ": must be above 0 and at most 1");
    if (!sparse && rho != 1)
      throw BadInput("rho=" + to_text(rho) + ": prior=" + name + " has no zeros; leave rho out, or choose " +
                     (name == "gaussian" ? "gauss-bernoulli" : "sparse-rademacher"));
    if (name == "gaussian" || (name == "gauss-bernoulli" && rho == 1)) return Prior(GaussianChannel{});
    if (name == "gauss-bernoulli") return Prior(GaussBernoulli{rho});
    return rho == 1 ? Prior(Rademacher{}) : Prior(SparseRademacher{rho});
  }
  template <ScalarChannel C>
  explicit Prior(C channel) : channel_(channel) {}

  double second_moment() const {
    return std::visit([](const auto& c) { return c.second_moment(); }, channel_);
  }
  ChannelAverages averages(double snr) const {
    return std::visit([&](const auto& c) { return c.averages(snr); }, channel_);
  }
  double free_entropy(double snr) const {
    return std::visit([&](const auto& c) { return c.free_entropy(snr); }, channel_);
  }

 private:
  std::variant<Rademacher, SparseRademacher, GaussianChannel, GaussBernoulli> channel_;
};

}  // namespace glass

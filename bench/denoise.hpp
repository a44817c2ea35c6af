#pragma once
// Denoising curves: what a denoiser makes of a planted signal as side information grows, and as it is taken back.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/statistics.hpp"
#include "models/core/types.hpp"
#include "spinglass/phase.hpp"

namespace glass {

struct DenoiseOptions {
  Path path = Path::gaussian;
  std::vector<double> sides;  ///< side information, ascending: gamma^2 >= 0, or the revealed fraction in [0, 1)
  std::uint32_t seed = 1;
  int instances = 16, columns = 1;  ///< columns: noises (orders of revealing) per instance
  bool uninformed = true, informed = true;
  /// Messages of the uninformed branch first settle in a field of this strength along x*, which is then taken away:
  /// where x -> -x is a symmetry (even p) it chooses between the two states of the signal, and where there is no state
  /// of the signal nothing of it is left. 0: no field; which state is found is chance.
  double small_field = 0;
};

/// Averages over columns, then over instances; per site.
struct DenoisePoint {
  double side = 0;
  MeanAndError error;                         ///< |x* - m|^2/N, all sites, m the denoiser's mean
  MeanAndError overlap;                       ///< m.x*/N
  MeanAndError gap;                           ///< (m.x* - |m|^2)/N: 0 for the posterior mean (Nishimori)
  std::optional<MeanAndError> log_partition;  ///< ln Z of the tilted target, where the denoiser knows it
  double unconverged = 0;                     ///< fraction of the columns whose denoiser did not converge
  double iterations = 0;                      ///< per column
};
struct DenoiseCurve {
  std::string
      branch;  ///< "uninformed": nothing is known at first, side information rises; "informed": from x*, it falls
  std::vector<DenoisePoint> points;  ///< by ascending side information, whichever way it was walked
  MeanAndError half_integral;        ///< 1/2 of the integral of the error over the side information given (trapezoids)
  std::vector<double> half_integrals;  ///< the same, instance by instance
  /// int (x* - m).dW per site along the uninformed branch of a Gaussian path, an Ito sum of mean 0, instance by
  /// instance. By Girsanov's theorem 1/2 int |x* - m|^2 dt + int (x* - m).dW is ln of the density of the signal's path
  /// over that of the sampler's, less ln p(x*): with a right denoiser it is -ln p(x*) on every path. Added to the half
  /// integral it takes away most of its noise.
  std::vector<double> martingales;
};
struct Denoised {
  std::string model, denoiser;  ///< resolved; the model's instance number is the first of `instances`
  Index n = 0;
  double signal = 1;  ///< |x*|^2/N, mean over instances: the error of knowing nothing where the mean is 0
  std::vector<DenoiseCurve> curves;
};

/// Both branches see the same side information: one Brownian path y_t = t x* + W_t a column (one order of revealing),
/// so that y at one value is what the next one adds to. Messages stay from value to value, which is what shows
/// hysteresis. Instances run in parallel; the result does not depend on how many threads there are. tick() after every
/// value of an instance and branch, from any thread; it may throw. Throws BadInput where nothing is planted,
/// Refused for the informed branch of a denoiser that has no messages to inform, where it was
/// asked for alone; asked for both, such a denoiser shows one.
Denoised denoise(const std::string& model, const std::string& denoiser, const DenoiseOptions& options,
                 const std::function<void()>& tick);

}  // namespace glass

#pragma once
// What every spin model shares beside its couplings: temperature, external fields, pins, the planted signal.
#include <array>
#include <functional>
#include <optional>
#include <string>

#include "models/core/alphabet.hpp"
#include "models/core/options.hpp"
#include "models/core/random.hpp"
#include "models/core/tilt.hpp"

namespace glass {

/// beta of temperature=0 where H counts violated constraints: uniform over the configurations that violate fewest, the
/// solutions where there are any. The others weigh at most q^N e^-beta together, below 1e-300 for N ln q <= 1.6e7.
/// Finite, so that power 0, tempering and energies need no special case; a power of two, so that floats hold beta times
/// a count exactly.
inline constexpr double kHardBeta = 16777216.0;  // 2^24

/// Keys common to all spin models. A model's own options inherit these and append to `fields`.
struct SpinOptions {
  Index n = 256;
  double temperature = 1.0;
  bool planted = false;
  std::uint32_t instance = 0;
  double field = 0.0;
  double field_spread = 0.0;
  Index pins = 0;

  static constexpr std::tuple n_field{Field{"n", &SpinOptions::n, "spins", "system size N", {.least = 1, .most = 1e9}}};
  static constexpr std::tuple temperature_field{Field{"temperature",
                                                      &SpinOptions::temperature,
                                                      "J",
                                                      "T = 1/beta, in units of the coupling",
                                                      {.least = 0, .above = true}}};
  static constexpr std::tuple other_fields{
      Field{"planted", &SpinOptions::planted, "", "disorder drawn round a hidden signal, on the Nishimori line"},
      Field{"instance", &SpinOptions::instance, "", "which disorder; together with --seed it names the instance"},
      Field{"field", &SpinOptions::field, "J", "uniform external field h in -H = ... + sum_i h_i x_i"},
      Field{"field_spread",
            &SpinOptions::field_spread,
            "J",
            "standard deviation of a Gaussian added to each h_i",
            {.least = 0}},
      Field{"pins",
            &SpinOptions::pins,
            "spins",
            "sites held at a random +-1 (the signal's value if planted)",
            {.least = 0}},
  };
  static constexpr auto fields = std::tuple_cat(n_field, temperature_field, other_fields);
};

/// Fields, pins and signal of one instance.
struct Environment {
  double beta = 1.0;
  Eigen::VectorXf h;      ///< dim, part of H: log L contains beta h . x
  Eigen::VectorXf pins;   ///< dim, Tilt::kFree where free
  Eigen::VectorXf truth;  ///< dim if planted, else empty
  Alphabet alphabet = Alphabet::spins();

  Index sites() const { return h.size() / alphabet.width(); }
  /// The bare target's tilt: power 1, these pins.
  Tilt base(Index columns) const;

  /// Fields N(field, field_spread^2), `pins` sites chosen uniformly with uniform symbols, and, if planted, a signal
  /// from the prior x*_i ~ exp(beta h_i x_i) / 2 cosh(beta h_i), pinned sites at their pin. Temperature 0 is kHardBeta.
  /// Depends on (seed, instance) only. Potts sites: `field` acts on symbol 0, the spread on all; they are not planted
  /// here. Throws BadInput for more pins than sites.
  static Environment draw(std::string_view model, const SpinOptions& o, std::uint32_t seed,
                          const Alphabet& alphabet = Alphabet::spins());

  /// One site from its prior times exp(b x).
  using SiteLaw = std::function<float(Stream&, double b)>;
  /// The same for sites that are not +-1, one number each: signal x*_i ~ prior exp(beta h_i x_i), pins at a draw of the
  /// prior.
  static Environment draw_reals(std::string_view model, SpinOptions o, std::uint32_t seed, const SiteLaw& prior);
};

/// A value of ln Z for an ensemble or instance, with how it is known.
struct LogPartition {
  double value = 0;
  std::string method;
};

}  // namespace glass

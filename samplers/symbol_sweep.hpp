#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "models/core/fast_exp.hpp"
#include "models/core/target.hpp"
#include "samplers/glauber.hpp"
#include "samplers/metropolis.hpp"
#include "samplers/sampler.hpp"

namespace glass {

/// Heat bath for sites of q symbols: symbol k with probability e^{l_k} / sum e^l, whatever was there, by inverting the
/// distribution function at one uniform of 32 bits. Symbols rarer than 2^-32 are cut.
struct SymbolHeatBathRule : HeatBathRule {
  static int choose(const float* l, int q, int, std::uint32_t word) {
    std::array<double, Alphabet::kMostSymbols> sum;
    const float top = *std::max_element(l, l + q);
    double all = 0;
    for (int k = 0; k < q; ++k) sum[std::size_t(k)] = all += double(fast_exp(l[k] - top));
    const double u = (double(word) + 0.5) * 0x1p-32 * all;
    int symbol = 0;
    for (int k = 0; k + 1 < q; ++k) symbol += sum[std::size_t(k)] <= u;
    return symbol;
  }
};

/// Metropolis for sites of q symbols: one of the q - 1 others, uniformly, with min(1, e^{l' - l}). One word does both:
/// its upper 26 bits times q - 1 are the proposal before the point and a uniform behind it. One attempt in 64 is a
/// pass, as for spins (MetropolisRule).
struct SymbolMetropolisRule : MetropolisRule {
  static int choose(const float* l, int q, int now, std::uint32_t word) {
    if ((word & 63u) == 0 || q < 2) return now;
    const std::uint64_t scaled = std::uint64_t{word >> 6} * std::uint64_t(q - 1);
    int to = int(scaled >> 26);
    to += to >= now;
    const float gain = l[to] - l[now];
    if (gain >= 0) return to;
    const float u = (float(scaled & 0x3ffffffu) + 0.5f) * 0x1p-26f;
    return u < fast_exp(gain) ? to : now;
  }
};

/// Single-site updates in order over cached weights of q symbols, the counterpart of Sweep for spins. A Rule turns the
/// q log-weights of a site and one random word into the symbol it will show; the words of a sweep are drawn in one
/// pass. Cost per sweep and column: N words, N q weights, one `set` of the target per site that changes.
///
/// One step is one sweep of N attempts.
template <SymbolTarget T, class Rule>
class SymbolSweep {
 public:
  using Options = SweepOptions;
  static constexpr std::string_view name = Rule::name, formula = Rule::formula, reference = Rule::reference;
  struct State {
    Streams rng;
    Tilt at;
    typename T::Cache sites;
    std::int64_t sweeps = 0;
    static void visit(auto& s, auto&& f) { f(s.rng, s.at, s.sites, s.sweeps); }
  };

  /// Throws BadInput for more than Alphabet::kMostSymbols symbols.
  explicit SymbolSweep(T target, SweepOptions opt = {})
      : target_(std::move(target)), alphabet_(target_.alphabet()), opt_(opt) {
    if (alphabet_.symbols() > Alphabet::kMostSymbols)
      throw BadInput(std::string(name) + ": sites of " + to_text(alphabet_.symbols()) + " symbols: must be at most " +
                     to_text(Alphabet::kMostSymbols));
  }
  Traits traits() const { return {name, Kind::chain, Promise::exact_in_the_limit}; }

  State init(Streams rng) const {
    const Index columns = rng.columns();
    State s{std::move(rng), target_.base(columns), {}, 0};
    restart(s);
    return s;
  }
  void restart(State& s) const { open(s, with_pins(s.at, random_symbols(s))); }
  void place(State& s, BatchIn x) const { open(s, with_pins(s.at, x)); }

  StepInfo step(State& s) const {
    const Index n = target_.sites(), b = s.sites.x.cols();
    if (++s.sweeps % opt_.refresh == 0) s.sites = target_.open(std::move(s.sites.x));  // as in Sweep
    const int q = alphabet_.symbols(), w = alphabet_.width();
    std::vector<std::uint32_t> words(static_cast<std::size_t>(n));
    std::array<float, Alphabet::kMostSymbols> l;
    StepInfo info;
    for (Index c = 0; c < b; ++c) {
      s.rng[c].words(words);
      const float power = float(s.at.power(c)), *field = s.at.field.col(c).data();
      const auto own = own_weights(float(s.at.precision(c)));
      for (Index i = 0; i < n; ++i) {
        if (!s.at.free(i * w, c)) continue;
        target_.log_weights(s.sites, c, i, l.data());
        for (int k = 0; k < q; ++k) {
          const auto uk = std::size_t(k);
          const float side = w > 1 ? field[i * w + k] : field[i] * alphabet_.values[uk];
          l[uk] = power * l[uk] + side + own[uk];
        }
        const int now = target_.symbol(s.sites, c, i), next = Rule::choose(l.data(), q, now, words[std::size_t(i)]);
        if (next == now) continue;
        target_.set(s.sites, c, i, next);
        ++info.work.flips;
      }
    }
    info.work.attempts = n * b;
    info.acceptance = double(info.work.flips) / double(n * b);
    return info;
  }
  void read(const State& s, BatchOut out) const { out = s.sites.x; }
  void set_power(State& s, const PerColumn& p) const { s.at.power = p; }
  void retilt(State& s, const Tilt& t) const {
    s.at = t;
    const int w = alphabet_.width();
    for (Index c = 0; c < t.columns(); ++c)
      for (Index i = 0; i < target_.sites(); ++i) {
        if (t.free(i * w, c)) continue;
        const int pinned = alphabet_.symbol_of(t.pinned.col(c).data() + i * w);
        if (pinned != target_.symbol(s.sites, c, i)) target_.set(s.sites, c, i, pinned);
      }
  }
  PerColumn log_likelihood(const State& s) const { return target_.log_likelihood(s.sites); }

 private:
  /// What a symbol weighs whatever the others are: prior, and precision where |s|^2 differs between symbols.
  std::array<float, Alphabet::kMostSymbols> own_weights(float precision) const {
    std::array<float, Alphabet::kMostSymbols> own{};
    for (int k = 0; k < alphabet_.symbols(); ++k) {
      const float v = alphabet_.onehot ? 1.0f : alphabet_.values[std::size_t(k)];
      own[std::size_t(k)] = target_.log_prior()[std::size_t(k)] - 0.5f * precision * v * v;
    }
    return own;
  }
  /// Every site uniform over the symbols.
  Batch random_symbols(State& s) const {
    const Index n = target_.sites();
    const auto q = std::uint64_t(alphabet_.symbols());
    Batch x(s.at.pinned.rows(), s.at.columns());
    std::vector<std::uint32_t> words(static_cast<std::size_t>(n));
    for (Index c = 0; c < x.cols(); ++c) {
      s.rng[c].words(words);
      for (Index i = 0; i < n; ++i)
        alphabet_.show(int(words[std::size_t(i)] * q >> 32), x.col(c).data() + i * alphabet_.width());
    }
    return x;
  }
  void open(State& s, Batch x) const {
    s.sites = target_.open(std::move(x));
    s.sweeps = 0;
  }
  T target_;
  Alphabet alphabet_;
  SweepOptions opt_;
};

template <SymbolTarget T>
using SymbolGlauber = SymbolSweep<T, SymbolHeatBathRule>;
template <SymbolTarget T>
using SymbolMetropolis = SymbolSweep<T, SymbolMetropolisRule>;

}  // namespace glass

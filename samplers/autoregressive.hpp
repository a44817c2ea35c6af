#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "models/core/any_denoiser.hpp"
#include "models/core/options.hpp"
#include "samplers/draw_symbols.hpp"
#include "samplers/sampler.hpp"

namespace glass {

struct AutoregressiveOptions {
  int block = 1;
  std::string order = "random";
  static constexpr std::tuple fields{
      Field{"block",
            &AutoregressiveOptions::block,
            "sites",
            "revealed together from their marginals; more than 1 is biased",
            {.least = 1}},
      Field{"order",
            &AutoregressiveOptions::order,
            "",
            "of the sites: fresh for each draw, as they are numbered, or always one of the most certain",
            {.choices = "random|fixed|most-certain-first"}}};
};

/// Decimation along the erasure path: reveal a site from its marginal given those already revealed, pin it, go on.
/// ln q of the draw is the sum of the revealed log-marginals, in double; the order (and the warm start along it) is
/// part of the draw. With exact marginals and block = 1 the draw is exact. Mezard and Montanari, Information, Physics
/// and Computation (2009), ch. 22; Ghio et al., arXiv:2308.14085. Any finite alphabet. One step is one denoiser call
/// and one block of sites in every column. Where the denoiser HasLocalReveals it is asked in full once a draw, and a
/// step costs what the revealed sites change, a block of them together.
///
/// order = most-certain-first takes the site with the largest marginal of any symbol. Which one that is follows from
/// what was revealed, so the draw is as exact as with any other order, and a configuration can come about in one way
/// only: ln q is that of the configuration, not of it and an order. Of equals the lowest number comes first. With local
/// reveals the sites wait in a heap, and only those that a block changed are looked at again.
template <HasMarginals D = AnyDenoiser>
class Autoregressive {
 public:
  using Options = AutoregressiveOptions;
  static constexpr std::string_view name = "autoregressive";
  static constexpr std::string_view formula = "x_i ~ p(x_i | revealed), pin, next i; ln q = sum of the revealed ln p";
  static constexpr std::string_view reference =
      "Mezard and Montanari (2009), ch. 22; Ghio et al., PNAS 2024 (arXiv:2308.14085)";
  /// The sites left of one column, the most certain on top; what it holds follows from `logp` and the pins.
  struct Candidates {
    struct Site {
      float certainty;
      std::uint32_t site;
      bool operator<(const Site& o) const {
        return certainty < o.certainty || (certainty == o.certainty && site > o.site);
      }
    };
    std::vector<Site> heap;           // a site whose certainty has changed leaves its old place behind
    std::vector<std::uint8_t> taken;  // of all sites
  };
  struct State {
    Streams rng, order_rng;
    Tilt tilt, base;
    typename D::State messages;
    Batch logp;
    PerColumn logq;
    Eigen::MatrixXi order;  // free sites x B: each column has its own
    Index next = 0;
    std::vector<Candidates> candidates;  // none after loading
    static void visit(auto& s, auto&& f) {
      f(s.rng, s.order_rng, s.tilt, s.base, s.messages, s.logp, s.logq, s.order, s.next);
    }
  };

  /// Throws Refused for real sites.
  Autoregressive(D denoiser, bool exact_denoiser, AutoregressiveOptions opt = {})
      : denoiser_(std::move(denoiser)), exact_(exact_denoiser), opt_(std::move(opt)) {
    require_symbols(name, denoiser_.alphabet());
  }
  explicit Autoregressive(AnyDenoiser denoiser, AutoregressiveOptions opt = {}) requires std::same_as<D, AnyDenoiser>
      : Autoregressive(denoiser, denoiser.exact(), std::move(opt)) {}
  Traits traits() const {
    return {name, Kind::generator, exact_ && opt_.block == 1 ? Promise::exact : Promise::approximate};
  }

  State init(Streams rng) const {
    const Alphabet a = denoiser_.alphabet();
    const Index b = rng.columns();
    State s;
    s.base = denoiser_.base(b);
    s.messages = denoiser_.start(rng.branch(Purpose::denoiser));
    s.order_rng = rng.branch(Purpose::reveal);
    s.rng = std::move(rng);
    // zeros: where reveals are local only what is asked for is written, and all of it is saved
    s.logp.setZero(s.base.field.rows() / a.width() * a.symbols(), b);
    s.logq.resize(b);
    restart(s);
    return s;
  }
  void restart(State& s) const {
    s.tilt = s.base;
    denoiser_.restart(s.messages);
    s.logq.setZero();
    s.next = 0;
    s.candidates.clear();
    const int w = denoiser_.alphabet().width();
    std::vector<int> free;
    for (Index i = 0; i < s.base.field.rows(); i += w)
      if (s.base.free(i, 0)) free.push_back(int(i / w));
    s.order.resize(Index(free.size()), s.logq.size());
    for (Index c = 0; c < s.order.cols(); ++c) {
      if (opt_.order == "random")
        for (std::size_t k = free.size(); k > 1; --k)
          std::swap(free[k - 1], free[std::size_t(s.order_rng[c].uniform() * double(k))]);
      std::copy(free.begin(), free.end(), s.order.col(c).data());
      if (opt_.order == "random") std::sort(free.begin(), free.end());  // each column's shuffle starts from the same
    }
  }
  StepInfo step(State& s) const {
    return reveal(s,
                  [&](Index site, Index c, int q) { return draw_symbol(&s.logp(site * q, c), q, s.rng[c].uniform()); });
  }
  void read(const State& s, BatchOut out) const { out = s.tilt.pinned; }
  PerColumn log_prob(const State& s) const { return s.logq; }
  /// ln q of given configurations (dim x B) along a fresh order: what forward KL and EUBO are made of. -inf where one
  /// contradicts a pin; BadInput where it shows no symbol of the alphabet.
  std::pair<PerColumn, StepInfo> log_prob_of(State& s, BatchIn x, const Tick& tick = {}) const {
    restart(s);
    const Alphabet a = denoiser_.alphabet();
    const StepInfo sum = all_steps(
        [&] { return reveal(s, [&](Index site, Index c, int) { return symbol_shown(a, x, site, c); }); }, tick);
    forbid_contradictions(s.logq, s.base, x);
    return {s.logq, sum};
  }

 private:
  /// One denoiser call, then one block of sites per column, each the symbol that choose(site, column, q) names.
  StepInfo reveal(State& s, auto&& choose) const {
    const Index last = std::min(s.next + opt_.block, s.order.rows());
    if (s.next == last) return {.finished = true};  // everything was pinned from the start
    const bool local = local_reveals(s);
    DenoiseInfo d;
    if (!local)
      d = denoiser_.log_marginals(s.tilt, s.messages, s.logp);
    else if (s.next == 0)
      if constexpr (HasLocalReveals<D>) d = denoiser_.condition(s.tilt, s.messages);
    const Alphabet a = denoiser_.alphabet();
    const int q = a.symbols(), w = a.width();
    const Index from = s.next;
    const bool certain = opt_.order == "most-certain-first";
    if (certain) most_certain_next(s, last, q, local);
    for (; s.next < last; ++s.next)
      for (Index c = 0; c < s.order.cols(); ++c) {
        const Index site = s.order(s.next, c);
        if (local) ask_one(s, c, site, q);
        reveal_site(s.tilt, s.logq, s.logp, a, site, c, choose(site, c, q));
      }
    if constexpr (HasLocalReveals<D>)
      if (local && last < s.order.rows())  // of the last sites nothing is asked any more
        for (Index c = 0; c < s.order.cols(); ++c) {
          for (Index k = from; k < last; ++k) {
            const Index site = s.order(k, c);
            denoiser_.pin(s.messages, c, site, a.symbol_of(&s.tilt.pinned(site * w, c)));
          }
          add(d, denoiser_.settle(s.messages, c));
          if (certain) look_again(s, c, q);
        }
    return {.finished = s.next == s.order.rows(), .unconverged = d.unconverged, .work = d.work};
  }
  bool local_reveals(const State& s) const {
    if constexpr (requires { denoiser_.local_reveals(s.messages); })
      return denoiser_.local_reveals(s.messages);
    else
      return HasLocalReveals<D>;
  }
  void ask_one(State& s, Index c, Index site, int q) const {
    if constexpr (HasLocalReveals<D>) denoiser_.log_marginal(s.messages, c, site, &s.logp(site * q, c));
  }
  /// Places next .. last - 1 of the order: of the sites left, those with the largest marginal of any symbol.
  void most_certain_next(State& s, Index last, int q, bool local) const {
    const bool begun = s.candidates.size() == std::size_t(s.order.cols());
    s.candidates.resize(std::size_t(s.order.cols()));
    for (Index c = 0; c < s.order.cols(); ++c) {
      if (local && s.next == 0)
        for (Index k = 0; k < s.order.rows(); ++k) ask_one(s, c, s.order(k, c), q);
      if (!local || !begun) gather(s, c, q);
      Candidates& left = s.candidates[std::size_t(c)];
      for (Index k = s.next; k < last; ++k) {
        typename Candidates::Site best;
        do {
          std::pop_heap(left.heap.begin(), left.heap.end());
          best = left.heap.back();
          left.heap.pop_back();
        } while (left.taken[best.site] || best.certainty != certainty(s, c, best.site, q));
        left.taken[best.site] = 1;
        s.order(k, c) = int(best.site);
      }
    }
  }
  static float certainty(const State& s, Index c, Index site, int q) {
    const float most = s.logp.col(c).segment(site * q, q).maxCoeff();
    return most == most ? most : -Tilt::kFree;  // of a denoiser that has lost its way
  }
  /// All sites left, by their marginals in `logp`.
  void gather(State& s, Index c, int q) const {
    Candidates& left = s.candidates[std::size_t(c)];
    const int w = denoiser_.alphabet().width();
    left.heap.clear();
    left.taken.assign(std::size_t(s.logp.rows() / q), 1);
    for (Index i = 0; i < s.logp.rows() / q; ++i)
      if (s.tilt.free(i * w, c)) {
        left.taken[std::size_t(i)] = 0;
        left.heap.push_back({certainty(s, c, i, q), std::uint32_t(i)});
      }
    std::make_heap(left.heap.begin(), left.heap.end());
  }
  /// After reveals: the sites that they changed.
  void look_again(State& s, Index c, int q) const {
    if constexpr (HasLocalReveals<D>) {
      Candidates& left = s.candidates[std::size_t(c)];
      const auto changed = denoiser_.changed(s.messages, c);
      if (!changed || left.heap.size() + changed->size() > 4 * left.taken.size()) {
        for (Index i = 0; i < Index(left.taken.size()); ++i)
          if (!left.taken[std::size_t(i)]) ask_one(s, c, i, q);
        gather(s, c, q);
        return;
      }
      for (const std::uint32_t i : *changed) {
        if (left.taken[i]) continue;
        const float before = certainty(s, c, i, q);
        ask_one(s, c, i, q);
        const float now = certainty(s, c, i, q);
        if (now == before) continue;
        left.heap.push_back({now, i});
        std::push_heap(left.heap.begin(), left.heap.end());
      }
    }
  }
  D denoiser_;
  bool exact_;
  AutoregressiveOptions opt_;
};

}  // namespace glass

#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "models/core/bit_planes.hpp"
#include "models/core/error.hpp"
#include "models/core/options.hpp"
#include "models/core/target.hpp"
#include "samplers/sampler.hpp"
#include "samplers/spin_start.hpp"

namespace glass {

struct MultispinOptions {
  static constexpr std::tuple<> fields{};
};

/// Heat bath on 256 replicas at once, one bit each: multi-spin coding (Jacobs and Rebbi, J. Comput. Phys. 41, 203
/// (1981)), with random numbers of their own for every replica. For graphs with couplings of one size, at most
/// kMostNeighbours a site: there the field on a site is one of a few values, told by how many neighbours are aligned,
/// which three planes of bits count for all replicas.
///
/// A spin is set against its field with probability q = 1/(1 + exp(2 |g|)): for the replicas whose random number is
/// less than q, compared digit by digit from the top, one word of 256 random bits for each digit, until the last
/// replica is decided (about 9.3 digits). q is rounded to 32 digits, so it is known to 2^-33; a field without sign is a
/// fair coin. Every replica may have its own power. Pins are those of the target.
///
/// Sites are updated in the order of a colouring, neighbours never in a row. One step is one sweep of N attempts.
/// Columns share a generator by 256: what one draws depends on how many there are, never on threads. 72 bytes a site,
/// and a bit for every site and replica.
template <GraphTarget T>
class Multispin {
 public:
  using Options = MultispinOptions;
  static constexpr std::string_view name = "multispin";
  static constexpr std::string_view formula = "x_i ~ 1/(1 + exp(-2 x_i g_i)), 256 replicas a word";
  static constexpr std::string_view reference =
      "Jacobs and Rebbi, J. Comput. Phys. 41, 203 (1981); Glauber, J. Math. Phys. 4, 294 (1963)";
  static constexpr Index kLanes = Word256::kBits;
  static constexpr int kMostNeighbours = 6;

  /// 256 columns: bit c of a word is column c.
  struct Plane {
    std::vector<Word256> spin;  // up, for every site
    std::vector<Word256> odds;  // of every kind of site, kDigits x kCounts: the digits of q, most significant first
    BitRandom random;
    static void visit(auto& s, auto&& f) { f(s.spin, s.odds, s.random); }
  };
  struct State {
    Streams rng;
    PerColumn power;
    std::vector<Plane> planes;
    static void visit(auto& s, auto&& f) { f(s.rng, s.power, s.planes); }
  };

  /// Throws Refused where couplings differ in size, sites have too many neighbours or too many different fields.
  explicit Multispin(const T& target, MultispinOptions = {}) {
    const Index n = target.sites();
    Batch h(n, 1);
    target.fields(Batch::Zero(n, 1), h);
    pins_ = target.base(1).pinned.col(0);
    std::vector<int> colour(static_cast<std::size_t>(n), -1);
    for (Index i = 0; i < n; ++i) {
      Site site;
      unsigned taken = 0;
      site.at = std::int32_t(i);
      target.for_each_neighbour(i, [&](Index j, float bj) {
        if (site.neighbours == kMostNeighbours)
          throw Refused("multispin: site " + to_text(i) + " has more than " + to_text(kMostNeighbours) + " neighbours");
        if (bond_ == 0) bond_ = std::abs(bj);
        if (std::abs(bj) != bond_) throw Refused("multispin: needs couplings of one size, such as couplings=binary");
        site.to[site.neighbours] = std::int32_t(j);
        site.minus[site.neighbours++] = bj < 0 ? -1 : 0;
        if (colour[std::size_t(j)] >= 0) taken |= 1u << colour[std::size_t(j)];
      });
      const SiteKind kind{site.neighbours, h(i, 0)};
      site.kind = int(std::find(kinds_.begin(), kinds_.end(), kind) - kinds_.begin());
      if (site.kind == int(kinds_.size())) kinds_.push_back(kind);
      if (kinds_.size() > 16) throw Refused("multispin: needs one external field for all sites (field_spread=0)");
      colour[std::size_t(i)] = std::countr_one(taken);
      sites_.push_back(site);
    }
    for (SiteKind& k : kinds_)
      for (int count = 0; count <= k.neighbours; ++count) k.positive |= unsigned{field(k, count) > 0} << count;
    std::stable_sort(sites_.begin(), sites_.end(), [&](const Site& a, const Site& b) {
      return colour[std::size_t(a.at)] < colour[std::size_t(b.at)];
    });
    free_ =
        std::stable_partition(sites_.begin(), sites_.end(), [&](const Site& s) { return free(s.at); }) - sites_.begin();
  }
  Traits traits() const {
    return {.name = name, .kind = Kind::chain, .promise = Promise::exact_in_the_limit, .together = int(kLanes)};
  }

  State init(Streams rng) const {
    const Index columns = rng.columns();
    State s{std::move(rng), PerColumn::Ones(columns), {}};
    for (Index first = 0; first < columns; first += kLanes)
      s.planes.push_back({std::vector<Word256>(sites_.size()), {}, BitRandom(s.rng[first])});
    set_power(s, s.power);
    restart(s);
    return s;
  }
  void restart(State& s) const {
    for (Plane& p : s.planes) {
      std::vector<Word256> words((p.spin.size() + 1) / 2 * 2);
      p.random.fill(words);
      std::copy_n(words.begin(), p.spin.size(), p.spin.begin());
      for (Index i = 0; i < pins_.size(); ++i)
        if (!free(i)) p.spin[std::size_t(i)] = Word256::all(pins_(i) > 0);
    }
  }
  void place(State& s, BatchIn x) const {
    for (Index c = 0; c < x.cols(); ++c)
      for (Index i = 0; i < x.rows(); ++i)
        s.planes[std::size_t(c / kLanes)].spin[std::size_t(i)].set(int(c % kLanes), (free(i) ? x(i, c) : pins_(i)) > 0);
  }
  StepInfo step(State& s) const {
    StepInfo info;
    const Index columns = s.power.size(), n = pins_.size();
    for (std::size_t k = 0; k < s.planes.size(); ++k)
      info.work.flips += sweep(s.planes[k], std::min(kLanes, columns - Index(k) * kLanes));
    info.work.attempts = n * columns;
    info.acceptance = double(info.work.flips) / double(n * columns);
    return info;
  }
  void read(const State& s, BatchOut x) const {
    for (Index c = 0; c < x.cols(); ++c) {
      const Plane& p = s.planes[std::size_t(c / kLanes)];
      for (Index i = 0; i < x.rows(); ++i) x(i, c) = p.spin[std::size_t(i)].get(int(c % kLanes)) ? 1.f : -1.f;
    }
  }
  void set_power(State& s, const PerColumn& power) const {
    s.power = power;
    for (std::size_t k = 0; k < s.planes.size(); ++k) {
      auto& odds = s.planes[k].odds;
      odds.assign(kinds_.size() * kRows * kCounts, Word256{});
      for (int lane = 0; lane < int(kLanes); ++lane) {
        const Index c = std::min(Index(k) * kLanes + lane, power.size() - 1);  // lanes without a column: as the last
        for (std::size_t kind = 0; kind < kinds_.size(); ++kind)
          for (int count = 0; count <= kinds_[kind].neighbours; ++count) {
            const double q = 1 / (1 + std::exp(2 * power(c) * std::abs(field(kinds_[kind], count))));
            const auto digits = std::uint64_t(std::llround(std::ldexp(q, kDigits)));  // q <= 1/2
            for (int d = 0; d < kDigits; ++d)
              if (digits >> (kDigits - 1 - d) & 1)
                odds[(kind * kRows + std::size_t(d)) * kCounts + std::size_t(count)].set(lane, true);
          }
      }
    }
  }
  PerColumn log_likelihood(const State& s) const {
    PerColumn out(s.power.size());
    for (std::size_t k = 0; k < s.planes.size(); ++k) {
      const auto& spin = s.planes[k].spin;
      const Index first = Index(k) * kLanes, some = std::min(kLanes, out.size() - first);
      out.segment(first, some).setZero();
      std::vector<LaneCounter> up(kinds_.size());
      std::vector<std::int64_t> sites(kinds_.size());
      LaneCounter aligned;
      std::int64_t bonds = 0;
      for (const Site& site : sites_) {
        const Word256 x = spin[std::size_t(site.at)];
        for (int b = 0; b < site.neighbours; ++b)
          if (site.at < site.to[b]) {
            aligned.add(~(x ^ spin[std::size_t(site.to[b])] ^ Word256::all(site.minus[b] != 0)));
            ++bonds;
          }
        ++sites[std::size_t(site.kind)];
        if (kinds_[std::size_t(site.kind)].field != 0) up[std::size_t(site.kind)].add(x);
      }
      for (Index c = 0; c < some; ++c) {
        double l = double(bond_) * double(2 * aligned[int(c)] - bonds);
        for (std::size_t kind = 0; kind < kinds_.size(); ++kind)
          l += double(kinds_[kind].field) * double(2 * up[kind][int(c)] - sites[kind]);
        out(first + c) = l;
      }
    }
    return out;
  }

 private:
  static constexpr int kDigits = 32, kCounts = kMostNeighbours + 1;
  static constexpr int kRows = kDigits + 1;  // digits are compared by twos, the one too many is 0
  static constexpr int kUnasked = 10;        // before it the 256 lanes are hardly ever all decided
  struct Site {
    std::int32_t at = 0;
    int kind = 0, neighbours = 0;
    std::int32_t to[kMostNeighbours] = {}, minus[kMostNeighbours] = {};  // -1 where J < 0
  };
  /// What sites have in common whose flips have the same odds.
  struct SiteKind {
    int neighbours;
    float field;            // beta h
    unsigned positive = 0;  // bit k: the field is positive where k neighbours are aligned
    bool operator==(const SiteKind& o) const { return neighbours == o.neighbours && field == o.field; }
  };
  /// g with `count` of the neighbours aligned to +1 (through the sign of J), at power 1.
  double field(const SiteKind& k, int count) const {
    return double(bond_) * (2 * count - k.neighbours) + double(k.field);
  }
  bool free(Index i) const { return pins_(i) == Tilt::kFree; }

  /// Random words, drawn by many.
  class Supply {
   public:
    explicit Supply(BitRandom& random) : random_(random) {}
    /// At least `words` of them follow.
    const Word256* next(std::size_t words) {
      if (kWords - at_ < words) {
        at_ += at_ % 2;  // they are made in pairs
        const auto left =
            std::size_t(std::copy(words_.begin() + std::ptrdiff_t(at_), words_.end(), words_.begin()) - words_.begin());
        random_.fill({words_.data() + left, kWords - left});
        at_ = 0;
      }
      return words_.data() + at_;
    }
    void used(std::size_t words) { at_ += words; }

   private:
    static constexpr std::size_t kWords = 512;
    BitRandom& random_;
    std::size_t at_ = kWords;
    std::array<Word256, kWords> words_;
  };

  std::int64_t sweep(Plane& p, Index columns) const {
    Supply supply(p.random);
    std::vector<int> lead(kinds_.size());  // first digit that is not 0 for all fields but 0
    for (std::size_t k = 0; k < kinds_.size(); ++k) lead[k] = leading_zeros(p, k);
    const Word256 used = Word256::first(columns);
    std::int64_t flips = 0;
    for (Index k = 0; k < free_; ++k) {
      const Site& site = sites_[std::size_t(k)];
      const SiteKind& kind = kinds_[std::size_t(site.kind)];
      const Word256* odds = p.odds.data() + std::size_t(site.kind) * kRows * kCounts;
      const int zeros = lead[std::size_t(site.kind)];
      const auto update = [&]<int neighbours>() {
        const Word256 old = p.spin[std::size_t(site.at)];
        const Word256 now = kind.field == 0 ? updated<neighbours, true>(p, site, odds, zeros, supply, kind.positive)
                                            : updated<neighbours, false>(p, site, odds, zeros, supply, kind.positive);
        p.spin[std::size_t(site.at)] = now;
        flips += ((old ^ now) & used).count();
      };
      switch (site.neighbours) {
        case 6:
          update.template operator()<6>();
          break;
        case 5:
          update.template operator()<5>();
          break;
        case 4:
          update.template operator()<4>();
          break;
        case 3:
          update.template operator()<3>();
          break;
        case 2:
          update.template operator()<2>();
          break;
        case 1:
          update.template operator()<1>();
          break;
        default:
          update.template operator()<0>();
      }
    }
    return flips;
  }
  bool coin(const SiteKind& k, int count) const { return k.field == 0 && 2 * count == k.neighbours; }
  int leading_zeros(const Plane& p, std::size_t kind) const {
    for (int d = 0; d < kDigits; ++d)
      for (int count = 0; count <= kinds_[kind].neighbours; ++count)
        if (!coin(kinds_[kind], count) &&
            !p.odds[(kind * kRows + std::size_t(d)) * kCounts + std::size_t(count)].none())
          return d;
    return kDigits;
  }

  /// The new spins of a site. `symmetric`: no external field, so that counts k and z - k of aligned neighbours have the
  /// same odds, and k = z/2 is a fair coin.
  template <int z, bool symmetric>
  [[gnu::always_inline]] static Word256 updated(const Plane& p, const Site& site, const Word256* odds, int zeros,
                                                Supply& supply, unsigned positive) {
    // the number of aligned neighbours, k = c0 + 2 c1 + 4 c2: two full adders and a half adder
    Word256 a[kMostNeighbours] = {};
    for (int b = 0; b < z; ++b)
      a[b] = p.spin[std::size_t(site.to[b])] ^ Word256::four(std::uint64_t(std::int64_t{site.minus[b]}));
    const Word256 s1 = a[0] ^ a[1] ^ a[2], k1 = (a[0] & a[1]) | (a[2] & (a[0] ^ a[1]));
    const Word256 s2 = a[3] ^ a[4] ^ a[5], k2 = (a[3] & a[4]) | (a[5] & (a[3] ^ a[4]));
    const Word256 c0 = s1 ^ s2, carry = s1 & s2, c1 = k1 ^ k2 ^ carry, c2 = (k1 & k2) | (carry & (k1 ^ k2));
    Word256 is[z + 1];  // lanes whose count is k
    for (int k = 0; k <= z; ++k) is[k] = (k & 1 ? c0 : ~c0) & (k & 2 ? c1 : ~c1) & (k & 4 ? c2 : ~c2);
    Word256 up{};  // where the field is positive
    for (int k = 0; k <= z; ++k)
      if (positive >> k & 1) up = up | is[k];
    constexpr int groups = symmetric ? (z + 1) / 2 : z + 1;
    Word256 coin{};
    if constexpr (symmetric) {
      for (int k = 0; k < groups; ++k) is[k] = is[k] | is[z - k];
      if constexpr (z % 2 == 0) coin = is[z / 2];
    }
    // less: the lane's random number is below its q; tie: all digits so far were those of q
    const Word256* random = supply.next(kRows);
    Word256 less = coin & ~random[0], tie = ~coin;
    int d = 0;
    for (; d < zeros; ++d) tie = tie & ~random[d];
    const auto compare = [&] {
      const Word256* q = odds + d * kCounts;
      Word256 digit{};
      for (int k = 0; k < groups; ++k) digit = digit | (is[k] & q[k]);
      const Word256 differ = random[d] ^ digit;
      less = less | (tie & differ & digit);
      tie = tie & ~differ;
      ++d;
    };
    while (d < kUnasked) compare();
    while (d < kDigits && !tie.none()) {
      compare();
      compare();
    }
    supply.used(std::size_t(std::max(d, 1)));
    return up ^ less;
  }

  std::vector<Site> sites_;  // in the order of updates, pinned ones last
  Index free_ = 0;
  std::vector<SiteKind> kinds_;
  Eigen::VectorXf pins_;
  float bond_ = 0;  // beta |J|
};

}  // namespace glass

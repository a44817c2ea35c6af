// Populations of +-1 sites: not-all-equal constraints and XORSAT.
//
// A site is one float w: |w| = 1/(1 + e^{2|h|}), the smaller of its two probabilities, with the sign of its field h.
// Both tails keep their digits, products and parities need no logarithms, and a planted literal flips it by its sign
// bit.
#include <algorithm>
#include <array>
#include <cmath>

#include "spinglass/population_dynamics.hpp"
#include "spinglass/population_lanes.hpp"

namespace glass::detail {
namespace {

using L = PopulationLanes;
using Float = L::Float;
using Int = L::Int;

constexpr float kLimit = 20;                         // of fields: the square of e^{-2 kLimit} is a normal float
constexpr float kCertain = 4.2483542552915889e-18f;  // e^{-2 kLimit}
constexpr int kSites = 64, kMessages = 256;          // a block
constexpr int kAhead = kMessages + 8;                // how far a block reads past the place where it starts

/// Probabilities of a literal to be + and -, from the float of its site.
struct Literal {
  Float plus, minus;
  [[gnu::always_inline]] Literal(const float* site, bool flipped) {
    Float w = L::load(site);
    if (flipped) w = L::negative(w);
    const Float small = L::abs(w), large = 1.0f - small;
    const Int positive = std::bit_cast<Int>(w) >= L::all_int(0);
    plus = positive ? large : small;
    minus = positive ? small : large;
  }
};

/// 1/(1 + e^{2 |h|}) with the sign of h; where asked, e^{-2|h|} too.
[[gnu::always_inline]] inline Float site_of(Float h) {
  const Float e = L::exp(-2.0f * L::abs(h));
  return L::with_sign_of(e / (1.0f + e), h);
}

struct Class {
  int flips = 0;      // the first so many of the k - 1 other literals are false in the planted signal
  double weight = 1;  // its probability
  std::int64_t size = 0;
  std::vector<float> u;  // size messages, then the first ones again
  PoissonTable degrees{1};
};

class SpinPopulation final : public Population {
 public:
  SpinPopulation(const SparseProblem& problem, Path path, std::int64_t size, Stream rng)
      : Population(size), problem_(problem), path_(path), rng_(rng), others_(problem.k - 1) {
    sites_.resize(std::size_t(size + kAhead));
    normals_.resize(1024);
    uniforms_.resize(1024);
    const auto add = [&](int flips, double weight, double share) {
      Class c;
      c.flips = flips;
      c.weight = weight;
      c.size = std::max<std::int64_t>(kMessages, std::int64_t(share * double(size) / 8) * 8);
      classes_.push_back(std::move(c));
    };
    if (!problem.not_all_equal()) {
      add(0, 1, 1);
      return;
    }
    // Messages shared out in proportion to weight times spread, which minimises the noise of a site (Neyman). The
    // spread grows with the number of minus signs, since the more there are the more the constraint says.
    std::vector<double> choose(std::size_t(others_ + 1), 1), want;
    for (int n = 1; n <= others_; ++n) choose[std::size_t(n)] = choose[std::size_t(n - 1)] * (others_ - n + 1) / n;
    const double patterns = std::exp2(others_) - 1;
    double total = 0;
    for (int n = 1; n <= others_; ++n) {
      want.push_back(choose[std::size_t(n)] * std::pow(1.6, n));
      total += want.back();
    }
    for (int n = 1; n <= others_; ++n)
      add(n, choose[std::size_t(n)] / patterns, std::max(want[std::size_t(n - 1)] / total, 0.02));
  }

  void start(double overlap, PopulationStart how) override {
    side_ = 0;
    control_ = -1;
    // Under erasure a site of XORSAT is known or unknown and stays so: there the other start has fewer known sites.
    if (how == PopulationStart::even && problem_.kind == SparseProblem::Kind::xorsat && path_ == Path::erasure) {
      how = PopulationStart::certain;
      overlap *= 0.9;
    }
    const float even = std::min(0.5f, std::max(kCertain, float(0.5 * (1 - overlap))));
    std::vector<float> uniform(sites_.size());
    rng_.uniforms(uniform);
    for (std::size_t i = 0; i < std::size_t(size_); ++i)
      sites_[i] = how == PopulationStart::even ? even : uniform[i] < float(overlap) ? kCertain : 0.5f;
    std::copy_n(sites_.begin(), kAhead, sites_.begin() + size_);
    PopulationAverages unused;
    set_control(1);  // mean degrees only set how long the copied ends are
    send(unused);
  }

  PopulationAverages sweep(double control, double side) override {
    PopulationAverages a;
    a.side = side;
    collect(control, a);
    finish(a, path_ == Path::gaussian ? side : 0.0, path_ == Path::erasure ? side : 0.0, rng_);
    return a;
  }

  PopulationAverages hold(double control, double overlap) override {
    PopulationAverages a;
    collect(control, a);
    if (path_ == Path::erasure) {
      const double bare = bare_overlap();
      a.side = (overlap - bare) / (1 - bare);
      finish(a, 0, std::max(a.side, 0.0), rng_);
      return a;
    }
    // Newton on E tanh(h + gamma^2 + gamma z) = m with the very z that the sites will get, so that the overlap is held
    // exactly and not on average. The slope is that of the Nishimori line, E (1 - tanh^2)^2.
    double side = std::max(side_, 0.0);
    for (int step = 0; step < 2; ++step) {
      Stream same = rng_;
      const auto [q, slope] = try_side(side, same);
      a.side = side + (overlap - q) / slope;
      side = std::max(a.side, 0.0);
    }
    side_ = side;
    finish(a, side, 0, rng_);
    return a;
  }

  PopulationAverages hold_by_control(double control, double overlap) override {
    if (control_ < 0) control_ = control;
    PopulationAverages a;
    // From below, by Newton steps as many messages more as it takes, each cut short but the last. A correction in the
    // next sweep would come too late: on the unstable branch the loop with that delay oscillates.
    double used = 0.9 * control_, overlap_now;
    for (int tries = 0;; ++tries, used *= 0.8) {
      collect(used, a);
      overlap_now = bare_overlap();
      if (overlap_now <= overlap || tries == 8) break;
    }
    double step = 0;
    for (int tries = 0; tries < 14; ++tries) {
      step = (overlap - overlap_now) / response();
      const bool last = step < 0.004 * used;
      const double add = last ? step : std::min(0.8 * step, 0.5 * used);
      if (add > 0) collect(add, a, true);
      used = a.control;
      overlap_now = bare_overlap();
      if (last) break;
    }
    step = std::clamp((overlap - overlap_now) / response(), -0.05 * used, 0.05 * used);
    finish(a, 0, 0, rng_);
    control_ = a.control = used + step;  // what is left is small; to first order this is where it leads
    return a;
  }

 private:
  void set_control(double control) {
    for (Class& c : classes_) {
      c.degrees.set(control * problem_.k * c.weight);
      c.u.resize(std::size_t(c.size) + c.degrees.most() + 8);
      std::copy_n(c.u.begin(), std::min<std::size_t>(c.degrees.most() + 8, std::size_t(c.size)), c.u.begin() + c.size);
    }
  }

  /// Sums of messages into sites_. Per site: k - 1 Poisson numbers and about control k / 8 + (k - 1) / 2 vector loads.
  /// With `more`, adds the messages of that much more of the control parameter to the sums that are there.
  void collect(double control, PopulationAverages& a, bool more = false) {
    a.control = control + (more ? a.control : 0);
    set_control(control);
    const int n = int(classes_.size());
    std::array<std::uint32_t, 16> places;
    std::array<std::int64_t, 12> at;
    std::array<std::array<std::uint32_t, kSites>, 12> degree;
    std::array<std::uint32_t, 12 * kSites> words;
    std::array<int, 12> usual;
    std::array<const float*, 12> from;
    for (int c = 0; c < n; ++c) {
      const double mean = classes_[c].degrees.mean();
      usual[c] = std::max(1, int((mean + std::sqrt(mean) + 7) / 8));
      from[c] = classes_[c].u.data();
    }
    for (std::int64_t first = 0; first < size_; first += kSites) {
      rng_.words({places.data(), std::size_t(n)});
      rng_.words({words.data(), std::size_t(n * kSites)});
      for (int c = 0; c < n; ++c) {
        at[c] = std::int64_t((std::uint64_t{places[c]} * std::uint64_t(classes_[c].size)) >> 32);
        classes_[c].degrees.draw(words.data() + c * kSites, degree[c].data(), kSites);
      }
      for (int i = 0; i < kSites; ++i) {
        Float sum = L::all(0);
        for (int c = 0; c < n; ++c) {
          const std::int32_t d = std::int32_t(degree[c][i]);
          const float* u = from[c] + at[c];
          at[c] += d;
          if (at[c] >= classes_[c].size) at[c] -= classes_[c].size;
          std::int32_t left = d;
          for (int v = 0; v < usual[c]; ++v, u += 8, left -= 8) sum += first_of(u, left);
          for (; left > 0; u += 8, left -= 8) sum += first_of(u, left);
        }
        float& site = sites_[std::size_t(first + i)];
        site = L::sum(sum) + (more ? site : 0);
      }
    }
  }
  /// The first `count` of eight floats, the rest zero.
  [[gnu::always_inline]] static Float first_of(const float* u, std::int32_t count) {
    const Int inside = L::all_int(count) > Int{0, 1, 2, 3, 4, 5, 6, 7};
    return std::bit_cast<Float>(Int(std::bit_cast<Int>(L::load(u)) & inside));
  }

  double bare_overlap() const {
    double total = 0;
    for (std::int64_t first = 0; first < size_; first += kSites) {
      Float sum = L::all(0);
      for (int i = 0; i < kSites; i += 8) {
        const Float h = L::clamp(L::load(&sites_[std::size_t(first + i)]), kLimit);
        const Float t = 1.0f - 2.0f * L::abs(site_of(h));
        sum += t * t;
      }
      total += L::sum(sum);
    }
    return total / double(size_);
  }

  std::pair<double, double> try_side(double side, Stream& rng) {
    double q = 0, slope = 0;
    for_side(side, rng, [&](std::int64_t, Float h) {
      const Float t = 1.0f - 2.0f * L::abs(site_of(h)), v = 1.0f - t * t;
      q += double(L::sum(t * t));
      slope += double(L::sum(v * v));
    });
    return {q / double(size_), std::max(slope / double(size_), 1e-6)};
  }

  /// f(place, eight fields h + gamma^2 + gamma z), cut.
  template <class F>
  [[gnu::always_inline]] void for_side(double side, Stream& rng, F&& f) {
    const Float mean = L::all(float(side)), root = L::all(float(std::sqrt(side)));
    for (std::int64_t first = 0; first < size_; first += 1024) {
      const std::int64_t count = std::min<std::int64_t>(1024, size_ - first);
      if (side > 0) rng.normals({normals_.data(), std::size_t(count)});
      for (std::int64_t i = 0; i < count; i += 8) {
        Float h = L::load(&sites_[std::size_t(first + i)]);
        if (side > 0) h += mean + root * L::load(&normals_[std::size_t(i)]);
        f(first + i, L::clamp(h, kLimit));
      }
    }
  }

  /// d overlap/d control = k E b^2 (1 - a^2)^2 / (1 - a^2 b^2), a = tanh h, b = tanh u: what one more message does,
  /// with the signs of h and u averaged over on the Nishimori line. From part of the population.
  double response() const {
    double total = 0;
    const std::int64_t count = std::min<std::int64_t>(size_, 16384);
    for (const Class& c : classes_) {
      Float sum = L::all(0);
      const std::int64_t each = std::min(count, c.size) / 8 * 8;
      for (std::int64_t i = 0; i < each; i += 8) {
        const Float a = 1.0f - 2.0f * L::abs(site_of(L::clamp(L::load(&sites_[std::size_t(i)]), kLimit))),
                    b = 1.0f - 2.0f * L::abs(site_of(L::clamp(L::load(&c.u[std::size_t(i)]), kLimit)));
        const Float left = 1.0f - a * a;
        sum += b * b * left * left / (1e-12f + left + a * a * (1.0f - b * b));
      }
      total += c.weight * double(L::sum(sum)) / double(each);
    }
    return std::max(problem_.k * total, 1e-9);
  }

  /// Sums of messages to sites with side information; then new messages.
  void finish(PopulationAverages& a, double gamma2, double revealed, Stream& rng) {
    Float m = L::all(0), q = m, entropy = m, log_plus = m;
    std::array<double, 4> total{};
    for_side(gamma2, rng, [&](std::int64_t i, Float h) {
      if ((i & 1023) == 0) rng_.uniforms(uniforms_);
      const Float e = L::exp(-2.0f * L::abs(h)), small = e / (1.0f + e), t = 1.0f - 2.0f * small;
      const Float w = L::load(&uniforms_[std::size_t(i & 1023)]) < small ? L::negative(small) : small;
      L::store(&sites_[std::size_t(i)], w);
      const Float log1p = PopulationLanes::negative(detail::log<L>(1.0f - small)), twice = 2.0f * L::abs(h);
      m += L::with_sign_of(t, h);
      q += t * t;
      entropy += log1p + small * twice;
      log_plus += log1p + (std::bit_cast<Int>(h) < L::all_int(0) ? twice : L::all(0));  // ln(1 + e^{-2h})
      if ((i & (kSites - 1)) == kSites - 8) {
        total[0] += double(L::sum(m));
        total[1] += double(L::sum(q));
        total[2] += double(L::sum(entropy));
        total[3] += double(L::sum(log_plus));
        m = q = entropy = log_plus = L::all(0);
      }
    });
    for (double& t : total) t /= double(size_);
    a.overlap = revealed + (1 - revealed) * total[0];
    a.square = revealed + (1 - revealed) * total[1];
    a.entropy = total[2];
    a.free_entropy = (1 - revealed) * total[3] + 0.5 * gamma2;
    if (revealed > 0) reveal(revealed, rng);
    std::copy_n(sites_.begin(), kAhead, sites_.begin() + size_);
    send(a);
  }

  void reveal(double fraction, Stream& rng) {
    for (std::int64_t first = 0; first < size_; first += 1024) {
      const std::int64_t count = std::min<std::int64_t>(1024, size_ - first);
      rng.uniforms({normals_.data(), std::size_t(count)});
      for (std::int64_t i = 0; i < count; ++i)
        if (normals_[std::size_t(i)] < float(fraction)) sites_[std::size_t(first + i)] = kCertain;
    }
  }

  /// New messages from sites: O(k) products each, two logarithms for the averages and one for the message.
  void send(PopulationAverages& a) {
    double constraint = 0, log_planted = 0;
    std::array<std::uint32_t, 12> words;
    std::array<const float*, 12> from;
    for (Class& c : classes_) {
      double sum_constraint = 0, sum_planted = 0;
      for (std::int64_t first = 0; first < c.size; first += kMessages) {
        const int count = int(std::min<std::int64_t>(kMessages, c.size - first));
        rng_.words({words.data(), std::size_t(others_ + 1)});
        for (int j = 0; j <= others_; ++j)
          from[j] = sites_.data() + std::size_t((std::uint64_t{words[j]} * std::uint64_t(size_)) >> 32);
        Float constraints = L::all(0), planted = constraints;
        float* u = c.u.data() + first;
        if (problem_.not_all_equal())
          not_all_equal(c.flips, from, count, u, constraints, planted);
        else
          parity(from, count, u, constraints, planted);
        sum_constraint += double(L::sum(constraints));
        sum_planted += double(L::sum(planted));
      }
      constraint += c.weight * sum_constraint / double(c.size);
      log_planted += c.weight * sum_planted / double(c.size);
    }
    a.constraint = constraint;
    a.free_entropy += a.control * (problem_.k * log_planted - (problem_.k - 1) * constraint);
  }

  [[gnu::always_inline]] void not_all_equal(int flips, const std::array<const float*, 12>& from, int count, float* u,
                                            Float& constraints, Float& planted) const {
    for (int i = 0; i < count; i += 8) {
      // allowed + = 1 - prod P(+), by x -> x + Q (1 - x), in which nothing cancels
      Float plus = L::all(0), minus = plus;
      for (int j = 0; j < others_; ++j) {
        const Literal literal(from[j] + i, j < flips);
        plus += literal.minus * (1.0f - plus);
        minus += literal.plus * (1.0f - minus);
      }
      const Literal own(from[others_] + i, false);
      L::store(u + i, 0.5f * detail::log<L>(plus / minus));
      planted += detail::log<L>(plus);
      constraints += detail::log<L>(own.plus * plus + own.minus * minus);
    }
  }

  [[gnu::always_inline]] void parity(const std::array<const float*, 12>& from, int count, float* u, Float& constraints,
                                     Float& planted) const {
    for (int i = 0; i < count; i += 8) {
      // probability of an odd number of minus signs, and of an even one, neither by a difference
      Float odd = L::all(0), even = L::all(1);
      for (int j = 0; j < others_; ++j) {
        const Literal literal(from[j] + i, false);
        const Float next = odd * literal.plus + even * literal.minus;
        even = even * literal.plus + odd * literal.minus;
        odd = next;
      }
      const Literal own(from[others_] + i, false);
      // Revealed sites make every site known or unknown. Rounding is not allowed to say otherwise: on the unstable
      // branch it would grow by a factor at each sweep.
      const Float message = 0.5f * detail::log<L>(even / odd), least = L::all(path_ == Path::erasure ? 1.0f : 0.0f);
      L::store(u + i, L::abs(message) < least ? L::all(0) : message);
      planted += detail::log<L>(even);
      constraints += detail::log<L>(even * own.plus + odd * own.minus);
    }
  }

  SparseProblem problem_;
  Path path_;
  Stream rng_;
  int others_;
  double side_ = 0, control_ = -1;
  std::vector<float> sites_;  // size_ sites, then the first ones again
  std::vector<float> normals_, uniforms_;
  std::vector<Class> classes_;
};

}  // namespace

std::unique_ptr<Population> make_spin_population(const SparseProblem& problem, Path path, std::int64_t size,
                                                 Stream rng) {
  return std::make_unique<SpinPopulation>(problem, path, size, rng);
}

}  // namespace glass::detail

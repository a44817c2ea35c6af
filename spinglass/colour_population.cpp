// Populations of sites with k colours: planted colouring.
//
// Everything is relabelled so that a site's planted colour is 0. A site is its k probabilities, a message the k logs of
// what one neighbour leaves to each colour; both are arrays by colour, eight sites side by side.
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

constexpr int kMostColours = 12, kSites = 64, kMessages = 256, kAhead = kMessages + 8;
constexpr float kLimit = 27;                          // of log-odds: the cube of e^{-kLimit} is a normal float
constexpr float kExcluded = 1.8795288165390832e-12f;  // e^{-kLimit}

using Colours = std::array<Float, kMostColours>;

class ColourPopulation final : public Population {
 public:
  ColourPopulation(const SparseProblem& problem, Path path, std::int64_t size, Stream rng)
      : Population(size), path_(path), rng_(rng), k_(problem.k), normalise_(double(problem.k) / (problem.k - 1)) {
    for (int s = 0; s < k_; ++s) sites_[s].resize(std::size_t(size + kAhead));
    normals_.resize(std::size_t(kSites * k_));
  }

  void start(double overlap, PopulationStart how) override {
    side_ = 0;
    control_ = -1;
    std::vector<float> uniform(sites_[0].size());
    rng_.uniforms(uniform);
    for (std::size_t i = 0; i < std::size_t(size_); ++i) {
      const double m = how == PopulationStart::even ? overlap : uniform[i] < float(overlap) ? 1 : 0;
      const float other = std::max(kExcluded, float((1 - m) / k_));
      for (int s = 0; s < k_; ++s) sites_[s][i] = s == 0 ? 1 - float(k_ - 1) * other : other;
    }
    PopulationAverages unused;
    set_control(1);
    send(unused);
  }

  PopulationAverages sweep(double control, double side) override {
    PopulationAverages a;
    a.side = side;
    collect(control, a);
    finish(a, path_ == Path::gaussian ? side : 0.0, path_ == Path::erasure ? side : 0.0);
    return a;
  }

  PopulationAverages hold(double control, double overlap) override {
    PopulationAverages a;
    collect(control, a);
    if (path_ == Path::erasure) {
      Stream none;
      const double bare = try_side(0, none).first;
      a.side = (overlap - bare) / (1 - bare);
      finish(a, 0, std::max(a.side, 0.0));
      return a;
    }
    double side = std::max(side_, 0.0);
    for (int step = 0; step < 2; ++step) {
      Stream same = rng_;
      const auto [q, slope] = try_side(side, same);
      a.side = side + (overlap - q) / slope;
      side = std::max(a.side, 0.0);
    }
    side_ = side;
    finish(a, side, 0);
    return a;
  }

  PopulationAverages hold_by_control(double control, double overlap) override {
    if (control_ < 0) control_ = control;
    PopulationAverages a;
    Stream none;
    // as for spins
    double used = 0.9 * control_, overlap_now;
    for (int tries = 0;; ++tries, used *= 0.8) {
      collect(used, a);
      overlap_now = try_side(0, none).first;
      if (overlap_now <= overlap || tries == 8) break;
    }
    double step = 0;
    for (int tries = 0; tries < 14; ++tries) {
      step = (overlap - overlap_now) / response();
      const bool last = step < 0.004 * used;
      const double add = last ? step : std::min(0.8 * step, 0.5 * used);
      if (add > 0) collect(add, a, true);
      used = a.control;
      overlap_now = try_side(0, none).first;
      if (last) break;
    }
    step = std::clamp((overlap - overlap_now) / response(), -0.05 * used, 0.05 * used);
    finish(a, 0, 0);
    control_ = a.control = used + step;  // what is left is small; to first order this is where it leads
    return a;
  }

 private:
  void set_control(double control) {
    degrees_.set(control);
    const std::size_t ahead = std::min<std::size_t>(degrees_.most() + 8, std::size_t(size_));
    for (int s = 0; s < k_; ++s) {
      messages_[s].resize(std::size_t(size_) + degrees_.most() + 8);
      std::copy_n(messages_[s].begin(), ahead, messages_[s].begin() + size_);
    }
  }

  void collect(double control, PopulationAverages& a, bool more = false) {
    a.control = control + (more ? a.control : 0);
    set_control(control);
    std::array<std::uint32_t, 4> place;
    std::array<std::uint32_t, kSites> words, degree;
    for (std::int64_t first = 0; first < size_; first += kSites) {
      rng_.words(place);
      rng_.words(words);
      degrees_.draw(words.data(), degree.data(), kSites);
      std::int64_t at = std::int64_t((std::uint64_t{place[0]} * std::uint64_t(size_)) >> 32);
      for (int i = 0; i < kSites; ++i) {
        const std::int32_t d = std::int32_t(degree[i]);
        for (int s = 0; s < k_; ++s) {
          Float sum = L::all(0);
          const float* u = messages_[s].data() + at;
          for (std::int32_t left = d; left > 0; u += 8, left -= 8) {
            const Int inside = L::all_int(left) > Int{0, 1, 2, 3, 4, 5, 6, 7};
            sum += std::bit_cast<Float>(Int(std::bit_cast<Int>(L::load(u)) & inside));
          }
          float& site = sites_[s][std::size_t(first + i)];
          site = L::sum(sum) + (more ? site : 0);
        }
        at += d;
        if (at >= size_) at -= size_;
      }
    }
  }

  /// f(place, probabilities) from the log-weights in sites_ and a Gaussian field gamma^2 on colour 0 plus gamma z on
  /// all.
  template <class F>
  [[gnu::always_inline]] void for_side(double side, Stream& rng, F&& f) {
    const Float mean = L::all(float(side)), root = L::all(float(std::sqrt(side)));
    for (std::int64_t first = 0; first < size_; first += kSites) {
      if (side > 0) rng.normals(normals_);
      for (int i = 0; i < kSites; i += 8) {
        Colours p;
        Float most = L::all(-1e30f);
        for (int s = 0; s < k_; ++s) {
          p[s] = L::load(&sites_[s][std::size_t(first + i)]);
          if (side > 0) p[s] += root * L::load(&normals_[std::size_t(s * kSites + i)]);
          if (s == 0) p[s] += mean;
          most = p[s] > most ? p[s] : most;
        }
        Float total = L::all(0);
        for (int s = 0; s < k_; ++s) {
          p[s] = L::exp(L::clamp(p[s] - most, kLimit));
          total += p[s];
        }
        for (int s = 0; s < k_; ++s) p[s] /= total;
        f(first + i, p);
      }
    }
  }

  double normalised(double raw) const { return normalise_ * raw - 1 / double(k_ - 1); }

  /// E sum p^2 on the scale of overlaps, and its slope E |Cov|^2 on the Nishimori line.
  std::pair<double, double> try_side(double side, Stream& rng) {
    double square = 0, slope = 0;
    for_side(side, rng, [&](std::int64_t, const Colours& p) {
      Float two = L::all(0), three = two;
      for (int s = 0; s < k_; ++s) {
        two += p[s] * p[s];
        three += p[s] * p[s] * p[s];
      }
      square += double(L::sum(two));
      slope += double(L::sum(two - 2.0f * three + two * two));
    });
    const double n = double(size_);
    return {normalised(square / n), std::max(normalise_ * slope / n, 1e-6)};
  }

  /// d overlap/d control, from part of the population: what one more message does to E sum p^2, which is less noisy
  /// than what it does to E p_0.
  double response() const {
    const std::int64_t count = std::min<std::int64_t>(size_, 16384);
    double total = 0;
    for (std::int64_t first = 0; first < count; first += 8) {
      const std::size_t i = std::size_t(first);
      Colours before, after;
      for (int s = 0; s < k_; ++s) {
        before[s] = L::load(&sites_[s][i]);
        after[s] = before[s] + L::load(&messages_[s][i]);
      }
      total += double(L::sum(square_of(after) - square_of(before)));
    }
    return std::max(normalise_ * total / double(count), 1e-9);
  }
  /// sum p^2 from log-weights.
  Float square_of(Colours& p) const {
    Float most = p[0], one = L::all(0), two = one;
    for (int s = 1; s < k_; ++s) most = p[s] > most ? p[s] : most;
    for (int s = 0; s < k_; ++s) {
      const Float e = L::exp(L::clamp(p[s] - most, kLimit));
      one += e;
      two += e * e;
    }
    return two / (one * one);
  }

  void finish(PopulationAverages& a, double gamma2, double revealed) {
    std::array<float, kSites> draw{}, reveal{};
    double m = 0, q = 0, entropy = 0, log_planted = 0;
    for_side(gamma2, rng_, [&](std::int64_t i, Colours& p) {
      const std::size_t in_block = std::size_t(i) & (kSites - 1);
      if (in_block == 0) {
        rng_.uniforms(draw);
        if (revealed > 0) rng_.uniforms(reveal);
      }
      Float two = L::all(0), h = two;
      for (int s = 0; s < k_; ++s) {
        two += p[s] * p[s];
        h -= p[s] * detail::log<L>(p[s]);
      }
      m += double(L::sum(p[0]));
      q += double(L::sum(two));
      entropy += double(L::sum(h));
      log_planted -= double(L::sum(detail::log<L>(p[0])));
      // Which colour was planted, given the probabilities: drawn anew (Nishimori), then called 0.
      const Float u = L::load(&draw[in_block]);
      Float sum = p[0], zero = p[0];
      for (int s = 1; s < k_; ++s) {
        const Int here = (u >= sum) & (u < sum + p[s]);
        sum += p[s];
        const Float mine = p[s];
        p[s] = here ? p[0] : mine;
        zero = here ? mine : zero;
      }
      p[0] = zero;
      const Int known = L::load(&reveal[in_block]) < L::all(float(revealed));
      for (int s = 0; s < k_; ++s) {
        if (revealed > 0) p[s] = known ? L::all(s == 0 ? 1 : kExcluded) : p[s];
        L::store(&sites_[s][std::size_t(i)], p[s]);
      }
    });
    const double n = double(size_);
    a.overlap = revealed + (1 - revealed) * normalised(m / n);
    a.square = revealed + (1 - revealed) * normalised(q / n);
    a.entropy = entropy / n;
    a.free_entropy = (1 - revealed) * log_planted / n + 0.5 * gamma2;
    send(a);
  }

  void send(PopulationAverages& a) {
    for (int s = 0; s < k_; ++s) std::copy_n(sites_[s].begin(), kAhead, sites_[s].begin() + size_);
    std::array<std::uint32_t, 2 + kMostColours> places;
    std::array<float, kMessages> draw;
    double log_planted = 0, constraint = 0;
    for (std::int64_t first = 0; first < size_; first += kMessages) {
      rng_.words(places);
      rng_.uniforms(draw);
      const std::size_t from = std::size_t((std::uint64_t{places[0]} * std::uint64_t(size_)) >> 32),
                        other = std::size_t((std::uint64_t{places[1]} * std::uint64_t(size_)) >> 32);
      // The names of the other colours are shuffled: else all messages name them alike, and above mean degree k - 1 the
      // population orders in them, up and down from one sweep to the next.
      std::array<int, kMostColours> name;
      for (int s = 0; s < k_; ++s) name[s] = s;
      for (int s = k_ - 1; s > 1; --s)
        std::swap(name[s], name[1 + int((std::uint64_t{places[1 + s]} * std::uint64_t(s)) >> 32)]);
      Float planted = L::all(0), constraints = planted;
      for (std::size_t i = 0; i < std::size_t(kMessages); i += 8) {
        // 1 - p_s as a sum of the others: nothing cancels
        Colours left, p;
        Float below = L::all(0), above = L::all(0);
        for (int s = 0; s < k_; ++s) p[s] = L::load(&sites_[name[s]][from + i]);
        for (int s = 0; s < k_; ++s) {
          left[s] = below;
          below += p[s];
        }
        for (int s = k_ - 1; s >= 0; --s) {
          left[s] += above;
          above += p[s];
        }
        // the neighbour's planted colour, one of 1 .. k - 1 in our names; its name for it is 0
        const Int theirs = __builtin_convertvector(L::load(&draw[i]) * float(k_ - 1), Int) + 1;
        Float allowed = L::all(0), zero = left[0];
        const Float left0 = left[0];
        for (int s = 1; s < k_; ++s) {
          const Int here = theirs == L::all_int(s);
          zero = here ? left[s] : zero;
          left[s] = here ? left0 : left[s];
        }
        left[0] = zero;
        for (int s = 0; s < k_; ++s) {
          allowed += left[s] * L::load(&sites_[s][other + i]);
          const Float message = detail::log<L>(left[s]);
          if (s == 0) planted += message;
          L::store(&messages_[s][std::size_t(first) + i], message);
        }
        constraints += detail::log<L>(allowed);
      }
      log_planted += double(L::sum(planted));
      constraint += double(L::sum(constraints));
    }
    a.constraint = constraint / double(size_);
    a.free_entropy += a.control * (log_planted / double(size_) - 0.5 * a.constraint);
  }

  Path path_;
  Stream rng_;
  int k_;
  double normalise_, side_ = 0, control_ = -1;
  std::array<std::vector<float>, kMostColours> sites_, messages_;
  std::vector<float> normals_;
  PoissonTable degrees_{1};
};

}  // namespace

std::unique_ptr<Population> make_colour_population(const SparseProblem& problem, Path path, std::int64_t size,
                                                   Stream rng) {
  return std::make_unique<ColourPopulation>(problem, path, size, rng);
}

}  // namespace glass::detail

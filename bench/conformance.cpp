#include "bench/conformance.hpp"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/random/binomial_distribution.hpp>
#include <cmath>
#include <numeric>

#include "models/core/error.hpp"
#include "models/core/options.hpp"

namespace glass {
namespace {

constexpr double kLeastExpected = 5;
/// A vectorised exp(-inf) is not always 0, and what is less likely than this cannot be drawn: both are impossible.
constexpr double kImpossible = 1e-250;
bool possible(double p) { return p > kImpossible; }

/// What the check's own streams are for; the sampler's have Purpose::sampler.
enum Branch : std::uint16_t { kStarts, kNull };

constexpr Index kMostStates = 1024;  // pairs of configurations are counted

double upper_tail(double x, double dof) {
  if (!(x < std::numeric_limits<double>::max())) return 0;
  return boost::math::cdf(boost::math::complement(boost::math::chi_squared(dof), std::max(x, 0.0)));
}

using Numbers = std::vector<Index>;

/// p x p, first time fastest.
Eigen::VectorXd pair_law(const Eigen::VectorXd& p) { return (p * p.transpose()).reshaped(); }

Eigen::VectorXd count(const Numbers& k, Index cells) {
  Eigen::VectorXd c = Eigen::VectorXd::Zero(cells);
  for (const Index i : k) c(i) += 1;
  return c;
}

Eigen::VectorXd count_pairs(const Numbers& a, const Numbers& b, Index cells) {
  Eigen::VectorXd c = Eigen::VectorXd::Zero(cells * cells);
  for (std::size_t i = 0; i < a.size(); ++i) c(a[i] + cells * b[i]) += 1;
  return c;
}

TotalVariation total_variation(const Eigen::VectorXd& counts, const Eigen::VectorXd& p, int replicates, Stream rng) {
  const double n = counts.sum();
  TotalVariation out{.value = 0.5 * (counts / n - p).cwiseAbs().sum()};
  std::vector<double> null;
  for (int r = 0; r < replicates; ++r) {  // a multinomial, cell by cell: each is binomial given the earlier ones
    std::int64_t left = std::llround(n);
    double rest = 1, distance = 0;
    for (Index k = 0; k < p.size(); ++k) {
      const double share = rest > 0 ? std::clamp(p(k) / rest, 0.0, 1.0) : 0.0;
      const std::int64_t hit = left == 0 || share == 0 ? 0
                               : share == 1            ? left
                                            : boost::random::binomial_distribution<std::int64_t>(left, share)(rng);
      left -= hit;
      rest -= p(k);
      distance += std::abs(double(hit) / n - p(k));
    }
    null.push_back(0.5 * distance);
  }
  if (null.empty()) return out;
  std::sort(null.begin(), null.end());
  out.null_mean = std::accumulate(null.begin(), null.end(), 0.0) / double(null.size());
  out.null_999 = null[std::min(null.size() - 1, std::size_t(0.999 * double(null.size())))];
  return out;
}

/// One sampler under test.
class Examination {
 public:
  Examination(std::string name, const SamplerFactory& make, const Eigen::VectorXd& p, const ConformanceOptions& o)
      : p_(p),
        o_(o),
        all_(sites_of_law(p, o.alphabet), o.alphabet),
        law_(p),
        starts_({o.seed, Purpose::test, kStarts, o.instance}, 0) {
    if (p.size() > kMostStates)
      throw BadInput("law: n=" + to_text(all_.sites()) + ": must be at most " +
                     to_text(Index(std::log(double(kMostStates)) / std::log(double(o.alphabet.symbols())) + 1e-9)) +
                     ", pairs of configurations are counted");
    if (o.columns < 2) throw BadInput("conformance: columns=" + to_text(o.columns) + ": must be at least 2");
    out_.name = std::move(name);
    sampler_ = make(Streams({o.seed, Purpose::sampler, 0, o.instance}, o.columns));
    x_.resize(all_.dim(), o.columns);
  }

  Conformance run() {
    const Traits traits = sampler_->traits();
    if (traits.promise == Promise::approximate)
      throw BadInput(out_.name + ": promises an approximate law: measure its bias by steps instead");
    if (traits.kind == Kind::chain)
      chain();
    else
      generator();
    report();
    return std::move(out_);
  }

 private:
  void chain() {
    for (int k = 0; k < o_.warmup; ++k) {
      sampler_->next_draw(1);
      if (!sampler_->adapt()) break;
    }
    const bool placeable = sampler_->place(law_.batch(all_.sites(), o_.columns, starts_, o_.alphabet));
    for (const int steps : {1, 3}) {
      if (!placeable) break;
      begin();
      check("law " + to_text(steps) + (steps == 1 ? " step" : " steps") + " after exact draws", advance(steps));
    }
    const Numbers later = measure_tau(begin());
    if (out_.slow && !placeable) {
      out_.violations.push_back("tau is not below " + to_text(o_.longest / 5) +
                                " steps and the chain cannot be placed at exact draws: nothing can be judged");
      return;
    }
    if (out_.slow) {
      check_neighbours(later);
      finish("law " + to_text(o_.longest) + " steps after exact draws", later);
      Index most = 0;
      p_.maxCoeff(&most);
      place_all_at(most);
      must_reach_all();
      return;
    }
    const Numbers first = begin(), second = advance(out_.lag);
    check_pairs("pairs 20 tau apart", first, second);
    check_neighbours(second);
    if (placeable)
      place_all_at(least_likely());
    else
      sampler_->restart();
    finish(placeable ? "law 20 tau after the least likely state" : "law 20 tau after a restart", advance(out_.lag));
  }

  Index least_likely() const {
    Index least = 0;
    for (Index k = 0; k < p_.size(); ++k)
      if (possible(p_(k)) && (!possible(p_(least)) || p_(k) < p_(least))) least = k;
    return least;
  }
  void place_all_at(Index number) {
    Eigen::VectorXf one(all_.dim());
    all_.write(number, one);
    sampler_->place(one.replicate(1, o_.columns));
  }

  /// Reached and without a period, from where the columns are, all at the same configuration.
  void must_reach_all() {
    std::vector<int> last(std::size_t(p_.size()), -1);  // step of the last meeting
    bool in_a_row = false;
    for (int step = 0; step <= o_.longest; ++step)
      for (const Index k : step == 0 ? look() : advance(1)) {
        int& met = last[std::size_t(k)];
        in_a_row = in_a_row || (met >= 0 && met == step - 1);
        met = step;
      }
    Index wanted = 0, missed = 0;
    double weight = 0;
    for (Index k = 0; k < p_.size(); ++k) {
      if (p_(k) * double(o_.columns) < kLeastExpected) continue;
      ++wanted;
      if (last[std::size_t(k)] >= 0) continue;
      ++missed;
      weight += p_(k);
    }
    if (missed)
      out_.violations.push_back("stuck: from the most likely state, " + to_text(missed) + " of " + to_text(wanted) +
                                " configurations, together of probability " + to_text(weight) +
                                ", are not reached in " + to_text(o_.longest) + " steps; at a higher temperature a " +
                                "chain that is only slow would reach them");
    else if (!in_a_row)
      out_.violations.push_back("periodic: no configuration is met at two steps in a row");
  }

  void generator() {
    const Numbers first = advance(1);
    compare_log_prob(first);
    const Numbers second = advance(1);
    check_pairs("pairs of consecutive draws", first, second);
    check_neighbours(second);
    finish("law of the draws", first);
  }

  /// All columns at exact draws, or as near as the sampler lets us.
  Numbers begin() {
    if (!sampler_->place(law_.batch(all_.sites(), o_.columns, starts_, o_.alphabet))) {
      sampler_->restart();
      sampler_->next_draw(o_.burn);
    }
    return look();
  }
  Numbers advance(int steps) {
    sampler_->next_draw(steps);
    return look();
  }
  /// The configurations now, by number. Those that cannot be are counted and taken for number 0.
  Numbers look() {
    sampler_->read(x_);
    Numbers k(std::size_t(o_.columns), 0);
    for (Index c = 0; c < o_.columns; ++c) {
      const Index number = all_.number(x_.col(c));
      no_symbol_ += number < 0;
      impossible_ += number >= 0 && !possible(p_(number));
      k[std::size_t(c)] = std::max<Index>(number, 0);
    }
    return k;
  }

  /// Sets tau, lag and slow; the configurations at the last step looked at.
  Numbers measure_tau(const Numbers& start) {
    // one row per configuration, one column per observable, standardised under p
    std::vector<Eigen::VectorXd> observables;
    const Index dim = all_.dim();
    Eigen::MatrixXd raw(p_.size(), dim + 2);
    Eigen::VectorXf x(dim);
    for (Index k = 0; k < p_.size(); ++k) {
      all_.write(k, x);
      raw.row(k).head(dim) = x.cast<double>().transpose();
      raw(k, dim) = raw.row(k).head(dim).sum();
      raw(k, dim + 1) = possible(p_(k)) ? std::log(p_(k)) : 0;
    }
    for (Index j = 0; j < raw.cols(); ++j) {
      const Eigen::ArrayXd centred = raw.col(j).array() - p_.dot(raw.col(j));
      const double variance = (p_.array() * centred.square()).sum();
      if (variance > 1e-12) observables.emplace_back(centred / std::sqrt(variance));
    }
    std::vector<double> sum(observables.size(), 0.0);
    int window = 0;
    Numbers now;
    for (bool enough = false; !enough && window < o_.longest;) {
      now = advance(1);
      ++window;
      enough = true;
      for (std::size_t j = 0; j < sum.size(); ++j) {
        double rho = 0;
        for (std::size_t c = 0; c < now.size(); ++c) rho += observables[j](start[c]) * observables[j](now[c]);
        sum[j] += std::abs(rho) / double(now.size());
        out_.tau = std::max(j == 0 ? 1.0 : out_.tau, 1 + 2 * sum[j]);
        enough = enough && window >= 5 * (1 + 2 * sum[j]);
      }
    }
    out_.slow = window >= o_.longest;
    out_.lag = out_.slow ? o_.longest : int(std::ceil(20 * out_.tau));
    return now;
  }

  void compare_log_prob(const Numbers& k) {
    const auto logq = sampler_->log_prob();
    if (!logq) return;
    double worst = 0;  // float marginals: a few units of 1e-7 of ln q each
    for (Index c = 0; c < o_.columns; ++c) {
      const double logp = std::log(p_(k[std::size_t(c)])), off = std::abs((*logq)(c)-logp) / (1 + std::abs(logp));
      if (!(off <= worst)) worst = off;
    }
    if (!(worst < 1e-5)) out_.violations.push_back("ln q differs from ln p by " + to_text(worst) + " of it");
  }

  void check(std::string name, const Numbers& k) {
    out_.checks.push_back(law_check(std::move(name), count(k, p_.size()), p_));
    out_.draws += Index(k.size());
  }
  void check_pairs(std::string name, const Numbers& a, const Numbers& b) {
    out_.checks.push_back(law_check(std::move(name), count_pairs(a, b, p_.size()), pair_law(p_)));
    out_.draws += Index(a.size());
  }
  void check_neighbours(const Numbers& k) {
    Numbers even, odd;
    for (std::size_t c = 0; c + 1 < k.size(); c += 2) {
      even.push_back(k[c]);
      odd.push_back(k[c + 1]);
    }
    check_pairs("pairs of neighbouring columns", even, odd);
  }
  void finish(std::string name, const Numbers& k) {
    out_.variation = total_variation(count(k, p_.size()), p_, o_.replicates,
                                     Stream({o_.seed, Purpose::test, kNull, o_.instance}, 0));
    check(std::move(name), k);
  }
  void report() {
    if (no_symbol_) out_.violations.push_back(to_text(no_symbol_) + " draws hold other values than the alphabet's");
    if (impossible_) out_.violations.push_back(to_text(impossible_) + " draws have probability zero: a pin was moved");
  }

  const Eigen::VectorXd& p_;
  const ConformanceOptions& o_;
  Configurations all_;
  Index no_symbol_ = 0, impossible_ = 0;
  LawDraws law_;
  Stream starts_;
  std::unique_ptr<AnySampler> sampler_;
  Batch x_;
  Conformance out_;
};

}  // namespace

double Conformance::smallest_p() const {
  double p = 1;
  for (const Check& c : checks) p = std::min(p, c.p_value);
  return p;
}

bool Conformance::passed(double level) const { return violations.empty() && smallest_p() >= level; }

double bonferroni(std::span<const Conformance> results, double overall) {
  std::size_t checks = 0;
  for (const Conformance& r : results) checks += r.checks.size();
  return overall / double(std::max<std::size_t>(checks, 1));
}

Conformance check_conformance(std::string name, const SamplerFactory& make, const Eigen::VectorXd& p,
                              const ConformanceOptions& options) {
  return Examination(std::move(name), make, p, options).run();
}

void require_peaked(const Eigen::VectorXd& p, double ratio) {
  double least = 1;
  for (const double v : p)
    if (possible(v)) least = std::min(least, v);
  if (!(p.maxCoeff() > ratio * least))
    throw BadInput("law: largest over smallest probability is " + to_text(p.maxCoeff() / least) + ", must be above " +
                   to_text(ratio) + ": lower the temperature or raise the field");
}

Check law_check(std::string name, const Eigen::VectorXd& counts, const Eigen::VectorXd& p) {
  if (counts.size() != p.size()) throw BadInput(name + ": counts and probabilities must have the same length");
  const double n = counts.sum();
  Numbers order(std::size_t(p.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return p(a) < p(b); });
  std::vector<double> seen, expected;
  double o = 0, e = 0;
  bool impossible = false;
  for (const Index k : order) {
    impossible = impossible || (!possible(p(k)) && counts(k) > 0);
    o += counts(k);
    e += n * p(k);
    if (e < kLeastExpected) continue;
    seen.push_back(o);
    expected.push_back(e);
    o = e = 0;
  }
  if (seen.size() < 2)
    throw BadInput(name + ": " + to_text(n) + " draws pool into one cell: take more, or a less peaked law");
  seen.back() += o;
  expected.back() += e;
  double g = 0, inverse = 0;
  for (std::size_t k = 0; k < seen.size(); ++k) {
    if (seen[k] > 0) g += 2 * seen[k] * std::log(seen[k] / expected[k]);
    inverse += n / expected[k];
  }
  const double dof = double(seen.size() - 1);
  const double statistic =
      impossible ? std::numeric_limits<double>::infinity() : g / (1 + (inverse - 1) / (6 * n * dof));
  return {std::move(name), statistic, dof, upper_tail(statistic, dof)};
}

Index sites_of_law(const Eigen::VectorXd& p, const Alphabet& alphabet) {
  const Index q = alphabet.symbols();
  Index n = 0, size = 1;
  while (q > 1 && size < p.size()) size *= q, ++n;
  if (n == 0 || size != p.size())
    throw BadInput("law: must list all " + to_text(q) + "^n configurations of n >= 1 sites");
  if (!(p.minCoeff() >= 0) || std::abs(p.sum() - 1) > 1e-9) throw BadInput("law: probabilities must be >= 0, sum 1");
  return n;
}

LawDraws::LawDraws(const Eigen::VectorXd& p) : cumulative_(std::size_t(p.size())) {
  std::partial_sum(p.begin(), p.end(), cumulative_.begin());
}

Index LawDraws::number(Stream& rng) const {  // the first cumulative sum above u has p > 0
  const double u = rng.uniform() * cumulative_.back();
  return std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, u) - cumulative_.begin();
}

Batch LawDraws::batch(Index n, Index columns, Stream& rng, const Alphabet& alphabet) const {
  const Configurations all(n, alphabet);
  Batch x(all.dim(), columns);
  for (Index c = 0; c < columns; ++c) all.write(number(rng), x.col(c));
  return x;
}

}  // namespace glass

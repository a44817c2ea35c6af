#pragma once
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include "models/core/denoiser.hpp"
#include "models/core/options.hpp"
#include "models/core/real_sites.hpp"
#include "models/core/target.hpp"
#include "models/sk.hpp"
#include "spinglass/channel_moments.hpp"

namespace glass {

struct AmpOptions {
  int max_iterations = 100;
  double tolerance = 1e-4;
  double damping = 0.0;
  static constexpr std::tuple fields{
      Field{"max_iterations",
            &AmpOptions::max_iterations,
            "",
            "per column and call; a column that reaches it is counted as not converged",
            {.least = 1}},
      Field{"tolerance",
            &AmpOptions::tolerance,
            "",
            "root mean square change of m at which a column stops",
            {.least = 1e-7}},
      Field{
          "damping", &AmpOptions::damping, "", "weight of the previous m in the new one", {.least = 0, .most = 0.99}}};
};

/// Where a column stands between two iterations.
struct AmpColumn {
  double n = 0, power = 1;
  double q = 0;           ///< |m|^2/N
  double overlap = 0;     ///< m.m_prev/N
  double v = 0;           ///< mean of the posterior variances that belong to m; pinned sites have none
  bool averaged = false;  ///< m, m_prev and v are running averages (damping): spins' v is not 1 - q
  /// Of +-1 spins.
  double response() const { return averaged ? v : 1 - q; }
};

/// What message passing must know of a kind of target: its channel and its reaction term. A rule is made from the
/// target and has
///     channel        a ScalarChannel with bulk `moments`,
///     noise          r.m.s. of m at the start, where m = 0 would stay,
///     remembers()    whether State::memory is used,
///     field(c, g, m, last, memory, b)   b = B without the tilt's field, from g = target.fields(m); false while the
///                    reaction term is out of its range: then the column has not converged,
///     precision(c, a, b)                A, where a is the tilt's precision and b = B,
///     reaction(c)    what ln Z holds beside the energy of m and the sites' own parts.
template <class T>
struct AmpRule;
template <class T>
concept AmpTarget = requires(const T& t) {
  AmpRule<T>(t);
};

/// p-body couplings J ~ N(0, p!/(2N^{p-1})): B = beta d(-H)/dx at m - beta^2 p(p-1)/2 (m.m_prev/N)^{p-2} v m_prev, and
/// (N beta^2/4) (1 - p q^{p-1} + (p-1) q^p) in ln Z. Thouless, Anderson and Palmer, Philos. Mag. 35, 593 (1977);
/// tensors: Lesieur, Miolane, Lelarge, Krzakala and Zdeborova, ISIT 2017 (arXiv:1701.08010). With q^{p-2} in place of
/// (m.m_prev/N)^{p-2} the fixed points are the same and the transient leaves state evolution at the second iteration.
struct PSpinReaction {
  int p = 2;
  double beta = 1;
  float onsager(const AmpColumn& c, double v) const {
    const double b = c.power * beta;
    return float(b * b * p * (p - 1) / 2 * (p == 2 ? 1.0 : std::pow(c.overlap, p - 2)) * v);
  }
  double log_partition(const AmpColumn& c) const {
    const double b = c.power * beta;
    return c.n * b * b / 4 * (1 - p * std::pow(c.q, p - 1) + (p - 1) * std::pow(c.q, p));
  }
};

/// +-1 spins with Gaussian couplings: m' = tanh B, v = 1 - q.
template <GaussianGlass T>
struct AmpRule<T> {
  explicit AmpRule(const T& t) : glass{t.order(), t.beta()} {}
  Rademacher channel;
  PSpinReaction glass;
  static constexpr float noise = 0;
  bool remembers() const { return false; }
  bool field(const AmpColumn& c, const Eigen::ArrayXf& g, const Eigen::ArrayXf&, const Eigen::ArrayXf& last, BatchOut,
             Eigen::ArrayXf& b) const {
    b = float(c.power) * g - glass.onsager(c, c.response()) * last;
    return true;
  }
  double precision(const AmpColumn&, double a, const Eigen::ArrayXf&) const { return a; }
  double reaction(const AmpColumn& c) const { return glass.log_partition(c); }
};

/// Sk's couplings may be Hopfield's, J = (1/N) sum_mu xi xi^T - load, load N patterns. With a Gaussian variable for
/// each pattern the model has two layers; of that layer's means u only y = sqrt(beta/N) xi u is needed, so that J is
/// all one must know:
///
///     y' = [beta (J + load) m - chi y]/(1 - chi),   B = y' - beta load/(1 - chi) m,   chi = beta (1 - q).
///
/// Its fixed points are those of B = beta J m - beta R(chi) m with the R-transform R(z) = load z/(1-z) of J's spectrum
/// (Marchenko and Pastur's, moved by -load; R(z) = z for SK), and ln Z has (N/2) int_0^chi R = -(N load/2)(chi +
/// ln(1-chi)). Mezard, Phys. Rev. E 95, 022117 (2017); Parisi and Potters, J. Phys. A 28, 5267 (1995). chi is kept
/// below kMost on the way: a column that ends there has not converged.
template <>
struct AmpRule<Sk> {
  explicit AmpRule(const Sk& t) : glass{2, t.beta()}, load(t.load()), own(t.sites()) {
    own = (t.beta() * t.environment().h.cast<double>().array()).cast<float>();
  }
  Rademacher channel;
  PSpinReaction glass;
  double load;
  Eigen::ArrayXf own;  // beta h
  static constexpr float noise = 0;
  static constexpr double kMost = 0.95;
  bool remembers() const { return load > 0; }
  bool field(const AmpColumn& c, const Eigen::ArrayXf& g, const Eigen::ArrayXf& m, const Eigen::ArrayXf& last,
             BatchOut memory, Eigen::ArrayXf& b) const {
    if (!remembers()) {
      b = float(c.power) * g - glass.onsager(c, c.response()) * last;
      return true;
    }
    const double beta = c.power * glass.beta, wanted = beta * (1 - c.q), chi = std::min(wanted, kMost);
    auto y = memory.col(0).array();
    const float diagonal = float(beta * load);
    y = (float(c.power) * (g - own) + diagonal * m - float(chi) * y) / float(1 - chi);
    b = y - diagonal / float(1 - chi) * m + float(c.power) * own;
    return wanted <= kMost;
  }
  double precision(const AmpColumn&, double a, const Eigen::ArrayXf&) const { return a; }
  double reaction(const AmpColumn& c) const {
    if (!remembers()) return glass.log_partition(c);
    const double chi = std::min(c.power * glass.beta * (1 - c.q), kMost);
    return -0.5 * c.n * load * (chi + std::log1p(-chi));
  }
};

/// Approximate message passing on fully connected models with independent sites:
///
///     B = power dlog L/dx at m + b - Onsager m_prev,    m' = f(A, B),   v' = df/dB,
///
/// f the mean of the prior's scalar channel under exp(B x - A x^2/2), A and the Onsager term by the target's AmpRule;
/// m_prev = 0 at the start, pinned sites held and counted (v = 0). A damped m is an average over iterations, and what
/// it gets back through J is the same average of v m_prev: pair models keep it (the correction for what depends on all
/// past fields of Fan, Ann. Stat. 50, 197 (2022)), so that state evolution holds on the way; where p > 2 no one vector
/// does it, and the last m_prev is taken. Thouless, Anderson and Palmer, Philos. Mag. 35, 593 (1977); Bolthausen,
/// Commun. Math. Phys. 325, 333 (2014); Lesieur, Krzakala and Zdeborova, J. Stat. Mech. 073403 (2017). Accurate per
/// spin as N -> oo (o(N) in total), not more. Columns are independent and stop one by one. One iteration is one
/// `fields` of the target: of a pairwise one, one GEMM over the columns still running, 2 N^2 B flops. Messages stay in
/// the State: a call starts where the last one ended. +-1 spins start at m = 0, which without side information stays;
/// matrices and spheres start at noise of 1e-3 from the State's streams, so that AMP leaves m = 0 where that is
/// unstable.
template <AmpTarget T>
class Amp {
 public:
  using Options = AmpOptions;
  static constexpr std::string_view name = "amp";
  static constexpr std::string_view formula =
      "m' = f(A, B), B = beta J m^{p-1} + b - Onsager m_prev, f the prior's mean under exp(B x - A x^2/2)";
  static constexpr std::string_view reference =
      "Thouless, Anderson and Palmer (1977); Bolthausen (2014); Lesieur et al., arXiv:1701.00858 and 1701.08010";
  struct State {
    Streams rng;
    Batch m, last;   // N x B: newest and previous iterate
    Batch h;         // N x B: the B that gave m
    PerColumn a, v;  // the A that gave m; mean variance of m
    Batch memory;    // N x B where the rule has one, else empty
    static void visit(auto& s, auto&& f) { f(s.rng, s.m, s.last, s.h, s.a, s.v, s.memory); }
  };

  explicit Amp(T target, AmpOptions opt = {}) : target_(std::move(target)), rule_(target_), opt_(opt) {}
  Alphabet alphabet() const { return target_.alphabet(); }
  Tilt base(Index columns) const { return target_.base(columns); }
  State start(Streams rng) const {
    State s{std::move(rng), {}, {}, {}, {}, {}, {}};
    restart(s);
    return s;
  }
  void restart(State& s) const {
    const Index n = target_.sites();
    Batch m = Batch::Zero(n, s.rng.columns());
    if (rule_.noise > 0)
      for (Index c = 0; c < m.cols(); ++c) {
        s.rng[c].normals({m.col(c).data(), std::size_t(n)});
        m.col(c) *= rule_.noise;
      }
    begin(s, m, rule_.channel.second_moment());
  }
  /// The next call starts from m = x (N x B), known for sure, instead of from nothing.
  void start_at(State& s, BatchIn x) const { begin(s, x, 0); }

  DenoiseInfo posterior_mean(const Tilt& t, State& s, BatchOut mean) const {
    const DenoiseInfo info = solve(t, s);
    mean = s.m;
    return info;
  }
  DenoiseInfo log_marginals(const Tilt& t, State& s, BatchOut logp) const requires(!SmoothTarget<T>) {
    const DenoiseInfo info = solve(t, s);
    const Alphabet alphabet = target_.alphabet();
    const int symbols = alphabet.symbols();
    std::vector<double> weight(static_cast<std::size_t>(symbols));
    for (Index c = 0; c < s.h.cols(); ++c)
      for (Index i = 0; i < s.h.rows(); ++i) {
        for (int k = 0; k < symbols; ++k) {
          const double x = double(alphabet.entry(k, 0));
          weight[std::size_t(k)] = double(s.h(i, c)) * x - 0.5 * s.a(c) * x * x + log_prior(alphabet.entry(k, 0));
        }
        for (int k = 0; k < symbols; ++k)
          logp(i * symbols + k, c) = t.free(i, c)                             ? float(log_share(weight, std::size_t(k)))
                                     : t.pinned(i, c) == alphabet.entry(k, 0) ? 0.0f
                                                                              : -Tilt::kFree;
      }
    return info;
  }
  /// Every real site from its own marginal, prior(x) exp(B x - A x^2/2); then to |x|^2 = N on the sphere, which moves
  /// them by O(N^{-1/2}).
  DenoiseInfo draw_sites(const Tilt& t, State& s, Streams& rng, BatchOut x) const requires SmoothTarget<T> {
    const DenoiseInfo info = solve(t, s);
    const RealSites sites = target_.real_sites();
    for (Index c = 0; c < x.cols(); ++c)
      for (Index i = 0; i < x.rows(); ++i)
        x(i, c) = t.free(i, c) ? sites.draw(rng[c], s.a(c), double(s.h(i, c))) : t.pinned(i, c);
    if (sites.space == Space::sphere) x = to_sphere(x);
    return info;
  }
  /// Of such a draw on the line: prior(x) exp(B x - A x^2/2)/Z_0(A, B) at every free site, 1 at a pinned one.
  PerColumn log_density(const Tilt& t, State& s, BatchIn x) const requires SmoothTarget<T> &&(T::space == Space::line) {
    PerColumn out = PerColumn::Zero(x.cols());
    for (Index c = 0; c < x.cols(); ++c)
      for (Index i = 0; i < x.rows(); ++i) {
        const double a = s.a(c), b = double(s.h(i, c)), xi = double(x(i, c));
        if (t.free(i, c))
          out(c) += log_prior(x(i, c)) + b * xi - 0.5 * a * xi * xi - rule_.channel.log_partition(a, b);
        else if (x(i, c) != t.pinned(i, c))
          out(c) = -std::numeric_limits<double>::infinity();
      }
    return out;
  }
  /// TAP free energy at the last answer: power (-H)(m) beta + b.m + the rule's reaction + sum over the free sites of
  /// [ln Z_0(A, B) - B m + (A - a)(m^2 + v)/2], Z_0 the channel's; pinned sites have their prior and tilt. On the
  /// sphere relative to the uniform measure.
  PerColumn log_partition(const Tilt& t, State& s) const {
    const Index n = s.m.rows();
    const int p = target_.order();
    Batch g(n, s.m.cols()), own(n, 1);
    target_.fields(s.m, g);
    target_.fields(Batch::Zero(n, 1), own);
    PerColumn out(s.m.cols());
    for (Index c = 0; c < out.size(); ++c) {
      const Eigen::ArrayXd m = s.m.col(c).template cast<double>();
      const double fields = (m * own.col(0).template cast<double>().array()).sum(),
                   all = (m * g.col(c).template cast<double>().array()).sum(), a = t.precision(c), aa = s.a(c);
      double sum = t.power(c) * ((all - fields) / p + fields) + rule_.reaction(column(t, s, c));
      for (Index i = 0; i < n; ++i) {
        const double mi = m(i), b = double(s.h(i, c));
        sum += double(t.field(i, c)) * mi;
        if (t.free(i, c))
          sum +=
              rule_.channel.log_partition(aa, b) - b * mi + 0.5 * (aa - a) * (mi * mi + rule_.channel.variance(aa, b));
        else
          sum += log_prior(t.pinned(i, c)) - 0.5 * a * mi * mi;
      }
      out(c) = sum;
    }
    return out;
  }
  /// One iteration of all columns, for whoever follows the transient. Returns the rms change per column.
  PerColumn iterate(const Tilt& t, State& s) const {
    std::vector<Index> all(static_cast<std::size_t>(s.m.cols()));
    for (std::size_t c = 0; c < all.size(); ++c) all[c] = Index(c);
    return advance(t, s, all, hold(t));
  }

 private:
  /// 1 where free, 0 where pinned; the pins' values beside it.
  struct Held {
    Eigen::ArrayXXf free, value;
  };
  static Held hold(const Tilt& t) {
    if constexpr (SmoothTarget<T>)
      if (T::space == Space::sphere) refuse_pins_on_sphere(t);
    const Eigen::ArrayXXf free = (t.pinned.array() == Tilt::kFree).template cast<float>();
    return {free, (free > 0).select(0.0f, t.pinned.array())};
  }
  void begin(State& s, BatchIn m, double v) const {
    const Index n = m.rows(), b = m.cols();
    s.m = m;
    s.last = Batch::Zero(n, b);
    s.h = Batch::Zero(n, b);
    s.a = PerColumn::Zero(b);
    s.v = PerColumn::Constant(b, v);
    s.memory = Batch::Zero(rule_.remembers() ? n : 0, b);
  }
  double log_prior(float x) const {
    if constexpr (SmoothTarget<T>)
      return target_.real_sites().log_prior(double(x));
    else if constexpr (requires { target_.log_prior(); })
      return double(target_.log_prior()[std::size_t(target_.alphabet().symbol_of(&x))]);
    else
      return 0;
  }
  /// ln of w_k's share of sum w, from ln w: -ln(1 + sum of the others' odds) keeps the digits of what is almost sure.
  static double log_share(const std::vector<double>& log_w, std::size_t k) {
    double top = 0, others = 0;
    for (const double l : log_w) top = std::max(top, l - log_w[k]);
    for (std::size_t j = 0; j < log_w.size(); ++j)
      if (j != k) others += std::exp(log_w[j] - log_w[k] - top);
    return top == 0 ? -std::log1p(others) : -(top + std::log(std::exp(-top) + others));
  }
  AmpColumn column(const Tilt& t, const State& s, Index c) const {
    const double n = double(s.m.rows());
    const Eigen::ArrayXf m = s.m.col(c), last = s.last.col(c);  // aligned: sums do not depend on the column's place
    return {n, t.power(c), double(m.square().sum()) / n, double((m * last).sum()) / n, s.v(c), averages()};
  }
  DenoiseInfo solve(const Tilt& t, State& s) const {
    DenoiseInfo info;
    const Held held = hold(t);
    std::vector<Index> running(static_cast<std::size_t>(s.m.cols()));
    for (std::size_t c = 0; c < running.size(); ++c) running[c] = Index(c);
    s.m = (held.free * s.m.array() + held.value)
              .matrix();  // a site pinned since the last call counts from the first iteration
    for (int k = 0; k < opt_.max_iterations && !running.empty(); ++k) {
      const PerColumn change = advance(t, s, running, held);
      info.work.iterations += Index(running.size());
      std::size_t kept = 0;
      for (std::size_t j = 0; j < running.size(); ++j)
        if (!(change(Index(j)) <= opt_.tolerance)) running[kept++] = running[j];
      running.resize(kept);
    }
    info.unconverged = int(running.size());
    info.work.denoiser_calls = s.m.cols();
    return info;
  }
  /// Whether m_prev stands for all iterates that a damped m was made of.
  bool averages() const { return opt_.damping > 0 && target_.order() == 2; }
  /// Infinite change where the reaction term is out of its range.
  PerColumn advance(const Tilt& t, State& s, const std::vector<Index>& columns, const Held& held) const {
    const Index n = s.m.rows(), b = Index(columns.size());
    Batch g(n, b);
    if (b == s.m.cols())
      target_.fields(s.m, g);
    else
      target_.fields(Batch(s.m(Eigen::all, columns)), g);
    PerColumn change(b);
    Eigen::ArrayXf field(n), mean(n), variance(n);
    for (Index j = 0; j < b; ++j) {
      const Index c = columns[std::size_t(j)];
      const Eigen::ArrayXf m = s.m.col(c), last = s.last.col(c), gradient = g.col(j), free = held.free.col(c);
      const AmpColumn at = column(t, s, c);
      const bool in_range = rule_.field(at, gradient, m, last, s.memory.col(c), field);
      field += t.field.col(c).array();
      const double precision = rule_.precision(at, t.precision(c), field);
      moments(rule_.channel, float(precision), field, mean, variance);
      const float keep = float(opt_.damping);
      const Eigen::ArrayXf next = free * (keep * m + (1.0f - keep) * mean) + held.value.col(c);
      // undamped, so that damping does not loosen the tolerance
      change(j) = in_range ? std::sqrt(double((next - m).square().sum()) / double(n)) / (1.0 - opt_.damping)
                           : std::numeric_limits<double>::infinity();
      const double v = double((free * variance).sum()) / double(n), old = opt_.damping * s.v(c),
                   fresh = (1.0 - opt_.damping) * v;
      s.v(c) = old + fresh;
      s.a(c) = precision;
      s.h.col(c) = field.matrix();
      if (averages() && s.v(c) > 0)
        s.last.col(c) = (float(old / s.v(c)) * last + float(fresh / s.v(c)) * m).matrix();
      else
        s.last.col(c) = m.matrix();
      s.m.col(c) = next.matrix();
    }
    return change;
  }
  T target_;
  AmpRule<T> rule_;
  AmpOptions opt_;
};

}  // namespace glass

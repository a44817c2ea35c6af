#include "models/ising_p_spin.hpp"

#include <algorithm>
#include <cmath>

#include "models/core/vector_loops.hpp"

namespace glass {

namespace {

/// Fixed partial sums, added up in one order: the same bits whatever the vector width.
struct Lanes {
  static constexpr Index kWidth = 8;
  float lane[kWidth] = {};
  float sum() const {
    return ((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7]));
  }
};

/// Over the first n numbers, whole vectors of them, of up to eight rows: dot_r = sum_i row_r,i x_i, and g_i += step_r
/// row_r,i in the order of the rows.
void whole_vectors(Index rows, Index n, const float* const* row, const float* __restrict x, const float* step,
                   float* __restrict g, float* dot) {
  typedef float Vector __attribute__((vector_size(32)));
  constexpr Index kAhead =
      1024;  // floats: a slice is one long stream, but rows start and end too often to be seen as one
  const auto load = [](const float* p) {
    Vector v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
  };
  const auto some = [&]<int kRows>(Index r) {
    Vector sum[kRows] = {};
    const float* p[kRows];
    for (int a = 0; a < kRows; ++a) p[a] = row[r + a];
    for (Index i = 0; i < n; i += Lanes::kWidth) {
      const Vector xi = load(x + i);
      Vector gi = load(g + i);
      for (int a = 0; a < kRows; ++a) {
        __builtin_prefetch(p[a] + i + kAhead);
        const Vector c = load(p[a] + i);
        sum[a] += c * xi;
        gi += step[r + a] * c;
      }
      __builtin_memcpy(g + i, &gi, sizeof gi);
    }
    for (int a = 0; a < kRows; ++a) {
      Lanes lanes;
      __builtin_memcpy(lanes.lane, &sum[a], sizeof lanes.lane);
      dot[r + a] = lanes.sum();
    }
  };
  Index r = 0;
  for (; r + 4 <= rows; r += 4) some.template operator()<4>(r);
  for (; r < rows; ++r) some.template operator()<1>(r);
}

/// sum_i j_i x_i for i in [from, to), added to dot one by one, and scale * j_i added to g_i.
inline void row_tail(Index from, Index to, const float* j, const float* x, float scale, float* g, float& dot) {
  for (Index i = from; i < to; ++i) {
    dot += j[i] * x[i];
    g[i] += scale * j[i];
  }
}

/// Value of the packed pair form sum_{i<k<n} J_ik x_i x_k (rows k = 1, 2, ... of k numbers each, one after another),
/// adding scale * its gradient to g. One pass over J, a dot product and an AXPY per row, 4 flops per coupling; eight
/// rows read and write x and g once. Whole vectors of a row first, then its rest one by one.
float pair_form_and_gradient(Index n, const float* __restrict j, const float* __restrict x, float scale,
                             float* __restrict g) {
  float sum = 0;
  for (Index first = 0; first < n; first += Lanes::kWidth) {  // rows first .. first + 7 have `first` in whole vectors
    const Index rows = std::min(Lanes::kWidth, n - first);
    const float* row[Lanes::kWidth];
    float step[Lanes::kWidth], dot[Lanes::kWidth];
    for (Index r = 0; r < rows; ++r) {
      row[r] = j;
      step[r] = scale * x[first + r];
      j += first + r;
    }
    whole_vectors(rows, first, row, x, step, g, dot);
    for (Index r = 0; r < rows; ++r) {
      const Index k = first + r;
      row_tail(first, k, row[r], x, step[r], g, dot[r]);
      g[k] += scale * dot[r];
      sum += x[k] * dot[r];
    }
  }
  return sum;
}

/// The same for a packed q-form, sum_{i1<...<iq<n} J x...x, largest index outermost.
float form_and_gradient(int q, Index n, const float* __restrict j, const float* __restrict x, float scale,
                        float* __restrict g) {
  if (q == 2) return pair_form_and_gradient(n, j, x, scale, g);
  float sum = 0;
  if (q == 1) {  // a pairwise model in this form
    axpy(n, scale, j, g);
    for (Index i = 0; i < n; ++i) sum += j[i] * x[i];
    return sum;
  }
  for (Index k = q - 1; k < n; ++k) {
    const float v = form_and_gradient(q - 1, k, j, x, scale * x[k], g);
    g[k] += scale * v;
    sum += x[k] * v;
    j += IsingPSpin::binomial(k, q - 1);
  }
  return sum;
}

/// The pair form for eight columns side by side: x and g are n x 8, a column's lanes together. Four rows at once read x
/// and g and write g once for eight multiply-adds a coupling; what is left of them is a triangle.
Lanes8 pair_form_and_gradient(Index n, const float* __restrict j, const Lanes8* __restrict x, const Lanes8& scale,
                              Lanes8* __restrict g) {
  constexpr Index kRows = 4, kLine = 16;
  constexpr Index kAhead = 1024;  // floats: rows are short pieces of one long stream
  Lanes8 sum = Lanes8::all(0);
  for (Index first = 1; first < n; first += kRows) {
    const Index rows = std::min(kRows, n - first);
    const float* row[kRows];
    Lanes8 step[kRows], dot[kRows];
    for (Index r = 0; r < kRows; ++r) {
      row[r] = j;
      step[r] = r < rows ? scale * x[first + r] : Lanes8::all(0);
      dot[r] = Lanes8::all(0);
      if (r < rows) j += first + r;
    }
    const auto add = [&](Index i, Index from, Index to) {
      Lanes8 gi = g[i];
      for (Index r = from; r < to; ++r) {
        const Lanes8 c = Lanes8::all(row[r][i]);
        dot[r] = fma(c, x[i], dot[r]);
        gi = fma(c, step[r], gi);
      }
      g[i] = gi;
    };
    if (rows == kRows) {
      Index i = 0;
      for (; i + kLine <= first; i += kLine) {
        for (Index r = 0; r < kRows; ++r) __builtin_prefetch(row[r] + i + kAhead);
        for (Index k = 0; k < kLine; ++k) add(i + k, 0, kRows);
      }
      for (; i < first; ++i) add(i, 0, kRows);
    } else {
      for (Index i = 0; i < first; ++i) add(i, 0, rows);
    }
    for (Index r = 0; r < rows; ++r) {
      const Index k = first + r;
      for (Index i = first; i < k; ++i) add(i, r, r + 1);
      g[k] = fma(scale, dot[r], g[k]);
      sum = fma(x[k], dot[r], sum);
    }
  }
  return sum;
}

/// The same for a packed q-form.
Lanes8 form_and_gradient(int q, Index n, const float* __restrict j, const Lanes8* __restrict x, const Lanes8& scale,
                         Lanes8* __restrict g) {
  if (q == 2) return pair_form_and_gradient(n, j, x, scale, g);
  if (q == 1) {                                          // a pairwise model in this form
    Lanes8 even = Lanes8::all(0), odd = Lanes8::all(0);  // two chains hide the latency of the multiply-add
    Index i = 0;
    for (; i + 2 <= n; i += 2) {
      const Lanes8 a = Lanes8::all(j[i]), b = Lanes8::all(j[i + 1]);
      even = fma(a, x[i], even);
      odd = fma(b, x[i + 1], odd);
      g[i] = fma(a, scale, g[i]);
      g[i + 1] = fma(b, scale, g[i + 1]);
    }
    if (i < n) {
      const Lanes8 a = Lanes8::all(j[i]);
      even = fma(a, x[i], even);
      g[i] = fma(a, scale, g[i]);
    }
    return even + odd;
  }
  Lanes8 sum = Lanes8::all(0);
  for (Index k = q - 1; k < n; ++k) {
    const Lanes8 v = form_and_gradient(q - 1, k, j, x, scale * x[k], g);
    g[k] = fma(scale, v, g[k]);
    sum = fma(x[k], v, sum);
    j += IsingPSpin::binomial(k, q - 1);
  }
  return sum;
}

/// Value of the packed q-form.
float form(int q, Index n, const float* j, const float* x) {
  float sum = 0;
  if (q == 1) {
    for (Index i = 0; i < n; ++i) sum += j[i] * x[i];
    return sum;
  }
  for (Index k = q - 1; k < n; ++k) sum += x[k] * form(q - 1, k, j + IsingPSpin::binomial(k, q), x);
  return sum;
}

/// Derivative of the packed q-form by x_site.
float derivative(int q, Index n, const float* j, const float* x, Index site) {
  if (q == 1) return j[site];
  float sum = 0;
  for (Index k = std::max<Index>(site, q - 1); k < n; ++k) {
    const float* row = j + IsingPSpin::binomial(k, q);
    sum += k == site ? form(q - 1, k, row, x) : x[k] * derivative(q - 1, k, row, x, site);
  }
  return sum;
}

}  // namespace

Index IsingPSpin::binomial(Index n, int k) {
  Index b = 1;
  for (int a = 1; a <= k; ++a) b = b * (n - k + a) / a;
  return n < k ? 0 : b;
}

double IsingPSpin::bytes(int p, Index n) {
  double subsets = 1;  // C(n, p-1), in double: n may be anything here
  for (int a = 1; a < p; ++a) subsets *= double(n - p + 1 + a) / a;
  // slices, and while they are filled every coupling once more: C(n, p) = C(n, p-1) (n-p+1)/p
  return 4.0 * subsets * (double(n) + double(n - p + 1) / p);
}

IsingPSpin IsingPSpin::make(const IsingPSpinOptions& o, std::uint32_t seed) {
  if (o.n < o.p) throw BadInput(std::string(name) + ": n=" + to_text(o.n) + ": must be at least p=" + to_text(o.p));
  return draw(o.p, Environment::draw(name, o, seed), seed, o.instance);
}

IsingPSpin IsingPSpin::draw(int p, Environment env, std::uint32_t seed, std::uint32_t instance) {
  const Index n = env.sites();
  const bool planted = env.truth.size() > 0;
  double variance = 0.5;  // p!/(2 N^{p-1})
  for (int k = 2; k <= p; ++k) variance *= k / double(n);
  std::vector<float> j(static_cast<std::size_t>(binomial(n, p)));
  Stream({seed, Purpose::disorder, 0, instance}, 0).normals(j);
  const double width = std::sqrt(variance), mean = env.beta * variance;
  auto at = j.begin();
  for_each_subset(n, p, [&](const std::vector<Index>& s) {
    double v = width * double(*at);
    if (planted) {
      double sign = mean;
      for (const Index i : s) sign *= double(env.truth(i));
      v += sign;
    }
    *at++ = float(v);
  });
  return IsingPSpin(p, j, std::move(env));
}

IsingPSpin::IsingPSpin(int p, const std::vector<float>& j, Environment env)
    : n_(env.sites()), p_(p), slices_(binomial(env.sites(), p - 1), env.sites()), env_(std::move(env)) {
  bh_ = (env_.beta * env_.h.cast<double>()).cast<float>();
  auto at = j.begin();
  for_each_subset(n_, p_, [&](const std::vector<Index>& s) {
    const float v = float(env_.beta * double(*at++));
    for (int left = 0; left < p_; ++left) {  // into the slice of each of its sites
      Index place = 0;
      for (int k = 0, rank = 1; k < p_; ++k)
        if (k != left) place += binomial(s[std::size_t(k)], rank++);
      slices_(place, s[std::size_t(left)]) = v;
    }
  });
}

void IsingPSpin::fields(BatchIn m, BatchOut g) const {
  constexpr Index w = Lanes8::kWidth;
  const Index groups = (m.cols() + w - 1) / w;
  std::vector<Lanes8> x(static_cast<std::size_t>(n_ * groups)), out(x.size());
  for (Index i = 0; i < n_; ++i)
    for (Index c = 0; c < groups * w; ++c) {
      const auto at = std::size_t(c / w * n_ + i);
      x[at].v[c % w] = c < m.cols() ? m(i, c) : 0.0f;
      out[at].v[c % w] = bh_(i);
    }
  for (Index k = p_ - 1; k < n_; ++k)  // the terms whose largest index is k: they stay near while all groups pass
    for (Index group = 0; group < groups; ++group) {
      const Lanes8* const mine = x.data() + group * n_;
      Lanes8* const to = out.data() + group * n_;
      to[k] = to[k] + form_and_gradient(p_ - 1, k, slices_.col(k), mine, mine[k], to);
    }
  for (Index i = 0; i < n_; ++i)
    for (Index c = 0; c < m.cols(); ++c) g(i, c) = out[std::size_t(c / w * n_ + i)].v[c % w];
}

IsingPSpin::Cache IsingPSpin::open(Batch x) const {
  Batch g(x.rows(), x.cols());
  fields(x, g);
  return {std::move(x), std::move(g)};
}

void IsingPSpin::set(Cache& s, Index c, Index i, float to) const {
  float* x = s.x.col(c).data();
  const float d = to - x[i];
  x[i] = to;  // slice i is zero at i: its own value does not enter
  form_and_gradient(p_ - 1, n_, slices_.col(i), x, d, s.g.col(c).data());
}

float IsingPSpin::bond(const Cache& s, Index c, Index i, Index j) const {
  return derivative(p_ - 1, n_, slices_.col(i), s.x.col(c).data(), j);
}

PerColumn IsingPSpin::log_likelihood(const Cache& s) const {
  PerColumn out(s.x.cols());
  for (Index c = 0; c < out.size(); ++c) {
    const auto x = s.x.col(c).cast<double>();
    const double interaction = x.dot(s.g.col(c).cast<double>() - bh_.cast<double>()) / p_;
    out(c) = interaction + x.dot(bh_.cast<double>());
  }
  return out;
}

std::optional<LogPartition> IsingPSpin::log_partition(const IsingPSpinOptions& o) {
  if (o.field != 0 || o.field_spread != 0 || o.pins != 0) return std::nullopt;
  double product = 1;
  for (int k = 1; k < o.p; ++k) product *= 1.0 - double(k) / double(o.n);
  const double n = double(o.n), b2 = 1.0 / (o.temperature * o.temperature);
  return LogPartition{n * (std::log(2.0) + 0.25 * b2 * product), "annealed, right to o(N) above T_K"};
}

}  // namespace glass

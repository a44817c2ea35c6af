#pragma once
// Small dense targets of q symbols a site, written for tests: every weight from the definition, nothing cached but x.
#include <vector>

#include "models/core/configurations.hpp"
#include "models/core/target.hpp"

namespace glass::reference {

/// log L = sum_{i<j} J_ij f(x_i, x_j) + sum_i u_i(x_i), f a table of q x q numbers, J and u any; prior any.
class SymbolTable {
 public:
  struct Cache {
    Batch x;
    static void visit(auto& s, auto&& f) { f(s.x); }
  };
  SymbolTable(Index sites, Alphabet alphabet, std::vector<float> log_prior, std::uint32_t seed, Index pins = 0)
      : all_(sites, alphabet), prior_(std::move(log_prior)), base_(Tilt::none(all_.dim(), 1)) {
    const int q = alphabet.symbols();
    Stream rng({seed, Purpose::test, 4, 0}, 0);
    const auto draw = [&](Index rows, Index cols) {
      Eigen::MatrixXf m(rows, cols);
      for (float& v : m.reshaped()) v = float(2 * rng.uniform() - 1);
      return m;
    };
    couplings_ = draw(sites, sites);
    table_ = draw(q, q);
    table_ = (table_ + table_.transpose()).eval();
    own_ = 2 * draw(q, sites);
    for (Index i = 0; i < pins; ++i) {
      const int symbol = int(rng.uniform() * q);
      alphabet.show(symbol, base_.pinned.data() + (2 * i + 1) * alphabet.width());
    }
  }
  Index sites() const { return all_.sites(); }
  Alphabet alphabet() const { return all_.alphabet(); }
  const std::vector<float>& log_prior() const { return prior_; }
  Tilt base(Index columns) const {
    Tilt t = Tilt::none(all_.dim(), columns);
    t.pinned = base_.pinned.replicate(1, columns);
    return t;
  }
  Cache open(Batch x) const { return {std::move(x)}; }
  int symbol(const Cache& s, Index c, Index i) const { return symbol_of(s.x, c, i); }
  void set(Cache& s, Index c, Index i, int symbol) const {
    all_.alphabet().show(symbol, s.x.col(c).data() + i * all_.alphabet().width());
  }
  void log_weights(const Cache& s, Index c, Index i, float* out) const {
    for (int k = 0; k < all_.alphabet().symbols(); ++k) {
      float l = own_(k, i) + 3.0f;  // a constant of the site does not matter
      for (Index j = 0; j < sites(); ++j)
        if (j != i) l += couplings_(std::min(i, j), std::max(i, j)) * table_(k, symbol_of(s.x, c, j));
      out[k] = l;
    }
  }
  PerColumn log_likelihood(const Cache& s) const { return log_likelihood(BatchIn(s.x)); }
  PerColumn log_likelihood(BatchIn x) const {
    PerColumn out = PerColumn::Zero(x.cols());
    for (Index c = 0; c < x.cols(); ++c)
      for (Index j = 0; j < sites(); ++j) {
        const int b = symbol_of(x, c, j);
        out(c) += double(own_(b, j));
        for (Index i = 0; i < j; ++i) out(c) += double(couplings_(i, j) * table_(symbol_of(x, c, i), b));
      }
    return out;
  }

 private:
  int symbol_of(BatchIn x, Index c, Index i) const {
    const Index w = all_.alphabet().width();
    const Eigen::VectorXf site = x.col(c).segment(i * w, w);
    return all_.alphabet().symbol_of(site.data());
  }
  Configurations all_;
  std::vector<float> prior_;
  Tilt base_;
  Eigen::MatrixXf couplings_, table_, own_;
};
static_assert(SymbolTarget<SymbolTable> && !SpinTarget<SymbolTable>);

/// Any configuration's ln weight in the family, from the definition: ln prior + power ln L + field.x - precision x^2/2,
/// -inf where a pin forbids it.
template <class T>
Eigen::VectorXd log_weights_of(const T& target, const Tilt& t) {
  const Configurations all(target.sites(), target.alphabet());
  Eigen::VectorXd out(all.count());
  Eigen::VectorXf x(all.dim());
  for (Index k = 0; k < out.size(); ++k) {
    all.write(k, x);
    double prior = 0;
    const int w = all.alphabet().width();
    for (Index i = 0; i < all.sites(); ++i)
      prior += double(target.log_prior()[std::size_t(all.alphabet().symbol_of(x.data() + i * w))]);
    const Eigen::VectorXd v = x.cast<double>();
    out(k) = prior + t.power(0) * target.log_likelihood(BatchIn(x))(0) + t.field.col(0).cast<double>().dot(v) -
             0.5 * t.precision(0) * v.squaredNorm();
    for (Index r = 0; r < x.size(); ++r)
      if (!t.free(r, 0) && t.pinned(r, 0) != x(r)) out(k) = -std::numeric_limits<double>::infinity();
  }
  return out;
}

}  // namespace glass::reference

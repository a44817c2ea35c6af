#include "spinglass/elimination.hpp"

#include <bit>
#include <cmath>

namespace glass {

Elimination::Elimination(const TermList& terms, const Environment& env) : n_(env.sites()), words_(n_ / 64 + 1) {
  const std::string who = std::string(name) + ": ";
  double weakest = std::numeric_limits<double>::infinity();
  for (const double j : terms.couplings) {
    if (j != 0) weakest = std::min(weakest, std::abs(j));
    ground_ += env.beta * std::abs(j);
  }
  if (env.h.cwiseAbs().maxCoeff() > 0) throw Refused(who + "needs spins without external fields");
  // 2^n states at the price of one equation: what a ground state weighs beside all others together
  if (!(2 * env.beta * weakest > double(n_) * std::log(2.0) + 690))
    throw Refused(who + "needs a law that is uniform over solutions: xorsat with temperature=0");

  std::vector<Index> single;
  for (Index i = 0; i < n_; ++i)
    if (env.pins(i) != Tilt::kFree) single.push_back(i);
  const Index m = terms.size() + Index(single.size());
  if (double(m) * double(words_) > 5e8)
    throw Refused(who + to_text(m) + " equations in n=" + to_text(n_) + " unknowns would need more than 4 GB");
  std::shared_ptr<Word[]> rows(new Word[std::size_t(m * words_)]());
  const auto toggle = [&](Index row, Index bit) { rows[row * words_ + bit / 64] ^= Word{1} << (bit % 64); };
  Index used = 0;
  for (Index t = 0; t < terms.size(); ++t) {
    if (terms.couplings[std::size_t(t)] == 0) continue;
    for (const auto i : terms.of(t)) toggle(used, i);
    if (terms.couplings[std::size_t(t)] < 0) toggle(used, n_);
    ++used;
  }
  for (const Index i : single) {
    toggle(used, i);
    if (env.pins(i) < 0) toggle(used, n_);
    ++used;
  }
  // Gauss-Jordan; rows are addressed through `at`, so that an exchange costs nothing
  std::vector<Index> at(static_cast<std::size_t>(used));
  for (Index r = 0; r < used; ++r) at[std::size_t(r)] = r;
  const auto bit = [&](Index r, Index i) { return rows[at[std::size_t(r)] * words_ + i / 64] >> (i % 64) & 1; };
  for (Index i = 0; i < n_ && Index(pivot_.size()) < used; ++i) {
    const Index r = Index(pivot_.size());
    Index with = r;
    while (with < used && !bit(with, i)) ++with;
    if (with == used) continue;
    std::swap(at[std::size_t(r)], at[std::size_t(with)]);
    pivot_.push_back(i);
    const Word* from = rows.get() + at[std::size_t(r)] * words_;
    const Index first = i / 64;  // to its left the row is zero
    for (Index k = 0; k < used; ++k) {
      if (k == r || !bit(k, i)) continue;
      Word* to = rows.get() + at[std::size_t(k)] * words_;
      for (Index w = first; w < words_; ++w) to[w] ^= from[w];
    }
  }
  for (Index r = rank(); r < used; ++r)
    if (bit(r, n_))
      throw Contradiction(who + "no configuration satisfies all equations (of this instance and its pins)");
  std::shared_ptr<Word[]> kept(new Word[std::size_t(rank() * words_)]);
  for (Index r = 0; r < rank(); ++r)
    std::copy_n(rows.get() + at[std::size_t(r)] * words_, words_, kept.get() + r * words_);
  rows_ = std::move(kept);
}

double Elimination::entropy() const { return double(n_ - rank()) * std::log(2.0); }

Eigen::VectorXd Elimination::means() const {
  Eigen::VectorXd out = Eigen::VectorXd::Zero(n_);
  for (Index r = 0; r < rank(); ++r) {
    Index set = 0;
    for (Index w = 0; w < words_; ++w) set += std::popcount(rows_[r * words_ + w]);
    const bool minus = right(r);
    if (set - minus == 1) out(pivot_[std::size_t(r)]) = minus ? -1 : 1;  // nothing but the pivot: frozen
  }
  return out;
}

double Elimination::draw(Stream& rng, Eigen::Ref<Eigen::VectorXf> x) const {
  std::vector<Word> s(static_cast<std::size_t>(words_));
  for (Word& w : s) w = rng();
  for (const Index i : pivot_) s[std::size_t(i / 64)] &= ~(Word{1} << (i % 64));
  s[std::size_t(n_ / 64)] &= (Word{1} << (n_ % 64)) - 1;
  s[std::size_t(n_ / 64)] |= Word{1} << (n_ % 64);  // the right-hand side counts once
  for (Index i = 0; i < n_; ++i) x(i) = s[std::size_t(i / 64)] >> (i % 64) & 1 ? -1.0f : 1.0f;
  for (Index r = 0; r < rank(); ++r) {
    Word parity = 0;
    for (Index w = 0; w < words_; ++w) parity ^= rows_[r * words_ + w] & s[std::size_t(w)];
    x(pivot_[std::size_t(r)]) = std::popcount(parity) & 1 ? -1.0f : 1.0f;
  }
  return -entropy();
}

double Elimination::log_prob(const Eigen::Ref<const Eigen::VectorXf>& x) const {
  std::vector<Word> s(static_cast<std::size_t>(words_));
  for (Index i = 0; i < n_; ++i) s[std::size_t(i / 64)] |= Word{x(i) < 0} << (i % 64);
  s[std::size_t(n_ / 64)] |= Word{1} << (n_ % 64);
  for (Index r = 0; r < rank(); ++r) {
    Word parity = 0;
    for (Index w = 0; w < words_; ++w) parity ^= rows_[r * words_ + w] & s[std::size_t(w)];
    if (std::popcount(parity) & 1) return -std::numeric_limits<double>::infinity();
  }
  return -entropy();
}

}  // namespace glass

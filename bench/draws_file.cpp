#include "bench/draws_file.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "models/core/error.hpp"
#include "models/core/options.hpp"
#include "spinglass/overlap.hpp"

namespace glass {

namespace {

constexpr Index kWindowBytes = Index{1} << 24, kChunkBytes = Index{1} << 20;

/// Checks what the caller chose and writes out what he left to the default.
DrawsLayout complete(DrawsLayout l) {
  const auto rows = Index(l.instances.size());
  if (l.chains < 1 || l.draws < 1) throw BadInput("samples file: chains and draws must be at least 1");
  if (rows < 1) throw BadInput("samples file: at least one instance is needed");
  if (l.instance.empty()) {
    if (l.chains % rows != 0)
      throw BadInput("samples file: " + to_text(l.chains) + " chains cannot be shared out equally to " + to_text(rows) +
                     " instances: say which chain has which");
    for (Index c = 0; c < l.chains; ++c) l.instance.push_back(std::uint32_t(c / (l.chains / rows)));
  }
  if (l.planted_start.empty()) l.planted_start.assign(std::size_t(l.chains), 0);
  if (Index(l.instance.size()) != l.chains || Index(l.planted_start.size()) != l.chains)
    throw BadInput("samples file: instance and planted_start need one entry per chain, " + to_text(l.chains));
  for (const std::uint32_t i : l.instance)
    if (Index(i) >= rows) throw BadInput("samples file: chain of instance " + to_text(i) + " of " + to_text(rows));
  if (l.terms && rows != 1) throw BadInput("samples file: couplings can be stored for a single instance only");
  return l;
}

/// long_name and units: what a plot's axis needs.
void label(const NetcdfGroup& g, const std::string& variable, const std::string& long_name, const std::string& units) {
  g.set_attribute(variable, "long_name", long_name);
  g.set_attribute(variable, "units", units);
}

void make_counter(const NetcdfGroup& g, const std::string& name, Index length, const std::string& meaning) {
  g.make_dimension(name, length);
  g.make_variable<std::int64_t>(name, {name});
  label(g, name, meaning, "1");
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(length));
  std::iota(numbers.begin(), numbers.end(), std::int64_t{0});
  g.put(name, numbers);
}

const char* kChainMeaning = "independent column: a chain, or for a generator a stream of draws";

}  // namespace

DrawsBlock::DrawsBlock(Index chains, Index draws, Index sites, Alphabet alphabet)
    : chains_(chains),
      draws_(draws),
      sites_(sites),
      alphabet_(std::move(alphabet)),
      x_(alphabet_ == Alphabet::reals() ? 0 : std::size_t(chains * draws * sites)),
      reals_(alphabet_ == Alphabet::reals() ? std::size_t(chains * draws * sites) : 0),
      lp_(std::size_t(chains * draws)),
      acceptance_(lp_.size()),
      log_q_(lp_.size(), std::numeric_limits<double>::quiet_NaN()),
      unconverged_(lp_.size()) {}

void DrawsBlock::put(Index draw, BatchIn x, const PerColumn& log_likelihood, double acceptance,
                     const std::optional<PerColumn>& log_q, int unconverged, Index first_chain) {
  if (draw < 0 || draw >= draws_ || first_chain < 0 || first_chain + x.cols() > chains_ ||
      x.rows() != sites_ * alphabet_.width() || log_likelihood.size() != x.cols() ||
      (log_q && log_q->size() != x.cols()))
    throw std::logic_error("DrawsBlock::put: shapes do not fit the block");
  for (Index c = 0; c < x.cols(); ++c) {
    const std::size_t k = at(first_chain + c, draw);
    const std::size_t from = k * std::size_t(sites_);
    if (alphabet_ == Alphabet::reals())
      std::copy_n(x.col(c).data(), sites_, reals_.data() + from);
    else
      for (Index i = 0; i < sites_; ++i)
        x_[from + std::size_t(i)] = shown_symbol(x.col(c).data() + i * alphabet_.width(), alphabet_);
    lp_[k] = log_likelihood(c);
    acceptance_[k] = acceptance;
    if (log_q) log_q_[k] = (*log_q)(c);
    unconverged_[k] = unconverged;
  }
}

DrawsFile::DrawsFile(const std::filesystem::path& path, DrawsLayout layout)
    : layout_(complete(std::move(layout))),
      file_(NetcdfFile::create(path)),
      posterior_(file_.root().make_group("posterior")),
      stats_(file_.root().make_group("sample_stats")),
      written_(std::size_t(layout_.chains)) {
  const Index chains = layout_.chains, draws = layout_.draws, sites = layout_.sites();
  const NetcdfGroup root = file_.root(), constants = root.make_group("constant_data");
  root.set_attribute("", "created_by", "glassmark " GLASSMARK_VERSION);
  root.set_attribute("", "configuration", layout_.configuration);
  for (const NetcdfGroup& g : {posterior_, stats_}) {
    make_counter(g, "chain", chains, kChainMeaning);
    make_counter(g, "draw", draws, "number of the draw, after warm-up and thinning");
  }
  make_counter(posterior_, "site", sites, "spin, from 0");

  // A chunk is a whole number of windows' rows and lies within one instance: each is compressed once.
  window_draws_ = std::clamp<Index>(kWindowBytes / (chains * sites), 1, draws);
  const Index chunk_sites = std::min(sites, kChunkBytes),
              share = std::max<Index>(1, chains / Index(layout_.instances.size()));
  Index chunk_chains = std::clamp<Index>(kChunkBytes / (window_draws_ * chunk_sites), 1, share);
  while (share % chunk_chains != 0) --chunk_chains;
  const std::vector<std::string> configuration{"chain", "draw", "site"};
  const NetcdfStorage storage{.chunk = {chunk_chains, window_draws_, chunk_sites}, .deflate = 1};
  if (layout_.real())
    posterior_.make_variable<float>("x", configuration, storage);
  else
    posterior_.make_variable<std::int8_t>("x", configuration, storage);
  const bool potts = layout_.alphabet().onehot > 0;
  label(posterior_, "x",
        potts                               ? "symbol of the site, from 0"
        : layout_.alphabet().symbols() == 2 ? "spin, +-1"
                                            : "value of the site",
        "1");
  const std::vector<std::string> scalar{"chain", "draw"};
  posterior_.make_variable<double>("E", scalar);
  label(posterior_, "E", std::string("energy H of the configuration, with ") + kConvention, "J");
  if (!potts) {
    posterior_.make_variable<double>("m", scalar);
    label(posterior_, "m", "magnetisation per spin, sum x / N", "1");
  }
  if (layout_.instances.front().environment.truth.size() > 0) {
    posterior_.make_variable<double>("q_planted", scalar);
    label(posterior_, "q_planted",
          potts ? "overlap with the planted signal, sum_ab n_ab^2 / N^2, n_ab sites with symbol a in x and b in x*"
                : "overlap with the planted signal, sum x x* / N",
          "1");
  }
  stats_.make_variable<double>("lp", scalar);
  label(stats_, "lp", "log-likelihood -E/T of the configuration; ln Z is not subtracted", "1");
  stats_.make_variable<double>("acceptance_rate", scalar);
  label(stats_, "acceptance_rate",
        "accepted part of the proposals since the last draw, mean over chains moved together", "1");
  if (layout_.log_q) {
    stats_.make_variable<double>("log_q", scalar);
    label(stats_, "log_q", "log-probability with which the sampler draws the configuration, normalised", "1");
  }
  if (layout_.denoises) {
    stats_.make_variable<std::int32_t>("unconverged", scalar);
    label(stats_, "unconverged", "denoiser calls that did not converge during the draw, over the chains moved together",
          "1");
  }

  for (const Reported& r : layout_.reported) {
    const std::string name(r.name);
    std::vector<std::string> dimensions = scalar;
    if (r.values.rows() > 1) {
      dimensions.push_back(name + "_dim_0");  // ArviZ's name of a dimension that has none
      stats_.make_dimension(dimensions.back(), r.values.rows());
    }
    stats_.make_variable<double>(name, dimensions);
    label(stats_, name, std::string(r.meaning), "1");
  }

  std::vector<const Environment*> environments;
  std::vector<std::uint32_t> numbers;
  for (const DrawsInstance& i : layout_.instances) {
    environments.push_back(&i.environment);
    numbers.push_back(i.number);
  }
  put_environments(constants, environments);
  make_counter(constants, "chain", chains, kChainMeaning);
  constants.make_variable<std::uint32_t>("instance", {"chain"});
  label(constants, "instance", "row along dimension instance that the chain belongs to", "1");
  constants.put("instance", layout_.instance);
  constants.make_variable<std::uint32_t>("instance_number", {"instance"});
  label(constants, "instance_number", "the model's key instance=K, which with the seed names its disorder", "1");
  constants.put("instance_number", numbers);
  constants.make_variable<std::int8_t>("start", {"chain"});
  label(constants, "start", "where the chain was started", "1");
  constants.set_attribute<std::int8_t>("start", "flag_values", {0, 1});
  constants.set_attribute("start", "flag_meanings", "random planted");
  constants.put("start", layout_.planted_start);
  if (layout_.terms) put_terms(constants, *layout_.terms);
}

void DrawsFile::append(BatchIn x, const PerColumn& log_likelihood, double acceptance,
                       const std::optional<PerColumn>& log_q, int unconverged, const std::vector<Reported>& reported) {
  if (appended_ == layout_.draws || x.cols() != layout_.chains || reported.size() != layout_.reported.size())
    throw std::logic_error("DrawsFile::append: all chains at once, and no more draws than the layout says");
  for (const Reported& r : reported) {  // things x chains by columns is chain after chain
    std::vector<Index> start{0, appended_}, count{layout_.chains, 1};
    if (r.values.rows() > 1) {
      start.push_back(0);
      count.push_back(r.values.rows());
    }
    stats_.put(std::string(r.name), start, count, r.values.data());
  }
  const Index first = appended_ / window_draws_ * window_draws_;
  if (appended_ == first)
    window_.emplace(layout_.chains, std::min(window_draws_, layout_.draws - first), layout_.sites(),
                    layout_.alphabet());
  window_->put(appended_ - first, x, log_likelihood, acceptance, log_q, unconverged);
  if (++appended_ == first + window_->draws()) write(0, first, *window_);
}

void DrawsFile::put(Index first_chain, const DrawsBlock& block) {
  if (block.draws() != layout_.draws || block.sites() != layout_.sites() || !(block.alphabet_ == layout_.alphabet()) ||
      first_chain < 0 || first_chain + block.chains() > layout_.chains)
    throw std::logic_error("DrawsFile::put: the block does not fit the layout");
  write(first_chain, 0, block);
}

void DrawsFile::write(Index first_chain, Index first_draw, const DrawsBlock& b) {
  const auto n = std::size_t(layout_.sites());
  const std::vector<Index> start{first_chain, first_draw}, count{b.chains(), b.draws()};
  std::vector<double> energy(b.lp_.size()), m(b.lp_.size()), q;
  const bool planted = layout_.instances.front().environment.truth.size() > 0;
  const int symbols = layout_.alphabet().onehot;
  std::vector<std::int8_t> truth;
  if (planted) q.resize(b.lp_.size());
  for (Index c = 0; c < b.chains(); ++c) {
    const Environment& env = layout_.instances[layout_.instance[std::size_t(first_chain + c)]].environment;
    if (planted && !layout_.real()) truth = symbols_shown(env.truth, env.alphabet);
    for (Index d = 0; d < b.draws(); ++d) {
      const std::size_t k = b.at(c, d);
      energy[k] = -b.lp_[k] / env.beta;
      if (layout_.real()) {
        const Eigen::VectorXd x = Eigen::Map<const Eigen::VectorXf>(b.reals_.data() + k * n, Index(n)).cast<double>();
        m[k] = x.mean();
        if (planted) q[k] = x.dot(env.truth.cast<double>()) / double(n);
        continue;
      }
      const std::int8_t* x = b.x_.data() + k * n;
      if (symbols) {
        if (planted) q[k] = potts_overlap(x, truth.data(), Index(n), symbols);
        continue;
      }
      long sum = 0, overlap = 0;
      for (std::size_t i = 0; i < n; ++i) {
        sum += x[i];
        if (planted) overlap += x[i] * long(truth[i]);
      }
      m[k] = double(sum) / double(n);
      if (planted) q[k] = double(overlap) / double(n);
    }
  }
  const std::vector<Index> corner{first_chain, first_draw, 0}, block{b.chains(), b.draws(), layout_.sites()};
  if (layout_.real())
    posterior_.put("x", corner, block, b.reals_.data());
  else
    posterior_.put("x", corner, block, b.x_.data());
  posterior_.put("E", start, count, energy.data());
  if (!symbols) posterior_.put("m", start, count, m.data());
  if (planted) posterior_.put("q_planted", start, count, q.data());
  stats_.put("lp", start, count, b.lp_.data());
  stats_.put("acceptance_rate", start, count, b.acceptance_.data());
  if (layout_.log_q) stats_.put("log_q", start, count, b.log_q_.data());
  if (layout_.denoises) stats_.put("unconverged", start, count, b.unconverged_.data());
  for (Index c = 0; c < b.chains(); ++c) written_[std::size_t(first_chain + c)] += b.draws();
}

void DrawsFile::commit() {
  for (const Index w : written_)
    if (w != layout_.draws)
      throw std::logic_error("samples file: chain with " + to_text(w) + " of " + to_text(layout_.draws) + " draws");
  file_.commit();
}

}  // namespace glass

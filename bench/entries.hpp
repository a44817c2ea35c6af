#pragma once
// The one place to touch when adding a sampler or a denoiser: an include and a line. Command line, `compare`, benchmark
// case, conformance, checkpoint and thread tests follow from the line.
#include <string_view>
#include <tuple>

#include "models/core/any_denoiser.hpp"
#include "models/core/target.hpp"
#include "models/environment.hpp"
#include "models/pair_graph.hpp"
#include "models/sk.hpp"  // targets to name the class templates with, where only their texts are wanted
#include "models/spherical_p_spin.hpp"
#include "samplers/autoregressive.hpp"
#include "samplers/baoab.hpp"
#include "samplers/bingham.hpp"
#include "samplers/diffusion.hpp"
#include "samplers/discrete_langevin.hpp"
#include "samplers/exact_draws.hpp"
#include "samplers/flow.hpp"
#include "samplers/gibbs_with_gradients.hpp"
#include "samplers/glauber.hpp"
#include "samplers/hmc.hpp"
#include "samplers/houdayer.hpp"
#include "samplers/hubbard_langevin.hpp"
#include "samplers/independence_metropolis.hpp"
#include "samplers/mala.hpp"
#include "samplers/masked_diffusion.hpp"
#include "samplers/mcmc_denoiser.hpp"
#include "samplers/metropolis.hpp"
#include "samplers/multispin.hpp"
#include "samplers/n_fold_way.hpp"
#include "samplers/parallel_tempering.hpp"
#include "samplers/polish.hpp"
#include "samplers/population_annealing.hpp"
#include "samplers/predictor_corrector.hpp"
#include "samplers/random_walk.hpp"
#include "samplers/real_sweep.hpp"
#include "samplers/simulated_annealing.hpp"
#include "samplers/smc.hpp"
#include "samplers/swendsen_wang.hpp"
#include "samplers/symbol_sweep.hpp"
#include "samplers/ula.hpp"
#include "samplers/wolff.hpp"
#include "spinglass/amp.hpp"
#include "spinglass/bp.hpp"
#include "spinglass/eigenvectors.hpp"
#include "spinglass/elimination.hpp"
#include "spinglass/exact.hpp"
#include "spinglass/exact_spins.hpp"
#include "spinglass/potts_bp.hpp"
#include "spinglass/rank_one_amp.hpp"
#include "spinglass/spherical_amp.hpp"
#include "spinglass/transfer_matrix.hpp"

namespace glass {

template <class O, class Make>
struct Entry {
  using Options = O;
  std::string_view name, family, formula, reference, needs;
  Make make;
};
/// Texts from Shown (name, formula, reference); `make(thing, options)` is tried on each thing, and where it does not
/// compile the pair is refused with `needs`.
template <class Shown, class O, class Make>
constexpr Entry<O, Make> entry(std::string_view family, std::string_view needs, Make make) {
  return {Shown::name, family, Shown::formula, Shown::reference, needs, make};
}

struct NoOptions {
  static constexpr std::tuple<> fields{};
};

/// Sites that can be drawn one by one: +-1 spins, q symbols, or reals.
template <class T>
concept SingleSite = SpinTarget<T> || SymbolTarget<T> || CachedReals<T>;

inline constexpr std::string_view kOnGraphs =
    "needs pair couplings on a sparse graph: terms of three spins and hard constraints have no clusters of this kind";

/// Markov chains on a target.
inline constexpr std::tuple kChains{
    entry<Glauber<Sk>, SweepOptions>("MCMC", "needs sites with local fields",
                                     []<SingleSite T>(const T& t, SweepOptions o) {
                                       if constexpr (SpinTarget<T>)
                                         return Glauber<T>(t, o);
                                       else if constexpr (SymbolTarget<T>)
                                         return SymbolGlauber<T>(t, o);
                                       else
                                         return real_heat_bath(t, o);
                                     }),
    entry<Metropolis<Sk>, SweepOptions>("MCMC", "needs sites with local fields",
                                        []<SingleSite T>(const T& t, SweepOptions o) {
                                          if constexpr (SpinTarget<T>)
                                            return Metropolis<T>(t, o);
                                          else if constexpr (SymbolTarget<T>)
                                            return SymbolMetropolis<T>(t, o);
                                          else
                                            return real_metropolis(t, o);
                                        }),
    entry<NFoldWay<Sk>, NFoldWayOptions>("MCMC", "needs +-1 spins with local fields",
                                         []<SpinTarget T>(const T& t, NFoldWayOptions o) { return NFoldWay<T>(t, o); }),
    entry<SwendsenWang<PairGraph>, SwendsenWangOptions>(
        "MCMC", kOnGraphs, []<GraphTarget T>(const T& t, SwendsenWangOptions o) { return SwendsenWang<T>(t, o); }),
    entry<Wolff<PairGraph>, WolffOptions>("MCMC", kOnGraphs,
                                          []<GraphTarget T>(const T& t, WolffOptions o) { return Wolff<T>(t, o); }),
    entry<Houdayer<PairGraph>, SweepOptions>(
        "MCMC", "needs +-1 spins with few terms to a site: on a complete graph the exchanged part is everything",
        []<SpinTarget T>(const T& t, SweepOptions o) requires(GraphTarget<T> || LocalTarget<T>) {
          return Houdayer<T>(t, o);
        }),
    entry<GibbsWithGradients<Sk>, GibbsWithGradientsOptions>(
        "MCMC", "needs +-1 spins with local fields",
        []<SpinTarget T>(const T& t, GibbsWithGradientsOptions o) { return GibbsWithGradients<T>(t, o); }),
    entry<RandomWalk<Spherical<Sk>>, RandomWalkOptions>(
        "MCMC", "needs real sites",
        []<SmoothTarget T>(const T& t, RandomWalkOptions o) { return RandomWalk<T>(t, o); }),
    entry<Mala<Spherical<Sk>>, MalaOptions>("Langevin", "needs real sites",
                                            []<SmoothTarget T>(const T& t, MalaOptions o) { return Mala<T>(t, o); }),
    entry<Hmc<Spherical<Sk>>, HmcOptions>("Langevin", "needs real sites",
                                          []<SmoothTarget T>(const T& t, HmcOptions o) { return Hmc<T>(t, o); }),
    entry<Ula<Spherical<Sk>>, UlaOptions>("Langevin", "needs real sites",
                                          []<SmoothTarget T>(const T& t, UlaOptions o) { return Ula<T>(t, o); }),
    entry<Baoab<Spherical<Sk>>, BaoabOptions>(
        "Langevin", "needs real sites", []<SmoothTarget T>(const T& t, BaoabOptions o) { return Baoab<T>(t, o); }),
    entry<Multispin<PairGraph>, MultispinOptions>(
        "MCMC", "needs pairwise couplings on a graph of few neighbours",
        []<GraphTarget T>(const T& t, MultispinOptions o) { return Multispin<T>(t, o); }),
    entry<DiscreteLangevin<Sk>, DiscreteLangevinOptions>(
        "Langevin", "needs +-1 spins with local fields",
        []<SpinTarget T>(const T& t, DiscreteLangevinOptions o) { return DiscreteLangevin<T>(t, o); }),
    entry<HubbardLangevin<Sk>, HubbardLangevinOptions>(
        "Langevin", "needs a pairwise model (its energy must be quadratic)",
        []<PairwiseTarget T>(const T& t, HubbardLangevinOptions o) { return HubbardLangevin<T>(t, o); }),
};

/// Samplers that end and need no denoiser: what can be drawn from a target itself.
inline constexpr std::tuple kExact{
    entry<Bingham<Spherical<Sk>>, BinghamOptions>(
        "exact", "needs a pairwise model on the sphere",
        []<QuadraticSphere T>(const T& t, BinghamOptions o) { return Bingham<T>(t, o); }),
};

/// Chains made of a kernel, which may be any of the above. `rows`: of a configuration.
inline constexpr std::tuple kWrappers{
    entry<ParallelTempering<>, TemperingOptions>(
        "MCMC", "needs a kernel whose temperature can change",
        [](const AnyKernel& k, Index, TemperingOptions o) { return ParallelTempering<>(k, std::move(o)); }),
};
/// Samplers that cool a kernel once and end.
inline constexpr std::tuple kAnnealers{
    entry<SimulatedAnnealing<>, SimulatedAnnealingOptions>(
        "MCMC", "needs a kernel whose temperature can change",
        [](const AnyKernel& k, Index, SimulatedAnnealingOptions o) { return SimulatedAnnealing<>(k, std::move(o)); }),
    entry<PopulationAnnealing<>, PopulationAnnealingOptions>(
        "MCMC", "needs a kernel that can be placed and whose temperature can change",
        [](const AnyKernel& k, Index rows, PopulationAnnealingOptions o) { return PopulationAnnealing<>(k, rows, o); }),
};

/// Samplers that draw a model of spins directly, made of its interactions, fields and pins.
inline constexpr std::tuple kDirect{
    entry<TransferMatrix, NoOptions>(
        "exact", "needs +-1 spins with couplings",
        [](const TermList& t, const Environment& env, NoOptions) { return ExactDraws(TransferMatrix(t, env)); }),
    entry<Elimination, NoOptions>(
        "exact", "needs +-1 spins with couplings",
        [](const TermList& t, const Environment& env, NoOptions) { return ExactDraws(Elimination(t, env)); }),
};

/// Samplers that end: sequences of denoising problems. Those that can be handed their times are.
inline constexpr std::tuple kGenerators{
    entry<Diffusion<>, DiffusionOptions>("diffusion", "needs a denoiser",
                                         [](const AnyDenoiser& d, DiffusionOptions o, std::vector<double> times) {
                                           return Diffusion<>(d, std::move(o), std::move(times));
                                         }),
    entry<Flow<>, FlowOptions>("flow", "needs a denoiser",
                               [](const AnyDenoiser& d, FlowOptions o, std::vector<double> times) {
                                 return Flow<>(d, std::move(o), std::move(times));
                               }),
    entry<Autoregressive<>, AutoregressiveOptions>(
        "autoregressive", "needs a denoiser",
        [](const AnyDenoiser& d, AutoregressiveOptions o) { return Autoregressive<>(d, o); }),
    entry<MaskedDiffusion<>, MaskedDiffusionOptions>(
        "autoregressive", "needs a denoiser",
        [](const AnyDenoiser& d, MaskedDiffusionOptions o) { return MaskedDiffusion<>(d, o); }),
    entry<Smc<>, SmcOptions>("diffusion", "needs a denoiser that knows ln Z",
                             [](const AnyDenoiser& d, SmcOptions o) { return Smc<>(d, std::move(o)); }),
};

/// Samplers that end: a denoiser leads the way, a kernel corrects it.
inline constexpr std::tuple kCorrected{
    entry<PredictorCorrector<>, PredictorCorrectorOptions>(
        "diffusion", "needs a denoiser, and a kernel whose fields can change and that can be placed",
        [](const AnyDenoiser& d, const AnyKernel& k, PredictorCorrectorOptions o) {
          return PredictorCorrector<>(d, k, std::move(o));
        }),
};

/// Chains whose proposals are the draws of a generator. `log_target`: ln prior(x) L(x); `rows`: of a configuration.
inline constexpr std::tuple kProposers{
    entry<IndependenceMetropolis<>, NoOptions>(
        "correction", "needs a generator that knows the probability of its draws",
        [](const AnyKernel& g, IndependenceMetropolis<>::LogTarget log_target, Index rows, NoOptions) {
          return IndependenceMetropolis<>(g, std::move(log_target), rows);
        }),
};
/// Samplers that end: a generator, then a kernel.
inline constexpr std::tuple kFinishers{
    entry<Polish<>, PolishOptions>(
        "correction", "needs a kernel that can begin at a given configuration",
        [](const AnyKernel& g, const AnyKernel& k, Index rows, PolishOptions o) { return Polish<>(g, k, rows, o); }),
};

/// Posterior means of a tilted target. `exact` says whether they are the posterior's.
template <class D>
struct Exactness {
  static constexpr bool value = false;
};
template <>
struct Exactness<Exact> {
  static constexpr bool value = true;
};
template <class L>
struct Exactness<ExactSpins<L>> {
  static constexpr bool value = true;
};
template <>
struct Exactness<Eigenvectors> {
  static constexpr bool value = true;
};
/// Whether its equations are those of Gaussian couplings only.
template <class D>
inline constexpr bool kGaussianOnly = false;
template <class T>
inline constexpr bool kGaussianOnly<Amp<T>> = true;
/// +-1 spins whose -H is a sum of J x..x.
template <class T>
concept SpinTerms = SpinTarget<T> && requires(const T& t) {
  t.for_each_term([](const auto&, double) {});
};
template <class L>
ExactSpins<L> exact_spins(const SpinTerms auto& target) {
  int order = 2;
  if constexpr (requires { target.order(); }) order = target.order();
  return {terms_of(target, order), target.environment()};
}
inline constexpr std::tuple kDenoisers{
    entry<Exact, NoOptions>("enumeration", "needs a finite alphabet, q^n <= 2^20 (spins: n <= 20)",
                            []<Target T>(const T& t, NoOptions) { return Exact(t); }),
    entry<ExactSpins<TransferMatrix>, NoOptions>(
        "exact", "needs +-1 spins with couplings, few of them open at a time (narrow lattices)",
        []<SpinTerms T>(const T& t, NoOptions) { return exact_spins<TransferMatrix>(t); }),
    entry<ExactSpins<Elimination>, NoOptions>(
        "exact", "needs +-1 spins with couplings",
        []<SpinTerms T>(const T& t, NoOptions) { return exact_spins<Elimination>(t); }),
    entry<Eigenvectors, NoOptions>("exact", "needs a pairwise model on the sphere",
                                   []<QuadraticSphere T>(const T& t, NoOptions) { return Eigenvectors(t); }),
    entry<Amp<Sk>, AmpOptions>("message passing",
                               "needs a fully connected model (sk, p-spin, spiked-matrix, hopfield) of known couplings",
                               []<AmpTarget T>(const T& t, AmpOptions o) { return Amp<T>(t, o); }),
    entry<Bp, BpOptions>(
        "message passing", "needs few factors to a site: sparse couplings or clauses",
        []<class T>(const T& t, BpOptions o) requires(FactorTarget<T> || std::same_as<T, Colouring>) {
          if constexpr (FactorTarget<T>)
            return Bp(t, std::move(o));
          else
            return PottsBp(t, std::move(o));
        }),
};
/// Denoisers made of a kernel. `base`: the bare target's tilt, one column.
inline constexpr std::tuple kKernelDenoisers{
    entry<McmcDenoiser<>, McmcDenoiserOptions>("MCMC", "needs a kernel whose fields and pins can change",
                                               [](const AnyKernel& k, const Tilt& base, const Alphabet& a,
                                                  McmcDenoiserOptions o) { return McmcDenoiser<>(k, base, a, o); }),
};

}  // namespace glass

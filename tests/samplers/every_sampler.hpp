#pragma once
// All samplers on all targets they fit, for the properties that every one of them must have.
#include <string>

#include "samplers/any_kernel.hpp"
#include "samplers/autoregressive.hpp"
#include "samplers/blocks.hpp"
#include "samplers/diffusion.hpp"
#include "samplers/discrete_langevin.hpp"
#include "samplers/flow.hpp"
#include "samplers/glauber.hpp"
#include "samplers/hubbard_langevin.hpp"
#include "samplers/metropolis.hpp"
#include "spinglass/amp.hpp"
#include "spinglass/exact.hpp"
#include "tests/samplers/reference.hpp"

namespace glass::reference {

template <class T>
void for_each_generator(const std::string& on, const AnyDenoiser& d, auto&& f) {
  f("diffusion" + on, Diffusion<>(d, {.steps = 6}));
  f("flow, heun" + on, Flow<>(d, {.steps = 4}));
  f("flow, euler" + on, Flow<>(d, {.steps = 4, .scheme = "euler"}));
  f("autoregressive" + on, Autoregressive<>(d));
  f("autoregressive, blocks" + on, Autoregressive<>(d, {.block = 3}));
}

template <class T>
void for_each_sampler_on(const T& target, auto&& f) {
  const std::string on = " on " + std::string(T::name);
  f("glauber" + on, Glauber<T>(target, {.refresh = 4}));
  f("any kernel: glauber" + on, AnyKernel(Glauber<T>(target, {.refresh = 4})));
  f("metropolis" + on, Metropolis<T>(target, {.refresh = 4}));
  f("discrete-langevin" + on, DiscreteLangevin<T>(target));
  if constexpr (PairwiseTarget<T>) f("hubbard-langevin" + on, HubbardLangevin<T>(target));
  for_each_generator<T>(", exact," + on, AnyDenoiser(Exact(target), true), f);
  if constexpr (GaussianGlass<T>) for_each_generator<T>(", amp," + on, AnyDenoiser(Amp<T>(target), false), f);
}

/// f(name, sampler) for each. 10 sites, one of them pinned. Every model that is registered is met in registry_test.
void for_each_sampler(auto&& f) {
  for_each_sampler_on(small<Sk>(10, 1.2, 1), f);
  for_each_sampler_on(small<IsingPSpin>(10, 1.0, 1), f);
}

}  // namespace glass::reference

#pragma once
#include <string>
#include <string_view>

#include "models/core/options.hpp"
#include "samplers/any_kernel.hpp"
#include "samplers/sampler.hpp"

namespace glass {

struct PolishOptions {
  int steps = 10;
  static constexpr std::tuple fields{
      Field{"steps", &PolishOptions::steps, "kernel steps", "after each draw of the generator", {.least = 0}}};
};

/// A generator whose draws are moved on by a few steps of a Markov kernel: what is wrong on the scale of a few spins is
/// mended, the weights of what lies far apart stay the generator's. No step moves the law further from the target's
/// (total variation, Kullback-Leibler), and an exact generator stays exact where the kernel can be placed. The kernel's
/// step size, where it has one, is the one it is given.
///
/// One step is one of the generator, then one of the kernel.
template <Sampler G = AnyKernel, Sampler K = AnyKernel>
class Polish {
 public:
  using Options = PolishOptions;
  static constexpr std::string_view name = "polish";
  static constexpr std::string_view formula = "x from a generator, then steps of a kernel that leaves the target alone";
  static constexpr std::string_view reference = "Grenioux et al., ICML 2024 (arXiv:2402.10758)";
  struct State {
    typename G::State draw;
    typename K::State chain;
    Index columns = 0;
    int moved = -1;  // kernel steps done; -1: the generator has not finished
    static void visit(auto& s, auto&& f) { f(s.draw, s.chain, s.columns, s.moved); }
  };

  /// `rows`: of a configuration. Throws Refused where the kernel cannot begin at a given configuration.
  Polish(G generator, K kernel, Index rows, PolishOptions opt = {})
      : generator_(std::move(generator)), kernel_(std::move(kernel)), rows_(rows), opt_(opt) {
    if (!abilities_of(kernel_).start)
      throw Refused("polish: " + std::string(kernel_.traits().name) +
                    " cannot begin at a given configuration; choose another kernel");
  }
  Traits traits() const {
    const bool exact = generator_.traits().promise == Promise::exact && abilities_of(kernel_).place &&
                       kernel_.traits().promise == Promise::exact_in_the_limit;
    return {name, Kind::generator, exact ? Promise::exact : Promise::approximate};
  }

  State init(Streams rng) const {
    const Index b = rng.columns();
    auto draw = generator_.init(rng.branch(Purpose::start));  // kernels of two replicas take Purpose::sampler
    return {std::move(draw), kernel_.init(std::move(rng)), b, -1};
  }
  void restart(State& s) const {
    generator_.restart(s.draw);
    s.moved = -1;
  }
  StepInfo step(State& s) const {
    StepInfo info;
    if (s.moved < 0) {
      info = generator_.step(s.draw);
      if (info.finished) {
        Batch x(rows_, s.columns);
        generator_.read(s.draw, x);
        if constexpr (requires { kernel_.start_at(s.chain, x); })
          kernel_.start_at(s.chain, x);
        else
          kernel_.place(s.chain, x);
        s.moved = 0;
      }
    } else if (s.moved < opt_.steps) {
      info = kernel_.step(s.chain);
      ++s.moved;
    }
    info.finished = s.moved >= opt_.steps;
    return info;
  }
  void read(const State& s, BatchOut x) const { kernel_.read(s.chain, x); }

 private:
  G generator_;
  K kernel_;
  Index rows_;
  PolishOptions opt_;
};

}  // namespace glass

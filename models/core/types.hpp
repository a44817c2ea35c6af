#pragma once
// The shapes everything is written in.
#include <Eigen/Dense>
#include <array>
#include <cstdint>

namespace glass {

using Index = Eigen::Index;
/// N x B: one configuration per column. Storage is float; log-densities, weights and energies are double.
using Batch = Eigen::MatrixXf;
/// A batch, or some of its columns, to write into.
using BatchOut = Eigen::Ref<Batch>;
using BatchIn = Eigen::Ref<const Batch>;
/// One double per column of a Batch.
using PerColumn = Eigen::RowVectorXd;

/// What was done. Returned by whoever did it and added up by the caller: no shared counters, no clocks, no races.
struct Work {
  std::int64_t attempts = 0, flips = 0, energies = 0, gradients = 0, fields = 0, denoiser_calls = 0, iterations = 0;

  struct Entry {
    const char* name;
    std::int64_t Work::*count;
    const char* meaning;
  };
  /// The one list of what is counted: sums, files and tables read it.
  static constexpr auto ledger() {
    return std::array{
        Entry{"attempts", &Work::attempts, "spin-flip attempts"},
        Entry{"flips", &Work::flips, "spins flipped; each updates the local fields of one configuration"},
        Entry{"energies", &Work::energies, "log-likelihoods of one configuration"},
        Entry{"gradients", &Work::gradients, "gradients of one configuration"},
        Entry{"fields", &Work::fields, "local fields of one configuration computed from scratch"},
        Entry{"denoiser_calls", &Work::denoiser_calls, "posteriors of one column asked for"},
        Entry{"iterations", &Work::iterations, "denoiser iterations of one column"},
    };
  }
  Work& operator+=(const Work& other) {
    for (const Entry& e : ledger()) this->*e.count += other.*e.count;
    return *this;
  }
  bool operator==(const Work&) const = default;
};

}  // namespace glass

// Does ThreadSanitizer still see races between the threads of an OpenMP region, and only races? `race clean` crosses
// regions as samplers/blocks.hpp does and must be silent; `race planted` has two threads of one region at one number
// and must be reported; `race iterations` shares a sum between the iterations of a dynamic loop and must be reported.
#include <atomic>
#include <cstdio>
#include <string>
#include <vector>

namespace {

/// Waits until both threads are in the region: one of them must not do all of the work.
void meet(std::atomic<int>& there) {
  there.fetch_add(1, std::memory_order_relaxed);  // relaxed: orders nothing that could hide a race
  while (there.load(std::memory_order_relaxed) < 2) {
  }
}

double clean() {
  std::vector<double> each(64, 1.0);
  double sum = 0;
  for (int k = 0; k < 100; ++k) {
    const double scale = 1.0 + sum;  // written by one thread, read by all
#pragma omp parallel for schedule(dynamic) num_threads(2)
    for (int i = 0; i < 64; ++i) each[std::size_t(i)] = scale + i;
    sum = each[5] / 1e6;  // written by any thread, read by one
  }
  return sum;
}

double planted() {
  double shared = 0;
  std::atomic<int> there{0};
#pragma omp parallel num_threads(2)
  {
    meet(there);
    shared += 1;
  }
  return shared;
}

double iterations() {
  double shared = 0;
  std::atomic<int> there{0};
#pragma omp parallel for schedule(dynamic) num_threads(2)
  for (int i = 0; i < 2; ++i) {
    meet(there);
    shared += i;
  }
  return shared;
}

}  // namespace

int main(int, char** argv) {
  const std::string what = argv[1] ? argv[1] : "";
  std::printf("%g\n", what == "planted" ? planted() : what == "iterations" ? iterations() : clean());
}

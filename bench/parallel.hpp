#pragma once
#include <exception>
#include <vector>

namespace glass {

/// f(0), ..., f(n - 1) in any order on all threads. An exception stops nothing else: when all are done that of the
/// smallest k is thrown, the same at any number of threads.
template <class F>
void for_each_parallel(int n, F&& f) {
  std::vector<std::exception_ptr> failed(static_cast<std::size_t>(n));
#pragma omp parallel for schedule(dynamic, 1)
  for (int k = 0; k < n; ++k) {
    try {
      f(k);
    } catch (...) {
      failed[std::size_t(k)] = std::current_exception();
    }
  }
  for (const auto& e : failed)
    if (e) std::rethrow_exception(e);
}

}  // namespace glass

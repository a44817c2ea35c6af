#include "bench/parallel.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <atomic>
#include <stdexcept>
#include <string>

namespace glass {
namespace {

TEST(Parallel, EachOnceAndTheExceptionOfTheSmallest) {
  for (const int threads : {1, 4}) {
    omp_set_num_threads(threads);
    std::vector<std::atomic<int>> done(100);
    for_each_parallel(100, [&](int k) { ++done[std::size_t(k)]; });
    try {
      for_each_parallel(100, [&](int k) {
        ++done[std::size_t(k)];
        if (k % 30 == 17) throw std::runtime_error(std::to_string(k));
      });
      ADD_FAILURE() << "nothing was thrown";
    } catch (const std::runtime_error& e) {
      EXPECT_EQ(std::string(e.what()), "17") << threads << " threads";
    }
    for (const auto& d : done) EXPECT_EQ(d, 2);
    EXPECT_NO_THROW(for_each_parallel(0, [](int) { throw 1; }));
  }
  omp_set_num_threads(2);
}

}  // namespace
}  // namespace glass

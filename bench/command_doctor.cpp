#include <fmt/format.h>
#include <netcdf.h>
#include <omp.h>
#include <unistd.h>
#include <boost/version.hpp>

#include <CLI/Version.hpp>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "bench/commands.hpp"
#include "models/core/types.hpp"

namespace glass {

using nlohmann::json;

int doctor_command(bool as_json) {
#if defined(GLASSMARK_V3)
  const char* target = "x86-64-v3 (AVX2, FMA)";
#elif defined(__x86_64__)
  const char* target = "x86-64 baseline: kernels run at a fraction of their speed; configure on a machine with AVX2";
#elif defined(__aarch64__)
  const char* target = "aarch64";
#else
  const char* target = "generic";
#endif
  const double memory = double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGE_SIZE));
  const auto python = [](const char* modules) {
    const std::string test = std::string(" -c 'import ") + modules + "' >/dev/null 2>&1";
    return std::system(("/usr/bin/python3" + test).c_str()) == 0 || std::system(("python3" + test).c_str()) == 0;
  };
  const json all{
      {"glassmark", GLASSMARK_VERSION},
      {"compiler", __VERSION__},
      {"built for", target},
      {"threads", omp_get_max_threads()},
      {"processors", omp_get_num_procs()},
      {"memory GB", std::round(memory / 1e8) / 10},
      {"eigen", fmt::format("{}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)},
      {"boost", fmt::format("{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000)},
      {"netcdf", nc_inq_libvers()},
      {"cli11", CLI11_VERSION},
      {"python for plots (numpy, matplotlib)",
       python("numpy, matplotlib") ? "present" : "missing: apt-get install python3-numpy python3-matplotlib"},
      {"python for samples (netCDF4)", python("netCDF4") ? "present" : "missing: apt-get install python3-netcdf4"}};
  if (as_json) {
    fmt::print("{}\n", all.dump(2));
    return 0;
  }
  for (const auto& [key, value] : all.items())
    fmt::print("{:<38} {}\n", key, value.is_string() ? value.get<std::string>() : value.dump());
  return 0;
}

}  // namespace glass

// Compiled without -march, and run before every other constructor: on a machine without AVX2 and FMA it says so in one
// line where a binary built for x86-64-v3 would die of an illegal instruction.
#if defined(GLASSMARK_V3) && defined(__x86_64__)
#include <unistd.h>

namespace {

__attribute__((constructor(101))) void check_machine() {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")) return;
  static const char text[] =
      "glassmark: built for x86-64-v3 (AVX2, FMA, BMI2), which this machine lacks; configure it here with "
      "cmake --preset release -DGLASSMARK_NATIVE_V3=OFF\n";
  if (write(2, text, sizeof text - 1) < 0) _exit(3);
  _exit(2);
}

}  // namespace
#endif

// Linked in the tsan preset only (-Wl,--wrap). libgomp is not instrumented: its futexes hand work to the
// threads of a team and collect it again without ThreadSanitizer seeing an order, and every number that crosses a
// region would be reported. Here it is told what OpenMP promises, as LLVM's Archer does: what was written before a
// region is seen in it, what was written in it is seen after it. Nothing orders the threads of a region among each
// other, so races inside it are reported as ever; race.cpp holds both to that. Nothing is suppressed.
#include <sanitizer/tsan_interface.h>

namespace {

struct Region {
  void (*body)(void*);
  void* data;
};

__attribute__((no_sanitize("thread"))) void run(void* p) {
  __tsan_acquire(p);
  const Region* region = static_cast<const Region*>(p);
  region->body(region->data);
  __tsan_release(p);
}

}  // namespace

extern "C" {
using Body = void (*)(void*);

void __real_GOMP_parallel(Body body, void* data, unsigned threads, unsigned flags);
void __wrap_GOMP_parallel(Body body, void* data, unsigned threads, unsigned flags) {
  Region region{body, data};
  __tsan_release(&region);
  __real_GOMP_parallel(run, &region, threads, flags);
  __tsan_acquire(&region);
}

// what gcc makes of a plain `parallel for schedule(dynamic)`
void __real_GOMP_parallel_loop_nonmonotonic_dynamic(Body body, void* data, unsigned threads, long start, long end,
                                                    long step, long chunk, unsigned flags);
void __wrap_GOMP_parallel_loop_nonmonotonic_dynamic(Body body, void* data, unsigned threads, long start, long end,
                                                    long step, long chunk, unsigned flags) {
  Region region{body, data};
  __tsan_release(&region);
  __real_GOMP_parallel_loop_nonmonotonic_dynamic(run, &region, threads, start, end, step, chunk, flags);
  __tsan_acquire(&region);
}
}

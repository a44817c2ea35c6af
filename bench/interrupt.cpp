#include "bench/interrupt.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <string_view>

namespace glass {

namespace {

// atomic, not sig_atomic_t: the handler runs on one thread and all that sample ask
std::atomic<bool> raised = false;
std::atomic<int> at_once = 0;  // models are made on several threads
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

constexpr std::string_view kLine =
    "glassmark: interrupted while an instance was drawn; nothing half-written was left\n";

// only what a signal handler may call
void handle(int) {
  raised = true;
  if (at_once.load() == 0) return;
  if (write(STDERR_FILENO, kLine.data(), kLine.size()) < 0) _exit(130);
  _exit(130);
}

}  // namespace

void catch_interrupts() {
  std::signal(SIGINT, handle);
  std::signal(SIGTERM, handle);
}

EndsAtOnce::EndsAtOnce() {
  ++at_once;  // first: a signal in between ends the program
  if (!raised) return;
  --at_once;
  throw Interrupted();
}
EndsAtOnce::~EndsAtOnce() { --at_once; }

void stop_if_interrupted() {
  if (raised) throw Interrupted();
}

}  // namespace glass

#include "bench/interrupt.hpp"

#include <csignal>

namespace glass {

namespace {

volatile std::sig_atomic_t raised = 0;

}  // namespace

void catch_interrupts() {
  const auto handler = [](int) { raised = 1; };
  std::signal(SIGINT, handler);
  std::signal(SIGTERM, handler);
}

void stop_if_interrupted() {
  if (raised) throw Interrupted();
}

}  // namespace glass

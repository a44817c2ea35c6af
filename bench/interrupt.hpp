#pragma once
#include <stdexcept>

namespace glass {

/// Ctrl-C or SIGTERM came: unwinds to main, so that half-written files are removed. Exit status 130.
struct Interrupted : std::runtime_error {
  Interrupted() : runtime_error("interrupted; nothing half-written was left") {}
};

/// Turns SIGINT and SIGTERM into a flag.
void catch_interrupts();
/// Throws Interrupted once the flag is up. Cheap: called after every step.
void stop_if_interrupted();

}  // namespace glass

#pragma once
#include <stdexcept>

namespace glass {

/// Ctrl-C or SIGTERM came: unwinds to main, so that half-written files are removed. Exit status 130.
struct Interrupted : std::runtime_error {
  Interrupted() : runtime_error("interrupted; nothing half-written was left") {}
};

/// Turns SIGINT and SIGTERM into a flag.
void catch_interrupts();
/// While one of these lives no file is open and nothing asks for the flag (couplings are drawn, gigabytes of them): the
/// signal ends the program where it stands, with the same line and status.
class EndsAtOnce {
 public:
  EndsAtOnce();
  ~EndsAtOnce();
  EndsAtOnce(const EndsAtOnce&) = delete;
  EndsAtOnce& operator=(const EndsAtOnce&) = delete;
};
/// Throws Interrupted once the flag is up. Cheap: called after every step.
void stop_if_interrupted();

}  // namespace glass

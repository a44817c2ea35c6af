#pragma once

namespace glass {

/// The whole program: parses, runs, prints. Returns the exit status: 0 success, 1 the check failed, 2 wrong usage or
/// input (one line on stderr), 3 out of memory or another failure of the system, 130 interrupted.
int command_line(int argc, char** argv);

}  // namespace glass

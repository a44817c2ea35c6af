#pragma once
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace glass {

/// Progress of long work on stderr: a bar that redraws itself on a terminal, otherwise a line every ten seconds. Safe
/// to advance from several threads. Silent when `quiet`.
class Progress {
 public:
  Progress(std::string what, std::int64_t total, bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void advance(std::int64_t by = 1);
  /// Results on stdout at once, the bar below them; printed whether quiet or not.
  void print(const std::string& text);

 private:
  void show();
  std::string what_;
  std::int64_t total_, done_ = 0;
  bool quiet_, terminal_;
  std::chrono::steady_clock::time_point start_, shown_;
  std::mutex mutex_;
};

/// One line on stderr, unless quiet.
void note(bool quiet, const std::string& line);

}  // namespace glass

#include "bench/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace glass {

using Clock = std::chrono::steady_clock;

Progress::Progress(std::string what, std::int64_t total, bool quiet)
    : what_(std::move(what)),
      total_(total),
      quiet_(quiet),
      terminal_(isatty(2)),
      start_(Clock::now()),
      shown_(start_) {}

Progress::~Progress() {
  if (!quiet_ && terminal_) fmt::print(stderr, "\r\033[K");  // the bar leaves no trace; what was done is said elsewhere
}

void Progress::advance(std::int64_t by) {
  const std::lock_guard lock(mutex_);
  done_ += by;
  const auto now = Clock::now();
  if (quiet_ || now - shown_ < (terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(10000))) return;
  shown_ = now;
  show();
}

void Progress::print(const std::string& text) {
  const std::lock_guard lock(mutex_);
  const bool bar = !quiet_ && terminal_;
  if (bar) fmt::print(stderr, "\r\033[K");
  fmt::print("{}", text);
  std::fflush(stdout);
  if (bar) show();
}

void Progress::show() {
  const double part = total_ > 0 ? double(done_) / double(total_) : 1.0;
  const double spent = std::chrono::duration<double>(Clock::now() - start_).count();
  const std::string left = part > 0 ? fmt::format("{:.0f} s left", spent * (1 - part) / part) : "";
  if (!terminal_) {
    fmt::print(stderr, "{}: {:.0f}% ({:.0f} s, {})\n", what_, 100 * part, spent, left);
    return;
  }
  constexpr int kWidth = 30;
  const int full = int(part * kWidth);
  fmt::print(stderr, "\r\033[K{} [{}{}] {:3.0f}% {}", what_, std::string(std::size_t(full), '#'),
             std::string(std::size_t(kWidth - full), '.'), 100 * part, left);
  std::fflush(stderr);
}

void note(bool quiet, const std::string& line) {
  if (!quiet) fmt::print(stderr, "{}\n", line);
}

}  // namespace glass

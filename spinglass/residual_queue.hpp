#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace glass {

/// Things waiting to be worked on, the largest residual first to within a factor of two, first come first served among
/// those. O(1) a push and a pop. A thing whose residual has grown moves up.
class ResidualQueue {
 public:
  static constexpr int kLevels = 32;

  bool empty() const { return waiting_ == 0; }
  /// `excess` > 1: residual over the tolerance. Things are numbered below `count`, always the same one.
  void push(std::uint32_t thing, double excess, std::size_t count) {
    if (level_.size() != count) level_.assign(count, 0);
    const int level = std::clamp(int(std::bit_cast<std::uint64_t>(excess) >> 52) - 1022, 1, kLevels);
    std::uint8_t& now = level_[thing];
    if (now >= level) return;
    waiting_ += now == 0;
    now = std::uint8_t(level);
    lists_[level - 1].things.push_back(thing);
    top_ = std::max(top_, level);
  }
  /// Not empty.
  std::uint32_t pop() {
    for (;; --top_) {
      List& l = lists_[top_ - 1];
      while (l.next < l.things.size()) {
        const std::uint32_t thing = l.things[l.next++];
        if (level_[thing] != top_) continue;  // moved up, and gone from there
        level_[thing] = 0;
        if (--waiting_ == 0) forget();
        return thing;
      }
      l.things.clear();
      l.next = 0;
    }
  }
  void clear() {
    while (!empty()) pop();
  }

 private:
  struct List {
    std::vector<std::uint32_t> things;
    std::size_t next = 0;
  };
  /// What moved up left its old places behind: an empty queue must not differ from a new one.
  void forget() {
    for (List& l : lists_) {
      l.things.clear();
      l.next = 0;
    }
    top_ = 1;
  }
  List lists_[kLevels];
  std::vector<std::uint8_t> level_;  // of each thing; 0: not waiting
  std::size_t waiting_ = 0;
  int top_ = 1;
};

}  // namespace glass

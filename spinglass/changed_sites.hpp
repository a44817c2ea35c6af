#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace glass {

/// Of every column: the sites whose marginal the last reveals moved, or that any may have. The latter until a list is
/// begun: after full answers, and in a State that was loaded.
class ChangedSites {
 public:
  void anywhere() { columns_.clear(); }
  void anywhere(std::size_t column) { at(column).anywhere = true; }
  /// An empty list, to be filled.
  std::vector<std::uint32_t>& list(std::size_t column) {
    Column& c = at(column);
    c.anywhere = false;
    c.sites.clear();
    return c.sites;
  }
  /// Nothing where any site may have changed.
  std::optional<std::span<const std::uint32_t>> of(std::size_t column) const {
    if (column >= columns_.size() || columns_[column].anywhere) return std::nullopt;
    return columns_[column].sites;
  }

 private:
  struct Column {
    std::vector<std::uint32_t> sites;
    bool anywhere = true;
  };
  Column& at(std::size_t column) {
    if (column >= columns_.size()) columns_.resize(column + 1);
    return columns_[column];
  }
  std::vector<Column> columns_;
};

}  // namespace glass

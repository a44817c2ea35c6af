#pragma once
// One traversal of a State (its `visit`) gives checkpoint, restore and comparison. Members are numbers, Eigen
// matrices, arrays, vectors, or things with a `visit` of their own.
#include <array>
#include <cstring>
#include <istream>
#include <ostream>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "models/core/error.hpp"
#include "models/core/types.hpp"

namespace glass {

template <class T>
concept Plain = std::is_arithmetic_v<T> || std::is_enum_v<T>;

/// Writes a State as bytes: numbers as they lie in memory, containers after their length.
struct Saver {
  std::ostream& out;
  void bytes(const void* p, std::size_t n) { out.write(static_cast<const char*>(p), std::streamsize(n)); }
  void operator()(const auto&... values) { (one(values), ...); }
  template <class T>
  void one(const T& v) {
    if constexpr (Plain<T>) {
      bytes(&v, sizeof v);
    } else if constexpr (requires { v.save(*this); }) {  // type-erased states
      v.save(*this);
    } else if constexpr (requires { T::visit(v, *this); }) {
      T::visit(v, *this);
    } else if constexpr (requires { v.rows(), v.data(); }) {
      one(v.rows());
      one(v.cols());
      bytes(v.data(), sizeof(*v.data()) * std::size_t(v.size()));
    } else {
      one(v.size());
      for (const auto& e : v) one(e);
    }
  }
};

/// Reads what Saver wrote into a State of the same sampler. Throws BadInput where the bytes end early.
struct Loader {
  std::istream& in;
  void bytes(void* p, std::size_t n) {
    if (!in.read(static_cast<char*>(p), std::streamsize(n))) throw BadInput("checkpoint: truncated");
  }
  void operator()(auto&... values) { (one(values), ...); }
  /// A damaged length must not become an allocation: no more elements than the bytes that are left could hold.
  void expect(std::size_t elements, std::size_t each) {
    const auto here = in.tellg();
    in.seekg(0, std::ios::end);
    const auto left = in.tellg() - here;
    in.seekg(here);
    if (!in || elements > std::size_t(left) / each) throw BadInput("checkpoint: damaged or truncated");
  }
  template <class T>
  void one(T& v) {
    if constexpr (Plain<T>) {
      bytes(&v, sizeof v);
    } else if constexpr (requires { v.load(*this); }) {
      v.load(*this);
    } else if constexpr (requires { T::visit(v, *this); }) {
      T::visit(v, *this);
    } else if constexpr (requires { v.rows(), v.data(); }) {
      Index rows = 0, cols = 0;
      one(rows);
      one(cols);
      constexpr Index fixed_rows = T::RowsAtCompileTime, fixed_cols = T::ColsAtCompileTime;
      if (rows < 0 || cols < 0 || (fixed_rows >= 0 && rows != fixed_rows) || (fixed_cols >= 0 && cols != fixed_cols))
        throw BadInput("checkpoint: damaged or truncated");
      if (rows > 0 && cols > 0) {  // an empty matrix may be 5 x 0 and end the file
        expect(std::size_t(rows), 1);
        expect(std::size_t(cols), 1);
        expect(std::size_t(rows) * std::size_t(cols), sizeof(*v.data()));
      }
      v.resize(rows, cols);
      bytes(v.data(), sizeof(*v.data()) * std::size_t(v.size()));
    } else {
      std::size_t n = 0;
      one(n);
      expect(n, 1);
      if constexpr (requires { v.resize(n); }) v.resize(n);
      if (v.size() != n) throw BadInput("checkpoint: damaged");
      for (auto& e : v) one(e);
    }
  }
};

/// All of a State as bytes: equal bytes, equal future.
template <class S>
std::string bytes_of(const S& state) {
  std::ostringstream out;
  Saver{out}.one(state);
  return std::move(out).str();
}

}  // namespace glass

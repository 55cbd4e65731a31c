// A number that one thread changes and any may read. Relaxed: it is right by itself and orders nothing else.
#pragma once

#include <atomic>
#include <cstdint>

namespace trackside::client {

class Figure {
 public:
  void operator++() { store(value() + 1); }
  void operator--() { store(value() - 1); }
  void reset() { store(0); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  void store(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }

  std::atomic<std::uint64_t> value_{0};
};

}  // namespace trackside::client

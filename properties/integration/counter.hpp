// A key whose writer counts up, so that values are ordered and the history of the key is known from what was asked and
// answered alone. Neighbours: client_stress_test.cpp, modes_stress_test.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace trackside::testing {

/// What is known of one key's values. Thread rule: any thread.
class Counter {
 public:
  std::int64_t next() {
    const std::lock_guard lock{mutex_};
    return ++sent_;
  }
  void answered(std::int64_t value) { answered(value, losses()); }
  /// The same, if nothing was lost since `losses` was this.
  void answered(std::int64_t value, int losses) {
    const std::lock_guard lock{mutex_};
    if (losses == losses_) answered_.push_back({std::chrono::steady_clock::now(), value});
  }
  /// Whatever was sent so far may be lost.
  void lose() {
    const std::lock_guard lock{mutex_};
    ++losses_;
    answered_.clear();
  }
  int losses() const {
    const std::lock_guard lock{mutex_};
    return losses_;
  }
  std::int64_t sent() const {
    const std::lock_guard lock{mutex_};
    return sent_;
  }
  /// The greatest value whose write was answered before then.
  std::int64_t answered_before(std::chrono::steady_clock::time_point then) const {
    const std::lock_guard lock{mutex_};
    for (auto at = answered_.rbegin(); at != answered_.rend(); ++at) {
      if (at->first < then) return at->second;
    }
    return 0;
  }

 private:
  mutable std::mutex mutex_;
  std::int64_t sent_ = 0;
  int losses_ = 0;
  std::vector<std::pair<std::chrono::steady_clock::time_point, std::int64_t>> answered_;
};

}  // namespace trackside::testing

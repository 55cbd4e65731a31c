// Leases live as long as the store, since entries and fills name them by address; those that nothing names any more are
// used again.
#pragma once

#include <deque>
#include <mutex>
#include <vector>

#include "cache/lease.hpp"

namespace trackside::cache {

class LeasePool {
 public:
  Lease& take() {
    const std::lock_guard guard{mutex_};
    if (free_.empty()) {
      return leases_.emplace_back();
    }
    Lease& lease = *free_.back();
    free_.pop_back();
    return lease;
  }

  /// Requires that it has ended and that no entry or open fill names it.
  void give_back(Lease& lease) {
    lease.put_under(nullptr);
    const std::lock_guard guard{mutex_};
    free_.push_back(&lease);
  }

 private:
  std::mutex mutex_;
  std::deque<Lease> leases_;
  std::vector<Lease*> free_;
};

}  // namespace trackside::cache

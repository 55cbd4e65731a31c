// What a link vouches with: the send time of the last answered probe, and the server's clock at that moment.
//
// An entry names the lease of the link that vouches for it, and is served at `now` only while the lease runs:
// now < anchor + max_idle. The anchor is stored, not the end, because every reader adds its own max_idle.
// Where two vouch together (a data connection and the one to which its invalidations are redirected; the guard of a
// cluster's slot and its link), one's lease lies `under` that of the other, and runs only while both do.
// Ordering: the executor makes removals visible before it stores the anchor that follows them (release), and readers
// load the anchor (acquire) after they found the entry under its shard's lock; so a renewed lease is never paired with
// an entry that a push before the renewal removed. `under` is set before any entry or fill names the lease.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "seam/saturating.hpp"
#include "trackside/abstract_cache.hpp"
#include "trackside/time.hpp"

namespace trackside::cache {

class Lease {
 public:
  /// An older proof that comes late takes nothing back. By one thread at a time, as for `set_server_time` and `end`.
  void renew(Time anchor) noexcept {
    const std::int64_t proved = anchor.time_since_epoch().count();
    if (proved > anchor_.load(std::memory_order_relaxed)) {
      anchor_.store(proved, std::memory_order_release);
    }
  }
  /// What was known of the server's clock goes too: the next link may lead to another one.
  void end() noexcept {
    anchor_.store(ended, std::memory_order_release);
    server_offset_.store(unknown, std::memory_order_relaxed);
  }
  bool has_ended() const noexcept { return anchor_.load(std::memory_order_acquire) == ended; }

  /// A question sent at `sent` was answered while the server's clock showed `server_time`. Ignored if a question sent
  /// later was answered before.
  void set_server_time(Time sent, ServerTime server_time) noexcept {
    if (!knows_own_server_time() || sent >= server_time_asked_) {
      server_time_asked_ = sent;
      server_offset_.store(saturating_sum(server_time, -sent.time_since_epoch().count()), std::memory_order_relaxed);
    }
  }
  /// Its own, or that of the lease above it.
  bool knows_server_time() const noexcept {
    return knows_own_server_time() || (under_ != nullptr && under_->knows_server_time());
  }

  /// The lease that must run too; null if this one vouches alone.
  const Lease* under() const noexcept { return under_; }
  void put_under(const Lease* lease) noexcept { under_ = lease; }
  /// Whether it is the lease of this link, or lies under it.
  bool depends_on(const Lease& link) const noexcept {
    return this == &link || (under_ != nullptr && under_->depends_on(link));
  }

  /// Up to when everything is known: the send time of the last answered probe, or long_ago when the lease has ended.
  Time anchor() const noexcept {
    const Time own{Duration{anchor_.load(std::memory_order_acquire)}};
    return under_ == nullptr ? own : std::min(own, under_->anchor());
  }
  bool runs(Time now, Duration max_idle) const noexcept {
    const std::int64_t anchor = anchor_.load(std::memory_order_acquire);
    return anchor != ended && now.time_since_epoch().count() - anchor < max_idle.count() &&
           (under_ == nullptr || under_->runs(now, max_idle));
  }

  /// Never earlier than what the server's clock shows at `now`, as long as both clocks run at one rate:
  /// the probe was sent before the server read its clock. The end of time while nothing is known of that clock, so
  /// that whatever expires may have expired.
  ServerTime latest_server_time(Time now) const noexcept {
    if (under_ != nullptr && !knows_own_server_time()) {
      return under_->latest_server_time(now);
    }
    return saturating_sum(now.time_since_epoch().count(), server_offset_.load(std::memory_order_relaxed));
  }

 private:
  bool knows_own_server_time() const noexcept { return server_offset_.load(std::memory_order_relaxed) != unknown; }

  static constexpr std::int64_t ended = INT64_MIN;
  static constexpr std::int64_t unknown = INT64_MAX;

  std::atomic<std::int64_t> anchor_{ended};
  std::atomic<std::int64_t> server_offset_{unknown};
  Time server_time_asked_ = long_ago;
  const Lease* under_ = nullptr;
};

}  // namespace trackside::cache

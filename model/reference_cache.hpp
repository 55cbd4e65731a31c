// The reference cache: the naive sequential specification of the tracking cache's store, a map and a list. Whatever the
// store does faster, it returns what this returns, call by call, and keeps and evicts the same keys.
//
// Invariants: keys <= max_keys and bytes <= max_size_bytes after every call (negative bounds are none); a key is kept
// if and only if it has a reply; every kept key is in the order of recency once; hits + misses = calls of `get`;
// while the link is down nothing is kept and no fill is open.
//
//   bytes(key) = key_overhead + |key|
//              + sum over its replies (reply_overhead + sum over command and arguments (4 + |argument|) + |reply|)
//
// healthy(now): initialized, not shut down, link up, vouched since it came up, and now < anchor + max_idle.
// The server's clock is estimated from the last probe: now + (server_time - anchor). The anchor is the send time, so
// the estimate runs ahead by the probe's way there, and never behind.
// Nothing here is fast: no call is better than linear.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/history.hpp"

namespace trackside::model {

using ServerInstant = std::int64_t;  // nanoseconds since the Unix epoch on the server's clock
inline constexpr ServerInstant never_expires = INT64_MAX;

using FillId = std::uint64_t;
inline constexpr FillId no_fill = 0;

struct CachedQuery {
  std::string command;
  std::string key;
  std::vector<std::string> arguments{};

  friend bool operator==(const CachedQuery&, const CachedQuery&) = default;
};

enum class PutOutcome : std::uint8_t { kept, refused_revoked, refused_unhealthy, refused_bounds };
enum class Agreement : std::uint8_t { no, yes };

struct ReferenceOptions {
  std::int64_t max_keys = 4096;
  std::int64_t max_size_bytes = std::int64_t{64} * 1024 * 1024;
  Instant max_idle = 5'000'000'000;
  double confidence = 100.0;
  bool dynamic_confidence = false;
  std::int64_t key_overhead = 0;
  std::int64_t reply_overhead = 0;
  std::size_t replies_per_key_max = 256;
};

struct ReferenceTotals {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t dirty = 0;
  std::uint64_t invalidations = 0;

  friend bool operator==(const ReferenceTotals&, const ReferenceTotals&) = default;
};

class ReferenceCache {
 public:
  explicit ReferenceCache(const ReferenceOptions& options) : options_(options), confidence_(options.confidence) {}

  // ---- links ----

  /// Before it nothing is healthy. A second call changes nothing.
  void initialize();
  /// A link is there, and has vouched for nothing yet. If one was up already, it is lost first.
  void link_up(std::int64_t client_id);
  /// The link is lost: drops all entries, revokes all fills. Without a link, nothing.
  void link_down();
  /// A probe sent at `anchor` was answered. Without a link, or with an anchor before the present one: nothing.
  void link_vouched(Instant anchor, ServerInstant server_time);
  bool healthy(Instant now) const;
  std::optional<std::int64_t> client_id() const;  // of the link that is up

  // ---- replies ----

  /// The reply, if healthy, not bypassed, and kept and not expired: the estimate of the server's clock is before
  /// `expires_at`, strictly. Counts a hit and makes the key the most recent one; otherwise counts a miss and changes no
  /// order. A reply found expired is removed, and its key with its last reply. While unhealthy or bypassed nothing is
  /// looked at, so nothing is removed either.
  std::optional<std::string> get(Instant now, const CachedQuery& query);

  /// A fresh number, or `no_fill` while unhealthy. While bypassed, the fill is revoked from the beginning.
  FillId begin_fill(Instant now, const CachedQuery& query);
  /// Consumes the fill whatever the outcome, which is the first that applies of:
  ///   refused_revoked    the fill is revoked, unknown (no_fill, consumed, abandoned), or was opened for another key;
  ///   refused_unhealthy  not healthy(now);
  ///   refused_bounds     max_keys or max_size_bytes is 0, or the key with all its replies, this one in its place,
  ///                      would exceed max_size_bytes on its own;
  ///   kept               replaces the query's older reply and its expiry, makes the key the most recent one, removes
  ///                      the key's reply that was kept longest ago if there are more than replies_per_key_max, then
  ///                      evicts least recent keys, whole, until both bounds hold.
  /// What is refused changes nothing else: an older reply of the query stays. An expired reply may be kept; `get`
  /// finds out.
  PutOutcome put(Instant now, FillId fill, const CachedQuery& query, std::string reply, ServerInstant expires_at);
  void abandon_fill(FillId fill);
  /// Whether the fill is known and not revoked.
  bool is_open(FillId fill) const;

  // ---- removal ----

  /// For every name, as often as it is named, cached or not: removes the key's replies, revokes its fills, counts one.
  void invalidate(const std::vector<std::string>& keys);
  /// The same, uncounted.
  void fence(const std::vector<std::string>& keys);
  /// Drops all entries, revokes all fills; counts nothing.
  void flush();
  /// Like flush, and the confidence is the initial one again. Totals, link and bypasses stay.
  void reset();
  /// Bypasses nest; each beginning and each end revokes all fills. Entries stay, and are served after the last end.
  void begin_bypass();
  void end_bypass();
  /// Final. Drops everything, revokes all fills, forgets the link; afterwards `get` counts misses, `put` consumes its
  /// fill and is refused_revoked, `begin_fill` gives no_fill, and every other call changes nothing.
  void shutdown();

  // ---- confidence ----

  /// yes: with dynamic confidence, confidence * 1.0001, at most 100. no: one dirty, then the key is invalidated
  /// (counted), then, with dynamic confidence, confidence * 0.999. Whether anything is kept under the query plays no
  /// part.
  void feedback(const CachedQuery& query, Agreement agreement);
  double confidence() const { return confidence_; }
  ReferenceTotals totals() const { return totals_; }

  // ---- for comparison ----

  std::int64_t size_bytes() const;
  std::vector<std::string> keys_by_recency() const;  // most recent first
  std::size_t known_fills() const { return fills_.size(); }  // revoked ones too

 private:
  using QueryOfKey = std::pair<std::string, std::vector<std::string>>;  // command, arguments
  struct Entry {
    std::string reply;
    ServerInstant expires_at = never_expires;
    std::uint64_t kept = 0;  // in which order
  };
  using Replies = std::map<QueryOfKey, Entry>;
  struct OpenFill {
    CachedQuery query;
    bool revoked = false;
  };
  struct Link {
    std::int64_t client_id = 0;
    bool vouched = false;
    Instant anchor = 0;
    ServerInstant server_time = 0;
  };

  bool fits_alone(const CachedQuery& query, const Entry& entry) const;
  bool within_bounds() const;
  std::int64_t bytes_of(const std::string& key, const Replies& replies) const;
  ServerInstant server_clock(Instant now) const;
  void remove_oldest_of_too_many(Replies& replies) const;
  void make_most_recent(const std::string& key);
  void remove(const std::string& key);
  void revoke_all();

  ReferenceOptions options_;
  bool initialized_ = false;
  bool shut_down_ = false;
  std::optional<Link> link_;
  std::uint64_t bypasses_ = 0;
  std::map<std::string, Replies> entries_;
  std::list<std::string> recency_;  // most recent first
  std::map<FillId, OpenFill> fills_;
  FillId last_fill_ = no_fill;
  std::uint64_t kept_ = 0;
  double confidence_;
  ReferenceTotals totals_;
};

}  // namespace trackside::model

// What a client needs of a cache. `NodeTrackingCache` is the one that keeps the contract; a cache of your own can be
// given to a client, and tried by the simulated server, through this interface.
//
// The first half has the names and meaning of coredis's AbstractCache (https://coredis.readthedocs.io, "Caching").
// The second half is what that interface lacks for coherence: a cache told only of invalidations cannot know that a
// reply on its way was overtaken (fills), that nobody would tell it any more (links), or that a write of this very
// client is not yet known to the server's invalidations (fences). Each of these has a default that does nothing.
//
// Thread rule: `get`, `healthy`, `confidence` and `stats` from any thread; everything else on the client's executor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "trackside/reply.hpp"
#include "trackside/runtime.hpp"

namespace trackside {

/// One question that may be cached: compared as the exact vector of bytes it is, never as joined text.
struct Query {
  std::string_view command;  // upper case; a subcommand belongs to it: "OBJECT ENCODING"
  std::string_view key;
  std::span<const std::string_view> arguments{};  // everything behind the key
};

/// Whose data it is. Entries of different scopes never meet, and one server's pushes name keys of all its databases.
struct CacheScope {
  std::string_view server;  // any name that is the same for the same server
  std::uint32_t database = 0;
  std::string_view user{};
};

/// A reply under way. Opened before its command is sent; `put` takes it back. Zero is no fill.
enum class Fill : std::uint64_t { none = 0 };

enum class PutResult : std::uint8_t {
  kept,
  refused_revoked,    // an invalidation, a flush, an own write or a lost link overtook the reply
  refused_unhealthy,  // no link vouches
  refused_bounds,     // larger than the whole cache, or caching is off (max_keys or max_size_bytes is 0)
};

enum class Match : std::uint8_t { no, yes };

/// When the server deletes a key, in nanoseconds since the Unix epoch on the *server's* clock.
using ServerTime = std::int64_t;
inline constexpr ServerTime no_expiry = INT64_MAX;

struct CacheSummary {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t dirty_hits = 0;
  std::uint64_t invalidations = 0;

  friend bool operator==(const CacheSummary&, const CacheSummary&) = default;
};

/// What a cache holds, in the units of its bounds.
struct CacheUsage {
  std::size_t keys = 0;
  std::size_t bytes = 0;
};

class AbstractCache {
 public:
  virtual ~AbstractCache() = default;

  // ---- as documented by coredis ----

  /// Called once by the client that the cache is given to, before anything else. `clock` outlives the client.
  virtual void initialize(const Clock& clock, const CacheScope& scope) = 0;
  /// Whether the cache is to be taken seriously. While false, `get` finds nothing and `put` keeps nothing.
  virtual bool healthy() const = 0;
  /// 0..100: the share of hits that are used without asking the server too.
  virtual double confidence() const = 0;
  /// Totals since construction.
  virtual CacheSummary stats() const = 0;
  /// The client id of the connection that receives invalidations, while there is one.
  virtual std::optional<std::int64_t> get_client_id() const = 0;
  /// Copies the cached reply into `out` and returns true, or counts a miss.
  virtual bool get(const Query& query, Reply& out) = 0;
  /// Keeps a reply, if `fill` was not revoked. `expires_at` is when the key expires. Consumes the fill.
  virtual PutResult put(Fill fill, const Query& query, ReplyView value, ServerTime expires_at) = 0;
  /// Removes everything about the keys and revokes their fills.
  virtual void invalidate(std::span<const std::string_view> keys) = 0;
  /// Tells how a hit compared with the server's reply. A mismatch drops the key's entries.
  virtual void feedback(const Query& query, Match match) = 0;
  /// Removes everything and restores the initial confidence.
  virtual void reset() = 0;
  /// Final: nothing is served or kept afterwards.
  virtual void shutdown() = 0;

  // ---- what coherence needs beyond that ----

  /// A miss is about to be sent.
  virtual Fill begin_fill(const Query&) { return Fill::none; }
  /// The fill failed, or was given up, without a `put`.
  virtual void abandon_fill(Fill) {}
  /// Whether another reader may still join the fill: false once it was revoked.
  virtual bool is_open(Fill) const { return true; }
  /// Whether the cache still has just this reply; a hit that is being checked was not wrong if it is gone by now.
  virtual bool holds(const Query&, ReplyView) const { return true; }
  /// An own write to these keys ended (reply, late reply, timeout, loss, cancellation): like `invalidate`, uncounted.
  virtual void fence(std::span<const std::string_view>) {}
  /// Between these two nothing is served: an own write is under way whose keys are not exactly known.
  virtual void begin_bypass() {}
  virtual void end_bypass() {}
  /// The server said that everything may have changed (FLUSHALL, FLUSHDB, resynchronisation, SWAPDB).
  virtual void flush() { reset(); }
  /// A link that receives invalidations was established; `client_id` is its CLIENT ID.
  virtual void link_up(std::int64_t client_id) { static_cast<void>(client_id); }
  /// A probe sent at `anchor` was answered when the server's clock showed `server_time`:
  /// every invalidation sent before has been delivered to this cache.
  virtual void link_vouched(Time anchor, ServerTime server_time) {
    static_cast<void>(anchor), static_cast<void>(server_time);
  }
  /// The link is gone, and with it all invalidations that were under way.
  virtual void link_down() {}
  /// How much is held now; nothing if the cache does not say.
  virtual std::optional<CacheUsage> usage() const { return std::nullopt; }
  /// How long a link may stay silent before the client must give it up.
  virtual Duration max_idle() const { return std::chrono::seconds{5}; }
};

}  // namespace trackside

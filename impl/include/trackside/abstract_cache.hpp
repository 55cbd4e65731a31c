// What a client needs of a cache. `TrackingCache` and `NodeTrackingCache` keep the contract; a cache of your own can be
// given to a client, and tried by the simulated server, through this interface.
//
// The first half has the names and meaning of coredis's AbstractCache (https://coredis.readthedocs.io, "Caching").
// The second half is what that interface lacks for coherence: a cache told only of invalidations cannot know that a
// reply on its way was overtaken (fills), that nobody would tell it any more (links), or that a write of this very
// client is not yet known to the server's invalidations (fences). Each of these has a default that does nothing.
//
// Thread rule: `get`, `get_all`, `healthy`, `confidence`, `stats` and `usage` from any thread; everything else on the
// client's executor, unless a cache says more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trackside/cache_stats.hpp"
#include "trackside/error.hpp"
#include "trackside/options.hpp"
#include "trackside/reply.hpp"
#include "trackside/runtime.hpp"
#include "trackside/tracking_options.hpp"

namespace trackside {

/// One question that may be cached: compared as the exact vector of bytes it is, never as joined text.
struct Query {
  std::string_view command;  // upper case; a subcommand belongs to it: "OBJECT ENCODING"
  std::string_view key;
  std::span<const std::string_view> arguments{};  // everything behind the key
};

/// Whose data it is, and in which form. Entries of different scopes never meet, and one server's pushes name keys of
/// all its databases.
struct CacheScope {
  std::string_view server;  // any name that is the same for the same server
  std::uint32_t database = 0;
  std::string_view user{};
  Protocol protocol = Protocol::resp3;
  Topology topology = Topology::node;
};

/// A reply under way. Opened before its command is sent; `put` takes it back. Zero is no fill.
enum class Fill : std::uint64_t { none = 0 };

/// The connection by which a command travels, where that is not the one that brings the invalidations: its CLIENT ID.
enum class DataConnection : std::int64_t { in_band = 0 };

enum class PutResult : std::uint8_t {
  kept,
  refused_revoked,    // an invalidation, a flush, an own write or a lost link overtook the reply; or there was no fill
  refused_unhealthy,  // no link vouches, or nobody can tell when the key will have expired
  refused_bounds,     // larger than the whole cache, or caching is off (max_keys or max_size_bytes is 0)
  refused_nil,        // a null reply, and cache_nil is off
  refused_error,      // an error is not an answer to the question
};

enum class Match : std::uint8_t { no, yes };

/// When the server deletes a key, in nanoseconds since the Unix epoch on the *server's* clock.
using ServerTime = std::int64_t;
inline constexpr ServerTime no_expiry = INT64_MAX;
/// Instead of an expiry, from a node of a cluster: the key does not exist.
inline constexpr ServerTime key_absent = INT64_MIN;

/// A node answered a question about a key of the slot.
struct SlotProof {
  std::uint16_t slot = 0;
  /// Of a slot that is open for migration it answers only for the keys that it has.
  enum class Covers : std::uint8_t { present_keys, all_keys } covers = Covers::all_keys;
};

/// What is held now, by the formula of the bounds.
struct CacheUsage {
  std::size_t keys = 0;
  std::size_t bytes = 0;
};

/// What a program tells of a connection of its own, out of the answers to CLIENT ID and CLIENT TRACKINGINFO on it.
struct Registration {
  std::int64_t client_id = 0;
  std::int64_t redirect = 0;  // TRACKINGINFO's `redirect`
  bool noloop = false;        // whether `noloop` was among its flags
  /// When these were asked, on the clock that the cache was initialized with: fills are kept from then on. Without it
  /// they are kept from the link's next probe on, which asks the server.
  Time asked_at = long_ago;
};

class AbstractCache {
 public:
  virtual ~AbstractCache() = default;

  // ---- as documented by coredis ----

  /// Called by the client that the cache is given to, before anything else. `clock` outlives the client, and the cache
  /// too if other threads may ask the cache while the client goes.
  /// Returns the cache that this client is to use: null for this one. One that belongs to another client already
  /// returns a share of itself.
  virtual std::shared_ptr<AbstractCache> initialize(const Clock& clock, const CacheScope& scope) = 0;
  /// The client that initialized it never had a link, and gives it back: it may be initialized again, for another
  /// topology.
  virtual void release() {}
  /// Whether the cache is to be taken seriously. While false, `get` finds nothing and `put` keeps nothing.
  virtual bool healthy() const = 0;
  /// 0..100: the share of hits that are used without asking the server too.
  virtual double confidence() const = 0;
  /// Never null.
  virtual std::shared_ptr<CacheStats> stats() const = 0;
  /// The client id of the connection that receives invalidations, while there is one: what other connections are to
  /// redirect theirs to.
  virtual std::optional<std::int64_t> get_client_id() const = 0;
  /// Copies the cached reply into `out` and returns true, or counts a miss.
  virtual bool get(const Query& query, Reply& out) = 0;
  /// Keeps a reply, if `fill` was not revoked. `expires_at` is when the key expires. Consumes the fill. Counts as
  /// `seen` by the connection of the fill; a reply without one that came by another connection is told to `seen`.
  virtual PutResult put(Fill fill, const Query& query, ReplyView value, ServerTime expires_at) = 0;
  /// Removes everything about the keys and revokes their fills.
  virtual void invalidate(std::span<const std::string_view> keys) = 0;
  /// Tells how a hit compared with the server's reply. A mismatch drops the key's entries.
  virtual void feedback(const Query& query, Match match) = 0;
  /// Removes everything, folds the statistics into their totals and restores the initial confidence.
  virtual void reset() = 0;
  /// Final: nothing is served or kept afterwards.
  virtual void shutdown() = 0;
  /// The memory it holds its replies in, to hand to another cache (`CacheOptions::store`); null if it has none to hand.
  virtual std::shared_ptr<CacheStore> store() const { return nullptr; }
  /// A cache for another client that holds its replies in the same memory and counts in the same statistics, with links
  /// and a confidence of its own; null if that cannot be. Replies are shared between clients that were given the same
  /// endpoint as the same text ("localhost" and "127.0.0.1" are two), database, user and protocol.
  virtual std::shared_ptr<AbstractCache> share() { return nullptr; }

  // ---- what coherence needs beyond that ----

  /// How the client is to have the server track.
  virtual const TrackingOptions& tracking() const {
    static const TrackingOptions in_band{};
    return in_band;
  }
  /// How long a link may stay silent before the client must give it up.
  virtual Duration max_idle() const { return std::chrono::seconds{5}; }
  /// Whether a question may be cached at all. What is not is neither asked nor kept, and counts nothing.
  virtual bool accepts(const Query&) const { return true; }
  /// All of these in one state of the server, or false and nothing counted. Several replies into as many `out`.
  virtual bool get_all(std::span<const Query>, std::span<Reply>) { return false; }
  /// Whether all of these are still there with just these replies, so that they and what the link brings now are parts
  /// of one state. Counts nothing.
  virtual bool confirm_all(std::span<const Query>, std::span<const ReplyView>) const { return false; }
  /// What is held; nothing if the cache cannot tell.
  virtual std::optional<CacheUsage> usage() const { return std::nullopt; }

  /// A miss is about to be sent by this connection.
  virtual Fill begin_fill(const Query&, DataConnection) { return Fill::none; }
  /// The fill failed, or was given up, without a `put`.
  virtual void abandon_fill(Fill) {}
  /// Whether another reader may still join the fill: false once it was revoked.
  virtual bool is_open(Fill) const { return true; }
  /// Whether the cache still has just this reply; a hit that is being checked was not wrong if it is gone by now.
  virtual bool holds(const Query&, ReplyView) const { return true; }
  /// An own write to these keys ended (reply, late reply, timeout, loss, cancellation): like `invalidate`, uncounted.
  virtual void fence(std::span<const std::string_view>) {}
  /// A reply that tells of these keys and is not put is about to be delivered; it came by this connection. What others
  /// vouch for may be older than it.
  virtual void seen(std::span<const std::string_view>, DataConnection) {}
  /// Between these two nothing is served: an own write is under way whose keys are not exactly known.
  virtual void begin_bypass() {}
  virtual void end_bypass() {}
  /// The server said that everything may have changed (FLUSHALL, FLUSHDB, resynchronisation, SWAPDB).
  virtual void flush() { reset(); }

  /// The link that receives invalidations was established; `client_id` is its CLIENT ID.
  virtual void link_up(std::int64_t client_id) { static_cast<void>(client_id); }
  /// A probe sent at `anchor` was answered when the server's clock showed `server_time` (nothing: the link cannot ask):
  /// every invalidation sent before has been delivered to this cache.
  virtual void link_vouched(Time anchor, std::optional<ServerTime> server_time) {
    static_cast<void>(anchor), static_cast<void>(server_time);
  }
  /// The link is gone, and with it all invalidations that were under way and all registrations of data connections.
  virtual void link_down() {}

  // ---- sentinels ----

  /// Of a cache that was initialized with Topology::sentinel: a majority of the sentinels named the link's server in
  /// answers to questions sent at `anchor` or later. The link alone vouches for nothing. `long_ago`: they do not any
  /// more.
  virtual void authority_vouched(Time anchor) { static_cast<void>(anchor); }
  /// While there is no link: the next one leads to another server, of this name.
  virtual void server_changed(std::string_view server) { static_cast<void>(server); }

  /// A data connection of the client redirects its invalidations to this cache's link, from now on.
  virtual void data_up(DataConnection) {}
  /// A question sent at `anchor` proved that the connection is what it was, when the server's clock showed this.
  virtual void data_vouched(DataConnection, Time anchor, ServerTime server_time) {
    static_cast<void>(anchor), static_cast<void>(server_time);
  }
  /// At `as_of` the connection was gone, or redirected no more: nobody tells of what was read by it, unless it was
  /// registered later.
  virtual void data_down(DataConnection, Time as_of) { static_cast<void>(as_of); }

  // ---- clusters ----

  /// The part of this cache that a client of the cluster is to use with the node of this name: one and the same for as
  /// long as the cache lives. It is initialized with Topology::cluster. Null: the cache cannot be used with a cluster.
  virtual std::shared_ptr<AbstractCache> part_for(std::string_view node) {
    static_cast<void>(node);
    return nullptr;
  }
  /// Of a part: the node will tell when the slot leaves it, from an instant before every reply that comes now.
  virtual void guard_up(std::uint16_t slot) { static_cast<void>(slot); }
  /// Of a part: the node cannot be asked to tell, but answered for these slots to a question that was sent at `anchor`.
  virtual void slots_vouched(std::span<const SlotProof> proofs, Time anchor) {
    static_cast<void>(proofs), static_cast<void>(anchor);
  }
  /// Of a part: the slots are not the node's any more, or nobody would tell: what is kept of them goes, whoever vouches
  /// for it, and so does what is under way.
  virtual void guards_down(std::span<const std::uint16_t> slots) { static_cast<void>(slots); }
  /// Of the whole: questions about these slots' keys go to this node's part from now on; to none if the name is empty.
  virtual void slots_moved(std::span<const std::uint16_t> slots, std::string_view node) {
    static_cast<void>(slots), static_cast<void>(node);
  }

  // ---- for programs that read through a client of their own (impl/examples/beside_hiredis.cpp) ----

  /// A connection of the program tracks and redirects to `get_client_id()`: fills by it may be kept from now on. Not
  /// needed with Selection::broadcast, where the link alone vouches. The link asks the server for it with every probe,
  /// so that its loss is noticed within max_idle in any case.
  /// Errors: noloop_unsound; tracking_invalid where the link tells in-band of what itself reads alone, and where it
  /// speaks RESP2 and so cannot ask the server for others;
  /// redirect_mismatch when it redirects elsewhere or there is no link now: register again after CLIENT TRACKING ON
  /// REDIRECT with the new id (`CacheHooks::link_up` tells when).
  virtual error_code register_connection(const Registration&) { return make_error_code(Errc::redirect_mismatch); }
  /// The connection ended, or its session changed (RESET, HELLO, AUTH, SELECT, CLIENT TRACKING): what it read is
  /// dropped. A program must say this, for no probe can see a session that changed twice.
  virtual void connection_lost(std::int64_t client_id) { static_cast<void>(client_id); }
  /// What is registered and not lost.
  virtual std::vector<std::int64_t> foreign_connections() const { return {}; }
};

/// Wraps a write that travels outside of the cache's client, so that reads through the cache see it (G3): construct it
/// before the write is sent, destroy it once its answer is there or given up. Thread rule: any thread, if the cache's
/// `invalidate`, `fence`, `flush` and bypass may be called from any.
class WriteFence {
 public:
  /// For a write to exactly these keys. They are copied.
  WriteFence(AbstractCache& cache, std::span<const std::string_view> keys)
      : cache_(cache), keys_(keys.begin(), keys.end()), kind_(Kind::keys) {
    cache_.invalidate(keys);
  }
  /// For one whose keys are not exactly known: nothing is served meanwhile, and everything is forgotten at its end.
  explicit WriteFence(AbstractCache& cache) : cache_(cache), kind_(Kind::everything) { cache_.begin_bypass(); }
  ~WriteFence() {
    if (kind_ == Kind::everything) {
      cache_.flush();
      cache_.end_bypass();
      return;
    }
    const std::vector<std::string_view> names{keys_.begin(), keys_.end()};
    cache_.fence(names);
  }
  WriteFence(const WriteFence&) = delete;
  WriteFence& operator=(const WriteFence&) = delete;

 private:
  enum class Kind : std::uint8_t { keys, everything };
  AbstractCache& cache_;
  std::vector<std::string> keys_;
  const Kind kind_;
};

}  // namespace trackside

// Options, all with defaults; aggregates, so that they read as a list of what differs:
//   ClientOptions{.endpoint = {.host = "10.0.0.5"}, .command_timeout = 200ms}
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "trackside/cache_hooks.hpp"
#include "trackside/limits.hpp"
#include "trackside/runtime.hpp"
#include "trackside/tracking_options.hpp"

namespace trackside {

class CacheStats;
class CacheStore;
struct Query;

/// The first five have the names and defaults documented by coredis; negative bounds mean unbounded.
struct CacheOptions {
  /// Keys kept at most. A key holds all its (command, arguments) replies.
  std::int64_t max_keys = 4096;
  /// Bytes kept at most, by the formula stated in `trackside/cache_store.hpp`.
  std::int64_t max_size_bytes = std::int64_t{64} * 1024 * 1024;
  /// The staleness bound: without word from the server for so long, nothing is served and the link is reset.
  Duration max_idle = std::chrono::seconds{5};
  /// 0..100: hits are checked against the server with probability 1 - confidence/100.
  double confidence = 100.0;
  /// Whether checks move the confidence: x 0.999 on a mismatch, x 1.0001 on a match, at most 100.
  bool dynamic_confidence = false;
  /// A store to keep replies in, perhaps together with other caches; null: one of its own. `max_keys` and
  /// `max_size_bytes` are then the store's.
  std::shared_ptr<CacheStore> store = nullptr;
  /// Where to count, perhaps together with other caches; null: statistics of its own.
  std::shared_ptr<CacheStats> stats = nullptr;

  TrackingOptions tracking{};
  /// No reply is served longer than this after its question was sent; zero: no such bound. The only bound on what an
  /// invalidation that is lost on a live stream can do, beside `confidence`.
  Duration max_ttl = Duration::zero();
  /// Whether null replies (of keys and fields that do not exist) are kept.
  bool cache_nil = true;
  /// Allows (true) or denies a question to be cached, by command, key and arguments; empty: every question that can be.
  /// Called from any thread, at each look-up, so it must be quick and must not call the cache.
  std::function<bool(const Query&)> cacheable{};
  CacheHooks hooks{};
};

/// Waiting between attempts to connect: doubles from `first` to `cap`; each wait is jittered over its upper half.
struct BackoffOptions {
  Duration first = std::chrono::milliseconds{50};
  Duration cap = std::chrono::seconds{2};
};

/// Which protocol connections speak. RESP2 has no pushes: a cache then needs Delivery::redirect.
enum class Protocol : std::uint8_t { resp2 = 2, resp3 = 3 };

/// What the endpoint leads to.
enum class Topology : std::uint8_t {
  detect,    // whatever of the following the first server that answers says it is; then for good
  node,      // one server
  cluster,   // a Redis Cluster of Redis 7.0 or later; the endpoint is any of its nodes
  sentinel,  // a sentinel of Redis 6.2 or later, which tells where the primary is; see `service`
};

/// Who answers the reads of a cluster's client. Only reads whose keys all exist are left to replicas: they do not know
/// of keys that are on the move, so whatever they do not find is asked for at the primary. Everything else goes there.
///   primary         G3 and G4 are the primary's, and G2 is relative to it.
///   prefer_replica  a replica that has proved to have come as far as its primary had when this client last had to do
///                   with it there: so G3 and G4 hold. G2 is relative to that replica: its own lag comes on top of
///                   `max_idle`. A slot's reads go to its primary from an own write on, and from an answer that only
///                   the primary could give, until a replica has caught up with that: some round trips, at least.
///                   Replicas share the slots of their primary.
///   nearest         the same, among the replicas and the primary whichever answers probes soonest; another one takes
///                   its place when it is faster by a quarter.
/// Takes a connection to every node that may be read from. Requires RESP3; with RESP2 primaries are read from.
enum class ReadFrom : std::uint8_t { primary, prefer_replica, nearest };

/// Durations are taken between 1 ms and a year.
struct ClientOptions {
  Endpoint endpoint{};
  /// Others that lead to the same. Of sentinels all are asked. With Topology::cluster and Topology::detect they are
  /// tried in turn until one answers; a single server is then the client's for good. Topology::node has no use for
  /// them.
  std::vector<Endpoint> more_endpoints{};
  /// Should a server that was found to be one thing come back as another (a node, and then a cluster's at the same
  /// address), commands end with cluster_unsupported or sentinel_unsupported.
  Topology topology = Topology::detect;
  ReadFrom read_from = ReadFrom::primary;  // of a cluster
  /// With Topology::sentinel: the name under which the sentinels know the primary. The client follows the primary that
  /// a majority of them names; it learns from those given here which others there are, up to 32. It caches only while
  /// such a majority confirms the primary within max_idle, so that a deposed one is not believed for longer.
  std::string service = "mymaster";
  std::string sentinel_username{};  // empty: the sentinels' default user
  std::string sentinel_password{};  // empty: no AUTH at the sentinels; that at the primary is `password`
  std::string username{};  // empty: the default user
  std::string password{};  // empty: no AUTH
  std::string client_name{};  // empty: no SETNAME
  std::uint32_t database = 0;
  Protocol protocol = Protocol::resp3;
  /// With Delivery::redirect: connections for commands, 0 to 64, beside the one that receives invalidations. Commands
  /// about one key travel on one of them, in order; commands about different keys may overtake each other. With 0 the
  /// client only drives its cache (commands end with no_data_connection), for programs that read by other means, in
  /// whatever protocol; its own must then be RESP3.
  std::uint32_t data_connections = 1;
  /// From the call to its completion, time spent waiting for a link included.
  Duration command_timeout = std::chrono::seconds{2};
  /// From starting to connect to the end of the handshake.
  Duration connect_timeout = std::chrono::seconds{2};
  BackoffOptions backoff{};
  ReplyLimits reply_limits{};
  /// Commands that wait for a reply, joined readers included.
  std::size_t max_in_flight = 65'536;
  /// Bytes of commands that wait for a link or for their replies.
  std::size_t max_pending_bytes = std::size_t{64} * 1024 * 1024;
};

}  // namespace trackside

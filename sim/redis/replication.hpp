// What leaves and enters a node when it replicates: changes of keys in order, whole states, and who follows whom.
//
// The stream carries values, not commands: each change has the key's new content, and the size that the real command
// would add to the real stream. All changes of one command or one transaction leave in one piece, behind its reply, as
// the real server propagates them, so that a replica that applies piece by piece never shows half a transaction. Who
// numbers, keeps and sends the stream is `sim/cluster`'s business.
// Neighbours: server.hpp (the verbs), replicating.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/instant.hpp"
#include "sim/redis/value_pointer.hpp"

namespace trackside::sim::redis {

/// A key as a snapshot of the whole state carries it.
struct StoredKey {
  std::uint32_t database = 0;
  std::string key{};
  ValuePointer value{};
  std::int64_t expires_at = -1;  // Unix milliseconds, by any node's clock, as in a snapshot file; -1: no expiry
};

/// A key as MIGRATE carries it: what is left of its time counts anew where it arrives.
struct MovingKey {
  std::string key{};
  ValuePointer value{};
  std::int64_t ttl_milliseconds = -1;  // -1: no expiry
};

struct ReplicatedChange {
  enum class Kind : std::uint8_t {
    key,    // `key` of `database` holds `value` until `expires_at`, or is gone (null)
    flush,  // FLUSHDB: `database` is empty now, and was perhaps before
    flush_all,
    swap,  // SWAPDB `database` `other_database`
  };
  Kind kind = Kind::key;
  std::uint32_t database = 0;
  std::uint32_t other_database = 0;
  std::string key{};
  ValuePointer value{};
  std::int64_t expires_at = -1;
  std::uint64_t cause = 0;  // as in ServerObserver::Change
};

/// What ROLE, INFO and WAIT say.
struct ReplicationFacts {
  struct Replica {
    std::string host{};
    std::uint16_t port = 0;
    std::uint64_t acknowledged = 0;  // the offset it last said it has applied
    bool online = true;
  };
  enum class Link : std::uint8_t { connect, connecting, sync, connected };

  std::uint64_t history = 0;        // the replication id: whose stream the offset is one of
  std::uint64_t offset = 0;         // of a primary's stream, or how far a replica has come
  std::vector<Replica> replicas{};  // connected to this node, in the order in which they came
  std::string primary_host{};       // of a replica
  std::uint16_t primary_port = 0;   // of a replica
  Link link = Link::connected;      // of a replica
};

/// Told what a primary changes, in the order of execution. Called from inside `Server`'s calls: it must not call back.
class ReplicationFeed {
 public:
  /// The changes of one command or transaction (or of the server itself: expiry) with the bytes they would add to the
  /// real stream. Returns the stream's offset behind them. Valid during the call; values may be kept.
  virtual std::uint64_t append(std::span<const ReplicatedChange> changes, std::uint64_t bytes) = 0;
  /// A client waits (WAIT): the replicas are to be asked how far they are, now rather than at the next second.
  virtual void acknowledgements_wanted() {}
  /// Somebody asks: `facts`, as they were given last, are to be those of this moment.
  virtual void bring_up_to_date(ReplicationFacts& /*facts*/) const {}

 protected:
  ~ReplicationFeed() = default;
};

}  // namespace trackside::sim::redis

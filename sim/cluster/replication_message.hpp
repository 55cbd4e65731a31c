// What a replica and its primary say to each other, and the stream that flows between them.
//
// The stream carries what keys hold after each change, not commands; each part stands for the bytes that the real
// stream would have, since offsets and the backlog count bytes. Source: the Redis documentation of replication, and
// replication.c of redis-server 7.0.15.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "sim/redis/server.hpp"

namespace trackside::sim::cluster {

/// A history of data. Two servers with one id and one offset hold the same.
enum class ReplicationId : std::uint64_t {};
inline constexpr ReplicationId no_replication_id{0};

/// One change of the data.
struct DataChange {
  enum class Kind : std::uint8_t {
    key,    // `key` holds `value` now, or is absent if that is null
    flush,  // all of `database`, or all databases, are empty now
    swap,   // `database` and `other_database` were swapped
  };
  Kind kind = Kind::key;
  std::uint32_t database = 0;
  std::uint32_t other_database = 0;
  std::string key{};
  redis::ValuePointer value{};
  std::int64_t expires_at = -1;  // Unix milliseconds; -1: never
};
inline constexpr std::uint32_t all_databases = UINT32_MAX;

/// All keys of a server at one moment.
using Snapshot = std::vector<DataChange>;
using SnapshotPointer = std::shared_ptr<const Snapshot>;

/// A piece of the stream. Pings are pieces without a change.
struct StreamPart {
  std::uint64_t begin = 0;  // the offset of its first byte
  std::uint32_t size = 0;
  bool changes = false;
  DataChange change{};

  std::uint64_t end() const { return begin + size; }  // the offset behind it
};
using StreamPartPointer = std::shared_ptr<const StreamPart>;

/// PSYNC: the replica holds `id` up to `next` (exclusive) and asks for what follows. no_replication_id: for everything.
struct SyncRequest {
  ReplicationId id = no_replication_id;
  std::uint64_t next = 0;
};
/// +CONTINUE: the stream goes on where the replica is, under this id.
struct SyncContinue {
  ReplicationId id = no_replication_id;
};
/// +FULLRESYNC and the data behind it: the stream goes on at `next`.
struct SyncSnapshot {
  ReplicationId id = no_replication_id;
  std::uint64_t next = 0;
  SnapshotPointer data;
};
/// The newline that a primary sends while it prepares a snapshot.
struct SyncPatience {};
/// -LOADING, -NOMASTERLINK and other refusals: try again later.
struct SyncRefusal {};
/// REPLCONF ACK.
struct StreamAck {
  std::uint64_t next = 0;
};

using ReplicationMessage =
    std::variant<SyncPatience, SyncRequest, SyncContinue, SyncSnapshot, SyncRefusal, StreamPartPointer, StreamAck>;

}  // namespace trackside::sim::cluster

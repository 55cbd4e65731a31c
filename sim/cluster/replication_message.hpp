// What a replica and its primary say to each other, and the stream that flows between them.
//
// The stream carries what keys hold after each change, not commands; each part stands for the bytes that the real
// stream would have, since offsets and the backlog count bytes. Source: the Redis documentation of replication, and
// replication.c of redis-server 7.0.15.
#pragma once

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "sim/redis/replication.hpp"

namespace trackside::sim::cluster {

/// A history of data. Two servers with one id and one offset hold the same.
enum class ReplicationId : std::uint64_t {};
inline constexpr ReplicationId no_replication_id{0};

using redis::ReplicatedChange;
using redis::StoredKey;

/// All keys of a server at one moment.
using Snapshot = std::vector<StoredKey>;
using SnapshotPointer = std::shared_ptr<const Snapshot>;

/// A piece of the stream: all changes of one command or transaction, which are applied together. A ping has none.
struct StreamPart {
  std::uint64_t begin = 0;  // the offset of its first byte
  std::uint64_t size = 0;
  std::vector<ReplicatedChange> changes{};

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

// One server's part in replication: as a primary it feeds its replicas, as a replica it follows a primary.
//
// A state machine without network or clock, for servers in a cluster and outside of one. Asynchronous as the real one:
// a primary never waits for its replicas, so what it acknowledged can be lost with it.
//
//   replica:  disconnected -> connecting -> asking -> (continue) streaming
//                  ^                           +----> (snapshot) streaming
//                  +------ link gone, silence, refusal ----+
//
// Invariants: `next_offset_` is one past the last byte that this server's data contains; the backlog's parts touch and
// end there; a server that holds (id, offset) or (second id, offset up to its limit) can go on from a server that holds
// the same without a full resynchronisation, if the backlog reaches back. Sources: the Redis documentation of
// replication; replication.c of redis-server 7.0.15. Neighbours: member.hpp, replication_message.hpp.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "sim/cluster/identity.hpp"
#include "sim/cluster/outbox.hpp"
#include "sim/cluster/replication_message.hpp"
#include "sim/instant.hpp"

namespace trackside::sim::cluster {

struct ReplicationOptions {
  Instant ping_period = 10 * second;         // repl-ping-replica-period
  Instant timeout = 60 * second;             // repl-timeout
  Instant diskless_delay = 5 * second;       // repl-diskless-sync-delay; 0: at the next tick
  std::uint64_t backlog_bytes = 1U << 20U;   // repl-backlog-size
  Instant backlog_lifetime = 3600 * second;  // repl-backlog-ttl, of a primary without replicas; 0: for ever
};

/// The data that is replicated: the server's keys.
class ReplicatedData {
 public:
  virtual SnapshotPointer snapshot() = 0;
  /// Full resynchronisation: what is here goes, the snapshot takes its place.
  virtual void load(Instant now, const Snapshot& snapshot) = 0;
  /// One piece of the stream, as a whole.
  virtual void apply(Instant now, std::span<const ReplicatedChange> changes) = 0;

 protected:
  ~ReplicatedData() = default;
};

enum class ReplicaState : std::uint8_t { none, disconnected, connecting, asking, streaming };

class Replication {
 public:
  /// The period of `tick`. Needed only while `needs_ticks`.
  static constexpr Instant tick_period = 1 * second;

  Replication(ServerIndex self, ReplicationOptions options, ReplicatedData& data);
  Replication(const Replication&) = delete;
  Replication& operator=(const Replication&) = delete;

  /// The process died and starts again without its data: a primary of a new history that nobody follows yet. In a
  /// cluster the bus tells it afterwards whom to follow.
  void restart(Instant now);

  // What happens to it.
  void tick(Instant now);
  bool needs_ticks() const { return is_replica() || !replicas_.empty() || has_backlog_; }
  void on_message(Instant now, LinkId link, const ReplicationMessage& message);
  void on_open(Instant now, LinkId link);
  void on_closed(Instant now, LinkId link);
  Outbox<ReplicationMessage>& outbox() { return outbox_; }

  // What is asked of it.
  /// REPLICAOF, CLUSTER REPLICATE, or a lost election. A former primary hopes to go on from where it is.
  void follow(Instant now, ServerIndex primary);
  /// REPLICAOF NO ONE, or a won election: the data stays, a new history begins, the old one is the second id.
  void lead(Instant now);
  /// The own data changed by a command or transaction here; `bytes` stand for it in the real stream. Values are kept.
  /// Requires: not a replica.
  void feed(std::span<const ReplicatedChange> changes, std::uint64_t bytes);
  /// No pings in the stream while writers are paused for a failover, so that offsets can meet.
  void set_quiet(bool quiet) { quiet_ = quiet; }

  // Facts.
  bool is_replica() const { return state_ != ReplicaState::none; }
  ReplicaState state() const { return state_; }
  ServerIndex primary() const { return primary_; }
  ReplicationId id() const { return id_; }
  ReplicationId second_id() const { return second_id_; }
  /// Bytes of history that this server's data contains.
  std::uint64_t offset() const { return next_offset_; }
  /// Of a replica: since when it has heard nothing from its primary, in whole seconds.
  Instant data_age(Instant now) const;
  struct Attached {
    ServerIndex server;
    bool online;
    std::uint64_t acknowledged;
    Instant acknowledged_at;
  };
  /// Of a primary, in the order in which they came; for ROLE and INFO.
  std::vector<Attached> replicas() const;
  /// WAIT: how many replicas have acknowledged this offset.
  std::uint32_t acknowledged_by(std::uint64_t offset) const;
  std::uint64_t full_resynchronisations() const { return full_resynchronisations_; }
  std::uint64_t partial_resynchronisations() const { return partial_resynchronisations_; }

 private:
  enum class ReplicaPhase : std::uint8_t { waiting_for_snapshot, online };
  struct Replica {
    LinkId link;
    ReplicaPhase phase = ReplicaPhase::waiting_for_snapshot;
    Instant since = 0;
    std::uint64_t acknowledged = 0;
    Instant acknowledged_at = 0;
  };

  // replication.cpp
  void begin_history();
  ReplicationId fresh_id();
  void start_backlog();
  /// Into the backlog and to all replicas that are online.
  void pass_on(const StreamPartPointer& part);
  void drop_replicas();

  // replication_primary.cpp
  void on_request(Instant now, LinkId link, const ReplicationMessage& message);
  void serve(Instant now, LinkId link, const SyncRequest& request);
  bool can_continue(const SyncRequest& request) const;
  void send_snapshots(Instant now);
  void append(std::span<const ReplicatedChange> changes, std::uint64_t bytes);
  void tend_replicas(Instant now);
  void forget_replica(Instant now, LinkId link);

  // replication_replica.cpp
  void on_answer(Instant now, const ReplicationMessage& message);
  void connect(Instant now);
  void give_up_link(Instant now);
  void note_disconnected(Instant now);
  void go_on(const SyncContinue& message);
  void start_over(Instant now, const SyncSnapshot& message);
  void apply(Instant now, const StreamPartPointer& part);
  void tend_primary(Instant now);

  ServerIndex self_;
  ReplicationOptions options_;
  ReplicatedData& data_;
  Outbox<ReplicationMessage> outbox_;

  ReplicationId id_ = no_replication_id;
  ReplicationId second_id_ = no_replication_id;
  std::uint64_t second_next_ = 0;  // how far the second id's history goes here
  std::uint64_t next_offset_ = 0;
  std::uint64_t histories_ = 0;  // how many this server began; names them

  bool has_backlog_ = false;  // since the first replica came, or since it was one
  std::deque<StreamPartPointer> backlog_;
  std::uint64_t backlog_begin_ = 0;
  Instant alone_since_ = 0;  // a primary without replicas

  std::vector<Replica> replicas_;  // in the order in which they came
  bool quiet_ = false;
  std::uint64_t ticks_ = 0;

  ReplicaState state_ = ReplicaState::none;
  ServerIndex primary_ = no_server;
  LinkId link_{};
  Instant heard_at_ = 0;
  std::optional<Instant> down_since_{};  // never set: it has not been in step with this primary
  std::uint64_t full_resynchronisations_ = 0;
  std::uint64_t partial_resynchronisations_ = 0;
};

}  // namespace trackside::sim::cluster

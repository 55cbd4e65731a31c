// The primary's side of replication: who may go on from where it is, snapshots for the others, the stream.
// Sources: masterTryPartialResynchronization, syncCommand, replicationCron.
#include <algorithm>
#include <utility>

#include "seam/mark.hpp"
#include "sim/cluster/replication.hpp"
#include "sim/kernel/assertion.hpp"

namespace trackside::sim::cluster {
namespace {

constexpr std::uint64_t ping_bytes = 14;  // *1\r\n$4\r\nPING\r\n

}  // namespace

void Replication::on_request(Instant now, LinkId link, const ReplicationMessage& message) {
  if (const auto* request = std::get_if<SyncRequest>(&message)) {
    serve(now, link, *request);
  } else if (const auto* acknowledgement = std::get_if<StreamAck>(&message)) {
    const auto found = std::find_if(replicas_.begin(), replicas_.end(),
                                    [link](const Replica& replica) { return replica.link == link; });
    if (found != replicas_.end()) {
      found->acknowledged = acknowledgement->next;
      found->acknowledged_at = now;
    }
  }
}

void Replication::serve(Instant now, LinkId link, const SyncRequest& request) {
  if (is_replica() && state_ != ReplicaState::streaming) {
    outbox_.send(link, SyncRefusal{});
    return;
  }
  if (can_continue(request)) {
    TRACKSIDE_MARK(partial_resynchronisation);
    TRACKSIDE_MARK_IF(partial_resynchronisation_by_former_id, request.id != id_);
    ++partial_resynchronisations_;
    outbox_.send(link, SyncContinue{id_});
    for (const StreamPartPointer& part : backlog_) {
      if (part->begin >= request.next) {
        outbox_.send(link, part);
      }
    }
    replicas_.push_back({link, ReplicaPhase::online, now, request.next, now});
    return;
  }
  TRACKSIDE_MARK_IF(replica_went_beyond_its_primary,
                    has_backlog_ && request.id == second_id_ && request.next > second_next_);
  if (replicas_.empty() && !has_backlog_) {
    begin_history();  // what was written before went into no stream: this id and offset must mean nothing to anybody
    start_backlog();
  }
  replicas_.push_back({link, ReplicaPhase::waiting_for_snapshot, now, 0, now});
  if (options_.diskless_delay == 0) {
    send_snapshots(now);
  }
}

bool Replication::can_continue(const SyncRequest& request) const {
  const bool same_history = request.id == id_ || (request.id == second_id_ && request.id != no_replication_id &&
                                                  request.next <= second_next_);
  return has_backlog_ && same_history && request.next >= backlog_begin_ && request.next <= next_offset_;
}

/// One snapshot for all who wait by now, once the first of them has waited long enough for others to come.
void Replication::send_snapshots(Instant now) {
  const auto waits = [](const Replica& replica) { return replica.phase == ReplicaPhase::waiting_for_snapshot; };
  const auto first = std::find_if(replicas_.begin(), replicas_.end(), waits);
  if (first == replicas_.end() || now - first->since < options_.diskless_delay) {
    return;
  }
  const SnapshotPointer data = data_.snapshot();
  for (Replica& replica : replicas_) {
    if (waits(replica)) {
      ++full_resynchronisations_;
      TRACKSIDE_MARK(full_resynchronisation);
      outbox_.send(replica.link, SyncSnapshot{id_, next_offset_, data});
      replica.phase = ReplicaPhase::online;
      replica.acknowledged_at = now;
    }
  }
}

void Replication::feed(std::span<const ReplicatedChange> changes, std::uint64_t bytes) {
  require(!is_replica(), "A replica's data changes by its primary's stream alone");
  // Without a replica there is no stream: the next one gets everything.
  if (has_backlog_) {
    append(changes, bytes);
  }
}

void Replication::append(std::span<const ReplicatedChange> changes, std::uint64_t bytes) {
  require(bytes > 0, "A piece of the stream has a length");
  pass_on(std::make_shared<const StreamPart>(StreamPart{next_offset_, bytes, {changes.begin(), changes.end()}}));
}

void Replication::tend_replicas(Instant now) {
  const auto ticks_per_ping = static_cast<std::uint64_t>(options_.ping_period / tick_period);
  if (!is_replica() && !replicas_.empty() && !quiet_ && ticks_ % ticks_per_ping == 0) {
    append({}, ping_bytes);
  }
  for (const Replica& replica : replicas_) {
    if (replica.phase == ReplicaPhase::waiting_for_snapshot) {
      outbox_.send(replica.link, SyncPatience{});
    }
  }
  std::erase_if(replicas_, [this, now](const Replica& replica) {
    const bool silent = replica.phase == ReplicaPhase::online && now - replica.acknowledged_at > options_.timeout;
    if (silent) {
      outbox_.close(replica.link);
    }
    return silent;
  });
  alone_since_ = replicas_.empty() ? alone_since_ : now;
  if (!is_replica() && has_backlog_ && options_.backlog_lifetime != 0 &&
      now - alone_since_ > options_.backlog_lifetime) {
    // A replica that comes back now and matched by chance would miss what was not recorded meanwhile.
    begin_history();
    backlog_.clear();
    has_backlog_ = false;
  }
  send_snapshots(now);
}

void Replication::forget_replica(Instant now, LinkId link) {
  const std::size_t gone = std::erase_if(replicas_, [link](const Replica& replica) { return replica.link == link; });
  if (gone > 0 && replicas_.empty()) {
    alone_since_ = now;
  }
}

}  // namespace trackside::sim::cluster

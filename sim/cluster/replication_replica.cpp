// The replica's side of replication: following a primary, in step or from the beginning.
// Sources: replicationSetMaster, slaveTryPartialResynchronization, replicationCron.
#include "seam/mark.hpp"
#include "sim/cluster/replication.hpp"

namespace trackside::sim::cluster {

void Replication::on_answer(Instant now, const ReplicationMessage& message) {
  heard_at_ = now;
  if (const auto* part = std::get_if<StreamPartPointer>(&message)) {
    apply(now, *part);
  } else if (const auto* going_on = std::get_if<SyncContinue>(&message)) {
    go_on(*going_on);
  } else if (const auto* snapshot = std::get_if<SyncSnapshot>(&message)) {
    start_over(now, *snapshot);
  } else if (std::holds_alternative<SyncRefusal>(message)) {
    give_up_link(now);
  }
}

void Replication::connect(Instant now) {
  link_ = outbox_.open(primary_);
  state_ = ReplicaState::connecting;
  heard_at_ = now;
}

void Replication::give_up_link(Instant now) {
  outbox_.close(link_);
  note_disconnected(now);
}

void Replication::note_disconnected(Instant now) {
  if (state_ == ReplicaState::streaming) {
    down_since_ = now;
  }
  state_ = ReplicaState::disconnected;
}

void Replication::go_on(const SyncContinue& message) {
  if (message.id != id_) {
    TRACKSIDE_MARK(replica_follows_a_new_history);
    // The primary began a history of its own where ours ends. Who follows this server has to hear of that.
    second_id_ = id_;
    second_next_ = next_offset_;
    id_ = message.id;
    drop_replicas();
  }
  if (!has_backlog_) {
    start_backlog();
  }
  state_ = ReplicaState::streaming;
}

void Replication::start_over(Instant now, const SyncSnapshot& message) {
  drop_replicas();
  data_.load(now, *message.data);
  id_ = message.id;
  second_id_ = no_replication_id;
  second_next_ = 0;
  next_offset_ = message.next;
  start_backlog();
  state_ = ReplicaState::streaming;
}

void Replication::apply(Instant now, const StreamPartPointer& part) {
  if (!part->changes.empty()) {
    data_.apply(now, part->changes);
  }
  pass_on(part);
}

void Replication::tend_primary(Instant now) {
  if (state_ != ReplicaState::disconnected && now - heard_at_ > options_.timeout) {
    give_up_link(now);
  }
  switch (state_) {
    case ReplicaState::disconnected: connect(now); break;
    case ReplicaState::streaming: outbox_.send(link_, StreamAck{next_offset_}); break;
    case ReplicaState::none:
    case ReplicaState::connecting:
    case ReplicaState::asking: break;
  }
}

}  // namespace trackside::sim::cluster

#include "sim/cluster/replication.hpp"

#include <utility>

#include "sim/kernel/assertion.hpp"

namespace trackside::sim::cluster {

Replication::Replication(ServerIndex self, ReplicationOptions options, ReplicatedData& data)
    : self_(self), options_(options), data_(data), outbox_(self, LinkPurpose::replication) {
  begin_history();
}

void Replication::restart(Instant now) {
  outbox_.discard();
  replicas_.clear();
  backlog_.clear();
  has_backlog_ = false;
  quiet_ = false;
  state_ = ReplicaState::none;
  primary_ = no_server;
  down_since_.reset();
  next_offset_ = 0;
  alone_since_ = now;
  begin_history();
}

void Replication::begin_history() {
  id_ = fresh_id();
  second_id_ = no_replication_id;
  second_next_ = 0;
}

ReplicationId Replication::fresh_id() {
  return ReplicationId{(static_cast<std::uint64_t>(self_) + 1) << 32 | ++histories_};
}

void Replication::start_backlog() {
  backlog_.clear();
  backlog_begin_ = next_offset_;
  has_backlog_ = true;
}

void Replication::pass_on(const StreamPartPointer& part) {
  require(part->begin == next_offset_, "The stream has no gaps");
  next_offset_ = part->end();
  if (has_backlog_) {
    backlog_.push_back(part);
    while (next_offset_ - backlog_begin_ > options_.backlog_bytes) {
      backlog_begin_ = backlog_.front()->end();
      backlog_.pop_front();
    }
  }
  for (const Replica& replica : replicas_) {
    if (replica.phase == ReplicaPhase::online) {
      outbox_.send(replica.link, part);
    }
  }
}

void Replication::drop_replicas() {
  for (const Replica& replica : replicas_) {
    outbox_.close(replica.link);
  }
  replicas_.clear();
}

void Replication::tick(Instant now) {
  ++ticks_;
  if (is_replica()) {
    tend_primary(now);
  }
  tend_replicas(now);
}

void Replication::on_message(Instant now, LinkId link, const ReplicationMessage& message) {
  if (link.opener != self_) {
    on_request(now, link, message);
  } else if (is_replica() && link == link_) {
    on_answer(now, message);
  }
}

void Replication::on_open(Instant now, LinkId link) {
  if (state_ == ReplicaState::connecting && link == link_) {
    heard_at_ = now;
    state_ = ReplicaState::asking;
    outbox_.send(link, SyncRequest{id_, next_offset_});
  }
}

void Replication::on_closed(Instant now, LinkId link) {
  if (link.opener != self_) {
    forget_replica(now, link);
    return;
  }
  if (!is_replica() || link != link_ || state_ == ReplicaState::disconnected) {
    return;
  }
  const bool was_streaming = state_ == ReplicaState::streaming;
  note_disconnected(now);
  if (was_streaming) {
    connect(now);  // at once: the backlog may be short
  }
}

void Replication::follow(Instant now, ServerIndex primary) {
  if (is_replica() && state_ != ReplicaState::disconnected) {
    give_up_link(now);
  }
  // A former primary keeps its id and offset: if its history is a beginning of the new primary's, it can go on.
  primary_ = primary;
  down_since_.reset();
  quiet_ = false;
  connect(now);
}

void Replication::lead(Instant now) {
  if (!is_replica()) {
    return;
  }
  if (state_ != ReplicaState::disconnected) {
    give_up_link(now);
  }
  state_ = ReplicaState::none;
  primary_ = no_server;
  second_id_ = id_;
  second_next_ = next_offset_;
  id_ = fresh_id();
  alone_since_ = now;
  drop_replicas();  // they come back and learn the new id
}

Instant Replication::data_age(Instant now) const {
  if (state_ == ReplicaState::streaming) {
    return now / second * second - heard_at_ / second * second;
  }
  return down_since_ ? now / second * second - *down_since_ / second * second : end_of_time / 2;
}

std::vector<Replication::Attached> Replication::replicas() const {
  std::vector<Attached> attached;
  for (const Replica& replica : replicas_) {
    attached.push_back(
        {replica.link.opener, replica.phase == ReplicaPhase::online, replica.acknowledged, replica.acknowledged_at});
  }
  return attached;
}

std::uint32_t Replication::acknowledged_by(std::uint64_t offset) const {
  std::uint32_t count = 0;
  for (const Replica& replica : replicas_) {
    count += replica.phase == ReplicaPhase::online && replica.acknowledged >= offset ? 1 : 0;
  }
  return count;
}

}  // namespace trackside::sim::cluster

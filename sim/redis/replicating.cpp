// Being a primary or a replica: what leaves as a stream of changes, how a stream or a whole state is applied, and what
// a change of role does to clients.
//
//   primary -> its changes leave behind each command, a transaction in one piece; WAIT counts who has them
//   replica -> applies pieces with pushes to its own trackers; writes are refused, expired keys are hidden, not deleted
//   pause   -> a primary about to hand over: writes and expiry wait; what waited is judged anew afterwards
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "sim/redis/context.hpp"

namespace trackside::sim::redis {
namespace {

constexpr std::uint64_t transaction_frame_bytes = 29;  // MULTI and EXEC

std::uint64_t encoded_bytes(Arguments arguments) {
  std::uint64_t bytes = fmt::formatted_size("*{}\r\n", arguments.size());
  for (const std::string_view argument : arguments)
    bytes += fmt::formatted_size("${}\r\n\r\n", argument.size()) + argument.size();
  return bytes;
}

}  // namespace

void Node::replicate(ReplicatedChange change, const Session* writer) {
  const bool by_command = writer != nullptr && !writer->blocked.active;
  if (!by_command) {
    const std::array<std::string_view, 2> deletion{"DEL", change.key};
    unsent_bytes_ += encoded_bytes(deletion);
  } else if (!command_counted_) {
    unsent_bytes_ += encoded_bytes(executing_);
    command_counted_ = true;
  }
  unsent_.push_back(std::move(change));
}

void Node::propagate() {
  if (unsent_.empty()) return;
  if (unsent_.size() > 1) unsent_bytes_ += transaction_frame_bytes;
  replication.offset = feed->append(unsent_, unsent_bytes_);
  unsent_.clear();
  unsent_bytes_ = 0;
}

void Node::apply(std::span<const ReplicatedChange> changes) {
  for (const ReplicatedChange& change : changes) apply(change);
}

void Node::apply(const ReplicatedChange& change) {
  switch (change.kind) {
    case ReplicatedChange::Kind::key: return apply_key(change);
    case ReplicatedChange::Kind::flush: return flush(change.database, change.database, nullptr);
    case ReplicatedChange::Kind::flush_all: return flush(0, keyspace.database_count() - 1, nullptr);
    case ReplicatedChange::Kind::swap: return swap_databases(change.database, change.other_database, nullptr);
  }
}

void Node::apply_key(const ReplicatedChange& change) {
  if (change.value != nullptr) {
    const Item item = keyspace.put(change.database, change.key, std::const_pointer_cast<Value>(change.value));
    keyspace.set_expiry(change.database, item, change.expires_at);
  } else {
    const Item item = keyspace.find(change.database, change.key);
    if (!item) return;
    keyspace.erase(change.database, item);
  }
  touch_watchers(change.database, change.key);
  invalidate(change.key, nullptr);
  if (observer != nullptr) report(change.database, change.key, SessionId::none, change.cause);
}

std::vector<StoredKey> Node::snapshot() {
  std::vector<StoredKey> state;
  for (std::uint32_t index = 0; index < keyspace.database_count(); ++index) {
    OrderedTable<Entry>& database = keyspace.database(index);
    for (std::size_t position = 0; position < database.size(); ++position) {
      const Item item = database.at(position);
      state.push_back({index, item.key(), item->value, item->expires_at});
    }
  }
  return state;
}

void Node::drop_everything() {
  ReplicationFeed* const fed = std::exchange(feed, nullptr);
  flush(0, keyspace.database_count() - 1, nullptr);
  feed = fed;
}

void Node::begin_loading() {
  drop_everything();
  loading = true;
}

void Node::finish_loading(std::span<const StoredKey> state) {
  loading = false;
  for (const StoredKey& key : state) {
    const Item item = keyspace.put(key.database, key.key, std::const_pointer_cast<Value>(key.value));
    keyspace.set_expiry(key.database, item, key.expires_at);
    if (observer != nullptr) report(key.database, key.key, SessionId::none, 0);
  }
}

void Node::become_replica() {
  if (replica) return;
  replica = true;
  if (cluster != nullptr) {
    cluster->migrating_to.clear();
    cluster->importing_from.clear();
  }
  for (const auto& session : sessions) {
    if (!session->blocked.active || session->blocked.reason == BlockedFor::pause) continue;
    Reply{reply_sink(*session), session->protocol}.error(
        "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)");
    unblock(*session);
    close_gracefully(*session);
  }
}

void Node::become_primary() { replica = false; }

ReplicationFacts Node::replication_facts() const {
  ReplicationFacts facts = replication;
  if (feed != nullptr) feed->bring_up_to_date(facts);
  return facts;
}

std::int64_t Node::acknowledging_replicas(std::uint64_t offset) const {
  const ReplicationFacts facts = replication_facts();
  return std::count_if(facts.replicas.begin(), facts.replicas.end(),
                       [&](const auto& follower) { return follower.online && follower.acknowledged >= offset; });
}

void Node::wait_for_replicas(Session& session, std::int64_t replicas, Instant deadline) {
  block(session, {}, {}, nullptr, deadline);
  session.blocked.reason = BlockedFor::acknowledgements;
  session.blocked.replicas = replicas;
  if (feed != nullptr) feed->acknowledgements_wanted();
}

void Node::serve_waiting_clients() {
  const std::vector<Session*> waiting = blocked_;
  for (Session* session : waiting) {
    if (session->blocked.reason != BlockedFor::acknowledgements) continue;
    const std::int64_t count = acknowledging_replicas(session->replication_offset);
    if (count < session->blocked.replicas) continue;
    Reply{reply_sink(*session), session->protocol}.integer(count);
    mark_dirty(*session);
    unblock(*session);
  }
}

bool Node::must_wait_for_resumption(const Session& session, const CommandSpec& command) const {
  return writes_paused() && (everything_paused_ || is_or_queued(session, command, flag_write | flag_may_replicate));
}

void Node::postpone(Session& session, Arguments arguments) {
  block(session, {}, {}, nullptr, end_of_time);
  session.blocked.reason = BlockedFor::pause;
  session.postponed.emplace(arguments);
}

void Node::pause_writes(Instant until) { writes_paused_until = std::max(writes_paused_until, until); }

void Node::resume_writes() {
  writes_paused_until = 0;
  everything_paused_ = false;
  const std::vector<Session*> waiting = blocked_;
  for (Session* session : waiting)
    if (session->blocked.reason == BlockedFor::pause) unblock(*session);
}

}  // namespace trackside::sim::redis

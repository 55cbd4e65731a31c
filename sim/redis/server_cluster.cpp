// `Server` in terms of `Node`, continued: cluster mode, keys on the move, replication.
//
// Each verb that changes anything ends as a turn of the event loop does, so that broadcasts leave and whoever was
// unblocked goes on.
#include "sim/redis/context.hpp"
#include "sim/redis/server_impl.hpp"

namespace trackside::sim::redis {

ClusterView* Server::cluster() { return impl_->node.cluster.get(); }
const ClusterView* Server::cluster() const { return impl_->node.cluster.get(); }
void Server::set_cluster_requests(ClusterRequests* requests) { impl_->node.requests = requests; }

void Server::slots_changed(Instant now) {
  turn(now, [](Node& node) {
    node.slots_changed();
    node.view_is_outdated();
  });
}

void Server::drop_slot_keys(std::uint16_t slot, Instant now) {
  turn(now, [&](Node& node) { node.drop_slot_keys(slot); });
}

std::size_t Server::keys_in_slot(std::uint16_t slot) const { return impl_->node.keyspace.slots().count(slot); }

std::vector<std::string> Server::keys_of_slot(std::uint16_t slot, std::size_t count) const {
  return impl_->node.keyspace.slots().youngest(slot, count);
}

void Server::deliver_published(std::string_view channel, std::string_view message, PublishKind kind, Instant now) {
  turn(now, [&](Node& node) {
    if (kind == PublishKind::everywhere) node.publish(channel, message);
    else node.publish_in_shard(channel, message);
  });
}

std::optional<MovingKey> Server::export_key(std::string_view key, Instant now) {
  std::optional<MovingKey> exported;
  turn(now, [&](Node& node) { exported = node.export_key(key); });
  return exported;
}

void Server::delete_exported(std::string_view key, Instant now) {
  turn(now, [&](Node& node) { node.delete_exported(key); });
}

std::string Server::import_key(const MovingKey& key, IfPresent if_present, Instant now) {
  std::string error;
  turn(now, [&](Node& node) { error = node.import_key(key, if_present); });
  return error;
}

void Server::finish_migration(std::span<const std::string> errors, std::string_view failure, Instant now) {
  turn(now, [&](Node& node) { node.finish_migration(errors, failure); });
}

bool Server::migrating() const { return impl_->node.migration.has_value(); }

void Server::set_replication_feed(ReplicationFeed* feed) { impl_->node.feed = feed; }

void Server::set_replication_facts(ReplicationFacts facts, Instant now) {
  turn(now, [&](Node& node) {
    node.replication = std::move(facts);
    node.serve_waiting_clients();
  });
}

void Server::become_replica(Instant now) {
  turn(now, [](Node& node) { node.become_replica(); });
}

void Server::become_primary(Instant now) {
  turn(now, [](Node& node) { node.become_primary(); });
}

bool Server::is_replica() const { return impl_->node.replica; }

void Server::apply(std::span<const ReplicatedChange> changes, Instant now) {
  turn(now, [&](Node& node) { node.apply(changes); });
}

std::vector<StoredKey> Server::snapshot() const { return impl_->node.snapshot(); }

void Server::begin_loading(Instant now) {
  turn(now, [](Node& node) { node.begin_loading(); });
}

void Server::finish_loading(std::span<const StoredKey> state, Instant now) {
  turn(now, [&](Node& node) { node.finish_loading(state); });
}

void Server::load(std::span<const StoredKey> state, Instant now) {
  begin_loading(now);
  finish_loading(state, now);
}

void Server::drop_everything(Instant now) {
  turn(now, [](Node& node) { node.drop_everything(); });
}

void Server::pause_writes(Instant until, Instant now) {
  turn(now, [&](Node& node) { node.pause_writes(until); });
}

void Server::resume_writes(Instant now) {
  turn(now, [](Node& node) { node.resume_writes(); });
}

}  // namespace trackside::sim::redis

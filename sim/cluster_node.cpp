// See cluster_node.hpp.
#include "sim/cluster_node.hpp"

#include <algorithm>
#include <array>

#include "sim/kernel/sites.hpp"
#include "sim/layout.hpp"

namespace trackside::sim {
namespace {

using cluster::DataChange;
using redis::NodeIndex;
using redis::ReplicatedChange;

constexpr std::size_t recent_changes_max = 4'096;

/// A node's view begins with itself; the others follow in order.
NodeIndex position_in_view(std::uint32_t self, std::uint32_t node) {
  return static_cast<NodeIndex>(node == self ? 0 : node < self ? node + 1 : node);
}

/// A cluster that has lived for long: everybody knows everybody, and each primary has a config epoch of its own.
void fill(redis::ClusterView& view, const ClusterSetup& setup, std::uint32_t self) {
  view.nodes.resize(setup.members());
  for (std::uint32_t node = 0; node < setup.members(); ++node) {
    redis::KnownNode& known = view.nodes[position_in_view(self, node)];
    const Address address = address_of(node);
    known.id = cluster::digits_of(cluster::node_id(server_index(node)));
    known.host = address.host;
    known.port = address.port;
    const bool primary = node < setup.primaries;
    known.primary = primary ? redis::no_node : position_in_view(self, primary_of(setup, node));
    known.config_epoch = primary_of(setup, node) + 1;
  }
  for (std::uint32_t primary = 0; primary < setup.primaries; ++primary) {
    std::fill(view.owner.begin() + first_slot(setup, primary), view.owner.begin() + first_slot(setup, primary + 1),
              position_in_view(self, primary));
  }
  view.current_epoch = setup.primaries;
}

DataChange data_of(const ReplicatedChange& change) {
  DataChange data;
  data.database = change.database;
  data.other_database = change.other_database;
  data.key = change.key;
  data.value = change.value;
  data.expires_at = change.expires_at;
  switch (change.kind) {
    case ReplicatedChange::Kind::key: data.kind = DataChange::Kind::key; break;
    case ReplicatedChange::Kind::flush: data.kind = DataChange::Kind::flush; break;
    case ReplicatedChange::Kind::flush_all:
      data.kind = DataChange::Kind::flush;
      data.database = cluster::all_databases;
      break;
    case ReplicatedChange::Kind::swap: data.kind = DataChange::Kind::swap; break;
  }
  return data;
}

ReplicatedChange change_of(const DataChange& data) {
  ReplicatedChange change;
  change.database = data.database;
  change.other_database = data.other_database;
  change.key = data.key;
  change.value = data.value;
  change.expires_at = data.expires_at;
  switch (data.kind) {
    case DataChange::Kind::key: change.kind = ReplicatedChange::Kind::key; break;
    case DataChange::Kind::flush:
      change.kind =
          data.database == cluster::all_databases ? ReplicatedChange::Kind::flush_all : ReplicatedChange::Kind::flush;
      break;
    case DataChange::Kind::swap: change.kind = ReplicatedChange::Kind::swap; break;
  }
  return change;
}

cluster::FailoverKind failover_of(redis::FailoverKind kind) {
  switch (kind) {
    case redis::FailoverKind::agreed: return cluster::FailoverKind::agreed;
    case redis::FailoverKind::forced: return cluster::FailoverKind::force;
    case redis::FailoverKind::takeover: return cluster::FailoverKind::takeover;
  }
  return cluster::FailoverKind::agreed;
}

cluster::MemberOptions options_of(const ClusterSetup& setup, std::uint32_t node) {
  cluster::MemberOptions options;
  options.bus.self = cluster::node_id(server_index(node));
  options.bus.node_timeout = setup.node_timeout;
  options.replication.diskless_delay = 0;  // worlds are short
  return options;
}

}  // namespace

ClusterNode::ClusterNode(Parts parts, const ClusterSetup& setup, std::uint32_t node)
    : parts_(parts), index_(node), nodes_(setup.nodes()) {
  redis::ClusterView& view = *server().cluster();
  const bool is_member = node < setup.members();
  if (is_member) {
    fill(view, setup, node);
  }
  view.require_full_coverage = setup.require_full_coverage;
  view.reads_when_down = setup.reads_when_down;
  cluster::BusDecisions& decisions = *this;
  cluster::MemberServer& keys = *this;
  member_ = std::make_unique<cluster::Member>(options_of(setup, node), view, parts_.directory, keys, decisions);
  if (is_member) {
    member_->bus().settle_into(0);
  } else {
    member_->bus().start_alone(0);
  }
  server().set_cluster_requests(this);
  server().set_replication_feed(this);
  server().slots_changed(0);
  tell_ownership(0);
}

bool ClusterNode::knows_others() const {
  const auto& nodes = view().nodes;
  return std::any_of(nodes.begin() + 1, nodes.end(), [](const auto& each) { return !each.forgotten; });
}

void ClusterNode::tick(Instant now) {
  constexpr std::uint64_t ticks_between_facts = 10;
  member_->tick(now);
  if (ticks_++ % ticks_between_facts == 0) {
    refresh_facts(now);
  }
}

void ClusterNode::restart(Instant now) {
  wishes_.clear();
  migration_.reset();
  recent_changes_.clear();
  member_->replication().outbox().discard();
  member_->restart(now);
  tell_ownership(now);
}

bool ClusterNode::do_wishes(Instant now) {
  bool any = false;
  while (!wishes_.empty()) {
    any = true;
    for (const Wish& wish : std::exchange(wishes_, {})) {
      do_wish(wish, now);
    }
  }
  return any;
}

void ClusterNode::do_wish(const Wish& wish, Instant now) {
  cluster::BusNode& bus = member_->bus();
  switch (wish.kind) {
    case Wish::Kind::slots:
      bus.slots_changed(now);
      tell_ownership(now);
      break;
    case Wish::Kind::meet: bus.meet(now, wish.server); break;
    case Wish::Kind::forget: bus.forget(now, bus.id_of(wish.node)); break;
    case Wish::Kind::replicate: bus.replicate(now, bus.id_of(wish.node)); break;
    case Wish::Kind::fail_over: bus.fail_over(now, failover_of(wish.failover)); break;
    case Wish::Kind::reset:
      bus.reset(now, wish.reset == redis::ResetKind::hard ? cluster::ResetKind::hard : cluster::ResetKind::soft);
      break;
  }
}

void ClusterNode::meet(std::string_view host, std::uint16_t port) {
  for (std::uint32_t node = 0; node < nodes_; ++node) {  // an administrator's command: rare
    const ServerIndex server = server_index(node);
    if (parts_.directory.host(server) == host && parts_.directory.port(server) == port) {
      wishes_.push_back({.kind = Wish::Kind::meet, .server = server});
    }
  }
}

std::string ClusterNode::import_key(const redis::MovingKey& key, redis::Server::IfPresent if_present, Instant now) {
  const NodeReporter::Scope scope(parts_.reporter, ChangeOrigin::moved_in);
  return server().import_key(key, if_present, now);
}

void ClusterNode::finish_migration(std::span<const std::string> errors, std::string_view failure, Instant now) {
  const NodeReporter::Scope scope(parts_.reporter, ChangeOrigin::moved_out);
  server().finish_migration(errors, failure, now);
}

std::uint64_t ClusterNode::append(std::span<const ReplicatedChange> changes, std::uint64_t bytes) {
  if (member_->replication().is_replica()) {
    return member_->replication().offset();
  }
  std::uint64_t left = bytes;
  for (std::size_t position = 0; position < changes.size(); ++position) {
    const std::uint64_t share = std::max<std::uint64_t>(1, left / (changes.size() - position));
    left -= std::min(left, share);
    member_->feed(data_of(changes[position]), static_cast<std::uint32_t>(share));
    recent_changes_.push_back(member_->replication().offset());
    if (recent_changes_.size() > recent_changes_max) {
      recent_changes_.pop_front();
    }
    if (deposed_) {
      parts_.effects.note(ClusterEffect::lost_write);
    }
  }
  return member_->replication().offset();
}

void ClusterNode::turn_over() {
  const ServerIndex primary = member_->replication().primary();
  last_primary_ = primary == cluster::no_server ? last_primary_ : primary;
}

void ClusterNode::depose(std::uint64_t offset) {
  if (deposed_) {
    return;
  }
  deposed_ = true;
  for (auto change = recent_changes_.rbegin(); change != recent_changes_.rend() && *change > offset; ++change) {
    parts_.effects.note(ClusterEffect::lost_write);
  }
}

cluster::SnapshotPointer ClusterNode::snapshot() {
  cluster::Snapshot all;
  for (redis::StoredKey& key : server().snapshot()) {
    DataChange change;
    change.database = key.database;
    change.key = std::move(key.key);
    change.value = std::move(key.value);
    change.expires_at = key.expires_at;
    all.push_back(std::move(change));
  }
  return std::make_shared<const cluster::Snapshot>(std::move(all));
}

void ClusterNode::load(Instant now, const cluster::Snapshot& snapshot) {
  std::vector<redis::StoredKey> keys;
  keys.reserve(snapshot.size());
  for (const DataChange& change : snapshot) {
    keys.push_back({change.database, change.key, change.value, change.expires_at});
  }
  {
    const NodeReporter::Scope scope(parts_.reporter, ChangeOrigin::discarded);
    server().begin_loading(now);
  }
  const NodeReporter::Scope scope(parts_.reporter, ChangeOrigin::loaded);
  server().finish_loading(keys, now);
}

void ClusterNode::apply(Instant now, const DataChange& change) {
  const NodeReporter::Scope scope(parts_.reporter, ChangeOrigin::replicated);
  const std::array<ReplicatedChange, 1> changes{change_of(change)};
  server().apply(changes, now);
}

bool ClusterNode::holds_keys() const {
  for (std::uint16_t slot = 0; slot < redis::slot_count; ++slot) {
    if (server().keys_in_slot(slot) > 0) {
      return true;
    }
  }
  return false;
}

void ClusterNode::drop_keys_in(Instant now, std::span<const cluster::Slot> slots) {
  const NodeReporter::Scope scope(parts_.reporter, ChangeOrigin::dropped);
  for (const cluster::Slot slot : slots) {
    server().drop_slot_keys(slot, now);
  }
}

void ClusterNode::flush(Instant now) {
  const NodeReporter::Scope scope(parts_.reporter, ChangeOrigin::discarded);
  server().load({}, now);
}

void ClusterNode::view_changed(Instant now) {
  server().slots_changed(now);
  tell_ownership(now);
}

void ClusterNode::become_replica(Instant now) {
  deposed_ = false;
  recent_changes_.clear();
  server().become_replica(now);
  if (ClusterObserver* observer = parts_.reporter.observer()) {
    observer->on_role(now, index_, ClusterObserver::Role::replica);
  }
}

void ClusterNode::become_primary(Instant now) {
  promoted_over_ = last_primary_;
  deposed_ = false;
  server().become_primary(now);
  if (ClusterObserver* observer = parts_.reporter.observer()) {
    observer->on_role(now, index_, ClusterObserver::Role::primary);
  }
}

void ClusterNode::tell_ownership(Instant now) {
  ClusterObserver* observer = parts_.reporter.observer();
  if (observer == nullptr) {
    return;
  }
  const redis::ClusterView& view = this->view();
  const std::uint64_t epoch = view.nodes[redis::itself].config_epoch;
  const bool renewed = epoch != owned_epoch_;
  owned_epoch_ = epoch;
  for (std::uint32_t slot = 0; slot < redis::slot_count;) {
    const auto changed = [&](std::uint32_t which) {
      const bool owns = view.owns(static_cast<std::uint16_t>(which));
      return owns != owned_[which] || (owns && renewed);
    };
    const std::uint32_t first = slot;
    const bool owns = view.owns(static_cast<std::uint16_t>(first));
    while (slot < redis::slot_count && changed(slot) && view.owns(static_cast<std::uint16_t>(slot)) == owns) {
      owned_[slot++] = owns;
    }
    if (slot == first) {
      ++slot;
      continue;
    }
    observer->on_ownership(now, index_, {static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(slot - 1)},
                           owns ? ClusterObserver::Belief::owns : ClusterObserver::Belief::does_not, epoch);
  }
  if (state_told_ != view.ok) {
    state_told_ = view.ok;
    observer->on_state(now, index_, view.ok);
  }
}

void ClusterNode::refresh_facts(Instant now) {
  const cluster::Replication& replication = member_->replication();
  redis::ReplicationFacts facts;
  facts.offset = replication.offset();
  for (const cluster::Replication::Attached& replica : replication.replicas()) {
    facts.replicas.push_back({std::string(parts_.directory.host(replica.server)), parts_.directory.port(replica.server),
                              replica.acknowledged, replica.online});
  }
  if (replication.is_replica()) {
    using Link = redis::ReplicationFacts::Link;
    constexpr std::array<Link, 5> links = {Link::connected, Link::connect, Link::connecting, Link::sync,
                                           Link::connected};  // by ReplicaState
    facts.primary_host = parts_.directory.host(replication.primary());
    facts.primary_port = parts_.directory.port(replication.primary());
    facts.link = links[static_cast<std::size_t>(replication.state())];
  }
  server().set_replication_facts(std::move(facts), now);
}

std::uint64_t ClusterNode::decide(cluster::BusChoice choice, std::uint64_t ordinal, std::uint64_t bound) {
  switch (choice) {
    case cluster::BusChoice::random_ping: return parts_.decider.decide(site::bus_ping, index_, ordinal, bound);
    case cluster::BusChoice::gossip: return parts_.decider.decide(site::bus_gossip, index_, ordinal, bound);
    case cluster::BusChoice::election_delay: return parts_.decider.decide(site::election, index_, ordinal, bound);
  }
  return 0;
}

}  // namespace trackside::sim

// See cluster_node.hpp.
#include "sim/cluster_node.hpp"

#include <algorithm>
#include <array>

#include "sim/kernel/sites.hpp"
#include "sim/layout.hpp"

namespace trackside::sim {
namespace {

using redis::NodeIndex;
using redis::ReplicatedChange;

constexpr std::size_t recent_changes_max = 4'096;

/// A node's view begins with itself; the others follow in order.
NodeIndex position_in_view(std::uint32_t self, std::uint32_t node) {
  return static_cast<NodeIndex>(node == self ? 0 : node < self ? node + 1 : node);
}

/// A cluster that has lived for long: everybody knows everybody, and each primary has a config epoch of its own.
void fill(redis::ClusterView& view, const ClusterSetup& setup, const cluster::Directory& directory,
          std::uint32_t self) {
  view.nodes.resize(setup.members());
  for (std::uint32_t node = 0; node < setup.members(); ++node) {
    redis::KnownNode& known = view.nodes[position_in_view(self, node)];
    known.id = cluster::digits_of(cluster::node_id(server_index(node)));
    known.host = directory.host(server_index(node));
    known.port = directory.port(server_index(node));
    const bool primary = node < setup.primaries;
    known.primary = primary ? redis::no_node : position_in_view(self, primary_of(setup, node));
    known.config_epoch = primary_of(setup, node) + 1;
  }
  for (std::uint32_t primary = 0; primary < setup.primaries; ++primary) {
    const std::uint32_t end = first_slot(setup, primary + 1);
    for (std::uint32_t slot = first_slot(setup, primary); slot < end; ++slot) {
      view.owner.set(slot, position_in_view(self, primary));
    }
  }
  view.current_epoch = setup.primaries;
  view.ok = true;
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
    fill(view, setup, parts_.directory, node);
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
  if (ClusterObserver* observer = parts_.reporter.observer()) {
    tell_openings(now, *observer);
  }
  return any;
}

void ClusterNode::do_wish(const Wish& wish, Instant now) {
  cluster::BusNode& bus = member_->bus();
  switch (wish.kind) {
    case Wish::Kind::slots:
      bus.slots_changed(now, wish.announce);
      tell_ownership(now);
      break;
    case Wish::Kind::meet: bus.meet(now, wish.server); break;
    case Wish::Kind::forget: bus.forget(now, bus.id_of(wish.node)); break;
    case Wish::Kind::replicate: bus.replicate(now, bus.id_of(wish.node)); break;
    case Wish::Kind::fail_over: bus.fail_over(now, wish.failover); break;
    case Wish::Kind::reset: bus.reset(now, wish.reset); break;
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
  member_->feed(changes, bytes);
  recent_changes_.push_back(member_->replication().offset());
  if (recent_changes_.size() > recent_changes_max) {
    recent_changes_.pop_front();
  }
  if (deposed_) {
    parts_.effects.note(ClusterEffect::lost_write);
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
  return std::make_shared<const cluster::Snapshot>(server().snapshot());
}

void ClusterNode::load(Instant now, const cluster::Snapshot& snapshot) {
  {
    const NodeReporter::Scope scope(parts_.reporter, ChangeOrigin::discarded);
    server().begin_loading(now);
  }
  const NodeReporter::Scope scope(parts_.reporter, ChangeOrigin::loaded);
  server().finish_loading(snapshot, now);
}

void ClusterNode::apply(Instant now, std::span<const ReplicatedChange> changes) {
  const NodeReporter::Scope scope(parts_.reporter, ChangeOrigin::replicated);
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
  const std::uint64_t own_epoch = view.nodes[redis::itself].config_epoch;
  const bool renewed = std::exchange(told_epoch_, own_epoch) != own_epoch;
  const bool changed = std::exchange(told_changes_, view.owner.changes()) != view.owner.changes();
  const auto is_news = [&](std::uint32_t slot) {
    const bool owns = view.owner[slot] == redis::itself;
    return static_cast<bool>(static_cast<int>(owns != owned_[slot]) | static_cast<int>(owns && renewed));
  };
  constexpr std::uint32_t block = 64;  // mostly all of them are as they were, which is found out together
  const auto is_no_news = [&](std::uint32_t first) {
    bool any = false;
    for (std::uint32_t slot = first; slot < first + block; ++slot) {
      any |= is_news(slot);
    }
    return !any;
  };
  for (std::uint32_t slot = 0; slot < redis::slot_count && (renewed || changed); ++slot) {
    if (slot % block == 0 && is_no_news(slot)) {
      slot += block - 1;
      continue;
    }
    if (!is_news(slot)) {
      continue;
    }
    const NodeIndex owner = view.owner[slot];
    const auto first = static_cast<std::uint16_t>(slot);
    owned_[slot] = owner == redis::itself;
    while (slot + 1 < redis::slot_count && view.owner[slot + 1] == owner && is_news(slot + 1)) {
      owned_[++slot] = owner == redis::itself;
    }
    observer->on_ownership(now, index_, {first, static_cast<std::uint16_t>(slot)},
                           owner == redis::itself ? ClusterObserver::Belief::owns : ClusterObserver::Belief::does_not,
                           owner == redis::no_node ? 0 : view.nodes[owner].config_epoch);
  }
  if (state_told_ != view.ok) {
    state_told_ = view.ok;
    observer->on_state(now, index_, view.ok);
  }
}

void ClusterNode::tell_openings(Instant now, ClusterObserver& observer) {
  std::map<cluster::Slot, ClusterObserver::Opening> openings;
  for (const auto& [slot, to] : view().migrating_to) {
    openings.emplace(slot, ClusterObserver::Opening::migrating);
  }
  for (const auto& [slot, from] : view().importing_from) {
    // A slot that was taken from it while it moved elsewhere is still marked so, which counts for owners alone.
    if (view().owner[slot] != redis::itself) {
      openings.insert_or_assign(slot, ClusterObserver::Opening::importing);
    }
  }
  for (const auto& [slot, told] : openings_told_) {
    if (!openings.contains(slot)) {
      observer.on_opening(now, index_, slot, ClusterObserver::Opening::closed);
    }
  }
  for (const auto& [slot, opening] : openings) {
    const auto told = openings_told_.find(slot);
    if (told == openings_told_.end() || told->second != opening) {
      observer.on_opening(now, index_, slot, opening);
    }
  }
  openings_told_ = std::move(openings);
}

void ClusterNode::refresh_facts(Instant now) {
  redis::ReplicationFacts facts;
  bring_up_to_date(facts);
  server().set_replication_facts(std::move(facts), now);
}

void ClusterNode::bring_up_to_date(redis::ReplicationFacts& facts) const {
  const cluster::Replication& replication = member_->replication();
  facts = {.history = static_cast<std::uint64_t>(replication.id()), .offset = replication.offset()};
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

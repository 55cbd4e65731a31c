// See cluster_nodes.hpp.
#include "sim/cluster_nodes.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/kernel/sites.hpp"
#include "sim/layout.hpp"

namespace trackside::sim {
namespace {

constexpr Instant tick_period = cluster::Member::tick_period;
constexpr Instant patience = 10 * millisecond;  // between looks at a target that MIGRATE cannot reach now

}  // namespace

ClusterNodes::ClusterNodes(Parts parts, const ClusterSetup& setup)
    : parts_(parts),
      addresses_(parts.addresses.begin(), parts.addresses.end()),
      links_(parts.scheduler, parts.decider, parts.effects, *this, parts.ports.size()),
      transfers_(parts.ports.size()),
      processes_(parts.ports.size()),
      tick_waits_(parts.ports.size()) {
  parts_.scheduler.handle(
      EventKind::cluster_tick, [](void* self, const Event& event) { static_cast<ClusterNodes*>(self)->on_tick(event); },
      this);
  parts_.scheduler.handle(
      EventKind::key_transfer,
      [](void* self, const Event& event) { static_cast<ClusterNodes*>(self)->on_key_transfer(event); }, this);
  for (std::uint32_t index = 0; index < parts.ports.size(); ++index) {
    ServerPort& port = *parts_.ports[index];
    nodes_.push_back(std::make_unique<ClusterNode>(
        ClusterNode::Parts{parts_.decider, parts_.effects, port, *parts_.reporters[index], *this}, setup, index));
    port.tell_turns_to(*this);
    post_tick(index, 0);
  }
}

/// The first tick of a process comes at any moment of the period.
void ClusterNodes::post_tick(std::uint32_t node, Instant at) {
  const auto phase = static_cast<Instant>(
      parts_.decider.decide(site::tick_phase, node, processes_[node], static_cast<std::uint64_t>(tick_period - 1)));
  parts_.scheduler.post(at + 1 + phase, EventKind::cluster_tick, node, processes_[node]);
}

void ClusterNodes::on_tick(const Event& event) {
  const std::uint32_t index = event.entity;
  const Instant ready = ready_at(server_index(index));
  if (event.argument != processes_[index] || parts_.ports[index]->down()) {
    return;
  }
  if (ready == end_of_time) {
    tick_waits_[index] = true;
  } else if (ready > event.at) {
    parts_.scheduler.post(ready, event.kind, index, event.argument);
  } else {
    nodes_[index]->tick(event.at);
    settle(index);
    parts_.scheduler.post(event.at + tick_period, event.kind, index, event.argument);
  }
}

Instant ClusterNodes::ready_at(ServerIndex at) const {
  ServerPort& port = *parts_.ports[static_cast<std::size_t>(at)];
  return !port.running() || port.server().migrating() ? end_of_time : port.busy_until();
}

bool ClusterNodes::listening(ServerIndex at) const { return !parts_.ports[static_cast<std::size_t>(at)]->down(); }

void ClusterNodes::on_open(ServerIndex at, LinkId link) {
  nodes_[number_of(at)]->member().on_open(parts_.scheduler.now(), link);
  settle(number_of(at));
}

void ClusterNodes::on_message(ServerIndex at, LinkId link, MessageSlot message) {
  ClusterNode& node = *nodes_[number_of(at)];
  const Instant now = parts_.scheduler.now();
  if (link.purpose == LinkPurpose::bus) {
    const cluster::BusMessage said = bus_messages_.take(message);
    node.member().on_message(now, link, said);
  } else {
    const cluster::ReplicationMessage said = replication_messages_.take(message);
    node.member().on_message(now, link, said);
    if (std::holds_alternative<cluster::StreamAck>(said)) {
      node.refresh_facts(now);  // somebody may WAIT for it
    }
  }
  settle(number_of(at));
}

void ClusterNodes::on_closed(ServerIndex at, LinkId link) {
  nodes_[number_of(at)]->member().on_closed(parts_.scheduler.now(), link);
  settle(number_of(at));
}

void ClusterNodes::on_lost(LinkId link, MessageSlot message) {
  if (link.purpose == LinkPurpose::bus) {
    bus_messages_.take(message);
  } else {
    replication_messages_.take(message);
  }
}

void ClusterNodes::on_turn_over(ServerIndex server) {
  ClusterNode& node = *nodes_[number_of(server)];
  const bool changed = node.do_wishes(parts_.scheduler.now());
  carry_all(node);
  if (changed) {
    settle(number_of(server));
  } else if (auto keys = node.take_migration()) {
    start_transfer(number_of(server), std::move(*keys));
  }
}

void ClusterNodes::settle(std::uint32_t index) {
  ClusterNode& node = *nodes_[index];
  node.turn_over();
  node.do_wishes(parts_.scheduler.now());
  carry_all(node);
  if (auto keys = node.take_migration()) {
    start_transfer(index, std::move(*keys));
  }
  note_promotion(node);
  node.port().settle();
}

template <class Message>
void ClusterNodes::carry(ServerIndex self, cluster::Outbox<Message>& outbox, MessagePool<Message>& pool) {
  std::vector<cluster::LinkAction<Message>>* actions = nullptr;
  if constexpr (std::is_same_v<Message, cluster::BusMessage>) {
    actions = &bus_actions_;
  } else {
    actions = &replication_actions_;
  }
  outbox.take(*actions);
  for (cluster::LinkAction<Message>& action : *actions) {
    switch (action.verb) {
      case cluster::LinkVerb::open: links_.open(action.link, action.server); break;
      case cluster::LinkVerb::send: links_.send(action.link, self, pool.put(std::move(action.message))); break;
      case cluster::LinkVerb::close: links_.close(action.link, self); break;
    }
  }
  actions->clear();
}

void ClusterNodes::carry_all(ClusterNode& node) {
  const ServerIndex self = server_index(node.index());
  carry(self, node.member().bus().outbox(), bus_messages_);
  carry(self, node.member().replication().outbox(), replication_messages_);
}

void ClusterNodes::note_promotion(ClusterNode& node) {
  const std::optional<ServerIndex> over = node.take_promotion();
  const auto& owners = node.view().owner;
  if (!over || std::find(owners.begin(), owners.end(), redis::itself) == owners.end()) {
    return;
  }
  parts_.effects.note(ClusterEffect::failover);
  if (*over != cluster::no_server && nodes_[number_of(*over)]->is_primary()) {
    nodes_[number_of(*over)]->depose(node.member().replication().offset());
  }
}

void ClusterNodes::crash(std::uint32_t node) {
  ++processes_[node];
  tick_waits_[node] = false;
  transfers_[node] = Transfer{.step = transfers_[node].step + 1};
  links_.crash(server_index(node));
}

void ClusterNodes::start_again(std::uint32_t node) {
  nodes_[node]->restart(parts_.scheduler.now());
  post_tick(node, parts_.scheduler.now());
  settle(node);
}

void ClusterNodes::thaw(std::uint32_t node) {
  links_.thaw(server_index(node));
  if (tick_waits_[node]) {
    tick_waits_[node] = false;
    parts_.scheduler.post(parts_.scheduler.now(), EventKind::cluster_tick, node, processes_[node]);
  }
}

// ---- MIGRATE

Instant ClusterNodes::transfer_latency(ServerIndex from, ServerIndex to) {
  const std::uint64_t entity = (static_cast<std::uint64_t>(from) << 32) | static_cast<std::uint64_t>(to);
  const auto now = static_cast<std::uint64_t>(parts_.scheduler.now());
  const auto decided = parts_.decider.decide(site::key_transfer, entity, now, links_.latency_bound());
  return ServerLinks::base_latency + static_cast<Instant>(decided);
}

void ClusterNodes::start_transfer(std::uint32_t source, redis::Migration keys) {
  Transfer& transfer = transfers_[source];
  const Instant timeout = keys.timeout;
  const auto found = std::find(addresses_.begin(), addresses_.end(), Address{keys.host, keys.port});
  transfer = {.keys = std::move(keys),
              .target = server_index(static_cast<std::uint32_t>(found - addresses_.begin())),
              .given_up_at = parts_.scheduler.now() + timeout,
              .step = transfer.step,
              .under_way = true};
  if (found == addresses_.end()) {
    transfer.target = server_index(source);  // nobody's address: the connection is refused
  }
  continue_transfer(source, transfer_latency(server_index(source), transfer.target));
}

void ClusterNodes::continue_transfer(std::uint32_t source, Instant delay) {
  parts_.scheduler.post(parts_.scheduler.now() + delay, EventKind::key_transfer, source, ++transfers_[source].step);
}

void ClusterNodes::on_key_transfer(const Event& event) {
  const std::uint32_t source = event.entity;
  Transfer& transfer = transfers_[source];
  if (!transfer.under_way || event.argument != transfer.step) {
    return;
  }
  const ServerIndex self = server_index(source);
  ServerPort& target = *parts_.ports[number_of(transfer.target)];
  if (!transfer.answered && (target.down() || transfer.target == self)) {
    finish_transfer(source, "IOERR error or timeout connecting to the client");
    return;
  }
  const bool cut = transfer.answered ? links_.cut(transfer.target, self) : links_.cut(self, transfer.target);
  const bool stopped = transfer.answered ? parts_.ports[source]->frozen() : ready_at(transfer.target) == end_of_time;
  if (cut || stopped) {
    if (event.at >= transfer.given_up_at && !parts_.ports[source]->frozen()) {
      finish_transfer(source, "IOERR error or timeout reading to target instance");
    } else {
      continue_transfer(source, patience);
    }
  } else if (transfer.answered) {
    finish_transfer(source, {});
  } else {
    const auto if_present =
        transfer.keys.replace ? redis::Server::IfPresent::replace : redis::Server::IfPresent::refuse;
    for (const redis::MovingKey& key : transfer.keys.keys) {
      transfer.errors.push_back(nodes_[number_of(transfer.target)]->import_key(key, if_present, event.at));
    }
    transfer.answered = true;
    settle(number_of(transfer.target));
    continue_transfer(source, transfer_latency(transfer.target, self));
  }
}

void ClusterNodes::finish_transfer(std::uint32_t source, std::string_view failure) {
  const std::vector<std::string> errors =
      failure.empty() ? std::exchange(transfers_[source].errors, {}) : std::vector<std::string>{};
  transfers_[source].under_way = false;
  nodes_[source]->finish_migration(errors, failure, parts_.scheduler.now());
  settle(source);
  thaw(source);
}

// ---- for checks

std::string ClusterNodes::disagreement() const {
  // Positions differ from view to view; servers do not.
  const auto servers_in = [](const redis::ClusterView& view) {
    std::vector<ServerIndex> servers;
    for (const redis::KnownNode& node : view.nodes) {
      servers.push_back(cluster::server_of(cluster::parse_digits(node.id)));
    }
    return servers;
  };
  const redis::ClusterView* first = nullptr;
  std::vector<ServerIndex> servers_in_first;
  for (const auto& node : nodes_) {
    const redis::ClusterView& view = node->view();
    if (!node->knows_others() && nodes_.size() > 1) {
      continue;
    }
    const std::vector<ServerIndex> servers = servers_in(view);
    if (first == nullptr) {
      first = &view;
      servers_in_first = servers;
    }
    if (!view.ok) {
      return fmt::format("node {} finds the cluster down", node->index());
    }
    if (!view.migrating_to.empty() || !view.importing_from.empty()) {
      return fmt::format("node {} has open slots", node->index());
    }
    // As far as all slots have the same owner, by this one and by the first, they are alike.
    for (std::size_t slot = 0; slot < redis::slot_count;
         slot = std::min(view.owner.last_alike(slot), first->owner.last_alike(slot)) + 1) {
      if (view.owner[slot] == redis::no_node) {
        return fmt::format("node {} knows no owner of slot {}", node->index(), slot);
      }
      const ServerIndex owner = servers[view.owner[slot]];
      // The first one's owners are all known: it was looked at first.
      if (owner != servers_in_first[first->owner[slot]]) {
        return fmt::format("node {} takes node {} for the owner of slot {}", node->index(), number_of(owner), slot);
      }
      if (!nodes_[number_of(owner)]->is_primary()) {
        return fmt::format("node {}, who owns slot {}, is no primary", number_of(owner), slot);
      }
    }
  }
  return first != nullptr ? "" : "nobody knows anybody";
}

}  // namespace trackside::sim

// MOVED, ASK, TRYAGAIN, CROSSSLOT, CLUSTERDOWN: the checks of a request's keys, in the real server's order.
//
//   each key   -> slot unbound -> other slot than the first's -> counted as here or missing if the slot is open
//   then       -> cluster down -> MIGRATE of an open slot: served -> migrating and missing: ASK or TRYAGAIN
//              -> importing and ASKING: served or TRYAGAIN -> own primary's slot and READONLY: served -> MOVED
//
// Looking a key up here deletes nothing: an expired one counts as missing, and nobody is told.
#include "sim/redis/redirection.hpp"

#include <fmt/format.h>

#include "seam/mark.hpp"
#include "sim/redis/command_keys.hpp"
#include "sim/redis/node.hpp"

namespace trackside::sim::redis {
namespace {

/// Where the slot stands open, and for what.
struct Opening {
  bool migrating = false;
  bool importing = false;
};

Opening opening_of(const ClusterView& view, std::uint16_t slot) {
  const bool migrating = view.owns(slot) && view.migrating_to.contains(slot);
  return {migrating, !migrating && view.importing_from.contains(slot)};
}

Refusal refusal_while_down(const Query& query, const ClusterView& view) {
  if (view.ok || query.channels) return Refusal::none;
  if (!view.reads_when_down) return Refusal::down;
  return query.write ? Refusal::down_for_writes : Refusal::none;
}

}  // namespace

std::string text_of(const Route& route, const ClusterView& view) {
  const auto named = [&](std::string_view what) {
    const KnownNode& node = view.nodes[route.to];
    return fmt::format("{} {} {}:{}", what, route.slot, node.host, node.port);
  };
  switch (route.refusal) {
    case Refusal::none: break;
    case Refusal::cross_slot: return "CROSSSLOT Keys in request don't hash to the same slot";
    case Refusal::try_again: return "TRYAGAIN Multiple keys request during rehashing of slot";
    case Refusal::ask: return named("ASK");
    case Refusal::moved: return named("MOVED");
    case Refusal::unbound: return "CLUSTERDOWN Hash slot not served";
    case Refusal::down: return "CLUSTERDOWN The cluster is down";
    case Refusal::down_for_writes: return "CLUSTERDOWN The cluster is down and only accepts read commands";
  }
  return {};
}

Route Node::route(const Query& query) {
  if (query.keys.empty()) return {};
  const std::string_view first = query.keys.front();
  const std::uint16_t slot = resp::slot_of(first);
  const NodeIndex owner = cluster->owner[slot];
  TRACKSIDE_MARK_IF(slot_without_an_owner, owner == no_node);
  if (owner == no_node) return {Refusal::unbound, slot};
  const Opening open = opening_of(*cluster, slot);
  std::size_t present = 0;
  bool several = false;
  for (const std::string_view key : query.keys) {
    if (key != first && resp::slot_of(key) != slot) return {Refusal::cross_slot, slot};
    several = several || key != first;
    if (open.migrating || open.importing) present += visible(key) ? 1 : 0;
  }
  const bool missing = present != query.keys.size() && !query.channels;

  if (const Refusal down = refusal_while_down(query, *cluster); down != Refusal::none) return {down, slot};
  if ((open.migrating || open.importing) && query.moves_keys) return {};
  TRACKSIDE_MARK_IF(some_keys_of_request_have_moved, open.migrating && missing && present != 0);
  TRACKSIDE_MARK_IF(key_of_open_slot_has_moved, open.migrating && missing && present == 0);
  if (open.migrating && missing)
    return present != 0 ? Route{Refusal::try_again, slot} : Route{Refusal::ask, slot, cluster->migrating_to.at(slot)};
  TRACKSIDE_MARK_IF(importer_lacks_a_key, open.importing && query.asking && several && missing);
  if (open.importing && query.asking) return several && missing ? Route{Refusal::try_again, slot} : Route{};
  const bool of_own_primary = !cluster->nodes[itself].is_primary() && cluster->nodes[itself].primary == owner;
  const bool reads = !query.write && !query.writes_later;
  TRACKSIDE_MARK_IF(replica_served_a_read, of_own_primary && reads && query.read_only);
  if (of_own_primary && reads && (query.read_only || query.channels)) return {};
  return owner == itself ? Route{} : Route{Refusal::moved, slot, owner};
}

bool Node::visible(std::string_view key) {
  const Item item = keyspace.find(0, key);
  return item && !item->expired_at(unix_milliseconds());
}

Route Node::route_of(const Session& session, const CommandSpec& command, Arguments arguments) {
  routed_keys_.clear();
  Query query{.keys = {},
              .channels = command.has(flag_shard_channels),
              .write = command.has(flag_write),
              .moves_keys = command.name == "migrate",
              .asking = session.asking,
              .read_only = session.read_only};
  if (command.name != "exec") {
    add_keys(command, arguments, routed_keys_);
  } else if (session.transaction.open) {
    // The queue's arguments stay where they are.
    for (const QueuedCommand& queued : session.transaction.queue) {
      queued.arguments.view(queued_arguments_);
      add_keys(*queued.command, queued_arguments_, routed_keys_);
      query.writes_later = query.writes_later || queued.command->has(flag_write);
    }
  }
  query.keys = routed_keys_;
  return route(query);
}

std::string_view Node::script_objection(const Session& session, const CommandSpec& command, Arguments arguments) {
  if (replica && command.has(flag_write)) return "READONLY You can't write against a read only replica.";
  if (cluster == nullptr) return {};
  switch (route_of(session, command, arguments).refusal) {
    case Refusal::none: return {};
    case Refusal::down: return "ERR Script attempted to execute a command while the cluster is down";
    case Refusal::down_for_writes:
      return "ERR Script attempted to execute a write command while the cluster is down and readonly";
    case Refusal::cross_slot:
    case Refusal::try_again:
    case Refusal::ask:
    case Refusal::moved:
    case Refusal::unbound: return "ERR Script attempted to access a non local key in a cluster node";
  }
  return {};
}

Route Node::route_of_blocked(const Session& session) const {
  if (session.blocked.keys.empty()) return {};
  if (!cluster->ok) return {Refusal::down};
  const std::uint16_t slot = resp::slot_of(session.blocked.keys.front());
  const NodeIndex owner = cluster->owner[slot];
  if (owner == itself || cluster->importing_from.contains(slot)) return {};
  return owner == no_node ? Route{Refusal::unbound, slot} : Route{Refusal::moved, slot, owner};
}

}  // namespace trackside::sim::redis

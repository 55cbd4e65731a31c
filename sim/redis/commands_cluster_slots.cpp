// CLUSTER about slots: whose they are, which keys they have, and giving them away.
//
// Every slot that changes hands passes `give_slot`, so that shard subscriptions end in the middle of the command, as in
// the real server. Whoever keeps the cluster's state hears of it by `view_changed`.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

using Announce = ClusterRequests::Announce;

/// Answers the error and gives nothing if the argument is no slot.
std::optional<std::uint16_t> slot_argument(Context& context, std::size_t index) {
  const std::optional<std::int64_t> slot = parse_integer(context.argument(index));
  if (slot && *slot >= 0 && *slot < slot_count) return static_cast<std::uint16_t>(*slot);
  context.reply.error("ERR Invalid or out of range slot");
  return {};
}

/// Slots that a command names, each once.
using SlotSet = std::vector<bool>;

/// Whether the slot is named for the first time, and is free (to be added) or assigned (to be deleted); answers why
/// not.
bool take_up(Context& context, SlotSet& slots, std::uint16_t slot, NodeIndex new_owner) {
  const bool assigned = context.node.cluster->owner[slot] != no_node;
  std::string error;
  if (new_owner == no_node && !assigned) error = fmt::format("ERR Slot {} is already unassigned", slot);
  else if (new_owner != no_node && assigned) error = fmt::format("ERR Slot {} is already busy", slot);
  else if (slots[slot]) error = fmt::format("ERR Slot {} specified multiple times", slot);
  if (!error.empty()) context.reply.error(error);
  slots[slot] = true;
  return error.empty();
}

void assign(Context& context, const SlotSet& slots, NodeIndex owner) {
  for (std::uint16_t slot = 0; slot < slot_count; ++slot) {
    if (!slots[slot]) continue;
    context.node.cluster->importing_from.erase(slot);
    context.node.give_slot(slot, owner);
  }
  context.node.view_changed(Announce::later);
  context.reply.ok();
}

void assign_listed(Context& context, NodeIndex owner) {
  std::vector<std::uint16_t> listed;
  for (std::size_t index = 2; index < context.argument_count(); ++index) {
    const std::optional<std::uint16_t> slot = slot_argument(context, index);
    if (!slot) return;
    listed.push_back(*slot);
  }
  SlotSet slots(slot_count);
  for (const std::uint16_t slot : listed)
    if (!take_up(context, slots, slot, owner)) return;
  assign(context, slots, owner);
}

void assign_ranges(Context& context, NodeIndex owner) {
  if (context.argument_count() % 2 != 0) return context.reply.error(arity_error(context.command));
  SlotSet slots(slot_count);
  for (std::size_t index = 2; index < context.argument_count(); index += 2) {
    const std::optional<std::uint16_t> first = slot_argument(context, index);
    if (!first) return;
    const std::optional<std::uint16_t> last = slot_argument(context, index + 1);
    if (!last) return;
    if (*first > *last)
      return context.reply.error(
          fmt::format("ERR start slot number {} is greater than end slot number {}", *first, *last));
    for (std::uint16_t slot = *first; slot <= *last; ++slot)
      if (!take_up(context, slots, slot, owner)) return;
  }
  assign(context, slots, owner);
}

/// The node of SETSLOT's last argument; answers `unknown` with its name, or that it is no primary, and gives nothing.
std::optional<NodeIndex> primary_argument(Context& context, std::string_view unknown) {
  const ClusterView& view = *context.node.cluster;
  const NodeIndex node = view.find(context.argument(4));
  if (node == no_node) context.reply.error(fmt::format("ERR {} {}", unknown, context.argument(4)));
  else if (!view.nodes[node].is_primary()) context.reply.error("ERR Target node is not a master");
  else return node;
  return {};
}

void open_for_migration(Context& context, std::uint16_t slot) {
  ClusterView& view = *context.node.cluster;
  if (!view.owns(slot)) return context.reply.error(fmt::format("ERR I'm not the owner of hash slot {}", slot));
  const std::optional<NodeIndex> target = primary_argument(context, "I don't know about node");
  if (!target) return;
  view.migrating_to[slot] = *target;
  context.reply.ok();
}

void open_for_import(Context& context, std::uint16_t slot) {
  ClusterView& view = *context.node.cluster;
  if (view.owns(slot)) return context.reply.error(fmt::format("ERR I'm already the owner of hash slot {}", slot));
  const std::optional<NodeIndex> source = primary_argument(context, "I don't know about node");
  if (!source) return;
  view.importing_from[slot] = *source;
  context.reply.ok();
}

void close_slot(Context& context, std::uint16_t slot) {
  context.node.cluster->migrating_to.erase(slot);
  context.node.cluster->importing_from.erase(slot);
  context.reply.ok();
}

void give_to_node(Context& context, std::uint16_t slot) {
  ClusterView& view = *context.node.cluster;
  const std::optional<NodeIndex> target = primary_argument(context, "Unknown node");
  if (!target) return;
  const bool was_own = view.owns(slot);
  const bool has_keys = context.node.keyspace.slots().count(slot) != 0;
  if (was_own && *target != itself && has_keys)
    return context.reply.error(fmt::format(
        "ERR Can't assign hashslot {} to a different node while I still hold keys for this hash slot.", slot));
  if (!has_keys) view.migrating_to.erase(slot);
  context.node.give_slot(slot, *target);
  const bool imported = *target == itself && view.importing_from.erase(slot) != 0;
  if (imported) context.node.bump_epoch();
  context.node.view_changed(imported ? Announce::at_once : Announce::later);
  const bool owns_any = view.owner.count(itself) != 0;
  if (was_own && *target != itself && !owns_any && context.node.requests != nullptr)
    context.node.requests->replicate(*target);
  context.reply.ok();
}

}  // namespace

void cluster_addslots(Context& context) { assign_listed(context, itself); }
void cluster_delslots(Context& context) { assign_listed(context, no_node); }
void cluster_addslotsrange(Context& context) { assign_ranges(context, itself); }
void cluster_delslotsrange(Context& context) { assign_ranges(context, no_node); }

void cluster_flushslots(Context& context) {
  if (!context.node.keyspace.database(0).empty())
    return context.reply.error("ERR DB must be empty to perform CLUSTER FLUSHSLOTS.");
  ClusterView& view = *context.node.cluster;
  for (std::uint16_t slot = 0; slot < slot_count; ++slot)
    if (view.owns(slot)) context.node.give_slot(slot, no_node);
  context.node.view_changed(Announce::later);
  context.reply.ok();
}

void cluster_setslot(Context& context) {
  if (!context.node.cluster->nodes[itself].is_primary())
    return context.reply.error("ERR You can use SETSLOT only with masters.");
  const std::optional<std::uint16_t> slot = slot_argument(context, 2);
  if (!slot) return;
  const bool names_node = context.argument_count() == 5;
  if (names_node && context.argument_is(3, "migrating")) return open_for_migration(context, *slot);
  if (names_node && context.argument_is(3, "importing")) return open_for_import(context, *slot);
  if (names_node && context.argument_is(3, "node")) return give_to_node(context, *slot);
  if (context.argument_count() == 4 && context.argument_is(3, "stable")) return close_slot(context, *slot);
  context.reply.error("ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP");
}

void cluster_bumpepoch(Context& context) {
  const bool bumped = context.node.bump_epoch();
  if (bumped) context.node.view_changed(Announce::later);
  context.reply.simple(
      fmt::format("{} {}", bumped ? "BUMPED" : "STILL", context.node.cluster->nodes[itself].config_epoch));
}

void cluster_keyslot(Context& context) { context.reply.integer(resp::slot_of(context.argument(2))); }

void cluster_countkeysinslot(Context& context) {
  const std::optional<std::int64_t> slot = context.integer(2);
  if (!slot) return;
  if (*slot < 0 || *slot >= slot_count) return context.reply.error("ERR Invalid slot");
  const std::size_t count = context.node.keyspace.slots().count(static_cast<std::uint16_t>(*slot));
  context.reply.integer(static_cast<std::int64_t>(count));
}

void cluster_getkeysinslot(Context& context) {
  const std::optional<std::int64_t> slot = context.integer(2);
  if (!slot) return;
  const std::optional<std::int64_t> count_max = context.integer(3);
  if (!count_max) return;
  if (*slot < 0 || *slot >= slot_count || *count_max < 0)
    return context.reply.error("ERR Invalid slot or number of keys");
  const std::vector<std::string> keys =
      context.node.keyspace.slots().youngest(static_cast<std::uint16_t>(*slot), static_cast<std::size_t>(*count_max));
  context.reply.array(keys.size());
  for (const std::string& key : keys) context.reply.bulk(key);
}

}  // namespace trackside::sim::redis::commands

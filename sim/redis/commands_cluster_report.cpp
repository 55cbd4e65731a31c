// CLUSTER INFO, NODES, SLOTS, SHARDS: the node's view in the real server's forms.
//
// Nodes come in the order in which this node came to know them, itself first; the real server's order is that of a hash
// table. A replica counts as available once it is known to have received anything.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

/// Calls `tell(first, last, owner)` for each run of neighbouring slots with one owner.
template <class Tell>
void for_each_range(const ClusterView& view, Tell tell) {
  for (std::size_t first = 0; first < slot_count;) {
    const NodeIndex owner = view.owner[first];
    const std::size_t last = view.owner.last_alike(first);
    if (owner != no_node) tell(static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last), owner);
    first = last + 1;
  }
}

std::string slots_text(const ClusterView& view, NodeIndex index) {
  std::string text;
  std::uint32_t left = view.owner.count(index);
  for (std::size_t first = 0; left != 0;) {
    const std::size_t last = view.owner.last_alike(first);
    if (view.owner[first] == index) {
      text += first == last ? fmt::format(" {}", first) : fmt::format(" {}-{}", first, last);
      left -= static_cast<std::uint32_t>(last - first + 1);
    }
    first = last + 1;
  }
  if (index != itself) return text;
  // Both lists together are in order of the slots; of a slot that is open in both directions only one is told.
  auto importing = view.importing_from.begin();
  const auto tell_imports_below = [&](std::size_t slot) {
    for (; importing != view.importing_from.end() && importing->first < slot; ++importing)
      text += fmt::format(" [{}-<-{}]", importing->first, view.nodes[importing->second].id);
  };
  for (const auto& [slot, target] : view.migrating_to) {
    tell_imports_below(slot);
    text += fmt::format(" [{}->-{}]", slot, view.nodes[target].id);
    if (importing != view.importing_from.end() && importing->first == slot) ++importing;
  }
  tell_imports_below(slot_count);
  return text;
}

std::string flags_of(const KnownNode& node, NodeIndex index) {
  std::string flags;
  if (index == itself) flags += "myself,";
  if (!node.in_handshake) flags += node.is_primary() ? "master," : "slave,";
  if (node.suspected && !node.failed) flags += "fail?,";
  if (node.failed) flags += "fail,";
  if (node.in_handshake) flags += "handshake,";
  flags.pop_back();
  return flags;
}

/// As Unix milliseconds; 0 stays 0.
std::int64_t shown_time(const Node& node, Instant at) {
  return at == 0 ? 0 : epoch_milliseconds + at / millisecond + node.clock_step_milliseconds;
}

std::uint64_t offset_of(const Node& node, NodeIndex index) {
  return index == itself ? node.replication_facts().offset : node.cluster->nodes[index].replication_offset;
}

bool is_available(const Node& node, NodeIndex replica) {
  return !node.cluster->nodes[replica].failed && offset_of(node, replica) != 0;
}

void write_slots_node(Context& context, NodeIndex index) {
  const KnownNode& node = context.node.cluster->nodes[index];
  context.reply.array(4);
  context.reply.bulk(node.host);
  context.reply.integer(node.port);
  context.reply.bulk(node.id);
  context.reply.map(0);
}

std::string_view health_of(const Node& node, NodeIndex index) {
  const KnownNode& known = node.cluster->nodes[index];
  if (known.failed || known.suspected) return "fail";
  return !known.is_primary() && offset_of(node, index) == 0 ? "loading" : "online";
}

void write_shard_node(Context& context, NodeIndex index) {
  const KnownNode& node = context.node.cluster->nodes[index];
  Reply& reply = context.reply;
  reply.map(7);
  reply.bulk("id");
  reply.bulk(node.id);
  reply.bulk("port");
  reply.integer(node.port);
  reply.bulk("ip");
  reply.bulk(node.host);
  reply.bulk("endpoint");
  reply.bulk(node.host);
  reply.bulk("role");
  reply.bulk(node.is_primary() ? "master" : "replica");
  reply.bulk("replication-offset");
  reply.integer(static_cast<std::int64_t>(offset_of(context.node, index)));
  reply.bulk("health");
  reply.bulk(health_of(context.node, index));
}

struct SlotCounts {
  std::uint32_t assigned = 0;
  std::uint32_t suspected = 0;
  std::uint32_t failed = 0;
  std::size_t primaries = 0;  // with slots
};

SlotCounts count_slots(const ClusterView& view) {
  SlotCounts counts;
  counts.assigned = slot_count - view.owner.unowned();
  for (std::size_t index = 0; index < view.nodes.size(); ++index) {
    const std::uint32_t slots = view.owner.count(static_cast<NodeIndex>(index));
    if (view.nodes[index].failed) counts.failed += slots;
    else if (view.nodes[index].suspected) counts.suspected += slots;
    counts.primaries += slots != 0 ? 1 : 0;
  }
  return counts;
}

}  // namespace

std::vector<NodeIndex> replicas_of(const ClusterView& view, NodeIndex primary) {
  std::vector<NodeIndex> replicas;
  for (std::size_t index = 0; index < view.nodes.size(); ++index)
    if (view.nodes[index].primary == primary && !view.nodes[index].forgotten)
      replicas.push_back(static_cast<NodeIndex>(index));
  return replicas;
}

std::string node_line(const Node& node, NodeIndex index) {
  const ClusterView& view = *node.cluster;
  const KnownNode& known = view.nodes[index];
  constexpr std::uint32_t bus_port_distance = 10'000;
  const std::uint64_t epoch = known.is_primary() ? known.config_epoch : view.nodes[known.primary].config_epoch;
  return fmt::format("{} {}:{}@{} {} {} {} {} {} {}{}", known.id, known.host, known.port,
                     known.port + bus_port_distance, flags_of(known, index),
                     known.is_primary() ? "-" : view.nodes[known.primary].id, shown_time(node, known.ping_sent),
                     shown_time(node, known.pong_received), epoch,
                     known.connected || index == itself ? "connected" : "disconnected", slots_text(view, index));
}

void cluster_nodes(Context& context) {
  std::string lines;
  for (std::size_t index = 0; index < context.node.cluster->nodes.size(); ++index)
    if (!context.node.cluster->nodes[index].forgotten)
      lines += node_line(context.node, static_cast<NodeIndex>(index)) + "\n";
  context.reply.verbatim(lines);
}

void cluster_info(Context& context) {
  const ClusterView& view = *context.node.cluster;
  const SlotCounts slots = count_slots(view);
  const auto known =
      std::count_if(view.nodes.begin(), view.nodes.end(), [](const KnownNode& node) { return !node.forgotten; });
  const KnownNode& self = view.nodes[itself];
  const std::uint64_t own_epoch = self.is_primary() ? self.config_epoch : view.nodes[self.primary].config_epoch;
  context.reply.verbatim(
      fmt::format("cluster_state:{}\r\ncluster_slots_assigned:{}\r\ncluster_slots_ok:{}\r\ncluster_slots_pfail:{}\r\n"
                  "cluster_slots_fail:{}\r\ncluster_known_nodes:{}\r\ncluster_size:{}\r\ncluster_current_epoch:{}\r\n"
                  "cluster_my_epoch:{}\r\ncluster_stats_messages_sent:0\r\ncluster_stats_messages_received:0\r\n"
                  "total_cluster_links_buffer_limit_exceeded:0\r\n",
                  view.ok ? "ok" : "fail", slots.assigned, slots.assigned - slots.suspected - slots.failed,
                  slots.suspected, slots.failed, known, slots.primaries, view.current_epoch, own_epoch));
}

void cluster_slots(Context& context) {
  const ClusterView& view = *context.node.cluster;
  std::size_t ranges = 0;
  for_each_range(view, [&](std::uint16_t, std::uint16_t, NodeIndex) { ++ranges; });
  context.reply.array(ranges);
  for_each_range(view, [&](std::uint16_t first, std::uint16_t last, NodeIndex owner) {
    std::vector<NodeIndex> replicas = replicas_of(view, owner);
    std::erase_if(replicas, [&](NodeIndex replica) { return !is_available(context.node, replica); });
    context.reply.array(3 + replicas.size());
    context.reply.integer(first);
    context.reply.integer(last);
    write_slots_node(context, owner);
    for (const NodeIndex replica : replicas) write_slots_node(context, replica);
  });
}

void cluster_shards(Context& context) {
  const ClusterView& view = *context.node.cluster;
  std::vector<std::vector<std::uint16_t>> bounds(view.nodes.size());
  for_each_range(view, [&](std::uint16_t first, std::uint16_t last, NodeIndex owner) {
    bounds[owner].insert(bounds[owner].end(), {first, last});
  });
  const auto is_shard = [](const KnownNode& node) { return node.is_primary() && !node.forgotten; };
  context.reply.array(static_cast<std::size_t>(std::count_if(view.nodes.begin(), view.nodes.end(), is_shard)));
  for (std::size_t index = 0; index < view.nodes.size(); ++index) {
    if (!is_shard(view.nodes[index])) continue;
    const auto primary = static_cast<NodeIndex>(index);
    const std::vector<NodeIndex> replicas = replicas_of(view, primary);
    context.reply.map(2);
    context.reply.bulk("slots");
    context.reply.array(bounds[index].size());
    for (const std::uint16_t bound : bounds[index]) context.reply.integer(bound);
    context.reply.bulk("nodes");
    context.reply.array(1 + replicas.size());
    write_shard_node(context, primary);
    for (const NodeIndex replica : replicas) write_shard_node(context, replica);
  }
}

}  // namespace trackside::sim::redis::commands

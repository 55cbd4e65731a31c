// CLUSTER about nodes: meeting, forgetting, following, failing over. What is refused is refused here, with the real
// server's words; what is accepted is asked of `ClusterRequests`.
#include <algorithm>

#include <fmt/format.h>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

/// The node that the third argument names; answers that it is unknown and gives `no_node`.
NodeIndex node_argument(Context& context) {
  const NodeIndex node = context.node.cluster->find(context.argument(2));
  if (node == no_node) context.reply.error(fmt::format("ERR Unknown node {}", context.argument(2)));
  return node;
}

bool is_address(std::string_view text) {
  int dots = 0;
  int digits = 0;
  int value = 0;
  for (const char letter : text) {
    if (letter == '.') {
      if (digits == 0) return false;
      ++dots;
      digits = value = 0;
    } else if (letter >= '0' && letter <= '9') {
      value = value * 10 + (letter - '0');
      if (++digits > 3 || value > 255) return false;
    } else {
      return false;
    }
  }
  return dots == 3 && digits != 0;
}

bool owns_slots(const ClusterView& view) {
  return view.owner.count(itself) != 0;
}

}  // namespace

void cluster_myid(Context& context) { context.reply.bulk(context.node.cluster->nodes[itself].id); }
void cluster_saveconfig(Context& context) { context.reply.ok(); }

void cluster_meet(Context& context) {
  if (context.argument_count() > 5) return context.reply.error(subcommand_error(context.arguments));
  const std::optional<std::int64_t> port = parse_integer(context.argument(3));
  if (!port) return context.reply.error(fmt::format("ERR Invalid TCP base port specified: {}", context.argument(3)));
  constexpr std::int64_t port_max = 65'535;
  if (!is_address(context.argument(2)) || *port < 1 || *port > port_max)
    return context.reply.error(
        fmt::format("ERR Invalid node address specified: {}:{}", context.argument(2), context.argument(3)));
  if (context.node.requests != nullptr)
    context.node.requests->meet(context.argument(2), static_cast<std::uint16_t>(*port));
  context.reply.ok();
}

void cluster_forget(Context& context) {
  const NodeIndex node = node_argument(context);
  if (node == no_node) return;
  if (node == itself) return context.reply.error("ERR I tried hard but I can't forget myself...");
  if (context.node.cluster->nodes[itself].primary == node) return context.reply.error("ERR Can't forget my master!");
  if (context.node.requests != nullptr) context.node.requests->forget(node);
  context.reply.ok();
}

void cluster_replicate(Context& context) {
  const ClusterView& view = *context.node.cluster;
  const NodeIndex node = node_argument(context);
  if (node == no_node) return;
  if (node == itself) return context.reply.error("ERR Can't replicate myself");
  if (!view.nodes[node].is_primary()) return context.reply.error("ERR I can only replicate a master, not a replica.");
  const bool in_use = owns_slots(view) || !context.node.keyspace.database(0).empty();
  if (view.nodes[itself].is_primary() && in_use)
    return context.reply.error("ERR To set a master the node must be empty and without assigned slots.");
  if (context.node.requests != nullptr) context.node.requests->replicate(node);
  context.reply.ok();
}

void cluster_failover(Context& context) {
  FailoverKind kind = FailoverKind::agreed;
  if (context.argument_count() == 3) {
    if (context.argument_is(2, "force")) kind = FailoverKind::forced;
    else if (context.argument_is(2, "takeover")) kind = FailoverKind::takeover;
    else return context.reply.syntax_error();
  } else if (context.argument_count() != 2) {
    return context.reply.error(subcommand_error(context.arguments));
  }
  const ClusterView& view = *context.node.cluster;
  if (view.nodes[itself].is_primary()) return context.reply.error("ERR You should send CLUSTER FAILOVER to a replica");
  const KnownNode& primary = view.nodes[view.nodes[itself].primary];
  if ((primary.failed || !primary.connected) && kind == FailoverKind::agreed)
    return context.reply.error("ERR Master is down or failed, please use CLUSTER FAILOVER FORCE");
  if (context.node.requests != nullptr) context.node.requests->fail_over(kind);
  context.reply.ok();
}

void cluster_reset(Context& context) {
  ResetKind kind = ResetKind::soft;
  if (context.argument_count() == 3) {
    if (context.argument_is(2, "hard")) kind = ResetKind::hard;
    else if (!context.argument_is(2, "soft")) return context.reply.syntax_error();
  } else if (context.argument_count() != 2) {
    return context.reply.error(subcommand_error(context.arguments));
  }
  if (context.node.cluster->nodes[itself].is_primary() && !context.node.keyspace.database(0).empty())
    return context.reply.error("ERR CLUSTER RESET can't be called with master nodes containing keys");
  if (context.node.requests != nullptr) context.node.requests->reset(kind);
  context.reply.ok();
}

void cluster_set_config_epoch(Context& context) {
  ClusterView& view = *context.node.cluster;
  const std::optional<std::int64_t> epoch = context.integer(2);
  if (!epoch) return;
  if (*epoch < 0) return context.reply.error(fmt::format("ERR Invalid config epoch specified: {}", *epoch));
  const auto known =
      std::count_if(view.nodes.begin(), view.nodes.end(), [](const KnownNode& node) { return !node.forgotten; });
  if (known > 1)
    return context.reply.error(
        "ERR The user can assign a config epoch only when the node does not know any other node.");
  if (view.nodes[itself].config_epoch != 0) return context.reply.error("ERR Node config epoch is already non-zero");
  view.nodes[itself].config_epoch = static_cast<std::uint64_t>(*epoch);
  view.current_epoch = std::max(view.current_epoch, view.nodes[itself].config_epoch);
  context.node.view_changed(ClusterRequests::Announce::later);
  context.reply.ok();
}

void cluster_count_failure_reports(Context& context) {
  const NodeIndex node = node_argument(context);
  if (node == no_node) return;
  const std::uint64_t reports = context.node.requests != nullptr ? context.node.requests->failure_reports(node) : 0;
  context.reply.integer(static_cast<std::int64_t>(reports));
}

void cluster_replicas(Context& context) {
  const ClusterView& view = *context.node.cluster;
  const NodeIndex primary = node_argument(context);
  if (primary == no_node) return;
  if (!view.nodes[primary].is_primary()) return context.reply.error("ERR The specified node is not a master");
  const std::vector<NodeIndex> replicas = replicas_of(view, primary);
  context.reply.array(replicas.size());
  for (const NodeIndex replica : replicas) context.reply.bulk(node_line(context.node, replica));
}

void asking(Context& context) {
  context.session.asking = true;
  context.reply.ok();
}

void readonly(Context& context) {
  context.session.read_only = true;
  context.reply.ok();
}

void readwrite(Context& context) {
  context.session.read_only = false;
  context.reply.ok();
}

}  // namespace trackside::sim::redis::commands

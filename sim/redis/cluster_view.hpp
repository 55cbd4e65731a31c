// What one node of a cluster believes about the cluster, and the slots that it serves by that belief.
//
// A value without behaviour but look-ups. The node answers redirections and CLUSTER questions out of it; CLUSTER
// SETSLOT and its like change it; so does the bus (`sim/cluster`), when it hears from others or gives one up. Every
// node has its own, and they differ while news travel: a deposed primary, too, answers by what it believes. Invariants:
// `nodes[0]` is the node itself; slots, `primary`, `migrating_to` and `importing_from` name positions in `nodes`, which
// only grows (a node that was forgotten keeps its position); a slot that is being imported is not owned. Source:
// cluster.c's state as CLUSTER NODES, SLOTS, SHARDS and INFO of redis-server 7.0.15 show it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/instant.hpp"
#include "sim/redis/slot_owners.hpp"

namespace trackside::sim::redis {

struct KnownNode {
  std::string id{};             // forty hexadecimal digits
  std::string host{};           // an address as text
  std::uint16_t port = 0;       // for clients; the bus is at port + 10000
  NodeIndex primary = no_node;  // whose replica it is; no_node: it is a primary itself
  std::uint64_t config_epoch = 0;
  bool suspected = false;     // PFAIL: this node does not reach it
  bool failed = false;        // FAIL: a majority of primaries says so
  bool in_handshake = false;  // met, and not heard of yet
  bool forgotten = false;     // CLUSTER FORGET, or never there
  bool connected = true;      // the bus link to it is up
  Instant ping_sent = 0;      // of the ping that waits for its answer; 0: none waits
  Instant pong_received = 0;
  std::uint64_t replication_offset = 0;

  bool is_primary() const { return primary == no_node; }
};

struct ClusterView {
  std::vector<KnownNode> nodes;
  SlotOwners owner{};                               // no_node: nobody serves the slot
  std::map<std::uint16_t, NodeIndex> migrating_to;  // own slots that are open for migration
  std::map<std::uint16_t, NodeIndex> importing_from;
  std::uint64_t current_epoch = 0;
  bool ok = true;                     // cluster_state: what CLUSTERDOWN depends on
  bool require_full_coverage = true;  // cluster-require-full-coverage
  bool reads_when_down = false;       // cluster-allow-reads-when-down

  bool owns(std::uint16_t slot) const { return owner[slot] == itself; }
  /// The node by its forty digits; no_node if unknown or forgotten.
  NodeIndex find(std::string_view id) const {
    for (std::size_t index = 0; index < nodes.size(); ++index) {
      if (nodes[index].id == id && !nodes[index].forgotten) {
        return static_cast<NodeIndex>(index);
      }
    }
    return no_node;
  }
};

}  // namespace trackside::sim::redis

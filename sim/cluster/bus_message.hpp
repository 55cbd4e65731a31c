// What nodes of a cluster say to each other on the cluster bus.
//
// Every message carries its sender's own state (epochs, role, slots, replication offset), whatever else it is for. A
// replica sends its primary's slots and config epoch in the place of its own. Source: the Redis Cluster specification,
// and clusterMsg of redis-server 7.0.15. Left out: PUBLISH and MODULE, host names, ports, and addresses that change.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>

#include "sim/cluster/identity.hpp"
#include "sim/cluster/slot_set.hpp"
#include "sim/instant.hpp"

namespace trackside::sim::cluster {

enum class BusMessageKind : std::uint8_t {
  ping,
  pong,                   // the answer to ping and meet, and unasked where something changed
  meet,                   // a ping from a stranger whom an administrator introduces
  fail,                   // a majority finds `subject` failing
  update,                 // you are behind: `subject` owns these slots by that config epoch
  auth_request,           // a replica asks all for their vote in `current_epoch`
  auth_ack,               // a vote
  manual_failover_start,  // a replica asks its primary to pause its writers
};

/// What the sender knows about a third node.
struct GossipEntry {
  NodeId node;
  bool replica;
  bool suspected;
  bool failed;
  Instant pong_received;  // in whole seconds, as on the wire
};

struct BusMessage {
  BusMessageKind kind = BusMessageKind::ping;
  bool paused = false;     // the sender is a primary whose writers are paused for a manual failover
  bool force_ack = false;  // vote though the primary is well: a manual failover
  NodeId sender = no_id;
  NodeId primary = no_id;  // whose replica the sender is; no_id: it is a primary
  std::uint64_t current_epoch = 0;
  std::uint64_t config_epoch = 0;
  std::uint64_t replication_offset = 0;
  SlotClaim slots;

  boost::container::small_vector<GossipEntry, 3> gossip;  // of ping, pong and meet

  NodeId subject = no_id;  // of fail and update
  std::uint64_t subject_epoch = 0;
  SlotClaim subject_slots;
};

}  // namespace trackside::sim::cluster

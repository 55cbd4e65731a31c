// What this node believes about slots and the cluster's state, as far as it changes that itself.
//
// Slots change hands by commands here and by the bus outside; either way subscriptions end and blocked clients go where
// the slot is. Without anybody who keeps the cluster's state (`ClusterRequests`) the node judges it alone: every slot
// has an owner that has not failed, and most primaries are in reach.
#include <algorithm>

#include "sim/redis/context.hpp"

namespace trackside::sim::redis {

void Node::view_changed(ClusterRequests::Announce announce) {
  view_is_outdated();
  if (requests != nullptr) requests->view_changed(announce);
}

void Node::give_slot(std::uint16_t slot, NodeIndex owner) {
  const NodeIndex before = cluster->owner[slot];
  if (before != no_node && (before == itself || before == cluster->nodes[itself].primary))
    end_shard_subscriptions(slot);
  cluster->owner.set(slot, owner);
}

/// To the greatest epoch there is, unless it has that already; nobody is asked.
bool Node::bump_epoch() {
  std::uint64_t greatest = cluster->current_epoch;
  for (const KnownNode& node : cluster->nodes) greatest = std::max(greatest, node.config_epoch);
  KnownNode& self = cluster->nodes[itself];
  if (self.config_epoch != 0 && self.config_epoch == greatest) return false;
  self.config_epoch = ++cluster->current_epoch;
  return true;
}

void Node::drop_slot_keys(std::uint16_t slot) {
  for (const std::string& key : keyspace.slots().youngest(slot, keyspace.slots().count(slot))) {
    keyspace.erase(0, keyspace.find(0, key));
    if (observer != nullptr) report(0, key, SessionId::none, 0);
  }
}

void Node::redirect_blocked_clients() {
  const std::vector<Session*> waiting = blocked_;
  for (Session* session : waiting) {
    const Route route = route_of_blocked(*session);
    if (route.refusal == Refusal::none) continue;
    Reply{reply_sink(*session), session->protocol}.error(text_of(route, *cluster));
    mark_dirty(*session);
    unblock(*session);
  }
}

void Node::judge_state() {
  state_outdated_ = false;
  bool covered = cluster->owner.unowned() == 0;
  std::size_t primaries = 0;
  std::size_t reachable = 0;
  for (std::size_t index = 0; index < cluster->nodes.size(); ++index) {
    const KnownNode& node = cluster->nodes[index];
    if (cluster->owner.count(static_cast<NodeIndex>(index)) == 0) continue;
    covered = covered && !node.failed;
    if (!node.is_primary()) continue;
    ++primaries;
    if (!node.failed && !node.suspected) ++reachable;
  }
  cluster->ok = (covered || !cluster->require_full_coverage) && reachable >= primaries / 2 + 1;
}

}  // namespace trackside::sim::redis

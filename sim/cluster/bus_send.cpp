// What a node's cluster process says, and to whom. Sources: clusterBuildMessageHdr, clusterSendPing.
#include <utility>

#include "sim/cluster/bus_node.hpp"

namespace trackside::sim::cluster {

std::uint64_t BusNode::choose(BusChoice choice, std::uint64_t& ordinal, std::uint64_t bound) {
  return decisions_.decide(choice, ordinal++, bound);
}

BusMessage BusNode::header(BusMessageKind kind) {
  const NodeIndex leader = leader_of(itself);
  BusMessage message;
  message.kind = kind;
  message.paused = myself().is_primary() && manual_.deadline != 0;
  message.sender = options_.self;
  message.primary = myself().is_primary() ? no_id : peers_[leader].id;
  message.current_epoch = view_.current_epoch;
  message.config_epoch = node(leader).config_epoch;
  message.replication_offset = host_.replication_offset();
  message.slots = claim_of(leader);
  return message;
}

void BusNode::post(NodeIndex to, BusMessage message) {
  Peer& peer = peers_[to];
  switch (peer.phase) {
    case LinkPhase::none: break;  // as good as lost on the way
    case LinkPhase::connecting: peer.waiting.push_back(std::move(message)); break;
    case LinkPhase::up: outbox_.send(peer.link, std::move(message)); break;
  }
}

void BusNode::send_heartbeat(Instant now, NodeIndex to, BusMessageKind kind) {
  if (kind == BusMessageKind::ping) {
    node(to).ping_sent = now;
  }
  BusMessage message = header(kind);
  fill_gossip(message);
  post(to, std::move(message));
}

/// A pong goes back on the link of the ping, whoever sent it.
void BusNode::answer(LinkId link) {
  BusMessage message = header(BusMessageKind::pong);
  fill_gossip(message);
  outbox_.send(link, std::move(message));
}

void BusNode::broadcast(const BusMessage& message) {
  for (NodeIndex index = 1; index < peers_.size(); ++index) {
    if (present(index) && !node(index).in_handshake) {
      post(index, message);
    }
  }
}

void BusNode::broadcast_pong(Instant now) {
  for (NodeIndex index = 1; index < peers_.size(); ++index) {
    if (present(index) && !node(index).in_handshake) {
      send_heartbeat(now, index, BusMessageKind::pong);
    }
  }
}

/// The other replicas of this one's primary learn how far its data goes.
void BusNode::pong_to_siblings(Instant now) {
  for (NodeIndex index = 1; index < peers_.size(); ++index) {
    if (present(index) && !node(index).in_handshake && node(index).primary == myself().primary) {
      send_heartbeat(now, index, BusMessageKind::pong);
    }
  }
}

}  // namespace trackside::sim::cluster

// What nodes tell each other about third ones: a sample of all, and everybody they suspect.
//
// The sample begins at a cursor that goes round, moved on by a decision, so that all nodes are told of even where every
// decision is benign. Sources: clusterSendPing, clusterProcessGossipSection.
#include <algorithm>

#include "sim/cluster/bus_node.hpp"

namespace trackside::sim::cluster {
namespace {

constexpr Instant whole_seconds(Instant at) { return at / second * second; }

}  // namespace

bool BusNode::worth_telling(NodeIndex index) const {
  const KnownNode& other = node(index);
  const bool idle_stranger = peers_[index].phase == LinkPhase::none && view_.owner.count(index) == 0;
  return index != itself && present(index) && !other.in_handshake && !other.suspected && !peers_[index].no_address &&
         !idle_stranger;
}

void BusNode::fill_gossip(BusMessage& message) {
  const auto count = static_cast<std::uint32_t>(peers_.size());
  const auto tell = [&](NodeIndex index) {
    const KnownNode& other = node(index);
    message.gossip.push_back(
        {peers_[index].id, !other.is_primary(), other.suspected, other.failed, whole_seconds(other.pong_received)});
  };
  if (count > 2) {
    const std::uint32_t wanted = std::min(std::max(3U, count / 10), count - 2);
    const auto skipped = static_cast<std::uint32_t>(choose(BusChoice::gossip, gossip_choices_, count - 1));
    std::uint32_t position = (gossip_next_ + skipped) % count;
    for (std::uint32_t tried = 0; tried < std::min(3 * wanted, count) && message.gossip.size() < wanted; ++tried) {
      if (worth_telling(static_cast<NodeIndex>(position))) {
        tell(static_cast<NodeIndex>(position));
      }
      position = (position + 1) % count;
      gossip_next_ = (gossip_next_ + 1) % count;
    }
  }
  if (suspects_ > 0) {
    for (NodeIndex index = 1; index < peers_.size(); ++index) {
      if (present(index) && node(index).suspected && !node(index).in_handshake) {
        tell(index);
      }
    }
  }
}

void BusNode::process_gossip(Instant now, NodeIndex sender, const BusMessage& message) {
  for (const GossipEntry& entry : message.gossip) {
    const NodeIndex subject = position_of(entry.node);
    if (subject == no_node) {
      meet_by_hearsay(now, entry);
    } else if (subject != itself) {
      consider(now, sender, subject, entry);
    }
  }
}

void BusNode::consider(Instant now, NodeIndex sender, NodeIndex subject, const GossipEntry& entry) {
  if (node(sender).is_primary()) {
    if (entry.suspected || entry.failed) {
      report_failure(now, subject, sender);
      mark_failed_if_agreed(now, subject);
    } else {
      withdraw_report(now, subject, sender);
    }
  }
  // Somebody else has just heard of it: no need to ask so soon. A clock half a second ahead is believed.
  KnownNode& other = node(subject);
  if (!entry.suspected && !entry.failed && other.ping_sent == 0 && peers_[subject].reports.empty() &&
      entry.pong_received > other.pong_received && entry.pong_received <= now + 500 * millisecond) {
    other.pong_received = entry.pong_received;
  }
}

/// A node of this cluster that was not known here. Whose replica it is, it will say itself.
void BusNode::meet_by_hearsay(Instant now, const GossipEntry& entry) {
  const NodeIndex before = remembered(entry.node);
  if (before != no_node && now < peers_[before].banned_until) {
    return;
  }
  const NodeIndex index = add_node(now, entry.node);
  node(index).failed = entry.failed;
  state_in_doubt_ = true;
  view_is_news_ = true;
}

}  // namespace trackside::sim::cluster

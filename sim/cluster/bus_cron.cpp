// The clock's part of a node's cluster process: links, pings, suspicion. Source: clusterCron.
#include <algorithm>

#include "seam/mark.hpp"
#include "sim/cluster/bus_node.hpp"

namespace trackside::sim::cluster {

void BusNode::tick(Instant now) {
  ++ticks_;
  tend_links(now);
  if (ticks_ % 10 == 0) {
    ping_somebody(now);
  }
  for (NodeIndex index = 1; index < peers_.size(); ++index) {
    if (present(index) && !node(index).in_handshake && !peers_[index].no_address) {
      look_after(now, index);
    }
  }
  if (!myself().is_primary() && !host_follows_) {
    follow(now, myself().primary);
  }
  if (manual_.deadline != 0 && manual_.deadline < now) {
    TRACKSIDE_MARK(manual_failover_ran_out_of_time);
    end_manual_failover(now);
  }
  if (!myself().is_primary()) {
    advance_manual_failover(now);
    election_in_doubt_ = true;
  }
  state_in_doubt_ = state_in_doubt_ || !view_.ok;
  settle(now);
}

void BusNode::tend_links(Instant now) {
  suspects_ = 0;
  for (NodeIndex index = 1; index < peers_.size(); ++index) {
    if (present(index)) {
      suspects_ += node(index).suspected ? 1 : 0;
      tend_link(now, index);
    }
  }
}

void BusNode::tend_link(Instant now, NodeIndex index) {
  const Peer& peer = peers_[index];
  if (node(index).in_handshake && now - peer.known_since > std::max(options_.node_timeout, second)) {
    remove_node(index);
  } else if (peer.phase == LinkPhase::none && !peer.no_address) {
    open_link(now, index);
  }
}

/// Once a second: of five, the one that has not been heard of for longest.
void BusNode::ping_somebody(Instant now) {
  constexpr std::uint32_t sample = 5;
  const auto count = static_cast<std::uint32_t>(peers_.size());
  const auto start = ping_next_ + static_cast<std::uint32_t>(choose(BusChoice::random_ping, ping_choices_, count - 1));
  ping_next_ = (ping_next_ + sample) % count;
  NodeIndex oldest = no_node;
  for (std::uint32_t step = 0; step < std::min(sample, count); ++step) {
    const auto index = static_cast<NodeIndex>((start + step) % count);
    if (index == itself || !present(index) || node(index).in_handshake || node(index).ping_sent != 0 ||
        peers_[index].phase == LinkPhase::none) {
      continue;
    }
    if (oldest == no_node || node(index).pong_received < node(oldest).pong_received) {
      oldest = index;
    }
  }
  if (oldest != no_node) {
    send_heartbeat(now, oldest, BusMessageKind::ping);
  }
}

void BusNode::look_after(Instant now, NodeIndex index) {
  const Instant timeout = options_.node_timeout;
  Peer& peer = peers_[index];
  KnownNode& other = node(index);
  const Instant unanswered = now - other.ping_sent;
  const Instant silent = now - peer.data_received;

  // Perhaps only the connection is broken.
  if (peer.phase != LinkPhase::none && now - peer.link_since > timeout && other.ping_sent != 0 &&
      unanswered > timeout / 2 && silent > timeout / 2) {
    drop_link(index);
    TRACKSIDE_MARK(bus_link_given_up);
  }
  if (peer.phase != LinkPhase::none && other.ping_sent == 0 && now - other.pong_received > timeout / 2) {
    send_heartbeat(now, index, BusMessageKind::ping);
    return;
  }
  // A replica that waits for this paused primary's offset hears it at every tick.
  if (manual_.deadline != 0 && myself().is_primary() && manual_.replica == index && peer.phase != LinkPhase::none) {
    send_heartbeat(now, index, BusMessageKind::ping);
    return;
  }
  if (other.ping_sent != 0 && std::min(unanswered, silent) > timeout && !other.suspected && !other.failed) {
    other.suspected = true;
    state_in_doubt_ = true;
    view_is_news_ = true;
  }
}

void BusNode::settle(Instant now) {
  while (election_in_doubt_) {
    election_in_doubt_ = false;
    consider_election(now);
  }
  if (state_in_doubt_) {
    state_in_doubt_ = false;
    update_state(now);
  }
  if (view_is_news_) {
    view_is_news_ = false;
    host_.view_changed(now);
  }
}

}  // namespace trackside::sim::cluster

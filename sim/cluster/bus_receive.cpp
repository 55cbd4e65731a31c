// What a node's cluster process learns from a message, in the order in which the real one does.
// Source: clusterProcessPacket.
#include "sim/cluster/bus_node.hpp"

namespace trackside::sim::cluster {

void BusNode::on_message(Instant now, LinkId link, const BusMessage& message) {
  const NodeIndex sender = position_of(message.sender);
  if (sender != no_node) {
    peers_[sender].data_received = now;
    learn_epochs(now, sender, message);
  }
  switch (message.kind) {
    case BusMessageKind::ping:
    case BusMessageKind::pong:
    case BusMessageKind::meet: receive_heartbeat(now, link, sender, message); break;
    case BusMessageKind::fail:
      if (sender != no_node) {
        receive_fail(now, message);
      }
      break;
    case BusMessageKind::update:
      if (sender != no_node) {
        receive_update(now, message);
      }
      break;
    case BusMessageKind::auth_request:
      if (sender != no_node) {
        vote_if_due(now, sender, message);
      }
      break;
    case BusMessageKind::auth_ack:
      if (sender != no_node && node(sender).is_primary() && view_.owner.count(sender) > 0 &&
          message.current_epoch >= election_.epoch()) {
        election_.count_vote();
        election_in_doubt_ = true;
      }
      break;
    case BusMessageKind::manual_failover_start:
      if (sender != no_node && node(sender).primary == itself) {
        start_pause(now, sender);
      }
      break;
  }
  settle(now);
}

void BusNode::learn_epochs(Instant now, NodeIndex sender, const BusMessage& message) {
  if (message.current_epoch > view_.current_epoch) {
    view_.current_epoch = message.current_epoch;
  }
  if (message.config_epoch > node(sender).config_epoch) {
    node(sender).config_epoch = message.config_epoch;
  }
  node(sender).replication_offset = message.replication_offset;
  if (manual_.deadline != 0 && !myself().is_primary() && myself().primary == sender && message.paused &&
      !manual_.offset_known) {
    manual_.offset_known = true;
    manual_.primary_offset = message.replication_offset;
    advance_manual_failover(now);
  }
}

void BusNode::receive_heartbeat(Instant now, LinkId link, NodeIndex sender, const BusMessage& message) {
  if (message.kind != BusMessageKind::pong) {
    if (sender == no_node && message.kind == BusMessageKind::meet) {
      provisional(now, server_of(message.sender));
    }
    answer(link);
  }
  if (link.opener == server_of(options_.self) && receive_on_own_link(now, link, sender, message) == Verdict::refused) {
    return;
  }
  if (sender == no_node) {
    return;
  }
  learn_role(now, sender, message);
  learn_slots(now, sender, message);
  resolve_collision(sender, message);
  process_gossip(now, sender, message);
}

/// On a link that this node opened it knows whom it expects.
BusNode::Verdict BusNode::receive_on_own_link(Instant now, LinkId link, NodeIndex sender, const BusMessage& message) {
  const bool usual = sender != no_node && peers_[sender].phase != LinkPhase::none && peers_[sender].link == link;
  const NodeIndex expected = usual ? sender : behind(link);
  if (expected == no_node) {
    return Verdict::refused;  // the link was given up
  }
  if (node(expected).in_handshake) {
    if (learn_name(expected, sender, message) == Verdict::refused) {
      return Verdict::refused;
    }
  } else if (peers_[expected].id != message.sender) {
    peers_[expected].no_address = true;
    node(expected).host.clear();
    node(expected).port = 0;
    drop_link(expected);
    return Verdict::refused;
  }
  if (message.kind == BusMessageKind::pong) {
    note_pong(now, expected);
  }
  return Verdict::done;
}

BusNode::Verdict BusNode::learn_name(NodeIndex met, NodeIndex sender, const BusMessage& message) {
  if (sender != no_node) {
    remove_node(met);  // it was known already
    return Verdict::refused;
  }
  const NodeIndex before = remembered(message.sender);
  if (before != no_node) {
    peers_[before].id = no_id;  // forgotten once; from now on it is found where it was met again
  }
  name_node(met, message.sender);
  node(met).in_handshake = false;
  view_is_news_ = true;
  return Verdict::done;
}

void BusNode::note_pong(Instant now, NodeIndex index) {
  node(index).pong_received = now;
  node(index).ping_sent = 0;
  if (node(index).suspected) {
    node(index).suspected = false;
    state_in_doubt_ = true;
    view_is_news_ = true;
  } else if (node(index).failed) {
    clear_failure_if_over(now, index);
  }
}

void BusNode::learn_role(Instant, NodeIndex sender, const BusMessage& message) {
  if (message.primary == no_id) {
    become_primary_in_view(sender);
    return;
  }
  if (node(sender).is_primary() && view_.owner.count(sender) > 0) {
    const SlotClaim slots = claim_of(sender);
    slots->for_each_while([&](Slot slot) {
      set_owner(slot, no_node);
      return true;
    });
    state_in_doubt_ = true;
  }
  const NodeIndex primary = position_of(message.primary);
  if (primary != no_node && node(sender).primary != primary) {
    node(sender).primary = primary;
    state_in_doubt_ = true;
    view_is_news_ = true;
  }
}

void BusNode::receive_fail(Instant now, const BusMessage& message) {
  const NodeIndex failing = position_of(message.subject);
  if (failing != no_node && failing != itself && !node(failing).failed) {
    node(failing).failed = true;
    node(failing).suspected = false;
    peers_[failing].failed_since = now;
    state_in_doubt_ = true;
    view_is_news_ = true;
  }
}

void BusNode::receive_update(Instant now, const BusMessage& message) {
  const NodeIndex owner = position_of(message.subject);
  if (owner == no_node || owner == itself || node(owner).config_epoch >= message.subject_epoch) {
    return;
  }
  become_primary_in_view(owner);
  node(owner).config_epoch = message.subject_epoch;
  take_over_slots(now, owner, message.subject_epoch, *message.subject_slots);
}

}  // namespace trackside::sim::cluster

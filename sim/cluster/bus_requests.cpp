// What administrators ask of a node: CLUSTER MEET, FORGET, REPLICATE, FAILOVER, RESET, BUMPEPOCH; and how a failover
// that was asked for goes on.
//
// An agreed failover loses no write: the primary pauses its writers first, its offset then stands still, and the
// replica asks for votes only when it has all of it. Sources: clusterCommand, clusterHandleManualFailover.
#include <algorithm>

#include "seam/mark.hpp"
#include "sim/cluster/bus_node.hpp"

namespace trackside::sim::cluster {
namespace {

constexpr Instant manual_failover_limit = 5 * second;
constexpr Instant pause_limit = 2 * manual_failover_limit;
constexpr Instant ban_after_forget = 60 * second;

}  // namespace

std::string_view BusNode::meet(Instant now, ServerIndex server) {
  for (NodeIndex index = 1; index < peers_.size(); ++index) {
    if (present(index) && node(index).in_handshake && server_of(peers_[index].id) == server) {
      return "";  // under way already, which the real server does not mind either
    }
  }
  peers_[provisional(now, server)].introduce = true;
  return "";
}

std::string_view BusNode::forget(Instant now, NodeId id) {
  const NodeIndex index = position_of(id);
  if (index == no_node) {
    return "ERR Unknown node";
  }
  if (index == itself) {
    return "ERR I tried hard but I can't forget myself...";
  }
  if (index == myself().primary) {
    return "ERR Can't forget my master!";
  }
  peers_[index].banned_until = now + ban_after_forget;
  remove_node(index);
  settle(now);
  return "";
}

std::string_view BusNode::replicate(Instant now, NodeId id) {
  const NodeIndex primary = position_of(id);
  if (primary == no_node) {
    return "ERR Unknown node";
  }
  if (primary == itself) {
    return "ERR Can't replicate myself";
  }
  if (!node(primary).is_primary()) {
    return "ERR I can only replicate a master, not a replica.";
  }
  if (myself().is_primary() && (view_.owner.count(itself) > 0 || host_.holds_keys())) {
    return "ERR To set a master the node must be empty and without assigned slots.";
  }
  follow(now, primary);
  settle(now);
  return "";
}

std::string_view BusNode::fail_over(Instant now, FailoverKind kind) {
  if (myself().is_primary()) {
    return "ERR You should send CLUSTER FAILOVER to a replica";
  }
  const NodeIndex primary = myself().primary;
  const bool away = node(primary).failed || peers_[primary].phase == LinkPhase::none;
  if (away && kind == FailoverKind::agreed) {
    return "ERR Master is down or failed, please use CLUSTER FAILOVER FORCE";
  }
  end_manual_failover(now);
  manual_.deadline = now + manual_failover_limit;
  switch (kind) {
    case FailoverKind::agreed: post(primary, header(BusMessageKind::manual_failover_start)); break;
    case FailoverKind::forced: manual_.may_start = true; break;  // at the next tick
    case FailoverKind::takeover:
      bump_config_epoch(now);
      replace_primary(now);
      break;
  }
  settle(now);
  return "";
}

std::string_view BusNode::reset(Instant now, ResetKind kind) {
  if (myself().is_primary() && host_.holds_keys()) {
    return "ERR CLUSTER RESET can't be called with master nodes containing keys";
  }
  if (!myself().is_primary()) {
    become_primary_in_view(itself);
    host_.lead(now);
    host_.flush(now);
  }
  view_.migrating_to.clear();
  view_.importing_from.clear();
  end_manual_failover(now);
  for (Slot slot = 0; slot < slot_count; ++slot) {
    set_owner(slot, no_node);
  }
  for (NodeIndex index = 1; index < peers_.size(); ++index) {
    if (present(index)) {
      remove_node(index);
    }
  }
  if (kind == ResetKind::hard) {
    view_.current_epoch = 0;
    myself().config_epoch = 0;
    last_vote_epoch_ = 0;
    const auto generation = static_cast<std::uint16_t>(generation_of(options_.self) + 1);
    options_.self = node_id(server_of(options_.self), generation);
    name_node(itself, options_.self);
  }
  settle(now);
  return "";
}

bool BusNode::bump_config_epoch(Instant now) {
  std::uint64_t greatest = view_.current_epoch;
  for (NodeIndex index = 0; index < peers_.size(); ++index) {
    greatest = present(index) ? std::max(greatest, node(index).config_epoch) : greatest;
  }
  if (myself().config_epoch != 0 && myself().config_epoch == greatest) {
    return false;
  }
  view_.current_epoch = greatest + 1;
  myself().config_epoch = view_.current_epoch;
  settle(now);
  return true;
}

/// The primary's side: writers wait, so that the replica can catch up.
void BusNode::start_pause(Instant now, NodeIndex replica) {
  end_manual_failover(now);
  manual_.deadline = now + manual_failover_limit;
  manual_.replica = replica;
  host_.pause_writers(now, now + pause_limit);
  send_heartbeat(now, replica, BusMessageKind::ping);  // tells it the offset at which the stream stands still
}

/// The replica's side.
void BusNode::advance_manual_failover(Instant) {
  if (manual_.deadline != 0 && !manual_.may_start && manual_.offset_known &&
      manual_.primary_offset == host_.replication_offset()) {
    TRACKSIDE_MARK(manual_failover_found_replica_in_step);
    manual_.may_start = true;
    election_in_doubt_ = true;
  }
}

void BusNode::offset_advanced(Instant now) {
  if (manual_.deadline != 0 && !myself().is_primary()) {
    advance_manual_failover(now);
    settle(now);
  }
}

void BusNode::end_manual_failover(Instant now) {
  const bool paused = manual_.replica != no_node;
  manual_ = {};
  if (paused) {
    host_.resume_writers(now);
  }
}

}  // namespace trackside::sim::cluster

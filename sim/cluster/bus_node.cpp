#include "sim/cluster/bus_node.hpp"

#include <algorithm>
#include <utility>

#include "sim/kernel/assertion.hpp"

namespace trackside::sim::cluster {

BusNode::BusNode(BusOptions options, ClusterView& view, const Directory& directory, BusHost& host,
                 BusDecisions& decisions)
    : options_(options),
      view_(view),
      directory_(directory),
      host_(host),
      decisions_(decisions),
      outbox_(server_of(options.self), LinkPurpose::bus) {}

void BusNode::settle_into(Instant now) {
  adopt_view(now);
  for (NodeIndex index = 1; index < peers_.size(); ++index) {
    peers_[index].data_received = now;
    node(index).ping_sent = 0;
    node(index).pong_received = now;
    node(index).connected = false;
  }
  first_judged_.reset();
  host_follows_ = false;
}

void BusNode::start_alone(Instant now) {
  view_.nodes.assign(1, KnownNode{});
  myself().id = digits_of(options_.self);
  myself().host = directory_.host(server_of(options_.self));
  myself().port = directory_.port(server_of(options_.self));
  view_.owner.fill(no_node);
  view_.ok = false;
  adopt_view(now);
}

void BusNode::restart(Instant now) {
  outbox_.discard();
  for (NodeIndex index = 0; index < peers_.size(); ++index) {
    Peer& peer = peers_[index];
    peer.phase = LinkPhase::none;
    peer.waiting.clear();
    peer.reports.clear();
    peer.data_received = 0;
    peer.failed_since = now;
    peer.voted_at = 0;
    node(index).ping_sent = 0;
    node(index).pong_received = now;
    node(index).connected = index == itself;
  }
  manual_ = {};
  election_ = {};
  first_judged_.reset();
  in_minority_at_.reset();
  view_.ok = false;
  host_follows_ = false;
  election_in_doubt_ = false;
  state_in_doubt_ = true;
  view_is_news_ = true;
}

void BusNode::adopt_view(Instant now) {
  require(!view_.nodes.empty() && parse_digits(myself().id) == options_.self, "The view's first node is this one");
  peers_.clear();
  by_server_.clear();
  for (NodeIndex index = 0; index < view_.nodes.size(); ++index) {
    Peer& peer = peers_.emplace_back();
    peer.id = parse_digits(node(index).id);
    peer.known_since = now;
    require(peer.id != no_id, "Nodes in a view have names");
    note_server(index);
  }
  renew_claims();
  state_in_doubt_ = true;
}

void BusNode::note_server(NodeIndex index) {
  const auto server = static_cast<std::size_t>(server_of(peers_[index].id));
  if (by_server_.size() <= server) {
    by_server_.resize(server + 1);
  }
  by_server_[server] = {peers_[index].id, index};
}

NodeIndex BusNode::remembered(NodeId id) const {
  const auto server = static_cast<std::size_t>(server_of(id));
  if (server < by_server_.size() && by_server_[server].id == id) {
    return by_server_[server].index;
  }
  const auto found = std::find_if(peers_.begin(), peers_.end(), [id](const Peer& peer) { return peer.id == id; });
  return found == peers_.end() ? no_node : static_cast<NodeIndex>(found - peers_.begin());
}

NodeIndex BusNode::position_of(NodeId id) const {
  if (id == no_id) {
    return no_node;
  }
  const NodeIndex index = remembered(id);
  return index == no_node || !present(index) || node(index).in_handshake ? no_node : index;
}

NodeIndex BusNode::add_node(Instant now, NodeId id) {
  NodeIndex index = remembered(id);
  if (index == no_node) {
    index = static_cast<NodeIndex>(peers_.size());
    peers_.emplace_back();
    view_.nodes.emplace_back();
  }
  peers_[index] = Peer{};
  peers_[index].known_since = now;
  view_.nodes[index] = KnownNode{};
  node(index).connected = false;
  name_node(index, id);
  return index;
}

void BusNode::name_node(NodeIndex index, NodeId id) {
  peers_[index].id = id;
  node(index).id = digits_of(id);
  node(index).host = directory_.host(server_of(id));
  node(index).port = directory_.port(server_of(id));
  note_server(index);
}

/// Somebody of whom only the address is known; an earlier one that never told its name is used again.
NodeIndex BusNode::provisional(Instant now, ServerIndex server) {
  for (NodeIndex index = 1; index < peers_.size(); ++index) {
    if (is_provisional(peers_[index].id) && server_of(peers_[index].id) == server && !present(index)) {
      add_node(now, peers_[index].id);
      node(index).in_handshake = true;
      return index;
    }
  }
  const auto generation = static_cast<std::uint16_t>(first_provisional_generation + provisional_names_++);
  require(generation >= first_provisional_generation, "Provisional names do not run out");
  const NodeIndex index = add_node(now, node_id(server, generation));
  node(index).in_handshake = true;
  return index;
}

/// clusterDelNode.
void BusNode::remove_node(NodeIndex index) {
  const SlotClaim slots = claim_of(index);
  slots->for_each_while([&](Slot slot) {
    set_owner(slot, no_node);
    return true;
  });
  std::erase_if(view_.migrating_to, [index](const auto& entry) { return entry.second == index; });
  std::erase_if(view_.importing_from, [index](const auto& entry) { return entry.second == index; });
  for (NodeIndex other = 0; other < peers_.size(); ++other) {
    std::erase_if(peers_[other].reports, [index](const FailureReport& report) { return report.reporter == index; });
    if (node(other).primary == index) {
      node(other).primary = no_node;
    }
  }
  if (peers_[index].phase != LinkPhase::none) {
    drop_link(index);
  }
  node(index).forgotten = true;
  node(index).in_handshake = false;
  state_in_doubt_ = true;
  view_is_news_ = true;
}

void BusNode::open_link(Instant now, NodeIndex index) {
  Peer& peer = peers_[index];
  peer.link = outbox_.open(server_of(peer.id));
  peer.phase = LinkPhase::connecting;
  peer.link_since = now;
  node(index).connected = true;  // CLUSTER NODES calls a link connected as soon as there is one
}

void BusNode::drop_link(NodeIndex index) {
  outbox_.close(peers_[index].link);
  peers_[index].phase = LinkPhase::none;
  peers_[index].waiting.clear();
  node(index).connected = false;
}

NodeIndex BusNode::behind(LinkId link) const {
  if (link.opener != server_of(options_.self)) {
    return no_node;
  }
  const auto found = std::find_if(peers_.begin(), peers_.end(), [link](const Peer& peer) {
    return peer.phase != LinkPhase::none && peer.link == link;
  });
  return found == peers_.end() ? no_node : static_cast<NodeIndex>(found - peers_.begin());
}

void BusNode::on_open(Instant now, LinkId link) {
  const NodeIndex index = behind(link);
  if (index == no_node) {
    return;  // given up meanwhile
  }
  Peer& peer = peers_[index];
  peer.phase = LinkPhase::up;
  for (BusMessage& message : std::exchange(peer.waiting, {})) {
    outbox_.send(link, std::move(message));
  }
  // An older ping that was not answered still counts: a new link proves nothing about the process at its end.
  const Instant unanswered = node(index).ping_sent;
  send_heartbeat(now, index, peer.introduce ? BusMessageKind::meet : BusMessageKind::ping);
  peer.introduce = false;
  if (unanswered != 0) {
    node(index).ping_sent = unanswered;
  }
}

void BusNode::on_closed(Instant, LinkId link) {
  const NodeIndex index = behind(link);
  if (index != no_node) {
    peers_[index].phase = LinkPhase::none;
    peers_[index].waiting.clear();
    node(index).connected = false;
  }
}

void BusNode::slots_changed(Instant now, Announce announce) {
  renew_claims();
  state_in_doubt_ = true;
  view_is_news_ = true;
  if (announce == Announce::at_once) {
    broadcast_pong(now);
  }
  settle(now);
}

std::size_t BusNode::failure_reports(Instant now, NodeIndex index) {
  forget_old_reports(now, peers_[index]);
  return peers_[index].reports.size();
}

}  // namespace trackside::sim::cluster

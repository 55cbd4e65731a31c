// Which nodes there are and whose the slots are; see cluster_core.hpp.
#include <algorithm>
#include <string>

#include <boost/container/flat_map.hpp>

#include "client/cluster_core.hpp"
#include "client/server_name.hpp"
#include "resp/slot.hpp"
#include "seam/mark.hpp"

namespace trackside {

using cluster::no_node;

namespace {

constexpr Duration kept_unnamed = std::chrono::seconds{30};
constexpr Duration shortest_between_refreshes = std::chrono::milliseconds{50};

}  // namespace

ClusterCore::Node* ClusterCore::known_node(const Endpoint& endpoint) const {
  for (const auto& each : owned_nodes_) {
    if (each->endpoint == endpoint) {
      return each.get();
    }
  }
  return nullptr;
}

/// The node there, made if it is new, and connecting; null if there are too many.
ClusterCore::Node* ClusterCore::node_for(const Endpoint& endpoint) {
  Node* node = known_node(endpoint);
  if (node == nullptr) {
    const NodeNumber number = free_number();
    if (number == no_node) {
      return nullptr;
    }
    owned_nodes_[number] = make_node(endpoint, number);
    node = owned_nodes_[number].get();
    nodes_[number].store(node, std::memory_order_release);
  }
  node->named_at = runtime_.now();
  if (node->core->rests()) {
    node->core->start();
  }
  return node;
}

std::unique_ptr<ClusterCore::Node> ClusterCore::make_node(const Endpoint& endpoint, NodeNumber number) {
  auto fresh = std::make_unique<Node>();
  fresh->cluster = this;
  fresh->number = number;
  fresh->endpoint = endpoint;
  fresh->name = client::server_name(endpoint);
  ClientOptions options = options_;
  options.endpoint = endpoint;
  options.topology = Topology::node;
  fresh->core = std::make_unique<NodeCore>(runtime_, std::move(options),
                                           cache_ == nullptr ? nullptr : cache_->part_for(fresh->name),
                                           NodeCore::Membership{.in_cluster = true,
                                                                .link_changed = {&run_link_changed, fresh.get(), 0},
                                                                .slot_lost = {&run_slot_lost, fresh.get(), 0}});
  return fresh;
}

/// A new one, or that of a node that rests; no_node if all are in use.
ClusterCore::NodeNumber ClusterCore::free_number() {
  if (owned_nodes_.size() < nodes_.size()) {
    owned_nodes_.emplace_back();
    return static_cast<NodeNumber>(owned_nodes_.size() - 1);
  }
  for (auto& each : owned_nodes_) {
    if (each->core->rests() && !is_of_use(*each)) {
      const NodeNumber number = each->number;
      const std::lock_guard guard{left_mutex_};
      left_nodes_.push_back(std::move(each));
      return number;
    }
  }
  return no_node;
}

/// Whether anything is left to be asked of it.
bool ClusterCore::is_of_use(const Node& node) const {
  if (readers_.count(node.number) != 0) {
    return true;
  }
  for (std::uint32_t slot = 0; slot < resp::slot_count; ++slot) {
    if (slots_.owner(static_cast<std::uint16_t>(slot)) == node.number) {
      return true;
    }
  }
  const bool is_asked = std::any_of(operations_.begin(), operations_.end(), [&](const Operation& operation) {
    return operation.state != Operation::State::free && operation.node == node.number;
  });
  return is_asked || node.handover.state != Handover::State::idle;
}

/// A node that left is not connected to for ever. The first one is how everything begins, and stays.
void ClusterCore::let_nodes_rest() {
  const Time now = runtime_.now();
  for (std::size_t index = 1; index < owned_nodes_.size(); ++index) {
    Node& each = *owned_nodes_[index];
    if (!each.core->rests() && now - each.named_at > kept_unnamed && !is_of_use(each)) {
      TRACKSIDE_MARK(unnamed_node_left);
      each.core->rest();
    }
  }
}

/// While nobody answers who is of the cluster. Those that were tried go on trying to connect.
void ClusterCore::try_next_seed() {
  const bool has_primary = std::any_of(owned_nodes_.begin(), owned_nodes_.end(), [](const auto& each) {
    return each->core->is_linked() && each->is_named && !each->is_replica;
  });
  if (seeds_tried_ <= options_.more_endpoints.size() && !has_primary) {
    node_for(options_.more_endpoints[seeds_tried_++ - 1]);
  }
}

/// The old owners' parts forget the slots first: nothing about them may be sent to the new one before.
void ClusterCore::give_slots(std::span<const std::uint16_t> slots, NodeNumber number) {
  std::vector<std::uint16_t> gained;
  boost::container::flat_map<NodeNumber, std::vector<std::uint16_t>> lost;
  for (const std::uint16_t slot : slots) {
    const NodeNumber before = slots_.owner(slot);
    if (before != number) {
      gained.push_back(slot);
    }
    if (before != number && before != no_node) {
      lost[before].push_back(slot);
    }
  }
  for (const auto& [owner, list] : lost) {
    node(owner)->core->forget_slots(list);
  }
  if (!gained.empty()) {
    forget_readers(gained);
    node(number)->core->forget_slots(gained);  // what it knew of them, if it ever had them, is from before
  }
  for (const std::uint16_t slot : gained) {
    slots_.move(slot, number);
  }
  if (cache_ != nullptr && !gained.empty()) {
    cache_->slots_moved(gained, node(number)->name);
  }
  for (const std::uint16_t slot : gained) {
    if (readers_.touched(slot) != 0) {
      readers_.forget_touch(slot);
      read_at_owner(slot);  // what was read of it elsewhere, replicas of the new one may not have
    }
  }
}

void ClusterCore::on_moved(std::uint16_t slot, const Endpoint& target) {
  if (const Node* const found = node_for(target)) {
    give_slots({&slot, 1}, found->number);
  }
  want_refresh();
}

void ClusterCore::run_link_changed(void* node, std::uint64_t) {
  ClusterCore& self = *static_cast<Node*>(node)->cluster;
  const Node& changed = *static_cast<Node*>(node);
  if (self.final_ || changed.core->rests()) {
    return;
  }
  if (!changed.core->is_linked()) {
    self.read_all_at_owners(nullptr, changed.number);
    self.try_next_seed();
    self.want_refresh();
  } else if (self.refresh_wanted_) {
    self.refresh();
  }
  self.retry_waiting();
}

/// The slot's owner changed, as the node has it. What it read as a replica was its former primary's.
void ClusterCore::run_slot_lost(void* node, std::uint64_t) {
  ClusterCore& self = *static_cast<Node*>(node)->cluster;
  self.read_all_at_owners(nullptr, static_cast<Node*>(node)->number);
  self.want_refresh();
}

void ClusterCore::want_refresh() {
  refresh_wanted_ = true;
  refresh();
}

/// Asks the next node that is linked, at a bounded rate; without one, the link that comes up first is asked.
void ClusterCore::refresh() {
  if (refreshing_ || final_) {
    return;
  }
  const Time now = runtime_.now();
  if (now < refresh_from_) {
    alarm_.set(refresh_from_);
    return;
  }
  Node* const asked = any_linked_node();
  if (asked == nullptr) {
    return;
  }
  refreshing_ = true;
  ++questions_;
  refresh_wanted_ = false;
  refresh_from_ = now + shortest_between_refreshes;
  asked->core->submit_part(Command{"CLUSTER", "NODES"}, {&run_topology, asked, 0}, nullptr, NodeCore::Manner::either,
                           now + options_.connect_timeout);
}

void ClusterCore::run_topology(void* node, std::uint64_t, const Outcome& outcome) {
  static_cast<Node*>(node)->cluster->on_topology(static_cast<Node*>(node)->number, outcome);
}

void ClusterCore::on_topology(NodeNumber from, const Outcome& outcome) {
  refreshing_ = false;
  --questions_;
  if (final_) {
    return;
  }
  const auto text = outcome.error ? Result<std::string_view>{} : outcome.reply.as_string();
  const auto claims = text ? cluster::read_nodes(*text, node(from)->endpoint) : std::nullopt;
  // A node that was removed from the cluster knows of nobody's slots: another one is asked.
  if (!claims || std::all_of(claims->begin(), claims->end(), [](const auto& each) { return each.slots.empty(); })) {
    TRACKSIDE_MARK_IF(topology_of_a_stranger, claims.has_value());
    TRACKSIDE_MARK_IF(topology_not_told, !claims.has_value());
    refresh_wanted_ = true;
    alarm_.set(refresh_from_);
    try_next_seed();
    return;
  }
  apply(*claims);
  refresh_at_ = runtime_.now() + cluster::usual_between_refreshes;
  alarm_.set(refresh_at_);
  retry_waiting();
}

/// Beside what the map says: a node that came back at another address is the same one; and what a MOVED said holds,
/// unless a claim agrees, as long as the node it named is there: linked, and named by the topology that claims.
bool ClusterCore::believes(std::uint16_t slot, const Node& claimant, std::uint64_t epoch) const {
  const NodeNumber owner = slots_.owner(slot);
  const Node* const present = owner == no_node ? nullptr : node(owner);
  if (present == nullptr || present == &claimant) {
    return present == nullptr || epoch >= slots_.epoch(slot);
  }
  if (present->id == claimant.id && !present->core->is_linked()) {
    return epoch >= slots_.epoch(slot);
  }
  const bool is_newer = slots_.believes(slot, epoch);
  const bool is_there = present->core->is_linked() && present->named_at == runtime_.now();
  TRACKSIDE_MARK_IF(older_claim_ignored, !is_newer);
  TRACKSIDE_MARK_IF(claim_contradicted_by_moved, is_newer && slots_.is_moved(slot) && is_there);
  return is_newer && !(slots_.is_moved(slot) && is_there);
}

void ClusterCore::apply(const std::vector<cluster::NodeClaim>& claims) {
  for (const cluster::NodeClaim& claim : claims) {
    if (Node* const known = known_node(claim.endpoint)) {
      known->named_at = runtime_.now();
    }
  }
  for (const cluster::NodeClaim& claim : claims) {
    Node* const claimant = claim.is_primary && !claim.slots.empty() ? node_for(claim.endpoint) : nullptr;
    if (claimant == nullptr) {
      continue;
    }
    claimant->is_named = true;
    claimant->is_replica = false;
    claimant->is_suspected = claim.is_suspected;
    claimant->id = claim.id;
    Confirmation& confirmed = claimant->confirmed;
    if (confirmed.changes == slots_.changes() && confirmed.epoch == claim.config_epoch &&
        confirmed.slots == claim.slots) {
      continue;  // the same again, and nothing has changed
    }
    bool is_all_known = true;
    std::vector<std::uint16_t> believed;
    for (const auto& [first, last] : claim.slots) {
      for (std::uint32_t slot = first; slot <= last; ++slot) {
        const auto number = static_cast<std::uint16_t>(slot);
        if (slots_.is_known(number, claimant->number, claim.config_epoch)) {
          continue;
        }
        is_all_known = false;
        if (believes(number, *claimant, claim.config_epoch)) {
          believed.push_back(number);
        }
      }
    }
    give_slots(believed, claimant->number);
    for (const std::uint16_t slot : believed) {
      slots_.claim(slot, claimant->number, claim.config_epoch);
    }
    if (is_all_known) {
      confirmed = {.changes = slots_.changes(), .epoch = claim.config_epoch, .slots = claim.slots};
    }
  }
  note_replicas(claims);
  let_nodes_rest();
}

}  // namespace trackside

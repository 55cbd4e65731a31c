// Who owns which slot, by this node's belief: the claim with the greater config epoch wins.
// Sources: clusterUpdateSlotsConfigWith, clusterHandleConfigEpochCollision, clusterSetMaster.
#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "seam/mark.hpp"
#include "sim/cluster/bus_node.hpp"

namespace trackside::sim::cluster {
namespace {

constexpr SlotRange all_slots{0, slot_count - 1};

/// Calls `visit(owner, run)` for each run of these slots that has one owner, until it returns false: there are few.
template <class Visit>
void for_each_run_while(const redis::SlotOwners& owners, std::span<const SlotRange> slots, Visit visit) {
  for (const SlotRange& range : slots) {
    for (std::size_t first = range.first; first <= range.last;) {
      const std::size_t last = std::min<std::size_t>(owners.last_alike(first), range.last);
      if (!visit(owners[first], SlotRange{static_cast<Slot>(first), static_cast<Slot>(last)})) {
        return;
      }
      first = last + 1;
    }
  }
}

}  // namespace

const SlotClaim& BusNode::claim_of(NodeIndex index) {
  Peer& peer = peers_[index];
  if (!peer.claim) {
    auto slots = std::make_shared<SlotSet>();
    for_each_run_while(view_.owner, {&all_slots, 1}, [&](NodeIndex owner, SlotRange run) {
      if (owner == index) {
        slots->append(run);
      }
      return slots->size() < view_.owner.count(index);
    });
    peer.claim = std::move(slots);
  }
  return peer.claim;
}

/// Everybody's claim anew out of the view, in one pass.
void BusNode::renew_claims() {
  std::erase_if(not_claimed_, [this](const auto& entry) { return view_.owner[entry.first] != entry.second; });
  std::vector<std::shared_ptr<SlotSet>> sets(peers_.size());
  for_each_run_while(view_.owner, {&all_slots, 1}, [&](NodeIndex owner, SlotRange run) {
    if (owner != no_node && !sets[owner]) {
      sets[owner] = std::make_shared<SlotSet>();
    }
    if (owner != no_node) {
      sets[owner]->append(run);
    }
    return true;
  });
  for (NodeIndex index = 0; index < peers_.size(); ++index) {
    // What did not change stays the same object: whoever compares it with what it heard last finds it at once.
    if (!peers_[index].claim || !sets[index] || *peers_[index].claim != *sets[index]) {
      peers_[index].claim = std::move(sets[index]);
    }
  }
}

void BusNode::set_owner(Slot slot, NodeIndex owner) {
  const NodeIndex before = view_.owner[slot];
  if (before == owner) {
    return;
  }
  not_claimed_.erase(slot);
  for (const NodeIndex each : {before, owner}) {
    if (each != no_node) {
      peers_[each].claim = nullptr;
    }
  }
  view_.owner.set(slot, owner);
  state_in_doubt_ = true;
  view_is_news_ = true;
}

void BusNode::learn_slots(Instant now, NodeIndex sender, const BusMessage& message) {
  const NodeIndex claimant = message.primary == no_id ? sender : node(sender).primary;
  if (claimant == no_node) {
    return;
  }
  const SlotClaim& known = claim_of(claimant);
  if (known == message.slots) {
    return;
  }
  if (*known == *message.slots) {
    peers_[claimant].claim = message.slots;  // the same object next time
    return;
  }
  if (message.primary == no_id) {
    take_over_slots(now, sender, message.config_epoch, *message.slots);
  }
  warn_stale(sender, message);
}

void BusNode::take_over_slots(Instant now, NodeIndex owner, std::uint64_t epoch, const SlotSet& slots) {
  if (owner == itself) {
    return;
  }
  const NodeIndex leader = leader_of(itself);
  std::uint32_t taken_from_us = 0;
  lost_slots_.clear();
  for_each_run_while(view_.owner, slots.ranges(), [&](NodeIndex before, SlotRange run) {
    for (std::uint32_t number = run.first; number <= run.last && before != owner; ++number) {
      const auto slot = static_cast<Slot>(number);
      const bool weaker = is_unclaimed(slot) || node(before).config_epoch < epoch;
      // What is being imported is settled by the administrator alone.
      if (!weaker || view_.importing_from.contains(slot)) {
        continue;
      }
      TRACKSIDE_MARK_IF(slot_lost_with_its_keys, before == itself && host_.holds_keys_in(slot));
      if (before == itself && host_.holds_keys_in(slot)) {
        lost_slots_.push_back(slot);
      }
      taken_from_us += before == leader ? 1 : 0;
      set_owner(slot, owner);
    }
    return true;
  });
  note_unclaimed(owner, slots);
  const bool left_without = taken_from_us > 0 && view_.owner.count(leader) == 0;
  if (left_without && (options_.follow_new_owner || taken_from_us == slots.size())) {
    TRACKSIDE_MARK(node_without_slots_follows);
    follow(now, owner);
  } else if (!myself().is_primary() && !node(myself().primary).is_primary() &&
             node(myself().primary).primary != itself) {
    follow(now, node(myself().primary).primary);  // no replicas of replicas
  } else if (!lost_slots_.empty()) {
    host_.drop_keys_in(now, lost_slots_);
  }
}

/// What a node owns and does not claim stays its own until somebody else claims it, by whatever epoch: so a slot is not
/// without an owner while it changes hands, and the new one need not win against the old.
void BusNode::note_unclaimed(NodeIndex owner, const SlotSet& claimed) {
  std::erase_if(not_claimed_, [&](const auto& entry) {
    const auto& [slot, its_owner] = entry;
    return its_owner == owner && claimed.contains(slot);
  });
  if (*claim_of(owner) == claimed) {
    return;
  }
  claim_of(owner)->for_each_while([&](Slot slot) {
    if (!claimed.contains(slot)) {
      not_claimed_.emplace(slot, owner);
    }
    return true;
  });
}

/// Whoever claims what somebody else owns by a greater config epoch has not heard of it.
void BusNode::warn_stale(NodeIndex sender, const BusMessage& message) {
  for_each_run_while(view_.owner, message.slots->ranges(), [&](NodeIndex owner, SlotRange run) {
    if (owner == sender || owner == no_node || node(owner).config_epoch <= message.config_epoch) {
      return true;
    }
    std::uint32_t slot = run.first;
    while (slot <= run.last && is_unclaimed(static_cast<Slot>(slot))) {
      ++slot;
    }
    if (slot > run.last) {
      return true;
    }
    BusMessage warning = header(BusMessageKind::update);
    TRACKSIDE_MARK(stale_claim_was_corrected);
    warning.subject = peers_[owner].id;
    warning.subject_epoch = node(owner).config_epoch;
    warning.subject_slots = claim_of(owner);
    post(sender, std::move(warning));
    return false;
  });
}

/// Two primaries with one config epoch: the one with the smaller name takes a new one. What is known of the sender may
/// be its primary's epoch, from when it was a replica; its own may be older.
void BusNode::resolve_collision(NodeIndex sender, const BusMessage& message) {
  const std::uint64_t epoch = myself().config_epoch;
  if (myself().is_primary() && node(sender).is_primary() && message.config_epoch == epoch &&
      node(sender).config_epoch == epoch && options_.self < peers_[sender].id) {
    TRACKSIDE_MARK(config_epochs_collided);
    myself().config_epoch = ++view_.current_epoch;
  }
}

void BusNode::become_primary_in_view(NodeIndex index) {
  if (!node(index).is_primary()) {
    node(index).primary = no_node;
    state_in_doubt_ = true;
    view_is_news_ = true;
  }
}

void BusNode::follow(Instant now, NodeIndex primary) {
  if (myself().is_primary()) {
    view_.migrating_to.clear();
    view_.importing_from.clear();
  }
  myself().primary = primary;
  host_follows_ = true;
  host_.follow(now, server_of(peers_[primary].id));
  end_manual_failover(now);
  state_in_doubt_ = true;
  view_is_news_ = true;
}

}  // namespace trackside::sim::cluster

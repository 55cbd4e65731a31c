// How a replica takes over from a failed primary, and how primaries vote.
//
// At most one replica wins in an epoch: every voter votes once in each, and winning takes a majority of the voters.
// Sources: clusterHandleSlaveFailover, clusterSendFailoverAuthIfNeeded, clusterFailoverReplaceYourMaster.
#include "seam/mark.hpp"
#include "sim/cluster/bus_node.hpp"

namespace trackside::sim::cluster {

bool BusNode::may_be_elected(Instant now) const {
  const bool manual = manual_.deadline != 0 && manual_.may_start;
  if (myself().is_primary()) {
    return false;
  }
  const NodeIndex primary = myself().primary;
  if ((!node(primary).failed && !manual) || (!options_.may_fail_over && !manual) || view_.owner.count(primary) == 0) {
    return false;
  }
  // That the primary has been down until it was found failed is not held against the data.
  Instant age = host_.data_age(now);
  age = age > options_.node_timeout ? age - options_.node_timeout : age;
  const Instant age_limit = options_.replication_ping + options_.node_timeout * options_.validity_factor;
  TRACKSIDE_MARK_IF(replica_too_old_to_be_elected, !manual && options_.validity_factor != 0 && age > age_limit);
  return manual || options_.validity_factor == 0 || age <= age_limit;
}

void BusNode::consider_election(Instant now) {
  if (!may_be_elected(now)) {
    return;
  }
  const bool manual = manual_.deadline != 0;
  if (election_.may_plan(now, options_.node_timeout)) {
    TRACKSIDE_MARK_IF(election_planned_again, election_.asked());
    if (manual) {
      election_.plan(now, 0);
      election_in_doubt_ = true;
    } else {
      const std::uint64_t more = choose(BusChoice::election_delay, election_choices_, Election::random_delay_bound);
      const std::uint32_t rank_now = rank();
      TRACKSIDE_MARK_IF(replica_with_older_data_waits, rank_now > 0);
      election_.plan(
          now + Election::fixed_delay + static_cast<Instant>(more) * millisecond + rank_now * Election::delay_per_rank,
          rank_now);
    }
    pong_to_siblings(now);
    return;
  }
  if (!election_.asked() && !manual) {
    election_.fall_back_to(rank());
  }
  if (!election_.is_open(now, options_.node_timeout)) {
    return;
  }
  if (!election_.asked()) {
    election_.ask(++view_.current_epoch);
    BusMessage request = header(BusMessageKind::auth_request);
    request.force_ack = manual;
    broadcast(request);
  } else if (election_.votes() >= quorum()) {
    TRACKSIDE_MARK(election_won);
    if (myself().config_epoch < election_.epoch()) {
      myself().config_epoch = election_.epoch();
    }
    replace_primary(now);
  }
}

/// How many replicas of the same primary have newer data.
std::uint32_t BusNode::rank() const {
  const std::uint64_t own = host_.replication_offset();
  std::uint32_t better = 0;
  for (NodeIndex index = 1; index < peers_.size(); ++index) {
    const KnownNode& other = node(index);
    better += present(index) && other.primary == myself().primary && other.replication_offset > own ? 1 : 0;
  }
  return better;
}

void BusNode::replace_primary(Instant now) {
  const NodeIndex before = myself().primary;
  const SlotClaim slots = claim_of(before);
  become_primary_in_view(itself);
  host_.lead(now);
  slots->for_each_while([&](Slot slot) {
    set_owner(slot, itself);
    return true;
  });
  update_state(now);
  broadcast_pong(now);
  end_manual_failover(now);
}

void BusNode::vote_if_due(Instant now, NodeIndex candidate, const BusMessage& message) {
  if (!myself().is_primary() || view_.owner.count(itself) == 0 || message.current_epoch < view_.current_epoch ||
      last_vote_epoch_ == view_.current_epoch || node(candidate).is_primary()) {
    TRACKSIDE_MARK_IF(vote_refused_as_epoch_is_used_up, myself().is_primary() && view_.owner.count(itself) > 0);
    return;
  }
  const NodeIndex primary = node(candidate).primary;
  Peer& voted_about = peers_[primary];
  const bool voted_lately = voted_about.voted_at != 0 && now - voted_about.voted_at < 2 * options_.node_timeout;
  if ((!node(primary).failed && !message.force_ack) || voted_lately) {
    TRACKSIDE_MARK_IF(vote_refused_as_primary_is_well, !node(primary).failed && !message.force_ack);
    TRACKSIDE_MARK_IF(vote_refused_as_voted_lately, voted_lately);
    return;
  }
  bool owned_by_greater_epoch = false;
  message.slots->for_each_while([&](Slot slot) {
    const NodeIndex owner = view_.owner[slot];
    owned_by_greater_epoch = owner != no_node && node(owner).config_epoch > message.config_epoch;
    return !owned_by_greater_epoch;
  });
  if (owned_by_greater_epoch) {
    TRACKSIDE_MARK(vote_refused_as_slots_are_gone);
    return;
  }
  post(candidate, header(BusMessageKind::auth_ack));
  voted_about.voted_at = now;
  last_vote_epoch_ = view_.current_epoch;
}

}  // namespace trackside::sim::cluster

// Reading from replicas without going back behind own writes and earlier reads; see cluster_core.hpp.
//
// Two facts carry it. A replica's data is an earlier state of its primary's, so going from a replica to its primary is
// always right, and is done at once: at a write, when the replica's link or guard is lost, when it does not have a key.
// Going from the primary to a replica is right once the replica has applied everything up to a state of the primary
// behind all that this client was told there or wrote (same replication id, offset at least as large). That it is the
// same replica of the same primary from then on, each of its replies proves (replica.cpp).
// Slots go one by one, for one that is written all the time must not keep the others.
// Source: attack R3 of coherence; the Redis documentation of replication.
#include <algorithm>
#include <utility>

#include "client/cluster_core.hpp"
#include "cluster/progress.hpp"
#include "resp/slot.hpp"
#include "seam/mark.hpp"

namespace trackside {

using cluster::no_node;

namespace {

constexpr Duration between_handovers = std::chrono::milliseconds{100};
constexpr Duration without_replica_first = std::chrono::milliseconds{500};
constexpr Duration handover_max = std::chrono::seconds{1};
constexpr Duration hold_max = std::chrono::milliseconds{100};
constexpr Duration between_questions = std::chrono::milliseconds{5};
constexpr std::uint32_t handovers_to_skip = 20;  // by a slot whose keys the replica did not have
constexpr int number_bits = 32;

/// Whether its primary may still answer in its place.
bool is_answered_elsewhere(error_code error) {
  return error == Errc::wrong_role || error == Errc::connection_lost || error == Errc::idle_breach ||
         error == Errc::identity_changed || error == Errc::connect_failed || error == Errc::connect_timeout ||
         error == Errc::handshake_refused || error == Errc::protocol_error;
}

}  // namespace

/// The replica that reads its slot, if it does and can be asked.
ClusterCore::Node* ClusterCore::replica_for(const Operation& operation) const {
  if (!operation.may_read_replica) {
    return nullptr;
  }
  const NodeNumber reader = readers_.reader(operation.route.slot);
  Node* const found = reader == no_node ? nullptr : node(reader);
  return found != nullptr && found->core->is_linked() ? found : nullptr;
}

/// Whether it waits for its slot to be handed over, which its being sent would put off.
bool ClusterCore::is_held(const Operation& operation) const {
  const NodeNumber owner = operation.may_read_replica ? slots_.owner(operation.route.slot) : no_node;
  if (owner == no_node || operation.manner == NodeCore::Manner::asked) {
    return false;
  }
  const Handover& handover = node(owner)->handover;
  const std::uint32_t touched = readers_.touched(operation.route.slot);
  const bool holds =
      handover.state != Handover::State::idle && handover.holds_reads && touched != 0 && touched < handover.number;
  TRACKSIDE_MARK_IF(read_held_for_handover, holds);
  return holds;
}

/// It is about to be sent to somebody else than a replica.
void ClusterCore::asked_owner(const Operation& operation) {
  if (!reads_replicas()) {
    return;
  }
  if (operation.route.kind == Route::Kind::slot && slots_.owner(operation.route.slot) != no_node) {
    read_at_owner(operation.route.slot);
    Handover& handover = node(slots_.owner(operation.route.slot))->handover;
    if (operation.may_read_replica && !std::exchange(handover.is_wanted, true) &&
        handover.state == Handover::State::idle) {
      alarm_.set(std::max(handover.begins_at, runtime_.now()));
    }
  }
  changed(operation);
}

/// At both ends of what may write: what it wrote, replicas may not have.
void ClusterCore::changed(const Operation& operation) {
  if (!reads_replicas()) {
    return;
  }
  const bool has_slot = operation.route.kind == Route::Kind::slot;
  const NodeNumber owner = has_slot ? slots_.owner(operation.route.slot) : no_node;
  switch (operation.reach) {
    case Reach::nothing: return;
    case Reach::slot: read_at_owner(operation.route.slot); return;
    case Reach::node:
      if (owner != no_node) {
        read_all_at_owners(node(owner), no_node);
        return;
      }
      [[fallthrough]];
    case Reach::all:
      for (const auto& each : owned_nodes_) {
        read_all_at_owners(each.get(), no_node);
      }
      return;
  }
}

void ClusterCore::read_at_owner(std::uint16_t slot, std::uint32_t handovers_ahead) {
  const NodeNumber owner = slots_.owner(slot);
  if (!reads_replicas() || owner == no_node) {
    return;
  }
  set_reader(slot, no_node);
  Handover& handover = node(owner)->handover;
  if (readers_.touch(slot, handover.number + handovers_ahead)) {
    handover.slots.push_back(slot);
  }
}

/// Those of one owner, and those that one replica reads.
void ClusterCore::read_all_at_owners(const Node* owner, NodeNumber reader) {
  if (!reads_replicas() || (owner == nullptr && readers_.count(reader) == 0)) {
    return;
  }
  for (std::uint32_t slot = 0; slot < resp::slot_count; ++slot) {
    const auto number = static_cast<std::uint16_t>(slot);
    const NodeNumber now = readers_.reader(number);
    const bool is_its =
        owner != nullptr && slots_.owner(number) == owner->number && (now != no_node || readers_.touched(number) != 0);
    if (is_its || (now != no_node && now == reader)) {
      read_at_owner(number);
    }
  }
}

/// As when a slot moves: who read it forgets it before anything about it is sent to who reads it now.
void ClusterCore::set_reader(std::uint16_t slot, NodeNumber reader) {
  const NodeNumber before = readers_.reader(slot);
  if (before == reader) {
    return;
  }
  const NodeNumber owner = slots_.owner(slot);
  Node& now = *node(reader == no_node ? owner : reader);
  node(before == no_node ? owner : before)->core->forget_slots({&slot, 1});
  now.core->forget_slots({&slot, 1});
  readers_.set_reader(slot, reader);
  if (cache_ != nullptr) {
    cache_->slots_moved({&slot, 1}, now.name);
  }
}

/// Their owner is about to change.
void ClusterCore::forget_readers(std::span<const std::uint16_t> slots) {
  for (const std::uint16_t slot : slots) {
    const NodeNumber reader = readers_.reader(slot);
    if (reader != no_node) {
      TRACKSIDE_MARK(slot_moved_while_a_replica_read_it);
      node(reader)->core->forget_slots({&slot, 1});
      readers_.set_reader(slot, no_node);
      readers_.touch(slot, 1);
    }
  }
}

/// A replica that could not answer, or did not have the keys: whatever it is, the owner knows.
bool ClusterCore::goes_to_owner(std::uint32_t index, const Outcome& outcome) {
  Operation& operation = operations_[index];
  if (!is_answered_elsewhere(outcome.error) || operation.is_cancelled || runtime_.now() >= operation.deadline) {
    return false;
  }
  operation.manner = NodeCore::Manner::owned;
  operation.may_read_replica = false;
  TRACKSIDE_MARK_IF(replica_could_not_answer, outcome.error == Errc::wrong_role);
  TRACKSIDE_MARK_IF(replica_lost_under_way, outcome.error != Errc::wrong_role);
  read_at_owner(operation.route.slot, outcome.error == Errc::wrong_role ? handovers_to_skip : 0);
  dispatch(index);
  return true;
}

/// Which nodes are whose replicas, as one node tells; they are connected to. Whether it is so, handovers find out.
void ClusterCore::note_replicas(const std::vector<cluster::NodeClaim>& claims) {
  if (!reads_replicas()) {
    return;
  }
  for (const auto& each : owned_nodes_) {
    each->replicas.clear();
  }
  for (const cluster::NodeClaim& claim : claims) {
    const auto primary = std::find_if(claims.begin(), claims.end(), [&](const cluster::NodeClaim& each) {
      return !claim.is_primary && each.id == claim.primary_id && !each.slots.empty();
    });
    Node* const owner = primary == claims.end() ? nullptr : node_for(primary->endpoint);
    Node* const replica = owner == nullptr ? nullptr : node_for(claim.endpoint);
    if (replica != nullptr && replica != owner) {
      replica->is_named = true;
      replica->is_replica = true;
      replica->is_suspected = claim.is_suspected;
      replica->id = claim.id;
      owner->replicas.push_back(replica->number);
    }
  }
  for (const auto& each : owned_nodes_) {
    std::sort(each->replicas.begin(), each->replicas.end());
    if (each->is_replica && each->is_suspected) {
      TRACKSIDE_MARK(replica_suspected);
      read_all_at_owners(nullptr, each->number);
    }
    choose_nearest(*each);
  }
}

/// Who may read the primary's slots.
std::vector<ClusterCore::NodeNumber> ClusterCore::candidates_of(Node& primary) {
  std::vector<NodeNumber> found;
  for (const NodeNumber number : primary.replicas) {
    const Node& replica = *node(number);
    const bool is_chosen = options_.read_from != ReadFrom::nearest || primary.handover.nearest == number;
    if (is_chosen && replica.is_replica && !replica.is_suspected && replica.core->is_linked()) {
      found.push_back(number);
    }
  }
  return found;
}

/// Another one only if it is faster by a quarter, so that two that are alike do not take turns.
void ClusterCore::choose_nearest(Node& primary) {
  if (options_.read_from != ReadFrom::nearest || primary.replicas.empty()) {
    return;
  }
  const auto time_of = [this](NodeNumber number) {
    const NodeCore& core = *node(number)->core;
    const bool is_known = core.is_linked() && core.round_trip() > Duration::zero() && !node(number)->is_suspected;
    return is_known ? core.round_trip() : Duration::max() / 4;
  };
  NodeNumber& nearest = primary.handover.nearest;
  const NodeNumber before = nearest == no_node ? primary.number : nearest;
  const bool is_still =
      before == primary.number || std::binary_search(primary.replicas.begin(), primary.replicas.end(), before);
  NodeNumber best = is_still ? before : primary.number;
  Duration limit = time_of(best) / 4 * 3;
  for (const NodeNumber number : primary.replicas) {
    if (time_of(number) < limit) {
      best = number;
      limit = time_of(number);
    }
  }
  if (best != primary.number && time_of(primary.number) < time_of(best) / 4 * 3) {
    best = primary.number;
  }
  if (best != before) {
    TRACKSIDE_MARK(nearest_reader_changed);
    read_all_at_owners(&primary, no_node);
  }
  nearest = best;
}

void ClusterCore::tend_handovers() {
  if (!reads_replicas()) {
    return;
  }
  const Time now = runtime_.now();
  for (std::size_t index = 0; index < owned_nodes_.size() && !final_; ++index) {  // one may come, from inside
    Node& primary = *owned_nodes_[index];
    Handover& handover = primary.handover;
    if (handover.state == Handover::State::idle && handover.is_wanted && now >= handover.begins_at) {
      begin_handover(primary);
    } else if (handover.state != Handover::State::idle && now >= handover.ends_at) {
      TRACKSIDE_MARK(handover_took_too_long);
      end_handover(primary);
    } else if (handover.state == Handover::State::asking_replicas && now >= handover.asks_at) {
      handover.asks_at = never;
      for (const NodeNumber number : std::vector{handover.asked}) {
        ask_replica(primary, *node(number));
      }
    }
    const bool waits = handover.state == Handover::State::idle;
    alarm_.set(!waits ? std::min(handover.ends_at, handover.asks_at) : handover.is_wanted ? handover.begins_at : never);
  }
}

/// What this client asks the primary from here on is not covered by its answer.
void ClusterCore::begin_handover(Node& primary) {
  Handover& handover = primary.handover;
  const Time now = runtime_.now();
  choose_nearest(primary);
  handover.asked = candidates_of(primary);
  handover.reached.clear();
  if (handover.asked.empty() || !primary.core->is_linked()) {
    handover.holds_reads = false;
    handover.pause = std::clamp(2 * handover.pause, without_replica_first, cluster::usual_between_refreshes);
    handover.begins_at = now + handover.pause;
    want_refresh();  // perhaps it has one by now
    return;
  }
  handover.pause = {};
  ++handover.number;
  handover.is_wanted = false;
  handover.state = Handover::State::asking_primary;
  handover.asks_at = never;
  const Duration patience = handover.holds_reads ? std::min(hold_max, options_.command_timeout / 4) : handover_max;
  handover.ends_at = now + patience;
  ++questions_;
  primary.core->submit_part(Command{"INFO", "replication"}, {&run_primary_progress, &primary, handover.number}, nullptr,
                            NodeCore::Manner::either, now + handover_max);
}

void ClusterCore::run_primary_progress(void* node, std::uint64_t number, const Outcome& outcome) {
  Node& primary = *static_cast<Node*>(node);
  --primary.cluster->questions_;
  primary.cluster->on_primary_progress(primary, static_cast<std::uint32_t>(number), outcome);
}

void ClusterCore::on_primary_progress(Node& primary, std::uint32_t number, const Outcome& outcome) {
  Handover& handover = primary.handover;
  if (final_ || handover.state != Handover::State::asking_primary || handover.number != number) {
    return;
  }
  const auto text = outcome.error ? Result<std::string_view>{} : outcome.reply.as_string();
  const auto progress = text ? cluster::read_progress(*text) : std::nullopt;
  if (!progress || !progress->is_primary) {
    TRACKSIDE_MARK(handover_from_no_primary);
    end_handover(primary);
    return;
  }
  handover.state = Handover::State::asking_replicas;
  handover.history = progress->history;
  handover.offset = progress->offset;
  for (const NodeNumber replica : std::vector{handover.asked}) {
    ask_replica(primary, *node(replica));
  }
}

void ClusterCore::ask_replica(Node& primary, Node& replica) {
  const std::uint64_t which = std::uint64_t{primary.number} << number_bits | primary.handover.number;
  ++questions_;
  replica.core->submit_part(Command{"INFO", "replication"}, {&run_replica_progress, &replica, which}, nullptr,
                            NodeCore::Manner::either, runtime_.now() + handover_max);
}

void ClusterCore::run_replica_progress(void* node, std::uint64_t which, const Outcome& outcome) {
  Node& replica = *static_cast<Node*>(node);
  ClusterCore& self = *replica.cluster;
  --self.questions_;
  Node& primary = *self.node(static_cast<NodeNumber>(which >> number_bits));
  self.on_replica_progress(primary, replica, static_cast<std::uint32_t>(which), outcome);
}

void ClusterCore::on_replica_progress(Node& primary, Node& replica, std::uint32_t number, const Outcome& outcome) {
  Handover& handover = primary.handover;
  const auto asked = std::find(handover.asked.begin(), handover.asked.end(), replica.number);
  const bool is_asked = handover.state == Handover::State::asking_replicas && asked != handover.asked.end();
  if (final_ || !is_asked || handover.number != number) {
    return;
  }
  const auto text = outcome.error ? Result<std::string_view>{} : outcome.reply.as_string();
  const auto progress = text ? cluster::read_progress(*text) : std::nullopt;
  const bool follows = progress && !progress->primary.empty() && progress->history == handover.history;
  if (follows && progress->offset < handover.offset) {
    TRACKSIDE_MARK(replica_behind_at_handover);
    handover.asks_at = std::min(handover.asks_at, runtime_.now() + between_questions);
    alarm_.set(handover.asks_at);
    return;
  }
  TRACKSIDE_MARK_IF(replica_of_another_history, progress && !progress->primary.empty() && !follows);
  handover.asked.erase(asked);
  if (follows) {
    replica.core->follow(progress->primary);
    handover.reached.push_back(replica.number);
  }
  if (handover.asked.empty()) {
    end_handover(primary);
  }
}

void ClusterCore::end_handover(Node& primary) {
  Handover& handover = primary.handover;
  const Time now = runtime_.now();
  std::sort(handover.reached.begin(), handover.reached.end());
  const std::vector<NodeNumber> reached = std::exchange(handover.reached, {});
  std::vector<std::uint16_t> slots = std::exchange(handover.slots, {});
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());  // one may have gone and come back
  for (const std::uint16_t slot : slots) {
    if (slots_.owner(slot) != primary.number) {
      continue;  // another one's list has it
    }
    if (reached.empty() || readers_.touched(slot) >= handover.number) {
      TRACKSIDE_MARK_IF(slot_touched_during_handover, !reached.empty());
      handover.slots.push_back(slot);
    } else {
      readers_.forget_touch(slot);
      set_reader(slot, reached[slot % reached.size()]);
    }
  }
  handover.state = Handover::State::idle;
  // Where reads never pause, the next one begins at once, and they wait for it.
  handover.holds_reads = !reached.empty() && handover.is_wanted && !handover.holds_reads;
  handover.is_wanted = handover.is_wanted || reached.empty();
  handover.begins_at = handover.holds_reads ? now : now + between_handovers;
  if (handover.is_wanted) {
    alarm_.set(handover.begins_at);
  }
  retry_waiting();
}

}  // namespace trackside

#include "properties/testing/judging/cluster_history.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

#include "resp/slot.hpp"

namespace trackside::testing {
namespace {

constexpr sim::cluster::SlotRange every_slot{0, resp::slot_count - 1};

bool covers(const sim::cluster::SlotRange& slots, sim::cluster::Slot slot) {
  return slots.first <= slot && slot <= slots.last;
}

/// The version that is current from `at` on, given the one that was before.
std::size_t advance(const std::vector<model::Version>& versions, std::size_t index, sim::Instant at) {
  while (index + 1 < versions.size() && versions[index + 1].from <= at) {
    ++index;
  }
  return index;
}

}  // namespace

/// One key at all nodes, from instant to instant.
class ClusterHistory::Sweep {
 public:
  Sweep(const ClusterHistory& history, model::KeyIndex key, sim::cluster::Slot slot)
      : history_(history), slot_(slot), key_(key), states_(history.nodes_.size()) {}

  void advance_to(sim::Instant at) {
    std::optional<std::uint64_t> asked_by;  // the rank of who sends its readers to whoever imports
    for (std::uint32_t node = 0; node < states_.size(); ++node) {
      const Node& of = history_.nodes_[node];
      State& state = states_[node];
      const Stance before = state.stance;
      const std::uint64_t rank_before = rank_of(state);
      for (; state.turns < of.turns.size() && of.turns[state.turns].at <= at; ++state.turns) {
        take(of.turns[state.turns], state);
      }
      if (key_ < of.copies.size()) {
        const auto& versions = of.copies[key_].versions;
        state.version = advance(versions, state.version, at);
        state.present = versions[state.version].state != 0 && versions[state.version].expires_at >= at;
      }
      // What it thought up to now counts too: the order within an instant is not known.
      const bool answers = serves(before) || serves(state.stance);
      const bool gives = before.opening == Opening::migrating || state.stance.opening == Opening::migrating;
      if (answers && gives && !state.present) {
        asked_by = serves(state.stance) ? rank_of(state) : rank_before;
      }
    }
    for (State& state : states_) {
      if (!state.stance.primary || state.stance.opening != Opening::importing) {
        state.asked_by.reset();
      } else if (asked_by) {
        state.asked_by = asked_by;
      }
    }
  }

  sim::Instant opened_at(std::uint32_t node) const { return states_[node].opened_at; }
  bool claims(std::uint32_t node) const { return states_[node].stance.owns && states_[node].stance.primary; }

  /// The rank by which the node answers now, its epoch as a rule; nothing if it does not.
  std::optional<std::uint64_t> answers(std::uint32_t node) const {
    const State& state = states_[node];
    if (serves(state.stance) && !sends_away(state)) {
      return rank_of(state);
    }
    return state.asked_by;
  }

 private:
  struct State {
    Stance stance{};
    std::size_t turns = 0;
    std::size_t version = 0;
    bool present = false;
    sim::Instant opened_at = 0;               // its latest opening, or the end of one
    std::uint64_t imported_over = 0;          // the rank of those from whom it has the slot
    std::optional<std::uint64_t> asked_by{};  // readers were sent to it with ASK: they may come as long as it imports
  };

  static std::uint64_t rank_of(const State& state) { return std::max(state.stance.epoch, state.imported_over); }

  /// Who has imported a slot follows the one it came from, whatever their epochs: it takes a new one only if it knows
  /// of a greater one than its own, and may not have heard of that of the source yet.
  void take(const Turn& turn, State& state) {
    const bool imports = state.stance.opening == Opening::importing && !state.stance.owns;
    apply(turn, slot_, state.stance);
    if (turn.kind == Turn::Kind::opening) {
      state.opened_at = turn.at;
    }
    if (!state.stance.owns) {
      state.imported_over = 0;
    } else if (imports) {
      state.imported_over = rank_of_source();
    }
  }

  std::uint64_t rank_of_source() const {
    std::uint64_t rank = 0;
    for (const State& state : states_) {
      const bool gives = state.stance.owns && state.stance.opening == Opening::migrating;
      rank = gives ? std::max(rank, rank_of(state)) : rank;
    }
    return rank;
  }

  bool serves(const Stance& stance) const {
    return stance.owns && stance.primary && (stance.up || history_.reads_when_down_);
  }
  static bool sends_away(const State& state) { return state.stance.opening == Opening::migrating && !state.present; }

  const ClusterHistory& history_;
  const sim::cluster::Slot slot_;
  const model::KeyIndex key_;
  std::vector<State> states_;
};

ClusterHistory::Copy& ClusterHistory::copy_of(std::uint32_t node, model::KeyIndex key) {
  auto& copies = nodes_[node].copies;
  if (copies.size() <= key) {
    copies.resize(key + 1);
  }
  return copies[key];
}

void ClusterHistory::on_change(std::uint32_t node, sim::ChangeOrigin origin,
                               const sim::redis::ServerObserver::Change& change) {
  if (change.database != database_) {
    return;  // no cached client looks there
  }
  const bool is_ours = origin == sim::ChangeOrigin::executed && change.by != sim::redis::SessionId::none;
  const model::ClientIndex by = is_ours ? owner_(owner_context_, node, change.by) : model::nobody;
  const model::KeyIndex key = recorder_.key_of(change.key);
  if (origin == sim::ChangeOrigin::dropped) {
    left_at_replicas_.resize(std::max<std::size_t>(left_at_replicas_.size(), key + 1));
    left_at_replicas_[key] = true;
  }
  Copy& copy = copy_of(node, key);
  copy.versions.push_back(recorder_.version_of(change, by, nodes_[node].clock_offset));
  copy.expires_at = change.value == nullptr ? -1 : change.expires_at;
}

void ClusterHistory::on_ownership(sim::Instant at, std::uint32_t node, sim::cluster::SlotRange slots, Belief belief,
                                  std::uint64_t config_epoch) {
  nodes_[node].turns.push_back(
      {Turn::Kind::ownership, at, slots, {.owns = belief == Belief::owns, .epoch = config_epoch}});
}

void ClusterHistory::on_opening(sim::Instant at, std::uint32_t node, sim::cluster::Slot slot, Opening opening) {
  nodes_[node].turns.push_back({Turn::Kind::opening, at, {slot, slot}, {.opening = opening}});
}

void ClusterHistory::on_role(sim::Instant at, std::uint32_t node, Role role) {
  nodes_[node].turns.push_back({Turn::Kind::role, at, every_slot, {.primary = role == Role::primary}});
}

void ClusterHistory::on_state(sim::Instant at, std::uint32_t node, bool up) {
  nodes_[node].turns.push_back({Turn::Kind::state, at, every_slot, {.up = up}});
}

void ClusterHistory::on_confirmed(sim::Instant at, std::uint32_t node, Confirmation confirmation) {
  if (confirmation == Confirmation::none) {
    nodes_[node].unconfirmed.push_back(at);
  }
}

void ClusterHistory::clock_stepped(sim::Instant now, std::uint32_t node, std::int64_t milliseconds) {
  nodes_[node].clock_offset += milliseconds;
  for (Copy& copy : nodes_[node].copies) {
    if (copy.expires_at >= 0) {
      const model::Version& last = copy.versions.back();
      copy.versions.push_back({.from = now,
                               .expires_at = Recorder::expiry_of(copy.expires_at, nodes_[node].clock_offset),
                               .state = last.state});
    }
  }
}

void ClusterHistory::apply(const Turn& turn, sim::cluster::Slot slot, Stance& stance) {
  if (!covers(turn.slots, slot)) {
    return;
  }
  switch (turn.kind) {
    case Turn::Kind::ownership:
      stance.owns = turn.news.owns;
      stance.epoch = turn.news.epoch;
      break;
    case Turn::Kind::opening: stance.opening = turn.news.opening; break;
    case Turn::Kind::role: stance.primary = turn.news.primary; break;
    case Turn::Kind::state: stance.up = turn.news.up; break;
  }
}

/// When anything may change about who answers.
std::vector<sim::Instant> ClusterHistory::instants_of(model::KeyIndex key, sim::cluster::Slot slot) const {
  std::vector<sim::Instant> instants;
  for (const Node& node : nodes_) {
    for (const Turn& turn : node.turns) {
      if (covers(turn.slots, slot)) {
        instants.push_back(turn.at);
      }
    }
    for (std::size_t version = 1; key < node.copies.size() && version < node.copies[key].versions.size(); ++version) {
      const model::Version& made = node.copies[key].versions[version];
      instants.push_back(made.from);
      if (made.expires_at != model::end_of_time) {
        instants.push_back(std::max(made.from, made.expires_at + 1));
      }
    }
  }
  std::sort(instants.begin(), instants.end());
  instants.erase(std::unique(instants.begin(), instants.end()), instants.end());
  return instants;
}

/// A node that answers all along and takes a new epoch (it imports some slot, or settles a collision) has not told its
/// readers: they may leave it for a rival whose epoch lies between, and are right by all that they heard. So the old
/// tenure lasts beside the new one as long as such a rival answers too. They come back with the new one, and stay.
void ClusterHistory::prolong_for_rivals(std::vector<NodeTenure>& tenures) {
  const std::vector<NodeTenure> as_found = tenures;
  for (NodeTenure& old : tenures) {
    const auto next = std::find_if(as_found.begin(), as_found.end(), [&](const NodeTenure& other) {
      return other.node == old.node && other.from == old.until && other.epoch > old.epoch;
    });
    if (next == as_found.end()) {
      continue;
    }
    sim::Instant answers_until = next->until;
    for (const NodeTenure& other : as_found) {  // of one node they are in order of time
      if (other.node == old.node && other.from == answers_until) {
        answers_until = other.until;
      }
    }
    for (const NodeTenure& rival : as_found) {
      const bool lies_between = rival.node != old.node && old.epoch <= rival.epoch && rival.epoch <= next->epoch;
      if (lies_between && rival.from <= answers_until && rival.until >= next->from) {
        old.until = std::max(old.until, std::min(answers_until, rival.until));
      }
    }
  }
}

std::vector<ClusterHistory::NodeTenure> ClusterHistory::tenures_of(model::KeyIndex key,
                                                                   sim::cluster::Slot slot) const {
  std::vector<NodeTenure> found;
  std::vector<std::optional<NodeTenure>> open(nodes_.size());
  std::vector<std::optional<sim::Instant>> leads_from(nodes_.size());  // without answering
  Sweep sweep{*this, key, slot};
  for (const sim::Instant at : instants_of(key, slot)) {
    sweep.advance_to(at);
    for (std::uint32_t node = 0; node < nodes_.size(); ++node) {
      const auto epoch = sweep.answers(node);
      if (open[node] && epoch != open[node]->epoch) {
        open[node]->until = at;
        found.push_back(*std::exchange(open[node], std::nullopt));
      }
      leads_from[node] = sweep.claims(node) ? leads_from[node].value_or(at) : std::optional<sim::Instant>{};
      if (epoch && !open[node]) {
        open[node] = NodeTenure{.epoch = *epoch,
                                .node = node,
                                .from = at,
                                .until = model::end_of_time,
                                .opened_at = sweep.opened_at(node),
                                .leads_from = leads_from[node].value_or(at)};
      }
      if (open[node]) {
        leads_from[node].reset();
      }
    }
  }
  for (const auto& tenure : open) {
    if (tenure) {
      found.push_back(*tenure);
    }
  }
  prolong_for_rivals(found);
  std::stable_sort(found.begin(), found.end(), [](const NodeTenure& left, const NodeTenure& right) {
    // Of two that import, the one that began last is whom readers are sent to now.
    return std::tie(left.epoch, left.from, left.opened_at) < std::tie(right.epoch, right.from, right.opened_at);
  });
  return found;
}

/// The versions that the node had since it led; `told`: by node and version, whether an event tells of it.
void ClusterHistory::add_versions(const NodeTenure& tenure, model::KeyIndex key, std::vector<bool>& told) {
  model::History& history = recorder_.history();
  auto& into = history.keys[key];
  const auto& unconfirmed = nodes_[tenure.node].unconfirmed;
  const auto end = std::upper_bound(unconfirmed.begin(), unconfirmed.end(), tenure.from);
  history.tenures[key].push_back({.first = into.size(),
                                  .from = tenure.from,
                                  .until = tenure.until,
                                  .confirmed_until = end == unconfirmed.end() ? model::end_of_time : *end});
  const Copy& copy = copy_of(tenure.node, key);
  std::size_t index = 0;
  while (index + 1 < copy.versions.size() && copy.versions[index + 1].from < tenure.leads_from) {
    ++index;
  }
  for (bool first = true; index < copy.versions.size() && (first || copy.versions[index].from <= tenure.until);
       ++index, first = false) {
    const model::Version& version = copy.versions[index];
    into.push_back(version);
    if (version.cause != 0 && version.from >= tenure.from && !told[index]) {
      told[index] = true;
      history.events.push_back({.kind = model::Event::Kind::version,
                                .at = version.from,
                                .index = key,
                                .version = static_cast<std::uint32_t>(into.size() - 1)});
    }
  }
}

/// When the node may have answered as one.
std::vector<model::Tenure> ClusterHistory::times_as_replica(std::uint32_t node) const {
  std::vector<model::Tenure> times;
  Stance stance{};
  for (const Turn& turn : nodes_[node].turns) {
    apply(turn, turn.slots.first, stance);
    const bool answers = !stance.primary && (stance.up || reads_when_down_);
    const bool is_open = !times.empty() && times.back().until == model::end_of_time;
    if (answers && !is_open) {
      times.push_back({.from = turn.at});
    } else if (!answers && is_open) {
      times.back().until = turn.at;
    }
  }
  return times;
}

/// A client keeps nothing of what replicas do not have: absence does not linger.
void ClusterHistory::add_lingering(model::KeyIndex key, std::span<const sim::Instant> leads_from) {
  for (std::uint32_t node = 0; node < nodes_.size(); ++node) {
    const auto& versions = copy_of(node, key).versions;
    const auto times = times_as_replica(node);
    for (std::size_t index = 1; index < versions.size(); ++index) {
      const model::Version& copy = versions[index];
      const sim::Instant end = index + 1 < versions.size() ? versions[index + 1].from : model::end_of_time;
      for (const model::Tenure& time : times) {
        const sim::Instant until = std::min({end, copy.expires_at, time.until});
        const sim::Instant from = std::max(copy.from, time.from);
        if (copy.state != 0 && until >= from) {
          let_linger(key, leads_from, copy, from, until);
        }
      }
    }
  }
}

/// The version of which this is the copy: the latest like it, of the latest owner who had one by then.
void ClusterHistory::let_linger(model::KeyIndex key, std::span<const sim::Instant> leads_from,
                                const model::Version& copy, sim::Instant from, sim::Instant until) {
  auto& versions = recorder_.history().keys[key];
  const auto& tenures = recorder_.history().tenures[key];
  for (std::size_t tenure = tenures.size(); tenure-- > 0;) {
    const std::size_t end = tenure + 1 == tenures.size() ? versions.size() : tenures[tenure + 1].first;
    for (std::size_t index = end; leads_from[tenure] <= copy.from && index-- > tenures[tenure].first;) {
      model::Version& version = versions[index];
      if (version.from <= copy.from && recorder_.are_alike(version.state, copy.state)) {
        version.lingers_from = std::min(version.lingers_from, from);
        version.lingers_until = std::max(version.lingers_until, until);
        return;
      }
    }
  }
}

void ClusterHistory::write(model::KeyIndex key) {
  model::History& history = recorder_.history();
  // Before the world began there was nothing.
  history.keys[key].assign(1, model::Version{});
  history.tenures[key].assign(1, {.first = 0, .from = INT64_MIN, .until = 0});
  std::vector<std::vector<bool>> told(nodes_.size());
  std::vector<sim::Instant> leads_from{INT64_MIN};
  for (const NodeTenure& tenure : tenures_of(key, resp::slot_of(recorder_.key_name(key)))) {
    told[tenure.node].resize(copy_of(tenure.node, key).versions.size());
    add_versions(tenure, key, told[tenure.node]);
    leads_from.push_back(tenure.leads_from);
  }
  add_lingering(key, leads_from);
}

void ClusterHistory::write() {
  model::History& history = recorder_.history();
  history.tenures.resize(history.keys.size());
  history.left_at_replicas = left_at_replicas_;
  for (model::KeyIndex key = 0; key < history.keys.size(); ++key) {
    write(key);
  }
  std::stable_sort(history.events.begin(), history.events.end(),
                   [](const model::Event& left, const model::Event& right) { return left.at < right.at; });
}

}  // namespace trackside::testing

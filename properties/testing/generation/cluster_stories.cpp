#include "properties/testing/generation/cluster_stories.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "properties/testing/generation/stories.hpp"
#include "properties/testing/generation/workload.hpp"
#include "resp/slot.hpp"
#include "sim/layout.hpp"
#include "sim/operation_words.hpp"

namespace trackside::testing {
namespace {

using sim::FaultKind;
using sim::Instant;
using sim::millisecond;
using sim::second;

/// Of the key that is named last: a quiet one, if there is one (workload.cpp).
std::uint16_t last_slot(const sim::Scenario& scenario) {
  const sim::Operation* last = &scenario.operations.front();
  for (const sim::Operation& operation : scenario.operations) {
    last = operation.id > last->id && !is_by_the_harness(operation) ? &operation : last;
  }
  return resp::slot_of(last->words.size() > 1 ? last->words[1] : last->words.front());
}

/// The primary whose slot it is at the beginning.
std::uint32_t owner_of(const sim::ClusterSetup& cluster, std::uint16_t slot) {
  std::uint32_t owner = 0;
  while (owner + 1 < cluster.primaries && sim::first_slot(cluster, owner + 1) <= slot) {
    ++owner;
  }
  return owner;
}

std::uint32_t another_primary(Choices& choices, const sim::ClusterSetup& cluster, std::uint32_t one,
                              std::string_view choice) {
  return (one + 1 + static_cast<std::uint32_t>(choices.below(choice, cluster.primaries - 1))) % cluster.primaries;
}

/// A primary that does not hear of its successor, and answers clients as long as it thinks that it is one.
void add_unheard_successor(Choices& choices, sim::Scenario& scenario) {
  sim::Fault deafness{.kind = choices.below("unheard.stale", 2) == 0 ? FaultKind::stale_topology
                                                                     : FaultKind::isolate_primary};
  deafness.at = early(choices, scenario, "unheard.at");
  deafness.duration = scenario.faults_end - deafness.at;
  deafness.node = static_cast<std::uint32_t>(choices.below("unheard.node", scenario.cluster->primaries));
  sim::Fault takeover{.kind = FaultKind::failover_takeover, .at = deafness.at, .node = deafness.node};
  takeover.at += static_cast<Instant>(choices.scaled("unheard.after", static_cast<std::uint64_t>(deafness.duration)));
  add_fault(scenario, deafness);
  add_fault(scenario, takeover);
}

/// What ASK does with a transaction is a path of its own.
void write_by_transactions(Choices& choices, sim::Scenario& scenario, std::uint16_t slot) {
  for (sim::Operation& operation : scenario.operations) {
    const std::vector<std::string>& words = operation.words;
    const bool is_write = words.size() > 2 && (words.front() == "SET" || words.front() == "HSET");
    if (operation.actor.kind == sim::ActorKind::client && is_write && resp::slot_of(words[1]) == slot &&
        !sim::is_transaction(words) && choices.below("long_move.transaction", 4) != 0) {
      operation.words.insert(operation.words.end(), {";", "EXISTS", std::string{words[1]}});
    }
  }
}

/// A slot that is open for long, or that changes its owner without a word, perhaps there and back.
void add_long_move(Choices& choices, sim::Scenario& scenario) {
  using enum sim::SlotMove::Ending;
  constexpr std::array endings{abandoned, abandoned, given_back, complete, stolen, stolen};
  sim::Fault fault{.kind = FaultKind::migrate_slot};
  fault.at = early(choices, scenario, "long_move.at");
  fault.duration =
      static_cast<Instant>(choices.scaled("long_move.for", static_cast<std::uint64_t>(scenario.faults_end - fault.at)));
  fault.move.slot = choices.below("long_move.last", 4) != 0 ? last_slot(scenario) : any_slot(choices, scenario);
  const std::uint32_t owner = owner_of(*scenario.cluster, fault.move.slot);
  fault.move.to = another_primary(choices, *scenario.cluster, owner, "long_move.to");
  fault.move.ending =
      endings[choices.below("long_move.ending", endings.size() - (reads_replicas(scenario) ? 2 : 0))];
  add_fault(scenario, fault);
  if (choices.below("long_move.transactions", 6) == 0) {
    write_by_transactions(choices, scenario, fault.move.slot);
  }
  if (fault.move.ending == stolen && choices.below("long_move.back", 2) == 0) {
    const auto left = static_cast<std::uint64_t>(scenario.faults_end - fault.at);
    fault.node = std::exchange(fault.move.to, owner);
    fault.at += static_cast<Instant>(choices.scaled("long_move.until", left));
    fault.duration = 0;
    add_fault(scenario, fault);
  }
}

/// A slot is at another node for a moment, and written there; who kept something of it asks later.
void add_short_absence(Choices& choices, sim::Scenario& scenario) {
  const std::uint32_t client = any_client(choices, scenario, "absence.client");
  const Instant max_idle = scenario.clients[client].max_idle;
  const std::uint16_t slot = resp::slot_of(story_key);
  const std::uint32_t owner = owner_of(*scenario.cluster, slot);
  scenario.cluster->channels_allowed = false;
  const Instant asked_at = early(choices, scenario, "absence.asked");
  sim::Fault there{.kind = FaultKind::migrate_slot};
  there.at = asked_at + static_cast<Instant>(choices.below("absence.at", static_cast<std::uint64_t>(max_idle)));
  there.move = {.slot = slot,
                .to = another_primary(choices, *scenario.cluster, owner, "absence.to"),
                .ending = sim::SlotMove::Ending::stolen};
  sim::Fault back = there;
  back.at += max_idle >> (2 + choices.below("absence.for", 3));  // gossip needs that long
  back.node = std::exchange(back.move.to, owner);
  add_fault(scenario, there);
  add_fault(scenario, back);
  add_operation(scenario, 0, story_writer, {"SET", story_key, next_value(scenario)});
  add_operation(scenario, asked_at, client_at(client), {"GET", story_key});
  add_operation(scenario, there.at + (back.at - there.at) / 2, story_writer, {"SET", story_key, next_value(scenario)});
  if (choices.below("absence.written_again", 2) == 0) {  // of which he is told
    add_operation(scenario, back.at + 20 * millisecond, story_writer, {"SET", story_key, next_value(scenario)});
  }
  keep_asking(scenario, client, {"GET", story_key}, back.at + max_idle, back.at + 3 * max_idle);
}

/// What does not exist is asked for, and then made.
void ask_for_absent(sim::Scenario& scenario, std::uint32_t client, const std::string& key, Instant asked_at,
                    Instant made_at) {
  const std::string of_slot = "{" + key + "}";  // by which the writer finds the way
  add_operation(scenario, 0, story_writer, {"SET", of_slot, next_value(scenario)});
  add_operation(scenario, asked_at / 2, client_at(client), {"GET", of_slot});
  add_operation(scenario, asked_at, client_at(client), {"GET", key});
  add_operation(scenario, made_at, story_writer, {"SET", key, next_value(scenario)});
}

/// What does not exist is asked for, and the answer comes late; meanwhile its slot is opened, and it comes to be at the
/// other node, of which nobody is told.
void add_absent_key(Choices& choices, sim::Scenario& scenario) {
  constexpr const char* absent_key = "s-absent";
  const std::uint32_t client = any_client(choices, scenario, "absent.client");
  const Instant max_idle = scenario.clients[client].max_idle;
  const std::uint16_t slot = resp::slot_of(absent_key);
  const std::uint32_t owner = owner_of(*scenario.cluster, slot);
  scenario.cluster->channels_allowed = scenario.cluster->channels_allowed && choices.below("absent.denied", 2) != 0;
  constexpr Instant steps = 10;  // of a move; the slot is open after two
  const Instant patience = std::min(max_idle, scenario.clients[client].command_timeout) / 5 * 2;
  const Instant late = 1 + (patience >> (1 + choices.below("absent.late", 2)));
  const auto within_half = [&](std::string_view choice) {
    return static_cast<Instant>(choices.below(choice, static_cast<std::uint64_t>(late / 2 + 1)));
  };
  const Instant asked_at = early(choices, scenario, "absent.asked");
  sim::Fault opening{.kind = FaultKind::migrate_slot, .at = asked_at};
  opening.at += late + within_half("absent.opened");
  const Instant step = millisecond << choices.below("absent.step", 6);
  opening.duration = steps * step;
  opening.move = {.slot = slot,
                  .to = another_primary(choices, *scenario.cluster, owner, "absent.to"),
                  .ending = sim::SlotMove::Ending::abandoned};
  if (choices.below("absent.delayed", 3) != 0) {
    add_fault(scenario, {.kind = FaultKind::delay,
                         .at = asked_at,
                         .duration = scenario.faults_end - asked_at,
                         .target = client,
                         .argument = static_cast<std::uint64_t>(late)});
  }
  add_fault(scenario, opening);
  const Instant made_at = opening.at + 3 * step + within_half("absent.made");
  ask_for_absent(scenario, client, absent_key, asked_at, made_at);
  keep_asking(scenario, client, {"GET", absent_key}, made_at + max_idle, made_at + max_idle + 2 * late);
}

/// What does not exist is kept as such; its slot is opened, it comes to be at the other node, and is seen there by
/// another question, which that node is asked for the owner.
void add_sight_behind_ask(Choices& choices, sim::Scenario& scenario) {
  constexpr const char* absent_key = "s-asked";
  const std::uint32_t client = any_client(choices, scenario, "asked.client");
  const std::uint16_t slot = resp::slot_of(absent_key);
  const Instant asked_at = early(choices, scenario, "asked.at");
  const Instant step = (8 * millisecond) << choices.below("asked.step", 4);
  sim::Fault opening{.kind = FaultKind::migrate_slot, .at = asked_at + step, .duration = 10 * step};
  opening.move = {.slot = slot,
                  .to = another_primary(choices, *scenario.cluster, owner_of(*scenario.cluster, slot), "asked.to"),
                  .ending = sim::SlotMove::Ending::abandoned};
  add_fault(scenario, opening);
  const Instant made_at = opening.at + 3 * step;  // it is open after two
  const Instant seen_at = made_at + static_cast<Instant>(choices.below("asked.seen", 5)) * step;
  ask_for_absent(scenario, client, absent_key, asked_at, made_at);
  add_operation(scenario, seen_at, client_at(client), {"STRLEN", absent_key});
  keep_asking(scenario, client, {"GET", absent_key}, seen_at, seen_at + 5 * step);
}

/// A write of several slots is executed, and its answer lost; somebody else writes before it could be sent again.
void add_lost_answer(Choices& choices, sim::Scenario& scenario) {
  const std::uint32_t client = any_client(choices, scenario, "lost_answer.client");
  const Instant at = early(choices, scenario, "lost_answer.at");
  const Instant held = (20 * millisecond) << choices.below("lost_answer.held", 4);
  add_operation(scenario, 0, story_writer, {"SET", story_key, next_value(scenario)});
  add_operation(scenario, 0, story_writer, {"SET", "s-other", next_value(scenario)});
  // One word is no other command's, so that what this one did is told from what others do.
  add_operation(scenario, at, client_at(client), {"DEL", story_key, "s-other", next_value(scenario)});
  add_fault(scenario, {.kind = FaultKind::hold_to_client, .at = at, .duration = held, .target = client});
  add_fault(scenario, {.kind = FaultKind::reset, .at = at + held - millisecond, .target = client});
  add_operation(scenario, at + held - 2 * millisecond, story_writer, {"SET", story_key, next_value(scenario)});
  add_operation(scenario, at + held - 2 * millisecond, story_writer, {"SET", "s-other", next_value(scenario)});
}

/// One who reads from replicas, if anybody does.
std::optional<std::uint32_t> reader_of_replicas(Choices& choices, const sim::Scenario& scenario) {
  std::vector<std::uint32_t> readers;
  for (std::uint32_t client = 0; client < scenario.clients.size(); ++client) {
    if (scenario.clients[client].read_from != sim::ReadFrom::primary) {
      readers.push_back(client);
    }
  }
  if (readers.empty() || scenario.cluster->replicas == 0) {
    return std::nullopt;
  }
  return readers[choices.below("handover.client", readers.size())];
}

/// Of the primary of the stories' key, at the beginning.
std::vector<std::uint32_t> replicas_of_story(const sim::ClusterSetup& cluster) {
  std::vector<std::uint32_t> replicas;
  for (std::uint32_t copy = 1; copy <= cluster.replicas; ++copy) {
    replicas.push_back(copy * cluster.primaries + owner_of(cluster, resp::slot_of(story_key)));
  }
  return replicas;
}

void let_replicas_lag(sim::Scenario& scenario, Instant from, Instant lag) {
  for (const std::uint32_t replica : replicas_of_story(*scenario.cluster)) {
    add_fault(scenario, {.kind = FaultKind::replica_lag,
                         .at = from,
                         .duration = scenario.faults_end - from,
                         .argument = static_cast<std::uint64_t>(lag),
                         .node = replica});
  }
}

/// Writes twice, and then asks again and again.
void write_and_ask(sim::Scenario& scenario, std::uint32_t client, Instant first, Instant again, Instant until) {
  for (const Instant at : {first, again}) {
    add_operation(scenario, at, client_at(client), {"SET", story_key, next_value(scenario)});
  }
  keep_asking(scenario, client, {"GET", story_key}, again, until);
}

/// Who reads from replicas writes again while it is found out whether one has what was written before.
void add_write_at_handover(Choices& choices, sim::Scenario& scenario, std::uint32_t client) {
  const Instant lag = (20 * millisecond) << choices.below("handover.lag", 6);
  const Instant begin = early(choices, scenario, "handover.at");
  let_replicas_lag(scenario, begin, lag);
  const Instant first = begin + 2 * lag;
  const Instant again = first + static_cast<Instant>(
                                    choices.below("handover.again", static_cast<std::uint64_t>(2 * lag)));
  write_and_ask(scenario, client, first, again, again + 2 * lag);
}

/// Who reads from replicas sees at the primary, by a transaction, what they do not have yet, and reads there again.
void add_sight_at_owner(Choices& choices, sim::Scenario& scenario, std::uint32_t client) {
  const Instant lag = (20 * millisecond) << choices.below("sight.lag", 6);
  const Instant begin = early(choices, scenario, "sight.at");
  let_replicas_lag(scenario, begin, lag);
  const Instant written_at = begin + lag;
  const Instant seen_at =
      written_at + static_cast<Instant>(choices.below("sight.seen", static_cast<std::uint64_t>(lag / 2)));
  for (const Instant at : {Instant{0}, written_at}) {
    add_operation(scenario, at, story_writer, {"SET", story_key, next_value(scenario)});
  }
  add_operation(scenario, begin, client_at(client), {"GET", story_key});
  add_operation(scenario, seen_at, client_at(client), {"GET", story_key, ";", "EXISTS", story_key});
  keep_asking(scenario, client, {"GET", story_key}, seen_at, seen_at + lag);
}

/// What waits at the server is a write when it is answered; meanwhile replicas answer, and come to lag.
void add_wait_at_handover(Choices& choices, sim::Scenario& scenario, std::uint32_t client) {
  constexpr Instant until_handed_over = second;
  const Instant lag = (20 * millisecond) << choices.below("waiting.lag", 6);
  const Instant begin = early(choices, scenario, "waiting.at");
  const Instant lags_from = begin + until_handed_over;
  let_replicas_lag(scenario, lags_from, lag);
  const std::string list = "{" + std::string{story_key} + "}l";  // in the slot of the key
  const std::string awaited = "{" + std::string{story_key} + "}w";
  const Instant given_at = lags_from + static_cast<Instant>(choices.below("waiting.given", 500)) * millisecond;
  add_operation(scenario, 0, story_writer, {"RPUSH", list, next_value(scenario)});
  add_operation(scenario, begin, client_at(client), {"BRPOPLPUSH", awaited, list, "3"});
  add_operation(scenario, given_at, story_writer, {"RPUSH", awaited, next_value(scenario)});
  keep_asking(scenario, client, {"LRANGE", list, "0", "-1"}, given_at, given_at + lag);
}

/// A primary begins anew, and its replicas, cut off from it, have more of its former life than it has of this one.
void add_fresh_start(Choices& choices, sim::Scenario& scenario, std::uint32_t client) {
  constexpr Instant refused_for = 2 * second;  // by a primary that has just come back
  scenario.cluster->reads_when_down = true;
  const Instant begin = early(choices, scenario, "fresh_start.at");
  const Instant down = millisecond << choices.below("fresh_start.down", 8);
  add_fault(scenario, {.kind = FaultKind::partition,
                       .at = begin,
                       .duration = scenario.faults_end - begin,
                       .nodes = replicas_of_story(*scenario.cluster)});
  add_fault(scenario, {.kind = FaultKind::restart_server,
                       .at = begin + millisecond,
                       .duration = down,
                       .node = owner_of(*scenario.cluster, resp::slot_of(story_key))});
  for (const Instant at : {0, 1, 2, 3}) {
    add_operation(scenario, begin / 8 * at, story_writer, {"SET", story_key, next_value(scenario)});
  }
  const Instant first = begin + down + refused_for + 100 * millisecond;
  write_and_ask(scenario, client, first, first + 50 * millisecond, first + second);
}

/// A node leaves for so long that who knew it gives it up, and comes back with a slot.
void add_returning_node(Choices& choices, sim::Scenario& scenario) {
  constexpr Instant forgotten_after = 31 * second;
  sim::ClusterSetup& cluster = *scenario.cluster;
  cluster.spares = std::max(cluster.spares, 1U);
  const std::uint32_t node = cluster.nodes() - 1;
  const std::uint32_t client = any_client(choices, scenario, "returning.client");
  const std::uint16_t slot = resp::slot_of(story_key);
  const std::uint32_t owner = owner_of(cluster, slot);
  const std::uint32_t other = another_primary(choices, cluster, owner, "returning.other");
  const Instant met_at = early(choices, scenario, "returning.at");
  const Instant left_at = met_at + 6 * second;
  const Instant back_at = left_at + forgotten_after + 3 * second;
  scenario.faults_end = std::max(scenario.faults_end, back_at + 6 * second);
  const auto moves = [&](Instant at, std::uint32_t from, std::uint32_t to) {
    sim::Fault move{.kind = FaultKind::migrate_slot, .at = at, .node = from};
    move.move = {.slot = slot, .to = to};
    add_fault(scenario, move);
    add_operation(scenario, at + second, client_at(client), {"GET", story_key});  // told of it, at the latest
  };
  add_operation(scenario, 0, story_writer, {"SET", story_key, next_value(scenario)});
  add_fault(scenario, {.kind = FaultKind::add_node, .at = met_at, .node = node});
  moves(met_at + 2 * second, owner, node);
  moves(met_at + 4 * second, node, owner);
  add_fault(scenario, {.kind = FaultKind::remove_node, .at = left_at, .node = node});
  moves(left_at + forgotten_after, owner, other);
  add_fault(scenario, {.kind = FaultKind::add_node, .at = back_at, .node = node});
  moves(back_at + 2 * second, other, node);
  keep_asking(scenario, client, {"GET", story_key}, back_at + 3 * second, back_at + 5 * second);
}

}  // namespace

/// Of any key that is named, however often.
std::uint16_t any_slot(Choices& choices, const sim::Scenario& scenario) {
  std::vector<std::string> keys;
  for (const sim::Operation& operation : scenario.operations) {
    if (operation.words.front() == "RAW") {
      continue;
    }
    keys.push_back(operation.words.size() > 1 ? operation.words[1] : operation.words.front());
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return resp::slot_of(keys[choices.below("cluster.moved_key", keys.size())]);
}

bool reads_replicas(const sim::Scenario& scenario) {
  return std::any_of(scenario.clients.begin(), scenario.clients.end(),
                     [](const sim::ClientSetup& client) { return client.read_from != sim::ReadFrom::primary; });
}

void add_cluster_stories(Choices& choices, sim::Scenario& scenario) {
  if (scenario.cluster->replicas != 0 && choices.below("cluster.unheard", 3) == 0) {
    add_unheard_successor(choices, scenario);
  }
  if (choices.below("cluster.long_move", 2) == 0) {
    add_long_move(choices, scenario);
  }
  if (!reads_replicas(scenario) && choices.below("story.absence", 12) == 0) {
    add_short_absence(choices, scenario);
  }
  if (!reads_replicas(scenario) && choices.below("story.absent", 12) == 0) {
    add_absent_key(choices, scenario);
  }
  if (choices.below("story.asked", 12) == 0) {
    add_sight_behind_ask(choices, scenario);
  }
  if (choices.below("story.lost_answer", 24) == 0) {
    add_lost_answer(choices, scenario);
  }
  if (choices.below("story.returning", 128) == 0) {
    add_returning_node(choices, scenario);
  }
  if (const auto reader = reader_of_replicas(choices, scenario)) {
    if (choices.below("story.handover", 4) == 0) {
      add_write_at_handover(choices, scenario, *reader);
    }
    if (choices.below("story.sight", 6) == 0) {
      add_sight_at_owner(choices, scenario, *reader);
    }
    if (choices.below("story.waiting", 6) == 0) {
      add_wait_at_handover(choices, scenario, *reader);
    }
    if (choices.below("story.fresh_start", 8) == 0) {
      add_fresh_start(choices, scenario, *reader);
    }
  }
  sort_operations(scenario);
}

}  // namespace trackside::testing

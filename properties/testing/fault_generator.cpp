#include "properties/testing/fault_generator.hpp"

#include <algorithm>
#include <array>

#include "properties/testing/cluster_generator.hpp"
#include "properties/testing/sentinel_generator.hpp"
#include "properties/testing/workload.hpp"
#include "sim/scenario_client.hpp"

namespace trackside::testing {
namespace {

using sim::FaultKind;
using sim::Instant;
using sim::millisecond;
using sim::second;

/// Faults that the promises cover. Not `push_drop`: what vanishes from a live stream no client can notice, so less is
/// promised to those it strikes (properties/testing/terms.hpp), and it occurs in few runs.
constexpr std::array covered = {
    FaultKind::refuse,         FaultKind::hang_connect, FaultKind::reset,         FaultKind::close,
    FaultKind::half_open,      FaultKind::hold_to_client, FaultKind::hold_to_server, FaultKind::delay,
    FaultKind::slow_reader,    FaultKind::freeze_server, FaultKind::restart_server, FaultKind::slow_server,
    FaultKind::kill_client,    FaultKind::forbid_tracking, FaultKind::late_expiry,  FaultKind::clock_step,
    FaultKind::pause_client,   FaultKind::late_timers,  FaultKind::evict,         FaultKind::table_overflow,
    FaultKind::load_server,    FaultKind::garbage,      FaultKind::odd_answers,
};

std::uint64_t argument_of(Choices& choices, FaultKind kind) {
  switch (kind) {
    case FaultKind::delay:
    case FaultKind::slow_server: return choices.scaled("fault.delay", 2 * second);
    case FaultKind::slow_reader: return 1 + choices.scaled("fault.rate", 4096);
    case FaultKind::late_expiry: return 1 + choices.scaled("fault.ticks", 200);
    case FaultKind::clock_step: {
      const auto size = static_cast<std::int64_t>(choices.scaled("fault.step", 20'000));
      return static_cast<std::uint64_t>(choices.below("fault.step_back", 2) == 0 ? size : -size);
    }
    case FaultKind::late_timers: return choices.scaled("fault.late", 3 * second);
    case FaultKind::evict:
    case FaultKind::table_overflow: return 1 + choices.scaled("fault.keys", 16);
    case FaultKind::odd_answers: return choices.below("fault.odd", 1 << 20);
    case FaultKind::garbage:
    case FaultKind::load_server:
    case FaultKind::refuse:
    case FaultKind::hang_connect:
    case FaultKind::reset:
    case FaultKind::close:
    case FaultKind::half_open:
    case FaultKind::hold_to_client:
    case FaultKind::hold_to_server:
    case FaultKind::freeze_server:
    case FaultKind::restart_server:
    case FaultKind::kill_client:
    case FaultKind::forbid_tracking:
    case FaultKind::pause_client:
    case FaultKind::push_drop:
    case FaultKind::cut_client:
    case FaultKind::isolate_primary:
    case FaultKind::partition:
    case FaultKind::stale_topology:
    case FaultKind::replica_lag:
    case FaultKind::failover_manual:
    case FaultKind::failover_takeover:
    case FaultKind::migrate_slot:
    case FaultKind::add_node:
    case FaultKind::remove_node: break;
  }
  return 0;
}

/// Where a client has two kinds of connections, half of the faults that can hit one of them do.
sim::FaultScope scope_of(Choices& choices, const sim::Scenario& scenario, const sim::Fault& fault,
                         std::string_view choice) {
  const bool two_kinds = scenario.clients[fault.target].delivery == sim::Delivery::redirect;
  if (!sim::has_scope(fault.kind) || !two_kinds) {
    return sim::FaultScope::all;
  }
  constexpr std::array scopes{sim::FaultScope::all, sim::FaultScope::all, sim::FaultScope::invalidations,
                              sim::FaultScope::data};
  return scopes[choices.below(choice, scopes.size())];
}

/// Connections that the server gives up while nothing passes: it forgets what it tracked by them, and nobody is told.
void add_unnoticed_loss(Choices& choices, sim::Scenario& scenario) {
  sim::Fault silence{.kind = FaultKind::half_open};
  silence.at = static_cast<Instant>(choices.below("unnoticed.at", static_cast<std::uint64_t>(scenario.faults_end)));
  const auto longest = static_cast<std::uint64_t>(scenario.faults_end - silence.at);
  silence.duration = static_cast<Instant>(choices.scaled("unnoticed.for", longest));
  silence.target = static_cast<std::uint32_t>(choices.below("unnoticed.target", scenario.clients.size()));
  silence.scope = scope_of(choices, scenario, silence, "unnoticed.scope");
  sim::Fault loss = silence;
  loss.kind = FaultKind::kill_client;
  loss.at += static_cast<Instant>(choices.scaled("unnoticed.after", static_cast<std::uint64_t>(silence.duration)));
  loss.duration = 0;
  scenario.faults.push_back(silence);
  scenario.faults.push_back(loss);
}

/// What a client is asked about a key that hardly anybody else touches: it is read, written by somebody, and read
/// again and again when what was kept is about to be too old.
struct LateStory {
  std::uint32_t client = 0;
  Instant asked_at = 0;
  Instant written_at = 0;
  Instant old_from = 0;
  Instant old_until = 0;
};

void tell(const LateStory& story, sim::Scenario& scenario) {
  constexpr Instant times = 8;
  const sim::Actor reader{sim::ActorKind::client, story.client};
  add_operation(scenario, story.asked_at, reader, {"GET", "s9"});
  const std::string value = "v" + std::to_string(scenario.operations.size() + 1);
  add_operation(scenario, story.written_at, {sim::ActorKind::writer, 0}, {"SET", "s9", value});
  for (Instant time = 1; time <= times; ++time) {
    const Instant at = story.old_from + (story.old_until - story.old_from) / times * time;
    add_operation(scenario, at, reader, {"GET", "s9"});
  }
  sort_operations(scenario);
}

/// Answers that take long, and then none: whatever counts from when an answer came is good for too long by then.
void add_loss_behind_late_answers(Choices& choices, sim::Scenario& scenario) {
  const auto client = static_cast<std::uint32_t>(choices.below("late_loss.target", scenario.clients.size()));
  const Instant max_idle = scenario.clients[client].max_idle;
  if (scenario.faults_end < 4 * max_idle) {
    return;
  }
  const auto flight =
      static_cast<Instant>(1 + choices.below("late_loss.delay", static_cast<std::uint64_t>(max_idle / 3)));
  const auto span = static_cast<std::uint64_t>(scenario.faults_end - 4 * max_idle);
  sim::Fault delay{.kind = FaultKind::delay, .target = client, .argument = static_cast<std::uint64_t>(flight)};
  delay.at = static_cast<Instant>(choices.below("late_loss.at", span + 1));
  delay.duration = scenario.faults_end - delay.at;
  sim::Fault loss{.kind = FaultKind::half_open, .at = delay.at + max_idle, .target = client};
  loss.at += static_cast<Instant>(choices.below("late_loss.after", static_cast<std::uint64_t>(max_idle)));
  loss.duration = scenario.faults_end - loss.at;
  const auto under_way = static_cast<Instant>(choices.below("late_loss.written", static_cast<std::uint64_t>(flight)));
  scenario.faults.push_back(delay);
  scenario.faults.push_back(loss);
  tell({.client = client,
        .asked_at = delay.at,
        .written_at = loss.at - under_way,
        .old_from = loss.at - under_way + max_idle,
        .old_until = loss.at + max_idle},
       scenario);
}

/// Invalidations vanish, and nothing but its age ends what is kept; perhaps of somebody who gets his answers late.
void add_lost_pushes(Choices& choices, sim::Scenario& scenario, const CacheFeatures& features) {
  sim::Fault drop{.kind = FaultKind::push_drop};
  drop.at = static_cast<Instant>(choices.below("fault.drop_at", static_cast<std::uint64_t>(scenario.faults_end)));
  drop.duration = scenario.faults_end - drop.at;
  drop.target = static_cast<std::uint32_t>(choices.below("fault.drop_target", scenario.clients.size()));
  scenario.faults.push_back(drop);
  sim::ClientSetup& client = scenario.clients[drop.target];
  const bool may_age = features.max_ttl && !sim::has_habit(client, "same_cache");  // which is another's
  if (!may_age || choices.below("fault.drop_aged", 2) != 0) {
    return;
  }
  client.max_ttl = client.max_idle * static_cast<Instant>(1 + choices.below("fault.drop_age", 2));
  const auto flight =
      static_cast<Instant>(1 + choices.below("fault.drop_delay", static_cast<std::uint64_t>(client.max_idle / 3)));
  sim::Fault delay = drop;
  delay.kind = FaultKind::delay;
  delay.argument = static_cast<std::uint64_t>(flight);
  scenario.faults.push_back(delay);
  tell({.client = drop.target,
        .asked_at = drop.at,
        .written_at = drop.at + flight + flight / 4,
        .old_from = drop.at + flight + client.max_ttl,
        .old_until = drop.at + 2 * flight + client.max_ttl},
       scenario);
}

/// A program that reads by itself hears of whatever comes by its connection.
void add_odd_pushes(Choices& choices, sim::Scenario& scenario) {
  for (std::uint32_t client = 0; client < scenario.clients.size(); ++client) {
    if (sim::has_habit(scenario.clients[client], "program") && choices.below("fault.odd_pushes", 3) == 0) {
      const auto at = static_cast<Instant>(
          choices.below("fault.odd_pushes_at", static_cast<std::uint64_t>(scenario.faults_end)));
      scenario.faults.push_back(
          {.kind = FaultKind::garbage, .at = at, .duration = scenario.faults_end - at, .target = client});
    }
  }
}

/// Where one misfortune ends and the next begins, what was learned in the first counts in the second.
void follow(sim::Fault& fault, const sim::Fault& before, Instant faults_end) {
  fault.at = std::min(before.at + before.duration, faults_end - 1);
  fault.duration = std::min(fault.duration, faults_end - fault.at);
  fault.target = before.target;
}

}  // namespace

void add_faults(Choices& choices, sim::Scenario& scenario, const CacheFeatures& features) {
  const bool swarm = choices.below("fault.swarm", 2) == 1;
  std::vector<FaultKind> kinds;
  for (const FaultKind kind : covered) {
    if (!swarm || choices.below("fault.enabled", 4) == 0) {
      kinds.push_back(kind);
    }
  }
  const std::uint64_t count = kinds.empty() ? 0 : choices.below("fault.count", 5);
  for (std::uint64_t index = 0; index < count; ++index) {
    sim::Fault fault;
    fault.kind = kinds[choices.below("fault.kind", kinds.size())];
    fault.at = static_cast<Instant>(choices.below("fault.at", static_cast<std::uint64_t>(scenario.faults_end)));
    const auto longest = static_cast<std::uint64_t>(scenario.faults_end - fault.at);
    fault.duration = static_cast<Instant>(choices.below("fault.to_end", 3) == 0 ? longest
                                                                               : choices.scaled("fault.for", longest));
    fault.target = static_cast<std::uint32_t>(choices.below("fault.target", scenario.clients.size()));
    if (index > 0 && choices.below("fault.follows", 3) == 0) {
      follow(fault, scenario.faults.back(), scenario.faults_end);
    }
    fault.argument = argument_of(choices, fault.kind);
    fault.scope = scope_of(choices, scenario, fault, "fault.scope");
    if (fault.kind == FaultKind::odd_answers && scenario.has_successors()) {
      fault.node = static_cast<std::uint32_t>(choices.below("fault.odd_node", scenario.nodes()));
    }
    scenario.faults.push_back(fault);
    const bool meets_newcomers = fault.kind == FaultKind::refuse || fault.kind == FaultKind::hang_connect;
    if (meets_newcomers && choices.below("fault.with_reset", 2) == 0) {
      // Who has its connections does not ask for new ones.
      scenario.faults.push_back({.kind = FaultKind::reset, .at = fault.at, .target = fault.target});
    }
  }
  if (choices.below("fault.unnoticed", 8) == 0) {
    add_unnoticed_loss(choices, scenario);
  }
  if (choices.below("fault.push_drop", 16) == 0) {
    add_lost_pushes(choices, scenario, features);
  }
  if (choices.below("fault.late_loss", 12) == 0) {
    add_loss_behind_late_answers(choices, scenario);
  }
  add_odd_pushes(choices, scenario);
  if (scenario.cluster && choices.below("fault.odd_node_of_cluster", 12) == 0) {
    const auto at = static_cast<Instant>(
        choices.below("fault.odd_node_at", static_cast<std::uint64_t>(scenario.faults_end)));
    scenario.faults.push_back({.kind = FaultKind::odd_answers,
                               .at = at,
                               .duration = scenario.faults_end - at,
                               .argument = choices.below("fault.odd_of_cluster", 1 << 20),
                               .node = static_cast<std::uint32_t>(choices.below("fault.odd_which", scenario.nodes()))});
  }
  if (choices.below("fault.always_late_expiry", 4) == 0) {
    scenario.faults.push_back({.kind = FaultKind::late_expiry,
                               .at = 0,
                               .duration = scenario.faults_end,
                               .argument = 1 + choices.scaled("fault.ticks", 1000)});
  }
  if (scenario.cluster) {
    add_cluster_faults(choices, scenario);
  } else if (scenario.sentinels) {
    add_sentinel_faults(choices, scenario);
  }
  std::stable_sort(scenario.faults.begin(), scenario.faults.end(),
                   [](const sim::Fault& left, const sim::Fault& right) { return left.at < right.at; });
  for (std::uint32_t index = 0; index < scenario.faults.size(); ++index) {
    scenario.faults[index].id = index + 1;
  }
}

}  // namespace trackside::testing

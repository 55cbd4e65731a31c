#include "properties/testing/generation/sentinel_generator.hpp"

#include <array>
#include <utility>

#include "properties/testing/generation/stories.hpp"
#include "properties/testing/generation/workload.hpp"

namespace trackside::testing {
namespace {

using sim::FaultKind;
using sim::Instant;
using sim::millisecond;
using sim::second;

/// What makes sentinels change their minds occurs most often.
constexpr std::array sentinel_faults = {
    FaultKind::isolate_primary, FaultKind::isolate_primary, FaultKind::isolate_primary, FaultKind::failover_manual,
    FaultKind::failover_manual, FaultKind::failover_manual, FaultKind::restart_server,  FaultKind::freeze_server,
    FaultKind::freeze_server,   FaultKind::cut_client,      FaultKind::cut_client,      FaultKind::partition,
    FaultKind::replica_lag,
};

/// Begins at any time, and lasts for any, often to the end.
sim::Fault some_fault(Choices& choices, const sim::Scenario& scenario, FaultKind kind) {
  sim::Fault fault{.kind = kind};
  fault.at = static_cast<Instant>(choices.below("sentinel.fault_at", static_cast<std::uint64_t>(scenario.faults_end)));
  const auto longest = static_cast<std::uint64_t>(scenario.faults_end - fault.at);
  fault.duration = static_cast<Instant>(
      choices.below("sentinel.fault_to_end", 3) == 0 ? longest : choices.scaled("sentinel.fault_for", longest));
  fault.target = static_cast<std::uint32_t>(choices.below("sentinel.fault_target", scenario.clients.size()));
  return fault;
}

void add_fault_of(Choices& choices, sim::Scenario& scenario, FaultKind kind) {
  sim::Fault fault = some_fault(choices, scenario, kind);
  const std::uint32_t data_nodes = scenario.sentinels->data_nodes();
  const auto node = static_cast<std::uint32_t>(choices.below("sentinel.fault_node", scenario.nodes()));
  if (kind == FaultKind::partition) {
    for (std::uint32_t each = 0; each < scenario.nodes(); ++each) {
      if (each == node || (each != 0 && choices.below("sentinel.side", 3) == 0)) {
        fault.nodes.push_back(each);
      }
    }
  } else {
    fault.node = kind == FaultKind::replica_lag ? node % data_nodes : node;
  }
  if (kind == FaultKind::replica_lag) {
    fault.argument = 1 + choices.scaled("sentinel.lag", 2 * second);
  }
  if (kind == FaultKind::restart_server) {
    fault.argument = choices.below("sentinel.as_another", 2);
  }
  fault.target = kind == FaultKind::cut_client ? fault.target : 0;
  fault.duration = kind == FaultKind::failover_manual ? 0 : fault.duration;
  scenario.faults.push_back(fault);
}

/// The primary is cut off from all but the clients, and a client from most of the sentinels, who could tell it.
void add_deaf_client(Choices& choices, sim::Scenario& scenario) {
  sim::Fault isolation = some_fault(choices, scenario, FaultKind::isolate_primary);
  isolation.duration = scenario.faults_end - isolation.at;
  isolation.node = 0;
  const std::uint32_t target = std::exchange(isolation.target, 0);
  const std::uint32_t first = scenario.sentinels->data_nodes();
  const auto spared = static_cast<std::uint32_t>(choices.below("sentinel.spared", scenario.sentinels->sentinels + 1));
  for (std::uint32_t sentinel = 0; sentinel < scenario.sentinels->sentinels; ++sentinel) {
    if (sentinel != spared || scenario.sentinels->sentinels < 3) {
      sim::Fault cut = isolation;
      cut.kind = FaultKind::cut_client;
      cut.node = first + sentinel;
      cut.target = target;
      scenario.faults.push_back(cut);
    }
  }
  scenario.faults.push_back(isolation);
}

/// The primary and one sentinel are cut off from all others, of whom some or all tell nothing to a client, who asks on.
void add_old_side(Choices& choices, sim::Scenario& scenario) {
  const std::uint32_t first = scenario.sentinels->data_nodes();
  const std::uint32_t count = scenario.sentinels->sentinels;
  if (count < 3) {
    return;
  }
  const std::uint32_t target = any_client(choices, scenario, "old_side.client");
  const auto spared = first + static_cast<std::uint32_t>(choices.below("old_side.spared", count));
  const Instant begin = early(choices, scenario, "old_side.at");
  const Instant rest = scenario.faults_end - begin;
  const Instant max_idle = scenario.clients[target].max_idle;
  add_fault(scenario, {.kind = FaultKind::partition, .at = begin, .duration = rest, .nodes = {0, spared}});
  const bool all_silent = choices.below("old_side.all", 2) == 0;
  for (std::uint32_t sentinel = first; sentinel < first + count; ++sentinel) {
    if (sentinel != spared && (all_silent || choices.below("old_side.silent", 2) == 0)) {
      add_fault(
          scenario, {.kind = FaultKind::cut_client, .at = begin, .duration = rest, .target = target, .node = sentinel});
    }
  }
  add_operation(scenario, 0, story_writer, {"SET", story_key, next_value(scenario)});
  add_operation(scenario, begin, client_at(target), {"GET", story_key});
  for (Instant time = 1; time <= 4; ++time) {
    add_operation(scenario, begin + rest / 8 * time, story_writer, {"SET", story_key, next_value(scenario)});
  }
  keep_asking(scenario, target, {"GET", story_key}, begin + max_idle, begin + rest);
  sort_operations(scenario);
}

/// The sentinels' word of the primary is long on its way to a client, and no more comes when they have another one.
void add_last_word(Choices& choices, sim::Scenario& scenario) {
  const std::uint32_t first = scenario.sentinels->data_nodes();
  const std::uint32_t target = any_client(choices, scenario, "last_word.client");
  if (scenario.faults_end < 10 * second) {
    return;
  }
  if (may_set(scenario)) {
    scenario.clients[target].max_idle = 5 * second;  // sentinels are long in coming to know a successor
  }
  const Instant max_idle = scenario.clients[target].max_idle;
  const Instant late = max_idle / 8 * 3;  // a question waits for max_idle at most, and its answer comes behind it
  const Instant begin = early(choices, scenario, "last_word.at");
  const Instant rest = scenario.faults_end - begin;
  const Instant failover_at = begin + static_cast<Instant>(choices.below("last_word.failover", 4)) * second;
  const Instant silent_at = failover_at + second / 2 +
                            static_cast<Instant>(choices.below("last_word.silent", static_cast<std::uint64_t>(late)));
  add_fault(scenario, {.kind = FaultKind::failover_manual, .at = failover_at, .node = 0});
  add_fault(scenario, {.kind = FaultKind::partition, .at = failover_at, .duration = rest, .nodes = {0}});
  for (std::uint32_t sentinel = first; sentinel < scenario.nodes(); ++sentinel) {
    add_fault(scenario, {.kind = FaultKind::delay,
                         .at = begin,
                         .duration = rest,
                         .target = target,
                         .argument = static_cast<std::uint64_t>(late),
                         .node = sentinel});
    add_fault(scenario, {.kind = FaultKind::cut_client,
                         .at = silent_at,
                         .duration = rest,
                         .target = target,
                         .node = sentinel});
  }
  add_operation(scenario, 0, story_writer, {"SET", story_key, next_value(scenario)});
  add_operation(scenario, failover_at, client_at(target), {"GET", story_key});
  for (Instant time = 1; time <= 4; ++time) {  // so that what the former primary has is over
    add_operation(scenario, failover_at + time * second / 2, story_writer, {"SET", story_key, next_value(scenario)});
  }
  keep_asking(scenario, target, {"GET", story_key}, silent_at + max_idle - late, silent_at + max_idle);
  sort_operations(scenario);
}

}  // namespace

void add_sentinels(Choices& choices, sim::Scenario& scenario) {
  constexpr std::array<Instant, 4> down_after{second, 300 * millisecond, 600 * millisecond, 2 * second};
  constexpr std::array<std::uint32_t, 6> sentinels{3, 3, 5, 1, 2, 4};
  scenario.sentinels = sim::SentinelSetup{
      .replicas = static_cast<std::uint32_t>(1 + choices.below("sentinel.replicas", 2)),
      .sentinels = sentinels[choices.below("sentinel.count", sentinels.size())],
      .down_after = down_after[choices.below("sentinel.down_after", down_after.size())]};
}

void add_sentinel_faults(Choices& choices, sim::Scenario& scenario) {
  for (sim::Fault& fault : scenario.faults) {
    const bool at_one = sim::is_server_fault(fault.kind) ||
                        (sim::is_connection_fault(fault.kind) && choices.below("sentinel.one_node", 2) == 0);
    if (at_one && choices.below("sentinel.elsewhere", 2) == 0) {
      fault.node = static_cast<std::uint32_t>(choices.below("sentinel.at_node", scenario.nodes()));
    }
  }
  const std::uint64_t count = choices.below("sentinel.fault_count", 5);
  for (std::uint64_t index = 0; index < count; ++index) {
    add_fault_of(choices, scenario, sentinel_faults[choices.below("sentinel.fault_kind", sentinel_faults.size())]);
  }
  if (choices.below("sentinel.deaf", 3) == 0) {
    add_deaf_client(choices, scenario);
  }
  if (choices.below("story.old_side", 6) == 0) {
    add_old_side(choices, scenario);
  }
  if (choices.below("story.last_word", 6) == 0) {
    add_last_word(choices, scenario);
  }
}

}  // namespace trackside::testing

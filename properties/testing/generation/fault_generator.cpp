#include "properties/testing/generation/fault_generator.hpp"

#include <algorithm>
#include <array>

#include "properties/testing/generation/cluster_generator.hpp"
#include "properties/testing/generation/sentinel_generator.hpp"
#include "properties/testing/generation/stories.hpp"
#include "sim/scenario_client.hpp"

namespace trackside::testing {
namespace {

using sim::FaultKind;
using sim::Instant;
using sim::second;

/// Faults that the promises cover. Not `push_drop`: what vanishes from a live stream no client can notice, so less is
/// promised to those it strikes (properties/testing/judging/terms.hpp), and it occurs in few runs.
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
    case FaultKind::forbid_question:
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
  add_stories(choices, scenario, features);
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

#include "properties/testing/judging/terms.hpp"

#include <algorithm>

#include "sim/operation_words.hpp"
#include "sim/scenario_client.hpp"

namespace trackside::testing {
namespace {

/// The longest that the scenario keeps a client's process from noticing its own timeouts.
sim::Instant slack_of(const sim::Scenario& scenario, std::uint32_t client) {
  sim::Instant slack = 0;
  for (const sim::Fault& fault : scenario.faults) {
    if (fault.target != client) {
      continue;
    }
    if (fault.kind == sim::FaultKind::pause_client) {
      slack += fault.duration;
    } else if (fault.kind == sim::FaultKind::late_timers) {
      slack += static_cast<sim::Instant>(fault.argument);
    }
  }
  return slack;
}

bool loses_pushes(const sim::Scenario& scenario, std::uint32_t client) {
  return std::any_of(scenario.faults.begin(), scenario.faults.end(), [&](const sim::Fault& fault) {
    return fault.kind == sim::FaultKind::push_drop && fault.target == client;
  });
}

/// How old at most a reply gets whatever nobody was told: every reader adds its own max_ttl. Without one: no bound.
sim::Instant oldest(const sim::ClientSetup& setup) {
  return setup.max_ttl > 0 ? std::max(setup.max_idle, setup.max_ttl) : model::end_of_time;
}

/// A plain cache cannot be that of several nodes.
bool is_refused_here(const sim::Scenario& scenario, const sim::ClientSetup& setup) {
  return sim::is_refused(setup) || (scenario.cluster && sim::has_habit(setup, "plain_cache"));
}

}  // namespace

std::uint32_t store_owner_of(const sim::Scenario& scenario, std::uint32_t client) {
  return scenario.clients[client].shares.value_or(client);
}

model::ClientTerms terms_of(const sim::Scenario& scenario, std::uint32_t client) {
  const sim::ClientSetup& setup = scenario.clients[client];
  const std::uint32_t store = store_owner_of(scenario, client);
  model::ClientTerms terms{.max_idle = setup.max_idle,
                           .staleness_max = setup.max_idle,
                           .command_timeout = setup.command_timeout,
                           .slack = slack_of(scenario, client),
                           .routes_by_key = scenario.cluster.has_value(),
                           .reads_replicas = scenario.cluster && setup.read_from != sim::ReadFrom::primary,
                           .store = store,
                           .max_keys = scenario.clients[store].max_keys,
                           .max_size_bytes = scenario.clients[store].max_size_bytes,
                           .confidence = static_cast<double>(setup.confidence_thousandths) / 1'000.0,
                           .dynamic_confidence = setup.dynamic_confidence,
                           .usable = !is_refused_here(scenario, setup) || sim::has_habit(setup, "no_connections"),
                           .takes_commands = !is_refused_here(scenario, setup)};
  // A swap changes everything and pushes nothing: the next probe tells. Until then one reply of a key may be newer than
  // another one that is kept.
  terms.pushes_reliable = !sim::swaps_databases(scenario);
  for (std::uint32_t other = 0; other < scenario.clients.size(); ++other) {
    if (store_owner_of(scenario, other) == store && loses_pushes(scenario, other)) {
      terms.pushes_reliable = false;
      terms.staleness_max = oldest(setup);
    }
  }
  return terms;
}

}  // namespace trackside::testing

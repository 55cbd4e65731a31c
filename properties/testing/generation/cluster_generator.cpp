#include "properties/testing/generation/cluster_generator.hpp"

#include <array>

#include "properties/testing/generation/cluster_stories.hpp"

namespace trackside::testing {
namespace {

using sim::FaultKind;
using sim::Instant;
using sim::millisecond;
using sim::second;

/// What moves a slot under a cache that keeps on reading occurs most often.
constexpr std::array cluster_faults = {
    FaultKind::migrate_slot,    FaultKind::migrate_slot,    FaultKind::migrate_slot,      FaultKind::migrate_slot,
    FaultKind::failover_manual, FaultKind::failover_manual, FaultKind::failover_takeover, FaultKind::failover_takeover,
    FaultKind::isolate_primary, FaultKind::isolate_primary, FaultKind::cut_client,        FaultKind::partition,
    FaultKind::stale_topology,  FaultKind::replica_lag,     FaultKind::add_node,          FaultKind::remove_node,
    FaultKind::restart_server,  FaultKind::freeze_server,
};

/// The workload's keys: a letter and a digit, as nothing else in its commands is.
bool is_key(const std::string& word) {
  return word.size() == 2 && std::string_view{"shelz"}.find(word[0]) != std::string_view::npos && word[1] >= '0' &&
         word[1] <= '9';
}

std::vector<std::uint32_t> one_side(Choices& choices, std::uint32_t nodes) {
  std::vector<std::uint32_t> side;
  const std::uint64_t surely = choices.below("cluster.side_node", nodes);
  const std::uint64_t other = (surely + 1) % nodes;
  for (std::uint32_t node = 0; node < nodes; ++node) {
    const bool chosen = choices.below("cluster.side", 3) == 0;
    if (node == surely || (chosen && node != other)) {
      side.push_back(node);
    }
  }
  return side;
}

void add_cluster_fault(Choices& choices, sim::Scenario& scenario, FaultKind kind) {
  const std::uint32_t nodes = scenario.nodes();
  sim::Fault fault{.kind = kind};
  fault.at = static_cast<Instant>(choices.below("cluster.fault_at", static_cast<std::uint64_t>(scenario.faults_end)));
  const auto longest = static_cast<std::uint64_t>(scenario.faults_end - fault.at);
  fault.duration = static_cast<Instant>(
      choices.below("cluster.fault_to_end", 3) == 0 ? longest : choices.scaled("cluster.fault_for", longest));
  auto node = static_cast<std::uint32_t>(choices.below("cluster.fault_node", nodes));
  if (kind == FaultKind::add_node && scenario.cluster->spares != 0) {
    node = nodes - 1;
  }
  if (kind == FaultKind::partition) {
    fault.nodes = one_side(choices, nodes);
    constexpr std::array directions{sim::CutDirection::both, sim::CutDirection::outgoing, sim::CutDirection::incoming};
    fault.direction = directions[choices.below("cluster.direction", directions.size())];
  } else if (kind == FaultKind::migrate_slot) {
    constexpr std::array endings{sim::SlotMove::Ending::complete, sim::SlotMove::Ending::complete,
                                 sim::SlotMove::Ending::abandoned, sim::SlotMove::Ending::given_back,
                                 sim::SlotMove::Ending::stolen};
    // What a primary drops when a slot is stolen stays at its replicas, for ever (Redis 7.0): who reads there gets it.
    fault.move = {any_slot(choices, scenario),
                  static_cast<std::uint32_t>(choices.below("cluster.moved_to", scenario.cluster->primaries)),
                  endings[choices.below("cluster.move_ending", endings.size() - (reads_replicas(scenario) ? 1 : 0))]};
  } else {
    fault.node = node;
  }
  if (kind == FaultKind::remove_node) {
    fault.node = 1 + node % (nodes - 1);  // not the only one that clients are told of: they might know no other yet
  }
  if (kind == FaultKind::cut_client) {
    fault.target = static_cast<std::uint32_t>(choices.below("cluster.fault_target", scenario.clients.size()));
  } else if (kind == FaultKind::isolate_primary && choices.below("cluster.with_replicas", 4) == 0) {
    fault.side = sim::IsolatedSide::with_replicas;
  } else if (kind == FaultKind::replica_lag) {
    fault.argument = 1 + choices.scaled("cluster.lag", 2 * second);
  }
  scenario.faults.push_back(fault);
}

bool lasts(FaultKind kind) {
  return kind != FaultKind::failover_manual && kind != FaultKind::failover_takeover &&
         kind != FaultKind::migrate_slot && kind != FaultKind::add_node && kind != FaultKind::remove_node;
}

}  // namespace

void add_cluster(Choices& choices, sim::Scenario& scenario) {
  constexpr std::array<Instant, 4> timeouts{second, 300 * millisecond, 600 * millisecond, 2 * second};
  scenario.cluster =
      sim::ClusterSetup{.primaries = static_cast<std::uint32_t>(2 + choices.below("cluster.primaries", 3)),
                        .replicas = static_cast<std::uint32_t>(choices.below("cluster.replicas", 3)),
                        .spares = choices.below("cluster.spares", 2) == 0 ? 1U : 0U,
                        .node_timeout = timeouts[choices.below("cluster.node_timeout", timeouts.size())],
                        .require_full_coverage = choices.below("cluster.partial", 4) != 0,
                        .reads_when_down = choices.below("cluster.reads_when_down", 6) == 0,
                        .channels_allowed = choices.below("cluster.channels_denied", 4) != 0};
  // What reads replicas may not have slots stolen from it: so nobody does in half of the worlds.
  const bool any_replica = choices.below("cluster.replica_readers", 2) == 0;
  constexpr std::array readers{sim::ReadFrom::primary, sim::ReadFrom::prefer_replica, sim::ReadFrom::nearest};
  for (sim::ClientSetup& setup : scenario.clients) {
    setup.delivery = sim::Delivery::in_band;
    setup.protocol = sim::Dialect::resp3;
    setup.data_connections = 1;
    setup.read_from = readers[any_replica ? choices.below("cluster.read_from", readers.size()) : 0];
  }
}

void spread_over_slots(Choices& choices, sim::Scenario& scenario) {
  constexpr std::array<std::string_view, 3> tags{"", "{a}", "{b}"};
  const std::uint64_t used = 1 + choices.below("cluster.tags", tags.size());
  const bool all_tagged = choices.below("cluster.all_tagged", 2) == 0;
  for (sim::Operation& operation : scenario.operations) {
    for (std::string& word : operation.words) {
      if (is_key(word)) {
        const std::uint64_t tag = (static_cast<std::uint64_t>(word[1] - '0') + (all_tagged ? 1 : 0)) % used;
        word += tags[tag];
      }
    }
  }
}

void add_cluster_faults(Choices& choices, sim::Scenario& scenario) {
  for (sim::Fault& fault : scenario.faults) {
    const bool at_one = sim::is_server_fault(fault.kind) ||
                        (sim::is_connection_fault(fault.kind) && choices.below("cluster.one_node", 2) == 0);
    if (at_one) {
      fault.node = static_cast<std::uint32_t>(choices.below("cluster.at_node", scenario.nodes()));
    }
  }
  const bool swarm = choices.below("cluster.swarm", 2) == 1;
  std::vector<FaultKind> kinds;
  for (const FaultKind kind : cluster_faults) {
    if (!swarm || choices.below("cluster.enabled", 3) == 0) {
      kinds.push_back(kind);
    }
  }
  const std::uint64_t count = kinds.empty() ? 0 : choices.below("cluster.fault_count", 6);
  for (std::uint64_t index = 0; index < count; ++index) {
    add_cluster_fault(choices, scenario, kinds[choices.below("cluster.fault_kind", kinds.size())]);
  }
  for (sim::Fault& fault : scenario.faults) {
    fault.duration = lasts(fault.kind) ? fault.duration : 0;
  }
  add_cluster_stories(choices, scenario);
}

}  // namespace trackside::testing

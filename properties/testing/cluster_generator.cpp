#include "properties/testing/cluster_generator.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "properties/testing/workload.hpp"
#include "resp/slot.hpp"
#include "sim/layout.hpp"

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

/// Of the key that is named last: a quiet one, if there is one (workload.cpp).
std::uint16_t last_slot(const sim::Scenario& scenario) {
  const sim::Operation* last = &scenario.operations.front();
  for (const sim::Operation& operation : scenario.operations) {
    last = operation.id > last->id && !is_by_the_harness(operation) ? &operation : last;
  }
  return resp::slot_of(last->words.size() > 1 ? last->words[1] : last->words.front());
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

bool reads_replicas(const sim::Scenario& scenario) {
  return std::any_of(scenario.clients.begin(), scenario.clients.end(),
                     [](const sim::ClientSetup& client) { return client.read_from != sim::ReadFrom::primary; });
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

/// In the first half, so that something can come of it.
Instant early(Choices& choices, const sim::Scenario& scenario, std::string_view choice) {
  return static_cast<Instant>(choices.below(choice, static_cast<std::uint64_t>(scenario.faults_end / 2 + 1)));
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
  scenario.faults.push_back(deafness);
  scenario.faults.push_back(takeover);
}

/// What ASK does with a transaction is a path of its own.
void write_by_transactions(Choices& choices, sim::Scenario& scenario, std::uint16_t slot) {
  for (sim::Operation& operation : scenario.operations) {
    const std::vector<std::string>& words = operation.words;
    const bool is_write = words.size() > 2 && (words.front() == "SET" || words.front() == "HSET");
    if (operation.actor.kind == sim::ActorKind::client && is_write && resp::slot_of(words[1]) == slot &&
        std::find(words.begin(), words.end(), ";") == words.end() && choices.below("long_move.transaction", 4) != 0) {
      operation.words.insert(operation.words.end(), {";", "EXISTS", std::string{words[1]}});
    }
  }
}

/// A slot that is open for long, or that changes its owner without a word, perhaps there and back.
void add_long_move(Choices& choices, sim::Scenario& scenario) {
  using enum sim::SlotMove::Ending;
  constexpr std::array endings{abandoned, abandoned, given_back, complete, stolen, stolen};
  const std::uint32_t primaries = scenario.cluster->primaries;
  sim::Fault fault{.kind = FaultKind::migrate_slot};
  fault.at = early(choices, scenario, "long_move.at");
  fault.duration =
      static_cast<Instant>(choices.scaled("long_move.for", static_cast<std::uint64_t>(scenario.faults_end - fault.at)));
  fault.move.slot = choices.below("long_move.last", 4) != 0 ? last_slot(scenario) : any_slot(choices, scenario);
  std::uint32_t owner = 0;
  while (owner + 1 < primaries && sim::first_slot(*scenario.cluster, owner + 1) <= fault.move.slot) {
    ++owner;
  }
  fault.move.to = (owner + 1 + static_cast<std::uint32_t>(choices.below("long_move.to", primaries - 1))) % primaries;
  fault.move.ending =
      endings[choices.below("long_move.ending", endings.size() - (reads_replicas(scenario) ? 2 : 0))];
  scenario.faults.push_back(fault);
  if (choices.below("long_move.transactions", 6) == 0) {
    write_by_transactions(choices, scenario, fault.move.slot);
  }
  if (fault.move.ending == stolen && choices.below("long_move.back", 2) == 0) {
    const auto left = static_cast<std::uint64_t>(scenario.faults_end - fault.at);
    fault.node = std::exchange(fault.move.to, owner);
    fault.at += static_cast<Instant>(choices.scaled("long_move.until", left));
    fault.duration = 0;
    scenario.faults.push_back(fault);
  }
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
  if (scenario.cluster->replicas != 0 && choices.below("cluster.unheard", 3) == 0) {
    add_unheard_successor(choices, scenario);
  }
  if (choices.below("cluster.long_move", 2) == 0) {
    add_long_move(choices, scenario);
  }
}

}  // namespace trackside::testing

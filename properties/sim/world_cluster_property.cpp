// Any faults in a world with a cluster: the same scenario is the same run, nobody is kept waiting, and once faults stop
// the cluster is whole again.
//
// Neighbours: world_cluster_test.cpp (what each fault does), cluster_property.cpp (the nodes without a world).
#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "properties/sim/world_parts.hpp"
#include "resp/slot.hpp"

namespace trackside::sim {
namespace {

/// Traffic and faults of all kinds in a cluster with two spares, all from one number.
Scenario stormy_cluster(std::uint64_t seed) {
  Scenario scenario = benign(2);
  scenario.seed = seed;
  scenario.replay_tape = false;
  scenario.strategy = "heavy";
  scenario.writers = 3;
  std::uint64_t state = seed;
  const auto below = [&](std::uint64_t bound) {
    state = mix(state + 1);
    return state % bound;
  };
  const auto primaries = static_cast<std::uint32_t>(3 + below(2));
  scenario.cluster = ClusterSetup{.primaries = primaries,
                                  .replicas = static_cast<std::uint32_t>(1 + below(2)),
                                  .spares = 2,
                                  .node_timeout = static_cast<Instant>(1 + below(3)) * second,
                                  .require_full_coverage = below(3) != 0};
  const auto nodes = scenario.nodes();
  constexpr std::array<const char*, 6> keys = {"foo", "{foo}a", "hello", "{c}1", "user", "a"};
  for (std::uint32_t id = 0; id < 60; ++id) {
    const std::string value(1 + below(300), 'v');
    scenario.operations.push_back(operation(id, static_cast<Instant>(id) * 250 * millisecond,
                                            {"SET", keys[below(keys.size())], value},
                                            static_cast<std::uint32_t>(below(3))));
  }
  for (std::uint32_t id = 0; id < 14; ++id) {
    Fault storm = fault(static_cast<FaultKind>(below(fault_kinds)), static_cast<Instant>(below(14'000)) * millisecond,
                        static_cast<Instant>(below(6'000)) * millisecond);
    storm.id = id;
    storm.target = is_client_fault(storm.kind) ? static_cast<std::uint32_t>(below(2)) : 0;
    storm.argument = is_cluster_fault(storm.kind) && storm.kind != FaultKind::replica_lag ? 0 : below(1'000);
    if (storm.kind == FaultKind::partition) {
      for (std::uint32_t node = 0; node < nodes; ++node) {
        if (storm.nodes.empty() || below(2) == 0) {
          storm.nodes.push_back(node);
        }
      }
      storm.direction = static_cast<CutDirection>(below(3));
    } else if (storm.kind == FaultKind::migrate_slot) {
      storm.move = {resp::slot_of(keys[below(keys.size())]), static_cast<std::uint32_t>(below(nodes)),
                    static_cast<SlotMove::Ending>(below(3))};
    } else if (is_cluster_fault(storm.kind) || is_server_fault(storm.kind) ||
               (is_connection_fault(storm.kind) && below(2) == 0)) {
      storm.node = static_cast<std::uint32_t>(below(nodes));
    }
    scenario.faults.push_back(storm);
  }
  std::sort(scenario.faults.begin(), scenario.faults.end(), [](const Fault& left, const Fault& right) {
    return std::tie(left.at, left.id) < std::tie(right.at, right.id);
  });
  return scenario;
}

struct Outcome {
  std::uint64_t hash = 0;
  std::uint64_t events = 0;
  std::vector<std::string> replies{};
  std::vector<TapeEntry> tape{};
  std::string unsettled{};
  std::size_t outstanding = 0;

  bool same_run(const Outcome& other) const {
    return hash == other.hash && events == other.events && replies == other.replies;
  }
};

constexpr Instant settling_time = 30 * second;

Outcome run(const Scenario& scenario, WorldOptions options = {}) {
  Replies replies;
  options.writer_events = &replies;
  World world(scenario, nullptr, options);
  EXPECT_TRUE(world.run_until(scenario.faults_end + settling_time));
  return {world.hash(), world.events(),          std::move(replies.log),
          world.tape(), world.unsettled(), world.writers_outstanding()};
}

RC_GTEST_PROP(WorldClusters, SettleOnceFaultsStop, (std::uint64_t seed)) {
  const Outcome outcome = run(stormy_cluster(seed));
  RC_ASSERT(outcome.unsettled == "");
  RC_ASSERT(outcome.outstanding == 0U);
}

RC_GTEST_PROP(WorldClusters, AreTheSameRunForTheSameScenario, (std::uint64_t seed)) {
  const Scenario scenario = stormy_cluster(seed);
  const Outcome original = run(scenario);
  RC_ASSERT(run(scenario).same_run(original));
  RC_ASSERT(run(stormy_cluster(seed + 1)).hash != original.hash);
}

RC_GTEST_PROP(WorldClusters, RunAlikeUnobservedAndFromTheirTapeAndText, (std::uint64_t seed)) {
  struct Nothing final : ClusterObserver {
    void on_change(std::uint32_t, ChangeOrigin, const redis::ServerObserver::Change&) override {}
  } nothing;
  Scenario scenario = stormy_cluster(seed);
  const Outcome original = run(scenario);
  const Outcome watched =
      run(scenario, {.recording = Decider::Recording::on, .trace = true, .cluster_observer = &nothing});
  RC_ASSERT(watched.same_run(original));
  Scenario read;
  ParseError error;
  RC_ASSERT(parse(print(scenario), read, error));
  RC_ASSERT(run(read).same_run(original));
  scenario.replay_tape = true;
  scenario.tape = watched.tape;
  RC_ASSERT(run(scenario).same_run(original));
}

/// At every moment, who believes to own each slot, and by which epoch.
struct Owners final : ClusterObserver {
  void on_change(std::uint32_t, ChangeOrigin, const redis::ServerObserver::Change&) override {}
  void on_ownership(Instant, std::uint32_t node, cluster::SlotRange slots, Belief belief,
                    std::uint64_t epoch) override {
    for (std::uint32_t slot = slots.first; slot <= slots.last; ++slot) {
      if (belief == Belief::does_not) {
        owners[slot].erase(node);
        continue;
      }
      for (const auto& [other, other_epoch] : owners[slot]) {
        twice += other != node && other_epoch == epoch ? 1U : 0U;
      }
      owners[slot][node] = epoch;
    }
  }
  std::array<std::map<std::uint32_t, std::uint64_t>, resp::slot_count> owners{};
  std::uint64_t twice = 0;
};

RC_GTEST_PROP(WorldClusters, HaveOneOwnerForEachSlotInTheEnd, (std::uint64_t seed)) {
  const Scenario scenario = stormy_cluster(seed);
  const auto owners = std::make_unique<Owners>();
  World world(scenario, nullptr, {.cluster_observer = owners.get()});
  RC_ASSERT(world.run_until(scenario.faults_end + settling_time));
  RC_ASSERT(std::all_of(owners->owners.begin(), owners->owners.end(),
                        [](const auto& believers) { return believers.size() == 1; }));
}

}  // namespace
}  // namespace trackside::sim

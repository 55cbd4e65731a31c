// The promises hold where clients read from replicas that lag: G2 by what such a replica still has, G3 and G4 as ever.
//
// Worlds are those of coherence_property.cpp that have a cluster; here every client reads from replicas, and the stream
// of changes is slow, so that whoever reads from one too soon goes back.
#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "properties/harness/failing_run.hpp"
#include "properties/run_count.hpp"
#include "properties/testing/generation/generator.hpp"

namespace trackside::testing {
namespace {

void lag(sim::Scenario& scenario) {
  const sim::ClusterSetup& cluster = *scenario.cluster;
  for (std::uint32_t node = cluster.primaries; node < cluster.members(); ++node) {
    const auto milliseconds = static_cast<sim::Instant>(1 + (scenario.seed >> (node % 32)) % 300);
    scenario.faults.push_back({.kind = sim::FaultKind::replica_lag,
                               .at = 0,
                               .duration = scenario.faults_end,
                               .argument = static_cast<std::uint64_t>(milliseconds * sim::millisecond),
                               .node = node});
  }
  std::stable_sort(scenario.faults.begin(), scenario.faults.end(),
                   [](const sim::Fault& left, const sim::Fault& right) { return left.at < right.at; });
  for (std::uint32_t index = 0; index < scenario.faults.size(); ++index) {
    scenario.faults[index].id = index + 1;
  }
}

/// The first one from this seed on whose world has a cluster with replicas.
sim::Scenario with_replicas(std::uint64_t seed) {
  sim::Scenario scenario = generate(seed, {});
  while (!scenario.cluster || scenario.cluster->replicas == 0) {
    scenario = generate(++seed, {});
  }
  for (sim::ClientSetup& client : scenario.clients) {
    client.read_from = seed % 4 == 0 ? sim::ReadFrom::nearest : sim::ReadFrom::prefer_replica;
  }
  lag(scenario);
  return scenario;
}

TEST(ReplicaReads, KeepEveryPromiseHoweverFarReplicasLag) {
  check_runs(300, [] {
    const auto seed = *rc::gen::noShrink(rc::gen::arbitrary<std::uint64_t>());
    check_run("replicas", with_replicas(seed));
  });
}

}  // namespace
}  // namespace trackside::testing

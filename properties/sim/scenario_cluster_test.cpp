// What a scenario's text says of clusters: the line `cluster`, and the faults that only a cluster has.
// Neighbours: scenario_property.cpp (the rest, and the round trip of everything), sim/README.md (the format).
#include <string>

#include <gtest/gtest.h>

#include "sim/scenario.hpp"

namespace trackside::sim {
namespace {

/// "line: expected, found" of the first mistake; empty if there is none.
std::string mistake(std::string_view text, Scenario& scenario) {
  ParseError error;
  return parse(text, scenario, error) ? std::string{}
                                      : std::to_string(error.line) + ": " + error.expected + ", found " + error.found;
}

std::string mistake_in(std::string_view line) {
  Scenario scenario;
  return mistake("trackside scenario 1\nclient\nfaults_end 5\n" + std::string(line) + "\n", scenario);
}

std::string mistake_in_cluster(std::string_view fault) {
  return mistake_in("cluster\nfault 1 at 1 for 1 " + std::string(fault));
}

TEST(ScenarioText, AClusterAndItsFaultsMayBeWrittenByHand) {
  const std::string text =
      "trackside scenario 1\n"
      "client\n"
      "cluster primaries=2 spares=1\n"
      "fault 1 at 1 for 1 freeze_server node 2 target 0\n"
      "fault 2 at 1 for 1 half_open only data node 1 target 0\n"
      "fault 3 at 1 for 1 cut_client node 1 target 0\n"
      "fault 4 at 1 for 1 partition nodes 0,3 outgoing\n"
      "fault 5 at 1 for 1 partition nodes 2\n"
      "fault 6 at 1 for 1 isolate_primary node 1 with replicas\n"
      "fault 7 at 1 for 1 migrate_slot key foo to 1\n"
      "fault 8 at 1 for 1 migrate_slot slot 5 from 0 to 1 given_back\n"
      "fault 9 at 1 for 1 replica_lag node 3 argument 1000\n"
      "fault 10 at 1 for 1 add_node node 4\n";
  Scenario scenario;
  ASSERT_EQ(mistake(text, scenario), "");
  EXPECT_EQ(scenario.cluster, (ClusterSetup{.primaries = 2, .spares = 1}));
  EXPECT_EQ(scenario.nodes(), 5U);
  EXPECT_EQ(scenario.faults[0].node, 2U);
  EXPECT_EQ(scenario.faults[1].scope, FaultScope::data);
  EXPECT_EQ(scenario.faults[1].node, 1U);
  EXPECT_EQ(scenario.faults[2].node, 1U);
  EXPECT_EQ(scenario.faults[3].nodes, (std::vector<std::uint32_t>{0, 3}));
  EXPECT_EQ(scenario.faults[3].direction, CutDirection::outgoing);
  EXPECT_EQ(scenario.faults[4].direction, CutDirection::both);
  EXPECT_EQ(scenario.faults[5].side, IsolatedSide::with_replicas);
  EXPECT_EQ(scenario.faults[6].move, (SlotMove{.slot = 12'182, .to = 1}));
  EXPECT_FALSE(scenario.faults[6].node.has_value());
  EXPECT_EQ(scenario.faults[7].move, (SlotMove{5, 1, SlotMove::Ending::given_back}));
  EXPECT_EQ(scenario.faults[7].node, 0U);
  EXPECT_EQ(scenario.faults[8].argument, 1'000U);
}

TEST(ScenarioText, WithoutAClusterNothingIsWrittenOfIt) {
  Scenario scenario;
  scenario.clients.resize(1);
  scenario.faults.resize(1);
  const std::string text = print(scenario);
  EXPECT_EQ(text.find("cluster"), std::string::npos);
  EXPECT_EQ(text.find("node"), std::string::npos);
}

TEST(ScenarioText, MistakesInClustersAndTheirFaultsAreTold) {
  EXPECT_EQ(mistake_in("cluster primary=3"),
            "4: primaries, replicas, spares, node_timeout, require_full_coverage, reads_when_down or channels_allowed, "
            "found primary");
  EXPECT_EQ(mistake_in("cluster primaries=0"), "4: at least one primary, found none");
  EXPECT_EQ(mistake_in("cluster primaries=1000 replicas=1"), "4: at most 1024 nodes, found 2000");
  EXPECT_EQ(mistake_in("cluster node_timeout=0.01"), "4: a node_timeout of 0.1 seconds and more, found 0.010000000");
  EXPECT_EQ(mistake_in("cluster spares=1 spares=1"), "4: 'spares' only once, found a second one");
  EXPECT_EQ(mistake_in("cluster\ncluster"), "5: 'cluster' only once, found a second one");
  EXPECT_EQ(mistake_in("fault 1 at 1 for 1 partition nodes 0"),
            "4: a line 'cluster' for a fault of a cluster, found none");
  EXPECT_EQ(mistake_in("fault 1 at 1 for 1 freeze_server node 1 target 0"),
            "4: one of 1 nodes, counted from 0, found 1");
  EXPECT_EQ(mistake_in_cluster("partition nodes 0,6"), "5: one of 6 nodes, counted from 0, found 6");
  EXPECT_EQ(mistake_in_cluster("partition nodes 3,0"), "5: nodes in ascending order, found 3,0");
  EXPECT_EQ(mistake_in_cluster("partition nodes 1 sideways"), "5: one of both, outgoing, incoming, found sideways");
  EXPECT_EQ(mistake_in_cluster("partition nodes 1,"), "5: a node's index, found nothing");
  EXPECT_EQ(mistake_in_cluster("migrate_slot slot 16384 to 1"), "5: a slot, at most 16383, found 16384");
  EXPECT_EQ(mistake_in_cluster("migrate_slot slot 1 to 6"), "5: one of 6 nodes, counted from 0, found 6");
  EXPECT_EQ(mistake_in_cluster("migrate_slot slot 1 to 2 later"),
            "5: one of complete, abandoned, given_back, stolen, found later");
  EXPECT_EQ(mistake_in_cluster("cut_client node 1 target 1"), "5: one of 1 clients, counted from 0, found 1");
  EXPECT_EQ(mistake_in_cluster("isolate_primary"), "5: the word 'node', found the end of the line");
  EXPECT_EQ(mistake_in_cluster("isolate_primary node 1 with friends"), "5: the word 'replicas', found friends");
  EXPECT_EQ(mistake_in_cluster("pause_client node 1 target 0"), "5: the word 'target', found node");
}

}  // namespace
}  // namespace trackside::sim

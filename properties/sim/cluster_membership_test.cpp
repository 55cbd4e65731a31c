// Who belongs to a cluster: meeting, hearsay, forgetting, new names.
#include <gtest/gtest.h>

#include <string>

#include "properties/sim/cluster_harness.hpp"

namespace trackside::testing {
namespace {

TEST(ClusterMembership, AStrangerWhoIsIntroducedGetsToKnowEverybody) {
  for (const bool benign : {false, true}) {
    TestCluster cluster({.benign = benign});
    cluster.run_for(5 * second);
    const std::size_t stranger = cluster.add_stranger();
    EXPECT_EQ(cluster.bus(stranger).meet(cluster.now(), ServerIndex{1}), "");
    cluster.run_for(10 * second);
    for (std::size_t index = 0; index < stranger; ++index) {
      EXPECT_NE(cluster.position(index, stranger), no_node) << index;
      EXPECT_NE(cluster.position(stranger, index), no_node) << index;
    }
    EXPECT_TRUE(cluster.all_agree());
    EXPECT_EQ(cluster.bus(stranger).replicate(cluster.now(), cluster.bus(0).id()), "");
    cluster.flush_outboxes(stranger);
    cluster.run_for(5 * second);
    EXPECT_EQ(cluster.belief(2, stranger).primary, cluster.position(2, 0));
    EXPECT_EQ(cluster.server(stranger).member.replication().state(), ReplicaState::streaming);
    EXPECT_TRUE(cluster.all_agree());
  }
}

TEST(ClusterMembership, WhoIsMetAtADeadAddressIsForgottenAgain) {
  TestCluster cluster({});
  cluster.run_for(5 * second);
  const std::size_t stranger = cluster.add_stranger();
  cluster.crash(stranger);
  cluster.bus(0).meet(cluster.now(), ServerIndex{static_cast<std::uint16_t>(stranger)});
  cluster.run_for(second);
  EXPECT_TRUE(cluster.view(0).nodes.back().in_handshake);
  cluster.run_for(2 * second);
  EXPECT_TRUE(cluster.view(0).nodes.back().forgotten);
  EXPECT_TRUE(cluster.all_agree());
}

TEST(ClusterMembership, WhoIsForgottenComesBackByGossipOnlyAfterAMinute) {
  TestCluster cluster({});
  cluster.run_for(5 * second);
  EXPECT_EQ(cluster.bus(0).forget(cluster.now(), cluster.bus(0).id()), "ERR I tried hard but I can't forget myself...");
  EXPECT_EQ(cluster.bus(3).forget(cluster.now(), cluster.bus(0).id()), "ERR Can't forget my master!");
  EXPECT_EQ(cluster.bus(0).forget(cluster.now(), cluster.bus(4).id()), "");
  cluster.run_for(50 * second);
  EXPECT_EQ(cluster.position(0, 4), no_node);
  cluster.run_for(20 * second);
  EXPECT_NE(cluster.position(0, 4), no_node);
  EXPECT_TRUE(cluster.all_agree());
}

TEST(ClusterMembership, AResetNodeKnowsNobodyAndHasANewNameIfThatIsWanted) {
  TestCluster cluster({});
  cluster.run_for(5 * second);
  const NodeId before = cluster.bus(3).id();
  EXPECT_EQ(cluster.bus(3).reset(cluster.now(), ResetKind::hard), "");
  EXPECT_NE(cluster.bus(3).id(), before);
  EXPECT_EQ(cluster.view(3).nodes[itself].id, digits_of(cluster.bus(3).id()));
  EXPECT_TRUE(cluster.view(3).nodes[itself].is_primary());
  EXPECT_EQ(cluster.bus(3).position_of(cluster.bus(0).id()), no_node);
  cluster.run_for(5 * second);
  const KnownNode& old_name = cluster.view(1).nodes[cluster.bus(1).position_of(before)];
  EXPECT_EQ(old_name.port, 0) << "somebody else lives there now";
  EXPECT_TRUE(cluster.view(1).ok);
}

TEST(ClusterMembership, WhoMayNotFollowIsToldWhy) {
  TestCluster cluster({});
  cluster.run_for(5 * second);
  const auto replicate = [&](std::size_t node, std::size_t primary) {
    return cluster.bus(node).replicate(cluster.now(), cluster.bus(primary).id());
  };
  EXPECT_EQ(replicate(0, 0), "ERR Can't replicate myself");
  EXPECT_EQ(replicate(0, 4), "ERR I can only replicate a master, not a replica.");
  EXPECT_EQ(replicate(0, 1), "ERR To set a master the node must be empty and without assigned slots.");
  EXPECT_EQ(replicate(3, 1), "") << "a replica may change its primary";
  cluster.flush_outboxes(3);
  cluster.run_for(5 * second);
  EXPECT_EQ(cluster.server(3).member.replication().primary(), ServerIndex{1});
  EXPECT_TRUE(cluster.all_agree());
}

TEST(ClusterIdentity, DigitsAndNumbersAreOneToOneAndInOneOrder) {
  const NodeId first = node_id(ServerIndex{3});
  const NodeId second_name = node_id(ServerIndex{3}, 1);
  EXPECT_EQ(digits_of(first).size(), 40U);
  EXPECT_EQ(parse_digits(digits_of(first)), first);
  EXPECT_EQ(parse_digits(digits_of(second_name)), second_name);
  EXPECT_EQ(parse_digits("0123"), no_id);
  EXPECT_EQ(parse_digits(std::string(40, '0')), no_id);
  EXPECT_LT(digits_of(first), digits_of(second_name));
  EXPECT_LT(digits_of(node_id(ServerIndex{9})), digits_of(node_id(ServerIndex{10})));
}

}  // namespace
}  // namespace trackside::testing

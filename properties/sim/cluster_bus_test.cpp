// Nodes watching each other: suspicion, failure, whether the cluster is up, who owns which slot.
// The bounds are those of redis-server 7.0.15 with a node timeout of 1.5 s, measured on a cluster of six.
#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "properties/sim/cluster_harness.hpp"
#include "resp/slot.hpp"

namespace trackside::testing {
namespace {

constexpr Instant timeout = 1500 * millisecond;
// A node is pinged at the first tick at which its last pong is older than half a timeout, and suspected at the first at
// which that ping is older than one.
constexpr Instant suspected_at_the_latest = timeout + timeout / 2 + 2 * Member::tick_period;
constexpr std::string_view own_key = "foo{06}";  // any key; what matters is who owns its slot

TEST(ClusterBus, AQuietClusterSuspectsNobody) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    TestCluster cluster({.seed = seed});
    cluster.run_for(second);
    const auto anybody_suspected = [&cluster] {
      for (std::size_t observer = 0; observer < cluster.size(); ++observer) {
        for (const KnownNode& known : cluster.view(observer).nodes) {
          if (known.suspected || known.failed || !cluster.view(observer).ok) {
            return true;
          }
        }
      }
      return false;
    };
    EXPECT_FALSE(cluster.run_until(anybody_suspected, 30 * second)) << "seed " << seed;
    EXPECT_TRUE(cluster.all_agree());
  }
}

TEST(ClusterBus, ADeadNodeIsSuspectedBetweenOneAndOneAndAHalfTimeouts) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    TestCluster cluster({.seed = seed});
    cluster.run_for(5 * second + static_cast<Instant>(seed) * 37 * millisecond);
    const Instant died = cluster.now();
    cluster.crash(0);
    ASSERT_TRUE(cluster.run_until([&] { return cluster.belief(1, 0).suspected; }, 10 * second));
    // The ping that was not answered may have left a moment before the end.
    EXPECT_GE(cluster.now() - died, timeout - millisecond) << "seed " << seed;
    EXPECT_LE(cluster.now() - died, suspected_at_the_latest) << "seed " << seed;
  }
}

TEST(ClusterBus, ANodeThatStandsStillIsSuspectedAsSoonThoughItAcceptsConnections) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    TestCluster cluster({.seed = seed});
    cluster.run_for(5 * second + static_cast<Instant>(seed) * 37 * millisecond);
    const Instant frozen_at = cluster.now();
    cluster.freeze(0);
    ASSERT_TRUE(cluster.run_until([&] { return cluster.belief(1, 0).suspected; }, 10 * second));
    EXPECT_LE(cluster.now() - frozen_at, suspected_at_the_latest) << "seed " << seed;
    cluster.run_for(10 * second);
    EXPECT_EQ(cluster.server(3).promotions, 1U);
    cluster.thaw(0);
    cluster.run_for(5 * second);
    EXPECT_EQ(cluster.server(0).demotions, 1U);
    EXPECT_TRUE(cluster.all_agree());
    EXPECT_EQ(cluster.complaint(), "");
  }
}

TEST(ClusterBus, ALinkThatDiedSilentlyIsOpenedAgainBeforeAnybodyIsSuspected) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    TestCluster cluster({.seed = seed});
    cluster.run_for(5 * second);
    cluster.lose_links(0, 1);
    EXPECT_FALSE(cluster.run_until([&] { return cluster.belief(0, 1).suspected || cluster.belief(1, 0).suspected; },
                                   10 * second))
        << "seed " << seed;
  }
}

TEST(ClusterBus, OneSuspicionIsNoFailureAndIsWithdrawn) {
  TestCluster cluster({});
  cluster.run_for(5 * second);
  cluster.cut(1, 0);  // the others reach both
  ASSERT_TRUE(cluster.run_until([&] { return cluster.belief(1, 0).suspected; }, 5 * second));
  // The one that is cut off from it finds one reporter: itself. Node 0 thinks the same of node 1.
  EXPECT_FALSE(
      cluster.run_until([&] { return cluster.belief(2, 0).failed || cluster.belief(1, 0).failed; }, 20 * second));
  EXPECT_EQ(cluster.bus(2).failure_reports(cluster.now(), cluster.position(2, 0)), 1U);
  EXPECT_TRUE(cluster.view(1).ok);
  cluster.heal();
  cluster.run_for(5 * second);
  EXPECT_FALSE(cluster.belief(1, 0).suspected);
  EXPECT_EQ(cluster.bus(2).failure_reports(cluster.now(), cluster.position(2, 0)), 0U);
  EXPECT_TRUE(cluster.all_agree());
}

TEST(ClusterBus, AMajorityMakesAFailureAndEverybodyHearsOfItAtOnce) {
  TestCluster cluster({});
  cluster.run_for(5 * second);
  cluster.crash(0);
  const auto failed_for = [&](std::size_t observer) { return cluster.belief(observer, 0).failed; };
  ASSERT_TRUE(cluster.run_until(
      [&] {
        for (std::size_t observer = 1; observer < cluster.size(); ++observer) {
          if (failed_for(observer)) {
            return true;
          }
        }
        return false;
      },
      5 * second));
  cluster.run_for(2 * millisecond);
  for (std::size_t observer = 1; observer < cluster.size(); ++observer) {
    EXPECT_TRUE(failed_for(observer)) << observer;
    EXPECT_FALSE(cluster.view(observer).ok) << "full coverage is required";
  }
}

TEST(ClusterBus, WithoutFullCoverageTheOthersGoOn) {
  TestCluster cluster({.replicas_of_each = 0});
  for (std::size_t index = 0; index < cluster.size(); ++index) {
    cluster.server(index).view.require_full_coverage = false;
  }
  cluster.run_for(5 * second);
  cluster.crash(0);
  cluster.run_for(5 * second);
  EXPECT_TRUE(cluster.belief(1, 0).failed);
  EXPECT_TRUE(cluster.view(1).ok);
  EXPECT_TRUE(cluster.view(2).ok);
}

TEST(ClusterBus, AnIsolatedPrimaryStopsAnsweringBetweenOneAndOneAndAHalfTimeouts) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    TestCluster cluster({.seed = seed});
    cluster.run_for(5 * second + static_cast<Instant>(seed) * 41 * millisecond);
    const std::size_t isolated = cluster.owner_of(own_key);
    const Instant cut_at = cluster.now();
    cluster.isolate({isolated});
    ASSERT_TRUE(cluster.run_until([&] { return !cluster.server(isolated).answers(own_key); }, 10 * second));
    EXPECT_GE(cluster.now() - cut_at, timeout - millisecond) << "seed " << seed;
    EXPECT_LE(cluster.now() - cut_at, suspected_at_the_latest) << "seed " << seed;
  }
}

TEST(ClusterBus, APrimaryThatSawAMajorityAgainWaitsForATimeout) {
  TestCluster cluster({.replicas_of_each = 0});
  cluster.run_for(5 * second);
  cluster.isolate({0});
  cluster.run_for(10 * second);
  ASSERT_FALSE(cluster.view(0).ok);
  cluster.heal();
  ASSERT_TRUE(cluster.run_until([&] { return !cluster.belief(0, 1).suspected && !cluster.belief(0, 2).suspected; },
                                5 * second));
  const Instant majority_at = cluster.now();
  ASSERT_TRUE(cluster.run_until([&] { return cluster.view(0).ok; }, 10 * second));
  EXPECT_GE(cluster.now() - majority_at, timeout - 100 * millisecond);
}

TEST(ClusterBus, ARestartedPrimaryWaitsForTwoSeconds) {
  TestCluster cluster({});
  cluster.run_for(5 * second);
  cluster.crash(0);
  cluster.run_for(300 * millisecond);  // nobody has noticed
  cluster.start_again(0);
  const Instant started = cluster.now();
  ASSERT_TRUE(cluster.run_until([&] { return cluster.view(0).ok; }, 10 * second));
  EXPECT_GE(cluster.now() - started, 2 * second);
  EXPECT_LE(cluster.now() - started, 2 * second + 200 * millisecond);
  EXPECT_EQ(cluster.server(3).promotions, 0U);
  EXPECT_TRUE(cluster.all_agree());
}

TEST(ClusterBus, APrimaryThatComesBackWithItsSlotsIsFailedForTwoMoreTimeouts) {
  TestCluster cluster({.replicas_of_each = 0});
  cluster.run_for(5 * second);
  cluster.isolate({0});
  ASSERT_TRUE(cluster.run_until([&] { return cluster.belief(1, 0).failed; }, 5 * second));
  const Instant failed_at = cluster.now();
  cluster.heal();
  ASSERT_TRUE(cluster.run_until([&] { return !cluster.belief(1, 0).failed; }, 10 * second));
  EXPECT_GT(cluster.now() - failed_at, 2 * timeout);
  cluster.run_for(3 * second);
  EXPECT_TRUE(cluster.all_agree());
}

TEST(ClusterBus, AReplicaThatComesBackIsNoLongerFailedAtOnce) {
  TestCluster cluster({});
  cluster.run_for(5 * second);
  cluster.isolate({3});
  ASSERT_TRUE(cluster.run_until([&] { return cluster.belief(1, 3).failed; }, 5 * second));
  cluster.heal();
  EXPECT_TRUE(cluster.run_until([&] { return !cluster.belief(1, 3).failed; }, second));
}

TEST(ClusterBus, WhatPassesOneWayStillCountsAsALifeSign) {
  TestCluster cluster({});
  cluster.run_for(5 * second);
  cluster.cut_one_way(1, 0);  // node 0 hears nothing of node 1, which hears node 0's pings
  ASSERT_TRUE(cluster.run_until([&] { return cluster.belief(0, 1).suspected; }, 5 * second));
  EXPECT_FALSE(cluster.belief(1, 0).suspected);
  EXPECT_NE(cluster.belief(1, 0).ping_sent, 0) << "though its own pings are not answered";
  // By now node 0 has given up the link, and opening one takes both ways.
  EXPECT_TRUE(cluster.run_until([&] { return cluster.belief(1, 0).suspected; }, 5 * second));
}

// As the real 7.0.15 does: what its owner does not claim, anybody may.
TEST(ClusterBus, AClaimWithASmallerEpochWinsWhatItsOwnerClaimsNoLonger) {
  TestCluster cluster({});
  cluster.run_for(5 * second);
  const Slot slot = 16000;
  ASSERT_EQ(cluster.view(1).owner[slot], cluster.position(1, 2));
  cluster.assign(0, slot, 0);
  cluster.run_for(5 * second);
  EXPECT_EQ(cluster.view(1).owner[slot], cluster.position(1, 2)) << "epoch 1 is smaller than 3, which claims it";
  cluster.assign(2, slot, 0);
  cluster.run_for(500 * millisecond);
  cluster.assign(0, slot, 0);  // it was told otherwise meanwhile
  cluster.run_for(5 * second);
  EXPECT_TRUE(cluster.all_agree());
  EXPECT_EQ(cluster.view(1).owner[slot], cluster.position(1, 0));
  EXPECT_EQ(cluster.view(1).current_epoch, 3U);
}

TEST(ClusterBus, AClaimWithAGreaterEpochWinsEverywhere) {
  TestCluster cluster({});
  cluster.run_for(5 * second);
  cluster.assign(1, 7, 1);
  cluster.run_for(5 * second);
  EXPECT_EQ(cluster.view(0).owner[7], cluster.position(0, 1)) << "epoch 2 is greater than 1";
  cluster.assign(0, 7, 0);
  cluster.run_for(5 * second);
  EXPECT_EQ(cluster.view(0).owner[7], cluster.position(0, 1)) << "and node 0 is told so";
  cluster.assign(0, 7, 0);
  EXPECT_TRUE(cluster.bus(0).bump_config_epoch(cluster.now()));
  EXPECT_FALSE(cluster.bus(0).bump_config_epoch(cluster.now())) << "it has the greatest already";
  cluster.run_for(5 * second);
  EXPECT_EQ(cluster.view(1).owner[7], cluster.position(1, 0));
  EXPECT_TRUE(cluster.all_agree());
}

TEST(ClusterBus, KeysOfASlotThatIsLostByHearsayGo) {
  TestCluster cluster({});
  cluster.run_for(5 * second);
  const std::string key = "k";
  const std::size_t loser = cluster.owner_of(key);
  const std::size_t winner = (loser + 1) % 3;
  ASSERT_TRUE(cluster.server(loser).write(key, "1"));
  cluster.assign(winner, resp::slot_of(key), winner);
  cluster.bus(winner).bump_config_epoch(cluster.now());
  cluster.run_for(5 * second);
  EXPECT_EQ(cluster.server(loser).slots_dropped, 1U);
  EXPECT_EQ(cluster.server(loser).read(key), "");
  EXPECT_EQ(cluster.server(loser + 3).read(key), "1") << "in 7.0 its replica is not told";
}

TEST(ClusterBus, WhatIsBeingImportedIsNotTakenByHearsay) {
  TestCluster cluster({});
  cluster.run_for(5 * second);
  cluster.server(0).view.importing_from[9000] = cluster.position(0, 1);
  cluster.assign(2, 9000, 2);
  cluster.bus(2).bump_config_epoch(cluster.now());
  cluster.run_for(5 * second);
  EXPECT_EQ(cluster.view(0).owner[9000], cluster.position(0, 1));
  EXPECT_EQ(cluster.view(1).owner[9000], cluster.position(1, 2));
}

TEST(ClusterBus, WhoLosesTheLastSlotFollowsTheNewOwnerWithItsReplicas) {
  TestCluster cluster({});
  cluster.run_for(5 * second);
  for (Slot slot = 0; slot < slot_count; ++slot) {
    if (cluster.view(0).owner[slot] == itself) {
      cluster.server(1).view.owner.set(slot, itself);
    }
  }
  cluster.bus(1).slots_changed(cluster.now());
  cluster.run_for(5 * second);
  EXPECT_EQ(cluster.view(0).nodes[itself].primary, cluster.position(0, 1));
  EXPECT_EQ(cluster.view(3).nodes[itself].primary, cluster.position(3, 1));
  EXPECT_EQ(cluster.server(0).member.replication().primary(), ServerIndex{1});
  EXPECT_TRUE(cluster.all_agree());
}

TEST(ClusterBus, CollidingEpochsAreToldApart) {
  TestCluster cluster({});
  for (std::size_t index = 0; index < cluster.size(); ++index) {
    for (KnownNode& known : cluster.server(index).view.nodes) {
      known.config_epoch = 5;
    }
    cluster.server(index).view.current_epoch = 5;
  }
  cluster.run_for(10 * second);
  EXPECT_TRUE(cluster.all_agree());
  std::set<std::uint64_t> epochs;
  for (std::size_t primary = 0; primary < 3; ++primary) {
    epochs.insert(cluster.view(primary).nodes[itself].config_epoch);
  }
  EXPECT_EQ(epochs.size(), 3U);
  EXPECT_EQ(cluster.view(2).nodes[itself].config_epoch, 5U) << "the greatest name never gives way";
}

TEST(ClusterBus, AStaleNodeIsSetRightAfterAnyTime) {
  TestCluster cluster({.primaries = 5});
  cluster.run_for(5 * second);
  cluster.isolate({4});
  cluster.run_for(3 * second);
  cluster.assign(1, 0, 1);  // while node 4 does not listen
  cluster.bus(1).bump_config_epoch(cluster.now());
  cluster.run_for(60 * second);
  EXPECT_NE(cluster.view(4).owner[0], cluster.position(4, 1));
  cluster.heal();
  cluster.run_for(10 * second);
  EXPECT_EQ(cluster.view(4).owner[0], cluster.position(4, 1));
  EXPECT_TRUE(cluster.all_agree());
}

TEST(ClusterBus, AStaleNodeIsSetRightByOthersIfTheNewOwnerCannot) {
  TestCluster cluster({.primaries = 5});
  cluster.run_for(5 * second);
  cluster.isolate({4});
  cluster.run_for(3 * second);
  // One of node 4's slots; the owner never gets through to it.
  const Slot slot = slot_count - 1;
  cluster.assign(1, slot, 1);
  cluster.bus(1).bump_config_epoch(cluster.now());
  cluster.run_for(3 * second);
  cluster.heal();
  cluster.cut(1, 4);
  cluster.cut(1, 9);
  cluster.run_for(3 * second);
  EXPECT_EQ(cluster.view(4).owner[slot], cluster.position(4, 1));
}

TEST(ClusterBus, AnEqualEpochWinsNothing) {
  TestCluster cluster({});
  cluster.run_for(5 * second);
  const NodeIndex owner = cluster.position(2, 0);
  ASSERT_EQ(cluster.view(2).owner[0], owner);
  auto claimed = std::make_shared<SlotSet>();
  claimed->append(0);
  BusMessage claim;
  claim.kind = BusMessageKind::pong;
  claim.sender = cluster.bus(1).id();
  claim.config_epoch = cluster.belief(2, 0).config_epoch;
  claim.slots = claimed;
  const LinkId others{ServerIndex{1}, LinkPurpose::bus, 1000};
  cluster.bus(2).on_message(cluster.now(), others, claim);
  EXPECT_EQ(cluster.view(2).owner[0], owner);
  ++claim.config_epoch;
  cluster.bus(2).on_message(cluster.now(), others, claim);
  EXPECT_EQ(cluster.view(2).owner[0], cluster.position(2, 1));
}

TEST(ClusterBus, AHundredPrimariesConverge) {
  TestCluster cluster({.primaries = 100, .node_timeout = 15 * second});
  cluster.run_for(10 * second);
  EXPECT_TRUE(cluster.all_agree());
  cluster.crash(17);
  ASSERT_TRUE(cluster.run_until([&] { return cluster.server(117).promotions > 0; }, 40 * second));
  cluster.run_for(10 * second);
  EXPECT_TRUE(cluster.all_agree());
  EXPECT_EQ(cluster.complaint(), "");
}

TEST(ClusterBus, TheSameSeedGivesTheSameRun) {
  const auto run = [](std::uint64_t seed) {
    TestCluster cluster({.seed = seed});
    cluster.run_for(3 * second);
    cluster.isolate({0, 4});
    cluster.run_for(5 * second);
    cluster.heal();
    cluster.run_for(5 * second);
    return cluster.hash();
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

}  // namespace
}  // namespace trackside::testing

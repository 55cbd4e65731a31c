// Keys that move between simulated nodes, told as conversations: MIGRATE, what the trackers of both sides hear, and
// what a slot that is taken away leaves behind.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "properties/sim/redis_cluster_parts.hpp"

namespace trackside::testing {
namespace {

using sim::millisecond;

class RedisMoving : public ::testing::Test {
 protected:
  RedisMoving() {
    node.view.migrating_to.clear();
    world.server.set_cluster_requests(&requests);
  }

  /// The other side of the last request: a node that imports what it gets.
  std::vector<std::string> arrives(World& target) {
    std::vector<std::string> errors;
    const auto& request = requests.last_migration;
    const auto if_present =
        request.replace ? sim::redis::Server::IfPresent::replace : sim::redis::Server::IfPresent::refuse;
    for (const auto& key : request.keys) errors.push_back(target.server.import_key(key, if_present, target.now));
    return errors;
  }

  RecordedRequests requests;
  ClusterNode node;
  World& world = node.world;
  Peer a{world};
  Peer w{world};
};

TEST_F(RedisMoving, SourceAndTargetBothTellTheirTrackers) {
  ClusterNode target;
  Peer t{target.world};
  target.view.owner.set(ClusterNode::slot("mov"), there);
  target.view.importing_from[ClusterNode::slot("mov")] = there;
  t.says("CLIENT TRACKING ON BCAST");
  w.says("SET {mov}a 1 PX 500\nSET {mov}b 2");
  a.says("CLIENT TRACKING ON\nMGET {mov}a {mov}b {mov}c");
  w.sends("MIGRATE 10.0.0.2 7001 \"\" 0 1000 KEYS {mov}a {mov}b {mov}c");
  EXPECT_EQ(requests.take(), "migrate {mov}a {mov}b to 10.0.0.2:7001");
  EXPECT_TRUE(world.server.migrating());
  const std::vector<std::string> errors = arrives(target.world);
  t.gets("PUSH[{mov}a] | PUSH[{mov}b]");
  world.server.finish_migration(errors, {}, world.now);
  w.gets("+OK");
  a.gets("PUSH[{mov}a] | PUSH[{mov}b]");
  t.sends("ASKING\nPTTL {mov}a\nASKING\nGET {mov}b");
  t.gets("+OK | :500 | +OK | \"2\"");
  EXPECT_EQ(world.server.key_count(), 0U);
}

TEST_F(RedisMoving, ACopyStaysAndTellsNobodyHere) {
  w.says("SET {own} 1");
  a.says("CLIENT TRACKING ON\nGET {own}");
  w.sends("MIGRATE 10.0.0.2 7001 {own} 0 1000 COPY REPLACE");
  world.server.finish_migration(std::vector<std::string>{""}, {}, world.now);
  w.gets("+OK");
  a.gets("");
  EXPECT_TRUE(requests.last_migration.copy && requests.last_migration.replace);
  EXPECT_EQ(world.server.key_count(), 1U);
}

TEST_F(RedisMoving, TheNodeDoesNothingElseMeanwhile) {
  w.says("SET {own} 1");
  a.says("CLIENT TRACKING ON\nGET {own}");
  w.sends("MIGRATE 10.0.0.2 7001 {own} 0 1000\nEXISTS {own}");
  a.sends("SET {own} 2\nGET {own}");
  w.sends("PING");
  world.wait_until(500 * millisecond);
  a.gets("");
  world.server.finish_migration(std::vector<std::string>{""}, {}, world.now);
  w.gets("+OK | :0 | +PONG");
  a.gets("PUSH[{own}] | +OK | \"2\"");
}

TEST_F(RedisMoving, TheMoversOwnPushFollowsItsReply) {
  w.says("SET {own} 1\nCLIENT TRACKING ON\nGET {own}");
  w.sends("MIGRATE 10.0.0.2 7001 {own} 0 1000");
  world.server.finish_migration(std::vector<std::string>{""}, {}, world.now);
  w.gets("+OK | PUSH[{own}]");
}

TEST_F(RedisMoving, WhatTheTargetRefusesStays) {
  w.says("SET {own}a 1\nSET {own}b 1");
  w.sends("MIGRATE 10.0.0.2 7001 \"\" 0 1000 KEYS {own}a {own}b");
  world.server.finish_migration(std::vector<std::string>{"BUSYKEY Target key name already exists.", ""}, {}, world.now);
  w.gets("-ERR Target instance replied with error: BUSYKEY Target key name already exists.");
  w.sends("EXISTS {own}a {own}b\nMIGRATE 10.0.0.2 7001 {own}a 0 1000");
  world.server.finish_migration({}, "IOERR error or timeout reading to target instance", world.now);
  w.gets(":1 | -IOERR error or timeout reading to target instance");
  EXPECT_EQ(world.server.key_count(), 1U);
}

TEST_F(RedisMoving, AnAbsentOrExpiredKeyIsNothingToMove) {
  w.says("SET {own} 1 PX 50");
  world.now = 100 * millisecond;
  w.sends("MIGRATE 10.0.0.2 7001 {own} 0 1000\nMIGRATE 10.0.0.2 7001 {own} 0 1000 KEYS {own}");
  w.gets("+NOKEY | -ERR When using MIGRATE KEYS option, the key argument must be set to the empty string");
}

TEST_F(RedisMoving, AKeyMayBeNamedTwice) {
  w.says("SET {own} 1");
  w.sends("MIGRATE 10.0.0.2 7001 \"\" 0 1000 REPLACE KEYS {own} {own}");
  world.server.finish_migration(std::vector<std::string>{"", ""}, {}, world.now);
  w.gets("+OK");
  EXPECT_EQ(world.server.key_count(), 0U);
}

TEST_F(RedisMoving, TheClientMayLeaveBeforeItIsDone) {
  w.says("SET {own} 1");
  w.sends("MIGRATE 10.0.0.2 7001 {own} 0 1000");
  w.disconnects();
  world.server.finish_migration(std::vector<std::string>{""}, {}, world.now);
  EXPECT_EQ(world.server.key_count(), 0U);
}

TEST_F(RedisMoving, ImportingRefusesWhatIsNotOnItsWayHere) {
  const auto refuse = sim::redis::Server::IfPresent::refuse;
  w.says("SET {own} 1");
  const auto exported = *world.server.export_key("{own}", world.now);
  const auto as = [&](std::string key) { return sim::redis::MovingKey{std::move(key), exported.value, 100}; };
  EXPECT_EQ(world.server.import_key(as("{own}"), refuse, world.now), "BUSYKEY Target key name already exists.");
  EXPECT_EQ(world.server.import_key(as("{own}"), sim::redis::Server::IfPresent::replace, world.now), "");
  EXPECT_EQ(world.server.import_key(as("{imp}"), refuse, world.now), "");
  EXPECT_EQ(world.server.import_key(as("{far}"), refuse, world.now),
            "MOVED " + std::to_string(ClusterNode::slot("far")) + " 10.0.0.2:7001");
  w.sends("PTTL {own}");
  w.gets(":100");
}

TEST_F(RedisMoving, AStolenSlotLosesItsKeysWithoutAWord) {
  a.says("CLIENT TRACKING ON\nSET {own} 1\nGET {own}\nGET {own}absent");
  world.observer.take();
  node.give("own", there);
  world.server.drop_slot_keys(ClusterNode::slot("own"), world.now);
  a.gets("");
  EXPECT_EQ(world.observer.take(), "0 {own} gone by 0");
  EXPECT_EQ(world.server.tracked_keys(), 2U);
  EXPECT_EQ(world.server.key_count(), 0U);
}

TEST_F(RedisMoving, AnAbsentKeyOfASlotThatMovedIsOrphaned) {
  a.says("CLIENT TRACKING ON\nGET {own}absent");
  w.says("CLUSTER SETSLOT " + std::to_string(ClusterNode::slot("own")) + " NODE " + id_of(there));
  a.gets("");
  EXPECT_EQ(world.server.tracked_keys(), 1U);
}

TEST_F(RedisMoving, TheViewOutlivesACrashAndTheKeysDoNot) {
  w.says("SET {own} 1");
  world.server.restart(world.now);
  Peer b{world};
  b.sends("GET {own}\nGET {far}\nCLUSTER MYID");
  b.gets("_ | -MOVED " + std::to_string(ClusterNode::slot("far")) + " 10.0.0.2:7001 | \"" + id_of(itself) + "\"");
}

}  // namespace
}  // namespace trackside::testing

// A simulated node in cluster mode, told as conversations: what it redirects and refuses, what it says of the cluster,
// and what shard channels hear. The texts and orders are those measured on redis-server 7.0.15.
#include <gtest/gtest.h>

#include <string>

#include "properties/sim/redis_cluster_parts.hpp"

namespace trackside::testing {
namespace {

using sim::millisecond;
using sim::second;

class RedisCluster : public ::testing::Test {
 protected:
  static std::string slot_text(std::string_view key) { return std::to_string(ClusterNode::slot(key)); }
  static std::string moved(std::string_view key) { return "-MOVED " + slot_text(key) + " 10.0.0.2:7001"; }
  static std::string ask(std::string_view key) { return "-ASK " + slot_text(key) + " 10.0.0.2:7001"; }

  ClusterNode node;
  World& world = node.world;
  Peer a{world};
  Peer w{world};
};

constexpr const char* try_again = "-TRYAGAIN Multiple keys request during rehashing of slot";
constexpr const char* get_denied = "-ERR GET option of SORT denied in Cluster mode.";
constexpr const char* cross_slot = "-CROSSSLOT Keys in request don't hash to the same slot";
constexpr const char* not_served = "-CLUSTERDOWN Hash slot not served";
constexpr const char* aborted = "-EXECABORT Transaction discarded because of previous errors.";

TEST_F(RedisCluster, KeysOfOthersAreRedirectedAndOfNobodyRefused) {
  a.sends("GET {own}\nGET {far}\nSET {far} 1\nGET {gap}\nPING\nMGET {own}a {own}b\nMGET {own} {far}\nWATCH {far}");
  a.gets("_ | " + moved("far") + " | " + moved("far") + " | " + not_served + " | +PONG | [_ _] | " + cross_slot +
         " | " + moved("far"));
  EXPECT_EQ(world.observer.take(), "");
}

TEST_F(RedisCluster, ARefusedReadIsNotRecorded) {
  a.says("CLIENT TRACKING ON\nGET {far}\nGET {mov}\nGET {gap}\nMGET {own} {far}");
  EXPECT_EQ(world.server.tracked_keys(), 0U);
}

TEST_F(RedisCluster, AMigratingSlotServesWhatIsThereAndAsksForTheRest) {
  node.view.migrating_to.clear();
  w.says("SET {mov}a 1");
  node.view.migrating_to[ClusterNode::slot("mov")] = there;
  a.sends("GET {mov}a\nGET {mov}b\nSET {mov}b 1\nMGET {mov}a {mov}b\nMGET {mov}a {mov}a\nMGET {mov}b {mov}c");
  a.gets("\"1\" | " + ask("mov") + " | " + ask("mov") + " | " + try_again + " | [\"1\" \"1\"] | " + ask("mov"));
}

TEST_F(RedisCluster, AnExpiredKeyOfAMigratingSlotIsMissingAndStaysThere) {
  node.view.migrating_to.clear();
  a.says("CLIENT TRACKING ON\nSET {mov}a 1 PX 50\nGET {mov}a");
  node.view.migrating_to[ClusterNode::slot("mov")] = there;
  world.now += 60 * millisecond;
  a.sends("GET {mov}a\nDBSIZE");
  a.gets(ask("mov") + " | :1");
}

TEST_F(RedisCluster, WhatACommandStoresToBehindItsOptionsIsAKeyToo) {
  a.sends("SORT {own} STORE {far}\nSORT {own} LIMIT 0 1 GET store STORE {own}2\nSORT {own} STORE {far} STORE {own}2");
  a.gets(cross_slot + std::string{" | "} + get_denied + " | :0");
  a.sends("GEORADIUS {own} 1 1 1 m STORE {own}2 STOREDIST {far}\nGEORADIUSBYMEMBER {own} m 1 m STORE {own}2");
  a.gets(cross_slot + std::string{" | :0"});
}

TEST_F(RedisCluster, AskingOpensAnImportedSlotForOneCommand) {
  a.sends("GET {imp}a\nASKING\nSET {imp}a 1\nGET {imp}a\nASKING\nMGET {imp}a {imp}b\nASKING\nPING\nGET {imp}a");
  a.gets(moved("imp") + " | +OK | +OK | " + moved("imp") + " | +OK | " + try_again + " | +OK | +PONG | " +
         moved("imp"));
  a.sends("ASKING\nMULTI\nGET {imp}a\nGET {imp}a\nEXEC\nGET {imp}a");
  a.gets("+OK | +OK | +QUEUED | +QUEUED | [\"1\" \"1\"] | " + moved("imp"));
}

TEST_F(RedisCluster, AskingBurnsThePermissionToCache) {
  a.says("CLIENT TRACKING ON OPTIN\nCLIENT CACHING YES\nASKING\nGET {imp}a");
  EXPECT_EQ(world.server.tracked_keys(), 0U);
  a.says("ASKING\nMULTI\nCLIENT CACHING YES\nGET {imp}a\nEXEC");
  EXPECT_EQ(world.server.tracked_keys(), 1U);
}

TEST_F(RedisCluster, ATransactionIsJudgedWhenQueuedAndAgainAtExec) {
  a.sends("MULTI\nSET {own} 1\nGET {far}\nEXEC\nMULTI\nSET {own} 1\nSET {other} 1\nEXEC\nGET {own}");
  a.gets("+OK | +QUEUED | " + moved("far") + " | " + aborted + " | +OK | +QUEUED | +QUEUED | " + cross_slot + " | _");
  a.sends("MULTI\nSET {own} 1");
  node.give("own", there);
  a.sends("EXEC\nPING\nEXEC");
  a.gets("+OK | +QUEUED | " + moved("own") + " | +PONG | -ERR EXEC without MULTI");
}

TEST_F(RedisCluster, AClusterThatIsDownAnswersNothingWithKeys) {
  a.says("SET {own} 1\nSSUBSCRIBE {own}");
  node.view.ok = false;
  a.sends("GET {own}\nDBSIZE\nPING\nSPUBLISH {own} m\nGET {gap}");
  a.gets("-CLUSTERDOWN The cluster is down | :1 | +PONG | >[\"smessage\",\"{own}\",\"m\"] | :1 | " +
         std::string{not_served});
  node.view.reads_when_down = true;
  a.sends("GET {own}\nSET {own} 2");
  a.gets("\"1\" | -CLUSTERDOWN The cluster is down and only accepts read commands");
}

TEST_F(RedisCluster, ScriptsMayTouchUndeclaredKeysOfThisNodeOnly) {
  const std::string script = "EVAL \"return redis.call('SET', ARGV[1], ARGV[2])\" 0 ";
  a.sends(script + "{own} 1\n" + script + "{far} 1\nEVAL \"return 1\" 1 {far}\nEVAL \"return 1\" 2 {own} {far}");
  a.gets(
      "+OK | -ERR Script attempted to access a non local key in a cluster node script: "
      "6855b1965e884228478be7afbfa01c0d534bf6eb, on @user_script:1. | " +
      moved("far") + " | " + cross_slot);
}

TEST_F(RedisCluster, ThereIsOneDatabase) {
  a.sends("SELECT 0\nSELECT 1\nSWAPDB 0 1\nCOPY {own}a {own}b DB 1");
  a.gets(
      "+OK | -ERR SELECT is not allowed in cluster mode | -ERR SWAPDB is not allowed in cluster mode | "
      "-ERR Copying to another database is not allowed in cluster mode");
}

TEST_F(RedisCluster, AReplicaServesReadsOfItsPrimaryToThoseWhoAskForThem) {
  node.view.nodes[itself].primary = there;
  node.give("own", there);
  world.server.become_replica(world.now);
  a.sends(
      "GET {own}\nREADONLY\nGET {own}\nSET {own} 1\nGET {third}\nFLUSHALL\nMULTI\nGET {own}\nEXEC\nREADWRITE\n"
      "GET {own}");
  a.gets(moved("own") + " | +OK | _ | " + moved("own") + " | -MOVED " + slot_text("third") +
         " 10.0.0.3:7002 | -READONLY You can't write against a read only replica. | +OK | +QUEUED | [_] | +OK | " +
         moved("own"));
}

TEST_F(RedisCluster, ABlockedClientIsRedirectedByTheNextTick) {
  a.sends("BLPOP {own} 0");
  node.give("own", there);
  a.gets("");
  world.wait_until(100 * millisecond);
  a.gets(moved("own"));
  a.sends("PING");
  a.gets("+PONG");
}

TEST_F(RedisCluster, OutsideOfAClusterItsCommandsAreRefused) {
  World alone;
  Peer peer{alone};
  peer.sends("CLUSTER INFO\nASKING\nREADONLY\nCLUSTER FOO\nCLUSTER KEYSLOT\nSSUBSCRIBE a b\nSPUBLISH b m");
  const std::string disabled = "-ERR This instance has cluster support disabled";
  peer.gets(disabled + " | " + disabled + " | " + disabled +
            " | -ERR unknown subcommand 'FOO'. Try CLUSTER HELP. | "
            "-ERR wrong number of arguments for 'cluster|keyslot' command | >[\"ssubscribe\",\"a\",:1] | "
            ">[\"ssubscribe\",\"b\",:2] | >[\"smessage\",\"b\",\"m\"] | :1");
}

TEST_F(RedisCluster, KeysOfASlotComeYoungestFirst) {
  a.says("SET {own}a 1\nSET {own}b 1\nSET {own}c 1\nSET {own}a 2\nSET other 1\nDEL {own}b");
  const std::string slot = slot_text("own");
  a.sends("CLUSTER COUNTKEYSINSLOT " + slot + "\nCLUSTER GETKEYSINSLOT " + slot + " 10\nCLUSTER GETKEYSINSLOT " + slot +
          " 1\nCLUSTER COUNTKEYSINSLOT 16384");
  a.gets(":2 | [\"{own}c\" \"{own}a\"] | [\"{own}c\"] | -ERR Invalid slot");
  a.says("RENAME {own}c {own}a\nSET {own}d 1\nCOPY {own}d {own}a REPLACE");
  a.sends("CLUSTER GETKEYSINSLOT " + slot + " 10");
  a.gets("[\"{own}a\" \"{own}d\"]");
  a.says("FLUSHALL");
  EXPECT_EQ(world.server.keys_in_slot(ClusterNode::slot("own")), 0U);
}

TEST_F(RedisCluster, SetslotRefusesToLeaveKeysBehindAndTakesWhatIsImported) {
  RecordedRequests requests;
  world.server.set_cluster_requests(&requests);
  a.says("SET {own} 1\nSSUBSCRIBE {own}");
  const std::string own = "CLUSTER SETSLOT " + slot_text("own") + " NODE " + id_of(there);
  a.sends(own + "\nDEL {own}\n" + own + "\nGET {own}");
  a.gets("-ERR Can't assign hashslot " + slot_text("own") +
         " to a different node while I still hold keys for this hash slot. | :1 | "
         ">[\"sunsubscribe\",\"{own}\",:0] | +OK | " +
         moved("own"));
  EXPECT_EQ(requests.take(), "view changed");
  node.view.nodes[there].config_epoch = node.view.current_epoch = 7;
  a.sends("CLUSTER SETSLOT " + slot_text("imp") + " NODE " + id_of(itself) + "\nSET {imp} 1");
  a.gets("+OK | +OK");
  EXPECT_EQ(requests.take(), "view changed, announce");
  EXPECT_EQ(node.view.nodes[itself].config_epoch, 8U);
}

TEST_F(RedisCluster, GivingTheLastSlotAwayAsksToFollowTheNewOwner) {
  RecordedRequests requests;
  world.server.set_cluster_requests(&requests);
  node.view.owner.fill(there);
  node.give("own", itself);
  a.says("CLUSTER SETSLOT " + slot_text("own") + " NODE " + id_of(there));
  EXPECT_EQ(requests.take(), "view changed | replicate 1");
}

TEST_F(RedisCluster, WhatItCannotDoAloneItAsksFor) {
  RecordedRequests requests;
  world.server.set_cluster_requests(&requests);
  a.says("CLUSTER MEET 10.0.0.9 7009\nCLUSTER MEET host 1\nCLUSTER FORGET " + id_of(third) + "\nCLUSTER FORGET " +
         id_of(itself) + "\nCLUSTER FAILOVER\nCLUSTER RESET HARD\nPUBLISH c m\nSPUBLISH {own} m\nSPUBLISH {far} m");
  EXPECT_EQ(requests.take(), "meet 10.0.0.9:7009 | forget 2 | reset 1 | publish c m | spublish {own} m");
  a.sends("CLUSTER REPLICATE " + id_of(there) + "\nCLUSTER REPLICATE " + id_of(itself));
  a.gets("-ERR To set a master the node must be empty and without assigned slots. | -ERR Can't replicate myself");
}

TEST_F(RedisCluster, TheViewIsToldInTheRealForms) {
  node.view.owner.fill(itself);
  node.view.owner.set(0, there);
  node.view.nodes[third].primary = there;
  node.view.nodes[third].suspected = true;
  node.view.nodes[there].pong_received = second;
  a.sends("CLUSTER NODES");
  const std::string mov = slot_text("mov");
  const std::string imp = slot_text("imp");
  const std::string open = ClusterNode::slot("mov") < ClusterNode::slot("imp")
                               ? " [" + mov + "->-" + id_of(there) + "] [" + imp + "-<-" + id_of(there) + "]"
                               : " [" + imp + "-<-" + id_of(there) + "] [" + mov + "->-" + id_of(there) + "]";
  a.gets("\"" + id_of(itself) + " 10.0.0.1:7000@17000 myself,master - 0 0 3 connected 1-16383" + open + "\n" +
         id_of(there) + " 10.0.0.2:7001@17001 master - 0 " + std::to_string(sim::epoch_milliseconds + 1000) +
         " 1 connected 0\n" + id_of(third) + " 10.0.0.3:7002@17002 slave,fail? " + id_of(there) +
         " 0 0 1 connected\n\"");
  a.sends("CLUSTER SLOTS");
  a.gets("[[:0 :0 [\"10.0.0.2\" :7001 \"" + id_of(there) + "\" {}]] [:1 :16383 [\"10.0.0.1\" :7000 \"" + id_of(itself) +
         "\" {}]]]");
  node.view.nodes[third].replication_offset = 5;
  a.sends("CLUSTER SLOTS\nHELLO");
  a.gets("[[:0 :0 [\"10.0.0.2\" :7001 \"" + id_of(there) + "\" {}] [\"10.0.0.3\" :7002 \"" + id_of(third) +
         "\" {}]] [:1 :16383 [\"10.0.0.1\" :7000 \"" + id_of(itself) +
         "\" {}]]] | {\"server\" \"redis\" \"version\" \"7.0.15\" \"proto\" :3 \"id\" :" +
         std::to_string(a.client_id()) + " \"mode\" \"cluster\" \"role\" \"master\" \"modules\" []}");
}

/// The guard of a slot, whatever takes the slot away.
class RedisShardChannels : public RedisCluster {};

TEST_F(RedisShardChannels, EndTheMomentTheSlotLeaves) {
  a.sends("SSUBSCRIBE {own}b\nSSUBSCRIBE {own}a\nSSUBSCRIBE {far}\nSSUBSCRIBE {own}a {other}");
  a.gets(">[\"ssubscribe\",\"{own}b\",:1] | >[\"ssubscribe\",\"{own}a\",:2] | " + moved("far") + " | " + cross_slot);
  w.says("SSUBSCRIBE {own}a");
  a.says("SSUBSCRIBE {other}");
  node.give("own", there);
  a.gets(">[\"sunsubscribe\",\"{own}a\",:2] | >[\"sunsubscribe\",\"{own}b\",:1]");
  w.gets(">[\"sunsubscribe\",\"{own}a\",:0]");
  w.sends("PUBSUB SHARDCHANNELS\nPUBSUB SHARDNUMSUB {other} {own}a");
  w.gets("[\"{other}\"] | [\"{other}\" :1 \"{own}a\" :0]");
}

TEST_F(RedisShardChannels, EndByDelslotsAndEvenWhenTheSlotIsGivenToItsOwner) {
  const std::string slot = slot_text("own");
  a.says("SSUBSCRIBE {own}");
  w.sends("CLUSTER SETSLOT " + slot + " NODE " + id_of(itself));
  a.gets(">[\"sunsubscribe\",\"{own}\",:0]");
  a.says("SSUBSCRIBE {own}");
  w.sends("CLUSTER DELSLOTS " + slot + "\nCLUSTER ADDSLOTS " + slot);
  w.gets("+OK | +OK | +OK");
  a.gets(">[\"sunsubscribe\",\"{own}\",:0]");
}

TEST_F(RedisShardChannels, OpeningASlotEndsNothing) {
  const std::string slot = slot_text("own");
  a.says("SSUBSCRIBE {own}");
  w.sends("CLUSTER SETSLOT " + slot + " MIGRATING " + id_of(there) + "\nCLUSTER SETSLOT " + slot + " STABLE");
  a.gets("");
}

TEST_F(RedisShardChannels, APromotedReplicaKeepsThemAndADemotedPrimaryDoesNot) {
  node.view.nodes[itself].primary = there;
  node.view.owner.fill(there);
  world.server.become_replica(world.now);
  world.server.slots_changed(world.now);
  a.sends("SSUBSCRIBE {own}");
  a.gets(">[\"ssubscribe\",\"{own}\",:1]");
  node.view.nodes[itself].primary = no_node;
  node.view.owner.fill(itself);
  world.server.become_primary(world.now);
  world.server.slots_changed(world.now);
  a.gets("");
  node.view.nodes[itself].primary = there;
  node.view.owner.fill(there);
  world.server.slots_changed(world.now);
  world.server.become_replica(world.now);
  a.gets(">[\"sunsubscribe\",\"{own}\",:0]");
}

TEST_F(RedisShardChannels, ASubscriberIsFlaggedCountedAndNeverIdle) {
  World world_with_timeout{{.idle_timeout = second}};
  Peer idle{world_with_timeout};
  Peer guard{world_with_timeout};
  guard.says("SSUBSCRIBE c");
  guard.sends("CLIENT INFO");
  const std::string line = guard.received();
  EXPECT_NE(line.find(" flags=P "), std::string::npos) << line;
  EXPECT_NE(line.find(" ssub=1 "), std::string::npos) << line;
  world_with_timeout.wait_until(5 * second);
  EXPECT_TRUE(idle.to_be_closed());
  EXPECT_FALSE(guard.to_be_closed());
}

TEST_F(RedisShardChannels, ALeavingClientLeavesNothingBehind) {
  a.says("SSUBSCRIBE {own}a {own}b");
  a.disconnects();
  node.give("own", there);
  Peer b{world, "HELLO 2"};
  b.sends("SSUBSCRIBE {other}\nGET {other}\nSUNSUBSCRIBE\nGET {other}");
  b.gets(
      "[\"ssubscribe\" \"{other}\" :1] | -ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / "
      "QUIT / RESET are allowed in this context | [\"sunsubscribe\" \"{other}\" :0] | _");
}

}  // namespace
}  // namespace trackside::testing

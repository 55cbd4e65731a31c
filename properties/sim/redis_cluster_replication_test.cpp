// Roles and replication of a simulated node, told as conversations: what its trackers and blocked clients hear when a
// stream or a whole state arrives, when it changes its role, and what it sends itself.
#include <gtest/gtest.h>

#include <string>

#include "properties/sim/redis_cluster_parts.hpp"

namespace trackside::testing {
namespace {

using sim::millisecond;
using sim::second;

/// A primary whose changes arrive at a replica when `replicates` says so.
class RedisReplication : public ::testing::Test {
 protected:
  RedisReplication() {
    primary.server.set_replication_feed(&feed);
    replica.server.become_replica(replica.now);
  }

  void replicates() {
    for (const auto& piece : feed.pieces) replica.server.apply(piece, replica.now);
    feed.pieces.clear();
  }
  void acknowledges() {
    primary.server.set_replication_facts({.offset = feed.offset, .replicas = {{"10.0.0.2", 7001, feed.offset}}},
                                         primary.now);
  }

  RecordedFeed feed;
  World primary;
  World replica;
  Peer w{primary};
  Peer a{replica};
};

TEST_F(RedisReplication, TrackersOfTheReplicaHearOfEachChangeThatArrives) {
  a.says("CLIENT TRACKING ON\nMGET a b");
  w.says("SET a 1\nRPUSH b x y");
  a.gets("");
  replicates();
  a.gets("PUSH[a] | PUSH[b]");
  a.sends("GET a\nLRANGE b 0 -1");
  a.gets("\"1\" | [\"x\" \"y\"]");
  w.says("SET c 1\nDEL c\nDEL nothing\nSADD s 1\nSADD s 1");
  EXPECT_EQ(feed.pieces.size(), 3U);
}

TEST_F(RedisReplication, ATransactionArrivesInOnePiece) {
  w.says("MULTI\nSET a 1\nSET b 1\nINCR a\nEXEC");
  ASSERT_EQ(feed.pieces.size(), 1U);
  EXPECT_EQ(feed.pieces[0].size(), 3U);
  replicates();
  a.sends("MGET a b");
  a.gets("[\"2\" \"1\"]");
}

TEST_F(RedisReplication, TheSizeIsThatOfTheRealStream) {
  w.says("SET key value");
  EXPECT_EQ(feed.offset, 33U);  // *3 $3 SET $3 key $5 value
  w.says("MULTI\nSET a 1\nSET b 1\nEXEC");
  EXPECT_EQ(feed.offset, 33U + 27U + 27U + 29U);
}

TEST_F(RedisReplication, ASnapshotIsNotChangedByLaterWrites) {
  w.says("HSET h f 1");
  const std::vector<sim::redis::StoredKey> before = primary.server.snapshot();
  w.says("HSET h f 2");
  replica.server.load(before, replica.now);
  a.sends("HGETALL h");
  a.gets("{\"f\" \"1\"}");
  replicates();
  a.sends("HGETALL h");
  a.gets("{\"f\" \"2\"}");
}

TEST_F(RedisReplication, AFullResynchronisationTellsTrackersToDropAllAndThenLoads) {
  w.says("SET a 1\nSET gone 1");
  replicates();
  a.says("CLIENT TRACKING ON\nGET a");
  w.says("DEL gone\nSET b 1 PX 500");
  const auto state = primary.server.snapshot();
  replica.server.begin_loading(replica.now);
  a.gets("PUSH[null]");
  a.sends("GET a\nPING\nCLIENT ID\nMULTI\nGET a\nEXEC\nSELECT 0");
  const std::string loading = "-LOADING Redis is loading the dataset in memory";
  a.gets(loading + " | " + loading + " | :3 | +OK | " + loading +
         " | -EXECABORT Transaction discarded because of previous errors. | +OK");
  replica.server.finish_loading(state, replica.now);
  a.sends("MGET a b gone\nPTTL b");
  a.gets("[\"1\" \"1\" _] | :500");
  EXPECT_EQ(replica.server.key_count(), 2U);
}

TEST_F(RedisReplication, AReplicaHidesWhatExpiredUntilThePrimaryDeletesIt) {
  w.says("SET k 1 PX 50");
  replicates();
  a.says("CLIENT TRACKING ON\nGET k");
  primary.now = 60 * millisecond;
  replica.wait_until(60 * millisecond);
  a.sends("GET k\nEXISTS k\nTTL k\nDBSIZE");
  a.gets("_ | :0 | :-2 | :1");
  primary.wait_until(200 * millisecond);
  replicates();
  a.gets("PUSH[k]");
}

TEST_F(RedisReplication, AFlushReachesTrackersOfTheReplicaEvenWhenThereWasNothing) {
  a.says("CLIENT TRACKING ON");
  w.says("FLUSHDB");
  replicates();
  a.gets("PUSH[null]");
  w.says("SELECT 1\nSET k 1\nSWAPDB 0 1");
  replicates();
  a.gets("");
  a.sends("GET k");
  a.gets("\"1\"");
}

TEST_F(RedisReplication, BroadcastsOfTheReplicaLeaveWithTheTurn) {
  a.says("CLIENT TRACKING ON BCAST");
  w.says("MULTI\nSET b 1\nSET a 1\nEXEC");
  replicates();
  a.gets("PUSH[a,b]");
}

TEST_F(RedisReplication, ADemotedPrimaryKeepsItsTrackersAndClosesWhoIsBlocked) {
  Peer blocked{primary};
  Peer waiting{primary};
  w.says("CLIENT TRACKING ON\nGET k");
  blocked.sends("BLPOP l 0");
  waiting.sends("WAIT 1 0");
  primary.server.become_replica(primary.now);
  const std::string unblocked =
      "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";
  blocked.gets(unblocked);
  waiting.gets(unblocked);
  EXPECT_TRUE(blocked.to_be_closed());
  EXPECT_TRUE(waiting.to_be_closed());
  w.gets("");
  w.sends("SET k 1\nMULTI\nSET k 1\nEXEC");
  const std::string read_only = "-READONLY You can't write against a read only replica.";
  w.gets(read_only + " | +OK | " + read_only + " | -EXECABORT Transaction discarded because of previous errors.");
  const sim::redis::ReplicatedChange change{.key = "k", .value = nullptr};
  primary.server.apply({&change, 1}, primary.now);  // absent here too: nobody is told
  w.gets("");
}

TEST_F(RedisReplication, AQueuedWriteIsRefusedAtExecByWhoWasDemotedMeanwhile) {
  w.says("MULTI\nSET k 1");
  primary.server.become_replica(primary.now);
  w.sends("EXEC");
  w.gets("-EXECABORT Transaction discarded because of: READONLY You can't write against a read only replica.");
}

TEST_F(RedisReplication, APromotedReplicaTellsNobodyAndExpiresByItself) {
  w.says("SET k 1 PX 50");
  replicates();
  a.says("CLIENT TRACKING ON\nGET k");
  replica.server.become_primary(replica.now);
  a.gets("");
  replica.wait_until(200 * millisecond);
  a.gets("PUSH[k]");
}

TEST_F(RedisReplication, WaitCountsThoseWhoHaveTheClientsLastWrite) {
  w.says("SET k 1");
  w.sends("WAIT 0 0\nWAIT 1 100");
  w.gets(":0");
  EXPECT_EQ(feed.asked, 1);
  primary.wait_until(100 * millisecond);
  w.gets(":0");
  w.sends("WAIT 1 0");
  acknowledges();
  w.gets(":1");
  Peer other{primary};
  other.says("SET k 2");
  w.sends("WAIT 1 0");  // its own last write was acknowledged
  w.gets(":1");
}

TEST_F(RedisReplication, RoleSaysWhatItWasTold) {
  acknowledges();
  w.sends("ROLE");
  w.gets("[\"master\" :0 [[\"10.0.0.2\" \"7001\" \"0\"]]]");
  replica.server.set_replication_facts({.offset = 7, .primary_host = "10.0.0.1", .primary_port = 7000}, replica.now);
  a.sends("ROLE");
  a.gets("[\"slave\" \"10.0.0.1\" :7000 \"connected\" :7]");
}

TEST_F(RedisReplication, PausedWritesWaitAndAreJudgedAfterwards) {
  w.says("SET k 1 PX 50");
  Peer other{primary};
  other.says("CLIENT TRACKING ON\nGET k");
  primary.server.pause_writes(second, primary.now);
  w.sends("SET k 2\nGET k");
  primary.wait_until(300 * millisecond);
  other.sends("GET k\nPUBLISH c m");
  other.gets("_");  // expired, but not deleted: nobody is told
  w.gets("");
  primary.server.become_replica(primary.now);
  primary.server.resume_writes(primary.now);
  w.gets("-READONLY You can't write against a read only replica. | _");
  other.gets(":0");
}

TEST_F(RedisReplication, APauseEndsByItself) {
  primary.server.pause_writes(second, primary.now);
  w.sends("SET k 2\nGET k");
  primary.wait_until(900 * millisecond);
  w.gets("");
  primary.wait_until(second);
  w.gets("+OK | \"2\"");
}

}  // namespace
}  // namespace trackside::testing

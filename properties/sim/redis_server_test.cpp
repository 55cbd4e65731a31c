// The simulated Redis, told as conversations: sessions, commands, time, and what the observer hears.
// Tracking has its own file, redis_tracking_test.cpp; agreement with a real server is redis_differential_test's.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "properties/sim/redis_transcript.hpp"

namespace trackside::testing {
namespace {

using sim::millisecond;
using sim::second;

TEST(RedisSession, HelloSwitchesProtocolAndReports) {
  World world;
  Peer a{world, ""};
  a.sends("HGETALL h");
  a.gets("[]");
  a.sends("HELLO 3");
  a.gets(R"({"server" "redis" "version" "7.0.15" "proto" :3 "id" :3 "mode" "standalone" "role" "master" )"
         R"("modules" []})");
  a.sends("HGETALL h\nGET k\nHELLO 4");
  a.gets("{} | _ | -NOPROTO unsupported protocol version");
}

TEST(RedisSession, HelloIsUnknownBeforeRedis6) {
  World world{{.resp3 = false}};
  Peer a{world, ""};
  a.sends("HELLO 3\nPING");
  a.gets("-ERR unknown command 'HELLO', with args beginning with: '3'  | +PONG");
}

TEST(RedisSession, NothingIsDoneBeforeAuthentication) {
  World world{{.password = "secret"}};
  Peer a{world, ""};
  a.sends("GET k\nAUTH wrong\nHELLO 3 AUTH default secret\nGET k");
  const std::string answers = a.received();
  EXPECT_TRUE(answers.starts_with("-NOAUTH Authentication required. | -WRONGPASS invalid username-password pair or user"
                                  " is disabled. | {\"server\""));
  EXPECT_TRUE(answers.ends_with("} | _"));
}

TEST(RedisSession, ClientIdsStartLowAfterARestart) {
  World world;
  Peer a{world};
  Peer b{world};
  EXPECT_EQ(a.client_id(), 3);
  EXPECT_EQ(b.client_id(), 4);
  world.server.restart(world.now);
  EXPECT_TRUE(a.to_be_closed());
  EXPECT_EQ(world.server.session_count(), 0U);
  Peer c{world};
  EXPECT_EQ(c.client_id(), 3);
  EXPECT_NE(c.id(), a.id());
}

TEST(RedisSession, ARestartForgetsWhatConfigSetChanged) {
  World world;
  Peer a{world};
  a.sends("CONFIG SET timeout 5\nCONFIG GET timeout");
  a.gets("+OK | {\"timeout\" \"5\"}");
  world.server.restart(world.now);
  Peer b{world};
  b.sends("CONFIG GET timeout");
  b.gets("{\"timeout\" \"0\"}");
}

TEST(RedisSession, BytesInAnyPiecesGiveTheSame) {
  World world;
  Peer a{world};
  const std::string request = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n1\r\n2\r\n";
  for (const char byte : request) world.server.feed(a.id(), std::string(1, byte), world.now);
  a.gets("+OK");
  a.sends("GET k");
  a.gets("\"1\r\n2\"");
}

TEST(RedisSession, AProtocolErrorIsAnsweredAndEndsTheSession) {
  World world;
  Peer a{world};
  world.server.feed(a.id(), "*1\r\nhello\r\n", world.now);
  a.gets("-ERR Protocol error: expected '$', got 'h'");
  EXPECT_TRUE(a.to_be_closed());
  EXPECT_FALSE(a.to_be_aborted());
}

TEST(RedisSession, KillAbortsOthersAndLetsOneselfFinish) {
  World world;
  Peer a{world};
  Peer b{world};
  b.sends("PING");
  a.sends("CLIENT KILL ID " + std::to_string(b.client_id()));
  a.gets(":1");
  EXPECT_TRUE(b.to_be_aborted());
  b.gets("");
  a.sends("CLIENT KILL ID " + std::to_string(a.client_id()) + " SKIPME no\nPING");
  a.gets(":1");
  EXPECT_TRUE(a.to_be_closed());
  EXPECT_FALSE(a.to_be_aborted());
}

TEST(RedisSession, TooManyClientsAreTurnedAway) {
  World world{{.max_clients = 1}};
  Peer a{world};
  Peer b{world, ""};
  b.gets("-ERR max number of clients reached");
  EXPECT_TRUE(b.to_be_closed());
  EXPECT_EQ(world.server.session_count(), 1U);
  b.disconnects();
  a.disconnects();
  EXPECT_EQ(world.server.session_count(), 0U);
}

TEST(RedisSession, IdleClientsAreClosedAndPushesCountAsActivity) {
  World world{{.idle_timeout = 2 * second}};
  Peer idle{world};
  Peer pushed{world};
  pushed.says("CLIENT TRACKING ON\nGET k");
  std::vector<sim::redis::SessionId> dirty;
  world.server.take_dirty(dirty);
  world.wait_until(2 * second);
  Peer writer{world};
  writer.says("SET k 1");
  world.server.take_dirty(dirty);
  world.wait_until(3 * second);
  EXPECT_TRUE(idle.to_be_aborted());
  EXPECT_FALSE(pushed.to_be_closed());
  world.wait_until(6 * second);
  EXPECT_TRUE(pushed.to_be_aborted());
}

TEST(RedisSession, AFullOutputBufferEndsTheSession) {
  World world{{.output_limit_bytes = 100}};
  Peer slow{world, ""};
  slow.sends("ECHO " + std::string(60, 'x'));
  EXPECT_FALSE(slow.to_be_closed());
  slow.sends("ECHO " + std::string(60, 'x'));
  EXPECT_TRUE(slow.to_be_aborted());
  slow.gets("");
}

TEST(RedisSession, TheNewestOutputIsFlushedFirst) {
  World world;
  Peer a1{world};
  Peer a2{world};
  Peer b{world};
  Peer w{world};
  a1.says("CLIENT TRACKING ON\nGET k");
  a2.says("CLIENT TRACKING ON\nGET k");
  b.says("CLIENT TRACKING ON BCAST");
  std::vector<sim::redis::SessionId> dirty;
  world.server.take_dirty(dirty);
  w.sends("SET k 1");
  world.server.take_dirty(dirty);
  EXPECT_EQ(dirty, (std::vector{b.id(), w.id(), a2.id(), a1.id()}));
  world.server.take_dirty(dirty);
  EXPECT_TRUE(dirty.empty());
}

TEST(RedisPubsub, SubscriptionsAreConfirmedOneByOne) {
  World world;
  Peer old{world, ""};
  Peer modern{world};
  old.sends("SUBSCRIBE a b a\nPSUBSCRIBE c*\nUNSUBSCRIBE b nope\nUNSUBSCRIBE\nUNSUBSCRIBE\nPUNSUBSCRIBE");
  old.gets("[\"subscribe\" \"a\" :1] | [\"subscribe\" \"b\" :2] | [\"subscribe\" \"a\" :2] | "
           "[\"psubscribe\" \"c*\" :3] | [\"unsubscribe\" \"b\" :2] | [\"unsubscribe\" \"nope\" :2] | "
           "[\"unsubscribe\" \"a\" :1] | [\"unsubscribe\" _ :1] | [\"punsubscribe\" \"c*\" :0]");
  modern.sends("SUBSCRIBE a\nCLIENT REPLY OFF\nPING\nUNSUBSCRIBE a");
  modern.gets(">[\"subscribe\",\"a\",:1] | >[\"unsubscribe\",\"a\",:0]");
}

TEST(RedisPubsub, SubscribeModeAllowsLittleInResp2AndEverythingInResp3) {
  World world;
  Peer old{world, ""};
  Peer modern{world};
  old.says("SUBSCRIBE a");
  old.sends("PING\nPING hi\nGET k\nCLIENT ID\nHELLO 3\nSET k");
  const std::string only = ": only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context";
  old.gets("[\"pong\" \"\"] | [\"pong\" \"hi\"] | -ERR Can't execute 'get'" + only +
           " | -ERR Can't execute 'client|id'" + only + " | -ERR Can't execute 'hello'" + only +
           " | -ERR wrong number of arguments for 'set' command");
  old.sends("UNSUBSCRIBE a\nPING");
  old.gets("[\"unsubscribe\" \"a\" :0] | +PONG");
  old.sends("SUBSCRIBE a\nRESET\nPING\nSUBSCRIBE a\nQUIT");
  old.gets("[\"subscribe\" \"a\" :1] | +RESET | +PONG | [\"subscribe\" \"a\" :1] | +OK");
  EXPECT_TRUE(old.to_be_closed());
  modern.says("SUBSCRIBE a");
  modern.sends("PING\nGET k\nHELLO 2\nPING");
  const std::string received = modern.received();
  EXPECT_TRUE(received.starts_with("+PONG | _ | ")) << received;
  EXPECT_TRUE(received.ends_with(" | [\"pong\" \"\"]")) << received;
}

TEST(RedisPubsub, MessagesReachListenersAndPatternsAndComeBeforeThePublishersReply) {
  World world;
  Peer old{world, ""};
  Peer modern{world};
  Peer publisher{world};
  old.says("SUBSCRIBE a");
  modern.says("SUBSCRIBE a\nPSUBSCRIBE a* b*");
  publisher.sends("PUBLISH a hi\nPUBLISH b there\nPUBLISH c nobody");
  publisher.gets(":3 | :1 | :0");
  old.gets("[\"message\" \"a\" \"hi\"]");
  modern.gets(">[\"message\",\"a\",\"hi\"] | >[\"pmessage\",\"a*\",\"a\",\"hi\"] | "
              ">[\"pmessage\",\"b*\",\"b\",\"there\"]");
  modern.sends("PUBLISH b mine");
  modern.gets(">[\"pmessage\",\"b*\",\"b\",\"mine\"] | :1");
  old.disconnects();
  modern.says("RESET");
  publisher.sends("PUBLISH a hi");
  publisher.gets(":0");
}

TEST(RedisPubsub, SubscribersAreNeverIdleUntilTheyLeave) {
  World world{{.idle_timeout = 2 * second}};
  Peer subscriber{world, ""};
  subscriber.says("SUBSCRIBE a");
  world.wait_until(100 * second);
  EXPECT_EQ(world.server.next_timer(), sim::end_of_time);
  EXPECT_FALSE(subscriber.to_be_closed());
  subscriber.says("UNSUBSCRIBE");
  world.wait_until(110 * second);
  EXPECT_TRUE(subscriber.to_be_aborted());
}

TEST(RedisPubsub, SubscribersHaveAnOutputLimitOfTheirOwn) {
  World world{{.output_limit_bytes = 100}};
  Peer subscriber{world, ""};
  Peer publisher{world, ""};
  subscriber.says("SUBSCRIBE a");
  publisher.says("PUBLISH a " + std::string(200, 'x'));
  EXPECT_FALSE(subscriber.to_be_aborted());
  publisher.sends("CONFIG SET client-output-buffer-limit 'pubsub 300 0 0'");
  publisher.gets("+OK");
  publisher.says("PUBLISH a " + std::string(200, 'x'));
  EXPECT_TRUE(subscriber.to_be_aborted());
}

TEST(RedisSession, ClientListShowsEveryClientOrThoseThatAreAskedFor) {
  World world;
  Peer a{world};
  Peer b{world, ""};
  const std::string id_of_a = std::to_string(a.client_id());
  b.says("CLIENT SETNAME bee\nCLIENT TRACKING ON REDIRECT " + id_of_a + "\nSUBSCRIBE x y\nPSUBSCRIBE z");
  const std::string line_of_b = "id=" + std::to_string(b.client_id()) +
                                " addr=10.0.0.1:1 laddr=127.0.0.1:6379 fd=8 name=bee age=0 idle=0 flags=Pt db=0 sub=2 "
                                "psub=1 ssub=0 multi=-1 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=0 "
                                "oll=0 omem=0 tot-mem=0 events=r cmd=psubscribe user=default redir=" +
                                id_of_a + " resp=2\n";
  a.sends("CLIENT LIST ID " + std::to_string(b.client_id()) + " 999");
  a.gets('"' + line_of_b + '"');
  a.sends("CLIENT LIST TYPE pubsub");
  a.gets('"' + line_of_b + '"');
  a.sends("CLIENT LIST ID x\nCLIENT LIST ID\nCLIENT LIST TYPE fast\nCLIENT LIST ID 999");
  a.gets("-ERR Invalid client ID | -ERR syntax error | -ERR Unknown client type 'fast' | \"\"");
  a.says("MULTI\nCLIENT LIST TYPE normal\nPING");
  a.sends("EXEC");
  const std::string received = a.received();
  EXPECT_NE(received.find(" flags=x "), std::string::npos) << received;
  EXPECT_NE(received.find(" multi=2 "), std::string::npos) << received;
  EXPECT_EQ(received.find("name=bee"), std::string::npos) << received;
}

TEST(RedisTransaction, ExecAnswersAsAWhole) {
  World world;
  Peer a{world};
  a.sends("MULTI\nSET k 1\nINCR k\nGET k\nEXEC");
  a.gets("+OK | +QUEUED | +QUEUED | +QUEUED | [+OK :2 \"2\"]");
  a.sends("MULTI\nNOSUCH\nEXEC\nEXEC");
  a.gets("+OK | -ERR unknown command 'NOSUCH', with args beginning with:  | "
         "-EXECABORT Transaction discarded because of previous errors. | -ERR EXEC without MULTI");
}

TEST(RedisTransaction, AWatchedKeyThatChangedAborts) {
  World world;
  Peer a{world};
  Peer w{world};
  a.says("WATCH k\nMULTI\nGET k");
  w.says("SET k 1");
  a.sends("EXEC\nWATCH k\nMULTI\nGET k\nEXEC");
  a.gets("_ | +OK | +OK | +QUEUED | [\"1\"]");
}

TEST(RedisExpiry, KeysAreReadableUpToTheirTimeAndDeletedAtTicks) {
  World world;
  Peer a{world};
  a.says("SET k 1 PX 250\nSET other 2");
  world.wait_until(250 * millisecond);
  a.sends("GET k\nPTTL k\nDBSIZE");
  a.gets("\"1\" | :0 | :2");
  EXPECT_EQ(world.server.next_timer(), 300 * millisecond);
  world.now = 251 * millisecond;
  a.sends("DBSIZE\nKEYS *");
  a.gets(":2 | [\"other\"]");
  world.observer.take();
  world.wait_until(300 * millisecond);
  EXPECT_EQ(world.observer.take(), "0 k gone by 0");
  a.sends("DBSIZE");
  a.gets(":1");
  EXPECT_EQ(world.server.next_timer(), sim::end_of_time);
}

TEST(RedisExpiry, ABusyCycleDeletesLate) {
  World world;
  Peer a{world};
  a.says("SET k 1 PX 50");
  world.wait_until(200 * millisecond, 2);
  a.sends("DBSIZE");
  a.gets(":1");
  world.wait_until(300 * millisecond, 2);
  a.sends("DBSIZE");
  a.gets(":0");
}

TEST(RedisExpiry, AReplicaHidesWhatTheMasterHasNotDeleted) {
  World world;
  Peer a{world};
  a.says("SET k 1 PX 50\nGET k");
  world.server.set_role_replica(true);
  world.wait_until(300 * millisecond);
  world.observer.take();
  a.sends("GET k\nDBSIZE\nSET k 2\nHELLO");
  EXPECT_TRUE(a.received().starts_with("_ | :1 | -READONLY You can't write against a read only replica. | {"));
  EXPECT_EQ(world.observer.take(), "");
}

TEST(RedisExpiry, TheWallClockCanBeStepped) {
  World world;
  Peer a{world};
  a.says("SET k 1 PX 5000");
  world.server.step_clock(4000);
  a.sends("PTTL k\nTIME");
  a.gets(":1000 | [\"1700000004\" \"0\"]");
  world.server.step_clock(2000);
  a.sends("GET k");
  a.gets("_");
}

TEST(RedisBlocking, ABlockedClientIsServedByThePushAndGoesOn) {
  World world;
  Peer a{world};
  Peer w{world};
  a.sends("BLPOP l m 0\nPING");
  a.gets("");
  w.sends("RPUSH m 1 2");
  w.gets(":2");
  a.gets("[\"m\" \"1\"] | +PONG");
  w.sends("LRANGE m 0 -1");
  w.gets("[\"2\"]");
}

TEST(RedisBlocking, WaitingEndsInTime) {
  World world;
  Peer a{world};
  a.sends("BRPOP l 0.25");
  world.wait_until(200 * millisecond);
  a.gets("");
  world.wait_until(300 * millisecond);
  a.gets("_");
}

TEST(RedisObserver, HearsOfEveryChangeOnceAndOfNoOthers) {
  World world;
  Peer a{world};
  a.says("SET k 1\nSET k 1 NX\nGET k\nSADD s x\nSADD s x\nDEL nothing\nEXPIRE k 10\nPERSIST k\nPERSIST k");
  EXPECT_EQ(world.observer.take(),
            "0 k = \"1\" by 1 | 0 s = -WRONGTYPE Operation against a key holding the wrong kind of value by 1 | "
            "0 k = \"1\" expires 10000 by 1 | 0 k = \"1\" by 1");
  a.says("MSET x 1 y 2\nRENAME x z\nSWAPDB 0 1");
  EXPECT_EQ(world.observer.take(),
            "0 x = \"1\" by 1 | 0 y = \"2\" by 1 | 0 x gone by 1 | 0 z = \"1\" by 1 | "
            "0 k gone by 1 | 0 s gone by 1 | 0 y gone by 1 | 0 z gone by 1 | "
            "1 k = \"1\" by 1 | 1 s = -WRONGTYPE Operation against a key holding the wrong kind of value by 1 | "
            "1 y = \"2\" by 1 | 1 z = \"1\" by 1");
  a.says("FLUSHALL");
  EXPECT_EQ(world.observer.take(), "1 k gone by 1 | 1 s gone by 1 | 1 y gone by 1 | 1 z gone by 1");
}

TEST(RedisObserver, KeysThatAreTheSameInBothSwappedDatabasesDidNotChange) {
  World world;
  Peer a{world};
  a.says("MSET same 1 other 1\nSELECT 1\nMSET same 1 other 2");
  world.observer.take();
  a.says("SWAPDB 0 1");
  EXPECT_EQ(world.observer.take(), "0 other = \"2\" by 1 | 1 other = \"1\" by 1");
}

TEST(RedisObserver, SnapshotsStayAsTheyWere) {
  World world;
  Peer a{world};
  a.says("HSET h f 1\nHSET h f 2");
  const std::array<std::string_view, 3> read{"HGET", "h", "f"};
  EXPECT_EQ(brief(sim::redis::evaluate(world.observer.changes[0].value, "h", read)), "\"1\"");
  EXPECT_EQ(brief(sim::redis::evaluate(world.observer.changes[1].value, "h", read)), "\"2\"");
  EXPECT_EQ(brief(sim::redis::evaluate(nullptr, "h", read)), "_");
}

TEST(RedisObserver, TheCauseIsTheCommandByItsBytes) {
  World world;
  Peer a{world};
  a.says("MULTI\nSET k 1\nEXEC\nEVAL \"return redis.call('SET', ARGV[1], ARGV[2])\" 0 k 2");
  const std::array<std::string_view, 3> set{"SET", "k", "1"};
  const std::array<std::string_view, 5> eval{"EVAL", "return redis.call('SET', ARGV[1], ARGV[2])", "0", "k", "2"};
  ASSERT_EQ(world.observer.changes.size(), 2U);
  EXPECT_EQ(world.observer.changes[0].cause, sim::redis::hash_of(set));
  EXPECT_EQ(world.observer.changes[1].cause, sim::redis::hash_of(eval));
}

TEST(RedisObserver, ARestartLosesEveryKey) {
  World world;
  Peer a{world};
  a.says("SET k 1\nSELECT 1\nSET m 1");
  world.observer.take();
  world.server.restart(world.now);
  EXPECT_EQ(world.observer.take(), "0 k gone by 0 | 1 m gone by 0");
}

TEST(RedisServer, CountsCallsOfSwapdbHoweverMade) {
  World world;
  Peer a{world};
  a.says("LATENCY HISTOGRAM swapdb\nSWAPDB 0 1\nMULTI\nSWAPDB 0 1\nEXEC\nSWAPDB 0 99\nSWAPDB 0");
  a.sends("LATENCY HISTOGRAM swapdb");
  EXPECT_TRUE(a.received().ends_with(R"({"swapdb" {"calls" :3 "histogram_usec" {:8 :3}}})"));
  world.server.restart(world.now);
  Peer b{world};
  b.sends("LATENCY HISTOGRAM swapdb");
  b.gets("{}");
}

}  // namespace
}  // namespace trackside::testing

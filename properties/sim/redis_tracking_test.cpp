// Client-side caching of the simulated Redis, told as conversations: what records a read, what invalidates, and in
// which order pushes and replies go. The facts are those measured on redis-server 7.0.15.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "properties/sim/redis_transcript.hpp"

namespace trackside::testing {
namespace {

using sim::millisecond;

class RedisTracking : public TrackerAndWriter {};

TEST_F(RedisTracking, AnEntryDiesWithTheFirstChange) {
  a.says("CLIENT TRACKING ON\nGET k");
  w.says("SET k 1");
  a.gets("PUSH[k]");
  w.says("SET k 2");
  a.gets("");
  a.says("GET k");
  w.says("SET k 2");
  a.gets("PUSH[k]");
}

TEST_F(RedisTracking, AbsentKeysAndFailedReadsAreRecorded) {
  w.says("RPUSH l 1");
  a.says("CLIENT TRACKING ON\nHGET absent f\nGET l\nTTL other");
  EXPECT_EQ(world.server.tracked_keys(), 3U);
  w.says("HSET absent f 1\nRPUSH l 2\nSET other 1");
  a.gets("PUSH[absent] | PUSH[l] | PUSH[other]");
}

TEST_F(RedisTracking, WhatIsWriteFlaggedOrKeylessRecordsNothing) {
  a.says("CLIENT TRACKING ON\nGETEX k\nGETDEL k\nSET k 1 GET\nCOPY k m\nWATCH k\nUNWATCH\nKEYS *\nSCAN 0\nDBSIZE");
  EXPECT_EQ(world.server.tracked_keys(), 0U);
  a.says("TOUCH k");
  EXPECT_EQ(world.server.tracked_keys(), 1U);
}

TEST_F(RedisTracking, DatabasesShareOneEntry) {
  a.says("CLIENT TRACKING ON\nSELECT 3\nGET k");
  w.says("SET k 1");
  a.gets("PUSH[k]");
}

TEST_F(RedisTracking, OwnPushFollowsOwnReply) {
  a.says("CLIENT TRACKING ON\nSET k 3");
  a.sends("GET k\nSET k 1\nGET k\nSET k 1\nPING");
  a.gets("\"3\" | +OK | PUSH[k] | \"1\" | +OK | PUSH[k] | +PONG");
}

TEST_F(RedisTracking, OwnPushesFollowTheWholeExec) {
  w.says("MSET a 1 b 1");
  a.says("CLIENT TRACKING ON\nMGET a b\nMULTI\nSET a 1\nGET a\nDEL b");
  a.sends("EXEC");
  a.gets("[+OK \"1\" :1] | PUSH[a] | PUSH[b]");
  w.says("SET a 2\nSET b 2");
  a.gets("PUSH[a]");
}

TEST_F(RedisTracking, AForeignPushComesBetweenTheRepliesAroundIt) {
  w.says("SET k old");
  a.says("CLIENT TRACKING ON");
  a.sends("GET k");
  w.says("SET k new");
  a.sends("GET k");
  a.gets("\"old\" | PUSH[k] | \"new\"");
  a.says("MULTI\nGET k");
  w.says("SET k newest");
  a.sends("EXEC");
  a.gets("PUSH[k] | [\"newest\"]");
}

TEST_F(RedisTracking, NoloopHidesOwnWritesAndForgetsTheKey) {
  a.says("CLIENT TRACKING ON NOLOOP\nGET k");
  a.sends("SET k mine");
  a.gets("+OK");
  w.says("SET k theirs");
  a.gets("");
  a.says("GET k");
  w.says("SET k theirs");
  a.gets("PUSH[k]");
}

TEST_F(RedisTracking, ReadsOfATransactionAreRecordedAtExec) {
  a.says("CLIENT TRACKING ON\nMULTI\nGET k");
  EXPECT_EQ(world.server.tracked_keys(), 0U);
  a.says("DISCARD\nMULTI\nGET k\nEXEC");
  EXPECT_EQ(world.server.tracked_keys(), 1U);
}

TEST_F(RedisTracking, TurningOffOrResettingKeepsEntriesThatLaterWritesConsumeInSilence) {
  a.says("CLIENT TRACKING ON\nMGET k m\nCLIENT TRACKING OFF");
  w.says("SET k 1");
  a.says("CLIENT TRACKING ON");
  w.says("SET k 2\nSET m 1");
  a.gets("PUSH[m]");
  a.says("GET k");
  a.says("RESET");
  EXPECT_EQ(world.server.tracked_keys(), 1U);
}

TEST_F(RedisTracking, IdsOfTheDeadLinger) {
  a.says("CLIENT TRACKING ON\nGET k");
  a.disconnects();
  EXPECT_EQ(world.server.tracked_keys(), 1U);
  w.says("SET k 1");
  EXPECT_EQ(world.server.tracked_keys(), 0U);
}

TEST_F(RedisTracking, Resp2TrackersHearNothing) {
  Peer old{world, ""};
  old.says("CLIENT TRACKING ON\nGET k");
  w.says("SET k 1");
  old.gets("");
  EXPECT_EQ(world.server.tracked_keys(), 0U);
}

TEST_F(RedisTracking, OptinRecordsOnlyAfterPermissionAndAnyOtherCommandUsesItUp) {
  a.says("CLIENT TRACKING ON OPTIN\nGET k");
  EXPECT_EQ(world.server.tracked_keys(), 0U);
  a.says("CLIENT CACHING YES\nPTTL k\nGET m");
  EXPECT_EQ(world.server.tracked_keys(), 1U);
  a.says("CLIENT CACHING YES\nPING\nGET n");
  EXPECT_EQ(world.server.tracked_keys(), 1U);
  a.says("CLIENT CACHING YES\nCLIENT ID\nGET n");
  EXPECT_EQ(world.server.tracked_keys(), 2U);
  a.says("CLIENT CACHING YES\nMULTI\nPTTL x\nGET y\nEXEC\nGET z");
  EXPECT_EQ(world.server.tracked_keys(), 4U);
}

TEST_F(RedisTracking, BroadcastIsOneSortedFramePerPrefixBehindTheLoopsReplies) {
  a.says("CLIENT TRACKING ON BCAST PREFIX a PREFIX b");
  w.says("MSET b1 1 a2 1 a1 1 c 1\nSET a1 2");
  a.gets("PUSH[a1,a2] | PUSH[b1]");
  a.sends("SET a1 1\nPING");
  a.gets("+OK | +PONG | PUSH[a1]");
  a.sends("SET a1 1\nFLUSHALL\nSET a2 1");
  a.gets("+OK | +OK | PUSH[null] | +OK | PUSH[a1,a2]");
}

TEST_F(RedisTracking, BroadcastNoloopGoesByTheLastWriterOfTheTurn) {
  a.says("CLIENT TRACKING ON BCAST NOLOOP");
  a.sends("SET k 1");
  a.gets("+OK");
  w.says("SET k 1");
  a.gets("PUSH[k]");
}

TEST_F(RedisTracking, ABareBroadcastAfterAPrefixPushesTwice) {
  a.says("CLIENT TRACKING ON BCAST PREFIX a\nCLIENT TRACKING ON BCAST");
  w.says("SET a1 1");
  a.gets("PUSH[a1] | PUSH[a1]");
}

TEST_F(RedisTracking, AnOverlapAmongLaterPrefixesAnswersTwice) {
  a.sends("CLIENT TRACKING ON BCAST PREFIX x PREFIX ab PREFIX a");
  a.gets("-ERR Prefix 'ab' overlaps with another provided prefix 'a'. Prefixes for a single client must not overlap. | "
         "+OK");
}

TEST_F(RedisTracking, RedirectedPushesGoToTheTargetUntilItIsGone) {
  Peer target{world};
  a.says("CLIENT TRACKING ON REDIRECT " + std::to_string(target.client_id()) + "\nMGET k m");
  w.says("SET k 1");
  a.gets("");
  target.gets("PUSH[k]");
  const std::string id = std::to_string(target.client_id());
  target.disconnects();
  a.gets("");
  w.says("SET m 1\nFLUSHALL");
  a.gets(">[\"tracking-redir-broken\",:" + id + "] | >[\"tracking-redir-broken\",:" + id + "]");
}

TEST_F(RedisTracking, ATargetThatWritesHearsOfItBeforeItsReply) {
  a.says("CLIENT TRACKING ON REDIRECT " + std::to_string(w.client_id()) + "\nGET k");
  w.sends("SET k 1");
  w.gets("PUSH[k] | +OK");
}

TEST_F(RedisTracking, ATargetThatWritesInATransactionHearsOfItInsideItsReply) {
  a.says("CLIENT TRACKING ON REDIRECT " + std::to_string(w.client_id()) + "\nGET k");
  w.says("MULTI\nSET k 1\nPING");
  w.sends("EXEC");
  const std::string push = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n";
  EXPECT_EQ(world.server.output(w.id()), "*2\r\n" + push + "+OK\r\n+PONG\r\n");
}

TEST_F(RedisTracking, WhoRedirectsToItselfHearsOfItBehindItsReply) {
  a.says("CLIENT TRACKING ON REDIRECT " + std::to_string(a.client_id()) + "\nGET k");
  a.sends("SET k 1\nPING");
  a.gets("+OK | PUSH[k] | +PONG");
}

TEST_F(RedisTracking, ASubscribedResp2TargetHearsMessages) {
  Peer target{world, ""};
  a.says("CLIENT TRACKING ON REDIRECT " + std::to_string(target.client_id()) + "\nMGET k l m");
  w.says("SET k 1");
  target.gets("");  // not subscribed: dropped
  EXPECT_EQ(world.server.tracked_keys(), 2U);
  target.says("SUBSCRIBE anything");
  w.says("SET k 2\nSET l 1");
  target.gets("[\"message\" \"__redis__:invalidate\" [\"l\"]]");
  target.says("UNSUBSCRIBE\nPSUBSCRIBE any*");
  w.says("SET m 1");
  target.gets("[\"message\" \"__redis__:invalidate\" [\"m\"]]");
  target.says("RESET");
  a.says("GET k");
  w.says("SET k 3");
  target.gets("");
}

TEST_F(RedisTracking, ASubscribedResp2TrackerThatRedirectsToItselfHearsMessages) {
  Peer old{world, ""};
  old.says("CLIENT TRACKING ON REDIRECT " + std::to_string(old.client_id()) + "\nGET k\nSUBSCRIBE any");
  w.says("SET k 1");
  old.gets("[\"message\" \"__redis__:invalidate\" [\"k\"]]");
  Peer without{world, ""};
  without.says("CLIENT TRACKING ON\nGET k\nSUBSCRIBE __redis__:invalidate");
  w.says("SET k 2");
  without.gets("");
}

TEST_F(RedisTracking, TheNullOfAFlushSpeaksTheTrackersProtocol) {
  Peer target{world, ""};
  Peer old{world, ""};
  target.says("SUBSCRIBE any");
  a.says("CLIENT TRACKING ON REDIRECT " + std::to_string(target.client_id()));
  w.says("FLUSHALL");
  const std::string head = "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n";
  EXPECT_EQ(world.server.output(target.id()), head + "_\r\n");
  target.received();
  a.says("CLIENT TRACKING OFF");
  old.says("CLIENT TRACKING ON REDIRECT " + std::to_string(target.client_id()));
  w.says("FLUSHALL");
  EXPECT_EQ(world.server.output(target.id()), head + "$-1\r\n");
  Peer modern{world};
  old.says("CLIENT TRACKING ON REDIRECT " + std::to_string(modern.client_id()));
  w.says("FLUSHALL");
  EXPECT_EQ(world.server.output(modern.id()), ">2\r\n$10\r\ninvalidate\r\n$-1\r\n");
}

TEST_F(RedisTracking, ABroadcastGoesToASubscribedTargetAsOneMessage) {
  Peer target{world, ""};
  target.says("SUBSCRIBE any");
  a.says("CLIENT TRACKING ON BCAST PREFIX a REDIRECT " + std::to_string(target.client_id()));
  w.says("MSET a2 1 b 1 a1 1");
  target.gets("[\"message\" \"__redis__:invalidate\" [\"a1\" \"a2\"]]");
}

TEST_F(RedisTracking, AResp2TrackerIsNotToldThatItsTargetIsGone) {
  Peer target{world};
  Peer old{world, ""};
  old.says("CLIENT TRACKING ON REDIRECT " + std::to_string(target.client_id()) + "\nGET k");
  target.disconnects();
  w.says("SET k 1");
  old.gets("");
  EXPECT_EQ(world.server.tracked_keys(), 0U);
  old.sends("CLIENT TRACKINGINFO");
  EXPECT_NE(old.received().find("broken_redirect"), std::string::npos);
}

TEST_F(RedisTracking, RedirectingSessionsAndTheirTargetsAreKnown) {
  const auto roles = [&](const Peer& peer) {
    return std::pair{world.server.redirects(peer.id()), world.server.is_redirect_target(peer.id())};
  };
  a.says("CLIENT TRACKING ON REDIRECT " + std::to_string(w.client_id()));
  EXPECT_EQ(roles(a), (std::pair{true, false}));
  EXPECT_EQ(roles(w), (std::pair{false, true}));
  a.says("CLIENT TRACKING OFF");
  EXPECT_EQ(roles(a), (std::pair{false, false}));
  EXPECT_EQ(roles(w), (std::pair{false, false}));
  a.says("CLIENT TRACKING ON REDIRECT " + std::to_string(a.client_id()));
  EXPECT_EQ(roles(a), (std::pair{false, false}));
  a.disconnects();
  EXPECT_EQ(roles(a), (std::pair{false, false}));
}

TEST_F(RedisTracking, APushPendingWhenTrackingEndsStillGoesToTheTarget) {
  a.says("CLIENT TRACKING ON REDIRECT " + std::to_string(w.client_id()) + "\nGET k");
  a.sends("MULTI\nSET k 1\nCLIENT TRACKING OFF\nEXEC\nCLIENT GETREDIR");
  a.gets("+OK | +QUEUED | +QUEUED | [+OK +OK] | :-1");
  w.gets("PUSH[k]");
}

TEST_F(RedisTracking, FlushesReachEveryTrackerAndEmptyTheTable) {
  Peer noloop{world};
  Peer broadcast{world};
  a.says("CLIENT TRACKING ON\nGET k");
  noloop.says("CLIENT TRACKING ON NOLOOP");
  broadcast.says("CLIENT TRACKING ON BCAST PREFIX x");
  noloop.sends("FLUSHDB\nPING");
  noloop.gets("+OK | PUSH[null] | +PONG");
  a.gets("PUSH[null]");
  broadcast.gets("PUSH[null]");
  EXPECT_EQ(world.server.tracked_keys(), 0U);
}

TEST_F(RedisTracking, SwapdbIsSilent) {
  w.says("SET k 1");
  a.says("CLIENT TRACKING ON\nGET k");
  w.says("SWAPDB 0 1");
  a.gets("");
  a.sends("GET k");
  a.gets("_");
}

TEST_F(RedisTracking, ExpiryPushesAtDeletionAndALazyOneBehindTheReply) {
  w.says("MSET k 1 m 1\nPEXPIRE k 10\nPEXPIRE m 10");
  a.says("CLIENT TRACKING ON\nMGET k m");
  world.now = 50 * millisecond;
  a.gets("");
  a.sends("GET k");
  a.gets("_ | PUSH[k]");
  world.wait_until(100 * millisecond);
  a.gets("PUSH[m]");
  w.says("SET k 1");
  a.gets("PUSH[k]");
}

TEST_F(RedisTracking, NoOpWritesAreNotUniform) {
  w.says("SET s 1\nHSET h f 1\nSADD t x\nZADD z 1 m\nRPUSH l 1");
  a.says("CLIENT TRACKING ON\nMGET s h t z l");
  w.says("SADD t x\nZADD z 1 m\nZINCRBY z 0 m\nHSETNX h f 2\nSETNX s 2\nLREM l 0 9\nEXPIRE s 10 XX\nPERSIST s");
  a.gets("");
  w.says("SET s 1\nHSET h f 1\nLTRIM l 0 -1");
  a.gets("PUSH[s] | PUSH[h] | PUSH[l]");
}

TEST_F(RedisTracking, OrderOfKeysIsThatOfTheCommand) {
  w.says("SET a 1\nSADD s x\nSADD t y\nRPUSH l 1");
  a.says("CLIENT TRACKING ON\nMGET a b s t l m");
  w.says("RENAME a b\nSMOVE s t x\nLMOVE l m LEFT LEFT");
  a.gets("PUSH[a] | PUSH[b] | PUSH[s] | PUSH[t] | PUSH[m] | PUSH[l]");
}

TEST_F(RedisTracking, AFullTableForgetsKeysWithAPush) {
  w.says("CONFIG SET tracking-table-max-keys 2");
  a.says("CLIENT TRACKING ON\nMGET a b c d e");
  EXPECT_EQ(world.server.tracked_keys(), 5U);
  a.sends("PING");
  EXPECT_EQ(world.server.tracked_keys(), 2U);
  const std::string received = a.received();
  EXPECT_EQ(std::count(received.begin(), received.end(), '|'), 3);
  EXPECT_TRUE(received.ends_with("| +PONG"));
}

TEST_F(RedisTracking, AFullTableIsEmptiedAtTicksAndInSilenceForNoloop) {
  w.says("CONFIG SET tracking-table-max-keys 1");
  a.says("CLIENT TRACKING ON NOLOOP\nMGET a b c");
  world.wait_until(100 * millisecond);
  const std::string received = a.received();
  EXPECT_EQ(std::count(received.begin(), received.end(), 'P'), 2);
  a.says("MGET a b c");
  a.sends("PING");
  a.gets("+PONG");
  EXPECT_EQ(world.server.tracked_keys(), 1U);
}

TEST_F(RedisTracking, PushesPassRepliesThatAreSwitchedOff) {
  a.says("CLIENT TRACKING ON\nGET k\nCLIENT REPLY OFF");
  a.sends("PING");
  w.says("SET k 1");
  a.gets("PUSH[k]");
}

TEST_F(RedisTracking, AServerMayForbidIt) {
  world.server.forbid({"client|tracking"});
  a.sends("CLIENT TRACKING ON\nCLIENT TRACKINGINFO");
  a.gets("-NOPERM this user has no permissions to run the 'client|tracking' command | "
         "{\"flags\" ~[\"off\"] \"redirect\" :-1 \"prefixes\" []}");
}

TEST_F(RedisTracking, AServerMayKeepItsFiguresToItself) {
  world.server.forbid({"latency|histogram"});
  a.sends("LATENCY HISTOGRAM swapdb\nPING");
  a.gets("-NOPERM this user has no permissions to run the 'latency|histogram' command | +PONG");
  world.server.forbid({"time", "ping"});
  a.sends("LATENCY HISTOGRAM swapdb\nTIME\nPING");
  a.gets("{} | -NOPERM this user has no permissions to run the 'time' command | "
         "-NOPERM this user has no permissions to run the 'ping' command");
}

}  // namespace
}  // namespace trackside::testing

// Data commands of the simulated Redis, told as conversations: which keys they change in the eyes of trackers, and
// which they count as read. The facts are those measured on redis-server 7.0.15; what the commands answer is compared
// with a real server by redis_differential_test.
#include <gtest/gtest.h>

#include "properties/sim/redis_transcript.hpp"
#include "sim/script/interpreter.hpp"

namespace trackside::testing {
namespace {

class RedisData : public TrackerAndWriter {};

TEST_F(RedisData, ABitThatIsAsItWasIsNoChange) {
  w.says("SETBIT k 7 1");
  a.says("CLIENT TRACKING ON\nGETBIT k 7");
  w.says("SETBIT k 7 1\nSETBIT k 3 0\nBITFIELD k GET u8 0");
  a.gets("");
  w.says("SETBIT k 100 0");
  a.gets("PUSH[k]");
}

TEST_F(RedisData, StoringNothingChangesOnlyWhatWasThere) {
  w.says("ZADD z 1 a\nSADD s 1\nSET k v");
  a.says("CLIENT TRACKING ON\nEXISTS absent k");
  w.says("ZRANGESTORE absent z 5 9\nSINTERSTORE absent s nothing\nSORT nothing STORE absent\nBITOP AND absent nothing");
  a.gets("");
  w.says("ZRANGESTORE k z 5 9");
  a.gets("PUSH[k]");
  w.sends("EXISTS k");
  w.gets(":0");
}

TEST_F(RedisData, AllSourcesOfAReadAreRecorded) {
  a.says("CLIENT TRACKING ON\nZUNION 2 z1 z2 WITHSCORES\nSINTERCARD 2 s1 s2 LIMIT 1\nXREAD COUNT 1 STREAMS x1 x2 0 0");
  EXPECT_EQ(world.server.tracked_keys(), 6U);
  a.says("ZUNIONSTORE d 1 z3\nSORT l1\nGEOSEARCHSTORE d g1 FROMLONLAT 1 1 BYRADIUS 1 m");
  EXPECT_EQ(world.server.tracked_keys(), 6U);
  a.says("SORT_RO l2\nGEOPOS g2 m");
  EXPECT_EQ(world.server.tracked_keys(), 8U);
}

TEST_F(RedisData, WhatReplacesAKeyServesThoseWhoWaitOnlyIfAStreamGoesAndSomebodyAwaitsOne) {
  w.says("ZADD z 1 m");
  a.sends("BZPOPMAX k 0");
  w.says("SET k v\nZUNIONSTORE k 1 z\nDEL k\nXADD k 1 f v\nZUNIONSTORE k 1 z");
  a.gets("");
  Peer other{world};
  other.sends("XREAD BLOCK 0 STREAMS another $");
  w.says("DEL k\nXADD k 1 f v\nZUNIONSTORE k 1 z");
  a.gets("[\"k\" \"m\" ,1]");
}

TEST_F(RedisData, AReplyThatIsToBeSkippedIsSkippedHoweverLateItComes) {
  a.says("CLIENT REPLY SKIP\nBLPOP k 0");
  w.says("RPUSH k v");
  a.sends("PING");
  a.gets("+PONG");
}

TEST_F(RedisData, ASearchFindsNothingWhoseScoreIsOfNoPlace) {
  w.says("ZADD g inf i -2 n 1 c");
  w.sends("GEOSEARCH g FROMLONLAT -179 -84 BYRADIUS 22000 km ASC");
  w.gets("[\"c\"]");
}

TEST_F(RedisData, MovingTellsTwice) {
  w.says("SET k v");
  a.says("CLIENT TRACKING ON\nGET k");
  w.says("MOVE k 1");
  a.gets("PUSH[k]");
  a.sends("EXISTS k\nSELECT 1\nGET k");
  a.gets(":0 | +OK | \"v\"");
}

TEST_F(RedisData, GroupsOfAStreamAreNobodysBusiness) {
  w.says("XADD s 1-1 f v\nXGROUP CREATE s g 0");
  a.says("CLIENT TRACKING ON\nXRANGE s - +");
  w.says("XREADGROUP GROUP g c STREAMS s >\nXACK s g 1-1\nXGROUP DESTROY s g\nXGROUP CREATE s h 0\nXTRIM s MAXLEN 9");
  a.gets("");
  w.says("XDEL s 1-1");
  a.gets("PUSH[s]");
  w.says("XGROUP CREATE t g 0 MKSTREAM");
  a.says("XLEN t");
  w.says("XSETID t 5-0");
  a.gets("");
}

TEST_F(RedisData, WhoWaitsForAStreamIsServedBehindTheAnswerThatMadeAnEntry) {
  a.sends("XREAD BLOCK 0 STREAMS s $");
  a.gets("");
  w.sends("XADD s 1-1 f v");
  w.gets("\"1-1\"");
  a.gets("{\"s\" [[\"1-1\" [\"f\" \"v\"]]]}");
}

TEST_F(RedisData, WhoWaitsForAGroupHearsThatItsStreamIsGone) {
  w.says("XGROUP CREATE s g $ MKSTREAM");
  a.sends("XREADGROUP GROUP g c BLOCK 0 STREAMS s >");
  w.says("DEL s");
  a.gets("-UNBLOCKED the stream key no longer exists");
}

TEST_F(RedisData, ServingFromASortedSetTellsItsTrackers) {
  Peer tracker{world};
  tracker.says("CLIENT TRACKING ON");
  a.sends("BZPOPMIN z 0");
  w.says("MULTI\nZADD z 1 a 2 b\nEXEC");
  a.gets("[\"z\" \"a\" ,1]");
  tracker.says("ZCARD z");
  a.sends("BZPOPMAX z 0");
  a.gets("[\"z\" \"b\" ,2]");
  tracker.gets("PUSH[z]");
}

TEST_F(RedisData, TheFirstCountOfAHyperLogLogIsAChange) {
  w.says("PFADD h a b c");
  a.says("CLIENT TRACKING ON\nSTRLEN h");
  w.sends("PFCOUNT h");
  w.gets(":3");
  a.gets("PUSH[h]");
  a.says("STRLEN h");
  w.says("PFCOUNT h");
  a.gets("");
}

TEST_F(RedisData, AClientIsFreedFromItsWaiting) {
  a.sends("BLPOP l 0");
  w.sends("CLIENT UNBLOCK " + std::to_string(a.client_id()) + "\nCLIENT UNBLOCK " + std::to_string(a.client_id()));
  w.gets(":1 | :0");
  a.gets("_");
}

TEST_F(RedisData, APauseOfWritesLetsReadsPass) {
  w.says("CLIENT PAUSE 1000 WRITE");
  a.sends("GET k\nSET k v");
  a.gets("_");
  w.says("CLIENT UNPAUSE");
  a.gets("+OK");
}

class RedisScript : public RedisData {
 protected:
  void SetUp() override {
    if (!sim::script::runs_any()) GTEST_SKIP() << "built without Lua";
  }
};

TEST_F(RedisScript, WhatItReadsIsRecordedUnderTheKeysItDeclares) {
  a.says("CLIENT TRACKING ON\nEVAL \"return redis.call('GET', 'other')\" 1 k");
  w.says("SET other 1");
  a.gets("");
  w.says("SET k 1");
  a.gets("PUSH[k]");
  a.says("EVAL \"return redis.call('SET', KEYS[1], 1)\" 1 m");
  EXPECT_EQ(world.server.tracked_keys(), 0U);
}

TEST_F(RedisScript, ItsOwnPushesFollowItsResult) {
  a.says("CLIENT TRACKING ON\nGET k");
  a.sends("EVAL \"redis.call('SET', KEYS[1], 'x') return {redis.call('GET', KEYS[1]), 1.9, false}\" 1 k\nPING");
  a.gets("[\"x\" :1 _] | PUSH[k] | +PONG");
}

TEST_F(RedisScript, ItsErrorsSayWhere) {
  a.sends("EVAL \"return nosuch\" 0\nEVAL \"return redis.call('MULTI')\" 0\nEVAL \"x = 1\" 0");
  a.gets(
      "-ERR user_script:1: Script attempted to access nonexistent global variable 'nosuch' script: "
      "100e7d6e08587ed416717dc6d703eca312809a20, on @user_script:1. | "
      "-ERR This Redis command is not allowed from script script: ba922d924f6e7808414359ed93c37767dd0532ce, on "
      "@user_script:1. | -ERR user_script:1: Attempt to modify a readonly table script: "
      "34bce5f775de97f557a34088509c8bfe1ea17e52, on @user_script:1.");
}

TEST_F(RedisScript, IsKnownByItsDigestUntilAllAreFlushed) {
  a.sends("SCRIPT LOAD \"return 1\"\nEVALSHA E0E1F9FABFC9D4800C877A703B823AC0578FF8DB 0\nSCRIPT FLUSH");
  a.gets("\"e0e1f9fabfc9d4800c877a703b823ac0578ff8db\" | :1 | +OK");
  a.sends("EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0");
  a.gets("-NOSCRIPT No matching script. Please use EVAL.");
}

}  // namespace
}  // namespace trackside::testing

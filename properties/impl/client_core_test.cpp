// Transcripts of the client's core: reads, fills, writes and what they do to the cache.
//
// The test is the network and the server; every byte is its own. Neighbour: client_life_test.cpp (connections, limits,
// stopping).
#include <gtest/gtest.h>

#include "properties/impl/client_talk.hpp"

namespace trackside::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* absent = "_\r\n";

TEST(ClientCore, AReadIsAHitAfterItsMiss) {
  ClientTalk talk;
  talk.establish();
  EXPECT_EQ(talk.handshake, "HELLO 3 | CLIENT TRACKING ON");
  EXPECT_TRUE(talk.core->healthy());
  EXPECT_EQ(talk.cached("GET k"), "miss");
  talk.ask("GET k");
  EXPECT_EQ(talk.sent(), "GET k | PEXPIRETIME k");
  EXPECT_EQ(talk.answers(), "") << "never from inside submit";
  talk.answer("v1");
  EXPECT_EQ(talk.answers(), "1 \"v1\"");
  EXPECT_EQ(talk.cached("GET k"), "\"v1\"");
  EXPECT_EQ(talk.cached("get k"), "\"v1\"");
  EXPECT_EQ(talk.cached("GET l"), "miss");
  EXPECT_EQ(talk.cached("PING"), "miss");
}

TEST(ClientCore, ReadersOfTheSameJoinOneFetch) {
  ClientTalk talk;
  talk.establish();
  talk.ask("GET k");
  talk.ask("GET k");
  talk.ask("GET l");
  EXPECT_EQ(talk.sent(), "GET k | PEXPIRETIME k | GET l | PEXPIRETIME l");
  talk.answer("v1");
  EXPECT_EQ(talk.answers(), "1 \"v1\"; 2 joined \"v1\"");
  talk.ask("GET l");
  talk.answer("v2");
  EXPECT_EQ(talk.answers(), "3 \"v2\"; 4 joined \"v2\"");
  EXPECT_EQ(talk.sent(), "");
}

TEST(ClientCore, ARevokedReplyIsDeliveredAndNotKept) {
  ClientTalk talk;
  talk.establish();
  talk.ask("GET k");
  talk.say({bulk("v1"), invalidation({"k"}), ":-1\r\n"});
  EXPECT_EQ(talk.answers(), "1 \"v1\"");
  EXPECT_EQ(talk.cached("GET k"), "miss");
  EXPECT_EQ(talk.core->metrics().fills.revoked, 1u);
}

TEST(ClientCore, NobodyJoinsARevokedFetch) {
  for (const std::string& push : {invalidation({"l", "k"}), null_invalidation}) {
    ClientTalk talk;
    talk.establish();
    talk.ask("GET k");
    talk.sent();
    talk.say({push});
    talk.ask("GET k");
    EXPECT_EQ(talk.sent(), "GET k | PEXPIRETIME k");
    talk.answer("v1");
    talk.answer("v2");
    EXPECT_EQ(talk.answers(), "1 \"v1\"; 2 \"v2\"");
    EXPECT_EQ(talk.cached("GET k"), "\"v2\"");
  }
}

TEST(ClientCore, NobodyJoinsAFetchSentLongerThanMaxIdleAgo) {
  ClientTalk talk{{.command_timeout = seconds{60}}, {.max_idle = seconds{4}}};
  talk.establish();
  talk.runtime.advance(milliseconds{999});
  talk.ask("GET k");
  EXPECT_EQ(talk.sent(), "GET k | PEXPIRETIME k");
  talk.runtime.advance(milliseconds{2000});
  talk.say({"$4\r\nva"});  // its reply trickles in, which keeps the link
  talk.runtime.advance(milliseconds{1999});
  EXPECT_EQ(talk.sent(), probe_text(2));
  talk.ask("GET k");
  EXPECT_EQ(talk.sent(), "") << "joined, a millisecond before max_idle";
  talk.runtime.advance(milliseconds{1});
  talk.ask("GET k");
  EXPECT_EQ(talk.sent(), "GET k | PEXPIRETIME k");
  talk.say({"l1\r\n", ":-1\r\n"});
  EXPECT_EQ(talk.answers(), "1 \"val1\"; 2 joined \"val1\"");
}

TEST(ClientCore, AWriteRemovesWhatItTouchesWhenItIsSent) {
  ClientTalk talk;
  talk.establish();
  talk.keep("GET k", "v1");
  talk.keep("GET l", "w");
  talk.ask("SET k v2");
  EXPECT_EQ(talk.cached("GET k"), "miss");
  EXPECT_EQ(talk.cached("GET l"), "\"w\"");
}

TEST(ClientCore, AFetchThatCrossedAWriteIsNotKept) {
  ClientTalk talk;
  talk.establish();
  talk.ask("SET k v2");
  talk.ask("GET k");
  talk.say({ok});
  talk.answer("v2");
  EXPECT_EQ(talk.answers(), "1 OK; 2 \"v2\"");
  EXPECT_EQ(talk.cached("GET k"), "miss") << "the write's end revoked it";
}

TEST(ClientCore, AWriteFencesAgainWhenItTimesOutAndWhenItsLateReplyComes) {
  ClientTalk talk;
  talk.establish();
  talk.ask("SET k v2");
  talk.runtime.advance(milliseconds{1999});
  talk.ask("GET k");
  EXPECT_EQ(talk.answers(), "");
  talk.runtime.advance(milliseconds{1});
  EXPECT_EQ(talk.answers(), "1 command_timeout");
  talk.sent();
  talk.ask("GET k");
  EXPECT_EQ(talk.sent(), "GET k | PEXPIRETIME k") << "the time-out revoked the first fetch";
  talk.say({ok});  // the late reply
  talk.ask("GET k");
  EXPECT_EQ(talk.sent(), "GET k | PEXPIRETIME k") << "and the late reply the second";
}

TEST(ClientCore, ACancelledWriteFences) {
  ClientTalk talk;
  talk.establish();
  const OperationId write = talk.ask("SET k v2");
  talk.ask("GET k");
  talk.sent();
  talk.core->cancel(write);
  EXPECT_EQ(talk.answers(), "") << "a later turn";
  talk.ask("GET k");
  EXPECT_EQ(talk.sent(), "GET k | PEXPIRETIME k");
  talk.runtime.run_due();
  EXPECT_EQ(talk.answers(), "1 cancelled");
  talk.core->cancel(write);
  talk.say({ok});
  talk.runtime.run_due();
  EXPECT_EQ(talk.counts(), "100");
}

TEST(ClientCore, ALostLinkForgetsEverything) {
  ClientTalk talk;
  talk.establish();
  talk.keep("GET k", "v1");
  talk.ask("SET l v2");
  talk.ask("GET m");
  talk.link().hang_up();
  EXPECT_EQ(talk.answers(), "2 connection_lost; 3 connection_lost");
  EXPECT_EQ(talk.cached("GET k"), "miss");
  EXPECT_FALSE(talk.core->healthy());
  talk.node.id = 8;
  talk.reconnect();
  EXPECT_EQ(talk.cached("GET k"), "miss");
  EXPECT_EQ(talk.cache->get_client_id(), 8);
  EXPECT_EQ(talk.core->metrics().links_established, 2u);
}

TEST(ClientCore, AfterAWriteOfUnknownKeysNothingIsServedUntilABarrier) {
  ClientTalk talk;
  talk.establish();
  talk.keep("GET k", "v1");
  talk.keep("GET u", "old");
  talk.ask("EVAL script 0");
  EXPECT_EQ(talk.cached("GET k"), "miss");
  EXPECT_EQ(talk.sent(), "EVAL script 0");
  talk.say({ok});
  EXPECT_EQ(talk.answers(), "3 OK");
  EXPECT_EQ(talk.sent(), barrier_text(1));
  EXPECT_EQ(talk.cached("GET u"), "miss") << "the push about it is still under way";
  talk.ask("GET m");
  talk.sent();
  talk.say({invalidation({"u"}), barrier_answer(1)});
  EXPECT_EQ(talk.cached("GET k"), "\"v1\"");
  EXPECT_EQ(talk.cached("GET u"), "miss");
  talk.answer("w");
  EXPECT_EQ(talk.cached("GET m"), "miss") << "asked during the bypass";
}

TEST(ClientCore, ABarrierThatIsRefusedIsPassedByTheNextProbe) {
  ClientTalk talk;
  talk.establish();
  talk.keep("GET k", "v1");
  talk.ask("EVAL script 0");
  talk.say({ok, "-BUSY script\r\n", "-BUSY script\r\n"});
  EXPECT_EQ(talk.cached("GET k"), "miss");
  talk.sent();
  talk.runtime.advance(milliseconds{1250});
  EXPECT_EQ(talk.sent(), probe_text(2));
  talk.answer_probe(2);
  EXPECT_EQ(talk.cached("GET k"), "\"v1\"");
}

TEST(ClientCore, ATransactionIsFencedAsOneWrite) {
  ClientTalk talk;
  talk.establish();
  talk.keep("GET k", "v1");
  talk.keep("GET l", "w");
  talk.transact({"SET k v2", "GET l", "DEL m"});
  EXPECT_EQ(talk.sent(), "MULTI | SET k v2 | GET l | DEL m | EXEC");
  EXPECT_EQ(talk.cached("GET k"), "miss");
  EXPECT_EQ(talk.cached("GET l"), "\"w\"");
  talk.ask("GET m");
  talk.sent();
  talk.say({ok, "+QUEUED\r\n", "+QUEUED\r\n", "+QUEUED\r\n", "*3\r\n" + ok + bulk("w") + ":1\r\n"});
  EXPECT_EQ(talk.answers(), "3 [OK, \"w\", (integer) 1]");
  talk.ask("GET m");
  EXPECT_EQ(talk.sent(), "GET m | PEXPIRETIME m") << "EXEC's reply revoked the fetch";
}

TEST(ClientCore, AbsentKeysAreKeptAndKeysThatVanishedMeanwhileAreNot) {
  ClientTalk talk;
  talk.establish();
  talk.ask("GET k");
  talk.say({absent, ":-2\r\n"});
  EXPECT_EQ(talk.cached("GET k"), "(nil)");
  talk.ask("GET l");
  talk.say({bulk("v1"), ":-2\r\n"});
  EXPECT_EQ(talk.cached("GET l"), "miss");
  talk.ask("GET m");
  talk.say({bulk("v1"), "-NOPERM\r\n"});
  EXPECT_EQ(talk.cached("GET m"), "miss") << "not known when it expires";
  talk.ask("GET n");
  talk.say({"-WRONGTYPE\r\n", ":-1\r\n"});
  EXPECT_EQ(talk.cached("GET n"), "miss");
  EXPECT_EQ(talk.answers(), "1 (nil); 2 \"v1\"; 3 \"v1\"; 4 (error) WRONGTYPE");
  EXPECT_EQ(talk.cache->open_fills(), 0u);
}

TEST(ClientCore, AnEmptyStringIsNotAnAbsentKey) {
  ClientTalk talk;
  talk.establish();
  talk.ask("GET k");
  talk.say({bulk(""), ":-2\r\n"});
  EXPECT_EQ(talk.cached("GET k"), "miss");
  talk.ask("GETRANGE k 0 1");
  talk.say({bulk(""), ":-2\r\n"});
  EXPECT_EQ(talk.cached("GETRANGE k 0 1"), "\"\"");
}

TEST(ClientCore, HashesAreNotKeptWhereTheirFieldsMayExpire) {
  for (const char* version : {"7.2.9", "7.4.0", "8.0.0"}) {
    ClientTalk talk;
    talk.node.version = version;
    talk.establish();
    talk.ask("HGET h f");
    talk.answer("v1");
    EXPECT_EQ(talk.cached("HGET h f"), version[2] == '2' ? "\"v1\"" : "miss") << version;
    talk.keep("GET k", "v1");
  }
}

TEST(ClientCore, ARefusedTransactionIsAnErrorOfItsOwn) {
  ClientTalk talk;
  talk.establish();
  talk.transact({"SET k v2"});
  talk.say({"-NOPERM no MULTI\r\n", ok, "-ERR EXEC without MULTI\r\n"});
  talk.transact({"SET k v2", "GET"});
  talk.say({ok, "+QUEUED\r\n", "-ERR wrong number\r\n", "-EXECABORT\r\n"});
  EXPECT_EQ(talk.answers(), "1 transaction_refused; 2 (error) EXECABORT");
}

TEST(ClientCore, AKeyIsNeverServedAtItsExpiry) {
  for (const bool old_server : {false, true}) {
    ClientTalk talk;
    talk.node.version = old_server ? "6.2.0" : "7.0.15";
    talk.establish();
    talk.runtime.advance(milliseconds{1000});
    talk.ask("GET k");
    EXPECT_EQ(talk.sent(), old_server ? "GET k | PTTL k" : "GET k | PEXPIRETIME k");
    talk.say({bulk("v1"), old_server ? ":100\r\n" : ":" + std::to_string(1'700'000'001'100) + "\r\n"});
    talk.runtime.advance(milliseconds{100} - Duration{1});
    EXPECT_EQ(talk.cached("GET k"), "\"v1\"");
    talk.runtime.advance(Duration{1});
    EXPECT_EQ(talk.cached("GET k"), "miss");
  }
}

TEST(ClientCore, ServersMayNameAbsurdTimes) {
  for (const char* time : {":9223372036854775807\r\n", ":-9223372036854775808\r\n", ":0\r\n"}) {
    for (const char* version : {"6.0.0", "7.0.0"}) {
      ClientTalk talk;
      talk.node.version = version;
      talk.node.seconds = INT64_MAX;
      talk.establish();
      talk.ask("GET k");
      talk.say({bulk("v1"), time});
      EXPECT_EQ(talk.answers(), "1 \"v1\"");
    }
  }
}

TEST(ClientCore, ADoubtedHitIsCheckedAgainstTheServer) {
  ClientTalk talk{{}, {.confidence = 0}};
  talk.establish();
  talk.ask("GET k");
  talk.answer("v1");
  talk.answers();
  const auto check = [&talk](const char* value) {
    Reply doubted;
    EXPECT_FALSE(talk.core->cached(command_of("GET k"), doubted));
    EXPECT_EQ(to_text(doubted), "\"v1\"");
    talk.ask("GET k", &doubted);
    talk.answer(value);
    return talk.answers();
  };
  EXPECT_EQ(check("v1"), "2 \"v1\"");
  EXPECT_EQ(talk.cache->stats()->summary().dirty_hits, 0u);
  EXPECT_EQ(check("v2"), "3 \"v2\"") << "the server's reply is what is returned";
  EXPECT_EQ(talk.cache->stats()->summary().dirty_hits, 1u);
  EXPECT_EQ(talk.cache->keys(), 0u);
}

TEST(ClientCore, AMismatchThatAPushExplainsIsNotDirty) {
  ClientTalk talk{{}, {.confidence = 0}};
  talk.establish();
  talk.ask("GET k");
  talk.answer("v1");
  Reply doubted;
  talk.core->cached(command_of("GET k"), doubted);
  talk.ask("GET k", &doubted);
  talk.say({invalidation({"k"}), bulk("v2"), ":-1\r\n"});
  EXPECT_EQ(talk.cache->stats()->summary().dirty_hits, 0u);
}

TEST(ClientCore, AHitThatWasInvalidatedBeforeItsCheckWasSentIsNotDirty) {
  ClientTalk talk{{}, {.confidence = 0}};
  talk.establish();
  talk.ask("GET k");
  talk.answer("v1");
  Reply doubted;
  talk.core->cached(command_of("GET k"), doubted);
  talk.say({invalidation({"k"})});
  talk.ask("GET k", &doubted);
  talk.say({bulk("v2"), ":-1\r\n"});
  EXPECT_EQ(talk.cache->stats()->summary().dirty_hits, 0u);
  EXPECT_EQ(talk.cache->keys(), 1u);
}

TEST(ClientCore, SwappedDatabasesEmptyTheCache) {
  ClientTalk talk;
  talk.establish();
  talk.keep("GET k", "v1");
  talk.node.swaps = 1;
  talk.runtime.advance(milliseconds{1250});
  talk.answer_probe(2);
  EXPECT_EQ(talk.cached("GET k"), "miss");
  EXPECT_TRUE(talk.core->healthy());
}

}  // namespace
}  // namespace trackside::testing

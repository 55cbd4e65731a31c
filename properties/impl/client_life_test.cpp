// Transcripts of the client's core: connections, refusals, limits, commands that block, stopping; and that every
// command is answered exactly once whatever happens, completions that submit, cancel or stop included.
#include <gtest/gtest.h>

#include "properties/impl/client_talk.hpp"

namespace trackside::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ClientLife, CommandsWaitForTheLinkAndGoInOrder) {
  ClientTalk talk{{.client_name = "me", .database = 3}};
  talk.ask("SET a 1");
  talk.ask("GET k");
  talk.ask("GET k");
  talk.establish();
  EXPECT_EQ(talk.handshake, "HELLO 3 SETNAME me | SELECT 3 | CLIENT TRACKING ON");
  EXPECT_EQ(talk.sent(), "SET a 1 | GET k | PEXPIRETIME k");
  talk.say({ok, bulk("v"), ":-1\r\n"});
  EXPECT_EQ(talk.answers(), "1 OK; 2 \"v\"; 3 joined \"v\"");
}

TEST(ClientLife, ACommandThatWaitedInVainIsToldWhyThereIsNoLink) {
  ClientTalk talk;
  talk.core->start();
  talk.runtime.latest().hang_up(make_error_code(boost::system::errc::connection_refused));
  talk.ask("GET k");
  talk.runtime.advance(milliseconds{1999});
  EXPECT_EQ(talk.answers(), "");
  talk.runtime.advance(milliseconds{1});
  EXPECT_EQ(talk.answers(), "1 connect_failed");
  EXPECT_EQ(talk.core->link_error(), Errc::connect_failed);
}

TEST(ClientLife, AHandshakeHasItsTimeAndNoMore) {
  ClientTalk talk{{.connect_timeout = milliseconds{300}}};
  talk.core->start();
  talk.runtime.advance(milliseconds{200});
  talk.runtime.latest().accept();
  talk.runtime.advance(milliseconds{99});
  EXPECT_TRUE(talk.runtime.peer(0).held());
  talk.runtime.advance(milliseconds{1});
  EXPECT_FALSE(talk.runtime.peer(0).held());
  EXPECT_EQ(talk.core->link_error(), Errc::connect_timeout);
}

TEST(ClientLife, RefusalsAreToldAtOnceByName) {
  const std::pair<std::string, const char*> refusals[] = {
      {"-WRONGPASS invalid\r\n", "authentication_failed"},
      {"-NOAUTH HELLO must be called\r\n", "authentication_failed"},
      {"-NOPROTO unsupported\r\n", "resp3_unsupported"},
      {"-ERR unknown command `HELLO`\r\n", "resp3_unsupported"},
      {"-ERR something else\r\n", "handshake_refused"},
      {hello({.role = "slave"}), "wrong_role"},
      {hello({.mode = "cluster"}), "cluster_unsupported"},
      {"+OK\r\n", "not_redis"},
      {"HTTP/1.1 400 Bad Request\r\n", "protocol_error"},
      {hello() + "-NOPERM\r\n", "tracking_refused"},
      {hello() + ok + "-LOADING\r\n" + hello() + "*0\r\n%0\r\n", "handshake_refused"},
  };
  for (const auto& [bytes, name] : refusals) {
    ClientTalk talk{{.topology = Topology::node}};
    talk.ask("GET k");
    talk.core->start();
    talk.runtime.latest().accept();
    talk.runtime.latest().say(bytes);
    EXPECT_EQ(talk.answers(), std::string{"1 "} + name);
    EXPECT_FALSE(talk.runtime.peer(0).held());
    talk.runtime.advance(seconds{2});
    EXPECT_GT(talk.runtime.attempts(), 1u) << "and it tries again";
  }
}

/// The cache is one for a single node. A client that was not told of the cluster says so a turn later.
TEST(ClientLife, ACacheThatCannotBeUsedWithWhatIsFoundIsToldByName) {
  ClientTalk talk;
  talk.ask("GET k");
  talk.core->start();
  talk.runtime.latest().accept();
  talk.runtime.latest().say(hello({.role = "replica", .mode = "cluster"}));  // a replica tells as well
  talk.runtime.advance(milliseconds{25});
  EXPECT_EQ(talk.answers(), "1 cluster_unsupported");
  EXPECT_FALSE(talk.runtime.peer(0).held());
}

TEST(ClientLife, SilenceEndsTheLinkExactlyAtMaxIdle) {
  ClientTalk talk;
  talk.establish();
  talk.keep("GET k", "v1");
  talk.runtime.advance(seconds{5} - Duration{1});
  EXPECT_EQ(talk.cached("GET k"), "\"v1\"");
  EXPECT_TRUE(talk.runtime.peer(0).held());
  talk.runtime.advance(Duration{1});
  EXPECT_EQ(talk.cached("GET k"), "miss");
  EXPECT_FALSE(talk.runtime.peer(0).held());
  EXPECT_EQ(talk.core->link_error(), Errc::idle_breach);
}

TEST(ClientLife, WhatWouldChangeTheSessionIsRefused) {
  ClientTalk talk;
  talk.establish();
  for (const char* command :
       {"HELLO 3", "AUTH x", "SELECT 1", "RESET", "QUIT", "CLIENT TRACKING OFF", "client reply off", "WAIT 1 0",
        "MONITOR", "SUBSCRIBE c", "MULTI", "EXEC", "WATCH k", "CLIENT CACHING YES"}) {
    talk.ask(command);
    talk.runtime.run_due();
    EXPECT_NE(talk.answers().find("command_not_allowed"), std::string::npos) << command;
  }
  talk.transact({"SET k v", "RESET"});
  talk.runtime.run_due();
  EXPECT_NE(talk.answers().find("command_not_allowed"), std::string::npos);
  error_code nameless;
  talk.core->submit(Command{}, {[](void* error, std::uint64_t, const Outcome& outcome) {
                                  *static_cast<error_code*>(error) = outcome.error;
                                },
                                &nameless, 0});
  talk.runtime.run_due();
  EXPECT_EQ(nameless, Errc::empty_command);
  EXPECT_EQ(talk.sent(), "");
}

TEST(ClientLife, TooManyCommandsAreRefused) {
  ClientTalk talk{{.max_in_flight = 2}};
  talk.establish();
  talk.ask("PING 1");
  talk.ask("PING 2");
  talk.ask("PING 3");
  talk.transact({"PING 4"});
  talk.runtime.run_due();
  EXPECT_EQ(talk.answers(), "3 too_many_commands; 4 too_many_commands");
  talk.say({bulk("1"), bulk("2")});
  talk.ask("PING 5");
  EXPECT_EQ(talk.sent(), "PING 1 | PING 2 | PING 5");
}

TEST(ClientLife, TooManyBytesThatWaitForALinkAreRefused) {
  const std::size_t size = command_of("SET k 0123456789").encoded_size();
  ClientTalk talk{{.max_pending_bytes = 2 * size}};
  talk.ask("SET k 0123456789");
  talk.ask("SET k 0123456789");
  talk.ask("SET k 0123456789");
  talk.runtime.run_due();
  EXPECT_EQ(talk.answers(), "3 too_many_commands");
}

TEST(ClientLife, TooManyBytesUnderWayAreRefusedUntilTheirRepliesCame) {
  const std::size_t size = command_of("SET k 0123456789").encoded_size();
  ClientTalk talk{{.max_pending_bytes = 2 * size}};
  talk.establish();
  talk.ask("SET k 0123456789");
  talk.core->cancel(talk.ask("SET k 0123456789"));
  talk.ask("SET k 0123456789");
  talk.runtime.run_due();
  EXPECT_EQ(talk.answers(), "2 cancelled; 3 too_many_commands");
  talk.say({ok, ok});
  talk.ask("SET k 0123456789");
  talk.ask("SET k 0123456789");
  talk.runtime.run_due();
  EXPECT_EQ(talk.answers(), "1 OK");
}

TEST(ClientLife, ACommandThatBlocksHasItsOwnConnection) {
  ClientTalk talk;
  talk.establish();
  talk.keep("LRANGE q 0 1", "v1");
  talk.ask("BLPOP q 1");
  ASSERT_EQ(talk.runtime.attempts(), 2u);
  Peer& own = talk.runtime.latest();
  own.accept();
  EXPECT_EQ(spoken(own.heard()), "HELLO 3");
  EXPECT_NE(talk.cached("LRANGE q 0 1"), "miss") << "not sent yet";
  own.say(hello({.id = 9}));
  EXPECT_EQ(spoken(own.heard()), "BLPOP q 1");
  EXPECT_EQ(talk.cached("LRANGE q 0 1"), "miss");
  talk.ask("LRANGE q 0 1");
  own.say("*2\r\n" + bulk("q") + bulk("x"));
  EXPECT_EQ(talk.answers(), "2 [\"q\", \"x\"]");
  EXPECT_FALSE(own.held());
  talk.answer("late");
  EXPECT_EQ(talk.cached("LRANGE q 0 1"), "miss") << "the pop's end revoked the fetch";
  EXPECT_EQ(talk.sent(), "LRANGE q 0 1 | PEXPIRETIME q");
}

TEST(ClientLife, ABlockingReadBesideTheLinkDropsWhatItMayBeNewerThan) {
  ClientTalk talk;
  talk.establish();
  talk.keep("XLEN s", "1");
  talk.ask("XREAD BLOCK 0 STREAMS s $");
  Peer& own = talk.runtime.latest();
  own.accept();
  own.say(hello());
  own.say("%1\r\n" + bulk("s") + "*0\r\n");
  EXPECT_EQ(talk.cached("XLEN s"), "miss");
}

TEST(ClientLife, ABlockingCommandEndsByItsTimeoutACancelOrTheLinksLoss) {
  ClientTalk talk;
  talk.establish();
  const auto start = [&talk](const char* text) {
    const OperationId id = talk.ask(text);
    talk.runtime.latest().accept();
    talk.runtime.latest().say(hello());
    return id;
  };
  start("BLPOP q 1");
  start("BLPOP r 0");
  const OperationId cancelled = start("BLPOP s 0");
  talk.core->cancel(cancelled);
  talk.runtime.run_due();
  EXPECT_EQ(talk.answers(), "3 cancelled");
  talk.runtime.advance(milliseconds{2999});
  EXPECT_EQ(talk.answers(), "");
  talk.runtime.advance(milliseconds{1});
  EXPECT_EQ(talk.answers(), "1 command_timeout") << "the server's second and command_timeout";
  talk.link().hang_up();
  EXPECT_EQ(talk.answers(), "2 connection_lost");
}

TEST(ClientLife, CancellingTheFirstReaderLeavesThoseWhoJoined) {
  ClientTalk talk;
  talk.establish();
  const OperationId first = talk.ask("GET k");
  talk.ask("GET k");
  talk.core->cancel(first);
  talk.core->cancel(first);
  talk.runtime.run_due();
  EXPECT_EQ(talk.answers(), "1 cancelled");
  talk.answer("v1");
  EXPECT_EQ(talk.answers(), "2 joined \"v1\"");
  EXPECT_EQ(talk.cached("GET k"), "\"v1\"");
  talk.core->cancel(first);
  talk.runtime.run_due();
  EXPECT_EQ(talk.counts(), "11");
}

TEST(ClientLife, AReplyNobodyWaitsForIsKept) {
  ClientTalk talk;
  talk.establish();
  talk.core->cancel(talk.ask("GET k"));
  talk.runtime.run_due();
  talk.answer("v1");
  EXPECT_EQ(talk.cached("GET k"), "\"v1\"");
  EXPECT_EQ(talk.counts(), "1");
}

TEST(ClientLife, StoppingAnswersEverything) {
  ClientTalk talk;
  talk.establish();
  talk.ask("SET k v");
  talk.ask("GET k");
  talk.ask("GET k");
  talk.ask("EVAL script 0");
  talk.transact({"SET l 1"});
  talk.ask("BLPOP q 0");
  talk.ask("RESET");
  talk.core->stop();
  talk.core->stop();
  EXPECT_EQ(talk.counts(), "1111111");
  EXPECT_EQ(talk.core->metrics().commands_in_flight, 0u);
  EXPECT_EQ(talk.core->metrics().exchanges_outstanding, 0u);
  EXPECT_EQ(talk.cache->open_fills(), 0u);
  talk.answers();
  talk.ask("PING");
  talk.runtime.run_due();
  EXPECT_EQ(talk.answers(), "8 shut_down");
  EXPECT_EQ(talk.runtime.timers(), 0u);
}

TEST(ClientLife, StoppingAnswersWhatWaitsForALink) {
  ClientTalk talk;
  talk.ask("SET k v");
  talk.ask("GET k");
  talk.ask("GET k");
  talk.core->start();
  talk.core->stop();
  EXPECT_EQ(talk.answers(), "1 shut_down; 2 shut_down; 3 joined shut_down");
}

TEST(ClientLife, CompletionsMaySubmit) {
  ClientTalk talk;
  talk.establish();
  talk.inside[1] = [&talk] { talk.ask("GET k"); };
  talk.inside[2] = [&talk] { talk.ask("SET k w"); };
  talk.ask("GET k");
  talk.answer("v1");
  talk.answer("v1");
  EXPECT_EQ(talk.answers(), "1 \"v1\"; 2 \"v1\"");
  EXPECT_EQ(talk.sent(), "GET k | PEXPIRETIME k | GET k | PEXPIRETIME k | SET k w");
}

TEST(ClientLife, CompletionsMaySubmitWhenTheLinkIsLost) {
  ClientTalk talk;
  talk.establish();
  talk.inside[1] = [&talk] { talk.ask("SET k again"); };
  talk.inside[2] = [&talk] { talk.ask("BLPOP q 0"); };
  talk.ask("SET k v");
  talk.ask("BLPOP q 0");
  talk.link().hang_up();
  EXPECT_EQ(talk.answers(), "1 connection_lost; 2 connection_lost");
  EXPECT_EQ(talk.counts(), "1100");
}

TEST(ClientLife, CompletionsMayStopTheClient) {
  const auto prepare = [](ClientTalk& talk) {
    talk.establish();
    for (const char* command : {"SET k v", "GET k", "GET k", "BLPOP q 0", "BLPOP q 0", "PING"}) {
      talk.ask(command);
    }
  };
  for (std::uint64_t stopper = 1; stopper <= 6; ++stopper) {
    ClientTalk lost;
    lost.inside[stopper] = [&lost] { lost.core->stop(); };
    prepare(lost);
    lost.link().hang_up();
    lost.runtime.advance(seconds{10});
    EXPECT_EQ(lost.counts(), "111111") << stopper;

    ClientTalk answered;
    answered.inside[stopper] = [&answered] { answered.core->stop(); };
    prepare(answered);
    Peer& blocking = answered.runtime.peer(1);
    blocking.accept();
    blocking.say(hello());
    blocking.say("*0\r\n");
    if (answered.link().held()) {
      answered.say({ok, bulk("v"), ":-1\r\n", bulk("PONG")});
    }
    answered.runtime.advance(seconds{10});
    EXPECT_EQ(answered.counts(), "111111") << stopper;
  }
}

TEST(ClientLife, AnAnsweredCommandCannotBeCancelledAnyMore) {
  ClientTalk talk;
  talk.establish();
  talk.ask("GET k");
  const OperationId follower = talk.ask("GET k");
  talk.inside[1] = [&talk, follower] {
    talk.core->cancel(follower);
    talk.core->stop();
  };
  talk.answer("v1");
  talk.runtime.run_due();
  EXPECT_EQ(talk.answers(), "1 \"v1\"; 2 joined \"v1\"");
}

}  // namespace
}  // namespace trackside::testing

// Transcripts of a client that reads by some connections and is told by another: registration, what the loss of each
// connection takes with it, RESP2, broadcasts. Neighbour: redirect_faults_test.cpp (every conversation disturbed).
//
// Data connections have the ids 7, 8, ..., the listener has 20, and 21 once it has come back.
#include <gtest/gtest.h>

#include "properties/impl/redirect_talk.hpp"

namespace trackside::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view target_is_gone = "-ERR The client ID you want redirect to does not exist\r\n";

TrackingOptions redirect(Selection selection = Selection::all, std::vector<std::string> prefixes = {}) {
  return {.delivery = Delivery::redirect, .selection = selection, .prefixes = std::move(prefixes)};
}

TEST(RedirectCore, EveryDataConnectionRegistersWithTheListener) {
  RedirectTalk talk{redirect(), {.client_name = "me", .database = 2, .data_connections = 2}};
  talk.core->start();
  ASSERT_EQ(talk.runtime.attempts(), 3u);
  EXPECT_EQ(talk.meet_listener(), "HELLO 3 SETNAME me / " + probe_text(1));
  EXPECT_FALSE(talk.core->healthy());
  for (std::size_t data = 1; data <= 2; ++data) {
    Peer& peer = talk.runtime.peer(data);
    peer.accept();
    EXPECT_EQ(spoken(peer.heard()), "HELLO 3 SETNAME me | SELECT 2");
    peer.say(hello({.id = 6 + static_cast<std::int64_t>(data)}) + ok);
    EXPECT_EQ(spoken(peer.heard()), probe_text(1));
    peer.say(joined(probe_answers(1, {.id = 6 + static_cast<std::int64_t>(data)})));
    EXPECT_EQ(spoken(peer.heard()), "CLIENT TRACKING ON REDIRECT 20");
  }
  EXPECT_TRUE(talk.core->healthy());
  EXPECT_EQ(talk.cache->get_client_id(), 20);
}

TEST(RedirectCore, WhoeverComesFirstTheRegistrationWaitsForBoth) {
  RedirectTalk talk;
  talk.core->start();
  Peer& data = talk.runtime.peer(1);
  data.accept();
  data.say(hello());
  data.heard();
  data.say(joined(probe_answers(1)));
  EXPECT_EQ(spoken(data.heard()), "") << "there is nobody to redirect to";
  EXPECT_FALSE(talk.core->healthy());
  talk.meet_listener();
  EXPECT_EQ(spoken(data.heard()), "CLIENT TRACKING ON REDIRECT 20");
}

TEST(RedirectCore, NothingIsKeptBeforeTheRegistrationIsAnswered) {
  RedirectTalk talk;
  talk.core->start();
  talk.meet_listener();
  Peer& data = talk.runtime.peer(1);
  data.accept();
  data.say(hello());
  data.say(joined(probe_answers(1)));
  talk.ask("GET k");
  data.say(ok + bulk("v1") + ":-1\r\n");
  EXPECT_EQ(talk.answers(), "1 \"v1\"");
  EXPECT_EQ(talk.cached("GET k"), "miss") << "asked before, so perhaps executed before";
  talk.ask("GET k");
  data.say(bulk("v1") + ":-1\r\n");
  EXPECT_EQ(talk.cached("GET k"), "\"v1\"");
}

TEST(RedirectCore, TheListenersWordRemovesWhatADataConnectionRead) {
  for (const Protocol protocol : {Protocol::resp3, Protocol::resp2}) {
    RedirectTalk talk{redirect(), {.protocol = protocol}};
    talk.establish();
    talk.keep("GET k", "v1");
    talk.keep("GET l", "w");
    talk.invalidate({"k"});
    EXPECT_EQ(talk.cached("GET k"), "miss");
    EXPECT_EQ(talk.cached("GET l"), "\"w\"");
    talk.flush();
    EXPECT_EQ(talk.cached("GET l"), "miss");
    EXPECT_TRUE(talk.core->healthy());
  }
}

TEST(RedirectCore, AnInvalidationThatOvertakesTheReplyRevokesIt) {
  RedirectTalk talk;
  talk.establish();
  talk.ask("GET k");
  talk.invalidate({"k"});
  talk.answer("v1");
  EXPECT_EQ(talk.answers(), "1 \"v1\"");
  EXPECT_EQ(talk.cached("GET k"), "miss");
}

TEST(RedirectCore, AKeyHoldsOneReplyAtATime) {
  RedirectTalk talk;
  talk.establish();
  talk.keep("HGET h f", "v1");
  talk.keep("HGET h g", "w2");
  EXPECT_EQ(talk.cached("HGET h f"), "miss") << "the second reply may be newer than an invalidation that is on its way";
  talk.ask("TTL h");
  talk.say({":-1\r\n"});
  EXPECT_EQ(talk.cached("HGET h g"), "miss") << "as may any reply about the key";
}

// ---- losses ----

TEST(RedirectCore, AListenerThatComesBackIsRegisteredWithAnew) {
  RedirectTalk talk{redirect(Selection::opt_out), {.data_connections = 2}};
  talk.establish();
  talk.keep("GET k", "v1");
  talk.listener().hang_up();
  EXPECT_EQ(talk.cached("GET k"), "miss");
  EXPECT_FALSE(talk.core->healthy());
  EXPECT_FALSE(talk.cache->get_client_id());
  talk.ask("GET k");
  talk.answer("v2");
  EXPECT_EQ(talk.answers(), "2 \"v2\"") << "the server can be asked all the while";
  EXPECT_EQ(talk.cached("GET k"), "miss");
  talk.sent();
  talk.listener_returns();
  EXPECT_EQ(talk.sent_by(0), "CLIENT TRACKING ON REDIRECT 21 OPTOUT");
  EXPECT_EQ(talk.sent_by(1), "CLIENT TRACKING ON REDIRECT 21 OPTOUT");
  talk.data(0).say(ok);
  talk.keep("GET k", "v2");
  EXPECT_TRUE(talk.core->healthy());
}

TEST(RedirectCore, AnAnswerAboutATargetThatIsGoneIsIgnored) {
  RedirectTalk talk{redirect(Selection::opt_in)};
  talk.establish();
  talk.listener().hang_up();
  talk.listener_returns();
  talk.listener().hang_up();  // before the registration with 21 is answered
  talk.listener_returns();
  EXPECT_EQ(talk.sent(), "CLIENT TRACKING ON REDIRECT 21 OPTIN | CLIENT TRACKING ON REDIRECT 22 OPTIN");
  talk.say({ok});  // to the first of them
  talk.ask("GET k");
  EXPECT_EQ(talk.sent(), "GET k | PEXPIRETIME k") << "not to be kept: only the registration with 21 was answered";
  talk.say({ok});
  talk.answer("v1");
  EXPECT_EQ(talk.cached("GET k"), "miss");
  talk.ask("GET k");
  EXPECT_EQ(talk.sent(), "CLIENT CACHING YES | GET k | PEXPIRETIME k");
  talk.say({ok, bulk("v1"), ":-1\r\n"});
  EXPECT_EQ(talk.cached("GET k"), "\"v1\"");

  talk.listener().hang_up();
  talk.listener_returns();
  talk.say({std::string{target_is_gone}});
  EXPECT_FALSE(talk.listener().held()) << "the server does not know 23";
  talk.listener_returns();
  EXPECT_EQ(talk.sent(), "CLIENT TRACKING ON REDIRECT 23 OPTIN | CLIENT TRACKING ON REDIRECT 24 OPTIN");
  talk.listener().hang_up();
  talk.listener_returns();
  talk.say({std::string{target_is_gone}});
  EXPECT_TRUE(talk.listener().held()) << "it does not know 24, but that was a while ago";
}

TEST(RedirectCore, ABrokenRedirectionRenewsTheListener) {
  for (const std::string& word : {std::string{">2\r\n$21\r\ntracking-redir-broken\r\n:20\r\n"},
                                  std::string{">2\r\n$21\r\ntracking-redir-broken\r\n:19\r\n"}}) {
    RedirectTalk talk;
    talk.establish();
    talk.keep("GET k", "v1");
    const bool ours = word.find(":20") != word.npos;
    talk.say({word});
    EXPECT_EQ(talk.cached("GET k"), ours ? "miss" : "\"v1\"");
    EXPECT_EQ(talk.listener().held(), !ours);
    if (ours) {
      talk.listener_returns();
      EXPECT_EQ(talk.sent(), "CLIENT TRACKING ON REDIRECT 21");
      talk.say({ok});
      talk.keep("GET k", "v2");
    }
  }
}

TEST(RedirectCore, ADataConnectionTakesOnlyItsOwnEntriesWithIt) {
  RedirectTalk talk{redirect(), {.data_connections = 2}};
  talk.establish();
  const auto owner = [&talk](const std::string& key) -> std::size_t {
    talk.ask("GET " + key);
    const std::size_t by = talk.sent_by(0).empty() ? 1 : 0;
    talk.data(by).say(bulk("v") + ":-1\r\n");
    talk.sent_by(1);
    return by;
  };
  std::string keys[2];
  for (char name = 'a'; keys[0].empty() || keys[1].empty(); ++name) {
    keys[owner({name})] = name;
  }
  talk.ask("GET " + keys[0] + "x");  // to either of them
  talk.answers();
  EXPECT_EQ(talk.cached("GET " + keys[0]), "\"v\"");
  EXPECT_EQ(talk.cached("GET " + keys[1]), "\"v\"");
  talk.data(1).hang_up();
  EXPECT_EQ(talk.cached("GET " + keys[0]), "\"v\"");
  EXPECT_EQ(talk.cached("GET " + keys[1]), "miss");
  EXPECT_TRUE(talk.core->healthy());
  talk.sent();
  talk.ask("GET " + keys[1]);
  EXPECT_EQ(talk.sent_by(0), "GET " + keys[1] + " | PEXPIRETIME " + keys[1]) << "by the one that is left";
  const std::string said = talk.data_returns(1);
  EXPECT_EQ(said, "HELLO 3 / " + probe_text(1) + " / CLIENT TRACKING ON REDIRECT 20");
  talk.ask("GET " + keys[1] + "y");
}

TEST(RedirectCore, ADataConnectionThatFallsSilentVouchesNoLongerThanMaxIdle) {
  RedirectTalk talk;
  talk.establish();
  talk.keep("GET k", "v1");
  for (int quarter = 1; quarter < 4; ++quarter) {
    talk.runtime.advance(milliseconds{1250});
    EXPECT_EQ(talk.cached("GET k"), "\"v1\"");
    const std::string said = talk.listener_sent();
    EXPECT_EQ(said, probe_text(static_cast<std::uint64_t>(quarter) + 1));
    talk.listener().say(joined(answers_to(said, talk.listener_node())));
  }
  talk.runtime.advance(milliseconds{1250} - Duration{1});
  EXPECT_EQ(talk.cached("GET k"), "\"v1\"");
  talk.runtime.advance(Duration{1});
  EXPECT_EQ(talk.cached("GET k"), "miss") << "the listener lives, but who reads is gone";
  EXPECT_EQ(talk.core->link_error(), Errc::idle_breach);
}

TEST(RedirectCore, OwnWritesOfUnknownKeysWaitForTheListener) {
  RedirectTalk talk;
  talk.establish();
  talk.keep("GET k", "v1");
  talk.keep("GET u", "old");
  talk.ask("EVAL script 0");
  EXPECT_EQ(talk.sent(), "EVAL script 0");
  talk.say({ok});
  EXPECT_EQ(talk.answers(), "3 OK");
  EXPECT_EQ(talk.listener_sent(), barrier_text(1));
  EXPECT_EQ(talk.cached("GET k"), "miss");
  talk.listener().say(invalidation({"u"}) + barrier_answer(1));
  EXPECT_EQ(talk.cached("GET k"), "\"v1\"");
  EXPECT_EQ(talk.cached("GET u"), "miss");
  talk.ask("EVAL script 0");
  talk.say({ok});
  talk.listener().hang_up();
  talk.listener_returns();
  talk.sent();
  talk.say({ok});
  talk.keep("GET k", "v2");
}

TEST(RedirectCore, WithoutDataConnectionsItOnlyDrivesItsCache) {
  RedirectTalk talk{redirect(), {.data_connections = 0}};
  talk.core->start();
  EXPECT_EQ(talk.meet_listener(), "HELLO 3 / " + probe_text(1));
  EXPECT_TRUE(talk.core->healthy());
  talk.ask("GET k");
  talk.runtime.run_due();
  EXPECT_EQ(talk.answers(), "1 no_data_connection");
}

// ---- RESP2 ----

TEST(RedirectCore, InRespTwoTheListenerSubscribes) {
  RedirectTalk talk{redirect(), {.protocol = Protocol::resp2}};
  talk.core->start();
  EXPECT_EQ(talk.meet_listener(), "HELLO 2 / SUBSCRIBE __redis__:invalidate / PING trackside:1");
  EXPECT_EQ(talk.meet_data(0), "HELLO 2 / " + probe_text(1, 2) + " / CLIENT TRACKING ON REDIRECT 20");
}

TEST(RedirectCore, InRespTwoWhatAnybodyPublishesMeansNothing) {
  RedirectTalk talk{redirect(), {.protocol = Protocol::resp2}};
  talk.establish();
  talk.keep("GET k", "v1");
  talk.listener().say(message(bulk("k")));
  EXPECT_EQ(talk.cached("GET k"), "\"v1\"");
  talk.listener().say(message(":1\r\n"));
  EXPECT_FALSE(talk.listener().held());
  EXPECT_EQ(talk.cached("GET k"), "miss");
}

TEST(RedirectCore, InRespTwoADataConnectionNoticesSwappedDatabases) {
  RedirectTalk talk{redirect(), {.protocol = Protocol::resp2}};
  talk.establish();
  talk.keep("GET k", "v1");
  talk.swaps = 1;
  talk.runtime.advance(milliseconds{1250});
  talk.answer_all();
  EXPECT_EQ(talk.cached("GET k"), "miss");
  EXPECT_TRUE(talk.core->healthy());
}

// ---- broadcasts ----

TEST(RedirectCore, ABroadcastNeedsNoRegistration) {
  for (const Protocol protocol : {Protocol::resp3, Protocol::resp2}) {
    RedirectTalk talk{redirect(Selection::broadcast, {"a:"}), {.protocol = protocol}};
    talk.establish();
    EXPECT_EQ(talk.sent(), "");
    talk.ask("GET b:k");
    EXPECT_EQ(talk.sent(), "GET b:k") << "under no prefix";
    talk.say({bulk("w")});
    talk.keep("GET a:k", "v1");
    talk.invalidate({"a:k"});
    EXPECT_EQ(talk.cached("GET a:k"), "miss");
    talk.keep("GET a:k", "v2");
    talk.listener().hang_up();
    EXPECT_EQ(talk.cached("GET a:k"), "miss");
    talk.listener_returns();
    EXPECT_EQ(talk.sent(), "");
    talk.keep("GET a:k", "v3");
  }
}

TEST(RedirectCore, BroadcastEntriesOutliveTheConnectionThatReadThem) {
  RedirectTalk talk{redirect(Selection::broadcast)};
  talk.establish();
  talk.keep("GET k", "v1");
  talk.data(0).hang_up();
  EXPECT_EQ(talk.cached("GET k"), "\"v1\"") << "the server tells of every change";
}

// A subscriber in RESP2 may only PING, which does not see that databases were swapped or that the node is a replica
// now.

TEST(RedirectCore, InRespTwoABroadcastIsDroppedWithTheDataConnectionThatWatchedForSwaps) {
  RedirectTalk talk{redirect(Selection::broadcast), {.protocol = Protocol::resp2}};
  talk.establish();
  talk.keep("GET k", "v1");
  talk.ask("GET l");
  talk.swaps = 1;
  talk.data(0).hang_up();
  EXPECT_EQ(talk.cached("GET k"), "miss");
  talk.data_returns(0);
  EXPECT_EQ(talk.cached("GET k"), "miss");
  talk.attend(0);
  talk.answer_all();
  talk.runtime.advance(milliseconds{1250});
  talk.answer_all();
  EXPECT_TRUE(talk.core->healthy());
  talk.keep("GET k", "v2");
}

TEST(RedirectCore, InRespTwoABroadcastVouchesNoLongerThanSomeDataConnection) {
  RedirectTalk talk{redirect(Selection::broadcast), {.protocol = Protocol::resp2}};
  talk.establish();
  talk.keep("GET k", "v1");
  for (int quarter = 1; quarter < 4; ++quarter) {
    talk.runtime.advance(milliseconds{1250});
    EXPECT_EQ(talk.cached("GET k"), "\"v1\"") << quarter;
    const std::string said = talk.listener_sent();
    ASSERT_TRUE(said.starts_with("PING")) << said;
    talk.listener().say(joined(answers_to(said, talk.listener_node())));
    talk.say({"$10000000\r\n"});  // a reply without end trickles in, which keeps the connection
  }
  talk.runtime.advance(milliseconds{1250});
  EXPECT_EQ(talk.cached("GET k"), "miss");
}

TEST(RedirectCore, InRespTwoADataConnectionThatStaysAwayTakesABroadcastWithItOnce) {
  RedirectTalk talk{redirect(Selection::broadcast), {.protocol = Protocol::resp2, .data_connections = 2}};
  talk.establish();
  talk.data(1).hang_up();
  talk.runtime.advance(milliseconds{1250});
  talk.answer_all();
  talk.keep("GET k", "v1");
  for (int attempt = 0; attempt < 3; ++attempt) {
    talk.runtime.latest().hang_up();
    EXPECT_EQ(talk.cached("GET k"), "\"v1\"") << "the other one watches";
    talk.runtime.advance(milliseconds{200});
  }
}

}  // namespace
}  // namespace trackside::testing

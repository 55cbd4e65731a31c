// Transcripts of MGET: what the cache has is not asked again, what comes back is kept by key, and an answer is only put
// together of parts that were true at one moment.
#include <gtest/gtest.h>

#include "properties/impl/client_talk.hpp"

namespace trackside::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string for_ever = ":-1\r\n";
const std::string absent = ":-2\r\n";

TEST(SeveralCore, WhatIsNotCachedIsAskedAtOnceAndKeptByKey) {
  ClientTalk talk;
  talk.establish();
  EXPECT_EQ(talk.cached("MGET a b"), "miss");
  talk.ask("MGET a b");
  EXPECT_EQ(talk.sent(), "MGET a b | PEXPIRETIME a | PEXPIRETIME b");
  talk.say({array_of({"1", "2"}), for_ever});
  EXPECT_EQ(talk.answers(), "") << "one reply is still to come";
  talk.say({for_ever});
  EXPECT_EQ(talk.answers(), "1 [\"1\", \"2\"]");
  EXPECT_EQ(talk.cached("GET a"), "\"1\"");
  EXPECT_EQ(talk.cached("MGET b a"), "[\"2\", \"1\"]");
  EXPECT_EQ(talk.cached("mget b a b"), "[\"2\", \"1\", \"2\"]");
  EXPECT_EQ(talk.cache->open_fills(), 0u);
}

TEST(SeveralCore, OnlyTheRestIsFetched) {
  ClientTalk talk;
  talk.establish();
  talk.keep("GET b", "2");
  talk.ask("MGET a b c");
  EXPECT_EQ(talk.sent(), "MGET a c | PEXPIRETIME a | PEXPIRETIME c");
  talk.say({array_of({"1", "3"}), for_ever, for_ever});
  EXPECT_EQ(talk.answers(), "2 mixed [\"1\", \"2\", \"3\"]");
  EXPECT_EQ(talk.cached("MGET a b c"), "[\"1\", \"2\", \"3\"]");
}

TEST(SeveralCore, AllIsAskedAgainWhenThePartFromTheCacheWasOvertaken) {
  for (const std::string& push : {invalidation({"b"}), null_invalidation}) {
    ClientTalk talk;
    talk.establish();
    talk.keep("GET b", "2");
    talk.ask("MGET a b");
    EXPECT_EQ(talk.sent(), "MGET a | PEXPIRETIME a");
    talk.say({push, array_of({"1"}), for_ever});  // [1, 2] may never have been true
    EXPECT_EQ(talk.answers(), "");
    EXPECT_EQ(talk.sent(), "MGET a b") << "whole, and nothing of it is kept";
    talk.say({array_of({"1", "3"})});
    EXPECT_EQ(talk.answers(), "2 [\"1\", \"3\"]");
    EXPECT_EQ(talk.cached("GET b"), "miss");
    EXPECT_EQ(talk.cache->open_fills(), 0u);
  }
}

TEST(SeveralCore, APartThatWasReadAgainMeanwhileMustStillBeTheSame) {
  for (const char* value : {"2", "3"}) {
    ClientTalk talk;
    talk.establish();
    talk.keep("GET b", "2");
    talk.ask("MGET a b");
    talk.say({invalidation({"b"})});
    talk.ask("GET b");
    talk.sent();
    talk.say({array_of({"1"})});
    talk.say({for_ever});
    const bool resent = !talk.sent().empty();
    EXPECT_TRUE(resent) << "it is not there when the answer comes";
    talk.answer(value);
    talk.say({array_of({"1", value})});
    EXPECT_EQ(talk.answers(), "3 \"" + std::string{value} + "\"; 2 [\"1\", \"" + value + "\"]");
  }
}

TEST(SeveralCore, APartThatExpiresMeanwhileIsAskedAgain) {
  ClientTalk talk;
  talk.establish();
  talk.ask("GET b");
  talk.say({bulk("2"), ":1700000000100\r\n"});
  talk.ask("MGET a b");
  talk.sent();
  talk.runtime.advance(milliseconds{100});
  talk.say({array_of({"1"}), for_ever});
  EXPECT_EQ(talk.sent(), "MGET a b");
}

TEST(SeveralCore, AFetchedPartThatWasOvertakenIsDeliveredAndNotKept) {
  ClientTalk talk;
  talk.establish();
  talk.ask("MGET a b");
  talk.sent();
  talk.say({array_of({"1", "2"}), invalidation({"a"}), for_ever, for_ever});
  EXPECT_EQ(talk.answers(), "1 [\"1\", \"2\"]");
  EXPECT_EQ(talk.cached("GET a"), "miss");
  EXPECT_EQ(talk.cached("GET b"), "\"2\"");
  EXPECT_EQ(talk.core->metrics().fills.revoked, 1u);
}

TEST(SeveralCore, AnAbsentKeyIsKeptAndOneOfAnotherTypeIsNot) {
  ClientTalk talk;
  talk.establish();
  talk.ask("MGET gone list");
  talk.say({"*2\r\n_\r\n_\r\n", absent, for_ever});
  EXPECT_EQ(talk.answers(), "1 [(nil), (nil)]");
  EXPECT_EQ(talk.cached("GET gone"), "(nil)");
  EXPECT_EQ(talk.cached("GET list"), "miss") << "GET would say WRONGTYPE";
  talk.ask("MGET dying");
  talk.say({array_of({"v"}), absent});
  EXPECT_EQ(talk.cached("GET dying"), "miss") << "gone between the two answers";
  EXPECT_EQ(talk.cache->open_fills(), 0u);
}

TEST(SeveralCore, AnErrorIsTheAnswer) {
  ClientTalk talk;
  talk.establish();
  talk.keep("GET b", "2");
  talk.ask("MGET a b");
  talk.say({"-LOADING\r\n", "-LOADING\r\n"});
  EXPECT_EQ(talk.answers(), "2 (error) LOADING");
  talk.ask("MGET a b");
  talk.say({array_of({"1", "2"}), for_ever});
  EXPECT_EQ(talk.answers(), "3 [\"1\", \"2\"]") << "more than was asked: delivered as it is";
  EXPECT_EQ(talk.cached("GET a"), "miss");
  talk.ask("MGET a");
  talk.say({array_of({"1"}), "-NOPERM\r\n"});
  EXPECT_EQ(talk.answers(), "4 [\"1\"]");
  EXPECT_EQ(talk.cached("GET a"), "miss") << "not known when it expires";
  EXPECT_EQ(talk.cache->open_fills(), 0u);
  talk.ask("MGET");
  EXPECT_EQ(talk.sent(), "MGET a | PEXPIRETIME a | MGET a | PEXPIRETIME a | MGET a | PEXPIRETIME a | MGET");
}

TEST(SeveralCore, AKeyMayBeNamedTwice) {
  ClientTalk talk;
  talk.establish();
  talk.ask("MGET a a b");
  EXPECT_EQ(talk.sent(), "MGET a a b | PEXPIRETIME a | PEXPIRETIME a | PEXPIRETIME b");
  talk.say({array_of({"1", "1", "2"}), for_ever, for_ever, for_ever});
  EXPECT_EQ(talk.answers(), "1 [\"1\", \"1\", \"2\"]");
  EXPECT_EQ(talk.cached("MGET a b a"), "[\"1\", \"2\", \"1\"]");
  talk.ask("MGET a c a");
  EXPECT_EQ(talk.sent(), "MGET c | PEXPIRETIME c");
  talk.say({array_of({"3"}), for_ever});
  EXPECT_EQ(talk.answers(), "2 mixed [\"1\", \"3\", \"1\"]");
}

TEST(SeveralCore, WhoTimedOutMeanwhileIsNotAskedForAgain) {
  ClientTalk talk;
  talk.establish();
  talk.keep("GET b", "2");
  talk.ask("MGET a b");
  talk.sent();
  talk.runtime.advance(seconds{2});
  EXPECT_EQ(talk.answers(), "2 command_timeout");
  talk.sent();
  talk.say({invalidation({"b"}), array_of({"1"}), for_ever});
  EXPECT_EQ(talk.sent(), "") << "nobody waits";
  EXPECT_EQ(talk.cached("GET a"), "\"1\"");
  EXPECT_EQ(talk.counts(), "11");
  EXPECT_EQ(talk.cache->open_fills(), 0u);
}

TEST(SeveralCore, WhoeverAsksAgainStillHasOneTimeout) {
  ClientTalk talk;
  talk.establish();
  talk.keep("GET b", "2");
  talk.ask("MGET a b");
  talk.runtime.advance(milliseconds{1200});
  talk.say({invalidation({"b"}), array_of({"1"}), for_ever});
  EXPECT_EQ(talk.answers(), "");
  talk.runtime.advance(milliseconds{799});
  EXPECT_EQ(talk.answers(), "");
  talk.runtime.advance(milliseconds{1});
  EXPECT_EQ(talk.answers(), "2 command_timeout");
}

TEST(SeveralCore, ALostLinkAnswersOnceAndLeavesNothing) {
  for (const bool again : {false, true}) {
    ClientTalk talk;
    talk.establish();
    talk.keep("GET b", "2");
    talk.ask("MGET a b");
    if (again) {
      talk.say({invalidation({"b"}), array_of({"1"}), for_ever});
    }
    talk.link().hang_up();
    EXPECT_EQ(talk.answers(), "2 connection_lost");
    EXPECT_EQ(talk.cache->open_fills(), 0u);
    talk.node.id = 8;
    talk.reconnect();
    talk.ask("MGET a b");
    EXPECT_EQ(talk.sent(), "MGET a b | PEXPIRETIME a | PEXPIRETIME b");
  }
}

TEST(SeveralCore, OptInPermitsTheWholeRead) {
  ClientTalk talk{{}, {.tracking = {.selection = Selection::opt_in}}};
  talk.establish();
  talk.ask("MGET a b");
  EXPECT_EQ(talk.sent(), "CLIENT CACHING YES | MGET a b | PEXPIRETIME a | PEXPIRETIME b");
  talk.say({ok, array_of({"1", "2"}), for_ever, for_ever});
  EXPECT_EQ(talk.answers(), "1 [\"1\", \"2\"]");
  talk.ask("MGET a c b");
  EXPECT_EQ(talk.sent(), "CLIENT CACHING YES | MGET c | PEXPIRETIME c");
  talk.say({"-ERR CLIENT CACHING refused\r\n", array_of({"3"}), for_ever});
  EXPECT_EQ(talk.answers(), "2 mixed [\"1\", \"3\", \"2\"]");
  EXPECT_EQ(talk.cached("GET c"), "miss") << "not tracked";
  EXPECT_EQ(talk.cached("MGET a b"), "[\"1\", \"2\"]");
}

TEST(SeveralCore, OptInPermitsNothingWhereNothingMayBeKept) {
  ClientTalk talk{{}, {.tracking = {.selection = Selection::opt_in}, .cacheable = [](const Query&) { return false; }}};
  talk.establish();
  talk.ask("MGET a b");
  EXPECT_EQ(talk.sent().find("CACHING"), std::string::npos) << "the server would remember the keys for nobody";
}

TEST(SeveralCore, ADoubtedPartIsCheckedAgainstTheServer) {
  ClientTalk talk{{}, {.confidence = 0}};
  talk.establish();
  talk.ask("GET b");
  talk.answer("2");
  EXPECT_EQ(talk.cached("MGET b"), "miss");
  talk.ask("MGET a b");
  talk.sent();
  talk.say({array_of({"1", "other"}), for_ever, for_ever});
  EXPECT_EQ(talk.answers(), "1 \"2\"; 2 [\"1\", \"other\"]");
  EXPECT_EQ(talk.cache->stats()->summary().dirty_hits, 1u);
}

TEST(SeveralCore, WithoutACommonOrderItIsNotTakenApart) {
  ClientTalk talk{{}, {.tracking = {.selection = Selection::broadcast}}};
  talk.core->start();
  talk.runtime.latest().accept();
  talk.say({hello(), ok});
  talk.answer_probe(1);
  talk.answer_probe(2);
  talk.sent();
  talk.ask("GET a");
  talk.answer("1");
  talk.ask("MGET a b");
  EXPECT_EQ(talk.sent(), "GET a | PEXPIRETIME a | MGET a b");
  talk.say({array_of({"1", "2"})});
  EXPECT_EQ(talk.answers(), "1 \"1\"; 2 [\"1\", \"2\"]");
  EXPECT_EQ(talk.cached("GET a"), "miss") << "what it told may be newer";
}

// ---- the same again, disturbed ----

/// A read of one cached and two other keys, of which the cached one is overtaken if `overtaken`.
std::vector<std::string> frames(bool overtaken) {
  std::vector<std::string> all{array_of({"1", "3"}), for_ever, for_ever};
  if (overtaken) {
    all.insert(all.begin() + 1, invalidation({"b"}));
    all.push_back(array_of({"1", "9", "3"}));
  }
  return all;
}

TEST(SeveralCore, AnErrorAtAnyStepAnswersOnceAndLeavesNothing) {
  for (const bool overtaken : {false, true}) {
    for (std::size_t step = 0; step < frames(overtaken).size(); ++step) {
      std::vector<std::string> disturbed = frames(overtaken);
      if (disturbed[step].front() == '>') {
        continue;
      }
      disturbed[step] = "-ERR injected\r\n";
      if (overtaken && step == 0) {
        disturbed.pop_back();  // an error is the whole answer
      }
      ClientTalk talk;
      talk.establish();
      talk.keep("GET b", "2");
      talk.ask("MGET a b c");
      talk.say(disturbed);
      EXPECT_EQ(talk.counts(), "11") << step;
      EXPECT_EQ(talk.cache->open_fills(), 0u);
      EXPECT_EQ(talk.core->metrics().exchanges_outstanding, 0u);
      const bool kept = talk.cached("GET a") != "miss" && talk.cached("GET c") != "miss";
      EXPECT_EQ(kept, overtaken && step == 4) << step;
      talk.sent();
      talk.ask("PING");
      talk.say({"+PONG\r\n"});
      EXPECT_TRUE(talk.answers().ends_with("3 PONG")) << "the stream is not off by one";
    }
  }
}

TEST(SeveralCore, AConnectionThatEndsAtAnyByteAnswersOnceAndLeavesNothing) {
  for (const bool overtaken : {false, true}) {
    const std::string bytes = joined(frames(overtaken));
    for (std::size_t end = 0; end <= bytes.size(); ++end) {
      ClientTalk talk;
      talk.establish();
      talk.keep("GET b", "2");
      talk.ask("MGET a b c");
      talk.say({bytes.substr(0, end)});
      const bool complete = end == bytes.size();
      EXPECT_EQ(!talk.answers().empty(), complete);
      talk.link().hang_up();
      EXPECT_EQ(talk.answers(), complete ? "" : "2 connection_lost");
      EXPECT_EQ(talk.cache->open_fills(), 0u);
      EXPECT_EQ(talk.cache->keys(), 0u);
    }
  }
}

}  // namespace
}  // namespace trackside::testing

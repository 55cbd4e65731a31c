// Transcripts of the selections, in band: what CLIENT CACHING goes ahead of, and what a broadcast covers and proves.
#include <gtest/gtest.h>

#include "properties/impl/client_talk.hpp"

namespace trackside::testing {
namespace {

using std::chrono::milliseconds;

CacheOptions selecting(Selection selection, std::vector<std::string> prefixes = {}) {
  return {.tracking = {.selection = selection, .prefixes = std::move(prefixes)}};
}

TEST(SelectionCore, OptInPermitsWhatIsToBeKeptRightAheadOfIt) {
  ClientTalk talk{{}, selecting(Selection::opt_in)};
  talk.establish();
  EXPECT_EQ(talk.handshake, "HELLO 3 | CLIENT TRACKING ON OPTIN");
  talk.ask("GET k");
  EXPECT_EQ(talk.sent(), "CLIENT CACHING YES | GET k | PEXPIRETIME k");
  talk.say({ok, bulk("v1"), ":-1\r\n"});
  EXPECT_EQ(talk.answers(), "1 \"v1\"");
  EXPECT_EQ(talk.cached("GET k"), "\"v1\"");
  talk.ask("TTL k");
  talk.ask("SET k v2");
  talk.transact({"GET k"});
  EXPECT_EQ(talk.sent(), "TTL k | SET k v2 | MULTI | GET k | EXEC") << "what is not kept is not tracked";
}

TEST(SelectionCore, WhatWasNotPermittedIsNotKept) {
  ClientTalk talk{{}, selecting(Selection::opt_in)};
  talk.establish();
  talk.ask("GET k");
  talk.ask("GET k");
  talk.say({"-NOPERM caching\r\n", bulk("v1"), ":-1\r\n"});
  EXPECT_EQ(talk.answers(), "1 \"v1\"; 2 joined \"v1\"");
  EXPECT_EQ(talk.cached("GET k"), "miss");
  EXPECT_EQ(talk.cache->open_fills(), 0u);
}

TEST(SelectionCore, OptInPermitsNothingThatMayNotBeKept) {
  CacheOptions options = selecting(Selection::opt_in);
  options.cacheable = [](const Query& query) { return query.key != "secret"; };
  ClientTalk talk{{}, options};
  talk.establish();
  talk.ask("GET secret");
  EXPECT_EQ(talk.sent(), "GET secret");
}

TEST(SelectionCore, OptOutExcludesWhatIsNotToBeKept) {
  CacheOptions options = selecting(Selection::opt_out);
  options.cacheable = [](const Query& query) { return query.key != "secret"; };
  ClientTalk talk{{}, options};
  talk.establish();
  EXPECT_EQ(talk.handshake, "HELLO 3 | CLIENT TRACKING ON OPTOUT");
  talk.ask("GET k");
  EXPECT_EQ(talk.sent(), "GET k | PEXPIRETIME k") << "tracked unless it is excluded";
  talk.answer("v1");
  EXPECT_EQ(talk.cached("GET k"), "\"v1\"");
  talk.ask("GET secret");
  EXPECT_EQ(talk.sent(), "CLIENT CACHING NO | GET secret");
  talk.say({ok, bulk("s")});
  talk.ask("TTL k");
  EXPECT_EQ(talk.sent(), "CLIENT CACHING NO | TTL k");
  talk.say({"-NOPERM caching\r\n", ":-1\r\n"});
  talk.ask("SET k v2");
  talk.ask("PING");
  EXPECT_EQ(talk.sent(), "SET k v2 | PING") << "the server remembers neither";
  EXPECT_EQ(talk.answers(), "1 \"v1\"; 2 \"s\"; 3 (integer) -1");
}

/// Until it has answered two probes a broadcast vouches for nothing.
void establish_broadcast(ClientTalk& talk) {
  talk.core->start();
  talk.runtime.latest().accept();
  talk.handshake = talk.sent();
  talk.say({hello(), ok});
  talk.answer_probe(1);
  EXPECT_FALSE(talk.core->healthy());
  talk.answer_probe(2);
  EXPECT_TRUE(talk.core->healthy());
  EXPECT_EQ(talk.sent(), probe_text(1) + " | " + probe_text(2));
}

TEST(SelectionCore, ABroadcastCoversItsPrefixes) {
  ClientTalk talk{{}, selecting(Selection::broadcast, {"a:", "b:"})};
  establish_broadcast(talk);
  EXPECT_EQ(talk.handshake, "HELLO 3 | CLIENT TRACKING ON BCAST PREFIX a: PREFIX b:");
  talk.keep("GET a:k", "v1");
  talk.keep("GET b:k", "v1");
  talk.ask("GET c:k");
  EXPECT_EQ(talk.sent(), "GET c:k") << "nobody would tell";
  talk.say({bulk("v1")});
  EXPECT_EQ(talk.cached("GET c:k"), "miss");
  talk.say({invalidation({"a:j", "a:k"})});
  EXPECT_EQ(talk.cached("GET a:k"), "miss");
  EXPECT_EQ(talk.cached("GET b:k"), "\"v1\"");
}

TEST(SelectionCore, ABroadcastVouchesWithTheProbeBeforeTheLast) {
  ClientTalk talk{{}, selecting(Selection::broadcast)};
  establish_broadcast(talk);
  talk.keep("GET k", "v1");
  talk.runtime.advance(milliseconds{1250});
  EXPECT_EQ(talk.sent(), probe_text(3));
  talk.answer_probe(3);  // what was broadcast since the second probe may still be on its way
  talk.runtime.advance(milliseconds{3750} - Duration{1});
  EXPECT_EQ(talk.cached("GET k"), "\"v1\"");
  talk.runtime.advance(Duration{1});
  EXPECT_EQ(talk.cached("GET k"), "miss") << "max_idle after the second, not after the third";
}

TEST(SelectionCore, ABroadcastMayTrailNewerReplies) {
  ClientTalk talk{{}, selecting(Selection::broadcast)};
  establish_broadcast(talk);
  talk.keep("HGET h f", "v1");
  talk.ask("HGET h g");
  talk.answer("w2");  // the push about h is still to come
  EXPECT_EQ(talk.cached("HGET h f"), "miss") << "or a reader would go back";
  talk.say({invalidation({"h"})});
  EXPECT_EQ(talk.cached("HGET h g"), "miss");
}

TEST(SelectionCore, WhatCannotBeIsRefusedByName) {
  const auto refusal = [](CacheOptions cache, ClientOptions options = {}) {
    ClientTalk talk{options, cache};
    talk.core->start();
    EXPECT_EQ(talk.runtime.attempts(), 0u);
    talk.ask("GET k");
    talk.runtime.run_due();
    return talk.answers();
  };
  EXPECT_EQ(refusal({.tracking = {.noloop = true}}), "1 noloop_unsound");
  EXPECT_EQ(refusal({}, {.protocol = Protocol::resp2}), "1 tracking_invalid") << "RESP2 has no pushes";
  EXPECT_EQ(refusal(selecting(Selection::all, {"a"})), "1 tracking_invalid") << "prefixes of no broadcast";
  EXPECT_EQ(refusal(selecting(Selection::broadcast, {"a", "b", "ab"})), "1 tracking_invalid") << "prefixes overlap";
  EXPECT_EQ(refusal(selecting(Selection::broadcast, {"a", ""})), "1 tracking_invalid");
  const CacheOptions redirected{.tracking = {.delivery = Delivery::redirect}};
  EXPECT_EQ(refusal(redirected, {.protocol = Protocol::resp2, .data_connections = 0}), "1 tracking_invalid")
      << "a subscriber can prove neither its role nor who redirects to it, and there is nobody else";
  EXPECT_EQ(refusal({}, {.topology = Topology::cluster}), "1 cluster_unsupported");
}

}  // namespace
}  // namespace trackside::testing

// Transcripts of reference caches that share a store, that hear of reads by other connections, or that are told to keep
// less: what the specification says beyond one cache on one link.
#include <memory>

#include <gtest/gtest.h>

#include "properties/model/reference_transcript.hpp"

namespace trackside::testing {
namespace {

TEST(ReferenceCache, AReplyByADataConnectionIsGoodWhileBothLinksVouch) {
  Redirected cache{{.max_idle = 5 * second}};
  EXPECT_EQ(cache.begin_fill(0, get("k"), 1), model::no_fill) << "unknown";
  EXPECT_EQ(cache.begin_fill(0, get("k")), model::no_fill) << "the link reads nothing";
  cache.data_up(0, 1);
  EXPECT_EQ(cache.fills_by(1, get("k"), "v1"), PutOutcome::refused_unhealthy) << "it has proved nothing yet";
  cache.data_vouched(1, 2 * second, epoch);
  EXPECT_EQ(cache.fills_by(1, get("k"), "v1"), PutOutcome::kept);
  EXPECT_EQ(cache.reads(get("k"), 5 * second - 1), "v1");
  EXPECT_EQ(cache.reads(get("k"), 5 * second), "miss") << "the link's lease has ended";
  cache.link_vouched(3 * second, epoch);
  EXPECT_EQ(cache.reads(get("k"), 7 * second - 1), "v1");
  EXPECT_EQ(cache.reads(get("k"), 7 * second), "miss") << "the connection's has";
  cache.data_down(1, 0);
  EXPECT_EQ(cache.keys_by_recency(), Keys{});
}

TEST(ReferenceCache, TheLinkTakesItsDataConnectionsWithIt) {
  Redirected cache;
  cache.data_up(0, 1);
  cache.data_vouched(1, 0, epoch);
  cache.fills_by(1, get("k"), "v1");
  const auto fill = cache.begin_fill(0, get("l"), 1);
  cache.link_down();
  EXPECT_EQ(cache.keys_by_recency(), Keys{});
  EXPECT_FALSE(cache.is_open(fill));
  cache.link_up(8);
  cache.link_vouched(0, epoch);
  EXPECT_EQ(cache.begin_fill(0, get("k"), 1), model::no_fill) << "it redirects to what is gone";
}

TEST(ReferenceCache, ARegisteredConnectionVouchesFromWhenItWasAsked) {
  Redirected cache{{.max_idle = 5 * second}};
  using model::RegisterOutcome;
  EXPECT_EQ(cache.register_connection(0, {.connection = 1, .redirect = 7, .noloop = true}),
            RegisterOutcome::noloop_unsound);
  EXPECT_EQ(cache.register_connection(0, {.connection = 1, .redirect = 8}), RegisterOutcome::redirect_mismatch);
  EXPECT_EQ(cache.register_connection(0, {.connection = 1, .redirect = 7}), RegisterOutcome::registered);
  EXPECT_EQ(cache.fills_by(1, get("k"), "v1"), PutOutcome::refused_unhealthy);
  EXPECT_EQ(cache.register_connection(0, {.connection = 1, .redirect = 7, .asked_at = 0}), RegisterOutcome::registered);
  EXPECT_EQ(cache.fills_by(1, get("k"), "v1"), PutOutcome::kept);
  EXPECT_EQ(cache.foreign_connections(), std::vector<model::ConnectionId>{1});
  Cache in_order;
  EXPECT_EQ(in_order.register_connection(0, {.connection = 1, .redirect = 7}), RegisterOutcome::tracking_invalid)
      << "a link that reads tells of nothing else";
  EXPECT_EQ(in_order.begin_fill(0, get("k"), 1), model::no_fill);
}

TEST(ReferenceCache, WithoutOrderAReplyReplacesAllOfItsKey) {
  Redirected cache;
  for (const model::ConnectionId connection : {1, 2}) {
    cache.data_up(0, connection);
    cache.data_vouched(connection, 0, epoch);
  }
  cache.fills_by(1, hget("k", "f"), "1");
  const auto fill = cache.begin_fill(0, hget("k", "h"), 2);
  cache.fills_by(1, hget("l", "f"), "2");
  EXPECT_EQ(cache.fills_by(1, hget("k", "g"), "3"), PutOutcome::kept);
  EXPECT_EQ(cache.reads(hget("k", "f")), "miss");
  EXPECT_FALSE(cache.is_open(fill));
  EXPECT_EQ(cache.reads(hget("k", "g")), "3");
  EXPECT_EQ(cache.reads(hget("l", "f")), "2");
  cache.seen({"k"}, 1);
  EXPECT_EQ(cache.reads(hget("k", "g")), "miss") << "seen and not kept";
}

TEST(ReferenceCache, InOrderAReplyTakesOnlyWhatCameByOthers) {
  Sharing sharing;
  sharing.a.fills(hget("k", "f"), "1");
  sharing.a.fills(hget("k", "g"), "2");
  EXPECT_EQ(sharing.b.reads(hget("k", "f")), "1");
  EXPECT_EQ(sharing.a.reads(hget("k", "g")), "2") << "its own stream is in order";
  const auto of_a = sharing.a.begin_fill(0, hget("k", "h"));
  sharing.b.fills(hget("k", "i"), "3");
  EXPECT_EQ(sharing.a.reads(hget("k", "f")), "miss");
  EXPECT_FALSE(sharing.a.is_open(of_a));
  EXPECT_EQ(sharing.a.reads(hget("k", "i")), "3");
  sharing.b.seen({"k"});
  EXPECT_EQ(sharing.a.reads(hget("k", "i")), "3");
  sharing.b.seen({"k"}, 9);
  EXPECT_EQ(sharing.a.reads(hget("k", "i")), "miss") << "by a connection that is not the link";
}

TEST(ReferenceCache, ServesWhatOthersVouchForOnlyWhileItsOwnLinkDoes) {
  Sharing sharing;
  sharing.a.fills(get("k"), "v1");
  EXPECT_EQ(sharing.b.reads(get("k")), "v1");
  sharing.b.link_down();
  EXPECT_EQ(sharing.b.reads(get("k")), "miss");
  EXPECT_EQ(sharing.a.reads(get("k")), "v1") << "B's link vouched for nothing of it";
  sharing.b.link_up(9);
  sharing.b.link_vouched(0, epoch);
  EXPECT_EQ(sharing.b.reads(get("k")), "v1");
  sharing.a.link_down();
  EXPECT_EQ(sharing.b.reads(get("k")), "miss");
}

TEST(ReferenceCache, EveryReaderAddsItsOwnBounds) {
  Sharing sharing{{.max_idle = 60 * second}, {.max_idle = 5 * second, .max_ttl = 2 * second}};
  sharing.a.fills(get("k"), "v1");
  EXPECT_EQ(sharing.b.reads(get("k"), second), "v1");
  EXPECT_EQ(sharing.b.reads(get("k"), 2 * second), "miss");
  EXPECT_EQ(sharing.a.reads(get("k"), 59 * second), "v1");
  EXPECT_EQ(sharing.a.reads(get("k"), 60 * second), "miss");
}

TEST(ReferenceCache, ScopesShareRemovalsOfTheirServerAndNoReplies) {
  const auto store = std::make_shared<model::ReferenceStore>(model::ReferenceBounds{});
  const auto in = [&](const model::ReferenceScope& scope) {
    auto cache = std::make_shared<ReferenceCache>(Sharing::on(store, {}));
    cache->initialize(scope);
    cache->link_up(7);
    cache->link_vouched(0, epoch);
    return cache;
  };
  const auto here = in({.server = "here"});
  const auto other_database = in({.server = "here", .database = 1});
  const auto other_user = in({.server = "here", .user = "bob"});
  const auto other_protocol = in({.server = "here", .protocol = 2});
  const auto there = in({.server = "there"});
  here->put(0, here->begin_fill(0, get("k")), get("k"), "v1", model::never_expires);
  for (const auto& other : {other_database, other_user, other_protocol, there}) {
    EXPECT_FALSE(other->get(0, get("k")));
  }
  there->invalidate({"k"});
  EXPECT_TRUE(here->get(0, get("k")));
  other_database->invalidate({"k"});
  EXPECT_FALSE(here->get(0, get("k"))) << "a push names a key of all databases";
}

TEST(ReferenceCache, AfterABypassOthersAreTrustedOnceTheyProvedSomethingLater) {
  Sharing sharing;
  sharing.a.fills(get("k"), "v1");
  sharing.b.begin_bypass();
  EXPECT_EQ(sharing.a.reads(get("k"), 2), "miss") << "for all of the store";
  sharing.b.end_bypass(2);
  EXPECT_EQ(sharing.a.reads(get("k"), 3), "v1");
  EXPECT_EQ(sharing.b.reads(get("k"), 3), "miss");
  sharing.a.link_vouched(2, epoch);
  EXPECT_EQ(sharing.b.reads(get("k"), 3), "miss") << "at the same instant is not later";
  sharing.a.link_vouched(3, epoch);
  EXPECT_EQ(sharing.b.reads(get("k"), 3), "v1");
}

TEST(ReferenceCache, NoReplyIsServedBeyondMaxTtlAndNoneMissedTwoTicksBefore) {
  constexpr model::Instant tick = 1 << 24;
  for (const model::Instant sent : {tick - 1, tick, tick + 5}) {
    Cache cache{{.max_idle = 100 * second, .max_ttl = 10 * tick}};
    cache.fills(get("k"), "v1", model::never_expires, sent);
    EXPECT_EQ(cache.reads(get("k"), sent + 8 * tick), "v1");
    EXPECT_EQ(cache.reads(get("k"), sent + 10 * tick), "miss");
    EXPECT_EQ(cache.reads(get("k"), sent), "v1") << "it is kept, for whoever may have it";
  }
}

TEST(ReferenceCache, NullIsKeptUnlessItMayNot) {
  Cache keeps;
  EXPECT_EQ(keeps.fills(get("k"), "_\r\n"), PutOutcome::kept);
  Cache refuses{{.cache_nil = false}};
  for (const char* const null : {"_\r\n", "$-1\r\n", "*-1\r\n"}) {
    EXPECT_EQ(refuses.fills(get("k"), null), PutOutcome::refused_nil);
  }
  EXPECT_EQ(refuses.known_fills(), 0u);
  EXPECT_EQ(refuses.fills(get("k"), "*0\r\n"), PutOutcome::kept);
}

TEST(ReferenceCache, WhatIsNotAcceptedIsNeitherAskedNorCounted) {
  Cache cache{{.told_of = model::ToldOf::prefixes,
               .prefixes = {"user:", "k"},
               .cacheable = [](const CachedQuery& query) { return query.command == "GET"; }}};
  EXPECT_EQ(cache.fills(get("other"), "v"), PutOutcome::refused_revoked);
  EXPECT_EQ(cache.fills(hget("k", "f"), "v"), PutOutcome::refused_revoked);
  EXPECT_EQ(cache.fills(get("user:1"), "v"), PutOutcome::kept);
  EXPECT_EQ(cache.reads(get("user:1")), "v");
  EXPECT_EQ(cache.reads(get("other")), "miss");
  EXPECT_EQ(cache.totals(), (ReferenceTotals{.hits = 1}));
}

TEST(ReferenceCache, SeveralAreFoundAllOrNone) {
  Sharing sharing;
  sharing.a.fills(get("k"), "1");
  EXPECT_EQ(sharing.a.get_all(0, {get("k"), get("l")}), std::nullopt);
  EXPECT_EQ(sharing.a.totals(), ReferenceTotals{});
  sharing.a.fills(get("l"), "2");
  EXPECT_EQ(sharing.a.get_all(0, {get("l"), get("k")}), (std::vector<std::string>{"2", "1"}));
  EXPECT_EQ(sharing.a.totals(), (ReferenceTotals{.hits = 2}));
  EXPECT_EQ(sharing.a.keys_by_recency(), (Keys{"k", "l"}));
  EXPECT_EQ(sharing.b.get_all(0, {get("l"), get("k")}), std::nullopt) << "only what the own link vouches for";
  EXPECT_TRUE(sharing.a.confirm_all(0, {get("k")}, {"1"}));
  EXPECT_FALSE(sharing.a.confirm_all(0, {get("k"), get("l")}, {"1", "3"}));
  EXPECT_FALSE(sharing.b.confirm_all(0, {get("k")}, {"1"}));
  sharing.a.begin_bypass();
  EXPECT_EQ(sharing.a.get_all(0, {get("k")}), std::nullopt);
  EXPECT_FALSE(sharing.a.confirm_all(0, {get("k")}, {"1"}));
}

TEST(ReferenceCache, WithoutTheServersClockWhateverExpiresMayHaveExpired) {
  Cache cache;
  cache.link_up(8);
  cache.link_vouched(0, std::nullopt);
  cache.fills(get("k"), "v1", epoch + 100 * second);
  cache.fills(get("l"), "v2");
  EXPECT_EQ(cache.reads(get("k")), "miss");
  EXPECT_EQ(cache.reads(get("l")), "v2");
}

TEST(ReferenceCache, AReplyToAFillOfAnotherCacheIsRefused) {
  Sharing sharing;
  const auto fill = sharing.a.begin_fill(0, get("k"));
  EXPECT_EQ(sharing.b.put(0, fill, get("k"), "v", model::never_expires), PutOutcome::refused_revoked);
  EXPECT_FALSE(sharing.a.is_open(fill));
}

TEST(ReferenceCache, WhoEndsTakesOnlyItsOwnWithIt) {
  Sharing sharing;
  sharing.a.fills(get("a"), "1");
  model::FillId fill = model::no_fill;
  {
    Cache c{Sharing::on(sharing.store, {})};
    c.fills(get("c"), "2");
    fill = c.begin_fill(0, get("d"));
    EXPECT_EQ(sharing.a.reads(get("c")), "2");
  }
  EXPECT_EQ(sharing.a.keys_by_recency(), Keys{"a"});
  EXPECT_FALSE(sharing.a.is_open(fill));
}

}  // namespace
}  // namespace trackside::testing

// Transcripts of the reference cache: what the specification of the store says, call by call.
#include <gtest/gtest.h>

#include "properties/model/reference_transcript.hpp"

namespace trackside::testing {
namespace {

TEST(ReferenceCache, ServesWhatWasPutAndCounts) {
  Cache cache;
  EXPECT_EQ(cache.reads(get("k")), "miss");
  EXPECT_EQ(cache.fills(get("k"), "v1"), PutOutcome::kept);
  EXPECT_EQ(cache.reads(get("k")), "v1");
  EXPECT_EQ(cache.fills(get("k"), "v2"), PutOutcome::kept);
  EXPECT_EQ(cache.reads(get("k")), "v2");
  EXPECT_EQ(cache.totals(), (ReferenceTotals{.hits = 2, .misses = 1}));
}

TEST(ReferenceCache, QueriesAreExactVectorsOfBytes) {
  Cache cache;
  cache.fills({"HMGET", "k", {"a", "bc"}}, "[1, 2]");
  EXPECT_EQ(cache.reads({"HMGET", "k", {"ab", "c"}}), "miss");
  EXPECT_EQ(cache.reads({"HMGET", "k", {"a", "bc"}}), "[1, 2]");
  EXPECT_EQ(cache.reads({"HMGET", "k", {"abc"}}), "miss");
  EXPECT_EQ(cache.reads({"MGET", "k", {"a", "bc"}}), "miss");
}

TEST(ReferenceCache, IsHealthyFromTheFirstVouchingUntilMaxIdleAfterItsAnchor) {
  ReferenceCache cache{{.max_idle = 5 * second}};
  cache.link_up(7);
  cache.link_vouched(second, epoch);
  EXPECT_FALSE(cache.healthy(second)) << "not initialized";
  cache.initialize();
  EXPECT_TRUE(cache.healthy(second));
  EXPECT_TRUE(cache.healthy(6 * second - 1));
  EXPECT_FALSE(cache.healthy(6 * second));
  cache.link_vouched(second - 1, epoch);
  EXPECT_TRUE(cache.healthy(6 * second - 1)) << "an older anchor changes nothing";
  cache.link_vouched(2 * second, epoch);
  EXPECT_TRUE(cache.healthy(6 * second));
  EXPECT_EQ(cache.client_id(), 7);
  cache.link_up(8);
  EXPECT_FALSE(cache.healthy(2 * second)) << "the new link has vouched for nothing yet";
  EXPECT_EQ(cache.client_id(), 8);
  cache.link_down();
  cache.link_vouched(2 * second, epoch);
  EXPECT_FALSE(cache.healthy(2 * second));
  EXPECT_EQ(cache.client_id(), std::nullopt);
}

TEST(ReferenceCache, ServesNothingWhileUnhealthyAndServesItAgainOnTheSameLink) {
  Cache cache{{.max_idle = 5 * second}};
  cache.fills(get("k"), "v1");
  EXPECT_EQ(cache.reads(get("k"), 5 * second), "miss");
  cache.link_vouched(second, epoch + second);
  EXPECT_EQ(cache.reads(get("k"), 5 * second), "v1");
  cache.link_down();
  cache.link_up(8);
  cache.link_vouched(second, epoch + second);
  EXPECT_EQ(cache.reads(get("k"), second), "miss");
  EXPECT_EQ(cache.size_bytes(), 0);
}

TEST(ReferenceCache, AFillIsRevokedByWhateverOvertakesIt) {
  const std::vector<std::pair<std::string, void (*)(Cache&)>> overtakers = {
      {"invalidate", [](Cache& cache) { cache.invalidate({"k", "other"}); }},
      {"fence", [](Cache& cache) { cache.fence({"other", "k"}); }},
      {"flush", [](Cache& cache) { cache.flush(); }},
      {"reset", [](Cache& cache) { cache.reset(); }},
      {"feedback", [](Cache& cache) { cache.feedback(hget("k", "f"), Agreement::no); }},
      {"begin_bypass", [](Cache& cache) { cache.begin_bypass(); }},
      {"another link", [](Cache& cache) { cache.link_up(8), cache.link_vouched(0, epoch); }},
      {"shutdown", [](Cache& cache) { cache.shutdown(); }},
  };
  for (const auto& [name, overtake] : overtakers) {
    Cache cache;
    const auto fill = cache.begin_fill(0, get("k"));
    EXPECT_TRUE(cache.is_open(fill)) << name;
    overtake(cache);
    EXPECT_FALSE(cache.is_open(fill)) << name;
    EXPECT_EQ(cache.put(0, fill, get("k"), "late", model::never_expires), PutOutcome::refused_revoked) << name;
    EXPECT_EQ(cache.known_fills(), 0u) << name;
  }
}

TEST(ReferenceCache, AFillOfAnotherKeyIsNotRevoked) {
  Cache cache;
  const auto fill = cache.begin_fill(0, get("k"));
  cache.invalidate({"l"});
  cache.fence({"l"});
  cache.feedback(get("l"), Agreement::no);
  EXPECT_EQ(cache.put(0, fill, get("k"), "v1", model::never_expires), PutOutcome::kept);
}

TEST(ReferenceCache, APutNeedsItsOwnFillOnce) {
  Cache cache;
  const auto fill = cache.begin_fill(0, get("k"));
  EXPECT_EQ(cache.put(0, model::no_fill, get("k"), "v", model::never_expires), PutOutcome::refused_revoked);
  EXPECT_EQ(cache.put(0, fill, get("k"), "v", model::never_expires), PutOutcome::kept);
  EXPECT_EQ(cache.put(0, fill, get("k"), "v", model::never_expires), PutOutcome::refused_revoked);
  const auto other = cache.begin_fill(0, get("l"));
  EXPECT_EQ(cache.put(0, other, get("k"), "v", model::never_expires), PutOutcome::refused_revoked);
  EXPECT_EQ(cache.put(0, other, get("l"), "v", model::never_expires), PutOutcome::refused_revoked) << "consumed";
  const auto abandoned = cache.begin_fill(0, get("k"));
  cache.abandon_fill(abandoned);
  EXPECT_FALSE(cache.is_open(abandoned));
  EXPECT_EQ(cache.put(0, abandoned, get("k"), "v", model::never_expires), PutOutcome::refused_revoked);
}

TEST(ReferenceCache, RevokedIsSaidBeforeUnhealthyAndUnhealthyBeforeBounds) {
  Cache cache{{.bounds = {.max_size_bytes = 0}, .max_idle = 5 * second}};
  const auto revoked = cache.begin_fill(0, get("k"));
  cache.fence({"k"});
  EXPECT_EQ(cache.put(5 * second, revoked, get("k"), "v", model::never_expires), PutOutcome::refused_revoked);
  const auto open = cache.begin_fill(0, get("k"));
  EXPECT_EQ(cache.put(5 * second, open, get("k"), "v", model::never_expires), PutOutcome::refused_unhealthy);
  EXPECT_EQ(cache.fills(get("k"), "v"), PutOutcome::refused_bounds);
  EXPECT_EQ(cache.begin_fill(5 * second, get("k")), model::no_fill);
}

TEST(ReferenceCache, AReplyExpiresWhenTheServersClockReachesItAsFarAsIsKnown) {
  Cache cache{{.max_idle = 100 * second}};
  cache.fills(hget("k", "f"), "v1", epoch + 10 * second);
  cache.fills(hget("k", "g"), "v2");
  EXPECT_EQ(cache.reads(hget("k", "f"), 10 * second - 1), "v1");
  cache.link_vouched(5 * second, epoch + 6 * second);
  EXPECT_EQ(cache.reads(hget("k", "f"), 9 * second), "miss") << "the server's clock is a second ahead";
  cache.link_vouched(6 * second, epoch);
  EXPECT_EQ(cache.reads(hget("k", "f"), 9 * second), "miss") << "removed when it was found expired";
  EXPECT_EQ(cache.keys_by_recency(), Keys{"k"});
  EXPECT_EQ(cache.reads(hget("k", "g"), 9 * second), "v2");
}

TEST(ReferenceCache, AKeyGoesWithItsLastReply) {
  Cache cache{{.max_idle = 100 * second}};
  cache.fills(get("k"), "v1", epoch + second);
  EXPECT_EQ(cache.reads(get("k"), second), "miss");
  EXPECT_EQ(cache.keys_by_recency(), Keys{});
  EXPECT_EQ(cache.size_bytes(), 0);
}

TEST(ReferenceCache, ExpiryIsNotLookedAtWhileUnhealthyOrBypassed) {
  Cache cache{{.max_idle = 5 * second}};
  cache.fills(get("k"), "v1", epoch + second);
  EXPECT_EQ(cache.reads(get("k"), 6 * second), "miss");
  cache.begin_bypass();
  EXPECT_EQ(cache.reads(get("k"), 2 * second), "miss");
  EXPECT_EQ(cache.keys_by_recency(), Keys{"k"});
}

TEST(ReferenceCache, TheServerMayNameAnyTime) {
  Cache cache{{.max_idle = 100 * second}};
  cache.fills(get("k"), "v1", INT64_MAX - 1);
  cache.fills(get("l"), "v2");
  cache.link_vouched(0, INT64_MAX);
  EXPECT_EQ(cache.reads(get("k"), second), "miss");
  EXPECT_EQ(cache.reads(get("l"), second), "v2");
  cache.fills(get("k"), "v3", INT64_MIN, second);
  EXPECT_EQ(cache.reads(get("k"), second), "miss");
}

TEST(ReferenceCache, EvictsTheLeastRecentlyUsedKeyWhole) {
  Cache cache{{.bounds = {.max_keys = 2}}};
  cache.fills(hget("a", "f"), "1");
  cache.fills(hget("a", "g"), "2");
  cache.fills(get("b"), "3");
  EXPECT_EQ(cache.keys_by_recency(), (Keys{"b", "a"}));
  cache.reads(hget("a", "none"));
  EXPECT_EQ(cache.keys_by_recency(), (Keys{"b", "a"})) << "a miss changes no order";
  cache.reads(hget("a", "f"));
  cache.fills(get("c"), "4");
  EXPECT_EQ(cache.keys_by_recency(), (Keys{"c", "a"}));
  cache.fills(get("d"), "5");
  EXPECT_EQ(cache.reads(hget("a", "g")), "miss");
  EXPECT_EQ(cache.totals().invalidations, 0u);
}

TEST(ReferenceCache, BytesFollowTheStatedFormula) {
  Cache cache{{.bounds = {.key_overhead = 100, .reply_overhead = 1000}}};
  cache.fills(hget("key", "f"), "12345");
  EXPECT_EQ(cache.size_bytes(), (100 + 3) + (1000 + 4 + 4 + 4 + 1 + 5));
  cache.fills(get("key"), "12");
  EXPECT_EQ(cache.size_bytes(), (100 + 3) + (1000 + 4 + 4 + 4 + 1 + 5) + (1000 + 4 + 3 + 2));
  cache.fills(get("key"), "");
  EXPECT_EQ(cache.size_bytes(), (100 + 3) + (1000 + 4 + 4 + 4 + 1 + 5) + (1000 + 4 + 3));
}

TEST(ReferenceCache, EvictsUntilTheBytesFit) {
  Cache cache{{.bounds = {.max_size_bytes = 51}}};
  cache.fills(get("a"), std::string(9, 'x'));
  cache.fills(get("b"), std::string(9, 'x'));
  cache.fills(get("c"), std::string(9, 'x'));
  EXPECT_EQ(cache.size_bytes(), 51);
  EXPECT_EQ(cache.fills(get("d"), std::string(10, 'x')), PutOutcome::kept);
  EXPECT_EQ(cache.keys_by_recency(), (Keys{"d", "c"}));
}

TEST(ReferenceCache, AKeyTooLargeOnItsOwnIsRefusedAndTheOlderReplyStays) {
  Cache cache{{.bounds = {.max_size_bytes = 18}}};
  cache.fills(hget("a", ""), "12345");  // 1 + (4 + 4) + 4 + 5 bytes
  EXPECT_EQ(cache.fills(hget("a", ""), "123456"), PutOutcome::refused_bounds);
  EXPECT_EQ(cache.fills(get("a"), "1"), PutOutcome::refused_bounds) << "with the key's other reply";
  EXPECT_EQ(cache.fills(get("b"), "01234567890"), PutOutcome::refused_bounds);
  EXPECT_EQ(cache.reads(hget("a", "")), "12345");
  EXPECT_EQ(cache.known_fills(), 0u);
  EXPECT_EQ(cache.fills(hget("a", ""), "54321"), PutOutcome::kept);
}

TEST(ReferenceCache, ZeroBoundsKeepNothingAndNegativeOnesEverything) {
  Cache no_keys{{.bounds = {.max_keys = 0}}};
  EXPECT_EQ(no_keys.fills(get("k"), "v"), PutOutcome::refused_bounds);
  Cache unbounded{{.bounds = {.max_keys = -1, .max_size_bytes = -1}}};
  for (int index = 0; index < 5000; ++index) unbounded.fills(get(std::to_string(index)), "v");
  EXPECT_EQ(unbounded.keys_by_recency().size(), 5000u);
}

TEST(ReferenceCache, OfTooManyRepliesToOneKeyTheOneKeptLongestAgoGoes) {
  Cache cache{{.bounds = {.replies_per_key_max = 2}}};
  cache.fills(hget("k", "a"), "1");
  cache.fills(hget("k", "b"), "2");
  cache.fills(hget("k", "a"), "3");
  EXPECT_EQ(cache.fills(hget("k", "c"), "4"), PutOutcome::kept);
  EXPECT_EQ(cache.reads(hget("k", "a")), "3");
  EXPECT_EQ(cache.reads(hget("k", "b")), "miss");
  EXPECT_EQ(cache.reads(hget("k", "c")), "4");
}

TEST(ReferenceCache, InvalidationsCountEveryNameAndFencesNone) {
  Cache cache;
  cache.fills(get("k"), "v1");
  cache.fills(hget("k", "f"), "v2");
  cache.invalidate({"k", "k", "never cached"});
  EXPECT_EQ(cache.totals().invalidations, 3u);
  EXPECT_EQ(cache.keys_by_recency(), Keys{});
  cache.fills(get("k"), "v1");
  cache.fence({"k"});
  cache.flush();
  cache.reset();
  EXPECT_EQ(cache.totals().invalidations, 3u);
  EXPECT_EQ(cache.keys_by_recency(), Keys{});
}

TEST(ReferenceCache, BypassesNestAndKeepWhatIsThere) {
  Cache cache;
  cache.fills(get("k"), "v1");
  cache.begin_bypass();
  cache.begin_bypass();
  cache.end_bypass(0);
  EXPECT_EQ(cache.reads(get("k")), "miss");
  const auto fill = cache.begin_fill(0, get("l"));
  EXPECT_NE(fill, model::no_fill);
  EXPECT_FALSE(cache.is_open(fill));
  cache.end_bypass(0);
  EXPECT_FALSE(cache.is_open(fill)) << "it stays revoked";
  EXPECT_EQ(cache.reads(get("k")), "v1");
}

TEST(ReferenceCache, AMismatchIsDirtyAndInvalidatesTheKey) {
  Cache cache;
  cache.fills(get("k"), "v1");
  cache.feedback(get("k"), Agreement::yes);
  EXPECT_EQ(cache.totals(), ReferenceTotals{});
  cache.feedback(get("k"), Agreement::no);
  EXPECT_EQ(cache.totals(), (ReferenceTotals{.dirty = 1, .invalidations = 1}));
  EXPECT_EQ(cache.reads(get("k")), "miss");
  EXPECT_EQ(cache.confidence(), 100.0) << "not dynamic";
}

TEST(ReferenceCache, DynamicConfidenceFollowsTheDocumentedArithmetic) {
  Cache cache{{.confidence = 99.995, .dynamic_confidence = true}};
  cache.feedback(get("k"), Agreement::yes);
  EXPECT_EQ(cache.confidence(), 100.0);
  cache.feedback(get("k"), Agreement::no);
  EXPECT_EQ(cache.confidence(), 100.0 * 0.999);
  cache.feedback(get("k"), Agreement::no);
  EXPECT_EQ(cache.confidence(), 100.0 * 0.999 * 0.999);
  cache.feedback(get("k"), Agreement::yes);
  EXPECT_EQ(cache.confidence(), 100.0 * 0.999 * 0.999 * 1.0001);
  cache.reset();
  EXPECT_EQ(cache.confidence(), 99.995);
  EXPECT_EQ(cache.totals().dirty, 2u) << "totals stay";
}

TEST(ReferenceCache, ShutdownIsFinal) {
  Cache cache;
  cache.fills(get("k"), "v1");
  cache.begin_bypass();
  cache.shutdown();
  cache.end_bypass(0);
  EXPECT_FALSE(cache.store().bypassed()) << "who shares the store is not held off for ever";
  cache.initialize();
  cache.link_up(9);
  cache.link_vouched(0, epoch);
  EXPECT_FALSE(cache.healthy(0));
  EXPECT_EQ(cache.client_id(), std::nullopt);
  EXPECT_EQ(cache.reads(get("k")), "miss");
  EXPECT_EQ(cache.begin_fill(0, get("k")), model::no_fill);
  cache.invalidate({"k"});
  cache.feedback(get("k"), Agreement::no);
  EXPECT_EQ(cache.totals(), (ReferenceTotals{.misses = 1})) << "only gets are counted still";
}

}  // namespace
}  // namespace trackside::testing

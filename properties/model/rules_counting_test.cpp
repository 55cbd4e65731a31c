// G7, G9 and G10, and G6 of single look-ups: what a cache says of itself, judged by what was done to it.
#include "properties/model/history_builder.hpp"

namespace trackside::testing {
namespace {

using Cause = model::ConfidenceRecord::Cause;
using model::Promise;

/// The promise is broken by no operation, at this instant.
::testing::AssertionResult broken_at(HistoryBuilder& history, Promise promise, model::Instant when) {
  const auto violation = history.verdict(promise).violation;
  if (!violation) return ::testing::AssertionFailure() << model::name_of(promise) << " does not fire";
  if (violation->operation == model::nobody && violation->at == when) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "at " << violation->at << ": " << violation->expected << "; got "
                                       << violation->got;
}

// ---- G6 ----

TEST(HonestHealth, AnUnhealthyCacheFindsNothingEvenForACheck) {
  HistoryBuilder history;
  history.client(0).hits(at(1), true);
  EXPECT_TRUE(holds(history, Promise::honest_health));
  history.client(0).hits(at(2), false);
  EXPECT_TRUE(broken_at(history, Promise::honest_health, at(2)));
}

TEST(HonestHealth, ALookUpThatAnswersACommandIsToldAsThatCommand) {
  HistoryBuilder history;
  history.client(0).hits(at(2), false);
  const auto read = history.client(0).reads("k", from_cache, absent, at(2));
  history.operation(read).healthy = false;
  EXPECT_TRUE(broken_by(history, Promise::honest_health, read));
  history.client(0).hits(at(1), false);
  EXPECT_TRUE(broken_at(history, Promise::honest_health, at(1)));
}

// ---- G7 ----

TEST(Bounds, HoldUpToTheLastKeyAndByte) {
  HistoryBuilder history;
  history.raw().clients[0].max_keys = 4;
  history.raw().clients[0].max_size_bytes = 400;
  history.client(0).puts(at(1), true, true, model::Usage{.keys = 4, .bytes = 400});
  EXPECT_TRUE(holds(history, Promise::bounds));
  EXPECT_EQ(history.verdict(Promise::bounds).checked, 1u);
  history.client(0).puts(at(3), false, true, model::Usage{.keys = 4, .bytes = 401});
  EXPECT_TRUE(broken_at(history, Promise::bounds, at(3)));
  history.client(0).puts(at(2), true, true, model::Usage{.keys = 5, .bytes = 400});
  EXPECT_TRUE(broken_at(history, Promise::bounds, at(2)));
  const auto violation = *history.verdict(Promise::bounds).violation;
  EXPECT_EQ(violation.expected, "at most 4 keys after a put");
  EXPECT_EQ(violation.got, "client 0's cache holds 5 keys");
}

TEST(Bounds, NegativeOnesAreNoneAndZeroKeepsNothing) {
  HistoryBuilder history;
  history.client(0).puts(at(1), true, true, model::Usage{.keys = 1'000'000, .bytes = 1'000'000'000});
  EXPECT_TRUE(holds(history, Promise::bounds));
  history.raw().clients[0].max_keys = 0;
  EXPECT_TRUE(broken_at(history, Promise::bounds, at(1)));
}

TEST(Bounds, ACacheThatDoesNotSayIsNotJudged) {
  HistoryBuilder history;
  history.raw().clients[0].max_keys = 0;
  history.client(0).puts(at(1), true, true);
  EXPECT_TRUE(holds(history, Promise::bounds));
  EXPECT_EQ(history.verdict(Promise::bounds).checked, 0u);
}

// ---- G9 ----

TEST(TrueCounters, AreWhatHappened) {
  HistoryBuilder history;
  history.raw().ledgers[0] = {.hits = 3, .misses = 1, .dirty = 1, .invalidations = 2};
  history.raw().claims_at_end[0] = history.raw().ledgers[0];
  EXPECT_TRUE(holds(history, Promise::true_counters));
  for (auto figure : {&model::Counters::hits, &model::Counters::misses, &model::Counters::dirty,
                      &model::Counters::invalidations}) {
    auto& claims = history.raw().claims_at_end[0];
    claims = history.raw().ledgers[0];
    claims.*figure += 1;
    EXPECT_TRUE(history.verdict(Promise::true_counters).violation);
    claims.*figure -= 2;
    EXPECT_TRUE(history.verdict(Promise::true_counters).violation);
  }
  const auto violation = *history.verdict(Promise::true_counters).violation;
  EXPECT_EQ(violation.expected, "3 hits, 1 misses, 1 dirty, 2 invalidations of 4 gets");
  EXPECT_EQ(violation.got, "client 0's cache says 3 hits, 1 misses, 1 dirty, 1 invalidations");
}

TEST(TrueCounters, WhoSharesAStoreSaysTheSum) {
  HistoryBuilder history{3};
  history.raw().clients[2].store = 0;
  history.raw().ledgers[0] = {.hits = 5};
  history.raw().ledgers[1] = {.hits = 7};
  history.raw().claims_at_end = {{.hits = 5}, {.hits = 7}, {.hits = 5}};
  EXPECT_TRUE(holds(history, Promise::true_counters));
  history.raw().claims_at_end[2].hits = 2;
  EXPECT_EQ(history.verdict(Promise::true_counters).violation->got,
            "client 2's cache says 2 hits, 0 misses, 0 dirty, 0 invalidations");
}

// ---- G10 ----

TEST(Confidence, MovesAsDocumentedToTheLastBit) {
  HistoryBuilder history;
  history.raw().clients[0].confidence = 50;
  history.raw().clients[0].dynamic_confidence = true;
  auto client = history.client(0);
  client.is_told(at(1), Cause::mismatch, 50 * 0.999);
  client.is_told(at(2), Cause::match, 50 * 0.999 * 1.0001);
  client.is_told(at(3), Cause::flush, 50 * 0.999 * 1.0001);
  client.is_told(at(4), Cause::reset, 50);
  EXPECT_TRUE(holds(history, Promise::confidence));
  EXPECT_EQ(history.verdict(Promise::confidence).checked, 4u);
  client.is_told(at(5), Cause::mismatch, std::nextafter(50 * 0.999, 0));
  EXPECT_TRUE(broken_at(history, Promise::confidence, at(5)));
  EXPECT_EQ(history.verdict(Promise::confidence).violation->expected,
            "49.950000000000003 after a mismatch at 50");
}

TEST(Confidence, NeverLeavesItsBounds) {
  HistoryBuilder history{2};
  history.raw().clients[0] = {.confidence = 100, .dynamic_confidence = true};
  history.raw().clients[1] = {.store = 1, .confidence = 250, .dynamic_confidence = false};
  history.client(0).is_told(at(1), Cause::match, 100);
  history.client(1).is_told(at(1), Cause::reset, 100);
  EXPECT_TRUE(holds(history, Promise::confidence));
  history.client(0).is_told(at(2), Cause::match, 100 * 1.0001);
  EXPECT_TRUE(broken_at(history, Promise::confidence, at(2)));
}

TEST(Confidence, StaysWhereItIsUnlessItIsDynamic) {
  HistoryBuilder history;
  history.raw().clients[0].confidence = 50;
  history.client(0).is_told(at(1), Cause::mismatch, 50);
  EXPECT_TRUE(holds(history, Promise::confidence));
  history.client(0).is_told(at(2), Cause::mismatch, 50 * 0.999);
  EXPECT_TRUE(broken_at(history, Promise::confidence, at(2)));
}

TEST(Confidence, AFlushMayRestoreItAndThenItIsRestored) {
  HistoryBuilder history;
  history.raw().clients[0] = {.confidence = 50, .dynamic_confidence = true};
  auto client = history.client(0);
  client.is_told(at(1), Cause::mismatch, 50 * 0.999);
  client.is_told(at(2), Cause::flush, 50);
  client.is_told(at(3), Cause::mismatch, 50 * 0.999);
  EXPECT_TRUE(holds(history, Promise::confidence));
  client.is_told(at(4), Cause::mismatch, 50 * 0.999);
  EXPECT_TRUE(broken_at(history, Promise::confidence, at(4)));
}

TEST(Confidence, EveryCacheHasItsOwn) {
  HistoryBuilder history{2};
  history.raw().clients[0] = {.confidence = 50, .dynamic_confidence = true};
  history.raw().clients[1] = {.confidence = 80, .dynamic_confidence = true};
  history.client(0).is_told(at(1), Cause::mismatch, 50 * 0.999);
  history.client(1).is_told(at(2), Cause::mismatch, 80 * 0.999);
  history.client(0).is_told(at(3), Cause::mismatch, 50 * 0.999 * 0.999);
  EXPECT_TRUE(holds(history, Promise::confidence));
}

}  // namespace
}  // namespace trackside::testing

// Corners of the coherence rules: replies that several states explain, ends that come in another order than the
// effects, and two promises broken by one run.
#include "properties/model/history_builder.hpp"

namespace trackside::testing {
namespace {

using model::Promise;

TEST(RuleCorners, AReplyThatFitsBeforeAndAfterTheExpiryGoesBackForNobody) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1", at(2));
  auto client = history.client(0);
  client.reads("k", from_server, absent, at(3));
  client.reads_frame("k", from_cache, ":1\r\n", {at(4), at(4)}, query_constant);
  EXPECT_TRUE(holds(history, Promise::monotonic_reads));
}

TEST(RuleCorners, AReplyThatFitsBeforeAndAfterTheExpiryProvesOnlyWhatWasBefore) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1", at(2));
  auto client = history.client(0);
  client.reads_frame("k", from_server, ":1\r\n", {at(1.5), at(2.5)}, query_constant);
  client.reads("k", from_cache, "v1", at(3));
  EXPECT_TRUE(holds(history, Promise::monotonic_reads));
}

TEST(RuleCorners, ExpectationsNameTheStatesInOrder) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1", at(2));
  history.client(0).reads("k", from_cache, "v9", at(3));
  EXPECT_EQ(history.verdict(Promise::integrity).violation->expected,
            "a state that the key ever had until 3.000 s: nil (since the beginning), \"v1\" (since 1.000 s), "
            "nil (expired at 2.000 s)");
}

TEST(RuleCorners, StalenessCountsFromTheCompletionOfACachedRead) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1").version(at(3), "v2");
  const auto slow = history.client(0).reads("k", from_cache, "v1", {at(6), at(8) + instant});
  EXPECT_TRUE(broken_by(history, Promise::bounded_staleness, slow));
}

TEST(RuleCorners, AnOwnWriteExecutedEarlierAndAnsweredLaterLowersNoFloor) {
  HistoryBuilder history;
  auto client = history.client(0);
  client.writes("k", "v1", {at(1), at(2), at(4)});
  client.writes("k", "v2", {at(1), at(3), at(3)});
  const auto old = client.reads("k", from_cache, "v1", at(5));
  EXPECT_TRUE(broken_by(history, Promise::read_your_writes, old));
}

TEST(RuleCorners, ANeighboursWriteWithTheSameBytesIsNotOnesOwn) {
  HistoryBuilder history{2};
  history.key("k").version(at(1), "v1");
  const auto write = history.client(0).writes_in_vain("k", {at(2), at(3)});
  history.key("k").made({.from = at(2.5), .by = 1, .cause = history.operation(write).cause}, "v2");
  history.client(0).reads("k", from_cache, "v1", at(4));
  EXPECT_TRUE(holds(history, Promise::read_your_writes));
}

TEST(RuleCorners, AMadeUpReplyAfterAnOwnWriteIsIntegritysAlone) {
  HistoryBuilder history;
  history.client(0).writes("k", "v1", {at(1), at(1), at(1)});
  const auto wrong = history.client(0).reads("k", from_cache, "v9", at(2));
  EXPECT_TRUE(broken_by(history, Promise::integrity, wrong));
  EXPECT_TRUE(holds(history, Promise::read_your_writes));
}

TEST(RuleCorners, AHangWhoseDeadlineCameFirstIsNamedFirst) {
  HistoryBuilder history;
  const auto hangs = history.client(0).reads("k", from_server, absent, at(1));
  const auto late = history.client(0).reads("k", from_server, absent, {at(2), at(9)});
  EXPECT_TRUE(broken_by(history, Promise::one_answer, late));
  history.never_ends(hangs);
  EXPECT_EQ(history.verdict(Promise::one_answer).violation->operation, hangs);
}

}  // namespace
}  // namespace trackside::testing

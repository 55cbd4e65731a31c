// The coherence rules on tiny histories: each holds on the right ones, down to the exact instant of its boundary, and
// each wrong one is found, by the rule concerned, at the event that broke it.
#include "properties/model/history_builder.hpp"

namespace trackside::testing {
namespace {

using model::Ending;
using model::Promise;

// ---- G1 ----

TEST(Integrity, AValueTheKeyNeverHadIsMadeUp) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1");
  history.client(0).reads("k", from_cache, "v1", at(3));
  const auto wrong = history.client(0).reads("k", from_cache, "v2", at(4));
  EXPECT_TRUE(broken_by(history, Promise::integrity, wrong));
  EXPECT_TRUE(holds(history, Promise::bounded_staleness)) << "what never was is not stale";
  EXPECT_TRUE(holds(history, Promise::monotonic_reads));
}

TEST(Integrity, AValueOfTheFutureIsMadeUp) {
  HistoryBuilder history;
  history.key("k").version(at(4), "v1");
  history.client(0).reads("k", from_cache, "v1", at(4));
  EXPECT_TRUE(holds(history, Promise::integrity));
  const auto early = history.client(0).reads("k", from_cache, "v1", at(4) - instant);
  EXPECT_TRUE(broken_by(history, Promise::integrity, early));
}

TEST(Integrity, AnotherKeysValueIsMadeUp) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1");
  history.key("l").version(at(1), "v2");
  const auto wrong = history.client(0).reads("l", from_cache, "v1", at(2));
  EXPECT_TRUE(broken_by(history, Promise::integrity, wrong));
}

TEST(Integrity, AnotherQuerysReplyIsMadeUp) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1");
  history.client(0).reads_frame("k", from_cache, ":2\r\n", {at(2), at(2)}, query_strlen);
  EXPECT_TRUE(holds(history, Promise::integrity));
  const auto wrong = history.client(0).reads_frame("k", from_cache, ":2\r\n", {at(2), at(2)}, query_get);
  EXPECT_TRUE(broken_by(history, Promise::integrity, wrong));
}

TEST(Integrity, TheServerAnswersWithAStateOfTheTimeOfAsking) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1").version(at(2), "v2").version(at(3), "v3");
  auto client = history.client(0);
  client.reads("k", from_server, "v1", {at(2), at(3)});
  client.reads("k", from_server, "v2", {at(2), at(3)});
  client.reads("k", from_server, "v3", {at(2), at(3)});
  EXPECT_TRUE(holds(history, Promise::integrity));
  const auto late = client.reads("k", from_server, "v1", {at(2) + instant, at(3) - instant});
  EXPECT_TRUE(broken_by(history, Promise::integrity, late)) << "right once, but the reply of another command";
  EXPECT_NE(history.verdict(Promise::integrity).violation->expected.find("asked the server"), std::string::npos);
}

TEST(Integrity, AJoinedFillWasSentWithinMaxIdle) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1").version(at(2), "v2");
  history.client(0).reads("k", joined, "v1", {at(7), at(8)});
  EXPECT_TRUE(holds(history, Promise::integrity));
  const auto late = history.client(0).reads("k", joined, "v1", {at(7) + instant, at(8)});
  EXPECT_TRUE(broken_by(history, Promise::integrity, late));
}

TEST(Integrity, ErrorRepliesSayNothingAboutAKey) {
  HistoryBuilder history;
  const auto read = history.client(0).reads_frame("k", from_server, "-LOADING wait\r\n", {at(1), at(2)});
  history.operation(read).ending = Ending::error_reply;
  for (const auto promise : {Promise::integrity, Promise::read_your_writes, Promise::monotonic_reads}) {
    EXPECT_TRUE(holds(history, promise));
  }
}

// ---- G2 ----

TEST(BoundedStaleness, WhatWasOverwrittenMaxIdleAgoIsTheLastThatPasses) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1").version(at(3), "v2");
  history.client(0).reads("k", from_cache, "v1", at(8));
  history.client(0).reads("k", from_cache, "v2", at(3));
  EXPECT_TRUE(holds(history, Promise::bounded_staleness));
  const auto stale = history.client(0).reads("k", from_cache, "v1", at(8) + instant);
  EXPECT_TRUE(broken_by(history, Promise::bounded_staleness, stale));
  EXPECT_TRUE(holds(history, Promise::integrity)) << "the key had it once";
}

TEST(BoundedStaleness, SaysWhatWasRightAndHowOldTheReplyWas) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v3").version(at(3.1), "v7");
  history.client(0).reads("k", from_cache, "v3", at(9.213));
  const auto violation = *history.verdict(Promise::bounded_staleness).violation;
  EXPECT_EQ(violation.expected, "a state that was current between 4.213 s and 9.213 s: \"v7\" (since 3.100 s)");
  EXPECT_EQ(violation.got, "\"v3\", overwritten at 3.100 s, 6.113 s before");
  EXPECT_EQ(violation.at, at(9.213));
}

TEST(BoundedStaleness, AnExpiredValueIsStale) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1", at(2));
  auto client = history.client(0);
  client.reads("k", from_cache, absent, at(2));
  client.reads("k", from_cache, absent, at(9));
  client.reads("k", from_cache, "v1", at(7));
  EXPECT_TRUE(holds(history, Promise::bounded_staleness));
  const auto stale = client.reads("k", from_cache, "v1", at(7) + instant);
  EXPECT_TRUE(broken_by(history, Promise::bounded_staleness, stale));
  EXPECT_EQ(history.verdict(Promise::bounded_staleness).violation->got,
            "\"v1\", expired at 2.000 s, 5.000000001 s before");
}

TEST(BoundedStaleness, AbsenceEndsWithTheNextWrite) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1", at(2)).version(at(3), "v2");
  history.client(0).reads("k", from_cache, absent, at(8));
  EXPECT_TRUE(holds(history, Promise::bounded_staleness));
  const auto stale = history.client(0).reads("k", from_cache, absent, at(8) + instant);
  EXPECT_TRUE(broken_by(history, Promise::bounded_staleness, stale));
}

TEST(BoundedStaleness, AVersionOverwrittenBeforeItExpiredNeverExpired) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1", at(9)).version(at(2), "v2");
  const auto stale = history.client(0).reads("k", from_cache, absent, at(10));
  EXPECT_TRUE(broken_by(history, Promise::bounded_staleness, stale));
}

TEST(BoundedStaleness, AStateOfNoDurationWasCurrentInItsInstant) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1").version(at(2), "v2").version(at(2), "v3");
  history.client(0).reads("k", from_cache, "v2", at(7));
  EXPECT_TRUE(holds(history, Promise::bounded_staleness));
  const auto stale = history.client(0).reads("k", from_cache, "v2", at(7) + instant);
  EXPECT_TRUE(broken_by(history, Promise::bounded_staleness, stale));
}

TEST(BoundedStaleness, IsAboutTheCacheAlone) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1").version(at(2), "v2");
  history.client(0).reads("k", from_server, "v1", at(9));
  EXPECT_TRUE(holds(history, Promise::bounded_staleness));
  EXPECT_EQ(history.verdict(Promise::bounded_staleness).checked, 0u);
}

TEST(BoundedStaleness, NamesTheFirstOfTwo) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1").version(at(2), "v2");
  history.client(0).reads("k", from_cache, "v1", at(11));
  const auto first = history.client(0).reads("k", from_cache, "v1", at(10));
  EXPECT_TRUE(broken_by(history, Promise::bounded_staleness, first));
}

// ---- G3 ----

TEST(ReadYourWrites, AReadInvokedAfterTheWritesReplySeesIt) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1");
  auto client = history.client(0);
  client.writes("k", "v2", {at(2), at(2.1), at(2.2)});
  client.reads("k", from_cache, "v2", at(2.3));
  client.reads("k", from_cache, "v1", at(2.15));
  EXPECT_TRUE(holds(history, Promise::read_your_writes));
  EXPECT_EQ(history.verdict(Promise::read_your_writes).checked, 1u);
  const auto old = client.reads("k", from_cache, "v1", at(2.3));
  EXPECT_TRUE(broken_by(history, Promise::read_your_writes, old));
  EXPECT_TRUE(holds(history, Promise::bounded_staleness));
}

TEST(ReadYourWrites, AtOneInstantTheOrderOfEventsDecides) {
  HistoryBuilder before;
  before.key("k").version(at(1), "v1");
  before.client(0).reads("k", from_cache, "v1", {at(2), at(2.5)});
  before.client(0).writes("k", "v2", {at(2), at(2), at(2)});
  EXPECT_TRUE(holds(before, Promise::read_your_writes));

  HistoryBuilder after;
  after.key("k").version(at(1), "v1");
  after.client(0).writes("k", "v2", {at(2), at(2), at(2)});
  const auto old = after.client(0).reads("k", from_cache, "v1", {at(2), at(2.5)});
  EXPECT_TRUE(broken_by(after, Promise::read_your_writes, old));
}

TEST(ReadYourWrites, AnotherClientsWriteOrKeyOrAFailedWriteBindsNobody) {
  HistoryBuilder history{2};
  history.key("k").version(at(1), "v1");
  history.key("l").version(at(1), "v1");
  history.client(1).writes("k", "v2", {at(2), at(2), at(2)});
  history.client(0).reads("k", from_cache, "v1", at(3));
  history.client(1).reads("l", from_cache, "v1", at(3));
  const auto failed = history.client(0).writes("l", "v3", {at(2), at(2), at(2)});
  history.operation(failed).ending = Ending::failed;
  history.client(0).reads("l", from_cache, "v1", at(3));
  EXPECT_TRUE(holds(history, Promise::read_your_writes));
}

TEST(ReadYourWrites, AWriteThatChangedNothingGivesNoFloor) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1").version(at(2), "v2");
  history.client(0).writes_in_vain("k", {at(2.5), at(2.6)});
  history.client(0).reads("k", from_cache, "v1", at(3));
  EXPECT_TRUE(holds(history, Promise::read_your_writes));
}

TEST(ReadYourWrites, ALaterStateWithTheOldValueIsTheLaterOne) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1");
  history.client(0).writes("k", "v2", {at(2), at(2), at(2)});
  history.key("k").version(at(3), "v1");
  history.client(0).reads("k", from_cache, "v1", at(3));
  EXPECT_TRUE(holds(history, Promise::read_your_writes));
}

TEST(ReadYourWrites, TheExpiryOfAnOwnWriteIsNoOlderThanIt) {
  HistoryBuilder history;
  const auto write = history.client(0).writes_in_vain("k", {at(1), at(1)});
  history.key("k").made({.from = at(1), .expires_at = at(2), .by = 0, .cause = history.operation(write).cause}, "v1");
  history.client(0).reads("k", from_cache, absent, at(2));
  EXPECT_TRUE(holds(history, Promise::read_your_writes));
  const auto old = history.client(0).reads("k", from_cache, absent, at(2) - instant);
  EXPECT_TRUE(broken_by(history, Promise::read_your_writes, old)) << "absent it was before the write only";
}

TEST(ReadYourWrites, OfTwoWritesTheNewerInTheOwnersHistoryBinds) {
  HistoryBuilder history;
  auto client = history.client(0);
  const auto first = client.writes_in_vain("k", {at(1), at(4)});
  client.writes("k", "v2", {at(1), at(2), at(2)});
  history.key("k").made({.from = at(3), .by = 0, .cause = history.operation(first).cause}, "v1");
  client.reads("k", from_cache, "v2", {at(3.5), at(3.5)});
  EXPECT_TRUE(holds(history, Promise::read_your_writes));
  const auto old = client.reads("k", from_cache, "v2", at(4.5));
  EXPECT_TRUE(broken_by(history, Promise::read_your_writes, old));
}

TEST(ReadYourWrites, OfTwoThatSayTheSameNobodyKnowsWhichMadeItUntilBothAreOver) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1");
  auto client = history.client(0);
  const auto in_vain = client.writes_in_vain("k", {at(1), at(4)});
  const auto second = client.writes("k", "v2", {at(2), at(3), at(5)});
  history.operation(in_vain).cause = history.operation(second).cause;
  history.operation(in_vain).unique = history.operation(second).unique = false;
  client.reads("k", from_cache, "v1", at(4.5));
  EXPECT_TRUE(holds(history, Promise::read_your_writes));
  const auto old = client.reads("k", from_cache, "v1", at(5.5));
  EXPECT_TRUE(broken_by(history, Promise::read_your_writes, old));
}

// ---- G4 ----

TEST(MonotonicReads, AfterTheNewComesNothingOld) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1").version(at(2), "v2");
  auto client = history.client(0);
  client.reads("k", from_server, "v2", {at(2), at(2.5)});
  client.reads("k", from_cache, "v1", at(2.2));
  EXPECT_TRUE(holds(history, Promise::monotonic_reads)) << "overlapping reads bind each other in no order";
  const auto back = client.reads("k", from_cache, "v1", at(3));
  EXPECT_TRUE(broken_by(history, Promise::monotonic_reads, back));
  EXPECT_TRUE(holds(history, Promise::bounded_staleness));
}

TEST(MonotonicReads, AnotherClientMayBeBehind) {
  HistoryBuilder history{2};
  history.key("k").version(at(1), "v1").version(at(2), "v2");
  history.client(0).reads("k", from_server, "v2", at(3));
  history.client(1).reads("k", from_cache, "v1", at(4));
  EXPECT_TRUE(holds(history, Promise::monotonic_reads));
}

TEST(MonotonicReads, VersionsAreThoseOfTheKeyNotOfOneCommand) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1").version(at(2), "longer");
  history.client(0).reads_frame("k", from_server, ":6\r\n", {at(3), at(3)}, query_strlen);
  const auto back = history.client(0).reads("k", from_cache, "v1", at(4));
  EXPECT_TRUE(broken_by(history, Promise::monotonic_reads, back));
}

TEST(MonotonicReads, AnAuthorityThatLostDataMayTakeReadersBack) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1").version(at(2), "v2").version(at(3), "v1");
  auto client = history.client(0);
  client.reads("k", from_cache, "v2", at(2.5));
  client.reads("k", from_cache, "v1", at(3));
  EXPECT_TRUE(holds(history, Promise::monotonic_reads));
  const auto forth = client.reads("k", from_cache, "v2", at(3.5));
  EXPECT_TRUE(broken_by(history, Promise::monotonic_reads, forth)) << "but only once";
}

TEST(MonotonicReads, AnAmbiguousReadProvesTheEarliestStateOfItsWindow) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1").version(at(2), "v2").version(at(3), "v1");
  auto client = history.client(0);
  client.reads("k", from_cache, "v1", at(4));
  client.reads("k", from_cache, "v2", at(4.5));
  EXPECT_TRUE(holds(history, Promise::monotonic_reads));

  HistoryBuilder narrow;
  narrow.key("k").version(at(1), "v1").version(at(2), "v2").version(at(3), "v1");
  narrow.client(0).reads("k", from_server, "v1", {at(3.5), at(4)});
  const auto back = narrow.client(0).reads("k", from_cache, "v2", at(4.5));
  EXPECT_TRUE(broken_by(narrow, Promise::monotonic_reads, back)) << "asked the server: only the later one explains it";
}

TEST(MonotonicReads, FromAnExpiredKeyBackToItsValueIsBack) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1", at(2));
  history.client(0).reads("k", from_server, absent, {at(3), at(3)});
  const auto back = history.client(0).reads("k", from_cache, "v1", at(4));
  EXPECT_TRUE(broken_by(history, Promise::monotonic_reads, back));
}

// ---- G5 ----

TEST(Convergence, WhatIsReadAfterSettlingIsCurrentEvenFromTheCache) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1").version(at(20), "v2");
  auto client = history.client(0);
  client.reads("k", from_cache, "v1", at(20.5));
  history.operation(client.reads("k", from_cache, "v1", at(20))).settled = true;
  history.operation(client.reads("k", from_server, "v2", {at(20.1), at(20.2)})).settled = true;
  EXPECT_TRUE(holds(history, Promise::convergence)) << "unsettled reads are not its business";
  const auto stale = client.reads("k", from_cache, "v1", at(20) + instant);
  history.operation(stale).settled = true;
  EXPECT_TRUE(broken_by(history, Promise::convergence, stale));
}

TEST(Convergence, AFailureAfterSettlingIsAScarAndAnErrorReplyIsNot) {
  HistoryBuilder history;
  const auto read = history.client(0).reads_frame("k", from_server, "-WRONGTYPE no\r\n", {at(20), at(21)});
  history.operation(read).settled = true;
  history.operation(read).ending = Ending::error_reply;
  EXPECT_TRUE(holds(history, Promise::convergence));
  history.operation(read).ending = Ending::failed;
  EXPECT_TRUE(broken_by(history, Promise::convergence, read));
}

TEST(Convergence, AtTheEndEveryClientIsHealthyAndHasNothingLeftOver) {
  HistoryBuilder history{2};
  EXPECT_TRUE(holds(history, Promise::convergence));
  history.raw().leftovers_at_end[1] = 3;
  const auto left = history.verdict(Promise::convergence).violation;
  ASSERT_TRUE(left);
  EXPECT_EQ(left->operation, model::nobody);
  EXPECT_EQ(left->got, "3 left over");
  history.raw().healthy_at_end[0] = 0;
  EXPECT_EQ(history.verdict(Promise::convergence).violation->got, "it says that it is not");
}

// ---- G6 ----

TEST(HonestHealth, AnUnhealthyOrLinklessCacheServesNothing) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1");
  history.operation(history.client(0).reads("k", from_server, "v1", at(2))).healthy = false;
  const auto hit = history.client(0).reads("k", from_cache, "v1", at(2));
  EXPECT_TRUE(holds(history, Promise::honest_health));
  history.operation(hit).link_alive = false;
  EXPECT_TRUE(broken_by(history, Promise::honest_health, hit));
  history.operation(hit).link_alive = true;
  history.operation(hit).healthy = false;
  EXPECT_TRUE(broken_by(history, Promise::honest_health, hit));
}

TEST(HonestHealth, AnUnhealthyCacheKeepsNoPut) {
  HistoryBuilder history;
  history.client(0).puts(at(1), true, true);
  history.client(0).puts(at(2), false, false);
  EXPECT_TRUE(holds(history, Promise::honest_health));
  history.client(0).puts(at(3), true, false);
  const auto verdict = history.verdict(Promise::honest_health);
  ASSERT_TRUE(verdict.violation);
  EXPECT_EQ(verdict.violation->event, 2u);
  EXPECT_EQ(verdict.violation->at, at(3));
}

// ---- G8 ----

TEST(OneAnswer, ComesWithinTheTimeoutAndTheSlack) {
  HistoryBuilder history;
  const auto latest = at(1) + at(2) + model::completion_slack;
  history.operation(history.client(0).reads("k", from_server, absent, {at(1), latest})).ending = Ending::failed;
  EXPECT_TRUE(holds(history, Promise::one_answer));
  const auto late = history.client(0).reads("k", from_server, absent, {at(1), latest + instant});
  EXPECT_TRUE(broken_by(history, Promise::one_answer, late));
  history.raw().clients[0].slack = instant;
  EXPECT_TRUE(holds(history, Promise::one_answer)) << "a paused process may be later";
}

TEST(OneAnswer, ASecondOneIsTooMany) {
  HistoryBuilder history;
  const auto read = history.client(0).reads("k", from_server, absent, {at(1), at(2)});
  history.answers_again(read, at(3));
  EXPECT_TRUE(broken_by(history, Promise::one_answer, read));
  EXPECT_EQ(history.verdict(Promise::one_answer).violation->at, at(3));
}

TEST(OneAnswer, ASecondOneIsTooManyEvenIfOnlyCounted) {
  HistoryBuilder history;
  const auto read = history.client(0).reads("k", from_server, absent, {at(1), at(2)});
  history.operation(read).completions = 2;
  const auto verdict = history.verdict(Promise::one_answer);
  ASSERT_TRUE(verdict.violation);
  EXPECT_EQ(verdict.violation->got, "2 answers");
}

TEST(OneAnswer, WhatNeverEndsBrokeThePromiseAtItsDeadline) {
  HistoryBuilder history;
  const auto hangs = history.client(0).reads("k", from_server, absent, {at(1), at(2)});
  const auto hangs_too = history.client(0).reads("k", from_server, absent, {at(0.5), at(2)});
  history.never_ends(hangs);
  history.never_ends(hangs_too);
  const auto violation = *history.verdict(Promise::one_answer).violation;
  EXPECT_EQ(violation.operation, hangs_too);
  EXPECT_EQ(violation.at, at(2.5) + model::completion_slack);
  EXPECT_EQ(violation.got, "none");
}

TEST(OneAnswer, AUniqueWriteHasOneEffectPerKey) {
  HistoryBuilder history;
  const auto write = history.client(0).writes("k", "v1", {at(1), at(1), at(1)});
  const model::Version again{.from = at(2), .by = 0, .cause = history.operation(write).cause};
  history.key("l").made(again, "v1");
  EXPECT_TRUE(holds(history, Promise::one_answer)) << "one on each of two keys";
  history.key("k").made(again, "v1");
  const auto violation = *history.verdict(Promise::one_answer).violation;
  EXPECT_EQ(violation.operation, write);
  EXPECT_EQ(violation.at, at(2));
  history.operation(write).unique = false;
  EXPECT_TRUE(holds(history, Promise::one_answer)) << "another command with the same bytes may have made it";
}

TEST(Rules, EveryPromiseHasItsCodeNameAndSentence) {
  EXPECT_EQ(model::name_of(Promise::bounded_staleness), "G2 bounded staleness");
  EXPECT_EQ(model::code_of(Promise::one_answer), "G8");
  for (std::size_t index = 0; index < model::promises; ++index) {
    HistoryBuilder history;
    EXPECT_FALSE(model::sentence_of(static_cast<Promise>(index)).empty());
    EXPECT_TRUE(holds(history, static_cast<Promise>(index)));
  }
}

}  // namespace
}  // namespace trackside::testing

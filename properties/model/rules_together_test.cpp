// Reads of several keys: each reply is judged like any other, and all of them must have been right at one instant.
#include "properties/model/history_builder.hpp"

namespace trackside::testing {
namespace {

using model::Ending;
using model::Promise;

/// k and l change one second after another, and never hold "k1" and "l2" at once.
HistoryBuilder two_keys_that_take_turns() {
  HistoryBuilder history;
  history.key("k").version(at(1), "k1").version(at(2), "k2");
  history.key("l").version(at(1), "l1").version(at(3), "l2");
  return history;
}

TEST(ReadsTogether, EveryMomentsStateIsRight) {
  auto history = two_keys_that_take_turns();
  auto client = history.client(0);
  client.reads_together({{"k", "k1"}, {"l", "l1"}}, from_cache, {at(4), at(4)});
  client.reads_together({{"k", "k2"}, {"l", "l1"}}, mixed, {at(4), at(4.5)});
  client.reads_together({{"k", "k2"}, {"l", "l2"}}, from_server, {at(2.5), at(3)});
  client.reads_together({{"k", absent}, {"l", absent}}, from_server, {at(0), at(1)});
  EXPECT_TRUE(holds(history, Promise::integrity));
}

TEST(ReadsTogether, AMixtureThatNoMomentHadIsMadeUp) {
  for (const auto source : {from_server, from_cache, mixed}) {
    auto history = two_keys_that_take_turns();
    const auto wrong = history.client(0).reads_together({{"k", "k1"}, {"l", "l2"}}, source, {at(1.5), at(4)});
    EXPECT_TRUE(broken_by(history, Promise::integrity, wrong));
    EXPECT_TRUE(holds(history, Promise::bounded_staleness)) << "each of them is recent enough";
  }
}

TEST(ReadsTogether, AtTheInstantOfAChangeBothSidesAreRight) {
  HistoryBuilder history;
  history.key("k").version(at(1), "k1").version(at(2), "k2");
  history.key("l").version(at(2), "l1");
  history.client(0).reads_together({{"k", "k1"}, {"l", "l1"}}, from_server, {at(1), at(3)});
  EXPECT_TRUE(holds(history, Promise::integrity));
  HistoryBuilder later;
  later.key("k").version(at(1), "k1").version(at(2), "k2");
  later.key("l").version(at(2) + instant, "l1");
  const auto wrong = later.client(0).reads_together({{"k", "k1"}, {"l", "l1"}}, from_server, {at(1), at(3)});
  EXPECT_TRUE(broken_by(later, Promise::integrity, wrong));
}

TEST(ReadsTogether, SaysWhenEachReplyWasRight) {
  auto history = two_keys_that_take_turns();
  history.client(0).reads_together({{"k", "k1"}, {"l", "l2"}}, mixed, {at(3.5), at(4)});
  const auto violation = *history.verdict(Promise::integrity).violation;
  EXPECT_EQ(violation.expected, "one instant between -1.000 s and 4.000 s at which all 2 replies were right at once");
  EXPECT_EQ(violation.got, "\"k1\" (right from 1.000 s to 2.000 s), \"l2\" (right from 3.000 s to 4.000 s)");
}

TEST(ReadsTogether, AValueThatCameBackIsRightAgain) {
  HistoryBuilder history;
  history.key("k").version(at(1), "k1").version(at(2), "k2").version(at(5), "k1");
  history.key("l").version(at(3), "l1").version(at(4), "l2").version(at(5.5), "l1");
  history.key("m").version(at(5), "m1");
  history.client(0).reads_together({{"k", "k1"}, {"l", "l1"}, {"m", "m1"}}, from_server, {at(1), at(6)});
  EXPECT_TRUE(holds(history, Promise::integrity));
  const auto wrong = history.client(0).reads_together({{"k", "k2"}, {"l", "l1"}, {"m", "m1"}}, from_server,
                                                      {at(1), at(6)});
  EXPECT_TRUE(broken_by(history, Promise::integrity, wrong)) << "any two of them are right together, not all three";
}

TEST(ReadsTogether, AKeyNamedTwiceHasOneValue) {
  auto history = two_keys_that_take_turns();
  history.client(0).reads_together({{"k", "k2"}, {"l", "l1"}, {"k", "k2"}}, mixed, {at(3), at(3)});
  EXPECT_TRUE(holds(history, Promise::integrity));
  const auto wrong = history.client(0).reads_together({{"l", "l1"}, {"l", "l2"}, {"k", "k2"}}, mixed, {at(4), at(4)});
  EXPECT_TRUE(holds(history, Promise::integrity)) << "both at the instant of the change";
  history.operation(wrong).reply = bulk("k1");
  EXPECT_TRUE(broken_by(history, Promise::integrity, wrong));
}

TEST(ReadsTogether, PartsAreJudgedSinglyByTheOtherRules) {
  auto history = two_keys_that_take_turns();
  auto client = history.client(0);
  client.writes("k", "k3", {at(3.5), at(3.5), at(3.5)});
  client.reads_together({{"l", "l2"}, {"k", "k3"}}, mixed, {at(4), at(4)});
  for (const auto promise : {Promise::integrity, Promise::read_your_writes, Promise::monotonic_reads}) {
    EXPECT_TRUE(holds(history, promise));
  }
  const auto back = client.reads_together({{"k", "k2"}, {"l", "l1"}}, mixed, {at(3.9), at(5)});
  EXPECT_TRUE(holds(history, Promise::integrity)) << "right together, at three seconds";
  EXPECT_TRUE(broken_by(history, Promise::read_your_writes, back - 1));
  EXPECT_TRUE(holds(history, Promise::monotonic_reads)) << "the first read had not ended when it was asked";
  const auto again = client.reads_together({{"k", "k3"}, {"l", "l1"}}, mixed, {at(4.5), at(5)});
  EXPECT_TRUE(broken_by(history, Promise::monotonic_reads, again));
  history.operation(back).settled = true;
  EXPECT_TRUE(broken_by(history, Promise::convergence, back));
}

TEST(ReadsTogether, OnePartThatIsStaleIsNotAMixture) {
  auto history = two_keys_that_take_turns();
  const auto stale = history.client(0).reads_together({{"l", "l2"}, {"k", "k1"}}, mixed, {at(7), at(7) + instant});
  EXPECT_TRUE(broken_by(history, Promise::bounded_staleness, stale));
  EXPECT_TRUE(holds(history, Promise::integrity));
}

TEST(ReadsTogether, AreOneCommand) {
  auto history = two_keys_that_take_turns();
  auto client = history.client(0);
  const auto last = client.reads_together({{"k", "k2"}, {"l", "l2"}}, from_server, {at(4), at(4)});
  EXPECT_TRUE(holds(history, Promise::one_answer));
  EXPECT_EQ(history.verdict(Promise::one_answer).checked, 1u);
  for (const auto part : {last - 1, last}) history.operation(part).completions = 2;
  const auto verdict = history.verdict(Promise::one_answer);
  ASSERT_TRUE(verdict.violation);
  EXPECT_EQ(verdict.violation->operation, last - 1);
  EXPECT_EQ(verdict.violation->got, "2 answers");
}

TEST(ReadsTogether, AnErrorSaysNothingAboutAnyKey) {
  auto history = two_keys_that_take_turns();
  const auto last = history.client(0).reads_together({{"k", "k1"}, {"l", "l2"}}, from_server, {at(4), at(4)});
  for (const auto part : {last - 1, last}) history.operation(part).ending = Ending::error_reply;
  EXPECT_TRUE(holds(history, Promise::integrity));
}

TEST(ReadsTogether, PartsThatAreNotOfOneCommandAreRefused) {
  auto history = two_keys_that_take_turns();
  const auto last = history.client(0).reads_together({{"k", "k2"}, {"l", "l2"}}, from_server, {at(4), at(4)});
  history.operation(last).source = from_cache;
  EXPECT_DEATH(model::require_consistent(history.raw()), "parts of a command end alike");
  history.operation(last).source = from_server;
  history.operation(last).group = last + 1;
  EXPECT_DEATH(model::require_consistent(history.raw()), "parts of a command are in a row");
}

}  // namespace
}  // namespace trackside::testing

// The rules where invalidations may vanish from a live stream: nobody can notice that, so less is promised; what still
// holds is judged.
#include "properties/model/history_builder.hpp"

namespace trackside::testing {
namespace {

using model::Promise;

/// One client whose pushes may vanish, and whose entries live for so long at most.
HistoryBuilder with_lost_pushes(model::Instant staleness_max) {
  HistoryBuilder history;
  history.raw().clients[0].pushes_reliable = false;
  history.raw().clients[0].staleness_max = staleness_max;
  history.key("k").version(at(1), "k1").version(at(3), "k2");
  history.key("l").version(at(1), "l1").version(at(4), "l2");
  return history;
}

TEST(LostPushes, StalenessIsBoundedByTheTimeToLive) {
  auto history = with_lost_pushes(at(8));
  history.client(0).reads("k", from_cache, "k1", at(11));
  EXPECT_TRUE(holds(history, Promise::bounded_staleness));
  const auto stale = history.client(0).reads("k", from_cache, "k1", at(11) + instant);
  EXPECT_TRUE(broken_by(history, Promise::bounded_staleness, stale));
}

TEST(LostPushes, WithoutATimeToLiveAnOldReplyPassesAndAMadeUpOneDoesNot) {
  auto history = with_lost_pushes(model::end_of_time);
  history.client(0).reads("k", from_cache, "k1", at(1000));
  EXPECT_TRUE(holds(history, Promise::bounded_staleness));
  const auto wrong = history.client(0).reads("k", from_cache, "k9", at(1000));
  EXPECT_TRUE(broken_by(history, Promise::integrity, wrong));
}

TEST(LostPushes, TheServersOwnReplyIsAsNewAsEver) {
  auto history = with_lost_pushes(model::end_of_time);
  const auto old = history.client(0).reads("k", from_server, "k1", {at(3) + instant, at(4)});
  EXPECT_TRUE(broken_by(history, Promise::integrity, old));
}

TEST(LostPushes, AnOwnWriteThatNamesItsKeysIsSeenAllTheSame) {
  auto history = with_lost_pushes(model::end_of_time);
  auto client = history.client(0);
  const auto write = client.writes("k", "k3", {at(5), at(5), at(5)});
  const auto old = client.reads("k", from_cache, "k2", at(6));
  EXPECT_TRUE(broken_by(history, Promise::read_your_writes, old));
  history.operation(write).exact = false;
  EXPECT_TRUE(holds(history, Promise::read_your_writes)) << "only a push would have told which keys it changed";
  history.raw().clients[0].pushes_reliable = true;
  EXPECT_TRUE(broken_by(history, Promise::read_your_writes, old));
}

TEST(LostPushes, ReadersMayGoBackAndMayMixMoments) {
  auto history = with_lost_pushes(model::end_of_time);
  auto client = history.client(0);
  client.reads("k", from_server, "k2", at(5));
  const auto back = client.reads("k", from_cache, "k1", at(6));
  EXPECT_TRUE(holds(history, Promise::monotonic_reads));
  const auto mixture = client.reads_together({{"k", "k1"}, {"l", "l2"}}, mixed, {at(6), at(6)});
  EXPECT_TRUE(holds(history, Promise::integrity));
  history.raw().clients[0] = {.max_idle = at(5), .staleness_max = at(5), .command_timeout = at(2)};
  EXPECT_TRUE(broken_by(history, Promise::monotonic_reads, back));
  EXPECT_TRUE(broken_by(history, Promise::integrity, mixture));
}

TEST(LostPushes, WhatTheServerAnsweredAloneIsOfOneMoment) {
  auto history = with_lost_pushes(model::end_of_time);
  const auto mixture = history.client(0).reads_together({{"k", "k1"}, {"l", "l2"}}, from_server, {at(2), at(5)});
  EXPECT_TRUE(broken_by(history, Promise::integrity, mixture));
}

TEST(LostPushes, EverythingIsCurrentOnceWhatWasMissedIsTooOld) {
  auto history = with_lost_pushes(at(8));
  history.raw().faults_stopped = at(10);
  auto client = history.client(0);
  history.operation(client.reads("k", from_cache, "k1", at(18))).settled = true;
  EXPECT_TRUE(holds(history, Promise::convergence));
  const auto scar = client.reads("k", from_cache, "k1", at(18) + instant);
  history.operation(scar).settled = true;
  EXPECT_TRUE(broken_by(history, Promise::convergence, scar));
  history.raw().clients[0].staleness_max = model::end_of_time;
  EXPECT_TRUE(holds(history, Promise::convergence));
  history.operation(scar).ending = model::Ending::failed;
  EXPECT_TRUE(broken_by(history, Promise::convergence, scar)) << "an answer is due all the same";
}

TEST(LostPushes, ANeighbourWithAStoreOfItsOwnIsJudgedInFull) {
  HistoryBuilder history{2};
  history.raw().clients[0].pushes_reliable = false;
  history.key("k").version(at(1), "k1").version(at(3), "k2");
  history.client(1).reads("k", from_server, "k2", at(4));
  const auto back = history.client(1).reads("k", from_cache, "k1", at(5));
  EXPECT_TRUE(broken_by(history, Promise::monotonic_reads, back));
}

}  // namespace
}  // namespace trackside::testing

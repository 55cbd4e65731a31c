// The coherence rules where several nodes answer for a key, one after the other and for a while at once.
#include "properties/model/history_builder.hpp"

namespace trackside::testing {
namespace {

using model::Promise;

/// Node a has v1 and v2 and goes on answering until 6 s, with v3 at the end; its replica took its place at 4 s, with v1
/// alone, and has v4 from 7 s on.
HistoryBuilder a_failover() {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1").version(at(2), "v2").version(at(5), "v3");
  history.key("k").version(at(1), "v1").version(at(7), "v4");
  history.raw().tenures = {{{.first = 0, .from = at(0), .until = at(6)}, {.first = 4, .from = at(4)}}};
  return history;
}

TEST(RulesOfClusters, WhatAnyOfThoseWhoAnswerHasIsRight) {
  auto history = a_failover();
  auto client = history.client(0);
  client.reads("k", from_server, "v2", {at(4.5), at(4.6)});
  client.reads("k", from_server, "v3", {at(5.5), at(5.6)});
  history.client(0).reads("k", from_server, "v1", {at(6.5), at(6.6)});
  EXPECT_TRUE(holds(history, Promise::integrity));
  const auto deposed = client.reads("k", from_server, "v3", {at(6) + instant, at(6.9)});
  EXPECT_TRUE(broken_by(history, Promise::integrity, deposed)) << "who answers no more answers for nobody";
}

TEST(RulesOfClusters, WhatADeposedNodeSaidIsStaleMaxIdleAfterItsLastAnswer) {
  auto history = a_failover();
  history.client(0).reads("k", from_cache, "v3", at(11));
  EXPECT_TRUE(holds(history, Promise::bounded_staleness));
  const auto stale = history.client(0).reads("k", from_cache, "v3", at(11) + instant);
  EXPECT_TRUE(broken_by(history, Promise::bounded_staleness, stale));
}

/// v2 took v1's place at 2 s, and at the replica at 4 s.
HistoryBuilder a_replica_that_lags() {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1").version(at(2), "v2");
  history.raw().keys[0][1].lingers_until = at(4);
  history.raw().tenures = {{{.first = 0, .from = at(0)}}};
  return history;
}

TEST(RulesOfClusters, WhatAReplicaStillHasIsRightForWhoReadsThere) {
  auto history = a_replica_that_lags();
  const auto elsewhere = history.client(0).reads("k", from_server, "v1", at(3));
  EXPECT_TRUE(broken_by(history, Promise::integrity, elsewhere)) << "its reads go to the primary";
  history = a_replica_that_lags();
  history.client(0).reads("k", from_server, "v1", at(3));
  history.raw().clients[0].reads_replicas = true;
  EXPECT_TRUE(holds(history, Promise::integrity));
  history.client(0).reads("k", from_cache, "v1", at(9));
  EXPECT_TRUE(holds(history, Promise::bounded_staleness));
  const auto stale = history.client(0).reads("k", from_cache, "v1", at(9) + instant);
  EXPECT_TRUE(broken_by(history, Promise::bounded_staleness, stale));
}

/// v1's owner answered no more after 2 s; its successor had v2 at 3 s and answered from 6 s on, its replica from 4 s.
HistoryBuilder a_replica_of_who_does_not_answer() {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1").version(at(3), "v2");
  history.raw().keys[0][2].lingers_from = at(4);
  history.raw().keys[0][2].lingers_until = at(8);
  history.raw().tenures = {{{.first = 0, .from = at(0), .until = at(2)}, {.first = 2, .from = at(6)}}};
  return history;
}

TEST(RulesOfClusters, AReplicaMayAnswerWhileItsPrimaryDoesNot) {
  auto history = a_replica_of_who_does_not_answer();
  history.client(0).reads("k", from_server, "v1", at(1.5));
  const auto replicas = history.client(0).reads("k", from_server, "v2", at(5));
  EXPECT_TRUE(broken_by(history, Promise::integrity, replicas)) << "its reads go to the primary";
  history.raw().clients[0].reads_replicas = true;
  EXPECT_TRUE(holds(history, Promise::integrity));
  EXPECT_TRUE(holds(history, Promise::monotonic_reads));
  const auto early = history.client(0).reads("k", from_server, "v2", {at(3.5), at(4) - instant});
  EXPECT_TRUE(broken_by(history, Promise::integrity, early)) << "no replica had it";
}

TEST(RulesOfClusters, AReplicaTakesNobodyBack) {
  auto history = a_replica_that_lags();
  history.client(0).reads("k", from_server, "v2", at(2.5));
  history.raw().clients[0].reads_replicas = true;
  EXPECT_TRUE(holds(history, Promise::monotonic_reads));
  const auto back = history.client(0).reads("k", from_server, "v1", at(3));
  EXPECT_TRUE(holds(history, Promise::integrity)) << "the replica has it";
  EXPECT_TRUE(broken_by(history, Promise::monotonic_reads, back));
  history.raw().left_at_replicas = {true};
  EXPECT_TRUE(holds(history, Promise::monotonic_reads)) << "for ever, since its primary never told it";
  history.raw().clients[0].reads_replicas = false;
  EXPECT_FALSE(holds(history, Promise::monotonic_reads)) << "which is nothing to who does not read there";
}

TEST(RulesOfClusters, WhileNobodyAnswersNothingNewIsRight) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1").version(at(2), "v2");
  history.key("k").version(at(2), "v2");
  history.raw().tenures = {{{.first = 0, .from = at(0), .until = at(3)}, {.first = 3, .from = at(9)}}};
  history.client(0).reads("k", from_cache, "v2", at(8));
  EXPECT_TRUE(holds(history, Promise::bounded_staleness));
  const auto stale = history.client(0).reads("k", from_cache, "v2", at(8) + instant);
  EXPECT_TRUE(broken_by(history, Promise::bounded_staleness, stale));
}

TEST(RulesOfClusters, AFailoverMayTakeReadersBackOnce) {
  auto history = a_failover();
  auto client = history.client(0);
  client.reads("k", from_server, "v3", at(5.2));
  client.reads("k", from_server, "v1", at(5.4));
  client.reads("k", from_server, "v1", at(5.6));
  EXPECT_TRUE(holds(history, Promise::monotonic_reads));
  const auto back = client.reads("k", from_server, "v3", at(5.8));
  EXPECT_TRUE(holds(history, Promise::integrity)) << "somebody answers so";
  EXPECT_TRUE(broken_by(history, Promise::monotonic_reads, back)) << "whoever saw the successor stays with it";
}

TEST(RulesOfClusters, AWriteThatAFailoverLostBindsReadersOfTheOldNodeAlone) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1");
  auto client = history.client(0);
  client.writes("k", "own", {at(2), at(2.1), at(2.2)});
  history.key("k").version(at(1), "v1");
  history.raw().tenures = {{{.first = 0, .from = at(0), .until = at(6)}, {.first = 3, .from = at(4)}}};
  client.reads("k", from_server, "v1", at(4.5));
  EXPECT_TRUE(holds(history, Promise::read_your_writes));
  HistoryBuilder before;
  before.key("k").version(at(1), "v1");
  before.client(0).writes("k", "own", {at(2), at(2.1), at(2.2)});
  before.key("k").version(at(1), "v1");
  before.raw().tenures = {{{.first = 0, .from = at(0), .until = at(6)}, {.first = 3, .from = at(4)}}};
  const auto older = before.client(0).reads("k", from_cache, "v1", at(3));
  EXPECT_TRUE(broken_by(before, Promise::read_your_writes, older));
}

TEST(RulesOfClusters, PartsOfDifferentSlotsNeedNoCommonMoment) {
  HistoryBuilder history;
  history.key("k").version(at(1), "k1").version(at(2), "k2");
  history.key("l").version(at(3), "l1");
  const auto last = history.client(0).reads_together({{"k", "k1"}, {"l", "l1"}}, from_server, {at(1.5), at(4)});
  history.operation(last).place = 1;
  EXPECT_TRUE(holds(history, Promise::integrity));
  history.operation(last).place = 0;
  EXPECT_TRUE(broken_by(history, Promise::integrity, last));
}

TEST(RulesOfClusters, ASplitReadIsAsOldAsItsFirstPartMayBe) {
  HistoryBuilder history;
  history.key("k").version(at(1), "k1").version(at(2), "k2");
  const auto read = history.client(0).reads("k", mixed, "k1", {at(7), at(8)});
  history.operation(read).place = 1;
  EXPECT_TRUE(holds(history, Promise::bounded_staleness));
  history.operation(read).place = 0;
  EXPECT_TRUE(broken_by(history, Promise::bounded_staleness, read));
}

}  // namespace
}  // namespace trackside::testing

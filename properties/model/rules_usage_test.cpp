// What the rules say of programs: what they read out of replies, figures that do not agree, clients that take no
// commands, and commands that wait at the server.
#include <gtest/gtest.h>

#include "properties/model/history_builder.hpp"

namespace trackside::testing {
namespace {

using model::Promise;

TEST(Integrity, WhatAProgramReadsOutOfAReplyIsWhatItSays) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1");
  const auto read = history.client(0).reads("k", from_server, "v1", {at(2), at(3)});
  EXPECT_TRUE(holds(history, Promise::integrity));
  history.operation(read).misreading = "it was read as something else";
  EXPECT_TRUE(broken_by(history, Promise::integrity, read));
}

TEST(TrueCounters, OtherFiguresAgreeWithTheTotals) {
  HistoryBuilder history{2};
  history.raw().contradictions_at_end = {"", ""};
  EXPECT_TRUE(holds(history, Promise::true_counters));
  history.raw().contradictions_at_end[1] = "2 hits of k, of which there were 1";
  EXPECT_EQ(history.verdict(Promise::true_counters).violation->got, "client 1: 2 hits of k, of which there were 1");
}

TEST(Convergence, WhoTakesNoCommandsFailsAndSaysThatItIsNotHealthy) {
  HistoryBuilder history;
  history.key("k").version(at(1), "v1");
  const auto read = history.client(0).reads("k", from_server, "v1", {at(20), at(21)});
  history.operation(read).settled = true;
  auto& terms = history.raw().clients[0];
  terms.takes_commands = false;
  EXPECT_TRUE(broken_by(history, Promise::convergence, read)) << "nobody can have answered";
  history.operation(read).source = from_cache;
  EXPECT_TRUE(holds(history, Promise::convergence)) << "its cache can";
  history.operation(read).source = from_server;
  history.operation(read).ending = model::Ending::failed;
  EXPECT_TRUE(holds(history, Promise::convergence));
  terms.usable = false;
  EXPECT_TRUE(history.verdict(Promise::convergence).violation) << "it says that it is healthy";
  history.raw().healthy_at_end[0] = 0;
  EXPECT_TRUE(holds(history, Promise::convergence));
  terms.usable = true;
  EXPECT_TRUE(history.verdict(Promise::convergence).violation) << "it says that it is not";
}

TEST(OneAnswer, WhatWaitsAtTheServerMayTakeSoMuchLonger) {
  HistoryBuilder history;
  const auto pop = history.client(0).writes_in_vain("k", {at(1), at(4)});
  EXPECT_TRUE(broken_by(history, Promise::one_answer, pop)) << "after the timeout of two seconds";
  history.operation(pop).patience = at(1);
  EXPECT_TRUE(holds(history, Promise::one_answer));
  history.operation(pop).patience = at(0.9);
  EXPECT_TRUE(broken_by(history, Promise::one_answer, pop));
}

}  // namespace
}  // namespace trackside::testing

// Faults that keep to some of a client's connections: that of its invalidations, or those of its reads.
//
// Neighbours: world_test.cpp (what each kind of fault does), network_test.cpp (held connections).
#include <gtest/gtest.h>

#include "properties/sim/world_parts.hpp"

namespace trackside::sim {
namespace {

/// A client that reads on two connections and hears of invalidations on a third one, and one without a cache.
struct Redirected {
  explicit Redirected(const Fault& fault_to_add)
      : trial(with_writes(fault_to_add)), data(trial.world.client(0)), more_data(trial.world.client(0)) {
    EXPECT_TRUE(trial.world.run_until(200 * millisecond));
    trial.ask("HELLO 3\r\n");
    const std::string id = std::to_string(trial.world.server().client_id(redis::SessionId{2}));
    for (Hand* hand : {&data, &more_data}) {
      hand->connection->write("CLIENT TRACKING ON REDIRECT " + id + "\r\nGET k\r\n");
    }
    EXPECT_TRUE(trial.world.run_until(500 * millisecond));
    EXPECT_EQ(data.received, "+OK\r\n$-1\r\n");
    trial.hand.received.clear();
    data.received.clear();
    more_data.received.clear();
  }
  /// A write every second, beginning with the first half second after the fault.
  static Scenario with_writes(const Fault& fault_to_add) {
    Scenario scenario = benign_with(fault_to_add);
    for (std::uint32_t id = 1; id <= 5; ++id) {
      scenario.operations.push_back(operation(id, id * second + 500 * millisecond, {"SET", "k", "v"}));
    }
    return scenario;
  }
  Hand& invalidations() { return trial.hand; }
  bool data_answers() {
    data.connection->write(ping);
    more_data.connection->write(ping);
    EXPECT_TRUE(trial.world.run_until(trial.world.now() + 10 * millisecond));
    return data.received.ends_with(pong) && more_data.received.ends_with(pong);
  }

  Trial trial;
  Hand data;
  Hand more_data;
};

Fault fault_only(FaultScope scope, FaultKind kind, Instant duration = 0) {
  Fault result = fault(kind, second, duration);
  result.scope = scope;
  return result;
}

TEST(WorldScope, TheConnectionOfInvalidationsDiesWhileDataConnectionsLive) {
  for (const FaultKind kind : {FaultKind::reset, FaultKind::close, FaultKind::kill_client}) {
    Redirected client(fault_only(FaultScope::invalidations, kind));
    ASSERT_TRUE(client.trial.world.run_until(2 * second));
    EXPECT_TRUE(client.invalidations().closed) << name_of(kind);
    EXPECT_EQ(client.trial.effects(kind), 1U) << name_of(kind);
    EXPECT_TRUE(client.data_answers()) << name_of(kind);
  }
}

TEST(WorldScope, DataConnectionsDieWhileTheConnectionOfInvalidationsLives) {
  for (const FaultKind kind : {FaultKind::reset, FaultKind::close, FaultKind::kill_client}) {
    Redirected client(fault_only(FaultScope::data, kind));
    ASSERT_TRUE(client.trial.world.run_until(2 * second));
    EXPECT_TRUE(client.data.closed && client.more_data.closed) << name_of(kind);
    EXPECT_EQ(client.trial.effects(kind), 2U) << name_of(kind);
    EXPECT_TRUE(client.trial.ask(ping).ends_with(pong)) << name_of(kind);
  }
}

TEST(WorldScope, TheConnectionOfInvalidationsHangsWhileDataConnectionsLive) {
  for (const FaultKind kind : {FaultKind::half_open, FaultKind::hold_to_client}) {
    Redirected client(fault_only(FaultScope::invalidations, kind, 4 * second));
    ASSERT_TRUE(client.trial.world.run_until(4 * second));
    EXPECT_EQ(client.invalidations().received, "") << name_of(kind);
    EXPECT_GT(client.trial.effects(kind), 0U) << name_of(kind);
    EXPECT_TRUE(client.data_answers()) << name_of(kind);
    ASSERT_TRUE(client.trial.world.run_until(6 * second));
    EXPECT_NE(client.invalidations().received.find("invalidate"), std::string::npos) << name_of(kind);
  }
}

TEST(WorldScope, TheConnectionOfInvalidationsIsLateWhileDataConnectionsAreNot) {
  Fault late = fault_only(FaultScope::invalidations, FaultKind::delay, 9 * second);
  late.argument = 2 * second;
  Redirected client(late);
  ASSERT_TRUE(client.trial.world.run_until(3 * second));  // a write was at 1.5 s
  EXPECT_TRUE(client.data_answers());
  EXPECT_EQ(client.invalidations().received, "");
  ASSERT_TRUE(client.trial.world.run_until(4 * second));
  EXPECT_NE(client.invalidations().received.find("invalidate"), std::string::npos);
  EXPECT_EQ(client.trial.effects(FaultKind::delay), 1U);
}

TEST(WorldScope, DataConnectionsHangWhileTheConnectionOfInvalidationsLives) {
  for (const FaultKind kind : {FaultKind::half_open, FaultKind::hold_to_client, FaultKind::hold_to_server}) {
    Redirected client(fault_only(FaultScope::data, kind, 4 * second));
    ASSERT_TRUE(client.trial.world.run_until(2 * second));
    EXPECT_NE(client.invalidations().received.find("invalidate"), std::string::npos) << name_of(kind);
    EXPECT_FALSE(client.data_answers()) << name_of(kind);
    EXPECT_TRUE(client.trial.ask(ping).ends_with(pong)) << name_of(kind);
    ASSERT_TRUE(client.trial.world.run_until(6 * second));
    EXPECT_EQ(client.data.received, pong) << name_of(kind);
  }
}

TEST(WorldScope, AFaultThatKeepsToSomeConnectionsKeepsToThoseThatWereThereWhenItBegan) {
  Redirected client(fault_only(FaultScope::invalidations, FaultKind::half_open, 10 * second));
  ASSERT_TRUE(client.trial.world.run_until(2 * second));
  Hand successor(client.trial.world.client(0));
  ASSERT_TRUE(client.trial.world.run_until(2200 * millisecond));
  ASSERT_TRUE(successor.open);
  successor.connection->write("HELLO 3\r\n");
  ASSERT_TRUE(client.trial.world.run_until(2300 * millisecond));
  const std::string id = std::to_string(client.trial.world.server().client_id(redis::SessionId{5}));
  client.data.connection->write("CLIENT TRACKING ON REDIRECT " + id + "\r\nGET k\r\n");
  ASSERT_TRUE(client.trial.world.run_until(4 * second));
  EXPECT_NE(successor.received.find("invalidate"), std::string::npos);
  EXPECT_EQ(client.invalidations().received, "");
}

TEST(WorldScope, DroppedPushesAreAlsoThoseThatGoToAResp2SubscriberAndNothingElseIs) {
  for (const bool dropping : {false, true}) {
    Scenario scenario = dropping ? benign_with(fault(FaultKind::push_drop, second, 5 * second)) : benign();
    scenario.operations = {operation(1, 3 * second, {"SET", "k", "v"}),
                           operation(2, 4 * second, {"PUBLISH", "news", "hi"})};
    Trial trial(scenario);
    Hand data(trial.world.client(0));
    trial.ask("SUBSCRIBE news\r\n");
    const std::string id = std::to_string(trial.world.server().client_id(redis::SessionId{2}));
    data.connection->write("CLIENT TRACKING ON REDIRECT " + id + "\r\nGET k\r\n");
    trial.hand.received.clear();
    ASSERT_TRUE(trial.world.run_until(5 * second));
    const std::string invalidation =
        "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$1\r\nk\r\n";
    EXPECT_EQ(trial.hand.received,
              (dropping ? "" : invalidation) + "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n");
    EXPECT_EQ(trial.effects(FaultKind::push_drop), dropping ? 1U : 0U);
  }
}

TEST(WorldScope, WhoRedirectsToItselfIsNobodysTargetAndRedirectsToNobody) {
  for (const FaultScope scope : {FaultScope::invalidations, FaultScope::data}) {
    Trial trial(benign_with(fault_only(scope, FaultKind::reset)));
    const std::string id = std::to_string(trial.world.server().client_id(redis::SessionId{2}));
    trial.ask("HELLO 3\r\nCLIENT TRACKING ON REDIRECT " + id + "\r\n");
    ASSERT_TRUE(trial.world.run_until(2 * second));
    EXPECT_TRUE(trial.hand.open);
    EXPECT_EQ(trial.effects(FaultKind::reset), 0U);
  }
}

}  // namespace
}  // namespace trackside::sim

// The simulated world as a whole: every kind of fault does what it says.
//
// Clients here are `RawClient`s on client hosts; what caches make of it is tried elsewhere.
// Neighbours: world_scope_test.cpp, world_determinism_test.cpp, network_test.cpp (paths), scenario_property.cpp (the
// text).
#include <algorithm>

#include <gtest/gtest.h>

#include "properties/sim/world_parts.hpp"

namespace trackside::sim {
namespace {

TEST(World, WritersRunTheirOperationsAndReportReplies) {
  Scenario scenario = benign(0);
  scenario.operations = {operation(1, second, {"SET", "k", "v"}), operation(2, 2 * second, {"GET", "k"}),
                         operation(3, 3 * second, {"INCR", "n", ";", "INCR", "n"})};
  Replies replies;
  Changes changes;
  World world(scenario, &changes, {.writer_events = &replies});
  ASSERT_TRUE(world.run_until(5 * second));
  EXPECT_EQ(replies.log, (std::vector<std::string>{"1:OK", "2:\"v\"", "3:[(integer) 1, (integer) 2]"}));
  EXPECT_EQ(changes.keys, (std::vector<std::string>{"k", "n", "n"}));
  EXPECT_EQ(changes.times.at(0), second + Network::base_latency);
  EXPECT_EQ(world.host_of(changes.by.at(0)), 0U);
  EXPECT_EQ(world.writers_outstanding(), 0U);
}

TEST(World, HostsOfSessionsAreKnownByTheirIndex) {
  struct Hosts final : redis::ServerObserver {
    void on_change(const Change& change) override { hosts.push_back(world->host_of(change.by)); }
    World* world = nullptr;
    std::vector<std::uint32_t> hosts{};
  };
  Scenario scenario = benign(2);
  scenario.writers = 2;
  scenario.operations = {operation(1, second, {"SET", "k", "v"}, 1), operation(2, 2 * second, {"SET", "k", "w"}, 0)};
  Hosts hosts;
  World world(scenario, &hosts);
  hosts.world = &world;
  ASSERT_TRUE(world.run_until(5 * second));
  EXPECT_EQ(hosts.hosts, (std::vector<std::uint32_t>{3, 2}));
}

TEST(World, AConnectionAnswersAfterARoundTrip) {
  Trial trial(benign());
  const Instant start = trial.world.now();
  EXPECT_EQ(trial.ask(ping), pong);
  EXPECT_EQ(trial.hand.last_at, start + 2 * Network::base_latency);
}

TEST(World, AFrozenServerAnswersWhenItThaws) {
  Trial trial(benign_with(fault(FaultKind::freeze_server, second, 3 * second)));
  ASSERT_TRUE(trial.world.run_until(second));
  EXPECT_EQ(trial.ask(ping, second), "");
  Hand late(trial.world.client(0));
  ASSERT_TRUE(trial.world.run_until(3 * second));
  EXPECT_TRUE(late.open);  // the system accepts for a process that is stopped
  ASSERT_TRUE(trial.world.run_until(5 * second));
  EXPECT_EQ(trial.hand.received, pong);
  EXPECT_EQ(trial.hand.last_at, 4 * second + Network::base_latency);
  EXPECT_GT(trial.effects(FaultKind::freeze_server), 0U);
}

TEST(World, ARestartResetsRefusesAndForgets) {
  Scenario scenario = benign_with(fault(FaultKind::restart_server, second, 2 * second));
  scenario.operations = {operation(1, 500 * millisecond, {"SET", "k", "v"})};
  Trial trial(scenario);
  ASSERT_TRUE(trial.world.run_until(second + 10 * millisecond));
  EXPECT_TRUE(trial.hand.closed);
  EXPECT_EQ(trial.hand.reason, boost::system::errc::connection_reset);
  Hand early(trial.world.client(0));
  ASSERT_TRUE(trial.world.run_until(2 * second));
  EXPECT_EQ(early.reason, boost::system::errc::connection_refused);
  ASSERT_TRUE(trial.world.run_until(3 * second));
  Hand again(trial.world.client(0));
  ASSERT_TRUE(trial.world.run_until(4 * second));
  ASSERT_TRUE(again.open);
  again.connection->write("GET k\r\n");
  ASSERT_TRUE(trial.world.run_until(5 * second));
  EXPECT_EQ(again.received, "$-1\r\n");
  EXPECT_EQ(trial.effects(FaultKind::restart_server), 1U);
}

TEST(World, ResetCloseAndKillEndTheTargetsConnections) {
  for (const FaultKind kind : {FaultKind::reset, FaultKind::close, FaultKind::kill_client}) {
    Scenario scenario = benign(2);
    scenario.faults.push_back(fault(kind, second, 0));
    Trial trial(scenario);
    Hand other(trial.world.client(1));
    ASSERT_TRUE(trial.world.run_until(2 * second));
    EXPECT_TRUE(trial.hand.closed) << name_of(kind);
    EXPECT_EQ(trial.hand.reason.failed(), kind != FaultKind::close) << name_of(kind);
    EXPECT_TRUE(other.open) << name_of(kind);
    EXPECT_EQ(trial.effects(kind), 1U) << name_of(kind);
    EXPECT_EQ(trial.world.client(0).open_connections(), 0U);
  }
}

TEST(World, PathFaultsLastAsLongAsTheySay) {
  for (const FaultKind kind : {FaultKind::half_open, FaultKind::hold_to_client, FaultKind::hold_to_server}) {
    Trial trial(benign_with(fault(kind, second, 2 * second)));
    ASSERT_TRUE(trial.world.run_until(second));
    EXPECT_EQ(trial.ask(ping, 2 * second - 1), "") << name_of(kind);
    ASSERT_TRUE(trial.world.run_until(4 * second));
    EXPECT_EQ(trial.hand.received, pong) << name_of(kind);
    EXPECT_GT(trial.effects(kind), 0U) << name_of(kind);
  }
}

TEST(World, OverlappingFaultsOfOneKindEndWithTheLast) {
  Scenario scenario = benign_with(fault(FaultKind::half_open, second, 2 * second));
  scenario.faults.push_back(fault(FaultKind::half_open, 2 * second, 4 * second));
  scenario.faults.back().id = 1;
  Trial trial(scenario);
  ASSERT_TRUE(trial.world.run_until(second));
  EXPECT_EQ(trial.ask(ping, 4 * second), "");
  ASSERT_TRUE(trial.world.run_until(7 * second));
  EXPECT_EQ(trial.hand.received, pong);
}

TEST(World, ConnectsAreRefusedOrHang) {
  for (const FaultKind kind : {FaultKind::refuse, FaultKind::hang_connect}) {
    Trial trial(benign_with(fault(kind, second, 2 * second)));
    ASSERT_TRUE(trial.world.run_until(second));
    Hand hand(trial.world.client(0));
    ASSERT_TRUE(trial.world.run_until(2 * second));
    EXPECT_FALSE(hand.open);
    EXPECT_EQ(hand.closed, kind == FaultKind::refuse);
    ASSERT_TRUE(trial.world.run_until(4 * second));
    EXPECT_EQ(hand.open, kind == FaultKind::hang_connect);
    EXPECT_EQ(trial.effects(kind), 1U);
    EXPECT_TRUE(trial.hand.open);
  }
}

TEST(World, DelaysAndASlowServerMakeAnswersLate) {
  const Instant more = 30 * millisecond;
  for (const FaultKind kind : {FaultKind::delay, FaultKind::slow_server}) {
    Trial trial(benign_with(fault(kind, second, 5 * second, static_cast<std::uint64_t>(more))));
    ASSERT_TRUE(trial.world.run_until(second));
    EXPECT_EQ(trial.ask(ping, second), pong);
    const Instant times = kind == FaultKind::delay ? 2 : 1;
    EXPECT_EQ(trial.hand.last_at, second + 2 * Network::base_latency + times * more) << name_of(kind);
    EXPECT_GT(trial.effects(kind), 0U);
  }
}

TEST(World, ASlowServerWorksOnOneBatchAfterAnother) {
  Scenario scenario = benign(2);
  scenario.faults.push_back(fault(FaultKind::slow_server, second, 5 * second, 10 * millisecond));
  Trial trial(scenario);
  Hand other(trial.world.client(1));
  ASSERT_TRUE(trial.world.run_until(second));
  other.connection->write(ping);
  EXPECT_EQ(trial.ask(ping, second), pong);
  EXPECT_EQ(other.last_at, second + 2 * Network::base_latency + 10 * millisecond);
  EXPECT_EQ(trial.hand.last_at, second + 2 * Network::base_latency + 20 * millisecond);
}

TEST(World, ASlowReaderGetsItsRate) {
  Trial trial(benign_with(fault(FaultKind::slow_reader, second, 5 * second, 1)));
  ASSERT_TRUE(trial.world.run_until(second));
  EXPECT_EQ(trial.ask(ping, second), pong);
  EXPECT_GE(trial.hand.last_at, second + 6 * millisecond);
  EXPECT_GT(trial.effects(FaultKind::slow_reader), 0U);
}

TEST(World, AClientThatDoesNotReadRunsIntoTheOutputLimit) {
  Scenario scenario = benign_with(fault(FaultKind::hold_to_client, second, 10 * second));
  scenario.server.output_limit_bytes = 200'000;
  scenario.operations = {operation(1, 500 * millisecond, {"SET", "k", std::string(50'000, 'x')})};
  Trial trial(scenario);
  ASSERT_TRUE(trial.world.run_until(second));
  for (int times = 0; times < 10; ++times) {
    trial.ask("GET k\r\n");
  }
  EXPECT_EQ(trial.world.server().session_count(), 1U);  // the writer's
  ASSERT_TRUE(trial.world.run_until(12 * second));
  EXPECT_EQ(trial.hand.reason, boost::system::errc::connection_reset);
}

TEST(World, AStoppedClientSleepsThroughItsTimersWhileTheClockGoesOn) {
  Trial trial(benign_with(fault(FaultKind::pause_client, second, 4 * second)));
  std::vector<Instant> ran;
  struct Note {
    World& world;
    std::vector<Instant>& ran;
  } note{trial.world, ran};
  const auto task = [](void* self, std::uint64_t) {
    auto& mine = *static_cast<Note*>(self);
    mine.ran.push_back(mine.world.now());
  };
  trial.world.client(0).call_at(to_time(2 * second), {task, &note, 0});
  trial.world.client(0).turn_at(3 * second, {task, &note, 0});
  trial.world.call_at(4 * second, {task, &note, 0});
  const TimerId cancelled = trial.world.client(0).call_at(to_time(2 * second), {task, &note, 0});
  ASSERT_TRUE(trial.world.run_until(4500 * millisecond));
  trial.world.client(0).cancel(cancelled);  // due, and still waiting
  ASSERT_TRUE(trial.world.run_until(6 * second));
  EXPECT_EQ(ran, (std::vector<Instant>{4 * second, 5 * second, 5 * second}));
  EXPECT_EQ(trial.effects(FaultKind::pause_client), 3U);
}

TEST(World, LateTimersAreLateAtMostSoMuchAndTurnsAreNot) {
  Scenario scenario = benign_with(fault(FaultKind::late_timers, second, 4 * second, 50 * millisecond));
  scenario.tape.push_back({"host.late_timer", 0, 0, 20 * millisecond});
  Trial trial(scenario);
  std::vector<Instant> ran;
  struct Note {
    World& world;
    std::vector<Instant>& ran;
  } note{trial.world, ran};
  const auto task = [](void* self, std::uint64_t) {
    auto& mine = *static_cast<Note*>(self);
    mine.ran.push_back(mine.world.now());
  };
  trial.world.client(0).call_at(to_time(2 * second), {task, &note, 0});
  trial.world.client(0).turn_at(2 * second, {task, &note, 0});
  ASSERT_TRUE(trial.world.run_until(3 * second));
  EXPECT_EQ(ran, (std::vector<Instant>{2 * second, 2 * second + 20 * millisecond}));
  EXPECT_EQ(trial.effects(FaultKind::late_timers), 1U);
}

TEST(World, DroppedPushesVanishFromALiveStreamAndNothingElseDoes) {
  for (const bool dropping : {false, true}) {
    Scenario scenario = dropping ? benign_with(fault(FaultKind::push_drop, second, 5 * second)) : benign();
    scenario.operations = {operation(1, 500 * millisecond, {"SET", "k", "v"}),
                           operation(2, 3 * second, {"SET", "k", "w"})};
    Trial trial(scenario);
    trial.ask("HELLO 3\r\nCLIENT TRACKING ON\r\n");
    ASSERT_TRUE(trial.world.run_until(2 * second));
    EXPECT_EQ(trial.ask("GET k\r\n"), "$1\r\nv\r\n");
    trial.hand.received.clear();
    ASSERT_TRUE(trial.world.run_until(4 * second));
    EXPECT_EQ(trial.hand.received, dropping ? "" : ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n");
    EXPECT_EQ(trial.effects(FaultKind::push_drop), dropping ? 1U : 0U);
    EXPECT_EQ(trial.ask("GET k\r\n"), "$1\r\nw\r\n");
  }
}

TEST(World, TrackingIsForbiddenForAWhile) {
  Trial trial(benign_with(fault(FaultKind::forbid_tracking, second, 2 * second)));
  ASSERT_TRUE(trial.world.run_until(second));
  Hand hand(trial.world.client(0));
  ASSERT_TRUE(trial.world.run_until(2 * second));
  hand.connection->write("HELLO 3\r\nCLIENT TRACKING ON\r\n");
  ASSERT_TRUE(trial.world.run_until(2500 * millisecond));
  EXPECT_NE(hand.received.find("-NOPERM"), std::string::npos) << hand.received;
  ASSERT_TRUE(trial.world.run_until(4 * second));
  hand.received.clear();
  hand.connection->write("CLIENT TRACKING ON\r\n");
  ASSERT_TRUE(trial.world.run_until(5 * second));
  EXPECT_EQ(hand.received, "+OK\r\n");
  EXPECT_GT(trial.effects(FaultKind::forbid_tracking), 0U);
}

TEST(World, HowOftenDatabasesWereSwappedIsWithheldForAWhile) {
  Trial trial(benign_with(fault(FaultKind::forbid_question, second, 2 * second)));
  const std::string question = "LATENCY HISTOGRAM swapdb\r\n";
  ASSERT_TRUE(trial.world.run_until(2 * second));
  EXPECT_EQ(trial.ask(question), "-NOPERM this user has no permissions to run the 'latency|histogram' command\r\n");
  ASSERT_TRUE(trial.world.run_until(4 * second));
  EXPECT_EQ(trial.ask(question), "*0\r\n");
  EXPECT_GT(trial.effects(FaultKind::forbid_question), 0U);
}

TEST(World, KeysExpireWithoutAnyoneAskingAndLaterWhenTheCycleIsBehind) {
  for (const std::uint64_t ticks : {0U, 20U}) {
    Scenario scenario = benign();
    if (ticks > 0) {
      scenario.faults.push_back(fault(FaultKind::late_expiry, millisecond, 15 * second, ticks));
    }
    scenario.operations = {operation(1, 500 * millisecond, {"SET", "k", "v", "PX", "1000"})};
    Changes changes;
    Trial trial(scenario, &changes);
    ASSERT_TRUE(trial.world.run_until(10 * second));
    ASSERT_EQ(changes.keys.size(), 2U);
    const Instant late = changes.times[1] - 1500 * millisecond;
    EXPECT_GE(late, static_cast<Instant>(ticks) * 100 * millisecond);
    EXPECT_LT(late, static_cast<Instant>(ticks + 3) * 100 * millisecond);
    EXPECT_EQ(trial.effects(FaultKind::late_expiry) > 0, ticks > 0);
  }
}

TEST(World, AStepOfTheServersClockExpiresKeys) {
  Scenario scenario = benign_with(fault(FaultKind::clock_step, second, 0, 3'600'000));
  scenario.operations = {operation(1, 500 * millisecond, {"SET", "k", "v", "EX", "1000"})};
  Changes changes;
  Trial trial(scenario, &changes);
  ASSERT_TRUE(trial.world.run_until(3 * second));
  EXPECT_EQ(changes.keys.size(), 2U);
  EXPECT_EQ(trial.effects(FaultKind::clock_step), 1U);
}

TEST(World, AnIdleWorldHasNoEvents) {
  Trial trial(benign());
  ASSERT_TRUE(trial.world.run_until(19 * second));
  const std::uint64_t before = trial.world.events();
  ASSERT_TRUE(trial.world.run_until(1'000'000 * second));
  EXPECT_LE(trial.world.events() - before, 1U);  // healing
}

TEST(World, HealingEndsEveryFault) {
  Scenario scenario = benign();
  std::uint32_t id = 0;
  for (std::size_t kind = 0; kind < fault_kinds; ++kind) {
    scenario.faults.push_back({id++, static_cast<FaultKind>(kind), second, 1'000 * second, 0, 1});
  }
  scenario.operations = {operation(1, 25 * second, {"SET", "k", "v"})};
  Replies replies;
  World world(scenario, nullptr, {.writer_events = &replies});
  ASSERT_TRUE(world.run_until(20 * second));
  EXPECT_TRUE(world.healed());
  Hand hand(world.client(0));
  ASSERT_TRUE(world.run_until(21 * second));
  ASSERT_TRUE(hand.open);
  hand.connection->write(ping);
  ASSERT_TRUE(world.run_until(30 * second));
  EXPECT_EQ(hand.received, pong);
  EXPECT_EQ(replies.log, (std::vector<std::string>{"1:OK"}));
}

}  // namespace
}  // namespace trackside::sim

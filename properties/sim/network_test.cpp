// The simulated network: order, completeness and timing of bytes, ends, and what each disturbance of a path does.
// Neighbours: simulated_peer.hpp (the peer), world_test.cpp (faults as the scenario gives them).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "properties/impl/seam_contract.hpp"
#include "properties/sim/simulated_peer.hpp"
#include "sim/network/pipe.hpp"

namespace trackside::testing {
namespace {

using sim::Conditions;
using sim::FaultKind;
using sim::Instant;
using sim::microsecond;
using sim::millisecond;
using sim::second;
using End = PeerConnection::End;

constexpr Instant latency = sim::Network::base_latency;

/// One host with one connection that is open.
struct Connected {
  explicit Connected(const sim::Scenario& scenario = benign_scenario()) : net(scenario) {
    connection = net.host().connect({}, seen);
    net.run_for(5 * second);
    EXPECT_EQ(seen.log, "open ");
  }
  PeerConnection& peer() { return net.peer.connections.at(0); }
  void send(Bytes bytes) { net.network.send(peer().stream, bytes, net.scheduler.now()); }
  void set(const Conditions& conditions) { net.network.set_conditions(0, conditions); }
  std::uint64_t effects(FaultKind kind) const { return net.effects.of(kind); }

  SimulatedNetwork net;
  Recorder seen{net.host()};
  std::unique_ptr<Connection> connection;
};

TEST(Network, AHandshakeTakesARoundTripAndAMessageHalfOfOne) {
  SimulatedNetwork net(benign_scenario());
  Recorder seen(net.host());
  const auto connection = net.host().connect({}, seen);
  EXPECT_EQ(seen.log, "");
  net.run_until(2 * latency);
  EXPECT_EQ(seen.opened_at, 2 * latency);
  connection->write("hello");
  net.run_for(latency - 1);
  EXPECT_EQ(net.peer.connections.at(0).received, "");
  net.run_for(1);
  EXPECT_EQ(net.peer.connections.at(0).received, "hello");
}

TEST(Network, WritingBeforeTheOpeningIsIgnored) {
  SimulatedNetwork net(benign_scenario());
  Recorder seen(net.host());
  const auto connection = net.host().connect({}, seen);
  connection->write("early");
  net.run_all();
  EXPECT_EQ(net.peer.connections.at(0).received, "");
}

TEST(Network, AnOrderlyCloseDeliversWhatWasWritten) {
  Connected world;
  world.connection->write("last words");
  world.connection->close(CloseMode::orderly);
  world.net.run_all();
  EXPECT_EQ(world.peer().received, "last words");
  EXPECT_EQ(world.peer().end, End::fin);
  EXPECT_EQ(world.seen.log, "open close ");
  EXPECT_FALSE(world.seen.reason);
  EXPECT_EQ(world.net.network.streams_in_use(), 0U);
}

TEST(Network, AnAbortiveCloseOvertakesWhatIsUnderWay) {
  Connected world;
  world.connection->write("never");
  world.connection->close(CloseMode::abortive);
  world.net.run_all();
  EXPECT_EQ(world.peer().received, "");
  EXPECT_EQ(world.peer().end, End::reset);
  EXPECT_FALSE(world.seen.reason);
}

TEST(Network, WhatReachedAPeerThatDoesNotReadIsReadInSpiteOfAReset) {
  Connected world;
  world.net.peer.stop_reading();
  world.connection->write("arrived");
  world.net.run_for(latency);
  world.connection->write("under way");
  world.connection->close(CloseMode::abortive);
  world.net.run_for(second);
  world.net.peer.read_again();
  EXPECT_EQ(world.peer().received, "arrived");
  EXPECT_EQ(world.peer().end, End::reset);
}

TEST(Network, LettingGoEndsTheConnectionAndDeliversNothingMore) {
  Connected world;
  world.send("too late");
  world.connection.reset();
  world.net.run_all();
  EXPECT_EQ(world.seen.log, "open ");
  EXPECT_EQ(world.peer().end, End::reset);
  EXPECT_EQ(world.net.network.streams_in_use(), 0U);
}

TEST(Network, AHalfOpenPathTellsNobodyAndDeliversAfterwards) {
  Connected world;
  world.send("in flight");
  world.set({.holds = {.half_open = true}});
  world.connection->write("into the void");
  world.net.run_for(100 * second);
  EXPECT_EQ(world.seen.log, "open ");
  EXPECT_EQ(world.peer().received, "");
  EXPECT_GT(world.effects(FaultKind::half_open), 0U);
  const Instant released = world.net.scheduler.now();
  world.set({});
  world.net.run_all();
  EXPECT_EQ(world.seen.received, "in flight");
  EXPECT_EQ(world.seen.arrivals.at(0), released + latency);
  EXPECT_EQ(world.peer().arrivals.at(0), released + latency);
  EXPECT_EQ(world.peer().received, "into the void");
}

TEST(Network, HoldsAreOneWay) {
  Connected world;
  world.set({.holds = {.to_client = true}});
  world.send("held");
  world.connection->write("passes");
  world.net.run_for(second);
  EXPECT_EQ(world.peer().received, "passes");
  EXPECT_EQ(world.seen.received, "");
  EXPECT_GT(world.effects(FaultKind::hold_to_client), 0U);
  world.set({.holds = {.to_server = true}});
  world.send(" and more");
  world.connection->write(" held");
  world.net.run_for(second);
  EXPECT_EQ(world.peer().received, "passes");
  EXPECT_EQ(world.seen.received, "held and more");
  EXPECT_GT(world.effects(FaultKind::hold_to_server), 0U);
}

TEST(Network, AHoldMayKeepToSomeConnectionsAndNewOnesAreNotAmongThem) {
  Connected world;
  Recorder others(world.net.host());
  const auto other = world.net.host().connect({}, others);
  world.net.run_for(second);
  world.send("in flight");
  world.set({.held_apart = {{0, {.half_open = true}}}});
  world.connection->write("into the void");
  other->write("passes");
  Recorder later(world.net.host());
  const auto third = world.net.host().connect({}, later);
  world.net.run_for(second);
  EXPECT_EQ(later.log, "open ");
  EXPECT_EQ(world.net.peer.connections.at(1).received, "passes");
  EXPECT_EQ(world.peer().received, "");
  EXPECT_EQ(world.seen.log, "open ");
  EXPECT_EQ(world.effects(FaultKind::half_open), 2U);
  const Instant released = world.net.scheduler.now();
  world.set({});
  world.net.run_all();
  EXPECT_EQ(world.seen.received, "in flight");
  EXPECT_EQ(world.seen.arrivals.at(0), released + latency);
  EXPECT_EQ(world.peer().received, "into the void");
}

TEST(Network, AConnectionThatIsHeldTwiceIsReleasedWhenBothHoldsAreOver) {
  Connected world;
  world.set({.held_apart = {{0, {.to_client = true}}}});
  world.send("held");
  world.net.run_for(second);
  world.set({.holds = {.half_open = true}, .held_apart = {{0, {.to_client = true}}}});
  world.net.run_for(second);
  world.set({.holds = {.half_open = true}});
  world.net.run_for(second);
  EXPECT_EQ(world.seen.received, "");
  world.set({});
  world.net.run_all();
  EXPECT_EQ(world.seen.received, "held");
}

TEST(Network, AResetMayKeepToOneConnection) {
  Connected world;
  Recorder others(world.net.host());
  const auto other = world.net.host().connect({}, others);
  world.net.run_for(second);
  world.net.network.reset(std::vector{world.net.network.streams_of(0).at(1)});
  world.net.run_all();
  EXPECT_EQ(world.seen.log, "open ");
  EXPECT_EQ(others.log, "open close ");
}

TEST(Network, AnAbortOnABlockedPathIsLearntWhenItWorksAgain) {
  Connected world;
  world.set({.holds = {.half_open = true}});
  world.connection->write("lost");
  world.connection.reset();
  world.net.run_for(100 * second);
  EXPECT_EQ(world.peer().end, End::nothing);
  world.send("to nobody");
  world.set({});
  world.net.run_all();
  EXPECT_EQ(world.peer().end, End::reset);
  EXPECT_EQ(world.peer().received, "");
}

TEST(Network, AnOrderlyCloseOnABlockedPathStillDeliversItsData) {
  Connected world;
  world.set({.holds = {.to_server = true}});
  world.connection->write("retransmitted");
  world.connection->close(CloseMode::orderly);
  world.net.run_for(second);
  EXPECT_EQ(world.seen.log, "open close ");
  world.connection.reset();
  world.set({});
  world.net.run_all();
  EXPECT_EQ(world.peer().received, "retransmitted");
  EXPECT_EQ(world.peer().end, End::fin);
}

TEST(Network, AResetEndsBothSidesWithinAFrame) {
  sim::Scenario scenario = benign_scenario();
  // Entity: host 0, connection 0, towards the client. Ordinal: when the reset comes.
  scenario.tape.push_back({"net.reset_cut", 1, static_cast<std::uint64_t>(5 * second), 3});
  Connected world(scenario);
  world.send("abcdef");
  world.net.network.reset(world.net.network.streams_of(0));
  world.net.run_all();
  EXPECT_EQ(world.seen.log, "open bytes close ");
  EXPECT_EQ(world.seen.received, "abc");
  EXPECT_EQ(world.seen.reason, boost::system::errc::connection_reset);
  EXPECT_EQ(world.peer().end, End::reset);
  EXPECT_EQ(world.net.host().open_connections(), 0U);
}

TEST(Network, ConnectsAreRefusedOrHangAsThePathSays) {
  SimulatedNetwork net(benign_scenario(), 2);
  net.network.set_conditions(0, {.refuse = true});
  net.network.set_conditions(1, {.hang_connect = true});
  Recorder refused(net.host(0));
  Recorder hanging(net.host(1));
  Recorder nowhere(net.host(1));
  const auto first = net.host(0).connect({}, refused);
  const auto second_one = net.host(1).connect({}, hanging);
  net.run_for(100 * second);
  EXPECT_EQ(refused.log, "close ");
  EXPECT_EQ(refused.reason, boost::system::errc::connection_refused);
  EXPECT_EQ(hanging.log, "");
  EXPECT_EQ(net.effects.of(FaultKind::refuse), 1U);
  EXPECT_EQ(net.effects.of(FaultKind::hang_connect), 1U);
  net.network.set_conditions(1, {});
  const auto third = net.host(1).connect({.port = 1}, nowhere);
  net.run_all();
  EXPECT_EQ(hanging.log, "open ");
  EXPECT_EQ(nowhere.reason, boost::system::errc::connection_refused);
}

TEST(Network, AStoppedProcessGetsEverythingInOrderWhenItContinues) {
  Connected world;
  world.net.network.pause(0);
  world.send("one ");
  world.net.run_for(second);
  world.send("two");
  world.net.run_for(second);
  world.net.network.shut(world.peer().stream, world.net.scheduler.now());
  world.net.run_for(second);
  EXPECT_EQ(world.seen.log, "open ");
  const Instant resumed = world.net.scheduler.now();
  world.net.network.resume(0);
  world.net.run_all();
  EXPECT_EQ(world.seen.log, "open bytes close ");
  EXPECT_EQ(world.seen.received, "one two");
  EXPECT_EQ(world.seen.closed_at, resumed);
}

TEST(Network, AStoppedProcessLearnsOfARefusalWhenItContinues) {
  SimulatedNetwork net(benign_scenario());
  Recorder seen(net.host());
  const auto connection = net.host().connect({.port = 1}, seen);
  net.network.pause(0);
  net.run_for(second);
  EXPECT_EQ(seen.log, "");
  net.network.resume(0);
  net.run_all();
  EXPECT_EQ(seen.log, "close ");
}

TEST(Network, AConnectionGivenUpBeforeItsHandshakeIsNeverAccepted) {
  SimulatedNetwork net(benign_scenario());
  Recorder seen(net.host());
  const auto connection = net.host().connect({}, seen);
  connection->close(CloseMode::orderly);
  net.network.pause(0);  // so that its end is told only after the handshake would have been over
  net.run_for(second);
  net.network.resume(0);
  net.run_all();
  EXPECT_EQ(seen.log, "close ");
  EXPECT_TRUE(net.peer.connections.empty());
}

TEST(Pipe, WhatIsSentLaterNeverArrivesEarlier) {
  sim::Pipe pipe;
  pipe.push(sim::ChunkKind::data, "first", 10, 1);
  pipe.push(sim::ChunkKind::data, "second", 5, 2);
  EXPECT_EQ(pipe.back().arrival, 10);
  pipe.drop_after(9);
  EXPECT_TRUE(pipe.empty());
}

TEST(Network, ASlowReaderReadsNoFasterThanItsRate) {
  Connected world;
  world.set({.slow_reader = true, .reader_rate = 10});
  world.send(std::string(100, 'x'));
  world.net.run_for(5 * millisecond);
  EXPECT_LE(world.seen.received.size(), 60U);
  EXPECT_GE(world.seen.received.size(), 40U);
  EXPECT_GT(world.effects(FaultKind::slow_reader), 0U);
  world.set({});
  world.net.run_all();
  EXPECT_EQ(world.seen.received.size(), 100U);
}

TEST(Network, TheWindowClosesWhenTheClientDoesNotReadAndOpensAgain) {
  Connected world;
  world.set({.holds = {.to_client = true}});
  const auto stream = world.peer().stream;
  world.send(std::string(world.net.network.room(stream), 'x'));
  EXPECT_EQ(world.net.network.room(stream), 0U);
  world.net.network.await_room(stream);
  world.net.run_for(second);
  EXPECT_EQ(world.net.peer.rooms, 0U);
  world.set({});
  world.net.run_all();
  EXPECT_EQ(world.net.peer.rooms, 1U);
  EXPECT_EQ(world.net.network.room(stream), sim::Network::window_bytes);
}

TEST(Network, ADelayedPathDelaysEveryChunk) {
  Connected world;
  world.set({.delay = 7 * millisecond});
  const Instant start = world.net.scheduler.now();
  world.connection->write("late");
  world.net.run_all();
  EXPECT_EQ(world.peer().arrivals.at(0), start + latency + 7 * millisecond);
  EXPECT_EQ(world.effects(FaultKind::delay), 1U);
}

TEST(Network, OneOfManyMessagesKeepsItsLatencyWhenOthersAreRemoved) {
  sim::Scenario scenario;
  scenario.seed = 42;
  const auto latency_of_last = [&](int others) {
    Connected world(scenario);
    for (int index = 0; index < others; ++index) {
      world.connection->write(std::to_string(index));
      world.net.run_for(10 * second);
    }
    world.net.run_until(100 * second);
    const Instant start = world.net.scheduler.now();
    world.connection->write("?");  // one byte: never cut
    world.net.run_all();
    return world.peer().arrivals.back() - start;
  };
  EXPECT_EQ(latency_of_last(0), latency_of_last(5));
}

RC_GTEST_PROP(Network, DeliversEveryByteOnceAndInOrderWhateverThePathDoes, ()) {
  sim::Scenario scenario;
  scenario.seed = *rc::gen::arbitrary<std::uint64_t>();
  scenario.strategy = *rc::gen::element<std::string>("uniform", "heavy", "pct", "swizzle", "burst");
  Connected world(scenario);
  std::size_t sent = 0;
  std::size_t written = 0;
  const auto steps = *rc::gen::container<std::vector<std::pair<int, std::uint32_t>>>(
      rc::gen::pair(rc::gen::inRange(0, 8), rc::gen::inRange(1U, 5'000U)));
  for (const auto& [action, amount] : steps) {
    switch (action) {
      case 0:
        world.send(seam_stream(sent, amount));
        sent += amount;
        break;
      case 1:
        world.connection->write(seam_stream(written, amount));
        written += amount;
        break;
      case 2:
        world.set({.holds = {.half_open = amount % 4 == 0, .to_client = amount % 3 == 0, .to_server = amount % 5 == 0},
                   .held_apart = {{amount % 2, {.half_open = amount % 7 == 0, .to_client = amount % 11 == 0}}},
                   .slow_reader = amount % 2 == 0,
                   .reader_rate = amount % 40,
                   .delay = amount});
        break;
      case 3:
        world.net.network.pause(0);
        break;
      case 4:
        world.net.network.resume(0);
        break;
      case 5:
        world.net.peer.stop_reading();
        break;
      case 6:
        world.net.peer.read_again();
        break;
      default:
        world.net.run_for(amount * 100 * microsecond);
    }
    RC_ASSERT(world.seen.received == seam_stream(0, world.seen.received.size()));
    RC_ASSERT(world.peer().received == seam_stream(0, world.peer().received.size()));
  }
  world.set({});
  world.net.network.resume(0);
  world.net.peer.read_again();
  world.net.run_all();
  RC_ASSERT(world.seen.received == seam_stream(0, sent));
  RC_ASSERT(world.peer().received == seam_stream(0, written));
  RC_ASSERT(world.net.scheduler.pending() == 0U);
}

RC_GTEST_PROP(Network, TheSameWorldHasTheSameHash, (std::uint64_t seed)) {
  const auto run = [](std::uint64_t which) {
    sim::Scenario scenario;
    scenario.seed = which;
    Connected world(scenario);
    world.connection->write("abc");
    world.send("defghi");
    world.net.run_all();
    return world.net.scheduler.hash();
  };
  RC_ASSERT(run(seed) == run(seed));
  RC_ASSERT(run(seed) != run(seed + 1));
}

}  // namespace
}  // namespace trackside::testing

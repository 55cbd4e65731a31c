// Small parts of which tests of the simulated world are made: benign scenarios, connections that speak by hand, and
// observers that write down.
//
// Neighbours: world_test.cpp (what each fault does), world_scope_test.cpp (to which connections),
// world_determinism_test.cpp (the same scenario, the same run).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "sim/world.hpp"

namespace trackside::sim {

inline Scenario benign(std::uint32_t clients = 1) {
  Scenario scenario;
  scenario.clients.resize(clients);
  scenario.replay_tape = true;
  scenario.faults_end = 20 * second;
  return scenario;
}

inline Operation operation(std::uint32_t id, Instant at, std::vector<std::string> words, std::uint32_t writer = 0) {
  return {.id = id, .at = at, .actor = {ActorKind::writer, writer}, .words = std::move(words)};
}

/// Replies as text, in order: "1:OK".
struct Replies final : RawClientEvents {
  void on_reply(std::uint32_t id, ReplyView reply) override {
    log.push_back(std::to_string(id) + ":" + to_text(reply));
  }
  void on_lost(std::uint32_t id) override { log.push_back(std::to_string(id) + ":lost"); }

  std::vector<std::string> log{};
};

/// What a server did to its keys: "12.5s k", in order.
struct Changes final : redis::ServerObserver {
  void on_change(const Change& change) override {
    keys.emplace_back(change.key);
    times.push_back(change.at);
    by.push_back(change.by);
  }
  std::vector<std::string> keys{};
  std::vector<Instant> times{};
  std::vector<redis::SessionId> by{};
};

inline Fault fault(FaultKind kind, Instant at, Instant duration, std::uint64_t argument = 0) {
  return {0, kind, at, duration, 0, argument};
}

/// A connection of a client that speaks RESP3 by hand.
struct Hand final : ConnectionEvents {
  explicit Hand(Host& host) : host_(host), connection(host.connect(World::endpoint(), *this)) {}
  void on_open() override { open = true; }
  void on_bytes(Bytes bytes) override {
    received += bytes;
    last_at = to_instant(host_.now());
  }
  void on_close(error_code why) override {
    open = false;
    closed = true;
    reason = why;
  }

  Host& host_;
  bool open = false;
  bool closed = false;
  std::string received{};
  Instant last_at = -1;
  error_code reason{};
  std::unique_ptr<Connection> connection;
};

/// A benign world with one fault and one connected hand.
struct Trial {
  explicit Trial(Scenario value, redis::ServerObserver* observer = nullptr)
      : scenario(std::move(value)), world(scenario, observer), hand(world.client(0)) {
    EXPECT_TRUE(world.run_until(100 * millisecond));
    EXPECT_TRUE(hand.open);
  }
  /// Says something and gives the answer a while.
  std::string ask(Bytes command, Instant patience = 10 * millisecond) {
    hand.received.clear();
    hand.connection->write(command);
    EXPECT_TRUE(world.run_until(world.now() + patience));
    return hand.received;
  }
  std::uint64_t effects(FaultKind kind) const { return world.effects().of(kind); }

  Scenario scenario;
  World world;
  Hand hand;
};

inline Scenario benign_with(Fault fault_to_add) {
  Scenario scenario = benign();
  scenario.faults.push_back(fault_to_add);
  return scenario;
}

inline constexpr Bytes ping = "PING\r\n";
inline constexpr Bytes pong = "+PONG\r\n";

}  // namespace trackside::sim

// Small parts of which tests of the simulated world are made: benign scenarios, and observers that write down.
//
// Neighbours: world_test.cpp (what each fault does), world_determinism_test.cpp (the same scenario, the same run).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

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

}  // namespace trackside::sim

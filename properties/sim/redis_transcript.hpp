// Conversations with the simulated Redis that read as transcripts: `a.sends("GET k"); a.gets("\"1\" | PUSH[k]")`.
//
// Frames are shown briefly: +OK, -ERR text, :3, "bulk", _ (null), [arrays], {maps}, PUSH[k] for an invalidation and
// PUSH[null] for a flush; several are joined with " | ". Time stands still until `World::wait_until`.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/server.hpp"

namespace trackside::testing {

class RecordingObserver : public sim::redis::ServerObserver {
 public:
  void on_change(const Change& change) override;

  struct Record {
    std::string text;  // "0 k = "v" expires 5 by 1"; absent keys: "0 k gone by 0"
    std::uint64_t cause;
    sim::redis::ValuePointer value;
  };
  std::vector<Record> changes;
  /// The texts of the changes since the last call, joined with " | ".
  std::string take();

 private:
  std::size_t taken_ = 0;
};

class World {
 public:
  explicit World(sim::redis::ServerConfig config = {});

  /// Runs the timers that are due on the way.
  void wait_until(sim::Instant when, std::uint64_t expiry_lag_ticks = 0);

  RecordingObserver observer;
  sim::redis::Server server;
  sim::Instant now = 0;
};

class Peer {
 public:
  explicit Peer(World& world, std::string_view greeting = "HELLO 3");

  /// Sends one line per command, all in one piece; "\n" separates commands.
  void sends(std::string_view lines);
  /// Sends and forgets what was answered: for setting a scene.
  void says(std::string_view lines);
  /// Checks what has arrived since the last look.
  void gets(std::string_view expected, int line = __builtin_LINE());
  std::string received();

  bool to_be_closed() const { return world_.server.wants_close(id_); }
  bool to_be_aborted() const { return world_.server.wants_abort(id_); }
  void disconnects() { world_.server.closed(id_, world_.now); }
  std::int64_t client_id() const { return world_.server.client_id(id_); }
  sim::redis::SessionId id() const { return id_; }

 private:
  World& world_;
  sim::redis::SessionId id_;
};

/// A tracker, a writer, and an empty server.
class TrackerAndWriter : public ::testing::Test {
 protected:
  World world;
  Peer a{world};
  Peer w{world};
};

/// Frames in the brief form.
std::string brief(std::string_view frames);

}  // namespace trackside::testing

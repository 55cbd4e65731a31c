// A network without a Redis: hosts on one side, and on the other a process that accepts, reads and records.
//
// For tests of the network and of the seam's contract on sim::Host. The peer can stop reading, as a frozen server does.
// Neighbours: sim/network/network.hpp (what is tested), world_test.cpp (the same with a server).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/host.hpp"
#include "sim/network/network.hpp"

namespace trackside::testing {

/// One accepted connection as the peer saw it. It stays after its end.
struct PeerConnection {
  enum class End : std::uint8_t { nothing, fin, reset, closed_here };

  sim::StreamId stream{};
  std::uint32_t host = 0;
  std::string received{};
  std::vector<sim::Instant> arrivals{};  // one for each reading
  End end = End::nothing;
};

class SimulatedPeer final : public sim::ServerEnd {
 public:
  explicit SimulatedPeer(sim::Scheduler& scheduler) : scheduler_(scheduler) {}
  void attach(sim::Network& network) { network_ = &network; }

  bool listening(std::uint16_t port) const override { return port == 6379; }
  void on_accept(sim::StreamId stream) override;
  void on_arrival(sim::StreamId stream) override;
  void on_room(sim::StreamId) override { ++rooms; }

  void stop_reading() { reading_ = false; }
  void read_again();

  /// In order of acceptance.
  std::vector<PeerConnection> connections{};
  std::uint32_t rooms = 0;

 private:
  PeerConnection& connection(sim::StreamId stream);
  void read(sim::StreamId stream);

  sim::Scheduler& scheduler_;
  sim::Network* network_ = nullptr;
  bool reading_ = true;
};

/// Everything below a World, without its server.
struct SimulatedNetwork {
  explicit SimulatedNetwork(const sim::Scenario& scenario, std::uint32_t host_count = 1);

  void run_until(sim::Instant until);
  void run_for(sim::Instant duration) { run_until(scheduler.now() + duration); }
  void run_all();
  sim::Host& host(std::uint32_t index = 0) { return *hosts[index]; }

  sim::Scheduler scheduler;
  sim::Timers timers{scheduler};
  sim::Decider decider;
  sim::Trace trace;
  sim::Effects effects;
  sim::Network network;
  SimulatedPeer peer{scheduler};
  std::vector<std::unique_ptr<sim::Host>> hosts;

 private:
  static void on_timer(void* self, const sim::Event& event);
};

/// A scenario in which every decision is benign: latency 50 microseconds, one chunk for one message.
sim::Scenario benign_scenario();

/// Writes down what a connection is told.
class Recorder final : public ConnectionEvents {
 public:
  explicit Recorder(const Clock& clock) : clock_(clock) {}

  void on_open() override {
    opened_at = sim::to_instant(clock_.now());
    log += "open ";
  }
  void on_bytes(Bytes bytes) override {
    received += bytes;
    arrivals.push_back(sim::to_instant(clock_.now()));
    log += "bytes ";
  }
  void on_close(error_code why) override {
    reason = why;
    closed_at = sim::to_instant(clock_.now());
    log += "close ";
  }

  std::string log{};  // the kinds of events in order
  std::string received{};
  std::vector<sim::Instant> arrivals{};
  sim::Instant opened_at = -1;
  sim::Instant closed_at = -1;
  error_code reason{};

 private:
  const Clock& clock_;
};

}  // namespace trackside::testing

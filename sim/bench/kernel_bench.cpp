// What an event costs outside server and client: an empty heap, and eight hosts that ping a server which only echoes.
//
// Prints nanoseconds per event. The clock of the machine is read here and nowhere else in sim.
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "sim/bench/empty_heap.hpp"
#include "sim/host.hpp"
#include "sim/network/network.hpp"
#include "sim/world.hpp"

namespace trackside::sim::bench {
namespace {

double nanoseconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return static_cast<double>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count());
}

void report(std::string_view what, double nanoseconds, std::uint64_t events) {
  fmt::print("{:<40} {:8.1f} ns/event {:8.2f} M events/s\n", what, nanoseconds / static_cast<double>(events),
             static_cast<double>(events) * 1'000.0 / nanoseconds);
}

/// Sends back whatever comes.
class Echo final : public ServerEnd {
 public:
  Echo(Network& network, Scheduler& scheduler) : network_(network), scheduler_(scheduler) {}
  bool listening(std::uint16_t) const override { return true; }
  void on_accept(StreamId) override {}
  void on_arrival(StreamId stream) override {
    const auto received = network_.receive(stream);
    network_.send(stream, received.bytes, scheduler_.now());
  }
  void on_room(StreamId) override {}

 private:
  Network& network_;
  Scheduler& scheduler_;
};

class Pinger final : public ConnectionEvents {
 public:
  explicit Pinger(Host& host) : connection_(host.connect({}, *this)) {}
  void on_open() override { ping(); }
  void on_bytes(Bytes) override { ping(); }
  void on_close(error_code) override {}

 private:
  void ping() {
    ++count_;
    std::string_view("*2\r\n$4\r\nECHO\r\n$8\r\n").copy(message_.data(), message_.size());
    for (std::size_t index = 0; index < 8; ++index) {
      message_[message_.size() - 1 - index] = static_cast<char>('0' + ((count_ >> (4 * index)) & 15U));
    }
    connection_->write({message_.data(), message_.size()});
  }

  std::unique_ptr<Connection> connection_;
  std::uint64_t count_ = 0;
  std::array<char, 26> message_{};
};

void ping_pong(std::string_view name, const Scenario& scenario) {
  constexpr std::array<std::uint32_t, 8> hosts = {0, 1, 2, 3, 4, 5, 6, 7};
  constexpr std::uint64_t events = 3'000'000;
  Scheduler scheduler;
  Timers timers(scheduler);
  Decider decider(scenario, Decider::Recording::off);
  Trace trace;
  Effects effects;
  Network network(scheduler, decider, trace, effects, hosts);
  Echo echo(network, scheduler);
  network.attach(echo);
  std::vector<std::unique_ptr<Host>> processes;
  std::vector<std::unique_ptr<Pinger>> pingers;
  for (const std::uint32_t index : hosts) {
    processes.push_back(std::make_unique<Host>(Host::Parts{scheduler, timers, decider, network}, index));
    pingers.push_back(std::make_unique<Pinger>(*processes.back()));
  }
  const double took = nanoseconds_of([&] {
    while (scheduler.events() < events) {
      scheduler.step(end_of_time);
    }
  });
  report(name, took, events);
}

void construction() {
  Scenario scenario;
  scenario.clients.resize(4);
  constexpr int worlds = 20'000;
  std::uint64_t sum = 0;
  const double took = nanoseconds_of([&] {
    for (int index = 0; index < worlds; ++index) {
      scenario.seed = static_cast<std::uint64_t>(index);
      World world(scenario, nullptr);
      sum += world.hosts();
    }
  });
  fmt::print("{:<40} {:8.2f} us (hosts: {})\n", "a world of four clients, made and gone", took / worlds / 1'000.0,
             sum / worlds);
}

/// A cluster with one replica for each primary, and a writer that sets a key a millisecond. A node timeout that grows
/// with the cluster keeps the pings of a node alike: each pings all others within half of it.
void cluster_of(std::uint32_t primaries) {
  constexpr Instant timeout_per_primary = 50 * millisecond;
  constexpr std::uint32_t writes = 20'000;
  Scenario scenario;
  scenario.cluster = ClusterSetup{.primaries = primaries, .node_timeout = second + primaries * timeout_per_primary};
  scenario.faults_end = 100 * second;
  scenario.clients.resize(1);
  for (std::uint32_t id = 0; id < writes; ++id) {
    scenario.operations.push_back({.id = id,
                                   .at = second + id * millisecond,
                                   .actor = {ActorKind::writer, 0},
                                   .words = {"SET", fmt::format("k{}", id % 1'000), "v"}});
  }
  World world(scenario, nullptr);
  world.run_until(second);
  const std::uint64_t before = world.events();
  const double took = nanoseconds_of([&] { world.run_until(21 * second); });
  report(fmt::format("cluster of {} primaries, 20 s", primaries), took, world.events() - before);
}

void run_all() {
  for (const std::size_t pending : {64U, 256U, 1'000U}) {
    constexpr std::uint64_t events = 5'000'000;
    std::uint64_t hash = 0;
    const double took = nanoseconds_of([&] { hash = empty_heap(events, pending); });
    report(fmt::format("empty heap, {} pending ({:016x})", pending, hash), took, events);
  }
  Scenario benign;
  benign.replay_tape = true;
  ping_pong("8 hosts echo, benign", benign);
  Scenario uniform;
  ping_pong("8 hosts echo, uniform delays", uniform);
  Scenario heavy;
  heavy.strategy = "heavy";
  ping_pong("8 hosts echo, heavy delays", heavy);
  construction();
  for (const std::uint32_t primaries : {3U, 10U, 30U, 100U}) {
    cluster_of(primaries);
  }
}

}  // namespace
}  // namespace trackside::sim::bench

int main() {
  trackside::sim::bench::run_all();
}

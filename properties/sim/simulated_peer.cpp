// See simulated_peer.hpp.
#include "properties/sim/simulated_peer.hpp"

#include <numeric>

namespace trackside::testing {

using sim::StreamId;

PeerConnection& SimulatedPeer::connection(StreamId stream) {
  for (std::size_t position = connections.size(); position-- > 0;) {
    if (connections[position].stream == stream) {
      return connections[position];
    }
  }
  return connections.emplace_back();
}

void SimulatedPeer::on_accept(StreamId stream) {
  connections.push_back({.stream = stream, .host = network_->host_of(stream)});
}

void SimulatedPeer::on_arrival(StreamId stream) {
  if (reading_) {
    read(stream);
  }
}

void SimulatedPeer::read_again() {
  reading_ = true;
  for (std::size_t position = 0; position < connections.size(); ++position) {
    if (connections[position].end == PeerConnection::End::nothing) {
      read(connections[position].stream);
    }
  }
}

void SimulatedPeer::read(StreamId stream) {
  using Kind = sim::Network::Received::Kind;
  PeerConnection& mine = connection(stream);
  for (auto got = network_->receive(stream); got.kind != Kind::nothing; got = network_->receive(stream)) {
    if (got.kind == Kind::bytes) {
      mine.received += got.bytes;
      mine.arrivals.push_back(scheduler_.now());
      continue;
    }
    mine.end = got.kind == Kind::fin ? PeerConnection::End::fin : PeerConnection::End::reset;
    network_->finish(stream);
    return;
  }
}

namespace {

std::vector<std::uint32_t> names(std::uint32_t host_count) {
  std::vector<std::uint32_t> result(host_count);
  std::iota(result.begin(), result.end(), 0U);
  return result;
}

}  // namespace

SimulatedNetwork::SimulatedNetwork(const sim::Scenario& scenario, std::uint32_t host_count)
    : decider(scenario, sim::Decider::Recording::off),
      network(scheduler, decider, trace, effects, names(host_count)) {
  peer.attach(network);
  network.attach(peer);
  scheduler.handle(sim::EventKind::timer, &SimulatedNetwork::on_timer, this);
  for (std::uint32_t index = 0; index < host_count; ++index) {
    hosts.push_back(std::make_unique<sim::Host>(sim::Host::Parts{scheduler, timers, decider, network}, index));
  }
}

void SimulatedNetwork::on_timer(void* self, const sim::Event& event) {
  auto& mine = *static_cast<SimulatedNetwork*>(self);
  if (mine.timers.alive(event)) {
    mine.timers.take(event)();
  }
}

void SimulatedNetwork::run_until(sim::Instant until) {
  while (scheduler.step(until)) {
  }
  scheduler.advance_to(until);
}

void SimulatedNetwork::run_all() {
  while (scheduler.step(sim::end_of_time)) {
  }
}

sim::Scenario benign_scenario() {
  sim::Scenario scenario;
  scenario.replay_tape = true;
  return scenario;
}

}  // namespace trackside::testing

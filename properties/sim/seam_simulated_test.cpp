// The seam's contract on the simulated host: the same property that the socket runtime is put through.
// Neighbours: seam_contract.hpp (the property), asio_runtime_test.cpp (the other implementation).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fmt/format.h>

#include "properties/impl/seam_contract.hpp"
#include "properties/sim/simulated_peer.hpp"

namespace trackside::testing {
namespace {

class SimulatedSeam final : public SeamFixture {
 public:
  explicit SimulatedSeam(const sim::Scenario& scenario) : net_(scenario) {}

  Runtime& runtime() override { return net_.host(); }
  void turn() override { net_.scheduler.step(sim::end_of_time); }
  void settle() override { net_.run_all(); }
  void run_for(Duration duration) override { net_.run_for(duration.count()); }
  Endpoint listening() const override { return {}; }
  Endpoint refusing() const override { return {.port = 1}; }

  bool peer_send(Bytes bytes) override {
    return act([&](sim::StreamId stream) { net_.network.send(stream, bytes, net_.scheduler.now()); });
  }
  bool peer_close() override {
    return end([&](sim::StreamId stream) { net_.network.shut(stream, net_.scheduler.now()); });
  }
  bool peer_reset() override {
    return end([&](sim::StreamId stream) { net_.network.abort(stream); });
  }
  std::string peer_received() const override {
    return net_.peer.connections.empty() ? std::string{} : net_.peer.connections[0].received;
  }
  End peer_saw() const override {
    if (net_.peer.connections.empty()) {
      return End::nothing;
    }
    switch (net_.peer.connections[0].end) {
      case PeerConnection::End::nothing:
      case PeerConnection::End::closed_here:
        return End::nothing;
      case PeerConnection::End::fin:
        return End::orderly;
      case PeerConnection::End::reset:
        return End::reset;
    }
    return End::nothing;
  }

 private:
  template <class Action>
  bool act(Action action) {
    if (net_.peer.connections.empty() || net_.peer.connections[0].end == PeerConnection::End::closed_here) {
      return false;
    }
    if (net_.peer.connections[0].end == PeerConnection::End::nothing) {
      action(net_.peer.connections[0].stream);
    }
    return true;
  }
  template <class Action>
  bool end(Action action) {
    const bool done = act(action);
    if (done) {
      net_.peer.connections[0].end = PeerConnection::End::closed_here;
    }
    return done;
  }

  SimulatedNetwork net_;
};

void check(const sim::Scenario& scenario) {
  const SeamScript script = *seam_scripts();
  SimulatedSeam fixture(scenario);
  const auto breaches = breaches_of(fixture, script);
  if (!breaches.empty()) {
    RC_LOG() << script << '\n';
    RC_FAIL(breaches.front());
  }
}

RC_GTEST_PROP(SimulatedSeam, KeepsTheContractWhenAllIsBenign, ()) {
  check(benign_scenario());
}

RC_GTEST_PROP(SimulatedSeam, KeepsTheContractUnderAnyDelaysAndChunks, ()) {
  sim::Scenario scenario;
  scenario.seed = *rc::gen::arbitrary<std::uint64_t>();
  scenario.strategy = *rc::gen::element<std::string>("uniform", "heavy");
  check(scenario);
}

}  // namespace
}  // namespace trackside::testing

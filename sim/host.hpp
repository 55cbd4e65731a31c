// One process in the simulated world, seen as the seam sees it: clock, timers, entropy, connections.
//
// The clock is the world's and goes on while the process is stopped; everything that happens to a stopped process
// waits, in order, until it continues. Nothing is delivered from inside a call. The world must outlive whatever was
// got from here. Neighbours: network.hpp carries the bytes; world.hpp makes hosts and stops them.
#pragma once

#include <cstdint>
#include <memory>

#include "sim/kernel/decider.hpp"
#include "sim/kernel/scheduler.hpp"
#include "sim/kernel/timers.hpp"
#include "sim/network/network.hpp"
#include "trackside/runtime.hpp"

namespace trackside::sim {

/// World time as the library's time and back: both count from the beginning of the world.
constexpr Time to_time(Instant at) noexcept {
  return Time{Duration{at}};
}
constexpr Instant to_instant(Time at) noexcept {
  return at.time_since_epoch().count();
}

class Host final : public Runtime {
 public:
  struct Parts {
    Scheduler& scheduler;
    Timers& timers;
    Decider& decider;
    Network& network;
  };
  Host(Parts parts, std::uint32_t index) : parts_(parts), index_(index) {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  Time now() const override { return to_time(parts_.scheduler.now()); }
  TimerId call_at(Time when, Task task) override;
  void cancel(TimerId timer) override;
  std::uint64_t entropy() override;
  std::unique_ptr<Connection> connect(const Endpoint& endpoint, ConnectionEvents& events) override;

  /// A turn of this process that is no timer of its own: waits while the process is stopped, but is never late.
  void turn_at(Instant at, Task task);

  std::uint32_t index() const noexcept { return index_; }
  bool paused() const { return parts_.network.paused(index_); }
  /// Connections of which the process was told that they are open, and not that they ended.
  std::size_t open_connections() const { return parts_.network.open_connections(index_); }

 private:
  Parts parts_;
  std::uint32_t index_;
  std::uint64_t entropy_calls_ = 0;
};

}  // namespace trackside::sim

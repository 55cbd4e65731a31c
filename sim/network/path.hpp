// What lies between one host and the server, and whether the host's process runs at all.
//
// `Conditions` are the faults of the moment, a plain value that the world recomputes whenever one begins or ends. What
// holds bytes back holds all connections, or some of them apart from the others; new connections are never among those.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/instant.hpp"
#include "sim/kernel/scheduler.hpp"

namespace trackside::sim {

/// Which bytes do not pass now and are delivered afterwards.
struct Holds {
  bool half_open = false;
  bool to_client = false;
  bool to_server = false;

  bool block_to_client() const noexcept { return half_open || to_client; }
  bool block_to_server() const noexcept { return half_open || to_server; }
  bool any() const noexcept { return half_open || to_client || to_server; }
  void add(const Holds& more) noexcept {
    half_open = half_open || more.half_open;
    to_client = to_client || more.to_client;
    to_server = to_server || more.to_server;
  }
};

struct Conditions {
  /// The n-th connection of the host is held back, the others are not.
  struct HeldApart {
    std::uint32_t connection = 0;
    Holds holds{};
  };

  bool refuse = false;
  bool hang_connect = false;
  Holds holds{};                      // on all connections, and on the handshakes of new ones
  std::vector<HeldApart> held_apart{};
  bool push_drop = false;
  bool slow_reader = false;
  std::uint64_t reader_rate = 0;      // bytes per millisecond, of slow readers
  Instant delay = 0;                  // more for every chunk
  std::uint64_t late_timers_max = 0;  // nanoseconds; 0: punctual

  Holds holds_on(std::uint32_t connection) const noexcept {
    Holds result = holds;
    for (const HeldApart& apart : held_apart) {
      if (apart.connection == connection) {
        result.add(apart.holds);
      }
    }
    return result;
  }
};

struct Path {
  std::uint32_t name = 0;           // of the host in decisions; stays when other hosts come and go
  Conditions conditions{};
  std::uint32_t connections = 0;    // made so far: the ordinal of the next
  std::uint64_t releases = 0;       // holds that ended so far, in either direction
  bool paused = false;
  std::vector<Event> deferred;      // what happened to a paused host, in order
};

}  // namespace trackside::sim

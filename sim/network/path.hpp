// What lies between one host and the server, and whether the host's process runs at all.
//
// `Conditions` are the faults of the moment, a plain value that the world recomputes whenever one begins or ends.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/instant.hpp"
#include "sim/kernel/scheduler.hpp"

namespace trackside::sim {

struct Conditions {
  bool refuse = false;
  bool hang_connect = false;
  bool half_open = false;
  bool hold_to_client = false;
  bool hold_to_server = false;
  bool push_drop = false;
  bool slow_reader = false;
  std::uint64_t reader_rate = 0;      // bytes per millisecond, of slow readers
  Instant delay = 0;                  // more for every chunk
  std::uint64_t late_timers_max = 0;  // nanoseconds; 0: punctual

  bool blocked_to_client() const noexcept { return half_open || hold_to_client; }
  bool blocked_to_server() const noexcept { return half_open || hold_to_server; }
};

struct Path {
  std::uint32_t name = 0;               // of the host in decisions; stays when other hosts come and go
  Conditions conditions{};
  Instant to_client_blocked_since = 0;  // meaningful while blocked
  Instant to_server_blocked_since = 0;
  std::uint32_t connections = 0;    // made so far: the ordinal of the next
  std::uint64_t releases = 0;       // holds that ended so far, in either direction
  bool paused = false;
  std::vector<Event> deferred;      // what happened to a paused host, in order
};

}  // namespace trackside::sim

// What lies between one host and the servers, and whether the host's process runs at all.
//
// `Conditions` are the faults of the moment, a plain value that the world recomputes whenever one begins or ends. A
// host has one for all servers, and others for those servers to which the way differs. What holds bytes back holds all
// connections, or some of them apart from the others; new connections are never among those.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/cluster/identity.hpp"
#include "sim/instant.hpp"
#include "sim/kernel/scheduler.hpp"

namespace trackside::sim {

using cluster::ServerIndex;
/// The only one of a world without a cluster.
inline constexpr ServerIndex first_server{0};

/// Which bytes do not pass now and are delivered afterwards.
struct Holds {
  bool half_open = false;
  bool to_client = false;
  bool to_server = false;
  bool cut = false;  // in both directions, as half_open, but between this host and this server only

  bool block_to_client() const noexcept { return half_open || cut || to_client; }
  bool block_to_server() const noexcept { return half_open || cut || to_server; }
  bool any() const noexcept { return half_open || cut || to_client || to_server; }
  void add(const Holds& more) noexcept {
    half_open = half_open || more.half_open;
    to_client = to_client || more.to_client;
    to_server = to_server || more.to_server;
    cut = cut || more.cut;
  }
};

struct Conditions {
  /// The n-th connection of the host to this server is held back or delayed, the others are not.
  struct HeldApart {
    std::uint32_t connection = 0;
    Holds holds{};
    Instant delay = 0;
    ServerIndex server = first_server;
  };

  bool refuse = false;
  bool hang_connect = false;
  Holds holds{};                      // on all connections, and on the handshakes of new ones
  std::vector<HeldApart> held_apart{};
  bool push_drop = false;
  bool garbage = false;
  bool slow_reader = false;
  std::uint64_t reader_rate = 0;      // bytes per millisecond, of slow readers
  Instant delay = 0;                  // more for every chunk, on all connections
  std::uint64_t late_timers_max = 0;  // nanoseconds; 0: punctual

  Holds holds_on(ServerIndex server, std::uint32_t connection) const noexcept {
    Holds result = holds;
    for (const HeldApart& apart : held_apart) {
      if (apart.server == server && apart.connection == connection) {
        result.add(apart.holds);
      }
    }
    return result;
  }
  Instant delay_on(ServerIndex server, std::uint32_t connection) const noexcept {
    Instant result = delay;
    for (const HeldApart& apart : held_apart) {
      if (apart.server == server && apart.connection == connection) {
        result += apart.delay;
      }
    }
    return result;
  }
};

/// The conditions between one host and every server.
struct HostConditions {
  struct Apart {
    ServerIndex server;
    Conditions conditions;  // instead of those for all, not beside them
  };
  Conditions all{};
  std::vector<Apart> apart{};  // in order of the servers

  const Conditions& towards(ServerIndex server) const noexcept {
    if (apart.empty()) {
      return all;
    }
    const auto found = std::lower_bound(apart.begin(), apart.end(), server,
                                        [](const Apart& each, ServerIndex wanted) { return each.server < wanted; });
    return found != apart.end() && found->server == server ? found->conditions : all;
  }
};

struct Path {
  std::uint32_t name = 0;  // of the host in decisions; stays when other hosts come and go
  HostConditions conditions{};
  std::vector<std::uint32_t> connections;  // made so far to each server: the ordinals of the next
  std::size_t open_connections = 0;        // told as open, and not as closed
  std::uint64_t releases = 0;              // holds that ended so far, in either direction
  bool paused = false;
  std::vector<Event> deferred;  // what happened to a paused host, in order
};

}  // namespace trackside::sim

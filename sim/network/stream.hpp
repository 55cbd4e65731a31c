// One connection between a host and a server: two pipes and what each side believes.
//
//   client side:  connecting -> open -> closing -> gone      (closing: it ended, and its owner is still to be told)
//   server side:  none -> open -> gone                       (open from the end of the handshake on)
//
// A stream's slot is used again when both sides are gone; its generation tells old handles and events apart.
#pragma once

#include <cstdint>

#include "sim/network/path.hpp"
#include "sim/network/pipe.hpp"
#include "trackside/runtime.hpp"

namespace trackside::sim {

enum class Direction : std::uint8_t { to_server, to_client };

/// The n-th connection of a host to a server. Never used twice in a run.
struct ConnectionName {
  std::uint32_t host = 0;
  ServerIndex server = first_server;
  std::uint32_t ordinal = 0;

  friend bool operator==(const ConnectionName&, const ConnectionName&) = default;
};

struct Stream {
  enum class ClientSide : std::uint8_t { connecting, open, closing, gone };
  enum class ServerSide : std::uint8_t { none, open, gone };

  std::uint32_t index = 0;
  std::uint32_t generation = 1;
  std::uint32_t host = 0;
  std::uint32_t host_name = 0;  // see Path::name
  ServerIndex at = first_server;  // the server that it leads to
  std::uint32_t ordinal = 0;      // n-th connection of its host to that server
  ClientSide client = ClientSide::gone;
  ServerSide server = ServerSide::gone;
  bool opened = false;        // the host was told of the opening
  bool parked = false;        // the handshake waits for the path
  bool starved = false;       // the server has more to send than the window takes
  std::uint16_t port = 0;     // 0: nobody's endpoint
  ConnectionEvents* events = nullptr;
  error_code verdict{};       // how it ended, while closing
  Pipe to_server;
  Pipe to_client;

  ConnectionName name() const noexcept { return {.host = host, .server = at, .ordinal = ordinal}; }
  Pipe& pipe(Direction direction) { return direction == Direction::to_server ? to_server : to_client; }

  /// The name of a direction in decisions: stable while other hosts, servers and connections come and go.
  std::uint64_t direction_entity(Direction direction) const noexcept {
    constexpr unsigned server_shift = 49;  // above the names of hosts
    return (static_cast<std::uint64_t>(at) << server_shift) | (std::uint64_t{host_name} << 32) |
           (std::uint64_t{ordinal} << 1) | static_cast<std::uint64_t>(direction);
  }
};

}  // namespace trackside::sim
